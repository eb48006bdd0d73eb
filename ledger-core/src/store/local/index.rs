//! Where names are: fingerprints of the ids and of the streams of full tiles, loose for the last of them, merged into pages for each
//! 256 tiles.
//!
//! Only says where to look; what stands there decides. Invariant: every full tile is either a loose row or in the pages of its group,
//! never both, because one batch of changes moves it. Source: docs/format.md §10.6, docs/adr/0012-id-pages.md.

use super::rows::{fingerprint, loose_key, page_key};
use super::rows_kv::{Change, Lost, Row, Rows};
use super::tile::TILE;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Questions after which loose rows are kept in memory: a command that asks once has no use for them.
const PATIENCE: u32 = 4;

/// First 8 bytes of BLAKE3 of a name.
pub type Fingerprint = [u8; 8];
/// In a loose row: a fingerprint, and where in its tile the name stands.
pub type Loose = [u8; 9];
/// In a page: a fingerprint, and where in its group of tiles the name stands (2 bytes, big-endian).
type Paged = [u8; 10];

fn lost(what: impl Into<String>) -> Lost {
    Lost(what.into())
}

/// A name and its place in a tile.
#[must_use]
pub fn loose(name: &str, slot: u8) -> Loose {
    join(&fingerprint(name), &[slot])
}

fn join<const N: usize>(head: &[u8], tail: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(head.iter().chain(tail)).for_each(|(o, b)| *o = *b);
    out
}

/// With the tile's place in its group put in between.
fn paged(tile: u64, [fingerprint @ .., slot]: &Loose) -> Paged {
    let in_group = u8::try_from(tile.rem_euclid(TILE)).unwrap_or(u8::MAX);
    join(fingerprint, &[in_group, *slot])
}

/// What is found by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every entry of a tile, by its id.
    Ids,
    /// The first entry of each stream in a tile, by the stream.
    Streams,
}

/// Finds names of one kind. What it keeps is a copy of rows, made when there is reason to.
pub(super) struct Index {
    kind: Kind,
    asked: RefCell<Asked>,
}

/// The loose rows of the last, unfinished group of tiles, once they are worth keeping.
#[derive(Default)]
struct Asked {
    times: u32,
    known: Option<BTreeSet<Paged>>,
}

impl Index {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, asked: RefCell::default() }
    }

    /// Adds the changes for a tile that is now full, with what it holds: its loose row, or the pages of the group that it completes.
    pub(super) fn put(
        &self,
        rows: &dyn Rows,
        tile: u64,
        own: &[Loose],
        changes: &mut Vec<Change>,
    ) -> Result<(), Lost> {
        if tile.rem_euclid(TILE) != TILE.saturating_sub(1) {
            changes.push((loose_key(self.kind, tile), Some(own.concat())));
            return Ok(());
        }
        let group = tile.div_euclid(TILE);
        let first = group.saturating_mul(TILE);
        let mut all: Vec<Paged> = Vec::with_capacity(1 << 16);
        for (at, row) in (first..).zip(self.loose_rows(rows, first, tile)?) {
            all.extend(entries(&row)?.iter().map(|entry| paged(at, entry)));
        }
        all.extend(own.iter().map(|entry| paged(tile, entry)));
        changes.extend((first..tile).map(|index| (loose_key(self.kind, index), None)));
        all.sort_unstable();
        for byte in 0..=u8::MAX {
            let page = all.iter().skip(all.partition_point(|f| f.first() < Some(&byte)));
            let page: Vec<u8> = page.take_while(|f| f.first() == Some(&byte)).flatten().copied().collect();
            changes.push((page_key(self.kind, group, byte), Some(page)));
        }
        Ok(())
    }

    /// The changes of [`put`](Self::put) for this tile have been applied.
    pub(super) fn applied(&mut self, tile: u64, own: &[Loose]) {
        if let Some(known) = &mut self.asked.get_mut().known {
            if tile.rem_euclid(TILE) == TILE.saturating_sub(1) {
                known.clear();
            } else {
                known.extend(own.iter().map(|entry| paged(tile, entry)));
            }
        }
    }

    /// Sequences of one group of tiles where this name may stand, ascending; `tiles` of all groups are full.
    pub(super) fn find(&self, rows: &dyn Rows, tiles: u64, group: u64, name: &str) -> Result<Vec<u64>, Lost> {
        let wanted = fingerprint(name);
        let start = group.saturating_mul(TILE).saturating_mul(TILE);
        let sequence = |entry: &Paged| {
            let place = u16::from_be_bytes(entry.last_chunk().copied().unwrap_or_default());
            start.saturating_add(u64::from(place))
        };
        if group >= tiles.div_euclid(TILE) {
            return Ok(self.find_loose(rows, tiles, &wanted)?.iter().map(sequence).collect());
        }
        let page = rows.get(&page_key(self.kind, group, wanted[0]))?;
        let page = page.ok_or_else(|| lost(format!("{:?} of group {group}", self.kind)))?;
        let (entries, rest) = page.as_chunks::<10>();
        if !rest.is_empty() {
            return Err(lost(format!("{:?} of group {group} are malformed", self.kind)));
        }
        let at = entries.partition_point(|e| e.as_slice() < wanted.as_slice());
        Ok(entries.iter().skip(at).take_while(|e| e.starts_with(&wanted)).map(sequence).collect())
    }

    fn find_loose(&self, rows: &dyn Rows, tiles: u64, wanted: &Fingerprint) -> Result<Vec<Paged>, Lost> {
        let mut asked = self.asked.borrow_mut();
        asked.times = asked.times.saturating_add(1);
        let (least, most) = (join(wanted, &[0, 0]), join(wanted, &[u8::MAX, u8::MAX]));
        if let Some(known) = &asked.known {
            return Ok(known.range::<Paged, _>(least..=most).copied().collect());
        }
        let first = tiles.saturating_sub(tiles.rem_euclid(TILE));
        let keep = asked.times > PATIENCE;
        let (mut found, mut known) = (Vec::new(), BTreeSet::new());
        for (tile, row) in (first..).zip(self.loose_rows(rows, first, tiles)?) {
            let entries = entries(&row)?;
            found.extend(entries.iter().filter(|e| e.starts_with(wanted)).map(|e| paged(tile, e)));
            if keep {
                known.extend(entries.iter().map(|e| paged(tile, e)));
            }
        }
        asked.known = keep.then_some(known);
        Ok(found)
    }

    /// The loose rows of these tiles, one each.
    fn loose_rows(&self, rows: &dyn Rows, from: u64, to: u64) -> Result<Vec<Vec<u8>>, Lost> {
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let found = rows.range(&loose_key(self.kind, from), &loose_key(self.kind, to), count)?;
        let own = |(tile, (key, row)): (u64, Row)| (key == loose_key(self.kind, tile)).then_some(row);
        let own: Option<Vec<_>> = (from..).zip(found).map(own).collect();
        own.filter(|rows| rows.len() == count).ok_or_else(|| lost(format!("{:?} are missing", self.kind)))
    }
}

/// A loose row, entry by entry; no tile is without.
fn entries(row: &[u8]) -> Result<&[Loose], Lost> {
    let (entries, rest) = row.as_chunks::<9>();
    if rest.is_empty() && !entries.is_empty() { Ok(entries) } else { Err(lost("a loose row is malformed")) }
}
