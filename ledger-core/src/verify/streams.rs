//! That each stream counts without holes, that each id is used once, and who signed which entry.
//!
//! Not what the streams mean. Invariant: memory is some 70 bytes per entry at worst (every entry of a stream of its own), 20 otherwise.
//! Source: docs/format.md §§1, 2, 4.

use super::fingerprint::{Fingerprint, Table};
use std::collections::HashMap;

/// The next position of each stream.
#[derive(Default)]
pub(super) struct Streams {
    next: Table<u64>,
    /// Streams whose last position was not the expected one, with the one that would have followed the expected: whichever of the two
    /// comes next, it was one wrong label or one hole, and needs no second finding.
    doubtful: HashMap<Fingerprint, u64>,
    /// Entries that are known to be missing and have not yet explained a hole.
    missing: u64,
}

impl Streams {
    /// Entries of unknown streams are missing.
    pub(super) fn miss(&mut self, entries: u64) {
        self.missing = self.missing.saturating_add(entries);
    }

    /// Takes an entry's position in its stream; gives the one that was expected instead, if nothing explains the difference.
    pub(super) fn follow(&mut self, stream: Fingerprint, found: u64) -> Option<u64> {
        let expected = self.next.insert(stream, found.saturating_add(1)).unwrap_or(0);
        let other = if self.doubtful.is_empty() { None } else { self.doubtful.remove(&stream) };
        if found == expected || other == Some(found) {
            return None;
        }
        let hole = found.checked_sub(expected).filter(|hole| *hole <= self.missing);
        if let Some(hole) = hole {
            self.missing = self.missing.saturating_sub(hole);
            return None;
        }
        self.doubtful.insert(stream, expected.saturating_add(1));
        // It may be the stream that is wrong: then it will be missed in its own.
        self.miss(1);
        Some(expected)
    }
}

/// Ids that were used.
#[derive(Default)]
pub(super) struct Ids(Table<()>);

impl Ids {
    /// Whether this id was used before; it is from now on.
    pub(super) fn repeats(&mut self, id: Fingerprint) -> bool {
        self.0.insert(id, ()).is_some()
    }
}

/// Who signed each entry, for those that a later one names as its cause.
#[derive(Default)]
pub(super) struct Signers {
    numbers: HashMap<String, u32>,
    /// Signed entries, ascending, and the number of each one's signer.
    sequences: Vec<u64>,
    signers: Vec<u32>,
}

impl Signers {
    /// The entry, later than all before, is signed by this actor.
    pub(super) fn signed(&mut self, sequence: u64, actor: &str) {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = match self.numbers.get(actor) {
            Some(number) => *number,
            None => *self.numbers.entry(actor.to_owned()).or_insert(next),
        };
        self.sequences.push(sequence);
        self.signers.push(number);
    }

    /// Whether that entry is signed by this actor.
    pub(super) fn is_by(&self, sequence: u64, actor: &str) -> bool {
        let signer = self.sequences.binary_search(&sequence).ok().and_then(|index| self.signers.get(index));
        signer.is_some_and(|number| self.numbers.get(actor) == Some(number))
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.sequences.len() as u64
    }
}
