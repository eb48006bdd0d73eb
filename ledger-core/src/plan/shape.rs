//! The shape that a pattern gives to a plan's steps: who waits for whom, who tells whom, and who passes what on to whom.
//!
//! Not here: whether anybody may. Invariant: each step is one node of the graph; repeated turns are messages on the pattern's channel, never
//! further nodes or edges back. Source: DOMAIN.md §9 (the table of patterns), §4.

use super::{Plan, Role, Step};
use crate::constraint::Name;
use crate::event::body::pac::{Edge, EdgeType, GraphDeclaration, Node, NodeType};
use crate::names::{PacId, fold};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// How agents work together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One after the other.
    Sequential,
    /// All at once, joined at the end by whoever has that role.
    Parallel,
    /// One takes the work apart, others do it, and the one puts it together.
    SupervisorWorker,
    /// One chooses who does it.
    Router,
    /// All give their opinion, and one puts them together.
    Ensemble,
    /// One lets others contribute to what all see, until it is solved.
    Blackboard,
    /// One proposes, others vote.
    Consensus,
    /// One speaks for it, one against, one decides.
    Debate,
    /// One begins, and hands everything over to another.
    Handoff,
}

/// What is passed on before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedGrant {
    /// The step whose agent passes it on; the initiator when absent.
    pub from: Option<usize>,
    /// The step whose agent gets it.
    pub to: usize,
    /// What: the step's own capability, and those that it has to pass on in its turn.
    pub capabilities: Vec<Name>,
    /// How far below the initiator's grant.
    pub depth: u32,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Sequential,
        Self::Parallel,
        Self::SupervisorWorker,
        Self::Router,
        Self::Ensemble,
        Self::Blackboard,
        Self::Consensus,
        Self::Debate,
        Self::Handoff,
    ];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Parallel => "parallel",
            Self::SupervisorWorker => "supervisor_worker",
            Self::Router => "router",
            Self::Ensemble => "ensemble",
            Self::Blackboard => "blackboard",
            Self::Consensus => "consensus",
            Self::Debate => "debate",
            Self::Handoff => "handoff",
        }
    }

    /// The pattern of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// The role that leads the others, of which there is exactly one; and, where another may be there once, that one.
    #[must_use]
    pub const fn lead(self) -> Option<Role> {
        match self {
            Self::SupervisorWorker => Some(Role::Supervisor),
            Self::Router => Some(Role::Router),
            Self::Ensemble => Some(Role::Synthesizer),
            Self::Blackboard => Some(Role::Controller),
            Self::Consensus => Some(Role::Proposer),
            Self::Sequential | Self::Parallel | Self::Debate | Self::Handoff => None,
        }
    }

    /// How often each role may be there: least and most.
    #[must_use]
    pub fn roles(self) -> Vec<(Role, usize, usize)> {
        let many = usize::MAX;
        match self {
            Self::Sequential => vec![(Role::Worker, 1, many)],
            Self::Parallel => vec![(Role::Worker, 1, many), (Role::Join, 0, 1)],
            Self::SupervisorWorker => vec![(Role::Supervisor, 1, 1), (Role::Worker, 1, many)],
            Self::Router => vec![(Role::Router, 1, 1), (Role::Worker, 1, many)],
            Self::Ensemble => vec![(Role::Synthesizer, 1, 1), (Role::Worker, 1, many)],
            Self::Blackboard => vec![(Role::Controller, 1, 1), (Role::Worker, 1, many)],
            Self::Consensus => vec![(Role::Proposer, 1, 1), (Role::Worker, 1, many)],
            Self::Debate => vec![(Role::For, 1, 1), (Role::Against, 1, 1), (Role::Judge, 1, 1)],
            Self::Handoff => vec![(Role::Worker, 2, 2)],
        }
    }

    /// Whether the lead and the others tell each other things while all of them work: over a channel, in turns.
    #[must_use]
    pub const fn talks(self) -> bool {
        matches!(self, Self::SupervisorWorker | Self::Blackboard | Self::Consensus | Self::Debate)
    }

    /// Steps that data flows between, earlier and later.
    #[must_use]
    pub fn flows(self, steps: &[Step]) -> Vec<(usize, usize)> {
        let of = |role: Role| steps.iter().enumerate().filter(move |(_, s)| s.role == role).map(|(i, _)| i);
        match self {
            Self::Sequential | Self::Handoff => {
                (1..steps.len()).map(|to| (to.saturating_sub(1), to)).collect()
            }
            Self::Parallel => {
                of(Role::Join).flat_map(|to| of(Role::Worker).map(move |from| (from, to))).collect()
            }
            Self::Router => {
                of(Role::Router).flat_map(|from| of(Role::Worker).map(move |to| (from, to))).collect()
            }
            Self::Ensemble => {
                of(Role::Synthesizer).flat_map(|to| of(Role::Worker).map(move |from| (from, to))).collect()
            }
            Self::SupervisorWorker | Self::Blackboard | Self::Consensus | Self::Debate => Vec::new(),
        }
    }

    /// Whether a run may do without a step.
    #[must_use]
    pub fn may_miss(self, plan: &Plan, step: &Step) -> bool {
        let worker = step.role == Role::Worker;
        match self {
            Self::Sequential | Self::Debate | Self::Handoff => false,
            Self::Parallel => worker && plan.failure == super::Failure::Graceful,
            Self::Router | Self::Ensemble | Self::Blackboard | Self::Consensus | Self::SupervisorWorker => {
                worker
            }
        }
    }

    /// What is passed on, to each step once.
    #[must_use]
    pub fn grants(self, steps: &[Step]) -> Vec<PlannedGrant> {
        let own = |i: usize| steps.get(i).map(|s| s.capability.clone());
        let all = |from: usize| {
            let mut all: Vec<Name> = steps.iter().skip(from).map(|s| s.capability.clone()).collect();
            all.sort();
            all.dedup();
            all
        };
        if self == Self::Handoff {
            // What is handed over is the first one's grant: it holds what both do.
            return (0..steps.len())
                .map(|to| PlannedGrant { from: to.checked_sub(1), to, capabilities: all(0), depth: 1 })
                .collect();
        }
        let chained = matches!(self, Self::Sequential);
        let lead = self.lead().and_then(|role| steps.iter().position(|s| s.role == role));
        let passed = |to: usize| match (chained, lead) {
            (true, _) => PlannedGrant {
                from: to.checked_sub(1),
                to,
                capabilities: all(to),
                depth: u32::try_from(to).unwrap_or(u32::MAX).saturating_add(1),
            },
            (false, Some(lead)) if to == lead => {
                PlannedGrant { from: None, to, capabilities: all(0), depth: 1 }
            }
            (false, Some(lead)) => {
                PlannedGrant { from: Some(lead), to, capabilities: own(to).into_iter().collect(), depth: 2 }
            }
            (false, None) => {
                PlannedGrant { from: None, to, capabilities: own(to).into_iter().collect(), depth: 1 }
            }
        };
        (0..steps.len()).map(passed).collect()
    }

    /// The graph of a PAC for a plan: the body of `declare_graph`.
    #[must_use]
    pub fn graph(self, plan: &Plan, pac_id: PacId) -> GraphDeclaration {
        let nodes = plan.steps.iter().map(|step| Node {
            agent_gid: plan.agent(step).map(|a| a.gid.clone()),
            agent_name: None,
            lane: Some(plan.lane.clone()),
            node_id: step.id.clone(),
            optional: self.may_miss(plan, step),
            task: step.task.clone(),
            node_type: NodeType::AgentNode,
        });
        let mut edges: Vec<Edge> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut add = |from: &Step, to: &Step, edge_type: EdgeType| {
            if seen.insert((fold(from.id.as_str()), fold(to.id.as_str()))) {
                edges.push(Edge { from: from.id.clone(), to: to.id.clone(), edge_type });
            }
        };
        for (from, to) in self.flows(&plan.steps) {
            if let (Some(from), Some(to)) = (plan.steps.get(from), plan.steps.get(to)) {
                add(from, to, EdgeType::DataFlow);
            }
        }
        for step in &plan.steps {
            for before in &step.after {
                let same = |s: &&Step| fold(s.id.as_str()) == fold(before.as_str());
                if let Some(from) = plan.steps.iter().find(same) {
                    add(from, step, EdgeType::DataFlow);
                }
            }
        }
        GraphDeclaration {
            edges,
            graph_id: None,
            min_optional: None,
            nodes: nodes.collect(),
            pac_id,
            sync_points: Vec::new(),
        }
    }
}
