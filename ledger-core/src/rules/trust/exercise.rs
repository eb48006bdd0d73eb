//! Whether an action is allowed under a grant, and the count of those that were taken.
//!
//! Invariant: what is counted is counted here, from the log: at the grant and at everything that it rests on, in constant time. Source:
//! DOMAIN.md §9 ("budgets, rates and calls").

use super::delegation::{closest, well_reasoned};
use super::{Grant, Held, Reason, Tree, TreeDue, TreeDueKind, Use, refuse};
use crate::codes::Code;
use crate::constraint::{Breach, Constraints, Effect, Request, Usage, effect_of};
use crate::entry::Auth;
use crate::error::Result;
use crate::event::body::trust::{Exercise, Posture};
use crate::rules::Occurrence;
use crate::rules::registry::Registry;

/// The capability of a grant that an action falls under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The grant.
    pub grant: usize,
    /// Its capability.
    pub held: usize,
}

impl Exercise {
    /// The request that it is.
    #[must_use]
    pub fn request(&self, time: i64) -> Request {
        Request {
            action: self.action.clone(),
            effect: self.effect.unwrap_or(Effect::Read),
            resource: self.resource.clone(),
            cost: self.cost,
            data_scope: self.data_scope.clone(),
            target: self.target.clone(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            pii: self.pii,
            reasoning: self.reasoning.is_some(),
            time,
        }
    }
}

impl Tree {
    /// The capability that an action falls under; and the request as it is judged then: whether it writes is not for the caller to deny.
    #[must_use]
    pub fn fit(&self, at: usize, request: &Request) -> Option<(Fit, Request)> {
        let grant = self.at(at)?;
        let (held, capability) = closest(&grant.held, |p| p.matches(&request.action))?;
        let judged = capability.effect.unwrap_or_else(|| effect_of(&request.action));
        let effect = if request.effect == Effect::Write { Effect::Write } else { judged };
        Some((Fit { grant: at, held }, Request { effect, ..request.clone() }))
    }

    /// Why the constraints do not allow a request: all of the grant and of everything that it rests on.
    #[must_use]
    pub fn breaches(&self, fit: Fit, request: &Request) -> Vec<Reason> {
        let mut all = Vec::new();
        let mut held = Some(fit.held);
        for (_, grant) in self.chain(fit.grant) {
            let capability = held.and_then(|h| grant.held.get(h));
            let limits = [
                (grant.own.as_deref(), grant.usage.as_deref()),
                capability.map_or((None, None), |c| (c.own.as_deref(), c.usage.as_deref())),
            ];
            for (constraints, usage) in limits {
                let Some(constraints) = constraints else { continue };
                all.extend(judge(constraints, usage, request).into_iter().map(|b| Reason {
                    code: Code::ConstraintViolated,
                    message: format!("{}: {}", b.constraint, b.message),
                    grant_id: Some(grant.id.clone()),
                }));
            }
            held = capability.map(|c| c.parent);
        }
        all
    }

    pub(super) fn exercise(&mut self, registry: &Registry, o: &Occurrence<'_>, e: &Exercise) -> Result<()> {
        let at = self.index(&e.grant_id)?;
        if e.bearer {
            // Whoever brings the token: it is what lets them.
        } else if o.auth < Auth::Signed {
            return refuse(Code::SignatureRequired, "a use without a grant token is signed");
        } else {
            self.may_record(registry, o, at)?;
            self.of_itself(registry, o, e, at)?;
        }
        self.must_stand(at, o.time.millis(), registry)?;
        well_reasoned(e.reasoning.as_ref())?;
        let Some((fit, request)) = self.fit(at, &e.request(o.time.millis())) else {
            return refuse(Code::CapabilityNotHeld, format!("{} does not hold {}", e.grant_id, e.action));
        };
        let breaches = self.breaches(fit, &request);
        if !breaches.is_empty() {
            let all: Vec<String> = breaches.iter().map(Reason::to_string).collect();
            return refuse(Code::ConstraintViolated, all.join("; "));
        }
        if e.bearer {
            self.bears(o, registry, fit, &request)?;
            self.due = Some(TreeDue::of(o, TreeDueKind::Usage(fit, Box::new(request.clone()))));
        }
        self.count(fit, &request);
        let bearer = e.bearer.then(|| o.actor.to_owned());
        self.exercises.insert(o.sequence, Use { grant: at, action: e.action.as_str().to_owned(), bearer });
        Ok(())
    }

    /// Its holder, who stands above, the orchestrator and admins record what is done under a grant.
    pub(super) fn may_record(&self, registry: &Registry, o: &Occurrence<'_>, at: usize) -> Result<()> {
        let holder = self.at(at).is_some_and(|g| g.holder == o.actor);
        if holder
            || o.actor == registry.orchestrator()
            || self.is_upstream(o.actor, at)
            || registry.require_admin(o).is_ok()
        {
            return Ok(());
        }
        let id = self.at(at).map_or(&self.root.id, |g| &g.id);
        refuse(Code::NotHolder, format!("{} neither holds {id} nor stands above it", o.actor))
    }

    /// What an agent records of itself needs a posture for it.
    fn of_itself(&self, registry: &Registry, o: &Occurrence<'_>, e: &Exercise, at: usize) -> Result<()> {
        if self.at(at).is_none_or(|g| g.holder != o.actor) {
            return Ok(());
        }
        let least = if e.pac_id.is_some() { Posture::Supervised } else { Posture::Autonomous };
        let posture = registry.standing().posture(o.actor);
        if posture >= least {
            return Ok(());
        }
        let what = if e.pac_id.is_some() { "within a PAC" } else { "outside any PAC" };
        let why = format!(
            "{} is {}; to act {what} of its own accord it must be {}",
            o.actor,
            posture.as_str(),
            least.as_str()
        );
        refuse(Code::PostureTooLow, why)
    }

    /// Counts an action at the grant and at everything that it rests on.
    fn count(&mut self, fit: Fit, request: &Request) {
        let (mut next, mut held) = (Some(fit.grant), Some(fit.held));
        while let Some(at) = next {
            let Some(grant) = self.at_mut(at) else { break };
            count(&mut grant.usage, grant.own.as_deref(), request);
            let capability = held.and_then(|h| grant.held.get_mut(h));
            held = capability.map(|c: &mut Held| {
                if c.own.is_some() {
                    count(&mut c.usage, c.own.as_deref(), request);
                }
                c.parent
            });
            next = grant.parent;
        }
    }
}

fn judge(constraints: &Constraints, usage: Option<&Usage>, request: &Request) -> Vec<Breach> {
    let mut all = constraints.evaluate(request);
    match usage {
        Some(usage) => all.extend(usage.breaches(constraints, request)),
        None => all.extend(Usage::default().breaches(constraints, request)),
    }
    all
}

fn count(usage: &mut Option<Box<Usage>>, limits: Option<&Constraints>, request: &Request) {
    let unlimited = Constraints::default();
    usage.get_or_insert_default().count(limits.unwrap_or(&unlimited), request);
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.grant_id {
            Some(id) => write!(f, "{} (by {id})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Grant {
    /// How many actions were taken by it and by everything below.
    #[must_use]
    pub fn actions(&self) -> u64 {
        self.usage.as_ref().map_or(0, |u| u.actions())
    }

    /// What they cost together, as a decimal number.
    #[must_use]
    pub fn spent(&self) -> String {
        self.usage.as_ref().map_or_else(|| "0".to_owned(), |u| u.spent())
    }
}
