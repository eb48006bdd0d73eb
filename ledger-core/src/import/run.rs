//! The import as a whole: open, find out, check everything, append what is new, report.
//!
//! Not here: how any of these is done. Invariant: an error or a refusal before the first commit leaves the log as it was; a repetition
//! appends nothing. Source: issue 2, "Import"; DESIGN.md §6.

use super::append::{Target, append};
use super::check::check;
use super::format::stream;
use super::history::History;
use super::prior::Prior;
use super::report::{Outcome, Verdicts};
use super::source::{Input, Source};
use super::{Format, Progress};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::names::Gid;

/// What the caller decides.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The format; found out when absent.
    pub format: Option<Format>,
    /// Name of the stream below `import/`; from the content when absent: `chainbridge`, or the `source` of the first event.
    pub name: Option<String>,
    /// Who imports. Entries are asserted, not signed: they carry the old hashes, and ours.
    pub actor: Gid,
    /// Import nothing unless every entry is intact.
    pub strict: bool,
}

/// Imports a history.
///
/// With `strict`, and when the history is shorter than what was imported before, nothing is appended and the outcome says so.
///
/// # Errors
/// `LG_100`, `LG_101`, `LG_103` to `LG_105` for a history that cannot be read, with the line; `LG_112` when an entry that was imported
/// before is different; `LG_111` when something else was put into the stream meanwhile; what the rules and the store refuse; and what
/// `progress` gives. After an error of a commit, whole blocks before it are kept.
pub fn import(
    ledger: &Ledger,
    source: Source<'_>,
    options: &ImportOptions,
    progress: &mut Progress<'_>,
) -> Result<Outcome> {
    let named = options.name.as_deref().map(stream).transpose()?;
    let input = Input::open(source, &ledger.location().dir)?;
    let history = History::open(input, options.format)?;
    let stream = named.map_or_else(|| stream(&history.name), Ok)?;
    let prior = Prior::read(ledger, &stream)?;
    let checked = check(&history, &prior, progress)?;
    let (verdicts, before) = (Verdicts::of(&checked.judgements), prior.len());
    let refused = options.strict && !verdicts.all_intact();
    let target = Target { ledger, actor: &options.actor, stream: &stream, from: before };
    let imported = if refused { 0 } else { append(&target, &history, &checked, progress)? };
    drop(prior);
    let sequences = ledger.sequencer().store().stream(stream.as_str(), 0, checked.judgements.len())?;
    Ok(Outcome {
        format: history.format,
        entries: checked.judgements.len() as u64,
        imported,
        verdicts,
        refused,
        before,
        judgements: checked.judgements,
        sequences,
        numbers: history.numbers,
        between: history.findings,
        stream,
    })
}
