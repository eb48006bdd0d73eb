//! The paths under which a tiled log serves its tiles and entry bundles.
//!
//! Not a file system or URL path in general: no prefix, no escaping, nothing outside `tile/`.
//!
//! Invariant: each tile has exactly one path, and only that one is parsed.
//!
//! Spec: <https://c2sp.org/tlog-tiles>

use core::fmt;
use core::str::FromStr;

use crate::decimal::decimal;
use crate::error::TileError;
use crate::tile::{TILE_WIDTH, TileId};

/// Levels are encoded as 0 to 63.
const MAX_LEVEL: u8 = 63;
/// Digits of the index in each path element.
const GROUP: u64 = 1000;
/// Longer than the path of any tile with a 64-bit index.
const MAX_PATH_BYTES: usize = 64;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of the tree, at this level of tiles.
    Hashes {
        /// Level of the tile, 0 to 63.
        level: u8,
    },
    /// The entries whose leaf hashes the tile of level 0 with the same index holds.
    Entries,
}

/// One resource of a tiled log: `tile/0/x001/067`, `tile/1/000.p/17`, `tile/entries/x001/067`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl TilePath {
    /// The path of a tile of hashes.
    ///
    /// # Errors
    /// [`TileError::Level`] above level 63, [`TileError::Width`] for a width outside 1 to 256.
    pub fn hashes(tile: TileId, width: u16) -> Result<Self, TileError> {
        if tile.level > MAX_LEVEL {
            return Err(TileError::Level(tile.level));
        }
        Self::new(TileKind::Hashes { level: tile.level }, tile.index, width)
    }

    /// The path of a bundle of entries.
    ///
    /// # Errors
    /// [`TileError::Width`] for a width outside 1 to 256.
    pub fn entries(index: u64, width: u16) -> Result<Self, TileError> {
        Self::new(TileKind::Entries, index, width)
    }

    fn new(kind: TileKind, index: u64, width: u16) -> Result<Self, TileError> {
        if !(1..=TILE_WIDTH).contains(&width) {
            return Err(TileError::Width(width.into()));
        }
        Ok(Self { kind, index, width })
    }

    /// Hashes or entries.
    #[must_use]
    pub const fn kind(self) -> TileKind {
        self.kind
    }

    /// The coordinates of the tile of hashes; for a bundle of entries, those of the tile with their leaf hashes.
    #[must_use]
    pub const fn tile(self) -> TileId {
        let level = match self.kind {
            TileKind::Hashes { level } => level,
            TileKind::Entries => 0,
        };
        TileId { level, index: self.index }
    }

    /// Hashes or entries in it: 256 when full.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Whether it can never change any more.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = Vec::new();
        let mut rest = self.index / GROUP;
        while rest > 0 {
            groups.push(rest % GROUP);
            rest /= GROUP;
        }
        for group in groups.iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", self.index % GROUP)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for TilePath {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        if path.len() > MAX_PATH_BYTES {
            return Err(TileError::Path("too long"));
        }
        let rest = path.strip_prefix("tile/").ok_or(TileError::Path("it does not start with \"tile/\""))?;
        let (kind, rest) =
            rest.split_once('/').ok_or(TileError::Path("it ends after the level or \"entries\""))?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes { level: parse_level(level)? },
        };
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((index, width)) => (index, parse_width(width)?),
        };
        Self::new(kind, parse_index(index)?, width)
    }
}

fn parse_level(level: &str) -> Result<u8, TileError> {
    let wrong = TileError::Path("the level is not a number from 0 to 63 without leading zeros");
    let number = decimal(level).ok_or(wrong)?;
    u8::try_from(number).ok().filter(|level| *level <= MAX_LEVEL).ok_or(wrong)
}

fn parse_width(width: &str) -> Result<u16, TileError> {
    let wrong = TileError::Path("the width is not a number from 1 to 255 without leading zeros");
    let number = decimal(width).ok_or(wrong)?;
    u16::try_from(number).ok().filter(|width| (1..TILE_WIDTH).contains(width)).ok_or(wrong)
}

fn parse_index(index: &str) -> Result<u64, TileError> {
    let (above, last) = match index.rsplit_once('/') {
        None => (None, index),
        Some((above, last)) => (Some(above), last),
    };
    let mut number = 0_u64;
    for group in above.into_iter().flat_map(|above| above.split('/')) {
        let digits =
            group.strip_prefix('x').ok_or(TileError::Path("only the last element may lack the x"))?;
        number = push_group(number, digits)?;
        if number == 0 {
            return Err(TileError::Path("the index has superfluous leading elements"));
        }
    }
    push_group(number, last)
}

fn push_group(number: u64, digits: &str) -> Result<u64, TileError> {
    if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TileError::Path("the index is not made of elements of three digits"));
    }
    let group = digits.parse().map_err(|_| TileError::Path("the index is not a number"))?;
    let shifted = number.checked_mul(GROUP).and_then(|number| number.checked_add(group));
    shifted.ok_or(TileError::Path("the index does not fit 64 bits"))
}
