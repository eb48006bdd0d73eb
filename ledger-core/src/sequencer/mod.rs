//! The sequencer: the one place where intents become entries, in one order.
//!
//! Not a thread and not a queue (`queue` is): it takes what waits, decides, appends once, signs once, and answers all. Invariant: what
//! is answered as committed is durable and covered by a signed checkpoint; a refused intent changes nothing but, where a governance
//! rule was broken, the record of the attempt. Source: DESIGN.md §§4, 5.

pub mod clock;
mod draft;
mod follow;
mod machines;
mod place;
pub mod queue;
mod receipt;
pub(crate) mod series;
mod violation;

use crate::codes::Code;
use crate::entry::{Entry, MAX_COMMIT, Part, Salt};
use crate::error::{Error, Result};
use crate::intent::{Intent, LogName};
use crate::key::SecretKey;
use crate::names::Key;
use crate::rules::Registry;
use crate::rules::pac::Pac;
use crate::rules::trust::Tree;
use crate::store::{Batch, Head, Store};
use crate::time::{Clock, Random, Reading};
use crate::token::TokenKey;
use draft::{Draft, Mark};
use ledger_proofs::{Checkpoint, Hash, SignerKey, inclusion};
use machines::Machines;
pub use receipt::{Receipt, ReceiptEvent, Yields};
use std::sync::Arc;
use std::time::Duration;

/// What a caller asks for: intents that are appended together or not at all.
#[derive(Clone, Debug)]
pub struct Request {
    /// The intents, in order.
    pub intents: Vec<Intent>,
    /// The number of entries that the log must hold.
    pub expect: Option<u64>,
    /// Whether the receipts are to hold inclusion proofs.
    pub proofs: bool,
}

impl Request {
    /// These intents together, with full receipts.
    #[must_use]
    pub const fn new(intents: Vec<Intent>) -> Self {
        Self { intents, expect: None, proofs: true }
    }

    /// The same without inclusion proofs, for callers that append much and keep no receipts.
    #[must_use]
    pub const fn without_proofs(mut self) -> Self {
        self.proofs = false;
        self
    }

    /// The same, only if the log holds exactly this many entries.
    #[must_use]
    pub const fn expecting(mut self, size: Option<u64>) -> Self {
        self.expect = size;
        self
    }
}

/// One receipt for each intent.
pub type Answer = Result<Vec<Receipt>>;

/// Where time and randomness come from.
pub struct Sources {
    /// The clocks.
    pub clock: Box<dyn Clock>,
    /// The randomness.
    pub random: Box<dyn Random>,
}

/// One commit, in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Entries.
    pub entries: usize,
    /// Bytes of their leaves, data and private parts, with salts and lengths.
    pub bytes: usize,
    /// Time that the store took to make them durable, by the clock's [`elapsed`](crate::time::Clock::elapsed).
    pub stored: Duration,
}

/// The writer of one log.
pub struct Sequencer {
    store: Box<dyn Store + Send>,
    registry: Arc<Registry>,
    log: LogName,
    signer: SignerKey,
    sources: Sources,
    token_key: TokenKey,
    pacs: Machines<Pac>,
    trees: Machines<Tree>,
    earlier: Option<Reading>,
    /// Of the last [`submit`](Self::submit).
    commits: Vec<Commit>,
    stopped: bool,
}

/// What a request has become so far.
enum Outcome {
    /// Entries of the draft, or an entry that was there before.
    Accepted(Vec<Placed>),
    Refused(Error),
}

/// Where an intent's entries are.
struct Placed {
    sequence: u64,
    id: String,
    leaf_hash: Hash,
    events: Vec<ReceiptEvent>,
    repeated: bool,
    yields: Yields,
}

/// Room for the commit's header and a violation or two.
const COMMIT_ROOM: usize = MAX_COMMIT - 65_536;

impl Sequencer {
    /// Takes over a store whose registry was replayed to its head.
    ///
    /// # Errors
    /// `LG_211` when the signing key is not the log's; and what signing a missing checkpoint gives.
    pub fn new(
        store: Box<dyn Store + Send>,
        registry: Registry,
        log_id: Hash,
        log_key: &SecretKey,
        sources: Sources,
    ) -> Result<Self> {
        let genesis =
            registry.genesis().ok_or_else(|| Error::new(Code::NotALedger, "the log has no genesis entry"))?;
        let log = LogName { origin: genesis.origin.clone(), log_id: Some(log_id) };
        let public = log_key.public()?;
        if public.to_bytes() != genesis.log_key.0 {
            return Err(Error::new(
                Code::WrongLogKey,
                format!(
                    "the key file holds {}, the log is signed with {}",
                    public.to_hex(),
                    hex::encode(genesis.log_key.0)
                ),
            ));
        }
        let signer = SignerKey::from_seed(log.origin.as_str(), &log_key.seed())
            .map_err(|e| Error::new(Code::WrongLogKey, e.to_string()))?;
        let earlier = store.last_reading();
        let mut sequencer = Self {
            store,
            registry: Arc::new(registry),
            log,
            signer,
            sources,
            token_key: TokenKey::of_log(log_key)?,
            pacs: Machines::default(),
            trees: Machines::default(),
            earlier,
            commits: Vec::new(),
            stopped: false,
        };
        if sequencer.store.checkpoint().is_none() {
            let now = sequencer.sources.clock.read();
            sequencer.publish(now)?;
        }
        Ok(sequencer)
    }

