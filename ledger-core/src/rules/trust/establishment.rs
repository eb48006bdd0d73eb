//! How a grant tree begins, and what is attested to its root later.
//!
//! Invariant: only an authority with the permission for it plants a tree, and only the same one adds to its root. Source: DOMAIN.md §9.

use super::{Grant, Held, MAX_CAPABILITIES, Tokens, Tree, boxed, refuse};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::trust::{Attestation, Attested, Establishment, Permission};
use crate::rules::Occurrence;
use crate::rules::pac::Moment;
use crate::rules::registry::{ActorKind, Registry};
use std::collections::BTreeMap;

impl Tree {
    pub(super) fn plant(registry: &Registry, o: &Occurrence<'_>, e: &Establishment) -> Result<Self> {
        registry.require_authority(o.actor, Permission::CreateAgents)?;
        may_hold(registry, e.agent_gid.as_str())?;
        if o.actor == e.agent_gid.as_str() {
            return refuse(Code::DelegationCycle, format!("{} cannot vouch for itself", o.actor));
        }
        ends_later(e.expires_at, o)?;
        let held = attested(&[], &e.capabilities)?;
        let root = Grant {
            id: e.grant_id.clone(),
            parent: None,
            holder: e.agent_gid.as_str().to_owned(),
            author: o.actor.to_owned(),
            since: Moment::of(o),
            depth: 0,
            expires_at: e.expires_at,
            held,
            own: boxed(&e.constraints),
            task_id: None,
            end: None,
            suspended: None,
            amended: Vec::new(),
            usage: None,
        };
        let by_id = BTreeMap::from([(root.id.clone(), 0)]);
        Ok(Self {
            root,
            rest: Vec::new(),
            by_id,
            exercises: BTreeMap::new(),
            anchors: BTreeMap::new(),
            tokens: Tokens::default(),
            due: None,
            last: Moment::of(o),
        })
    }

    pub(super) fn attest(&mut self, registry: &Registry, o: &Occurrence<'_>, e: &Attestation) -> Result<()> {
        if o.actor != self.root.author {
            let why =
                format!("{} was established by {}, who alone attests to it", self.root.id, self.root.author);
            return refuse(Code::NotHolder, why);
        }
        registry.require_authority(o.actor, Permission::GrantCapabilities)?;
        self.must_stand(0, o.time.millis(), registry)?;
        let more = attested(&self.root.held, &e.capabilities)?;
        self.root.held.extend(more);
        self.root.amended.push(o.sequence);
        Ok(())
    }
}

/// Agents and services hold grants; humans are responsible for them.
pub(super) fn may_hold(registry: &Registry, gid: &str) -> Result<()> {
    match registry.actor(gid) {
        None => refuse(Code::NotRegistered, format!("{gid} is not registered")),
        Some(actor) if actor.retired => refuse(Code::Retired, format!("{gid} was retired")),
        Some(actor) if actor.kind == ActorKind::Human => {
            refuse(Code::NotRegistered, format!("{gid} is a human; grants are for agents and services"))
        }
        Some(_) => Ok(()),
    }
}

/// A grant ends after it begins.
pub(super) fn ends_later(expires_at: Option<i64>, o: &Occurrence<'_>) -> Result<()> {
    match expires_at {
        Some(at) if at <= o.time.millis() => refuse(
            Code::ExpiryBeyond,
            "`expires_at` is not later than now, so that the grant would never begin",
        ),
        _ => Ok(()),
    }
}

/// The capabilities that are attested, none of them twice.
fn attested(before: &[Held], new: &[Attested]) -> Result<Vec<Held>> {
    if new.is_empty() {
        return refuse(Code::EmptyGrant, "no capability is attested");
    }
    if before.len().saturating_add(new.len()) > MAX_CAPABILITIES {
        return refuse(Code::InvalidIntent, format!("a grant holds at most {MAX_CAPABILITIES} capabilities"));
    }
    let mut held: Vec<Held> = Vec::with_capacity(new.len());
    for one in new {
        if before.iter().chain(&held).any(|h| h.pattern == one.capability) {
            return refuse(Code::GrantExists, format!("the capability {} is attested twice", one.capability));
        }
        held.push(Held {
            pattern: one.capability.clone(),
            effect: one.effect,
            own: boxed(&one.constraints),
            parent: 0,
            usage: None,
        });
    }
    Ok(held)
}
