//! Signatures that are not the actor's, not of this intent, not for this log, or not signatures; and keys that anyone can sign for.

use super::{case, recorded, refused};
use ledger_core::Code;
use ledger_core::intent::{Intent, LogName};
use ledger_core::key::SecretKey;
use ledger_core::names::{Gid, Key, Origin};
use ledger_proofs::Hash;
use ledger_tests::binary::Place;
use serde_json::{Value, json};

const HUMAN: &str = "GID-H01";

fn log_name(place: &Place) -> LogName {
    let status = place.json(["status"]);
    let text = |name: &str| status[name].as_str().unwrap().to_owned();
    LogName {
        origin: Origin::new(text("origin")).unwrap(),
        log_id: Some(Hash::from_hex(&text("logid")).unwrap()),
    }
}

fn secret(place: &Place, gid: &str) -> SecretKey {
    SecretKey::read(&place.data.join(format!("keys/{gid}.key"))).unwrap()
}

/// A note by the human, signed by this key for this log, as a line of a batch.
fn signed(id: &str, text: &str, key: &SecretKey, log: &LogName) -> Value {
    let data = json!({ "text": text });
    let actor = Gid::new(HUMAN).unwrap();
    let mut intent = Intent::new("note", data.to_string().as_bytes(), None, actor, None).unwrap();
    intent.key = Some(Key::new(id).unwrap());
    intent.sign(key, log, [1; 32], [2; 32]).unwrap();
    let signed = intent.signed.unwrap();
    json!({
        "kind": "note", "data": data, "actor": HUMAN, "id": id, "signature": hex::encode(signed.signature),
        "keyid": hex::encode(signed.key_id), "datasalt": hex::encode(signed.data_salt),
    })
}

fn with(mut line: Value, member: &str, value: impl Into<Value>) -> Value {
    line[member] = value.into();
    line
}

fn without(mut line: Value, member: &str) -> Value {
    line.as_object_mut().unwrap().remove(member);
    line
}

/// s + L: the same scalar, written another way.
fn malleated(signature: &str) -> String {
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let mut bytes = hex::decode(signature).unwrap();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(hex::decode(ORDER).unwrap()) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    hex::encode(bytes)
}

