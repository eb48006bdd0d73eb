//! Registry profiles: who there is at first.
//!
//! Data for `init`, which records it as events; no rule reads it from here. Invariant: the lanes are those of seed 001 §5.3 ("that
//! table decides"), the primary lanes those of §4.2 ("informs"). Source: DOMAIN.md §2.

/// One agent of a profile.
#[derive(Clone, Copy, Debug)]
pub struct ProfileAgent {
    /// GID.
    pub gid: &'static str,
    /// Name.
    pub name: &'static str,
    /// Authorised lanes.
    pub lanes: &'static [&'static str],
    /// Primary lane.
    pub primary_lane: &'static str,
}

const fn agent(
    gid: &'static str,
    name: &'static str,
    primary_lane: &'static str,
    lanes: &'static [&'static str],
) -> ProfileAgent {
    ProfileAgent { gid, name, lanes, primary_lane }
}

/// The orchestrator of both profiles.
pub const ORCHESTRATOR: ProfileAgent = agent(
    "GID-00",
    "BENSON",
    "ORCHESTRATION",
    &["ORCHESTRATION", "GOVERNANCE", "STRATEGY", "EXECUTION", "ADVISORY"],
);

/// The agents of profile `default`.
pub const DEFAULT: &[ProfileAgent] = &[
    agent("GID-01", "SONNY", "EXECUTION", &["EXECUTION"]),
    agent("GID-02", "MAGGIE", "EXECUTION", &["EXECUTION"]),
    agent("GID-03", "CODY", "STRATEGY", &["STRATEGY"]),
    agent("GID-04", "DAN", "EXECUTION", &["EXECUTION"]),
    agent("GID-05", "ATLAS", "EXECUTION", &["EXECUTION"]),
    agent("GID-06", "SAM", "STRATEGY", &["STRATEGY"]),
    agent("GID-07", "DAN", "EXECUTION", &[]),
    agent("GID-08", "ALEX", "GOVERNANCE", &["GOVERNANCE"]),
    agent("GID-09", "TINA", "EXECUTION", &["EXECUTION"]),
    agent("GID-10", "MAGGIE", "EXECUTION", &[]),
    agent("GID-11", "ATLAS", "ADVISORY", &["ADVISORY"]),
    agent("GID-12", "RUBY", "EXECUTION", &["EXECUTION"]),
];

/// The agents of a profile; `None` when there is no such profile.
#[must_use]
pub fn agents(profile: &str) -> Option<&'static [ProfileAgent]> {
    match profile {
        "default" => Some(DEFAULT),
        "empty" => Some(&[]),
        _ => None,
    }
}
