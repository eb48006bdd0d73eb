//! Everything that the command line can show, asked over HTTP: the same answers, as of any entry.

use super::note;
use ledger_core::event::body::Digest;
use ledger_tests::http::{Answer, Served};
use ledger_tests::orchestra::{ADA, BENSON, GRACE, Orchestra, node};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Sealed, and being reviewed.
const SEALED: &str = "PAC-READ-A";
/// Blocked by one violation after another was resolved.
const BLOCKED: &str = "PAC-READ-B";
/// Abandoned while it was blocked.
const ENDED: &str = "PAC-READ-C";

/// A message that nothing carries: recorded, and it blocks.
fn trespass(o: &Orchestra, pac: &str, text: u8) -> u64 {
    let digest = format!("sha256:{}", format!("{text:02x}").repeat(32));
    let message = json!({ "pac_id": pac, "to": ["GID-02"], "digest": digest });
    let error = o.refused("message", "GID-01", &message, None);
    assert_eq!(error["code"], "GS_207", "{error}");
    error["sequence"].as_u64().unwrap()
}

/// A ledger in which PACs, reviews, violations and O-PDOs are in every state that matters here; the open violation comes with it.
pub fn lively() -> (Orchestra, u64) {
    let o = Orchestra::new();
    o.sealed(SEALED);
    o.place.json(["review", "open", SEALED, "--actor", GRACE]);
    o.place.json(["review", "challenge", SEALED, "--actor", GRACE]);
    let pair = json!([node("A1", "GID-01"), node("A2", "GID-02")]);
    for pac in [BLOCKED, ENDED] {
        o.open(pac, &pair, &json!([]));
        o.assign(pac, "A1", "GID-01");
    }
    let first = trespass(&o, BLOCKED, 1);
    let resolution =
        json!({ "pac_id": BLOCKED, "violations": [first], "reason": "it was a misunderstanding" });
    o.act("resolve_gateway", BENSON, &resolution);
    let second = trespass(&o, BLOCKED, 2);
    trespass(&o, ENDED, 3);
    o.act("abandon", BENSON, &json!({ "pac_id": ENDED, "reason": "enough was seen" }));
    o.refused("note", "GID-77", &json!({ "text": "a stranger's" }), None);
    o.act("retire_agent", BENSON, &json!({ "gid": "GID-11", "reason": "not needed" }));
    o.act("note", ADA, &json!({ "text": "EXECUTION of nothing, in a note" }));
    (o, second)
}

