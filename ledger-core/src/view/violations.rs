//! Violations: which were recorded, which of them still block a gateway, and what resolved the others.
//!
//! Invariant: all open ones are kept, and of the others the last [`KEPT`]; what a row says beside that is read from its entry.
//! Source: DOMAIN.md §3.

use crate::codes::Code;
use crate::entry::{Auth, Entry};
use crate::error::Result;
use crate::event::body::{Violation, read};
use crate::event::pac_of_stream;
use crate::view::Slice;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Violations that are kept beside the open ones: the last so many.
pub const KEPT: usize = 10_000;

/// How a violation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its entry.
    pub sequence: u64,
    /// Whether it blocks the gateway of a PAC that has not ended.
    pub open: bool,
    /// Entry of the resolution.
    pub resolved_by: Option<u64>,
}

/// Entries of violations, with how they stand.
#[derive(Debug, Default)]
pub struct Violations {
    open: BTreeMap<u64, ()>,
    /// The others, with what resolved them.
    settled: BTreeMap<u64, Option<u64>>,
}

impl Violations {
    /// One was recorded; it blocks a gateway or not.
    pub fn record(&mut self, sequence: u64, open: bool) {
        if open {
            self.open.insert(sequence, ());
        } else {
            self.settle(sequence, None);
        }
    }

    /// One blocks no more: it was resolved, or its PAC has ended.
    pub fn close(&mut self, sequence: u64, resolved_by: Option<u64>) {
        if self.open.remove(&sequence).is_some() {
            self.settle(sequence, resolved_by);
        }
    }

    fn settle(&mut self, sequence: u64, resolved_by: Option<u64>) {
        self.settled.insert(sequence, resolved_by);
        while self.settled.len() > KEPT {
            self.settled.pop_first();
        }
    }

    /// Number of open ones.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// A page of them, of the open ones or of the others only when that is said, and where the following page begins.
    #[must_use]
    pub fn page(&self, slice: Slice, open: Option<bool>) -> (Vec<Standing>, Option<u64>) {
        // Of each kind as many as the page may need, and one more for what follows.
        let enough = Slice { limit: slice.limit.saturating_add(1), ..slice };
        let opened = self.open.range(slice.range()).filter(|_| open != Some(false));
        let opened =
            opened.map(|(sequence, ())| Standing { sequence: *sequence, open: true, resolved_by: None });
        let settled = self.settled.range(slice.range()).filter(|_| open != Some(true));
        let settled =
            settled.map(|(sequence, by)| Standing { sequence: *sequence, open: false, resolved_by: *by });
        let mut found = enough.cut(opened, |v| v.sequence).0;
        found.extend(enough.cut(settled, |v| v.sequence).0);
        found.sort_by_key(|v| v.sequence);
        slice.cut(found.into_iter(), |v| v.sequence)
    }
}

/// A violation in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ViolationRow {
    /// Its entry; what `resolve_gateway` names.
    pub sequence: u64,
    /// When, RFC 3339 with milliseconds.
    pub time: String,
    /// Code of the rule.
    pub code: String,
    /// Name of the rule; absent for a code that is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// WARNING, BLOCKING or CRITICAL.
    pub severity: String,
    /// Who tried, as they said.
    pub actor: String,
    /// How that is known; absent where it was not enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// Kind of the refused intent.
    pub kind: String,
    /// What was wrong.
    pub message: String,
    /// Where it is recorded.
    pub stream: String,
    /// The PAC in whose stream it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pac_id: Option<String>,
    /// Whether it blocks the gateway of a PAC that has not ended.
    pub open: bool,
    /// Entry of the resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<u64>,
}

impl ViolationRow {
    /// Of its entry, and how it stands.
    ///
    /// # Errors
    /// `LG_300`, `LG_101` when the entry is no record of a violation.
    pub fn of(entry: &Entry, standing: Standing) -> Result<Self> {
        let leaf = entry.parse()?;
        let violation: Violation = read(&entry.data.bytes)?;
        Ok(Self {
            sequence: standing.sequence,
            time: leaf.time.to_string(),
            name: Code::find(&violation.code).map(|code| code.row().name),
            code: violation.code,
            severity: violation.severity,
            actor: violation.actor.as_str().to_owned(),
            auth: violation.auth,
            kind: violation.kind,
            message: violation.message,
            stream: leaf.subject.to_owned(),
            pac_id: pac_of_stream(leaf.subject).map(str::to_owned),
            open: standing.open,
            resolved_by: standing.resolved_by,
        })
    }
}
