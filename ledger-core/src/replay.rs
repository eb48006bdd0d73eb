//! Replay: the state of the log rebuilt from its entries, as of any position.
//!
//! Nothing is decided here: every event goes through `rules`, as it did when it was appended. Invariant: an event is judged by the registry
//! as it was at its own position. Source: DESIGN.md §4 ("an intent loads its own stream's aggregate"), §5.

use crate::codes::Code;
use crate::entry::{Entry, Leaf};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::rules::pac::Pac;
use crate::rules::trust::Tree;
use crate::rules::{self, Aggregate, Occurrence, Registry};
use crate::store::{Store, runs};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Streams that the registry is replayed from.
const REGISTRY: [&str; 2] = ["registry", "policy"];
/// Entries that are read at once.
const RUN: usize = 256;

/// State that grows with every entry it is given, in the order of the log: the registry, and the state machines of one kind.
#[derive(Clone, Debug)]
pub struct Replay<A = Pac> {
    registry: Arc<Registry>,
    machines: BTreeMap<String, A>,
    /// Streams with a step that this program does not understand, and the entry of it.
    unknown: BTreeMap<String, u64>,
}

impl<A> Default for Replay<A> {
    fn default() -> Self {
        Self { registry: Arc::default(), machines: BTreeMap::new(), unknown: BTreeMap::new() }
    }
}

impl Replay {
    /// The PACs that were issued, by stream.
    #[must_use]
    pub const fn pacs(&self) -> &BTreeMap<String, Pac> {
        &self.machines
    }
}

impl Replay<Tree> {
    /// The grant trees, by stream.
    #[must_use]
    pub const fn trees(&self) -> &BTreeMap<String, Tree> {
        &self.machines
    }
}

impl<A: Aggregate> Replay<A> {
    /// Goes on from this registry.
    #[must_use]
    pub fn from_registry(registry: Arc<Registry>) -> Self {
        Self { registry, ..Self::default() }
    }

    /// The registry after the last entry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Streams with a step that is not understood here, and the entry of it.
    #[must_use]
    pub const fn unknown(&self) -> &BTreeMap<String, u64> {
        &self.unknown
    }

    /// Takes the next entry; gives its event, when it is one of the registry or of such a state machine.
    ///
    /// # Errors
    /// `LG_308` when no honest ledger would have taken this step, `LG_314` when it changes the registry in a way that is not known here.
    pub fn take(&mut self, sequence: u64, entry: &Entry) -> Result<Option<Event>> {
        let leaf = entry.parse()?;
        let kind = EventKind::of_type(leaf.event_type).filter(|k| k.row().version >= leaf.data_version);
        let owned = A::owns(leaf.subject);
        let Some(kind) = kind else {
            if REGISTRY.contains(&leaf.subject) {
                return Err(not_understood(&leaf).at(sequence));
            }
            if owned {
                self.unknown.entry(leaf.subject.to_owned()).or_insert(sequence);
            }
            return Ok(None);
        };
        if !rules::changes_registry(kind) && !owned {
            return Ok(None);
        }
        let illegal = |e: Error| Error::new(Code::FindRule, e.to_string()).at(sequence);
        let event = kind.read(&entry.data.bytes).map_err(illegal)?;
        let occurrence = Occurrence::new(&leaf, &event);
        if owned {
            if self.unknown.contains_key(leaf.subject) {
                return Ok(None);
            }
            rules::permit(&self.registry, &occurrence).map_err(illegal)?;
            self.step(leaf.subject, &occurrence).map_err(illegal)?;
        } else {
            rules::next(Arc::make_mut(&mut self.registry), &occurrence).map_err(illegal)?;
        }
        Ok(Some(event))
    }

    fn step(&mut self, stream: &str, o: &Occurrence<'_>) -> Result<()> {
        if let Some(machine) = self.machines.get_mut(stream) {
            return machine.advance(&self.registry, o);
        }
        let mut machine = None;
        A::next(&mut machine, &self.registry, o)?;
        if let Some(machine) = machine {
            self.machines.insert(stream.to_owned(), machine);
        }
        Ok(())
    }

    /// Takes over a state machine as it is.
    pub fn resume(&mut self, stream: &str, machine: Option<A>) {
        if let Some(machine) = machine {
            self.machines.insert(stream.to_owned(), machine);
        }
    }

    /// Forgets a state machine, when its caller needs it no more.
    pub fn forget(&mut self, stream: &str) -> Option<A> {
        self.machines.remove(stream)
    }
}

