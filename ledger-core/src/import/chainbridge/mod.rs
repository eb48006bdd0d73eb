//! Analysis of a historical ChainBridge governance ledger: one JSON file with a list of entries, most of them hash-chained.
//!
//! Writes nothing and repairs nothing: every entry keeps its exact source bytes and gets a [`Verdict`]; what does not fit between entries
//! is a [`Finding`]. Invariant: every entry of the file is in the result, in order, whatever is wrong with it.
//!
//! The form, as the files show it: an object with `ledger_metadata`, `sequence_state`, `agent_sequences` and `entries`. An entry has
//! `sequence` (from 1), `timestamp` (RFC 3339), and, from the tenth on, `entry_hash` and `prev_hash` (later `prior_hash`), the
//! `entry_hash` of the entry before. A hash is SHA-256 in lower-case hex of the entry without `entry_hash`, as `pyjson` writes it.
//!
//! `agent_sequences` is not checked. It counts `pac_count`, `wrap_count` and `correction_count` per agent, but the source does not say of
//! which entries, and no reading fits: in the first file GID-05 issued 15 PACs and GID-08 ten by their entries, and the counters say 2 and
//! 0. A finding there would accuse the history of what only our guess got wrong.

mod chain;
mod declared;
mod difference;
mod finding;
mod sequence;
mod timestamp;
mod verdict;

#[cfg(test)]
mod tests;

use thiserror::Error;

use crate::json::{JsonError, Value, parse};

pub use difference::{describe_difference, same_entry};
pub use finding::{Finding, FindingKind};
pub use verdict::{Dialect, Verdict, verdict_of};

/// What a file holds and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis<'a> {
    /// Every entry, in file order.
    pub entries: Vec<OldEntry<'a>>,
    /// What does not fit, ordered by index; what concerns the file as a whole comes last.
    pub findings: Vec<Finding>,
}

/// One entry of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldEntry<'a> {
    /// Position in the file, from 0.
    pub index: usize,
    /// Its own number, when that is a plain integer from 0 on.
    pub sequence: Option<u64>,
    /// Its exact source text, inner white space included.
    pub original: &'a str,
    /// Whether its hash is that of its content.
    pub verdict: Verdict,
    /// In which spelling, when intact.
    pub dialect: Option<Dialect>,
}

/// A file that cannot be analysed at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnalysisError {
    /// Not one strict JSON text.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON, but without a list of entries.
    #[error("not a ChainBridge ledger: no array named `entries` at the top")]
    NoEntries,
}

/// Whether a JSON value looks like such a ledger: a list of `entries`, beside a head of its own or each with a number or a hash.
#[must_use]
pub fn is_chainbridge(file: &Value<'_>) -> bool {
    let Some(entries) = file.get("entries").and_then(Value::as_array) else { return false };
    let is_object = |value: Option<&Value<'_>>| value.is_some_and(|value| value.as_object().is_some());
    let has_head = ["ledger_metadata", "sequence_state"].iter().any(|&key| is_object(file.get(key)));
    let is_entry = |entry: &Value<'_>| ["sequence", "entry_hash"].iter().any(|&key| entry.get(key).is_some());
    has_head || (!entries.is_empty() && entries.iter().all(is_entry))
}

/// Judges every entry by itself and against its neighbours, and what the file declares against its entries.
///
/// # Errors
/// [`AnalysisError`] when there are no entries to judge. Nothing inside an entry is an error.
pub fn analyze(input: &[u8]) -> Result<Analysis<'_>, AnalysisError> {
    let file = parse(input)?;
    let values = file.get("entries").and_then(Value::as_array).ok_or(AnalysisError::NoEntries)?;
    let entries = values.iter().enumerate().map(|(index, value)| {
        let (verdict, dialect) = verdict::judge(value);
        // The parser has found the input to be UTF-8.
        let original = str::from_utf8(value.source(input)).unwrap_or_default();
        OldEntry { index, sequence: sequence::of(value), original, verdict, dialect }
    });
    let entries = entries.collect();

    let mut findings = Vec::new();
    for (index, value) in values.iter().enumerate().filter(|(_, value)| value.as_object().is_none()) {
        let message = format!("the entry is no object but: {}", finding::excerpt(value));
        findings.push(Finding {
            kind: FindingKind::NotAnObject,
            index: Some(index),
            sequence: None,
            message,
        });
    }
    sequence::check(values, &mut findings);
    chain::check(values, &mut findings);
    timestamp::check(values, &mut findings);
    declared::check(file.get("sequence_state"), values, &mut findings);
    // Stable: at one index the order above stays.
    findings.sort_by_key(|finding| finding.index.unwrap_or(usize::MAX));
    Ok(Analysis { entries, findings })
}
