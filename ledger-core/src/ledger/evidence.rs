//! Proofs as files for others to check offline: what `ledger prove` writes and a server gives.
//!
//! Invariant: each file holds all that its check needs but trust in the verifier key. Source: docs/format.md §9, DESIGN.md §6.

use super::read;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body;
use crate::store::Store;
use ledger_proofs::{Hash, TlogProof, VerifierKey};
use serde_json::{Value, json};

/// `type` of a consistency proof's file.
pub const CONSISTENCY: &str = "ledger/consistency-proof/v1";

/// Verifier key of the log.
///
/// # Errors
/// As the store says.
pub fn verifier_key(store: &dyn Store) -> Result<VerifierKey> {
    let entry = read::entry(store, 0)?;
    let genesis: body::Genesis = body::read(&entry.data.bytes)?;
    VerifierKey::new(genesis.origin.as_str(), &genesis.log_key.0)
        .map_err(|e| Error::new(Code::WrongLogKey, e.to_string()))
}

/// A `c2sp.org/tlog-proof@v1` file: that an entry is in the log.
///
/// # Errors
/// As [`read::prove_inclusion`].
pub fn inclusion(store: &dyn Store, sequence: u64) -> Result<String> {
    let (entry, proof, note) = read::prove_inclusion(store, sequence)?;
    let leaf = String::from_utf8_lossy(&entry.leaf).into_owned();
    let extra = json!({ "leaf": leaf, "vkey": verifier_key(store)?.to_string() });
    let malformed = |e: ledger_proofs::TlogProofError| Error::new(Code::Damaged, e.to_string());
    let file = TlogProof::new(proof, note)
        .and_then(|p| p.with_extra(extra.to_string().into_bytes()))
        .map_err(malformed)?;
    Ok(file.to_string())
}

/// That the log of `from` entries is the beginning of that of `to`, the present one when absent; with its checkpoint then.
///
/// # Errors
/// As [`read::prove_consistency`].
pub fn consistency(store: &dyn Store, from: u64, to: Option<u64>) -> Result<Value> {
    let (note, checkpoint) = read::signed_head(store)?;
    let to = to.unwrap_or(checkpoint.size());
    let (proof, from_root, to_root) = read::prove_consistency(store, from, to)?;
    let hashes: Vec<String> = proof.hashes.iter().map(Hash::to_hex).collect();
    let mut file = json!({
        "from": from, "from_root": from_root.to_hex(), "hashes": hashes, "to": to, "to_root": to_root.to_hex(),
        "type": CONSISTENCY, "vkey": verifier_key(store)?.to_string(),
    });
    if let Some(members) = file.as_object_mut().filter(|_| to == checkpoint.size()) {
        members.insert("checkpoint".to_owned(), note.to_string().into());
    }
    Ok(file)
}
