//! Plans: everything that is wrong is said at once, and a plan without findings gets every grant that it needs.

use crate::grove::{ADMIN, AGENTS, Grove, ORCHESTRATOR};
use ledger_core::plan::{Finding, Plan, Rule, Shape, check};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Agents of the lane EXECUTION.
const WORKERS: [&str; 6] = ["GID-01", "GID-02", "GID-04", "GID-05", "GID-09", "GID-12"];

/// A plan of a pattern, with the roles that it needs, and so many workers.
fn plan(shape: Shape, workers: usize) -> Value {
    let mut roles: Vec<Value> = Vec::new();
    for (role, least, most) in shape.roles() {
        let count = if most == usize::MAX { workers.max(least) } else { most };
        roles.extend((0..count).map(|_| json!(role)));
    }
    let agents: serde_json::Map<String, Value> = (0..roles.len())
        .map(|n| {
            (
                format!("a{n}"),
                json!({"gid": WORKERS[n % WORKERS.len()], "command": ["agent.sh", n.to_string()]}),
            )
        })
        .collect();
    let steps: Vec<Value> = (0..roles.len())
        .map(|n| json!({"id": format!("A{n}"), "agent": format!("a{n}"), "capability": format!("read_{n}"), "role": roles[n], "cost": 1}))
        .collect();
    json!({
        "name": "a plan", "objective": "something", "pattern": shape.as_str(), "agents": agents, "steps": steps,
        "initiator": {"gid": ORCHESTRATOR, "grant": "R"}, "require_trust": false,
    })
}

fn read(plan: &Value) -> Plan {
    Plan::from_json(plan.to_string().as_bytes()).unwrap()
}

fn grove() -> Grove {
    let mut grove = Grove::new();
    grove
        .establish("R", ORCHESTRATOR, json!(["read_*"]), json!({"budget_limit": 100, "resources": ["in/**"]}))
        .unwrap();
    grove
}

fn found(grove: &Grove, plan: &Value) -> Vec<Finding> {
    let forest = grove.forest(grove.world.size());
    check(&read(plan), Some((&forest, grove.now())))
}

fn rules(findings: &[Finding]) -> Vec<Rule> {
    findings.iter().map(|f| f.rule).collect()
}

/// The plan with every step touching something that the grant allows.
fn inside(mut plan: Value) -> Value {
    plan["steps"].as_array_mut().unwrap().iter_mut().for_each(|s| s["resource"] = json!("in/x"));
    plan
}

#[test]
fn every_pattern_has_a_plan_that_can_run() {
    let grove = grove();
    for shape in Shape::ALL {
        let plan = inside(plan(shape, 3));
        assert_eq!(found(&grove, &plan), [], "{}", shape.as_str());
        let read = read(&plan);
        let graph = shape.graph(&read, ledger_core::names::PacId::new("PAC-X").unwrap());
        assert_eq!(graph.nodes.len(), read.steps.len());
        assert!(!read.picture().unwrap().text(100).plain().is_empty());
        // Equal plans have equal digests, however they are written.
        let again = serde_json::to_vec_pretty(&read).unwrap();
        assert_eq!(Plan::from_json(&again).unwrap().digest().unwrap(), read.digest().unwrap());
    }
}

