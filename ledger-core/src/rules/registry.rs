//! The registry: who there is, with which keys and lanes, and the policy of identification.
//!
//! Data, never a constant: genesis and the events after it make it. Invariant: a change is checked whole before any of it is made, and
//! some admin can always sign. Source: DOMAIN.md §2, seed 001 §§4.2, 5.3.

pub mod enrolment;

use super::Occurrence;
use super::access::{AccessTokens, NOBODY};
use super::trust::Standing;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::event::body::{
    AgentChange, AgentRegistration, Digest, Genesis, HumanRegistration, KeyRegistration, KeyRetirement,
    Policy, WorkerKind,
};
use crate::key::{KeyId, PublicKey};
use crate::names::Lane;
use crate::review::{CHALLENGE_EXPIRY_MS, MINIMUM_LATENCY_MS};
use crate::rules::pac::dispatch::MAX_DISPATCH_SECONDS;
use enrolment::Offer;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// Does work.
    Agent,
    /// A person.
    Human,
    /// Another program.
    Service,
}

/// One actor.
#[derive(Clone, Debug)]
pub struct Actor {
    /// What it is.
    pub kind: ActorKind,
    /// Name; `None` for humans, whose names are private.
    pub name: Option<String>,
    /// Lanes that it may work in.
    pub lanes: Vec<Lane>,
    /// The lane that it mostly works in.
    pub primary_lane: Option<Lane>,
    /// Whether it may register humans and keys and set policies.
    pub admin: bool,
    /// Whether it acts no more.
    pub retired: bool,
    /// Every key that it ever had.
    pub keys: Vec<ActorKey>,
    /// The entry that registered it.
    pub since: u64,
}

/// A key of an actor.
#[derive(Clone, Debug)]
pub struct ActorKey {
    /// The key.
    pub key: PublicKey,
    /// The entry that registered it.
    pub since: u64,
    /// The entry that retired it.
    pub until: Option<u64>,
}

/// All actors and the policy, as of some entry.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    actors: BTreeMap<String, Actor>,
    key_holders: BTreeMap<KeyId, String>,
    offers: BTreeMap<Digest, Offer>,
    orchestrator: String,
    policy: Policy,
    access: AccessTokens,
    standing: Standing,
    genesis: Option<Genesis>,
}

/// The lane that makes an agent the orchestrator.
pub const ORCHESTRATION: &str = "ORCHESTRATION";

impl Registry {
    /// An actor by GID.
    #[must_use]
    pub fn actor(&self, gid: &str) -> Option<&Actor> {
        self.actors.get(gid)
    }

    /// All actors by GID.
    pub fn actors(&self) -> impl Iterator<Item = (&str, &Actor)> {
        self.actors.iter().map(|(gid, actor)| (gid.as_str(), actor))
    }

    /// GID of the orchestrator.
    #[must_use]
    pub fn orchestrator(&self) -> &str {
        &self.orchestrator
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The tokens for access over the network.
    #[must_use]
    pub const fn access(&self) -> &AccessTokens {
        &self.access
    }

    pub(super) const fn access_mut(&mut self) -> &mut AccessTokens {
        &mut self.access
    }

    /// Who may vouch for agents, and the postures of these.
    #[must_use]
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(super) const fn standing_mut(&mut self) -> &mut Standing {
        &mut self.standing
    }

    /// What entry 0 says.
    #[must_use]
    pub const fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_ref()
    }

    /// Whether the GID is registered and not retired.
    #[must_use]
    pub fn is_active(&self, gid: &str) -> bool {
        self.actor(gid).is_some_and(|a| !a.retired)
    }

    /// The actor's key of this id, if it may sign now.
    #[must_use]
    pub fn key(&self, gid: &str, id: &KeyId) -> Option<&PublicKey> {
        let keys = &self.actor(gid)?.keys;
        keys.iter().find(|k| k.key.id() == id && k.until.is_none()).map(|k| &k.key)
    }

    fn is_admin(&self, gid: &str) -> bool {
        self.actor(gid).is_some_and(|a| a.admin && !a.retired)
    }

    /// Only an admin.
    pub(super) fn require_admin(&self, o: &Occurrence<'_>) -> Result<()> {
        if self.is_admin(o.actor) {
            return Ok(());
        }
        let what = o.event.kind().row().kind.unwrap_or_default();
        Err(Error::new(Code::NotAuthorized, format!("{what} is for admins; {} is none", o.actor)))
    }

