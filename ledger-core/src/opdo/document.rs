//! The documents of seed 002, member by member, in the seed's order.
//!
//! Not judged here: a document may say anything that has the form. Invariant: what is written is read again as the same document
//! (`super::read`; serde for canonical JSON), except a child with a [`ChildPdo::fault`], which no operation writes.
//! Source: seed 002 §§2, 4.2; DOMAIN.md §5; docs/format.md §14.

use super::number::Number;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The proof artifact of one agent's accepted work, as a composite binds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChildPdo {
    /// `PDO-{AGENT}-{PAC}-{TIMESTAMP}`.
    pub pdo_id: String,
    /// Name of the agent.
    pub agent_name: String,
    /// GID of the agent.
    pub agent_gid: String,
    /// The Sub-PAC that was done.
    pub sub_pac_id: String,
    /// The report that was accepted, `BER-...`; empty when there is none.
    #[serde(default)]
    pub ber_id: String,
    /// `VALIDATED`, or it does not belong here.
    #[serde(default)]
    pub status: String,
    /// Hash of the content.
    pub pdo_hash: String,
    /// Tasks completed.
    pub task_count: Number,
    /// 0 to 1.
    pub quality_score: Number,
    /// When it was made.
    pub created_at: String,
    /// Ids of the PDOs that it depends on.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// What is wrong with its form, where it was read from a document; fields that could not be read are empty. `GS_401` answers it.
    #[serde(skip)]
    pub fault: Option<String>,
}

/// The merkle proof over all children.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositeProof {
    /// Root over all leaves, hex.
    pub merkle_root: String,
    /// The leaves, sorted, hex.
    pub leaf_hashes: Vec<String>,
    /// 1 for one leaf, else ceil(log2 n).
    pub tree_height: u64,
    /// When it was made.
    pub proof_timestamp: String,
    /// 32 hex digits.
    pub nonce: String,
    /// `rfc6962` or `p69`; absent means `p69`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// How final an O-PDO is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OpdoState {
    /// Composed; children may still be exchanged.
    #[default]
    Draft,
    /// Proven and frozen; waits for a human.
    Sealed,
    /// Irreversible.
    Final,
    /// Given up, with a reason; left by nothing.
    Void,
}

impl OpdoState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Sealed, Self::Final, Self::Void];

    /// Its name in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Sealed => "SEALED",
            Self::Final => "FINAL",
            Self::Void => "VOID",
        }
    }
}

impl fmt::Display for OpdoState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One step of a document's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateTransition {
    /// State before. Text, so that a state that there is not is a finding.
    pub from_state: String,
    /// State after.
    pub to_state: String,
    /// When.
    pub timestamp: String,
    /// What caused it: `seal_opdo`, `human_review_approved`, `void_opdo`.
    pub trigger: String,
    /// Who.
    pub actor: String,
}

/// The composite of all child PDOs of a PAC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrchestratedPdo {
    /// `OPDO-{AGENT}-{TIMESTAMP}`, and more where it is composed here.
    pub opdo_id: String,
    /// The PAC that it completes.
    pub pac_orch_id: String,
    /// Name of the orchestrator.
    pub orchestrator_agent: String,
    /// GID of the orchestrator.
    pub orchestrator_gid: String,
    /// How final it is.
    pub state: OpdoState,
    /// The children, in the order in which they were given.
    pub child_pdos: Vec<ChildPdo>,
    /// The proof; `None` before sealing.
    pub composite_proof: Option<CompositeProof>,
    /// How it came to its state.
    pub state_history: Vec<StateTransition>,
    /// When it was composed.
    pub created_at: String,
    /// When it was sealed.
    pub sealed_at: Option<String>,
    /// When it became final.
    pub finalized_at: Option<String>,
    /// The human's report, `BER-HUMAN-...`.
    pub human_review_ber_id: Option<String>,
    /// When the human's word was given.
    pub human_review_timestamp: Option<String>,
    /// GID of the human, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// Digest of the review, where it was done in a ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_digest: Option<String>,
    /// Binds what is final, hex.
    pub final_hash: Option<String>,
    /// When it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided_at: Option<String>,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void_reason: Option<String>,
}
