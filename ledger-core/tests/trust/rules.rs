//! What is refused, by which code: who may do what to a grant, and every way to hold more than was given.

use crate::grove::{ADMIN, Grove, ORCHESTRATOR, code};
use ledger_core::trust::Level;
use serde_json::{Value, json};

/// A root grant `R` of GID-01 that limits in every way, and a grant `A` of GID-02 under it.
fn limited() -> Grove {
    let mut grove = Grove::new();
    grove
        .establish("R", "GID-01", json!(["read_*", "write_report", {"capability": "send"}]), limits())
        .unwrap();
    grove.delegate(("R", "R", "A"), "GID-02", json!(["read_invoices"]), json!({})).unwrap();
    grove
}

fn limits() -> Value {
    json!({
        "cost_limit": 1000, "rate_limit": 100, "budget_limit": 50, "max_delegation_depth": 3, "max_api_calls": 10,
        "allowed_actions": ["read_*", "write_report"], "forbidden_actions": ["read_secrets"],
        "resources": ["invoices/**"], "time_window": "00:00-17:00", "data_scopes": ["finance"],
        "communication_targets": ["internal"], "geo_restrictions": ["SG", "US"],
        "api_limits": {"max_calls": 100, "per_endpoint": {"users": 50}},
        "no_pii_export": true, "audit_required": true,
    })
}

#[test]
fn every_way_to_widen_is_refused() {
    let mut grove = limited();
    let wider = [
        json!({"cost_limit": 1001}),
        json!({"cost_limit": 1000.000001}),
        json!({"rate_limit": 101}),
        json!({"budget_limit": 50.01}),
        json!({"max_delegation_depth": 4}),
        json!({"max_api_calls": 11}),
        json!({"allowed_actions": ["read_*", "delete"]}),
        json!({"allowed_actions": ["*"]}),
        json!({"allowed_actions": ["rea*"]}),
        json!({"forbidden_actions": []}),
        json!({"forbidden_actions": ["read_secret"]}),
        json!({"resources": ["payroll/**"]}),
        json!({"resources": ["invoices/../payroll"]}),
        json!({"resources": ["invoices/%2e%2e/payroll"]}),
        json!({"resources": ["Invoices/2026"]}),
        json!({"resources": ["/invoices/2026"]}),
        json!({"resources": ["invoices"]}),
        json!({"resources": ["**"]}),
        json!({"time_window": "00:00-18:00"}),
        json!({"time_window": "17:00-00:00"}),
        json!({"time_window": "00:00-17:00 +01:00"}),
        json!({"time_window": "09:00-10:00 Europe/Berlin"}),
        json!({"data_scopes": ["finance", "people"]}),
        json!({"communication_targets": ["internal", "world"]}),
        json!({"geo_restrictions": ["SG", "CN"]}),
        json!({"api_limits": {"max_calls": 101}}),
        json!({"api_limits": {"per_endpoint": {"users": 51}}}),
        json!({"no_pii_export": false}),
        json!({"audit_required": false}),
    ];
    for (n, constraints) in wider.into_iter().enumerate() {
        let shown = constraints.to_string();
        let refused =
            grove.delegate(("R", "R", &format!("W{n}")), "GID-03", json!(["read_invoices"]), constraints);
        assert_eq!(code(&refused), "LG_177", "{shown}");
    }
    let unreadable = [
        json!({"sudo": true}),
        json!({"cost_limit": "NaN"}),
        json!({"cost_limit": -1}),
        json!({"cost_limit": null, "no_such": 1}),
        json!({"resources": ["../payroll"]}),
        json!({"resources": ["invoices%2fx"]}),
        json!({"resources": ["invoices\\x"]}),
        json!({"resources": ["in\u{ff56}oices"]}),
        json!({"time_window": "09:00"}),
        json!({"time_window": "25:00-26:00"}),
        json!({"time_window": "09:00-09:00"}),
        json!({"geo_restrictions": ["Singapore"]}),
        json!({"read_only": "yes"}),
        json!({"allowed_actions": ["re\u{430}d"]}),
        json!({"allowed_actions": ["a*b*c"]}),
        json!({"max_delegation_depth": 11}),
    ];
    for constraints in unreadable {
        let body = grove.delegation(("R", "R", "U"), "GID-03", json!(["read_invoices"]), constraints.clone());
        let intent = ledger_core::intent::Intent::new(
            "delegate",
            body.to_string().as_bytes(),
            None,
            ledger_core::names::Gid::new("GID-01").unwrap(),
            None,
        );
        assert_eq!(intent.unwrap_err().code.to_string(), "LG_101", "{constraints}");
    }
    // Equal and tighter ones are taken, and everything is as it was said.
    let tighter = [
        limits(),
        json!({}),
        json!({"cost_limit": 0, "resources": ["invoices/./2026/*"], "geo_restrictions": ["us-ca"]}),
    ];
    for (n, constraints) in tighter.into_iter().enumerate() {
        grove
            .delegate(("R", "R", &format!("T{n}")), "GID-03", json!(["read_invoices"]), constraints)
            .unwrap();
    }
    grove.world.assert_clean();
}

