//! Sample histories: chains of honest entries of any size and shape, with signed checkpoints.
//!
//! Nothing a rule would look at: the entries are notes. Invariant: entry n of a history is the same whatever is asked for in between.

use ledger_core::entry::{Auth, Entry, Leaf, MAX_PART, data_hash, private_hash};
use ledger_core::store::{Head, Store};
use ledger_core::time::{Reading, Timestamp};
use ledger_core::{Result, entry::Part};
use ledger_proofs::{Checkpoint, Frontier, Hash, SignerKey};
use std::collections::HashMap;

/// Name of the sample log.
pub const ORIGIN: &str = "ledger.example/sample";
/// Time of the first entry, milliseconds since 1970.
const START: i64 = 1_700_000_000_000;

/// What an entry is to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Number of the stream.
    pub stream: u16,
    /// Bytes of filling in the data.
    pub data: usize,
    /// Bytes of filling in the private part; `None` without one.
    pub private: Option<usize>,
}

impl Shape {
    /// Name of the stream.
    #[must_use]
    pub fn stream_name(self) -> String {
        format!("notes/{}", self.stream)
    }
}

/// A growing history.
#[derive(Clone)]
pub struct History {
    seed: u8,
    /// All entries so far.
    pub entries: Vec<Entry>,
    streams: HashMap<String, u64>,
    frontier: Frontier,
    chain: [u8; 32],
    log_id: Option<Hash>,
}

impl History {
    /// A history of one entry, so that the log has an id.
    #[must_use]
    pub fn new(seed: u8) -> Self {
        let mut history = Self {
            seed,
            entries: Vec::new(),
            streams: HashMap::new(),
            frontier: Frontier::new(),
            chain: [0; 32],
            log_id: None,
        };
        history.push(Shape { stream: 0, data: 10, private: Some(5) });
        history
    }

    /// A history of so many small entries in a few streams.
    #[must_use]
    pub fn of(seed: u8, size: usize) -> Self {
        let mut history = Self::new(seed);
        history.grow_to(size);
        history
    }

    /// Adds small entries in a few streams until there are so many.
    pub fn grow_to(&mut self, size: usize) {
        while self.entries.len() < size {
            let n = self.entries.len();
            let stream = [0, 1, 1, 2, u16::try_from(n % 97).unwrap() + 3][n % 5];
            self.push(Shape { stream, data: n * 7 % 60, private: n.is_multiple_of(3).then_some(n % 20) });
        }
    }

    /// Adds one entry.
    pub fn push(&mut self, shape: Shape) {
        let sequence = self.entries.len() as u64;
        let subject = shape.stream_name();
        let at = self.streams.entry(subject.clone()).or_default();
        let data = part(self.seed, sequence, "n", shape.data);
        let private = shape.private.map(|len| part(self.seed ^ 0x80, sequence, "p", len));
        let leaf = Leaf {
            actor: "GID-01",
            auth: Auth::Asserted,
            cause: None,
            data_hash: data_hash(&data.salt, &data.bytes),
            data_version: 1,
            id: &format!("{subject}/k{sequence}"),
            key_id: None,
            log_id: self.log_id,
            prev_hash: self.chain,
            private_hash: private.as_ref().map(|p| private_hash(&p.salt, &p.bytes)),
            sequence,
            signature: None,
            source: ORIGIN,
            subject: &subject,
            subject_sequence: *at,
            time: Timestamp::from_millis(START + i64::try_from(sequence / 3).unwrap()).unwrap(),
            event_type: "note.recorded",
        };
        let mut bytes = Vec::new();
        leaf.write(&mut bytes);
        let entry = Entry { leaf: bytes, data, private };
        *at += 1;
        self.chain = entry.chain_hash();
        let hash = entry.leaf_hash();
        self.log_id.get_or_insert(hash);
        self.frontier.push(hash).unwrap();
        self.entries.push(entry);
    }

    /// Leaf hash of the first entry.
    #[must_use]
    pub fn log_id(&self) -> Hash {
        self.log_id.unwrap()
    }

    /// The same history as far as entry `size`, without it.
    #[must_use]
    pub fn truncated(&self, size: usize) -> Self {
        let mut shorter = Self { entries: self.entries[..size].to_vec(), ..self.clone() };
        shorter.streams.clear();
        shorter.frontier = Frontier::new();
        for entry in &shorter.entries {
            *shorter.streams.entry(entry.parse().unwrap().subject.to_owned()).or_default() += 1;
            shorter.frontier.push(entry.leaf_hash()).unwrap();
        }
        shorter.chain = shorter.entries.last().map_or([0; 32], Entry::chain_hash);
        shorter
    }

    /// Number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Names of all streams.
    #[must_use]
    pub fn streams(&self) -> Vec<String> {
        let mut names: Vec<String> = self.streams.keys().cloned().collect();
        names.sort();
        names
    }

    /// Root of the first `size` entries.
    #[must_use]
    pub fn root(&self, size: u64) -> Hash {
        if size == self.size() {
            return self.frontier.root();
        }
        let mut frontier = Frontier::new();
        for entry in self.entries.iter().take(usize::try_from(size).unwrap()) {
            frontier.push(entry.leaf_hash()).unwrap();
        }
        frontier.root()
    }
}

fn part(seed: u8, sequence: u64, name: &str, filling: usize) -> Part {
    let mut salt = [seed; 32];
    salt[..8].copy_from_slice(&sequence.to_le_bytes());
    let bytes = format!("{{\"{name}\":\"{}\"}}", "x".repeat(filling)).into_bytes();
    Part { salt, bytes }
}

/// Bytes of filling that make a part as long as it may be.
#[must_use]
pub const fn most_filling() -> usize {
    MAX_PART - r#"{"n":""}"#.len()
}

/// The signed checkpoint of a head.
#[must_use]
pub fn checkpoint(head: &Head) -> String {
    let key = SignerKey::from_seed(ORIGIN, &[3; 32]).unwrap();
    Checkpoint::new(ORIGIN, head.size, head.root).unwrap().sign(&key).unwrap().to_string()
}

/// The clocks at a head.
#[must_use]
pub fn reading(head: &Head) -> Reading {
    Reading { wall: START + i64::try_from(head.size).unwrap(), monotonic: head.size }
}

/// Appends and publishes: acknowledged when it returns.
///
/// # Errors
/// As the store says.
pub fn commit(store: &mut dyn Store, batch: &[Entry]) -> Result<Head> {
    let head = store.append(&store.head(), batch)?;
    store.publish(&checkpoint(&head), reading(&head))?;
    Ok(head)
}
