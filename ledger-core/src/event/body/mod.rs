//! The data of each event, typed and strictly parsed.
//!
//! Not judged here: a body that parses may still break a rule. Invariant: an unknown member is refused, so that nothing is recorded
//! that no rule has read. Source: DOMAIN.md §§2, 8; docs/format.md §7.

use crate::codes::Code;
use crate::entry::Auth;
use crate::error::{Error, Result};
use crate::names::{Gid, GrantId, Lane, Origin, PacId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub mod access;
pub mod closing;
pub mod enrolment;
pub mod grant_token;
pub mod pac;
pub mod trust;
pub mod work;

/// Reads canonical JSON into a body.
///
/// # Errors
/// `LG_101` with what is not of its form.
pub fn read<T: serde::de::DeserializeOwned>(data: &[u8]) -> Result<T> {
    serde_json::from_slice(data).map_err(|e| {
        // Canonical JSON has one line; the place within it helps nobody.
        let text = e.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Error::new(Code::InvalidIntent, message)
    })
}

/// What every body has.
pub trait Body {
    /// The PAC that it is about, when it belongs to one: its stream follows from it.
    fn pac_id(&self) -> Option<&PacId> {
        None
    }

    /// The root grant of the tree that it is about, when it belongs to one and to no PAC: its stream follows from it.
    fn tree_root(&self) -> Option<&GrantId> {
        None
    }
}

macro_rules! bodies {
    ($($body:ty),* $(,)?) => { $( impl Body for $body {} )* };
}

macro_rules! bodies_of_pac {
    ($($body:ty),* $(,)?) => { $( impl Body for $body {
        fn pac_id(&self) -> Option<&PacId> {
            Some(&self.pac_id)
        }
    } )* };
}

macro_rules! bodies_of_tree {
    ($($body:ty),* $(,)?) => { $( impl Body for $body {
        fn tree_root(&self) -> Option<&GrantId> {
            Some(&self.root)
        }
    } )* };
}

impl Body for trust::Establishment {
    fn tree_root(&self) -> Option<&GrantId> {
        Some(&self.grant_id)
    }
}

impl Body for trust::Anchor {
    fn pac_id(&self) -> Option<&PacId> {
        self.pac_id.as_ref()
    }

    fn tree_root(&self) -> Option<&GrantId> {
        self.pac_id.is_none().then_some(&self.root)
    }
}

bodies!(
    Genesis,
    AgentRegistration,
    AgentChange,
    AgentRetirement,
    HumanRegistration,
    KeyRegistration,
    KeyRetirement,
    Policy,
    ClockCorrection,
    Note,
    Artifact,
    HistoryEntry,
    Violation,
    access::AccessTokenIssue,
    access::AccessTokenRevocation,
    access::AccessRecord,
    enrolment::EnrolmentOffer,
    enrolment::EnrolmentWithdrawal,
    enrolment::KeyEnrolment,
    trust::AuthorityDeclaration,
    trust::AuthorityWithdrawal,
    trust::PostureChange,
    trust::Heartbeat,
);
bodies_of_tree!(
    trust::Attestation,
    trust::Delegation,
    trust::Transfer,
    trust::Tightening,
    trust::GrantRevocation,
    trust::GrantResumption,
    trust::Exercise,
    grant_token::GrantTokenOrder,
    grant_token::GrantTokenIssue,
    grant_token::GrantTokenUse,
    grant_token::GrantTokenRevocation,
);
bodies_of_pac!(
    pac::PacOrder,
    pac::ExecutionRequest,
    pac::GatewayOpening,
    pac::GatewayResolution,
    pac::GraphDeclaration,
    pac::ChannelDeclaration,
    pac::SubPacIssue,
    pac::Activation,
    pac::Abandonment,
    work::Dispatch,
    work::Reissue,
    work::TokenIssue,
    work::TokenUse,
    work::TokenRevocation,
    work::Retry,
    work::Waiver,
    work::Start,
    work::Message,
    work::BerSubmission,
    work::BerAcceptance,
    work::BerRejection,
    work::PdoRecord,
    work::Failure,
    closing::Composition,
    closing::Sealing,
    closing::Voiding,
    closing::Finalization,
    closing::WrapEmission,
    closing::ProofRecord,
    closing::FinalityRecord,
    closing::WrapBinding,
    closing::ReviewOpening,
    closing::ChallengeDraw,
    closing::ChallengeDrawn,
    closing::ChallengeAnswer,
    closing::ChallengePassed,
    closing::VerdictGiven,
    closing::ReviewUnlock,
);

/// 64 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex32(pub [u8; 32]);

impl Serialize for Hex32 {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(self.0))
    }
}