#[test]
fn nobody_gives_what_they_do_not_have() {
    let mut grove = limited();
    let to = |grove: &mut Grove, parent: &str, gid: &str, capabilities: Value| {
        code(&grove.delegate(("R", parent, "X"), gid, capabilities, json!({})))
    };
    assert_eq!(to(&mut grove, "R", "GID-03", json!(["delete"])), "LG_176");
    assert_eq!(to(&mut grove, "R", "GID-03", json!(["*"])), "LG_176");
    assert_eq!(to(&mut grove, "A", "GID-03", json!(["read_*"])), "LG_176");
    assert_eq!(to(&mut grove, "R", "GID-03", json!([])), "LG_181");
    assert_eq!(to(&mut grove, "R", "GID-01", json!(["send"])), "LG_180");
    assert_eq!(to(&mut grove, "A", "GID-01", json!(["read_invoices"])), "LG_180");
    assert_eq!(to(&mut grove, "R", "GID-77", json!(["send"])), "LG_141");
    assert_eq!(to(&mut grove, "R", ADMIN, json!(["send"])), "LG_141");
    assert_eq!(to(&mut grove, "NONE", "GID-03", json!(["send"])), "LG_172");
    assert_eq!(code(&grove.delegate(("NONE", "NONE", "X"), "GID-03", json!(["send"]), json!({}))), "LG_172");
    assert_eq!(code(&grove.delegate(("R", "R", "A"), "GID-03", json!(["send"]), json!({}))), "LG_173");
    assert_eq!(code(&grove.establish("R", "GID-05", json!(["x"]), json!({}))), "LG_173");
    assert_eq!(code(&grove.establish("E", "GID-05", json!([]), json!({}))), "LG_181");
    assert_eq!(code(&grove.establish("E", "GID-77", json!(["x"]), json!({}))), "LG_141");

    // Not the holder, not signed, not the depth that it has.
    let body = grove.delegation(("R", "R", "X"), "GID-03", json!(["send"]), json!({}));
    assert_eq!(grove.world.code("delegate", "GID-02", body.clone()), "LG_175");
    assert_eq!(grove.world.code("delegate", ADMIN, body.clone()), "LG_175");
    let unsigned = grove.world.intent_as("delegate", "GID-01", &body, false);
    assert_eq!(code(&grove.world.send(unsigned)), "LG_122");
    let mut wrong = body.clone();
    wrong["depth"] = json!(2);
    assert_eq!(grove.world.code("delegate", "GID-01", wrong), "LG_178");

    // A retired agent is given nothing, and holds nothing.
    grove.world.ok("retire_agent", ORCHESTRATOR, json!({"gid": "GID-02", "reason": "replaced"}));
    assert_eq!(to(&mut grove, "R", "GID-02", json!(["send"])), "LG_142");
    grove.all_levels("GID-02", "read_invoices", false);
    grove.world.assert_clean();
}

#[test]
fn a_chain_has_ten_links_and_no_more() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-00", json!(["x"]), json!({})).unwrap();
    let mut parent = "R".to_owned();
    for depth in 1..=10 {
        let id = format!("D{depth}");
        let gid = format!("GID-{depth:02}");
        grove.delegate(("R", &parent, &id), &gid, json!(["x"]), json!({})).unwrap();
        parent = id;
    }
    assert_eq!(code(&grove.delegate(("R", "D10", "D11"), "GID-11", json!(["x"]), json!({}))), "LG_178");
    // Bound sooner by a constraint, which is absolute: the root is at 0.
    grove.establish("S", "GID-00", json!(["x"]), json!({"max_delegation_depth": 1})).unwrap();
    grove.delegate(("S", "S", "S1"), "GID-01", json!(["x"]), json!({})).unwrap();
    assert_eq!(code(&grove.delegate(("S", "S1", "S2"), "GID-02", json!(["x"]), json!({}))), "LG_178");
    grove.establish("N", "GID-00", json!(["x"]), json!({"no_delegation": true})).unwrap();
    assert_eq!(code(&grove.delegate(("N", "N", "N1"), "GID-01", json!(["x"]), json!({}))), "LG_183");
    grove.all_levels("GID-10", "x", true);
    assert!(grove.revoke("R", "R").is_ok());
    grove.all_levels("GID-10", "x", false);
    grove.world.assert_clean();
}

