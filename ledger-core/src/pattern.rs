//! Common graphs, made from a list of agents: linear, parallel, fan-in, diamond.
//!
//! Not here: whether these agents may do it (`rules`). Invariant: what comes out is acyclic, and every agent holds exactly one node of it.
//! Source: DOMAIN.md §4 ("Factories give the common graphs").

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::pac::{Edge, EdgeType, Node, NodeType};
use crate::names::{Gid, Lane, NodeId, PacId};
use crate::rules::pac::graph::{MAX_EDGES, MAX_NODES};
use serde::Serialize;
use std::collections::BTreeSet;

/// A common form of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// One after the other.
    Linear,
    /// All at once, and nothing between them.
    Parallel,
    /// All but the last at once, and the last after them.
    FanIn,
    /// The first, then all between at once, then the last.
    Diamond,
}

/// A graph that was made: the body of `declare_graph`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Edges.
    pub edges: Vec<Edge>,
    /// Nodes `A1`, `A2` and so on, in the order of the agents.
    pub nodes: Vec<Node>,
    /// Which PAC, when it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pac_id: Option<PacId>,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Linear, Self::Parallel, Self::FanIn, Self::Diamond];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Parallel => "parallel",
            Self::FanIn => "fan-in",
            Self::Diamond => "diamond",
        }
    }

    /// The pattern of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == name)
    }

    /// Fewest agents that make it what it is called.
    #[must_use]
    pub const fn least(self) -> usize {
        match self {
            Self::Linear => 1,
            Self::Parallel => 2,
            Self::FanIn => 3,
            Self::Diamond => 4,
        }
    }

    /// Pairs of positions, earlier and later.
    fn pairs(self, count: usize) -> Vec<(usize, usize)> {
        let last = count.saturating_sub(1);
        match self {
            Self::Linear => (1..count).map(|to| (to.saturating_sub(1), to)).collect(),
            Self::Parallel => Vec::new(),
            Self::FanIn => (0..last).map(|from| (from, last)).collect(),
            Self::Diamond => (1..last).flat_map(|middle| [(0, middle), (middle, last)]).collect(),
        }
    }

    /// A graph of this pattern.
    ///
    /// # Errors
    /// `LG_158` with too few agents, or one that is named twice; `LG_103` with too many.
    pub fn plan(self, agents: &[Gid], lane: Option<&Lane>, edges: EdgeType) -> Result<Plan> {
        let (name, count) = (self.as_str(), agents.len());
        let invalid = |why: String, way: String| Err(Error::new(Code::GraphInvalid, why).hint(way));
        if count < self.least() {
            let why = format!("{name} takes at least {} agents, and {count} are named", self.least());
            return invalid(why, "name more agents, or choose another pattern".to_owned());
        }
        let mut known = BTreeSet::new();
        if let Some(twice) = agents.iter().find(|gid| !known.insert(gid.as_str())) {
            let why = format!("{twice} is named twice; one agent, one node");
            return invalid(why, "what an agent does in several turns is one node with messages".to_owned());
        }
        let pairs = self.pairs(count);
        if count > MAX_NODES || pairs.len() > MAX_EDGES {
            let why = format!(
                "{count} agents and {} edges; at most {MAX_NODES} and {MAX_EDGES} are allowed",
                pairs.len()
            );
            return Err(Error::new(Code::TooLarge, why).hint("split the work into several PACs"));
        }
        let ids = (1..=count).map(|n| NodeId::new(format!("A{n}"))).collect::<Result<Vec<_>>>()?;
        let node = |(id, gid): (&NodeId, &Gid)| Node {
            agent_gid: Some(gid.clone()),
            agent_name: None,
            lane: lane.cloned(),
            node_id: id.clone(),
            optional: false,
            task: None,
            node_type: NodeType::AgentNode,
        };
        let edge = |(from, to): (usize, usize)| {
            Some(Edge { from: ids.get(from)?.clone(), to: ids.get(to)?.clone(), edge_type: edges })
        };
        Ok(Plan {
            edges: pairs.into_iter().filter_map(edge).collect(),
            nodes: ids.iter().zip(agents).map(node).collect(),
            pac_id: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::body::pac::GraphDeclaration;
    use crate::rules::pac::graph::Graph;
    use proptest::prelude::*;

    fn agents(count: usize) -> Vec<Gid> {
        (1..=count).map(|n| Gid::new(format!("GID-{n:02}")).unwrap()).collect()
    }

    /// The rules themselves take it: acyclic, known ends, one node an agent.
    fn declared(plan: &Plan) -> Graph {
        let mut body = serde_json::to_value(plan).unwrap();
        body["pac_id"] = "PAC-X".into();
        let declaration: GraphDeclaration = serde_json::from_value(body).unwrap();
        Graph::new("MAEG-X".to_owned(), &declaration).unwrap()
    }

    proptest! {
        #[test]
        fn every_pattern_is_a_graph_of_its_shape(which in 0..4_usize, count in 1..60_usize, kind in 0..3_usize) {
            let pattern = Pattern::ALL[which];
            let kind = [EdgeType::Dependency, EdgeType::DataFlow, EdgeType::Barrier][kind];
            let lane = Lane::new("EXECUTION").unwrap();
            let made = pattern.plan(&agents(count), Some(&lane), kind);
            if count < pattern.least() {
                prop_assert_eq!(made.unwrap_err().code, Code::GraphInvalid);
                return Ok(());
            }
            let plan = made.unwrap();
            let graph = declared(&plan);
            prop_assert!(plan.edges.iter().all(|e| e.edge_type == kind));
            // Who waits for how many at first says the whole shape.
            for (n, gid) in (1..=count).zip(agents(count)) {
                let at = graph.of_agent(gid.as_str()).unwrap();
                prop_assert_eq!(graph.at(at).unwrap().node.node_id.as_str(), format!("A{n}"));
                let due = match pattern {
                    Pattern::Linear => usize::from(n > 1),
                    Pattern::Parallel => 0,
                    Pattern::FanIn => if n == count { count.saturating_sub(1) } else { 0 },
                    Pattern::Diamond if n == 1 => 0,
                    Pattern::Diamond => if n == count { count.saturating_sub(2) } else { 1 },
                };
                prop_assert_eq!(graph.unmet(at).len(), due);
            }
        }
    }

    #[test]
    fn twice_and_too_many_are_refused_with_the_way_out() {
        let mut twice = agents(4);
        twice[2] = twice[0].clone();
        let refused = Pattern::Diamond.plan(&twice, None, EdgeType::Dependency).unwrap_err();
        assert_eq!(refused.code, Code::GraphInvalid);
        assert!(refused.message.contains("GID-01 is named twice"), "{refused}");
        let refused = Pattern::Parallel.plan(&agents(2_001), None, EdgeType::Dependency).unwrap_err();
        assert_eq!(refused.code, Code::TooLarge);
        assert!(Pattern::Parallel.plan(&agents(2_000), None, EdgeType::Dependency).is_ok());
        assert_eq!(Pattern::find("fan-in"), Some(Pattern::FanIn));
        assert_eq!(Pattern::find("ring"), None);
    }
}
