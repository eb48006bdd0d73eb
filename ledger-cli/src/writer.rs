//! Whom commands write through: the ledger itself, or the server that has it open, whichever is there.
//!
//! Not a second path to the log: both take the same requests and give the same answers. Invariant: a command does not know which it is.

use ledger_core::intent::{Intent, LogName};
use ledger_core::key::SecretKey;
use ledger_core::ledger::{Ledger, Location, read};
use ledger_core::names::Key;
use ledger_core::rules::Registry;
use ledger_core::sequencer::{Answer, Receipt, Request};
use ledger_core::store::Store;
use ledger_core::time::{Clock as _, Random as _, SystemClock, SystemRandom};
use ledger_core::{Code, Error, Result};
use ledger_server::{Address, Remote};
use std::sync::Arc;

/// The way to the log.
pub struct Writer {
    way: Way,
    location: Location,
}

enum Way {
    Own(Ledger),
    Served(Box<Remote>),
}

impl Writer {
    /// Through the server that is named, or the one that has the ledger open; without either by opening it.
    pub fn open(location: &Location, server: Option<&Address>) -> Result<Self> {
        let served = match server {
            Some(address) => Some(Remote::at(address)?),
            None => Remote::of_directory(&location.dir)?,
        };
        let way = match served {
            Some(remote) => Way::Served(Box::new(remote)),
            None => Way::Own(Ledger::open(location)?),
        };
        Ok(Self { way, location: location.clone() })
    }

    /// The registry at the head.
    pub fn registry(&self) -> Result<Arc<Registry>> {
        match &self.way {
            Way::Own(ledger) => Ok(Arc::new(ledger.sequencer().registry().clone())),
            Way::Served(remote) => Ok(Arc::new(read::registry_at(&**remote, None)?)),
        }
    }

    /// Reads from what is there.
    pub fn read<T>(&self, question: impl FnOnce(&dyn Store) -> Result<T>) -> Result<T> {
        match &self.way {
            Way::Own(ledger) => question(ledger.sequencer().store()),
            Way::Served(remote) => question(&**remote),
        }
    }

    /// What signatures are bound to.
    pub fn log(&self) -> Result<LogName> {
        match &self.way {
            Way::Own(ledger) => Ok(ledger.sequencer().log().clone()),
            Way::Served(remote) => remote.log(),
        }
    }

    /// Where the ledger is.
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// Appends intents together or not at all.
    pub fn submit(&self, request: Request) -> Answer {
        match &self.way {
            Way::Own(ledger) => ledger.submit(request),
            Way::Served(remote) => remote.submit(&request),
        }
    }

    /// Appends many, each for itself.
    pub fn submit_all(&self, requests: &[Request]) -> Vec<Answer> {
        match &self.way {
            Way::Own(ledger) => ledger.submit_all(requests),
            Way::Served(remote) => remote.submit_all(requests),
        }
    }

    /// Appends one intent.
    pub fn append(&self, intent: Intent) -> Result<Receipt> {
        let gone = || Error::new(Code::Stopped, "there was no receipt");
        self.submit(Request::new(vec![intent]))?.pop().ok_or_else(gone)
    }

    /// Signs an intent, giving it an id when it has none.
    pub fn sign(&self, intent: &mut Intent, secret: &SecretKey) -> Result<()> {
        if intent.key.is_none() {
            intent.key = Some(Key::fresh(SystemClock.read().wall, &random()?)?);
        }
        intent.sign(secret, &self.log()?, random()?, random()?)
    }
}

/// A key from the system's randomness.
pub fn new_key() -> Result<SecretKey> {
    Ok(SecretKey::from_seed(&random()?))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom.fill(&mut bytes)?;
    Ok(bytes)
}
