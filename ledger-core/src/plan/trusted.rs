//! The part of the check that asks the ledger: is everybody there, do the grants hold what is passed on, and for as long as the plan may take.

use super::findings::{Finding, Rule};
use super::{Plan, PlannedGrant, Shape, Step};
use crate::constraint::{Amount, Request, Usage};
use crate::event::body::trust::Posture;
use crate::rules::Registry;
use crate::rules::registry::ActorKind;
use crate::rules::trust::MAX_DEPTH;
use crate::time::Timestamp;
use crate::trust::{Forest, Holding};

/// Checks it; the grants only of a plan whose form is `whole`.
pub(super) fn check(
    plan: &Plan,
    shape: Shape,
    forest: &Forest,
    time: i64,
    whole: bool,
    found: &mut Vec<Finding>,
) {
    let registry = forest.registry();
    for (name, agent) in &plan.agents {
        let place = format!("agents.{name}.gid");
        if let Some(why) = unfit(registry, agent.gid.as_str(), plan) {
            found.push(Finding::new(Rule::Registry, place, why));
        } else if plan.require_trust && !is_trusted(forest, agent.gid.as_str(), time) {
            let message = format!("{} holds no grant that is good (`require_trust`)", agent.gid);
            found.push(Finding::new(Rule::Trust, place, message));
        }
    }
    let initiator = &plan.initiator;
    let holding = forest.placed(initiator.root(), &initiator.grant);
    let Some(holding) = holding.filter(|h| h.grant.holder == initiator.gid.as_str()) else {
        let message =
            format!("{} holds no grant {} of the tree {}", initiator.gid, initiator.grant, initiator.root());
        return found.push(Finding::new(Rule::Trust, "initiator.grant", message));
    };
    for reason in holding.tree.failings(holding.at, time, registry) {
        found.push(Finding::new(Rule::Trust, "initiator.grant", reason.to_string()));
    }
    let end = time.saturating_add(i64::from(plan.timeout_seconds).saturating_mul(1_000));
    if let Some(expiry) = holding.tree.expiry(holding.at).filter(|expiry| *expiry < end) {
        let at = Timestamp::from_millis(expiry).map(|t| t.to_string()).unwrap_or_default();
        let message = format!("it ends at {at}, and the plan may take {} s", plan.timeout_seconds);
        found.push(Finding::new(Rule::Expiry, "initiator.grant", message));
    }
    if whole {
        grants(plan, shape, &holding, registry, time, found);
    }
}

/// Why an actor cannot be the agent of a step.
fn unfit(registry: &Registry, gid: &str, plan: &Plan) -> Option<String> {
    let Some(actor) = registry.actor(gid) else { return Some(format!("{gid} is not registered")) };
    if actor.retired {
        return Some(format!("{gid} was retired"));
    }
    if actor.kind != ActorKind::Agent {
        return Some(format!("{gid} is no agent"));
    }
    if gid == registry.orchestrator() {
        return Some(format!("{gid} is the orchestrator, which does no agent's work"));
    }
    (!actor.lanes.contains(&plan.lane)).then(|| format!("{gid} is not authorised for the lane {}", plan.lane))
}

fn is_trusted(forest: &Forest, gid: &str, time: i64) -> bool {
    forest.held_by(gid).any(|h| h.tree.failings(h.at, time, forest.registry()).is_empty())
}

/// Whether everything could be passed on that the pattern passes on.
fn grants(
    plan: &Plan,
    shape: Shape,
    holding: &Holding<'_>,
    registry: &Registry,
    time: i64,
    found: &mut Vec<Finding>,
) {
    let all = shape.grants(&plan.steps);
    for grant in &all {
        let Some(step) = plan.steps.get(grant.to) else { continue };
        let place = format!("steps.{}", step.id);
        giver(plan, grant, registry, &place, found);
        let depth = holding.grant.depth.saturating_add(grant.depth);
        if depth > MAX_DEPTH {
            let message = format!("its grant would have depth {depth}; at most {MAX_DEPTH} is allowed");
            found.push(Finding::new(Rule::Depth, &place, message));
        }
        capability(plan, (step, &chain_of(&all, grant.to)), depth, holding, time, &place, found);
    }
    budget(plan, holding, time, found);
}

