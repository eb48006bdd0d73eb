//! Consistency proofs: that a tree is an earlier state of another one, with nothing changed, dropped or reordered.
//!
//! Not a proof of the two sizes: they must come from where the roots come from, signed checkpoints.
//!
//! Invariant: exactly one number of hashes is right for a pair of sizes. Between equal sizes the proof is empty and
//! the roots must be equal; from size 0 it is empty too, the old root must be that of the empty tree, and nothing
//! at all is learnt about the newer one.
//!
//! Spec: <https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1.2>

use crate::error::ProofError;
use crate::hash::{Hash, empty_root, node_hash};
use crate::tree::{NodeId, Path, Span, Step, lowest_bit};

/// That the tree of `from` leaves is what the tree of `to` leaves began as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Leaves in the older tree.
    pub from: u64,
    /// Leaves in the newer tree.
    pub to: u64,
    /// RFC 6962's `PROOF(from, D[to])`.
    pub hashes: Vec<Hash>,
}

impl ConsistencyProof {
    /// [`verify_consistency`] with this proof's own sizes and hashes.
    ///
    /// # Errors
    /// As there.
    pub fn verify(&self, from_root: &Hash, to_root: &Hash) -> Result<(), ProofError> {
        verify_consistency(self.from, from_root, self.to, to_root, &self.hashes)
    }
}

/// The nodes to fetch for the proof between two sizes, in the order in which [`assemble`] takes their hashes.
///
/// That is the proof's own order; a proof hash that is not of a perfect subtree is given by its parts, from right to
/// left.
///
/// # Errors
/// [`ProofError::SizesReversed`] when `from` is larger than `to`.
pub fn indexes(from: u64, to: u64) -> Result<Vec<NodeId>, ProofError> {
    Ok(Plan::new(from, to)?.spans().flatten().collect())
}

/// The proof, from the hashes of the nodes that [`indexes`] names for the same sizes, in that order.
///
/// # Errors
/// [`ProofError::SizesReversed`] when `from` is larger than `to`, [`ProofError::NodeCount`] when the number of hashes
/// is not that of the nodes.
pub fn assemble(from: u64, to: u64, fetched: &[Hash]) -> Result<ConsistencyProof, ProofError> {
    let expected = Plan::new(from, to)?.spans().flatten().count();
    let wrong = ProofError::NodeCount { expected, got: fetched.len() };
    if fetched.len() != expected {
        return Err(wrong);
    }
    let mut next = fetched.iter();
    prove(from, to, |_| next.next().copied().ok_or_else(|| wrong.clone()))
}

/// The proof in one go, for stores that can be asked node by node; one allocation.
///
/// # Errors
/// [`ProofError::SizesReversed`] when `from` is larger than `to`, and those of `fetch`.
pub fn prove<E: From<ProofError>>(
    from: u64,
    to: u64,
    mut fetch: impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<ConsistencyProof, E> {
    let plan = Plan::new(from, to)?;
    let mut hashes = Vec::with_capacity(plan.spans().count());
    for span in plan.spans() {
        hashes.push(span.hash(&mut fetch)?);
    }
    Ok(ConsistencyProof { from, to, hashes })
}

/// Checks that the tree with `from` leaves and `from_root` is what the tree with `to` leaves and `to_root` began as.
///
/// # Errors
/// [`ProofError::SizesReversed`], [`ProofError::WrongLength`], and, when it all fits but proves nothing,
/// [`ProofError::OldRootMismatch`] or [`ProofError::RootMismatch`].
pub fn verify_consistency(
    from: u64,
    from_root: &Hash,
    to: u64,
    to_root: &Hash,
    hashes: &[Hash],
) -> Result<(), ProofError> {
    let plan = Plan::new(from, to)?;
    let expected = plan.spans().count();
    if hashes.len() != expected {
        return Err(ProofError::WrongLength { expected, got: hashes.len() });
    }
    if from == 0 && *from_root != empty_root() {
        return Err(ProofError::OldRootMismatch);
    }
    if from == to {
        return if from_root == to_root { Ok(()) } else { Err(ProofError::RootMismatch) };
    }
    if from == 0 {
        return Ok(());
    }
    let (start, rest) = match (plan.start, hashes.split_first()) {
        (Some(_), Some((first, rest))) => (*first, rest),
        _ => (*from_root, hashes),
    };
    let (mut old, mut new) = (start, start);
    for (step, hash) in plan.path.zip(rest) {
        match step {
            // What is left of the old tree's edge belongs to both trees, what is right of it only to the new one.
            Step::Left(_) => {
                old = node_hash(hash, &old);
                new = node_hash(hash, &new);
            }
            Step::Right(_) => new = node_hash(&new, hash),
        }
    }
    if old != *from_root {
        return Err(ProofError::OldRootMismatch);
    }
    if new == *to_root { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// What a proof between two sizes consists of: the last perfect subtree of the older tree, then the way from it up to
/// the root of the newer one.
struct Plan {
    /// The last perfect subtree of the older tree; none when that is the whole older tree, whose root the verifier
    /// already has.
    start: Option<NodeId>,
    path: Path,
    size: u64,
}

impl Plan {
    fn new(from: u64, to: u64) -> Result<Self, ProofError> {
        if from > to {
            return Err(ProofError::SizesReversed { from, to });
        }
        if from == 0 || from == to {
            return Ok(Self { start: None, path: Path::none(), size: to });
        }
        let level = lowest_bit(from);
        let index = from.wrapping_sub(1).checked_shr(level.into()).unwrap_or(0);
        let node = NodeId { level, index };
        let start = (!from.is_power_of_two()).then_some(node);
        Ok(Self { start, path: Path::from(node, to), size: to })
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        let start = self.start.map(|node| Span::below(node, self.size));
        start.into_iter().chain(self.path.map(Step::span))
    }
}
