//! GS_116 to GS_119, and who is blocked by what.

use crate::refuse;
use ledger_tests::orchestra::{ADA, BENSON, Orchestra, node, order};
use serde_json::json;

#[test]
fn an_order_must_pass_the_gate() {
    let o = Orchestra::new();
    let without = |member: &str| {
        let mut order = order("PAC-T-1");
        order.as_object_mut().unwrap().remove(member);
        order
    };
    refuse(&o, "GS_116", "issue_pac", ADA, &without("gateway_checks"));
    for checks in [
        json!({}),
        json!({ "governance": [], "authority": BENSON }),
        json!({ "governance": ["FAIL_CLOSED"] }),
        json!({ "governance": ["FAIL_CLOSED"], "authority": "GID-01" }),
    ] {
        let mut order = order("PAC-T-1");
        order["gateway_checks"] = checks;
        refuse(&o, "GS_116", "issue_pac", ADA, &order);
    }
    refuse(&o, "GS_116", "issue_pac", "GID-77", &order("PAC-T-1"));
    refuse(&o, "LG_150", "open_gateway", BENSON, &json!({ "pac_id": "PAC-T-1" }));
    o.act("issue_pac", ADA, &order("PAC-T-1"));
    refuse(&o, "LG_151", "issue_pac", ADA, &order("PAC-T-1"));
    // Nothing goes on while it is closed, and that does not block it.
    let channel =
        json!({ "pac_id": "PAC-T-1", "channel_id": "c", "members": ["GID-01", "GID-02"], "purpose": "x" });
    refuse(&o, "GS_116", "declare_channel", BENSON, &channel);
    refuse(&o, "LG_125", "open_gateway", ADA, &json!({ "pac_id": "PAC-T-1" }));
    o.act("open_gateway", BENSON, &json!({ "pac_id": "PAC-T-1" }));
    refuse(&o, "LG_156", "open_gateway", BENSON, &json!({ "pac_id": "PAC-T-1" }));
    o.act("declare_channel", BENSON, &channel);
    refuse(&o, "LG_155", "declare_channel", BENSON, &channel);
}

#[test]
fn execution_needs_a_request_and_an_executable_order() {
    let o = Orchestra::new();
    // An agent's order asks for nothing by itself: a human or service must.
    o.act("issue_pac", "GID-03", &order("PAC-T-1"));
    refuse(&o, "GS_119", "open_gateway", BENSON, &json!({ "pac_id": "PAC-T-1" }));
    refuse(&o, "LG_125", "request_execution", "GID-03", &json!({ "pac_id": "PAC-T-1" }));
    o.act("request_execution", ADA, &json!({ "pac_id": "PAC-T-1" }));
    o.act("open_gateway", BENSON, &json!({ "pac_id": "PAC-T-1" }));
    let mut advisory = order("PAC-T-2");
    advisory["mode"] = json!("ADVISORY");
    o.act("issue_pac", ADA, &advisory);
    o.act("open_gateway", BENSON, &json!({ "pac_id": "PAC-T-2" }));
    let graph = json!({ "pac_id": "PAC-T-2", "nodes": [node("A1", "GID-01")] });
    o.act("declare_graph", BENSON, &graph);
    let sub = o.assign("PAC-T-2", "A1", "GID-01");
    refuse(&o, "GS_119", "dispatch", BENSON, &json!({ "pac_id": "PAC-T-2", "sub_pac_id": sub }));
    // The orchestrator caused it, so a human resolves it, with their signature; then the PAC can still be abandoned.
    refuse(
        &o,
        "GS_116",
        "dispatch",
        BENSON,
        &json!({ "pac_id": "PAC-T-2", "sub_pac_id": sub, "session": "x" }),
    );
    o.act("abandon", ADA, &json!({ "pac_id": "PAC-T-2", "reason": "advice was enough" }));
    refuse(&o, "LG_152", "abandon", ADA, &json!({ "pac_id": "PAC-T-2", "reason": "again" }));
}

