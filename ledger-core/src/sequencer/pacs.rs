//! The PACs that are being worked on, as they are after the draft: loaded from their streams, kept while they are used.
//!
//! Invariant: what is here is what a replay of log and draft would give; a PAC that a draft changed and then took back is loaded anew.
//! Memory is bounded: closed PACs are dropped, and of open ones the latest are kept. Source: DESIGN.md §4.

use super::draft::Draft;
use crate::error::Result;
use crate::replay::{Replay, pac_at};
use crate::rules::pac::Pac;
use crate::store::Store;
use std::collections::HashMap;
use std::sync::Arc;

/// Most PACs that are kept.
const MOST: usize = 1_024;

/// A PAC and when it was last used.
struct Kept {
    pac: Option<Pac>,
    used: u64,
}

/// PACs by stream.
#[derive(Default)]
pub(super) struct Pacs {
    kept: HashMap<String, Kept>,
    /// Streams that the draft changed, in order.
    touched: Vec<String>,
    clock: u64,
}

impl Pacs {
    /// The PAC of a stream, or the place where it would be.
    pub(super) fn get(&mut self, store: &dyn Store, draft: &Draft, stream: &str) -> Result<&mut Option<Pac>> {
        self.clock = self.clock.saturating_add(1);
        if !self.kept.contains_key(stream) {
            let pac = load(store, draft, stream)?;
            self.kept.insert(stream.to_owned(), Kept { pac, used: 0 });
        }
        let used = self.clock;
        let kept = self.kept.entry(stream.to_owned()).or_insert(Kept { pac: None, used });
        kept.used = used;
        Ok(&mut kept.pac)
    }

    /// The PAC is about to be changed.
    pub(super) fn touch(&mut self, stream: &str) {
        self.touched.push(stream.to_owned());
    }

    /// A place to go back to.
    pub(super) const fn mark(&self) -> usize {
        self.touched.len()
    }

    /// Drops what was changed behind the mark: it is loaded anew when it is needed.
    pub(super) fn undo(&mut self, mark: usize) {
        for stream in self.touched.drain(mark.min(self.touched.len())..) {
            self.kept.remove(&stream);
        }
    }

    /// The draft was appended: keeps what is open, as much as there is room for.
    pub(super) fn committed(&mut self) {
        for stream in self.touched.drain(..) {
            let done =
                self.kept.get(&stream).is_some_and(|k| k.pac.as_ref().is_none_or(|p| p.closure.is_some()));
            if done {
                self.kept.remove(&stream);
            }
        }
        if self.kept.len() > MOST {
            let mut ages: Vec<u64> = self.kept.values().map(|k| k.used).collect();
            ages.sort_unstable();
            let oldest = ages.get(MOST / 4).copied().unwrap_or(0);
            self.kept.retain(|_, k| k.used > oldest);
        }
    }

    /// Nothing that was changed is in the log.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
        self.touched.clear();
    }
}

/// Replays the stream from the log, then what the draft holds of it: each entry by the registry as it was at its own position.
fn load(store: &dyn Store, draft: &Draft, stream: &str) -> Result<Option<Pac>> {
    let pac = pac_at(store, stream, None, &draft.before)?;
    let entries = draft.batch.entries();
    if entries.is_empty() {
        return Ok(pac);
    }
    let mut replay = Replay::from_registry(Arc::clone(&draft.before));
    replay.resume(stream, pac);
    for (sequence, entry) in (draft.base.size..).zip(entries) {
        if [stream, "registry", "policy"].contains(&entry.parse()?.subject) {
            replay.take(sequence, entry)?;
        }
    }
    Ok(replay.forget(stream))
}
