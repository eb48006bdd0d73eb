//! Entry bundles: the entries of one tile as a tiled log serves them, each behind its length in 16 bits.
//!
//! Not a check of the entries: hash them with [`leaf_hash`](crate::leaf_hash) and compare with the tile of level 0.
//!
//! Invariant: a bundle of a given width has exactly one reading, and no bytes left over.
//!
//! Spec: <https://c2sp.org/tlog-tiles>

use crate::error::TileError;
use crate::tile::TILE_WIDTH;

/// The bytes of a bundle: for each entry its length in bytes as a big-endian `u16`, then the entry.
///
/// # Errors
/// [`TileError::Width`] unless there are 1 to 256 entries, [`TileError::EntryTooLong`] for one above 65,535 bytes.
pub fn encode_bundle<T: AsRef<[u8]>>(entries: &[T]) -> Result<Vec<u8>, TileError> {
    if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
        return Err(TileError::Width(entries.len()));
    }
    let payload: usize = entries.iter().map(|entry| entry.as_ref().len()).sum();
    let mut bytes = Vec::with_capacity(payload.saturating_add(entries.len().saturating_mul(2)));
    for (position, entry) in entries.iter().enumerate() {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len())
            .map_err(|_| TileError::EntryTooLong { entry: position, got: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle of `width` entries, borrowed from its bytes.
///
/// # Errors
/// [`TileError::Width`] for a width outside 1 to 256, [`TileError::BundleCutShort`] and [`TileError::BundleTooLong`]
/// when the bytes do not end with the last entry.
pub fn parse_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    if !(1..=TILE_WIDTH).contains(&width) {
        return Err(TileError::Width(width.into()));
    }
    let mut entries = Vec::with_capacity(width.into());
    let mut rest = bytes;
    for entry in 0..usize::from(width) {
        let cut_short = TileError::BundleCutShort { entry };
        let (length, after) = rest.split_first_chunk::<2>().ok_or(cut_short)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (body, after) = after.split_at_checked(length).ok_or(cut_short)?;
        entries.push(body);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(TileError::BundleTooLong { extra: rest.len() }) }
}
