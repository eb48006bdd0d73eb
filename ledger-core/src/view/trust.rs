//! Trust as it is shown: who holds what, one grant whole, a tree as a picture, and who could do something.
//!
//! Not here: whether something is allowed (`crate::trust`). Invariant: agents come in the order of their GIDs, grants in that of the log.
//! Source: DOMAIN.md §9 ("trust status").

use super::picture_state;
use crate::codes::Code;
use crate::constraint::{Constraints, Effect, Pattern};
use crate::error::{Error, Result};
use crate::event::body::trust::{Permission, Posture};
use crate::names::{Gid, GrantId};
use crate::picture::{Edge, EdgeKind, Graph, Node, NodeKind};
use crate::rules::Registry;
use crate::rules::registry::ActorKind;
use crate::rules::trust::{Authority, EndKind, Grant, Held, Reason, Tree};
use crate::time::Timestamp;
use crate::trust::{Forest, Level, Question, ReasonView, Records, verify};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// Most grants that a picture has.
const MOST_DRAWN: usize = 200;

/// Where a grant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantState {
    /// Good, and everything that it rests on.
    Active,
    /// It stands still.
    Suspended,
    /// It has run out.
    Expired,
    /// It was revoked.
    Revoked,
    /// It was handed over.
    Transferred,
    /// Something that it rests on is not good.
    Withdrawn,
}

impl GrantState {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
            Self::Transferred => "TRANSFERRED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// Where a grant stands at a time.
    #[must_use]
    pub fn of(tree: &Tree, at: usize, time: i64, registry: &Registry) -> Self {
        let Some(grant) = tree.at(at) else { return Self::Withdrawn };
        match grant.end.as_ref().filter(|end| end.has_come(time)) {
            Some(end) if end.kind == EndKind::Transferred => return Self::Transferred,
            Some(_) => return Self::Revoked,
            None => {}
        }
        if grant.suspended.is_some() {
            return Self::Suspended;
        }
        if grant.expires_at.is_some_and(|expiry| expiry <= time) {
            return Self::Expired;
        }
        if tree.failings(at, time, registry).is_empty() { Self::Active } else { Self::Withdrawn }
    }
}

/// A capability of a grant.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CapabilityView {
    /// The actions.
    pub capability: Pattern,
    /// Whether they only read, where the authority says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Everything that limits it, from the root down.
    pub constraints: Constraints,
}

/// What was done by a grant and everything below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UsageView {
    /// How many actions.
    pub actions: u64,
    /// What they cost together, as a decimal number.
    pub spent: String,
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct GrantView {
    /// The grant.
    pub grant_id: String,
    /// The root of its tree.
    pub root: String,
    /// What it rests on; absent for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Who holds it.
    pub holder: String,
    /// Who gave it.
    pub author: String,
    /// How far below the root.
    pub depth: u32,
    /// Where it stands.
    pub state: GrantState,
    /// What is wrong with it and with what it rests on.
    pub reasons: Vec<ReasonView>,
    /// What it holds.
    pub capabilities: Vec<CapabilityView>,
    /// What limits it of itself.
    pub own_constraints: Constraints,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// When it or something that it rests on ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When a revocation takes effect that was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// The entry that gave it.
    pub entry: u64,
    /// Entries that changed what it is.
    pub amended: Vec<u64>,
    /// What was done by it.
    pub usage: UsageView,
    /// How many grants rest on it, ended ones included.
    pub below: usize,
}

/// What an agent may do.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TrustStatus {
    /// The agent.
    pub gid: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it holds a grant that is good.
    pub is_trusted: bool,
    /// How much it may do of itself.
    pub posture: Posture,
    /// What its good grants hold.
    pub capabilities: Vec<String>,
    /// Names of the constraints on them.
    pub constraints: Vec<String>,
    /// Hash of the chain of its first good grant, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain_hash: Option<String>,
    /// When it last said that it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<String>,
    /// Its grants, in the order of the log; those that have ended too.
    pub grants: Vec<GrantRow>,
}

/// A grant in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GrantRow {
    /// The grant.
    pub grant_id: String,
    /// The root of its tree.
    pub root: String,
    /// Who gave it.
    pub author: String,
    /// Where it stands.
    pub state: GrantState,
}

/// An authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuthorityView {
    /// Who.
    pub gid: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The entry that declared it.
    pub since: u64,
    /// The entry that withdrew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