    /// The store, for reading.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The registry at the head.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The registry at the head, as it will stay for whoever keeps it.
    #[must_use]
    pub fn shared_registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// A PAC as the writer has it, by its stream; `None` when it was not issued. What is replayed from the log must be the same.
    ///
    /// # Errors
    /// As [`crate::replay::pac_at`].
    pub fn pac(&mut self, stream: &str) -> Result<Option<&Pac>> {
        let draft = Draft::new(self.store.head(), Arc::clone(&self.registry));
        Ok(self.pacs.get(&*self.store, &draft, stream)?.as_ref())
    }

    /// A grant tree as the writer has it, by its stream; `None` when it was not planted.
    ///
    /// # Errors
    /// As [`crate::replay::machine_at`].
    pub fn tree(&mut self, stream: &str) -> Result<Option<&Tree>> {
        let draft = Draft::new(self.store.head(), Arc::clone(&self.registry));
        Ok(self.trees.get(&*self.store, &draft, stream)?.as_ref())
    }

    /// Origin and id of the log: what signatures are bound to.
    #[must_use]
    pub const fn log(&self) -> &LogName {
        &self.log
    }

    /// Whether appends are taken.
    ///
    /// # Errors
    /// `LG_210` after a failed write.
    pub fn check_running(&self) -> Result<()> {
        if self.stopped {
            return Err(Error::new(Code::Stopped, "the writer has stopped after a failed write"));
        }
        Ok(())
    }

