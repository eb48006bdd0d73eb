//! What somebody wants to do, as far as constraints look at it.
//!
//! Not here: whether it may be done (`evaluate`, `usage`). Invariant: what a request does not say is unknown, never harmless.
//! Source: DOMAIN.md §9.

use super::amount::Amount;
use super::name::Name;
use super::region::Region;
use super::resource::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether an action changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It only looks.
    Read,
    /// It changes something, or might.
    Write,
}

/// One action that is to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What is to be done.
    pub action: Name,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
    /// Which data it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_scope: Option<Name>,
    /// Whether it changes anything.
    pub effect: Effect,
    /// Which interface it calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Name>,
    /// Whether what it sends is about persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pii: Option<bool>,
    /// Whether it says why.
    #[serde(default)]
    pub reasoning: bool,
    /// Where it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What it touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Whom it communicates with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Name>,
    /// When, milliseconds since 1970.
    pub time: i64,
}

impl Request {
    /// A request that says what and when, and nothing else; its effect is that of the action's name.
    #[must_use]
    pub fn new(action: Name, time: i64) -> Self {
        Self {
            effect: effect_of(&action),
            action,
            cost: None,
            data_scope: None,
            endpoint: None,
            pii: None,
            reasoning: false,
            region: None,
            resource: None,
            target: None,
            time,
        }
    }
}

/// Verbs of actions that only look.
const READING: [&str; 25] = [
    "analyse",
    "analyze",
    "browse",
    "check",
    "compare",
    "count",
    "describe",
    "explain",
    "fetch",
    "find",
    "get",
    "inspect",
    "list",
    "lookup",
    "observe",
    "query",
    "read",
    "review",
    "search",
    "show",
    "summarise",
    "summarize",
    "validate",
    "verify",
    "view",
];

/// Whether an action of this name changes anything: it does unless its first word is known to be one of looking.
#[must_use]
pub fn effect_of(action: &Name) -> Effect {
    let first = action.as_str().split(['_', '.', ':', '/', '-']).next();
    if first.is_some_and(|word| READING.contains(&word)) { Effect::Read } else { Effect::Write }
}
