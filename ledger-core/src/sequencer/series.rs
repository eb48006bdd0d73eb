//! Many entries of one kind, actor and stream at once: what an import appends.
//!
//! Not for callers outside this crate: whoever makes a series has read the whole stream and vouches that its keys are new. Invariant: a
//! series is appended behind exactly the position that its maker saw, as one commit, or not at all.

use super::{Sequencer, clock};
use crate::codes::Code;
use crate::entry::{Auth, Entry, Leaf, Part, commitment};
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::intent::Intent;
use crate::names::{Gid, Key, Stream};
use crate::rules::{self, Occurrence, Registry};
use crate::sequencer::draft::Draft;
use crate::store::Head;
use crate::time::{Reading, Timestamp};
use std::ops::Range;
use std::sync::Arc;

/// An entry to be, with its commitment, which is most of the work.
pub(crate) struct Item {
    id: String,
    data: Part,
    data_hash: [u8; 32],
}

impl Item {
    /// Canonical JSON under a key of the stream.
    pub(crate) fn new(stream: &Stream, key: &Key, data: Part) -> Self {
        let data_hash = commitment::data_hash(&data.salt, &data.bytes);
        Self { id: format!("{stream}/{key}"), data, data_hash }
    }
}

/// Entries that belong together.
pub(crate) struct Series<'a> {
    /// What they are; nothing that changes the registry.
    pub(crate) kind: EventKind,
    /// Who appends them; asserted.
    pub(crate) actor: &'a Gid,
    /// Where they stand.
    pub(crate) stream: &'a Stream,
    /// How many entries the stream holds.
    pub(crate) position: u64,
    /// The entries.
    pub(crate) items: Vec<Item>,
}

impl Sequencer {
    /// Appends a series in one commit; gives the sequences.
    ///
    /// # Errors
    /// `LG_111` when the stream is not where the series begins; what the rules refuse, which is recorded; what the store gives.
    pub(crate) fn append_series(&mut self, series: Series<'_>) -> Result<Range<u64>> {
        if self.stopped {
            return Err(Error::new(Code::Stopped, "the writer has stopped after a failed write"));
        }
        let base = self.store.head();
        let now = self.sources.clock.read();
        let held = self.store.stream_len(series.stream.as_str())?;
        if held != series.position {
            let (stream, position) = (series.stream, series.position);
            let what = format!("stream {stream} was expected to hold {position} entries; it holds {held}");
            return Err(Error::new(Code::HeadConflict, what));
        }
        let time = clock::time_of(now, self.earlier, base.time)?;
        let Some(first) = series.items.first() else { return Ok(base.size..base.size) };
        if let Err(e) = permit(&self.registry, &series, first) {
            return Err(self.refuse_series(&series, first, e, now)?);
        }
        // Actor and stream are one for all; what a rule says of the data itself was the maker's to see to.
        debug_assert!(series.items.iter().all(|item| permit(&self.registry, &series, item).is_ok()));
        let entries = self.link(series, &base, time);
        self.store_entries(&base, &entries)?;
        self.publish(now)?;
        Ok(base.size..base.size.saturating_add(entries.len() as u64))
    }

    /// The entries behind this head.
    fn link(&self, series: Series<'_>, base: &Head, time: Timestamp) -> Vec<Entry> {
        let row = series.kind.row();
        let mut chain = base.chain;
        let places = (base.size..).zip(series.position..);
        let link = |(item, (sequence, subject_sequence)): (Item, (u64, u64))| {
            let leaf = Leaf {
                actor: series.actor.as_str(),
                auth: Auth::Asserted,
                cause: None,
                data_hash: item.data_hash,
                data_version: row.version,
                id: &item.id,
                key_id: None,
                log_id: self.log.log_id,
                prev_hash: chain,
                private_hash: None,
                sequence,
                signature: None,
                source: self.log.origin.as_str(),
                subject: series.stream.as_str(),
                subject_sequence,
                time,
                event_type: row.event_type,
            };
            let mut bytes = Vec::with_capacity(768);
            leaf.write(&mut bytes);
            let entry = Entry { leaf: bytes, data: item.data, private: None };
            chain = entry.chain_hash();
            entry
        };
        series.items.into_iter().zip(places).map(link).collect()
    }

    /// Records the attempt as one of its first entry; gives the refusal.
    fn refuse_series(&mut self, series: &Series<'_>, first: &Item, error: Error, now: Reading) -> Result<Error> {
        let intent = Intent {
            event: series.kind.read(&first.data.bytes)?,
            data: first.data.bytes.clone(),
            private: None,
            actor: series.actor.clone(),
            stream: series.stream.clone(),
            key: None,
            signed: None,
        };
        let mut draft = Draft::new(self.store.head(), Arc::clone(&self.registry));
        let error = self.record_violation(&mut draft, error, Some(&intent), now);
        self.write(draft, now)?;
        Ok(error)
    }
}

/// Whether an entry of the series may be appended, by the rules that hold for any.
fn permit(registry: &Registry, series: &Series<'_>, item: &Item) -> Result<()> {
    let event = series.kind.read(&item.data.bytes)?;
    if rules::changes_registry(series.kind) {
        return Err(Error::new(Code::InvalidIntent, "a series cannot change the registry"));
    }
    rules::permit(
        registry,
        &Occurrence {
            sequence: 0,
            actor: series.actor.as_str(),
            auth: Auth::Asserted,
            subject: series.stream.as_str(),
            key_id: None,
            event: &event,
        },
    )
}
