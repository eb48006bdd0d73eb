//! The multi-agent execution graph (MAEG): nodes, edges, and how far each node is.
//!
//! Not here: who may do what. Invariant: it is acyclic; a node is done when its work is COMPLETE or WAIVED, or, where it has none, when all
//! its predecessors are done; a node is blocked exactly while some node before it, over any number of edges, is FAILED.
//! Source: DOMAIN.md §4, seed 000.

use super::sub_pac::{SubPac, SubPacState};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::pac::{Edge, EdgeType, GraphDeclaration, Node, NodeType};
use crate::names::fold;
use petgraph::Direction::{Incoming, Outgoing};
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, EdgeRef as _};
use std::collections::{BTreeMap, BTreeSet};

/// Most nodes of a graph.
pub const MAX_NODES: usize = 2_000;
/// Most edges of a graph, those of sync points included.
pub const MAX_EDGES: usize = 50_000;

/// A node with its state.
#[derive(Clone, Debug)]
pub struct Place {
    /// As it was declared.
    pub node: Node,
    /// The agent's part, once it was issued.
    pub sub_pac: Option<SubPac>,
    /// Why it is not needed, once that was said.
    pub waived: Option<String>,
    /// Predecessors that are not done.
    waiting: u32,
    /// Whether a node before it is FAILED.
    blocked: bool,
}

impl Place {
    fn new(node: Node) -> Self {
        Self { node, sub_pac: None, waived: None, waiting: 0, blocked: false }
    }

    /// Whether what depends on it may go on.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self.node.node_type {
            NodeType::AgentNode => {
                self.waived.is_some()
                    || self.sub_pac.as_ref().is_some_and(|s| s.state == SubPacState::Complete)
            }
            _ => self.waiting == 0,
        }
    }

    /// Whether all its predecessors are done.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.waiting == 0
    }

    /// Its state; `None` for an agent node without a Sub-PAC that nothing blocks, and for another node that waits.
    #[must_use]
    pub fn state(&self) -> Option<SubPacState> {
        if self.waived.is_some() {
            return Some(SubPacState::Waived);
        }
        match (&self.sub_pac, self.node.node_type) {
            (Some(sub), _) if sub.state == SubPacState::Issued && self.blocked => Some(SubPacState::Blocked),
            (Some(sub), _) => Some(sub.state),
            (None, NodeType::AgentNode) => self.blocked.then_some(SubPacState::Blocked),
            (None, _) if self.waiting == 0 => Some(SubPacState::Complete),
            (None, _) => self.blocked.then_some(SubPacState::Blocked),
        }
    }
}

/// A graph with the state of its nodes.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Id.
    pub id: String,
    /// How many of the optional agent nodes must complete at least.
    pub min_optional: u32,
    graph: DiGraph<Place, EdgeType>,
    by_id: BTreeMap<String, NodeIndex>,
    by_agent: BTreeMap<String, NodeIndex>,
}

impl Graph {
    /// Checks a declaration, and makes the graph of it.
    ///
    /// # Errors
    /// `GS_202` for a cycle, `GS_404` for an agent with two nodes, `LG_103`, `LG_158`.
    pub fn new(id: String, declared: &GraphDeclaration) -> Result<Self> {
        bounded(declared)?;
        let mut graph = DiGraph::with_capacity(declared.nodes.len(), declared.edges.len());
        let (mut by_id, mut by_agent) = (BTreeMap::new(), BTreeMap::new());
        for node in &declared.nodes {
            let at = graph.add_node(Place::new(node.clone()));
            if by_id.insert(fold(node.node_id.as_str()), at).is_some() {
                return invalid(format!(
                    "node {} occurs twice (ids are compared without case)",
                    node.node_id
                ));
            }
            if let Some(agent) = agent_of(node)? {
                let text = agent.as_str().to_owned();
                if by_agent.insert(text, at).is_some() {
                    let why =
                        format!("{agent} has two nodes, {} among them; one node, one agent", node.node_id);
                    return Err(Error::new(Code::OpdoAgentTwice, why));
                }
            }
        }
        let mut made = Self { id, min_optional: declared.min_optional.unwrap_or(0), graph, by_id, by_agent };
        made.connect(declared)?;
        made.refuse_cycle()?;
        let optional = made.places().filter(|p| p.node.optional).count();
        if usize::try_from(made.min_optional).is_ok_and(|min| min > optional) {
            return invalid(format!(
                "{} optional nodes must complete, and {optional} are declared",
                made.min_optional
            ));
        }
        Ok(made)
    }

