//! What a chain of grants allows, against a model that knows nothing of trees: a list of limits for each grant, and a list of all uses.

use crate::grove::{Grove, code, question};
use ledger_core::trust::Level;
use proptest::prelude::*;
use serde_json::json;

pub const ACTIONS: [&str; 3] = ["read_a", "read_b", "send"];
pub const PLACES: [&str; 4] = ["in/x", "in/sub/y", "out/x", "in"];
pub const CAPABILITIES: [&str; 4] = ["read_a", "read_*", "send", "*"];
const RESOURCES: [&str; 4] = ["in/**", "in/*", "out/**", "in/sub/y"];

#[derive(Clone, Debug, Default)]
pub struct Limits {
    budget: Option<u64>,
    calls: Option<u64>,
    resources: Option<usize>,
    forbidden: Option<usize>,
}

#[derive(Clone, Debug)]
enum Step {
    /// Parent, holder, capability, limits.
    Delegate(usize, usize, usize, Limits),
    /// Grant, action, place, cost.
    Use(usize, usize, usize, u64),
    Revoke(usize),
    Suspend(usize),
    Resume(usize),
}

pub fn limits() -> impl Strategy<Value = Limits> {
    let some = |n: u64| prop::option::weighted(0.3, 0..n);
    (
        some(8),
        some(5),
        prop::option::weighted(0.3, 0..RESOURCES.len()),
        prop::option::weighted(0.2, 0..ACTIONS.len()),
    )
        .prop_map(|(budget, calls, resources, forbidden)| Limits { budget, calls, resources, forbidden })
}

fn step() -> impl Strategy<Value = Step> {
    let (any, who) = (0..6_usize, 1..8_usize);
    prop_oneof![
        4 => (any.clone(), who, 0..CAPABILITIES.len(), limits()).prop_map(|(p, h, c, l)| Step::Delegate(p, h, c, l)),
        8 => (any.clone(), 0..ACTIONS.len(), 0..PLACES.len(), 0..4_u64).prop_map(|(g, a, p, c)| Step::Use(g, a, p, c)),
        1 => any.clone().prop_map(Step::Revoke),
        1 => any.clone().prop_map(Step::Suspend),
        1 => any.prop_map(Step::Resume),
    ]
}

pub struct Given {
    pub parent: Option<usize>,
    pub holder: usize,
    pub capability: usize,
    pub limits: Limits,
    pub revoked: bool,
    pub suspended: bool,
}

#[derive(Default)]
pub struct Model {
    pub grants: Vec<Given>,
    /// Grant and cost of each use.
    pub uses: Vec<(usize, u64)>,
}

fn covers(outer: &str, inner: &str) -> bool {
    match outer.strip_suffix('*') {
        Some(prefix) => inner.trim_end_matches('*').starts_with(prefix),
        None => outer == inner,
    }
}

/// The places that a pattern names, of those that there are.
fn places(pattern: &str) -> Vec<&'static str> {
    let inside = |place: &&'static str| match (pattern.strip_suffix("/**"), pattern.strip_suffix("/*")) {
        (Some(dir), _) => place.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/')),
        (None, Some(dir)) => {
            place.strip_prefix(dir).and_then(|r| r.strip_prefix('/')).is_some_and(|rest| !rest.contains('/'))
        }
        (None, None) => *place == pattern,
    };
    PLACES.into_iter().filter(inside).collect()
}

impl Model {
    fn chain(&self, grant: usize) -> Vec<usize> {
        std::iter::successors(Some(grant), |g| self.grants[*g].parent).collect()
    }

    fn stands(&self, grant: usize) -> bool {
        self.chain(grant).iter().all(|g| !self.grants[*g].revoked && !self.grants[*g].suspended)
    }

    pub fn delegates(&self, parent: usize, holder: usize, capability: usize, limits: &Limits) -> bool {
        let chain = self.chain(parent);
        let inherited = |of: &dyn Fn(&Limits) -> Option<u64>| {
            chain.iter().filter_map(|g| of(&self.grants[*g].limits)).min()
        };
        let most = |own: Option<u64>, inherited: Option<u64>| match (own, inherited) {
            (Some(own), Some(most)) => own <= most,
            _ => true,
        };
        let area = |limits: &Limits| limits.resources.map(|r| RESOURCES[r]);
        let nearest = chain.iter().find_map(|g| area(&self.grants[*g].limits));
        let inside = match (area(limits), nearest) {
            (Some(own), Some(outer)) => {
                outer == own || outer == "in/**" && own != "out/**" || outer == "in/*" && own == "in/*"
            }
            _ => true,
        };
        // A forbidden action that is named anew must leave what is forbidden forbidden.
        let forbidden = chain.iter().filter_map(|g| self.grants[*g].limits.forbidden);
        let keeps = limits.forbidden.is_none_or(|own| forbidden.clone().all(|f| f == own));
        self.stands(parent)
            && chain.iter().all(|g| self.grants[*g].holder != holder)
            && covers(CAPABILITIES[self.grants[parent].capability], CAPABILITIES[capability])
            && most(limits.budget, inherited(&|l| l.budget))
            && most(limits.calls, inherited(&|l| l.calls))
            && inside
            && keeps
            && chain.len() <= 10
    }

