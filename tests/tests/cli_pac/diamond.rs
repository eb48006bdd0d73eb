//! A whole orchestration: a rejected BER and its retry, a token that is lost and reissued, a side channel that blocks and is resolved, a node
//! that is waived.

use super::{PAC, did, place, refused, snapshot, state, tried};
use ledger_tests::binary::{Place, Said};
use serde_json::{Value, json};

/// Entries of what is looked back to.
pub struct Marks {
    pub issued: u64,
    pub rejected: u64,
    pub retried: u64,
    pub blocked: u64,
    pub resolved: u64,
    pub sealed: u64,
}

fn sequence(receipt: &Value) -> u64 {
    receipt["sequence"].as_u64().unwrap()
}

/// Up to an open gateway and a graph: a diamond, and a second opinion that is optional.
pub fn planned(place: &Place) -> u64 {
    let digest = format!("spec=sha256:{}", "7".repeat(64));
    let issue = ["--actor", "GID-S01", "--objective", "a faster search", "--title", "Search"];
    let scope = ["--lane", "EXECUTION", "--path", "src", "--forbid", "deploy", "--input", digest.as_str()];
    let issued = did(place, "issue", &[issue.as_slice(), &scope].concat());
    did(place, "open", &[]);
    let new = ["pac", "graph", "new", "--pattern", "diamond", "--lane", "EXECUTION"];
    let mut graph = place.json(new.iter().chain(&["--agent", "GID-01,GID-02,GID-04", "--agent", "GID-05"]));
    let nodes = graph["nodes"].as_array_mut().unwrap();
    nodes.push(json!({ "node_id": "X", "agent_gid": "GID-09", "lane": "EXECUTION", "optional": true, "task": "a second opinion" }));
    graph["edges"].as_array_mut().unwrap().push(json!({ "from": "A1", "to": "X", "type": "DEPENDENCY" }));
    let file = place.run_on(graph.to_string().as_bytes(), ["pac", "graph", PAC, "--file", "-"]);
    assert!(file.code() == 0 && file.out.contains("MAEG-T-1"), "{file:?}");
    for node in ["A1", "A2", "A3", "A4", "X"] {
        let (path, task) = (format!("src/{node}"), format!("do {node}"));
        did(place, "sub", &[node, "--path", &path, "--task", &task]);
    }
    did(place, "activate", &["--all"]);
    sequence(&issued)
}

/// The token of a dispatch, as a person copies it: the last line.
pub fn token(said: &Said) -> String {
    assert_eq!(said.code(), 0, "{said:?}");
    let last = said.out.lines().last().unwrap();
    assert!(last.len() > 300 && !last.contains(' '), "{said:?}");
    last.to_owned()
}

/// A node from its dispatch to its PDO.
fn done(place: &Place, node: &str) {
    let token = token(&tried(place, "dispatch", &[node]));
    let report = ["--status", "pass", "--score", "0.9", "--task", "done"];
    let output = format!("src/{node}/a.rs@artifact");
    did(place, "start", &[node, "--token", &token]);
    did(place, "ber", &[[node, "--token", &token, "--output", &output].as_slice(), &report].concat());
    did(place, "accept", &[node]);
    did(place, "pdo", &[node, "--file", "artifact"]);
}

