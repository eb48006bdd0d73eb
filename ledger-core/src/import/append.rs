//! The second reading: what is new becomes entries, one commit a block.
//!
//! Nothing is judged or refused here that the first reading could have told. Invariant: an entry is made only from bytes whose digest
//! the first reading has seen; an interruption leaves whole blocks, and the next import goes on behind them.
//!
//! One thread reads and makes data and commitments while the other chains, writes and syncs.

use super::blocks::Block;
use super::check::{Checked, text};
use super::history::History;
use super::{Progress, body, key};
use crate::codes::Code;
use crate::entry::Part;
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::ledger::Ledger;
use crate::names::{Gid, Key, Stream};
use crate::sequencer::series::{Item, Series};
use std::sync::mpsc::{SyncSender, sync_channel};
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
    let salts = Salts::new(target.ledger.sequencer().random()?);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(1);
        scope.spawn(move || {
            if let Err(e) = produce(target, history, checked, salts, &sender) {
                // Whoever does not listen any more has an error of its own.
                let _ = sender.send(Err(e));
            }
        });
        let mut position = target.from;
        for items in receiver {
            let Target { ledger, actor, stream, .. } = target;
            let series = Series { kind: EventKind::HistoryImported, actor, stream, position, items: items? };
            let appended = ledger.sequencer().append_series(series)?;
            position = position.saturating_add(appended.end.saturating_sub(appended.start));
            progress("importing", position, total)?;
        }
        if position == total { Ok(total.saturating_sub(target.from)) } else { Err(history.changed()) }
    })
}

/// Reads the blocks again and makes items of what is new.
fn produce(
    target: &Target<'_>,
    history: &History,
    checked: &Checked,
    mut salts: Salts,
    sender: &SyncSender<Result<Vec<Item>>>,
) -> Result<()> {
    let mut blocks = history.blocks()?;
    let mut digests = checked.digests.iter();
    while let Some(block) = blocks.next_block()? {
        if digests.next() != Some(&block.digest()) {
            return Err(history.changed());
        }
        let items = items(target, history, checked, &block, &mut salts)?;
        if !items.is_empty() && sender.send(Ok(items)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn items(
    target: &Target<'_>,
    history: &History,
    checked: &Checked,
    block: &Block,
    salts: &mut Salts,
) -> Result<Vec<Item>> {
    let first = usize::try_from(block.first).unwrap_or(usize::MAX);
    let judgements = checked.judgements.get(first..).unwrap_or_default();
    block
        .originals()
        .zip(judgements)
        .filter(|((index, _), _)| *index >= target.from)
        .map(|((index, bytes), judgement)| {
            let data = body(history.format, index, text(bytes), *judgement);
            Ok(Item::new(target.stream, &Key::new(key(index))?, Part { salt: salts.take()?, bytes: data }))
        })
        .collect()
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
        if salt == [0; 32] { Err(Error::new(Code::ReadFailed, "the randomness is all zeros")) } else { Ok(salt) }
    }
}
