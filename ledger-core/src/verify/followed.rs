//! A state machine that is followed through its stream while the log is read.
//!
//! Invariant: it takes every entry of its stream, in order, or none from the first that is missing. Source: DESIGN.md §5.

use super::judge::Placed;
use crate::error::Result;
use crate::event::Event;
use crate::rules::{Aggregate, Registry};

/// A state machine and the position in its stream that comes next.
pub(super) struct Followed<A> {
    pub(super) machine: Option<A>,
    next: u64,
}

impl<A> Default for Followed<A> {
    fn default() -> Self {
        Self { machine: None, next: 0 }
    }
}

impl<A: Aggregate> Followed<A> {
    /// Takes the next entry of the stream; `false` when one is missing before it.
    ///
    /// # Errors
    /// The code of the rule that it breaks.
    pub(super) fn step(&mut self, registry: &Registry, placed: &Placed<'_>, event: &Event) -> Result<bool> {
        if placed.members.subject_sequence != self.next {
            return Ok(false);
        }
        self.next = self.next.saturating_add(1);
        A::next(&mut self.machine, registry, &placed.occurrence(event)).map(|()| true)
    }
}
