//! The links between old entries: each names the hash of the one before.
//!
//! Compares what entries say of one another; whether a hash is right is `verdict`'s, and both are needed: a forged tail may be linked
//! perfectly. Invariant: every link that is present must hold, whoever carries it.

use crate::json::Value;

use super::finding::{Finding, FindingKind, excerpt};
use super::sequence;
use super::verdict::ENTRY_HASH;

/// The names under which links occur, the newer last. An entry has one of them; if both, both must hold.
const LINKS: [&str; 2] = ["prev_hash", "prior_hash"];

pub(super) fn check(entries: &[Value<'_>], findings: &mut Vec<Finding>) {
    let mut previous: Option<&Value<'_>> = None;
    let mut begun = false;
    for (index, entry) in entries.iter().enumerate() {
        let hash = hash_of(entry);
        let faults = faults(entry, hash.is_some(), previous, begun);
        findings.extend(faults.into_iter().map(|(kind, message)| Finding {
            kind,
            index: Some(index),
            sequence: sequence::of(entry),
            message,
        }));
        begun |= hash.is_some();
        previous = hash;
    }
}

/// What an entry gives as its hash, right or wrong.
fn hash_of<'v, 'a>(entry: &'v Value<'a>) -> Option<&'v Value<'a>> {
    entry.get(ENTRY_HASH).filter(|hash| !hash.is_null())
}

fn faults(
    entry: &Value<'_>,
    hashed: bool,
    previous: Option<&Value<'_>>,
    begun: bool,
) -> Vec<(FindingKind, String)> {
    let mut faults = Vec::new();
    if begun && !hashed && entry.as_object().is_some() {
        let message = "no entry_hash, behind entries that have one".to_owned();
        faults.push((FindingKind::HashMissing, message));
    }
    let links: Vec<_> = LINKS.into_iter().filter_map(|name| Some((name, entry.get(name)?))).collect();
    if let (true, true, Some(previous)) = (links.is_empty(), hashed, previous) {
        let message =
            format!("no prev_hash or prior_hash; the entry before has entry_hash {}", excerpt(previous));
        faults.push((FindingKind::LinkMissing, message));
    }
    for (name, link) in links {
        if !holds(link, previous) {
            let due = previous.map_or_else(|| "none".to_owned(), excerpt);
            let message = format!("{name} is {}; the entry_hash of the entry before is {due}", excerpt(link));
            faults.push((FindingKind::LinkBroken, message));
        }
    }
    faults
}

/// Null is the link to an entry without a hash, and to none; any other link must be the hash, character by character.
fn holds(link: &Value<'_>, previous: Option<&Value<'_>>) -> bool {
    match previous {
        None => link.is_null(),
        Some(hash) => link.as_str().is_some_and(|link| hash.as_str() == Some(link)),
    }
}