    pub fn allows(&self, grant: usize, action: usize, place: usize, cost: u64) -> bool {
        let chain = self.chain(grant);
        self.stands(grant)
            && covers(CAPABILITIES[self.grants[grant].capability], ACTIONS[action])
            && chain.iter().all(|g| {
                let limits = &self.grants[*g].limits;
                let below: Vec<u64> = self
                    .uses
                    .iter()
                    .filter(|(u, _)| self.chain(*u).contains(g))
                    .map(|(_, cost)| *cost)
                    .collect();
                let spent: u64 = below.iter().sum();
                limits.budget.is_none_or(|most| spent + cost <= most)
                    && limits.calls.is_none_or(|most| (below.len() as u64) < most)
                    && limits.resources.is_none_or(|r| places(RESOURCES[r]).contains(&PLACES[place]))
                    && limits.forbidden != Some(action)
            })
    }
}

pub fn json_of(limits: &Limits) -> serde_json::Value {
    let mut all = json!({});
    if let Some(budget) = limits.budget {
        all["budget_limit"] = json!(budget);
    }
    if let Some(calls) = limits.calls {
        all["max_api_calls"] = json!(calls);
    }
    if let Some(r) = limits.resources {
        all["resources"] = json!([RESOURCES[r]]);
    }
    if let Some(action) = limits.forbidden {
        all["forbidden_actions"] = json!([ACTIONS[action]]);
    }
    all
}

fn name(grant: usize) -> String {
    format!("G{grant}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// What is granted, used and answered is what the model says, and the history verifies.
    #[test]
    fn a_chain_allows_what_all_of_it_allows(root in limits(), steps in prop::collection::vec(step(), 1..40)) {
        let mut grove = Grove::new();
        grove.establish("G0", "GID-12", json!(["*"]), json_of(&root)).unwrap();
        let given = Given { parent: None, holder: 12, capability: 3, limits: root, revoked: false, suspended: false };
        let mut model = Model { grants: vec![given], uses: Vec::new() };
        for step in steps {
            let count = model.grants.len();
            match step {
                Step::Delegate(parent, holder, capability, limits) => {
                    let parent = parent % count;
                    let expected = model.delegates(parent, holder, capability, &limits);
                    let to = format!("GID-{holder:02}");
                    let (from, id) = (name(parent), name(count));
                    let answer = grove.delegate(("G0", &from, &id), &to, json!([CAPABILITIES[capability]]), json_of(&limits));
                    prop_assert_eq!(answer.is_ok(), expected, "{:?} {:?}", code(&answer), limits);
                    if expected {
                        let parent = Some(parent);
                        model.grants.push(Given { parent, holder, capability, limits, revoked: false, suspended: false });
                    }
                }
                Step::Use(grant, action, place, cost) => {
                    let grant = grant % count;
                    let expected = model.allows(grant, action, place, cost);
                    let mut asked = question(&format!("GID-{:02}", model.grants[grant].holder), ACTIONS[action], Level::Standard, grove.now());
                    asked.grant_id = Some(crate::grove::grant(&name(grant)));
                    asked.resource = Some(ledger_core::constraint::Resource::new(PLACES[place]).unwrap());
                    asked.cost = Some(cost.to_string().parse().unwrap());
                    let verdict = grove.ask_of(grove.world.seq.store(), &asked);
                    prop_assert_eq!(verdict.valid, expected, "{:?}", verdict.reasons);
                    let about = json!({"resource": PLACES[place], "cost": cost});
                    let answer = grove.exercise("G0", &name(grant), ACTIONS[action], about);
                    prop_assert_eq!(answer.is_ok(), expected, "{}", code(&answer));
                    if expected {
                        model.uses.push((grant, cost));
                    }
                }
                Step::Revoke(grant) => {
                    grove.revoke("G0", &name(grant % count)).unwrap();
                    model.grants[grant % count].revoked = true;
                }
                Step::Suspend(grant) => {
                    let body = json!({"root": "G0", "grant_id": name(grant % count), "reason": "r", "mode": "suspend"});
                    grove.world.ok("revoke_grant", crate::grove::ADMIN, body);
                    let given = &mut model.grants[grant % count];
                    given.suspended |= !given.revoked;
                }
                Step::Resume(grant) => {
                    let given = &mut model.grants[grant % count];
                    let body = json!({"root": "G0", "grant_id": name(grant % count), "reason": "r"});
                    let answer = grove.world.act("resume_grant", crate::grove::ADMIN, body);
                    prop_assert_eq!(answer.is_ok(), given.suspended && !given.revoked);
                    given.suspended &= given.revoked;
                }
            }
        }
        let replayed = format!("{:#?}", grove.tree("G0"));
        prop_assert_eq!(format!("{:#?}", grove.world.seq.tree("trust/G0").unwrap()), replayed);
        let report = grove.world.verify();
        prop_assert!(report.ok && report.findings.is_empty(), "{:#?}", report.findings);
    }
}
