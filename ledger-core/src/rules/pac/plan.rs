//! Planning: graph, channels, Sub-PACs, waivers.
//!
//! Invariant: a refused step leaves everything as it was. Source: DOMAIN.md §4, seed 000.

use super::graph::Graph;
use super::sub_pac::{Step, SubPac, SubPacState};
use super::{Pac, gateway, not_in_pac, refuse, scope};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::pac::{ChannelDeclaration, GraphDeclaration, Node, NodeType, SubPacIssue};
use crate::event::body::work::Waiver;
use crate::names::{Lane, Line, MAX_ID, fold};
use crate::rules::Occurrence;
use crate::rules::registry::{ActorKind, Registry};
use petgraph::graph::NodeIndex;

/// Most members of a channel.
const MAX_MEMBERS: usize = 1_000;

/// Agents that may exchange messages.
#[derive(Clone, Debug)]
pub struct Channel {
    /// As it was declared.
    pub declared: ChannelDeclaration,
    /// Its entry.
    pub sequence: u64,
}

impl Pac {
    /// Declares the graph, anew as long as no Sub-PAC was issued.
    pub(super) fn declare_graph(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        declared: &GraphDeclaration,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        if self.sub_pacs.values().next().is_some() {
            return refuse(
                Code::WrongState,
                format!("Sub-PACs of {} were issued; its graph stays as it is", self.id),
            );
        }
        for node in declared.nodes.iter().filter(|n| n.node_type == NodeType::AgentNode) {
            self.check_node(registry, node)?;
        }
        let id = declared
            .graph_id
            .as_ref()
            .map_or_else(|| format!("MAEG-{}", self.short()), |id| id.as_str().to_owned());
        self.graph = Some(Graph::new(id, declared)?);
        Ok(())
    }

    fn check_node(&self, registry: &Registry, node: &Node) -> Result<()> {
        let Some(gid) = &node.agent_gid else { return Ok(()) };
        if gid.as_str() == registry.orchestrator() {
            return refuse(Code::SubPacLane, format!("{gid} is the orchestrator, which holds no node"));
        }
        if gateway::kind(registry, gid.as_str()) != Some(ActorKind::Agent) {
            return refuse(
                Code::IdentityDrift,
                format!("node {} is for {gid}, which is no registered agent", node.node_id),
            );
        }
        gateway::identity(registry, gid.as_str(), None, node.agent_name.as_ref())?;
        match &node.lane {
            Some(lane) => self.check_lane(registry, gid.as_str(), lane),
            None => Ok(()),
        }
    }

    /// A lane that the registry authorises the agent for, and the PAC has.
    fn check_lane(&self, registry: &Registry, gid: &str, lane: &Lane) -> Result<()> {
        gateway::authorised(registry, gid, lane)?;
        if self.order.lanes.contains(lane) {
            return Ok(());
        }
        let lanes: Vec<&str> = self.order.lanes.iter().map(Lane::as_str).collect();
        refuse(Code::SubPacLane, format!("lane {lane} is none of the PAC's: {}", lanes.join(", ")))
    }

    pub(super) fn declare_channel(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        declared: &ChannelDeclaration,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        let mut members: Vec<&str> = declared.members.iter().map(crate::names::Gid::as_str).collect();
        members.sort_unstable();
        members.dedup();
        if members.len() != declared.members.len() || !(2..=MAX_MEMBERS).contains(&members.len()) {
            return refuse(Code::InvalidIntent, format!("`members` has 2 to {MAX_MEMBERS} different agents"));
        }
        if let Some(stranger) = members.iter().find(|m| gateway::kind(registry, m) != Some(ActorKind::Agent))
        {
            return refuse(Code::IdentityDrift, format!("{stranger} is no registered agent"));
        }
        let key = fold(declared.channel_id.as_str());
        if self.channels.contains_key(&key) {
            return refuse(
                Code::TakenInPac,
                format!("there is a channel {} (compared without case)", declared.channel_id),
            );
        }
        self.channels.insert(key, Channel { declared: declared.clone(), sequence: o.sequence });
        Ok(())
    }

