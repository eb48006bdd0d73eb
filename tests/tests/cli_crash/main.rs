//! The real program killed, starved and crowded: what was acknowledged is there afterwards, and nobody is told anything false.
//!
//! Not the store alone (`store/`), not single system calls (`cli_syscalls`), not power cuts (`power_cut`). Invariant: an acknowledgement
//! is a whole receipt on standard output, as a caller would have read it. Source: DESIGN.md §9.

mod kill;
mod media;
mod together;

use ledger_core::entry::event_json;
use ledger_tests::binary::{Place, Said};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the program has acknowledged: sequence and leaf hash by id.
#[derive(Default)]
struct Acknowledged(BTreeMap<String, (u64, String)>);

impl Acknowledged {
    /// Takes note of every whole receipt.
    #[track_caller]
    fn read(&mut self, output: &[u8]) {
        let whole = output.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        for line in output[..whole].split_inclusive(|b| *b == b'\n') {
            let receipt: Value = serde_json::from_slice(line).unwrap();
            let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
            let place = (receipt["sequence"].as_u64().unwrap(), text("leaf_hash"));
            let earlier = self.0.insert(text("id"), place.clone());
            assert!(earlier.is_none_or(|e| e == place), "{receipt}");
        }
    }

    /// Asserts that all of it is in the log, in its place, and that verification finds nothing.
    #[track_caller]
    fn survives(&self, place: &Place, after: &str) {
        let said = place.ok(["log", "--json"]);
        let mut found = BTreeMap::new();
        for (n, line) in said.out.lines().enumerate() {
            let entry = event_json::read(line.as_bytes()).unwrap();
            let leaf = entry.parse().unwrap();
            assert_eq!(leaf.sequence, n as u64, "{after}");
            found.insert(leaf.id.to_owned(), (leaf.sequence, entry.leaf_hash().to_hex()));
        }
        for (id, expected) in &self.0 {
            assert_eq!(found.get(id), Some(expected), "{after}: {id} was acknowledged");
        }
        verifies(place, after);
    }
}

/// Asserts that verification finds nothing.
#[track_caller]
fn verifies(place: &Place, after: &str) {
    let said = place.run(["verify", "--json"]);
    assert_eq!((said.code(), said.err.as_str()), (0, ""), "{after}: {said:?}");
}

/// Arguments that append a note under this id.
fn note<'a>(id: &'a str, data: &'a str) -> [&'a str; 7] {
    ["append", "note", "--data", data, "--id", id, "--json"]
}

/// So many lines of a batch, their ids beginning with `prefix`.
fn lines(prefix: &str, count: usize) -> String {
    let line =
        |n| format!("{{\"kind\":\"note\",\"data\":{{\"text\":\"note {n}\"}},\"id\":\"{prefix}-{n}\"}}\n");
    (0..count).map(line).collect()
}

/// Says why a test cannot run here; in CI that is a failure.
fn skip(why: &str, said: &Said) {
    assert!(std::env::var_os("CI").is_none(), "in CI this must run: {why}: {said:?}");
    println!("skipped: {why}: {}", said.err.trim());
}
