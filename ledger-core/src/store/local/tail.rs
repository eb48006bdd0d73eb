//! Taking over the end of the journal on open: what stands behind the full tiles, and everything that must be true before the first
//! write.
//!
//! What counts as torn or damaged is decided in `recovery`. Invariant: nothing is written before head and guard have been found to be
//! true, and no entry reaches the database before its commit is durable. Source: DESIGN.md §4 "Opening".

use super::database::Database;
use super::frame::{HeadFile, Position};
use super::guard::Guard;
use super::journal::{Journal, write_failed};
use super::recovery::{check_end, cut_torn_tail, root_mismatch, settle, stated_root, survey};
use super::rows_kv::Lost;
use super::scan::{Cursor, Step, damaged, place};
use super::tile::{OpenTile, TILE};
use super::{HEAD, LocalStore};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::Store as _;
use crate::store::disk::Disk;
use ledger_proofs::{Frontier, Hash};
use std::sync::PoisonError;

/// The commit in which the last entry of the full tiles stands; the start of the log when there are none.
pub(super) fn tail_start(database: &Database) -> Result<Position, Lost> {
    match database.tiles().checked_sub(1) {
        None => Ok(Cursor::start()),
        Some(last) => Ok(Position::unpack(database.tile(last)?.commit)),
    }
}

/// The tree of all full tiles.
pub(super) fn full_tiles(database: &Database) -> Result<Frontier, Lost> {
    let tiles = database.tiles();
    let size = tiles.saturating_mul(TILE);
    let (mut cache, open) = (super::nodes::NodeCache::default(), OpenTile::new(tiles));
    let hashes: Result<_, _> =
        ledger_proofs::root_nodes(size).into_iter().map(|id| cache.node(database, &open, id)).collect();
    Frontier::from_parts(size, hashes?).map_err(|e| Lost(e.to_string()))
}

impl LocalStore {
    /// Takes in the entries that stand behind those that it knows, up to `until`.
    pub(super) fn read_tail(&mut self, until: u64) -> Result<()> {
        if self.frontier.size() >= until {
            return Ok(());
        }
        let database = self.database.get_mut().unwrap_or_else(PoisonError::into_inner);
        let from = tail_start(database).map_err(|Lost(why)| Error::new(Code::Damaged, why))?;
        let journal = Journal::new(self.journal.disk(), self.journal.segment_bytes());
        let mut cursor = Cursor::new(&journal, from, (from == Cursor::start()).then_some(0))?;
        while self.frontier.size() < until {
            let commit = match cursor.step()? {
                Step::Commit(commit) => commit,
                Step::End => return Err(damaged(cursor.at, "the journal ends before its head")),
                Step::Broken(why) => return Err(damaged(cursor.at, why)),
            };
            place(&commit, |sequence, _, placed| {
                if sequence < self.frontier.size() || sequence >= until {
                    return Ok(());
                }
                if sequence > self.frontier.size() || placed.leaf.prev_hash != self.chain {
                    let why = format!(
                        "entry {sequence} does not follow entry {}",
                        self.frontier.size().saturating_sub(1)
                    );
                    return Err(damaged(commit.header.at, &why));
                }
                self.take_in(placed)
            })?;
            self.last_commit = commit.header.at;
            self.end = commit.header.end();
        }
        Ok(())
    }

    /// Everything that must be true before the first write.
    pub(super) fn recover(&mut self, disk: &dyn Disk, head: Option<HeadFile>) -> Result<()> {
        let remembered = self.guard.as_mut().map(Guard::read).transpose()?.flatten();
        let from = self.ask(tail_start)?;
        let said = head.as_ref().map_or(0, |h| h.size).max(remembered.map_or(0, |(size, _)| size));
        let end = survey(&self.journal, from, head.as_ref(), said)?;
        check_end(&end, head.as_ref(), self.guard.as_ref().zip(remembered.map(|(size, _)| size)))?;
        self.read_tail(said)?;
        if let Some(head) = &head {
            self.check_signed(head.size, stated_root(head)?, |_| root_mismatch(head.size))?;
        }
        if let Some((size, root)) = remembered {
            self.check_signed(size, root, |store| {
                let what =
                    format!("the first {size} entries have another root than the one signed on this machine");
                store.guard.as_ref().map_or_else(|| root_mismatch(size), |guard| guard.refuse(&what))
            })?;
        }
        cut_torn_tail(&self.journal, disk, &end)?;
        let at = settle(&self.journal, disk, &end)?;
        self.read_tail(end.size)?;
        self.end = at;
        let failed = |e: std::io::Error| write_failed(HEAD, &e);
        self.head_file = Some(disk.open(HEAD, true).map_err(failed)?);
        if head.is_none() {
            // It may have been made just now.
            disk.sync_dir("").map_err(failed)?;
        }
        self.published = head;
        Ok(())
    }

    /// Compares the first `size` entries with a root that was signed. Before the log is accused, the database is made again.
    pub(super) fn check_signed(
        &mut self,
        size: u64,
        root: Hash,
        refuse: impl Fn(&Self) -> Error,
    ) -> Result<()> {
        if self.root_at(size)? == root {
            return Ok(());
        }
        if self.marker.is_some() {
            let database = self.remake()?;
            self.frontier = full_tiles(&database).map_err(|Lost(why)| Error::new(Code::Damaged, why))?;
            *self.database.get_mut().unwrap_or_else(PoisonError::into_inner) = database;
            for hash in self.tile.hashes.leaves() {
                self.frontier.push(*hash).map_err(|e| Error::new(Code::Damaged, e.to_string()))?;
            }
            if self.root_at(size)? == root {
                return Ok(());
            }
        }
        Err(refuse(self))
    }

    /// Root of the first `size` entries.
    fn root_at(&self, size: u64) -> Result<Hash> {
        ledger_proofs::tree::root(size, |id| {
            self.nodes(&[id]).and_then(|h| h.first().copied().ok_or_else(|| root_mismatch(size)))
        })
    }
}
