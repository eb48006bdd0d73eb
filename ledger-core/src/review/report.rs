//! What all reviews of a log look like: latencies, failures, verdicts, separation of duties, and a rubber-stamp indicator.
//!
//! Pure; fed with the entries in their order and the state after each. Not a judgement: the indicator counts signs that anyone can check
//! again in the log, and proves nothing about a person. Source: DOMAIN.md §6, seed 002 §9.1 ("Rubber-stamp review").

use super::MINIMUM_LATENCY_MS;
use crate::entry::Leaf;
use crate::event::Event;
use crate::event::body::closing::{QuestionType, Verdict};
use crate::rules::Registry;
use crate::rules::pac::Pac;
use crate::rules::pac::review::Ending;
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Least verdicts that a reviewer must have given before anything is said of them.
pub const ENOUGH: u64 = 5;
/// Percent of approvals from which "always approves" holds.
pub const APPROVALS_PERCENT: u64 = 95;
/// Median latency, in percent of the least that is allowed, up to which "answers at once" holds.
pub const LATENCY_PERCENT: u64 = 200;
/// Median bytes of packet for each second of reading from which "reads too fast" holds: some ten times what people read.
pub const BYTES_PER_SECOND: u64 = 300;

/// Intents whose refusals are counted.
const KINDS: [&str; 4] = ["open_review", "draw_challenge", "answer_challenge", "give_verdict"];

/// Least, middle and most of some numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spread {
    /// Least.
    pub min: u64,
    /// The middle one; of two, the lower.
    pub median: u64,
    /// Most.
    pub max: u64,
}

impl Spread {
    /// Of these numbers, if there are any.
    #[must_use]
    pub fn of(numbers: &[u64]) -> Option<Self> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        let median = *sorted.get(sorted.len().saturating_sub(1) / 2)?;
        Some(Self { min: *sorted.first()?, median, max: *sorted.last()? })
    }
}

/// How many verdicts of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verdicts {
    /// Plain approvals.
    pub approve: u64,
    /// Approvals with remarks.
    pub approve_with_remarks: u64,
    /// Rejections.
    pub reject: u64,
}

impl Verdicts {
    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.approve.saturating_add(self.approve_with_remarks).saturating_add(self.reject)
    }
}

/// Everything of one reviewer about one PAC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// Who.
    pub reviewer: String,
    /// About which PAC.
    pub pac_id: String,
    /// Who ordered it.
    pub requester: String,
    /// Who coordinated it.
    pub orchestrator: String,
    /// Who filed its BERs.
    pub ber_signers: BTreeSet<String>,
    /// Whether the reviewer is none of these.
    pub separated: bool,
    /// How often the packet was opened.
    pub opened: u64,
    /// Challenges that were drawn.
    pub challenges: u64,
    /// Of these, answered rightly and in time.
    pub passed: u64,
    /// Of these, failed, by code.
    pub failed: BTreeMap<String, u64>,
    /// Of these, given up by drawing another.
    pub abandoned: u64,
    /// Of these, without an outcome: still outstanding, or void with their O-PDO.
    pub unfinished: u64,
    /// Questions that were asked, by type.
    pub question_types: BTreeMap<String, u64>,
    /// Milliseconds from question to right answer.
    pub latency_ms: Option<Spread>,
    /// Milliseconds from opening the packet to drawing a question.
    pub reading_ms: Option<Spread>,
    /// Bytes of the packets, for each second of reading.
    pub bytes_per_second: Option<Spread>,
    /// Refused steps of the review, by code.
    pub refusals: BTreeMap<String, u64>,
    /// How often an admin unlocked the reviewer.
    pub unlocked: u64,
    /// Verdicts.
    pub verdicts: Verdicts,
    #[serde(skip)]
    latencies: Vec<u64>,
    #[serde(skip)]
    readings: Vec<u64>,
    #[serde(skip)]
    speeds: Vec<u64>,
    #[serde(skip)]
    opened_at: Option<Timestamp>,
}

/// A sign of stamping unread, with what it was measured by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sign {
    /// Its name.
    pub sign: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// What was measured; `None` without measurements.
    pub value: Option<u64>,
    /// What it is compared with.
    pub threshold: u64,
    /// How.
    pub unit: &'static str,
}

/// How many signs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Indicator {
    /// Fewer than [`ENOUGH`] verdicts.
    TooFew,
    /// At most one sign.
    Low,
    /// Two signs.
    Raised,
    /// Three or four.
    High,
}

impl Indicator {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooFew => "TOO_FEW",
            Self::Low => "LOW",
            Self::Raised => "RAISED",
            Self::High => "HIGH",
        }
    }
}

/// Everything of one reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reviewer {
    /// Who.
    pub reviewer: String,
    /// PACs that they reviewed.
    pub pacs: u64,
    /// Verdicts.
    pub verdicts: Verdicts,
    /// Milliseconds from question to right answer.
    pub latency_ms: Option<Spread>,
    /// The signs.
    pub signs: Vec<Sign>,
    /// How many hold, in a word.
    pub indicator: Indicator,
}