    fn connect(&mut self, declared: &GraphDeclaration) -> Result<()> {
        let barriers = declared.sync_points.iter().flat_map(|sync| {
            sync.predecessors.iter().map(|from| Edge {
                from: from.clone(),
                to: sync.successor.clone(),
                edge_type: EdgeType::Barrier,
            })
        });
        let mut known = BTreeSet::new();
        for edge in declared.edges.iter().cloned().chain(barriers) {
            let end = |id: &crate::names::NodeId| {
                let missing =
                    || Error::new(Code::GraphInvalid, format!("an edge names {id}, which is no node"));
                self.find(id.as_str()).ok_or_else(missing)
            };
            let (from, to) = (end(&edge.from)?, end(&edge.to)?);
            if !known.insert((from, to, edge.edge_type)) {
                continue;
            }
            if known.len() > MAX_EDGES {
                return Err(too_large("edges", known.len(), MAX_EDGES));
            }
            self.graph.add_edge(from, to, edge.edge_type);
        }
        for at in self.graph.node_indices() {
            let waiting = u32::try_from(self.graph.edges_directed(at, Incoming).count()).unwrap_or(u32::MAX);
            if let Some(place) = self.graph.node_weight_mut(at) {
                place.waiting = waiting;
            }
        }
        // Nodes that wait for nothing and do no work are done from the start.
        let roots: Vec<NodeIndex> = self.graph.node_indices().filter(|at| self.is_done(*at)).collect();
        for root in roots {
            self.release(root);
        }
        Ok(())
    }

    fn refuse_cycle(&self) -> Result<()> {
        let Err(cycle) = toposort(&self.graph, None) else { return Ok(()) };
        let start = cycle.node_id();
        let mut path = vec![start];
        // From the node that is on a cycle, some successor leads back to it.
        while let Some(last) = path.last().copied() {
            let back = |next: &NodeIndex| {
                *next == start
                    || (!path.contains(next)
                        && petgraph::algo::has_path_connecting(&self.graph, *next, start, None))
            };
            let Some(next) = self.graph.neighbors(last).find(back) else { break };
            path.push(next);
            if next == start || path.len() > 20 {
                break;
            }
        }
        let ids: Vec<&str> =
            path.iter().filter_map(|at| self.at(*at)).map(|p| p.node.node_id.as_str()).collect();
        Err(Error::new(Code::GraphCycle, format!("{} is a cycle", ids.join(" -> "))))
    }

