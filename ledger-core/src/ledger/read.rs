//! Questions about a log that any store answers: registry as of an entry, proofs.
//!
//! Not here: terminal or HTTP forms. Invariant: a proof that does not lead to the signed root is an error, never an answer.
//! Source: DESIGN.md §6, docs/format.md §9.

use crate::codes::Code;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::sequencer::ProofFailure;
use crate::store::{Store, runs};
use ledger_proofs::{
    Checkpoint, ConsistencyProof, Hash, InclusionProof, NodeId, Note, consistency, inclusion, tree,
};

pub use crate::replay::{pac_at, registry_at};

/// One entry.
///
/// # Errors
/// `LG_209` when there is none, and as the store says.
pub fn entry(store: &dyn Store, sequence: u64) -> Result<Entry> {
    let missing = || {
        let size = store.head().size;
        Error::new(Code::NoSuchEntry, format!("the log holds {size} entries; there is no entry {sequence}"))
    };
    store.entries(sequence, 1)?.pop().ok_or_else(missing)
}

/// At most `limit` entries of a stream, from its position `from` on; neighbours in the log are read together.
///
/// # Errors
/// As the store says.
pub fn stream_entries(store: &dyn Store, name: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (first, count) in runs(&store.stream(name, from, limit)?, limit) {
        entries.extend(store.entries(first, count)?);
    }
    Ok(entries)
}

fn fetch(store: &dyn Store, id: NodeId) -> Result<Hash, ProofFailure> {
    let missing = || ProofFailure::Store(Error::new(Code::Damaged, "a node of the tree is missing"));
    store.nodes(&[id]).map_err(ProofFailure::Store)?.first().copied().ok_or_else(missing)
}

/// Root of the first `size` entries.
///
/// # Errors
/// `LG_209` when the log is shorter, and as the store says.
pub fn root_at(store: &dyn Store, size: u64) -> Result<Hash> {
    if size > store.head().size {
        return Err(Error::new(
            Code::NoSuchEntry,
            format!("the log holds {} entries, not {size}", store.head().size),
        ));
    }
    tree::root(size, |id| fetch(store, id)).map_err(ProofFailure::into_error)
}

/// Proof that an entry is in the log of its present size.
///
/// # Errors
/// `LG_209` when there is no such entry, `LG_203` when the tree is not the one that was signed.
pub fn prove_inclusion(store: &dyn Store, sequence: u64) -> Result<(Entry, InclusionProof, Note)> {
    let entry = entry(store, sequence)?;
    let (note, checkpoint) = signed_head(store)?;
    let proof = inclusion::prove(sequence, checkpoint.size(), |id| fetch(store, id))
        .map_err(ProofFailure::into_error)?;
    let wrong = |e: ledger_proofs::ProofError| {
        Error::new(Code::Damaged, format!("entry {sequence}: {e}")).at(sequence)
    };
    proof.verify(&entry.leaf_hash(), &checkpoint.root()).map_err(wrong)?;
    Ok((entry, proof, note))
}

/// Proof that the log of `from` entries is the beginning of the log of `to`, with both roots.
///
/// # Errors
/// `LG_209` when the log is shorter or the sizes are exchanged.
pub fn prove_consistency(store: &dyn Store, from: u64, to: u64) -> Result<(ConsistencyProof, Hash, Hash)> {
    let (from_root, to_root) = (root_at(store, from)?, root_at(store, to)?);
    let proof = consistency::prove(from, to, |id| fetch(store, id)).map_err(ProofFailure::into_error)?;
    let wrong = |e: ledger_proofs::ProofError| Error::new(Code::Damaged, e.to_string());
    proof.verify(&from_root, &to_root).map_err(wrong)?;
    Ok((proof, from_root, to_root))
}

/// The checkpoint of the head, read.
///
/// # Errors
/// `LG_203` when it is absent or malformed.
pub fn signed_head(store: &dyn Store) -> Result<(Note, Checkpoint)> {
    let bad =
        |why: &dyn std::fmt::Display| Error::new(Code::Damaged, format!("the head's checkpoint: {why}"));
    let text = store.checkpoint().ok_or_else(|| bad(&"there is none"))?;
    let note = Note::parse(text.as_bytes()).map_err(|e| bad(&e))?;
    let checkpoint = Checkpoint::parse_text(note.text()).map_err(|e| bad(&e))?;
    Ok((note, checkpoint))
}