    pub(super) fn issue_sub_pac(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        issue: &SubPacIssue,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        let (at, node) = self.agent_node(issue.node_id.as_str())?;
        let Some(agent) = node.agent_gid.clone() else {
            return not_in_pac(&self.id, "agent of node", node.node_id.as_str());
        };
        if issue.agent_gid.as_ref().is_some_and(|gid| gid.as_str() == registry.orchestrator()) {
            return refuse(
                Code::SubPacLane,
                format!("{} is the orchestrator, which does no agent's work", registry.orchestrator()),
            );
        }
        if gateway::kind(registry, agent.as_str()) != Some(ActorKind::Agent) {
            return refuse(Code::IdentityDrift, format!("{agent} is no registered agent any more"));
        }
        gateway::identity(registry, agent.as_str(), issue.agent_gid.as_ref(), issue.agent_name.as_ref())?;
        let Some(lane) = issue.lane.clone().or_else(|| node.lane.clone()) else {
            return refuse(
                Code::SubPacLane,
                format!("neither the Sub-PAC nor node {} names a lane", node.node_id),
            );
        };
        self.check_lane(registry, agent.as_str(), &lane)?;
        if let Some(planned) = node.lane.as_ref().filter(|l| **l != lane) {
            return refuse(
                Code::SubPacLane,
                format!("node {} is of lane {planned}, the Sub-PAC of {lane}", node.node_id),
            );
        }
        let scope = scope::narrow(&self.order.scope, &issue.scope)?;
        let derived = || self.derived("Sub-PAC-", "", &node.node_id.as_str().to_ascii_uppercase());
        let id = issue.sub_pac_id.as_ref().map_or_else(derived, |id| id.as_str().to_owned());
        if self.graph.as_ref().and_then(|g| g.at(at)).is_some_and(|p| p.sub_pac.is_some()) {
            return refuse(Code::TakenInPac, format!("node {} has a Sub-PAC", node.node_id));
        }
        let key = self.untaken(&id)?;
        let agent_name = registry.actor(agent.as_str()).and_then(|a| a.name.clone()).unwrap_or_default();
        let tasks =
            if issue.tasks.is_empty() { node.task.iter().cloned().collect() } else { issue.tasks.clone() };
        let sub = SubPac {
            id,
            agent: agent.as_str().to_owned(),
            agent_name,
            lane,
            scope,
            tasks,
            attempt: 1,
            state: SubPacState::Issued,
            grant: None,
            ber: None,
            pdo: None,
            failure: None,
            past: Vec::new(),
        };
        if let Some(place) = self.graph.as_mut().and_then(|g| g.at_mut(at)) {
            place.sub_pac = Some(sub);
        }
        self.ids.insert(key.clone());
        self.sub_pacs.insert(key, at);
        Ok(())
    }

    /// An agent node by its id, as it was declared.
    fn agent_node(&self, id: &str) -> Result<(NodeIndex, Node)> {
        let Some(graph) = &self.graph else {
            return refuse(Code::WrongState, format!("{} has no graph yet", self.id));
        };
        let found = graph.find(id).and_then(|at| Some((at, graph.at(at)?.node.clone())));
        match found {
            Some((_, node)) if node.node_type != NodeType::AgentNode => {
                refuse(Code::GraphInvalid, format!("node {id} does no work"))
            }
            Some(found) => Ok(found),
            None => not_in_pac(&self.id, "node", id),
        }
    }

    /// An id of this PAC's, with what comes before and after the PAC's own part, which is cut where the id would be longer than one may be.
    pub(super) fn derived(&self, prefix: &str, before: &str, after: &str) -> String {
        let room = MAX_ID.saturating_sub(before.len()).saturating_sub(after.len()).saturating_sub(2);
        let short = self.short();
        let parts = [before, short.get(..room).unwrap_or(short), after];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{prefix}{}", parts.join("-"))
    }

    /// The key of an id that nothing in this PAC has.
    pub(super) fn untaken(&self, id: &str) -> Result<String> {
        let key = fold(id);
        if self.ids.contains(&key) {
            return Err(Error::new(
                Code::TakenInPac,
                format!("{} has a {id} already (ids are compared without case)", self.id),
            ));
        }
        Ok(key)
    }

    /// An optional node is not needed.
    pub(super) fn waive(&mut self, registry: &Registry, o: &Occurrence<'_>, waiver: &Waiver) -> Result<()> {
        gateway::human(registry, o)?;
        self.gate()?;
        let (at, node) = self.agent_node(waiver.node_id.as_str())?;
        not_blank("reason", waiver.reason.is_blank())?;
        let Some(graph) = &mut self.graph else { return Ok(()) };
        if !node.optional {
            return refuse(Code::NotWaivable, format!("node {} was not declared optional", node.node_id));
        }
        let left = graph.places().filter(|p| p.node.optional && p.waived.is_none()).count();
        if u32::try_from(left.saturating_sub(1)).is_ok_and(|left| left < graph.min_optional) {
            let why =
                format!("at least {} optional nodes must complete, and {left} are left", graph.min_optional);
            return refuse(Code::NotWaivable, why);
        }
        let Some(place) = graph.at_mut(at) else { return Ok(()) };
        let state = place.sub_pac.as_ref().map_or(SubPacState::Issued, |s| s.state);
        if place.waived.is_some() || state.after(Step::Waive).is_none() {
            return refuse(
                Code::WrongState,
                format!("node {} is {}", node.node_id, place.state().unwrap_or(state).as_str()),
            );
        }
        place.waived = Some(waiver.reason.as_str().to_owned());
        if let Some(sub) = &mut place.sub_pac {
            sub.grant = None;
        }
        graph.release(at);
        graph.block();
        self.withdraw_outputs(at);
        Ok(())
    }
}

/// A text that must say something.
pub(super) fn not_blank(member: &str, blank: bool) -> Result<()> {
    if blank { refuse(Code::InvalidIntent, format!("`{member}` is empty")) } else { Ok(()) }
}

/// A name as ids hold it: upper-case, everything else a dash.
pub(super) fn id_part(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '-' };
    name.chars().take(40).map(fits).collect()
}

/// A task of a Sub-PAC, for those who show it.
#[must_use]
pub fn lines(tasks: &[Line]) -> Vec<&str> {
    tasks.iter().map(Line::as_str).collect()
}
