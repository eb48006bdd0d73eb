//! The codes of trust: each rule of DOMAIN.md §9 that is broken by an intent.

use super::{refuse, refuse_with};
use ledger_tests::grants::with_key;
use ledger_tests::orchestra::{ADA, BENSON, Orchestra};
use serde_json::{Value, json};

/// An authority, a root grant `R` of GID-01 and a grant `A` of GID-02 below it.
fn planted() -> Orchestra {
    let o = Orchestra::new();
    for gid in ["GID-01", "GID-02"] {
        with_key(&o.place, gid);
    }
    o.act("declare_authority", ADA, &json!({"gid": ADA}));
    let capabilities = json!([{"capability": "read_*", "constraints": {"budget_limit": 10}}]);
    let root = json!({"agent_gid": "GID-01", "grant_id": "R", "capabilities": capabilities, "expires_at": 4_000_000_000_000_i64});
    o.act("establish", ADA, &root);
    o.act("delegate", "GID-01", &delegation("A", json!({})));
    o
}

/// What GID-01 passes on to GID-02, changed by this.
#[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are passed")]
fn delegation(id: &str, with: Value) -> Value {
    let mut body = json!({
        "root": "R", "parent": "R", "grant_id": id, "agent_gid": "GID-02", "capabilities": ["read_invoices"], "depth": 1,
    });
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    body
}

#[test]
fn grants() {
    let o = planted();
    let establish = json!({"agent_gid": "GID-05", "grant_id": "S", "capabilities": [{"capability": "x"}]});
    refuse(&o, "LG_170", "establish", "GID-01", &establish);
    o.act("declare_authority", ADA, &json!({"gid": ADA, "permissions": ["create_agents"]}));
    refuse(&o, "LG_171", "attest", ADA, &json!({"root": "R", "capabilities": [{"capability": "write"}]}));
    refuse(&o, "LG_172", "delegate", "GID-01", &delegation("B", json!({"parent": "NONE"})));
    refuse(&o, "LG_173", "delegate", "GID-01", &delegation("A", json!({})));
    refuse(&o, "LG_175", "delegate", "GID-02", &delegation("B", json!({"agent_gid": "GID-03"})));
    refuse(&o, "LG_176", "delegate", "GID-01", &delegation("B", json!({"capabilities": ["delete"]})));
    refuse(
        &o,
        "LG_177",
        "delegate",
        "GID-01",
        &delegation("B", json!({"constraints": {"budget_limit": 11}})),
    );
    refuse(&o, "LG_178", "delegate", "GID-01", &delegation("B", json!({"depth": 2})));
    refuse(
        &o,
        "LG_179",
        "delegate",
        "GID-01",
        &delegation("B", json!({"expires_at": 4_000_000_000_001_i64})),
    );
    refuse(&o, "LG_180", "delegate", "GID-01", &delegation("B", json!({"agent_gid": "GID-01"})));
    refuse(&o, "LG_181", "delegate", "GID-01", &delegation("B", json!({"capabilities": []})));
    refuse(
        &o,
        "LG_185",
        "set_posture",
        "GID-01",
        &json!({"gid": "GID-01", "posture": "autonomous", "reason": "r"}),
    );
    o.act("set_posture", BENSON, &json!({"gid": "GID-01", "posture": "tool", "reason": "r"}));
    refuse(&o, "LG_182", "delegate", "GID-01", &delegation("B", json!({})));
    o.place.json(["verify"]);
}

#[test]
fn uses() {
    let o = planted();
    let use_it = |more: Value| {
        let mut body = json!({"root": "R", "grant_id": "A", "action": "read_invoices", "cost": 4});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    refuse(&o, "LG_183", "exercise", BENSON, &use_it(json!({"cost": 11})));
    let used = o.act("exercise", BENSON, &use_it(json!({})))["sequence"].clone();
    let anchor = json!({
        "root": "R", "grant_id": "R", "agent_gid": "GID-01", "action": "read_invoices", "anchor_id": "N", "result": "SUCCESS",
        "exercise": used,
    });
    refuse(&o, "LG_184", "record_anchor", BENSON, &anchor);
    // By token: narrowed on the command line, used by someone without a key, and refused beyond what it says.
    let token = o.place.ok(["trust", "token", "A", "--expires-in", "60"]).out.trim().to_owned();
    let file = o.place.file("a.token", &token);
    let narrow = format!("@{}", file.display());
    let to = [
        "token",
        "narrow",
        &narrow,
        "--capability",
        "read_invoices",
        "--constraint",
        "budget_limit=3",
        "--to",
        "GID-05",
    ];
    let less = o.place.ok(to).out.trim().to_owned();
    let bearer = |cost: u64| use_it(json!({"bearer": true, "cost": cost}));
    refuse(&o, "LG_186", "exercise", ADA, &bearer(1));
    refuse_with(&o, "LG_186", "exercise", "GID-05", &bearer(4), Some(&less));
    refuse_with(&o, "LG_186", "exercise", "GID-06", &bearer(1), Some(&less));
    o.act_with("exercise", "GID-05", &bearer(2), Some(&less));
    refuse_with(&o, "LG_186", "exercise", "GID-05", &bearer(2), Some(&less));
    assert_eq!(o.place.json(["token", "show", &less])["state"], "GOOD");
    o.place.json(["trust", "revoke-token", "A", &narrow, "--reason", "seen in a log file"]);
    let shown: Value = serde_json::from_str(&o.place.run(["--json", "token", "show", &less]).out).unwrap();
    assert_eq!(shown["state"], "REVOKED");
    refuse_with(&o, "LG_186", "exercise", "GID-05", &bearer(1), Some(&less));
    o.act("revoke_grant", "GID-01", &json!({"root": "R", "grant_id": "A", "reason": "enough"}));
    refuse(&o, "LG_174", "exercise", BENSON, &use_it(json!({})));
    assert_eq!(o.place.json(["verify"])["ok"], true);
}