#[test]
fn forged_replayed_and_transplanted_signatures_are_refused_and_recorded() {
    let (place, elsewhere) = (Place::with_ledger(), Place::with_ledger());
    let (key, log) = (secret(&place, HUMAN), log_name(&place));
    let good = signed("k1", "approved", &key, &log);
    let line = place.file("good.jsonl", good.to_string());
    let receipt = place.json(["append", "--batch", line.to_str().unwrap()]);
    assert_eq!(place.json(["show", "13"])["auth"], "signed");
    // Its own id and content again is no replay: the first receipt is given again.
    let again = place.json(["append", "--batch", line.to_str().unwrap()]);
    assert_eq!((&again["sequence"], &again["repeated"]), (&receipt["sequence"], &json!(true)));

    let flipped = hex::encode(
        hex::decode(good["signature"].as_str().unwrap()).unwrap().iter().map(|b| !b).collect::<Vec<_>>(),
    );
    let orchestrator = secret(&place, "GID-00");
    let orchestrator_id = hex::encode(orchestrator.public().unwrap().id());
    let other_log = signed("k5", "k5", &key, &log_name(&elsewhere));
    // Each with a text of its own: identical attempts within a minute are one entry.
    let cases = [
        ("forged", with(signed("k2", "k2", &key, &log), "signature", flipped)),
        ("replayed under another id", with(good.clone(), "id", "k3")),
        (
            "transplanted to other data",
            with(signed("k4", "approved", &key, &log), "data", json!({ "text": "rejected" })),
        ),
        ("replayed from another log", other_log),
        ("transplanted to another stream", with(signed("k6", "k6", &key, &log), "stream", "notes/b")),
        ("transplanted to another actor", with(signed("k7", "k7", &key, &log), "actor", "GID-00")),
        ("transplanted to a stranger", with(signed("k8", "k8", &key, &log), "actor", "GID-99")),
        ("another salt", with(signed("k9", "k9", &key, &log), "datasalt", hex::encode([3; 32]))),
        ("someone else's key", signed("k10", "k10", &orchestrator, &log)),
        ("someone else's key id", with(signed("k11", "k11", &key, &log), "keyid", orchestrator_id)),
        ("zeros", with(signed("k12", "k12", &key, &log), "signature", "0".repeat(128))),
        ("s + L", {
            let line = signed("k13", "k13", &key, &log);
            let malleated = malleated(line["signature"].as_str().unwrap());
            with(line, "signature", malleated)
        }),
    ];
    for (what, line) in cases {
        let code = if what.ends_with("stranger") { Code::ActorUnknown } else { Code::SignatureInvalid };
        recorded(&place, &case(what, ["append", "--batch", "-"], code).on(line.to_string()));
    }
    let with_key = ["append", "note", "--data", r#"{"text":"a"}"#, "--key", "data/keys/GID-00.key"];
    recorded(&place, &case("--key of someone else", with_key, Code::SignatureInvalid));
}

#[test]
fn a_retired_key_signs_no_more() {
    let place = Place::with_ledger();
    let (key, log) = (secret(&place, HUMAN), log_name(&place));
    let fresh = place.json(["key", "new", "fresh.key"]);
    place.json(["key", "register", HUMAN, fresh["key"].as_str().unwrap()]);
    let id = hex::encode(key.public().unwrap().id());
    place.json(["key", "retire", HUMAN, &id, "--reason", "lost"]);
    let line = signed("k1", "a", &key, &log).to_string();
    recorded(&place, &case("a retired key", ["append", "--batch", "-"], Code::SignatureInvalid).on(line));
    place.json(["append", "note", "--data", r#"{"text":"a"}"#, "--key", "fresh.key"]);
    let last = place.json(["key", "list"])["holders"].to_string();
    assert!(last.contains("\"until\""), "{last}");
    let retire =
        ["key", "retire", HUMAN, fresh["keyid"].as_str().unwrap(), "--reason", "x", "--key", "fresh.key"];
    recorded(&place, &case("the last key of the last admin", retire, Code::LastAdmin));
}

#[test]
fn a_key_is_enrolled_in_a_terminal_by_a_code_that_is_good_once() {
    let place = Place::with_ledger();
    place.ok(["agents", "register", "GID-H02", "--human", "--name", "Grace Hopper"]);
    let offered = place.json(["key", "offer", "GID-H02", "--expires-in", "600", "--label", "a laptop"]);
    let code = offered["code"].as_str().unwrap().to_lowercase();
    assert_eq!(offered["page"], "/enrol");
    let open = |place: &Place| place.json(["key", "list"])["offers"].as_array().unwrap().clone();
    let offers = open(&place);
    assert_eq!(
        (offers.len(), &offers[0]["gid"], &offers[0]["label"]),
        (1, &"GID-H02".into(), &"a laptop".into())
    );
    assert!(
        !place.ok(["log", "--json"]).out.contains(&code.replace('-', "").to_uppercase()),
        "not before it is used"
    );
    let enrol = |code: &str, file: &str| {
        ["key", "enrol", "--gid", "GID-H02", "--code", code, "--file", file].map(str::to_owned)
    };
    let other = code.chars().rev().collect::<String>();
    // Each attempt brings a key of its own, and is an attempt of its own.
    let refused_by_rule = |what: &str, code: &str| {
        let said = place.run(enrol(code, "no.key"));
        assert!(said.code() == 2 && said.err.contains("LG_144"), "{what}: {said:?}");
        assert!(!place.data.with_file_name("no.key").exists(), "what was not enrolled is not kept");
    };
    refused_by_rule("a code that nobody offered", &other);
    refused(&place, &case("no code", enrol("U", "no.key"), Code::Usage));
    let enrolled = place.json(enrol(&code, "mine.key"));
    refused_by_rule("a spent code", &code);
    let note = ["append", "note", "--actor", "GID-H02", "--key", "mine.key", "--data", r#"{"text":"a"}"#];
    assert_eq!(place.json(note)["level"], "committed");
    let keyid = enrolled["keyid"].as_str().unwrap();
    place.ok(["key", "retire", "GID-H02", keyid, "--reason", "sold", "--actor", HUMAN]);
    recorded(&place, &case("a retired key", note, Code::SignatureInvalid));
    let again = place.json(["key", "offer", "GID-H02"]);
    let digest = open(&place)[0]["code_digest"].as_str().unwrap().to_owned();
    place.ok(["key", "withdraw", &digest, "--reason", "read by a stranger"]);
    refused_by_rule("a withdrawn code", again["code"].as_str().unwrap());
    assert!(open(&place).is_empty());
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn half_a_signature_is_no_intent() {
    let place = Place::with_ledger();
    let good = signed("k1", "a", &secret(&place, HUMAN), &log_name(&place));
    let upper = good["signature"].as_str().unwrap().to_uppercase();
    let cases = [
        ("no key id", without(good.clone(), "keyid"), Code::InvalidIntent),
        ("no salt", without(good.clone(), "datasalt"), Code::InvalidIntent),
        ("no signature", without(good.clone(), "signature"), Code::InvalidIntent),
        (
            "a salt for a private part that is not there",
            with(good.clone(), "privatesalt", "0".repeat(64)),
            Code::InvalidIntent,
        ),
        ("a private part without its salt", with(good.clone(), "private", json!({})), Code::InvalidIntent),
        ("upper case", with(good.clone(), "signature", upper), Code::InvalidIntent),
        ("63 bytes", with(good.clone(), "signature", "0".repeat(126)), Code::InvalidIntent),
        ("a number", with(good.clone(), "signature", 7), Code::InvalidIntent),
    ];
    for (what, line, code) in cases {
        refused(&place, &case(what, ["append", "--batch", "-"], code).on(line.to_string()));
    }
    // Signed, but for an id that the ledger would have to make up.
    let line = without(good, "id").to_string();
    recorded(&place, &case("no id", ["append", "--batch", "-"], Code::SignatureInvalid).on(line));
}

#[test]
fn weak_and_non_canonical_keys_are_refused_and_recorded() {
    let place = Place::with_ledger();
    let keys = [
        ("the identity", format!("01{}", "00".repeat(31))),
        ("the identity, not reduced", format!("ee{}7f", "ff".repeat(30))),
        ("the identity with a sign", format!("01{}80", "00".repeat(30))),
        ("order 2", format!("ec{}7f", "ff".repeat(30))),
        ("order 4", "00".repeat(32)),
        ("order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned()),
        ("no point", "ff".repeat(32)),
        ("a y that no point has", format!("02{}", "00".repeat(31))),
    ];
    for (what, key) in keys {
        recorded(&place, &case(what, ["key", "register", "GID-01", &key], Code::KeyUnusable));
        let human = ["agents", "register", "GID-H02", "--human", "--name", "Eve", "--public", &key];
        recorded(&place, &case(format!("{what}, of a human"), human, Code::KeyUnusable));
    }
    for (what, key) in [("too short", "00"), ("upper case", &"AB".repeat(32)), ("no hex", &"zz".repeat(32))] {
        refused(&place, &case(what, ["key", "register", "GID-01", key], Code::InvalidIntent));
    }
}

#[test]
fn what_the_rules_forbid_is_recorded_and_what_does_not_fit_is_not() {
    let place = Place::with_ledger();
    let note = r#"{"text":"a"}"#;
    let human = place.json(["key", "list"])["holders"][13]["keys"][0].clone();
    let (key, id) = (human["key"].as_str().unwrap(), human["keyid"].as_str().unwrap());
    for case in [
        case("a stranger", ["append", "note", "--data", note, "--actor", "GID-99"], Code::ActorUnknown),
        case("unsigned", ["key", "register", "GID-01", key, "--unsigned"], Code::SignatureRequired),
        case(
            "an agent, asserted",
            ["agents", "retire", "GID-02", "--reason", "x", "--actor", "GID-01"],
            Code::NotAuthorized,
        ),
        case(
            "the orchestrator retired",
            ["agents", "retire", "GID-00", "--reason", "x"],
            Code::NotAuthorized,
        ),
        case(
            "the last key of the last admin",
            ["key", "retire", HUMAN, id, "--reason", "x"],
            Code::LastAdmin,
        ),
        case(
            "a policy by the orchestrator",
            ["append", "set_policy", "--data", r#"{"version":2,"require":{}}"#, "--actor", "GID-00"],
            Code::NotAuthorized,
        ),
    ] {
        recorded(&place, &case);
    }
    let zeros = "0".repeat(64);
    for case in [
        case("a key twice", ["key", "register", HUMAN, key], Code::AlreadyRegistered),
        case("a GID twice", ["agents", "register", "GID-01", "--name", "x"], Code::AlreadyRegistered),
        case("nobody retired", ["agents", "retire", "GID-99", "--reason", "x"], Code::NotRegistered),
        case(
            "a human retired like an agent",
            ["agents", "retire", HUMAN, "--reason", "x"],
            Code::NotRegistered,
        ),
        case("a key that is none", ["key", "retire", HUMAN, &zeros, "--reason", "x"], Code::NotRegistered),
        case(
            "a policy out of turn",
            ["append", "set_policy", "--data", r#"{"version":7,"require":{}}"#],
            Code::InvalidIntent,
        ),
        case(
            "a policy for a kind that is none",
            ["append", "set_policy", "--data", r#"{"version":2,"require":{"nope":"signed"}}"#],
            Code::UnknownKind,
        ),
    ] {
        refused(&place, &case);
    }
}
