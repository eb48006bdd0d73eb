//! The log in memory: the plainest thing that keeps the contract, and the model that the others are compared with.
//!
//! Not for production: nothing survives the process. Invariant: no cleverness; every question is answered from the entries
//! themselves. Source: DESIGN.md §4.

use super::{Batch, Head, Store, check_batch, check_checkpoint, head_conflict};
use crate::codes::Code;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::time::Reading;
use ledger_proofs::{Frontier, Hash, NodeId};
use std::collections::HashMap;

/// A log in memory.
#[derive(Default)]
pub struct MemoryStore {
    entries: Vec<Entry>,
    streams: HashMap<String, Vec<u64>>,
    ids: HashMap<String, u64>,
    frontier: Frontier,
    hashes: Vec<Hash>,
    time: Option<crate::time::Timestamp>,
    published: Option<(u64, String, Reading)>,
}

impl MemoryStore {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    fn head(&self) -> Head {
        Head {
            size: self.frontier.size(),
            root: self.frontier.root(),
            chain: self.entries.last().map_or([0; 32], Entry::chain_hash),
            time: self.time,
        }
    }

    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(self.entries.iter().skip(from).take(limit).cloned().collect())
    }

    fn stream_len(&self, name: &str) -> Result<u64> {
        Ok(self.streams.get(name).map_or(0, |s| s.len() as u64))
    }

    fn stream(&self, name: &str, from: u64, limit: usize) -> Result<Vec<u64>> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(self
            .streams
            .get(name)
            .map_or_else(Vec::new, |s| s.iter().skip(from).take(limit).copied().collect()))
    }

    fn find(&self, id: &str) -> Result<Option<u64>> {
        Ok(self.ids.get(id).copied())
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>> {
        ids.iter()
            .map(|id| {
                let missing = || Error::new(Code::NoSuchEntry, format!("the tree has no node {id:?}"));
                if !id.is_within(self.frontier.size()) {
                    return Err(missing());
                }
                let width = 1_u64.checked_shl(u32::from(id.level)).ok_or_else(missing)?;
                let start = usize::try_from(id.index.saturating_mul(width)).map_err(|_| missing())?;
                let width = usize::try_from(width).map_err(|_| missing())?;
                let mut tree = Frontier::new();
                for hash in self.hashes.iter().skip(start).take(width) {
                    tree.push(*hash).map_err(|_| missing())?;
                }
                Ok(tree.root())
            })
            .collect()
    }

    fn append_batch(&mut self, expected: &Head, batch: &Batch) -> Result<Head> {
        let head = self.head();
        if (expected.size, expected.chain) != (head.size, head.chain) {
            return Err(head_conflict(expected.size, head.size));
        }
        for (entry, checked) in batch.entries().iter().zip(check_batch(&head, batch)?) {
            let sequence = self.frontier.size();
            self.ids.insert(checked.leaf.id.to_owned(), sequence);
            self.streams.entry(checked.leaf.subject.to_owned()).or_default().push(sequence);
            self.time = Some(checked.leaf.time);
            self.hashes.push(checked.hashes.leaf);
            self.frontier.push(checked.hashes.leaf).map_err(|e| Error::new(Code::TooLarge, e.to_string()))?;
            self.entries.push(entry.clone());
        }
        Ok(self.head())
    }

    fn publish(&mut self, checkpoint: &str, at: Reading) -> Result<()> {
        check_checkpoint(checkpoint, self.frontier.size(), self.frontier.root())?;
        self.published = Some((self.frontier.size(), checkpoint.to_owned(), at));
        Ok(())
    }

    fn checkpoint(&self) -> Option<String> {
        self.published
            .as_ref()
            .filter(|(size, ..)| *size == self.frontier.size())
            .map(|(_, note, _)| note.clone())
    }

    fn last_reading(&self) -> Option<Reading> {
        self.published.as_ref().map(|(.., at)| *at)
    }
}