/// All reviews.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// By reviewer.
    pub reviewers: Vec<Reviewer>,
    /// By reviewer and PAC.
    pub reviews: Vec<Row>,
    /// What the indicator is, in words.
    pub about: String,
}

/// What the indicator is, in words.
#[must_use]
pub fn about(least_ms: u64) -> String {
    format!(
        "The indicator counts four signs of a reviewer with at least {ENOUGH} verdicts: {APPROVALS_PERCENT} % or more approve; the median \
         answer came within {} ms ({LATENCY_PERCENT} % of the least allowed); the median reading speed was {BYTES_PER_SECOND} or more bytes \
         of packet a second; no verdict ever had remarks. One sign or none is LOW, two are RAISED, three or four HIGH. It is a reason to \
         look, and no proof: short packets are read fast, and good work is approved.",
        near(least_ms)
    )
}

const fn near(least_ms: u64) -> u64 {
    least_ms.saturating_mul(LATENCY_PERCENT) / 100
}

/// Collects while the log is read.
#[derive(Debug, Default)]
pub struct Collector {
    rows: BTreeMap<(String, String), Row>,
    signers: BTreeMap<String, BTreeSet<String>>,
}

impl Collector {
    /// Takes an entry of a PAC's stream, with the PAC after it.
    pub fn take(&mut self, leaf: &Leaf<'_>, event: &Event, pac: &Pac) {
        let id = pac.id.as_str();
        match event {
            Event::BerSubmitted(_) => {
                self.signers.entry(id.to_owned()).or_default().insert(leaf.actor.to_owned());
            }
            Event::ReviewOpened(_) => {
                let row = self.row(leaf.actor, id);
                row.opened = row.opened.saturating_add(1);
                row.opened_at = Some(leaf.time);
            }
            Event::ChallengeDrawnRecorded(_) => {
                let bytes = pac.packet().map_or(0, |p| u64::try_from(p.len()).unwrap_or(u64::MAX));
                let row = self.row(leaf.actor, id);
                let Some(since) = row.opened_at else { return };
                let read = leaf.time.millis().saturating_sub(since.millis());
                let read = u64::try_from(read).unwrap_or(0);
                row.readings.push(read);
                row.speeds.push(bytes.saturating_mul(1000).checked_div(read.max(1)).unwrap_or(0));
            }
            Event::ReviewUnlocked(e) => {
                let row = self.row(e.reviewer.as_str(), id);
                row.unlocked = row.unlocked.saturating_add(1);
            }
            Event::ViolationRecorded(e) if KINDS.contains(&e.kind.as_str()) => {
                let row = self.row(e.actor.as_str(), id);
                let refused = row.refusals.entry(e.code.clone()).or_default();
                *refused = refused.saturating_add(e.count);
            }
            _ => {}
        }
    }

    fn row(&mut self, reviewer: &str, pac: &str) -> &mut Row {
        self.rows.entry((reviewer.to_owned(), pac.to_owned())).or_insert_with(|| Row {
            reviewer: reviewer.to_owned(),
            pac_id: pac.to_owned(),
            ..Row::default()
        })
    }

    /// Takes what a PAC knows of its reviews: once, when it is closed or the log ends.
    pub fn settle(&mut self, pac: &Pac, registry: &Registry) {
        let id = pac.id.as_str();
        for challenge in &pac.reviews.challenges {
            let row = self.row(&challenge.reviewer, id);
            row.challenges = row.challenges.saturating_add(1);
            for question_type in &challenge.question_types {
                count(&mut row.question_types, &word(*question_type));
            }
            match &challenge.ending {
                Ending::Passed { latency_ms } => {
                    row.passed = row.passed.saturating_add(1);
                    row.latencies.push(*latency_ms);
                }
                Ending::Failed { code } => count(&mut row.failed, code),
                Ending::Abandoned => row.abandoned = row.abandoned.saturating_add(1),
                Ending::Outstanding | Ending::Void => row.unfinished = row.unfinished.saturating_add(1),
            }
        }
        for review in &pac.reviews.given {
            let verdicts = &mut self.row(&review.reviewer, id).verdicts;
            let number = match review.verdict {
                Verdict::Approve => &mut verdicts.approve,
                Verdict::ApproveWithRemarks => &mut verdicts.approve_with_remarks,
                Verdict::Reject => &mut verdicts.reject,
            };
            *number = number.saturating_add(1);
        }
        let signers = self.signers.remove(id).unwrap_or_default();
        for row in self.rows.values_mut().filter(|r| r.pac_id == id) {
            pac.requester.clone_into(&mut row.requester);
            registry.orchestrator().clone_into(&mut row.orchestrator);
            row.ber_signers.clone_from(&signers);
            let took_part = [&row.requester, &row.orchestrator].contains(&&row.reviewer)
                || row.ber_signers.contains(&row.reviewer);
            row.separated = !took_part;
        }
    }

