//! The tile that is being filled: what is known of the last entries until 256 of them become rows of the database.
//!
//! Not durable: read back from the journal on open. Invariant: it holds exactly the entries behind the last full tile.
//! Source: DESIGN.md §4.

use super::frame::Position;
use super::index::{Loose, loose};
use super::rows::{Bytes, StreamPart, StreamRow, TileRow};
use crate::codes::Code;
use crate::entry::Leaf;
use crate::error::{Error, Result};
use ledger_proofs::{Hash, TileHashes};
use std::collections::{BTreeMap, HashMap};

/// Entries of a tile.
pub const TILE: u64 = 256;

/// The unfinished tile.
#[derive(Default)]
pub struct OpenTile {
    /// Its number.
    pub index: u64,
    /// Leaf hashes and the nodes above them.
    pub hashes: TileHashes,
    /// Where each record stands.
    pub positions: Vec<Position>,
    commit: Position,
    chain: [u8; 32],
    times: Option<(i64, i64)>,
    ids: HashMap<String, u64>,
    fingerprints: Vec<Loose>,
    streams: BTreeMap<String, StreamRow>,
}

/// What the store knows of an entry when it has been written.
pub struct Placed<'a> {
    /// The leaf.
    pub leaf: &'a Leaf<'a>,
    /// RFC 6962 hash of it.
    pub hash: Hash,
    /// BLAKE3 of it.
    pub chain: [u8; 32],
    /// Its record.
    pub record: Position,
    /// Its commit.
    pub commit: Position,
}

impl OpenTile {
    /// The empty tile of this number.
    #[must_use]
    pub fn new(index: u64) -> Self {
        Self { index, ..Self::default() }
    }

    /// Sequence of its first entry.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.index.saturating_mul(TILE)
    }

    /// Number of entries so far.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.positions.len() as u64
    }

    /// Whether it is complete.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.count() >= TILE
    }

    /// Adds the next entry.
    ///
    /// # Errors
    /// `LG_203` when the tile is full.
    pub fn push(&mut self, entry: &Placed<'_>) -> Result<()> {
        let full = |e: &dyn std::fmt::Display| Error::new(Code::Damaged, format!("tile {}: {e}", self.index));
        let slot = u8::try_from(self.positions.len()).map_err(|e| full(&e))?;
        self.hashes.push(entry.hash).map_err(|e| full(&e))?;
        self.positions.push(entry.record);
        self.commit = entry.commit;
        self.chain = entry.chain;
        let time = entry.leaf.time.millis();
        self.times = Some((self.times.map_or(time, |t| t.0), time));
        self.ids.insert(entry.leaf.id.to_owned(), self.start().saturating_add(u64::from(slot)));
        self.fingerprints.push(loose(entry.leaf.id, slot));
        match self.streams.get_mut(entry.leaf.subject) {
            Some(row) => row.slots.push(slot),
            None => {
                let row = StreamRow { first: entry.leaf.subject_sequence, slots: vec![slot] };
                self.streams.insert(entry.leaf.subject.to_owned(), row);
            }
        }
        Ok(())
    }

    /// The sequence of an id in this tile.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<u64> {
        self.ids.get(id).copied()
    }

    /// A stream's part of this tile.
    #[must_use]
    pub fn stream(&self, name: &str) -> Option<&StreamRow> {
        self.streams.get(name)
    }

    /// All streams of this tile, ascending by name.
    #[must_use]
    pub fn streams(&self) -> Vec<StreamPart<'_>> {
        self.streams.iter().map(|(name, row)| (name.as_str(), row.first, row.slots.as_slice())).collect()
    }

    /// Fingerprints of the ids.
    #[must_use]
    pub fn ids(&self) -> &[Loose] {
        &self.fingerprints
    }

    /// Fingerprints of the streams, each with the first place where it is.
    #[must_use]
    pub fn stream_names(&self) -> Vec<Loose> {
        let first = |row: &StreamRow| row.slots.first().copied().unwrap_or_default();
        self.streams.iter().map(|(name, row)| loose(name, first(row))).collect()
    }

    /// The tile's own row.
    #[must_use]
    pub fn row(&self) -> TileRow {
        let (first_time, last_time) = self.times.unwrap_or_default();
        TileRow {
            hashes: Bytes(self.hashes.to_bytes()),
            positions: Bytes(self.positions.iter().flat_map(|p| p.pack().to_le_bytes()).collect()),
            commit: self.commit.pack(),
            chain: self.chain,
            first_time,
            last_time,
        }
    }
}
