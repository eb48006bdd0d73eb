//! Many entries of one kind, actor and stream, chained beforehand on another thread: what an import appends.
//!
//! Not for callers outside this crate: whoever makes a series has read the whole stream and vouches that its keys are new. Invariant: a
//! batch is appended behind exactly the position of the stream that its maker saw, as one commit, or not at all; where the rest of the
//! log has grown meanwhile, it is chained anew.

use super::{Sequencer, clock};
use crate::codes::Code;
use crate::entry::{Auth, Entry, Leaf, Part, commitment};
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::intent::{Intent, LogName};
use crate::names::{Gid, Key, Stream};
use crate::rules::{self, Occurrence, Registry};
use crate::sequencer::draft::Draft;
use crate::store::Batch;
use crate::time::{Reading, Timestamp};
use std::sync::Arc;

/// Entries that follow one another in one stream, as far as they have been chained.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    kind: EventKind,
    actor: Gid,
    stream: Stream,
    log: LogName,
    next: Place,
}

/// Where an entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Position in the log.
    sequence: u64,
    /// Position in the stream.
    position: u64,
    /// BLAKE3 of the leaf before.
    chain: [u8; 32],
}

/// Chained entries: one commit.
pub(crate) struct Chained {
    at: Place,
    time: Timestamp,
    batch: Batch,
}

impl Chained {
    /// Number of entries.
    pub(crate) const fn len(&self) -> usize {
        self.batch.len()
    }
}

impl Series {
    /// Chains entries behind those before: each with its key and its data, which is canonical and of the form of its kind.
    pub(crate) fn chain(
        &mut self,
        items: impl Iterator<Item = Result<(Key, Part)>>,
        time: Timestamp,
    ) -> Result<Chained> {
        let (at, mut batch) = (self.next, Batch::default());
        for item in items {
            let (key, data) = item?;
            let hashes = batch.push(self.link(&key, data, time));
            self.next = self.next.after(hashes.chain);
        }
        Ok(Chained { at, time, batch })
    }

    /// The entry that comes next.
    fn link(&self, key: &Key, data: Part, time: Timestamp) -> Entry {
        let row = self.kind.row();
        let leaf = Leaf {
            actor: self.actor.as_str(),
            auth: Auth::Asserted,
            cause: None,
            data_hash: commitment::data_hash(&data.salt, &data.bytes),
            data_version: row.version,
            id: &format!("{}/{key}", self.stream),
            key_id: None,
            log_id: self.log.log_id,
            prev_hash: self.next.chain,
            private_hash: None,
            sequence: self.next.sequence,
            signature: None,
            source: self.log.origin.as_str(),
            subject: self.stream.as_str(),
            subject_sequence: self.next.position,
            time,
            event_type: row.event_type,
        };
        let mut bytes = Vec::with_capacity(640);
        leaf.write(&mut bytes);
        Entry { leaf: bytes, data, private: None }
    }
}

impl Place {
    const fn after(self, chain: [u8; 32]) -> Self {
        let (sequence, position) = (self.sequence.saturating_add(1), self.position.saturating_add(1));
        Self { sequence, position, chain }
    }
}

/// Gives entries the places and the time that they have now.
fn chain_anew(batch: Batch, mut at: Place, time: Timestamp) -> Result<Batch> {
    let mut again = Batch::default();
    for mut entry in batch.into_entries() {
        let mut leaf = entry.parse()?;
        (leaf.sequence, leaf.subject_sequence, leaf.prev_hash, leaf.time) =
            (at.sequence, at.position, at.chain, time);
        let mut bytes = Vec::with_capacity(entry.leaf.len());
        leaf.write(&mut bytes);
        entry.leaf = bytes;
        at = at.after(again.push(entry).chain);
    }
    Ok(again)
}

impl Sequencer {
    /// A series behind the present end of the log, of something that changes no registry; with the time that its first entries have.
    ///
    /// # Errors
    /// What the clock and the store give.
    pub(crate) fn series(
        &mut self,
        kind: EventKind,
        actor: &Gid,
        stream: &Stream,
    ) -> Result<(Series, Timestamp)> {
        let now = self.sources.clock.read();
        let time = self.time_of(now)?;
        let next = self.end_of(stream)?;
        Ok((Series { kind, actor: actor.clone(), stream: stream.clone(), log: self.log.clone(), next }, time))
    }

    fn time_of(&self, now: Reading) -> Result<Timestamp> {
        clock::time_of(now, self.earlier, self.store.head().time)
    }

    fn end_of(&self, stream: &Stream) -> Result<Place> {
        let head = self.store.head();
        Ok(Place {
            sequence: head.size,
            position: self.store.stream_len(stream.as_str())?,
            chain: head.chain,
        })
    }

    /// Appends a batch in one commit; gives the time of that commit.
    ///
    /// # Errors
    /// `LG_111` when the stream does not end where the batch begins; what the rules refuse, which is recorded; what the store gives.
    pub(crate) fn append_series(&mut self, series: &Series, chained: Chained) -> Result<Timestamp> {
        if self.stopped {
            return Err(Error::new(Code::Stopped, "the writer has stopped after a failed write"));
        }
        let end = self.end_of(&series.stream)?;
        let Chained { at, time: made, mut batch } = chained;
        if end.position != at.position {
            let (stream, due, held) = (&series.stream, at.position, end.position);
            let what = format!("stream {stream} was expected to hold {due} entries; it holds {held}");
            return Err(Error::new(Code::HeadConflict, what));
        }
        let now = self.sources.clock.read();
        let time = self.time_of(now)?;
        if let Some(first) = batch.entries().first()
            && let Err(e) = permit(&self.registry, series, first)
        {
            return Err(self.refuse_series(series, first, e, now)?);
        }
        // Actor and stream are one for all; what the rules say of the data itself was for the maker to see to.
        debug_assert!(batch.entries().iter().all(|entry| permit(&self.registry, series, entry).is_ok()));
        let base = self.store.head();
        if end != at || base.time.is_some_and(|last| made < last) {
            batch = chain_anew(batch, end, time)?;
        }
        self.store_batch(&base, &batch)?;
        self.publish(now)?;
        Ok(time)
    }

    /// Records the attempt as one of its first entry; gives the refusal.
    fn refuse_series(&mut self, series: &Series, first: &Entry, error: Error, now: Reading) -> Result<Error> {
        let event = series.kind.read(&first.data.bytes)?;
        let data = first.data.bytes.clone();
        let intent =
            Intent { data, ..Intent::of_the_log(event, series.actor.clone(), series.stream.clone())? };
        let mut draft = Draft::new(self.store.head(), Arc::clone(&self.registry));
        let error = self.record_violation(&mut draft, error, Some(&intent), now);
        self.write(draft, now)?;
        Ok(error)
    }
}

/// Whether an entry of the series may be appended, by the same rules as any.
fn permit(registry: &Registry, series: &Series, entry: &Entry) -> Result<()> {
    if rules::changes_registry(series.kind) {
        return Err(Error::new(Code::InvalidIntent, "a series cannot change the registry"));
    }
    let event = series.kind.read(&entry.data.bytes)?;
    rules::permit(registry, &Occurrence::new(&entry.parse()?, &event))
}
