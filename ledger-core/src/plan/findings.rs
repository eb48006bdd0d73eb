//! What is wrong with a plan, as data.

use schemars::JsonSchema;
use serde::Serialize;

/// Which rule of plans is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The pattern is none that is known.
    Pattern,
    /// A step is twice, or there is none, or there are too many.
    Steps,
    /// An agent is missing, is not of its form, or does two steps.
    Agents,
    /// The roles are not those of the pattern.
    Roles,
    /// Steps wait for one another in a circle.
    Cycle,
    /// A quorum, a threshold or a number of rounds that cannot be met.
    Numbers,
    /// An actor is not registered, not fit for it, or has no key where one is needed.
    Registry,
    /// A grant that everything rests on is not good, or an agent holds none.
    Trust,
    /// A capability is passed on by somebody who does not hold it.
    Capability,
    /// The chain would be too deep.
    Depth,
    /// A grant ends before the plan may.
    Expiry,
    /// Constraints that cannot be met.
    Constraints,
}

/// One thing that is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The member of the plan: `steps.A2.capability`.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl Finding {
    /// A finding.
    pub fn new(rule: Rule, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, place: place.into(), message: message.into() }
    }
}
