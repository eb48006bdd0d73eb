//! Genuine review: questions drawn from content, and what counts as an answer.
//!
//! Pure. Not here: who may review and when (`rules::pac`). Invariant: question and expected answer follow from content and challenge id alone,
//! so neither is stored, and anyone who has both can judge an answer again. Source: DOMAIN.md §6, seed 002 §9.1.

pub mod document;
mod question;
pub mod report;

pub use question::{Judgement, Question, draw, judge};

/// Least milliseconds from challenge to answer when the policy says nothing.
pub const MINIMUM_LATENCY_MS: u64 = 5_000;
/// Most milliseconds from challenge to answer.
pub const CHALLENGE_EXPIRY_MS: u64 = 300_000;
/// Most milliseconds from answer to verdict.
pub const VERDICT_EXPIRY_MS: i64 = 3_600_000;
/// Failed challenges that lock a reviewer out of a PAC.
pub const MAX_FAILURES: u32 = 3;
/// With fewer plausible answers, a second question is asked.
pub const PLAUSIBLE: u64 = 20;

/// What questions are drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The reports, one an agent.
    pub parts: Vec<Part>,
}

/// One agent's part of the content; members that it does not tell are `None` or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// What the part is called: a Sub-PAC, a BER; empty when there is only one.
    pub name: String,
    /// GID of the agent.
    pub agent_gid: Option<String>,
    /// Name of the agent.
    pub agent_name: Option<String>,
    /// Number of tasks.
    pub task_count: Option<u64>,
    /// The tasks themselves.
    pub tasks: Vec<String>,
    /// Number of files.
    pub file_count: Option<u64>,
    /// The files themselves.
    pub files: Vec<String>,
    /// Quality score.
    pub quality_score: Option<f64>,
    /// Paths of the scope.
    pub scope: Vec<String>,
    /// Hash of the content, hex.
    pub hash: Option<String>,
}
