//! What is answered: the same fields as the command line, and what HTTP has for it.

use super::{note, served};
use serde_json::{Value, json};

#[test]
fn an_append_is_answered_with_the_receipt_and_names_its_entry() {
    let (place, server) = served();
    let first = server.post("/v1/append", &note("n1", "hello"));
    assert_eq!((first.status, first.header("location")), (201, Some("/v1/entries/13")), "{first:?}");
    let receipt = first.json();
    let like: Vec<String> = {
        let again = server.post("/v1/append", &note("n1", "hello"));
        assert_eq!((again.status, &again.json()["repeated"]), (200, &json!(true)), "{again:?}");
        receipt.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(like, ["checkpoint", "events", "id", "inclusion_proof", "leaf_hash", "level", "sequence"]);
    assert_eq!(server.post("/v1/append", &note("n1", "other")).problem(), "LG_110");

    // The header is the id when the intent has none, and may not contradict it.
    let unnamed = json!({ "kind": "note", "actor": "GID-H01", "data": { "text": "x" } }).to_string();
    let keyed =
        |key: &str| server.send("POST", "/v1/append", &[("idempotency-key", key)], unnamed.as_bytes());
    assert_eq!((keyed("k9").status, keyed("\"k9\"").status), (201, 200));
    assert_eq!(keyed("k 9").problem(), "LG_104");
    let named = note("n2", "x").to_string();
    let other = server.send("POST", "/v1/append", &[("idempotency-key", "n3")], named.as_bytes());
    assert_eq!(other.problem(), "LG_101");

    // The position that the caller expects.
    let at = |size: &str, id: &str| {
        server.send("POST", "/v1/append", &[("if-match", size)], note(id, "x").to_string().as_bytes())
    };
    let late = at("\"14\"", "n4");
    assert_eq!((late.status, late.problem().as_str()), (412, "LG_111"));
    assert_eq!((at("\"15\"", "n4").status, at("15", "n5").problem().as_str()), (201, "LG_106"));

    // What the command line reads beside the server is what the server gives.
    let lines = place.lines(["log"]);
    for sequence in [0, 13, 15] {
        let entry = server.get(&format!("/v1/entries/{sequence}"));
        assert_eq!(entry.json(), lines[sequence]);
        assert!(entry.header("cache-control").unwrap().contains("immutable"));
        let tag = entry.header("etag").unwrap();
        let known = server.send("GET", &format!("/v1/entries/{sequence}"), &[("if-none-match", tag)], b"");
        assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(tag)));
    }
    assert_eq!(server.get("/v1/status").json(), place.json(["status"]));
    assert_eq!(server.get("/v1/checkpoint").text(), place.json(["status"])["checkpoint"]);
    drop(server);
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn a_batch_is_for_each_or_for_all() {
    let (place, server) = served();
    let size = place.size();
    let bad = json!({ "kind": "note", "actor": "GID-77", "data": { "text": "a stranger's" } });
    let mixed = json!([note("a", "1"), bad, note("b", "2"), note("a", "1")]);
    let each = server.post("/v1/append/batch", &json!({ "intents": mixed }));
    let results = each.json()["results"].clone();
    assert_eq!(each.status, 200);
    assert_eq!(results[1]["error"]["code"], "LG_120", "{results:#}");
    assert_eq!(results[3]["sequence"], results[0]["sequence"]);
    assert!(results[2]["inclusion_proof"].is_array());
    let now = place.size();
    assert_eq!(now, size + 3, "two notes, and the record of the stranger's attempt");

    let all = |intents: Value, expect: Option<u64>| {
        let body = json!({ "intents": intents, "atomic": true }).to_string();
        let tag = format!("\"{}\"", expect.unwrap_or(0));
        let headers: &[(&str, &str)] = if expect.is_some() { &[("if-match", &tag)] } else { &[] };
        server.send("POST", "/v1/append/batch", headers, body.as_bytes())
    };
    assert_eq!(all(json!([note("c", "3"), bad]), None).problem(), "LG_120");
    let early = all(json!([note("c", "3"), note("d", "4")]), Some(now + 1));
    assert_eq!((early.status, early.problem().as_str(), place.size()), (412, "LG_111", now));
    let both = all(json!([note("c", "3"), note("d", "4")]), Some(now));
    assert_eq!((both.json()["results"][1]["sequence"].as_u64(), place.size()), (Some(now + 1), now + 2));

    // One key for the whole: sent again, nothing is appended again.
    let unnamed = json!({ "intents": [
        { "kind": "note", "actor": "GID-01", "data": { "text": "7" } }, note("own", "8"),
        { "kind": "note", "actor": "GID-01", "data": { "text": "9" } },
    ] });
    let keyed = || {
        let headers = [("idempotency-key", "\"k\"")];
        server.send("POST", "/v1/append/batch", &headers, unnamed.to_string().as_bytes()).json()["results"]
            .clone()
    };
    let (first, again) = (keyed(), keyed());
    let ids: Vec<&Value> = first.as_array().unwrap().iter().map(|r| &r["id"]).collect();
    assert_eq!(ids, ["notes/k-0", "notes/own", "notes/k-2"]);
    for (a, b) in first.as_array().unwrap().iter().zip(again.as_array().unwrap()) {
        assert_eq!((&a["sequence"], &b["repeated"]), (&b["sequence"], &json!(true)));
    }
    assert_eq!(server.get("/v1/entries?id=notes/k-2").json()["entries"][0]["data"]["text"], "9");
    assert_eq!(server.get("/v1/entries?id=notes/k-1").json()["entries"], json!([]));
    let now = now + 3;

    let refused = |body: Value| server.post("/v1/append/batch", &body).problem();
    assert_eq!(refused(json!({ "intents": [] })), "LG_103");
    assert_eq!(refused(json!([note("e", "5")])), "LG_101");
    assert_eq!(refused(json!({ "intents": [note("e", "5")], "atomic": "yes" })), "LG_101");
    assert_eq!(refused(json!({ "intents": [note("e", "5")], "expect": 3 })), "LG_101");
    let third = server.post("/v1/append/batch", &json!({ "intents": [note("e", "5"), note("f", "6"), {}] }));
    assert!(third.text().contains("intent 2 (from 0)"), "{third:?}");
    assert_eq!(place.size(), now + 2, "what is malformed anywhere is refused before anything is done");
}

