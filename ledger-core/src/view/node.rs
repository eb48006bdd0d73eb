//! A graph with its nodes, as it is shown.
//!
//! Invariant: nodes and edges come in the order in which they were declared. Source: DOMAIN.md §4.

use super::{ChannelView, MomentView, node_state, picture_state};
use crate::event::body::Digest;
use crate::event::body::pac::{EdgeType, NodeType, Scope};
use crate::event::body::work::{Outcome, Output, Score, TokenId};
use crate::names::{Lane, Line};
use crate::picture;
use crate::rules::pac::Pac;
use crate::rules::pac::graph::{Graph, Place};
use crate::rules::pac::sub_pac::{Ber, Grant, PastAttempt, Pdo, SubPac};
use crate::rules::registry::Registry;
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The graph of a PAC alone, with what is drawn beside it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GraphDocument<'a> {
    /// Which PAC.
    pub pac_id: &'a str,
    /// The graph; absent before it was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph: Option<GraphView<'a>>,
    /// Channels.
    pub channels: Vec<ChannelView<'a>>,
}

impl<'a> GraphDocument<'a> {
    /// Of this PAC.
    #[must_use]
    pub fn of(pac: &'a Pac, registry: &'a Registry) -> Self {
        Self {
            pac_id: pac.id.as_str(),
            graph: GraphView::of(pac, registry),
            channels: pac.channels.values().map(ChannelView::of).collect(),
        }
    }
}

/// A graph.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GraphView<'a> {
    /// Id.
    pub graph_id: &'a str,
    /// How many of the optional agent nodes must complete at least.
    pub min_optional: u32,
    /// Nodes.
    pub nodes: Vec<NodeView<'a>>,
    /// Edges, those of sync points included.
    pub edges: Vec<EdgeView<'a>>,
}

/// An edge.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EdgeView<'a> {
    /// Id of the earlier node.
    pub from: &'a str,
    /// Id of the later node.
    pub to: &'a str,
    /// Type.
    #[serde(rename = "type")]
    pub edge_type: EdgeType,
}

/// A node with everything that is known of its work.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NodeView<'a> {
    /// Id.
    pub node_id: &'a str,
    /// Type.
    #[serde(rename = "type")]
    pub node_type: NodeType,
    /// State of its Sub-PAC; DECLARED for an agent node without one, WAITING for another node that waits.
    pub state: &'static str,
    /// Whether the orchestration may do without it.
    pub optional: bool,
    /// Who works there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_gid: Option<&'a str>,
    /// What that agent is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<&'a str>,
    /// Lane of the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<&'a Lane>,
    /// Predecessors that are not done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<&'a str>,
    /// The agent's part, once it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_pac_id: Option<&'a str>,
    /// What is to be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<&'a str>,
    /// What may be done, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<&'a Scope>,
    /// Number of the present attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The token of the present attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenView<'a>>,
    /// The BER of the present attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ber: Option<BerView<'a>>,
    /// The PDO of the present attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdo: Option<PdoView<'a>>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<&'a str>,
    /// Why it is not needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<&'a str>,
    /// Attempts before.
    #[serde(skip_serializing_if = "slice_is_empty")]
    pub past_attempts: &'a [PastAttempt],
}

/// A token, by its id: the token itself is nowhere.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TokenView<'a> {
    /// Revocation id of its authority block.
    pub token_id: &'a TokenId,
    /// Session that it is bound to.
    pub session: &'a str,
    /// When it expires, RFC 3339.
    pub expires_at: String,
    /// Whether its BER was filed.
    pub spent: bool,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Entry that gave it.
    pub sequence: u64,
}

/// A BER.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BerView<'a> {
    /// Id.
    pub ber_id: &'a str,
    /// Its entry and when it was filed.
    #[serde(flatten)]
    pub filed: MomentView,
    /// How the work ended.
    pub status: Outcome,
    /// How well, 0.0 to 1.0.
    pub quality_score: Score,
    /// Number of its tasks.
    pub tasks: usize,
    /// What was made.
    pub outputs: &'a [Output],
    /// Digests of what was taken as input.
    pub inputs: Vec<&'a Digest>,
    /// PENDING, ACCEPTED or REJECTED.
    pub verdict: &'static str,
    /// Who gave the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_by: Option<&'a str>,
    /// Entry of the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_in: Option<u64>,
    /// Why, or what is to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<&'a str>,
}

/// A PDO.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PdoView<'a> {
    /// Id.
    pub pdo_id: &'a str,
    /// SHA-256 of the artifact, hex.
    pub pdo_hash: &'a str,
    /// Its entry and when it was filed.
    #[serde(flatten)]
    pub filed: MomentView,
}

fn slice_is_empty<T>(slice: &&[T]) -> bool {
    slice.is_empty()
}

impl<'a> GraphView<'a> {
    /// The graph of a PAC, once it was declared. Names of agents that have no Sub-PAC yet come from the registry.
    #[must_use]
    pub fn of(pac: &'a Pac, registry: &'a Registry) -> Option<Self> {
        let graph = pac.graph.as_ref()?;
        Some(Self {
            graph_id: &graph.id,
            min_optional: graph.min_optional,
            nodes: graph.places().map(|place| NodeView::of(pac, graph, place, registry)).collect(),
            edges: graph.edges().map(|(from, to, edge_type)| EdgeView { from, to, edge_type }).collect(),
        })
    }

