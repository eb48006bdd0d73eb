//! The composite's tree: roots and proofs against definitions written down a second time, for every size up to 70, and
//! the ways in which `rs_merkle` by itself would let a wrong proof pass.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use ledger_proofs::composite::tree_height;
use ledger_proofs::{
    CompositeError, CompositeTree, Hash, LeafProof, NodeId, Profile, ProofError, inclusion, leaf_hash,
    node_hash, tree, verify_inclusion,
};
use proptest::prelude::*;
use proptest::sample::Index;
use sha2::{Digest as _, Sha256};

const PROFILES: [Profile; 2] = [Profile::P69, Profile::Rfc6962];
const MAX: u64 = 70;

fn leaves(profile: Profile, count: u64) -> Vec<Hash> {
    let mut leaves: Vec<Hash> =
        (0..count).map(|i| profile.leaf_hash(format!("child {i}").as_bytes())).collect();
    leaves.sort_unstable();
    leaves
}

fn build(profile: Profile, count: u64) -> CompositeTree {
    // In any order: sorting is the tree's.
    CompositeTree::build(profile, leaves(profile, count).into_iter().rev()).unwrap()
}

/// The node of the original, on strings as Python had them.
fn hex_node(left: &Hash, right: &Hash) -> Hash {
    let text = format!("{left}{right}");
    assert_eq!(text.len(), 128);
    Hash::from_bytes(Sha256::digest(text.as_bytes()).into())
}

/// The original's root: pad, then join pairs level by level.
fn padded_root(leaves: &[Hash]) -> Hash {
    let mut level = leaves.to_vec();
    while level.len().count_ones() != 1 {
        level.push(*leaves.last().unwrap());
    }
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| hex_node(&pair[0], &pair[1])).collect();
    }
    level[0]
}

/// The same check without any tree: the bits of the index say on which side each neighbour stands.
fn verify_padded(leaf: &Hash, proof: &LeafProof, count: u64, root: &Hash) -> bool {
    let height = (0..).find(|h| 1_u64.checked_shl(*h).is_none_or(|width| width >= count)).unwrap();
    let mut reached = *leaf;
    for (bit, hash) in proof.hashes.iter().enumerate() {
        let right = proof.index >> bit & 1 == 1;
        reached = if right { hex_node(hash, &reached) } else { hex_node(&reached, hash) };
    }
    proof.index < count && proof.hashes.len() == height as usize && reached == *root
}

/// What must be true of any proof: written without `rs_merkle`.
fn expected(profile: Profile, leaf: &Hash, proof: &LeafProof, count: u64, root: &Hash) -> bool {
    match profile {
        Profile::P69 => verify_padded(leaf, proof, count, root),
        Profile::Rfc6962 => verify_inclusion(leaf, proof.index, count, &proof.hashes, root).is_ok(),
    }
}

#[test]
fn roots_are_those_of_the_definitions() {
    for count in 1..=MAX {
        let sorted = leaves(Profile::P69, count);
        let p69 = build(Profile::P69, count);
        assert_eq!((p69.root(), p69.leaves()), (padded_root(&sorted), &*sorted), "{count}");
        let sorted = leaves(Profile::Rfc6962, count);
        let rfc = build(Profile::Rfc6962, count);
        let perfect = |node: NodeId| Ok::<_, ProofError>(perfect(&sorted, node));
        assert_eq!(rfc.root(), tree::root(count, perfect).unwrap(), "{count}");
        assert_eq!((p69.profile(), rfc.profile()), (Profile::P69, Profile::Rfc6962));
        let height = (1..).find(|h| 1_u64 << h >= count).unwrap();
        assert_eq!((p69.height(), rfc.height(), tree_height(count)), (height, height, height), "{count}");
    }
    for profile in PROFILES {
        assert_eq!(CompositeTree::build(profile, []).err(), Some(CompositeError::Empty));
        let only = profile.leaf_hash(b"only");
        assert_eq!(CompositeTree::build(profile, [only]).unwrap().root(), only);
        assert_eq!(profile.to_string().parse(), Ok(profile));
    }
    assert_eq!(Profile::P69.leaf_hash(b"x"), Hash::from_bytes(Sha256::digest(b"x").into()));
    assert_eq!(Profile::Rfc6962.leaf_hash(b"x"), leaf_hash(b"x"));
    for name in ["", "P69", "rfc6962 ", "sha256"] {
        assert_eq!(name.parse::<Profile>(), Err(CompositeError::UnknownProfile), "{name}");
    }
}

