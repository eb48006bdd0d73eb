//! Who there is: actors with their keys, alone and as the whole registry of some moment.
//!
//! Not here: who may do what. Invariant: names of humans are private and never shown. Source: DOMAIN.md §2.

use super::node_state;
use crate::event::body::Policy;
use crate::names::Lane;
use crate::rules::Registry;
use crate::rules::pac::Pac;
use crate::rules::pac::graph::Graph;
use crate::rules::registry::{Actor, ActorKind};
use schemars::JsonSchema;
use serde::Serialize;

/// One actor.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ActorView {
    /// GID.
    pub gid: String,
    /// What it is.
    pub kind: ActorKind,
    /// Name; absent for humans, whose names are private.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Lanes that it may work in.
    pub lanes: Vec<String>,
    /// The lane that it mostly works in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_lane: Option<String>,
    /// Whether it may register humans and keys and set policies.
    pub admin: bool,
    /// Whether it acts no more.
    pub retired: bool,
    /// Entry that registered it.
    pub since: u64,
    /// Every key that it ever had.
    pub keys: Vec<KeyView>,
}

/// One key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyView {
    /// SHA-256 of the public key, hex.
    pub keyid: String,
    /// The public key, hex.
    pub key: String,
    /// Entry that registered it.
    pub since: u64,
    /// Entry that retired it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// All actors.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ActorsView {
    /// By GID.
    pub actors: Vec<ActorView>,
}

/// The registry as of some entry.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RegistryView {
    /// The last entry that counts.
    pub at: u64,
    /// Number of entries that count.
    pub size: u64,
    /// GID of the orchestrator.
    pub orchestrator: String,
    /// The policy.
    pub policy: Policy,
    /// All actors, by GID.
    pub actors: Vec<ActorView>,
}

/// A node that an agent holds in a PAC that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldNode {
    /// Which PAC.
    pub pac_id: String,
    /// Which node of its graph.
    pub node_id: String,
    /// The agent's part, once it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_pac_id: Option<String>,
    /// State of the node.
    pub state: &'static str,
}

/// One actor with what it does.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ActorDetail {
    /// The actor.
    #[serde(flatten)]
    pub actor: ActorView,
    /// Entries that name it as their actor; those that only follow from others included.
    pub entries: u64,
    /// Nodes that it holds in PACs that have not ended.
    pub nodes: Vec<HeldNode>,
}

impl ActorView {
    /// The actor.
    #[must_use]
    pub fn of(gid: &str, actor: &Actor) -> Self {
        Self {
            gid: gid.to_owned(),
            kind: actor.kind,
            name: actor.name.clone(),
            lanes: actor.lanes.iter().map(|lane| lane.as_str().to_owned()).collect(),
            primary_lane: actor.primary_lane.as_ref().map(Lane::as_str).map(str::to_owned),
            admin: actor.admin,
            retired: actor.retired,
            since: actor.since,
            keys: keys(actor),
        }
    }
}

/// Keys of an actor.
#[must_use]
pub fn keys(actor: &Actor) -> Vec<KeyView> {
    let view = |k: &crate::rules::registry::ActorKey| KeyView {
        keyid: hex::encode(k.key.id()),
        key: k.key.to_hex(),
        since: k.since,
        until: k.until,
    };
    actor.keys.iter().map(view).collect()
}

impl ActorsView {
    /// All of a registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { actors: registry.actors().map(|(gid, actor)| ActorView::of(gid, actor)).collect() }
    }
}

impl RegistryView {
    /// The registry that the first `size` entries make.
    #[must_use]
    pub fn of(registry: &Registry, size: u64) -> Self {
        Self {
            at: size.saturating_sub(1),
            size,
            orchestrator: registry.orchestrator().to_owned(),
            policy: registry.policy().clone(),
            actors: ActorsView::of(registry).actors,
        }
    }
}

/// The node that an agent holds in a PAC.
#[must_use]
pub fn held(pac: &Pac, gid: &str) -> Option<HeldNode> {
    let mut places = pac.graph.iter().flat_map(Graph::places);
    let place = places.find(|p| p.node.agent_gid.as_ref().is_some_and(|held| held.as_str() == gid))?;
    Some(HeldNode {
        pac_id: pac.id.as_str().to_owned(),
        node_id: place.node.node_id.as_str().to_owned(),
        sub_pac_id: place.sub_pac.as_ref().map(|sub| sub.id.clone()),
        state: node_state(place),
    })
}
