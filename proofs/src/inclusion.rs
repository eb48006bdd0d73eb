//! Inclusion proofs: that a leaf is at a given position of the tree with a given root.
//!
//! Not a proof of the tree's size: several sizes share one proof and root, so the size must come from where the root
//! comes from, a signed checkpoint.
//!
//! Invariant: exactly one number of hashes is right for a position and a size; any other is refused unseen.
//!
//! Spec: <https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1.1>

use crate::error::ProofError;
use crate::hash::{Hash, node_hash};
use crate::tree::{NodeId, Path, Step};

/// That the leaf at `index` is in the tree of `size` leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// Position of the leaf, from 0.
    pub index: u64,
    /// Leaves in the tree.
    pub size: u64,
    /// RFC 6962's `PATH(index, D[size])`: from the leaf's neighbour up to the root's child.
    pub hashes: Vec<Hash>,
}

impl InclusionProof {
    /// [`verify_inclusion`] with this proof's own index, size and hashes.
    ///
    /// # Errors
    /// As there.
    pub fn verify(&self, leaf_hash: &Hash, root: &Hash) -> Result<(), ProofError> {
        verify_inclusion(leaf_hash, self.index, self.size, &self.hashes, root)
    }
}

/// The nodes to fetch for the proof of one leaf, in the order in which [`assemble`] takes their hashes.
///
/// That is the proof's own order; a proof hash that is not of a perfect subtree is given by its parts, from right to
/// left.
///
/// # Errors
/// [`ProofError::IndexBeyondTree`] when there is no such leaf.
pub fn indexes(index: u64, size: u64) -> Result<Vec<NodeId>, ProofError> {
    Ok(path(index, size)?.flat_map(Step::span).collect())
}

/// The proof, from the hashes of the nodes that [`indexes`] names for the same leaf and size, in that order.
///
/// # Errors
/// [`ProofError::IndexBeyondTree`] when there is no such leaf, [`ProofError::NodeCount`] when the number of hashes is
/// not that of the nodes.
pub fn assemble(index: u64, size: u64, fetched: &[Hash]) -> Result<InclusionProof, ProofError> {
    let expected = path(index, size)?.flat_map(Step::span).count();
    let wrong = ProofError::NodeCount { expected, got: fetched.len() };
    if fetched.len() != expected {
        return Err(wrong);
    }
    let mut next = fetched.iter();
    prove(index, size, |_| next.next().copied().ok_or_else(|| wrong.clone()))
}

/// The proof in one go, for stores that can be asked node by node; one allocation.
///
/// # Errors
/// [`ProofError::IndexBeyondTree`] when there is no such leaf, and those of `fetch`.
pub fn prove<E: From<ProofError>>(
    index: u64,
    size: u64,
    mut fetch: impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<InclusionProof, E> {
    let path = path(index, size)?;
    let mut hashes = Vec::with_capacity(path.count());
    for step in path {
        hashes.push(step.span().hash(&mut fetch)?);
    }
    Ok(InclusionProof { index, size, hashes })
}

/// Checks that the leaf with this hash is at `index` in the tree of `size` leaves with this root.
///
/// # Errors
/// [`ProofError::IndexBeyondTree`], [`ProofError::WrongLength`] and, when it all fits but proves nothing,
/// [`ProofError::RootMismatch`].
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    hashes: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    let path = path(index, size)?;
    let expected = path.count();
    if hashes.len() != expected {
        return Err(ProofError::WrongLength { expected, got: hashes.len() });
    }
    let mut reached = *leaf_hash;
    for (step, hash) in path.zip(hashes) {
        reached = match step {
            Step::Left(_) => node_hash(hash, &reached),
            Step::Right(_) => node_hash(&reached, hash),
        };
    }
    if reached == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// The way from a leaf to the root.
pub(crate) fn path(index: u64, size: u64) -> Result<Path, ProofError> {
    if index < size {
        Ok(Path::from(NodeId { level: 0, index }, size))
    } else {
        Err(ProofError::IndexBeyondTree { index, size })
    }
}
