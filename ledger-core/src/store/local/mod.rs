//! The log on one machine: journal, head, guard and database under one roof.
//!
//! Not here: rules, signatures, the network. Invariant: an entry is acknowledged only after its commit is synced and the head says so;
//! the database is derived, and may be lost at any time. Source: DESIGN.md §4, docs/format.md §10.

pub mod database;
pub mod frame;
pub mod guard;
mod index;
pub mod journal;
pub mod marker;
mod nodes;
mod open;
mod recovery;
pub mod rows;
pub mod rows_kv;
mod scan;
mod tail;
pub mod tile;

use self::database::Database;
use self::frame::{HeadFile, Position};
use self::guard::Guard;
use self::journal::{Journal, write_failed};
use self::marker::Marker;
use self::rows_kv::Lost;
use self::tile::{OpenTile, Placed, TILE};
use super::disk::DiskFile;
use super::{Batch, Checked, Hashes, Head, Store, check_batch, check_checkpoint, head_conflict};
use crate::codes::Code;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::time::{Reading, Timestamp};
use ledger_proofs::{Frontier, Hash, NodeId};
pub use open::{Backing, LocalOptions, Progress, create, open};
pub use scan::JournalReader;
use std::sync::{Arc, Mutex, PoisonError};

/// File name of the head.
pub const HEAD: &str = "head";

/// A log in a directory.
pub struct LocalStore {
    journal: Journal,
    log_id: Hash,
    head_file: Option<Arc<dyn DiskFile>>,
    guard: Option<Guard>,
    marker: Option<Marker>,
    database: Mutex<Database>,
    nodes: Mutex<nodes::NodeCache>,
    tile: OpenTile,
    frontier: Frontier,
    chain: [u8; 32],
    time: Option<Timestamp>,
    end: Position,
    last_commit: Position,
    boot_id: [u8; 16],
    published: Option<HeadFile>,
    progress: Progress,
    stopped: bool,
    _lock: Option<std::fs::File>,
}

impl LocalStore {
    /// RFC 6962 leaf hash of the genesis entry.
    #[must_use]
    pub const fn log_id(&self) -> Hash {
        self.log_id
    }

    /// Whether entries behind the last published checkpoint were found on open and still want one.
    #[must_use]
    pub fn wants_checkpoint(&self) -> bool {
        self.checkpoint().is_none()
    }

    /// Refuses writing to a store that was opened for reading, or that has failed.
    fn check_writable(&self) -> Result<()> {
        if self.head_file.is_none() {
            return Err(Error::new(Code::ReadOnly, "the ledger was opened for reading"));
        }
        if self.stopped {
            return Err(Error::new(Code::Stopped, "the writer has stopped after a failed write"));
        }
        Ok(())
    }

