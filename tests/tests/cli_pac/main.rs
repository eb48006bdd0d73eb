//! `ledger pac` and `ledger replay --step` as their users meet them: a diamond of four agents from its order to SEALED, by verbs alone.
//!
//! Not here: the rules themselves, nor `append` (`cli_surface`). Invariant: what a verb writes is the intent that `append` would have taken.
//! Source: DOMAIN.md §§3-8, DESIGN.md §6.

mod bad_usage;
mod diamond;
mod graphs;
mod walk;

use ledger_tests::binary::{Place, Said};
use serde_json::Value;

/// The PAC of these tests.
const PAC: &str = "PAC-T-1";

/// What changes from run to run, and what stands for it, of the same length where tables hold it.
const REDACTED: &[(&str, &str)] = &[
    (r"\b[0-9a-f]{64}\b", "HASH"),
    (r"\b[0-9a-f]{16}…", "HASH------------…"),
    (r"\bS-[0-9a-f]{16}\b", "S-SESSION---------"),
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME--------------------"),
    (r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b", "DATE------ TIME----"),
    (r"-20\d{12}-", "-STAMP---------"),
];

/// Compares with the stored snapshot of this name.
macro_rules! snapshot {
    ($name:literal, $text:expr) => {
        insta::with_settings!({ filters => crate::REDACTED.iter().copied(), omit_expression => true }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}
pub(crate) use snapshot;

/// A ledger with a service that may order work.
fn place() -> Place {
    let place = Place::with_ledger();
    place.ok(["agents", "register", "GID-S01", "--name", "CRON", "--service"]);
    place
}

/// A verb about the PAC, to succeed: its receipts, the last one.
#[track_caller]
fn did(place: &Place, verb: &str, args: &[&str]) -> Value {
    place.lines(["pac", verb, PAC].iter().chain(args)).pop().unwrap()
}

/// A verb about the PAC.
fn tried(place: &Place, verb: &str, args: &[&str]) -> Said {
    place.run(["pac", verb, PAC].iter().chain(args))
}

/// A verb that the rules refuse, with this code: exit code 2, and a record of it, whose entry it names.
#[track_caller]
fn refused(place: &Place, code: &str, verb: &str, args: &[&str]) {
    let before = place.size();
    let said = tried(place, verb, args);
    assert_eq!((said.error().as_str(), said.code()), (code, 2), "{said:?}");
    assert_eq!(place.size(), before + 1, "{code}: the attempt is recorded");
}

/// The state of a node.
fn state(show: &Value, node: &str) -> String {
    let nodes = show["graph"]["nodes"].as_array().unwrap();
    let found = nodes.iter().find(|n| n["node_id"] == node).unwrap();
    found["state"].as_str().unwrap().to_owned()
}
