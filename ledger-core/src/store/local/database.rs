//! The database that queries use: rows fed one full tile at a time.
//!
//! Not the log and not to be trusted blindly: what it says is compared with itself wherever that is cheap, and a contradiction is
//! [`Lost`], upon which the owner makes it again from the journal. Invariant: the rows of a tile are written in one batch, `visible`
//! with them, so that a killed process leaves whole tiles only. Source: DESIGN.md §4, docs/format.md §10.6.

use super::ids::Ids;
use super::rows::{StreamHead, StreamRow, TileRow, VISIBLE, node_key, stream_head_key, stream_key, tile_key};
use super::rows_kv::{Change, Lost, Rows};
use super::tile::{OpenTile, TILE};
use ledger_proofs::{Frontier, Hash};

/// Rows with their meaning.
pub struct Database {
    rows: Box<dyn Rows>,
    ids: Ids,
    tiles: u64,
}

fn lost(what: impl Into<String>) -> Lost {
    Lost(what.into())
}

fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, Lost> {
    bincode::deserialize(bytes).map_err(|e| lost(format!("{what}: {e}")))
}

fn encode<T: serde::Serialize>(row: &T) -> Result<Vec<u8>, Lost> {
    bincode::serialize(row).map_err(|e| lost(e.to_string()))
}

impl Database {
    /// Takes over rows, after a look at the last tile.
    ///
    /// # Errors
    /// [`Lost`] when they contradict themselves.
    pub fn open(rows: Box<dyn Rows>) -> Result<Self, Lost> {
        let tiles = match rows.get(VISIBLE)? {
            None if rows.range(&[], &[0xff], 1)?.is_empty() => 0,
            None => return Err(lost("visible is missing")),
            Some(bytes) => u64::from_be_bytes(bytes.try_into().map_err(|_| lost("visible"))?),
        };
        let database = Self { rows, ids: Ids::default(), tiles };
        if let Some(last) = tiles.checked_sub(1) {
            let row = database.tile(last)?;
            database.node(1, last)?;
            for (name, count) in &row.streams {
                if database.stream_head(name)? != Some(StreamHead { count: *count, last_tile: last }) {
                    return Err(lost(format!("stream {name} and tile {last} disagree")));
                }
            }
        }
        Ok(database)
    }

    /// Number of full tiles.
    #[must_use]
    pub const fn tiles(&self) -> u64 {
        self.tiles
    }

