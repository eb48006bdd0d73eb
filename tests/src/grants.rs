//! A ledger in which trust is given, used and taken back, through the real program.

use crate::binary::Place;

/// Makes a key file of an agent in the ledger's keys, and registers it.
pub fn with_key(place: &Place, gid: &str) {
    let file = place.data.join(format!("keys/{gid}.key"));
    let made = place.json(["key", "new", file.to_str().unwrap()]);
    place.json(["key", "register", gid, made["key"].as_str().unwrap(), "--actor", "GID-H01"]);
}

/// Two trees: one with grants in every state, one that is whole.
pub fn grow(place: &Place) {
    let run = |args: &[&str]| {
        place.json(args);
    };
    for gid in ["GID-01", "GID-02"] {
        with_key(place, gid);
    }
    run(&["trust", "authority", "declare", "GID-H01", "--purpose", "the house itself"]);
    run(&[
        "trust",
        "establish",
        "GID-01",
        "--capability",
        "read_*",
        "--capability",
        "summarize=read",
        "--constraint",
        "budget_limit=100",
        "--grant",
        "GRANT-ANALYST",
    ]);
    run(&["trust", "establish", "GID-09", "--capability", "deploy", "--grant", "GRANT-OPERATOR"]);
    run(&[
        "trust",
        "delegate",
        "GRANT-ANALYST",
        "GID-02",
        "--capability",
        "read_invoices",
        "--constraint",
        "resources=invoices/**",
        "--constraint",
        "audit_required",
        "--grant",
        "GRANT-READER",
        "--task",
        "close the quarter",
    ]);
    run(&[
        "trust",
        "delegate",
        "GRANT-READER",
        "GID-03",
        "--grant",
        "GRANT-HELPER",
        "--constraint",
        "budget_limit=5",
    ]);
    run(&[
        "trust",
        "delegate",
        "GRANT-ANALYST",
        "GID-04",
        "--capability",
        "summarize",
        "--grant",
        "GRANT-WRITER",
    ]);
    let use_it = [
        "trust",
        "exercise",
        "GRANT-HELPER",
        "read_invoices",
        "--resource",
        "invoices/11.csv",
        "--cost",
        "2.5",
    ];
    let used = place.json(use_it);
    let entry = used["sequence"].to_string();
    run(&[
        "trust",
        "audit",
        "GRANT-HELPER",
        "read_invoices",
        "--exercise",
        &entry,
        "--result",
        "success",
        "--anchor",
        "ANCHOR-1",
    ]);
    let too_much = [
        "--json",
        "trust",
        "exercise",
        "GRANT-HELPER",
        "read_invoices",
        "--resource",
        "payroll/1",
        "--cost",
        "3",
    ];
    assert_eq!(place.run(too_much).error(), "LG_183");
    run(&["trust", "constrain", "GRANT-READER", "--constraint", "rate_limit=10", "--reason", "half is done"]);
    run(&["trust", "revoke", "GRANT-WRITER", "--suspend", "--reason", "its texts are wrong"]);
    run(&["trust", "posture", "GID-09", "tool", "--reason", "deployed at night"]);
    run(&["append", "heartbeat", "--actor", "GID-02", "--data", r#"{"status":"idle"}"#]);
}