/// The root of a perfect subtree, from its leaves.
fn perfect(leaves: &[Hash], node: NodeId) -> Hash {
    let Some(level) = node.level.checked_sub(1) else {
        return leaves[usize::try_from(node.index).unwrap()];
    };
    let child = |index| perfect(leaves, NodeId { level, index });
    node_hash(&child(2 * node.index), &child(2 * node.index + 1))
}

#[test]
fn every_leaf_of_every_size_proves_and_no_index_or_count_that_goes_another_way() {
    for profile in PROFILES {
        for count in 1..=MAX {
            let tree = build(profile, count);
            let root = tree.root();
            for (index, leaf) in (0..).zip(tree.leaves()) {
                let proof = tree.prove(leaf).unwrap();
                assert_eq!(proof.index, index);
                assert_eq!(proof.verify(profile, leaf, count, &root), Ok(()), "{profile} {index}/{count}");
                if profile == Profile::Rfc6962 {
                    let fetch = |node| Ok::<_, ProofError>(perfect(tree.leaves(), node));
                    assert_eq!(proof.hashes, inclusion::prove(index, count, fetch).unwrap().hashes);
                }
                for other in 0..=2 * MAX {
                    let got = proof.verify(profile, leaf, other, &root).is_ok();
                    assert_eq!(
                        got,
                        expected(profile, leaf, &proof, other, &root),
                        "{index}/{count}: {other}"
                    );
                    let moved = LeafProof { index: other, ..proof.clone() };
                    let got = moved.verify(profile, leaf, count, &root).is_ok();
                    assert_eq!(got, other == index, "{profile} {index}/{count}: at {other}");
                }
            }
        }
    }
}

#[test]
fn a_last_leaf_twice_is_one_root_in_p69_and_another_in_rfc6962() {
    for count in (3..=MAX).filter(|n| n.count_ones() > 1) {
        for profile in PROFILES {
            let mut twice = leaves(profile, count);
            twice.push(*twice.last().unwrap());
            let twice = CompositeTree::build(profile, twice).unwrap();
            let once = build(profile, count);
            assert_eq!(once.root() == twice.root(), profile == Profile::P69, "{profile} {count}");
            assert_eq!((once.equal_leaves(), twice.equal_leaves()), (None, twice.leaves().last().copied()));
        }
    }
}

