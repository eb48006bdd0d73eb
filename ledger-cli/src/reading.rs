//! Where commands read: the ledger itself, or the server that is named, whichever it is.
//!
//! Not a second way to read: both give entries, from which everything else is replayed here. Invariant: a command does not know which it is.

use ledger_core::Result;
use ledger_core::entry::Record;
use ledger_core::store::Store;
use ledger_core::store::local::{JournalReader, LocalStore};
use ledger_core::view::Wanted;
use ledger_proofs::Hash;
use ledger_server::Remote;
use std::ops::{ControlFlow, Deref};

/// A log for questions.
pub struct Opened {
    store: Box<dyn Store>,
    log_id: Hash,
}

impl Opened {
    /// The ledger itself.
    pub fn own(store: LocalStore) -> Self {
        Self { log_id: store.log_id(), store: Box::new(store) }
    }

    /// That of a server.
    pub fn served(remote: Remote) -> Result<Self> {
        Ok(Self { log_id: remote.log_id()?, store: Box::new(remote) })
    }

    /// RFC 6962 leaf hash of the genesis entry.
    pub const fn log_id(&self) -> Hash {
        self.log_id
    }
}

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// A log in its order.
pub enum Reader {
    /// From the journal.
    Journal(Box<JournalReader>),
    /// From a server.
    Served(Box<Remote>),
}

impl Reader {
    /// Number of entries, as of the last look.
    pub fn size(&self) -> u64 {
        match self {
            Self::Journal(journal) => journal.head().size,
            Self::Served(remote) => remote.head().size,
        }
    }

    /// Looks again, for what was appended since.
    pub fn refresh(&mut self) -> Result<()> {
        match self {
            Self::Journal(journal) => journal.refresh(),
            Self::Served(remote) => remote.refresh(),
        }
    }

    /// Calls `each` with every entry from `from` on until it breaks. A server leaves out what is not `wanted`; a journal does not.
    pub fn each(
        &self,
        wanted: &Wanted,
        from: u64,
        each: impl FnMut(u64, &Record<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        match self {
            Self::Journal(journal) => journal.each(from, each),
            Self::Served(remote) => remote.each(wanted, from, each),
        }
    }
}
