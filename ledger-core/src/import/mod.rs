//! Existing history brought into the ledger: each old entry with a verdict, nothing dropped.
//!
//! Not a migration: the old bytes are kept as they were, and judged, not translated. Invariant: what is recorded about an old entry can
//! be derived from its original bytes again, and verification does so. Source: DESIGN.md §6, DOMAIN.md §8 (`import_history`).

pub mod chainbridge;
pub mod cloudevents;
pub mod pyjson;

use crate::codes::Code;
use crate::error::{Error, Result};

/// Verdict and dialect that the bytes of one old entry yield.
///
/// # Errors
/// `LG_101` for a format that is not known.
pub fn judge(format: &str, original: &str) -> Result<(&'static str, Option<&'static str>)> {
    match format {
        "chainbridge" => {
            let (verdict, dialect) = chainbridge::verdict_of(original);
            Ok((verdict.as_str(), dialect.map(chainbridge::Dialect::as_str)))
        }
        "cloudevents" => Ok((cloudevents::verdict_of(original.as_bytes()).as_str(), None)),
        _ => Err(Error::new(Code::InvalidIntent, "`format` is chainbridge or cloudevents")),
    }
}
