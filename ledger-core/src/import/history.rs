//! A history that is open: its format, its name, and its entries block by block.
//!
//! Not here: whether it may be imported. Invariant: every entry of the input is in the blocks, in order, whatever is wrong with it.

use super::blocks::{Blocks, Lines, Listed};
use super::chainbridge::{self, AnalysisError};
use super::cloudevents;
use super::format::{Detected, Format, detect, segment};
use super::source::Input;
use crate::codes::Code;
use crate::entry::MAX_PART;
use crate::error::{Error, Result};

/// A history that is open.
pub(super) struct History {
    input: Input,
    /// Its format.
    pub(super) format: Format,
    /// What its stream is called when nobody says otherwise.
    pub(super) name: String,
    /// What does not fit between its entries.
    pub(super) findings: Vec<chainbridge::Finding>,
    /// The numbers that its entries give themselves, when the format has such.
    pub(super) numbers: Vec<Option<u64>>,
    /// Its entries, when the format has no lines.
    listed: Vec<String>,
}

impl History {
    /// Opens a history.
    ///
    /// # Errors
    /// `LG_100`, `LG_101`, `LG_103`, `LG_105`.
    pub(super) fn open(input: Input, format: Option<Format>) -> Result<Self> {
        let (format, name) = match detect(&input, format)? {
            Detected::Chainbridge(whole) => return Self::chainbridge(input, &whole),
            Detected::CloudEvents => {
                let first = input.first_line(MAX_PART)?;
                let source = first.as_deref().and_then(cloudevents::source).unwrap_or_default();
                (Format::CloudEvents, segment(&source))
            }
        };
        Ok(Self { input, format, name, findings: Vec::new(), numbers: Vec::new(), listed: Vec::new() })
    }

    fn chainbridge(input: Input, whole: &[u8]) -> Result<Self> {
        let analysis = chainbridge::analyze(whole).map_err(|e| match e {
            AnalysisError::Json(e) => input.error(Code::MalformedJson, e.describe(whole)),
            AnalysisError::NoEntries => input.error(Code::InvalidIntent, AnalysisError::NoEntries),
        })?;
        let format = Format::Chainbridge;
        let (numbers, listed) = analysis.entries.iter().map(|e| (e.sequence, e.original.to_owned())).unzip();
        let name = format.as_str().to_owned();
        Ok(Self { input, format, name, findings: analysis.findings, numbers, listed })
    }

    /// Its entries from the first on.
    ///
    /// # Errors
    /// `LG_105`.
    pub(super) fn blocks(&self) -> Result<Box<dyn Blocks + '_>> {
        Ok(match self.format {
            Format::Chainbridge => Box::new(Listed::new(&self.listed)),
            Format::CloudEvents => Box::new(Lines::new(&self.input)?),
        })
    }

    /// What the last block's `read` will be.
    pub(super) const fn total(&self) -> u64 {
        match self.format {
            Format::Chainbridge => self.listed.len() as u64,
            Format::CloudEvents => self.input.len(),
        }
    }

    /// An error about the input.
    pub(super) fn error(&self, code: Code, what: impl std::fmt::Display) -> Error {
        self.input.error(code, what)
    }

    /// The error of an input whose second reading is not its first.
    pub(super) fn changed(&self) -> Error {
        self.error(Code::InputUnreadable, "the file was changed while it was read")
            .hint("import it again when nobody writes to it; what was imported is kept")
    }
}
