//! GS_118: one agent throughout, under its registered name, in a lane that it may work in.
//!
//! A GID in prose declares nothing. The orchestrator may stand in fields of authority, and its artifacts may list other agents: it assigns
//! their work. Names and lanes in such lists must be right all the same. Source: seed 001 §5; DOMAIN.md §3.

use super::Check;
use super::facts::{Claim, Facts, Word};
use super::gateway::named;
use super::keys::Role;
use super::report::{Checked, Found, Outcome, Violation};
use super::roster::{Roster, same_name};
use super::text::{clip, shown};
use crate::codes::Code;
use std::collections::{BTreeMap, BTreeSet};

const WHO: &str =
    "Declare the agent whose artifact it is: `gid` and `agent_name`, as `ledger agents` lists them.";
const NAME: &str = "Use the GID and the name that belong together, as `ledger agents` lists them.";
const ONE: &str = "Name one agent in all fields that declare an identity; the orchestrator may stand in fields of authority.";
const LANE: &str = "Declare a lane that `ledger agents` lists for the agent, or give the work to another.";

fn violation(message: String, remedy: &'static str, line: Option<usize>) -> Violation {
    Violation { code: Code::IdentityDrift, message, remedy, line }
}

/// Checks the identity.
pub fn check(facts: &Facts<'_>, roster: &Roster) -> Checked {
    let mut errors = pairs_elsewhere(facts, roster);
    let agent = facts.agent();
    match agent {
        None => {
            errors.push(violation("no field declares whose artifact it is by a GID".to_owned(), WHO, None));
        }
        Some((gid, line)) => {
            errors.extend(own(facts, gid, line, roster));
            errors.extend(foreign(facts, gid, roster));
            errors.extend(attestors(facts, gid, roster));
        }
    }
    errors.extend(records(facts, roster));
    let title = agent.map(|(gid, _)| declared(facts, gid, roster));
    let lane = facts.lane().map(|l| l.text.to_ascii_uppercase());
    let message = match (errors.first(), &title, &lane) {
        (Some(error), ..) => error.message.clone(),
        (None, Some(title), Some(lane)) => format!("{title} throughout, in lane {lane}"),
        (None, Some(title), None) => format!("{title} throughout, no lane declared"),
        (None, None, _) => "nobody is declared".to_owned(),
    };
    let settled = vec![("declared", title), ("lane", lane)];
    let outcome =
        Outcome { check: Check::Identity, passed: errors.is_empty(), message, settled, found: found(facts) };
    (outcome, errors)
}

/// Name and GID as they are declared.
pub fn declared(facts: &Facts<'_>, gid: &str, roster: &Roster) -> String {
    let name = facts.name().or_else(|| roster.name(gid));
    name.map_or_else(|| clip(gid), |name| format!("{} ({})", clip(name), clip(gid)))
}

/// A name that is not that of its GID: of the one beside it, else of the agent whose artifact it is.
pub fn other_name(claim: &Claim<'_>, agent: &str, roster: &Roster) -> Option<Violation> {
    if let Some(gid) = claim.who.gid() {
        let name = claim.who.other_name(roster, claim.declares())?;
        return Some(misnamed(gid, name, claim.line, roster));
    }
    let (name, registered) = claim.who.name.zip(roster.name(agent))?;
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let is_own = same_name(name, registered) || words.any(|w| same_name(w, registered));
    let is_name = claim.role == Role::Agent || roster.is_name(name);
    (!is_own && is_name).then(|| misnamed(agent, name, claim.line, roster))
}

fn misnamed(gid: &str, name: &str, line: usize, roster: &Roster) -> Violation {
    let registered = roster.name(gid).unwrap_or_default();
    violation(format!("{gid} is {registered}, not {}", shown(name)), NAME, Some(line))
}

/// The violation of a GID that is declared without a name, where the name is known.
pub fn nameless(gid: &str, line: usize, roster: &Roster) -> Option<Violation> {
    let name = roster.name(gid)?;
    Some(violation(format!("{gid} is declared without its name, {name}"), NAME, Some(line)))
}

/// Registration, names and lanes of the agent whose artifact it is.
fn own(facts: &Facts<'_>, gid: &str, line: usize, roster: &Roster) -> Vec<Violation> {
    if let Some(why) = roster.refusal(gid) {
        return vec![violation(format!("{} {why}, so it may work in no lane", shown(gid)), NAME, Some(line))];
    }
    let mut errors = lanes(gid, facts.lanes.iter().filter(|l| l.record.is_none()), roster);
    if facts.name().is_none() {
        errors.extend(nameless(gid, line, roster));
    }
    errors
}

/// Lanes that the agent may not work in, each once.
fn lanes<'l>(gid: &str, lanes: impl Iterator<Item = &'l Word<'l>>, roster: &Roster) -> Vec<Violation> {
    let mut refused = BTreeMap::new();
    for lane in lanes {
        let name = lane.text.to_ascii_uppercase();
        if !roster.may_work_in(gid, &name) {
            refused.entry(name).or_insert(lane.line);
        }
    }
    let why = |(lane, line): (String, usize)| {
        let title = roster.title(gid);
        let message = if roster.is_lane(&lane) {
            format!("{title} is not authorised for lane {lane}")
        } else {
            format!("there is no lane {}, for {title} or anyone", shown(&lane))
        };
        violation(message, LANE, Some(line))
    };
    refused.into_iter().map(why).collect()
}