#[test]
fn a_grant_does_not_outlive_what_it_rests_on() {
    let mut grove = Grove::new();
    let end = grove.now() + 60_000;
    let root = json!({"agent_gid": "GID-01", "grant_id": "R", "capabilities": [{"capability": "x"}], "expires_at": end});
    let mut past = root.clone();
    past["expires_at"] = json!(1);
    assert_eq!(grove.world.code("establish", ADMIN, past), "LG_179");
    grove.world.ok("establish", ADMIN, root);
    let mut later = grove.delegation(("R", "R", "A"), "GID-02", json!(["x"]), json!({}));
    later["expires_at"] = json!(end + 1);
    assert_eq!(grove.world.code("delegate", "GID-01", later.clone()), "LG_179");
    later["expires_at"] = json!(end);
    grove.world.ok("delegate", "GID-01", later);
    grove.delegate(("R", "A", "B"), "GID-03", json!(["x"]), json!({})).unwrap();
    grove.all_levels("GID-03", "x", true);
    grove.world.clock.pass(61_000);
    grove.all_levels("GID-03", "x", false);
    assert_eq!(code(&grove.exercise("R", "B", "x", json!({}))), "LG_174");
    assert_eq!(code(&grove.delegate(("R", "B", "C"), "GID-04", json!(["x"]), json!({}))), "LG_174");
}

#[test]
fn revoking_withdraws_everything_below_and_only_a_suspension_is_undone() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!(["x"]), json!({})).unwrap();
    grove.establish("Z", "GID-09", json!(["x"]), json!({})).unwrap();
    grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({})).unwrap();
    grove.delegate(("R", "A", "B"), "GID-03", json!(["x"]), json!({})).unwrap();
    let end = |grove: &mut Grove, by: &str, id: &str, mode: Value| {
        let mut body = json!({"root": "R", "grant_id": id, "reason": "r"});
        for (name, value) in mode.as_object().unwrap() {
            body[name] = value.clone();
        }
        code(&grove.world.act("revoke_grant", by, body))
    };
    let resume = |grove: &mut Grove, by: &str| {
        code(&grove.world.act("resume_grant", by, json!({"root": "R", "grant_id": "A", "reason": "r"})))
    };
    // A stranger and who is below may not; the giver, the authority and the holder may.
    assert_eq!(end(&mut grove, "GID-09", "A", json!({})), "LG_175");
    assert_eq!(end(&mut grove, "GID-03", "A", json!({})), "LG_175");
    assert_eq!(end(&mut grove, "GID-01", "A", json!({"mode": "suspend"})), "ok");
    grove.all_levels("GID-02", "x", false);
    grove.all_levels("GID-03", "x", false);
    assert_eq!(resume(&mut grove, "GID-02"), "LG_175");
    assert_eq!(resume(&mut grove, "GID-01"), "ok");
    assert_eq!(resume(&mut grove, "GID-01"), "LG_156");
    grove.all_levels("GID-03", "x", true);
    // At a time.
    let at = grove.now() + 10_000;
    assert_eq!(end(&mut grove, "GID-01", "A", json!({"mode": "graceful"})), "LG_101");
    assert_eq!(end(&mut grove, "GID-01", "A", json!({"at": at})), "LG_101");
    assert_eq!(end(&mut grove, "GID-01", "A", json!({"mode": "graceful", "at": at})), "ok");
    grove.all_levels("GID-03", "x", true);
    grove.world.clock.pass(9_000);
    grove.all_levels("GID-03", "x", true);
    grove.world.clock.pass(2_000);
    grove.all_levels("GID-02", "x", false);
    grove.all_levels("GID-03", "x", false);
    assert_eq!(resume(&mut grove, "GID-01"), "LG_174");
    // Repeating it changes nothing.
    let before = grove.tree("R").unwrap().at(1).unwrap().end.clone();
    assert_eq!(end(&mut grove, ADMIN, "A", json!({})), "ok");
    assert_eq!(grove.tree("R").unwrap().at(1).unwrap().end, before);
    grove.all_levels("GID-01", "x", true);
    grove.all_levels("GID-09", "x", true);
    // The authority withdraws: nothing that rests on its word is good.
    grove.world.ok("withdraw_authority", ADMIN, json!({"gid": ADMIN, "reason": "closed"}));
    grove.all_levels("GID-09", "x", false);
    assert_eq!(code(&grove.establish("Y", "GID-05", json!(["x"]), json!({}))), "LG_170");
    grove.world.assert_clean();
}

