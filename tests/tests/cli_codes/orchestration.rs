//! GS_120 to GS_207 and the ledger's own codes of a PAC.

use crate::{refuse, refuse_with};
use ledger_tests::orchestra::{ADA, BENSON, Orchestra, ber, node, order};
use serde_json::{Value, json};

const PAC: &str = "PAC-T-1";

/// A1 feeds A2; A3 stands for itself.
fn three() -> Orchestra {
    let o = Orchestra::new();
    let nodes = json!([node("A1", "GID-01"), node("A2", "GID-02"), node("A3", "GID-05")]);
    o.open(PAC, &nodes, &json!([{ "from": "A1", "to": "A2", "type": "DATA_FLOW" }]));
    o
}

/// The gateway is open again.
fn resolve(o: &Orchestra, by: &Value, who: &str) {
    o.act("resolve_gateway", who, &json!({ "pac_id": PAC, "violations": [by], "reason": "dealt with" }));
}

/// An agent's attempt that blocks the PAC, which is resolved at once.
#[track_caller]
fn blocks(o: &Orchestra, code: &str, kind: &str, actor: &str, data: &Value, token: Option<&str>) {
    let error = o.refused(kind, actor, data, token);
    assert_eq!(error["code"], code, "{kind} with {data}: {error}");
    resolve(o, &error["sequence"], if actor == BENSON { ADA } else { BENSON });
}

#[test]
fn graphs() {
    let o = Orchestra::new();
    o.act("issue_pac", ADA, &order(PAC));
    o.act("open_gateway", BENSON, &json!({ "pac_id": PAC }));
    let graph = |nodes: Value, edges: Value| json!({ "pac_id": PAC, "nodes": nodes, "edges": edges });
    let edge = |from: &str, to: &str| json!({ "from": from, "to": to });
    let two = json!([node("A1", "GID-01"), node("A2", "GID-02")]);
    refuse(&o, "LG_156", "issue_sub_pac", BENSON, &json!({ "pac_id": PAC, "node_id": "A1" }));
    o.act("declare_graph", BENSON, &graph(two.clone(), json!([edge("A1", "A2")])));
    refuse(
        &o,
        "GS_202",
        "declare_graph",
        BENSON,
        &graph(two.clone(), json!([edge("A1", "A2"), edge("A2", "A1")])),
    );
    refuse(&o, "GS_202", "declare_graph", BENSON, &graph(two.clone(), json!([edge("A1", "A1")])));
    refuse(
        &o,
        "GS_404",
        "declare_graph",
        BENSON,
        &graph(json!([node("A1", "GID-01"), node("A2", "GID-01")]), json!([])),
    );
    refuse(
        &o,
        "LG_158",
        "declare_graph",
        BENSON,
        &graph(json!([node("A1", "GID-01"), node("a1", "GID-02")]), json!([])),
    );
    refuse(&o, "LG_158", "declare_graph", BENSON, &graph(two, json!([edge("A1", "A9")])));
    refuse(&o, "LG_158", "declare_graph", BENSON, &graph(json!([{ "node_id": "A1" }]), json!([])));
    refuse(&o, "LG_158", "declare_graph", BENSON, &graph(json!([]), json!([])));
    // It was left as it was: A2 waits for A1.
    let sub = o.act("issue_sub_pac", BENSON, &json!({ "pac_id": PAC, "node_id": "A2" }));
    refuse(&o, "GS_203", "dispatch", BENSON, &json!({ "pac_id": PAC, "sub_pac_id": sub["sub_pac_id"] }));
    refuse(&o, "LG_156", "declare_graph", BENSON, &graph(json!([node("A1", "GID-01")]), json!([])));
}

