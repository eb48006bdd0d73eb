//! What an actor signs, and whether a leaf's signature holds.
//!
//! Not here: whose key it is (`rules::registry`). Invariant: the signed bytes can be made from the leaf alone, so that a signature
//! can be checked after erasure. Source: docs/format.md §4.

use super::leaf::{Leaf, Members};
use crate::key::PublicKey;
use ledger_proofs::Hash;

/// First line of what is signed.
const CONTEXT: &[u8] = b"ledger-intent/v1\n";

/// The bytes that the actor signs for this leaf; `key_id` is that of the signing key.
#[must_use]
pub fn signed_bytes(leaf: &Leaf<'_>, key_id: &[u8; 32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(640);
    out.extend_from_slice(CONTEXT);
    let mut m = Members::open(&mut out);
    m.text("actor", leaf.actor);
    m.hex("datahash", &leaf.data_hash);
    m.raw("dataversion", leaf.data_version.to_string().as_bytes());
    m.text("id", leaf.id);
    m.hex("keyid", key_id);
    m.hex_opt("logid", leaf.log_id.as_ref().map(Hash::as_bytes));
    m.hex_opt("privatehash", leaf.private_hash.as_ref());
    m.text("source", leaf.source);
    m.text("subject", leaf.subject);
    m.text("type", leaf.event_type);
    m.close();
    out
}

/// Whether the leaf carries a signature of this key; `false` without one.
#[must_use]
pub fn verifies(leaf: &Leaf<'_>, key: &PublicKey) -> bool {
    match (&leaf.signature, &leaf.key_id) {
        (Some(signature), Some(id)) => id == key.id() && key.verifies(&signed_bytes(leaf, id), signature),
        _ => false,
    }
}