    /// Asks the database; when it is lost, makes it again in memory and asks once more.
    fn ask<T>(&self, question: impl Fn(&Database) -> Result<T, Lost>) -> Result<T> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        match question(&database) {
            Ok(answer) => Ok(answer),
            Err(_) => {
                *database = self.remake()?;
                question(&database)
                    .map_err(|Lost(why)| Error::new(Code::Damaged, format!("the database: {why}")))
            }
        }
    }

    /// The database in memory, from the journal; the one on disk is not trusted any more.
    fn remake(&self) -> Result<Database> {
        if let Some(marker) = &self.marker {
            marker.revoke();
        }
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner).clear();
        scan::rebuild(&self.journal, self.tile.start(), &self.progress)
    }

    /// Moves one written entry into the unfinished tile, and the tile into the database when it is full.
    fn take_in(&mut self, placed: &Placed<'_>) -> Result<()> {
        self.tile.push(placed)?;
        self.frontier.push(placed.hash).map_err(|e| Error::new(Code::TooLarge, e.to_string()))?;
        self.chain = placed.chain;
        self.time = Some(placed.leaf.time);
        if !self.tile.is_full() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.tile, OpenTile::new(self.frontier.size().div_euclid(TILE)));
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        if database.put(&full).is_err() {
            *database = self.remake()?;
        }
        Ok(())
    }

    /// Where the entries of a range that lies in one tile stand, and the hashes of their leaves.
    fn places(&self, from: u64, to: u64) -> Result<Vec<(Position, Hash)>> {
        let first = usize::try_from(from.rem_euclid(TILE)).unwrap_or(usize::MAX);
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        if from >= self.tile.start() {
            let places = self.tile.positions.iter().zip(self.tile.hashes.leaves());
            return Ok(places.skip(first).take(count).map(|(at, hash)| (*at, *hash)).collect());
        }
        let row = self.ask(|db| db.tile(from.div_euclid(TILE)))?;
        let (positions, hashes) = (row.positions.0.as_chunks::<8>().0, row.hashes.0.as_chunks::<32>().0);
        let places = positions.iter().zip(hashes).skip(first).take(count);
        Ok(places
            .map(|(at, hash)| (Position::unpack(u64::from_le_bytes(*at)), Hash::from_bytes(*hash)))
            .collect())
    }

    /// A stream's entries, or `None` when its rows have a hole.
    fn stream_rows(&self, name: &str, from: u64, limit: usize) -> Result<Option<Vec<u64>>> {
        let (mut found, mut expected) = (Vec::new(), 0);
        let mut add = |tile: u64, row: &rows::StreamRow, found: &mut Vec<u64>| {
            let follows = row.first == expected;
            expected = row.end();
            let start = tile.saturating_mul(TILE);
            let wanted = (row.first..).zip(&row.slots).filter(|(at, _)| *at >= from);
            found.extend(
                wanted
                    .map(|(_, slot)| start.saturating_add(u64::from(*slot)))
                    .take(limit.saturating_sub(found.len())),
            );
            follows
        };
        for group in 0..self.ask(|db| Ok(db.groups()))? {
            if found.len() >= limit {
                break;
            }
            for (tile, row) in self.ask(|db| db.stream_in_group(name, group))? {
                if !add(tile, &row, &mut found) {
                    return Ok(None);
                }
            }
        }
        if let Some(row) = self.tile.stream(name).filter(|_| found.len() < limit)
            && !add(self.tile.index, row, &mut found)
        {
            return Ok(None);
        }
        Ok(Some(found))
    }

    /// Closes in order: the database's files are synced, and the marker says so.
    fn close(&mut self) {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let tiles = database.tiles();
        let flushed = database.flush();
        if let (Ok(memory), Some(marker)) =
            (Database::open(Box::<rows_kv::MemoryRows>::default()), &self.marker)
        {
            drop(std::mem::replace(&mut *database, memory));
            if flushed.is_err() || !marker.stands() || marker.close(tiles).is_err() {
                marker.revoke();
            }
        }
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for LocalStore {
    fn head(&self) -> Head {
        Head { size: self.frontier.size(), root: self.frontier.root(), chain: self.chain, time: self.time }
    }

    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let end = self.frontier.size().min(from.saturating_add(limit as u64));
        let mut entries = Vec::new();
        let mut next = from;
        while next < end {
            let tile_end = next.div_euclid(TILE).saturating_add(1).saturating_mul(TILE);
            let to = end.min(tile_end);
            let places = self.places(next, to)?;
            let positions: Vec<Position> = places.iter().map(|(at, _)| *at).collect();
            self.journal.entries(&positions, |nth, entry| {
                let sequence = next.saturating_add(nth as u64);
                let entry = entry.map_err(|e| e.at(sequence))?;
                if let Some((at, hash)) = places.get(nth)
                    && entry.leaf_hash() != *hash
                {
                    let why = format!("entry {sequence} is not what was appended");
                    return Err(scan::damaged(*at, &why).at(sequence));
                }
                entries.push(entry);
                Ok(())
            })?;
            next = to;
        }
        Ok(entries)
    }

    fn stream_len(&self, name: &str) -> Result<u64> {
        if let Some(row) = self.tile.stream(name) {
            return Ok(row.end());
        }
        Ok(self.ask(|db| db.last_of_stream(name))?.map_or(0, |(_, row)| row.end()))
    }

    fn stream(&self, name: &str, from: u64, limit: usize) -> Result<Vec<u64>> {
        if let Some(found) = self.stream_rows(name, from, limit)? {
            return Ok(found);
        }
        *self.database.lock().unwrap_or_else(PoisonError::into_inner) = self.remake()?;
        let hole = || Error::new(Code::Damaged, format!("the positions of stream {name} have a hole"));
        self.stream_rows(name, from, limit)?.ok_or_else(hole)
    }

    fn find(&self, id: &str) -> Result<Option<u64>> {
        if let Some(sequence) = self.tile.find(id) {
            return Ok(Some(sequence));
        }
        for sequence in self.ask(|db| db.candidates(id))? {
            for entry in self.entries(sequence, 1)? {
                if entry.parse()?.id == id {
                    return Ok(Some(sequence));
                }
            }
        }
        Ok(None)
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>> {
        let size = self.frontier.size();
        if let Some(outside) = ids.iter().find(|id| !id.is_within(size)) {
            return Err(Error::new(Code::NoSuchEntry, format!("the tree of {size} has no node {outside:?}")));
        }
        self.ask(|db| {
            let mut cache = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            ids.iter().map(|id| cache.node(db, &self.tile, *id)).collect()
        })
    }

    fn append_batch(&mut self, expected: &Head, batch: &Batch) -> Result<Head> {
        self.check_writable()?;
        let head = self.head();
        if (expected.size, expected.chain) != (head.size, head.chain) {
            return Err(head_conflict(expected.size, head.size));
        }
        let checked = check_batch(&head, batch)?;
        let Some(first) = checked.first() else { return Ok(head) };
        if head.size == 0 && first.hashes.leaf != self.log_id {
            return Err(Error::new(
                Code::FindLogId,
                "the first entry is not the one that this log was made for",
            )
            .at(0));
        }
        self.stopped = true;
        let appended = self.journal.append(self.end, head.size, batch.entries(), self.log_id)?;
        self.end = appended.end;
        self.last_commit = appended.at;
        for (Checked { leaf, hashes }, record) in checked.into_iter().zip(appended.records) {
            let Hashes { leaf: hash, chain } = hashes;
            self.take_in(&Placed { leaf: &leaf, hash, chain, record, commit: appended.at })?;
        }
        self.stopped = false;
        Ok(self.head())
    }

    fn publish(&mut self, checkpoint: &str, at: Reading) -> Result<()> {
        self.check_writable()?;
        let (size, root) = (self.frontier.size(), self.frontier.root());
        check_checkpoint(checkpoint, size, root)?;
        let head = HeadFile {
            size,
            end: self.end,
            last_commit: self.last_commit.offset,
            chain: self.chain,
            boot_id: self.boot_id,
            uptime: at.monotonic,
            wall: at.wall,
            checkpoint: checkpoint.to_owned(),
        };
        let bytes = head
            .encode()
            .ok_or_else(|| Error::new(Code::TooLarge, "the checkpoint does not fit into the head"))?;
        self.stopped = true;
        if let Some(file) = &self.head_file {
            file.write_at(&bytes, 0).map_err(|e| write_failed(HEAD, &e))?;
        }
        if let Some(guard) = &mut self.guard {
            guard.write(size, root, checkpoint)?;
        }
        self.stopped = false;
        self.published = Some(head);
        Ok(())
    }

    fn checkpoint(&self) -> Option<String> {
        self.published.as_ref().filter(|h| h.size == self.frontier.size()).map(|h| h.checkpoint.clone())
    }

    fn last_reading(&self) -> Option<Reading> {
        let head = self.published.as_ref()?;
        let comparable = head.boot_id == self.boot_id && head.boot_id != [0; 16];
        comparable.then_some(Reading { wall: head.wall, monotonic: head.uptime })
    }
}
