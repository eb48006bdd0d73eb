//! Whom a value names: `BENSON (GID-00)`, `GID-00`, `benson`.
//!
//! Not whether they are who they should be. Invariant: a GID in the remark behind a dash is none that the value names.
//! Source: seed 001 §5.1.

use super::roster::{Roster, same_name};
use super::text::{clip, is_nothing};
use std::fmt;

/// Whom a value names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference<'a> {
    /// Every GID, as written.
    pub gids: Vec<&'a str>,
    /// What stands where a name would.
    pub name: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Reads a value.
    pub fn read(value: &'a str, roster: &Roster) -> Self {
        let head = head(value);
        if is_nothing(head) {
            return Self::default();
        }
        let gids: Vec<&str> = words(head).filter(|w| is_like_gid(w)).collect();
        let name = match gids.as_slice() {
            [] => bare(head.split(['(', ',']).next().unwrap_or_default()),
            [gid] => {
                let (before, after) = head.split_once(*gid).unwrap_or_default();
                // Behind the GID anything may stand; it is a name when somebody has it.
                bare(before).or_else(|| bare(after).filter(|n| roster.is_name(n)))
            }
            _ => None,
        };
        Self { gids, name }
    }

    /// The value of a field that is a GID: whatever stands there is meant as one.
    pub fn read_gid(value: &'a str, roster: &Roster) -> Self {
        let mut read = Self::read(value, roster);
        if read.gids.is_empty() && !is_nothing(value) {
            read.gids.extend(value.split_whitespace().next());
            read.name = None;
        }
        read
    }

    /// Whether nobody is named.
    pub const fn is_empty(&self) -> bool {
        self.gids.is_empty() && self.name.is_none()
    }

    /// The first GID.
    pub fn gid(&self) -> Option<&'a str> {
        self.gids.first().copied()
    }

    /// Whether the value names this actor, and no other.
    pub fn is(&self, gid: &str, roster: &Roster) -> bool {
        if self.gids.is_empty() {
            return self.name.zip(roster.name(gid)).is_some_and(|(n, registered)| same_name(n, registered));
        }
        self.gids.iter().all(|g| *g == gid)
    }

    /// The name, when it is not that of the GID beside it. In a field that declares no identity a description is no name
    /// (`the orchestrator (GID-00)`).
    pub fn other_name(&self, roster: &Roster, declares: bool) -> Option<&'a str> {
        let (name, registered) = self.name.zip(roster.name(self.gid()?))?;
        let is_own = |text: &str| same_name(text, registered);
        let mut parts = words(name);
        if is_own(name) || parts.any(is_own) {
            return None;
        }
        let several = name.contains(char::is_whitespace);
        let is_name = declares || !several || words(name).any(|w| roster.is_name(w));
        is_name.then_some(name)
    }
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gids = || clip(&self.gids.iter().take(8).copied().collect::<Vec<_>>().join(", "));
        match self.name.map(clip) {
            None => f.write_str(&gids()),
            Some(name) if self.gids.is_empty() => f.write_str(&name),
            Some(name) => write!(f, "{name} ({})", gids()),
        }
    }
}

/// The part of a value before its remark.
fn head(value: &str) -> &str {
    let ends = [" — ", " – ", " - ", ";", " // "].iter().filter_map(|dash| value.find(dash)).min();
    let head = ends.and_then(|at| value.get(..at)).unwrap_or(value);
    if bare(head).is_none() { value } else { head }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).filter(|w| !w.is_empty())
}

fn is_like_gid(word: &str) -> bool {
    word.len() > 4 && word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("GID-"))
}

/// The text without what surrounds a name.
fn bare(text: &str) -> Option<&str> {
    let name = text.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '_')));
    (!name.is_empty()).then_some(name)
}
