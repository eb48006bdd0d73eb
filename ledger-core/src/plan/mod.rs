//! Plans: which agents do what, in which pattern, under which trust; read, drawn, and checked whole before anything runs.
//!
//! Not here: running one. Invariant: a plan that parses is strict (unknown members are refused), and everything that is wrong with it is said
//! at once. Source: DOMAIN.md §9 ("workflow builder"); seed 003.

mod check;
mod findings;
mod picture;
mod shape;
mod trusted;

pub use check::check;
pub use findings::{Finding, Rule};
pub use shape::{PlannedGrant, Shape};

use crate::codes::Code;
use crate::constraint::{Amount, Constraints, Name, Region, Request, Resource};
use crate::error::{Error, Result};
use crate::event::body::Digest;
use crate::names::{Gid, GrantId, Lane, Line, NodeId, Prose, ScopePath};
use crate::trust::Level;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most steps of a plan.
pub const MAX_STEPS: usize = 1_000;

/// A plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Who works, by name.
    pub agents: BTreeMap<String, Agent>,
    /// What limits everything that is passed on in a run.
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// What happens when a step fails.
    #[serde(default)]
    pub failure: Failure,
    /// Whose grant everything is passed on from.
    pub initiator: Initiator,
    /// What the first steps get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<serde_json::Value>,
    /// Lane of the work.
    #[serde(default = "execution")]
    pub lane: Lane,
    /// Most rounds of a blackboard or a debate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_iterations: Option<u32>,
    /// Fewest experts of an ensemble that must have answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_experts: Option<u32>,
    /// What it is called.
    pub name: Line,
    /// What is to be reached.
    pub objective: Prose,
    /// Files and directories that may be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<ScopePath>,
    /// How the agents work together.
    pub pattern: String,
    /// Fewest workers that must have done their part, or voters that must have voted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
    /// Whether every agent must hold a grant of its own already.
    #[serde(default = "yes")]
    pub require_trust: bool,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Share of the votes that carries a proposal, above 0 and at most 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Longest that a run may take, in seconds.
    #[serde(default = "hour")]
    pub timeout_seconds: u32,
    /// How closely trust is looked at before each step.
    #[serde(default)]
    pub verification_level: Level,
    /// Most agents that work at the same time.
    #[serde(default = "four")]
    pub width: u32,
}

fn execution() -> Lane {
    Lane::execution()
}

const fn yes() -> bool {
    true
}

const fn hour() -> u32 {
    3_600
}

const fn four() -> u32 {
    4
}

/// What happens when a step fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// The run stops; what was not begun is recorded as not run.
    #[default]
    Stop,
    /// Others go on; branches are optional.
    Graceful,
}

/// Whose grant everything is passed on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Initiator {
    /// Who: the holder of the grant.
    pub gid: Gid,
    /// The grant.
    pub grant: GrantId,
    /// The root of its tree; the grant itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<GrantId>,
}

impl Initiator {
    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> &GrantId {
        self.root.as_ref().unwrap_or(&self.grant)
    }
}

/// An agent: a command with JSON lines on standard input and output, or an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Program and arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Directory that it works in, relative to that of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// Variables of the environment that it gets; no others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Who it is.
    pub gid: Gid,
    /// Most memory, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u32>,
    /// Most output, in KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_kb: Option<u32>,
    /// Longest that one turn may take, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// Where it is asked over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What an agent is in a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One of several that do their part.
    #[default]
    Worker,
    /// Where branches come together.
    Join,
    /// Takes the work apart and puts the results together.
    Supervisor,
    /// Chooses who does it.
    Router,
    /// Puts the opinions of experts together.
    Synthesizer,
    /// Chooses who contributes next to a blackboard.
    Controller,
    /// Proposes what is voted on.
    Proposer,
    /// Speaks for it.
    For,
    /// Speaks against it.
    Against,
    /// Decides a debate.
    Judge,
}

/// A step: one agent's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Steps that must be done before, beside what the pattern says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<NodeId>,
    /// Who does it, by name.
    pub agent: String,
    /// What is done, as trust knows it.
    pub capability: Name,
    /// What limits it beside everything else.
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// What one turn costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
    /// Class of the data that it touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_scope: Option<Name>,
    /// Id, unique without case.
    pub id: NodeId,
    /// What it gets beside what earlier steps made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<serde_json::Value>,
    /// Whether personal data leaves with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pii: Option<bool>,
    /// Where it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What it touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// What it is in the pattern.
    #[serde(default)]
    pub role: Role,
    /// Whom it tells something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Name>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Line>,
}

impl Plan {
    /// Reads a plan from JSON.
    ///
    /// # Errors
    /// `LG_100` when it is no strict JSON, `LG_101` with the member that is not of its form.
    pub fn from_json(input: &[u8]) -> Result<Self> {
        let bytes = crate::json::canonicalize(input).map_err(|e| {
            Error::new(Code::MalformedJson, format!("the plan is not strict JSON: {}", e.describe(input)))
        })?;
        crate::event::body::read(&bytes)
    }

    /// SHA-256 of its canonical JSON: what a PAC names it by.
    ///
    /// # Errors
    /// `LG_101` when it holds something that canonical JSON cannot.
    pub fn digest(&self) -> Result<Digest> {
        let invalid = |e: &dyn std::fmt::Display| Error::new(Code::InvalidIntent, e.to_string());
        let json = serde_json::to_vec(self).map_err(|e| invalid(&e))?;
        Ok(Digest::of(&crate::json::canonicalize(&json).map_err(|e| invalid(&e))?))
    }

    /// The agent of a step.
    #[must_use]
    pub fn agent(&self, step: &Step) -> Option<&Agent> {
        self.agents.get(&step.agent)
    }
}

impl Step {
    /// What it asks of the constraints, at a time.
    #[must_use]
    pub fn request(&self, time: i64) -> Request {
        Request {
            cost: self.cost,
            data_scope: self.data_scope.clone(),
            pii: self.pii,
            reasoning: true,
            region: self.region.clone(),
            resource: self.resource.clone(),
            target: self.target.clone(),
            ..Request::new(self.capability.clone(), time)
        }
    }
}
