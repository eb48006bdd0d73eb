//! Whether constraints are tighter than others, and what a child's declaration makes of its parent's.
//!
//! Not here: the meet of two independent ones (`meet`). Invariant: a declaration widens nothing exactly when what it makes of the parent's
//! constraints is tighter than these.
//! Source: DOMAIN.md §9 ("A child grant may only tighten"; "An absent key inherits").

use super::list::{self, Covering, shown};
use super::read::MAX_ENDPOINTS;
use super::{ApiLimits, Constraints, hours};
use serde::Serialize;
use std::fmt::Display;

/// One way in which a child's declaration would widen its parent's constraints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Widening {
    /// The member.
    pub constraint: &'static str,
    /// What would become of it: `cost_limit_increased`.
    pub kind: &'static str,
    /// What is wider, and than what.
    pub message: String,
}

/// What was found so far.
struct Found(Vec<Widening>);

impl Found {
    fn add(&mut self, constraint: &'static str, kind: &'static str, message: String) {
        self.0.push(Widening { constraint, kind, message });
    }

    /// A number may only become less.
    fn number<T: PartialOrd + Display>(
        &mut self,
        (constraint, kind): (&'static str, &'static str),
        child: Option<T>,
        parent: Option<T>,
    ) {
        if let (Some(child), Some(parent)) = (child, parent)
            && child > parent
        {
            self.add(constraint, kind, format!("{constraint} {child} is more than the parent's {parent}"));
        }
    }

    /// A list of what is allowed may only become narrower.
    fn allowed<T: Covering + Display>(
        &mut self,
        (constraint, kind): (&'static str, &'static str),
        child: Option<&Vec<T>>,
        parent: Option<&Vec<T>>,
    ) {
        if let (Some(child), Some(parent)) = (child, parent)
            && let Some(outside) = list::outside(child, parent)
        {
            let message = format!("{outside} is inside none of the parent's {constraint}: {}", shown(parent));
            self.add(constraint, kind, message);
        }
    }

    /// A list of what is forbidden may only become wider.
    fn forbidden(&mut self, child: &Constraints, parent: &Constraints) {
        if let (Some(child), Some(parent)) = (&child.forbidden_actions, &parent.forbidden_actions)
            && let Some(left) = list::outside(parent, child)
        {
            let message = format!("the parent forbids {left}, and the child only {}", shown(child));
            self.add("forbidden_actions", "forbidden_action_removed", message);
        }
    }

    fn windows(&mut self, child: &Constraints, parent: &Constraints) {
        if let (Some(child), Some(parent)) = (&child.time_window, &parent.time_window)
            && let Some(left) = hours::left(child, parent)
        {
            let message = format!(
                "{} is not known to be inside the parent's {left}; only windows of one zone, or of fixed offsets, can be compared",
                shown(child)
            );
            self.add("time_window", "time_window_expanded", message);
        }
    }

    fn api(&mut self, child: &ApiLimits, parent: &ApiLimits) {
        const WHAT: (&str, &str) = ("api_limits", "nested_constraint_widened");
        if let (Some(child), Some(parent)) = (child.max_calls, parent.max_calls)
            && child > parent
        {
            self.add(WHAT.0, WHAT.1, format!("max_calls {child} is more than the parent's {parent}"));
        }
        for (name, limit) in parent.endpoints() {
            if let Some(calls) = child.of(name)
                && calls > limit
            {
                let message = format!("{calls} calls of {name} are more than the parent's {limit}");
                self.add(WHAT.0, WHAT.1, message);
            }
        }
        let own = child.endpoints().filter(|(name, _)| parent.of(name).is_none()).count();
        let all = parent.endpoints().count().saturating_add(own);
        if own > 0 && all > MAX_ENDPOINTS {
            let message =
                format!("with the parent's these are {all} endpoints, and {MAX_ENDPOINTS} can be counted");
            self.add(WHAT.0, WHAT.1, message);
        }
    }
}

