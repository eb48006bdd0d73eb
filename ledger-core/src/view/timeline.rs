//! The history of a PAC over time: rows for gateway, actors, nodes and O-PDO, spans of their states, and every event as a point.
//!
//! Not here: the drawing (`picture`). Invariant: every event is a point in exactly one row; spans of one row do not overlap.
//! Source: DOMAIN.md §4.

use super::history::{Of, Step};
use super::{MomentView, picture_state};
use crate::event::body::pac::NodeType;
use crate::picture::{self, State};
use crate::rules::Registry;
use crate::rules::pac::Pac;
use crate::rules::pac::graph::{Graph, Place};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;

/// A history over time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimelineView {
    /// Which PAC.
    pub pac_id: String,
    /// Rows, from top to bottom.
    pub rows: Vec<RowView>,
    /// Times in one state.
    pub spans: Vec<SpanView>,
    /// Every event, with the row that it is in.
    pub events: Vec<EventView>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RowView {
    /// `gateway`, `actor/GID`, `node/ID` or `opdo`.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// More about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A time in which something was in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SpanView {
    /// Id of its row.
    pub row: String,
    /// The state.
    pub state: String,
    /// From when.
    pub from: MomentView,
    /// Until when; absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<MomentView>,
    #[serde(skip)]
    millis: (i64, Option<i64>),
}

/// An event with its row.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EventView {
    /// Id of its row: the node of its actor, else the actor's own.
    pub row: String,
    /// The event.
    #[serde(flatten)]
    pub step: Step,
}

impl TimelineView {
    /// The history of a PAC from all its steps; the registry names those who act.
    #[must_use]
    pub fn of(pac: &Pac, steps: Vec<Step>, registry: &Registry) -> Self {
        let works = |p: &&Place| p.node.node_type == NodeType::AgentNode;
        let nodes: Vec<&Place> = pac.graph.iter().flat_map(Graph::places).filter(works).collect();
        let holders: HashMap<&str, String> = nodes
            .iter()
            .filter_map(|p| Some((p.node.agent_gid.as_ref()?.as_str(), node_row(p.node.node_id.as_str()))))
            .collect();
        let name = |gid: &str| registry.actor(gid).and_then(|a| a.name.clone()).unwrap_or_default();
        let mut rows = vec![row("gateway", "gateway", "")];
        let mut seen = std::collections::BTreeSet::new();
        for step in steps.iter().filter(|s| !holders.contains_key(s.actor.as_str())) {
            if seen.insert(step.actor.as_str()) {
                let label = [step.actor.as_str(), name(&step.actor).as_str()].join(" ");
                rows.push(row(&actor_row(&step.actor), label.trim_end(), ""));
            }
        }
        for place in &nodes {
            let gid = place.node.agent_gid.as_ref().map(crate::names::Gid::as_str).unwrap_or_default();
            let called = name(gid);
            let label =
                [place.node.node_id.as_str(), if called.is_empty() { gid } else { &called }].join(" ");
            rows.push(row(&node_row(place.node.node_id.as_str()), &label, gid));
        }
        if !pac.composites.is_empty() {
            rows.push(row("opdo", "O-PDO", ""));
        }
        let spans = spans(&steps, &rows);
        let event = |step: Step| {
            let own = || actor_row(&step.actor);
            EventView { row: holders.get(step.actor.as_str()).cloned().unwrap_or_else(own), step }
        };
        let events = steps.into_iter().map(event).collect();
        Self { pac_id: pac.id.as_str().to_owned(), rows, spans, events }
    }

    /// To be drawn.
    #[must_use]
    pub fn picture(&self, title: &str) -> picture::Timeline {
        let point = |event: &EventView| picture::Point {
            row: event.row.clone(),
            time_ms: event.step.time.millis(),
            sequence: event.step.sequence,
            actor: event.step.actor.clone(),
            label: event.step.does.clone(),
            state: led_to(&event.step),
        };
        let span = |span: &SpanView| picture::Span {
            row: span.row.clone(),
            from_ms: span.millis.0,
            to_ms: span.millis.1,
            label: String::new(),
            state: picture_state(&span.state),
        };
        let row = |row: &RowView| picture::Row {
            id: row.id.clone(),
            label: row.label.clone(),
            detail: row.detail.clone(),
        };
        picture::Timeline {
            title: title.to_owned(),
            rows: self.rows.iter().map(row).collect(),
            points: self.events.iter().map(point).collect(),
            spans: self.spans.iter().map(span).collect(),
        }
    }
}

fn row(id: &str, label: &str, detail: &str) -> RowView {
    RowView { id: id.to_owned(), label: label.to_owned(), detail: detail.to_owned() }
}

fn node_row(id: &str) -> String {
    format!("node/{id}")
}

fn actor_row(gid: &str) -> String {
    format!("actor/{gid}")
}

/// What an event led to, for its mark.
fn led_to(step: &Step) -> Option<State> {
    if step.event_type == "violation.recorded" {
        return Some(State::Other("REFUSED".to_owned(), picture::Tone::Bad));
    }
    let change = step.changes.iter().find(|c| c.of != Of::Attempt)?;
    change.after.as_deref().map(picture_state)
}

/// Spans of gateway, nodes and O-PDO from the changes of all steps.
fn spans(steps: &[Step], rows: &[RowView]) -> Vec<SpanView> {
    let known: std::collections::BTreeSet<&str> = rows.iter().map(|r| r.id.as_str()).collect();
    let mut found: Vec<SpanView> = Vec::new();
    let mut open: HashMap<String, usize> = HashMap::new();
    for step in steps {
        let now = MomentView { sequence: step.sequence, time: step.time.to_string() };
        for change in &step.changes {
            let row = match change.of {
                Of::Gateway => "gateway".to_owned(),
                Of::Node => node_row(&change.subject),
                Of::Opdo => "opdo".to_owned(),
                Of::Attempt | Of::Review | Of::Phase => continue,
            };
            if !known.contains(row.as_str()) {
                continue;
            }
            if let Some(last) = open.remove(&row).and_then(|at| found.get_mut(at)) {
                last.to = Some(now.clone());
                last.millis.1 = Some(step.time.millis());
            }
            if let Some(state) = &change.after {
                open.insert(row.clone(), found.len());
                let millis = (step.time.millis(), None);
                found.push(SpanView { row, state: state.clone(), from: now.clone(), to: None, millis });
            }
        }
    }
    found
}
