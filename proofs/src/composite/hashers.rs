//! How each profile joins two nodes, in the form that `rs_merkle` asks for.
//!
//! Not how a leaf is hashed: leaves arrive as hashes. Invariant: a node without a neighbour goes up as it is, which with
//! [`Separated`] makes exactly the tree of RFC 6962, and with [`HexPairs`] never happens, since its trees are full.

use rs_merkle::Hasher;
use sha2::{Digest as _, Sha256};

use crate::composite::Profile;
use crate::hash::{Hash, node_hash};

type Bytes = [u8; Hash::BYTES];

/// `p69`: SHA-256 over the 128 hexadecimal characters of left and right.
#[derive(Clone)]
pub(super) struct HexPairs;

/// `rfc6962`: SHA-256 over 0x01, left and right.
#[derive(Clone)]
pub(super) struct Separated;

impl Hasher for HexPairs {
    type Hash = Bytes;

    fn hash(data: &[u8]) -> Bytes {
        *Profile::P69.leaf_hash(data).as_bytes()
    }

    fn concat_and_hash(left: &Bytes, right: Option<&Bytes>) -> Bytes {
        let Some(right) = right else { return *left };
        let mut hasher = Sha256::new();
        hasher.update(hex::encode(left));
        hasher.update(hex::encode(right));
        hasher.finalize().into()
    }
}

impl Hasher for Separated {
    type Hash = Bytes;

    fn hash(data: &[u8]) -> Bytes {
        *Profile::Rfc6962.leaf_hash(data).as_bytes()
    }

    fn concat_and_hash(left: &Bytes, right: Option<&Bytes>) -> Bytes {
        let Some(right) = right else { return *left };
        *node_hash(&Hash::from_bytes(*left), &Hash::from_bytes(*right)).as_bytes()
    }
}
