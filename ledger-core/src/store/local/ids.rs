//! Where ids are: fingerprints of the entries of full tiles, loose for the last of them, merged into pages for each 256 tiles.
//!
//! Only says where to look; the entry itself decides. Invariant: every full tile is either a loose row or in the pages of its group,
//! never both, because one batch of changes moves it. Source: docs/format.md §10.6, docs/adr/0012-id-pages.md.

use super::rows::{fingerprint, fingerprint_key, page_key};
use super::rows_kv::{Change, Lost, Rows};
use super::tile::{OpenTile, TILE};
use std::cell::RefCell;
use std::collections::HashMap;

/// Bytes of a fingerprint in a page: itself, and where in the group of tiles its entry stands (2 bytes, big-endian).
const PAGED: usize = 10;
/// Questions after which loose rows are kept in memory: a command that asks once has no use for them.
const PATIENCE: u32 = 4;

type Fingerprint = [u8; 8];

fn lost(what: impl Into<String>) -> Lost {
    Lost(what.into())
}

/// Finds ids. What it keeps is a copy of rows, made when there is reason to.
#[derive(Default)]
pub(super) struct Ids {
    loose: RefCell<Loose>,
}

/// The loose rows of the last, unfinished group of tiles.
#[derive(Default)]
struct Loose {
    asked: u32,
    known: Option<Places>,
}

/// Where in the group each fingerprint stands first, and where again.
#[derive(Default)]
struct Places {
    first: HashMap<Fingerprint, u16>,
    again: Vec<(Fingerprint, u16)>,
}

impl Places {
    fn add(&mut self, tile: u64, fingerprints: &[Fingerprint]) {
        let start = tile.rem_euclid(TILE).saturating_mul(TILE);
        for (place, fingerprint) in (start..).zip(fingerprints) {
            let place = u16::try_from(place).unwrap_or(u16::MAX);
            if self.first.contains_key(fingerprint) {
                self.again.push((*fingerprint, place));
            } else {
                self.first.insert(*fingerprint, place);
            }
        }
    }

    /// Ascending.
    fn of(&self, wanted: &Fingerprint) -> impl Iterator<Item = u16> {
        let again = self.again.iter().filter(move |(f, _)| f == wanted).map(|(_, place)| *place);
        self.first.get(wanted).copied().into_iter().chain(again)
    }
}

/// First entry of a group of tiles.
const fn group_start(group: u64) -> u64 {
    group.saturating_mul(TILE).saturating_mul(TILE)
}

impl Ids {
    /// Adds the changes for a tile that is now full: its loose row, or the pages of the group that it completes.
    pub(super) fn put(
        &self,
        rows: &dyn Rows,
        tile: &OpenTile,
        changes: &mut Vec<Change>,
    ) -> Result<(), Lost> {
        let own = tile.fingerprints();
        if tile.index.rem_euclid(TILE) != TILE.saturating_sub(1) {
            changes.push((fingerprint_key(tile.index), Some(own.concat())));
            return Ok(());
        }
        let group = tile.index.div_euclid(TILE);
        let mut all: Vec<[u8; PAGED]> = Vec::with_capacity(1 << 16);
        let mut add = |fingerprints: &[Fingerprint]| {
            for f in fingerprints {
                let place = u16::try_from(all.len()).unwrap_or(u16::MAX).to_be_bytes();
                let mut paged = [0; PAGED];
                paged.iter_mut().zip(f.iter().chain(&place)).for_each(|(p, b)| *p = *b);
                all.push(paged);
            }
        };
        for (_, row) in loose_rows(rows, group.saturating_mul(TILE), tile.index)? {
            add(&row);
        }
        add(own);
        changes.extend((group.saturating_mul(TILE)..tile.index).map(|index| (fingerprint_key(index), None)));
        all.sort_unstable();
        for byte in 0..=u8::MAX {
            let page = all.iter().skip(all.partition_point(|f| f.first() < Some(&byte)));
            let page: Vec<u8> = page.take_while(|f| f.first() == Some(&byte)).flatten().copied().collect();
            changes.push((page_key(group, byte), Some(page)));
        }
        Ok(())
    }

    /// The changes of [`put`](Self::put) for this tile have been applied.
    pub(super) fn applied(&mut self, tile: &OpenTile) {
        if let Some(places) = &mut self.loose.get_mut().known {
            if tile.index.rem_euclid(TILE) == TILE.saturating_sub(1) {
                *places = Places::default();
            } else {
                places.add(tile.index, tile.fingerprints());
            }
        }
    }

    /// Entries of the first `tiles` tiles that may have this id, ascending.
    pub(super) fn candidates(&self, rows: &dyn Rows, tiles: u64, id: &str) -> Result<Vec<u64>, Lost> {
        let wanted = fingerprint(id);
        let groups = tiles.div_euclid(TILE);
        let mut found = Vec::new();
        for group in 0..groups {
            let page = rows.get(&page_key(group, wanted[0]))?;
            let page = page.ok_or_else(|| lost(format!("ids of group {group}")))?;
            let (entries, rest) = page.as_chunks::<PAGED>();
            if !rest.is_empty() {
                return Err(lost(format!("ids of group {group} are malformed")));
            }
            let at = entries.partition_point(|e| e.as_slice() < wanted.as_slice());
            for entry in entries.iter().skip(at).take_while(|e| e.starts_with(&wanted)) {
                let place = u16::from_be_bytes(entry.last_chunk().copied().unwrap_or_default());
                found.push(group_start(group).saturating_add(u64::from(place)));
            }
        }
        let loose = |place: u16| group_start(groups).saturating_add(u64::from(place));
        let mut cache = self.loose.borrow_mut();
        cache.asked = cache.asked.saturating_add(1);
        if let Some(places) = &cache.known {
            found.extend(places.of(&wanted).map(loose));
            return Ok(found);
        }
        let first = groups.saturating_mul(TILE);
        let read = loose_rows(rows, first, tiles)?;
        let all = (0_u16..).zip(read.iter().flat_map(|(_, row)| row));
        found.extend(all.filter(|(_, f)| **f == wanted).map(|(place, _)| loose(place)));
        if cache.asked > PATIENCE {
            let places = cache.known.insert(Places::default());
            read.iter().for_each(|(tile, row)| places.add(*tile, row));
        }
        Ok(found)
    }
}

/// The loose rows of these tiles.
fn loose_rows(rows: &dyn Rows, from: u64, to: u64) -> Result<Vec<(u64, Vec<Fingerprint>)>, Lost> {
    let count = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    let found = rows.range(&fingerprint_key(from), &fingerprint_key(to), count)?;
    let whole = usize::try_from(TILE).unwrap_or(usize::MAX);
    let tiles = (from..).zip(found).map(|(tile, (key, row))| {
        let (fingerprints, rest) = row.as_chunks::<8>();
        let fits = key == fingerprint_key(tile) && rest.is_empty() && fingerprints.len() == whole;
        fits.then(|| (tile, fingerprints.to_vec()))
    });
    let tiles: Option<Vec<_>> = tiles.collect();
    tiles.filter(|t| t.len() == count).ok_or_else(|| lost("fingerprints are missing"))
}
