//! The second reading: what is new becomes entries, one commit a block.
//!
//! Nothing is judged or refused here that the first reading could have told. Invariant: an entry is made only from bytes whose digest
//! the first reading has seen; an interruption leaves whole blocks, and the next import goes on behind them.
//!
//! One thread reads, makes data and commitments and chains, while the other writes and syncs.

use super::blocks::{Block, text};
use super::check::Checked;
use super::history::History;
use super::{Progress, body, key};
use crate::codes::Code;
use crate::entry::Part;
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::ledger::Ledger;
use crate::names::{Gid, Key, Stream};
use crate::sequencer::series::{Chained, Series};
use crate::time::Timestamp;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Where new entries go.
pub(super) struct Target<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) actor: &'a Gid,
    pub(super) stream: &'a Stream,
    /// Entries that the stream holds.
    pub(super) from: u64,
}

/// Appends the entries behind `target.from`; gives how many.
///
/// # Errors
/// `LG_105` when the input is not what it was; what the ledger refuses; what `progress` gives.
pub(super) fn append(
    target: &Target<'_>,
    history: &History,
    checked: &Checked,
    progress: &mut Progress<'_>,
) -> Result<u64> {
    let total = checked.judgements.len() as u64;
    if target.from >= total {
        return Ok(0);
    }
    let mut sequencer = target.ledger.sequencer();
    let (series, time) = sequencer.series(EventKind::HistoryImported, target.actor, target.stream)?;
    let salts = Salts::new(sequencer.random()?);
    drop(sequencer);
    let work = Work { history, checked, from: target.from, series: series.clone(), salts };
    thread::scope(|scope| {
        let (sender, batches) = sync_channel(1);
        let (times, receiver) = sync_channel(AHEAD);
        let reader = thread::Builder::new().name("import".to_owned());
        reader
            .spawn_scoped(scope, move || work.run(&receiver, &sender))
            .map_err(|e| Error::new(Code::Busy, format!("no thread to read with: {e}")))?;
        for _ in 0..AHEAD {
            let _ = times.send(time);
        }
        let mut position = target.from;
        for batch in batches {
            let batch: Chained = batch?;
            let count = batch.len() as u64;
            let time = target.ledger.sequencer().append_series(&series, batch)?;
            // The other thread may have come to its end.
            let _ = times.send(time);
            position = position.saturating_add(count);
            progress("importing", position, total)?;
        }
        if position == total { Ok(total.saturating_sub(target.from)) } else { Err(history.changed()) }
    })
}

/// Batches that are being chained or wait while one is committed. The n-th has the time of the commit `AHEAD` before it, so that the same
/// history, clock and randomness give the same bytes.
const AHEAD: usize = 2;

/// What the thread does that reads.
struct Work<'a> {
    history: &'a History,
    checked: &'a Checked,
    from: u64,
    series: Series,
    salts: Salts,
}

impl Work<'_> {
    fn run(mut self, times: &Receiver<Timestamp>, sender: &SyncSender<Result<Chained>>) {
        if let Err(e) = self.produce(times, sender) {
            // Whoever does not listen any more has an error of its own.
            let _ = sender.send(Err(e));
        }
    }

    /// Reads the blocks again and makes batches of what is new.
    fn produce(&mut self, times: &Receiver<Timestamp>, sender: &SyncSender<Result<Chained>>) -> Result<()> {
        let history = self.history;
        let mut blocks = history.blocks()?;
        let mut digests = self.checked.digests.iter();
        while let Some(block) = blocks.next_block()? {
            if digests.next() != Some(&block.digest()) {
                return Err(history.changed());
            }
            if block.first.saturating_add(block.len() as u64) <= self.from {
                continue;
            }
            let Ok(time) = times.recv() else { return Ok(()) };
            let batch = self.batch(&block, time)?;
            if sender.send(Ok(batch)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn batch(&mut self, block: &Block, time: Timestamp) -> Result<Chained> {
        let Self { history, checked, from, series, salts } = self;
        let first = usize::try_from(block.first).unwrap_or(usize::MAX);
        let judgements = checked.judgements.get(first..).unwrap_or_default();
        let new = block.originals().zip(judgements).filter(|((index, _), _)| *index >= *from);
        let items = new.map(|((index, bytes), judgement)| {
            let data = body(history.format, index, text(bytes), *judgement);
            Ok((Key::new(key(index))?, Part { salt: salts.take()?, bytes: data }))
        });
        series.chain(items, time)
    }
}

/// Salts from one secret of 32 random bytes, which is forgotten with the import: BLAKE3 as a generator, so that the thread that makes
/// commitments need not wait for the ledger's own source.
struct Salts(blake3::OutputReader);

impl Salts {
    fn new(secret: [u8; 32]) -> Self {
        Self(blake3::Hasher::new_keyed(&secret).update(b"ledger/import/salts/v1").finalize_xof())
    }

    fn take(&mut self) -> Result<[u8; 32]> {
        let mut salt = [0; 32];
        self.0.fill(&mut salt);
        // Zeros would mean "erased".
        if salt == [0; 32] {
            Err(Error::new(Code::ReadFailed, "the randomness is all zeros"))
        } else {
            Ok(salt)
        }
    }
}
