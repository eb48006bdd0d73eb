//! What was imported under this name before, and whether the history still begins like that.
//!
//! Writes nothing. Invariant: after [`Prior::compare`] of as many entries as there are, the stream is known to hold `entry-0` to the
//! last and nothing else, so further keys are new without looking. Source: issue 2, "Import".

use super::blocks::{Block, text};
use super::{Format, Judgement, body, chainbridge, cloudevents, key};
use crate::codes::Code;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::json::{self, Value};
use crate::ledger::Ledger;
use crate::names::Stream;
use crate::store::runs;

/// Entries that are read at once.
const RUN: usize = 256;

/// What the stream of a history holds.
pub(super) struct Prior<'a> {
    ledger: &'a Ledger,
    stream: &'a Stream,
    sequences: Vec<u64>,
}

/// An old entry, as the input has it.
struct Old<'a> {
    format: Format,
    index: u64,
    original: &'a str,
    judgement: Judgement,
}

impl<'a> Prior<'a> {
    /// Looks where the entries of the stream are.
    ///
    /// # Errors
    /// `LG_203`, `LG_208`.
    pub(super) fn read(ledger: &'a Ledger, stream: &'a Stream) -> Result<Self> {
        let sequences = ledger.sequencer().store().stream(stream.as_str(), 0, usize::MAX)?;
        Ok(Self { ledger, stream, sequences })
    }

    /// How many there are.
    pub(super) const fn len(&self) -> u64 {
        self.sequences.len() as u64
    }

    /// Compares a block, as far as it was imported before.
    ///
    /// # Errors
    /// `LG_112` with the first difference.
    pub(super) fn compare(&self, format: Format, block: &Block, judgements: &[Judgement]) -> Result<()> {
        let first = usize::try_from(block.first).unwrap_or(usize::MAX);
        let rest = self.sequences.get(first..).unwrap_or_default();
        let rest = rest.get(..block.len()).unwrap_or(rest);
        let mut olds = block.originals().zip(judgements);
        for (start, run) in runs(rest, RUN) {
            let entries = self.ledger.sequencer().store().entries(start, run)?;
            for ((sequence, entry), ((index, bytes), judgement)) in (start..).zip(&entries).zip(&mut olds) {
                let old = Old { format, index, original: text(bytes), judgement: *judgement };
                self.compare_one(&old, sequence, entry)?;
            }
        }
        Ok(())
    }

    fn compare_one(&self, old: &Old<'_>, sequence: u64, entry: &Entry) -> Result<()> {
        let leaf = entry.parse().map_err(|e| e.at(sequence))?;
        let due = format!("{}/{}", self.stream, key(old.index));
        if leaf.id != due || leaf.event_type != EventKind::HistoryImported.row().event_type {
            let what = format!(
                "{} was put into stream {} by something other than an import of a file",
                leaf.id, self.stream
            );
            return Err(conflict(sequence, what).hint("import the file under a name of its own with --name"));
        }
        // What was erased cannot be compared any more; an import again must still find nothing new.
        if entry.data.is_erased()
            || entry.data.bytes == body(old.format, old.index, old.original, old.judgement)
        {
            return Ok(());
        }
        let Event::HistoryImported(was) =
            EventKind::HistoryImported.read(&entry.data.bytes).map_err(|e| e.at(sequence))?
        else {
            return Err(
                Error::new(Code::FindShape, "the entry is of another type than its leaf says").at(sequence)
            );
        };
        if was.format != old.format.as_str() || was.index != old.index {
            let (format, stream) = (old.format, self.stream);
            return Err(conflict(
                sequence,
                format!("stream {stream} holds a history in format {}, not {format}", was.format),
            ));
        }
        let difference = match old.format {
            Format::Chainbridge => chainbridge::describe_difference(&was.original, old.original),
            Format::CloudEvents => cloudevents::difference(&was.original, old.original),
        };
        difference.map_or(Ok(()), |what| {
            let number =
                own_number(old.original).map_or_else(String::new, |n| format!(", its own sequence {n},"));
            Err(conflict(
                sequence,
                format!(
                    "old entry {}{number} was imported as entry {sequence}; since then {what}",
                    old.index
                ),
            ))
        })
    }
}

fn conflict(sequence: u64, what: String) -> Error {
    Error::new(Code::ImportConflict, what).at(sequence)
}

/// The number that an old entry gives itself.
fn own_number(original: &str) -> Option<u64> {
    json::parse(original.as_bytes()).ok()?.get("sequence").and_then(Value::as_u64)
}
