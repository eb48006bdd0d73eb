//! Rows of the database and the keys that they stand under.
//!
//! Not the log: whatever is here can be made again from the journal. Invariant: bincode is used for these rows only, and only for
//! plain structs (docs/adr/0005-bincode.md). Source: docs/format.md §10.6.

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
    /// Streams that the tile touches, each with its entries up to and including this tile.
    pub streams: Vec<(String, u64)>,
}

/// A stream's entries in one tile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRow {
    /// Position in the stream of the first of them.
    pub first: u64,
    /// Their places in the tile, ascending.
    pub slots: Bytes,
}

/// The end of a stream, as far as full tiles know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamHead {
    /// Number of entries in full tiles.
    pub count: u64,
    /// The last tile that holds one.
    pub last_tile: u64,
}

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

/// Key of a tile's fingerprints.
#[must_use]
pub fn fingerprint_key(tile: u64) -> Vec<u8> {
    [b"f".as_slice(), &tile.to_be_bytes()].concat()
}

/// Key of a page of the fingerprints of 256 tiles.
#[must_use]
pub fn page_key(group: u64, byte: u8) -> Vec<u8> {
    [b"i".as_slice(), &group.to_be_bytes(), &[byte]].concat()
}

/// Key of a [`StreamRow`].
#[must_use]
pub fn stream_key(name: &str, tile: u64) -> Vec<u8> {
    [b"s".as_slice(), name.as_bytes(), &[0], &tile.to_be_bytes()].concat()
}

/// Key of a [`StreamHead`].
#[must_use]
pub fn stream_head_key(name: &str) -> Vec<u8> {
    [b"h".as_slice(), name.as_bytes()].concat()
}

/// First 8 bytes of BLAKE3 of an id.
#[must_use]
pub fn fingerprint(id: &str) -> [u8; 8] {
    let hash = blake3::hash(id.as_bytes());
    let mut out = [0; 8];
    out.iter_mut().zip(hash.as_bytes()).for_each(|(o, b)| *o = *b);
    out
}
