//! What happened in a PAC, event by event: who did what, and which states it changed.
//!
//! Invariant: the changes of all steps, one after the other, lead from nothing to the state that a replay gives. Source: DOMAIN.md §§3-8.

use super::node_state;
use super::sentence::sentence;
use crate::entry::Leaf;
use crate::error::Result;
use crate::event::Event;
use crate::names::PacId;
use crate::replay;
use crate::rules::Registry;
use crate::rules::pac::graph::Graph;
use crate::rules::pac::review::Ending;
use crate::rules::pac::{Composite, Pac};
use crate::store::Store;
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One event of a PAC.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// Position in the log.
    pub sequence: u64,
    /// When.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// Event type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// Who.
    pub actor: String,
    /// How that is known: asserted, token, signed.
    pub auth: &'static str,
    /// The entry that it follows from, for what the ledger itself adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<u64>,
    /// What they did: the rest of a sentence that begins with the actor.
    pub does: String,
    /// States that it changed.
    pub changes: Vec<Change>,
}

fn as_text<S: serde::Serializer>(time: &Timestamp, s: S) -> std::result::Result<S::Ok, S::Error> {
    s.collect_str(time)
}

/// What a change is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// The gate.
    Gateway,
    /// A node.
    Node,
    /// The number of a node's attempt.
    Attempt,
    /// An O-PDO.
    Opdo,
    /// A reviewer: READING, CHALLENGED, PASSED, FAILED, ABANDONED, VOID, or their verdict.
    Review,
    /// The PAC's phase.
    Phase,
}

/// A state that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// What it is of.
    pub of: Of,
    /// Which: a node, an O-PDO, a reviewer, the PAC.
    pub subject: String,
    /// The state before; absent for what was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The state after; absent for what is there no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The steps of a PAC, growing with every event.
#[derive(Debug, Default)]
pub struct History {
    before: Stance,
    steps: Vec<Step>,
}

impl History {
    /// Takes the next event, with the PAC as it is after it.
    pub fn take(&mut self, leaf: &Leaf<'_>, event: &Event, pac: &Pac) {
        let after = Stance::of(pac);
        let changes = self.before.changes(&after, pac, event);
        self.before = after;
        self.steps.push(Step {
            sequence: leaf.sequence,
            time: leaf.time,
            event_type: event.kind().row().event_type,
            actor: leaf.actor.to_owned(),
            auth: leaf.auth.as_str(),
            cause: leaf.cause,
            does: sentence(event, pac),
            changes,
        });
    }

    /// The steps, as they came.
    #[must_use]
    pub fn finish(self) -> Vec<Step> {
        self.steps
    }
}

/// A PAC as it was when the log held `at` entries, with every step that led there; `None` when there is none.
///
/// # Errors
/// As [`replay::pac_at`].
pub fn read(
    store: &dyn Store,
    pac_id: &PacId,
    at: Option<u64>,
    current: &Arc<Registry>,
) -> Result<Option<(Pac, Vec<Step>)>> {
    let stream = crate::event::pac_stream(pac_id)?;
    let mut history = History::default();
    let pac = replay::walk(store, stream.as_str(), at, current, &mut |leaf, event, pac| {
        history.take(leaf, event, pac);
    })?;
    Ok(pac.map(|pac| (pac, history.finish())))
}

/// All states at one moment.
#[derive(Debug, Default)]
struct Stance {
    phase: Option<&'static str>,
    gateway: Option<&'static str>,
    /// In the order of the graph.
    nodes: Vec<(&'static str, u32)>,
    opdo: Option<(String, &'static str)>,
    reviews: BTreeMap<String, &'static str>,
}

impl Stance {
    fn of(pac: &Pac) -> Self {
        let place = |p: &crate::rules::pac::graph::Place| {
            (node_state(p), p.sub_pac.as_ref().map_or(0, |s| s.attempt))
        };
        let last = pac.composites.last();
        Self {
            phase: Some(pac.phase().as_str()),
            gateway: Some(pac.gateway.state.as_str()),
            nodes: pac.graph.iter().flat_map(Graph::places).map(place).collect(),
            opdo: last.map(|c| (c.id().to_owned(), Composite::state(c).as_str())),
            reviews: review_steps(pac),
        }
    }

    fn changes(&self, after: &Self, pac: &Pac, event: &Event) -> Vec<Change> {
        let mut found = Vec::new();
        let mut add = |of, subject: &str, before: Option<&str>, after: Option<&str>| {
            if before != after {
                let (before, after) = (before.map(str::to_owned), after.map(str::to_owned));
                found.push(Change { of, subject: subject.to_owned(), before, after });
            }
        };
        add(Of::Gateway, "gateway", self.gateway, after.gateway);
        // A graph that is declared anew has other nodes.
        let anew = matches!(event, Event::GraphDeclared(_));
        let places = pac.graph.iter().flat_map(Graph::places);
        for (index, (place, now)) in places.zip(&after.nodes).enumerate() {
            let was = self.nodes.get(index).filter(|_| !anew);
            let id = place.node.node_id.as_str();
            add(Of::Node, id, was.map(|w| w.0), Some(now.0));
            if let Some(was) = was.filter(|w| w.1 > 0 && w.1 != now.1) {
                add(Of::Attempt, id, Some(&was.1.to_string()), Some(&now.1.to_string()));
            }
        }
        match (&self.opdo, &after.opdo) {
            (Some((id, before)), Some((same, now))) if id == same => {
                add(Of::Opdo, id, Some(before), Some(now));
            }
            (_, Some((id, now))) => add(Of::Opdo, id, None, Some(now)),
            (_, None) => {}
        }
        let reviewers: std::collections::BTreeSet<&String> =
            self.reviews.keys().chain(after.reviews.keys()).collect();
        for gid in reviewers {
            add(Of::Review, gid, self.reviews.get(gid).copied(), after.reviews.get(gid).copied());
        }
        add(Of::Phase, pac.id.as_str(), self.phase, after.phase);
        found
    }
}

/// How far each reviewer is.
pub(super) fn review_steps(pac: &Pac) -> BTreeMap<String, &'static str> {
    use crate::event::body::closing::Verdict;
    let mut found = BTreeMap::new();
    for review in &pac.reviews.given {
        let verdict = match review.verdict {
            Verdict::Approve => "APPROVE",
            Verdict::ApproveWithRemarks => "APPROVE_WITH_REMARKS",
            Verdict::Reject => "REJECT",
        };
        found.insert(review.reviewer.clone(), verdict);
    }
    for (gid, since) in &pac.reviews.open {
        let last = pac.reviews.challenges.iter().rev().find(|c| c.reviewer == *gid && c.sequence > *since);
        let state = match last.map(|c| &c.ending) {
            None => "READING",
            Some(Ending::Outstanding) => "CHALLENGED",
            Some(Ending::Passed { .. }) => "PASSED",
            Some(Ending::Failed { .. }) => "FAILED",
            Some(Ending::Abandoned) => "ABANDONED",
            Some(Ending::Void) => "VOID",
        };
        found.insert(gid.clone(), state);
    }
    found
}
