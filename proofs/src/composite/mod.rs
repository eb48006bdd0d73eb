//! The tree of a composite: one leaf for each child, sorted, with a root over all and an inclusion proof for each.
//!
//! Not the log's tree ([`crate::tree`]), and not what a leaf says: leaves come here hashed ([`Profile::leaf_hash`]).
//! `rs_merkle` builds trees and walks proofs. What it lets pass is refused before it is asked: it takes one proof for
//! several leaf counts, ignores surplus hashes, and takes a root for a leaf.
//!
//! Invariant: the leaf count of a verification comes from the caller, who has it from a statement that was signed or
//! hashed; position and count fix the number of hashes, and roots are compared here. (Several counts may fix the same
//! way up, and `p69` pads them to the same tree: no proof shows the count.)
//!
//! Spec: docs/format.md, "Composite proofs"; seed 002 §4 for `p69`, RFC 6962 §2.1 for `rfc6962`.

mod hashers;

use core::fmt;
use core::str::FromStr;

use rs_merkle::{MerkleProof, MerkleTree};
use sha2::{Digest as _, Sha256};

use crate::error::{CompositeError, ProofError};
use crate::hash::{Hash, leaf_hash};
use crate::inclusion;
use hashers::{HexPairs, Separated};

/// How leaves become a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The bytes of the original: nodes over hexadecimal text, padded with copies of the last leaf to a power of two,
    /// and nothing that tells leaves, nodes and padding apart. For artifacts that exist already.
    P69,
    /// RFC 6962: leaves and nodes are told apart, nothing is padded.
    Rfc6962,
}

impl Profile {
    /// Its name in documents and on the command line: `p69`, `rfc6962`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P69 => "p69",
            Self::Rfc6962 => "rfc6962",
        }
    }

    /// The leaf of these bytes: SHA-256 of them for `p69`, SHA-256 of 0x00 and them for `rfc6962`.
    #[must_use]
    pub fn leaf_hash(self, bytes: &[u8]) -> Hash {
        match self {
            Self::P69 => Hash::from_bytes(Sha256::digest(bytes).into()),
            Self::Rfc6962 => leaf_hash(bytes),
        }
    }

    /// Hashes in the proof of the leaf at `index` of `leaf_count`.
    ///
    /// # Errors
    /// [`ProofError::IndexBeyondTree`] when there is no such leaf.
    pub fn proof_length(self, index: u64, leaf_count: u64) -> Result<usize, ProofError> {
        let steps = inclusion::path(index, leaf_count)?.count();
        Ok(match self {
            Self::Rfc6962 => steps,
            // Up to the next power of two the tree is full: every leaf is as deep as the tree is high.
            Self::P69 => depth(leaf_count),
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = CompositeError;

    fn from_str(text: &str) -> Result<Self, CompositeError> {
        match text {
            "p69" => Ok(Self::P69),
            "rfc6962" => Ok(Self::Rfc6962),
            _ => Err(CompositeError::UnknownProfile),
        }
    }
}

/// Levels above the leaves: ceil(log2(leaves)), 0 for one leaf.
fn depth(leaf_count: u64) -> usize {
    let bits = leaf_count.saturating_sub(1).checked_ilog2().map_or(0, |log| log.saturating_add(1));
    usize::try_from(bits).unwrap_or(usize::MAX)
}

/// The height that a composite of so many leaves states: 1 for one leaf, else ceil(log2(leaves)), as in seed 002.
#[must_use]
pub fn tree_height(leaf_count: u64) -> u64 {
    u64::try_from(depth(leaf_count).max(1)).unwrap_or(u64::MAX)
}

/// The tree over all leaves of a composite.
pub struct CompositeTree {
    leaves: Vec<Hash>,
    root: Hash,
    nodes: Nodes,
}

/// The nodes, by profile.
enum Nodes {
    P69(MerkleTree<HexPairs>),
    Rfc6962(MerkleTree<Separated>),
}

impl CompositeTree {
    /// Sorts the leaves and builds the tree. Equal leaves are kept: whether there may be any is for the caller to say
    /// ([`CompositeTree::equal_leaves`]).
    ///
    /// # Errors
    /// [`CompositeError::Empty`] without any leaf.
    pub fn build(profile: Profile, leaves: impl IntoIterator<Item = Hash>) -> Result<Self, CompositeError> {
        let mut leaves: Vec<Hash> = leaves.into_iter().collect();
        leaves.sort_unstable();
        let mut hashes: Vec<[u8; Hash::BYTES]> = leaves.iter().map(|leaf| *leaf.as_bytes()).collect();
        let (nodes, root) = match profile {
            Profile::P69 => {
                if let Some(last) = hashes.last().copied() {
                    hashes.resize(hashes.len().next_power_of_two(), last);
                }
                let tree = MerkleTree::from_leaves(&hashes);
                let root = tree.root();
                (Nodes::P69(tree), root)
            }
            Profile::Rfc6962 => {
                let tree = MerkleTree::from_leaves(&hashes);
                let root = tree.root();
                (Nodes::Rfc6962(tree), root)
            }
        };
        let root = root.map(Hash::from_bytes).ok_or(CompositeError::Empty)?;
        Ok(Self { leaves, root, nodes })
    }

    /// How this tree was built.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        match self.nodes {
            Nodes::P69(_) => Profile::P69,
            Nodes::Rfc6962(_) => Profile::Rfc6962,
        }
    }

    /// The leaves, sorted; without padding.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// Number of leaves, without padding; at least 1.
    #[must_use]
    pub fn leaf_count(&self) -> u64 {
        u64::try_from(self.leaves.len()).unwrap_or(u64::MAX)
    }

    /// The root over all leaves.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// [`tree_height`] of this tree.
    #[must_use]
    pub fn height(&self) -> u64 {
        tree_height(self.leaf_count())
    }

    /// The first leaf that occurs twice.
    #[must_use]
    pub fn equal_leaves(&self) -> Option<Hash> {
        self.leaves.array_windows::<2>().find(|[a, b]| a == b).map(|[a, _]| *a)
    }

    /// The proof that this leaf is in the tree.
    ///
    /// # Errors
    /// [`CompositeError::NoSuchLeaf`] when it is not.
    pub fn prove(&self, leaf: &Hash) -> Result<LeafProof, CompositeError> {
        let index = self.leaves.binary_search(leaf).map_err(|_| CompositeError::NoSuchLeaf)?;
        let hashes = match &self.nodes {
            Nodes::P69(tree) => tree.proof(&[index]).proof_hashes().to_vec(),
            Nodes::Rfc6962(tree) => tree.proof(&[index]).proof_hashes().to_vec(),
        };
        Ok(LeafProof {
            index: u64::try_from(index).unwrap_or(u64::MAX),
            hashes: hashes.into_iter().map(Hash::from_bytes).collect(),
        })
    }
}

