//! Nodes of the tree for proofs: from the unfinished tile, from full tiles, and from the roots above them.
//!
//! Not trusted: a proof is checked against the signed root before it leaves. Invariant: a cached tile only grows, and
//! what is in it never changes. Source: DESIGN.md §4, <https://c2sp.org/tlog-tiles>.

use super::database::Database;
use super::rows_kv::Lost;
use super::tile::OpenTile;
use ledger_proofs::{Hash, NodeId, TileHashes, TileId};
use std::collections::HashMap;

/// Tiles that are kept ready, 16 KiB each.
const CACHED: usize = 1024;
/// Hashes of a full tile.
const WIDTH: u16 = 256;

/// Tiles of hashes that were read lately.
#[derive(Default)]
pub struct NodeCache {
    tiles: HashMap<(u8, u64), TileHashes>,
}

impl NodeCache {
    /// Forgets tiles that came from a database that is not trusted any more.
    pub fn clear(&mut self) {
        self.tiles.clear();
    }

    /// One node.
    ///
    /// # Errors
    /// [`Lost`] when the database lacks a row.
    pub fn node(&mut self, database: &Database, open: &OpenTile, node: NodeId) -> Result<Hash, Lost> {
        let id = TileId::containing(node);
        let missing = || Lost(format!("node {node:?} is missing"));
        if id.level == 0 && id.index == open.index {
            return open.hashes.node(id, node).ok_or_else(missing);
        }
        if self.tiles.len() >= CACHED && !self.tiles.contains_key(&(id.level, id.index)) {
            self.tiles.clear();
        }
        let tile = self.tiles.entry((id.level, id.index)).or_default();
        if tile.width() < WIDTH {
            Self::grow(tile, database, id)?;
        }
        tile.node(id, node).ok_or_else(missing)
    }

    /// Adds to a cached tile what the database has by now: all of a tile of leaves, the roots so far of a tile above them.
    fn grow(tile: &mut TileHashes, database: &Database, id: TileId) -> Result<(), Lost> {
        let malformed = |e: ledger_proofs::TileError| Lost(e.to_string());
        if id.level == 0 {
            let read =
                TileHashes::from_bytes(&database.tile(id.index)?.hashes.0, WIDTH).map_err(malformed)?;
            if read.root() != Some(database.node(1, id.index)?) {
                return Err(Lost(format!("tile {} and its root disagree", id.index)));
            }
            *tile = read;
            return Ok(());
        }
        let first = id.index.saturating_mul(WIDTH.into());
        let shift = u32::from(id.level.saturating_sub(1)).saturating_mul(8);
        let complete =
            database.tiles().checked_shr(shift).unwrap_or(0).min(first.saturating_add(WIDTH.into()));
        let next = first.saturating_add(tile.width().into());
        for hash in database.node_run(id.level, next, complete.saturating_sub(next))? {
            tile.push(hash).map_err(malformed)?;
        }
        Ok(())
    }
}
