//! One file of the fault disk: what is seen, what survives, and what has been written in between.
//!
//! No faults are decided here. Invariant: what survives a power cut is, sector by sector, some version that the file had since it was
//! last synced; a sector whose sync failed keeps its old durable version until it is written again.

use super::{Dice, SECTOR};
use std::collections::BTreeMap;

/// One change since the last sync: the sectors that it touched as they were afterwards.
#[derive(Clone)]
struct Change {
    sectors: Vec<(usize, [u8; SECTOR])>,
    /// Where the written bytes end; 0 when only the length was changed.
    end: usize,
    /// The length afterwards, if it changed.
    len: Option<usize>,
}

/// A file's content.
#[derive(Clone, Default)]
pub(super) struct Inode {
    seen: Vec<u8>,
    kept: Vec<u8>,
    changes: Vec<Change>,
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn sector(bytes: &[u8], number: usize) -> [u8; SECTOR] {
    let mut out = [0; SECTOR];
    let bytes = bytes.get(number.saturating_mul(SECTOR)..).unwrap_or_default();
    out.iter_mut().zip(bytes).for_each(|(o, b)| *o = *b);
    out
}

/// Puts a sector's bytes where the file has room for them.
fn put(bytes: &mut [u8], number: usize, content: &[u8; SECTOR]) {
    if let Some(place) = bytes.get_mut(number.saturating_mul(SECTOR)..) {
        place.iter_mut().zip(content).for_each(|(p, c)| *p = *c);
    }
}

impl Inode {
    /// A file that is wholly durable.
    pub(super) fn durable(bytes: Vec<u8>) -> Self {
        Self { kept: bytes.clone(), seen: bytes, changes: Vec::new() }
    }

    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn read(&self, buf: &mut [u8], offset: u64) -> usize {
        let bytes = self.seen.get(index(offset)..).unwrap_or_default();
        buf.iter_mut().zip(bytes).for_each(|(b, s)| *b = *s);
        buf.len().min(bytes.len())
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        if bytes.is_empty() {
            return;
        }
        let start = index(offset);
        let (old, end) = (self.seen.len(), start.saturating_add(bytes.len()));
        if end > old {
            self.seen.resize(end, 0);
        }
        if let Some(place) = self.seen.get_mut(start..end) {
            place.copy_from_slice(bytes);
        }
        self.changed(start.min(old), end, end, (end > old).then_some(end));
    }

    pub(super) fn set_len(&mut self, len: u64) {
        let (old, len) = (self.seen.len(), index(len));
        self.seen.resize(len, 0);
        self.changed(old.min(len), old.max(len), 0, Some(len));
    }

    /// Remembers the sectors of a range as they are now.
    fn changed(&mut self, from: usize, to: usize, end: usize, len: Option<usize>) {
        let numbers = from.div_euclid(SECTOR)..to.div_ceil(SECTOR);
        let sectors = numbers.map(|n| (n, sector(&self.seen, n))).collect();
        self.changes.push(Change { sectors, end, len });
    }

    /// All that was written since the last sync becomes durable; what an earlier failed sync dropped does not.
    pub(super) fn sync(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        let reach = changes.iter().map(|c| c.end).max().unwrap_or(0).min(self.seen.len());
        let resized = changes.iter().any(|c| c.len.is_some());
        self.kept.resize(if resized { self.seen.len() } else { self.kept.len().max(reach) }, 0);
        for (number, _) in changes.iter().flat_map(|c| &c.sectors) {
            put(&mut self.kept, *number, &sector(&self.seen, *number));
        }
    }

    /// Some of it became durable, the rest never will unless it is written again.
    pub(super) fn sync_failed(&mut self, dice: &mut Dice) {
        let bias = dice.below(9);
        self.kept = self.after_power_cut(bias, dice).kept;
        self.changes.clear();
    }

    /// A version that may be found after a power cut, the likelier newer the greater `bias` (0 to 8).
    pub(super) fn after_power_cut(&self, bias: usize, dice: &mut Dice) -> Self {
        let lengths: Vec<usize> = self.changes.iter().filter_map(|c| c.len).collect();
        let len = if dice.chance(bias) { pick(&lengths, bias, dice) } else { None };
        let mut bytes = self.kept.clone();
        bytes.resize(len.unwrap_or(self.kept.len()), 0);
        let mut versions: BTreeMap<usize, Vec<[u8; SECTOR]>> = BTreeMap::new();
        for (number, content) in self.changes.iter().flat_map(|c| &c.sectors) {
            versions.entry(*number).or_default().push(*content);
        }
        for (number, contents) in versions {
            if dice.chance(bias)
                && let Some(content) = pick(&contents, bias, dice)
            {
                put(&mut bytes, number, &content);
            }
        }
        Self::durable(bytes)
    }
}

/// The last of them, or sometimes another.
fn pick<T: Copy>(of: &[T], bias: usize, dice: &mut Dice) -> Option<T> {
    if bias == 8 || dice.chance(4) { of.last().copied() } else { of.get(dice.below(of.len())).copied() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
    use super::*;

    #[test]
    fn a_power_cut_leaves_durable_bytes_and_any_mixture_of_the_others() {
        let mut file = Inode::default();
        file.write(&[1; 2000], 0);
        file.sync();
        file.write(&[2; 1024], 1024);
        file.set_len(4096);
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..400 {
            let mut dice = Dice::new(seed);
            let bias = dice.below(9);
            let after = file.after_power_cut(bias, &mut dice);
            let bytes = after.seen();
            assert_eq!(bytes[..1024], [1; 1024]);
            assert!([2000, 2048, 4096].contains(&bytes.len()));
            assert!([1, 2].contains(&bytes[1024]) && [1, 2].contains(&bytes[1999]));
            seen.insert((bytes.len(), bytes[1024], bytes[1999]));
        }
        assert_eq!(seen.len(), 12, "each length with each mixture");
        file.sync();
        assert_eq!(file.after_power_cut(0, &mut Dice::new(1)).seen(), file.seen());
    }

    #[test]
    fn a_failed_sync_is_not_made_good_by_the_next() {
        let mut file = Inode::default();
        file.write(&[1; 512], 0);
        file.sync();
        file.write(&[2; 512], 0);
        let mut lost = false;
        for seed in 0..20 {
            let mut after = file.clone();
            after.sync_failed(&mut Dice::new(seed));
            after.sync();
            assert_eq!(after.seen(), [2; 512]);
            lost |= after.after_power_cut(8, &mut Dice::new(0)).seen() == [1; 512];
            after.write(&[2; 1], 5);
            after.sync();
            assert_eq!(after.after_power_cut(0, &mut Dice::new(0)).seen(), [2; 512], "written again");
        }
        assert!(lost);
    }
}
