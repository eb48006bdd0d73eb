//! GS_116: an artifact passes the orchestrator's gateway.
//!
//! Not whether the gates of the block were really passed. Source: seed 001 §§3, 10.1; DOMAIN.md §3.

use super::Check;
use super::execution::executed;
use super::facts::{Claim, Facts, Gateway};
use super::keys::{Block, Role};
use super::report::{Checked, Found, Outcome, Violation};
use super::roster::Roster;
use super::text::{clip, shown};
use crate::codes::Code;

const BLOCK: &str = "Give the artifact a GATEWAY_CHECKS block with `governance`, `assumptions` and `authority` (seed 001 §3.1).";
const GOVERNANCE: &str = "List the modes that govern the work under `governance`, such as FAIL_CLOSED.";
const AUTHORITY: &str = "Name the orchestrator as `authority`.";
const REQUESTER: &str = "Declare the GID of a registered agent, as `ledger agents` lists them.";
const STATE: &str = "Have the orchestrator open the gateway before work is done.";

fn violation(message: String, remedy: &'static str, line: Option<usize>) -> Violation {
    Violation { code: Code::GatewayBypass, message, remedy, line }
}

/// Checks the gateway.
pub fn check(facts: &Facts<'_>, roster: &Roster) -> Checked {
    let mut errors = block(facts);
    errors.extend(authority(facts, roster));
    errors.extend(requester(facts, roster));
    let declared = facts.gateway_states.iter().find(|s| is_shut(s.text));
    let state = match declared {
        Some(state) => state.text.to_ascii_uppercase(),
        None if errors.is_empty() => "OPEN".to_owned(),
        None => "CLOSED".to_owned(),
    };
    if let Some((shut, work)) = declared.zip(executed(facts).next()) {
        let message =
            format!("work is {} (line {}) while the gateway is {state}", shown(work.text), work.line);
        errors.push(violation(message, STATE, Some(shut.line)));
    }
    let message = match errors.first() {
        Some(error) => error.message.clone(),
        None => format!("the gateway block passes, state {state}"),
    };
    let outcome = Outcome {
        check: Check::Gateway,
        passed: errors.is_empty(),
        message,
        settled: vec![("state", Some(state))],
        found: found(facts, roster),
    };
    (outcome, errors)
}

fn is_shut(state: &str) -> bool {
    ["CLOSED", "BLOCKED"].iter().any(|s| state.eq_ignore_ascii_case(s))
}

fn block(facts: &Facts<'_>) -> Vec<Violation> {
    if facts.gateways.is_empty() {
        return vec![violation("there is no GATEWAY_CHECKS block".to_owned(), BLOCK, None)];
    }
    let silent = facts.gateways.values().filter(|g| !g.governance.iter().any(|(_, says)| *says));
    let report = |gateway: &Gateway| {
        let (message, line) = match gateway.governance.first() {
            Some((line, _)) => ("`governance` of the gateway block is empty", *line),
            None => ("the gateway block has no `governance`", gateway.line),
        };
        violation(message.to_owned(), GOVERNANCE, Some(line))
    };
    silent.map(report).collect()
}

/// The authority of the gateway block, else of the artifact; whoever else is named as authority bypasses the gateway.
fn authority(facts: &Facts<'_>, roster: &Roster) -> Vec<Violation> {
    let orchestrator = roster.orchestrator();
    let title = roster.title(orchestrator);
    let is_in_block = |c: &&Claim<'_>| c.block == Some(Block::Gateway);
    let all = || facts.claims.iter().filter(|c| c.role == Role::Authority && c.record.is_none());
    // Elsewhere the word has other uses (`authority: DELEGATED`).
    let names_agent = |c: &Claim<'_>| c.who.gid().is_some() || c.who.name.is_some_and(|n| roster.is_name(n));
    let others = all().filter(|c| (is_in_block(c) || names_agent(c)) && !c.who.is(orchestrator, roster));
    let mut errors: Vec<Violation> = others
        .map(|c| {
            violation(
                format!("`authority` is {}, not the orchestrator {title}", named(c)),
                AUTHORITY,
                Some(c.line),
            )
        })
        .collect();
    for line in &facts.empty_authority {
        errors.push(violation(
            "`authority` of the gateway block names nobody".to_owned(),
            AUTHORITY,
            Some(*line),
        ));
    }
    let stated = all().any(|c| is_in_block(&c) || names_agent(c));
    let block = facts.gateways.values().next();
    if let (Some(block), false, true) = (block, stated, errors.is_empty()) {
        let message =
            format!("the gateway block has no `authority`, and no other field names {title} as authority");
        errors.push(violation(message, AUTHORITY, Some(block.line)));
    }
    errors
}

/// Whom a field names, for a message.
pub fn named(claim: &Claim<'_>) -> String {
    shown(&claim.who.to_string())
}

fn requester(facts: &Facts<'_>, roster: &Roster) -> Vec<Violation> {
    let asked: Vec<(&str, usize)> = requesters(facts);
    if asked.is_empty() {
        return vec![violation(
            "no field says whose artifact it is, so nobody requests it".to_owned(),
            REQUESTER,
            None,
        )];
    }
    let refused = asked.iter().filter_map(|(gid, line)| {
        let why = roster.refusal(gid)?;
        Some(violation(format!("the requester {} {why}", shown(gid)), REQUESTER, Some(*line)))
    });
    refused.collect()
}

/// Who is named as requester by GID, else the first whose artifact it is said to be.
fn requesters<'a>(facts: &Facts<'a>) -> Vec<(&'a str, usize)> {
    let named = facts.claims.iter().filter(|c| c.role == Role::Requester && c.record.is_none());
    let named: Vec<(&str, usize)> = named.flat_map(|c| c.who.gids.iter().map(|gid| (*gid, c.line))).collect();
    if !named.is_empty() {
        return named;
    }
    facts.identity().find_map(|c| Some((c.who.gid()?, c.line))).into_iter().collect()
}

fn found(facts: &Facts<'_>, roster: &Roster) -> Vec<Found> {
    let gateways = || facts.gateways.values();
    let block = gateways().map(|g| Found { what: "gateway block", value: String::new(), line: g.line });
    let governance = gateways().flat_map(|g| &g.governance).map(|(line, says)| {
        let value = if *says { String::new() } else { "empty".to_owned() };
        Found { what: "governance", value, line: *line }
    });
    let authorities = facts.claims.iter().filter(|c| c.role == Role::Authority && c.record.is_none());
    let authorities =
        authorities.map(|c| Found { what: "authority", value: c.who.to_string(), line: c.line });
    let requesters = requesters(facts).into_iter();
    let requesters =
        requesters.map(|(gid, line)| Found { what: "requester", value: roster.title(gid), line });
    let states = facts.gateway_states.iter();
    let states = states.map(|s| Found { what: "gateway state", value: clip(s.text), line: s.line });
    let all = block.chain(governance).chain(authorities).chain(requesters).chain(states);
    let mut all: Vec<Found> = all.collect();
    all.sort_by_key(|f| f.line);
    all
}
