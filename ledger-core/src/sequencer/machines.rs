//! The state machines that are being worked on, as they are after the draft: loaded from their streams, kept while they are used.
//!
//! Invariant: what is here is what a replay of log and draft would give; one that a draft changed and then took back is loaded anew.
//! Memory is bounded: closed ones are dropped, and of open ones the latest are kept. Source: DESIGN.md §4.

use super::draft::Draft;
use crate::error::Result;
use crate::replay::{Replay, machine_at};
use crate::rules::Aggregate;
use crate::store::Store;
use std::collections::HashMap;
use std::sync::Arc;

/// Most that is kept, in parts of about a kilobyte.
const MOST: usize = 16_384;

/// A state machine and when it was last used.
struct Kept<A> {
    machine: Option<A>,
    used: u64,
}

impl<A: Aggregate> Kept<A> {
    fn weight(&self) -> usize {
        self.machine.as_ref().map_or(1, A::weight)
    }
}

/// State machines of one kind, by stream.
pub(super) struct Machines<A> {
    kept: HashMap<String, Kept<A>>,
    /// Streams that the draft changed, in order.
    touched: Vec<String>,
    clock: u64,
}

impl<A> Default for Machines<A> {
    fn default() -> Self {
        Self { kept: HashMap::new(), touched: Vec::new(), clock: 0 }
    }
}

impl<A: Aggregate> Machines<A> {
    /// That of a stream, or the place where it would be.
    pub(super) fn get(&mut self, store: &dyn Store, draft: &Draft, stream: &str) -> Result<&mut Option<A>> {
        self.clock = self.clock.saturating_add(1);
        if !self.kept.contains_key(stream) {
            let machine = load(store, draft, stream)?;
            self.kept.insert(stream.to_owned(), Kept { machine, used: 0 });
        }
        let used = self.clock;
        let kept = self.kept.entry(stream.to_owned()).or_insert(Kept { machine: None, used });
        kept.used = used;
        Ok(&mut kept.machine)
    }

    /// That of a stream is about to be changed.
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
        let mut changed = false;
        for stream in self.touched.drain(..) {
            changed = true;
            let done = self.kept.get(&stream).is_some_and(|k| k.machine.as_ref().is_none_or(A::is_closed));
            if done {
                self.kept.remove(&stream);
            }
        }
        // The one that was used last stays, however large it is.
        if changed && self.kept.len() > 1 && self.weight() > MOST {
            let mut ages: Vec<(u64, usize)> = self.kept.values().map(|k| (k.used, k.weight())).collect();
            ages.sort_unstable_by(|a, b| b.cmp(a));
            let mut room = MOST / 4 * 3;
            let staying = ages.iter().take_while(|(_, weight)| match room.checked_sub(*weight) {
                Some(left) => {
                    room = left;
                    true
                }
                None => false,
            });
            let oldest = staying.last().or(ages.first()).map_or(0, |(used, _)| *used);
            self.kept.retain(|_, k| k.used >= oldest);
        }
    }

    fn weight(&self) -> usize {
        self.kept.values().map(Kept::weight).fold(0, usize::saturating_add)
    }

    /// Nothing that was changed is in the log.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
        self.touched.clear();
    }
}

/// Replays the stream from the log, then what the draft holds of it: each entry by the registry as it was at its own position.
fn load<A: Aggregate>(store: &dyn Store, draft: &Draft, stream: &str) -> Result<Option<A>> {
    let machine = machine_at(store, stream, None, &draft.before)?;
    let entries = draft.batch.entries();
    if entries.is_empty() {
        return Ok(machine);
    }
    let mut replay = Replay::from_registry(Arc::clone(&draft.before));
    replay.resume(stream, machine);
    for (sequence, entry) in (draft.base.size..).zip(entries) {
        if [stream, "registry", "policy"].contains(&entry.parse()?.subject) {
            replay.take(sequence, entry)?;
        }
    }
    Ok(replay.forget(stream))
}
