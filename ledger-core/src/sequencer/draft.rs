//! The batch that is being made: entries that would be appended, and the state of the log as if they had been.
//!
//! Nothing is stored here. Invariant: `undo` to a mark leaves no trace of what came after it. Source: DESIGN.md §5.

use crate::entry::Entry;
use crate::error::Result;
use crate::rules::Registry;
use crate::store::{Batch, Head, Store};
use crate::time::Timestamp;
use ledger_proofs::Hash;
use std::collections::HashMap;
use std::sync::Arc;

/// Entries and the state after them.
pub struct Draft {
    /// What would be appended.
    pub batch: Batch,
    /// The registry after them; shared with the ledger until one of them changes it.
    pub registry: Arc<Registry>,
    /// The registry before them.
    pub before: Arc<Registry>,
    /// The head before them.
    pub base: Head,
    /// BLAKE3 of the last leaf.
    pub chain: [u8; 32],
    /// Time of the last entry.
    pub time: Option<Timestamp>,
    bytes: usize,
    streams: HashMap<String, u64>,
    ids: HashMap<String, u64>,
    trail: Vec<(String, String)>,
}

/// A place to go back to.
pub struct Mark {
    entries: usize,
    chain: [u8; 32],
    time: Option<Timestamp>,
    bytes: usize,
    registry: Arc<Registry>,
}

impl Draft {
    /// An empty batch on this head.
    #[must_use]
    pub fn new(base: Head, registry: Arc<Registry>) -> Self {
        Self {
            batch: Batch::default(),
            before: Arc::clone(&registry),
            registry,
            base,
            chain: base.chain,
            time: base.time,
            bytes: 0,
            streams: HashMap::new(),
            ids: HashMap::new(),
            trail: Vec::new(),
        }
    }

    /// Sequence of the next entry.
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.base.size.saturating_add(self.batch.len() as u64)
    }

    /// Bytes of records so far.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of entries that a stream has, those of the batch included.
    ///
    /// # Errors
    /// As the store says.
    pub fn stream_len(&mut self, store: &dyn Store, name: &str) -> Result<u64> {
        if let Some(len) = self.streams.get(name) {
            return Ok(*len);
        }
        let len = store.stream_len(name)?;
        self.streams.insert(name.to_owned(), len);
        Ok(len)
    }

    /// The sequence of an id within the batch.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<u64> {
        self.ids.get(id).copied()
    }

    /// Adds an entry that follows the last one; gives its leaf hash.
    pub fn push(&mut self, entry: Entry, subject: &str, id: &str, time: Timestamp) -> Hash {
        let sequence = self.next_sequence();
        if let Some(len) = self.streams.get_mut(subject) {
            *len = len.saturating_add(1);
        }
        self.ids.insert(id.to_owned(), sequence);
        self.trail.push((subject.to_owned(), id.to_owned()));
        self.time = Some(time);
        self.bytes = self.bytes.saturating_add(entry.record_len());
        let hashes = self.batch.push(entry);
        self.chain = hashes.chain;
        hashes.leaf
    }

    /// Remembers this place.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            entries: self.batch.len(),
            chain: self.chain,
            time: self.time,
            bytes: self.bytes,
            registry: Arc::clone(&self.registry),
        }
    }

    /// Forgets everything behind the mark.
    pub fn undo(&mut self, mark: Mark) {
        self.batch.truncate(mark.entries);
        while self.trail.len() > mark.entries {
            let Some((subject, id)) = self.trail.pop() else { break };
            self.ids.remove(&id);
            if let Some(len) = self.streams.get_mut(&subject) {
                *len = len.saturating_sub(1);
            }
        }
        self.chain = mark.chain;
        self.time = mark.time;
        self.bytes = mark.bytes;
        self.registry = mark.registry;
    }
}
