//! The discipline check of an artifact's text: gateway, activation, identity, execution (GS_116 to GS_119), without a ledger.
//!
//! Not a judge of content, and not the rules of a ledger, which know who really acted. Invariant: a pure function from text and registry
//! to a report; it is defined for every text, takes time proportional to its length, and what it does not understand declares nothing.
//! Source: seed 001 §§3 to 6, DOMAIN.md §3 ("Beyond the original").

mod activation;
mod execution;
mod facts;
mod flow;
mod gateway;
mod identity;
mod keys;
mod reference;
mod report;
mod roster;
mod scan;
mod text;
mod tree;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod readings;
#[cfg(test)]
mod verdicts;

pub use report::{Found, MAX_LISTED, Outcome, Report, Violation};
pub use roster::{Member, Roster};

use crate::codes::Code;
use crate::error::{Error, Result};
use facts::Facts;

/// Longest artifact, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// One of the four checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// GS_116: the gateway block, its authority, the requester.
    Gateway,
    /// GS_117: who is activated, by whom.
    Activation,
    /// GS_118: one agent throughout, as registered, in a lane of theirs.
    Identity,
    /// GS_119: an executed artifact is EXECUTABLE.
    Execution,
}

impl Check {
    /// All, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Gateway, Self::Activation, Self::Identity, Self::Execution];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Activation => "activation",
            Self::Identity => "identity",
            Self::Execution => "execution",
        }
    }
}

/// Takes the bytes of an artifact as text, without a byte order mark.
///
/// # Errors
/// `LG_103` for more than [`MAX_TEXT`] bytes, `LG_105` for what is no UTF-8, with the line.
pub fn read(bytes: &[u8]) -> Result<&str> {
    if bytes.len() > MAX_TEXT {
        let message = format!("the artifact has {} bytes; at most {MAX_TEXT} are read", bytes.len());
        return Err(
            Error::new(Code::TooLarge, message).hint("Check the artifact itself, not what it refers to.")
        );
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count().saturating_add(1);
        Error::new(
            Code::InputUnreadable,
            format!("the artifact is no UTF-8 text: byte {} (line {line})", e.valid_up_to()),
        )
        .hint("Save the artifact as UTF-8 text: markdown or YAML.")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Makes the checks that are named, each once, in the order of their codes.
#[must_use]
pub fn check(text: &str, roster: &Roster, checks: &[Check]) -> Report {
    let tree = scan::scan(text);
    let facts = Facts::of(&tree, roster);
    let run = |check: &Check| match check {
        Check::Gateway => gateway::check(&facts, roster),
        Check::Activation => activation::check(&facts, roster),
        Check::Identity => identity::check(&facts, roster),
        Check::Execution => execution::check(&facts),
    };
    Report::of(Check::ALL.iter().filter(|c| checks.contains(c)).map(run).collect())
}
