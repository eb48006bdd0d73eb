//! CloudEvents in JSON lines, this ledger's own `log --json` output included.
//!
//! Not a trust decision: an event of another ledger of this kind is checked against its own commitments, nothing more. Invariant: the
//! verdict depends on the event's bytes alone. Source: CloudEvents 1.0 JSON format, docs/format.md §12.

use super::chainbridge::{Verdict, describe_difference};
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

/// Checks one line before it is imported, and judges it.
///
/// # Errors
/// `LG_100` when it is no strict JSON, `LG_101` when it is no CloudEvents 1.0 event.
pub fn examine(line: &[u8]) -> Result<Verdict> {
    let value = json::parse(line).map_err(|e| {
        let column = e.position(line).column;
        Error::new(Code::MalformedJson, format!("{}, at column {column}", e.kind))
    })?;
    if is_cloudevent(&value) {
        return Ok(judge(line, &value));
    }
    let what = match (value.as_object(), value.get("specversion")) {
        (None, _) => format!("no event but a JSON {}", value.kind_name()),
        (_, Some(version)) if version.as_str().is_some_and(|v| v != "1.0") => {
            "an event of another version of CloudEvents than 1.0".to_owned()
        }
        _ => "no CloudEvents 1.0 event: `specversion` \"1.0\", `id`, `source` and `type` are required"
            .to_owned(),
    };
    Err(Error::new(Code::InvalidIntent, what))
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
    json::parse(original).map_or(Verdict::Malformed, |value| judge(original, &value))
}

fn judge(original: &[u8], value: &Value<'_>) -> Verdict {
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

/// The first difference in content between two events; white space, the order of members and the spelling of numbers and strings are
/// none.
#[must_use]
pub fn difference(earlier: &str, later: &str) -> Option<String> {
    if earlier == later {
        return None;
    }
    match (json::canonicalize(earlier.as_bytes()), json::canonicalize(later.as_bytes())) {
        (Ok(before), Ok(after)) if before == after => None,
        _ => describe_difference(earlier, later),
    }
}