#[test]
fn pages_streams_and_proofs_lead_to_every_entry() {
    let (place, server) = served();
    let intents: Vec<Value> = (0..250).map(|n| note(&format!("n{n}"), "x")).collect();
    assert_eq!(server.post("/v1/append/batch", &json!({ "intents": intents })).status, 200);
    let lines = place.lines(["log"]);
    let walk = |path: &str| {
        let (mut from, mut all, mut pages) = (0, Vec::new(), 0);
        loop {
            let page = server.get(&format!("{path}?from={from}&limit=100")).json();
            all.extend(page["entries"].as_array().unwrap().iter().cloned());
            pages += 1;
            match page["next"].as_u64() {
                Some(next) => from = next,
                None => return (all, pages),
            }
        }
    };
    assert_eq!(walk("/v1/entries"), (lines.clone(), 3));
    let notes: Vec<Value> = lines.iter().filter(|l| l["subject"] == "notes").cloned().collect();
    assert_eq!(walk("/v1/streams/notes"), (notes, 3));
    assert_eq!(server.get("/v1/streams/pac/PAC-NONE").problem(), "LG_209");
    assert_eq!(server.get("/v1/streams/a//b").problem(), "LG_104");
    assert_eq!(server.get("/v1/entries?from=9999").json()["entries"], json!([]));
    for bad in ["limit=0", "limit=1001", "limit=-1", "from=x", "from=-1", "color=red"] {
        assert_eq!(server.get(&format!("/v1/entries?{bad}")).problem(), "LG_106", "{bad}");
    }

    // A page of large entries ends early, and the next one goes on.
    for n in 0..12 {
        let large = note(&format!("large{n}"), &"x".repeat(1_000_000));
        assert_eq!(server.post("/v1/append", &large).status, 201);
    }
    let lines = place.lines(["log"]);
    let page = server.get("/v1/entries?from=263&limit=1000");
    assert!((8 << 20..10 << 20).contains(&page.body.len()), "{}", page.body.len());
    assert_eq!(walk("/v1/entries").0, lines);

    let proof = place.file("proof", server.get("/v1/proofs/inclusion/200").body);
    assert_eq!(place.json(["check", proof.to_str().unwrap()])["ok"], true);
    let since = place.file("since", server.get("/v1/proofs/consistency?from=100").body);
    assert_eq!(place.json(["check", since.to_str().unwrap()])["ok"], true);
    assert_eq!(server.get("/v1/proofs/inclusion/9999").problem(), "LG_209");
    assert_eq!(server.get("/v1/proofs/consistency?from=200&to=100").problem(), "LG_209");
}