    /// Writes the rows of the next full tile.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn put(&mut self, tile: &OpenTile) -> Result<(), Lost> {
        let index = tile.index;
        if index != self.tiles || !tile.is_full() {
            return Err(lost(format!("tile {index} offered after {} tiles", self.tiles)));
        }
        let row = tile.row();
        let mut changes: Vec<Change> = vec![(tile_key(index), Some(encode(&row)?))];
        for (name, slots) in tile.streams() {
            changes.push((stream_key(name, index), Some(encode(slots)?)));
        }
        for (name, count) in &row.streams {
            let head = StreamHead { count: *count, last_tile: index };
            changes.push((stream_head_key(name), Some(encode(&head)?)));
        }
        self.put_nodes(tile, &mut changes)?;
        self.ids.put(&*self.rows, tile, &mut changes)?;
        let tiles = index.saturating_add(1);
        changes.push((VISIBLE.to_vec(), Some(tiles.to_be_bytes().to_vec())));
        self.rows.apply(changes)?;
        self.ids.applied(tile);
        self.tiles = tiles;
        Ok(())
    }

    /// The tile's root, and the roots of higher tiles that it completes.
    fn put_nodes(&self, tile: &OpenTile, changes: &mut Vec<Change>) -> Result<(), Lost> {
        let mut root = tile.hashes.root().ok_or_else(|| lost("the tile is not full"))?;
        let (mut level, mut index) = (1_u8, tile.index);
        loop {
            changes.push((node_key(level, index), Some(root.as_bytes().to_vec())));
            if index.rem_euclid(TILE) != TILE.saturating_sub(1) {
                return Ok(());
            }
            let mut tree = Frontier::new();
            for hash in
                self.node_run(level, index.saturating_sub(TILE.saturating_sub(1)), TILE.saturating_sub(1))?
            {
                tree.push(hash).map_err(|e| lost(e.to_string()))?;
            }
            tree.push(root).map_err(|e| lost(e.to_string()))?;
            root = tree.root();
            level = level.saturating_add(1);
            index = index.div_euclid(TILE);
        }
    }

    /// The row of a full tile.
    ///
    /// # Errors
    /// [`Lost`] when it is missing or malformed.
    pub fn tile(&self, index: u64) -> Result<TileRow, Lost> {
        let bytes =
            self.rows.get(&tile_key(index))?.ok_or_else(|| lost(format!("tile {index} is missing")))?;
        let row: TileRow = decode(&bytes, "tile")?;
        if row.hashes.0.len() == 8192 && row.positions.0.len() == 2048 {
            Ok(row)
        } else {
            Err(lost(format!("tile {index} is malformed")))
        }
    }

    /// The root of a perfect subtree of 256^level entries.
    ///
    /// # Errors
    /// [`Lost`] when it is missing.
    pub fn node(&self, level: u8, index: u64) -> Result<Hash, Lost> {
        self.node_run(level, index, 1)?.first().copied().ok_or_else(|| lost("node"))
    }

    /// The roots of `count` neighbouring subtrees.
    ///
    /// # Errors
    /// [`Lost`] when one is missing.
    pub fn node_run(&self, level: u8, from: u64, count: u64) -> Result<Vec<Hash>, Lost> {
        let limit = usize::try_from(count).map_err(|_| lost("node"))?;
        let rows =
            self.rows.range(&node_key(level, from), &node_key(level, from.saturating_add(count)), limit)?;
        if rows.len() != limit {
            return Err(lost(format!("nodes of level {level} are missing")));
        }
        rows.iter().map(|(_, v)| Hash::from_slice(v).map_err(|e| lost(e.to_string()))).collect()
    }

    /// The end of a stream, checked against its last row and that row's tile.
    ///
    /// # Errors
    /// [`Lost`] when they disagree.
    pub fn stream_head(&self, name: &str) -> Result<Option<StreamHead>, Lost> {
        let head = self
            .rows
            .get(&stream_head_key(name))?
            .map(|b| decode::<StreamHead>(&b, "stream head"))
            .transpose()?;
        let last = self.rows.last(&stream_key(name, 0), &stream_key(name, u64::MAX))?;
        let disagree = || lost(format!("the rows of stream {name} disagree"));
        match (head, last) {
            (None, None) => Ok(None),
            (Some(head), Some((key, value))) => {
                let row: StreamRow = decode(&value, "stream")?;
                let end = row.first.saturating_add(row.slots.0.len() as u64);
                let same = key == stream_key(name, head.last_tile)
                    && end == head.count
                    && head.last_tile < self.tiles;
                if same { Ok(Some(head)) } else { Err(disagree()) }
            }
            _ => Err(disagree()),
        }
    }

    /// Rows of a stream from this tile on, at most `limit`, each with its tile.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn stream_rows(
        &self,
        name: &str,
        from_tile: u64,
        limit: usize,
    ) -> Result<Vec<(u64, StreamRow)>, Lost> {
        let rows = self.rows.range(&stream_key(name, from_tile), &stream_key(name, u64::MAX), limit)?;
        rows.iter()
            .map(|(key, value)| {
                let tile = key.last_chunk::<8>().ok_or_else(|| lost("stream key"))?;
                Ok((u64::from_be_bytes(*tile), decode(value, "stream")?))
            })
            .collect()
    }

    /// Entries that may have this id, ascending.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn candidates(&self, id: &str) -> Result<Vec<u64>, Lost> {
        self.ids.candidates(&*self.rows, self.tiles, id)
    }

    /// Writes out what is held back.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn flush(&mut self) -> Result<(), Lost> {
        self.rows.flush()
    }
}
