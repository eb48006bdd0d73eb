//! Names as 12 bytes, so that a million streams and ids can be remembered in little memory.
//!
//! Not a commitment, and never stored: the hash is keyed afresh for each verification, so nobody can prepare two names that meet.
//! Invariant: equal names have equal fingerprints; unequal ones meet by accident once in 2^96 pairs.

use std::collections::hash_map::{HashMap, RandomState};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher};

/// The fingerprint of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint([u32; 3]);

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, _] = self.0;
        state.write_u64(u64::from(a) << 32 | u64::from(b));
    }
}

/// Makes fingerprints; those of two keyings have nothing in common.
#[derive(Clone, Default)]
pub(super) struct Keying(RandomState, RandomState);

impl Keying {
    /// The fingerprint of this name.
    #[expect(clippy::cast_possible_truncation, reason = "three times 32 of the 128 bits")]
    pub(super) fn of(&self, name: &(impl Hash + ?Sized)) -> Fingerprint {
        let (a, b) = (self.0.hash_one(name), self.1.hash_one(name));
        Fingerprint([(a >> 32) as u32, a as u32, b as u32])
    }
}

/// Takes a fingerprint for its own hash.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

/// Parts that a table is split into, so that growing one copies little.
const SHARDS: usize = 64;

/// A value for each of many names.
pub(super) struct Table<V> {
    shards: Vec<HashMap<Fingerprint, V, BuildHasherDefault<AsItIs>>>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { shards: std::iter::repeat_with(HashMap::default).take(SHARDS).collect() }
    }
}

impl<V> Table<V> {
    /// Sets the value of a name; gives the one that it had.
    pub(super) fn insert(&mut self, name: Fingerprint, value: V) -> Option<V> {
        let [_, _, c] = name.0;
        let shard = usize::try_from(c).unwrap_or_default().rem_euclid(SHARDS);
        self.shards.get_mut(shard)?.insert(name, value)
    }
}
