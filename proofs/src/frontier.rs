//! The right edge of a growing tree: the roots of its perfect subtrees, enough to append and to know the root.
//!
//! Not a store: it forgets everything below the edge, so it can prove nothing about earlier leaves.
//!
//! Invariant: it holds exactly one hash for each bit set in its size, the largest subtree first.
//!
//! Spec: <https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1>

use crate::error::ProofError;
use crate::hash::{Hash, empty_root, node_hash};
use crate::tree::{NodeId, root_nodes};

/// The right edge of a tree; the default is the empty tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// A tree of `size` leaves from the hashes of its [`root_nodes`], in their order.
    ///
    /// # Errors
    /// [`ProofError::NodeCount`] when there are not exactly as many hashes as the size has bits set.
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Result<Self, ProofError> {
        // At most 64, so the conversion cannot fail.
        let expected = usize::try_from(size.count_ones()).unwrap_or(usize::MAX);
        if hashes.len() != expected {
            return Err(ProofError::NodeCount { expected, got: hashes.len() });
        }
        Ok(Self { size, hashes })
    }

    /// Appends one leaf, given as its [`leaf_hash`](crate::leaf_hash).
    ///
    /// # Errors
    /// [`ProofError::TreeFull`] at `u64::MAX` leaves; the frontier is then unchanged.
    pub fn push(&mut self, leaf_hash: Hash) -> Result<(), ProofError> {
        self.push_subtree(0, leaf_hash)
    }

    /// Appends `2^level` leaves at once, given as the root of their perfect subtree (a full tile has level 8).
    ///
    /// # Errors
    /// [`ProofError::Misaligned`] when the size is no multiple of `2^level`, [`ProofError::TreeFull`] when the leaves
    /// do not fit; the frontier is then unchanged.
    pub fn push_subtree(&mut self, level: u8, hash: Hash) -> Result<(), ProofError> {
        let full = ProofError::TreeFull { size: self.size, level };
        let Some(width) = 1_u64.checked_shl(level.into()) else { return Err(full) };
        if self.size & width.wrapping_sub(1) != 0 {
            return Err(ProofError::Misaligned { size: self.size, level });
        }
        let Some(size) = self.size.checked_add(width) else { return Err(full) };
        let mut merged = hash;
        // The addition clears one bit for each subtree that the new one completes.
        for _ in 0..(self.size & !size).count_ones() {
            if let Some(left) = self.hashes.pop() {
                merged = node_hash(&left, &merged);
            }
        }
        self.hashes.push(merged);
        self.size = size;
        Ok(())
    }

    /// Leaves in the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree; that of the empty tree when there is no leaf yet.
    #[must_use]
    pub fn root(&self) -> Hash {
        let fold = |right: Hash, left: &Hash| node_hash(left, &right);
        match self.hashes.split_last() {
            None => empty_root(),
            Some((last, larger)) => larger.iter().rev().fold(*last, fold),
        }
    }

    /// The perfect subtrees and their hashes, from left to right.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, Hash)> + '_ {
        root_nodes(self.size).into_iter().zip(self.hashes.iter().copied())
    }
}
