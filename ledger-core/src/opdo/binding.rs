//! The bytes that are hashed: of a child for its leaf, of the whole for the final hash.
//!
//! Not the tree (`ledger_proofs::composite`). Invariant: `p69` gives the bytes of the original; `rfc6962` binds every member, and its two
//! kinds of bytes name their kind and version, so that neither can pass for the other.
//! Source: docs/format.md §14; DOMAIN.md §5; vectors of the original system.

use super::document::ChildPdo;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::json::pyjson::{Separators, dumps_members};
use crate::json::{Kind, Value, canonicalize, write_string};
use ledger_proofs::{Hash, Profile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// `type` of a child's bytes.
const CHILD: &str = "ledger/opdo-child/v1";
/// `type` of the final statement's bytes.
const FINAL: &str = "ledger/opdo-final/v1";

/// The leaf of a child.
///
/// # Errors
/// As [`leaf_bytes`].
pub fn leaf(profile: Profile, child: &ChildPdo) -> Result<Hash> {
    Ok(profile.leaf_hash(&leaf_bytes(profile, child)?))
}

/// What is hashed of a child: six members in Python's JSON (`p69`), all of them in RFC 8785 (`rfc6962`).
///
/// # Errors
/// `GS_420` for a child with a fault, or with a number that the form cannot hold; none that passed [`super::check`].
pub fn leaf_bytes(profile: Profile, child: &ChildPdo) -> Result<Vec<u8>> {
    let none = |why: String| {
        let message = format!("there are no bytes to hash of {}: {why}", super::shown(&child.pdo_id));
        Error::new(Code::ProofFailed, message).hint("mend the child")
    };
    if let Some(fault) = &child.fault {
        return Err(none(fault.clone()));
    }
    match profile {
        Profile::P69 => python([
            ("agent_gid", Kind::String(Cow::Borrowed(&child.agent_gid))),
            ("ber_id", Kind::String(Cow::Borrowed(&child.ber_id))),
            ("pdo_id", Kind::String(Cow::Borrowed(&child.pdo_id))),
            ("quality_score", Kind::Number(child.quality_score.as_str())),
            ("sub_pac_id", Kind::String(Cow::Borrowed(&child.sub_pac_id))),
            ("task_count", Kind::Number(child.task_count.as_str())),
        ])
        .map_err(none),
        Profile::Rfc6962 => canonicalize(&child_json(child)).map_err(|e| none(e.to_string())),
    }
}

/// All members of a child and the type, as JSON that is not canonical yet.
fn child_json(child: &ChildPdo) -> Vec<u8> {
    let mut out = b"{\"type\":".to_vec();
    write_string(&mut out, CHILD);
    let texts = [
        (",\"pdo_id\":", &child.pdo_id),
        (",\"agent_name\":", &child.agent_name),
        (",\"agent_gid\":", &child.agent_gid),
        (",\"sub_pac_id\":", &child.sub_pac_id),
        (",\"ber_id\":", &child.ber_id),
        (",\"status\":", &child.status),
        (",\"pdo_hash\":", &child.pdo_hash),
        (",\"created_at\":", &child.created_at),
    ];
    for (key, text) in texts {
        out.extend_from_slice(key.as_bytes());
        write_string(&mut out, text);
    }
    for (key, number) in
        [(",\"task_count\":", &child.task_count), (",\"quality_score\":", &child.quality_score)]
    {
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(number.as_str().as_bytes());
    }
    out.extend_from_slice(b",\"dependencies\":[");
    for (i, id) in child.dependencies.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(&mut out, id);
    }
    out.extend_from_slice(b"]}");
    out
}

/// `json.dumps(members, sort_keys=True)`.
fn python<const N: usize>(members: [(&str, Kind<'_>); N]) -> std::result::Result<Vec<u8>, String> {
    let members = members.map(|(key, kind)| (key, Value { span: 0..0, kind }));
    let text = dumps_members(members.iter().map(|(key, value)| (*key, value)), Separators::Spaced);
    text.map(String::into_bytes).map_err(|e| e.to_string())
}

/// What a final hash states. `p69` binds the first six only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinalStatement {
    /// Number of children.
    pub leaf_count: u64,
    /// The human's report.
    pub human_review_ber_id: String,
    /// Root over the children.
    pub merkle_root: String,
    /// Id of the composite.
    pub opdo_id: String,
    /// Its PAC.
    pub pac_orch_id: String,
    /// When it was sealed.
    pub sealed_at: String,
    /// When it was composed.
    pub created_at: String,
    /// When it became final.
    pub finalized_at: String,
    /// When the human's word was given.
    pub human_review_timestamp: String,
    /// Nonce of the proof.
    pub nonce: String,
    /// Name of the orchestrator.
    pub orchestrator_agent: String,
    /// GID of the orchestrator.
    pub orchestrator_gid: String,
    /// Digest of the review, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_digest: Option<String>,
    /// GID of the human, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
}

/// The final hash of a statement.
///
/// # Errors
/// `GS_420` when the statement cannot be written in the profile's form: a leaf count beyond 2^53 - 1.
pub fn final_hash(profile: Profile, statement: &FinalStatement) -> Result<Hash> {
    let failed = |why: String| Error::new(Code::ProofFailed, format!("there is no final hash: {why}"));
    let bytes = match profile {
        Profile::P69 => {
            let count = statement.leaf_count.to_string();
            python([
                ("child_count", Kind::Number(&count)),
                ("human_review_ber_id", Kind::String(Cow::Borrowed(&statement.human_review_ber_id))),
                ("merkle_root", Kind::String(Cow::Borrowed(&statement.merkle_root))),
                ("opdo_id", Kind::String(Cow::Borrowed(&statement.opdo_id))),
                ("pac_orch_id", Kind::String(Cow::Borrowed(&statement.pac_orch_id))),
                ("sealed_at", Kind::String(Cow::Borrowed(&statement.sealed_at))),
            ])
            .map_err(failed)?
        }
        Profile::Rfc6962 => {
            #[derive(Serialize)]
            struct Typed<'a> {
                r#type: &'static str,
                #[serde(flatten)]
                statement: &'a FinalStatement,
            }
            let typed = serde_json::to_vec(&Typed { r#type: FINAL, statement });
            canonicalize(&typed.map_err(|e| failed(e.to_string()))?).map_err(|e| failed(e.to_string()))?
        }
    };
    // The plain hash: a leaf begins with 0x00 and a node with 0x01, this with a brace.
    Ok(Profile::P69.leaf_hash(&bytes))
}
