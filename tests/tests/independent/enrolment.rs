//! Enrolments that no honest ledger would have written: program and script refuse the same, each by its own check.
//!
//! The last entry of a real log is forged, made consistent and signed again, so that nothing but the rule of docs/format.md §7.2 can tell.

use super::{agrees, disagrees, example};
use ledger_core::entry::{Entry, Leaf, Part, data_hash, event_json, signature};
use ledger_core::event::body::enrolment::EnrolmentCode;
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::Ledger;
use ledger_core::names::Gid;
use ledger_tests::binary::Place;
use serde_json::{Value, json};

/// Time of every entry of the example, milliseconds since 1970.
const NOW: i64 = 1_767_225_600_000;

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

fn public(n: u8) -> String {
    key(n).public().unwrap().to_hex()
}

fn code(n: u8) -> EnrolmentCode {
    EnrolmentCode::from_hand(&char::from(n).to_string().repeat(28)).unwrap()
}

fn append(ledger: &Ledger, kind: &str, actor: &str, secret: &SecretKey, data: &Value) {
    let data = data.to_string();
    let mut intent = Intent::new(kind, data.as_bytes(), None, Gid::new(actor).unwrap(), None).unwrap();
    ledger.sign(&mut intent, secret).unwrap();
    ledger.append(intent).unwrap();
}

fn offer(gid: &str, code: &EnrolmentCode, expires_at: i64) -> Value {
    json!({ "gid": gid, "code_digest": code.digest(), "expires_at": expires_at })
}

fn used(gid: &str, n: u8, code: &EnrolmentCode) -> Value {
    json!({ "gid": gid, "key": public(n), "code": code })
}

/// Two humans, offers in all states, and as the last entry an enrolment as it should be.
fn history(place: &Place) -> Vec<Entry> {
    let ledger = example::ledger(place);
    let admin = SecretKey::read(&ledger.location().key_file("GID-H01")).unwrap();
    let by_admin = |kind: &str, data: &Value| append(&ledger, kind, "GID-H01", &admin, data);
    by_admin("register_human", &json!({ "gid": "GID-H02", "key": public(2) }));
    by_admin("register_human", &json!({ "gid": "GID-H03", "key": public(3) }));
    by_admin("offer_enrolment", &offer("GID-H02", &code(b'A'), NOW + 1000));
    by_admin("offer_enrolment", &offer("GID-H03", &code(b'B'), NOW + 1000));
    by_admin("offer_enrolment", &offer("GID-H02", &code(b'C'), NOW + 1000));
    by_admin("offer_enrolment", &offer("GID-H02", &code(b'D'), NOW + 1000));
    append(&ledger, "enrol_key", "GID-H02", &key(11), &used("GID-H02", 11, &code(b'C')));
    by_admin("withdraw_enrolment", &json!({ "code_digest": code(b'D').digest(), "reason": "seen" }));
    append(&ledger, "enrol_key", "GID-H02", &key(12), &used("GID-H02", 12, &code(b'A')));
    ledger.sequencer().store().entries(0, 100).unwrap()
}

/// The last entry with other data, signed again by this key after `change`.
fn forged(entries: &[Entry], data: &Value, signer: u8, change: impl FnOnce(&mut Leaf<'_>)) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    let last = entries.pop().unwrap();
    let bytes = ledger_core::json::canonicalize(data.to_string().as_bytes()).unwrap();
    let id = *key(signer).public().unwrap().id();
    let mut leaf = last.parse().unwrap();
    leaf.data_hash = data_hash(&last.data.salt, &bytes);
    leaf.key_id = Some(id);
    change(&mut leaf);
    leaf.signature = Some(key(signer).sign(&signature::signed_bytes(&leaf, &id)));
    let mut made = Vec::new();
    leaf.write(&mut made);
    entries.push(Entry { leaf: made, data: Part { salt: last.data.salt, bytes }, private: None });
    entries
}

fn export(place: &Place, entries: &[Entry]) -> std::path::PathBuf {
    let mut out = Vec::new();
    for entry in entries {
        event_json::write(&entry.as_record(), &mut out).unwrap();
        out.push(b'\n');
    }
    place.file("export.jsonl", out)
}

/// Codes and positions of what the program finds.
fn found(place: &Place, file: &std::path::Path) -> Vec<String> {
    let run = place.run(["verify", file.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let one = |f: &Value| format!("{}@{}", f["code"].as_str().unwrap(), f["sequence"]);
    report["findings"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn forged_enrolments_are_found_by_program_and_script() {
    let place = Place::new();
    let entries = history(&place);
    let last = entries.len() - 1;
    let rule = [format!("LG_308@{last}")];
    let signature = [format!("LG_306@{last}")];
    let check = |what: &str, forged: &[Entry], expected: &[String], because: &str| {
        let file = export(&place, forged);
        assert_eq!(found(&place, &file), expected, "{what}");
        let args = ["--export".into(), file];
        if expected.is_empty() { drop(agrees(args)) } else { disagrees(args, because) }
    };
    let nothing = |_: &mut Leaf<'_>| ();
    let good = used("GID-H02", 12, &code(b'A'));
    check("as it was", &entries, &[], "");
    check("made again", &forged(&entries, &good, 12, nothing), &[], "");
    for (what, data, signer, because) in [
        ("no such code", used("GID-H02", 12, &code(b'E')), 12, "was not offered"),
        ("a code of another human", used("GID-H02", 12, &code(b'B')), 12, "was not offered"),
        ("a spent code", used("GID-H02", 13, &code(b'C')), 13, "used or withdrawn"),
        ("a withdrawn code", used("GID-H02", 12, &code(b'D')), 12, "used or withdrawn"),
        ("a key that they have", used("GID-H02", 11, &code(b'A')), 11, "somebody's already"),
        ("a key of somebody else", used("GID-H02", 3, &code(b'A')), 3, "somebody's already"),
        ("another's name", used("GID-H03", 12, &code(b'A')), 12, "another than its holder"),
    ] {
        check(what, &forged(&entries, &data, signer, nothing), &rule, because);
    }
    // By keys that the reviewer and the admin really hold, and under the new key's name with another's signature.
    let both = [signature.clone(), signature.clone()].concat();
    check("by a key that is held", &forged(&entries, &good, 2, nothing), &both, "holds no key");
    let borrowed = |entries: &[Entry]| {
        let id = *key(12).public().unwrap().id();
        let mut made = forged(entries, &good, 2, |leaf| leaf.key_id = Some(id));
        let last = made.pop().unwrap();
        let leaf = last.parse().unwrap();
        assert_eq!(leaf.key_id, Some(id));
        made.push(last.clone());
        made
    };
    check("signed by another", &borrowed(&entries), &signature, "signature is not of this key");
    let late = ledger_core::time::Timestamp::from_millis(NOW + 1000).unwrap();
    check("at its expiry", &forged(&entries, &good, 12, |leaf| leaf.time = late), &rule, "had expired");
    let in_time = ledger_core::time::Timestamp::from_millis(NOW + 999).unwrap();
    check("just before", &forged(&entries, &good, 12, |leaf| leaf.time = in_time), &[], "");
}