fn not_understood(leaf: &Leaf<'_>) -> Error {
    Error::new(
        Code::FindUnknown,
        format!(
            "{} version {} changes the registry in a way that this program does not know",
            leaf.event_type, leaf.data_version
        ),
    )
}

/// Sequences of these streams below `at`, ascending.
fn sequences(store: &dyn Store, streams: &[&str], at: u64) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    for stream in streams {
        all.extend(store.stream(stream, 0, usize::MAX)?.into_iter().filter(|s| *s < at));
    }
    all.sort_unstable();
    Ok(all)
}

/// Whether the registry is replayed from this stream.
#[must_use]
pub fn is_of_registry(stream: &str) -> bool {
    REGISTRY.contains(&stream)
}

/// What is called after every event of a state machine, with the machine as it is then.
pub type Each<'a, A> = &'a mut dyn FnMut(&Leaf<'_>, &Event, &A);

fn run<A: Aggregate>(
    store: &dyn Store,
    replay: &mut Replay<A>,
    sequences: &[u64],
    each: Each<'_, A>,
) -> Result<()> {
    for (first, count) in runs(sequences, RUN) {
        for (sequence, entry) in (first..).zip(store.entries(first, count)?) {
            let Some(event) = replay.take(sequence, &entry)? else { continue };
            let leaf = entry.parse()?;
            if let Some(machine) = replay.machines.get(leaf.subject) {
                each(&leaf, &event, machine);
            }
        }
    }
    Ok(())
}

/// The size that is meant: the head when absent.
fn size(store: &dyn Store, at: Option<u64>) -> Result<u64> {
    let size = store.head().size;
    match at {
        Some(at) if at > size => {
            Err(Error::new(Code::NoSuchEntry, format!("the log holds {size} entries, not {at}")))
        }
        _ => Ok(at.unwrap_or(size)),
    }
}

/// The registry as it was when the log held `at` entries; at the head when absent.
///
/// # Errors
/// `LG_209` when the log is shorter, `LG_308` when its history is illegal, and as the store says.
pub fn registry_at(store: &dyn Store, at: Option<u64>) -> Result<Registry> {
    let at = size(store, at)?;
    let mut replay = Replay::<Pac>::default();
    run(store, &mut replay, &sequences(store, &REGISTRY, at)?, &mut |_, _, _| {})?;
    Ok(Arc::unwrap_or_clone(replay.registry))
}

/// A PAC as it was when the log held `at` entries; at the head when absent. `current`, the registry at the head, saves replaying it when
/// it has not changed since the PAC was issued.
///
/// # Errors
/// As [`registry_at`]; `LG_314` when a step of the PAC is not understood here.
pub fn pac_at(
    store: &dyn Store,
    stream: &str,
    at: Option<u64>,
    current: &Arc<Registry>,
) -> Result<Option<Pac>> {
    machine_at(store, stream, at, current)
}

/// As [`pac_at`], for a state machine of any kind.
///
/// # Errors
/// As [`pac_at`].
pub fn machine_at<A: Aggregate>(
    store: &dyn Store,
    stream: &str,
    at: Option<u64>,
    current: &Arc<Registry>,
) -> Result<Option<A>> {
    walk(store, stream, at, current, &mut |_, _, _: &A| {})
}

/// As [`machine_at`], calling `each` after every event of the stream.
///
/// # Errors
/// As [`pac_at`].
pub fn walk<A: Aggregate>(
    store: &dyn Store,
    stream: &str,
    at: Option<u64>,
    current: &Arc<Registry>,
    each: Each<'_, A>,
) -> Result<Option<A>> {
    let at = size(store, at)?;
    let steps = sequences(store, &[stream], at)?;
    let Some(first) = steps.first() else { return Ok(None) };
    let changes = sequences(store, &REGISTRY, store.head().size)?;
    let mut replay = if changes.last().is_none_or(|last| last < first) {
        Replay::from_registry(Arc::clone(current))
    } else {
        Replay::default()
    };
    let mut all = steps;
    if replay.registry.genesis().is_none() {
        all.extend(changes.into_iter().filter(|s| *s < at));
        all.sort_unstable();
    }
    run(store, &mut replay, &all, each)?;
    if let Some(entry) = replay.unknown.get(stream) {
        let why = format!("entry {entry} is a step of {stream} that this program does not know");
        return Err(Error::new(Code::FindUnknown, why).at(*entry));
    }
    Ok(replay.forget(stream))
}