    /// The orchestrator or an admin.
    fn require_keeper(&self, o: &Occurrence<'_>) -> Result<()> {
        if o.actor == self.orchestrator || self.is_admin(o.actor) {
            return Ok(());
        }
        let what = o.event.kind().row().kind.unwrap_or_default();
        let why = format!("{what} is for the orchestrator and admins; {} is neither", o.actor);
        Err(Error::new(Code::NotAuthorized, why))
    }

    /// Applies an event of the registry, or refuses it and changes nothing.
    ///
    /// # Errors
    /// `LG_124`, `LG_125`, `LG_140` to `LG_144`, `LG_123`, `LG_101`.
    pub fn next(&mut self, o: &Occurrence<'_>) -> Result<()> {
        match o.event {
            Event::LogCreated(genesis) => self.created(o, genesis),
            Event::AgentRegistered(agent) => {
                self.require_keeper(o)?;
                self.register_agent(o, agent)
            }
            Event::AgentChanged(change) => {
                self.require_keeper(o)?;
                self.change_agent(change)
            }
            Event::AgentRetired(retirement) => {
                self.require_keeper(o)?;
                self.not_orchestrator(retirement.gid.as_str())?;
                self.worker(retirement.gid.as_str())?.retired = true;
                Ok(())
            }
            Event::HumanRegistered(human) => {
                self.require_admin(o)?;
                self.register_human(o, human)
            }
            Event::KeyRegistered(registration) => self.register_key(o, registration),
            Event::KeyRetired(retirement) => self.retire_key(o, retirement),
            Event::AuthorityDeclared(e) => self.declare_authority(o, e),
            Event::AuthorityWithdrawn(e) => self.withdraw_authority(o, e),
            Event::PostureChanged(e) => self.set_posture(o, e),
            Event::AccessTokenIssued(issue) => self.issue_access_token(o, issue),
            Event::AccessTokenRevoked(revocation) => self.revoke_access_token(o, revocation),
            Event::EnrolmentOffered(offer) => {
                self.require_admin(o)?;
                self.offer_enrolment(o, offer)
            }
            Event::EnrolmentWithdrawn(withdrawal) => {
                self.require_admin(o)?;
                self.withdraw_enrolment(o, withdrawal)
            }
            Event::EnrolmentUsed(enrolment) => self.enrol_key(o, enrolment),
            Event::PolicyChanged(policy) => {
                self.require_admin(o)?;
                self.set_policy(policy)
            }
            _ => Ok(()),
        }
    }

    fn created(&mut self, o: &Occurrence<'_>, genesis: &Genesis) -> Result<()> {
        let invalid = |why: &str| Err(Error::new(Code::InvalidIntent, format!("the genesis entry {why}")));
        if o.sequence != 0 || self.genesis.is_some() {
            return invalid("is not the first");
        }
        if genesis.format != crate::store::local::frame::FORMAT {
            return Err(Error::new(Code::NewerFormat, format!("the ledger has format {}", genesis.format)));
        }
        if o.actor != genesis.admin.gid.as_str() || genesis.admin.gid == genesis.orchestrator.gid {
            return invalid("must be by its admin, who is not the orchestrator");
        }
        if !genesis.orchestrator.lanes.iter().any(|l| l.as_str() == ORCHESTRATION) {
            return invalid("names an orchestrator without the lane ORCHESTRATION");
        }
        check_policy(&genesis.policy)?;
        PublicKey::from_bytes(&genesis.log_key.0)?;
        let key = |bytes| PublicKey::from_bytes(bytes).map(|key| ActorKey { key, since: 0, until: None });
        let (admin_key, orchestrator_key) = (key(&genesis.admin.key.0)?, key(&genesis.orchestrator.key.0)?);
        self.insert(
            genesis.admin.gid.as_str(),
            Actor {
                kind: ActorKind::Human,
                name: None,
                lanes: Vec::new(),
                primary_lane: None,
                admin: true,
                retired: false,
                keys: vec![admin_key],
                since: 0,
            },
        );
        self.insert(
            genesis.orchestrator.gid.as_str(),
            Actor {
                kind: ActorKind::Agent,
                name: Some(genesis.orchestrator.name.clone()),
                lanes: genesis.orchestrator.lanes.clone(),
                primary_lane: Lane::new(ORCHESTRATION).ok(),
                admin: false,
                retired: false,
                keys: vec![orchestrator_key],
                since: 0,
            },
        );
        genesis.orchestrator.gid.as_str().clone_into(&mut self.orchestrator);
        self.policy = genesis.policy.clone();
        self.genesis = Some(genesis.clone());
        Ok(())
    }