#[test]
fn a_violation_blocks_its_own_pac_until_it_is_resolved_and_a_stranger_blocks_none() {
    let o = Orchestra::new();
    for pac in ["PAC-T-1", "PAC-T-2"] {
        o.open(pac, &json!([node("A1", "GID-01"), node("A2", "GID-02")]), &json!([]));
    }
    let told = |pac: &str, to: &str| json!({ "pac_id": pac, "to": [to], "digest": format!("sha256:{}", "00".repeat(32)) });
    let activate = |pac: &str, more: serde_json::Value| {
        let mut data = json!({ "pac_id": pac, "agent_gid": "GID-01", "activated_by": BENSON });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    // Strangers: an agent without a node, a human, someone who is nobody.
    refuse(&o, "GS_207", "message", "GID-05", &told("PAC-T-1", "GID-01"));
    refuse(&o, "LG_125", "message", ADA, &told("PAC-T-1", "GID-01"));
    refuse(&o, "GS_117", "activate", "GID-05", &activate("PAC-T-1", json!({})));
    o.act("activate", BENSON, &activate("PAC-T-1", json!({ "agent_name": "sonny", "lane": "EXECUTION" })));
    refuse(&o, "LG_155", "activate", BENSON, &activate("PAC-T-1", json!({})));
    // An agent of the PAC: everything stops, in this PAC alone.
    let error = o.refused("message", "GID-01", &told("PAC-T-1", "GID-02"), None);
    assert_eq!(
        (error["code"].as_str(), error["name"].as_str()),
        (Some("GS_207"), Some("AGENT_SIDE_CHANNEL"))
    );
    let by = error["sequence"].as_u64().unwrap();
    refuse(&o, "GS_116", "activate", BENSON, &activate("PAC-T-1", json!({ "agent_gid": "GID-02" })));
    o.act("activate", BENSON, &activate("PAC-T-2", json!({ "agent_gid": "GID-02" })));
    let resolve = |violations: serde_json::Value| json!({ "pac_id": "PAC-T-1", "violations": violations, "reason": "told not to" });
    refuse(&o, "LG_125", "resolve_gateway", "GID-01", &resolve(json!([by])));
    refuse(&o, "LG_156", "resolve_gateway", BENSON, &resolve(json!([])));
    refuse(&o, "LG_154", "resolve_gateway", BENSON, &resolve(json!([by, 3])));
    o.act("resolve_gateway", BENSON, &resolve(json!([by])));
    o.act("activate", BENSON, &activate("PAC-T-1", json!({ "agent_gid": "GID-02" })));
    // The same again, at once: it blocks again, although it is the same within a minute.
    let again = o.refused("message", "GID-01", &told("PAC-T-1", "GID-02"), None);
    assert!(again["sequence"].as_u64().unwrap() > by, "{again}");
    refuse(&o, "GS_116", "activate", BENSON, &activate("PAC-T-1", json!({ "agent_gid": "GID-05" })));
    let report = o.place.json(["verify"]);
    assert_eq!((&report["ok"], report["findings"].as_array().unwrap().len()), (&json!(true), 0), "{report}");
}

#[test]
fn activation_and_identity() {
    let o = Orchestra::new();
    o.open("PAC-T-1", &json!([node("A1", "GID-01")]), &json!([]));
    let pac = "PAC-T-1";
    // Each of these is the orchestrator's own fault, and blocks; a human resolves.
    let blocked = |code: &str, kind: &str, data: serde_json::Value| {
        let error = o.refused(kind, BENSON, &data, None);
        assert_eq!(error["code"], code, "{data}: {error}");
        let by = error["sequence"].as_u64().unwrap();
        let resolution = json!({ "pac_id": pac, "violations": [by], "reason": "a slip" });
        refuse(&o, "LG_125", "resolve_gateway", BENSON, &resolution);
        o.act("resolve_gateway", ADA, &resolution);
    };
    blocked("GS_117", "activate", json!({ "pac_id": pac, "agent_gid": "GID-77", "activated_by": BENSON }));
    blocked("GS_117", "activate", json!({ "pac_id": pac, "agent_gid": "GID-01", "activated_by": "GID-01" }));
    blocked("GS_117", "activate", json!({ "pac_id": pac, "agent_gid": "GID-01", "activated_by": "GID-08" }));
    blocked("GS_117", "activate", json!({ "pac_id": pac, "agent_gid": "GID-01" }));
    blocked("GS_117", "activate", json!({ "pac_id": pac, "activated_by": BENSON }));
    let named = |name: &str| json!({ "pac_id": pac, "agent_gid": "GID-01", "activated_by": BENSON, "agent_name": name });
    blocked("GS_118", "activate", named("CODY"));
    let lane = json!({ "pac_id": pac, "agent_gid": "GID-01", "activated_by": BENSON, "lane": "STRATEGY" });
    blocked("GS_118", "activate", lane);
    blocked(
        "GS_118",
        "declare_graph",
        json!({ "pac_id": pac, "nodes": [{ "node_id": "A1", "agent_gid": "GID-03", "lane": "EXECUTION" }] }),
    );
    blocked("GS_118", "issue_sub_pac", json!({ "pac_id": pac, "node_id": "A1", "agent_gid": "GID-02" }));
    blocked("GS_200", "declare_graph", json!({ "pac_id": pac, "nodes": [node("A1", BENSON)] }));
    blocked("GS_200", "issue_sub_pac", json!({ "pac_id": pac, "node_id": "A1", "agent_gid": BENSON }));
    // An agent that holds a node acts without having been activated.
    let sub = o.act("issue_sub_pac", BENSON, &json!({ "pac_id": pac, "node_id": "A1" }));
    let sub = sub["sub_pac_id"].as_str().unwrap();
    let token = o.dispatch(pac, sub);
    let start = json!({ "pac_id": pac, "sub_pac_id": sub, "session": "s" });
    crate::refuse_with(&o, "GS_117", "start", "GID-01", &start, Some(&token));
}
