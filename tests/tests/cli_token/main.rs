//! `ledger token`, and tokens at the real program: narrowed, forged, revoked, expired; and that no token is kept anywhere.
//!
//! That a narrowing only forbids, for any sequence of narrowings, is shown in `ledger-core/tests/token.rs`.

use ledger_tests::orchestra::{BENSON, Orchestra, ber, node};
use serde_json::{Value, json};
use std::path::Path;

const PAC: &str = "PAC-TOKEN-1";
const AGENT: &str = "GID-01";

/// A PAC with one Sub-PAC, not dispatched.
fn planned() -> (Orchestra, String) {
    let o = Orchestra::new();
    o.open(PAC, &json!([node("A1", AGENT)]), &json!([]));
    let sub = o.assign(PAC, "A1", AGENT);
    (o, sub)
}

fn start(sub: &str) -> Value {
    json!({ "pac_id": PAC, "sub_pac_id": sub, "session": "s" })
}

fn narrow(o: &Orchestra, token: &str, by: &[&str]) -> String {
    let narrowed = o.place.ok(["token", "narrow", token].iter().chain(by));
    narrowed.out.trim_end().to_owned()
}

fn shown(o: &Orchestra, token: &str) -> (i32, Value) {
    let said = o.place.run_on(token.as_bytes(), ["token", "show", "-", "--json"]);
    assert!(said.err.is_empty() && !said.out.contains(token), "{said:?}");
    (said.code(), said.values().remove(0))
}

