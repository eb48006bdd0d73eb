//! Roots and proofs against two independent implementations, for every tree size from 0 to 600, against the known
//! answers of Certificate Transparency, and against one of them for sizes up to 2^64.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, reason = "small test sizes")]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ledger_proofs::{
    ConsistencyProof, Frontier, Hash, InclusionProof, NodeId, ProofError, consistency, empty_root, inclusion,
    leaf_hash, node_hash, root_nodes, tree,
};
use proptest::prelude::*;
use sha2::Sha256;
use tlog_tiles::HashReader;

const MAX: u64 = 600;

fn leaf(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

/// Every perfect subtree of a tree, by level; asked for anything else, it fails.
struct Nodes {
    levels: Vec<Vec<Hash>>,
}

impl Nodes {
    fn new(size: u64) -> Self {
        let mut levels = vec![(0..size).map(|index| leaf_hash(&leaf(index))).collect::<Vec<_>>()];
        while levels[levels.len() - 1].len() > 1 {
            let below = &levels[levels.len() - 1];
            levels.push(below.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect());
        }
        Self { levels }
    }

    /// As a tree of `size` leaves would answer: only perfect subtrees within it.
    fn fetch(&self, size: u64) -> impl Fn(NodeId) -> Result<Hash, ProofError> {
        move |node| {
            assert!(node.is_within(size), "{node:?} was asked of a tree of {size}");
            Ok(self.levels[usize::from(node.level)][node.index as usize])
        }
    }

    fn fetch_all(&self, size: u64, nodes: &[NodeId]) -> Vec<Hash> {
        nodes.iter().map(|node| self.fetch(size)(*node).unwrap()).collect()
    }
}

/// The node store of `tlog_tiles`, one for all sizes.
struct Stored(Vec<tlog_tiles::Hash>);

impl Stored {
    fn new(size: u64) -> Self {
        let mut stored = Self(Vec::new());
        for index in 0..size {
            let new = tlog_tiles::stored_hashes(index, &leaf(index), &stored).unwrap();
            stored.0.extend(new);
        }
        stored
    }
}

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn theirs(hash: Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn concat(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn ours(hashes: &[tlog_tiles::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash::from_bytes(hash.0)).collect()
}

/// Positions worth a look below `bound`, ascending: all of them while there are few.
fn sample(bound: u64, all_below: u64) -> Vec<u64> {
    if bound <= all_below {
        return (0..bound).collect();
    }
    let half = bound.next_power_of_two() / 2;
    let mut picks =
        vec![0, 1, 2, bound / 3, bound / 2, half - 1, half, half + 1, 255, 256, bound - 2, bound - 1];
    picks.retain(|pick| *pick < bound);
    picks.sort_unstable();
    picks.dedup();
    picks
}

#[test]
fn known_answers_of_certificate_transparency() {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root().to_hex(), roots[0]);
    for (leaf, root) in leaves.iter().zip(&roots[1..]) {
        frontier.push(leaf_hash(&hex::decode(leaf).unwrap())).unwrap();
        assert_eq!(frontier.root().to_hex(), *root);
    }
}

#[test]
fn roots_of_all_sizes() {
    let (nodes, stored) = (Nodes::new(MAX), Stored::new(MAX));
    let (mut frontier, mut ct) = (Frontier::new(), MemoryBackedTree::<Sha256, Vec<u8>>::new());
    for size in 0..=MAX {
        assert_eq!(frontier.size(), size);
        assert_eq!(frontier.root().as_bytes().as_slice(), ct.root().as_bytes().as_slice(), "size {size}");
        assert_eq!(theirs(frontier.root()), tlog_tiles::tree_hash(size, &stored).unwrap(), "size {size}");
        assert_eq!(tree::root(size, nodes.fetch(size)).unwrap(), frontier.root());
        let (ids, hashes): (Vec<_>, Vec<_>) = frontier.nodes().unzip();
        assert_eq!(ids, root_nodes(size));
        assert_eq!(hashes, nodes.fetch_all(size, &ids));
        assert_eq!(Frontier::from_parts(size, hashes), Ok(frontier.clone()));
        frontier.push(leaf_hash(&leaf(size))).unwrap();
        ct.push(leaf(size));
    }
}

#[test]
fn subtrees_append_like_their_leaves() {
    let nodes = Nodes::new(MAX);
    for size in 0..=MAX {
        let mut frontier = Frontier::new();
        for node in root_nodes(size) {
            let hash = nodes.fetch(size)(node).unwrap();
            if node.level > 0 {
                let mut odd = Frontier::new();
                odd.push(hash).unwrap();
                let refused = ProofError::Misaligned { size: 1, level: node.level };
                assert_eq!(odd.push_subtree(node.level, hash), Err(refused));
            }
            // In two halves where there are two, so that subtrees merge as well.
            match node.level.checked_sub(1) {
                Some(level) => {
                    for index in [2 * node.index, 2 * node.index + 1] {
                        let half = nodes.fetch(size)(NodeId { level, index }).unwrap();
                        frontier.push_subtree(level, half).unwrap();
                    }
                }
                None => frontier.push(hash).unwrap(),
            }
        }
        assert_eq!((frontier.size(), frontier.root()), (size, tree::root(size, nodes.fetch(size)).unwrap()));
    }
}

#[test]
fn a_full_tree_takes_nothing_more() {
    let hash = empty_root();
    let mut frontier = Frontier::from_parts(u64::MAX, vec![hash; 64]).unwrap();
    let before = frontier.clone();
    assert_eq!(frontier.push(hash), Err(ProofError::TreeFull { size: u64::MAX, level: 0 }));
    assert_eq!(frontier.push_subtree(64, hash), Err(ProofError::TreeFull { size: u64::MAX, level: 64 }));
    assert_eq!(frontier, before);
    let mut half = Frontier::new();
    half.push_subtree(63, hash).unwrap();
    assert_eq!(half.push_subtree(63, hash), Err(ProofError::TreeFull { size: 1 << 63, level: 63 }));
    assert_eq!(
        Frontier::from_parts(3, vec![hash]),
        Err(ProofError::NodeCount { expected: 2, got: 1 }),
        "as many hashes as bits"
    );
}

#[test]
fn inclusion_proofs_of_all_sizes() {
    let (nodes, stored) = (Nodes::new(MAX), Stored::new(MAX));
    let mut ct = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 1..=MAX {
        ct.push(leaf(size - 1));
        let root = tree::root(size, nodes.fetch(size)).unwrap();
        for index in sample(size, 70) {
            let proof: InclusionProof = inclusion::prove(index, size, nodes.fetch(size)).unwrap();
            let asked = inclusion::indexes(index, size).unwrap();
            let fetched = nodes.fetch_all(size, &asked);
            assert_eq!(inclusion::assemble(index, size, &fetched).as_ref(), Ok(&proof));

            // The same bytes from both oracles, and both accept ours.
            let expected = tlog_tiles::prove_record(size, index, &stored).unwrap();
            assert_eq!(proof.hashes, ours(&expected), "leaf {index} of {size}");
            let expected = ct.prove_inclusion(index as usize);
            assert_eq!(concat(&proof.hashes), expected.as_bytes(), "leaf {index} of {size}");
            let hash = leaf_hash(&leaf(index));
            let as_theirs: Vec<_> = proof.hashes.iter().map(|hash| theirs(*hash)).collect();
            tlog_tiles::check_record(&as_theirs, size, theirs(root), index, theirs(hash)).unwrap();
            ct.root().verify_inclusion(&leaf(index), index, &expected).unwrap();
            assert_eq!(proof.verify(&hash, &root), Ok(()), "leaf {index} of {size}");

            let expected = fetched.len();
            let short = ProofError::NodeCount { expected, got: expected + 1 };
            assert_eq!(inclusion::assemble(index, size, &[fetched, vec![root]].concat()), Err(short));
        }
        let beyond = ProofError::IndexBeyondTree { index: size, size };
        assert_eq!(inclusion::indexes(size, size), Err(beyond));
    }
    assert_eq!(inclusion::indexes(0, 0), Err(ProofError::IndexBeyondTree { index: 0, size: 0 }));
}

#[test]
fn consistency_proofs_of_all_sizes() {
    let (nodes, stored) = (Nodes::new(MAX), Stored::new(MAX));
    let roots: Vec<Hash> = (0..=MAX).map(|size| tree::root(size, nodes.fetch(size)).unwrap()).collect();
    let mut ct = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for to in 0..=MAX {
        if to > 0 {
            ct.push(leaf(to - 1));
        }
        for from in sample(to + 1, 131) {
            let proof: ConsistencyProof = consistency::prove(from, to, nodes.fetch(to)).unwrap();
            let asked = consistency::indexes(from, to).unwrap();
            let fetched = nodes.fetch_all(to, &asked);
            assert_eq!(consistency::assemble(from, to, &fetched).as_ref(), Ok(&proof));
            let (old, new) = (roots[from as usize], roots[to as usize]);
            assert_eq!(proof.verify(&old, &new), Ok(()), "{from} to {to}");
            if from == 0 {
                assert_eq!(proof.hashes, [], "nothing to show from the empty tree");
                continue;
            }

            let expected = tlog_tiles::prove_tree(to, from, &stored).unwrap();
            assert_eq!(proof.hashes, ours(&expected), "{from} to {to}");
            let as_theirs: Vec<_> = proof.hashes.iter().map(|hash| theirs(*hash)).collect();
            tlog_tiles::check_tree(&as_theirs, to, theirs(new), from, theirs(old)).unwrap();
            let expected = ct.prove_consistency((to - from) as usize);
            assert_eq!(concat(&proof.hashes), expected.as_bytes(), "{from} to {to}");
            let old_root = ct_merkle::RootHash::<Sha256>::new((*old.as_bytes()).into(), from);
            ct.root().verify_consistency(&old_root, &expected).unwrap();
        }
        let reversed = ProofError::SizesReversed { from: to + 1, to };
        assert_eq!(consistency::indexes(to + 1, to), Err(reversed));
    }
}

/// In a tree whose leaves are all alike, the hash of a perfect subtree depends on its level alone: trees of any size.
fn uniform() -> (Hash, impl Fn(NodeId) -> Result<Hash, ProofError> + Copy) {
    let leaf = leaf_hash(b"the same");
    let fetch = move |node: NodeId| Ok((0..node.level).fold(leaf, |hash, _| node_hash(&hash, &hash)));
    (leaf, fetch)
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        (0_u32..64, 0_u64..4).prop_map(|(bit, more)| (u64::MAX >> bit).saturating_sub(more))
    ]
}

proptest! {
    #[test]
    fn proofs_of_trees_of_any_size((first, second) in (size(), size())) {
        let (leaf, fetch) = uniform();
        let (small, large) = (first.min(second), first.max(second));
        let root = tree::root(large, fetch).unwrap();
        if small < large {
            let proof = inclusion::prove(small, large, fetch).unwrap();
            let asked = inclusion::indexes(small, large).unwrap();
            prop_assert!(asked.iter().all(|node| node.is_within(large)));
            prop_assert_eq!(proof.verify(&leaf, &root), Ok(()));
            let as_theirs: Vec<_> = proof.hashes.iter().map(|hash| theirs(*hash)).collect();
            tlog_tiles::check_record(&as_theirs, large, theirs(root), small, theirs(leaf)).unwrap();
        }
        let proof = consistency::prove(small, large, fetch).unwrap();
        let asked = consistency::indexes(small, large).unwrap();
        prop_assert!(asked.iter().all(|node| node.is_within(large)));
        let old = tree::root(small, fetch).unwrap();
        prop_assert_eq!(proof.verify(&old, &root), Ok(()));
        if small > 0 {
            let as_theirs: Vec<_> = proof.hashes.iter().map(|hash| theirs(*hash)).collect();
            tlog_tiles::check_tree(&as_theirs, large, theirs(root), small, theirs(old)).unwrap();
        }
    }
}