#[test]
fn what_is_handed_over_keeps_its_limits_and_what_was_used() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!(["x"]), json!({})).unwrap();
    grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({"budget_limit": 10})).unwrap();
    grove.delegate(("R", "A", "B"), "GID-04", json!(["x"]), json!({})).unwrap();
    grove.exercise("R", "A", "x", json!({"cost": 6})).unwrap();
    let hand = |grove: &mut Grove, by: &str, id: &str, to: &str| {
        let body = json!({"root": "R", "grant_id": id, "new_grant_id": "A2", "agent_gid": to, "reason": "r"});
        code(&grove.world.act("transfer_grant", by, body))
    };
    assert_eq!(hand(&mut grove, "GID-01", "A", "GID-03"), "LG_175");
    assert_eq!(hand(&mut grove, "GID-02", "A", "GID-02"), "LG_180");
    assert_eq!(hand(&mut grove, "GID-02", "A", "GID-01"), "LG_180");
    assert_eq!(hand(&mut grove, "GID-01", "R", "GID-03"), "LG_175");
    // What is counted must be said.
    assert!(!grove.ask("GID-02", "x", Level::Standard).valid);
    let mut question = crate::grove::question("GID-02", "x", Level::Full, grove.now());
    question.cost = Some("1".parse().unwrap());
    assert!(grove.ask_of(grove.world.seq.store(), &question).valid);
    assert_eq!(hand(&mut grove, "GID-02", "A", "GID-03"), "ok");
    assert!(!grove.ask_of(grove.world.seq.store(), &question).valid);
    grove.all_levels("GID-04", "x", false);
    assert_eq!(code(&grove.exercise("R", "A2", "x", json!({"cost": 5}))), "LG_183");
    assert_eq!(code(&grove.exercise("R", "A2", "x", json!({"cost": 4}))), "ok");
    assert_eq!(code(&grove.exercise("R", "A", "x", json!({"cost": 1}))), "LG_174");
    grove.world.assert_clean();
}

#[test]
fn postures_rise_by_a_human_and_fall_at_once() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!(["x"]), json!({})).unwrap();
    grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({})).unwrap();
    let posture = |grove: &mut Grove, by: &str, to: &str| {
        code(&grove.world.act("set_posture", by, json!({"gid": "GID-01", "posture": to, "reason": "r"})))
    };
    assert_eq!(posture(&mut grove, "GID-01", "autonomous"), "LG_185");
    assert_eq!(posture(&mut grove, ORCHESTRATOR, "autonomous"), "LG_185");
    assert_eq!(posture(&mut grove, crate::world::REVIEWER, "autonomous"), "LG_185");
    assert_eq!(posture(&mut grove, "GID-02", "pseudo"), "LG_125");
    let of_itself = |grove: &mut Grove, pac: Option<&str>| {
        let body = json!({"root": "R", "grant_id": "R", "action": "x", "pac_id": pac});
        let mut body = body;
        if pac.is_none() {
            body.as_object_mut().unwrap().remove("pac_id");
        }
        code(&grove.world.act("exercise", "GID-01", body))
    };
    assert_eq!(of_itself(&mut grove, None), "LG_182");
    assert_eq!(of_itself(&mut grove, Some("PAC-X-1")), "ok");
    assert_eq!(posture(&mut grove, ADMIN, "autonomous"), "ok");
    assert_eq!(of_itself(&mut grove, None), "ok");
    assert_eq!(posture(&mut grove, "GID-01", "supervised"), "ok");
    assert_eq!(code(&grove.delegate(("R", "R", "B"), "GID-03", json!(["x"]), json!({}))), "LG_182");
    assert_eq!(posture(&mut grove, ORCHESTRATOR, "tool"), "ok");
    assert_eq!(of_itself(&mut grove, Some("PAC-X-1")), "LG_182");
    grove.all_levels("GID-02", "x", true);
    assert_eq!(posture(&mut grove, ORCHESTRATOR, "pseudo"), "ok");
    grove.all_levels("GID-01", "x", false);
    grove.all_levels("GID-02", "x", false);
    assert_eq!(posture(&mut grove, ORCHESTRATOR, "tool"), "LG_185");
    assert_eq!(posture(&mut grove, ADMIN, "delegating"), "ok");
    grove.all_levels("GID-02", "x", true);
    grove.world.assert_clean();
}