#[test]
fn every_route_gives_what_its_command_says() {
    let (o, _) = lively();
    let server = Served::start(&o.place);
    let size = o.place.size();
    for at in [0, 13, 20, 31, 44, size - 1] {
        let n = at.to_string();
        for (path, args) in [
            (format!("/v1/pacs?at={n}"), vec!["pac", "list", "--at", &n]),
            (format!("/v1/pacs?at={n}&open=true"), vec!["pac", "list", "--open", "--at", &n]),
            (format!("/v1/state?at={n}"), vec!["replay", "--at", &n]),
        ] {
            assert_eq!(server.get(&path).json(), o.place.json(args), "{path}");
        }
        let state = server.get(&format!("/v1/state?at={n}")).json();
        assert_eq!(server.get(&format!("/v1/agents?at={n}")).json()["actors"], state["actors"]);
        for what in ["graph", "timeline"] {
            let (over, by) =
                (server.get(&format!("/v1/pacs/{SEALED}/{what}?at={n}")), ["pac", what, SEALED, "--at", &n]);
            if over.status == 404 {
                assert_eq!(over.problem(), o.place.run(by).error());
            } else {
                assert_eq!(over.json(), o.place.json(by), "{what} {n}");
            }
        }
    }
    for (path, args) in [
        ("/v1/pacs", vec!["pac", "list"]),
        ("/v1/pacs?phase=sealed", vec!["pac", "list", "--phase", "SEALED"]),
        ("/v1/pacs/PAC-READ-A/reviews", vec!["review", "status", SEALED]),
        ("/v1/pacs/PAC-READ-B/reviews", vec!["review", "status", BLOCKED]),
        ("/v1/pacs/PAC-READ-A/packet", vec!["review", "show", SEALED]),
        ("/v1/reviews/report", vec!["review", "report"]),
        ("/v1/reviews/report?pac=PAC-READ-A", vec!["review", "report", "--pac", SEALED]),
        ("/v1/reviews/report?reviewer=GID-H02", vec!["review", "report", "--reviewer", GRACE]),
        ("/v1/agents", vec!["agents"]),
        ("/v1/state", vec!["replay"]),
    ] {
        assert_eq!(server.get(path).json(), o.place.json(args), "{path}");
    }

    // Pictures, byte for byte.
    for (path, kind, args) in [
        ("graph?format=svg", "image/svg+xml", vec!["pac", "graph", BLOCKED, "--svg", "-"]),
        ("graph?format=text", "text/plain; charset=utf-8", vec!["pac", "graph", BLOCKED]),
        (
            "graph?format=mermaid",
            "text/vnd.mermaid; charset=utf-8",
            vec!["pac", "graph", BLOCKED, "--mermaid"],
        ),
        (
            "graph?format=dot&at=45",
            "text/vnd.graphviz; charset=utf-8",
            vec!["pac", "graph", BLOCKED, "--dot", "--at", "45"],
        ),
        ("timeline?format=svg", "image/svg+xml", vec!["pac", "timeline", BLOCKED, "--svg", "-"]),
        ("timeline?format=text", "text/plain; charset=utf-8", vec!["pac", "timeline", BLOCKED]),
    ] {
        let answer = server.get(&format!("/v1/pacs/{BLOCKED}/{path}"));
        assert_eq!(answer.header("content-type"), Some(kind), "{path}: {answer:?}");
        assert_eq!(answer.text(), o.place.ok(args).out, "{path}");
    }

    // The packet holds the very bytes that the digest is of, and the document is the one that `prove opdo` writes.
    let packet = server.get(&format!("/v1/pacs/{SEALED}/packet"));
    let (_, rest) = packet.text().split_once("{\"content\":").unwrap();
    let (content, _) = rest.split_once(",\"merkle_root\":").unwrap();
    assert_eq!(packet.json()["packet"], Digest::of(content.as_bytes()).as_str());
    let written = |args: &[&str]| serde_json::from_str::<Value>(&o.place.ok(args).out).unwrap();
    let document = written(&["prove", "opdo", SEALED]);
    let id = document["opdo_id"].as_str().unwrap();
    let child = document["child_pdos"][0]["pdo_id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/opdos/{id}")).json(), document);
    let proof = server.get(&format!("/v1/opdos/{id}/proofs/{child}"));
    assert_eq!(proof.json(), written(&["prove", "opdo", SEALED, "--child", child]));
    let file = o.place.file("child.json", &proof.body);
    assert_eq!(o.place.json(["opdo", "check", file.to_str().unwrap()])["ok"], true);
    assert_eq!(server.get(&format!("/v1/pacs/{BLOCKED}/packet")).problem(), "LG_156");
}

