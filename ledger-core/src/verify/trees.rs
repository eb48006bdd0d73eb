//! The grant trees of the log, replayed by the same rules as live appends, and the anchors that speak of them.
//!
//! Invariant: a tree is judged as long as every entry of its stream is there and understood; from the first that is not, nothing more is
//! said of it, nor of anchors that name it. Source: DESIGN.md §5, DOMAIN.md §9.

use super::followed::Followed;
use super::judge::Placed;
use crate::error::Result;
use crate::event::body::trust::Anchor;
use crate::event::{Event, tree_of_stream, tree_stream};
use crate::rules::Registry;
use crate::rules::trust::{Tree, witness};
use std::collections::{HashMap, HashSet};

/// All grant trees while the log is read.
#[derive(Default)]
pub(super) struct Trees {
    followed: HashMap<String, Followed<Tree>>,
    doubtful: HashSet<String>,
}

impl Trees {
    /// Something of this stream cannot be relied on.
    pub(super) fn doubt(&mut self, stream: &str) {
        if tree_of_stream(stream).is_some() {
            self.followed.remove(stream);
            self.doubtful.insert(stream.to_owned());
        }
    }

    /// Takes a step of a tree, or an anchor of a PAC.
    ///
    /// # Errors
    /// The code of the rule that it breaks.
    pub(super) fn step(&mut self, registry: &Registry, placed: &Placed<'_>, event: &Event) -> Result<()> {
        let stream = placed.subject();
        if tree_of_stream(stream).is_none() {
            return match event {
                Event::AnchorRecorded(anchor) => self.witness(registry, placed, event, anchor),
                _ => Ok(()),
            };
        }
        if self.doubtful.contains(stream) {
            return Ok(());
        }
        let followed = self.followed.entry(stream.to_owned()).or_default();
        match followed.step(registry, placed, event) {
            Ok(true) => Ok(()),
            // A hole in the stream, which is a finding of its own.
            Ok(false) => {
                self.doubt(stream);
                Ok(())
            }
            Err(e) => {
                self.doubt(stream);
                Err(e)
            }
        }
    }

    /// Streams whose last entry owes another, and that entry.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = (&str, u64)> {
        self.followed.iter().filter_map(|(s, f)| Some((s.as_str(), f.machine.as_ref()?.due()?.cause)))
    }

    fn witness(
        &self,
        registry: &Registry,
        placed: &Placed<'_>,
        event: &Event,
        anchor: &Anchor,
    ) -> Result<()> {
        let stream = tree_stream(&anchor.root)?;
        if self.doubtful.contains(stream.as_str()) {
            return Ok(());
        }
        let tree = self.followed.get(stream.as_str()).and_then(|f| f.machine.as_ref());
        witness(tree, registry, &placed.occurrence(event), anchor)
    }
}
