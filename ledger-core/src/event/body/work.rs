//! Bodies of the work itself: dispatch, tokens, execution, messages, BERs and PDOs.
//!
//! What a GS rule judges is optional here, so that the rule and not the parser answers. Source: DOMAIN.md §§4, 8; seed 000.

use super::pac::Input;
use super::{Digest, Hex32};
use crate::names::{
    BerId, ChannelId, Gid, Lane, Line, NodeId, PacId, PdoId, Prose, ScopePath, Session, SubPacId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `dispatch`: the Sub-PAC's agent may execute it, with the token that this gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// Seconds until the token expires, 1 to 604,800; the policy's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
    /// Which PAC.
    pub pac_id: PacId,
    /// The session that the token is bound to; a name that is new each time when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
}

/// `reissue`: the token of the present attempt is revoked, and a new one given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reissue {
    /// Seconds until the token expires; the policy's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
    /// Which PAC.
    pub pac_id: PacId,
    /// Why: lost, expired.
    pub reason: Prose,
    /// The session that the token is bound to; a name that is new each time when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
}

/// Follows from a dispatch or a reissue: the token that was given, by its id. The token itself is nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenIssue {
    /// When it expires, milliseconds since 1970.
    pub expires_at: i64,
    /// Which PAC.
    pub pac_id: PacId,
    /// The session that it is bound to.
    pub session: Session,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
    /// Revocation id of its authority block, hex: every token narrowed from it has it too.
    pub token_id: TokenId,
}

/// Follows from a start or a BER: the token that was shown, by its ids, the authority block's first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenUse {
    /// Which PAC.
    pub pac_id: PacId,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
    /// Revocation ids of all its blocks.
    pub token_ids: Vec<TokenId>,
}

/// `revoke_token`: a token is good no more, nor any that was narrowed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRevocation {
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    pub reason: Prose,
    /// Revocation id of one of its blocks, hex.
    pub token_id: TokenId,
}

/// Revocation id of a token's block: 128 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct TokenId(String);

impl TokenId {
    /// The id in hex, if it is one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = text.len() == 128 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for TokenId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::new(&text)
            .ok_or_else(|| serde::de::Error::custom("expected a token id: 128 lower-case hex digits"))
    }
}

/// `retry`: a further attempt of a FAILED Sub-PAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Which PAC.
    pub pac_id: PacId,
    /// What is to be better this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
}

/// `waive`: an optional node is not needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Which node.
    pub node_id: NodeId,
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    pub reason: Prose,
}

/// `start`: the agent begins. Needs the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Who begins, when it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_gid: Option<Gid>,
    /// Its name, compared without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Line>,
    /// Lane that it works in, when it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Which PAC.
    pub pac_id: PacId,
    /// The session of the dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
}

/// `message`: one agent tells others something, over a DATA_FLOW edge or a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Line>,
    /// The channel; without one, a DATA_FLOW edge must lead to each receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// SHA-256 of what was told.
    pub digest: Digest,
    /// Which PAC.
    pub pac_id: PacId,
    /// Who it is for.
    pub to: Vec<Gid>,
}

/// How work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Outcome {
    /// As it should.
    Pass,
    /// Not as it should.
    Fail,
}

/// A task with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// How it ended.
    pub result: Outcome,
    /// What was done.
    pub task: Line,
}

/// Something that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Where it is; inside the scope.
    pub path: ScopePath,
}

/// How bad a violation is that an agent reports of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReportedSeverity {
    /// To be known.
    Warning,
    /// The work cannot be accepted.
    Blocking,
    /// The work cannot be accepted.
    Critical,
}

/// A violation that an agent reports of its own execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportedViolation {
    /// Code of the rule.
    pub code: Line,
    /// What happened.
    pub message: Prose,
    /// How bad it is.
    pub severity: ReportedSeverity,
}

/// From 0.0 to 1.0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Score(#[schemars(range(min = 0.0, max = 1.0))] f64);

impl Score {
    /// The value.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(d)?;
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(serde::de::Error::custom(format!("expected a score from 0.0 to 1.0, got {value}")))
        }
    }
}

/// `submit_ber`: the report of one agent's execution. Needs the token, and spends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BerSubmission {
    /// Actions that were taken; inside the scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Line>,
    /// Who reports, when it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_gid: Option<Gid>,
    /// Its name, compared without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Line>,
    /// Id; derived from agent, PAC, time and entry when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ber_id: Option<BerId>,
    /// Evidence: logs, test reports, by digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Input>,
    /// What was taken as input: the PAC's own, outputs over DATA_FLOW edges, messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Lane that it worked in, when it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// What was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// Which PAC.
    pub pac_id: PacId,
    /// How well it went, 0.0 to 1.0.
    pub quality_score: Score,
    /// The session of the dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// How it ended.
    pub status: Outcome,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
    /// What happened, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Prose>,
    /// Tasks with their results: at least one.
    pub tasks: Vec<Task>,
    /// Violations that the agent knows of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<ReportedViolation>,
}

/// `accept_ber`: form, scope and evidence are right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BerAcceptance {
    /// Which BER.
    pub ber_id: BerId,
    /// Which PAC.
    pub pac_id: PacId,
    /// What is to be remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Prose>,
}

/// `reject_ber`: form, scope or evidence are not right. The Sub-PAC fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BerRejection {
    /// Which BER.
    pub ber_id: BerId,
    /// Which PAC.
    pub pac_id: PacId,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// `record_pdo`: the proof artifact of accepted work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PdoRecord {
    /// Whose, when it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_gid: Option<Gid>,
    /// Its name, compared without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Line>,
    /// The accepted BER; the Sub-PAC's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ber_id: Option<BerId>,
    /// Lane of the work, when it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Which PAC.
    pub pac_id: PacId,
    /// SHA-256 of the artifact, hex.
    pub pdo_hash: Hex32,
    /// Id; derived from agent, PAC, time and entry when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdo_id: Option<PdoId>,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
}

/// `fail`: the work cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    pub reason: Prose,
    /// Which Sub-PAC.
    pub sub_pac_id: SubPacId,
}
