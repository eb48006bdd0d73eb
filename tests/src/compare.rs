//! Comparisons of a store with a history and with another store.
//!
//! Invariant: every question that the `Store` trait knows is asked.

use crate::sample::History;
use ledger_core::store::Store;
use ledger_core::{Code, entry::Entry};
use ledger_proofs::{NodeId, ProofError, inclusion};

/// Asserts that the store holds exactly the first entries of the history, with the right head.
pub fn holds(store: &dyn Store, history: &History) {
    let size = usize::try_from(store.head().size).unwrap();
    assert!(
        size <= history.entries.len(),
        "{size} entries, of {} that there ever were",
        history.entries.len()
    );
    let entries = store.entries(0, usize::MAX).unwrap();
    assert_eq!(entries.len(), size);
    for (n, (found, written)) in entries.iter().zip(&history.entries).enumerate() {
        assert!(found == written, "entry {n} of {size}");
    }
    let last = size.checked_sub(1).map(|n| &history.entries[n]);
    assert_eq!(store.head().root, history.root(size as u64), "root of {size}");
    assert_eq!(store.head().chain, last.map_or([0; 32], Entry::chain_hash));
    assert_eq!(store.head().time, last.map(|e| e.parse().unwrap().time));
}

/// Asserts that both stores answer alike, and that proofs of some entries verify; `step` thins out the questions.
pub fn alike(store: &dyn Store, model: &dyn Store, history: &History, step: usize) {
    assert_eq!(store.head(), model.head());
    assert_eq!(store.checkpoint(), model.checkpoint());
    let size = model.head().size;
    for (from, limit) in
        [(0, 300), (size / 2, 70), (size.saturating_sub(3), 9), (size, 1), (u64::MAX, 5), (0, 0)]
    {
        assert_eq!(
            store.entries(from, limit).unwrap(),
            model.entries(from, limit).unwrap(),
            "{limit} from {from}"
        );
    }
    for name in history.streams().iter().map(String::as_str).chain(["notes", "notes/99999", "nothing"]) {
        let len = model.stream_len(name).unwrap();
        assert_eq!(store.stream_len(name).unwrap(), len, "length of {name}");
        for (from, limit) in [(0, usize::MAX), (len / 2, 3), (len.saturating_sub(1), 5), (len, 1), (1, 0)] {
            let expected = model.stream(name, from, limit).unwrap();
            assert_eq!(store.stream(name, from, limit).unwrap(), expected, "{limit} of {name} from {from}");
        }
    }
    for entry in model.entries(0, usize::MAX).unwrap().iter().step_by(step) {
        let leaf = entry.parse().unwrap();
        assert_eq!(store.find(leaf.id).unwrap(), Some(leaf.sequence), "{}", leaf.id);
        proves(store, entry, leaf.sequence);
    }
    assert_eq!(store.find("notes/0/absent").unwrap(), None);
    nodes_alike(store, model, step);
}

fn nodes_alike(store: &dyn Store, model: &dyn Store, step: usize) {
    let size = model.head().size;
    let mut ids = Vec::new();
    for level in 0..=64_u8 {
        let count = size.checked_shr(level.into()).unwrap_or(0);
        let last = count.checked_sub(1);
        ids.extend((0..count).step_by(step).chain(last).map(|index| NodeId { level, index }));
        assert!(store.nodes(&[NodeId { level, index: count }]).is_err_and(|e| e.code == Code::NoSuchEntry));
    }
    assert_eq!(store.nodes(&ids).unwrap(), model.nodes(&ids).unwrap());
}

fn proves(store: &dyn Store, entry: &Entry, sequence: u64) {
    let head = store.head();
    let fetch = |id| Ok::<_, ProofError>(store.nodes(&[id]).unwrap()[0]);
    let proof = inclusion::prove(sequence, head.size, fetch).unwrap();
    proof.verify(&entry.leaf_hash(), &head.root).unwrap();
}
