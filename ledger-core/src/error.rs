//! The one error type: a code of the table, what was wrong here, and where.
//!
//! Not a finding: what verification discovers is data (`verify::Finding`). Invariant: every error has a code, and its remedy comes
//! from the table unless this case knows better.

use crate::codes::Code;
use std::fmt;

/// Anything that stops an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Which row of the table.
    pub code: Code,
    /// What was wrong, in one sentence, with the values at hand.
    pub message: String,
    /// What to do, when this case knows better than the table.
    pub hint: Option<String>,
    /// The entry that it is about: the violation's own, for a refused intent.
    pub sequence: Option<u64>,
}

/// What every fallible operation of this crate gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, sequence: None }
    }

    /// The same with a remedy of its own.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, about this entry.
    #[must_use]
    pub fn at(mut self, sequence: u64) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &str {
        self.hint.as_deref().unwrap_or_else(|| self.code.row().remedy)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.code.row();
        write!(f, "{} {}: {}", row.code, row.name, self.message)
    }
}

impl std::error::Error for Error {}
