//! When old entries say they were made.
//!
//! Not our own time. Invariant: compared as instants, so `Z` and `+00:00`, and fractions of different length, are no difference.

use jiff::Timestamp;

use crate::json::Value;

use super::finding::{Finding, FindingKind, excerpt};
use super::sequence;

/// An instant: date, time with up to nine fractional digits, and offset. Looser spellings of ISO 8601 pass too; without an offset it is none.
pub(super) fn read(value: &Value<'_>) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

pub(super) fn check(entries: &[Value<'_>], findings: &mut Vec<Finding>) {
    let mut previous: Option<(Timestamp, &Value<'_>)> = None;
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.as_object().is_some()) {
        let field = entry.get("timestamp");
        let fault = match (field, field.and_then(read), previous) {
            (Some(field), Some(instant), last) => {
                previous = Some((instant, field));
                last.filter(|&(last, _)| instant < last).map(|(_, last)| {
                    let message = format!(
                        "timestamp {} lies before {}, of the entry before",
                        excerpt(field),
                        excerpt(last)
                    );
                    (FindingKind::TimestampBackwards, message)
                })
            }
            (Some(field), None, _) => {
                let message = format!("timestamp is {}; an RFC 3339 instant is due", excerpt(field));
                Some((FindingKind::TimestampUnreadable, message))
            }
            (None, ..) => Some((FindingKind::TimestampUnreadable, "the entry has no timestamp".to_owned())),
        };
        findings.extend(fault.map(|(kind, message)| Finding {
            kind,
            index: Some(index),
            sequence: sequence::of(entry),
            message,
        }));
    }
}
