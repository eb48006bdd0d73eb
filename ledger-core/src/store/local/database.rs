//! The database that queries use: rows fed one full tile at a time.
//!
//! Not the log and not to be trusted blindly: what it says is compared with itself wherever that is cheap, and a contradiction is
//! [`Lost`], upon which the owner makes it again from the journal. Invariant: the rows of a tile are written in one batch, `visible`
//! with them, so that a killed process leaves whole tiles only. Source: DESIGN.md §4, docs/format.md §10.6.

use super::index::{Index, Kind};
use super::rows::{StreamPart, StreamRow, TileRow, VISIBLE, fingerprint, node_key, streams_key, tile_key};
use super::rows_kv::{Change, Lost, Rows};
use super::tile::{OpenTile, TILE};
use ledger_proofs::{Frontier, Hash};

/// Rows with their meaning.
pub struct Database {
    rows: Box<dyn Rows>,
    ids: Index,
    streams: Index,
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
        let database = Self { rows, ids: Index::new(Kind::Ids), streams: Index::new(Kind::Streams), tiles };
        if let Some(last) = tiles.checked_sub(1) {
            database.tile(last)?;
            database.node(1, last)?;
            let bytes = database.streams_of(last)?;
            let (name, ..) = *parts(&bytes)?.first().ok_or_else(|| lost("a tile without streams"))?;
            if database.last_of_stream(name)?.map(|(tile, _)| tile) != Some(last) {
                return Err(lost(format!("stream {name} and tile {last} disagree")));
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
        let mut changes: Vec<Change> = vec![
            (tile_key(index), Some(encode(&tile.row())?)),
            (streams_key(index), Some(encode(&tile.streams())?)),
        ];
        self.put_nodes(tile, &mut changes)?;
        let names = tile.stream_names();
        self.ids.put(&*self.rows, index, tile.ids(), &mut changes)?;
        self.streams.put(&*self.rows, index, &names, &mut changes)?;
        let tiles = index.saturating_add(1);
        changes.push((VISIBLE.to_vec(), Some(tiles.to_be_bytes().to_vec())));
        self.rows.apply(changes)?;
        self.ids.applied(index, tile.ids());
        self.streams.applied(index, &names);
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

    /// Number of groups of tiles, the unfinished one included.
    #[must_use]
    pub const fn groups(&self) -> u64 {
        self.tiles.div_euclid(TILE).saturating_add(1)
    }

    fn streams_of(&self, tile: u64) -> Result<Vec<u8>, Lost> {
        self.rows
            .get(&streams_key(tile))?
            .ok_or_else(|| lost(format!("the streams of tile {tile} are missing")))
    }

    /// The stream's part of the tile, if the entry that the index found is its first there.
    fn part(&self, name: &str, sequence: u64) -> Result<Option<(u64, StreamRow)>, Lost> {
        let tile = sequence.div_euclid(TILE);
        let bytes = self.streams_of(tile)?;
        let slot = u8::try_from(sequence.rem_euclid(TILE)).ok();
        let found = parts(&bytes)?.into_iter().find(|(_, _, slots)| slots.first().copied() == slot);
        match found {
            Some((own, first, slots)) if own == name => {
                Ok(Some((tile, StreamRow { first, slots: slots.to_vec() })))
            }
            // Two names with one fingerprint.
            Some((other, ..)) if fingerprint(other) == fingerprint(name) => Ok(None),
            _ => Err(lost(format!("the streams of tile {tile} and their index disagree"))),
        }
    }

    /// The last full tile that holds entries of a stream, and these.
    ///
    /// # Errors
    /// [`Lost`] when rows disagree.
    pub fn last_of_stream(&self, name: &str) -> Result<Option<(u64, StreamRow)>, Lost> {
        for group in (0..self.groups()).rev() {
            for sequence in self.streams.find(&*self.rows, self.tiles, group, name)?.into_iter().rev() {
                if let Some(found) = self.part(name, sequence)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// A stream's entries in one group of 256 tiles, each part with its tile, ascending.
    ///
    /// # Errors
    /// [`Lost`] when rows disagree.
    pub fn stream_in_group(&self, name: &str, group: u64) -> Result<Vec<(u64, StreamRow)>, Lost> {
        let found = self.streams.find(&*self.rows, self.tiles, group, name)?;
        found.into_iter().filter_map(|sequence| self.part(name, sequence).transpose()).collect()
    }

    /// Entries that may have this id, ascending.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn candidates(&self, id: &str) -> Result<Vec<u64>, Lost> {
        let mut all = Vec::new();
        for group in 0..self.groups() {
            all.extend(self.ids.find(&*self.rows, self.tiles, group, id)?);
        }
        Ok(all)
    }

    /// Writes out what is held back.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn flush(&mut self) -> Result<(), Lost> {
        self.rows.flush()
    }
}

/// The streams of a tile.
fn parts(row: &[u8]) -> Result<Vec<StreamPart<'_>>, Lost> {
    bincode::deserialize(row).map_err(|e| lost(format!("streams of a tile: {e}")))
}
