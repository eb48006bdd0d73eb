//! What the head of an old file declares of its entries, in `sequence_state`.
//!
//! The head is hashed by nothing: a mismatch shows that entries were added or taken outside the file's own process, a match proves
//! nothing. Invariant: one finding per field that is wrong; a field that is absent declares nothing.

use crate::json::Value;

use super::finding::{Finding, FindingKind, excerpt};
use super::{sequence, timestamp};

pub(super) fn check(state: Option<&Value<'_>>, entries: &[Value<'_>], findings: &mut Vec<Finding>) {
    let Some(state) = state.filter(|state| !state.is_null()) else { return };
    let mut report = |message| {
        findings.push(Finding { kind: FindingKind::StateMismatch, index: None, sequence: None, message });
    };
    if state.as_object().is_none() {
        report(format!("sequence_state is no object but: {}", excerpt(state)));
        return;
    }
    let mut mismatch = |field: &str, declared: &Value<'_>, actual: &str| {
        report(format!("sequence_state.{field} is {}; by the entries it is {actual}", excerpt(declared)));
    };

    let next = entries.iter().filter_map(sequence::of).max().map_or(1, |highest| highest.saturating_add(1));
    let total = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    for (field, actual) in [("next_sequence", next), ("total_entries", total)] {
        if let Some(declared) = state.get(field).filter(|declared| declared.as_u64() != Some(actual)) {
            mismatch(field, declared, &actual.to_string());
        }
    }

    let last = entries.last();
    let mut compare_last = |field: &str, source: &str, agree: fn(&Value<'_>, &Value<'_>) -> bool| {
        let Some(declared) = state.get(field) else { return };
        match last.and_then(|entry| entry.get(source)).filter(|actual| !actual.is_null()) {
            None if declared.is_null() => {}
            None => mismatch(field, declared, "none"),
            Some(actual) if agree(declared, actual) => {}
            Some(actual) => mismatch(field, declared, &excerpt(actual)),
        }
    };
    compare_last("last_entry_timestamp", "timestamp", same_instant);
    compare_last("last_entry_hash", "entry_hash", same_text);
}

fn same_text(declared: &Value<'_>, actual: &Value<'_>) -> bool {
    declared.as_str().is_some_and(|declared| actual.as_str() == Some(declared))
}

fn same_instant(declared: &Value<'_>, actual: &Value<'_>) -> bool {
    same_text(declared, actual)
        || timestamp::read(declared).is_some_and(|instant| timestamp::read(actual) == Some(instant))
}
