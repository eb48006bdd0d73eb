//! One entry of the log: its leaf, its data, its private part, and the bytes in which they are kept.
//!
//! Not here: what an entry means (`event`), and where it lies (`store`). Invariant: the leaf is hashed as the stored bytes.
//! Source: docs/format.md §§2-5, 10.2, 12.

pub mod commitment;
pub mod event_json;
pub mod leaf;
pub mod signature;

use crate::codes::Code;
use crate::error::{Error, Result};
pub use commitment::{Salt, data_hash, private_hash};
pub use leaf::{Auth, Leaf};
use ledger_proofs::Hash;

/// Most bytes of a leaf.
pub const MAX_LEAF: usize = 65_535;
/// Most bytes of data, and of a private part.
pub const MAX_PART: usize = 1 << 20;
/// Most levels of data, and of a private part: one less than a document may have, so that event JSON and intents, in which parts stand
/// one level deeper, can be read by the same rules.
pub const MAX_PART_DEPTH: usize = crate::json::MAX_DEPTH - 1;
/// Most bytes of a commit, its header included.
pub const MAX_COMMIT: usize = 16 << 20;
/// Bytes of lengths in front of each record of a commit.
pub const RECORD_LENGTHS: usize = 10;

/// Salted bytes that the leaf commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Random; zeros once erased.
    pub salt: Salt,
    /// Canonical JSON object; zeros once erased.
    pub bytes: Vec<u8>,
}

impl Part {
    /// Whether salt and bytes are all zero: erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.salt == [0; 32] && self.bytes.iter().all(|b| *b == 0)
    }
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The leaf's exact bytes.
    pub leaf: Vec<u8>,
    /// What rules read.
    pub data: Part,
    /// What no rule reads.
    pub private: Option<Part>,
}

impl Entry {
    /// RFC 6962 hash of the leaf.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        ledger_proofs::leaf_hash(&self.leaf)
    }

    /// BLAKE3 of the leaf: what the next entry's `prevhash` must be.
    #[must_use]
    pub fn chain_hash(&self) -> [u8; 32] {
        *blake3::hash(&self.leaf).as_bytes()
    }

    /// The leaf, read.
    ///
    /// # Errors
    /// `LG_300` when it is no leaf.
    pub fn parse(&self) -> Result<Leaf<'_>> {
        Leaf::parse(&self.leaf)
            .map_err(|why| Error::new(Code::FindShape, format!("the leaf is malformed: {why}")))
    }

    /// Bytes of the record that [`write_record`](Self::write_record) appends.
    #[must_use]
    pub fn record_len(&self) -> usize {
        let private = self.private.as_ref().map_or(0, |p| p.bytes.len().saturating_add(32));
        RECORD_LENGTHS
            .saturating_add(self.leaf.len())
            .saturating_add(32)
            .saturating_add(self.data.bytes.len())
            .saturating_add(private)
    }

    /// Appends the record of docs/format.md §10.2.
    ///
    /// # Errors
    /// `LG_103` when a part is beyond its bound.
    pub fn write_record(&self, out: &mut Vec<u8>) -> Result<()> {
        let too_large = |what: &str, len: usize, most: usize| {
            Error::new(Code::TooLarge, format!("the {what} has {len} bytes, at most {most} are allowed"))
        };
        let leaf =
            u16::try_from(self.leaf.len()).map_err(|_| too_large("leaf", self.leaf.len(), MAX_LEAF))?;
        let part = |what: &str, bytes: &[u8]| {
            u32::try_from(bytes.len())
                .ok()
                .filter(|_| bytes.len() <= MAX_PART)
                .ok_or_else(|| too_large(what, bytes.len(), MAX_PART))
        };
        let data = part("data", &self.data.bytes)?;
        let private = self.private.as_ref().map_or(Ok(0), |p| part("private part", &p.bytes))?;
        out.extend_from_slice(&leaf.to_le_bytes());
        out.extend_from_slice(&data.to_le_bytes());
        out.extend_from_slice(&private.to_le_bytes());
        out.extend_from_slice(&self.leaf);
        out.extend_from_slice(&self.data.salt);
        out.extend_from_slice(&self.data.bytes);
        if let Some(p) = &self.private {
            out.extend_from_slice(&p.salt);
            out.extend_from_slice(&p.bytes);
        }
        Ok(())
    }

    /// An owned copy of a record.
    #[must_use]
    pub fn from_record(record: &Record<'_>) -> Self {
        let part = |salt: &Salt, bytes: &[u8]| Part { salt: *salt, bytes: bytes.to_vec() };
        Self {
            leaf: record.leaf.to_vec(),
            data: part(record.data_salt, record.data),
            private: record.private.map(|(salt, bytes)| part(salt, bytes)),
        }
    }

    /// The same entry, borrowed.
    #[must_use]
    pub fn as_record(&self) -> Record<'_> {
        Record {
            leaf: &self.leaf,
            data_salt: &self.data.salt,
            data: &self.data.bytes,
            private: self.private.as_ref().map(|p| (&p.salt, p.bytes.as_slice())),
        }
    }
}

/// An entry in place: slices of a commit's body.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The leaf's exact bytes.
    pub leaf: &'a [u8],
    /// Salt of the data.
    pub data_salt: &'a Salt,
    /// The data.
    pub data: &'a [u8],
    /// Salt and bytes of the private part.
    pub private: Option<(&'a Salt, &'a [u8])>,
}

impl<'a> Record<'a> {
    /// Takes one record off the front; `None` when the bytes do not hold a whole one.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (leaf_len, bytes) = bytes.split_first_chunk::<2>()?;
        let (data_len, bytes) = bytes.split_first_chunk::<4>()?;
        let (private_len, bytes) = bytes.split_first_chunk::<4>()?;
        let (leaf, bytes) = bytes.split_at_checked(usize::from(u16::from_le_bytes(*leaf_len)))?;
        let (data_salt, bytes) = bytes.split_first_chunk::<32>()?;
        let (data, bytes) = bytes.split_at_checked(usize::try_from(u32::from_le_bytes(*data_len)).ok()?)?;
        let private_len = usize::try_from(u32::from_le_bytes(*private_len)).ok()?;
        if private_len == 0 {
            return Some((Self { leaf, data_salt, data, private: None }, bytes));
        }
        let (salt, bytes) = bytes.split_first_chunk::<32>()?;
        let (private, bytes) = bytes.split_at_checked(private_len)?;
        Some((Self { leaf, data_salt, data, private: Some((salt, private)) }, bytes))
    }
}
