//! That one child is in a composite, as a small document of its own.
//!
//! Not a proof of who the human was, nor of what the child says. Invariant: the number of leaves is the statement's, which the final hash
//! binds; whoever checks compares that hash (or, before finality, the root) with one known from elsewhere.
//! Source: docs/format.md §14.5.

use super::binding::{FinalStatement, final_hash, leaf};
use super::check::Context;
use super::document::{ChildPdo, OrchestratedPdo};
use super::read::{Members, read_bytes, read_child};
use super::verify::verify;
use super::{proof, shown};
use crate::codes::Code;
use crate::error::{Error, Result};
use ledger_proofs::{Hash, LeafProof, Profile};
use schemars::JsonSchema;
use serde::Serialize;

/// `type` of the document.
pub const CHILD_PROOF: &str = "ledger/opdo-child-proof/v1";

/// The proof of one child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChildProof {
    /// [`CHILD_PROOF`].
    pub r#type: String,
    /// `rfc6962` or `p69`.
    pub profile: String,
    /// The child itself.
    pub child: ChildPdo,
    /// Its position among the sorted leaves, from 0.
    pub index: u64,
    /// Number of leaves.
    pub leaf_count: u64,
    /// From the child's neighbour up, hex.
    pub hashes: Vec<String>,
    /// Root over all children, hex.
    pub merkle_root: String,
    /// What the final hash states, once there is one; its `leaf_count` and `merkle_root` are those above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<FinalStatement>,
    /// The final hash, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_hash: Option<String>,
}

/// Proves that a child is in a document that was sealed.
///
/// # Errors
/// The first finding of [`verify`] when there is one; `GS_433` for a document without a proof; `LG_209` when no child has this id.
pub fn prove(document: &OrchestratedPdo, pdo_id: &str, context: &Context<'_>) -> Result<ChildProof> {
    if let Some(finding) = verify(document, context).into_iter().next() {
        return Err(finding.into());
    }
    let Some(recorded) = &document.composite_proof else {
        let message = format!("the state is {}, and there is no proof", document.state);
        return Err(Error::new(Code::OpdoNotSealed, message));
    };
    let Some(child) = document.child_pdos.iter().find(|child| child.pdo_id == pdo_id) else {
        let message = format!("no child has the id {}", shown(pdo_id));
        return Err(Error::new(Code::NoSuchEntry, message).hint("take a `pdo_id` of the document"));
    };
    let profile = proof::profile_of(recorded)?;
    let tree = proof::tree(profile, &document.child_pdos)?;
    let failed = |e: ledger_proofs::CompositeError| Error::new(Code::ProofFailed, e.to_string());
    let LeafProof { index, hashes } = tree.prove(&leaf(profile, child)?).map_err(failed)?;
    Ok(ChildProof {
        r#type: CHILD_PROOF.to_owned(),
        profile: profile.to_string(),
        child: child.clone(),
        index,
        leaf_count: tree.leaf_count(),
        hashes: hashes.iter().map(Hash::to_hex).collect(),
        merkle_root: tree.root().to_hex(),
        statement: document.statement(),
        final_hash: document.final_hash.clone(),
    })
}

const MEMBERS: &[&str] =
    &["type", "profile", "child", "index", "leaf_count", "hashes", "merkle_root", "statement", "final_hash"];

impl ChildProof {
    /// Reads what [`prove`] gave.
    ///
    /// # Errors
    /// `LG_100` when it is no strict JSON, `LG_103` when it is too large, `LG_501` when it has another form.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let read = read_bytes(bytes, "a proof of a child", |value| {
            let members = Members::of(value, MEMBERS)?;
            let number = |key| {
                members.given(key).ok_or_else(|| format!("`{key}` is missing"))?;
                members.natural(key)
            };
            let kind = members.required("type")?;
            if kind != CHILD_PROOF {
                return Err(format!("the type {} is unknown", shown(&kind)));
            }
            let statement = |value: &crate::json::Value<'_>| {
                let source = value.source(bytes);
                // Texts and one integer: nothing that serde_json reads in another way.
                serde_json::from_slice(source).map_err(|e| {
                    let text = e.to_string();
                    format!("`statement`: {}", text.split(" at line ").next().unwrap_or(&text))
                })
            };
            Ok(Self {
                r#type: kind,
                profile: members.required("profile")?,
                child: read_child(members.given("child").ok_or("`child` is missing")?),
                index: number("index")?,
                leaf_count: number("leaf_count")?,
                hashes: members.texts("hashes")?,
                merkle_root: members.required("merkle_root")?,
                statement: members.given("statement").map(statement).transpose()?,
                final_hash: members.text("final_hash")?,
            })
        });
        let malformed = |e: Error| match e.code {
            Code::InvalidIntent => {
                Error::new(Code::ProofMalformed, e.message).hint("give a file that `ledger opdo prove` wrote")
            }
            _ => e,
        };
        read.map_err(malformed)
    }

    /// Checks that the child is where the proof says, and that the final hash, if there is one, binds root and number of leaves.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn check(&self) -> Result<(), String> {
        let profile: Profile =
            self.profile.parse().map_err(|e: ledger_proofs::CompositeError| e.to_string())?;
        let hash = |text: &String| Hash::from_hex(text).map_err(|e| format!("{}: {e}", shown(text)));
        let leaf = leaf(profile, &self.child).map_err(|e| e.message)?;
        let hashes = self.hashes.iter().map(hash).collect::<Result<Vec<_>, _>>()?;
        let root = hash(&self.merkle_root)?;
        let proof = LeafProof { index: self.index, hashes };
        proof.verify(profile, &leaf, self.leaf_count, &root).map_err(|e| e.to_string())?;
        match (&self.statement, &self.final_hash) {
            (None, None) => Ok(()),
            (Some(statement), Some(recorded)) => {
                if (statement.leaf_count, &statement.merkle_root) != (self.leaf_count, &self.merkle_root) {
                    return Err("the statement is of another root or number of leaves".to_owned());
                }
                let computed = final_hash(profile, statement).map_err(|e| e.message)?;
                if computed != hash(recorded)? {
                    return Err(format!("the statement has the final hash {computed}"));
                }
                Ok(())
            }
            _ => Err("`statement` and `final_hash` stand together or not at all".to_owned()),
        }
    }
}
