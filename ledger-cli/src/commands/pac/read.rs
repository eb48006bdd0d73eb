//! Where the commands that show PACs get them from: the state after an entry, found in the PAC's own stream.
//!
//! Not here: how it looks. Invariant: nothing is written. Source: DESIGN.md §4.

use crate::context::Context;
use ledger_core::names::PacId;
use ledger_core::view::Step;
pub use ledger_core::view::as_of::{AsOf, Found, no_such, size_at};
use ledger_core::{Code, Error, Result};
use std::path::Path;

/// Which PAC, and as of when.
#[derive(clap::Args, Clone, Debug)]
pub struct PacAt {
    /// Which PAC
    #[arg(value_name = "PAC")]
    pub pac: PacId,
    /// As of this entry, what it did included [default: the last one]
    #[arg(long, value_name = "N")]
    pub at: Option<u64>,
}

impl PacAt {
    /// The PAC.
    pub fn find(&self, ctx: &Context) -> Result<Found> {
        Found::find(&*ctx.store()?, &self.pac, self.at)
    }

    /// The PAC with all its steps.
    pub fn history(&self, ctx: &Context) -> Result<(Found, Vec<Step>)> {
        Found::history(&*ctx.store()?, &self.pac, self.at)
    }
}

/// Writes a document to a file, or to standard output for `-`.
pub fn write(to: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    if to.as_os_str() == "-" {
        std::io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(());
    }
    std::fs::write(to, text)
        .map_err(|e| Error::new(Code::OutputFailed, format!("{}: {e}", to.display())).into())
}
