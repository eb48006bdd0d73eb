//! Rows of the database and the keys that they stand under.
//!
//! Not the log: whatever is here can be made again from the journal. Invariant: bincode is used for these rows only, and only for
//! plain structs (docs/adr/0005-bincode.md). Source: docs/format.md §10.6.

use super::index::{Fingerprint, Kind};
use serde::{Deserialize, Serialize};

/// Bytes that bincode copies in one piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_byte_buf<E>(self, v: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(v))
            }
            fn visit_bytes<E>(self, v: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(v.to_vec()))
            }
        }
        d.deserialize_byte_buf(Visitor)
    }
}

/// One full tile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileRow {
    /// 256 leaf hashes, 32 bytes each.
    pub hashes: Bytes,
    /// 256 packed positions of records, 8 bytes each, little-endian.
    pub positions: Bytes,
    /// Packed position of the commit that holds the last of them.
    pub commit: u64,
    /// BLAKE3 of the last leaf.
    pub chain: [u8; 32],
    /// Time of the first entry, milliseconds since 1970.
    pub first_time: i64,
    /// Time of the last entry.
    pub last_time: i64,
}

/// A stream's entries in one tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamRow {
    /// Position in the stream of the first of them.
    pub first: u64,
    /// Their places in the tile, ascending.
    pub slots: Vec<u8>,
}

impl StreamRow {
    /// Entries of the stream up to and including these.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.first.saturating_add(self.slots.len() as u64)
    }
}

/// One of the streams of a tile, as its row holds it: name, position of its first entry in the stream, places in the tile.
pub type StreamPart<'a> = (&'a str, u64, &'a [u8]);

/// Key of the number of tiles whose rows are complete.
pub const VISIBLE: &[u8] = b"visible";

/// Key of a [`TileRow`].
#[must_use]
pub fn tile_key(tile: u64) -> Vec<u8> {
    [b"t".as_slice(), &tile.to_be_bytes()].concat()
}

/// Key of the root of the perfect subtree of 256^level entries.
#[must_use]
pub fn node_key(level: u8, index: u64) -> Vec<u8> {
    [b"n".as_slice(), &[level], &index.to_be_bytes()].concat()
}

/// Key of a tile's loose fingerprints.
#[must_use]
pub fn loose_key(kind: Kind, tile: u64) -> Vec<u8> {
    let letter = match kind {
        Kind::Ids => b"f",
        Kind::Streams => b"g",
    };
    [letter.as_slice(), &tile.to_be_bytes()].concat()
}

/// Key of a page of the fingerprints of 256 tiles.
#[must_use]
pub fn page_key(kind: Kind, group: u64, byte: u8) -> Vec<u8> {
    let letter = match kind {
        Kind::Ids => b"i",
        Kind::Streams => b"j",
    };
    [letter.as_slice(), &group.to_be_bytes(), &[byte]].concat()
}

/// Key of the streams of a tile: a list of [`StreamPart`], ascending by name.
#[must_use]
pub fn streams_key(tile: u64) -> Vec<u8> {
    [b"s".as_slice(), &tile.to_be_bytes()].concat()
}

/// First 8 bytes of BLAKE3 of a name.
#[must_use]
pub fn fingerprint(name: &str) -> Fingerprint {
    let hash = blake3::hash(name.as_bytes());
    let mut out = [0; 8];
    out.iter_mut().zip(hash.as_bytes()).for_each(|(o, b)| *o = *b);
    out
}
