//! All grant trees of a log, and who holds what in them, growing with every entry.
//!
//! Not a second truth: it is made from the log, and made again at any time. Invariant: it knows the trees as of the last entry that it was
//! given. Source: DOMAIN.md §9.

use crate::codes::Code;
use crate::entry::{Entry, Leaf, Record};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind, tree_of_stream};
use crate::names::GrantId;
use crate::replay::{Replay, is_of_registry};
use crate::rules::Registry;
use crate::rules::trust::{Grant, Tree};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Streams of heartbeats are below this.
const HEARTBEATS: &str = "heartbeat/";

/// The trees, and what is asked of them.
#[derive(Debug, Default)]
pub struct Forest {
    replay: Replay<Tree>,
    /// Grants by holder, in the order of the log: stream and place.
    holders: BTreeMap<String, Vec<(String, usize)>>,
    /// Entries of anchors by the grant that they name.
    anchors: BTreeMap<(GrantId, GrantId), Vec<u64>>,
    /// The last heartbeat of each actor.
    beats: BTreeMap<String, Beat>,
    size: u64,
    time: Option<Timestamp>,
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The entry.
    pub sequence: u64,
    /// When.
    pub time: Timestamp,
    /// What the actor said of itself.
    pub status: Option<String>,
}

/// A grant where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// Its tree.
    pub tree: &'a Tree,
    /// Its place in the tree.
    pub at: usize,
    /// The grant.
    pub grant: &'a Grant,
}

impl Forest {
    /// Takes the next record of the log.
    ///
    /// # Errors
    /// As [`Replay::take`]; `LG_300` for a malformed leaf.
    pub fn take(&mut self, sequence: u64, record: &Record<'_>) -> Result<()> {
        let malformed =
            |why| Error::new(Code::FindShape, format!("the leaf is malformed: {why}")).at(sequence);
        let leaf = Leaf::parse(record.leaf).map_err(malformed)?;
        if concerns(&leaf) {
            return self.take_entry(sequence, &Entry::from_record(record));
        }
        self.passed(sequence, leaf.time);
        Ok(())
    }

