//! What goes from the reader of a log to those who check it, and on to the one who puts it in order.
//!
//! No checks here. Invariant: a batch holds whole records or lines, and its marks say in which order they and the frames around them
//! stand. Source: docs/format.md §10.

use super::fingerprint::Fingerprint;
use crate::codes::Code;
use crate::entry::Auth;
use crate::event::Event;
use crate::store::local::frame::{Position, SegmentHeader};
use crate::time::Timestamp;
use ledger_proofs::Hash;
use std::ops::Range;

/// Bytes that a batch has at most, unless one record is longer.
pub(super) const BATCH_BYTES: usize = 256 << 10;

/// Some consecutive entries, as bytes.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    /// Where each record or line stands.
    pub(super) spans: Vec<Range<usize>>,
    /// What stands before the span of this number, in order.
    pub(super) marks: Vec<(usize, Mark)>,
    /// Number of the first line, from 1; `None` for records.
    pub(super) first_line: Option<u64>,
    /// Bytes of the source up to the end of this batch.
    pub(super) read: u64,
}

/// A frame around entries, or damage.
pub(super) enum Mark {
    /// A segment begins.
    Segment { id: u32, header: Result<SegmentHeader, String> },
    /// The next records belong to this commit.
    Piece(Piece),
    /// Something here is not of its form; what can be read of it follows.
    Damage { at: Position, why: String },
    /// Entries may be missing here, for this reason.
    Lost { why: String, certain: bool },
}

/// The part of a commit that is in one batch.
pub(super) struct Piece {
    pub(super) commit: Commit,
    /// The part of its body.
    pub(super) bytes: Range<usize>,
    /// Records in it.
    pub(super) count: usize,
    pub(super) begins: bool,
    pub(super) ends: bool,
    /// CRC-32C of header and bytes where the commit begins; computed with the entries.
    pub(super) crc: u32,
}

/// What a commit's header says.
#[derive(Clone, Copy)]
pub(super) struct Commit {
    pub(super) at: Position,
    pub(super) first: u64,
    pub(super) count: u32,
    pub(super) body_len: u32,
    /// CRC-32C of the header without its checksum.
    pub(super) seed: u32,
    /// The checksum.
    pub(super) crc: u32,
}

/// A batch whose entries were checked, each for itself.
pub(super) struct Checked {
    /// Holds every leaf, and whatever else the batch held.
    pub(super) bytes: Vec<u8>,
    pub(super) entries: Vec<Outcome>,
    pub(super) marks: Vec<(usize, Mark)>,
    pub(super) read: u64,
    /// Sequence of the first entry, if the subtrees are of use.
    pub(super) first: u64,
    /// The perfect subtrees over all entries, from left to right, each with its level.
    pub(super) subtrees: Vec<(u8, Hash)>,
    /// Whether no entry changes the registry.
    pub(super) registry_stays: bool,
}

/// What became of a record or line.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are entries; a box each would cost more than the room"
)]
pub(super) enum Outcome {
    Entry(Facts),
    /// A line that is no event, with why.
    NoEvent(String),
    /// An empty line.
    Blank,
}

/// What one entry is, by its own bytes.
pub(super) struct Facts {
    /// The leaf, in the checked batch.
    pub(super) leaf: Range<usize>,
    pub(super) hash: Hash,
    /// BLAKE3 of the leaf.
    pub(super) chain: [u8; 32],
    /// `None` when the leaf is malformed.
    pub(super) members: Option<Members>,
    pub(super) meaning: Meaning,
    /// Whether the data is what the leaf commits to.
    pub(super) data_intact: bool,
    /// What is wrong with it by itself.
    pub(super) wrong: Vec<(Code, String)>,
}

/// What the order of entries is checked by.
pub(super) struct Members {
    pub(super) actor: Range<usize>,
    pub(super) subject: Range<usize>,
    pub(super) auth: Auth,
    pub(super) cause: Option<u64>,
    pub(super) key_id: Option<[u8; 32]>,
    pub(super) prev_hash: [u8; 32],
    pub(super) sequence: u64,
    pub(super) subject_sequence: u64,
    pub(super) time: Timestamp,
    /// Of the id.
    pub(super) id: Fingerprint,
    /// Of the subject.
    pub(super) stream: Fingerprint,
    pub(super) source: Range<usize>,
    pub(super) log_id: Option<Hash>,
}

/// What the data says.
pub(super) enum Meaning {
    Known(Box<Event>),
    /// A malformed leaf, or a type or version that this program does not know; with the format that a genesis entry names.
    Unknown {
        format: Option<u64>,
    },
    /// Not of the form of its type, with why; whether that type changes the registry; and the format that a genesis entry names.
    Unreadable {
        why: String,
        registry: bool,
        format: Option<u64>,
    },
}

impl Checked {
    /// Text at a place that was found in a valid leaf.
    pub(super) fn text(&self, span: &Range<usize>) -> &str {
        self.bytes.get(span.clone()).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    /// The stream of an entry, unless its leaf is malformed.
    pub(super) fn subject(&self, facts: &Facts) -> Option<&str> {
        facts.members.as_ref().map(|members| self.text(&members.subject))
    }

    /// The bytes of a leaf.
    pub(super) fn leaf(&self, facts: &Facts) -> &[u8] {
        self.bytes.get(facts.leaf.clone()).unwrap_or_default()
    }
}
