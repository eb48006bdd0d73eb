//! What was done so far, as far as limits count it.
//!
//! Not here: limits on one request alone (`evaluate`). Invariant: memory is bounded whatever is counted; where it does not suffice, more is
//! taken for counted than was, never less. What is counted does not depend on the limits of that moment, which may be tightened later.
//! Source: DOMAIN.md §9 (constraints belong to the grant: so does what they count).

use super::amount::decimal;
use super::evaluate::Breach;
use super::name::Name;
use super::read::MAX_ENDPOINTS;
use super::{ApiLimits, Constraints, Request};
use std::collections::{BTreeMap, VecDeque};

/// How long an action counts for the rate, in milliseconds.
const WINDOW: i64 = 60_000;
/// Most endpoints that are counted each.
const ROOM: usize = 2 * MAX_ENDPOINTS;

/// Counts of actions: all, by endpoint, of the last minute, and what they cost.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    actions: u64,
    /// Millionths.
    spent: u128,
    endpoint_calls: u64,
    /// Calls of the endpoints that are counted each: at most [`ROOM`], of which half is kept for those that are limited.
    endpoints: BTreeMap<Name, u64>,
    /// Calls of all other endpoints together; each of them counts as called so often.
    other_calls: u64,
    /// The milliseconds of the last minute in which something was done, ascending, each with the number of actions until its end.
    recent: VecDeque<(i64, u64)>,
    /// Actions before those.
    before: u64,
}

impl Usage {
    /// Which counted limits one more action, this one, would exceed. What it costs, when it does not say, is [`Constraints::evaluate`]'s
    /// to ask for.
    #[must_use]
    pub fn breaches(&self, limits: &Constraints, request: &Request) -> Vec<Breach> {
        let mut found = Vec::new();
        let mut add = |constraint, message| found.push(Breach { constraint, message });
        if let (Some(api), Some(endpoint)) = (&limits.api_limits, &request.endpoint) {
            if let Some(most) = api.max_calls.filter(|most| self.endpoint_calls >= *most) {
                add("api_limits", format!("{} of {most} calls of endpoints were made", self.endpoint_calls));
            }
            let calls = self.calls(endpoint);
            if let Some(most) = api.of(endpoint).filter(|most| calls >= *most) {
                add("api_limits", format!("{calls} of {most} calls of {endpoint} were made"));
            }
        }
        if let Some(budget) = limits.budget_limit {
            let cost = request.cost.unwrap_or_default();
            if self.spent.saturating_add(cost.micros().into()) > budget.micros().into() {
                let spent = decimal(self.spent);
                add("budget_limit", format!("{spent} of {budget} are spent, and this costs {cost}"));
            }
        }
        if let Some(most) = limits.max_api_calls.filter(|most| self.actions >= *most) {
            add("max_api_calls", format!("{} of {most} actions were taken", self.actions));
        }
        if let Some(most) = limits.rate_limit {
            let recent = self.recent_actions(request.time);
            if recent >= u64::from(most) {
                add(
                    "rate_limit",
                    format!("{recent} actions of at most {most} were taken in the last 60 seconds"),
                );
            }
        }
        found
    }

    /// Counts the request as done. A time before one that was counted counts as that one.
    pub fn count(&mut self, limits: &Constraints, request: &Request) {
        self.actions = self.actions.saturating_add(1);
        self.spent = self.spent.saturating_add(request.cost.unwrap_or_default().micros().into());
        if let Some(endpoint) = &request.endpoint {
            self.count_endpoint(endpoint, limits.api_limits.as_ref());
        }
        let time = self.not_before(request.time);
        match self.recent.back_mut() {
            Some((last, until)) if *last == time => *until = self.actions,
            _ => self.recent.push_back((time, self.actions)),
        }
        while let Some((_, until)) = self.recent.front().filter(|(then, _)| !is_recent(*then, time)) {
            self.before = *until;
            self.recent.pop_front();
        }
    }

    /// How many actions were counted.
    #[must_use]
    pub const fn actions(&self) -> u64 {
        self.actions
    }

    /// What they cost together, in millionths.
    #[must_use]
    pub const fn spent_micros(&self) -> u128 {
        self.spent
    }

    /// What they cost together, as a decimal number.
    #[must_use]
    pub fn spent(&self) -> String {
        decimal(self.spent)
    }

    /// How many of the actions named an endpoint.
    #[must_use]
    pub const fn endpoint_calls(&self) -> u64 {
        self.endpoint_calls
    }

    /// How often this endpoint was called; more than that, when too many endpoints were called to count each.
    #[must_use]
    pub fn calls(&self, endpoint: &Name) -> u64 {
        self.endpoints.get(endpoint).copied().unwrap_or(self.other_calls)
    }

    /// How many actions were taken in the 60 seconds until this time. An action exactly 60 seconds ago is over.
    #[must_use]
    pub fn recent_actions(&self, time: i64) -> u64 {
        let now = self.not_before(time);
        let over = self.recent.partition_point(|(then, _)| !is_recent(*then, now));
        let before = over.checked_sub(1).and_then(|last| self.recent.get(last)).map_or(self.before, |r| r.1);
        self.actions.saturating_sub(before)
    }

    /// Endpoints that take room.
    #[cfg(test)]
    pub(super) fn tracked(&self) -> usize {
        self.endpoints.len()
    }

    /// Moments that take room.
    #[cfg(test)]
    pub(super) fn moments(&self) -> usize {
        self.recent.len()
    }

    fn count_endpoint(&mut self, endpoint: &Name, limits: Option<&ApiLimits>) {
        self.endpoint_calls = self.endpoint_calls.saturating_add(1);
        let limited = limits.is_some_and(|api| api.of(endpoint).is_some());
        let room = if limited { ROOM } else { MAX_ENDPOINTS };
        let mut known = self.endpoints.contains_key(endpoint) || self.endpoints.len() < room;
        if !known && self.other_calls == 0 {
            // The first that finds no room. Those limited that were never called are not to be taken for one of the others.
            for (name, _) in limits.into_iter().flat_map(ApiLimits::endpoints) {
                if self.endpoints.len() < ROOM {
                    self.endpoints.entry(name.clone()).or_default();
                }
            }
            known = self.endpoints.contains_key(endpoint);
        }
        if known {
            // One that was not counted alone may have been any of the others.
            let calls = self.endpoints.entry(endpoint.clone()).or_insert(self.other_calls);
            *calls = calls.saturating_add(1);
        } else {
            self.other_calls = self.other_calls.saturating_add(1);
        }
    }

    fn not_before(&self, time: i64) -> i64 {
        self.recent.back().map_or(time, |(last, _)| time.max(*last))
    }
}

fn is_recent(then: i64, now: i64) -> bool {
    now.saturating_sub(then) < WINDOW
}