    /// The same with an entry that is at hand.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_entry(&mut self, sequence: u64, entry: &Entry) -> Result<()> {
        let leaf = entry.parse().map_err(|e| e.at(sequence))?;
        self.take_entry_of(sequence, &leaf, entry)
    }

    /// The same with an entry whose leaf is at hand.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_entry_of(&mut self, sequence: u64, leaf: &Leaf<'_>, entry: &Entry) -> Result<()> {
        self.passed(sequence, leaf.time);
        if !concerns(leaf) {
            return Ok(());
        }
        if leaf.event_type == EventKind::AnchorRecorded.row().event_type {
            self.anchor(sequence, entry);
        }
        if leaf.subject.starts_with(HEARTBEATS) {
            self.beat(sequence, leaf, entry);
        }
        let event = self.replay.take(sequence, entry)?;
        let Some(tree) = self.replay.trees().get(leaf.subject) else { return Ok(()) };
        let given = matches!(
            event,
            Some(Event::TrustEstablished(_) | Event::GrantDelegated(_) | Event::GrantTransferred(_))
        );
        if let (true, Some(at)) = (given, tree.len().checked_sub(1)) {
            let holder = tree.at(at).map(|g| g.holder.clone()).unwrap_or_default();
            self.holders.entry(holder).or_default().push((leaf.subject.to_owned(), at));
        }
        Ok(())
    }

    fn passed(&mut self, sequence: u64, time: Timestamp) {
        self.size = sequence.saturating_add(1);
        self.time = Some(time);
    }

    fn anchor(&mut self, sequence: u64, entry: &Entry) {
        if let Ok(Event::AnchorRecorded(e)) = EventKind::AnchorRecorded.read(&entry.data.bytes) {
            self.anchors.entry((e.root, e.grant_id)).or_default().push(sequence);
        }
    }

    fn beat(&mut self, sequence: u64, leaf: &Leaf<'_>, entry: &Entry) {
        if let Ok(Event::HeartbeatReceived(e)) = EventKind::HeartbeatReceived.read(&entry.data.bytes) {
            let status = e.status.map(|s| s.as_str().to_owned());
            self.beats.insert(leaf.actor.to_owned(), Beat { sequence, time: leaf.time, status });
        }
    }

    /// Number of entries that were taken.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Time of the last entry.
    #[must_use]
    pub const fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.replay.registry()
    }

    /// The trees, by stream.
    pub fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.replay.trees().values()
    }

    /// The tree with this root.
    #[must_use]
    pub fn tree(&self, root: &GrantId) -> Option<&Tree> {
        self.replay.trees().get(crate::event::tree_stream(root).ok()?.as_str())
    }

    /// The entry of the tree with this root that is not understood here.
    #[must_use]
    pub fn not_understood(&self, root: &GrantId) -> Option<u64> {
        self.replay.unknown().get(crate::event::tree_stream(root).ok()?.as_str()).copied()
    }

    /// What an actor holds or held, in the order of the log.
    pub fn held_by(&self, gid: &str) -> impl Iterator<Item = Holding<'_>> {
        self.holders.get(gid).into_iter().flatten().filter_map(|h| self.place(h))
    }

    /// All that hold or held something.
    pub fn holders(&self) -> impl Iterator<Item = &str> {
        self.holders.keys().map(String::as_str)
    }

    fn place(&self, (stream, at): &(String, usize)) -> Option<Holding<'_>> {
        let tree = self.replay.trees().get(stream)?;
        Some(Holding { tree, at: *at, grant: tree.at(*at)? })
    }

    /// The grants of this id, in the order of their trees: ids are unique within a tree only.
    pub fn named(&self, id: &GrantId) -> impl Iterator<Item = Holding<'_>> {
        self.trees().filter_map(|tree| {
            let at = tree.find(id)?;
            Some(Holding { tree, at, grant: tree.at(at)? })
        })
    }

    /// A grant by its tree and id.
    #[must_use]
    pub fn placed(&self, root: &GrantId, id: &GrantId) -> Option<Holding<'_>> {
        let tree = self.tree(root)?;
        let at = tree.find(id)?;
        Some(Holding { tree, at, grant: tree.at(at)? })
    }

    /// The one grant of this id, of this tree when it is named.
    ///
    /// # Errors
    /// `LG_172` when there is none, or several and no tree is named.
    pub fn grant(&self, root: Option<&GrantId>, id: &GrantId) -> Result<Holding<'_>> {
        let mut found = self.named(id).filter(|h| root.is_none_or(|root| h.tree.root().id == *root));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(Error::new(Code::GrantUnknown, format!("there is no grant {id}"))),
            (Some(_), Some(_)) => Err(Error::new(
                Code::GrantUnknown,
                format!("several trees have a grant {id}; name the tree by its root as well"),
            )),
        }
    }

    /// Entries of the anchors that name a grant.
    #[must_use]
    pub fn anchors(&self, holding: &Holding<'_>) -> &[u64] {
        let key = (holding.tree.root().id.clone(), holding.grant.id.clone());
        self.anchors.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// For how long an actor has not said that it is there, in milliseconds.
    #[must_use]
    pub fn silence(&self, gid: &str, time: i64) -> i64 {
        self.beat_of(gid).map_or(i64::MAX, |beat| time.saturating_sub(beat.time.millis()))
    }

    /// The last sign of life of an actor.
    #[must_use]
    pub fn beat_of(&self, gid: &str) -> Option<&Beat> {
        self.beats.get(gid)
    }
}

/// Whether an entry says something about trust.
fn concerns(leaf: &Leaf<'_>) -> bool {
    tree_of_stream(leaf.subject).is_some()
        || is_of_registry(leaf.subject)
        || leaf.subject.starts_with(HEARTBEATS)
        || leaf.event_type == EventKind::AnchorRecorded.row().event_type
}
