//! The composite proof of a document: made, and compared with what the children give.
//!
//! Not the tree's own rules (`ledger_proofs::composite`). Invariant: a proof is made twice, and compared, before it is given out.
//! Source: seed 002 §4; DOMAIN.md §5.

use super::binding::leaf;
use super::check::{Finding, named};
use super::document::{ChildPdo, CompositeProof};
use super::moment::Moment;
use super::shown;
use crate::codes::Code;
use crate::error::{Error, Result};
use ledger_proofs::composite::tree_height;
use ledger_proofs::{CompositeTree, Hash, Profile};
use std::collections::HashSet;

/// The profile of this name.
///
/// # Errors
/// `GS_420` when there is none.
pub(super) fn profile_named(name: &str) -> Result<Profile> {
    name.parse().map_err(|_| {
        Error::new(
            Code::ProofFailed,
            format!("there is no profile {}: it is `rfc6962` or `p69`", shown(name)),
        )
    })
}

/// The profile of a recorded proof; absent means `p69`.
pub(super) fn profile_of(proof: &CompositeProof) -> Result<Profile> {
    proof.profile.as_deref().map_or(Ok(Profile::P69), profile_named)
}

fn check_nonce(nonce: &str) -> Result<()> {
    if nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    let message = format!("the nonce {} is not 32 hex digits", shown(nonce));
    Err(Error::new(Code::ProofFailed, message))
}

/// The tree over the children.
pub(super) fn tree<'a>(
    profile: Profile,
    children: impl IntoIterator<Item = &'a ChildPdo>,
) -> Result<CompositeTree> {
    let leaves = children.into_iter().map(|child| leaf(profile, child)).collect::<Result<Vec<_>>>()?;
    CompositeTree::build(profile, leaves).map_err(|e| Error::new(Code::ProofFailed, e.to_string()))
}

/// Makes the proof.
///
/// # Errors
/// `GS_420` for an unknown profile, a nonce that is none or without children, `GS_422` for equal leaves, `GS_423` when two computations
/// differ.
pub(super) fn make(profile: &str, children: &[ChildPdo], nonce: &str, time: &str) -> Result<CompositeProof> {
    let profile = profile_named(profile)?;
    check_nonce(nonce)?;
    let (tree, again) = (tree(profile, children)?, tree(profile, children.iter().rev())?);
    if let Some(equal) = tree.equal_leaves() {
        return Err(Error::new(Code::ProofCollision, format!("two children have the leaf {equal}")));
    }
    if (tree.root(), tree.leaves()) != (again.root(), again.leaves()) {
        let message = format!("two computations gave the roots {} and {}", tree.root(), again.root());
        return Err(Error::new(Code::ProofDiffers, message).hint("do not use this machine for proofs"));
    }
    Ok(CompositeProof {
        merkle_root: tree.root().to_hex(),
        leaf_hashes: tree.leaves().iter().map(Hash::to_hex).collect(),
        tree_height: tree.height(),
        proof_timestamp: time.to_owned(),
        nonce: nonce.to_owned(),
        // The original had no such member, and its documents must come out as they were.
        profile: (profile != Profile::P69).then(|| profile.to_string()),
    })
}

/// Everything that is wrong with a recorded proof over these children.
pub(super) fn examine(proof: &CompositeProof, children: &[ChildPdo]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |finding: Finding| findings.push(finding);
    if let Err(e) = check_nonce(&proof.nonce) {
        found(Finding::new(e.code, e.message));
    }
    if Moment::parse(&proof.proof_timestamp).is_none() {
        let message = format!("`proof_timestamp` is {}, no instant in UTC", shown(&proof.proof_timestamp));
        found(Finding::new(Code::OpdoDrift, message));
    }
    match profile_of(proof) {
        Ok(profile) => {
            let recorded = recorded_leaves(proof, profile, &mut found);
            compare(proof, profile, children, recorded.as_deref(), &mut found);
        }
        Err(e) => found(Finding::new(e.code, e.message)),
    }
    findings
}

/// The recorded leaves, if they are hashes, after comparing them with the recorded root and height.
fn recorded_leaves(
    proof: &CompositeProof,
    profile: Profile,
    found: &mut impl FnMut(Finding),
) -> Option<Vec<Hash>> {
    let mut differs = |message: String| found(Finding::new(Code::ProofDiffers, message));
    let mut leaves = Vec::with_capacity(proof.leaf_hashes.len());
    for text in &proof.leaf_hashes {
        let Ok(hash) = Hash::from_hex(text) else {
            differs(format!("`leaf_hashes` contains {}, no hash", shown(text)));
            return None;
        };
        leaves.push(hash);
    }
    if !leaves.is_sorted() {
        differs("`leaf_hashes` are not in ascending order".to_owned());
    }
    let height = tree_height(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
    if proof.tree_height != height {
        let (got, leaves) = (proof.tree_height, leaves.len());
        differs(format!("`tree_height` is {got}; over {leaves} leaves it is {height}"));
    }
    match CompositeTree::build(profile, leaves.iter().copied()) {
        Err(e) => differs(format!("`leaf_hashes` have no root: {e}")),
        Ok(tree) if tree.root().to_hex() != proof.merkle_root => {
            let (root, got) = (tree.root(), shown(&proof.merkle_root));
            differs(format!("`leaf_hashes` have the root {root}; `merkle_root` is {got}"));
        }
        Ok(_) => {}
    }
    Some(leaves)
}

/// Compares the recorded leaves and root with those of the children.
fn compare(
    proof: &CompositeProof,
    profile: Profile,
    children: &[ChildPdo],
    recorded: Option<&[Hash]>,
    found: &mut impl FnMut(Finding),
) {
    let tree = match tree(profile, children) {
        Ok(tree) => tree,
        Err(e) => {
            let message = format!("the root cannot be recomputed: {}", e.message);
            return found(Finding::new(Code::ProofRoot, message));
        }
    };
    if tree.root().to_hex() != proof.merkle_root {
        let (root, got) = (tree.root(), shown(&proof.merkle_root));
        let message =
            format!("the children have the root {root} in profile {profile}; `merkle_root` is {got}");
        found(Finding::new(Code::ProofRoot, message));
    }
    let twice = recorded.and_then(|r| r.array_windows::<2>().find(|[a, b]| a == b).map(|[a, _]| *a));
    if let Some(equal) = tree.equal_leaves().or(twice) {
        found(Finding::new(Code::ProofCollision, format!("two leaves are {equal}")));
    }
    let Some(recorded) = recorded else { return };
    if recorded.len() != children.len() {
        let message = format!("{} leaves are recorded for {} children", recorded.len(), children.len());
        found(Finding::new(Code::OpdoIntegrity, message));
    }
    let recorded: HashSet<&Hash> = recorded.iter().collect();
    for (index, child) in children.iter().enumerate() {
        let known = leaf(profile, child).is_ok_and(|leaf| recorded.contains(&leaf));
        if !known {
            let message = format!("{} has none of the recorded leaves", named(index, child));
            found(Finding::new(Code::OpdoIntegrity, message));
        }
    }
}
