//! What a monitor asks for, kept while the log grows: rows of PACs, O-PDOs and violations, reviews that wait, counts, throughput.
//!
//! Not a second truth: all of it can be made again from the log, and is, from its beginning. Invariant: memory grows with what is open, with
//! grants and their uses, and with one row for each PAC and O-PDO that has ended; names that are counted and violations that are settled have
//! bounds.
//! Source: DESIGN.md §4.

use super::actors::{HeldNode, held};
use super::opdos::Opdos;
use super::reviews::ReviewRow;
use super::summary::{PacList, Stepped};
use super::throughput::{Throughput, ThroughputView};
use super::violations::Violations;
use crate::entry::{Entry, Leaf};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind, pac_of_stream};
use crate::replay::is_of_registry;
use crate::rules::Registry;
use crate::rules::pac::gateway::GatewayState;
use crate::trust::Forest;
use std::collections::BTreeMap;

/// Event types that are counted by name: those of the catalogue and others, up to so many.
const MOST_TYPES: usize = 256;
/// What types beyond them are counted as.
const OTHERS: &str = "others";

/// The projection, growing with every entry of the log.
#[derive(Debug, Default)]
pub struct Projection {
    size: u64,
    pacs: PacList,
    opdos: Opdos,
    violations: Violations,
    events: BTreeMap<String, u64>,
    /// Entries by those of the registry; who is not in it is counted nowhere.
    actors: BTreeMap<String, u64>,
    throughput: Throughput,
    forest: Forest,
    /// Why the state machines were not followed any further.
    halted: Option<Error>,
}

impl Projection {
    /// Takes the next entry. One that no state machine understands ends what is known of them, and nothing else: the counts go on.
    pub fn take(&mut self, entry: &Entry) {
        let sequence = self.size;
        self.size = self.size.saturating_add(1);
        let leaf = match entry.parse() {
            Ok(leaf) => leaf,
            Err(e) => return self.halt(e.at(sequence)),
        };
        self.count(&leaf);
        if self.halted.is_none()
            && let Err(e) = self.follow(sequence, &leaf, entry)
        {
            self.halt(e);
        }
    }

    fn halt(&mut self, why: Error) {
        self.halted.get_or_insert(why);
    }

    fn count(&mut self, leaf: &Leaf<'_>) {
        let known = self.events.contains_key(leaf.event_type) || self.events.len() < MOST_TYPES;
        let name = if known { leaf.event_type } else { OTHERS };
        increase(&mut self.events, name);
        if self.actors.contains_key(leaf.actor) || self.pacs.replay().registry().actor(leaf.actor).is_some() {
            increase(&mut self.actors, leaf.actor);
        }
        self.throughput.take(leaf.time);
    }

    fn follow(&mut self, sequence: u64, leaf: &Leaf<'_>, entry: &Entry) -> Result<()> {
        let stream = leaf.subject;
        self.forest.take_entry_of(sequence, leaf, entry)?;
        let concerns = pac_of_stream(stream).is_some() || is_of_registry(stream);
        let stepped = if concerns { self.pacs.step(sequence, stream, entry) } else { Ok(None) };
        if leaf.event_type == EventKind::ViolationRecorded.row().event_type {
            let pac = self.pacs.replay().pacs().get(stream);
            let blocks = pac.is_some_and(|pac| pac.gateway.open.iter().any(|(open, _)| *open == sequence));
            self.violations.record(sequence, blocks);
        }
        let Some(Stepped { event, closed }) = stepped? else { return Ok(()) };
        let Some(pac) = closed.as_ref().or_else(|| self.pacs.replay().pacs().get(stream)) else {
            return Ok(());
        };
        if let Event::GatewayResolved(resolution) = &event {
            for violation in &resolution.violations {
                self.violations.close(*violation, Some(sequence));
            }
        }
        let composed = matches!(event, Event::OpdoComposed(_)).then_some(sequence);
        self.opdos.update(stream, pac, composed);
        if closed.is_some() {
            for (violation, _) in &pac.gateway.open {
                self.violations.close(*violation, None);
            }
            self.opdos.close(stream);
        }
        Ok(())
    }

    /// Number of entries that were taken.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// That every state machine was followed to the end.
    ///
    /// # Errors
    /// `LG_308`, `LG_314` with the entry that was not understood: what is known of PACs is as it was before.
    pub fn check(&self) -> Result<()> {
        self.halted.clone().map_or(Ok(()), Err)
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.pacs.replay().registry()
    }

    /// The PACs.
    #[must_use]
    pub const fn pacs(&self) -> &PacList {
        &self.pacs
    }

    /// The grant trees.
    #[must_use]
    pub const fn forest(&self) -> &Forest {
        &self.forest
    }

    /// The O-PDOs.
    #[must_use]
    pub const fn opdos(&self) -> &Opdos {
        &self.opdos
    }

    /// The violations.
    #[must_use]
    pub const fn violations(&self) -> &Violations {
        &self.violations
    }

    /// What is sealed and not yet final, in the order of PACs' names.
    pub fn reviews(&self) -> impl Iterator<Item = ReviewRow> {
        self.pacs.replay().pacs().values().filter_map(ReviewRow::of)
    }

    /// Number of PACs that have not ended, and of those of them whose gateway is BLOCKED.
    #[must_use]
    pub fn open_pacs(&self) -> (usize, usize) {
        let pacs = self.pacs.replay().pacs();
        (pacs.len(), pacs.values().filter(|p| p.gateway.state == GatewayState::Blocked).count())
    }

    /// Entries of each type.
    #[must_use]
    pub const fn events(&self) -> &BTreeMap<String, u64> {
        &self.events
    }

    /// Entries of an actor.
    #[must_use]
    pub fn entries_of(&self, gid: &str) -> u64 {
        self.actors.get(gid).copied().unwrap_or(0)
    }

    /// Nodes that an agent holds in PACs that have not ended.
    #[must_use]
    pub fn nodes_of(&self, gid: &str) -> Vec<HeldNode> {
        self.pacs.replay().pacs().values().filter_map(|pac| held(pac, gid)).collect()
    }

    /// Throughput as of a moment, in milliseconds since 1970.
    #[must_use]
    pub fn throughput(&self, now: i64) -> ThroughputView {
        self.throughput.view(now)
    }
}

fn increase(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count = count.saturating_add(1),
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}
