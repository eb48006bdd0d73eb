//! The catalogue: every kind of intent and the event that it becomes, with its stream, version and least identification.
//!
//! Not here: who may do what (`rules`). Invariant: a row is never changed or removed, only added; an event type that is not in the
//! catalogue is kept, shown and verified, and stops only what would need to understand it. Source: DOMAIN.md §8.

pub mod body;

use crate::codes::Code;
use crate::entry::Auth;
use crate::error::{Error, Result};
use crate::names::{GrantId, PacId, Stream};
use body::access::{AccessRecord, AccessTokenIssue, AccessTokenRevocation};
use body::closing::{
    ChallengeAnswer, ChallengeDraw, ChallengeDrawn, ChallengePassed, Composition, FinalityRecord,
    Finalization, ProofRecord, ReviewOpening, ReviewUnlock, Sealing, VerdictGiven, Voiding, WrapBinding,
    WrapEmission,
};
use body::enrolment::{EnrolmentOffer, EnrolmentWithdrawal, KeyEnrolment};
use body::grant_token::{GrantTokenIssue, GrantTokenOrder, GrantTokenRevocation, GrantTokenUse};
use body::pac::{
    Abandonment, Activation, ChannelDeclaration, ExecutionRequest, GatewayOpening, GatewayResolution,
    GraphDeclaration, PacOrder, SubPacIssue,
};
use body::trust::{
    Anchor, Attestation, AuthorityDeclaration, AuthorityWithdrawal, Delegation, Establishment, Exercise,
    GrantResumption, GrantRevocation, Heartbeat, PostureChange, Tightening, Transfer,
};
use body::work::{
    BerAcceptance, BerRejection, BerSubmission, Dispatch, Failure, Message, PdoRecord, Reissue, Retry, Start,
    TokenIssue, TokenRevocation, TokenUse, Waiver,
};
use body::{
    AgentChange, AgentRegistration, AgentRetirement, Artifact, Body as _, ClockCorrection, Genesis,
    HistoryEntry, HumanRegistration, KeyRegistration, KeyRetirement, Note, Policy, Violation,
};

