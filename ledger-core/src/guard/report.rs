//! What the guard found: violations with their lines, and what each check saw.
//!
//! Not an error of the program. Invariant: violations stand in the order of their codes, and are no more than can be read.
//! Source: DESIGN.md §6 (`guard`), DOMAIN.md §3.

use super::Check;
use crate::codes::Code;
use serde_json::{Map, Value, json};

/// Most violations of one code that are listed.
pub const MAX_LISTED: usize = 100;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub code: Code,
    /// What is wrong, with the values.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// The line that shows it, from 1; `None` for what is missing.
    pub line: Option<usize>,
}

/// Something that a check saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub what: &'static str,
    /// As it stands in the artifact.
    pub value: String,
    /// Where, from 1.
    pub line: usize,
}

/// What a check came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which check.
    pub check: Check,
    /// Whether it found nothing wrong.
    pub passed: bool,
    /// The same in words.
    pub message: String,
    /// What it settled, by the names of the original: `state`; `agent`, `activated_by`; `declared`, `lane`; `status`, `mode`.
    pub settled: Vec<(&'static str, Option<String>)>,
    /// What it saw.
    pub found: Vec<Found>,
}

/// The answer about an artifact.
#[derive(Clone, Debug)]
pub struct Report {
    /// All violations, by code, then line.
    pub errors: Vec<Violation>,
    /// One for each check that was made, in the order of the codes.
    pub outcomes: Vec<Outcome>,
}

/// What a check gives: its outcome and the violations.
pub(super) type Checked = (Outcome, Vec<Violation>);

impl Report {
    pub(super) fn of(checked: Vec<Checked>) -> Self {
        let mut errors = Vec::new();
        let mut outcomes = Vec::new();
        for (outcome, violations) in checked {
            outcomes.push(outcome);
            errors.extend(violations);
        }
        // What two checks find stands in the list once.
        errors.sort_by(|a: &Violation, b| {
            (a.code.row().code, a.line, &a.message).cmp(&(b.code.row().code, b.line, &b.message))
        });
        errors.dedup();
        Self { errors: listed(errors), outcomes }
    }

    /// Whether no rule is broken.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// `{valid, errors: [{code, name, message, remedy, line?}], checks: {gateway: {valid, message, ..., found: [{what, value, line}]}}}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let errors: Vec<Value> = self.errors.iter().map(Violation::to_json).collect();
        let checks: Map<String, Value> =
            self.outcomes.iter().map(|o| (o.check.name().to_owned(), o.to_json())).collect();
        json!({ "valid": self.is_valid(), "errors": errors, "checks": checks })
    }
}

/// No more of a code than can be read.
fn listed(errors: Vec<Violation>) -> Vec<Violation> {
    let mut listed: Vec<Violation> = Vec::new();
    let (mut code, mut count) = (None, 0_usize);
    for error in errors {
        if code != Some(error.code) {
            (code, count) = (Some(error.code), 0);
        }
        count = count.saturating_add(1);
        let more = count.saturating_sub(MAX_LISTED);
        match listed.last_mut().filter(|_| more > 1) {
            Some(last) => last.message = format!("{more} more are not listed"),
            None if more == 1 => {
                listed.push(Violation { message: "1 more is not listed".to_owned(), line: None, ..error });
            }
            None => listed.push(error),
        }
    }
    listed
}

impl Violation {
    fn to_json(&self) -> Value {
        let row = self.code.row();
        let mut value =
            json!({ "code": row.code, "name": row.name, "message": self.message, "remedy": self.remedy });
        if let (Some(line), Some(members)) = (self.line, value.as_object_mut()) {
            members.insert("line".to_owned(), line.into());
        }
        value
    }
}

impl Outcome {
    fn to_json(&self) -> Value {
        let found: Vec<Value> =
            self.found.iter().map(|f| json!({ "what": f.what, "value": f.value, "line": f.line })).collect();
        let mut value = json!({ "valid": self.passed, "message": self.message, "found": found });
        if let Some(members) = value.as_object_mut() {
            for (name, settled) in &self.settled {
                members.insert((*name).to_owned(), json!(settled));
            }
            if self.check == Check::Gateway {
                members.insert("passed".to_owned(), self.passed.into());
            }
        }
        value
    }
}