    fn insert(&mut self, gid: &str, actor: Actor) {
        for key in &actor.keys {
            self.key_holders.insert(*key.key.id(), gid.to_owned());
        }
        self.actors.insert(gid.to_owned(), actor);
    }

    /// A key that nobody has or had.
    fn new_key(&self, bytes: &[u8; 32], since: u64) -> Result<ActorKey> {
        let key = PublicKey::from_bytes(bytes)?;
        if let Some(holder) = self.key_holders.get(key.id()) {
            return Err(Error::new(Code::AlreadyRegistered, format!("the key is, or was, {holder}'s")));
        }
        if self.genesis.as_ref().is_some_and(|g| g.log_key.0 == *bytes) {
            return Err(Error::new(Code::AlreadyRegistered, "the key is the log's own"));
        }
        Ok(ActorKey { key, since, until: None })
    }

    fn new_gid(&self, gid: &str) -> Result<()> {
        if gid == NOBODY {
            return Err(Error::new(Code::InvalidName, format!("{gid} stands for nobody")));
        }
        match self.actors.get(gid) {
            None => Ok(()),
            Some(a) if a.retired => {
                Err(Error::new(Code::Retired, format!("{gid} was retired; GIDs are not used again")))
            }
            Some(_) => Err(Error::new(Code::AlreadyRegistered, format!("{gid} is registered already"))),
        }
    }

    fn register_agent(&mut self, o: &Occurrence<'_>, agent: &AgentRegistration) -> Result<()> {
        self.new_gid(agent.gid.as_str())?;
        check_name(&agent.name)?;
        check_lanes(&agent.lanes)?;
        let keys = agent.key.map(|k| self.new_key(&k.0, o.sequence)).transpose()?.into_iter().collect();
        let kind = match agent.kind {
            WorkerKind::Agent => ActorKind::Agent,
            WorkerKind::Service => ActorKind::Service,
        };
        self.insert(
            agent.gid.as_str(),
            Actor {
                kind,
                name: Some(agent.name.clone()),
                lanes: agent.lanes.clone(),
                primary_lane: agent.primary_lane.clone(),
                admin: false,
                retired: false,
                keys,
                since: o.sequence,
            },
        );
        Ok(())
    }

    fn change_agent(&mut self, change: &AgentChange) -> Result<()> {
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        if let Some(lanes) = &change.lanes {
            check_lanes(lanes)?;
            let orchestrates = change.gid.as_str() == self.orchestrator;
            if orchestrates && !lanes.iter().any(|l| l.as_str() == ORCHESTRATION) {
                return Err(Error::new(Code::InvalidIntent, "the orchestrator keeps the lane ORCHESTRATION"));
            }
        }
        let actor = self.worker(change.gid.as_str())?;
        if let Some(name) = &change.name {
            actor.name = Some(name.clone());
        }
        if let Some(lanes) = &change.lanes {
            actor.lanes.clone_from(lanes);
        }
        if let Some(lane) = &change.primary_lane {
            actor.primary_lane = Some(lane.clone());
        }
        Ok(())
    }

    /// An agent or service that is not retired.
    fn worker(&mut self, gid: &str) -> Result<&mut Actor> {
        match self.actors.get_mut(gid) {
            None => Err(Error::new(Code::NotRegistered, format!("{gid} is not registered"))),
            Some(a) if a.retired => Err(Error::new(Code::Retired, format!("{gid} was retired"))),
            Some(a) if a.kind == ActorKind::Human => {
                Err(Error::new(Code::NotRegistered, format!("{gid} is a human, not an agent or service")))
            }
            Some(a) => Ok(a),
        }
    }

    fn not_orchestrator(&self, gid: &str) -> Result<()> {
        if gid == self.orchestrator {
            return Err(Error::new(
                Code::NotAuthorized,
                format!("{gid} is the orchestrator, which genesis binds"),
            ));
        }
        Ok(())
    }

