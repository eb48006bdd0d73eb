//! The command line as its users meet it: what every command says, in text and in JSON, with what changes from run to run redacted.
//!
//! Not bad input (`cli_bad_input`), not crashes (`cli_crash`). Invariant: a change of what users see is a change of a snapshot here.
//! Source: DESIGN.md §6.

mod examples;
mod log;
mod proofs;
mod shapes;
mod terminal;
mod transcripts;
mod usage;

use ledger_tests::binary::{Place, Said};

/// What changes from run to run, and what stands for it: of the same length in tables, so that columns stay aligned.
const REDACTED: &[(&str, &str)] = &[
    (r"/(tmp|dev/shm)/ledger-test-[A-Za-z0-9]{6}", "PLACE"),
    (r"\b[0-9a-f]{128}\b", "SIGNATURE"),
    (r"\b[0-9a-f]{64}\b", "HASH"),
    // A hash that a table cut off.
    (r"\b[0-9a-f]{8,63}…", "HASH…"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME--------------------"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", "+KEYID+KEY"),
    (r"ledger\.local/[0-9a-f]{8}", "ledger.local/RANDOM"),
    (r"[A-Za-z0-9+/]{43,}={0,2}", "BASE64"),
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

/// Runs commands one after the other and writes down what a person would see.
fn transcript(place: &Place, commands: &[&[&str]]) -> String {
    commands.iter().map(|args| shown(args, &place.run(args.iter()))).collect()
}

fn shown(args: &[&str], said: &Said) -> String {
    let quoted = |a: &&str| {
        if a.contains([' ', '"', '{']) || a.is_empty() { format!("'{a}'") } else { (*a).to_owned() }
    };
    let line: Vec<String> = args.iter().map(quoted).collect();
    let code = said.code();
    let exit = if code == 0 { String::new() } else { format!("[exit {code}]\n") };
    format!("$ ledger {}\n{}{}{exit}\n", line.join(" "), said.out, said.err)
}
