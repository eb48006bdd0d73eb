//! The numbers that old entries carry.
//!
//! Not our own sequence, which is a position. Invariant: a number is at fault once: used again, out of order, or missing.

use std::collections::BTreeMap;

use crate::json::Value;

use super::finding::{Finding, FindingKind, excerpt};

/// An entry's own number.
pub(super) fn of(entry: &Value<'_>) -> Option<u64> {
    entry.get("sequence")?.as_u64()
}

pub(super) fn check(entries: &[Value<'_>], findings: &mut Vec<Finding>) {
    // Number to the index at which it occurs first.
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.as_object().is_some()) {
        let mut report = |kind, sequence, message| {
            findings.push(Finding { kind, index: Some(index), sequence, message });
        };
        let Some(number) = of(entry) else {
            let shown = entry.get("sequence").map_or_else(|| "absent".to_owned(), excerpt);
            report(
                FindingKind::SequenceUnreadable,
                None,
                format!("sequence is {shown}; a whole number is due"),
            );
            continue;
        };
        if let Some(earlier) = seen.get(&number) {
            let message = format!("sequence {number} was used before, at index {earlier}");
            report(FindingKind::SequenceDuplicate, Some(number), message);
            continue;
        }
        if let Some((highest, earlier)) = seen.last_key_value().filter(|&(&highest, _)| highest > number) {
            let message = format!("sequence {number} comes after {highest}, at index {earlier}");
            report(FindingKind::SequenceDisordered, Some(number), message);
        }
        seen.insert(number, index);
    }
    check_gaps(&seen, findings);
}

/// A gap is looked for among all numbers, so that entries in the wrong order are not missing as well. Numbers begin at 1.
fn check_gaps(seen: &BTreeMap<u64, usize>, findings: &mut Vec<Finding>) {
    let mut due = 1_u64;
    for (&number, &index) in seen {
        if number > due {
            let last = number.saturating_sub(1);
            let message = if last == due {
                format!("no entry has sequence {due}")
            } else {
                format!("no entry has a sequence from {due} to {last}")
            };
            findings.push(Finding {
                kind: FindingKind::SequenceMissing,
                index: Some(index),
                sequence: Some(number),
                message,
            });
        }
        due = number.saturating_add(1);
    }
}
