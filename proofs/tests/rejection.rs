//! What a proof must not prove: every alteration is refused, but for the few that change nothing a verifier could see.
//!
//! Those few, and only those, are expected to verify: a proof says which way each step goes, and another position or
//! size for which every step goes the same way is the same computation. That is why index and size must come from
//! something signed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, reason = "small test sizes")]

use ledger_proofs::{
    ConsistencyProof, Hash, InclusionProof, ProofError, consistency, empty_root, inclusion, leaf_hash,
    node_hash, tree, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use proptest::sample::Index;

fn leaf(index: u64) -> Hash {
    leaf_hash(&index.to_be_bytes())
}

/// A perfect subtree, hashed from its leaves each time: slow, and with no state that could be wrong.
fn fetch(node: tree::NodeId) -> Result<Hash, ProofError> {
    let Some(level) = node.level.checked_sub(1) else { return Ok(leaf(node.index)) };
    let child = |index| fetch(tree::NodeId { level, index });
    Ok(node_hash(&child(2 * node.index)?, &child(2 * node.index + 1)?))
}

fn root(size: u64) -> Hash {
    tree::root(size, fetch).unwrap()
}

/// What a verifier does with each hash, as RFC 6962 defines it recursively, from the root down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Left,
    Right,
    Start,
}

fn split(size: u64) -> u64 {
    size.next_power_of_two() / 2
}

fn inclusion_roles(index: u64, size: u64) -> Vec<Role> {
    if size == 1 {
        return Vec::new();
    }
    let k = split(size);
    let (rest, role) = if index < k {
        (inclusion_roles(index, k), Role::Right)
    } else {
        (inclusion_roles(index - k, size - k), Role::Left)
    };
    [rest, vec![role]].concat()
}

fn consistency_roles(from: u64, to: u64, whole: bool) -> Vec<Role> {
    if from == to {
        return if whole { Vec::new() } else { vec![Role::Start] };
    }
    let k = split(to);
    let (rest, role) = if from <= k {
        (consistency_roles(from, k, whole), Role::Right)
    } else {
        (consistency_roles(from - k, to - k, false), Role::Left)
    };
    [rest, vec![role]].concat()
}

#[test]
fn another_index_or_size_verifies_only_when_it_is_the_same_computation() {
    let mut same = 0;
    for size in 1..=20 {
        for index in 0..size {
            let proof = inclusion::prove(index, size, fetch).unwrap();
            for other_size in 0..=40 {
                for other_index in 0..=other_size {
                    let verdict =
                        verify_inclusion(&leaf(index), other_index, other_size, &proof.hashes, &root(size));
                    let valid = other_index < other_size;
                    let expected =
                        valid && inclusion_roles(other_index, other_size) == inclusion_roles(index, size);
                    assert_eq!(verdict.is_ok(), expected, "{index}/{size} as {other_index}/{other_size}");
                    assert!(
                        !expected || other_size != size || other_index == index,
                        "never in the same tree"
                    );
                    same += u32::from(expected && (other_index, other_size) != (index, size));
                }
            }
        }
    }
    assert!(same > 0, "the exception exists: leaf 0 of 3 and of 4");
}

#[test]
fn other_sizes_verify_only_when_they_are_the_same_computation() {
    let mut same = 0;
    for to in 1..=18 {
        for from in 1..to {
            let proof = consistency::prove(from, to, fetch).unwrap();
            for other_to in 0..=34 {
                for other_from in 0..=other_to {
                    let verdict =
                        verify_consistency(other_from, &root(from), other_to, &root(to), &proof.hashes);
                    let expected = 0 < other_from
                        && other_from < other_to
                        && consistency_roles(other_from, other_to, true) == consistency_roles(from, to, true);
                    assert_eq!(verdict.is_ok(), expected, "{from} to {to} as {other_from} to {other_to}");
                    same += u32::from(expected && (other_from, other_to) != (from, to));
                }
            }
        }
    }
    assert!(same > 0, "the exception exists: 2 to 3 and 2 to 4");
}

