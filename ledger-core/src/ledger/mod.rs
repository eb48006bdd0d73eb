//! The one imperative shell: opens stores, replays what rules need, and joins sequencer, clock, keys and disk.
//!
//! Nothing is decided here. Invariant: every write goes through the sequencer; every proof is checked against the signed root before
//! it leaves. Source: DESIGN.md §§2, 5.

pub mod evidence;
mod init;
mod naming;
pub mod profile;
pub mod read;
pub mod search;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::intent::{Intent, LogName};
use crate::key::SecretKey;
use crate::names::Gid;
use crate::rules::Registry;
use crate::sequencer::queue::{Bounds, Delivery, Observer, Queue, Reply};
use crate::sequencer::{Answer, Receipt, Request, Sequencer, Sources};
use crate::store::Store as _;
use crate::store::local::{self, Backing, LocalOptions, LocalStore};
use crate::time::{SystemClock, SystemRandom};
use crate::token::TokenKey;
pub use init::{InitOptions, Initialized, init};
pub use naming::Naming;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Directory of secret keys.
pub const KEYS: &str = "keys";
/// File of the log's own key.
pub const LOG_KEY: &str = "log.key";

/// Where a ledger is and how to get at it.
#[derive(Clone)]
pub struct Location {
    /// The data directory.
    pub dir: PathBuf,
    /// The user's state directory, in which guards are kept.
    pub state: Option<PathBuf>,
    /// How the store is opened.
    pub options: LocalOptions,
}

impl Location {
    /// A ledger in this directory, with guards where the environment says (docs/format.md §10.4).
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), state: state_directory(), options: LocalOptions::default() }
    }

    /// The file of an actor's secret key.
    #[must_use]
    pub fn key_file(&self, gid: &str) -> PathBuf {
        self.dir.join(KEYS).join(format!("{gid}.key"))
    }

    /// The key that tokens of this ledger are signed with.
    ///
    /// # Errors
    /// `LG_126`, `LG_127`.
    pub fn token_key(&self) -> Result<TokenKey> {
        TokenKey::of_log(&SecretKey::read(&self.dir.join(KEYS).join(LOG_KEY))?)
    }

    pub(super) fn backing(&self, write: bool) -> Backing {
        Backing::real(&self.dir, self.state.as_deref(), write)
    }

    /// Names the directory in an error that does not.
    #[must_use]
    pub fn naming(&self, e: Error) -> Error {
        if e.code != Code::NotALedger {
            return e;
        }
        Error { message: format!("{} holds no ledger ({})", self.dir.display(), e.message), ..e }
    }
}

/// `$LEDGER_STATE`, else `$XDG_STATE_HOME/ledger`, else `$HOME/.local/state/ledger`.
#[must_use]
pub fn state_directory() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    from("LEDGER_STATE")
        .or_else(|| from("XDG_STATE_HOME").map(|d| d.join("ledger")))
        .or_else(|| from("HOME").map(|d| d.join(".local/state/ledger")))
}

/// A ledger that is open for writing.
pub struct Ledger {
    sequencer: Arc<Mutex<Sequencer>>,
    queue: Option<Queue>,
    location: Location,
}