#[test]
fn graphs_are_bounded_and_say_by_how_much() {
    let o = Orchestra::new();
    o.act("issue_pac", ADA, &order(PAC));
    o.act("open_gateway", BENSON, &json!({ "pac_id": PAC }));
    let points = |count: usize| -> Vec<Value> {
        (0..count).map(|n| json!({ "node_id": format!("N{n}"), "type": "SYNC_POINT" })).collect()
    };
    let edges = |count: usize| vec![json!({ "from": "A1", "to": "A2" }); count];
    let two = vec![node("A1", "GID-01"), node("A2", "GID-02")];
    for (nodes, edges, bound) in [
        (points(2_001), vec![], "2000 are allowed"),
        (points(10_000), vec![], "2000 are allowed"),
        (two.clone(), edges(60_000), "1 MiB"),
        (two.clone(), edges(1_000_000), "1 MiB"),
        (two, vec![], "50000 are allowed"),
    ] {
        let barrier = json!({ "sync_id": "S", "successor": "A2", "predecessors": vec!["A1"; 60_000] });
        let syncs = if bound.starts_with('5') { vec![barrier] } else { vec![] };
        let graph = json!({ "pac_id": PAC, "nodes": nodes, "edges": edges, "sync_points": syncs });
        let file = o.place.file("graph.json", graph.to_string());
        let data = format!("@{}", file.display());
        let before = o.place.size();
        let said = o.place.run(["append", "declare_graph", "--actor", BENSON, "--data", &data, "--json"]);
        assert!(said.err.contains("\"LG_103\"") && said.err.len() < 1_000, "{said:?}");
        let told = said.err.contains(bound) || said.err.contains("more than 9437184 bytes");
        assert!(told, "{bound}: {said:?}");
        assert_eq!(o.place.size(), before, "nothing was written");
    }
}

