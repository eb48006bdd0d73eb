//! What the last event of a state machine owes: the event that must follow it at once, in the name of the same actor.
//!
//! Not here: what can be owed, which each state machine says. Invariant: nothing of the stream stands between an event and what it owes.
//! Source: docs/format.md §15.

use super::Occurrence;
use crate::entry::Auth;

/// What is owed, and by which entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<K> {
    /// The entry that it follows from.
    pub cause: u64,
    /// What it is.
    pub what: K,
    actor: String,
    auth: Auth,
}

impl<K> Due<K> {
    pub(super) fn of(o: &Occurrence<'_>, what: K) -> Self {
        Self { cause: o.sequence, what, actor: o.actor.to_owned(), auth: o.auth }
    }

    /// Whether this entry is where and whose the owed one must be.
    pub(super) fn is_met_by(&self, o: &Occurrence<'_>) -> bool {
        o.event.kind().row().follows.is_some()
            && o.cause == Some(self.cause)
            && o.sequence == self.cause.saturating_add(1)
            && (o.actor, o.auth, o.key_id) == (self.actor.as_str(), self.auth, None)
    }
}
