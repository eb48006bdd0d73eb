//! Bodies of a PAC's discipline and graph: order, gateway, graph, channels, Sub-PACs, activation.
//!
//! What a GS rule judges is optional here, so that the rule and not the parser answers. Source: DOMAIN.md §§3, 4, 8; seeds 000, 001.

use super::Digest;
use crate::names::{ChannelId, Gid, GraphId, Lane, Line, NodeId, PacId, Prose, ScopePath, SubPacId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a PAC may be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// Work may be dispatched.
    Executable,
    /// Planning and advice only.
    Advisory,
}

/// What may be done, and where. A member that is absent does not limit; in a Sub-PAC it is the parent's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The only actions that are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<Line>>,
    /// Actions that are forbidden; a Sub-PAC adds to its parent's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_actions: Vec<Line>,
    /// The only files and directories that may be written, with what is below them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<ScopePath>>,
}

/// The gateway block of seed 001 §3.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayChecks {
    /// What is assumed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<Line>,
    /// Under whose authority: the orchestrator's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Gid>,
    /// Rules that hold, at least one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub governance: Vec<Line>,
}

/// Something that work may take as input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
}

/// `issue_pac`: the order for a piece of work. The actor is the requester.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacOrder {
    /// The gate that it must pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_checks: Option<GatewayChecks>,
    /// What every agent may take as input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Lanes that its work may be done in.
    pub lanes: Vec<Lane>,
    /// Whether it may be executed.
    pub mode: Mode,
    /// What is to be reached.
    pub objective: Prose,
    /// New id.
    pub pac_id: PacId,
    /// What may be done, and where.
    #[serde(default)]
    pub scope: Scope,
    /// A short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Line>,
}

/// `request_execution`: a human or service asks for the PAC's execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutionRequest {
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// `open_gateway`: on the recorded request of a human or service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayOpening {
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// `resolve_gateway`: what blocks the gateway is dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayResolution {
    /// Which PAC.
    pub pac_id: PacId,
    /// How it was dealt with.
    pub reason: Prose,
    /// Entries of all open violations.
    pub violations: Vec<u64>,
}

/// Type of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NodeType {
    /// Where everything begins.
    OrchRoot,
    /// One agent's work.
    #[default]
    AgentNode,
    /// A barrier.
    SyncPoint,
    /// Where results come together.
    Aggregation,
    /// Where everything ends.
    Terminal,
}

/// Type of an edge. Every edge orders; DATA_FLOW also carries data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EdgeType {
    /// The one must be complete before the other begins.
    #[default]
    Dependency,
    /// And its outputs are the other's inputs.
    DataFlow,
    /// Several must be complete before the other begins.
    Barrier,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Who works there; for an AGENT_NODE, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_gid: Option<Gid>,
    /// Its name, compared without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Line>,
    /// Lane of the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Id, unique in the graph without case.
    pub node_id: NodeId,
    /// Whether the orchestration may do without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Line>,
    /// Type.
    #[serde(default, rename = "type")]
    pub node_type: NodeType,
}

/// An edge of a graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The predecessor.
    pub from: NodeId,
    /// The successor.
    pub to: NodeId,
    /// Type.
    #[serde(default, rename = "type")]
    pub edge_type: EdgeType,
}

/// A barrier: the successor waits for all predecessors. It is the same as BARRIER edges from each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncPoint {
    /// Nodes that must be complete.
    pub predecessors: Vec<NodeId>,
    /// The node that waits.
    pub successor: NodeId,
    /// Name of the barrier.
    pub sync_id: NodeId,
}

/// `declare_graph`: the multi-agent execution graph (MAEG). May be declared anew until the first Sub-PAC is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphDeclaration {
    /// Edges.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Id; derived from the PAC's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph_id: Option<GraphId>,
    /// How many of the optional agent nodes must complete at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_optional: Option<u32>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Which PAC.
    pub pac_id: PacId,
    /// Barriers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sync_points: Vec<SyncPoint>,
}

/// `declare_channel`: agents that may exchange messages. It orders nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelDeclaration {
    /// Id, unique in the PAC without case.
    pub channel_id: ChannelId,
    /// Who may exchange messages: at least two.
    pub members: Vec<Gid>,
    /// Which PAC.
    pub pac_id: PacId,
    /// What about.
    pub purpose: Line,
}

/// `issue_sub_pac`: one agent's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubPacIssue {
    /// The agent: the node's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_gid: Option<Gid>,
    /// Its name, compared without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Line>,
    /// Lane: the node's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Which node.
    pub node_id: NodeId,
    /// What is to be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Prose>,
    /// Which PAC.
    pub pac_id: PacId,
    /// What may be done, and where: inside the PAC's.
    #[serde(default)]
    pub scope: Scope,
    /// Id; derived from PAC and node when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_pac_id: Option<SubPacId>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Line>,
}

/// `activate`: an agent may act in this PAC (`AGENT_ACTIVATION_ACK` of seed 001 §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// By whom: the orchestrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<Gid>,
    /// Which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_gid: Option<Gid>,
    /// Its name, compared without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Line>,
    /// A lane that it will work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Which PAC.
    pub pac_id: PacId,
}

/// `abandon`: the PAC ends without a WRAP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Abandonment {
    /// Which PAC.
    pub pac_id: PacId,
    /// Why.
    pub reason: Prose,
}