#[test]
fn scope_lanes_and_ids_of_a_sub_pac() {
    let o = three();
    let sub = |more: Value| {
        let mut data = json!({ "pac_id": PAC, "node_id": "A1" });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    blocks(&o, "GS_201", "issue_sub_pac", BENSON, &sub(json!({ "scope": { "paths": ["docs"] } })), None);
    blocks(&o, "GS_201", "issue_sub_pac", BENSON, &sub(json!({ "scope": { "paths": ["srcx"] } })), None);
    blocks(&o, "GS_118", "issue_sub_pac", BENSON, &sub(json!({ "lane": "STRATEGY" })), None);
    refuse(&o, "LG_154", "issue_sub_pac", BENSON, &json!({ "pac_id": PAC, "node_id": "A9" }));
    o.act(
        "issue_sub_pac",
        BENSON,
        &sub(json!({ "sub_pac_id": "Sub-PAC-ONE", "scope": { "paths": ["src/one/"] } })),
    );
    refuse(&o, "LG_155", "issue_sub_pac", BENSON, &sub(json!({})));
    let same = json!({ "pac_id": PAC, "node_id": "A2", "sub_pac_id": "Sub-PAC-one" });
    refuse(&o, "LG_155", "issue_sub_pac", BENSON, &same);
    // A lane that the agent has, and the PAC has not.
    o.place.ok([
        "agents",
        "change",
        "GID-02",
        "--lane",
        "EXECUTION",
        "--lane",
        "STRATEGY",
        "--actor",
        ADA,
        "--json",
    ]);
    blocks(
        &o,
        "GS_200",
        "issue_sub_pac",
        BENSON,
        &json!({ "pac_id": PAC, "node_id": "A2", "lane": "STRATEGY" }),
        None,
    );
}

#[test]
fn dispatch_and_tokens() {
    let o = three();
    let (one, two) = (o.assign(PAC, "A1", "GID-01"), o.assign(PAC, "A2", "GID-02"));
    let dispatch = |sub: &str| json!({ "pac_id": PAC, "sub_pac_id": sub, "session": "s" });
    refuse(&o, "GS_203", "dispatch", BENSON, &dispatch("Sub-PAC-NONE"));
    refuse(&o, "GS_203", "dispatch", BENSON, &dispatch(&two));
    refuse(&o, "LG_125", "dispatch", "GID-01", &dispatch(&one));
    refuse(&o, "GS_204", "submit_ber", "GID-02", &ber(PAC, &two));
    refuse(
        &o,
        "GS_204",
        "record_pdo",
        "GID-02",
        &json!({ "pac_id": PAC, "sub_pac_id": two, "pdo_hash": "00".repeat(32) }),
    );
    let first = o.dispatch(PAC, &one);
    refuse(&o, "GS_203", "dispatch", BENSON, &dispatch(&one));
    let start = |session: &str| json!({ "pac_id": PAC, "sub_pac_id": one, "session": session });
    refuse_with(&o, "GS_160", "start", "GID-01", &start("s"), None);
    refuse_with(&o, "GS_161", "start", "GID-01", &start("other"), Some(&first));
    refuse_with(&o, "GS_161", "start", "GID-02", &start("s"), Some(&first));
    refuse_with(&o, "LG_160", "start", "GID-01", &start("s"), Some(&first.replace(&first[100..104], "AAAA")));
    refuse_with(&o, "LG_160", "start", "GID-01", &start("s"), Some("no token at all"));
    let reissued = o.act(
        "reissue",
        BENSON,
        &json!({ "pac_id": PAC, "sub_pac_id": one, "session": "s", "reason": "lost" }),
    );
    refuse_with(&o, "GS_160", "start", "GID-01", &start("s"), Some(&first));
    let token = reissued["token"].as_str().unwrap();
    o.act_with("start", "GID-01", &start("s"), Some(token));
    refuse_with(&o, "LG_156", "start", "GID-01", &start("s"), Some(token));
    // A ledger of its own gives tokens of its own.
    let foreign = three();
    let sub = foreign.assign(PAC, "A1", "GID-01");
    let theirs = foreign.dispatch(PAC, &sub);
    refuse_with(&o, "LG_160", "submit_ber", "GID-01", &ber(PAC, &one), Some(&theirs));
    blocks(&o, "GS_200", "submit_ber", BENSON, &ber(PAC, &one), None);
    refuse_with(&o, "LG_125", "submit_ber", ADA, &ber(PAC, &one), None);
    // One that has expired, before and after it was used.
    let three = o.assign(PAC, "A3", "GID-05");
    let short = o.act(
        "dispatch",
        BENSON,
        &json!({ "pac_id": PAC, "sub_pac_id": three, "session": "s", "expires_in": 1 }),
    );
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let late = json!({ "pac_id": PAC, "sub_pac_id": three, "session": "s" });
    refuse_with(&o, "GS_162", "start", "GID-05", &late, short["token"].as_str());
    let revoked = json!({ "pac_id": PAC, "token_id": reissued["token_id"], "reason": "seen in a log file" });
    o.act("revoke_token", BENSON, &revoked);
    refuse(&o, "LG_156", "revoke_token", BENSON, &revoked);
    refuse_with(&o, "GS_160", "submit_ber", "GID-01", &ber(PAC, &one), Some(token));
}

#[test]
fn work_and_its_verdict() {
    let o = three();
    let one = o.assign(PAC, "A1", "GID-01");
    let token = o.dispatch(PAC, &one);
    o.act_with("start", "GID-01", &json!({ "pac_id": PAC, "sub_pac_id": one, "session": "s" }), Some(&token));
    let with = |member: &str, value: Value| {
        let mut data = ber(PAC, &one);
        data[member] = value;
        data
    };
    let digest = format!("sha256:{}", "11".repeat(32));
    blocks(&o, "GS_118", "submit_ber", "GID-01", &with("agent_gid", json!("GID-02")), Some(&token));
    blocks(&o, "GS_118", "submit_ber", "GID-01", &with("agent_name", json!("CODY")), Some(&token));
    blocks(&o, "GS_200", "submit_ber", "GID-01", &with("lane", json!("ADVISORY")), Some(&token));
    let outside = json!([{ "path": "src/A2/mod.rs", "digest": digest }]);
    blocks(&o, "GS_201", "submit_ber", "GID-01", &with("outputs", outside), Some(&token));
    blocks(
        &o,
        "GS_207",
        "submit_ber",
        "GID-01",
        &with("inputs", json!([{ "digest": digest }])),
        Some(&token),
    );
    let found = json!([{ "code": "GS_201", "severity": "BLOCKING", "message": "wrote outside" }]);
    let filed = o.act_with("submit_ber", "GID-01", &with("violations", found), Some(&token));
    refuse_with(&o, "GS_160", "submit_ber", "GID-01", &ber(PAC, &one), Some(&token));
    let verdict = |more: Value| {
        let mut data = json!({ "pac_id": PAC, "ber_id": filed["ber_id"] });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    refuse(&o, "LG_157", "accept_ber", BENSON, &verdict(json!({})));
    refuse(&o, "LG_125", "accept_ber", "GID-02", &verdict(json!({})));
    refuse(&o, "GS_193", "reject_ber", BENSON, &verdict(json!({})));
    refuse(&o, "GS_193", "reject_ber", BENSON, &verdict(json!({ "reason": "  \n " })));
    refuse(
        &o,
        "LG_154",
        "reject_ber",
        BENSON,
        &json!({ "pac_id": PAC, "ber_id": "BER-NONE", "reason": "x" }),
    );
    o.act("reject_ber", BENSON, &verdict(json!({ "reason": "it wrote outside" })));
    refuse(&o, "LG_156", "reject_ber", BENSON, &verdict(json!({ "reason": "again" })));
    refuse(&o, "LG_154", "retry", BENSON, &json!({ "pac_id": PAC, "sub_pac_id": "Sub-PAC-NONE" }));
    o.act("retry", BENSON, &json!({ "pac_id": PAC, "sub_pac_id": one }));
    refuse(&o, "LG_156", "retry", BENSON, &json!({ "pac_id": PAC, "sub_pac_id": one }));
    refuse(&o, "LG_159", "waive", ADA, &json!({ "pac_id": PAC, "node_id": "A3", "reason": "not needed" }));
    refuse(&o, "LG_125", "waive", BENSON, &json!({ "pac_id": PAC, "node_id": "A3", "reason": "not needed" }));
}

#[test]
fn composite_and_wrap() {
    let o = Orchestra::new();
    let pac = json!({ "pac_id": PAC });
    o.open(PAC, &json!([node("A1", "GID-01")]), &json!([]));
    let sub = o.assign(PAC, "A1", "GID-01");
    refuse(&o, "GS_205", "compose_opdo", BENSON, &pac);
    refuse(&o, "GS_206", "emit_wrap", BENSON, &pac);
    refuse(&o, "GS_120", "emit_wrap", ADA, &pac);
    refuse(&o, "GS_121", "emit_wrap", "GID-01", &pac);
    o.complete(PAC, &sub, "GID-01");
    refuse(&o, "GS_400", "compose_opdo", BENSON, &json!({ "pac_id": PAC, "children": [] }));
    refuse(&o, "GS_412", "compose_opdo", BENSON, &json!({ "pac_id": PAC, "children": ["PDO-NONE"] }));
    refuse(&o, "GS_206", "emit_wrap", BENSON, &pac);
    refuse(&o, "LG_156", "seal", BENSON, &pac);
    o.act("compose_opdo", BENSON, &pac);
    refuse(&o, "LG_156", "compose_opdo", BENSON, &pac);
    refuse(&o, "GS_433", "finalize", BENSON, &json!({ "pac_id": PAC, "human_review_ber_id": "BER-HUMAN-1" }));
    refuse(&o, "LG_154", "seal", BENSON, &json!({ "pac_id": PAC, "opdo_id": "OPDO-OTHER-1" }));
    o.act("seal", BENSON, &pac);
    refuse(&o, "GS_430", "seal", BENSON, &pac);
    refuse(&o, "GS_434", "finalize", BENSON, &pac);
    refuse(&o, "GS_434", "finalize", BENSON, &json!({ "pac_id": PAC, "human_review_ber_id": "BER-HUMAN-1" }));
    refuse(&o, "GS_206", "emit_wrap", BENSON, &pac);
    refuse(&o, "LG_125", "void_opdo", "GID-01", &json!({ "pac_id": PAC, "reason": "x" }));
    o.act("void_opdo", BENSON, &json!({ "pac_id": PAC, "reason": "a report was wrong" }));
    refuse(&o, "GS_430", "seal", BENSON, &pac);
}
