//! Where the log is kept, in the words of the log.
//!
//! Not a key-value interface, and no rule lives here. Invariant: an append is atomic and durable when it returns, or refused with the
//! actual head; there is always an expected head, the empty log's included. Source: DESIGN.md §4.

mod batch;
pub mod disk;
pub mod fault;
pub mod local;
pub mod memory;

use crate::codes::Code;
use crate::entry::{Entry, Leaf, MAX_COMMIT, MAX_PART};
use crate::error::{Error, Result};
use crate::time::{Reading, Timestamp};
pub use batch::{Batch, Hashes};
use ledger_proofs::{Checkpoint, Hash, NodeId, Note};

/// Bytes of the shortest JSON object.
const MIN_PART: usize = 2;

/// The end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root of them.
    pub root: Hash,
    /// BLAKE3 of the last leaf; zeros when empty.
    pub chain: [u8; 32],
    /// Time of the last entry.
    pub time: Option<Timestamp>,
}

impl Head {
    /// The head of a log without entries.
    #[must_use]
    pub fn empty() -> Self {
        Self { size: 0, root: ledger_proofs::empty_root(), chain: [0; 32], time: None }
    }
}

/// A log that can be appended to and read.
pub trait Store {
    /// The head.
    fn head(&self) -> Head;

    /// At most `limit` entries from `from` on; none at or beyond the end.
    ///
    /// # Errors
    /// `LG_203`, `LG_208` when stored bytes are damaged or unreadable.
    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>>;

    /// Number of entries in a stream; 0 when there is none.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    fn stream_len(&self, name: &str) -> Result<u64>;

    /// Sequences of at most `limit` entries of a stream, from its position `from` on.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    fn stream(&self, name: &str, from: u64, limit: usize) -> Result<Vec<u64>>;

    /// The sequence of the entry with this id.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    fn find(&self, id: &str) -> Result<Option<u64>>;

    /// Hashes of nodes of the tree of the current size, in the order asked.
    ///
    /// # Errors
    /// `LG_209` when a node is not within the tree; otherwise as [`entries`](Self::entries).
    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>>;

    /// Appends a batch: all of it or nothing, durable when it returns.
    ///
    /// # Errors
    /// `LG_111` when the head is not the expected one, `LG_103` and `LG_300` to `LG_302` when the batch cannot stand there: nothing was
    /// done. `LG_206` when a write or sync failed: what is stored is known only after the next open, and this store refuses further
    /// appends with `LG_210`.
    fn append_batch(&mut self, expected: &Head, batch: &Batch) -> Result<Head>;

    /// The same with entries whose hashes nobody has computed yet.
    ///
    /// # Errors
    /// As [`append_batch`](Self::append_batch).
    fn append(&mut self, expected: &Head, entries: &[Entry]) -> Result<Head> {
        self.append_batch(expected, &entries.iter().cloned().collect())
    }

    /// Makes the signed checkpoint of the current head, and the clocks of that moment, what readers see.
    ///
    /// # Errors
    /// `LG_309` when it is not that of the head; `LG_206` when it cannot be written, and the store has stopped then.
    fn publish(&mut self, checkpoint: &str, at: Reading) -> Result<()>;

    /// The checkpoint that was published last, if it is that of the current head.
    fn checkpoint(&self) -> Option<String>;

    /// The clocks at the last publication, if the monotonic one is still comparable.
    fn last_reading(&self) -> Option<Reading>;
}

/// Ascending sequences as runs of neighbours, each of at most `most`: first and number.
pub(crate) fn runs(mut sequences: &[u64], most: usize) -> impl Iterator<Item = (u64, usize)> {
    std::iter::from_fn(move || {
        let first = *sequences.first()?;
        let run = (first..).zip(sequences).take(most.max(1)).take_while(|(due, is)| due == *is).count();
        sequences = sequences.get(run..).unwrap_or_default();
        Some((first, run))
    })
}

/// The refusal of an append whose expectation does not hold.
#[must_use]
pub fn head_conflict(expected: u64, actual: u64) -> Error {
    Error::new(
        Code::HeadConflict,
        format!("the log was expected to hold {expected} entries; it holds {actual}"),
    )
}

/// Size and root that a signed checkpoint states; whose signature it bears is not looked at.
pub(crate) fn stated(checkpoint: &str) -> Option<(u64, Hash)> {
    let note = Note::parse(checkpoint.as_bytes()).ok()?;
    let checkpoint = Checkpoint::parse_text(note.text()).ok()?;
    Some((checkpoint.size(), checkpoint.root()))
}

/// Refuses to publish what the next opening would take for a rewritten history.
///
/// # Errors
/// `LG_309` when the checkpoint is not that of this head.
pub(crate) fn check_checkpoint(checkpoint: &str, size: u64, root: Hash) -> Result<()> {
    if stated(checkpoint) == Some((size, root)) {
        return Ok(());
    }
    Err(Error::new(
        Code::FindCheckpoint,
        format!("the checkpoint to publish is not that of the {size} entries that there are"),
    ))
}

/// An entry of a batch that may be stored, with what was computed on the way.
pub(crate) struct Checked<'a> {
    pub(crate) leaf: Leaf<'a>,
    pub(crate) hashes: Hashes,
}

/// A batch that is about to be stored, checked against the place where it will stand and against the bounds of a commit: nothing that
/// verification would report at once, or that could not be read back, is ever written.
///
/// # Errors
/// `LG_300` to `LG_302` with the entry, `LG_103`.
pub(crate) fn check_batch<'a>(head: &Head, batch: &'a Batch) -> Result<Vec<Checked<'a>>> {
    let bytes = batch
        .entries()
        .iter()
        .map(Entry::record_len)
        .fold(local::frame::COMMIT_HEADER, usize::saturating_add);
    if bytes > MAX_COMMIT {
        let most =
            format!("a batch has at most 16 MiB with its leaves and salts; this one has {bytes} bytes");
        return Err(Error::new(Code::TooLarge, most));
    }
    let mut chain = head.chain;
    (head.size..)
        .zip(batch.iter())
        .map(|(sequence, (entry, hashes))| {
            let leaf = check_place(entry, sequence, &chain)?;
            chain = hashes.chain;
            Ok(Checked { leaf, hashes })
        })
        .collect()
}

/// The leaf of one entry of a batch.
fn check_place<'a>(entry: &'a Entry, sequence: u64, chain: &[u8; 32]) -> Result<Leaf<'a>> {
    let leaf = entry.parse().map_err(|e| e.at(sequence))?;
    if leaf.sequence != sequence {
        return Err(Error::new(
            Code::FindSequence,
            format!("entry {} offered as entry {sequence}", leaf.sequence),
        )
        .at(sequence));
    }
    if leaf.prev_hash != *chain {
        return Err(Error::new(Code::FindChain, "the entry does not follow the last one").at(sequence));
    }
    let parts = [Some(&entry.data), entry.private.as_ref()];
    for part in parts.into_iter().flatten() {
        if part.bytes.len() > MAX_PART {
            return Err(Error::new(
                Code::TooLarge,
                format!("a part has {} bytes, at most {MAX_PART}", part.bytes.len()),
            )
            .at(sequence));
        }
        // A private part without bytes would be read back as none, its salt as the next record.
        if part.bytes.len() < MIN_PART {
            return Err(Error::new(Code::FindShape, "a part is shorter than an empty object").at(sequence));
        }
    }
    Ok(leaf)
}
