//! One agent's part: its states, attempts, token, BER and PDO.
//!
//! Pure data and the table of transitions; what must hold for each is in `work`. Source: DOMAIN.md §4.

use crate::event::body::pac::Scope;
use crate::event::body::work::{BerSubmission, TokenId};
use crate::names::{Lane, Line};
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// How far a Sub-PAC is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubPacState {
    /// It may be dispatched when its predecessors are done.
    Issued,
    /// The agent has a token.
    Dispatched,
    /// The agent works.
    Executing,
    /// The BER waits for a verdict.
    BerPending,
    /// The BER is accepted; the PDO is due.
    PdoPending,
    /// Done.
    Complete,
    /// It failed; a retry opens a further attempt.
    Failed,
    /// Something that it depends on failed.
    Blocked,
    /// It is not needed.
    Waived,
}

impl SubPacState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Issued,
        Self::Dispatched,
        Self::Executing,
        Self::BerPending,
        Self::PdoPending,
        Self::Complete,
        Self::Failed,
        Self::Blocked,
        Self::Waived,
    ];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "ISSUED",
            Self::Dispatched => "DISPATCHED",
            Self::Executing => "EXECUTING",
            Self::BerPending => "BER_PENDING",
            Self::PdoPending => "PDO_PENDING",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
            Self::Blocked => "BLOCKED",
            Self::Waived => "WAIVED",
        }
    }

    /// The state after a step, if the step is one from here.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Issued, Step::Dispatch) => Some(Self::Dispatched),
            (Self::Dispatched | Self::Executing, Step::Reissue) => Some(self),
            (Self::Dispatched, Step::Start) => Some(Self::Executing),
            (Self::Executing, Step::Report) => Some(Self::BerPending),
            (Self::BerPending, Step::Accept) => Some(Self::PdoPending),
            (Self::PdoPending, Step::Record) => Some(Self::Complete),
            (Self::BerPending, Step::Reject)
            | (Self::Executing, Step::ReportFailure)
            | (
                Self::Issued
                | Self::Dispatched
                | Self::Executing
                | Self::BerPending
                | Self::PdoPending
                | Self::Blocked,
                Step::Fail,
            ) => Some(Self::Failed),
            (Self::Failed, Step::Retry) | (Self::Complete | Self::PdoPending, Step::Reopen) => {
                Some(Self::Issued)
            }
            (
                Self::Issued
                | Self::Dispatched
                | Self::Executing
                | Self::BerPending
                | Self::PdoPending
                | Self::Failed
                | Self::Blocked,
                Step::Waive,
            ) => Some(Self::Waived),
            _ => None,
        }
    }
}

/// What can happen to a Sub-PAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A token is given.
    Dispatch,
    /// A new token for the same attempt.
    Reissue,
    /// The agent begins.
    Start,
    /// A BER of status PASS.
    Report,
    /// A BER of status FAIL.
    ReportFailure,
    /// The BER is accepted.
    Accept,
    /// The BER is rejected.
    Reject,
    /// The PDO is filed.
    Record,
    /// It is given up.
    Fail,
    /// A further attempt.
    Retry,
    /// It is not needed.
    Waive,
    /// A rejecting review wants it done again.
    Reopen,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Dispatch,
        Self::Reissue,
        Self::Start,
        Self::Report,
        Self::ReportFailure,
        Self::Accept,
        Self::Reject,
        Self::Record,
        Self::Fail,
        Self::Retry,
        Self::Waive,
        Self::Reopen,
    ];
}

/// A token that was given, by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The session that it is bound to.
    pub session: String,
    /// When it expires.
    pub expires_at: i64,
    /// Revocation id of its authority block.
    pub token_id: TokenId,
    /// Whether a BER has spent it.
    pub spent: bool,
    /// Entry that gave it.
    pub sequence: u64,
}

/// A BER as it was filed.
#[derive(Clone, Debug, PartialEq)]
pub struct Ber {
    /// Id.
    pub id: String,
    /// What it says.
    pub report: BerSubmission,
    /// Its entry.
    pub sequence: u64,
    /// When.
    pub time: Timestamp,
    /// What was said of it.
    pub verdict: Option<BerVerdict>,
}

/// What was said of a BER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BerVerdict {
    /// Whether it was accepted.
    pub accepted: bool,
    /// The entry.
    pub sequence: u64,
    /// By whom.
    pub by: String,
    /// Why, or what is to be remembered.
    pub remarks: Option<String>,
}

/// A PDO as it was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdo {
    /// Id.
    pub id: String,
    /// SHA-256 of the artifact, hex.
    pub hash: String,
    /// Its entry.
    pub sequence: u64,
    /// When.
    pub time: Timestamp,
}

/// An attempt that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PastAttempt {
    /// Number, from 1.
    pub attempt: u32,
    /// Its BER, if it had one.
    pub ber_id: Option<String>,
    /// Its PDO, if it had one: superseded.
    pub pdo_id: Option<String>,
    /// Why it ended.
    pub reason: String,
}

/// One agent's part of a PAC.
#[derive(Clone, Debug)]
pub struct SubPac {
    /// Id.
    pub id: String,
    /// Who works.
    pub agent: String,
    /// Name of the agent when it was issued.
    pub agent_name: String,
    /// Lane of the work.
    pub lane: Lane,
    /// What may be done, and where: never more than the PAC's.
    pub scope: Scope,
    /// What is to be done.
    pub tasks: Vec<Line>,
    /// Number of the present attempt, from 1.
    pub attempt: u32,
    /// State, but for BLOCKED, which follows from the graph.
    pub state: SubPacState,
    /// The token of the present attempt.
    pub grant: Option<Grant>,
    /// The BER of the present attempt.
    pub ber: Option<Ber>,
    /// The PDO of the present attempt.
    pub pdo: Option<Pdo>,
    /// Why it failed.
    pub failure: Option<String>,
    /// Attempts before.
    pub past: Vec<PastAttempt>,
}

impl SubPac {
    /// Opens a further attempt, and keeps of the last one what is to be told.
    pub(super) fn begin_again(&mut self, reason: String) {
        self.past.push(PastAttempt {
            attempt: self.attempt,
            ber_id: self.ber.take().map(|b| b.id),
            pdo_id: self.pdo.take().map(|p| p.id),
            reason: self.failure.take().unwrap_or(reason),
        });
        self.attempt = self.attempt.saturating_add(1);
        self.grant = None;
        self.state = SubPacState::Issued;
    }

    /// Id of the accepted BER.
    #[must_use]
    pub fn accepted_ber(&self) -> Option<&Ber> {
        self.ber.as_ref().filter(|b| b.verdict.as_ref().is_some_and(|v| v.accepted))
    }
}
