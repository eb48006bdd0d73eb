//! CloudEvents in JSON lines, this ledger's own `log --json` output included.
//!
//! Not a trust decision: an event of another ledger of this kind is checked against its own commitments, nothing more. Invariant: the
//! verdict depends on the event's bytes alone. Source: CloudEvents 1.0 JSON format, docs/format.md §12.

use super::chainbridge::Verdict;
use crate::codes::Code;
use crate::entry::{Leaf, commitment, event_json};
use crate::error::{Error, Result};
use crate::json::{self, Value};

/// Whether the value has what CloudEvents 1.0 requires.
#[must_use]
pub fn is_cloudevent(value: &Value<'_>) -> bool {
    let text = |name| value.get(name).and_then(Value::as_str).is_some_and(|t| !t.is_empty());
    value.get("specversion").and_then(Value::as_str) == Some("1.0")
        && text("id")
        && text("source")
        && text("type")
}

/// Checks one line before it is imported.
///
/// # Errors
/// `LG_100` when it is no strict JSON, `LG_101` when it is no CloudEvents 1.0 event.
pub fn check(line: &[u8]) -> Result<()> {
    let value = json::parse(line).map_err(|e| Error::new(Code::MalformedJson, e.describe(line)))?;
    if is_cloudevent(&value) {
        Ok(())
    } else {
        Err(Error::new(
            Code::InvalidIntent,
            "no CloudEvents 1.0 event: specversion \"1.0\", id, source and type are required",
        ))
    }
}

/// The `source` of an event.
#[must_use]
pub fn source(line: &[u8]) -> Option<String> {
    json::parse(line).ok()?.get("source")?.as_str().map(str::to_owned)
}

/// `intact`: an entry of a ledger of this kind whose parts are what it commits to (erased ones excepted); `altered`: one whose parts
/// are not; `malformed`: it carries a `datahash` but is no such entry; `unhashed`: any other event.
#[must_use]
pub fn verdict_of(original: &[u8]) -> Verdict {
    let Ok(value) = json::parse(original) else { return Verdict::Malformed };
    if value.get("datahash").is_none() {
        return Verdict::Unhashed;
    }
    let Ok(entry) = event_json::read(original) else { return Verdict::Malformed };
    let Ok(leaf) = Leaf::parse(&entry.leaf) else { return Verdict::Malformed };
    let data = entry.data.is_erased()
        || commitment::data_hash(&entry.data.salt, &entry.data.bytes) == leaf.data_hash;
    let private = match (&entry.private, leaf.private_hash) {
        (None, None) => true,
        (Some(p), Some(hash)) => p.is_erased() || commitment::private_hash(&p.salt, &p.bytes) == hash,
        _ => false,
    };
    if data && private { Verdict::Intact } else { Verdict::Altered }
}