/// A1: its token is lost, its first BER rejected, its second attempt good.
fn troubled(place: &Place) -> (u64, u64) {
    let report = ["--status", "PASS", "--score", "0.5", "--task", "build the index"];
    refused(place, "GS_203", "dispatch", &["A2"]);
    let lost = token(&tried(place, "dispatch", &["A1", "--session", "run-1"]));
    did(place, "start", &["A1", "--token", &lost]);
    let reissue = tried(place, "reissue", &["Sub-PAC-T-1-A1", "--reason", "lost", "--session", "run-2"]);
    place.file("a1.token", format!("{}\n", token(&reissue)));
    refused(place, "GS_160", "ber", &[["A1", "--token", &lost].as_slice(), &report].concat());
    // A session that is not the token's.
    let other = ["A1", "--token", "@a1.token", "--session", "run-1"];
    refused(place, "GS_161", "ber", &[other.as_slice(), &report].concat());
    let mut command = place.command(["pac", "ber", PAC, "A1"].iter().chain(&report));
    let token_text = std::fs::read_to_string(place.root().join("a1.token")).unwrap();
    command.env("LEDGER_TOKEN", token_text.trim()).env("LEDGER_SESSION", "run-2");
    let said = Said::of(command);
    assert!(said.code() == 0 && said.out.contains("BER_PENDING"), "{said:?}");
    refused(place, "GS_193", "reject", &["A1"]);
    let rejected = sequence(&did(place, "reject", &["A1", "--reason", "no test was run"]));
    let retried = sequence(&did(place, "retry", &["A1", "--reason", "with tests"]));
    let file = json!({ "status": "PASS", "quality_score": 0.95, "tasks": [{ "task": "build the index", "result": "PASS" }],
        "outputs": [{ "path": "src/A1/a.rs", "digest": format!("sha256:{}", "1".repeat(64)) }] });
    place.file("ber.json", file.to_string());
    let receipt = did(place, "dispatch", &["A1", "--expires-in", "6000"]);
    let good = receipt["token"].as_str().unwrap();
    did(place, "start", &["A1", "--token", good]);
    let ber = did(place, "ber", &["A1", "--token", good, "--file", "ber.json"]);
    did(place, "accept", &[ber["ber_id"].as_str().unwrap(), "--remarks", "better"]);
    did(place, "pdo", &["A1", "--file", "artifact"]);
    (rejected, retried)
}

/// The orchestration up to SEALED.
pub fn sealed(place: &Place) -> Marks {
    place.file("artifact", "the work\n");
    let issued = planned(place);
    let (rejected, retried) = troubled(place);
    let blocked = place.size();
    refused(place, "GS_207", "message", &["--from", "A2", "--to", "A3", "--text", "psst"]);
    refused(place, "GS_116", "dispatch", &["A2"]);
    let resolved = sequence(&did(place, "resolve", &["--reason", "there is a channel now"]));
    did(place, "channel", &["design", "--member", "A2", "--member", "GID-04", "--purpose", "the index"]);
    let told = ["--to", "A3", "--text", "psst", "--channel", "design", "--about", "the index"];
    did(place, "message", &[["--from", "A2"].as_slice(), &told].concat());
    did(place, "waive", &["X", "--reason", "one opinion was enough"]);
    done(place, "A2");
    done(place, "A3");
    done(place, "A4");
    refused(place, "GS_206", "wrap", &[]);
    did(place, "compose", &["--profile", "p69"]);
    did(place, "void", &["--reason", "the other profile"]);
    did(place, "compose", &[]);
    let sealed = sequence(&did(place, "seal", &[]));
    refused(place, "GS_434", "finalize", &[]);
    Marks { issued, rejected, retried, blocked, resolved, sealed }
}

#[test]
fn from_order_to_seal() {
    let place = place();
    let marks = sealed(&place);
    let ok = |args: &[&str]| place.ok(args).out;
    snapshot!("list", ok(&["pac", "list"]));
    snapshot!("show", ok(&["pac", "show", PAC]));
    snapshot!("show_blocked", ok(&["pac", "show", PAC, "--at", &(marks.blocked + 1).to_string()]));
    snapshot!("graph", ok(&["pac", "graph", PAC]));
    snapshot!("replay_step", ok(&["replay", PAC, "--step"]));
    // `replay PAC` is `pac show PAC`.
    assert_eq!(ok(&["replay", PAC, "--at", "30"]), ok(&["pac", "show", PAC, "--at", "30"]));
    as_of(&place, &marks);
    super::walk::every_moment(&place, &marks);
    super::graphs::formats(&place);
    who_wrote_what(&place);
    let verified = place.json(["verify"]);
    assert_eq!(verified["ok"], true, "{verified}");
}

