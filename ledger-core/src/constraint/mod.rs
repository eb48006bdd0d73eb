//! Trust constraints: the closed vocabulary of what a grant may be limited by.
//!
//! Not here: grants, and who may make them. Invariant: a member that is not known is refused, never ignored; an absent member limits
//! nothing; every comparison that cannot be decided counts as wider.
//! Source: DOMAIN.md §9; seed 003.

mod amount;
mod evaluate;
mod glob;
mod hours;
mod list;
mod meet;
mod name;
mod order;
mod place;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod properties_counts;
#[cfg(test)]
mod properties_reading;
#[cfg(test)]
mod properties_texts;
mod read;
mod region;
mod request;
mod resource;
mod text;
mod usage;
mod window;

pub use amount::Amount;
pub use evaluate::Breach;
pub use list::{MAX_LIST, MAX_WINDOWS};
pub use name::{MAX_NAME, Name, Pattern};
pub use order::Widening;
pub use place::MAX_RESOURCE;
pub use read::{MAX_COUNT, MAX_DEPTH, MAX_ENDPOINTS, MAX_RATE};
pub use region::Region;
pub use request::{Effect, Request, effect_of};
pub use resource::{Resource, ResourcePattern};
pub use usage::Usage;
pub use window::Window;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a grant is limited by. Members of a list are patterns: something is in the list when one of them matches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, remote = "Self")]
#[schemars(remote = "Constraints")]
pub struct Constraints {
    /// The only actions that may be taken.
    #[serde(deserialize_with = "read::list", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Pattern>", length(max = 1000))]
    pub allowed_actions: Option<Vec<Pattern>>,
    /// How often interfaces may be called.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ApiLimits")]
    pub api_limits: Option<ApiLimits>,
    /// Whether every use must be witnessed by an audit anchor.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub audit_required: Option<bool>,
    /// Whether nothing may be written but resources below `blackboard/`.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub blackboard_write_only: Option<bool>,
    /// The most that all actions may cost together.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Amount")]
    pub budget_limit: Option<Amount>,
    /// The only ones that may be communicated with.
    #[serde(deserialize_with = "read::list", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Pattern>", length(max = 1000))]
    pub communication_targets: Option<Vec<Pattern>>,
    /// The most that one action may cost.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Amount")]
    pub cost_limit: Option<Amount>,
    /// The only data that may be used.
    #[serde(deserialize_with = "read::list", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Pattern>", length(max = 1000))]
    pub data_scopes: Option<Vec<Pattern>>,
    /// Actions that may not be taken, whatever is allowed.
    #[serde(deserialize_with = "read::list", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Pattern>", length(max = 1000))]
    pub forbidden_actions: Option<Vec<Pattern>>,
    /// The only regions where it may act.
    #[serde(deserialize_with = "read::list", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Region>", length(max = 1000))]
    pub geo_restrictions: Option<Vec<Region>>,
    /// The most actions altogether.
    #[serde(deserialize_with = "read::count", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 9_007_199_254_740_991_u64))]
    pub max_api_calls: Option<u64>,
    /// The deepest that the tree of grants may go below; the root is at 0.
    #[serde(deserialize_with = "read::depth", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(max = 10))]
    pub max_delegation_depth: Option<u32>,
    /// Whether it may not be delegated.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub no_delegation: Option<bool>,
    /// Whether nothing about persons may be sent anywhere.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub no_pii_export: Option<bool>,
    /// The most actions in any 60 seconds.
    #[serde(deserialize_with = "read::rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(max = 100_000))]
    pub rate_limit: Option<u32>,
    /// Whether nothing may be changed.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub read_only: Option<bool>,
    /// Whether every action must say why.
    #[serde(deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub reasoning_required: Option<bool>,
    /// The only resources that may be touched.
    #[serde(deserialize_with = "read::list", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ResourcePattern>", length(max = 1000))]
    pub resources: Option<Vec<ResourcePattern>>,
    /// When it may act: one window, or several of which all must hold.
    #[serde(
        deserialize_with = "read::windows",
        serialize_with = "read::write_windows",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "OneOrMoreWindows")]
    pub time_window: Option<Vec<Window>>,
}

/// How often interfaces may be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, remote = "Self")]
#[schemars(remote = "ApiLimits")]
pub struct ApiLimits {
    /// The most actions that name an endpoint.
    #[serde(deserialize_with = "read::count", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 9_007_199_254_740_991_u64))]
    pub max_calls: Option<u64>,
    /// The most actions that name this endpoint, for each.
    #[serde(deserialize_with = "read::endpoints", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, u64>")]
    pub per_endpoint: Option<BTreeMap<Name, u64>>,
}

/// For the schema alone.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMoreWindows {
    /// One.
    One(Window),
    /// Several, all of which must hold.
    All(#[schemars(length(min = 1, max = 50))] Vec<Window>),
}

impl Constraints {
    /// The names of the members that limit something, in order.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        let flag = |f: Option<bool>| f == Some(true);
        let members = [
            ("allowed_actions", self.allowed_actions.is_some()),
            ("api_limits", self.api_limits.as_ref().is_some_and(ApiLimits::limits)),
            ("audit_required", flag(self.audit_required)),
            ("blackboard_write_only", flag(self.blackboard_write_only)),
            ("budget_limit", self.budget_limit.is_some()),
            ("communication_targets", self.communication_targets.is_some()),
            ("cost_limit", self.cost_limit.is_some()),
            ("data_scopes", self.data_scopes.is_some()),
            ("forbidden_actions", self.forbidden_actions.as_ref().is_some_and(|l| !l.is_empty())),
            ("geo_restrictions", self.geo_restrictions.is_some()),
            ("max_api_calls", self.max_api_calls.is_some()),
            ("max_delegation_depth", self.max_delegation_depth.is_some()),
            ("no_delegation", flag(self.no_delegation)),
            ("no_pii_export", flag(self.no_pii_export)),
            ("rate_limit", self.rate_limit.is_some()),
            ("read_only", flag(self.read_only)),
            ("reasoning_required", flag(self.reasoning_required)),
            ("resources", self.resources.is_some()),
            ("time_window", self.time_window.iter().flatten().any(|w| !w.is_full())),
        ];
        members.into_iter().filter_map(|(name, limits)| limits.then_some(name)).collect()
    }

    /// Whether nothing is said, not even that something does not limit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing limits.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.kinds().is_empty()
    }
}

impl ApiLimits {
    /// Whether anything is limited.
    pub(super) fn limits(&self) -> bool {
        self.max_calls.is_some() || self.endpoints().next().is_some()
    }

    /// The endpoints that are limited.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = (&Name, u64)> {
        self.per_endpoint.iter().flatten().map(|(name, calls)| (name, *calls))
    }

    /// How often this endpoint may be called.
    pub(super) fn of(&self, endpoint: &Name) -> Option<u64> {
        self.per_endpoint.as_ref()?.get(endpoint).copied()
    }
}
