//! How the holder of a grant passes some of it on, hands it over, or is limited further.
//!
//! Invariant: what is passed on is within what is held, in every dimension, and signed with its depth. A grant that is handed over keeps
//! its place, its limits and what was used of them. Source: DOMAIN.md §9.

use super::establishment::{ends_later, may_hold};
use super::{Grant, Held, MAX_CAPABILITIES, MAX_DEPTH, Tree, boxed, refuse};
use crate::codes::Code;
use crate::constraint::{Constraints, Pattern};
use crate::error::Result;
use crate::event::body::trust::{Delegation, Permission, Posture, Reasoning, Tightening, Transfer};
use crate::names::{Gid, GrantId};
use crate::rules::Occurrence;
use crate::rules::pac::Moment;
use crate::rules::registry::Registry;
use crate::rules::trust::{End, EndKind};

impl Tree {
    pub(super) fn delegate(&mut self, registry: &Registry, o: &Occurrence<'_>, e: &Delegation) -> Result<()> {
        let at = self.index(&e.parent)?;
        self.must_be_new(&e.grant_id)?;
        self.may_pass_on(registry, o, at)?;
        self.may_receive(registry, at, o.actor, &e.agent_gid)?;
        let held = self.within(at, &e.capabilities)?;
        let depth = self.deeper(at, e.depth)?;
        for capability in &held {
            let limits = self.effective(at, capability.parent)?;
            passes(&limits, &e.grant_id, depth, &capability.pattern)?;
            tighter(&e.constraints, &limits, &capability.pattern)?;
            reasoned(&[&limits, &e.constraints], e.reasoning.as_ref())?;
        }
        well_reasoned(e.reasoning.as_ref())?;
        ends_later(e.expires_at, o)?;
        if let (Some(asked), Some(most)) = (e.expires_at, self.expiry(at))
            && asked > most
        {
            return refuse(
                Code::ExpiryBeyond,
                format!("{} would end {} ms after what it rests on", e.grant_id, asked.saturating_sub(most)),
            );
        }
        self.add(Grant {
            id: e.grant_id.clone(),
            parent: Some(at),
            holder: e.agent_gid.as_str().to_owned(),
            author: o.actor.to_owned(),
            since: Moment::of(o),
            depth,
            expires_at: e.expires_at,
            held,
            own: boxed(&e.constraints),
            task_id: e.task_id.clone(),
            end: None,
            suspended: None,
            amended: Vec::new(),
            usage: None,
        });
        Ok(())
    }

    pub(super) fn transfer(&mut self, registry: &Registry, o: &Occurrence<'_>, e: &Transfer) -> Result<()> {
        let at = self.index(&e.grant_id)?;
        self.must_be_new(&e.new_grant_id)?;
        self.may_pass_on(registry, o, at)?;
        let Some((grant, parent)) = self.at(at).and_then(|g| Some((g.clone(), g.parent?))) else {
            return refuse(
                Code::NotHolder,
                format!("{} is what an authority gave; it establishes the new holder itself", e.grant_id),
            );
        };
        self.may_receive(registry, parent, o.actor, &e.agent_gid)?;
        for (index, capability) in grant.held.iter().enumerate() {
            let limits = self.effective(at, index)?;
            passes(&limits, &e.new_grant_id, grant.depth, &capability.pattern)?;
            reasoned(&[&limits], e.reasoning.as_ref())?;
        }
        well_reasoned(e.reasoning.as_ref())?;
        let when = Moment::of(o);
        if let Some(old) = self.at_mut(at) {
            old.end = Some(End {
                by: o.actor.to_owned(),
                kind: EndKind::Transferred,
                when,
                effective: o.time.millis(),
                reason: e.reason.as_str().to_owned(),
            });
        }
        self.add(Grant {
            id: e.new_grant_id.clone(),
            holder: e.agent_gid.as_str().to_owned(),
            author: o.actor.to_owned(),
            since: when,
            // The tightenings of the old grant are part of what the new one is.
            amended: std::iter::once(grant.since.sequence).chain(grant.amended.iter().copied()).collect(),
            ..grant
        });
        Ok(())
    }

    pub(super) fn tighten(&mut self, registry: &Registry, o: &Occurrence<'_>, e: &Tightening) -> Result<()> {
        let at = self.index(&e.grant_id)?;
        self.may_limit(registry, o, at)?;
        if e.constraints.is_empty() {
            return refuse(Code::InvalidIntent, "nothing to tighten: `constraints` names none");
        }
        let held = self.at(at).map(|g| g.held.clone()).unwrap_or_default();
        for (index, capability) in held.iter().enumerate() {
            tighter(&e.constraints, &self.effective(at, index)?, &capability.pattern)?;
        }
        if let Some(grant) = self.at_mut(at) {
            let own = grant.own.as_deref().cloned().unwrap_or_default();
            grant.own = boxed(&own.meet(&e.constraints)?);
            grant.amended.push(o.sequence);
        }
        Ok(())
    }

    /// Only its holder passes on a grant, while it is good, and with a posture for that.
    fn may_pass_on(&self, registry: &Registry, o: &Occurrence<'_>, at: usize) -> Result<()> {
        let Some(grant) = self.at(at) else { return Ok(()) };
        if o.actor != grant.holder {
            return refuse(
                Code::NotHolder,
                format!("{} is held by {}, not by {}", grant.id, grant.holder, o.actor),
            );
        }
        self.must_stand(at, o.time.millis(), registry)?;
        let posture = registry.standing().posture(o.actor);
        if posture < Posture::Delegating {
            let why = format!("{} is {}, and passes nothing on", o.actor, posture.as_str());
            return refuse(Code::PostureTooLow, why);
        }
        Ok(())
    }