impl JsonSchema for Hex32 {
    fn schema_name() -> Cow<'static, str> {
        "Hex32".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl<'de> Deserialize<'de> for Hex32 {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        crate::key::decode_hex(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected 64 lower-case hex digits"))
    }
}

/// `sha256:` and 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self::from_hash(sha2::Sha256::digest(bytes).into())
    }

    /// A digest that was computed elsewhere.
    #[must_use]
    pub fn from_hash(hash: [u8; 32]) -> Self {
        Self(format!("sha256:{}", hex::encode(hash)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" })
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let digits = text.strip_prefix("sha256:").and_then(crate::key::decode_hex::<32>);
        if digits.is_some() {
            Ok(Self(text))
        } else {
            Err(serde::de::Error::custom("expected sha256: and 64 lower-case hex digits"))
        }
    }
}

/// Entry 0: what this log is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The first human, who is admin.
    pub admin: KeyHolder,
    /// Version of the format.
    pub format: u32,
    /// Key that signs checkpoints.
    pub log_key: Hex32,
    /// 32 random bytes.
    pub nonce: Hex32,
    /// Who coordinates.
    pub orchestrator: Orchestrator,
    /// Name of the log.
    pub origin: Origin,
    /// The policy at first.
    pub policy: Policy,
    /// Name of the registry profile that the following entries record.
    pub profile: String,
}

/// A GID and its public key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyHolder {
    /// Who.
    pub gid: Gid,
    /// Ed25519 public key.
    pub key: Hex32,
}

/// The orchestrator, as genesis binds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Orchestrator {
    /// Who.
    pub gid: Gid,
    /// Ed25519 public key.
    pub key: Hex32,
    /// Lanes; ORCHESTRATION among them.
    pub lanes: Vec<Lane>,
    /// Name.
    pub name: String,
}

/// Identification that kinds of intents need, beyond what each needs always; and the limits that rules keep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether every reading of evidence over the network is recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub audit_reads: bool,
    /// Whether every refusal by authorisation over the network is recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub audit_refusals: bool,
    /// Seconds that a dispatch token is good for, 1 to 604,800; 3,600 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch_seconds: Option<u32>,
    /// Whether a human, not the orchestrator, accepts and rejects BERs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub human_accepts_bers: bool,
    /// Kind of intent to the least identification.
    pub require: BTreeMap<String, Auth>,
    /// Milliseconds that a reviewer reads at least before an answer counts, 5,000 to 300,000; 5,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_latency_ms: Option<u64>,
    /// Rises by one with each change.
    pub version: u32,
}

/// What kind of actor works without being human.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkerKind {
    /// Does work in lanes.
    #[default]
    Agent,
    /// Requests and records, does no lane's work.
    Service,
}

/// A new agent or service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentRegistration {
    /// New GID.
    pub gid: Gid,
    /// Public key that signs for it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Hex32>,
    /// Agent or service.
    #[serde(default, skip_serializing_if = "is_agent")]
    pub kind: WorkerKind,
    /// Lanes that it may work in.
    pub lanes: Vec<Lane>,
    /// Name; not unique.
    pub name: String,
    /// The lane that it mostly works in; informs, authorises nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_lane: Option<Lane>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_agent(kind: &WorkerKind) -> bool {
    *kind == WorkerKind::Agent
}

/// A changed agent or service: members that are absent stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentChange {
    /// Which.
    pub gid: Gid,
    /// New lanes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes: Option<Vec<Lane>>,
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// New primary lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_lane: Option<Lane>,
}

/// An agent or service that acts no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentRetirement {
    /// Which.
    pub gid: Gid,
    /// Why.
    pub reason: String,
}

/// A new human; the name belongs in the private part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HumanRegistration {
    /// Whether they may register humans and keys and set policies.
    #[serde(default)]
    pub admin: bool,
    /// New GID.
    pub gid: Gid,
    /// Public key that signs for them.
    pub key: Hex32,
}

/// A further key of an actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRegistration {
    /// Whose.
    pub gid: Gid,
    /// The public key.
    pub key: Hex32,
}

/// A key that signs no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRetirement {
    /// Whose.
    pub gid: Gid,
    /// SHA-256 of the public key.
    pub keyid: Hex32,
    /// Why.
    pub reason: String,
}

/// The clock was wrong, and is right now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockCorrection {
    /// Why.
    pub reason: String,
}

/// Something worth recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// What it is about: an id, a path, a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The note; no names or contacts, which belong in the private part.
    pub text: String,
}

/// A file that exists elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What it is called.
    pub name: String,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// One entry of another history, as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    /// How its hash was made, when it is intact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// `chainbridge` or `cloudevents`.
    pub format: String,
    /// Position in the file, from 0.
    pub index: u64,
    /// The old entry's exact bytes.
    pub original: String,
    /// `intact`, `unhashed`, `altered` or `malformed`.
    pub verdict: String,
}

/// An attempt to break a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// Who tried, as they said.
    pub actor: Gid,
    /// How that is known, where it was enough for this kind of intent; only then can it block a gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// The rule's code.
    pub code: String,
    /// How many identical attempts this entry stands for.
    pub count: u64,
    /// Digest of the refused intent's kind, stream and data.
    pub intent: Digest,
    /// Kind of the refused intent.
    pub kind: String,
    /// What was wrong.
    pub message: String,
    /// How bad it is.
    pub severity: String,
}
