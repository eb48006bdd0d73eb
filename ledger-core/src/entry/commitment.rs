//! Salted commitments: what stands in the leaf in place of the data and of the private part.
//!
//! Not encryption: whoever has salt and bytes can recompute, whoever has neither learns nothing. Invariant: the two domains differ,
//! so that a private part can never be shown as data. Source: docs/format.md §3.

use sha2::{Digest as _, Sha256};

/// 32 random bytes.
pub type Salt = [u8; 32];

/// Commitment to the data.
#[must_use]
pub fn data_hash(salt: &Salt, data: &[u8]) -> [u8; 32] {
    commit(b"ledger/data/v1\0", salt, data)
}

/// Commitment to the private part.
#[must_use]
pub fn private_hash(salt: &Salt, private: &[u8]) -> [u8; 32] {
    commit(b"ledger/private/v1\0", salt, private)
}

fn commit(domain: &[u8], salt: &Salt, bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(domain).chain_update(salt).chain_update(bytes).finalize().into()
}
