//! Existing history brought into the ledger: each old entry with a verdict, nothing dropped.
//!
//! Not a migration: the old bytes are kept as they were, and judged, not translated. Invariant: what is recorded about an old entry can
//! be derived from its original bytes again, and verification does so. Source: DESIGN.md §6, DOMAIN.md §8 (`import_history`).

mod append;
mod blocks;
pub mod chainbridge;
mod check;
pub mod cloudevents;
mod format;
mod history;
mod prior;
mod report;
mod run;
mod source;

use crate::error::Result;
use crate::json;
use chainbridge::{Dialect, Verdict};
pub use format::Format;
pub use report::{Finding, Outcome, Row, Verdicts};
pub use run::{ImportOptions, import};
pub use source::Source;
use std::io::Write as _;

/// What is told while it goes on: what is being done, how far, out of how much. An error ends the import between two commits.
pub type Progress<'a> = dyn FnMut(&str, u64, u64) -> Result<()> + 'a;

/// What the bytes of one old entry yield.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether its hash is that of its content.
    pub verdict: Verdict,
    /// In which spelling, when intact and the format knows several.
    pub dialect: Option<Dialect>,
}

impl Format {
    /// Judges one old entry.
    #[must_use]
    pub fn judge(self, original: &str) -> Judgement {
        match self {
            Self::Chainbridge => {
                let (verdict, dialect) = chainbridge::verdict_of(original);
                Judgement { verdict, dialect }
            }
            Self::CloudEvents => {
                Judgement { verdict: cloudevents::verdict_of(original.as_bytes()), dialect: None }
            }
        }
    }
}

/// Verdict and dialect that the bytes of one old entry yield.
///
/// # Errors
/// `LG_101` for a format that is not known.
pub fn judge(format: &str, original: &str) -> Result<(&'static str, Option<&'static str>)> {
    let judgement = format.parse::<Format>()?.judge(original);
    Ok((judgement.verdict.as_str(), judgement.dialect.map(Dialect::as_str)))
}

/// The key of the entry that holds the old entry of this index.
fn key(index: u64) -> String {
    format!("entry-{index}")
}

/// Canonical JSON of the [`HistoryEntry`](crate::event::body::HistoryEntry) of an old entry.
fn body(format: Format, index: u64, original: &str, judgement: Judgement) -> Vec<u8> {
    let quotes = original.len().div_euclid(4);
    let mut out = Vec::with_capacity(original.len().saturating_add(quotes).saturating_add(120));
    out.push(b'{');
    if let Some(dialect) = judgement.dialect {
        let _ = write!(out, "\"dialect\":\"{dialect}\",");
    }
    // Writing to a vector does not fail; names of formats and verdicts need no escaping.
    let _ = write!(out, "\"format\":\"{format}\",\"index\":{index},\"original\":");
    json::write_string(&mut out, original);
    let _ = write!(out, ",\"verdict\":\"{}\"}}", judgement.verdict);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::body::HistoryEntry;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bodies_are_the_canonical_json_of_what_they_say(original in ".{0,80}", index in 0..1_u64 << 53, events: bool) {
            let format = if events { Format::CloudEvents } else { Format::Chainbridge };
            let judgement = format.judge(&original);
            for dialect in [None, Some(Dialect::Spaced)] {
                let entry = HistoryEntry {
                    dialect: dialect.map(|d| d.as_str().to_owned()),
                    format: format.as_str().to_owned(),
                    index,
                    original: original.clone(),
                    verdict: judgement.verdict.as_str().to_owned(),
                };
                let expected = json::canonicalize(&serde_json::to_vec(&entry).unwrap()).unwrap();
                prop_assert_eq!(body(format, index, &original, Judgement { dialect, ..judgement }), expected);
            }
        }
    }
}
