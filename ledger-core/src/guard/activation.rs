//! GS_117: an agent acts when the orchestrator has activated it.
//!
//! The orchestrator, humans and services need no activation. A name that is not the activated GID's is GS_118.
//! Source: seed 001 §4; DOMAIN.md §3.

use super::Check;
use super::facts::{Activation, Facts};
use super::gateway::named;
use super::identity;
use super::keys::Role;
use super::report::{Checked, Found, Outcome, Violation};
use super::roster::Roster;
use super::text::shown;
use crate::codes::Code;

const BLOCK: &str = "Give the artifact an AGENT_ACTIVATION_ACK block with `agent_name`, `gid` and `activated_by` (seed 001 §4.1).";
const WHO: &str = "Activate an agent that `ledger agents` lists.";
const BY: &str = "Have the orchestrator activate the agent, and say so in `activated_by`.";

fn violation(message: String, remedy: &'static str, line: Option<usize>) -> Violation {
    Violation { code: Code::SelfActivation, message, remedy, line }
}

/// Checks the activations.
pub fn check(facts: &Facts<'_>, roster: &Roster) -> Checked {
    let mut errors = Vec::new();
    let agent = facts.agent();
    let exempt = agent.filter(|(gid, _)| !roster.needs_activation(gid));
    if facts.activations.is_empty() && exempt.is_none() {
        errors.push(violation("there is no AGENT_ACTIVATION_ACK block".to_owned(), BLOCK, None));
    }
    for activation in facts.activations.values() {
        one(facts, activation, roster, &mut errors);
    }
    let elsewhere = facts.claims.iter().filter(|c| c.role == Role::ActivatedBy && c.block.is_none());
    for claim in elsewhere.filter(|c| !c.who.is(roster.orchestrator(), roster)) {
        let message = format!("`activated_by` is {}, not the orchestrator", named(claim));
        errors.push(violation(message, BY, Some(claim.line)));
    }
    let title = agent.map(|(gid, _)| identity::declared(facts, gid, roster));
    let message = match (errors.first(), &title, exempt.is_some()) {
        (Some(error), ..) => error.message.clone(),
        (None, Some(title), true) => format!("{title} needs no activation"),
        (None, Some(title), false) => format!("{title} is activated"),
        (None, None, _) => "nobody is activated".to_owned(),
    };
    let by = facts.claims.iter().find(|c| c.role == Role::ActivatedBy);
    let settled = vec![("agent", title), ("activated_by", by.map(|c| c.who.to_string()))];
    let outcome = Outcome {
        check: Check::Activation,
        passed: errors.is_empty(),
        message,
        settled,
        found: found(facts),
    };
    (outcome, errors)
}

fn one(facts: &Facts<'_>, activation: &Activation, roster: &Roster, errors: &mut Vec<Violation>) {
    let Some((gid, line)) = facts.activated(activation) else {
        errors.push(violation("the activation block names no GID".to_owned(), WHO, Some(activation.line)));
        return;
    };
    if let Some(why) = roster.refusal(gid) {
        errors.push(violation(format!("the activated {} {why}", shown(gid)), WHO, Some(line)));
    }
    let claims = || activation.claims.iter().filter_map(|i| facts.claims.get(*i)).filter(|c| c.declares());
    errors.extend(claims().filter_map(|c| identity::other_name(c, gid, roster)));
    if claims().all(|c| c.who.name.is_none()) {
        errors.extend(identity::nameless(gid, line, roster));
    }
    let mut by = facts.of_activation(activation, Role::ActivatedBy).peekable();
    if by.peek().is_none() && roster.needs_activation(gid) {
        let message = format!("the activation of {} has no `activated_by`", roster.title(gid));
        errors.push(violation(message, BY, Some(activation.line)));
    }
    for claim in by.filter(|c| !c.who.is(roster.orchestrator(), roster)) {
        let title = roster.title(gid);
        let message = if claim.who.is(gid, roster) {
            format!("{title} activates itself")
        } else {
            format!("{title} is activated by {}, not by the orchestrator", named(claim))
        };
        errors.push(violation(message, BY, Some(claim.line)));
    }
}

fn found(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for activation in facts.activations.values() {
        found.push(Found { what: "activation block", value: String::new(), line: activation.line });
        let claims = activation.claims.iter().filter_map(|i| facts.claims.get(*i));
        found.extend(claims.filter_map(|c| {
            let what = match c.role {
                Role::ActivatedBy => "activated by",
                _ if c.declares() => "activated",
                _ => return None,
            };
            Some(Found { what, value: c.who.to_string(), line: c.line })
        }));
    }
    found
}
