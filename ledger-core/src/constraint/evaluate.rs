//! Whether a request keeps constraints, as far as the request alone can tell.
//!
//! Not here: what is counted over many requests (`usage`), and what is about delegating (`max_delegation_depth`, `no_delegation`) or about
//! the record (`audit_required`). Invariant: what a constraint needs to know and the request does not say is a breach.
//! Source: DOMAIN.md §9 ("A result is an answer, with every reason").

use super::Constraints;
use super::list::shown;
use super::request::{Effect, Request};
use serde::Serialize;
use std::fmt::Display;

/// One reason why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The member that it would break.
    pub constraint: &'static str,
    /// What is wrong, and what to say when something is missing.
    pub message: String,
}

/// What was found so far.
struct Found(Vec<Breach>);

impl Found {
    fn add(&mut self, constraint: &'static str, message: String) {
        self.0.push(Breach { constraint, message });
    }

    /// What a request names must be in the list, when there is one.
    fn listed<P: Display, N: Display>(
        &mut self,
        constraint: &'static str,
        member: &str,
        list: Option<&Vec<P>>,
        named: Option<&N>,
        matches: impl Fn(&P, &N) -> bool,
    ) {
        let Some(list) = list else { return };
        match named {
            None => {
                self.add(constraint, format!("the request must say its {member}, one of: {}", shown(list)));
            }
            Some(name) if !list.iter().any(|p| matches(p, name)) => {
                self.add(constraint, format!("the {member} {name} is none of: {}", shown(list)));
            }
            Some(_) => {}
        }
    }
}

impl Constraints {
    /// Every reason why the request may not be done, in the order of the members' names; none when it may. Counted limits are
    /// [`Usage`](super::Usage)'s.
    #[must_use]
    pub fn evaluate(&self, request: &Request) -> Vec<Breach> {
        let mut found = Found(Vec::new());
        let r = request;
        let named = |p: &super::Pattern, n: &super::Name| p.matches(n);
        found.listed("allowed_actions", "action", self.allowed_actions.as_ref(), Some(&r.action), named);
        if self.blackboard_write_only == Some(true) {
            blackboard(&mut found, r);
        }
        if self.budget_limit.is_some() && r.cost.is_none() {
            found.add("budget_limit", "the request must say its cost".to_owned());
        }
        found.listed(
            "communication_targets",
            "target",
            self.communication_targets.as_ref(),
            r.target.as_ref(),
            named,
        );
        match (self.cost_limit, r.cost) {
            (Some(limit), None) => {
                found.add("cost_limit", format!("the request must say its cost, at most {limit}"));
            }
            (Some(limit), Some(cost)) if cost > limit => {
                found.add("cost_limit", format!("the cost {cost} is more than {limit}"));
            }
            _ => {}
        }
        found.listed("data_scopes", "data_scope", self.data_scopes.as_ref(), r.data_scope.as_ref(), named);
        if let Some(by) = self.forbidden_actions.iter().flatten().find(|p| p.matches(&r.action)) {
            found.add("forbidden_actions", format!("the action {} is forbidden by {by}", r.action));
        }
        found.listed(
            "geo_restrictions",
            "region",
            self.geo_restrictions.as_ref(),
            r.region.as_ref(),
            super::Region::covers,
        );
        if self.no_pii_export == Some(true)
            && let Some(target) = &r.target
            && r.pii != Some(false)
        {
            let message = format!("what goes to {target} must be said to be without pii (pii: false)");
            found.add("no_pii_export", message);
        }
        if self.read_only == Some(true) && r.effect != Effect::Read {
            found.add("read_only", format!("the action {} may change something", r.action));
        }
        if self.reasoning_required == Some(true) && !r.reasoning {
            found.add("reasoning_required", "the request must say its reasoning".to_owned());
        }
        found.listed("resources", "resource", self.resources.as_ref(), r.resource.as_ref(), |p, n| {
            p.matches(n)
        });
        if let Some(window) = self.time_window.iter().flatten().find(|w| !w.contains(r.time)) {
            let time = crate::time::Timestamp::from_millis(r.time)
                .map_or_else(|| r.time.to_string(), |t| t.to_string());
            found.add("time_window", format!("{time} is outside {window}"));
        }
        found.0
    }
}

/// Writing is only done on the blackboard.
fn blackboard(found: &mut Found, request: &Request) {
    if request.effect == Effect::Read {
        return;
    }
    match &request.resource {
        None => found.add(
            "blackboard_write_only",
            "a request that writes must say its resource, below blackboard/".to_owned(),
        ),
        Some(resource) if !resource.is_below("blackboard") => {
            found.add("blackboard_write_only", format!("{resource} is not below blackboard/"));
        }
        Some(_) => {}
    }
}