fn as_of(place: &Place, marks: &Marks) {
    let show = |at: u64| place.json(["pac", "show", PAC, "--at", &at.to_string()]);
    let states = |at: u64| {
        let show = show(at);
        ["A1", "A2", "A3", "A4", "X"].map(|node| state(&show, node))
    };
    assert_eq!(states(marks.rejected - 1), ["BER_PENDING", "ISSUED", "ISSUED", "ISSUED", "ISSUED"]);
    assert_eq!(states(marks.rejected), ["FAILED", "BLOCKED", "BLOCKED", "BLOCKED", "BLOCKED"]);
    assert_eq!(states(marks.retried), ["ISSUED", "ISSUED", "ISSUED", "ISSUED", "ISSUED"]);
    assert_eq!(states(marks.sealed), ["COMPLETE", "COMPLETE", "COMPLETE", "COMPLETE", "WAIVED"]);
    let gateway = |at: u64| show(at)["gateway"].clone();
    assert_eq!(gateway(marks.issued)["state"], "CLOSED");
    assert_eq!(gateway(marks.blocked)["state"], "BLOCKED");
    assert_eq!(gateway(marks.blocked)["open_violations"][0]["sequence"], marks.blocked);
    assert_eq!(gateway(marks.resolved)["state"], "OPEN");
    let phase = |at: u64| {
        let list = place.json(["pac", "list", "--at", &at.to_string()]);
        list["pacs"].as_array().unwrap().first().map(|row| row["phase"].clone())
    };
    assert_eq!(phase(marks.issued - 1), None);
    assert_eq!(phase(marks.issued), Some(json!("ISSUED")));
    assert_eq!(phase(marks.rejected), Some(json!("EXECUTING")));
    assert_eq!(phase(marks.sealed), Some(json!("SEALED")));
    let early = (marks.issued - 1).to_string();
    for command in [["pac", "show"], ["pac", "graph"], ["pac", "timeline"]] {
        let said = place.run(command.iter().chain(&[PAC, "--at", early.as_str()]));
        assert_eq!((said.error().as_str(), said.code()), ("LG_150", 1), "{said:?}");
        assert!(said.err.contains("ledger pac list --at"), "{said:?}");
    }
    let list = |args: &[&str]| {
        let rows = place.json(["pac", "list"].iter().chain(args))["pacs"].clone();
        rows.as_array().unwrap().len()
    };
    assert_eq!((list(&["--phase", "sealed", "--open"]), list(&["--phase", "COMPLETE"])), (1, 0));
}

/// Each verb wrote the body of its intent, by the one it is for.
fn who_wrote_what(place: &Place) {
    let entries = place.lines(["log", "--stream", "pac/*"]);
    let of = |kind: &str| entries.iter().find(|e| e["type"] == kind).unwrap();
    let by = |kind: &str| (of(kind)["actor"].as_str().unwrap(), of(kind)["auth"].as_str().unwrap());
    assert_eq!(by("pac.issued"), ("GID-S01", "asserted"));
    for kind in ["gateway.opened", "graph.declared", "sub_pac.issued", "dispatch.authorized", "ber.rejected"]
    {
        assert_eq!(by(kind), ("GID-00", "signed"), "{kind}");
    }
    assert_eq!(by("execution.started"), ("GID-01", "token"));
    assert_eq!(by("message.sent").0, "GID-02");
    assert_eq!(by("sub_pac.waived"), ("GID-H01", "signed"));
    assert_eq!(
        of("pac.issued")["data"],
        json!({
            "pac_id": PAC, "objective": "a faster search", "title": "Search", "lanes": ["EXECUTION"], "mode": "EXECUTABLE",
            "scope": { "paths": ["src"], "forbidden_actions": ["deploy"] },
            "inputs": [{ "name": "spec", "digest": format!("sha256:{}", "7".repeat(64)) }],
            "gateway_checks": { "governance": ["FAIL_CLOSED"], "authority": "GID-00" },
        })
    );
    assert_eq!(
        of("agent.activated")["data"],
        json!({ "pac_id": PAC, "agent_gid": "GID-01", "activated_by": "GID-00" })
    );
    assert_eq!(
        of("sub_pac.issued")["data"],
        json!({ "pac_id": PAC, "node_id": "A1", "scope": { "paths": ["src/A1"] }, "tasks": ["do A1"] })
    );
    // An artifact is known by the hash of its file.
    let hash = "70f7f5ad";
    let filed = of("pdo.recorded")["data"]["pdo_hash"].as_str().unwrap();
    assert_eq!((filed.len(), &filed[..8]), (64, hash));
    assert!(entries.iter().all(|e| !e["data"].to_string().contains("token\":")), "a token is nowhere");
}