    /// The node of this id, compared without case.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<NodeIndex> {
        self.by_id.get(&fold(id)).copied()
    }

    /// The node that the agent holds.
    #[must_use]
    pub fn of_agent(&self, gid: &str) -> Option<NodeIndex> {
        self.by_agent.get(gid).copied()
    }

    /// A node.
    #[must_use]
    pub fn at(&self, at: NodeIndex) -> Option<&Place> {
        self.graph.node_weight(at)
    }

    pub(super) fn at_mut(&mut self, at: NodeIndex) -> Option<&mut Place> {
        self.graph.node_weight_mut(at)
    }

    /// All nodes, as they were declared.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.graph.node_weights()
    }

    /// Indexes of all nodes.
    pub fn indexes(&self) -> impl Iterator<Item = NodeIndex> + use<> {
        self.graph.node_indices()
    }

    /// All edges by the ids of their ends.
    pub fn edges(&self) -> impl Iterator<Item = (&str, &str, EdgeType)> {
        self.graph.edge_references().filter_map(|edge| {
            let end = |at| self.at(at).map(|p| p.node.node_id.as_str());
            Some((end(edge.source())?, end(edge.target())?, *edge.weight()))
        })
    }

    /// Predecessors that are not done, by id.
    #[must_use]
    pub fn unmet(&self, at: NodeIndex) -> Vec<&str> {
        let before = self.graph.neighbors_directed(at, Incoming).filter(|p| !self.is_done(*p));
        let mut ids: Vec<&str> = before.filter_map(|p| self.at(p)).map(|p| p.node.node_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The same, of a place.
    #[must_use]
    pub fn unmet_ids(&self, place: &Place) -> Vec<&str> {
        self.find(place.node.node_id.as_str()).map(|at| self.unmet(at)).unwrap_or_default()
    }

    fn is_done(&self, at: NodeIndex) -> bool {
        self.at(at).is_some_and(Place::is_done)
    }

    /// Agent nodes that lead to this one, through nodes without work, over edges of the kind.
    #[must_use]
    pub fn agents_before(&self, at: NodeIndex, through: Option<EdgeType>) -> Vec<NodeIndex> {
        let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![at]);
        while let Some(here) = open.pop() {
            for edge in self.graph.edges_directed(here, Incoming) {
                let from = edge.source();
                if through.is_some_and(|kind| *edge.weight() != kind) || !seen.insert(from) {
                    continue;
                }
                match self.at(from).map(|p| p.node.node_type) {
                    Some(NodeType::AgentNode) => drop(found.insert(from)),
                    _ => open.push(from),
                }
            }
        }
        found.into_iter().collect()
    }

    /// Whether one of the two comes before the other.
    #[must_use]
    pub fn are_ordered(&self, a: NodeIndex, b: NodeIndex) -> bool {
        petgraph::algo::has_path_connecting(&self.graph, a, b, None)
            || petgraph::algo::has_path_connecting(&self.graph, b, a, None)
    }

    /// All nodes that depend on this one.
    pub(super) fn dependents(&self, at: NodeIndex) -> Vec<NodeIndex> {
        let mut dfs = Dfs::new(&self.graph, at);
        let mut found = Vec::new();
        while let Some(next) = dfs.next(&self.graph) {
            if next != at {
                found.push(next);
            }
        }
        found
    }

    /// The node is done: what waits for it waits no more.
    pub(super) fn release(&mut self, at: NodeIndex) {
        self.propagate(at, |waiting| waiting.saturating_sub(1));
    }

    /// The node is done no more: what follows waits for it again.
    pub(super) fn hold(&mut self, at: NodeIndex) {
        self.propagate(at, |waiting| waiting.saturating_add(1));
    }

    /// Changes the count of every successor, and goes on through nodes without work whose own state changes by it.
    fn propagate(&mut self, at: NodeIndex, change: impl Fn(u32) -> u32) {
        let mut open = vec![at];
        while let Some(here) = open.pop() {
            let edges: Vec<NodeIndex> = self.graph.neighbors_directed(here, Outgoing).collect();
            for next in edges {
                let Some(place) = self.graph.node_weight_mut(next) else { continue };
                let before = place.waiting == 0;
                place.waiting = change(place.waiting);
                if place.node.node_type != NodeType::AgentNode && before != (place.waiting == 0) {
                    open.push(next);
                }
            }
        }
    }

    /// Finds anew what is blocked by failures.
    pub(super) fn block(&mut self) {
        let failed: Vec<NodeIndex> = self
            .graph
            .node_indices()
            .filter(|at| {
                self.at(*at).and_then(|p| p.sub_pac.as_ref()).is_some_and(|s| s.state == SubPacState::Failed)
            })
            .filter(|at| self.at(*at).is_some_and(|p| p.waived.is_none()))
            .collect();
        for place in self.graph.node_weights_mut() {
            place.blocked = false;
        }
        let mut dfs = Dfs::empty(&self.graph);
        for from in &failed {
            let after: Vec<NodeIndex> = self.graph.neighbors(*from).collect();
            for next in after {
                dfs.move_to(next);
                while let Some(below) = dfs.next(&self.graph) {
                    if let Some(place) = self.graph.node_weight_mut(below) {
                        place.blocked = true;
                    }
                }
            }
        }
    }
}

fn bounded(declared: &GraphDeclaration) -> Result<()> {
    let barriers: usize = declared.sync_points.iter().map(|s| s.predecessors.len()).sum();
    let edges = declared.edges.len().saturating_add(barriers);
    if declared.nodes.len() > MAX_NODES {
        return Err(too_large("nodes", declared.nodes.len(), MAX_NODES));
    }
    if edges > MAX_EDGES {
        return Err(too_large("edges", edges, MAX_EDGES));
    }
    if declared.nodes.iter().all(|n| n.node_type != NodeType::AgentNode) {
        return invalid("it has no AGENT_NODE, so there is nothing to do".to_owned());
    }
    Ok(())
}

/// The agent of an agent node; other nodes have none.
fn agent_of(node: &Node) -> Result<Option<&crate::names::Gid>> {
    let agent = node.node_type == NodeType::AgentNode;
    match (&node.agent_gid, agent) {
        (None, true) => invalid(format!("node {} is an AGENT_NODE without agent_gid", node.node_id)),
        (Some(_), false) => invalid(format!("node {} is no AGENT_NODE, and has an agent", node.node_id)),
        _ if node.optional && !agent => {
            invalid(format!("node {} does no work: it cannot be optional", node.node_id))
        }
        (gid, _) => Ok(gid.as_ref()),
    }
}

fn too_large(what: &str, found: usize, most: usize) -> Error {
    Error::new(Code::TooLarge, format!("the graph has {found} {what}; at most {most} are allowed"))
        .hint("split the work into several PACs")
}

fn invalid<T>(why: String) -> Result<T> {
    Err(Error::new(Code::GraphInvalid, why))
}
