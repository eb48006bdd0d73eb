//! Tiles of height 8: where a node of the tree is kept, and the hashes of one tile.
//!
//! Not a cache and not a store: it neither finds nor keeps tiles, it only answers from the one it is given.
//!
//! Invariant: a tile has 1 to 256 hashes at its bottom, except while it is being filled from empty, and every perfect
//! subtree inside it has been hashed exactly once.
//!
//! Spec: <https://c2sp.org/tlog-tiles>

use crate::error::TileError;
use crate::hash::{Hash, node_hash};
use crate::tree::NodeId;

/// Levels of the tree that one tile spans.
pub const TILE_HEIGHT: u8 = 8;
/// Hashes at the bottom of a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// `TILE_WIDTH` where lengths are counted.
const WIDTH: usize = 256;
/// Where each level of a tile begins among its nodes: 256 hashes, then 128, 64, ..., 1.
const LEVEL_START: [usize; 9] = [0, 256, 384, 448, 480, 496, 504, 508, 510];
const NODES: usize = 511;

/// The coordinates of a tile: hash `i` of it is the node at level `8 * level` with index `256 * index + i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// Level of the tile; 0 holds leaf hashes.
    pub level: u8,
    /// Position among the tiles of this level, from 0.
    pub index: u64,
}

impl TileId {
    /// The tile that a node is read from.
    ///
    /// The root of a full tile is at the bottom of the tile above; see also [`TileHashes::root`].
    #[must_use]
    pub fn containing(node: NodeId) -> Self {
        let below_top = TILE_HEIGHT.saturating_sub(node.level % TILE_HEIGHT);
        Self {
            level: node.level / TILE_HEIGHT,
            index: node.index.checked_shr(below_top.into()).unwrap_or_default(),
        }
    }

    /// The node that a full tile comes down to.
    #[must_use]
    pub fn root_node(self) -> NodeId {
        NodeId { level: self.level.saturating_add(1).saturating_mul(TILE_HEIGHT), index: self.index }
    }

    /// Hashes in this tile when the tree has `size` leaves: 0 when it does not exist yet, 256 when it is full.
    #[must_use]
    pub fn width_in(self, size: u64) -> u16 {
        let shift = u32::from(self.level).saturating_mul(u32::from(TILE_HEIGHT));
        let on_level = size.checked_shr(shift).unwrap_or(0);
        let before = self.index.saturating_mul(TILE_WIDTH.into());
        let width = on_level.saturating_sub(before).min(TILE_WIDTH.into());
        u16::try_from(width).unwrap_or(TILE_WIDTH)
    }
}

/// The hashes of one tile, inner nodes included; the default is a tile still to be filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileHashes {
    width: usize,
    /// Level after level from the bottom; nodes that are not complete yet hold zeros and are never given out.
    nodes: Vec<Hash>,
}

impl TileHashes {
    /// A tile from the hashes at its bottom, for level 0 the leaf hashes.
    ///
    /// # Errors
    /// [`TileError::Width`] unless there are 1 to 256.
    pub fn from_leaves(leaves: &[Hash]) -> Result<Self, TileError> {
        if leaves.is_empty() {
            return Err(TileError::Width(0));
        }
        let mut tile = Self::default();
        for leaf in leaves {
            tile.push(*leaf).map_err(|_| TileError::Width(leaves.len()))?;
        }
        Ok(tile)
    }

    /// Reads what [`TileHashes::to_bytes`] writes and a tiled log serves.
    ///
    /// # Errors
    /// [`TileError::Width`] for a width outside 1 to 256, [`TileError::ByteLength`] unless there are exactly `width`
    /// times 32 bytes.
    pub fn from_bytes(bytes: &[u8], width: u16) -> Result<Self, TileError> {
        if !(1..=TILE_WIDTH).contains(&width) {
            return Err(TileError::Width(width.into()));
        }
        let expected = usize::from(width).saturating_mul(Hash::BYTES);
        if bytes.len() != expected {
            return Err(TileError::ByteLength { expected, got: bytes.len() });
        }
        let mut tile = Self::default();
        for chunk in bytes.as_chunks::<{ Hash::BYTES }>().0 {
            tile.push(Hash::from_bytes(*chunk))?;
        }
        Ok(tile)
    }

    /// Adds a hash at the bottom and those of the subtrees that it completes.
    ///
    /// # Errors
    /// [`TileError::Width`] when the tile is full; it is then unchanged.
    pub fn push(&mut self, leaf: Hash) -> Result<(), TileError> {
        let width = self.width.saturating_add(1);
        if width > WIDTH {
            return Err(TileError::Width(width));
        }
        self.nodes.resize(NODES, Hash::from_bytes([0; Hash::BYTES]));
        let (mut height, mut offset, mut hash) = (0_u8, self.width, leaf);
        loop {
            if let Some(node) = slot(height, offset).and_then(|at| self.nodes.get_mut(at)) {
                *node = hash;
            }
            if offset & 1 == 0 {
                break;
            }
            let left = slot(height, offset ^ 1).and_then(|at| self.nodes.get(at));
            let Some(left) = left else { break };
            hash = node_hash(left, &hash);
            (height, offset) = (height.saturating_add(1), offset >> 1);
        }
        self.width = width;
        Ok(())
    }

    /// Hashes at the bottom.
    #[must_use]
    pub fn width(&self) -> u16 {
        u16::try_from(self.width).unwrap_or(TILE_WIDTH)
    }

    /// The hashes at the bottom, from left to right.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        self.nodes.get(..self.width).unwrap_or_default()
    }

    /// The root of the perfect subtree `height` levels above the bottom (0 to 8), `offset` from the left; `None` when
    /// it is outside the tile or not complete.
    #[must_use]
    pub fn get(&self, height: u8, offset: usize) -> Option<Hash> {
        let complete = self.width.checked_shr(height.into()).unwrap_or(0);
        if offset >= complete {
            return None;
        }
        slot(height, offset).and_then(|at| self.nodes.get(at)).copied()
    }

    /// The hash of a node of the tree, given that this tile is the one at `id`; `None` when it is not in there.
    ///
    /// The root of a full tile counts as in there, although [`TileId::containing`] names the tile above for it.
    #[must_use]
    pub fn node(&self, id: TileId, node: NodeId) -> Option<Hash> {
        if node == id.root_node() {
            return self.root();
        }
        if TileId::containing(node) != id {
            return None;
        }
        let height = node.level % TILE_HEIGHT;
        let in_tile = u64::from(TILE_WIDTH).checked_shr(height.into())?.checked_sub(1)?;
        self.get(height, usize::try_from(node.index & in_tile).ok()?)
    }

    /// What a full tile comes down to: one hash at the bottom of the tile above. `None` while it is partial.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        self.get(TILE_HEIGHT, 0)
    }

    /// The hashes at the bottom, one after the other: the bytes that a tiled log serves.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.leaves().iter().flat_map(Hash::as_bytes).copied().collect()
    }
}

/// Where a node of a tile is kept.
fn slot(height: u8, offset: usize) -> Option<usize> {
    LEVEL_START.get(usize::from(height))?.checked_add(offset)
}
