//! Nodes of the tree for proofs: from the unfinished tile, from full tiles, and from the roots above them.
//!
//! Not trusted: a proof is checked against the signed root before it leaves. Invariant: a cached tile is full and therefore never
//! changes. Source: DESIGN.md §4, <https://c2sp.org/tlog-tiles>.

use super::database::Database;
use super::rows_kv::Lost;
use super::tile::OpenTile;
use ledger_proofs::{Frontier, Hash, NodeId, TileHashes, TileId};
use std::collections::HashMap;

/// Full tiles that are kept ready, 16 KiB each.
const CACHED: usize = 1024;

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
        let key = (id.level, id.index);
        if let Some(tile) = self.tiles.get(&key) {
            return tile.node(id, node).ok_or_else(missing);
        }
        let malformed = |e: ledger_proofs::TileError| Lost(e.to_string());
        let tile = if id.level == 0 {
            TileHashes::from_bytes(&database.tile(id.index)?.hashes.0, 256).map_err(malformed)?
        } else {
            let first = id.index.saturating_mul(256);
            let shift = u32::from(id.level.saturating_sub(1)).saturating_mul(8);
            let complete = database.tiles().checked_shr(shift).unwrap_or(0);
            if complete < first.saturating_add(256) {
                return Self::fold(database, node);
            }
            TileHashes::from_leaves(&database.node_run(id.level, first, 256)?).map_err(malformed)?
        };
        let hash = tile.node(id, node).ok_or_else(missing)?;
        if self.tiles.len() >= CACHED {
            self.tiles.clear();
        }
        self.tiles.insert(key, tile);
        Ok(hash)
    }

    /// A node of an unfinished upper tile, from the roots below it.
    fn fold(database: &Database, node: NodeId) -> Result<Hash, Lost> {
        let (level, height) = (node.level.div_euclid(8), u32::from(node.level.rem_euclid(8)));
        let width = 1_u64.checked_shl(height).unwrap_or(1);
        let mut tree = Frontier::new();
        for hash in database.node_run(level, node.index.saturating_mul(width), width)? {
            tree.push(hash).map_err(|e| Lost(e.to_string()))?;
        }
        Ok(tree.root())
    }
}
