//! A PAC as it was after any entry: what `--at N` and `?at=N` mean, for terminals and for a server alike.

use super::{Step, history};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::ledger::read::{pac_at, registry_at};
use crate::names::PacId;
use crate::rules::Registry;
use crate::rules::pac::Pac;
use crate::store::Store;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// An answer with the entry that it is as of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AsOf<T> {
    /// The last entry that counts.
    pub at: u64,
    /// The answer.
    #[serde(flatten)]
    pub view: T,
}

/// A PAC as it was, with the registry of that moment.
#[derive(Clone, Debug)]
pub struct Found {
    /// The last entry that counts.
    pub at: u64,
    /// The PAC.
    pub pac: Pac,
    /// The registry.
    pub registry: Arc<Registry>,
}

/// Number of entries that count as of this one, of all when absent.
///
/// # Errors
/// `LG_209` when there is no such entry.
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
#[must_use]
pub fn no_such(pac: &PacId, at: Option<u64>) -> Error {
    let when = at.map(|at| format!(" as of entry {at}")).unwrap_or_default();
    let seen = at.map(|at| format!(" --at {at}")).unwrap_or_default();
    Error::new(Code::PacUnknown, format!("there is no {pac}{when}"))
        .hint(format!("see `ledger pac list{seen}` for those that there are"))
}

impl Found {
    /// The PAC.
    ///
    /// # Errors
    /// `LG_150` without one, `LG_209` without such an entry, and as the store says.
    pub fn find(store: &dyn Store, pac_id: &PacId, at: Option<u64>) -> Result<Self> {
        let size = size_at(store.head().size, at)?;
        let registry = Arc::new(registry_at(store, Some(size))?);
        let stream = crate::event::pac_stream(pac_id)?;
        let pac = pac_at(store, stream.as_str(), Some(size), &registry)?;
        let pac = pac.ok_or_else(|| no_such(pac_id, at))?;
        Ok(Self { at: size.saturating_sub(1), pac, registry })
    }

    /// The PAC with all its steps.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn history(store: &dyn Store, pac_id: &PacId, at: Option<u64>) -> Result<(Self, Vec<Step>)> {
        let size = size_at(store.head().size, at)?;
        let registry = Arc::new(registry_at(store, Some(size))?);
        let found = history::read(store, pac_id, Some(size), &registry)?;
        let (pac, steps) = found.ok_or_else(|| no_such(pac_id, at))?;
        Ok((Self { at: size.saturating_sub(1), pac, registry }, steps))
    }
}