/// What `rs_merkle` alone accepts, and more of the kind.
#[test]
fn what_is_no_proof_is_refused_before_anything_is_hashed() {
    for profile in PROFILES {
        let tree = build(profile, 5);
        let (root, leaf) = (tree.root(), tree.leaves()[1]);
        let proof = tree.prove(&leaf).unwrap();
        let with = |hashes: Vec<Hash>| LeafProof { hashes, ..proof.clone() };
        let wrong = |got| Err(ProofError::WrongLength { expected: 3, got });
        let surplus = with(proof.hashes.iter().copied().chain([root]).collect());
        assert_eq!(surplus.verify(profile, &leaf, 5, &root), wrong(4), "surplus hash");
        let short = with(proof.hashes[..2].to_vec());
        assert_eq!(short.verify(profile, &leaf, 5, &root), wrong(2), "missing hash");
        let bare = LeafProof { index: 0, hashes: Vec::new() };
        assert_eq!(bare.verify(profile, &root, 5, &root), wrong(0), "the root as a leaf");
        let inner = LeafProof { index: 0, hashes: proof.hashes[1..].to_vec() };
        let joined = match profile {
            Profile::P69 => hex_node(&tree.leaves()[0], &leaf),
            Profile::Rfc6962 => node_hash(&tree.leaves()[0], &leaf),
        };
        assert_eq!(inner.verify(profile, &joined, 5, &root), wrong(2), "an inner node as a leaf");
        for index in [5, 7, 8, u64::MAX] {
            let beyond = LeafProof { index, ..proof.clone() };
            let refused = Err(ProofError::IndexBeyondTree { index, size: 5 });
            assert_eq!(beyond.verify(profile, &leaf, 5, &root), refused, "{index}");
        }
        assert!(proof.verify(profile, &leaf, 0, &root).is_err());
        assert!(proof.verify(profile, &leaf, u64::MAX, &root).is_err());
        assert_eq!(proof.verify(profile, &leaf, 5, &leaf), Err(ProofError::RootMismatch));
        assert_eq!(tree.prove(&root), Err(CompositeError::NoSuchLeaf));
    }
    // The last leaf of five is its own node up to the root: a proof of one hash, and only of one.
    let tree = build(Profile::Rfc6962, 5);
    assert_eq!(tree.prove(&tree.leaves()[4]).unwrap().hashes.len(), 1);
    assert_eq!(Profile::Rfc6962.proof_length(4, 5), Ok(1));
    assert_eq!(Profile::P69.proof_length(4, 5), Ok(3));
    assert_eq!(Profile::P69.proof_length(0, u64::MAX), Ok(64));
}

/// Anything quadratic in here would not end.
#[test]
fn ten_thousand_children_build_and_prove() {
    for profile in PROFILES {
        let tree = build(profile, 10_000);
        for leaf in tree.leaves() {
            assert_eq!(tree.prove(leaf).unwrap().verify(profile, leaf, 10_000, &tree.root()), Ok(()));
        }
    }
}

proptest! {
    /// Any alteration of anything: accepted exactly when the definition accepts it, and an altered hash never.
    #[test]
    fn altered_proofs_do_not_prove(
        p69: bool, count in 1..=MAX, at: Index, other_index in 0..=2 * MAX, other_count in 0..=2 * MAX,
        hash: Index, byte in 0_usize..32, bit in 0_u8..8,
    ) {
        let profile = if p69 { Profile::P69 } else { Profile::Rfc6962 };
        let tree = build(profile, count);
        let leaf = tree.leaves()[at.index(tree.leaves().len())];
        let proof = tree.prove(&leaf).unwrap();
        let flip = |hash: &Hash| {
            let mut bytes = *hash.as_bytes();
            bytes[byte] ^= 1 << bit;
            Hash::from_bytes(bytes)
        };
        let refused = Err(ProofError::RootMismatch);
        prop_assert_eq!(proof.verify(profile, &flip(&leaf), count, &tree.root()), refused.clone());
        prop_assert_eq!(proof.verify(profile, &leaf, count, &flip(&tree.root())), refused.clone());
        if !proof.hashes.is_empty() {
            let mut altered = proof.clone();
            let hash = hash.index(altered.hashes.len());
            altered.hashes[hash] = flip(&altered.hashes[hash]);
            prop_assert_eq!(altered.verify(profile, &leaf, count, &tree.root()), refused);
            let mut swapped = proof.clone();
            swapped.hashes.reverse();
            let same = swapped == proof;
            prop_assert_eq!(swapped.verify(profile, &leaf, count, &tree.root()).is_ok(), same);
        }
        let moved = LeafProof { index: other_index, ..proof.clone() };
        prop_assert_eq!(
            moved.verify(profile, &leaf, other_count, &tree.root()).is_ok(),
            expected(profile, &leaf, &moved, other_count, &tree.root())
        );
        let other = if p69 { Profile::Rfc6962 } else { Profile::P69 };
        prop_assert_eq!(proof.verify(other, &leaf, count, &tree.root()).is_ok(), count == 1);
    }
}
