//! Where the commands that show PACs get them from: the state after an entry, found in the PAC's own stream.
//!
//! Not here: how it looks. Invariant: nothing is written. Source: DESIGN.md §4.

use crate::context::Context;
use ledger_core::ledger::read::{pac_at, registry_at};
use ledger_core::names::PacId;
use ledger_core::rules::Registry;
use ledger_core::rules::pac::Pac;
use ledger_core::store::Store as _;
use ledger_core::view::{Step, history};
use ledger_core::{Code, Error, Result};
use std::path::Path;
use std::sync::Arc;

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

/// A PAC as it was, with the registry of that moment.
pub struct Found {
    /// The last entry that counts.
    pub at: u64,
    /// The PAC.
    pub pac: Pac,
    /// The registry.
    pub registry: Arc<Registry>,
}

/// An answer in JSON with the entry that it is as of.
#[derive(serde::Serialize)]
pub struct AsOf<T> {
    /// The last entry that counts.
    pub at: u64,
    /// The answer.
    #[serde(flatten)]
    pub view: T,
}

/// Number of entries that count.
pub fn size_at(head: u64, at: Option<u64>) -> Result<u64> {
    match at {
        Some(at) if at >= head => Err(Error::new(
            Code::NoSuchEntry,
            format!("the log holds {head} entries; there is no entry {at}"),
        )),
        Some(at) => Ok(at.saturating_add(1)),
        None => Ok(head),
    }
}

/// There is no such PAC, or was none yet.
pub fn no_such(pac: &PacId, at: Option<u64>) -> Error {
    let when = at.map(|at| format!(" as of entry {at}")).unwrap_or_default();
    let seen = at.map(|at| format!(" --at {at}")).unwrap_or_default();
    Error::new(Code::PacUnknown, format!("there is no {pac}{when}"))
        .hint(format!("see `ledger pac list{seen}` for those that there are"))
}

impl PacAt {
    /// The PAC.
    pub fn find(&self, ctx: &Context) -> Result<Found> {
        let store = ctx.store()?;
        let size = size_at(store.head().size, self.at)?;
        let registry = Arc::new(registry_at(&store, Some(size))?);
        let stream = ledger_core::event::pac_stream(&self.pac)?;
        let pac = pac_at(&store, stream.as_str(), Some(size), &registry)?;
        let pac = pac.ok_or_else(|| no_such(&self.pac, self.at))?;
        Ok(Found { at: size.saturating_sub(1), pac, registry })
    }

    /// The PAC with all its steps.
    pub fn history(&self, ctx: &Context) -> Result<(Found, Vec<Step>)> {
        let store = ctx.store()?;
        let size = size_at(store.head().size, self.at)?;
        let registry = Arc::new(registry_at(&store, Some(size))?);
        let found = history::read(&store, &self.pac, Some(size), &registry)?;
        let (pac, steps) = found.ok_or_else(|| no_such(&self.pac, self.at))?;
        Ok((Found { at: size.saturating_sub(1), pac, registry }, steps))
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