impl AuthorityView {
    /// All that ever were one, by GID.
    #[must_use]
    pub fn all(registry: &Registry) -> Vec<Self> {
        let of = |(gid, a): (&str, &Authority)| Self {
            gid: gid.to_owned(),
            permissions: a.permissions.clone(),
            purpose: a.purpose.clone(),
            since: a.since,
            until: a.until,
        };
        registry.standing().authorities().map(of).collect()
    }
}

fn instant(millis: i64) -> String {
    Timestamp::from_millis(millis).map_or_else(|| millis.to_string(), |t| t.to_string())
}

impl GrantView {
    /// A grant as it is at a time.
    ///
    /// # Errors
    /// `LG_172` when there is none at this place; as [`Tree::effective`].
    pub fn of(tree: &Tree, at: usize, time: i64, registry: &Registry) -> Result<Self> {
        let missing =
            || Error::new(Code::GrantUnknown, format!("the tree {} has no such grant", tree.root().id));
        let grant = tree.at(at).ok_or_else(missing)?;
        let capability = |(held, h): (usize, &Held)| {
            let constraints = tree.effective(at, held)?;
            Ok(CapabilityView { capability: h.pattern.clone(), effect: h.effect, constraints })
        };
        let capabilities: Result<Vec<CapabilityView>> =
            grant.held.iter().enumerate().map(capability).collect();
        Ok(Self {
            grant_id: grant.id.to_string(),
            root: tree.root().id.to_string(),
            parent: grant.parent.and_then(|p| tree.at(p)).map(|p| p.id.to_string()),
            holder: grant.holder.clone(),
            author: grant.author.clone(),
            depth: grant.depth,
            state: GrantState::of(tree, at, time, registry),
            reasons: tree.failings(at, time, registry).iter().map(ReasonView::from).collect(),
            capabilities: capabilities?,
            own_constraints: grant.own.as_deref().cloned().unwrap_or_default(),
            task_id: grant.task_id.as_ref().map(ToString::to_string),
            expires_at: tree.expiry(at).map(instant),
            ends_at: grant.end.as_ref().map(|end| instant(end.effective)),
            entry: grant.since.sequence,
            amended: grant.amended.clone(),
            usage: UsageView { actions: grant.actions(), spent: grant.spent() },
            below: tree.below(at).len().saturating_sub(1),
        })
    }
}

impl TrustStatus {
    /// Of every agent and service that is registered and not retired, by GID.
    ///
    /// # Errors
    /// As the store says.
    pub fn all(forest: &Forest, records: &Records<'_>, time: i64) -> Result<Vec<Self>> {
        let registry = forest.registry();
        let workers = registry.actors().filter(|(_, a)| a.kind != ActorKind::Human && !a.retired);
        workers.map(|(gid, _)| Self::of(forest, records, gid, time)).collect()
    }

    /// Of one agent.
    ///
    /// # Errors
    /// As the store says.
    pub fn of(forest: &Forest, records: &Records<'_>, gid: &str, time: i64) -> Result<Self> {
        let registry = forest.registry();
        let (mut capabilities, mut constraints) = (BTreeSet::new(), BTreeSet::new());
        let (mut grants, mut chain_hash, mut is_trusted) = (Vec::new(), None, false);
        for holding in forest.held_by(gid) {
            let (tree, at) = (holding.tree, holding.at);
            let state = GrantState::of(tree, at, time, registry);
            if state == GrantState::Active {
                if !is_trusted {
                    chain_hash = records.chain_hash(tree, at)?;
                }
                is_trusted = true;
                for (held, h) in holding.grant.held.iter().enumerate() {
                    capabilities.insert(h.pattern.to_string());
                    constraints.extend(tree.effective(at, held)?.kinds().into_iter().map(str::to_owned));
                }
            }
            grants.push(GrantRow {
                grant_id: holding.grant.id.to_string(),
                root: tree.root().id.to_string(),
                author: holding.grant.author.clone(),
                state,
            });
        }
        Ok(Self {
            gid: gid.to_owned(),
            name: registry.actor(gid).and_then(|a| a.name.clone()),
            is_trusted,
            posture: registry.standing().posture(gid),
            capabilities: capabilities.into_iter().collect(),
            constraints: constraints.into_iter().collect(),
            chain_hash,
            heartbeat: forest.beat_of(gid).map(|b| b.time.to_string()),
            grants,
        })
    }
}