#[test]
fn what_is_no_request_of_ours_gets_one_clear_answer() {
    let (place, server) = served();
    let size = place.size();
    for (path, status, code) in [
        ("/nowhere", 404, "LG_601"),
        ("/v1/append", 405, "LG_602"),
        ("/v1/entries/x", 400, "LG_106"),
        ("/v1/entries/99", 404, "LG_209"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{path}");
    }
    assert_eq!(server.get("/v1/append").header("allow"), Some("POST"));
    let post = |body: &[u8]| server.send("POST", "/v1/append", &[], body);
    for (body, code) in [
        (&b"{"[..], "LG_100"),
        (b"\xff\xfe", "LG_100"),
        (b"[]", "LG_101"),
        (b"{\"kind\":\"note\",\"kind\":\"note\"}", "LG_100"),
        (b"{\"kind\":\"dance\",\"actor\":\"GID-H01\",\"data\":{}}", "LG_102"),
        (b"{\"kind\":\"note\",\"data\":{\"text\":\"x\"}}", "LG_121"),
        (b"{\"kind\":\"note\",\"actor\":\"GID-H01\",\"data\":{\"text\":1}}", "LG_101"),
    ] {
        assert_eq!(post(body).problem(), code, "{:?}", String::from_utf8_lossy(body));
    }
    let huge = post(&vec![b' '; (16 << 20) + 1]);
    assert_eq!((huge.status, huge.problem().as_str()), (413, "LG_103"));
    // A refused intent that breaks a rule is recorded, and the answer names the record.
    let rule = json!({ "kind": "open_gateway", "actor": "GID-01", "data": { "pac_id": "PAC-NONE" } });
    assert_eq!(server.post("/v1/append", &rule).problem(), "LG_150");
    assert_eq!(place.size(), size);
    let answer = server.send("GET", "/v1/entries", &[("accept-encoding", "gzip")], b"");
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    for (path, said) in [("/healthz", "ok"), ("/readyz", "ready")] {
        assert_eq!(server.get(path).json()["status"], said);
    }
}

#[test]
fn entries_are_given_as_cloudevents_to_whoever_asks() {
    let (_place, server) = served();
    let mut private = note("n1", "hello");
    private["private"] = json!({ "phone": "nobody's business" });
    assert_eq!(server.post("/v1/append", &private).status, 201);
    let own = server.get("/v1/entries/13");
    let asked = server.get("/v1/entries/13?format=cloudevents");
    let accepted = server.send(
        "GET",
        "/v1/entries/13",
        &[("accept", "text/html, application/cloudevents+json;q=0.9")],
        b"",
    );
    assert_eq!(
        (asked.header("content-type"), &asked.body),
        (Some("application/cloudevents+json"), &accepted.body)
    );
    assert_eq!(asked.header("etag"), accepted.header("etag"));
    assert_ne!(asked.header("etag"), own.header("etag"));
    assert!(asked.header("vary").is_some_and(|v| v.contains("accept")));

    // The same members, but for the private part: it is no value that CloudEvents has a type for.
    let (mut own, event) = (own.json(), asked.json());
    assert!(own["private"].is_object() && own["privatehash"].is_string());
    for name in ["private", "privatesalt"] {
        own.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(own, event);
    for name in ["id", "source", "specversion", "type"] {
        assert!(event[name].as_str().is_some_and(|v| !v.is_empty()), "{name} is required");
    }
    for (name, value) in event.as_object().unwrap() {
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{name}");
        let small = |v: &Value| v.as_i64().is_some_and(|n| i32::try_from(n).is_ok());
        assert!(name == "data" || value.is_string() || value.is_boolean() || small(value), "{name}: {value}");
    }
    assert_eq!(server.get("/v1/entries/13?format=xml").problem(), "LG_106");
}
