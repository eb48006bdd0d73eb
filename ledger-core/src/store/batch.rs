//! What is stored together: entries with their hashes, computed once, by whoever makes the entries and on whichever thread that is.
//!
//! Not checked here: whether they may stand anywhere (`check_batch`). Invariant: the hashes are those of the entries, because nothing
//! puts in the one without computing the other.

use crate::entry::Entry;
use ledger_proofs::Hash;

/// Both hashes of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashes {
    /// RFC 6962 hash: what the tree holds.
    pub leaf: Hash,
    /// BLAKE3: what the next entry's `prevhash` must be.
    pub chain: [u8; 32],
}

/// Entries that are appended as one commit or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    entries: Vec<Entry>,
    hashes: Vec<Hashes>,
}

impl Batch {
    /// Adds an entry; gives its hashes.
    pub fn push(&mut self, entry: Entry) -> Hashes {
        let hashes = Hashes { leaf: entry.leaf_hash(), chain: entry.chain_hash() };
        self.entries.push(entry);
        self.hashes.push(hashes);
        hashes
    }

    /// Takes the entries behind the first `len` away.
    pub fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
        self.hashes.truncate(len);
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries alone.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Each entry with its hashes.
    pub fn iter(&self) -> impl Iterator<Item = (&Entry, Hashes)> {
        self.entries.iter().zip(self.hashes.iter().copied())
    }

    /// Number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl FromIterator<Entry> for Batch {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut batch = Self::default();
        for entry in entries {
            batch.push(entry);
        }
        batch
    }
}