#[test]
fn each_thing_that_is_wrong_is_said_where_it_is() {
    let grove = grove();
    let base = inside(plan(Shape::Sequential, 3));
    let with = |path: &str, value: Value| {
        let mut plan = base.clone();
        let (parent, last) = path.rsplit_once('/').unwrap();
        plan.pointer_mut(parent).unwrap()[last] = value;
        plan
    };
    let cases = [
        (with("/pattern", json!("waterfall")), Rule::Pattern, "pattern"),
        (with("/steps", json!([])), Rule::Steps, "steps"),
        (with("/steps/1/id", json!("a0")), Rule::Steps, "steps.a0"),
        (with("/steps/1/after", json!(["A9"])), Rule::Steps, "steps.A1.after"),
        (with("/steps/0/after", json!(["A2"])), Rule::Cycle, "steps"),
        (with("/steps/0/after", json!(["A0"])), Rule::Cycle, "steps"),
        (with("/steps/1/agent", json!("nobody")), Rule::Agents, "steps.A1.agent"),
        (with("/steps/1/agent", json!("a0")), Rule::Agents, "steps.A1.agent"),
        (with("/agents/a1/gid", json!("GID-01")), Rule::Agents, "steps.A1.agent"),
        (with("/agents/a1", json!({"gid": "GID-02"})), Rule::Agents, "agents.a1"),
        (with("/agents/a1", json!({"gid": "GID-02", "url": "file:///x"})), Rule::Agents, "agents.a1.url"),
        (with("/agents/a1/url", json!("http://127.0.0.1:1")), Rule::Agents, "agents.a1"),
        (with("/agents/a1/env", json!(["A=B"])), Rule::Agents, "agents.a1.env"),
        (with("/agents/a1/memory_mb", json!(0)), Rule::Agents, "agents.a1.memory_mb"),
        (with("/agents/a9", json!({"gid": "GID-12", "command": ["x"]})), Rule::Agents, "agents.a9"),
        (with("/steps/1/role", json!("judge")), Rule::Roles, "steps.A1.role"),
        (with("/quorum", json!(2)), Rule::Numbers, "quorum"),
        (with("/threshold", json!(0.5)), Rule::Numbers, "threshold"),
        (with("/timeout_seconds", json!(0)), Rule::Numbers, "timeout_seconds"),
        (with("/width", json!(65)), Rule::Numbers, "width"),
        (with("/agents/a1/gid", json!("GID-77")), Rule::Registry, "agents.a1.gid"),
        (with("/agents/a1/gid", json!("GID-H01")), Rule::Registry, "agents.a1.gid"),
        (with("/agents/a1/gid", json!("GID-00")), Rule::Registry, "agents.a1.gid"),
        (with("/agents/a1/gid", json!("GID-03")), Rule::Registry, "agents.a1.gid"),
        (with("/require_trust", json!(true)), Rule::Trust, "agents.a0.gid"),
        (with("/initiator/grant", json!("NONE")), Rule::Trust, "initiator.grant"),
        (with("/initiator/gid", json!("GID-01")), Rule::Trust, "initiator.grant"),
        (with("/steps/1/capability", json!("deploy")), Rule::Capability, "steps.A1.capability"),
        (with("/steps/1/resource", json!("out/x")), Rule::Constraints, "steps.A1"),
        (
            with("/steps/1/constraints", json!({"resources": ["**"]})),
            Rule::Constraints,
            "steps.A1.constraints",
        ),
        (with("/steps/1/cost", json!(99)), Rule::Constraints, "steps"),
        (with("/constraints", json!({"budget_limit": 2})), Rule::Constraints, "constraints.budget_limit"),
        (
            with("/constraints", json!({"no_delegation": true, "time_window": "00:00-00:01"})),
            Rule::Constraints,
            "steps.A1",
        ),
    ];
    for (plan, rule, place) in cases {
        let findings = found(&grove, &plan);
        assert!(
            findings.iter().any(|f| f.rule == rule && f.place == place),
            "{rule:?} at {place}: {findings:#?}"
        );
    }
    // Everything at once.
    let mut wrong = base.clone();
    wrong["width"] = json!(0);
    wrong["quorum"] = json!(9);
    wrong["steps"][0]["after"] = json!(["A2"]);
    wrong["steps"][1]["agent"] = json!("nobody");
    wrong["steps"][2]["role"] = json!("judge");
    wrong["initiator"]["grant"] = json!("NONE");
    let mut all = rules(&found(&grove, &wrong));
    all.dedup();
    assert_eq!(all, [Rule::Agents, Rule::Roles, Rule::Cycle, Rule::Numbers, Rule::Trust]);
    // What cannot be met by any quorum.
    let mut consensus = inside(plan(Shape::Consensus, 3));
    consensus["quorum"] = json!(4);
    assert_eq!(rules(&found(&grove, &consensus)), [Rule::Numbers]);
    consensus["quorum"] = json!(3);
    consensus["threshold"] = json!(1.5);
    assert_eq!(rules(&found(&grove, &consensus)), [Rule::Numbers]);
}