/// How the stream of an event is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamRule {
    /// Always this one.
    Fixed(&'static str),
    /// This one, or one below it that the caller names.
    Below(&'static str),
    /// One below this that the caller must name.
    Named(&'static str),
    /// That of the PAC that the body names.
    Pac,
    /// This one, or that of any PAC.
    FixedOrPac(&'static str),
    /// That of the grant tree that the body names.
    Tree,
    /// That of the PAC that the body names, else that of its grant tree.
    PacOrTree,
    /// One below this that is named like the actor.
    Actor(&'static str),
}

/// What streams of PACs are below.
const PACS: &str = "pac";
/// What streams of grant trees are below.
const TREES: &str = "trust";

/// The stream of a PAC.
///
/// # Errors
/// None that a PAC id allows.
pub fn pac_stream(pac_id: &PacId) -> Result<Stream> {
    Stream::new(format!("{PACS}/{pac_id}"))
}

/// The PAC whose stream this is.
#[must_use]
pub fn pac_of_stream(stream: &str) -> Option<&str> {
    stream.strip_prefix(PACS)?.strip_prefix('/').filter(|id| !id.contains('/'))
}

/// The stream of the grant tree with this root.
///
/// # Errors
/// None that a grant id allows.
pub fn tree_stream(root: &GrantId) -> Result<Stream> {
    Stream::new(format!("{TREES}/{root}"))
}

/// The root of the grant tree whose stream this is.
#[must_use]
pub fn tree_of_stream(stream: &str) -> Option<&str> {
    stream.strip_prefix(TREES)?.strip_prefix('/').filter(|id| !id.contains('/'))
}

impl StreamRule {
    /// Whether an event of this rule may stand in this stream.
    #[must_use]
    pub fn allows(self, stream: &str) -> bool {
        let below = |root: &str| stream.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        match self {
            Self::Fixed(root) => stream == root,
            Self::Below(root) => stream == root || below(root),
            Self::Named(root) | Self::Actor(root) => below(root),
            Self::Pac => pac_of_stream(stream).is_some(),
            Self::FixedOrPac(root) => stream == root || pac_of_stream(stream).is_some(),
            Self::Tree => tree_of_stream(stream).is_some(),
            Self::PacOrTree => pac_of_stream(stream).or_else(|| tree_of_stream(stream)).is_some(),
        }
    }

    /// The stream when the caller names none.
    #[must_use]
    pub const fn default_stream(self) -> Option<&'static str> {
        match self {
            Self::Fixed(root) | Self::Below(root) | Self::FixedOrPac(root) => Some(root),
            Self::Named(_) | Self::Pac | Self::Tree | Self::PacOrTree | Self::Actor(_) => None,
        }
    }
}

macro_rules! catalogue {
    ($( $variant:ident($body:ty) = $type:literal v $version:literal in $stream:expr, auth $auth:ident
        $(, kind $kind:literal $(alias $alias:literal)?)? $(, follows $follows:literal)? , $example:literal ;)*) => {
        /// What happened, with its body.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event { $( #[doc = concat!("`", $type, "`")] $variant($body), )* }

        /// An event type of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventKind { $( #[doc = concat!("`", $type, "`")] $variant, )* }

        impl EventKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The type of this name.
            #[must_use]
            pub fn of_type(event_type: &str) -> Option<Self> {
                match event_type { $( $type => Some(Self::$variant), )* _ => None }
            }

            /// The row of this type.
            #[must_use]
            pub const fn row(self) -> Row {
                #[allow(unused_mut, unused_assignments, reason = "not every event has an intent of its own")]
                match self { $( Self::$variant => {
                    let (mut kind, mut alias): (Option<&'static str>, Option<&'static str>) = (None, None);
                    let mut follows: Option<&'static str> = None;
                    $( kind = Some($kind); $( alias = Some($alias); )? )?
                    $( follows = Some($follows); )?
                    Row { event_type: $type, version: $version, stream: $stream, auth: Auth::$auth, kind, alias, follows, example: $example }
                } )* }
            }

            /// Reads the data of an event of this type.
            ///
            /// # Errors
            /// `LG_101` with the member that is not of its form.
            pub fn read(self, data: &[u8]) -> Result<Event> {
                match self { $( Self::$variant => body::read::<$body>(data).map(Event::$variant), )* }
            }

            /// JSON schema of the data of an event of this type.
            #[must_use]
            pub fn schema(self) -> schemars::Schema {
                match self { $( Self::$variant => schemars::schema_for!($body), )* }
            }
        }

        impl Event {
            /// Its type.
            #[must_use]
            pub const fn kind(&self) -> EventKind {
                match self { $( Self::$variant(_) => EventKind::$variant, )* }
            }

            /// The PAC that it is about, when it belongs to one.
            #[must_use]
            pub fn pac_id(&self) -> Option<&PacId> {
                match self { $( Self::$variant(body) => body.pac_id(), )* }
            }

            /// The root of the grant tree that it is about, when it belongs to one.
            #[must_use]
            pub fn tree_root(&self) -> Option<&GrantId> {
                match self { $( Self::$variant(body) => body.tree_root(), )* }
            }

            /// Canonical JSON of its data.
            ///
            /// # Errors
            /// `LG_101` when it is none that canonical JSON can hold.
            pub fn data(&self) -> Result<Vec<u8>> {
                let text = match self { $( Self::$variant(body) => serde_json::to_vec(body), )* };
                let text = text.map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))?;
                crate::json::canonicalize(&text).map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))
            }
        }
    };
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// CloudEvents type.
    pub event_type: &'static str,
    /// Version of the data's shape that this program writes.
    pub version: u16,
    /// Where it stands.
    pub stream: StreamRule,
    /// Least identification of the actor, whatever the policy says.
    pub auth: Auth,
    /// The intent that becomes it; `None` for events that only follow from others.
    pub kind: Option<&'static str>,
    /// Short name of the intent.
    pub alias: Option<&'static str>,
    /// What it follows from, for what the log itself adds to an intent's own event.
    pub follows: Option<&'static str>,
    /// Data that is of the right form.
    pub example: &'static str,
}

use StreamRule::{Actor, Below, Fixed, FixedOrPac, Named, Pac, PacOrTree, Tree};

