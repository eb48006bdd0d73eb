//! What verification found, as data.
//!
//! Not an error: a forged log gives a report, not a failure. Invariant: which findings are kept does not depend on the order in which
//! they were made, so a report is the same for any number of threads. Source: DESIGN.md §6.

use super::pacs::Completeness;
use crate::codes::Code;
use serde::{Serialize, Serializer};

/// Most findings that a report holds; the rest are counted.
pub const MAX_FINDINGS: usize = 10_000;

/// One thing that is wrong, or (`LG_314`) that this program cannot judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which row of the table; written as `LG_302`.
    #[serde(serialize_with = "code_text")]
    pub code: Code,
    /// The entry that it is about, by its position in the log; `None` when it is about the log or its files.
    pub sequence: Option<u64>,
    /// The entry's stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// What was found, with the values at hand.
    pub message: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn code_text<S: Serializer>(code: &Code, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(code)
}

impl Finding {
    /// A finding about the log or its files.
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, sequence: None, stream: None, message: message.into() }
    }

    /// The same, about this entry.
    pub(super) fn at(mut self, sequence: u64) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// The same, about an entry of this stream.
    pub(super) fn stream(mut self, stream: Option<&str>) -> Self {
        self.stream = stream.map(str::to_owned);
        self
    }

    /// Whether it speaks against the log; `LG_314` only says that this program is too old.
    #[must_use]
    pub fn is_against(&self) -> bool {
        self.code != Code::FindUnknown
    }

    /// By entry, those without one last; then by code.
    fn rank(&self) -> (u64, Code, Option<&str>, &str) {
        (self.sequence.unwrap_or(u64::MAX), self.code, self.stream.as_deref(), &self.message)
    }
}

/// The outcome of a verification; as JSON what `ledger verify --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing speaks against the log. Entries that are not understood (`LG_314`) are listed and leave this true: their bytes,
    /// chain, tree and signatures were verified.
    pub ok: bool,
    /// Whether the PAC that was asked about is whole: `Some(None)` when the log has none of that id.
    #[serde(skip)]
    pub whole: Option<Option<bool>>,
    /// What is open in the PACs of the log. Not a finding: work that goes on is no fault.
    pub pacs: Completeness,
    /// Entries up to the last that was found, missing ones included.
    pub size: u64,
    /// RFC 6962 root of them in hex; `None` when some were missing.
    pub root: Option<String>,
    /// BLAKE3 of the last leaf in hex; zeros for an empty log, `None` when the last entry was not readable.
    pub head: Option<String>,
    /// The log's name, as its genesis entry says.
    pub origin: Option<String>,
    /// RFC 6962 leaf hash of the genesis entry in hex.
    pub logid: Option<String>,
    /// Verifier key of the log's checkpoints, as its genesis entry says: to be compared with one known from elsewhere.
    pub vkey: Option<String>,
    /// Entries that carry a signature.
    pub signed_entries: u64,
    /// Checkpoints whose signature holds and whose root is the root of the entries.
    pub checkpoints: u64,
    /// By entry, those about the whole log last; at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub findings_omitted: u64,
}

/// Collects findings, in any order, and keeps the first of them in the order of the report.
#[derive(Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    omitted: u64,
    against: bool,
}

impl Findings {
    /// Takes one finding.
    pub(super) fn push(&mut self, finding: Finding) {
        self.against |= finding.is_against();
        self.kept.push(finding);
        if self.kept.len() >= MAX_FINDINGS.saturating_mul(2) {
            self.trim();
        }
    }

    fn trim(&mut self) {
        self.kept.sort_by(|a, b| a.rank().cmp(&b.rank()));
        let more = self.kept.len().saturating_sub(MAX_FINDINGS);
        self.omitted = self.omitted.saturating_add(more as u64);
        self.kept.truncate(MAX_FINDINGS);
    }

    /// Whether nothing speaks against the log, what was found, and how much more.
    pub(super) fn finish(mut self) -> (bool, Vec<Finding>, u64) {
        self.trim();
        (!self.against, self.kept, self.omitted)
    }
}