#[test]
fn what_trust_does_not_allow_any_more_is_found() {
    let mut grove = grove();
    let plan = inside(plan(Shape::Sequential, 3));
    let id = *crate::grove::birth().keys["GID-01"].public().unwrap().id();
    grove.world.ok("retire_key", ADMIN, json!({"gid": "GID-01", "keyid": hex::encode(id), "reason": "lost"}));
    assert_eq!(rules(&found(&grove, &plan)), [Rule::Registry]);
    grove.world.ok("set_posture", ADMIN, json!({"gid": "GID-02", "posture": "tool", "reason": "r"}));
    assert_eq!(rules(&found(&grove, &plan)), [Rule::Registry, Rule::Trust]);
    let short = json!({
        "agent_gid": ORCHESTRATOR, "grant_id": "S", "capabilities": [{"capability": "read_*"}],
        "constraints": {"max_delegation_depth": 2}, "expires_at": grove.now() + 60_000,
    });
    grove.world.ok("establish", ADMIN, short);
    let mut soon = inside(super::plans::plan(Shape::Parallel, 2));
    soon["initiator"]["grant"] = json!("S");
    assert_eq!(rules(&found(&grove, &soon)), [Rule::Expiry]);
    soon["timeout_seconds"] = json!(30);
    assert_eq!(found(&grove, &soon), []);
    grove.revoke("S", "S").unwrap();
    assert_eq!(rules(&found(&grove, &soon)), [Rule::Trust]);
    assert_eq!(AGENTS.len(), 12);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// What the check finds nothing wrong with is passed on by the ledger, grant by grant; what it finds wrong with trust is refused.
    #[test]
    fn a_checked_plan_gets_its_grants(
        shape in prop::sample::select(Shape::ALL.to_vec()),
        workers in 2..6_usize,
        places in prop::collection::vec(prop::sample::select(vec!["in/x", "in/y/z", "out/x"]), 8),
        limit in prop::sample::select(vec![json!({}), json!({"resources": ["in/*"]}), json!({"resources": ["**"]}), json!({"max_delegation_depth": 1}), json!({"no_delegation": true})]),
        at_root in any::<bool>(),
    ) {
        let mut grove = Grove::new();
        let given = if at_root { limit.clone() } else { json!({}) };
        let mut whole = json!({"resources": ["in/**"]});
        for (name, value) in given.as_object().unwrap() {
            whole[name] = value.clone();
        }
        grove.establish("R", ORCHESTRATOR, json!(["read_*"]), whole).unwrap();
        let mut written = plan(shape, workers);
        for (n, step) in written["steps"].as_array_mut().unwrap().iter_mut().enumerate() {
            step["resource"] = json!(places[n]);
        }
        if !at_root {
            written["steps"][0]["constraints"] = limit;
        }
        let findings = found(&grove, &written);
        let read = read(&written);
        let mut names = vec![String::new(); read.steps.len()];
        let mut refused = false;
        for grant in shape.grants(&read.steps) {
            let step = &read.steps[grant.to];
            let parent = grant.from.map_or_else(|| "R".to_owned(), |from| names[from].clone());
            let own = names.len();
            names[grant.to] = format!("G{}-{own}", grant.to);
            let to = read.agent(step).unwrap().gid.to_string();
            let capabilities: Vec<&str> = grant.capabilities.iter().map(ledger_core::constraint::Name::as_str).collect();
            let passed = if shape == Shape::Handoff && grant.from.is_some() {
                let body = json!({"root": "R", "grant_id": parent, "new_grant_id": names[grant.to], "agent_gid": to, "reason": "r"});
                let holder = grove.holder("R", &parent);
                grove.world.act("transfer_grant", &holder, body).is_ok()
            } else {
                grove.delegate(("R", &parent, &names[grant.to]), &to, json!(capabilities), json!(step.constraints)).is_ok()
            };
            let about = json!({"resource": places[grant.to], "cost": 1});
            let used = passed && grove.exercise("R", &names[grant.to], step.capability.as_str(), about).is_ok();
            refused |= !used;
        }
        prop_assert_eq!(refused, !findings.is_empty(), "{:?} {}", findings, written);
    }
}