    /// Whether the agent may receive something that rests on this grant.
    fn may_receive(&self, registry: &Registry, at: usize, giver: &str, to: &Gid) -> Result<()> {
        may_hold(registry, to.as_str())?;
        if to.as_str() == giver {
            return refuse(Code::DelegationCycle, format!("{to} would give something to itself"));
        }
        let above = self.chain(at).find(|(_, g)| g.holder == to.as_str());
        if let Some((_, grant)) = above {
            return refuse(
                Code::DelegationCycle,
                format!("{to} holds {}, which this would rest on", grant.id),
            );
        }
        Ok(())
    }

    /// The parent's capabilities that these are within.
    fn within(&self, at: usize, asked: &[Pattern]) -> Result<Vec<Held>> {
        let Some(parent) = self.at(at) else { return Ok(Vec::new()) };
        if asked.is_empty() {
            return refuse(Code::EmptyGrant, "the grant names no capability");
        }
        if asked.len() > MAX_CAPABILITIES {
            return refuse(
                Code::InvalidIntent,
                format!("a grant holds at most {MAX_CAPABILITIES} capabilities"),
            );
        }
        let mut held: Vec<Held> = Vec::with_capacity(asked.len());
        for pattern in asked {
            if held.iter().any(|h| h.pattern == *pattern) {
                return refuse(Code::InvalidIntent, format!("the capability {pattern} is named twice"));
            }
            let Some((index, from)) = closest(&parent.held, |p| p.covers(pattern)) else {
                return refuse(Code::CapabilityNotHeld, format!("{} does not hold {pattern}", parent.id));
            };
            held.push(Held {
                pattern: pattern.clone(),
                effect: from.effect,
                own: None,
                parent: index,
                usage: None,
            });
        }
        Ok(held)
    }

    /// One more than the parent's depth, as it was signed, and no deeper than anything allows.
    fn deeper(&self, at: usize, signed: u32) -> Result<u32> {
        let depth = self.at(at).map_or(0, |g| g.depth).saturating_add(1);
        if depth > MAX_DEPTH {
            return refuse(
                Code::DelegationDepth,
                format!("the grant would have depth {depth}; at most {MAX_DEPTH} is allowed"),
            );
        }
        if signed != depth {
            return refuse(
                Code::DelegationDepth,
                format!("the grant has depth {depth}, and {signed} was signed"),
            );
        }
        Ok(depth)
    }

    /// Who stands above, and admins, may limit and end what rests on a grant.
    pub(super) fn may_limit(&self, registry: &Registry, o: &Occurrence<'_>, at: usize) -> Result<()> {
        if registry.require_admin(o).is_ok() {
            return Ok(());
        }
        if self.root.author == o.actor {
            return registry.require_authority(o.actor, Permission::RevokeCapabilities);
        }
        if self.is_upstream(o.actor, at) {
            return Ok(());
        }
        let id = self.at(at).map_or(&self.root.id, |g| &g.id);
        refuse(Code::NotHolder, format!("{} does not stand above {id}", o.actor))
    }
}

/// Of the capabilities that fit, the one that says most: the longest text; of equal ones the first.
pub(super) fn closest(held: &[Held], fits: impl Fn(&Pattern) -> bool) -> Option<(usize, &Held)> {
    let fitting = held.iter().enumerate().filter(|(_, h)| fits(&h.pattern));
    fitting.max_by_key(|(index, h)| {
        let literal = !h.pattern.as_str().contains('*');
        (literal, h.pattern.as_str().len(), usize::MAX.saturating_sub(*index))
    })
}

/// Whether the limits let a capability be passed on to this depth.
fn passes(limits: &Constraints, id: &GrantId, depth: u32, capability: &Pattern) -> Result<()> {
    if limits.no_delegation == Some(true) {
        let why = format!("no_delegation: {capability} is not passed on");
        return refuse(Code::ConstraintViolated, why);
    }
    match limits.max_delegation_depth {
        Some(most) if depth > most => refuse(
            Code::DelegationDepth,
            format!("max_delegation_depth: {id} would have depth {depth}; at most {most} is allowed"),
        ),
        _ => Ok(()),
    }
}

/// Nothing is allowed that was not allowed before.
fn tighter(child: &Constraints, limits: &Constraints, capability: &Pattern) -> Result<()> {
    let widenings = child.widenings(limits);
    if widenings.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = widenings.iter().map(|w| format!("{}: {}", w.kind, w.message)).collect();
    refuse(Code::ConstraintWidened, format!("for {capability}: {}", all.join("; ")))
}

/// Where a constraint wants the reasons, they are there.
pub(super) fn reasoned(limits: &[&Constraints], reasoning: Option<&Reasoning>) -> Result<()> {
    let required = limits.iter().any(|l| l.reasoning_required == Some(true));
    if required && reasoning.is_none() {
        return refuse(
            Code::ConstraintViolated,
            "reasoning_required: the decision comes without its reasoning",
        );
    }
    Ok(())
}

/// Reasoning says why: in clear, or by the digest of what is not said here.
pub(super) fn well_reasoned(reasoning: Option<&Reasoning>) -> Result<()> {
    let Some(reasoning) = reasoning else { return Ok(()) };
    let said = reasoning.rationale.as_ref().is_some_and(|r| !r.is_blank());
    if !said && reasoning.rationale_digest.is_none() {
        return refuse(Code::InvalidIntent, "`reasoning` has a `rationale`, or the digest of one");
    }
    match reasoning.confidence {
        Some(c) if !(0.0..=1.0).contains(&c) => {
            refuse(Code::InvalidIntent, "`confidence` is between 0 and 1")
        }
        _ => Ok(()),
    }
}
