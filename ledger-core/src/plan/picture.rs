//! A plan as a picture: its steps, who does them, and what flows between them.

use super::{Plan, Role, Shape};
use crate::names::PacId;
use crate::picture::{Channel, Edge, EdgeKind, Graph, Node, NodeKind};

impl Plan {
    /// The picture.
    ///
    /// # Errors
    /// None in practice: the id that a picture needs is one.
    pub fn picture(&self) -> crate::Result<Graph> {
        let shape = Shape::find(&self.pattern);
        let word = |role: Role| {
            serde_json::to_value(role).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
        };
        let node = |step: &super::Step| {
            let who = self.agent(step).map(|a| a.gid.to_string()).unwrap_or_default();
            let role =
                if step.role == Role::Worker { String::new() } else { format!(", {}", word(step.role)) };
            Node {
                id: step.id.to_string(),
                kind: NodeKind::AgentNode,
                label: step.task.as_ref().map_or_else(|| step.agent.clone(), ToString::to_string),
                detail: format!("{who}{role}, {}", step.capability),
                state: None,
                optional: shape.is_some_and(|s| s.may_miss(self, step)),
            }
        };
        let mut graph = Graph {
            title: format!("{}: {}", self.name, self.pattern),
            nodes: self.steps.iter().map(node).collect(),
            ..Graph::default()
        };
        let Some(shape) = shape else { return Ok(graph) };
        for edge in shape.graph(self, PacId::new("PAC-PLAN")?).edges {
            graph.edges.push(Edge {
                from: edge.from.to_string(),
                to: edge.to.to_string(),
                kind: EdgeKind::DataFlow,
            });
        }
        if shape.talks() {
            graph.channels.push(Channel {
                id: shape.as_str().to_owned(),
                members: self.steps.iter().map(|s| s.id.to_string()).collect(),
                purpose: "turns while all of them work".to_owned(),
            });
        }
        Ok(graph)
    }
}
