//! Bodies of trust: authorities, postures, grants with what they hold, their uses and their end, audit anchors, heartbeats.
//!
//! Not judged here (`rules::trust`). Invariant: a constraint that is not known does not parse, so that none is ever ignored. Each is
//! signed by its author: the leaf commits to these bytes, and their version is signed with them. Source: DOMAIN.md §9; seed 003.

use super::Digest;
use crate::constraint::{Amount, Constraints, Effect, Name, Pattern, Region, Resource};
use crate::names::{AnchorId, Gid, GrantId, Line, PacId, Prose, SubPacId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an authority may do beyond what every holder of a grant may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Establish agents: plant grant trees.
    CreateAgents,
    /// Attest further capabilities to agents that it established.
    GrantCapabilities,
    /// Revoke, suspend and tighten what rests on its word.
    RevokeCapabilities,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CreateAgents, Self::GrantCapabilities, Self::RevokeCapabilities];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateAgents => "create_agents",
            Self::GrantCapabilities => "grant_capabilities",
            Self::RevokeCapabilities => "revoke_capabilities",
        }
    }
}

/// `declare_authority`: a registered actor with a key may establish trust. Declared again, its permissions are these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityDeclaration {
    /// Who.
    pub gid: Gid,
    /// What it may do; everything when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<Permission>>,
    /// What it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Line>,
}

/// `withdraw_authority`: nothing that rests on its word is good any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityWithdrawal {
    /// Who.
    pub gid: Gid,
    /// Why.
    pub reason: Prose,
}

/// How much an agent may do of itself, from least to most.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Posture {
    /// Nothing: what rests on it stands still.
    Pseudo,
    /// What others record that it does; passes nothing on.
    Tool,
    /// Records its own work within a PAC; passes nothing on.
    Supervised,
    /// Passes on what it holds. Every agent begins here: whoever established it decided that.
    #[default]
    Delegating,
    /// Also acts outside any PAC, of its own accord.
    Autonomous,
}

impl Posture {
    /// All of them, from least to most.
    pub const ALL: [Self; 5] =
        [Self::Pseudo, Self::Tool, Self::Supervised, Self::Delegating, Self::Autonomous];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pseudo => "pseudo",
            Self::Tool => "tool",
            Self::Supervised => "supervised",
            Self::Delegating => "delegating",
            Self::Autonomous => "autonomous",
        }
    }

    /// The posture of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == name)
    }
}

/// `set_posture`: how much an agent may do of itself, from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostureChange {
    /// Which agent.
    pub gid: Gid,
    /// From now on.
    pub posture: Posture,
    /// What was considered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// Why.
    pub reason: Prose,
}

/// Why something was decided so. Confidential reasoning is named by its digest, and belongs in the private part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reasoning {
    /// What else was considered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Line>,
    /// How sure the author is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: Option<f64>,
    /// What was decided.
    pub decision: Line,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Digest>,
    /// How it was come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Line>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<Prose>,
    /// SHA-256 of a rationale that is not said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale_digest: Option<Digest>,
}

/// A capability that an authority attests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// The actions: one name, or one with a `*`.
    pub capability: Pattern,
    /// What limits this capability, beside what limits the grant.
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// Whether its actions only read; judged by the name of the action when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
}

/// `establish`: an authority vouches for an agent. This plants a grant tree, whose stream is `trust/<grant_id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Establishment {
    /// For whom.
    pub agent_gid: Gid,
    /// What it may do.
    pub capabilities: Vec<Attested>,
    /// What limits all of it.
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// When it ends, milliseconds since 1970; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// New id: of the grant and of its tree.
    pub grant_id: GrantId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
}

/// `attest`: the authority of a tree attests further capabilities to the agent at its root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// What it may do beside what it may already.
    pub capabilities: Vec<Attested>,
    /// Which tree.
    pub root: GrantId,
}