/// Whoever passes something on signs it, and has a posture for that.
fn giver(plan: &Plan, grant: &PlannedGrant, registry: &Registry, place: &str, found: &mut Vec<Finding>) {
    let from = match grant.from.and_then(|at| plan.steps.get(at)) {
        Some(step) => plan.agent(step).map(|a| &a.gid),
        None => Some(&plan.initiator.gid),
    };
    let Some(gid) = from else { return };
    let signs = registry.actor(gid.as_str()).is_some_and(|a| a.keys.iter().any(|k| k.until.is_none()));
    if !signs {
        let message = format!("{gid} passes its grant on, and has no key to sign with");
        found.push(Finding::new(Rule::Registry, place, message));
    }
    let posture = registry.standing().posture(gid.as_str());
    if posture < Posture::Delegating {
        let message = format!("{gid} passes its grant on, and is {}", posture.as_str());
        found.push(Finding::new(Rule::Trust, place, message));
    }
}

/// Whether the initiator's grant holds what the step does, and lets it.
fn capability(
    plan: &Plan,
    (step, chain): (&Step, &[usize]),
    depth: u32,
    holding: &Holding<'_>,
    time: i64,
    place: &str,
    found: &mut Vec<Finding>,
) {
    let mut say =
        |rule, what: &str, message: String| found.push(Finding::new(rule, format!("{place}{what}"), message));
    let Some((fit, request)) = holding.tree.fit(holding.at, &step.request(time)) else {
        let message = format!("{} does not hold {}", holding.grant.id, step.capability);
        return say(Rule::Capability, ".capability", message);
    };
    let limits = match holding.tree.effective(fit.grant, fit.held) {
        Ok(limits) => limits,
        Err(e) => return say(Rule::Constraints, "", e.message),
    };
    // What limits a grant limits everything that is passed on from it.
    let above: Vec<&Step> = chain
        .split_last()
        .map_or(&[][..], |(_, above)| above)
        .iter()
        .filter_map(|at| plan.steps.get(*at))
        .collect();
    let first = above.is_empty();
    let mut limits = if first { limits } else { limits.narrowed_by(&plan.constraints) };
    for step in above {
        limits = limits.narrowed_by(&step.constraints);
    }
    if limits.no_delegation == Some(true) {
        say(Rule::Constraints, "", format!("no_delegation: {} is not passed on", step.capability));
    }
    if let Some(most) = limits.max_delegation_depth.filter(|most| depth > *most) {
        say(Rule::Depth, "", format!("max_delegation_depth: {depth} is deeper than {most}"));
    }
    let of_plan = ("constraints".to_owned(), &plan.constraints);
    let own = (format!("{place}.constraints"), &step.constraints);
    for (whose, own) in first.then_some(of_plan).into_iter().chain([own]) {
        for widening in own.widenings(&limits) {
            let message = format!("{}: {}", widening.kind, widening.message);
            found.push(Finding::new(Rule::Constraints, &whose, message));
        }
        limits = limits.narrowed_by(own);
    }
    for breach in limits.evaluate(&request) {
        found.push(Finding::new(
            Rule::Constraints,
            place,
            format!("{}: {}", breach.constraint, breach.message),
        ));
    }
}

/// The steps whose grants a step's rests on, the first one first and itself last.
fn chain_of(grants: &[PlannedGrant], to: usize) -> Vec<usize> {
    let mut chain = vec![to];
    let mut at = to;
    while let Some(from) = grants.iter().find(|g| g.to == at).and_then(|g| g.from) {
        if chain.len() > grants.len() {
            break;
        }
        chain.push(from);
        at = from;
    }
    chain.reverse();
    chain
}

/// Whether all steps together, each once, stay within what is left.
fn budget(plan: &Plan, holding: &Holding<'_>, time: i64, found: &mut Vec<Finding>) {
    let micros = plan.steps.iter().filter_map(|s| s.cost).map(|c| u128::from(c.micros())).sum::<u128>();
    let total = u64::try_from(micros).ok().and_then(Amount::from_micros);
    let Some(step) = plan.steps.first() else { return };
    let Some(total) = total else {
        return found.push(Finding::new(
            Rule::Constraints,
            "steps",
            "they cost more together than can be counted",
        ));
    };
    if let Some(limit) = plan.constraints.budget_limit.filter(|limit| total > *limit) {
        let message = format!("budget_limit: the steps cost {total} together, and the plan allows {limit}");
        found.push(Finding::new(Rule::Constraints, "constraints.budget_limit", message));
    }
    let request = Request { cost: Some(total), ..step.request(time) };
    for (_, grant) in holding.tree.chain(holding.at) {
        let Some(own) = grant.own.as_deref() else { continue };
        let none = Usage::default();
        let usage = grant.usage.as_deref().unwrap_or(&none);
        for breach in usage.breaches(own, &request).iter().filter(|b| b.constraint == "budget_limit") {
            let message = format!("{}: all steps together: {}", grant.id, breach.message);
            found.push(Finding::new(Rule::Constraints, "steps", message));
        }
    }
}
