//! The packet that a reviewer reads, and the content that questions are drawn from.
//!
//! Invariant: the packet of a sealed O-PDO is the same bytes for everyone and for ever: nothing in it can change after the sealing.
//! Source: DOMAIN.md §6.

use super::sub_pac::SubPac;
use super::{Pac, refuse};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::Digest;
use crate::names::{Line, ScopePath};
use crate::review::{Content, Part};
use serde_json::{Value, json};

impl Pac {
    /// What questions are drawn from: the reports that are bound.
    #[must_use]
    pub fn content(&self) -> Content {
        let Some(graph) = &self.graph else { return Content::default() };
        let bound = graph.places().filter(|p| p.waived.is_none()).filter_map(|p| p.sub_pac.as_ref());
        Content { parts: bound.filter_map(part).collect() }
    }

    /// The packet: canonical JSON of everything that a reviewer is to read.
    ///
    /// # Errors
    /// `LG_156` when nothing is sealed.
    pub fn packet(&self) -> Result<Vec<u8>> {
        let sealed = self.sealed()?;
        let at = sealed.sealed_at().map_or(0, |m| m.sequence);
        let Some(graph) = &self.graph else { return refuse(Code::WrongState, "there is no graph") };
        let nodes: Vec<Value> = graph
            .places()
            .map(|place| {
                let node = &place.node;
                json!({
                    "node_id": node.node_id, "type": node.node_type, "agent_gid": node.agent_gid, "optional": node.optional,
                    "state": place.state().map(super::sub_pac::SubPacState::as_str), "waived": place.waived,
                })
            })
            .collect();
        let edges: Vec<Value> =
            graph.edges().map(|(from, to, kind)| json!({ "from": from, "to": to, "type": kind })).collect();
        let children: Vec<Value> =
            graph.places().filter_map(|p| p.sub_pac.as_ref()).filter_map(child).collect();
        let violations: Vec<Value> = self
            .violations
            .iter()
            .filter(|v| v.sequence < at)
            .map(
                |v| json!({ "sequence": v.sequence, "code": v.code, "actor": v.actor, "message": v.message }),
            )
            .collect();
        let messages: Vec<Value> = self
            .messages
            .iter()
            .filter(|m| m.sequence < at)
            .map(|m| json!({ "sequence": m.sequence, "from": m.from, "to": m.to, "digest": m.digest }))
            .collect();
        let packet = json!({
            "children": children,
            "graph": { "edges": edges, "graph_id": graph.id, "nodes": nodes },
            "messages": messages,
            "opdo": {
                "merkle_root": sealed.root(), "opdo_id": sealed.id(), "profile": sealed.profile(),
                "sealed_at": sealed.sealed_at().map(|m| m.time.to_string()),
            },
            "pac": {
                "lanes": self.order.lanes, "objective": self.order.objective, "pac_id": self.id,
                "requester": self.requester, "scope": self.order.scope, "title": self.order.title,
            },
            "violations": violations,
        });
        let text = packet.to_string();
        crate::json::canonicalize(text.as_bytes())
            .map_err(|e| crate::Error::new(Code::InvalidIntent, e.to_string()))
    }

    /// SHA-256 of the packet.
    ///
    /// # Errors
    /// As [`packet`](Self::packet).
    pub fn packet_digest(&self) -> Result<Digest> {
        Ok(Digest::of(&self.packet()?))
    }
}

fn child(sub: &SubPac) -> Option<Value> {
    let (ber, pdo) = (sub.accepted_ber()?, sub.pdo.as_ref()?);
    let report = &ber.report;
    Some(json!({
        "actions": report.actions, "agent_gid": sub.agent, "agent_name": sub.agent_name, "attempt": sub.attempt,
        "ber_id": ber.id, "evidence": report.evidence, "inputs": report.inputs, "lane": sub.lane,
        "outputs": report.outputs, "past_attempts": sub.past, "pdo_hash": pdo.hash, "pdo_id": pdo.id,
        "quality_score": report.quality_score, "scope": sub.scope, "sub_pac_id": sub.id, "summary": report.summary,
        "tasks": report.tasks, "violations": report.violations,
    }))
}

fn part(sub: &SubPac) -> Option<Part> {
    let (ber, pdo) = (sub.accepted_ber()?, sub.pdo.as_ref()?);
    let report = &ber.report;
    let count = |n: usize| u64::try_from(n).ok();
    Some(Part {
        name: sub.id.clone(),
        agent_gid: Some(sub.agent.clone()),
        agent_name: Some(sub.agent_name.clone()).filter(|n| !n.is_empty()),
        task_count: count(report.tasks.len()),
        tasks: report.tasks.iter().map(|t| Line::as_str(&t.task).to_owned()).collect(),
        file_count: count(report.outputs.len()),
        files: report.outputs.iter().map(|o| o.path.as_str().to_owned()).collect(),
        quality_score: Some(report.quality_score.value()),
        scope: sub.scope.paths.iter().flatten().map(ScopePath::as_str).map(str::to_owned).collect(),
        hash: Some(pdo.hash.clone()),
    })
}
