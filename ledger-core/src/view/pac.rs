//! One PAC whole, as it is shown.
//!
//! Source: DOMAIN.md §§3-7.

use super::{GraphView, MomentView};
use crate::event::body::pac::{GatewayChecks, Input, Mode, Scope};
use crate::names::{Gid, Lane, Line, Prose};
use crate::rules::pac::gateway::{GatewayState, RecordedViolation};
use crate::rules::pac::review::{Challenge, Review};
use crate::rules::pac::{Closure, Composite, OpenItem, Pac, Phase, Sent};
use crate::rules::registry::Registry;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A PAC.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PacView<'a> {
    /// Id.
    pub pac_id: &'a str,
    /// A short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a Line>,
    /// What is to be reached.
    pub objective: &'a Prose,
    /// Whether it may be executed.
    pub mode: Mode,
    /// Lanes that its work may be done in.
    pub lanes: &'a [Lane],
    /// What may be done, and where.
    pub scope: &'a Scope,
    /// What every agent may take as input.
    pub inputs: &'a [Input],
    /// The gate that it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_checks: Option<&'a GatewayChecks>,
    /// Who ordered it.
    pub requester: &'a str,
    /// When it was issued.
    pub issued: MomentView,
    /// Its last event.
    pub last: MomentView,
    /// Where the orchestration is.
    pub phase: Phase,
    /// Whether its WRAP was emitted.
    pub whole: bool,
    /// Its gate.
    pub gateway: GatewayView<'a>,
    /// Violations that were recorded in its stream, resolved ones included.
    pub violations: &'a [RecordedViolation],
    /// The graph, once it was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph: Option<GraphView<'a>>,
    /// Channels.
    pub channels: Vec<ChannelView<'a>>,
    /// Agents that may act.
    pub activations: Vec<ActivationView<'a>>,
    /// Messages that were sent.
    pub messages: &'a [Sent],
    /// O-PDOs, the present one last.
    pub opdos: Vec<OpdoView<'a>>,
    /// Reviews.
    pub reviews: ReviewsView<'a>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closure: Option<ClosureView<'a>>,
    /// What must still happen.
    pub open_items: Vec<OpenItem>,
}

/// A gate.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GatewayView<'a> {
    /// State.
    pub state: GatewayState,
    /// The recorded explicit request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestView<'a>>,
    /// Violations that block it.
    pub open_violations: Vec<OpenViolation<'a>>,
}

/// A request for execution.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestView<'a> {
    /// Its entry.
    pub sequence: u64,
    /// Whose.
    pub by: &'a str,
}

/// A violation that blocks a gateway.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenViolation<'a> {
    /// Its entry; what `resolve_gateway` names.
    pub sequence: u64,
    /// Code of the rule.
    pub code: &'a str,
    /// Whose.
    pub actor: &'a str,
    /// What was wrong.
    pub message: &'a str,
}

/// A channel.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChannelView<'a> {
    /// Id.
    pub channel_id: &'a str,
    /// Who may exchange messages.
    pub members: &'a [Gid],
    /// What about.
    pub purpose: &'a str,
    /// Its entry.
    pub sequence: u64,
}

/// An agent that may act.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActivationView<'a> {
    /// Who.
    pub agent_gid: &'a str,
    /// Since when.
    #[serde(flatten)]
    pub since: MomentView,
}

/// An O-PDO.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpdoView<'a> {
    /// Id.
    pub opdo_id: &'a str,
    /// DRAFT, SEALED, FINAL or VOID.
    pub state: &'static str,
    /// How its proof is made.
    pub profile: String,
    /// Ids of the PDOs that it binds.
    pub children: Vec<&'a str>,
    /// Root of its proof, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merkle_root: Option<&'a str>,
    /// When it was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<MomentView>,
    /// The review that made it final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human_review_ber_id: Option<&'a str>,
    /// Its final hash, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_hash: Option<&'a str>,
}

