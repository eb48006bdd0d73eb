//! The shape of an RFC 6962 tree: its perfect subtrees, and which of them make up a root or a proof.
//!
//! Not a tree in memory: no hash is kept here. The caller stores perfect subtrees wherever it likes and is asked
//! for them by [`NodeId`].
//!
//! Invariant: only perfect subtrees are ever asked for. These never change as the log grows, so what was stored
//! once stays right for every later size.
//!
//! Spec: <https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1>

use crate::hash::{Hash, empty_root, node_hash};

/// The root of a perfect subtree: `2^level` leaves, from leaf `index * 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// Height above the leaves; 0 is a leaf.
    pub level: u8,
    /// Position among the nodes of this level, from 0.
    pub index: u64,
}

impl NodeId {
    /// Whether all leaves below this node are among the first `size`.
    #[must_use]
    pub fn is_within(self, size: u64) -> bool {
        size.checked_shr(self.level.into()).is_some_and(|nodes| self.index < nodes)
    }
}

/// The perfect subtrees that together are the tree of `size` leaves, from left to right (largest to smallest);
/// none for size 0.
///
/// Their hashes, in this order, are what [`Frontier::from_parts`](crate::Frontier::from_parts) takes.
#[must_use]
pub fn root_nodes(size: u64) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = Span::tree(size).collect();
    nodes.reverse();
    nodes
}

/// The root of the tree of `size` leaves, from the hashes that `fetch` yields for its perfect subtrees (at most 64
/// of them).
///
/// # Errors
/// Only those of `fetch`.
pub fn root<E>(size: u64, fetch: impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Hash, E> {
    Span::tree(size).hash(fetch)
}

/// Consecutive leaves under one node of the tree, cut off at the tree's end: what one hash of a proof stands for.
///
/// As an iterator it yields the perfect subtrees that it consists of, from right to left (smallest first), which is
/// the order in which they are folded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// The first leaf: a multiple of a power of two that is at least `len`.
    begin: u64,
    /// Leaves that are left to yield.
    len: u64,
}

impl Span {
    /// The whole tree.
    pub(crate) const fn tree(size: u64) -> Self {
        Self { begin: 0, len: size }
    }

    /// The leaves of a tree of `size` that are below a node; the node need not be complete.
    pub(crate) fn below(node: NodeId, size: u64) -> Self {
        let begin = node.index.checked_shl(node.level.into()).unwrap_or(u64::MAX);
        let width = 1_u64.checked_shl(node.level.into()).unwrap_or(u64::MAX);
        Self { begin, len: size.saturating_sub(begin).min(width) }
    }

    /// The root over these leaves.
    pub(crate) fn hash<E>(self, mut fetch: impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Hash, E> {
        let mut folded: Option<Hash> = None;
        for node in self {
            let hash = fetch(node)?;
            folded = Some(folded.map_or(hash, |right| node_hash(&hash, &right)));
        }
        Ok(folded.unwrap_or_else(empty_root))
    }
}

impl Iterator for Span {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.len == 0 {
            return None;
        }
        let level = lowest_bit(self.len);
        // `begin` has no bits in common with `len`, so the bits of `len` above the lowest are where this one starts.
        self.len &= self.len.wrapping_sub(1);
        Some(NodeId { level, index: (self.begin | self.len).checked_shr(level.into()).unwrap_or(0) })
    }
}

/// The number of the lowest bit that is set; 64 when none is.
#[expect(clippy::cast_possible_truncation, reason = "at most 64")]
pub(crate) const fn lowest_bit(number: u64) -> u8 {
    number.trailing_zeros() as u8
}

/// One step from a node towards the root: the neighbour that it is hashed with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// The neighbour is on the left.
    Left(Span),
    /// The neighbour is on the right.
    Right(Span),
}

impl Step {
    /// The leaves below the neighbour.
    pub(crate) const fn span(self) -> Span {
        match self {
            Self::Left(span) | Self::Right(span) => span,
        }
    }
}

/// The way from a node of a tree up to its root: one [`Step`] for each hash that a proof needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    /// The node reached so far; it may be an incomplete one.
    node: NodeId,
    /// Index of the last node on the same level.
    last: u64,
    size: u64,
}

impl Path {
    /// From `node` of a tree of `size` leaves; `node` must be a node of it, complete or not.
    pub(crate) fn from(node: NodeId, size: u64) -> Self {
        let last = size.saturating_sub(1).checked_shr(node.level.into()).unwrap_or(0);
        Self { node, last, size }
    }

    /// A way without any step.
    pub(crate) const fn none() -> Self {
        Self { node: NodeId { level: 0, index: 0 }, last: 0, size: 0 }
    }
}

impl Iterator for Path {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        while self.last > 0 {
            let NodeId { level, index } = self.node;
            let neighbour = NodeId { level, index: index ^ 1 };
            let step = if index & 1 == 1 {
                Some(Step::Left(Span::below(neighbour, self.size)))
            } else if index < self.last {
                Some(Step::Right(Span::below(neighbour, self.size)))
            } else {
                // The last node of a level with an odd number of them: it goes up one level as it is.
                None
            };
            self.node = NodeId { level: level.saturating_add(1), index: index >> 1 };
            self.last >>= 1;
            if step.is_some() {
                return step;
            }
        }
        None
    }
}
