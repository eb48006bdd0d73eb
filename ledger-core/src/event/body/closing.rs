//! Bodies of closing: composite, finality, WRAP, and the review that they need.
//!
//! Source: DOMAIN.md §§5-8; seed 002.

use super::{Digest, Hex32};
use crate::names::{BerId, Gid, NodeId, OpdoId, PacId, PdoId, Prose, SubPacId, WrapId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the composite proof is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProofProfile {
    /// Domain-separated; binds everything.
    #[default]
    Rfc6962,
    /// The bytes of the original.
    P69,
}

/// `compose_opdo`: binds the PDOs of the PAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Composition {
    /// PDOs to bind; those of all agent nodes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<PdoId>>,
    /// Id; derived from orchestrator, time and entry when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opdo_id: Option<OpdoId>,
    /// Which PAC.
    pub pac_id: PacId,
    /// How the proof is to be made.
    #[serde(default)]
    pub profile: ProofProfile,
}

/// `seal`: the proof is made, and nothing changes any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sealing {
    /// Which O-PDO; the PAC's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opdo_id: Option<OpdoId>,
    /// Which PAC.
    pub pac_id: PacId,
}

/// `void_opdo`: the O-PDO is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voiding {
    /// Which O-PDO; the PAC's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opdo_id: Option<OpdoId>,
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    pub reason: Prose,
}

/// `finalize`: irreversible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finalization {
    /// The `BER-HUMAN-...` of an approving verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_review_ber_id: Option<BerId>,
    /// Which O-PDO; the PAC's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opdo_id: Option<OpdoId>,
    /// Which PAC.
    pub pac_id: PacId,
}

/// `emit_wrap`: the closing statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrapEmission {
    /// Which PAC.
    pub pac_id: PacId,
    /// What was reached, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Prose>,
    /// Id; derived from orchestrator and PAC when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_id: Option<WrapId>,
}

/// Follows from a sealing: the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofRecord {
    /// Hashes of the children's leaves, ascending.
    pub leaf_hashes: Vec<Hex32>,
    /// Root.
    pub merkle_root: Hex32,
    /// 32 hex digits, new for each sealing.
    pub nonce: String,
    /// Which O-PDO.
    pub opdo_id: OpdoId,
    /// Which PAC.
    pub pac_id: PacId,
    /// How it was made.
    pub profile: ProofProfile,
    /// Height of the tree.
    pub tree_height: u32,
}

/// Follows from a finalization: the final hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinalityRecord {
    /// Final hash.
    pub final_hash: Hex32,
    /// The review that it rests on.
    pub human_review_ber_id: BerId,
    /// Which O-PDO.
    pub opdo_id: OpdoId,
    /// Which PAC.
    pub pac_id: PacId,
}

/// Follows from a WRAP: what it is bound to (seed 002 §8.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrapBinding {
    /// Number of children.
    pub child_pdo_count: u32,
    /// The review.
    pub human_review_ber: BerId,
    /// Root.
    pub merkle_root: Hex32,
    /// Final hash.
    pub opdo_final_hash: Hex32,
    /// Which O-PDO.
    pub opdo_id: OpdoId,
    /// Which PAC.
    pub pac_id: PacId,
    /// Nodes that were not needed.
    pub waived: Vec<NodeId>,
    /// The WRAP.
    pub wrap_id: WrapId,
}

/// `open_review`: a human begins to read what is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewOpening {
    /// Which O-PDO; the PAC's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opdo_id: Option<OpdoId>,
    /// Which PAC.
    pub pac_id: PacId,
}

/// `draw_challenge`: asks for a question. One that is outstanding is given up by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeDraw {
    /// Which O-PDO; the PAC's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opdo_id: Option<OpdoId>,
    /// Which PAC.
    pub pac_id: PacId,
}

/// Types of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuestionType {
    /// How many tasks an agent reported.
    TaskCount,
    /// How many files an agent made.
    FileCount,
    /// An agent's quality score.
    QualityScore,
    /// Who did a task or made a file.
    AgentIdentity,
    /// The GID of an agent.
    AgentGid,
    /// A task, recalled.
    TaskRecall,
    /// A file, recalled.
    FileRecall,
    /// What is in scope.
    ScopeCompliance,
    /// How a content hash begins.
    ContentHashPrefix,
}

/// Follows from a draw: the challenge, committed before it is shown. Question and answer are derived from it and the sealed content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeDrawn {
    /// The boot of the machine that the monotonic time is of.
    pub boot: String,
    /// Random.
    pub challenge_id: Hex32,
    /// Monotonic time of the draw, milliseconds.
    pub monotonic_ms: u64,
    /// Which O-PDO.
    pub opdo_id: OpdoId,
    /// Digest of the packet that is reviewed.
    pub packet: Digest,
    /// Which PAC.
    pub pac_id: PacId,
    /// Types of the questions, in their order.
    pub question_types: Vec<QuestionType>,
}

/// `answer_challenge`: the answers, in the order of the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswer {
    /// One answer a question.
    pub answers: Vec<String>,
    /// Which challenge.
    pub challenge_id: Hex32,
    /// Which PAC.
    pub pac_id: PacId,
}

/// Follows from an answer that is right and in time: how long it took, by the ledger's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengePassed {
    /// The boot of the machine that the monotonic time is of.
    pub boot: String,
    /// Which challenge.
    pub challenge_id: Hex32,
    /// Milliseconds from the committed challenge to the answer's arrival.
    pub latency_ms: u64,
    /// Monotonic time of the arrival, milliseconds.
    pub monotonic_ms: u64,
    /// Which PAC.
    pub pac_id: PacId,
}

/// What a reviewer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// It may become final.
    Approve,
    /// It may become final, and something is to be remembered.
    ApproveWithRemarks,
    /// It may not.
    Reject,
}

/// `give_verdict`: signed over the packet that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictGiven {
    /// The answered challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge_id: Option<Hex32>,
    /// How long the answer took, as the ledger measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Root of what is sealed.
    pub merkle_root: Hex32,
    /// Which O-PDO.
    pub opdo_id: OpdoId,
    /// Digest of exactly the packet that was shown.
    pub packet: Digest,
    /// Which PAC.
    pub pac_id: PacId,
    /// Types of the questions that were answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub question_types: Vec<QuestionType>,
    /// What is to be remembered; needed but for a plain approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Prose>,
    /// Sub-PACs that are to be done again, of a rejection; what depends on them is too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reopen: Vec<SubPacId>,
    /// The verdict.
    pub verdict: Verdict,
}

/// `unlock_review`: a reviewer who failed three challenges may try again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewUnlock {
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    pub reason: Prose,
    /// Which reviewer.
    pub reviewer: Gid,
}
