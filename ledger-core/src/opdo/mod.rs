//! The O-PDO: the composite of all child PDOs of a PAC, with a merkle proof and irreversible finality.
//!
//! Not the life of a PAC, which decides when any of this happens, and no judgement of a reviewer: documents in, documents out. Nothing here
//! reads a clock or makes randomness; time and nonce are given.
//!
//! Invariant: every operation runs the same checks that [`verify`] runs, and makes a new document: a refused one changes nothing.
//!
//! Source: seed 002; DOMAIN.md §5; bytes in docs/format.md §14.

mod binding;
mod check;
mod child_proof;
mod dependencies;
mod document;
mod moment;
mod number;
mod operations;
mod proof;
mod read;
mod verify;

pub use binding::{FinalStatement, final_hash, leaf, leaf_bytes};
pub use check::{Context, Finding, Subject, check, examine};
pub use child_proof::{CHILD_PROOF, ChildProof, prove};
pub use document::{ChildPdo, CompositeProof, OpdoState, OrchestratedPdo, StateTransition};
pub use ledger_proofs::Profile;
pub use moment::Moment;
pub use number::Number;
pub use operations::{Composition, Finality, compose, finalize, profile, seal, void};
pub use read::{read_composition, read_document};
pub use verify::verify;

use std::borrow::Cow;

/// Most bytes of a document: 16 MiB.
pub const MAX_DOCUMENT: usize = 16 << 20;
/// Most children of a composite.
pub const MAX_CHILDREN: usize = 10_000;
/// The orchestrator of documents outside a ledger (seed 002 §2.1).
pub const ORCHESTRATOR_GID: &str = "GID-00";
/// Its name.
pub const ORCHESTRATOR_AGENT: &str = "BENSON";

/// Text from a document for a message: quoted, control characters escaped, cut to what one can read.
fn shown(text: &str) -> String {
    const MOST: usize = 64; // a hash stays whole
    let cut = match text.char_indices().nth(MOST) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or_default())),
    };
    format!("{cut:?}")
}

/// Whether an id is this prefix and more.
fn has_prefix(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty())
}