/// All reviews.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewsView<'a> {
    /// Who is reading what is sealed, and since which entry.
    pub open: &'a BTreeMap<String, u64>,
    /// Challenges that were drawn, with how they ended.
    pub challenges: &'a [Challenge],
    /// Verdicts.
    pub given: &'a [Review],
    /// Failed challenges by reviewer, since the last unlocking; three lock out.
    pub failures: &'a BTreeMap<String, u32>,
}

/// How a PAC ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClosureView<'a> {
    /// WRAPPED or ABANDONED.
    pub how: &'static str,
    /// Id of the WRAP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_id: Option<&'a str>,
    /// Why it was abandoned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// When.
    #[serde(flatten)]
    pub at: MomentView,
}

impl<'a> PacView<'a> {
    /// The PAC; the registry names agents that have no Sub-PAC yet.
    #[must_use]
    pub fn of(pac: &'a Pac, registry: &'a Registry) -> Self {
        let order = &pac.order;
        Self {
            pac_id: pac.id.as_str(),
            title: order.title.as_ref(),
            objective: &order.objective,
            mode: order.mode,
            lanes: &order.lanes,
            scope: &order.scope,
            inputs: &order.inputs,
            gateway_checks: order.gateway_checks.as_ref(),
            requester: &pac.requester,
            issued: MomentView::from(&pac.issued),
            last: MomentView::from(&pac.last),
            phase: pac.phase(),
            whole: pac.is_whole(),
            gateway: GatewayView::of(pac),
            violations: &pac.violations,
            graph: GraphView::of(pac, registry),
            channels: pac.channels.values().map(ChannelView::of).collect(),
            activations: pac
                .activations
                .iter()
                .map(|(gid, at)| ActivationView { agent_gid: gid, since: MomentView::from(at) })
                .collect(),
            messages: &pac.messages,
            opdos: pac.composites.iter().map(OpdoView::of).collect(),
            reviews: ReviewsView {
                open: &pac.reviews.open,
                challenges: &pac.reviews.challenges,
                given: &pac.reviews.given,
                failures: &pac.reviews.failures,
            },
            closure: pac.closure.as_ref().map(ClosureView::of),
            open_items: pac.open_items(),
        }
    }
}

impl<'a> GatewayView<'a> {
    fn of(pac: &'a Pac) -> Self {
        let open = pac.gateway.open.iter().filter_map(|(sequence, _)| {
            let violation = pac.violations.iter().find(|v| v.sequence == *sequence)?;
            Some(OpenViolation {
                sequence: *sequence,
                code: &violation.code,
                actor: &violation.actor,
                message: &violation.message,
            })
        });
        Self {
            state: pac.gateway.state,
            request: pac
                .gateway
                .request
                .as_ref()
                .map(|(sequence, by)| RequestView { sequence: *sequence, by }),
            open_violations: open.collect(),
        }
    }
}

impl<'a> ChannelView<'a> {
    /// The channel.
    #[must_use]
    pub fn of(channel: &'a crate::rules::pac::Channel) -> Self {
        Self {
            channel_id: channel.declared.channel_id.as_str(),
            members: &channel.declared.members,
            purpose: channel.declared.purpose.as_str(),
            sequence: channel.sequence,
        }
    }
}

impl<'a> OpdoView<'a> {
    fn of(composite: &'a Composite) -> Self {
        let document = &composite.document;
        Self {
            opdo_id: composite.id(),
            state: composite.state().as_str(),
            profile: composite.profile(),
            children: document.child_pdos.iter().map(|c| c.pdo_id.as_str()).collect(),
            merkle_root: composite.root(),
            sealed: composite.sealed_at().map(MomentView::from),
            human_review_ber_id: document.human_review_ber_id.as_deref(),
            final_hash: document.final_hash.as_deref(),
        }
    }
}

impl<'a> ClosureView<'a> {
    fn of(closure: &'a Closure) -> Self {
        match closure {
            Closure::Wrapped { wrap_id, at } => {
                Self { how: "WRAPPED", wrap_id: Some(wrap_id), reason: None, at: MomentView::from(at) }
            }
            Closure::Abandoned { reason, at } => {
                Self { how: "ABANDONED", wrap_id: None, reason: Some(reason), at: MomentView::from(at) }
            }
        }
    }
}
