//! `ledger review` as people and other front ends use it: in a terminal, in four steps, and as a report.
//!
//! Codes of the rules themselves are in `cli_codes`. Invariant: whatever the verbs do is in the log as the intents that they stand for.

mod pty;
mod sitting;
mod steps;

use ledger_tests::orchestra::{GRACE, Orchestra};
use serde_json::Value;

const PAC: &str = "PAC-REVIEW-1";

/// A ledger with a PAC that is SEALED; its reviewer is Grace.
fn sealed() -> Orchestra {
    let o = Orchestra::new();
    o.sealed(PAC);
    o
}

/// Runs `ledger review` as Grace; gives the JSON value.
#[track_caller]
fn review(o: &Orchestra, args: &[&str]) -> Value {
    o.place.json(["review"].iter().chain(args).chain(&["--actor", GRACE]))
}

/// The same, which must be refused; gives the error.
#[track_caller]
fn refused(o: &Orchestra, args: &[&str]) -> Value {
    let said = o.place.run(["review"].iter().chain(args).chain(&["--actor", GRACE, "--json"]));
    let _ = said.error();
    serde_json::from_str::<Value>(&said.err).unwrap()["error"].clone()
}

/// Waits until an answer is not too early any more.
fn read_for_long_enough() {
    std::thread::sleep(std::time::Duration::from_millis(5_100));
}