catalogue! {
    LogCreated(Genesis) = "log.created" v 1 in Fixed("registry"), auth Signed,
        r#"{"admin":{"gid":"GID-H01","key":"<64 hex>"},"format":1,"log_key":"<64 hex>","nonce":"<64 hex>","orchestrator":{"gid":"GID-00","key":"<64 hex>","lanes":["ORCHESTRATION"],"name":"BENSON"},"origin":"ledger.example/acme","policy":{"require":{},"version":1},"profile":"default"}"#;
    AgentRegistered(AgentRegistration) = "agent.registered" v 1 in Fixed("registry"), auth Asserted, kind "register_agent",
        r#"{"gid":"GID-13","name":"NOVA","lanes":["EXECUTION"]}"#;
    AgentChanged(AgentChange) = "agent.changed" v 1 in Fixed("registry"), auth Asserted, kind "change_agent",
        r#"{"gid":"GID-13","lanes":["EXECUTION","STRATEGY"]}"#;
    AgentRetired(AgentRetirement) = "agent.retired" v 1 in Fixed("registry"), auth Asserted, kind "retire_agent",
        r#"{"gid":"GID-13","reason":"replaced by GID-14"}"#;
    HumanRegistered(HumanRegistration) = "human.registered" v 1 in Fixed("registry"), auth Signed, kind "register_human",
        r#"{"gid":"GID-H02","key":"<64 hex digits of an Ed25519 public key>","admin":false}"#;
    KeyRegistered(KeyRegistration) = "key.registered" v 1 in Fixed("registry"), auth Signed, kind "register_key",
        r#"{"gid":"GID-01","key":"<64 hex digits of an Ed25519 public key>"}"#;
    KeyRetired(KeyRetirement) = "key.retired" v 1 in Fixed("registry"), auth Signed, kind "retire_key",
        r#"{"gid":"GID-01","keyid":"<64 hex digits>","reason":"laptop lost"}"#;
    EnrolmentOffered(EnrolmentOffer) = "enrolment.offered" v 1 in Fixed("registry"), auth Signed, kind "offer_enrolment",
        r#"{"gid":"GID-H02","code_digest":"sha256:<64 hex digits>","expires_at":1766728800000,"label":"the browser at home"}"#;
    EnrolmentWithdrawn(EnrolmentWithdrawal) = "enrolment.withdrawn" v 1 in Fixed("registry"), auth Signed, kind "withdraw_enrolment",
        r#"{"code_digest":"sha256:<64 hex digits>","reason":"read by a stranger"}"#;
    EnrolmentUsed(KeyEnrolment) = "enrolment.used" v 1 in Fixed("registry"), auth Signed, kind "enrol_key",
        r#"{"gid":"GID-H02","key":"<64 hex digits of an Ed25519 public key>","code":"7K2M0QXARC4DTHV8N1WZ5SGJ3PE6"}"#;
    PolicyChanged(Policy) = "policy.changed" v 1 in Fixed("policy"), auth Signed, kind "set_policy",
        r#"{"version":2,"require":{"record_artifact":"signed"}}"#;
    AccessTokenIssued(AccessTokenIssue) = "access_token.issued" v 1 in Fixed("registry"), auth Signed, kind "issue_access_token",
        r#"{"expires_at":1766728800000,"gid":"GID-01","label":"the builder's machine","role":"appender","token_id":"<128 hex digits>"}"#;
    AccessTokenRevoked(AccessTokenRevocation) = "access_token.revoked" v 1 in Fixed("registry"), auth Signed, kind "revoke_access_token",
        r#"{"reason":"the machine was replaced","token_id":"<128 hex digits>"}"#;
    AccessRecorded(AccessRecord) = "access.recorded" v 1 in Fixed("access"), auth Asserted,
        r#"{"count":3,"gid":"GID-01","method":"GET","outcome":"read","route":"/v1/entries","token_id":"<128 hex digits>"}"#;
    ClockCorrected(ClockCorrection) = "clock.corrected" v 1 in Fixed("log"), auth Signed, kind "correct_clock",
        r#"{"reason":"the clock stood a year ahead until the battery was changed"}"#;
    NoteRecorded(Note) = "note.recorded" v 1 in Below("notes"), auth Asserted, kind "record_note" alias "note",
        r#"{"text":"deployment frozen until Monday"}"#;
    ArtifactRecorded(Artifact) = "artifact.recorded" v 1 in Below("artifacts"), auth Asserted, kind "record_artifact" alias "artifact",
        r#"{"name":"report.pdf","digest":"sha256:<64 hex digits>","size":48213}"#;
    HistoryImported(HistoryEntry) = "history.imported" v 1 in Named("import"), auth Asserted, kind "import_history",
        r#"{"format":"chainbridge","index":0,"original":"{\"sequence\":1}","verdict":"unhashed"}"#;
    ViolationRecorded(Violation) = "violation.recorded" v 1 in FixedOrPac("violations"), auth Asserted,
        r#"{"actor":"GID-01","code":"LG_125","count":1,"intent":"sha256:<64 hex digits>","kind":"register_human","message":"...","severity":"BLOCKING"}"#;
    PacIssued(PacOrder) = "pac.issued" v 1 in Pac, auth Asserted, kind "issue_pac" alias "pac",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","objective":"a faster search","lanes":["EXECUTION"],"mode":"EXECUTABLE","scope":{"paths":["src/search"]},"gateway_checks":{"governance":["FAIL_CLOSED"],"authority":"GID-00"}}"#;
    ExecutionRequested(ExecutionRequest) = "execution.requested" v 1 in Pac, auth Asserted, kind "request_execution" alias "request",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    GatewayOpened(GatewayOpening) = "gateway.opened" v 1 in Pac, auth Asserted, kind "open_gateway",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    GatewayResolved(GatewayResolution) = "gateway.resolved" v 1 in Pac, auth Asserted, kind "resolve_gateway",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","violations":[31],"reason":"the channel was declared"}"#;
    GraphDeclared(GraphDeclaration) = "graph.declared" v 1 in Pac, auth Asserted, kind "declare_graph" alias "graph",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","nodes":[{"node_id":"A1","agent_gid":"GID-01","lane":"EXECUTION"},{"node_id":"A2","agent_gid":"GID-02","lane":"EXECUTION"}],"edges":[{"from":"A1","to":"A2","type":"DATA_FLOW"}]}"#;
    ChannelDeclared(ChannelDeclaration) = "channel.declared" v 1 in Pac, auth Asserted, kind "declare_channel" alias "channel",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","channel_id":"design","members":["GID-01","GID-02"],"purpose":"the interface of the index"}"#;
    SubPacIssued(SubPacIssue) = "sub_pac.issued" v 1 in Pac, auth Asserted, kind "issue_sub_pac" alias "sub_pac",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","node_id":"A1","agent_gid":"GID-01","lane":"EXECUTION","scope":{"paths":["src/search/index"]},"tasks":["build the index"]}"#;
    AgentActivated(Activation) = "agent.activated" v 1 in Pac, auth Asserted, kind "activate",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","agent_gid":"GID-01","agent_name":"SONNY","activated_by":"GID-00"}"#;
    DispatchAuthorized(Dispatch) = "dispatch.authorized" v 1 in Pac, auth Asserted, kind "dispatch",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","session":"run-1"}"#;
    DispatchReissued(Reissue) = "dispatch.reissued" v 1 in Pac, auth Asserted, kind "reissue",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","session":"run-2","reason":"the agent lost it"}"#;
    TokenIssued(TokenIssue) = "token.issued" v 1 in Pac, auth Asserted, follows "dispatch and reissue",
        r#"{"expires_at":1766728800000,"pac_id":"PAC-ATLAS-P1-SEARCH-01","session":"run-1","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","token_id":"<128 hex digits>"}"#;
    TokenRevoked(TokenRevocation) = "token.revoked" v 1 in Pac, auth Asserted, kind "revoke_token",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","token_id":"<128 hex digits>","reason":"seen in a log file"}"#;
    SubPacRetried(Retry) = "sub_pac.retried" v 1 in Pac, auth Asserted, kind "retry",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1"}"#;
    SubPacWaived(Waiver) = "sub_pac.waived" v 1 in Pac, auth Signed, kind "waive",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","node_id":"A3","reason":"the other branch was enough"}"#;
    ExecutionStarted(Start) = "execution.started" v 1 in Pac, auth Asserted, kind "start",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","session":"run-1"}"#;
    MessageSent(Message) = "message.sent" v 1 in Pac, auth Asserted, kind "message",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","to":["GID-02"],"channel_id":"design","digest":"sha256:<64 hex digits>"}"#;
    BerSubmitted(BerSubmission) = "ber.submitted" v 1 in Pac, auth Asserted, kind "submit_ber" alias "ber",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","session":"run-1","status":"PASS","quality_score":0.95,"tasks":[{"task":"build the index","result":"PASS"}],"outputs":[{"path":"src/search/index/mod.rs","digest":"sha256:<64 hex digits>"}]}"#;
    TokenUsed(TokenUse) = "token.used" v 1 in Pac, auth Asserted, follows "start and submit_ber",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","token_ids":["<128 hex digits>"]}"#;
    BerAccepted(BerAcceptance) = "ber.accepted" v 1 in Pac, auth Asserted, kind "accept_ber",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","ber_id":"BER-SONNY-P1"}"#;
    BerRejected(BerRejection) = "ber.rejected" v 1 in Pac, auth Asserted, kind "reject_ber",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","ber_id":"BER-SONNY-P1","reason":"no test was run"}"#;
    PdoRecorded(PdoRecord) = "pdo.recorded" v 1 in Pac, auth Asserted, kind "record_pdo" alias "pdo",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","pdo_hash":"<64 hex digits>"}"#;
    SubPacFailed(Failure) = "sub_pac.failed" v 1 in Pac, auth Asserted, kind "fail",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","sub_pac_id":"Sub-PAC-ATLAS-P1-SEARCH-01-A1","reason":"the build machine is gone"}"#;
    OpdoComposed(Composition) = "opdo.composed" v 1 in Pac, auth Asserted, kind "compose_opdo" alias "opdo",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    OpdoSealed(Sealing) = "opdo.sealed" v 1 in Pac, auth Asserted, kind "seal",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    ProofRecorded(ProofRecord) = "proof.recorded" v 1 in Pac, auth Asserted, follows "seal",
        r#"{"leaf_hashes":["<64 hex digits>"],"merkle_root":"<64 hex digits>","nonce":"<32 hex digits>","opdo_id":"OPDO-BENSON-20261124090000-57","pac_id":"PAC-ATLAS-P1-SEARCH-01","profile":"rfc6962","tree_height":1}"#;
    OpdoVoided(Voiding) = "opdo.voided" v 1 in Pac, auth Asserted, kind "void_opdo",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","reason":"a report was wrong"}"#;
    ReviewOpened(ReviewOpening) = "review.opened" v 1 in Pac, auth Signed, kind "open_review",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    ReviewChallenged(ChallengeDraw) = "review.challenged" v 1 in Pac, auth Signed, kind "draw_challenge",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    ChallengeDrawnRecorded(ChallengeDrawn) = "challenge.drawn" v 1 in Pac, auth Asserted, follows "draw_challenge",
        r#"{"boot":"<hex>","challenge_id":"<64 hex digits>","monotonic_ms":81234567,"opdo_id":"OPDO-BENSON-20261124090000-57","packet":"sha256:<64 hex digits>","pac_id":"PAC-ATLAS-P1-SEARCH-01","question_types":["CONTENT_HASH_PREFIX"]}"#;
    ReviewAnswered(ChallengeAnswer) = "review.answered" v 1 in Pac, auth Signed, kind "answer_challenge",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","challenge_id":"<64 hex digits>","answers":["3f9a"]}"#;
    ChallengePassedRecorded(ChallengePassed) = "challenge.passed" v 1 in Pac, auth Asserted, follows "answer_challenge",
        r#"{"boot":"<hex>","challenge_id":"<64 hex digits>","latency_ms":41250,"monotonic_ms":81275817,"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    ReviewVerdict(VerdictGiven) = "review.verdict_given" v 1 in Pac, auth Signed, kind "give_verdict",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","opdo_id":"OPDO-BENSON-20261124090000-57","merkle_root":"<64 hex digits>","packet":"sha256:<64 hex digits>","challenge_id":"<64 hex digits>","latency_ms":41250,"question_types":["CONTENT_HASH_PREFIX"],"verdict":"APPROVE"}"#;
    ReviewUnlocked(ReviewUnlock) = "review.unlocked" v 1 in Pac, auth Signed, kind "unlock_review",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","reviewer":"GID-H02","reason":"the questions were misread"}"#;
    OpdoFinalized(Finalization) = "opdo.finalized" v 1 in Pac, auth Signed, kind "finalize",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","human_review_ber_id":"BER-HUMAN-ATLAS-P1-SEARCH-01-61"}"#;
    FinalityRecorded(FinalityRecord) = "finality.recorded" v 1 in Pac, auth Asserted, follows "finalize",
        r#"{"final_hash":"<64 hex digits>","human_review_ber_id":"BER-HUMAN-ATLAS-P1-SEARCH-01-61","opdo_id":"OPDO-BENSON-20261124090000-57","pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    WrapEmitted(WrapEmission) = "wrap.emitted" v 1 in Pac, auth Asserted, kind "emit_wrap" alias "wrap",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01"}"#;
    WrapBound(WrapBinding) = "wrap.bound" v 1 in Pac, auth Asserted, follows "emit_wrap",
        r#"{"child_pdo_count":2,"human_review_ber":"BER-HUMAN-ATLAS-P1-SEARCH-01-61","merkle_root":"<64 hex digits>","opdo_final_hash":"<64 hex digits>","opdo_id":"OPDO-BENSON-20261124090000-57","pac_id":"PAC-ATLAS-P1-SEARCH-01","waived":[],"wrap_id":"WRAP-BENSON-ATLAS-P1-SEARCH-01"}"#;
    PacAbandoned(Abandonment) = "pac.abandoned" v 1 in Pac, auth Asserted, kind "abandon",
        r#"{"pac_id":"PAC-ATLAS-P1-SEARCH-01","reason":"the product was withdrawn"}"#;
    AuthorityDeclared(AuthorityDeclaration) = "authority.declared" v 1 in Fixed("registry"), auth Signed, kind "declare_authority",
        r#"{"gid":"GID-H01","permissions":["create_agents","grant_capabilities","revoke_capabilities"],"purpose":"the finance department"}"#;
    AuthorityWithdrawn(AuthorityWithdrawal) = "authority.withdrawn" v 1 in Fixed("registry"), auth Signed, kind "withdraw_authority",
        r#"{"gid":"GID-H01","reason":"the department was closed"}"#;
    PostureChanged(PostureChange) = "posture.changed" v 1 in Fixed("registry"), auth Signed, kind "set_posture",
        r#"{"gid":"GID-01","posture":"supervised","reason":"its reports were wrong twice"}"#;
    TrustEstablished(Establishment) = "trust.established" v 1 in Tree, auth Signed, kind "establish",
        r#"{"agent_gid":"GID-01","capabilities":[{"capability":"read_*","constraints":{"read_only":true}},{"capability":"summarize","effect":"read"}],"constraints":{"budget_limit":100},"expires_at":1766728800000,"grant_id":"GRANT-ANALYST"}"#;
    CapabilityAttested(Attestation) = "capability.attested" v 1 in Tree, auth Signed, kind "attest",
        r#"{"capabilities":[{"capability":"publish"}],"root":"GRANT-ANALYST"}"#;
    GrantDelegated(Delegation) = "grant.delegated" v 1 in Tree, auth Signed, kind "delegate",
        r#"{"agent_gid":"GID-02","capabilities":["read_invoices"],"constraints":{"budget_limit":20,"resources":["invoices/**"]},"depth":1,"grant_id":"GRANT-READER","parent":"GRANT-ANALYST","root":"GRANT-ANALYST","task_id":"close the quarter"}"#;
    GrantTransferred(Transfer) = "grant.transferred" v 1 in Tree, auth Signed, kind "transfer_grant",
        r#"{"agent_gid":"GID-03","grant_id":"GRANT-READER","new_grant_id":"GRANT-READER-2","reason":"the end of the shift","root":"GRANT-ANALYST"}"#;
    GrantConstrained(Tightening) = "grant.constrained" v 1 in Tree, auth Signed, kind "constrain",
        r#"{"constraints":{"budget_limit":10},"grant_id":"GRANT-READER","reason":"half of the work is done","root":"GRANT-ANALYST"}"#;
    GrantRevoked(GrantRevocation) = "grant.revoked" v 1 in Tree, auth Signed, kind "revoke_grant",
        r#"{"grant_id":"GRANT-READER","mode":"immediate","reason":"the work is done","root":"GRANT-ANALYST"}"#;
    GrantResumed(GrantResumption) = "grant.resumed" v 1 in Tree, auth Signed, kind "resume_grant",
        r#"{"grant_id":"GRANT-READER","reason":"the incident is over","root":"GRANT-ANALYST"}"#;
    GrantExercised(Exercise) = "grant.exercised" v 1 in Tree, auth Token, kind "exercise",
        r#"{"action":"read_invoices","cost":0.25,"grant_id":"GRANT-READER","pac_id":"PAC-ATLAS-P1-SEARCH-01","resource":"invoices/2026/11.csv","root":"GRANT-ANALYST"}"#;
    GrantTokenAuthorized(GrantTokenOrder) = "grant_token.authorized" v 1 in Tree, auth Signed, kind "issue_grant_token",
        r#"{"expires_in":600,"grant_id":"GRANT-READER","root":"GRANT-ANALYST"}"#;
    GrantTokenIssued(GrantTokenIssue) = "grant_token.issued" v 1 in Tree, auth Signed, follows "issue_grant_token",
        r#"{"expires_at":1766728800000,"grant_id":"GRANT-READER","root":"GRANT-ANALYST","token_id":"<128 hex digits>"}"#;
    GrantTokenRevoked(GrantTokenRevocation) = "grant_token.revoked" v 1 in Tree, auth Signed, kind "revoke_grant_token",
        r#"{"grant_id":"GRANT-READER","reason":"seen in a log file","root":"GRANT-ANALYST","token_id":"<128 hex digits>"}"#;
    GrantTokenUsed(GrantTokenUse) = "grant_token.used" v 1 in Tree, auth Token, follows "exercise",
        r#"{"grant_id":"GRANT-READER","narrowings":[{"narrowing":{"constraints":{"budget_limit":1}},"token_id":"<128 hex digits>"}],"root":"GRANT-ANALYST","token_ids":["<128 hex digits>","<128 hex digits>"]}"#;
    AnchorRecorded(Anchor) = "anchor.recorded" v 1 in PacOrTree, auth Signed, kind "record_anchor" alias "anchor",
        r#"{"action":"read_invoices","agent_gid":"GID-02","anchor_id":"ANCHOR-1","exercise":41,"grant_id":"GRANT-READER","pac_id":"PAC-ATLAS-P1-SEARCH-01","result":"SUCCESS","root":"GRANT-ANALYST"}"#;
    HeartbeatReceived(Heartbeat) = "heartbeat.received" v 1 in Actor("heartbeat"), auth Asserted, kind "heartbeat",
        r#"{"status":"idle"}"#;
}

impl EventKind {
    /// Whether intents of this kind come with a token.
    #[must_use]
    pub const fn takes_token(self) -> bool {
        matches!(self, Self::ExecutionStarted | Self::BerSubmitted | Self::GrantExercised)
    }

    /// The event that an intent of this kind, or alias, becomes.
    ///
    /// # Errors
    /// `LG_102` with the kinds that there are.
    pub fn of_intent(kind: &str) -> Result<Self> {
        let found = Self::ALL.iter().copied().find(|k| {
            let row = k.row();
            row.kind == Some(kind) || row.alias == Some(kind)
        });
        found.ok_or_else(|| {
            let name = |row: Row| {
                row.kind.map(|kind| {
                    row.alias.map_or_else(|| kind.to_owned(), |alias| format!("{kind} ({alias})"))
                })
            };
            let kinds: Vec<String> = Self::ALL.iter().filter_map(|k| name(k.row())).collect();
            Error::new(
                Code::UnknownKind,
                format!("there is no kind {:?}", kind.chars().take(64).collect::<String>()),
            )
            .hint(format!("the kinds are {}", kinds.join(", ")))
        })
    }
}
