//! GS_119: an artifact that says that it was executed was EXECUTABLE.
//!
//! Not whether anyone asked for it: only a ledger knows. Source: seed 001 §6; DOMAIN.md §3.

use super::Check;
use super::facts::{Facts, Word};
use super::report::{Checked, Found, Outcome, Violation};
use super::text::{clip, shown};
use crate::codes::Code;

const MODE: &str = "Declare `mode: EXECUTABLE` where the execution was requested; otherwise the artifact is advisory, and executes nothing.";

/// Statuses that say that something was executed.
const EXECUTED: &[&str] = &["EXECUTED", "CLOSED", "POSITIVE_CLOSURE"];

fn is_one_of(word: &Word<'_>, words: &[&str]) -> bool {
    word.record.is_none() && words.iter().any(|w| word.text.eq_ignore_ascii_case(w))
}

/// The statuses that say so.
pub fn executed<'f, 'a>(facts: &'f Facts<'a>) -> impl Iterator<Item = &'f Word<'a>> {
    facts.statuses.iter().filter(|s| is_one_of(s, EXECUTED))
}

/// Checks the execution status.
pub fn check(facts: &Facts<'_>) -> Checked {
    let status = executed(facts).next();
    let executable = facts.modes.iter().find(|m| is_one_of(m, &["EXECUTABLE"]));
    let advisory = facts.modes.iter().find(|m| is_one_of(m, &["ADVISORY", "ADVISORY_ONLY"]));
    let mut errors = Vec::new();
    if let Some(status) = status {
        let what = shown(status.text);
        let message = match (executable, advisory) {
            (_, Some(mode)) => Some(format!(
                "the status is {what}, but the mode is {} (line {})",
                shown(mode.text),
                mode.line
            )),
            (None, None) => Some(format!("the status is {what}, but no field declares mode EXECUTABLE")),
            (Some(_), None) => None,
        };
        errors.extend(message.map(|message| Violation {
            code: Code::UnsolicitedExecution,
            message,
            remedy: MODE,
            line: Some(status.line),
        }));
    }
    let shown_status = status.or_else(|| facts.statuses.iter().find(|s| s.record.is_none()));
    let mode = executable.or(advisory).or_else(|| facts.modes.iter().find(|m| m.record.is_none()));
    let message = match (errors.first(), status, shown_status) {
        (Some(error), ..) => error.message.clone(),
        (None, Some(status), _) => format!("{} in mode EXECUTABLE", status.text.to_ascii_uppercase()),
        (None, None, Some(status)) => format!("status {}: nothing was executed", shown(status.text)),
        (None, None, None) => "no execution status: advisory only".to_owned(),
    };
    let text = |w: Option<&Word<'_>>| w.map(|w| w.text.to_ascii_uppercase());
    let found = |what| move |w: &Word<'_>| Found { what, value: clip(w.text), line: w.line };
    let outcome = Outcome {
        check: Check::Execution,
        passed: errors.is_empty(),
        message,
        settled: vec![("status", text(shown_status)), ("mode", text(mode))],
        found: facts
            .statuses
            .iter()
            .map(found("status"))
            .chain(facts.modes.iter().map(found("mode")))
            .collect(),
    };
    (outcome, errors)
}