/// `delegate`: the holder of a grant passes some of it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// To whom.
    pub agent_gid: Gid,
    /// What; each is within one that the parent holds.
    pub capabilities: Vec<Pattern>,
    /// What limits it beside everything that limits the parent.
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// One more than the parent's: the root has 0.
    pub depth: u32,
    /// When it ends, milliseconds since 1970; with its parent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// New id, unique in the tree.
    pub grant_id: GrantId,
    /// The grant that is passed on.
    pub parent: GrantId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// Which tree.
    pub root: GrantId,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Line>,
}

/// `transfer_grant`: the holder of a delegated grant hands it over, with what is left of it, and keeps nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// To whom.
    pub agent_gid: Gid,
    /// Which grant; it ends with this.
    pub grant_id: GrantId,
    /// Id of the grant that takes its place, unique in the tree.
    pub new_grant_id: GrantId,
    /// Why.
    pub reason: Prose,
    /// What was considered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// Which tree.
    pub root: GrantId,
}

/// `constrain`: what rests on a grant is limited further.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tightening {
    /// What limits it beside everything that limits it already.
    pub constraints: Constraints,
    /// Which grant.
    pub grant_id: GrantId,
    /// Why.
    pub reason: Prose,
    /// Which tree.
    pub root: GrantId,
}

/// How a grant ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RevocationMode {
    /// Now, for good.
    #[default]
    Immediate,
    /// At a time, for good.
    Graceful,
    /// Now, until it is resumed.
    Suspend,
}

impl RevocationMode {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Graceful => "graceful",
            Self::Suspend => "suspend",
        }
    }
}

/// `revoke_grant`: the grant ends, and everything that rests on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRevocation {
    /// When, milliseconds since 1970; for a graceful one, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// Which grant.
    pub grant_id: GrantId,
    /// How.
    #[serde(default)]
    pub mode: RevocationMode,
    /// Why.
    pub reason: Prose,
    /// Which tree.
    pub root: GrantId,
}

/// `resume_grant`: a suspended grant is good again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantResumption {
    /// Which grant.
    pub grant_id: GrantId,
    /// Why.
    pub reason: Prose,
    /// Which tree.
    pub root: GrantId,
}

/// `exercise`: an action is about to be taken under a grant. It is checked against every constraint up to the root, and counted; one
/// that is refused must not be taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// The action.
    pub action: Name,
    /// Whether it is taken by a grant token, which comes with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bearer: bool,
    /// What it costs; of the same unit as the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
    /// Class of the data that it touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_scope: Option<Name>,
    /// Whether it reads or writes, where the grant does not say; `write` always counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Endpoint that it calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Name>,
    /// Which grant.
    pub grant_id: GrantId,
    /// The PAC that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pac_id: Option<PacId>,
    /// Whether personal data leaves with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pii: Option<bool>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// Where it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What it touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Which tree.
    pub root: GrantId,
    /// Whom it tells something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Name>,
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ActionResult {
    /// As it should.
    Success,
    /// Not as it should.
    Failure,
    /// It was not allowed, and not taken.
    Denied,
}

/// `record_anchor`: what was done under a grant, in the stream of the work; of a grant outside any PAC, in that of its tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The action.
    pub action: Name,
    /// Who acted: the holder of the grant.
    pub agent_gid: Gid,
    /// New id, unique in the stream.
    pub anchor_id: AnchorId,
    /// What was captured: standard error, results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Digest>,
    /// The entry that allowed it, for what was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<u64>,
    /// Under which grant.
    pub grant_id: GrantId,
    /// What there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Prose>,
    /// The PAC of the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pac_id: Option<PacId>,
    /// The anchor before it in the same work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<AnchorId>,
    /// Why it was done so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// How it ended.
    pub result: ActionResult,
    /// Which tree.
    pub root: GrantId,
    /// The Sub-PAC of the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_pac_id: Option<SubPacId>,
}

/// `heartbeat`: the actor is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// What it has to say of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Line>,
}