/// That one leaf is at a position of a composite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafProof {
    /// Position among the sorted leaves, from 0.
    pub index: u64,
    /// From the leaf's neighbour up to the root's child.
    pub hashes: Vec<Hash>,
}

impl LeafProof {
    /// Checks that `leaf` is in the composite of this profile, leaf count and root. The last two must come from a
    /// statement that the reader trusts, never from whoever brings the proof.
    ///
    /// # Errors
    /// [`ProofError::IndexBeyondTree`], [`ProofError::WrongLength`] and, when it all fits but proves nothing,
    /// [`ProofError::RootMismatch`].
    pub fn verify(
        &self,
        profile: Profile,
        leaf: &Hash,
        leaf_count: u64,
        root: &Hash,
    ) -> Result<(), ProofError> {
        let expected = profile.proof_length(self.index, leaf_count)?;
        if self.hashes.len() != expected {
            return Err(ProofError::WrongLength { expected, got: self.hashes.len() });
        }
        let reached = match profile {
            Profile::P69 => {
                let padded = leaf_count.checked_next_power_of_two().unwrap_or(u64::MAX);
                climb::<HexPairs>(self, leaf, padded)
            }
            Profile::Rfc6962 => climb::<Separated>(self, leaf, leaf_count),
        };
        if reached.as_ref() == Some(root) { Ok(()) } else { Err(ProofError::RootMismatch) }
    }
}

/// The root that a proof of the right length leads to; `None` where the platform cannot count so far.
fn climb<H: rs_merkle::Hasher<Hash = [u8; Hash::BYTES]>>(
    proof: &LeafProof,
    leaf: &Hash,
    leaf_count: u64,
) -> Option<Hash> {
    let (index, count) = (usize::try_from(proof.index).ok()?, usize::try_from(leaf_count).ok()?);
    let hashes = proof.hashes.iter().map(|hash| *hash.as_bytes()).collect();
    let root = MerkleProof::<H>::new(hashes).root(&[index], &[*leaf.as_bytes()], count).ok()?;
    Some(Hash::from_bytes(root))
}
