//! The meet of constraints: what is left when both must be kept.
//!
//! Not here: the meet of single lists (`list`, `hours`). Invariant: the meet is the widest of those tighter than both; a request is admitted
//! by it exactly when both admit it.
//! Source: DOMAIN.md §9 (constraint records: several on one grant).

use super::list::{self, too_many};
use super::read::MAX_ENDPOINTS;
use super::{ApiLimits, Constraints, hours};
use crate::error::Result;

impl Constraints {
    /// What is left when both must be kept. It can be written, and read again. It costs the product of the lists' lengths.
    ///
    /// # Errors
    /// `LG_101` when it takes a list of more than 1,000 members (or 50 time windows) to say it.
    pub fn meet(&self, other: &Self) -> Result<Self> {
        let (a, b) = (self, other);
        let api_limits = match (&a.api_limits, &b.api_limits) {
            (Some(x), Some(y)) => Some(x.meet(y)?),
            (x, y) => x.as_ref().or(y.as_ref()).cloned(),
        };
        Ok(Self {
            allowed_actions: both(&a.allowed_actions, &b.allowed_actions, |x, y| {
                list::meet(x, y, "allowed_actions")
            })?,
            api_limits,
            audit_required: either(a.audit_required, b.audit_required),
            blackboard_write_only: either(a.blackboard_write_only, b.blackboard_write_only),
            budget_limit: least(a.budget_limit, b.budget_limit),
            communication_targets: both(&a.communication_targets, &b.communication_targets, |x, y| {
                list::meet(x, y, "communication_targets")
            })?,
            cost_limit: least(a.cost_limit, b.cost_limit),
            data_scopes: both(&a.data_scopes, &b.data_scopes, |x, y| list::meet(x, y, "data_scopes"))?,
            forbidden_actions: both(&a.forbidden_actions, &b.forbidden_actions, |x, y| {
                list::union(x, y, "forbidden_actions")
            })?,
            geo_restrictions: both(&a.geo_restrictions, &b.geo_restrictions, |x, y| {
                list::meet(x, y, "geo_restrictions")
            })?,
            max_api_calls: least(a.max_api_calls, b.max_api_calls),
            max_delegation_depth: least(a.max_delegation_depth, b.max_delegation_depth),
            no_delegation: either(a.no_delegation, b.no_delegation),
            no_pii_export: either(a.no_pii_export, b.no_pii_export),
            rate_limit: least(a.rate_limit, b.rate_limit),
            read_only: either(a.read_only, b.read_only),
            reasoning_required: either(a.reasoning_required, b.reasoning_required),
            resources: both(&a.resources, &b.resources, |x, y| list::meet(x, y, "resources"))?,
            time_window: both(&a.time_window, &b.time_window, hours::meet)?,
        })
    }
}

impl ApiLimits {
    fn meet(&self, other: &Self) -> Result<Self> {
        let mut per_endpoint = self.per_endpoint.clone();
        for (name, calls) in other.endpoints() {
            let limit = per_endpoint.get_or_insert_default().entry(name.clone()).or_insert(calls);
            *limit = calls.min(*limit);
        }
        if per_endpoint.as_ref().is_some_and(|all| all.len() > MAX_ENDPOINTS) {
            return Err(too_many("api_limits", MAX_ENDPOINTS));
        }
        Ok(Self { max_calls: least(self.max_calls, other.max_calls), per_endpoint })
    }
}

/// The meet of two members; one that is absent limits nothing.
fn both<T: Clone>(
    a: &Option<Vec<T>>,
    b: &Option<Vec<T>>,
    meet: impl Fn(&[T], &[T]) -> Result<Vec<T>>,
) -> Result<Option<Vec<T>>> {
    match (a, b) {
        (Some(x), Some(y)) => meet(x, y).map(Some),
        (x, y) => Ok(x.as_ref().or(y.as_ref()).cloned()),
    }
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(true) { a } else { b.or(a) }
}