fn code(o: &Orchestra, kind: &str, data: &Value, token: &str) -> String {
    o.refused(kind, AGENT, data, Some(token))["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_is_shown_with_where_it_stands() {
    let (o, sub) = planned();
    let token = o.dispatch(PAC, &sub);
    let (exit, said) = shown(&o, &token);
    assert_eq!((exit, &said["state"], &said["signature"]), (0, &json!("GOOD"), &json!("valid")));
    let claims = &said["claims"];
    assert_eq!(
        (&claims["pac_id"], &claims["sub_pac_id"], &claims["agent"]),
        (&json!(PAC), &json!(sub), &json!(AGENT))
    );
    assert_eq!(
        (&claims["session"], &claims["paths"], &said["permits"]),
        (&json!("s"), &json!(["src/A1"]), &json!(["start", "submit_ber"]))
    );
    // Elsewhere it can be read, and not checked; another ledger did not sign it.
    let away = o.place.run(["--data", "nowhere", "token", "show", &token, "--json"]);
    assert_eq!((away.code(), &away.values()[0]["signature"]), (0, &json!("not checked")));
    let other = ledger_tests::binary::Place::with_ledger().run(["token", "show", &token, "--json"]);
    assert_eq!((other.code(), &other.values()[0]["signature"]), (2, &json!("invalid")));
    let text = o.place.ok(["token", "show", &token]);
    assert!(text.out.contains("signature valid; GOOD") && !text.out.contains(&token), "{text:?}");
    assert_eq!(o.place.run(["token", "show", "no token"]).error(), "LG_160");

    // Reissued, the first is superseded; the second is spent by its BER.
    let reissued = o.act(
        "reissue",
        BENSON,
        &json!({ "pac_id": PAC, "sub_pac_id": sub, "session": "s", "reason": "lost" }),
    );
    assert_eq!(shown(&o, &token).1["state"], "SUPERSEDED");
    let second = reissued["token"].as_str().unwrap();
    o.report(PAC, &sub, AGENT, second);
    assert_eq!(shown(&o, second), {
        let (_, v) = shown(&o, second);
        (2, v)
    });
    assert_eq!(shown(&o, second).1["state"], "SPENT");
    o.act("abandon", BENSON, &json!({ "pac_id": PAC, "reason": "enough" }));
    assert_eq!(shown(&o, second).1["state"], "CLOSED");
}

#[test]
fn narrowing_forbids_by_operation_path_action_and_time() {
    let (o, sub) = planned();
    let token = o.dispatch(PAC, &sub);
    let file = o.place.file("token.txt", format!("{token}\n"));
    let at = format!("@{}", file.display());
    let narrowed = o.place.json(["token", "narrow", &at, "--operation", "ber"]);
    assert_eq!(narrowed["token_ids"].as_array().unwrap().len(), 2);
    let only_ber = narrowed["token"].as_str().unwrap();
    assert_eq!(shown(&o, only_ber).1["permits"], json!(["submit_ber"]));
    assert_eq!(code(&o, "start", &start(&sub), only_ber), "GS_161");
    let late = narrow(&o, &token, &["--expires", "2020-01-01T00:00:00Z"]);
    assert_eq!(code(&o, "start", &start(&sub), &late), "GS_162");
    assert_eq!(shown(&o, &late).1["permits"], json!([]));
    // Narrowed and good: for an hour, below a path, for one action.
    let good = narrow(
        &o,
        &token,
        &["--expires-in", "3000", "--path", "src/A1", "--path", "doc", "--action", "write"],
    );
    let elsewhere = narrow(&o, &good, &["--path", "src/A1/deep"]);
    o.act_with("start", AGENT, &start(&sub), Some(&good));
    let report = ber(PAC, &sub);
    let mut read = report.clone();
    read["actions"] = json!(["read"]);
    assert_eq!(code(&o, "submit_ber", &read, &good), "GS_161");
    assert_eq!(code(&o, "submit_ber", &report, &elsewhere), "GS_161");
    let mut wrote = report;
    wrote["actions"] = json!(["write"]);
    let filed = o.act_with("submit_ber", AGENT, &wrote, Some(&good));
    // Which blocks were shown is on record; the BER spent them all.
    let used = o.place.json(["show", &(filed["sequence"].as_u64().unwrap() + 1).to_string()]);
    assert_eq!(used["data"]["token_ids"], shown(&o, &good).1["token_ids"]);
    assert_eq!(code(&o, "submit_ber", &wrote, &token), "GS_160");
    for bad in [
        vec![],
        vec!["--operation", "finalize"],
        vec!["--expires", "soon"],
        vec!["--path", "../etc"],
        vec!["--expires-in", "-1"],
    ] {
        let said = o.place.run(["token", "narrow", at.as_str()].iter().chain(&bad));
        assert!(["LG_101", "LG_104", "LG_106"].contains(&said.error().as_str()), "{bad:?}: {said:?}");
    }
}

#[test]
fn revoking_the_first_id_revokes_all_and_a_later_one_only_its_own() {
    let (o, sub) = planned();
    let token = o.dispatch(PAC, &sub);
    let (a, b) =
        (narrow(&o, &token, &["--expires-in", "3000"]), narrow(&o, &token, &["--expires-in", "2000"]));
    let below_a = narrow(&o, &a, &["--operation", "start"]);
    let id = |token: &str, n: usize| shown(&o, token).1["token_ids"][n].clone();
    let revoke = |id: Value| {
        o.act(
            "revoke_token",
            BENSON,
            &json!({ "pac_id": PAC, "token_id": id, "reason": "seen in a log file" }),
        )
    };
    revoke(id(&a, 1));
    for gone in [&a, &below_a] {
        assert_eq!(code(&o, "start", &start(&sub), gone), "GS_160");
        assert_eq!(shown(&o, gone).1["state"], "REVOKED");
    }
    assert_eq!((shown(&o, &b).0, shown(&o, &token).0), (0, 0));
    revoke(id(&token, 0));
    for gone in [&token, &a, &b, &below_a] {
        assert_eq!(code(&o, "start", &start(&sub), gone), "GS_160");
    }
    assert_eq!(shown(&o, &b).1["state"], "REVOKED");
}

#[test]
fn forged_tokens_are_refused_and_recorded() {
    let (o, sub) = planned();
    let token = o.dispatch(PAC, &sub);
    let flipped = |at: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    for at in [0, token.len() / 4, token.len() / 2, token.len() - 8] {
        assert_eq!(code(&o, "start", &start(&sub), &flipped(at)), "LG_160", "character {at}");
    }
    // Another ledger with the same names gives a token with the same claims, signed with its own key.
    let (other, same) = planned();
    assert_eq!(same, sub);
    let foreign = other.dispatch(PAC, &sub);
    assert_eq!(code(&o, "start", &start(&sub), &foreign), "LG_160");
    let error = o.refused("start", AGENT, &start(&sub), Some(&flipped(token.len() / 2)));
    let entry = o.place.json(["show", &error["sequence"].to_string()]);
    assert_eq!(
        (&entry["type"], &entry["data"]["severity"]),
        (&json!("violation.recorded"), &json!("CRITICAL"))
    );
    // A token of one Sub-PAC is no token of another, nor of another agent or session.
    let mut session = start(&sub);
    session["session"] = json!("other");
    assert_eq!(code(&o, "start", &session, &token), "GS_161");
    assert_eq!(o.refused("start", "GID-02", &start(&sub), Some(&token))["code"], "GS_161");
    o.act_with("start", AGENT, &start(&sub), Some(&token));
}

/// Whether any file below holds these bytes.
fn holds(dir: &Path, needle: &[u8]) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let found = if path.is_dir() {
            holds(&path, needle)
        } else {
            std::fs::read(&path).unwrap().windows(needle.len()).any(|w| w == needle).then_some(path)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

#[test]
fn the_token_is_kept_nowhere() {
    let (o, sub) = planned();
    let token = o.dispatch(PAC, &sub);
    let narrowed = narrow(&o, &token, &["--operation", "start"]);
    let mut said = String::new();
    // Used well, used badly, in the wrong place, and by environment.
    for (kind, data, token) in [
        ("submit_ber", ber(PAC, &sub), &narrowed),
        ("start", start(&sub), &narrowed),
        ("start", start("Sub-PAC-NONE"), &token),
        ("submit_ber", ber(PAC, &sub), &token),
        ("note", json!({ "text": "x" }), &token),
    ] {
        let answer = o.send(kind, AGENT, &data, Some(token));
        said += &(answer.out + &answer.err);
    }
    let mut environment =
        o.place.command(["append", "start", "--actor", AGENT, "--data", &start(&sub).to_string()]);
    environment.env("LEDGER_TOKEN", &token);
    let answer = ledger_tests::binary::Said::of(environment);
    said += &(answer.out + &answer.err);
    for args in [
        vec!["log", "--json"],
        vec!["verify", "--json"],
        vec!["status", "--json"],
        vec!["token", "show", &token],
        vec!["token", "narrow", &token, "--path", ".."],
        vec!["append", "note", "--data", "{}", "--token", &token],
        vec!["append", "start", "--data", "{", "--token", &token, "--actor", AGENT],
    ] {
        let answer = o.place.run(args);
        said += &(answer.out + &answer.err);
    }
    // The end of a token is its signature: no other token shares it.
    for secret in [&token, &narrowed] {
        let tail = &secret[secret.len() - 40..];
        assert!(!said.contains(tail), "a token was said:\n{said}");
        assert_eq!(holds(o.place.root(), tail.as_bytes()), None);
        assert_eq!(holds(o.place.root(), &secret.as_bytes()[40..80]), None);
    }
    let bearer = ledger_core::intent::Bearer::new(token.clone());
    assert!(!format!("{bearer:?}").contains(&token[..20]));
}