/// Other agents in fields that declare an identity, each once; and names that are not the agent's.
fn foreign(facts: &Facts<'_>, agent: &str, roster: &Roster) -> Vec<Violation> {
    let assigns = agent == roster.orchestrator();
    let mut others: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for claim in facts.claims.iter().filter(|c| c.declares() && !(assigns && c.record.is_some())) {
        for gid in claim.who.gids.iter().filter(|g| **g != agent) {
            others.entry(gid).or_default().push(claim.line);
        }
    }
    let names: BTreeSet<String> =
        others.keys().filter_map(|gid| Some(roster.name(gid)?.to_lowercase())).collect();
    let is_others = |c: &Claim<'_>| {
        c.who.gids.is_empty() && c.who.name.is_some_and(|n| names.contains(&n.to_lowercase()))
    };
    let registered = roster.refusal(agent).is_none();
    let fields = facts.identity().filter(|c| registered || c.who.gid().is_some());
    let mut errors: Vec<Violation> =
        fields.filter_map(|c| other_name(c, agent, roster).filter(|_| !is_others(c))).collect();
    let title = roster.title(agent);
    for (gid, lines) in &others {
        let message = format!("{} is declared beside {title} ({})", other_title(gid, roster), places(lines));
        errors.push(violation(message, ONE, lines.first().copied()));
    }
    errors
}

fn other_title(gid: &str, roster: &Roster) -> String {
    roster.name(gid).map_or_else(|| shown(gid), |name| format!("{name} ({gid})"))
}

/// Lines, for a message.
fn places(lines: &[usize]) -> String {
    let mut numbers: Vec<String> = lines.iter().take(5).map(usize::to_string).collect();
    if lines.len() > numbers.len() {
        numbers.push("...".to_owned());
    }
    format!("line{} {}", if lines.len() == 1 { "" } else { "s" }, numbers.join(", "))
}

/// Agents in fields of authority who are neither the orchestrator nor the agent itself; humans and services may stand there.
fn attestors(facts: &Facts<'_>, agent: &str, roster: &Roster) -> Vec<Violation> {
    let assigns = agent == roster.orchestrator();
    let fields = facts.claims.iter().filter(|c| c.role == Role::Attestor && !(assigns && c.record.is_some()));
    let is_other = |claim: &&Claim<'_>| {
        let by_name = claim.who.name.filter(|n| claim.who.gids.is_empty() && roster.is_name(n));
        let known = |gid: &str| by_name.zip(roster.name(gid)).is_some_and(|(n, own)| same_name(n, own));
        let by_gid = claim.who.gids.iter().any(|gid| *gid != agent && roster.needs_activation(gid));
        by_gid || (by_name.is_some() && !known(agent) && !known(roster.orchestrator()))
    };
    let title = roster.title(agent);
    let report = |c: &Claim<'_>| {
        let message = format!("{} attests in an artifact of {title}", named(c));
        violation(message, ONE, Some(c.line))
    };
    fields.filter(is_other).map(report).collect()
}

/// Names beside GIDs in fields that declare no identity.
fn pairs_elsewhere(facts: &Facts<'_>, roster: &Roster) -> Vec<Violation> {
    let fields = facts.claims.iter().filter(|c| !c.declares());
    let pair = |c: &Claim<'_>| Some(misnamed(c.who.gid()?, c.who.other_name(roster, false)?, c.line, roster));
    fields.filter_map(pair).collect()
}

/// GID, name and lane of each record in a list must belong together.
fn records(facts: &Facts<'_>, roster: &Roster) -> Vec<Violation> {
    let mut lists: BTreeMap<usize, (Vec<&Claim<'_>>, Vec<Word<'_>>)> = BTreeMap::new();
    for claim in facts.claims.iter().filter(|c| c.declares()) {
        if let Some(record) = claim.record {
            lists.entry(record).or_default().0.push(claim);
        }
    }
    for lane in &facts.lanes {
        if let Some((_, lanes)) = lane.record.and_then(|r| lists.get_mut(&r)) {
            lanes.push(*lane);
        }
    }
    let mut errors = Vec::new();
    for (claims, words) in lists.values() {
        let Some((gid, line)) = claims.iter().find_map(|c| Some((c.who.gid()?, c.line))) else { continue };
        if let Some(why) = roster.refusal(gid) {
            errors.push(violation(format!("{} {why}", shown(gid)), NAME, Some(line)));
            continue;
        }
        errors.extend(claims.iter().filter_map(|c| other_name(c, gid, roster)));
        errors.extend(lanes(gid, words.iter(), roster));
    }
    errors
}

fn found(facts: &Facts<'_>) -> Vec<Found> {
    let claims = facts.claims.iter().filter_map(|c| {
        let what = match c.role {
            _ if c.declares() && c.record.is_some() => "listed",
            Role::Attestor => "attests",
            _ if c.declares() => "declares",
            _ => return None,
        };
        Some(Found { what, value: c.who.to_string(), line: c.line })
    });
    let lanes = facts.lanes.iter().map(|l| Found { what: "lane", value: clip(l.text), line: l.line });
    let mut found: Vec<Found> = claims.chain(lanes).collect();
    found.sort_by_key(|f| f.line);
    found
}