impl Constraints {
    /// Every way in which this declaration of a child would widen the parent's constraints; none when it tightens or repeats them. What it
    /// does not mention it inherits.
    #[must_use]
    pub fn widenings(&self, parent: &Self) -> Vec<Widening> {
        let mut found = Found(Vec::new());
        let (c, p) = (self, parent);
        let lists = [
            (("allowed_actions", "action_restriction_removed"), &c.allowed_actions, &p.allowed_actions),
            (
                ("communication_targets", "communication_target_added"),
                &c.communication_targets,
                &p.communication_targets,
            ),
            (("data_scopes", "data_scope_expanded"), &c.data_scopes, &p.data_scopes),
        ];
        for (what, child, parent) in lists {
            found.allowed(what, child.as_ref(), parent.as_ref());
        }
        if let (Some(child), Some(parent)) = (&c.api_limits, &p.api_limits) {
            found.api(child, parent);
        }
        found.number(("budget_limit", "budget_limit_increased"), c.budget_limit, p.budget_limit);
        found.number(("cost_limit", "cost_limit_increased"), c.cost_limit, p.cost_limit);
        found.forbidden(c, p);
        found.allowed(
            ("geo_restrictions", "geo_restriction_removed"),
            c.geo_restrictions.as_ref(),
            p.geo_restrictions.as_ref(),
        );
        found.number(("max_api_calls", "max_api_calls_increased"), c.max_api_calls, p.max_api_calls);
        found.number(
            ("max_delegation_depth", "max_delegation_depth_increased"),
            c.max_delegation_depth,
            p.max_delegation_depth,
        );
        found.number(("rate_limit", "rate_limit_increased"), c.rate_limit, p.rate_limit);
        found.allowed(("resources", "resources_expanded"), c.resources.as_ref(), p.resources.as_ref());
        found.windows(c, p);
        for ((name, child), (_, parent)) in c.flags().into_iter().zip(p.flags()) {
            if (child, parent) == (Some(false), Some(true)) {
                found.add(
                    name,
                    "flag_removed",
                    format!("the parent says {name}, and the child that it is not so"),
                );
            }
        }
        found.0.sort_by_key(|w| w.constraint);
        found.0
    }

    /// Whether everything that the other limits is limited here at least as much. Both are whole: what one does not mention it does not limit.
    #[must_use]
    pub fn tighter_than(&self, parent: &Self) -> bool {
        let ours = self.kinds();
        let nested = |theirs: &ApiLimits| {
            let none = ApiLimits::default();
            let ours = self.api_limits.as_ref().unwrap_or(&none);
            theirs.max_calls.is_none_or(|_| ours.max_calls.is_some())
                && theirs.endpoints().all(|(name, _)| ours.of(name).is_some())
        };
        parent.kinds().iter().all(|kind| ours.contains(kind))
            && parent.api_limits.as_ref().is_none_or(nested)
            && self.widenings(parent).is_empty()
    }

    /// What a child's declaration makes of these constraints of its parent: what it says, and these where it says nothing. That is no wider
    /// only if the declaration has no [`widenings`](Self::widenings).
    #[must_use]
    pub fn narrowed_by(&self, child: &Self) -> Self {
        let (p, c) = (self, child);
        let api_limits = match (&p.api_limits, &c.api_limits) {
            (Some(parent), Some(child)) => Some(parent.narrowed_by(child)),
            (parent, child) => child.as_ref().or(parent.as_ref()).cloned(),
        };
        Self {
            allowed_actions: said(&c.allowed_actions, &p.allowed_actions),
            api_limits,
            audit_required: c.audit_required.or(p.audit_required),
            blackboard_write_only: c.blackboard_write_only.or(p.blackboard_write_only),
            budget_limit: c.budget_limit.or(p.budget_limit),
            communication_targets: said(&c.communication_targets, &p.communication_targets),
            cost_limit: c.cost_limit.or(p.cost_limit),
            data_scopes: said(&c.data_scopes, &p.data_scopes),
            forbidden_actions: said(&c.forbidden_actions, &p.forbidden_actions),
            geo_restrictions: said(&c.geo_restrictions, &p.geo_restrictions),
            max_api_calls: c.max_api_calls.or(p.max_api_calls),
            max_delegation_depth: c.max_delegation_depth.or(p.max_delegation_depth),
            no_delegation: c.no_delegation.or(p.no_delegation),
            no_pii_export: c.no_pii_export.or(p.no_pii_export),
            rate_limit: c.rate_limit.or(p.rate_limit),
            read_only: c.read_only.or(p.read_only),
            reasoning_required: c.reasoning_required.or(p.reasoning_required),
            resources: said(&c.resources, &p.resources),
            time_window: said(&c.time_window, &p.time_window),
        }
    }

    /// The flags by name.
    pub(super) const fn flags(&self) -> [(&'static str, Option<bool>); 6] {
        [
            ("audit_required", self.audit_required),
            ("blackboard_write_only", self.blackboard_write_only),
            ("no_delegation", self.no_delegation),
            ("no_pii_export", self.no_pii_export),
            ("read_only", self.read_only),
            ("reasoning_required", self.reasoning_required),
        ]
    }
}

fn said<T: Clone>(child: &Option<T>, parent: &Option<T>) -> Option<T> {
    child.as_ref().or(parent.as_ref()).cloned()
}

impl ApiLimits {
    fn narrowed_by(&self, child: &Self) -> Self {
        let mut per_endpoint = self.per_endpoint.clone();
        if let Some(own) = &child.per_endpoint {
            per_endpoint.get_or_insert_default().extend(own.clone());
        }
        Self { max_calls: child.max_calls.or(self.max_calls), per_endpoint }
    }
}
