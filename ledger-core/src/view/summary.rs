//! All PACs of a log, a row each, from one reading of it in order.
//!
//! Invariant: of a closed PAC nothing is kept but its row, so that memory grows with what is open. Source: DESIGN.md §4, DOMAIN.md §4.

use super::MomentView;
use crate::Code;
use crate::entry::{Entry, Leaf, Record};
use crate::error::{Error, Result};
use crate::event::body::pac::NodeType;
use crate::event::pac_of_stream;
use crate::replay::{self, Replay};
use crate::rules::pac::gateway::GatewayState;
use crate::rules::pac::graph::{Graph, Place};
use crate::rules::pac::{Composite, Pac, Phase};
use serde::Serialize;

/// A PAC in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

/// The rows, growing with every record of the log.
#[derive(Debug, Default)]
pub struct PacList {
    replay: Replay,
    closed: Vec<PacSummary>,
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
        let of_pac = pac_of_stream(stream).is_some();
        if !of_pac && !replay::is_of_registry(stream) {
            return Ok(());
        }
        self.replay.take(sequence, &Entry::from_record(record))?;
        if !of_pac {
            return Ok(());
        }
        let pac = self.replay.pacs().get(stream);
        if pac.is_some_and(|pac| pac.closure.is_some() && pac.due().is_none())
            && let Some(pac) = self.replay.forget(stream)
        {
            self.closed.push(PacSummary::of(&pac));
        }
        Ok(())
    }

    /// All rows, in the order in which the PACs were issued.
    #[must_use]
    pub fn finish(self) -> Vec<PacSummary> {
        let mut rows = self.closed;
        rows.extend(self.replay.pacs().iter().map(|(stream, pac)| PacSummary {
            not_understood: self.replay.unknown().get(stream).copied(),
            ..PacSummary::of(pac)
        }));
        rows.sort_by_key(|row| row.issued.sequence);
        rows
    }
}