/// An agent that could do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Candidate {
    /// The agent.
    pub gid: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The grant by which it could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
    /// The root of its tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonView>,
}

/// Who could do something, and who was passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Candidates {
    /// What is to be done.
    pub capability: String,
    /// Who could, by GID.
    pub agents: Vec<Candidate>,
    /// Who could not, by GID, and why.
    pub passed_over: Vec<Candidate>,
}

impl Candidates {
    /// Who could do what this question asks, whoever it names. `alive` is the longest silence, in milliseconds, that counts as life.
    ///
    /// # Errors
    /// As the store says.
    pub fn find(
        forest: &Forest,
        records: &Records<'_>,
        question: &Question,
        alive: Option<i64>,
    ) -> Result<Self> {
        let registry = forest.registry();
        let mut found =
            Self { capability: question.action.to_string(), agents: Vec::new(), passed_over: Vec::new() };
        for (gid, actor) in registry.actors().filter(|(_, a)| a.kind != ActorKind::Human) {
            let mut candidate = Candidate {
                gid: gid.to_owned(),
                name: actor.name.clone(),
                grant_id: None,
                root: None,
                reasons: Vec::new(),
            };
            let mut say = |code, message| {
                candidate.reasons.push(ReasonView::from(&Reason { code, message, grant_id: None }));
            };
            if actor.retired {
                say(Code::Retired, format!("{gid} was retired"));
            } else if let Some(silence) = alive.filter(|most| forest.silence(gid, question.time) > *most) {
                let message = format!("{gid} has not said for {} s that it is there", silence / 1_000);
                say(Code::WrongState, message);
            }
            if candidate.reasons.is_empty() {
                let of_it = Question {
                    agent: Gid::new(gid)?,
                    level: question.level.max(Level::Standard),
                    ..question.clone()
                };
                let verification = verify(forest, records, &of_it, false)?;
                candidate.reasons = verification.reasons;
                (candidate.grant_id, candidate.root) = (verification.grant_id, verification.root);
            }
            if candidate.reasons.is_empty() {
                found.agents.push(candidate);
            } else {
                found.passed_over.push(candidate);
            }
        }
        Ok(found)
    }
}

/// Who gave what to whom in a tree, ended grants marked; of a large one the first 200 grants.
#[must_use]
pub fn tree_graph(tree: &Tree, time: i64, registry: &Registry) -> Graph {
    let root = tree.root();
    let omitted = tree.len().saturating_sub(MOST_DRAWN);
    let more = if omitted > 0 { format!(", and {omitted} more grants") } else { String::new() };
    let authority = Node {
        id: root.author.clone(),
        kind: NodeKind::AgentNode,
        label: "authority".to_owned(),
        detail: String::new(),
        state: None,
        optional: false,
    };
    let mut graph = Graph {
        title: format!("{}: trust from {}{more}", root.id, root.author),
        nodes: vec![authority],
        ..Graph::default()
    };
    let author = root.author.clone();
    for (at, grant) in tree.grants().enumerate().take(MOST_DRAWN) {
        let state = GrantState::of(tree, at, time, registry);
        graph.nodes.push(node(grant, state, registry));
        let above =
            grant.parent.and_then(|p| tree.at(p)).map_or_else(|| author.clone(), |p| p.id.to_string());
        graph.edges.push(Edge { from: above, to: grant.id.to_string(), kind: EdgeKind::Dependency });
    }
    graph
}

fn node(grant: &Grant, state: GrantState, registry: &Registry) -> Node {
    let name = registry.actor(&grant.holder).and_then(|a| a.name.as_deref()).unwrap_or_default();
    let held: Vec<&str> = grant.held.iter().map(|h| h.pattern.as_str()).collect();
    Node {
        id: grant.id.to_string(),
        kind: NodeKind::AgentNode,
        label: format!("{} {name}", grant.holder).trim_end().to_owned(),
        detail: held.join(", "),
        state: Some(picture_state(state.as_str())),
        optional: false,
    }
}

/// A grant by its id, in a view of the forest.
///
/// # Errors
/// As [`Forest::grant`].
pub fn grant_view(forest: &Forest, root: Option<&GrantId>, id: &GrantId, time: i64) -> Result<GrantView> {
    let holding = forest.grant(root, id)?;
    GrantView::of(holding.tree, holding.at, time, forest.registry())
}