    /// The report, of these PACs and reviewers only when they are named.
    #[must_use]
    pub fn finish(self, pac: Option<&str>, reviewer: Option<&str>, registry: &Registry) -> Report {
        let wanted =
            |row: &Row| pac.is_none_or(|p| p == row.pac_id) && reviewer.is_none_or(|r| r == row.reviewer);
        let mut reviews: Vec<Row> = self.rows.into_values().filter(wanted).collect();
        for row in &mut reviews {
            row.latency_ms = Spread::of(&row.latencies);
            row.reading_ms = Spread::of(&row.readings);
            row.bytes_per_second = Spread::of(&row.speeds);
        }
        let least = registry.policy().review_latency_ms.unwrap_or(MINIMUM_LATENCY_MS);
        let names: BTreeSet<&str> = reviews.iter().map(|r| r.reviewer.as_str()).collect();
        let of = |name: &&str| {
            reviewer_of(name, &reviews.iter().filter(|r| r.reviewer == **name).collect::<Vec<_>>(), least)
        };
        let reviewers = names.iter().map(of).collect();
        Report { reviewers, reviews, about: about(least) }
    }
}

fn count(map: &mut BTreeMap<String, u64>, name: &str) {
    let number = map.entry(name.to_owned()).or_default();
    *number = number.saturating_add(1);
}

fn word(question_type: QuestionType) -> String {
    serde_json::to_value(question_type).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn reviewer_of(name: &str, rows: &[&Row], least_ms: u64) -> Reviewer {
    let sum = |member: fn(&Verdicts) -> u64| {
        rows.iter().map(|r| member(&r.verdicts)).fold(0_u64, u64::saturating_add)
    };
    let verdicts = Verdicts {
        approve: sum(|v| v.approve),
        approve_with_remarks: sum(|v| v.approve_with_remarks),
        reject: sum(|v| v.reject),
    };
    let all = |member: fn(&Row) -> &Vec<u64>| -> Vec<u64> {
        rows.iter().flat_map(|r| member(r).iter().copied()).collect()
    };
    let latency_ms = Spread::of(&all(|r| &r.latencies));
    let approvals = verdicts.approve.saturating_add(verdicts.approve_with_remarks);
    let percent = approvals.saturating_mul(100).checked_div(verdicts.all());
    let with_remarks = verdicts.approve_with_remarks.saturating_add(verdicts.reject);
    let speed = Spread::of(&all(|r| &r.speeds)).map(|s| s.median);
    let remarks = Some(with_remarks).filter(|_| verdicts.all() > 0);
    let signs = vec![
        at_least("always_approves", percent, APPROVALS_PERCENT, "percent of verdicts, at least"),
        at_most("answers_at_once", latency_ms.map(|l| l.median), near(least_ms), "ms, at most"),
        at_least("reads_too_fast", speed, BYTES_PER_SECOND, "bytes a second, at least"),
        at_most("never_remarks", remarks, 0, "verdicts with remarks, at most"),
    ];
    let indicator = match signs.iter().filter(|s| s.holds).count() {
        _ if verdicts.all() < ENOUGH => Indicator::TooFew,
        0 | 1 => Indicator::Low,
        2 => Indicator::Raised,
        _ => Indicator::High,
    };
    let pacs = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Reviewer { reviewer: name.to_owned(), pacs, verdicts, latency_ms, signs, indicator }
}

fn at_least(sign: &'static str, value: Option<u64>, threshold: u64, unit: &'static str) -> Sign {
    Sign { sign, holds: value.is_some_and(|v| v >= threshold), value, threshold, unit }
}

fn at_most(sign: &'static str, value: Option<u64>, threshold: u64, unit: &'static str) -> Sign {
    Sign { sign, holds: value.is_some_and(|v| v <= threshold), value, threshold, unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reviewer whose answers took so long, who read so fast, and who gave these verdicts.
    fn reviewer(approve: u64, approve_with_remarks: u64, reject: u64, latency: u64, speed: u64) -> Reviewer {
        let verdicts = Verdicts { approve, approve_with_remarks, reject };
        let row =
            Row { verdicts, latencies: vec![1, latency, 90_000], speeds: vec![speed], ..Row::default() };
        reviewer_of("GID-H02", &[&row], 5_000)
    }

    #[test]
    fn the_indicator_counts_signs_at_their_very_thresholds() {
        let holding = |r: &Reviewer| r.signs.iter().filter(|s| s.holds).map(|s| s.sign).collect::<Vec<_>>();
        for (found, signs, indicator) in [
            (reviewer(4, 0, 0, 5_000, 900), 4, Indicator::TooFew),
            (reviewer(5, 0, 0, 10_000, 300), 4, Indicator::High),
            (reviewer(5, 0, 0, 10_001, 300), 3, Indicator::High),
            (reviewer(5, 0, 0, 10_001, 299), 2, Indicator::Raised),
            (reviewer(18, 1, 1, 10_000, 299), 2, Indicator::Raised),
            (reviewer(18, 0, 2, 10_000, 299), 1, Indicator::Low),
            (reviewer(3, 1, 1, 60_000, 20), 0, Indicator::Low),
        ] {
            assert_eq!((holding(&found).len(), found.indicator), (signs, indicator), "{found:?}");
        }
        // Who approves everything, but says something each time, does not stamp.
        assert_eq!(holding(&reviewer(0, 9, 0, 60_000, 20)), ["always_approves"]);
    }
}