#[test]
fn anchors_are_typed_and_reasons_are_required() {
    let mut grove = Grove::new();
    grove
        .establish(
            "R",
            "GID-01",
            json!(["x", "y"]),
            json!({"reasoning_required": true, "audit_required": true}),
        )
        .unwrap();
    let reasoning = json!({"decision": "go", "rationale": "it is asked for"});
    assert_eq!(code(&grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({}))), "LG_183");
    let mut body = grove.delegation(("R", "R", "A"), "GID-02", json!(["x"]), json!({}));
    body["reasoning"] = json!({"decision": "go"});
    assert_eq!(grove.world.code("delegate", "GID-01", body.clone()), "LG_101");
    body["reasoning"] = reasoning.clone();
    grove.world.ok("delegate", "GID-01", body);
    assert_eq!(code(&grove.exercise("R", "A", "x", json!({}))), "LG_183");
    let used = grove.exercise("R", "A", "x", json!({"reasoning": reasoning})).unwrap().sequence;
    let full = |grove: &Grove| {
        let mut question = crate::grove::question("GID-02", "x", Level::Full, grove.now());
        question.reasoning = true;
        grove.ask_of(grove.world.seq.store(), &question)
    };
    // What was done and never witnessed is seen at the closest look.
    assert!(full(&grove).reasons.iter().any(|r| r.message.contains("has no anchor")));
    let anchor = |grove: &mut Grove, more: Value| {
        let mut body = json!({
            "root": "R", "grant_id": "A", "agent_gid": "GID-02", "action": "x", "anchor_id": "N1", "result": "SUCCESS",
            "exercise": used, "reasoning": reasoning,
        });
        for (name, value) in more.as_object().unwrap() {
            match value.is_null() {
                true => drop(body.as_object_mut().unwrap().remove(name)),
                false => body[name] = value.clone(),
            }
        }
        code(&grove.world.act("record_anchor", ORCHESTRATOR, body))
    };
    assert_eq!(anchor(&mut grove, json!({"reasoning": null})), "LG_183");
    for wrong in [
        json!({"grant_id": "R"}),
        json!({"grant_id": "NONE"}),
        json!({"agent_gid": "GID-01"}),
        json!({"exercise": used - 1}),
        json!({"exercise": null}),
        json!({"action": "y"}),
        json!({"result": "DENIED"}),
        json!({"parent": "A"}),
        json!({"parent": "N1"}),
    ] {
        assert_eq!(anchor(&mut grove, wrong.clone()), "LG_184", "{wrong}");
    }
    assert_eq!(anchor(&mut grove, json!({})), "ok");
    assert_eq!(anchor(&mut grove, json!({})), "LG_173");
    assert_eq!(
        anchor(&mut grove, json!({"anchor_id": "N2", "parent": "N1", "result": "DENIED", "exercise": null})),
        "ok"
    );
    let verdict = full(&grove);
    assert!(verdict.valid && verdict.anchors == Some(2), "{:?}", verdict.reasons);
    grove.world.assert_clean();
}

#[test]
fn a_registration_whose_establishment_fails_leaves_nothing() {
    let mut grove = Grove::new();
    let register = json!({"gid": "GID-13", "name": "NOVA", "lanes": ["EXECUTION"]});
    let establish = json!({"agent_gid": "GID-13", "grant_id": "R", "capabilities": []});
    let size = grove.world.size();
    let intents = vec![
        grove.world.intent_as("register_agent", ADMIN, &register, true),
        grove.world.intent("establish", ADMIN, &establish),
    ];
    let answers = grove.world.submit(&[ledger_core::sequencer::Request::new(intents)]);
    assert_eq!(code(&answers[0]), "LG_181");
    assert!(grove.world.seq.registry().actor("GID-13").is_none());
    // The attempt, and nothing else.
    assert_eq!(grove.world.size(), size + 1);
    grove.world.assert_clean();
}