#[test]
fn what_is_projected_is_what_the_log_says() {
    let (o, open) = lively();
    let server = Served::start(&o.place);
    let lines = o.place.lines(["log"]);
    let overview = server.get("/v1/overview").json();
    let status = server.get("/v1/status").json();
    for field in ["size", "root", "checkpoint", "time"] {
        assert_eq!(overview[field], status[field], "{field}");
    }
    let mut events = BTreeMap::new();
    for line in &lines {
        *events.entry(line["type"].as_str().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(overview["events"], json!(events));
    assert_eq!(overview["pacs"], json!({ "open": 2, "closed": 1, "blocked": 1 }));
    assert_eq!((&overview["reviews_waiting"], &overview["violations_open"]), (&json!(1), &json!(1)));
    for field in ["agents", "humans", "services"] {
        assert_eq!(overview["actors"][field], status[field]);
    }
    let seconds = overview["throughput"]["per_second"].as_array().unwrap();
    let sum: u64 = seconds.iter().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!((seconds.len(), overview["throughput"]["last_minute"].as_u64()), (60, Some(sum)));
    assert_eq!(overview["throughput"]["last_hour"], lines.len());

    // Violations: as their entries say, as PACs say of those that are open, and what resolved the others.
    let all = server.get("/v1/violations").json()["violations"].clone();
    let recorded: Vec<&Value> = lines.iter().filter(|l| l["type"] == "violation.recorded").collect();
    assert_eq!(all.as_array().unwrap().len(), recorded.len());
    let codes: Vec<&Value> = recorded.iter().map(|line| &line["data"]["code"]).collect();
    assert_eq!(codes, ["GS_207", "GS_207", "GS_207", "LG_120"]);
    for (row, line) in all.as_array().unwrap().iter().zip(&recorded) {
        let sequence: u64 = line["sequence"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            (&row["sequence"], &row["time"], &row["stream"]),
            (&json!(sequence), &line["time"], &line["subject"])
        );
        for field in ["code", "severity", "actor", "kind", "message"] {
            assert_eq!(row[field], line["data"][field], "{field}");
        }
        assert_eq!(row["open"], sequence == open, "{row}");
    }
    let resolved = lines.iter().find(|l| l["type"] == "gateway.resolved").unwrap();
    let by: u64 = resolved["sequence"].as_str().unwrap().parse().unwrap();
    let named = resolved["data"]["violations"][0].as_u64().unwrap();
    let row =
        |sequence: u64| all.as_array().unwrap().iter().find(|r| r["sequence"] == sequence).unwrap().clone();
    assert_eq!((&row(named)["resolved_by"], &row(open)["pac_id"]), (&json!(by), &json!(BLOCKED)));
    assert!(row(open)["resolved_by"].is_null() && row(open)["name"] == "AGENT_SIDE_CHANNEL");
    assert_eq!(server.get("/v1/violations?open=true").json()["violations"], json!([row(open)]));
    let page = server.get("/v1/violations?open=false&limit=2").json();
    let rest = server.get(&format!("/v1/violations?open=false&from={}", page["next"])).json();
    assert_eq!(
        (page["violations"].as_array().unwrap().len(), rest["violations"].as_array().unwrap().len()),
        (2, 1)
    );

    // Who reviews what, and what agents hold.
    let reviews = server.get("/v1/reviews?waiting=true").json()["reviews"].clone();
    assert_eq!((&reviews[0]["pac_id"], &reviews[0]["waiting"]), (&json!(SEALED), &json!(true)));
    assert_eq!(
        (&reviews[0]["reviewers"][0]["gid"], &reviews[0]["reviewers"][0]["step"]),
        (&json!(GRACE), &json!("CHALLENGED"))
    );
    assert_eq!(server.get("/v1/reviews?waiting=false").json()["reviews"], json!([]));
    let agent = server.get("/v1/agents/GID-01").json();
    let held: Vec<&str> =
        agent["nodes"].as_array().unwrap().iter().map(|n| n["pac_id"].as_str().unwrap()).collect();
    assert_eq!(held, [SEALED, BLOCKED], "what has ended holds nobody");
    assert_eq!(agent["entries"], lines.iter().filter(|l| l["actor"] == "GID-01").count());
    let opdos = server.get("/v1/opdos").json()["opdos"].clone();
    let shown = &o.place.json(["pac", "show", SEALED])["opdos"][0];
    for field in ["opdo_id", "state", "merkle_root", "sealed", "profile"] {
        assert_eq!(opdos[0][field], shown[field], "{field}");
    }

    // Whoever was answered finds its entry in what is projected, at once.
    for n in 0..40 {
        assert_eq!(server.post("/v1/append", &note(&format!("p{n}"), "x")).status, 201);
        let counted = server.get("/v1/overview").json()["events"]["note.recorded"].as_u64().unwrap();
        assert_eq!(counted, events["note.recorded"] + n + 1);
    }
    o.act(
        "resolve_gateway",
        BENSON,
        &json!({ "pac_id": BLOCKED, "violations": [open], "reason": "settled" }),
    );
    let after = server.get("/v1/overview").json();
    assert_eq!((&after["pacs"]["blocked"], &after["violations_open"]), (&json!(0), &json!(0)));
    // What a new server projects is what this one has come to.
    let before: Vec<Value> =
        ["/v1/pacs", "/v1/violations", "/v1/opdos", "/v1/reviews"].map(|p| server.get(p).json()).to_vec();
    drop(server);
    let server = Served::start(&o.place);
    let again: Vec<Value> =
        ["/v1/pacs", "/v1/violations", "/v1/opdos", "/v1/reviews"].map(|p| server.get(p).json()).to_vec();
    assert_eq!(before, again);
}

#[test]
fn every_list_is_walked_from_either_end() {
    let (o, _) = lively();
    for n in 0..4 {
        o.sealed(&format!("PAC-WALK-{n}"));
    }
    let server = Served::start(&o.place);
    for (path, rows) in [
        ("pacs?", "pacs"),
        ("pacs?open=true&", "pacs"),
        ("pacs?at=70&", "pacs"),
        ("violations?", "violations"),
        ("violations?open=false&", "violations"),
        ("opdos?", "opdos"),
        ("reviews?", "reviews"),
    ] {
        let whole = server.get(&format!("/v1/{path}limit=1000")).json();
        let mut expected = whole[rows].as_array().unwrap().clone();
        assert!(expected.len() >= 3, "{path}: {whole}");
        for order in ["asc", "desc"] {
            for limit in [1, 2] {
                let (mut all, mut from) = (Vec::new(), String::new());
                loop {
                    let page = server.get(&format!("/v1/{path}order={order}&limit={limit}{from}")).json();
                    let found = page[rows].as_array().unwrap();
                    assert!((1..=limit).contains(&found.len()), "{path}: {page}");
                    all.extend(found.iter().cloned());
                    match page["next"].as_u64() {
                        Some(next) => from = format!("&from={next}"),
                        None => break,
                    }
                }
                assert_eq!(all, expected, "{path} {order} {limit}");
            }
            expected.reverse();
        }
    }
}

fn ask(server: &Served, path: &str) -> (u16, String) {
    let answer: Answer = server.get(path);
    (answer.status, answer.problem())
}

#[test]
fn what_is_no_question_is_told_so() {
    let (o, _) = lively();
    let server = Served::start(&o.place);
    for path in [
        "/v1/pacs?at=x",
        "/v1/pacs?limit=0",
        "/v1/pacs?limit=1001",
        "/v1/pacs?open=maybe",
        "/v1/pacs?phase=ASLEEP",
        "/v1/pacs?color=red",
        "/v1/pacs/nonsense",
        "/v1/pacs/nonsense/graph",
        "/v1/pacs/PAC-READ-A/graph?format=gif",
        "/v1/pacs/PAC-READ-A/timeline?format=dot",
        "/v1/violations?open=1",
        "/v1/violations?from=-1",
        "/v1/reviews?limit=many",
        "/v1/reviews/report?pac=x",
        "/v1/reviews/report?reviewer=..",
        "/v1/agents?at=-1",
        "/v1/agents/gid-1",
        "/v1/opdos/x",
        "/v1/opdos/OPDO-X/proofs/x",
        "/v1/state?at=1.5",
        "/v1/entries?order=up",
        "/v1/entries?pac=x",
        "/v1/entries?since=yesterday",
        "/v1/entries?until=2026-13-01",
        "/v1/entries?text=",
        "/v1/entries?from=1&from=2",
    ] {
        let (status, code) = ask(&server, path);
        assert!(status == 400 && ["LG_104", "LG_106"].contains(&code.as_str()), "{path}: {status} {code}");
    }
    let long = format!("/v1/entries?text={}", "x".repeat(201));
    assert_eq!(ask(&server, &long), (400, "LG_106".to_owned()));
    for (path, code) in [
        ("/v1/pacs?at=9999", "LG_209"),
        ("/v1/agents?at=9999", "LG_209"),
        ("/v1/state?at=9999", "LG_209"),
        ("/v1/pacs/PAC-NONE/graph", "LG_150"),
        ("/v1/pacs/PAC-NONE/reviews", "LG_150"),
        ("/v1/pacs/PAC-NONE/packet", "LG_150"),
        ("/v1/pacs/PAC-READ-A/graph?at=13", "LG_150"),
        ("/v1/agents/GID-99", "LG_141"),
        ("/v1/opdos/OPDO-NONE", "LG_209"),
    ] {
        assert_eq!(ask(&server, path), (404, code.to_owned()), "{path}");
    }
}
