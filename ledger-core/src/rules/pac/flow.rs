//! Data between agents: messages, inputs and outputs, and that none of them goes by a side channel.
//!
//! Source: DOMAIN.md §4 (GS_207).

use super::{Pac, gateway, refuse};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::Digest;
use crate::event::body::pac::EdgeType;
use crate::event::body::work::{BerSubmission, Message};
use crate::names::{Gid, fold};
use crate::rules::Occurrence;
use crate::rules::registry::Registry;
use petgraph::graph::NodeIndex;
use schemars::JsonSchema;
use serde::Serialize;

/// A message that was sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sent {
    /// Its entry.
    pub sequence: u64,
    /// By whom.
    pub from: String,
    /// To whom.
    pub to: Vec<Gid>,
    /// The channel, if it went by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// What was told.
    pub digest: Digest,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl Pac {
    pub(super) fn message(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        message: &Message,
    ) -> Result<()> {
        gateway::agent(registry, o)?;
        self.gate()?;
        self.activated(o)?;
        self.solicited()?;
        if message.to.is_empty() {
            return refuse(Code::InvalidIntent, "`to` is empty: a message is for someone");
        }
        let from = self.graph.as_ref().and_then(|g| g.of_agent(o.actor));
        for to in &message.to {
            let carried = match &message.channel_id {
                Some(channel) => self.channel_joins(channel.as_str(), o.actor, to.as_str()),
                None => from.is_some_and(|from| self.edge_leads(from, to.as_str())),
            };
            if !carried {
                let way = message.channel_id.as_ref().map_or_else(
                    || "no DATA_FLOW edge leads there".to_owned(),
                    |c| format!("no channel {c} joins them"),
                );
                return refuse(Code::SideChannel, format!("a message of {} to {to}: {way}", o.actor));
            }
        }
        for to in &message.to {
            self.delivered.insert((to.as_str().to_owned(), message.digest.clone()));
        }
        self.messages.push(Sent {
            sequence: o.sequence,
            from: o.actor.to_owned(),
            to: message.to.clone(),
            channel_id: message.channel_id.as_ref().map(|c| c.as_str().to_owned()),
            digest: message.digest.clone(),
            about: message.about.as_ref().map(|a| a.as_str().to_owned()),
        });
        Ok(())
    }

    fn channel_joins(&self, channel: &str, from: &str, to: &str) -> bool {
        let Some(channel) = self.channels.get(&fold(channel)) else { return false };
        let member = |gid: &str| channel.declared.members.iter().any(|m| m.as_str() == gid);
        from != to && member(from) && member(to)
    }

    fn edge_leads(&self, from: NodeIndex, to: &str) -> bool {
        let Some(graph) = &self.graph else { return false };
        graph.of_agent(to).is_some_and(|to| graph.agents_before(to, Some(EdgeType::DataFlow)).contains(&from))
    }
}

/// Every input is the PAC's own, an accepted output over a DATA_FLOW edge, or a message that was sent to the agent.
pub(super) fn check_inputs(pac: &Pac, at: NodeIndex, agent: &str, ber: &BerSubmission) -> Result<()> {
    if ber.inputs.is_empty() {
        return Ok(());
    }
    let before =
        pac.graph.as_ref().map(|g| g.agents_before(at, Some(EdgeType::DataFlow))).unwrap_or_default();
    let made: std::collections::BTreeSet<&Digest> = before
        .iter()
        .filter_map(|from| pac.sub(*from).ok()?.accepted_ber())
        .flat_map(|ber| ber.report.outputs.iter().map(|o| &o.digest))
        .collect();
    for input in &ber.inputs {
        let own = pac.order.inputs.iter().any(|i| i.digest == input.digest);
        let told = || pac.delivered.contains(&(agent.to_owned(), input.digest.clone()));
        if !own && !made.contains(&input.digest) && !told() {
            let why = format!(
                "{} took {} as input, which is neither the PAC's, nor came over a DATA_FLOW edge or as a message",
                ber.sub_pac_id,
                input.digest.as_str()
            );
            return refuse(Code::SideChannel, why);
        }
    }
    Ok(())
}

/// No two nodes write the same path unless one comes before the other; compared without case.
pub(super) fn check_outputs(pac: &Pac, at: NodeIndex, ber: &BerSubmission) -> Result<()> {
    let Some(graph) = &pac.graph else { return Ok(()) };
    for output in &ber.outputs {
        let others = pac.outputs.get(&fold(output.path.place())).into_iter().flatten();
        for other in others.filter(|other| **other != at) {
            if !graph.are_ordered(*other, at) {
                let node = graph.at(*other).map(|p| p.node.node_id.as_str()).unwrap_or_default();
                let why = format!(
                    "{} and node {node} both write {}, and neither comes first",
                    ber.sub_pac_id, output.path
                );
                return refuse(Code::SideChannel, why);
            }
        }
    }
    Ok(())
}