    /// Verifier key of the checkpoints.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.signer.verifier().to_string()
    }

    /// The clocks, as entries would be timed now.
    pub fn now(&mut self) -> Reading {
        self.sources.clock.read()
    }

    /// Random bytes from the ledger's source.
    ///
    /// # Errors
    /// `LG_208`.
    pub fn random<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.sources.random.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Decides on all requests, commits what is accepted in one piece (more when it would be too large), signs, and answers each.
    pub fn submit(&mut self, requests: &[Request]) -> Vec<Answer> {
        self.commits.clear();
        let mut answers = Vec::with_capacity(requests.len());
        let mut rest = requests;
        while !rest.is_empty() {
            let mut answered = self.commit(rest);
            rest = rest.get(answered.len()..).unwrap_or_default();
            answers.append(&mut answered);
        }
        answers
    }

    /// What the last [`submit`](Self::submit) committed; at most one for each of its requests.
    #[must_use]
    pub fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// One commit: as many of the requests as fit, at least one.
    fn commit(&mut self, requests: &[Request]) -> Vec<Answer> {
        if let Err(stopped) = self.check_running() {
            return requests.iter().map(|_| Err(stopped.clone())).collect();
        }
        let now = self.sources.clock.read();
        let mut draft = Draft::new(self.store.head(), Arc::clone(&self.registry));
        let mut outcomes = Vec::with_capacity(requests.len());
        for request in requests {
            let first = outcomes.is_empty();
            let mark = (draft.mark(), self.pacs.mark(), self.trees.mark());
            match self.decide(&mut draft, request, now) {
                Ok(placed) if first || draft.bytes() <= COMMIT_ROOM => {
                    outcomes.push(Outcome::Accepted(placed));
                }
                Ok(_) => {
                    self.take_back(&mut draft, mark);
                    break;
                }
                Err((error, intent)) => {
                    self.take_back(&mut draft, mark);
                    let error = self.record_violation(&mut draft, error, intent, now);
                    outcomes.push(Outcome::Refused(error));
                }
            }
        }
        if let Err(error) = self.write(draft, now) {
            let failed = |o| match o {
                Outcome::Accepted(_) => Err(error.clone()),
                Outcome::Refused(e) => Err(e),
            };
            return outcomes.into_iter().map(failed).collect();
        }
        let checkpoint: Arc<str> = self.store.checkpoint().unwrap_or_default().into();
        let answer = |(outcome, request): (Outcome, &Request)| match outcome {
            Outcome::Accepted(placed) => {
                placed.into_iter().map(|p| self.receipt(p, &checkpoint, request.proofs)).collect()
            }
            Outcome::Refused(e) => Err(e),
        };
        outcomes.into_iter().zip(requests).map(answer).collect()
    }

    /// Forgets what was drafted behind the mark.
    fn take_back(&mut self, draft: &mut Draft, (mark, pacs, trees): (Mark, usize, usize)) {
        draft.undo(mark);
        self.pacs.undo(pacs);
        self.trees.undo(trees);
    }

    /// The draft is in the log.
    fn settle(&mut self) {
        self.pacs.committed();
        self.trees.committed();
    }

    /// Appends the draft, signs, publishes.
    fn write(&mut self, draft: Draft, now: Reading) -> Result<()> {
        if draft.batch.is_empty() {
            self.settle();
            return Ok(());
        }
        let begun = self.sources.clock.elapsed();
        self.store_batch(&draft.base, &draft.batch).inspect_err(|_| {
            self.pacs.forget();
            self.trees.forget();
        })?;
        let stored = self.sources.clock.elapsed().saturating_sub(begun);
        let bytes = draft.batch.entries().iter().map(Entry::record_len).sum();
        self.commits.push(Commit { entries: draft.batch.len(), bytes, stored });
        self.settle();
        self.registry = draft.registry;
        self.publish(now)
    }

    /// Appends a batch; a failure of the store is the end of this writer.
    fn store_batch(&mut self, base: &Head, batch: &Batch) -> Result<()> {
        let appended = self.store.append_batch(base, batch);
        let stops = |e: &Error| !matches!(e.code, Code::TooLarge | Code::HeadConflict);
        appended.map(|_| ()).inspect_err(|e| self.stopped = stops(e))
    }

    /// Signs the head and makes it visible.
    fn publish(&mut self, now: Reading) -> Result<()> {
        let head = self.store.head();
        let signed = Checkpoint::new(self.log.origin.as_str(), head.size, head.root)
            .and_then(|c| c.sign(&self.signer));
        let note = signed.map_err(|e| Error::new(Code::WrongLogKey, e.to_string()))?.to_string();
        self.store.publish(&note, now).inspect_err(|_| self.stopped = true)?;
        self.earlier = Some(now);
        Ok(())
    }

    /// Puts a request's entries into the draft. On refusal gives the intent that was refused; the caller undoes.
    fn decide<'a>(
        &mut self,
        draft: &mut Draft,
        request: &'a Request,
        now: Reading,
    ) -> Result<Vec<Placed>, (Error, Option<&'a Intent>)> {
        if let Some(expected) = request.expect
            && expected != draft.next_sequence()
        {
            return Err((crate::store::head_conflict(expected, draft.next_sequence()), None));
        }
        let decided = request
            .intents
            .iter()
            .map(|intent| self.place(draft, intent, now).map_err(|e| (e, Some(intent))));
        decided.collect()
    }

    /// A key for an intent without one: a UUIDv7, time-ordered and unique.
    ///
    /// # Errors
    /// `LG_208` without randomness.
    pub fn fresh_key(&mut self) -> Result<Key> {
        let now = self.sources.clock.read();
        self.key_at(now)
    }

    fn key_at(&mut self, now: Reading) -> Result<Key> {
        let random: [u8; 10] = self.random()?;
        Key::fresh(now.wall, &random)
    }

    fn receipt(&self, placed: Placed, checkpoint: &Arc<str>, proof: bool) -> Result<Receipt> {
        let inclusion_proof = if proof { self.prove(placed.sequence)? } else { Vec::new() };
        Ok(Receipt {
            sequence: placed.sequence,
            id: placed.id,
            leaf_hash: placed.leaf_hash,
            events: placed.events,
            checkpoint: Arc::clone(checkpoint),
            inclusion_proof,
            level: receipt::COMMITTED,
            repeated: placed.repeated,
            yields: placed.yields,
        })
    }

    /// The inclusion proof of an entry in the log of the present size.
    fn prove(&self, sequence: u64) -> Result<Vec<Hash>> {
        let size = self.store.head().size;
        let failed = |e: ledger_proofs::ProofError| ProofFailure::Proof(e).into_error();
        let nodes = self.store.nodes(&inclusion::indexes(sequence, size).map_err(failed)?)?;
        Ok(inclusion::assemble(sequence, size, &nodes).map_err(failed)?.hashes)
    }
}

/// A proof that could not be made: the tree said no, or the store did.
pub(crate) enum ProofFailure {
    Proof(ledger_proofs::ProofError),
    Store(Error),
}

impl From<ledger_proofs::ProofError> for ProofFailure {
    fn from(e: ledger_proofs::ProofError) -> Self {
        Self::Proof(e)
    }
}

impl ProofFailure {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Proof(e) => Error::new(Code::NoSuchEntry, e.to_string()),
            Self::Store(e) => e,
        }
    }
}

/// The entry of an intent; `finish` fills in what the log decides.
pub(crate) fn build(
    intent: &Intent,
    log: &LogName,
    id: &str,
    salts: (Salt, Option<Salt>),
    finish: impl FnOnce(&mut crate::entry::Leaf<'_>),
) -> Entry {
    let mut leaf = intent.leaf(id, log, &salts.0, salts.1.as_ref());
    finish(&mut leaf);
    let mut bytes = Vec::with_capacity(900);
    leaf.write(&mut bytes);
    let private =
        intent.private.as_ref().zip(salts.1).map(|(bytes, salt)| Part { salt, bytes: bytes.clone() });
    Entry { leaf: bytes, data: Part { salt: salts.0, bytes: intent.data.clone() }, private }
}