impl Ledger {
    /// Opens for writing, with the system's clock and randomness.
    ///
    /// # Errors
    /// `LG_200` to `LG_211`, `LG_126`, `LG_127`.
    pub fn open(location: &Location) -> Result<Self> {
        let sources = Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) };
        Self::open_with(location, sources)
    }

    /// Opens for writing.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(location: &Location, sources: Sources) -> Result<Self> {
        let store =
            local::open(&location.backing(true), &location.options).map_err(|e| location.naming(e))?;
        let log_key = SecretKey::read(&location.dir.join(KEYS).join(LOG_KEY))?;
        Self::over(store, location, &log_key, sources)
    }

    pub(super) fn over(
        store: LocalStore,
        location: &Location,
        log_key: &SecretKey,
        sources: Sources,
    ) -> Result<Self> {
        let log_id = store.log_id();
        let registry = read::registry_at(&store, None)?;
        let sequencer = Sequencer::new(Box::new(store), registry, log_id, log_key, sources)?;
        Ok(Self { sequencer: Arc::new(Mutex::new(sequencer)), queue: None, location: location.clone() })
    }

    /// Commits on a thread of its own from now on, so that many callers share one sync; `observer` is told after each, and `delivery` takes
    /// the answers to the callers.
    ///
    /// # Errors
    /// `LG_204`.
    pub fn start_queue(&mut self, bounds: Bounds, observer: Observer, delivery: Delivery) -> Result<()> {
        self.queue = Some(Queue::start(Arc::clone(&self.sequencer), bounds, observer, delivery)?);
        Ok(())
    }

    /// How much waits in the queue: requests, and bytes of their data and private parts.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        self.queue.as_ref().map_or((0, 0), Queue::waiting)
    }

    /// The writer, for reading its state.
    pub fn sequencer(&self) -> MutexGuard<'_, Sequencer> {
        self.sequencer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key that tokens of this ledger are signed with.
    ///
    /// # Errors
    /// `LG_126`, `LG_127`.
    pub fn token_key(&self) -> Result<TokenKey> {
        self.location.token_key()
    }

    /// Where it is.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// Appends intents together or not at all; durable and signed for when it returns.
    ///
    /// # Errors
    /// The code of whatever refused it.
    pub fn submit(&self, request: Request) -> Answer {
        if let Some(queue) = &self.queue {
            return queue.submit(request);
        }
        let gone = || Error::new(Code::Stopped, "the sequencer gave no answer");
        self.sequencer().submit(&[request]).pop().unwrap_or_else(|| Err(gone()))
    }

    /// Hands intents over to the queue, or commits them here when there is none; `reply` gets the answer.
    ///
    /// # Errors
    /// `LG_204` when too much waits, `LG_210` when the ledger is closing; `reply` is not called then.
    pub fn submit_then(&self, request: Request, reply: Reply) -> Result<()> {
        if let Some(queue) = &self.queue {
            return queue.enqueue(request, reply);
        }
        reply(self.submit(request));
        Ok(())
    }

    /// Appends one intent.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn append(&self, intent: Intent) -> Result<Receipt> {
        let mut receipts = self.submit(Request::new(vec![intent]))?;
        receipts.pop().ok_or_else(|| Error::new(Code::Stopped, "the sequencer gave no receipt"))
    }

    /// Commits many requests, each for itself, in as few commits as they fit into.
    pub fn submit_all(&self, requests: &[Request]) -> Vec<Answer> {
        self.sequencer().submit(requests)
    }

    /// Signs an intent with this key, giving it an id when it has none.
    ///
    /// # Errors
    /// `LG_208` without randomness.
    pub fn sign(&self, intent: &mut Intent, secret: &SecretKey) -> Result<()> {
        let mut sequencer = self.sequencer();
        let log: LogName = sequencer.log().clone();
        if intent.key.is_none() {
            intent.key = Some(sequencer.fresh_key()?);
        }
        let salts = (sequencer.random()?, sequencer.random()?);
        intent.sign(secret, &log, salts.0, salts.1)
    }

    /// The actor when none is named: the only human.
    ///
    /// # Errors
    /// `LG_121` when there are several, with the choices.
    pub fn default_actor(&self) -> Result<Gid> {
        default_actor(self.sequencer().registry())
    }
}

/// The only active human of a registry.
///
/// # Errors
/// `LG_121` when there are several, with the choices.
pub fn default_actor(registry: &Registry) -> Result<Gid> {
    let human = |(_, a): &(&str, &crate::rules::registry::Actor)| {
        a.kind == crate::rules::registry::ActorKind::Human && !a.retired
    };
    let humans: Vec<&str> = registry.actors().filter(human).map(|(gid, _)| gid).collect();
    match humans.as_slice() {
        [only] => Gid::new(*only),
        _ => {
            let choices: Vec<&str> =
                registry.actors().filter(|(_, a)| !a.retired).map(|(gid, _)| gid).take(20).collect();
            Err(Error::new(
                Code::ActorUnclear,
                "no actor was named, and the ledger does not have exactly one human",
            )
            .hint(format!("name one with --actor or $LEDGER_ACTOR: {}", choices.join(", "))))
        }
    }
}

/// Opens a ledger for questions: as its writer when nobody else is, otherwise from the journal alone as far as its head.
///
/// # Errors
/// `LG_200` to `LG_208`.
pub fn open_for_reading(location: &Location) -> Result<LocalStore> {
    let mut options = location.options.clone();
    options.wait = options.wait.min(std::time::Duration::from_millis(300));
    match local::open(&location.backing(true), &options) {
        // A store with entries behind its checkpoint needs the log key before it may show them.
        Ok(store) if store.checkpoint().is_some() => return Ok(store),
        Ok(_) => {}
        Err(e) if matches!(e.code, Code::Busy | Code::ReadOnly | Code::WriteFailed | Code::BehindGuard) => {}
        Err(e) => return Err(location.naming(e)),
    }
    options.write = false;
    local::open(&location.backing(false), &options).map_err(|e| location.naming(e))
}