    fn register_human(&mut self, o: &Occurrence<'_>, human: &HumanRegistration) -> Result<()> {
        self.new_gid(human.gid.as_str())?;
        let key = self.new_key(&human.key.0, o.sequence)?;
        self.insert(
            human.gid.as_str(),
            Actor {
                kind: ActorKind::Human,
                name: None,
                lanes: Vec::new(),
                primary_lane: None,
                admin: human.admin,
                retired: false,
                keys: vec![key],
                since: o.sequence,
            },
        );
        Ok(())
    }

    /// An admin, or the actor itself with a key that it has.
    fn register_key(&mut self, o: &Occurrence<'_>, registration: &KeyRegistration) -> Result<()> {
        let gid = registration.gid.as_str();
        if o.actor != gid {
            self.require_admin(o)?;
        }
        let key = self.new_key(&registration.key.0, o.sequence)?;
        let actor = self.actors.get_mut(gid).filter(|a| !a.retired);
        let actor = actor.ok_or_else(|| {
            Error::new(Code::NotRegistered, format!("{gid} is not registered, or was retired"))
        })?;
        self.key_holders.insert(*key.key.id(), gid.to_owned());
        actor.keys.push(key);
        Ok(())
    }

    fn retire_key(&mut self, o: &Occurrence<'_>, retirement: &KeyRetirement) -> Result<()> {
        let gid = retirement.gid.as_str();
        if o.actor != gid {
            self.require_admin(o)?;
        }
        let signs = |a: &Actor, except: Option<&KeyId>| {
            a.keys.iter().any(|k| k.until.is_none() && Some(k.key.id()) != except)
        };
        let id = retirement.keyid.0;
        let held = self.actor(gid).is_some_and(|a| a.keys.iter().any(|k| *k.key.id() == id));
        if !held {
            return Err(Error::new(Code::NotRegistered, format!("{gid} has no key {}", hex::encode(id))));
        }
        let admins =
            |(g, a): (&String, &Actor)| a.admin && !a.retired && signs(a, (g.as_str() == gid).then_some(&id));
        if !self.actors.iter().any(admins) {
            return Err(Error::new(Code::LastAdmin, "no admin could sign any more"));
        }
        let key = self.actors.get_mut(gid).and_then(|a| a.keys.iter_mut().find(|k| *k.key.id() == id));
        match key {
            Some(key) if key.until.is_none() => key.until = Some(o.sequence),
            _ => {
                return Err(Error::new(
                    Code::Retired,
                    format!("key {} was retired already", hex::encode(id)),
                ));
            }
        }
        Ok(())
    }

    fn set_policy(&mut self, policy: &Policy) -> Result<()> {
        check_policy(policy)?;
        let expected = self.policy.version.saturating_add(1);
        if policy.version != expected {
            return Err(Error::new(
                Code::InvalidIntent,
                format!("the policy's version must be {expected}, one more than the present one"),
            ));
        }
        self.policy = policy.clone();
        Ok(())
    }
}

fn check_name(name: &str) -> Result<()> {
    if crate::names::is_display_name(name) {
        Ok(())
    } else {
        Err(Error::new(Code::InvalidIntent, "`name` has 1 to 100 characters, no control characters"))
    }
}

fn check_lanes(lanes: &[Lane]) -> Result<()> {
    let mut sorted: Vec<&Lane> = lanes.iter().collect();
    sorted.sort();
    sorted.dedup();
    if sorted.len() == lanes.len() && lanes.len() <= 100 {
        Ok(())
    } else {
        Err(Error::new(Code::InvalidIntent, "`lanes` has at most 100 different lanes"))
    }
}

fn check_policy(policy: &Policy) -> Result<()> {
    let within = |name: &str, value: Option<u64>, least: u64, most: u64| match value {
        Some(v) if !(least..=most).contains(&v) => {
            Err(Error::new(Code::InvalidIntent, format!("`{name}` is {least} to {most}, not {v}")))
        }
        _ => Ok(()),
    };
    let seconds = policy.dispatch_seconds.map(u64::from);
    within("dispatch_seconds", seconds, 1, u64::from(MAX_DISPATCH_SECONDS))?;
    within("review_latency_ms", policy.review_latency_ms, MINIMUM_LATENCY_MS, CHALLENGE_EXPIRY_MS)?;
    for kind in policy.require.keys() {
        let row = crate::event::EventKind::of_intent(kind)?.row();
        if row.kind != Some(kind.as_str()) {
            return Err(Error::new(
                Code::UnknownKind,
                format!("write {} out instead of {kind}", row.kind.unwrap_or_default()),
            ));
        }
    }
    Ok(())
}
