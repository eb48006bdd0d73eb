//! Every kind of bad input, at the real program: one clear error each, the documented exit code, nothing written.
//!
//! Tables of cases; what a case must do is said once, in [`refused`]. Invariant: each case runs as a person and as a program sees it
//! (`--json`). Source: DESIGN.md §9.

mod bodies;
mod clocks;
mod files;
mod histories;
mod intents;
mod ledgers;
mod names;
mod opdo;
mod signatures;

use ledger_core::Code;
use ledger_tests::binary::{Place, Said};
use std::ffi::OsString;

/// One bad input.
struct Case {
    /// What is bad about it.
    what: String,
    args: Vec<OsString>,
    /// Standard input.
    input: Vec<u8>,
    /// The documented answer.
    code: Code,
}

fn case<S: Into<OsString>>(what: impl Into<String>, args: impl IntoIterator<Item = S>, code: Code) -> Case {
    Case { what: what.into(), args: args.into_iter().map(Into::into).collect(), input: Vec::new(), code }
}

impl Case {
    fn on(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }
}

/// Runs a case as text and as JSON: one error of this code, its exit code, no other output, and not a byte written.
#[track_caller]
fn refused(place: &Place, case: &Case) {
    let before = place.bytes();
    for json in [false, true] {
        answer(place, case, json);
    }
    assert!(place.bytes() == before, "{}: something was written", case.what);
}

/// The same for an attempt to break a rule: it is recorded, once, and the error names the entry.
#[track_caller]
fn recorded(place: &Place, case: &Case) {
    let size = place.size();
    for json in [false, true] {
        let said = answer(place, case, json);
        let seen = format!("see entry {size}: ledger show {size}");
        assert!(
            said.err.contains(&if json { format!("\"sequence\":{size}") } else { seen }),
            "{}: {said:?}",
            case.what
        );
    }
    assert_eq!(place.size(), size + 1, "{}", case.what);
    let entry = place.json(["show", &size.to_string()]);
    assert_eq!(entry["type"], "violation.recorded", "{}", case.what);
    assert_eq!(entry["data"]["code"], case.code.row().code, "{}", case.what);
}

/// Runs a case once and checks what it says.
#[track_caller]
fn answer(place: &Place, case: &Case, json: bool) -> Said {
    let args = case.args.iter().cloned().chain(json.then(|| OsString::from("--json")));
    let said = place.run_on(&case.input, args);
    let row = case.code.row();
    assert_eq!(said.error(), row.code, "{}: {said:?}", case.what);
    assert_eq!(said.code(), i32::from(row.exit.status()), "{}: {said:?}", case.what);
    assert!(said.out.is_empty(), "{}: {said:?}", case.what);
    assert!(said.err.contains(row.name), "{}: {said:?}", case.what);
    // Bad input must neither flood the terminal nor speak to it.
    assert!(
        said.err.len() < 2000 && !said.err.contains(|c: char| c.is_control() && c != '\n'),
        "{}: {said:?}",
        case.what
    );
    said
}

/// A copy of a list of words with more behind.
fn words(first: &[&str], more: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<OsString> {
    first.iter().map(OsString::from).chain(more.into_iter().map(Into::into)).collect()
}
