//! All PACs of a log, a row each, from one reading of it in order.
//!
//! Invariant: of a closed PAC nothing is kept but its row, so that memory grows with what is open. Source: DESIGN.md §4, DOMAIN.md §4.

use super::MomentView;
use crate::Code;
use crate::entry::{Entry, Leaf, Record};
use crate::error::{Error, Result};
use crate::event::body::pac::NodeType;
use crate::event::{Event, pac_of_stream};
use crate::replay::{self, Replay};
use crate::rules::pac::gateway::GatewayState;
use crate::rules::pac::graph::{Graph, Place};
use crate::rules::pac::{Composite, Pac, Phase};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::RangeBounds;

/// A PAC in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PacSummary {
    /// Id.
    pub pac_id: String,
    /// Its short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the orchestration is.
    pub phase: Phase,
    /// State of its gateway.
    pub gateway: GatewayState,
    /// Number of violations that block the gateway.
    pub open_violations: usize,
    /// Agent nodes that are COMPLETE or WAIVED.
    pub nodes_done: usize,
    /// Agent nodes of its graph; 0 before there is one.
    pub nodes_total: usize,
    /// State of its present O-PDO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opdo: Option<&'static str>,
    /// Who ordered it.
    pub requester: String,
    /// When it was issued.
    pub issued: MomentView,
    /// Its last event.
    pub last: MomentView,
    /// Whether it ended, with a WRAP or without.
    pub closed: bool,
    /// Entry of a step that this program does not know; the row says how it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_understood: Option<u64>,
}

impl PacSummary {
    /// The row of a PAC.
    #[must_use]
    pub fn of(pac: &Pac) -> Self {
        let works = |p: &&Place| p.node.node_type == NodeType::AgentNode;
        let agents = || pac.graph.iter().flat_map(Graph::places).filter(works);
        Self {
            pac_id: pac.id.as_str().to_owned(),
            title: pac.order.title.as_ref().map(|t| t.as_str().to_owned()),
            phase: pac.phase(),
            gateway: pac.gateway.state,
            open_violations: pac.gateway.open.len(),
            nodes_done: agents().filter(|p| p.is_done()).count(),
            nodes_total: agents().count(),
            opdo: pac.composites.last().map(Composite::state).map(crate::opdo::OpdoState::as_str),
            requester: pac.requester.clone(),
            issued: MomentView::from(&pac.issued),
            last: MomentView::from(&pac.last),
            closed: pac.closure.is_some(),
            not_understood: None,
        }
    }
}

/// A row that is kept, or the stream of a PAC that still changes.
#[derive(Debug)]
enum Row {
    Open(String),
    Closed(Box<PacSummary>),
}

/// The rows, growing with every entry of the log.
#[derive(Debug, Default)]
pub struct PacList {
    replay: Replay,
    /// By the entry that issued the PAC.
    rows: BTreeMap<u64, Row>,
    closed: usize,
}

/// What an entry was in a PAC.
pub(super) struct Stepped {
    /// The event.
    pub event: Event,
    /// The PAC as it ended, when it ended with it.
    pub closed: Option<Pac>,
}

impl PacList {
    /// Takes the next record of the log; those of other streams are passed over.
    ///
    /// # Errors
    /// As [`Replay::take`]; `LG_300` for a malformed leaf.
    pub fn take(&mut self, sequence: u64, record: &Record<'_>) -> Result<()> {
        let malformed =
            |why| Error::new(Code::FindShape, format!("the leaf is malformed: {why}")).at(sequence);
        let stream = Leaf::parse(record.leaf).map_err(malformed)?.subject;
        if concerns(stream) {
            self.step(sequence, stream, &Entry::from_record(record))?;
        }
        Ok(())
    }

    /// The same with an entry that is at hand.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_entry(&mut self, sequence: u64, entry: &Entry) -> Result<()> {
        let leaf = entry.parse().map_err(|e| e.at(sequence))?;
        if concerns(leaf.subject) {
            self.step(sequence, leaf.subject, entry)?;
        }
        Ok(())
    }

    /// Takes an entry of this stream; gives what it was when it is a step of a PAC that is understood.
    pub(super) fn step(&mut self, sequence: u64, stream: &str, entry: &Entry) -> Result<Option<Stepped>> {
        let event = self.replay.take(sequence, entry)?;
        let Some(event) = event.filter(|_| pac_of_stream(stream).is_some()) else { return Ok(None) };
        let Some(pac) = self.replay.pacs().get(stream) else { return Ok(None) };
        let issued = pac.issued.sequence;
        if issued == sequence {
            self.rows.insert(issued, Row::Open(stream.to_owned()));
        }
        let ended = pac.closure.is_some() && pac.due().is_none();
        let closed = if ended { self.replay.forget(stream) } else { None };
        if let Some(pac) = &closed {
            self.rows.insert(issued, Row::Closed(Box::new(PacSummary::of(pac))));
            self.closed = self.closed.saturating_add(1);
        }
        Ok(Some(Stepped { event, closed }))
    }

    /// What is known of who there is and of PACs that have not ended.
    pub(super) const fn replay(&self) -> &Replay {
        &self.replay
    }

    /// Number of PACs that have ended.
    #[must_use]
    pub const fn closed(&self) -> usize {
        self.closed
    }

    /// The rows of PACs that were issued in these entries, in that order.
    pub fn rows(&self, issued: impl RangeBounds<u64>) -> impl DoubleEndedIterator<Item = PacSummary> {
        self.rows.range(issued).filter_map(|(_, row)| match row {
            Row::Closed(row) => Some(PacSummary::clone(row)),
            Row::Open(stream) => Some(PacSummary {
                not_understood: self.replay.unknown().get(stream).copied(),
                ..PacSummary::of(self.replay.pacs().get(stream)?)
            }),
        })
    }
}

/// Whether an entry of this stream can change a row.
fn concerns(stream: &str) -> bool {
    pac_of_stream(stream).is_some() || replay::is_of_registry(stream)
}