#[test]
fn the_edges_of_consistency() {
    let (nothing, one, three) = (empty_root(), root(1), root(3));
    assert_eq!(verify_consistency(0, &nothing, 0, &nothing, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &one, 0, &one, &[]), Err(ProofError::OldRootMismatch));
    // From the empty tree nothing can be learnt about the new root, so any is accepted; the old one is not.
    assert_eq!(verify_consistency(0, &nothing, 3, &three, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &one, 3, &three, &[]), Err(ProofError::OldRootMismatch));
    let long = ProofError::WrongLength { expected: 0, got: 1 };
    assert_eq!(verify_consistency(0, &nothing, 3, &three, &[one]), Err(long.clone()));
    assert_eq!(verify_consistency(3, &three, 3, &three, &[]), Ok(()));
    assert_eq!(verify_consistency(3, &three, 3, &one, &[]), Err(ProofError::RootMismatch));
    assert_eq!(verify_consistency(3, &three, 3, &three, &[one]), Err(long));
    let reversed = ProofError::SizesReversed { from: 3, to: 1 };
    assert_eq!(verify_consistency(3, &three, 1, &one, &[]), Err(reversed));
    // A root is not a leaf: an empty proof holds in a tree of one leaf only.
    let empty = ProofError::IndexBeyondTree { index: 0, size: 0 };
    assert_eq!(verify_inclusion(&nothing, 0, 0, &[], &nothing), Err(empty));
    let short = ProofError::WrongLength { expected: 2, got: 0 };
    assert_eq!(verify_inclusion(&three, 0, 3, &[], &three), Err(short));
}

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

/// A change of the list that leaves it different.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, usize),
    Drop(Index),
    Insert(Index, [u8; 32]),
    Repeat(Index),
    Swap(Index, Index),
    Reverse,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 0..256_usize).prop_map(|(at, bit)| Change::Flip(at, bit)),
        any::<Index>().prop_map(Change::Drop),
        (any::<Index>(), any::<[u8; 32]>()).prop_map(|(at, hash)| Change::Insert(at, hash)),
        any::<Index>().prop_map(Change::Repeat),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Change::Swap(one, other)),
        Just(Change::Reverse),
    ]
}

fn changed(hashes: &[Hash], change: &Change) -> Vec<Hash> {
    let mut list = hashes.to_vec();
    match change {
        Change::Insert(at, hash) => list.insert(at.index(list.len() + 1), Hash::from_bytes(*hash)),
        _ if list.is_empty() => {}
        Change::Flip(at, bit) => {
            let at = at.index(list.len());
            list[at] = flipped(list[at], *bit);
        }
        Change::Drop(at) => drop(list.remove(at.index(list.len()))),
        Change::Repeat(at) => {
            let at = at.index(list.len());
            list.insert(at, list[at]);
        }
        Change::Swap(one, other) => list.swap(one.index(hashes.len()), other.index(hashes.len())),
        Change::Reverse => list.reverse(),
    }
    list
}

proptest! {
    #[test]
    fn an_altered_inclusion_proof_is_refused(
        size in 1..600_u64, at in any::<Index>(), change in change(), bit in 0..256_usize,
    ) {
        let index = at.index(size as usize) as u64;
        let proof: InclusionProof = inclusion::prove(index, size, fetch).unwrap();
        let (leaf, root) = (leaf(index), root(size));
        prop_assert_eq!(proof.verify(&leaf, &root), Ok(()));
        let hashes = changed(&proof.hashes, &change);
        let untouched = hashes == proof.hashes;
        let altered = InclusionProof { hashes, ..proof.clone() };
        prop_assert_eq!(altered.verify(&leaf, &root).is_ok(), untouched, "{:?}", change);
        prop_assert_eq!(proof.verify(&leaf, &flipped(root, bit)), Err(ProofError::RootMismatch));
        prop_assert_eq!(proof.verify(&flipped(leaf, bit), &root), Err(ProofError::RootMismatch));
        let beyond = InclusionProof { index: index + size, ..proof };
        prop_assert_eq!(
            beyond.verify(&leaf, &root),
            Err(ProofError::IndexBeyondTree { index: index + size, size })
        );
    }

    #[test]
    fn an_altered_consistency_proof_is_refused(
        to in 2..600_u64, at in any::<Index>(), change in change(), bit in 0..256_usize,
    ) {
        let from = 1 + at.index(to as usize) as u64;
        let proof: ConsistencyProof = consistency::prove(from, to, fetch).unwrap();
        let (old, new) = (root(from), root(to));
        prop_assert_eq!(proof.verify(&old, &new), Ok(()));
        let hashes = changed(&proof.hashes, &change);
        let untouched = hashes == proof.hashes;
        let altered = ConsistencyProof { hashes, ..proof.clone() };
        prop_assert_eq!(altered.verify(&old, &new).is_ok(), untouched, "{:?}", change);
        prop_assert!(proof.verify(&flipped(old, bit), &new).is_err());
        prop_assert!(proof.verify(&old, &flipped(new, bit)).is_err());
        if from < to {
            prop_assert!(proof.verify(&new, &old).is_err(), "roots exchanged");
            let reversed = ConsistencyProof { from: to, to: from, ..proof };
            prop_assert_eq!(
                reversed.verify(&new, &old),
                Err(ProofError::SizesReversed { from: to, to: from })
            );
        }
    }
}
