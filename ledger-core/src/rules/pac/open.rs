//! What is open in a PAC: everything that must still happen before it is whole.
//!
//! Source: DOMAIN.md §§4-7; for `verify` and for whoever asks what is next.

use super::gateway::GatewayState;
use super::graph::Place;
use super::sub_pac::SubPacState;
use super::{Closure, CompositeState, Pac};
use crate::event::body::pac::NodeType;
use schemars::JsonSchema;
use serde::Serialize;

/// Something that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenItem {
    /// What it is about: the gateway, a node, the composite.
    pub subject: String,
    /// Its state.
    pub state: String,
    /// What is due.
    pub due: String,
    /// The entry that it waits since, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

fn item(subject: impl Into<String>, state: &str, due: impl Into<String>, since: Option<u64>) -> OpenItem {
    OpenItem { subject: subject.into(), state: state.to_owned(), due: due.into(), since }
}

impl Pac {
    /// Whether the orchestration is whole: its WRAP was emitted.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self.closure, Some(Closure::Wrapped { .. })) && self.due.is_none()
    }

    /// Everything that is open; empty when the PAC is closed.
    #[must_use]
    pub fn open_items(&self) -> Vec<OpenItem> {
        let mut open = Vec::new();
        if let Some(due) = &self.due {
            open.push(item(
                self.id.as_str(),
                "UNFINISHED",
                "what follows from the last entry",
                Some(due.cause),
            ));
        }
        if self.closure.is_some() {
            return open;
        }
        match self.gateway.state {
            GatewayState::Open => {}
            GatewayState::Closed if self.gateway.request.is_none() => {
                open.push(item("gateway", "CLOSED", "a human or service requests the execution", None));
            }
            GatewayState::Closed => open.push(item("gateway", "CLOSED", "the orchestrator opens it", None)),
            GatewayState::Blocked => {
                for (entry, by) in &self.gateway.open {
                    open.push(item(
                        "gateway",
                        "BLOCKED",
                        format!("the violation of {by} is resolved"),
                        Some(*entry),
                    ));
                }
            }
        }
        match &self.graph {
            None => open.push(item("graph", "MISSING", "the orchestrator declares it", None)),
            Some(graph) => open.extend(graph.places().filter_map(|p| of_place(p, &graph.unmet_ids(p)))),
        }
        if open.iter().all(|i| i.subject == "gateway") {
            open.extend(self.of_composite());
        }
        open
    }

    fn of_composite(&self) -> Option<OpenItem> {
        let Some(composite) = self.composite() else {
            return Some(item("O-PDO", "MISSING", "the orchestrator composes it", None));
        };
        let (id, since) = (composite.id(), composite.sealed_at().map(|m| m.sequence));
        Some(match composite.state() {
            CompositeState::Draft => item(id, "DRAFT", "the orchestrator seals it", None),
            CompositeState::Sealed => {
                let approved =
                    self.reviews.given.iter().rev().find(|r| r.opdo_id == id && r.ber_id.is_some());
                match approved {
                    Some(review) => {
                        item(id, "SEALED", "the orchestrator finalizes it", Some(review.sequence))
                    }
                    None => item(id, "SEALED", "a human reviews it", since),
                }
            }
            CompositeState::Final => item(id, "FINAL", "the orchestrator emits the WRAP", None),
            CompositeState::Void => return None,
        })
    }
}

fn of_place(place: &Place, unmet: &[&str]) -> Option<OpenItem> {
    if place.node.node_type != NodeType::AgentNode || place.is_done() {
        return None;
    }
    let node = format!("node {}", place.node.node_id);
    let Some(sub) = &place.sub_pac else {
        let state = place.state().map_or("DECLARED", SubPacState::as_str);
        return Some(item(node, state, "the orchestrator issues its Sub-PAC", None));
    };
    let (granted, reported) = (sub.grant.as_ref().map(|g| g.sequence), sub.ber.as_ref().map(|b| b.sequence));
    let state = place.state().unwrap_or(sub.state);
    let (due, since) = match state {
        SubPacState::Issued if unmet.is_empty() => ("the orchestrator dispatches it".to_owned(), None),
        SubPacState::Issued => (format!("{} complete", unmet.join(", ")), None),
        SubPacState::Dispatched => (format!("{} starts", sub.agent), granted),
        SubPacState::Executing => (format!("{} files the BER", sub.agent), granted),
        SubPacState::BerPending => ("the BER gets its verdict".to_owned(), reported),
        SubPacState::PdoPending => (format!("{} files the PDO", sub.agent), reported),
        SubPacState::Failed => ("the orchestrator retries it, or abandons the PAC".to_owned(), reported),
        SubPacState::Blocked => ("what it depends on is retried".to_owned(), None),
        SubPacState::Complete | SubPacState::Waived => return None,
    };
    Some(item(node, state.as_str(), due, since))
}