    /// To be drawn, with the channels of the PAC.
    #[must_use]
    pub fn picture(&self, pac: &Pac) -> picture::Graph {
        let holder = |gid: &str| {
            let node = self.nodes.iter().find(|n| n.agent_gid == Some(gid));
            node.map_or(gid, |n| n.node_id).to_owned()
        };
        picture::Graph {
            title: format!("{} {}", pac.id, self.graph_id),
            nodes: self.nodes.iter().map(NodeView::picture).collect(),
            edges: self
                .edges
                .iter()
                .map(|e| picture::Edge {
                    from: e.from.to_owned(),
                    to: e.to.to_owned(),
                    kind: match e.edge_type {
                        EdgeType::Dependency => picture::EdgeKind::Dependency,
                        EdgeType::DataFlow => picture::EdgeKind::DataFlow,
                        EdgeType::Barrier => picture::EdgeKind::Barrier,
                    },
                })
                .collect(),
            channels: pac
                .channels
                .values()
                .map(|c| picture::Channel {
                    id: c.declared.channel_id.as_str().to_owned(),
                    members: c.declared.members.iter().map(|m| holder(m.as_str())).collect(),
                    purpose: c.declared.purpose.as_str().to_owned(),
                })
                .collect(),
        }
    }
}

impl<'a> NodeView<'a> {
    fn of(pac: &'a Pac, graph: &'a Graph, place: &'a Place, registry: &'a Registry) -> Self {
        let (node, sub) = (&place.node, place.sub_pac.as_ref());
        let gid = node.agent_gid.as_ref().map(crate::names::Gid::as_str);
        let known = || registry.actor(gid?)?.name.as_deref();
        let planned = || node.task.iter().map(Line::as_str).collect();
        Self {
            node_id: node.node_id.as_str(),
            node_type: node.node_type,
            state: node_state(place),
            optional: node.optional,
            agent_gid: gid,
            agent_name: sub.map(|s| s.agent_name.as_str()).filter(|n| !n.is_empty()).or_else(known),
            lane: sub.map(|s| &s.lane).or(node.lane.as_ref()),
            waits_for: graph.unmet_ids(place),
            sub_pac_id: sub.map(|s| s.id.as_str()),
            tasks: sub.map_or_else(planned, |s| crate::rules::pac::plan::lines(&s.tasks)),
            scope: sub.map(|s| &s.scope),
            attempt: sub.map(|s| s.attempt),
            token: sub.and_then(|s| s.grant.as_ref()).map(|g| TokenView::of(pac, g)),
            ber: sub.and_then(|s| s.ber.as_ref()).map(BerView::of),
            pdo: sub.and_then(|s| s.pdo.as_ref()).map(PdoView::of),
            failure: sub.and_then(|s| s.failure.as_deref()),
            waived: place.waived.as_deref(),
            past_attempts: sub.map(past).unwrap_or_default(),
        }
    }

    fn picture(&self) -> picture::Node {
        let who: Vec<&str> =
            self.agent_gid.into_iter().chain(self.agent_name).chain(self.lane.map(Lane::as_str)).collect();
        let attempt = self.attempt.filter(|n| *n > 1).map(|n| format!(", attempt {n}")).unwrap_or_default();
        picture::Node {
            id: self.node_id.to_owned(),
            kind: match self.node_type {
                NodeType::OrchRoot => picture::NodeKind::OrchRoot,
                NodeType::AgentNode => picture::NodeKind::AgentNode,
                NodeType::SyncPoint => picture::NodeKind::SyncPoint,
                NodeType::Aggregation => picture::NodeKind::Aggregation,
                NodeType::Terminal => picture::NodeKind::Terminal,
            },
            label: self.tasks.first().copied().unwrap_or_default().to_owned(),
            detail: format!("{}{attempt}", who.join(" ")),
            state: Some(picture_state(self.state)),
            optional: self.optional,
        }
    }
}

fn past(sub: &SubPac) -> &[PastAttempt] {
    &sub.past
}

impl<'a> TokenView<'a> {
    fn of(pac: &Pac, grant: &'a Grant) -> Self {
        let expires = Timestamp::from_millis(grant.expires_at).map(|t| t.to_string());
        Self {
            token_id: &grant.token_id,
            session: &grant.session,
            expires_at: expires.unwrap_or_default(),
            spent: grant.spent,
            revoked: pac.is_revoked(&grant.token_id),
            sequence: grant.sequence,
        }
    }
}

impl<'a> BerView<'a> {
    fn of(ber: &'a Ber) -> Self {
        let verdict = ber.verdict.as_ref();
        Self {
            ber_id: &ber.id,
            filed: MomentView { sequence: ber.sequence, time: ber.time.to_string() },
            status: ber.report.status,
            quality_score: ber.report.quality_score,
            tasks: ber.report.tasks.len(),
            outputs: &ber.report.outputs,
            inputs: ber.report.inputs.iter().map(|i| &i.digest).collect(),
            verdict: match verdict.map(|v| v.accepted) {
                None => "PENDING",
                Some(true) => "ACCEPTED",
                Some(false) => "REJECTED",
            },
            judged_by: verdict.map(|v| v.by.as_str()),
            judged_in: verdict.map(|v| v.sequence),
            remarks: verdict.and_then(|v| v.remarks.as_deref()),
        }
    }
}

impl<'a> PdoView<'a> {
    fn of(pdo: &'a Pdo) -> Self {
        let filed = MomentView { sequence: pdo.sequence, time: pdo.time.to_string() };
        Self { pdo_id: &pdo.id, pdo_hash: &pdo.hash, filed }
    }
}
