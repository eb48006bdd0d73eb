//! What is known of the reviews of a PAC: who reads, every challenge with how it ended, every verdict.
//!
//! Not here: who may take which step (`review`). Invariant: a challenge that has ended stays as it ended. Source: DOMAIN.md §6.

use crate::codes::Code;
use crate::event::body::closing::{QuestionType, Verdict};
use crate::event::body::{Digest, Violation};
use crate::names::fold;
use crate::rules::Monotonic;
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a challenge ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", tag = "outcome")]
pub enum Ending {
    /// It waits for its answer.
    Outstanding,
    /// Answered rightly and in time.
    Passed {
        /// Milliseconds that it took.
        latency_ms: u64,
    },
    /// Used up by a wrong, early, late or unreadable answer.
    Failed {
        /// Code of the refusal.
        code: String,
    },
    /// Given up: another one was drawn.
    Abandoned,
    /// The O-PDO that it was about is VOID.
    Void,
}

/// A challenge with all that is known of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Challenge {
    /// Random.
    #[serde(serialize_with = "in_hex")]
    #[schemars(with = "String")]
    pub id: [u8; 32],
    /// Whose.
    pub reviewer: String,
    /// The O-PDO that it is about.
    pub opdo_id: String,
    /// Entry that commits to it.
    pub sequence: u64,
    /// Types of its questions.
    pub question_types: Vec<QuestionType>,
    /// How it ended.
    #[serde(flatten)]
    pub ending: Ending,
    #[serde(skip)]
    pub(super) monotonic: Monotonic,
    #[serde(skip)]
    pub(super) passed_at: Option<Timestamp>,
    /// Whether a verdict rests on it already.
    #[serde(skip)]
    pub(super) judged: bool,
}

fn in_hex<S: serde::Serializer>(id: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&hex::encode(id))
}

/// A verdict that was given.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Review {
    /// By whom.
    pub reviewer: String,
    /// Of which O-PDO.
    pub opdo_id: String,
    /// Its root.
    pub merkle_root: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What is to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
    /// The `BER-HUMAN-...` of an approving one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ber_id: Option<String>,
    /// Digest of the verdict's data.
    pub digest: Digest,
    /// Its entry.
    pub sequence: u64,
    /// How long the answer took.
    pub latency_ms: u64,
    #[serde(skip)]
    pub(super) time: Timestamp,
}

/// All reviews of a PAC.
#[derive(Clone, Debug, Default)]
pub struct Reviews {
    /// Who has opened the packet of the present O-PDO, and in which entry.
    pub open: BTreeMap<String, u64>,
    /// Every challenge that was drawn.
    pub challenges: Vec<Challenge>,
    /// Every verdict.
    pub given: Vec<Review>,
    /// Failed challenges by reviewer, since the last unlocking.
    pub failures: BTreeMap<String, u32>,
}

impl Reviews {
    /// The last challenge of a reviewer about the present O-PDO.
    pub(super) fn last(&self, reviewer: &str) -> Option<&Challenge> {
        self.challenges.iter().rev().find(|c| c.reviewer == reviewer)
    }

    pub(super) fn last_mut(&mut self, reviewer: &str) -> Option<&mut Challenge> {
        self.challenges.iter_mut().rev().find(|c| c.reviewer == reviewer)
    }

    pub(super) fn outstanding(&self, reviewer: &str) -> Option<&Challenge> {
        self.last(reviewer).filter(|c| c.ending == Ending::Outstanding)
    }

    /// Failed challenges of a reviewer, one that is given up by drawing another not included.
    #[must_use]
    pub fn failures_of(&self, reviewer: &str) -> u32 {
        self.failures.get(reviewer).copied().unwrap_or(0)
    }

    pub(super) fn fail(&mut self, reviewer: &str, ending: Ending) {
        if let Some(challenge) = self.last_mut(reviewer) {
            challenge.ending = ending;
            let failures = self.failures.entry(reviewer.to_owned()).or_default();
            *failures = failures.saturating_add(1);
        }
    }

    /// Whether a violation uses a challenge up.
    pub(super) fn is_changed_by(&self, code: Code, violation: &Violation) -> bool {
        uses_up(code, violation) && self.outstanding(violation.actor.as_str()).is_some()
    }

    pub(super) fn violated(&mut self, code: Code, violation: &Violation) {
        if self.is_changed_by(code, violation) {
            let ending = Ending::Failed { code: code.row().code.to_owned() };
            self.fail(violation.actor.as_str(), ending);
        }
    }

    /// The O-PDO is VOID: nothing that was begun about it goes on.
    pub(super) fn void(&mut self) {
        self.open.clear();
        for challenge in &mut self.challenges {
            if matches!(challenge.ending, Ending::Outstanding) {
                challenge.ending = Ending::Void;
            }
        }
    }

    /// The approval of this id.
    #[must_use]
    pub fn approval(&self, ber_id: &str) -> Option<&Review> {
        self.given.iter().find(|r| r.ber_id.as_deref().is_some_and(|id| fold(id) == fold(ber_id)))
    }
}

/// An answer that was wrong, unreadable, late or early.
fn uses_up(code: Code, violation: &Violation) -> bool {
    violation.kind == "answer_challenge"
        && matches!(
            code,
            Code::ReviewIncorrect | Code::ReviewUnreadable | Code::ReviewExpired | Code::ReviewTooEarly
        )
}
