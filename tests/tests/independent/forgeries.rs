//! Exports that somebody changed and made consistent again: the script says what is wrong, each by its own check.
//!
//! Not about checksums: an export has none, and no checkpoint. Invariant: each row changes one thing, so that a check that were
//! missing from the script, or from docs/format.md, would let it pass.

use super::{agrees, disagrees, example};
use ledger_core::entry::{Auth, Entry, Leaf, event_json, signature};
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::Ledger;
use ledger_core::names::{Gid, Key};
use ledger_tests::binary::Place;
use serde_json::Value;

/// Changed members of one entry (null: removed), and what must be found there.
type Row = (usize, &'static str, &'static str);

/// Entry 1 is a signed note with a private part, entry 6 the last, unsigned.
const ROWS: &[Row] = &[
    (6, r#"{"sequence":"0000000000000009"}"#, "sequence is 0000000000000009"),
    (6, r#"{"sequence":"6"}"#, "sequence has another form"),
    (6, r#"{"subjectsequence":"0000000000000000"}"#, "subjectsequence is 0000000000000000"),
    (6, r#"{"time":"2025-12-31T23:59:59.999Z"}"#, "time is less than 2026-01-01T00:00:00.000Z"),
    (6, r#"{"time":"2026-02-29T00:00:00.000Z"}"#, "does not exist"),
    (6, r#"{"time":"2026-12-31T23:59:60.000Z"}"#, "does not exist"),
    (6, r#"{"time":"2026-01-01T00:00:00.000z"}"#, "time has another form"),
    (6, r#"{"source":"ledger.example/other"}"#, "source is not the origin"),
    (6, r#"{"source":"a\"b"}"#, "source has another form"),
    (6, r#"{"source":"a+b"}"#, "source has another form"),
    (6, r#"{"logid":null}"#, "logid is not this log's"),
    (6, r#"{"logid":"00"}"#, "logid has another form"),
    (6, r#"{"id":"notes/first"}"#, "id notes/first was used before"),
    (6, r#"{"id":"notes/other/last"}"#, "id is of another stream"),
    (6, r#"{"id":"notes/12"}"#, "id has another form"),
    (6, r#"{"id":"notes/last/01"}"#, "id has another form"),
    (6, r#"{"id":"notes/../last"}"#, "id has another form"),
    (6, r#"{"subject":"notes/.."}"#, "subject has another form"),
    (6, r#"{"subject":"notes\n"}"#, "subject has another form"),
    (6, r#"{"auth":"signed"}"#, "nothing signed it"),
    (6, r#"{"auth":"signed","cause":"0000000000000001"}"#, "nothing signed it"),
    (6, r#"{"auth":"signed","type":"violation.recorded"}"#, "nothing signed it"),
    (6, r#"{"auth":"sworn"}"#, "auth has another form"),
    (6, r#"{"cause":"0000000000000006"}"#, "cause is not earlier"),
    (6, r#"{"dataversion":0}"#, "dataversion has another form"),
    (6, r#"{"dataversion":65536}"#, "dataversion is beyond 65535"),
    (6, r#"{"dataversion":1.5}"#, "dataversion has another form"),
    (6, r#"{"dataversion":"1"}"#, "dataversion has another type"),
    (6, r#"{"data":{"text":"forged"}}"#, "data is not what datahash commits to"),
    (6, r#"{"data":null,"datasalt":null}"#, "datahash without its part"),
    (6, r#"{"privatehash":"PREV"}"#, "privatehash without its part"),
    (6, r#"{"private":{},"privatesalt":"PREV"}"#, "privatehash without its part"),
    (6, r#"{"traceparent":"x"}"#, "['traceparent'] too many"),
    (6, r#"{"actor":null}"#, "leaf lacks ['actor']"),
    (6, r#"{"actor":"gid-13"}"#, "actor has another form"),
    (6, r#"{"specversion":"1.1"}"#, "specversion has another form"),
    (6, r#"{"type":"note"}"#, "type has another form"),
    (6, r#"{"keyid":"PREV"}"#, "keyid and signature go together"),
    (1, r#"{"auth":"asserted"}"#, "has a signature, and auth is not signed"),
    (1, r#"{"dataversion":2}"#, "signature is not of this key"),
    (1, r#"{"type":"note.written"}"#, "signature is not of this key"),
    (1, r#"{"actor":"GID-00"}"#, "GID-00 holds no key"),
    (1, r#"{"privatehash":null,"private":null,"privatesalt":null}"#, "signature is not of this key"),
    (1, r#"{"private":{"name":"Eve"}}"#, "private is not what privatehash commits to"),
    (0, r#"{"private":{"name":"Eve"}}"#, "private is not what privatehash commits to"),
    (0, r#"{"id":"registry/first"}"#, "genesis has another id"),
    (1, r#"{"prevhash":"PREV"}"#, "prevhash is not the BLAKE3"),
];

/// What the format allows: the same machinery finds nothing.
const ALLOWED: &[Row] = &[
    (6, r#"{"time":"2028-02-29T23:59:59.999Z"}"#, ""),
    (6, r#"{"time":"2025-12-31T23:59:59.999Z","type":"clock.corrected"}"#, ""),
    (6, r#"{"id":"CAUSE/12","cause":"0000000000000004","auth":"signed","type":"token.issued"}"#, ""),
    (6, r#"{"auth":"token","type":"a.b_c.d2.x","dataversion":65535}"#, ""),
];

/// The example's ledger, and an agent whose key comes and goes: the lines of its export.
fn export(place: &Place) -> (Vec<String>, SecretKey) {
    let ledger = example::ledger(place);
    let admin = SecretKey::read(&ledger.location().key_file("GID-H01")).unwrap();
    let agent = SecretKey::from_seed(&[7; 32]);
    let public = agent.public().unwrap();
    let registration = format!(r#"{{"gid":"GID-13","key":"{}","lanes":[],"name":"NOVA"}}"#, public.to_hex());
    let retirement = format!(r#"{{"gid":"GID-13","keyid":"{}","reason":"lost"}}"#, hex::encode(public.id()));
    append(&ledger, "register_agent", &registration, "GID-H01", Some(&admin));
    append(&ledger, "note", r#"{"text":"signed by an agent"}"#, "GID-13", Some(&agent));
    append(&ledger, "retire_key", &retirement, "GID-H01", Some(&admin));
    append(&ledger, "note", r#"{"text":"the last"}"#, "GID-13", None);
    let entries = ledger.sequencer().store().entries(0, 100).unwrap();
    (entries.iter().map(line).collect(), agent)
}

fn append(ledger: &Ledger, kind: &str, data: &str, actor: &str, key: Option<&SecretKey>) {
    let mut intent = Intent::new(kind, data.as_bytes(), None, Gid::new(actor).unwrap(), None).unwrap();
    if let Some(key) = key {
        ledger.sign(&mut intent, key).unwrap();
    } else {
        intent.key = Some(Key::new("last").unwrap());
    }
    ledger.append(intent).unwrap();
}

fn line(entry: &Entry) -> String {
    let mut out = Vec::new();
    event_json::write(&entry.as_record(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn file(place: &Place, lines: &[String]) -> [std::path::PathBuf; 2] {
    ["--export".into(), place.file("export.jsonl", lines.join("\n") + "\n")]
}

/// The lines with one of them patched.
fn patched(lines: &[String], (at, patch, _): Row) -> Vec<String> {
    let mut value: Value = serde_json::from_str(&lines[at]).unwrap();
    let cause: Value = serde_json::from_str(&lines[4]).unwrap();
    let patch = patch.replace("PREV", &"ab".repeat(32)).replace("CAUSE", cause["id"].as_str().unwrap());
    let patch: Value = serde_json::from_str(&patch).unwrap();
    let members = value.as_object_mut().unwrap();
    for (name, new) in patch.as_object().unwrap() {
        if new.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), new.clone());
        }
    }
    let mut lines = lines.to_vec();
    lines[at] =
        String::from_utf8(ledger_core::json::canonicalize(value.to_string().as_bytes()).unwrap()).unwrap();
    lines
}

#[test]
fn it_says_what_is_wrong_with_a_forged_entry() {
    let place = Place::new();
    let (lines, _) = export(&place);
    agrees(file(&place, &lines));
    for row in ROWS {
        disagrees(file(&place, &patched(&lines, *row)), row.2);
    }
    for row in ALLOWED {
        agrees(file(&place, &patched(&lines, *row)));
    }
}

#[test]
fn it_knows_who_held_which_key_and_takes_one_form_of_a_signature() {
    let place = Place::new();
    let (lines, agent) = export(&place);
    let last = event_json::read(lines[6].as_bytes()).unwrap();
    let id = *agent.public().unwrap().id();
    let signed = |actor: &str, alter: &dyn Fn(&mut [u8; 64])| {
        let mut leaf = Leaf { actor, auth: Auth::Signed, key_id: Some(id), ..last.parse().unwrap() };
        let mut made = agent.sign(&signature::signed_bytes(&leaf, &id));
        alter(&mut made);
        leaf.signature = Some(made);
        let mut bytes = Vec::new();
        leaf.write(&mut bytes);
        line(&Entry { leaf: bytes, ..last.clone() })
    };
    let with = |at: usize, new: String| {
        let mut lines = lines.clone();
        lines[at] = new;
        file(&place, &lines)
    };
    disagrees(with(6, signed("GID-13", &|_| {})), "entry 6: GID-13 holds no key");
    disagrees(with(6, signed("GID-H01", &|_| {})), "entry 6: GID-H01 holds no key");
    // Without the retirement it is held: only the signature's form counts.
    let mut held = lines.clone();
    held.remove(5);
    let here = |alter: &dyn Fn(&mut [u8; 64])| {
        let mut leaf_line = signed("GID-13", alter);
        leaf_line =
            leaf_line.replace("\"sequence\":\"0000000000000006\"", "\"sequence\":\"0000000000000005\"");
        let before = event_json::read(held[4].as_bytes()).unwrap().chain_hash();
        let old = hex::encode(last.parse().unwrap().prev_hash);
        file(&place, &[&held[..5], &[leaf_line.replace(&old, &hex::encode(before))]].concat())
    };
    agrees(here(&|_| {}));
    disagrees(here(&|s| s[40] ^= 1), "signature is not of this key");
    disagrees(here(&add_group_order), "signature's scalar is not canonical");
    disagrees(here(&|s| s[..32].copy_from_slice(&[&[1][..], &[0; 31]].concat())), "small order");
    disagrees(here(&|s| s[..32].fill(0xff)), "not canonical");
}

/// S + L in place of S: the same signature to whoever does not look.
fn add_group_order(signature: &mut [u8; 64]) {
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut carry = 0;
    for (digit, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*digit) + u16::from(add) + carry;
        *digit = sum as u8;
        carry = sum >> 8;
    }
}

#[test]
fn it_reads_only_strict_lines_and_misses_no_cut_tail() {
    let place = Place::new();
    let (lines, _) = export(&place);
    let last = lines[6].clone();
    let tail = |new: String| file(&place, &[&lines[..6], &[new]].concat());
    disagrees(tail(last.replacen(',', ", ", 1)), "line 7: event is not canonical JSON");
    disagrees(tail(last.replacen('{', r#"{"actor":"GID-13","#, 1)), "object has a member twice");
    disagrees(tail(last.replacen("the last", r"the \u006cast", 1)), "event is not canonical JSON");
    disagrees(tail(last.replacen("the last", r"\ud800", 1)), "line 7: string has a lone surrogate");
    disagrees(tail(last.replacen(r#""the last""#, "1e16", 1)), "beyond 2^53-1");
    disagrees(tail(last.replacen(r#""the last""#, &"[".repeat(5000), 1)), "not JSON");
    let erased = r#"{"data":null,"#.to_owned();
    let shown = last.find(r#""data":"#).unwrap()..last.find(r#""datahash""#).unwrap();
    let salt = last.find(r#""datasalt":"#).unwrap() + 11;
    let mut without = last.clone();
    without.replace_range(salt..salt + 66, "null");
    without.replace_range(shown, &erased[1..]);
    disagrees(tail(without), "entry 6: data is not shown");
    // The beginning of a log is a log: only a checkpoint from elsewhere shows that something is missing.
    let note = place.file("checkpoint", place.json(["status"])["checkpoint"].as_str().unwrap());
    let [flag, export] = file(&place, &lines[..6]);
    agrees([&flag, &export]);
    disagrees([&flag, &export, &"--checkpoint".into(), &note], "checkpoint is of 7 entries, and there are 6");
    let [flag, export] = file(&place, &patched(&lines, ALLOWED[0]));
    disagrees([&flag, &export, &"--checkpoint".into(), &note], "another root at 7 entries");
}