#[test]
fn an_agent_s_order_needs_a_request_and_a_pac_may_be_abandoned() {
    let place = place();
    let issue = ["--actor", "GID-06", "--objective", "advice", "--lane", "STRATEGY"];
    did(&place, "issue", &issue);
    refused(&place, "GS_119", "open", &[]);
    did(&place, "request", &["--reason", "we need it"]);
    did(&place, "open", &[]);
    // The same again, under one key of the caller's, is one entry.
    let again = ["--reason", "withdrawn", "--id", "end"];
    let first = did(&place, "abandon", &again);
    assert_eq!(did(&place, "abandon", &again)["repeated"], true);
    assert_eq!(place.size(), sequence(&first) + 1);
    let said = tried(&place, "open", &[]);
    assert_eq!((said.error().as_str(), said.code()), ("LG_152", 2));
    let list = place.json(["pac", "list"]);
    assert_eq!((&list["pacs"][0]["phase"], &list["pacs"][0]["closed"]), (&json!("ABANDONED"), &json!(true)));
    assert!(place.ok(["pac", "list", "--open"]).out.contains("none of 1 PACs"));
    assert_eq!(place.json(["pac", "show", PAC])["closure"]["reason"], "withdrawn");
    // Many PACs, in the order in which they were issued, closed ones among them.
    for n in [9, 2, 5] {
        let name = format!("PAC-N-{n}");
        place.ok(["pac", "issue", &name, "--objective", "x", "--lane", "EXECUTION"]);
    }
    place.ok(["pac", "abandon", "PAC-N-2", "--reason", "x"]);
    let list = place.json(["pac", "list"]);
    let ids: Vec<&str> =
        list["pacs"].as_array().unwrap().iter().map(|p| p["pac_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [PAC, "PAC-N-9", "PAC-N-2", "PAC-N-5"]);
}

#[test]
fn work_that_is_given_up_and_tokens_that_are_revoked() {
    let place = place();
    planned(&place);
    let said = tried(&place, "revoke", &["A1", "--reason", "seen"]);
    assert_eq!(said.error(), "LG_154", "{said:?}");
    let token = token(&tried(&place, "dispatch", &["A1"]));
    did(&place, "revoke", &["a1", "--reason", "seen in a log file"]);
    refused(&place, "GS_160", "start", &["A1", "--token", &token]);
    let show = place.json(["pac", "show", PAC]);
    assert_eq!(show["graph"]["nodes"][0]["token"]["revoked"], true);
    // The agent gives up, or the orchestrator for it.
    did(&place, "fail", &["A1", "--reason", "no machine"]);
    did(&place, "retry", &["A1"]);
    did(&place, "fail", &["Sub-PAC-T-1-A1", "--reason", "no use", "--actor", "GID-00"]);
    let entries = place.lines(["log", "--type", "sub_pac.failed"]);
    assert_eq!([&entries[0]["actor"], &entries[1]["actor"]], ["GID-01", "GID-00"]);
    let node = &place.json(["pac", "show", PAC])["graph"]["nodes"][0];
    assert_eq!(
        (&node["state"], &node["failure"], &node["attempt"]),
        (&json!("FAILED"), &json!("no use"), &json!(2))
    );
    assert_eq!(node["past_attempts"][0]["reason"], "no machine");
}
