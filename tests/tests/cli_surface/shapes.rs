//! The JSON of each command: exactly these members, and what they mean to each other.

use ledger_tests::binary::Place;
use serde_json::{Value, json};

#[track_caller]
fn members(value: &Value, expected: &str) {
    let mut found: Vec<&str> =
        value.as_object().unwrap_or_else(|| panic!("{value}")).keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = expected.split(' ').collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{value}");
}

const STATE: &str = "origin logid size root head vkey checkpoint";
const LEAF: &str = "actor auth data datahash datasalt dataversion id logid prevhash sequence source specversion subject subjectsequence time type";

fn hex(value: &Value, digits: usize) -> bool {
    value.as_str().is_some_and(|t| {
        t.len() == digits && t.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[test]
fn init_and_status() {
    let place = Place::new();
    let made = place.json(["init", "--origin", "ledger.example/acme", "--human", "Ada"]);
    members(&made, &format!("{STATE} human keys"));
    assert_eq!(
        (&made["origin"], &made["size"], &made["human"]),
        (&json!("ledger.example/acme"), &json!(13), &json!("GID-H01"))
    );
    let keys: Vec<&str> = made["keys"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
    assert!(keys.len() == 3 && keys.iter().all(|k| std::path::Path::new(k).is_file()), "{keys:?}");
    let status = place.json(["status"]);
    members(&status, &format!("{STATE} time agents humans services"));
    for name in STATE.split(' ') {
        assert_eq!(status[name], made[name], "{name}");
    }
    for name in ["logid", "root", "head"] {
        assert!(hex(&status[name], 64), "{name}");
    }
    let checkpoint = status["checkpoint"].as_str().unwrap();
    assert!(
        checkpoint.starts_with("ledger.example/acme\n13\n")
            && checkpoint.contains("\n\n— ledger.example/acme ")
    );
    assert!(status["vkey"].as_str().unwrap().starts_with("ledger.example/acme+"));
    assert_eq!(
        (&status["agents"], &status["humans"], &status["services"]),
        (&json!(13), &json!(1), &json!(0))
    );
    let empty = Place::new();
    assert_eq!(empty.json(["init", "--profile", "empty"])["size"], 1);
}

#[test]
fn receipts() {
    let place = Place::with_ledger();
    let data = r#"{"text":"a"}"#;
    let receipt = place.json(["append", "note", "--data", data, "--id", "k"]);
    members(&receipt, "sequence id leaf_hash events checkpoint inclusion_proof level");
    assert_eq!(
        (&receipt["sequence"], &receipt["id"], &receipt["level"]),
        (&json!(13), &json!("notes/k"), &json!("committed"))
    );
    assert_eq!(receipt["events"], json!([{ "sequence": 13, "type": "note.recorded" }]));
    assert!(
        hex(&receipt["leaf_hash"], 64)
            && receipt["inclusion_proof"].as_array().unwrap().iter().all(|h| hex(h, 64))
    );
    assert_eq!(receipt["checkpoint"], place.json(["status"])["checkpoint"]);
    // The same again is the same entry, proven in the log of now.
    place.note("between");
    let again = place.json(["append", "note", "--data", r#"{ "text" : "\u0061" }"#, "--id", "k"]);
    members(&again, "sequence id leaf_hash events checkpoint inclusion_proof level repeated");
    for name in ["sequence", "id", "leaf_hash", "events"] {
        assert_eq!(again[name], receipt[name], "{name}");
    }
    assert_eq!((&again["repeated"], place.size()), (&json!(true), 15));
    // Of a batch, one line for each intent, in order; what was there before included.
    let line = |id: &str| format!("{{\"kind\":\"note\",\"data\":{data},\"id\":\"{id}\"}}\n");
    let file = place.file("batch", [line("x"), line("k"), line("y"), line("x")].concat());
    let receipts = place.lines(["append", "--batch", file.to_str().unwrap()]);
    let sequences: Vec<u64> = receipts.iter().map(|r| r["sequence"].as_u64().unwrap()).collect();
    assert_eq!((sequences, place.size()), (vec![15, 13, 16, 15], 17));
}

#[test]
fn entries() {
    let place = Place::with_ledger();
    place.json(["append", "note", "--data", r#"{"text":"a"}"#, "--unsigned"]);
    place.json(["append", "note", "--data", r#"{"text":"a"}"#, "--private", r#"{"name":"Ada"}"#]);
    let entries = place.lines(["log"]);
    let at = |n: usize| &entries[n];
    members(at(0), &LEAF.replace(" logid", " keyid signature private privatehash privatesalt"));
    members(at(1), &format!("{LEAF} keyid signature"));
    members(at(13), LEAF);
    members(at(14), &format!("{LEAF} keyid signature private privatehash privatesalt"));
    for (n, entry) in entries.iter().enumerate() {
        assert_eq!(entry["sequence"], format!("{n:016}"));
        assert_eq!(&place.json(["show", &n.to_string()]), entry);
        assert_eq!(&place.json(["show", entry["id"].as_str().unwrap()]), entry);
    }
    assert_eq!((&at(13)["auth"], &at(14)["auth"]), (&json!("asserted"), &json!("signed")));
}

#[test]
fn registry() {
    let place = Place::with_ledger();
    let replay = place.json(["replay"]);
    members(&replay, "at size orchestrator policy actors");
    members(&replay["policy"], "require version");
    let actor =
        |gid: &str| replay["actors"].as_array().unwrap().iter().find(|a| a["gid"] == gid).unwrap().clone();
    members(&actor("GID-01"), "gid kind name lanes primary_lane admin retired since keys");
    members(&actor("GID-H01"), "gid kind lanes admin retired since keys");
    members(&actor("GID-H01")["keys"][0], "keyid key since");
    assert_eq!(place.json(["agents"])["actors"], replay["actors"]);
    assert_eq!(place.json(["agents", "list"])["actors"], replay["actors"]);
    let made = place.json(["key", "new", "k.key"]);
    members(&made, "file key keyid");
    place.json(["key", "register", "GID-01", made["key"].as_str().unwrap()]);
    place.json(["key", "retire", "GID-01", made["keyid"].as_str().unwrap(), "--reason", "lost"]);
    let keys = place.json(["key"]);
    let holder = keys["holders"].as_array().unwrap().iter().find(|h| h["gid"] == "GID-01").unwrap().clone();
    assert_eq!(
        holder["keys"],
        json!([{ "keyid": made["keyid"], "key": made["key"], "since": 13, "until": 14 }])
    );
    // The past does not change.
    let retired = place.json(["agents", "retire", "GID-02", "--reason", "x"])["sequence"].as_u64().unwrap();
    let retired_at = |at: u64| {
        let actors = place.json(["replay", "--at", &at.to_string()])["actors"].clone();
        actors
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["gid"] == "GID-02")
            .map(|a| a["retired"].as_bool().unwrap())
    };
    assert_eq!(
        [retired_at(1), retired_at(retired - 1), retired_at(retired)],
        [None, Some(false), Some(true)]
    );
    assert_eq!(place.json(["replay", "--at", "12"])["actors"], replay["actors"]);
    let genesis = place.json(["replay", "--at", "0"]);
    assert_eq!(
        (&genesis["at"], &genesis["size"], &genesis["actors"][1]["gid"]),
        (&json!(0), &json!(1), &json!("GID-H01"))
    );
}

#[test]
fn errors() {
    let place = Place::with_ledger();
    let said = place.run(["append", "note", "--data", "{}", "--json"]);
    let error: Value = serde_json::from_str(&said.err).unwrap();
    members(&error, "error");
    members(&error["error"], "code name message remedy");
    let said = place.run(["append", "note", "--data", r#"{"text":"a"}"#, "--actor", "GID-99", "--json"]);
    let error: Value = serde_json::from_str(&said.err).unwrap();
    members(&error["error"], "code name message remedy sequence");
    assert_eq!(error["error"]["sequence"], 13);
    members(&place.json(["explain", "LG_110"]), "code name severity exit http meaning remedy");
}

#[test]
fn verification() {
    let place = Place::with_ledger();
    let status = place.json(["status"]);
    let report = place.json(["verify"]);
    for name in ["size", "root", "head"] {
        assert_eq!(report[name], status[name], "{name}");
    }
    assert_eq!((&report["ok"], &report["findings"]), (&json!(true), &json!([])));
    let exported = place.file("log.jsonl", place.ok(["log", "--json"]).out);
    assert_eq!(place.json(["verify", exported.to_str().unwrap()])["root"], status["root"]);
    // One entry changed: the ledger works and says no.
    let text = std::fs::read_to_string(&exported).unwrap();
    let forged = place.file("forged.jsonl", text.replacen("\"name\":\"CODY\"", "\"name\":\"EVIL\"", 1));
    let said = place.run(["verify", forged.to_str().unwrap(), "--json"]);
    assert_eq!((said.code(), said.err.as_str()), (2, ""));
    let report = &said.values()[0];
    assert_eq!(report["ok"], false);
    members(&report["findings"][0], "code sequence stream message");
    assert_eq!(
        (&report["findings"][0]["code"], &report["findings"][0]["sequence"]),
        (&json!("LG_304"), &json!(3))
    );
}
