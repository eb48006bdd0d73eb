//! What an analysis finds: data for a report.
//!
//! Not an error, and not the verdict on one entry's hash (`verdict`). Invariant: a code is never renamed.

use crate::json::Value;
use crate::json::pyjson::{Separators, dumps};

/// Something between entries, or between the file's head and its entries, that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The entry's position in the file, from 0; none for what the head declares.
    pub index: Option<usize>,
    /// The entry's own number, when readable.
    pub sequence: Option<u64>,
    /// One sentence with the values at hand; pure ASCII, so nothing in a hostile file reaches a terminal raw.
    pub message: String,
}

/// The kinds of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// The entry is not a JSON object.
    NotAnObject,
    /// `sequence` is absent or not a plain integer from 0 on.
    SequenceUnreadable,
    /// The number was used by an earlier entry.
    SequenceDuplicate,
    /// The number is new but lower than one before it.
    SequenceDisordered,
    /// Numbers below this entry's occur nowhere in the file.
    SequenceMissing,
    /// The link does not name the hash of the entry before.
    LinkBroken,
    /// A hashed entry names no entry before it although that one has a hash.
    LinkMissing,
    /// An entry without a hash behind entries that have one.
    HashMissing,
    /// `timestamp` is absent or no RFC 3339 instant.
    TimestampUnreadable,
    /// Dated before the entry in front of it.
    TimestampBackwards,
    /// `sequence_state` says otherwise than the entries.
    StateMismatch,
}

impl FindingKind {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "NOT_AN_OBJECT",
            Self::SequenceUnreadable => "SEQUENCE_UNREADABLE",
            Self::SequenceDuplicate => "SEQUENCE_DUPLICATE",
            Self::SequenceDisordered => "SEQUENCE_DISORDERED",
            Self::SequenceMissing => "SEQUENCE_MISSING",
            Self::LinkBroken => "LINK_BROKEN",
            Self::LinkMissing => "LINK_MISSING",
            Self::HashMissing => "HASH_MISSING",
            Self::TimestampUnreadable => "TIMESTAMP_UNREADABLE",
            Self::TimestampBackwards => "TIMESTAMP_BACKWARDS",
            Self::StateMismatch => "STATE_MISMATCH",
        }
    }
}

/// Longest excerpt, in bytes: a hash in quotes fits.
const EXCERPT: usize = 80;

/// A value for a message: as ASCII JSON, cut when long.
pub(super) fn excerpt(value: &Value<'_>) -> String {
    let mut text = dumps(value, Separators::Spaced)
        .unwrap_or_else(|error| value.as_number().map_or_else(|| error.to_string(), str::to_owned));
    if text.len() > EXCERPT {
        text.truncate(EXCERPT);
        text.push_str("...");
    }
    text
}
