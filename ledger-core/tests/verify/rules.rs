//! What the history itself says: rules of the registry, identification, time, streams, parts, and what is not understood.

use crate::log::{
    ADMIN, AGENT, Draft, Log, alone, export_report, findings, found, genesis, key, note, registry,
};
use ledger_core::entry::{Auth, private_hash};
use ledger_core::time::Timestamp;
use ledger_core::verify::{Options, verify_disk, verify_export};
use serde_json::json;
use std::sync::Arc;

/// Findings of the sample with one more entry (number 8).
fn with(draft: &Draft<'_>) -> Vec<String> {
    let mut log = Log::sample();
    log.add(draft);
    findings(&log)
}

#[test]
fn a_step_that_no_honest_ledger_takes() {
    let none: [&str; 0] = [];
    let stranger = Draft { actor: "GID-66", ..note("x") };
    let human = json!({"gid": "GID-H02", "key": key(20).public().unwrap().to_hex()});
    for (what, draft, expected) in [
        ("a note", note("x"), &none[..]),
        ("a stranger", stranger, &["LG_308@8"]),
        ("an empty note", Draft { data: json!({"text": ""}), ..note("x") }, &["LG_308@8"]),
        ("an unknown member", Draft { data: json!({"text": "x", "y": 1}), ..note("x") }, &["LG_308@8"]),
        ("another stream", Draft { subject: "artifacts", ..note("x") }, &["LG_308@8"]),
        ("a human by an admin", registry("human.registered", "h2", human.clone()), &none),
        (
            "a human by an agent",
            Draft { actor: AGENT, signer: Some(7), ..registry("human.registered", "h2", human.clone()) },
            &["LG_308@8"],
        ),
        (
            "a human, unsigned",
            Draft { signer: None, ..registry("human.registered", "h2", human) },
            &["LG_306@8"],
        ),
        ("a second genesis", Draft { key: "g2".to_owned(), ..genesis("ledger.example/acme") }, &["LG_308@8"]),
        (
            "an old entry with a false verdict",
            Draft {
                kind: "history.imported",
                data: json!({"format": "chainbridge", "index": 0, "original": "{\"sequence\":1}", "verdict": "intact"}),
                subject: "import/old",
                ..note("x")
            },
            &["LG_308@8"],
        ),
    ] {
        assert_eq!(with(&draft), expected, "{what}");
    }
}

#[test]
fn identification_that_rests_on_nothing() {
    let none: [&str; 0] = [];
    let violation = json!({"actor": "GID-66", "code": "LG_120", "count": 1, "intent": format!("sha256:{}", "0".repeat(64)),
        "kind": "record_note", "message": "...", "severity": "WARNING"});
    let mut graver = violation.clone();
    graver["severity"] = json!("CRITICAL");
    let stranger = Draft { actor: "GID-66", ..note("x") };
    for (what, draft, expected) in [
        (
            "a violation by a stranger",
            Draft {
                kind: "violation.recorded",
                data: violation.clone(),
                subject: "violations",
                ..stranger.clone()
            },
            &none[..],
        ),
        (
            "a violation that says it is signed",
            Draft {
                kind: "violation.recorded",
                data: violation.clone(),
                subject: "violations",
                auth: Some(Auth::Signed),
                ..stranger
            },
            &["LG_306@8", "LG_308@8"],
        ),
        (
            "a violation of another than its actor",
            Draft { kind: "violation.recorded", data: violation, subject: "violations", ..note("x") },
            &["LG_308@8"],
        ),
        (
            "a signature that is said to be none",
            Draft { auth: Some(Auth::Asserted), ..note("x").signed(7) },
            &["LG_306@8"],
        ),
        ("signed without signature", Draft { auth: Some(Auth::Signed), ..note("x") }, &["LG_306@8"]),
        (
            "a violation that is made graver",
            Draft {
                kind: "violation.recorded",
                data: graver,
                subject: "violations",
                actor: "GID-66",
                ..note("x")
            },
            &["LG_308@8"],
        ),
    ] {
        assert_eq!(with(&draft), expected, "{what}");
    }
}

#[test]
fn a_signature_that_is_another_entrys() {
    for (what, draft, expected) in [
        // What an actor wants themselves they sign themselves; only what the log adds rests on another's signature.
        (
            "in answer to a signed entry",
            Draft { auth: Some(Auth::Signed), cause: Some(6), ..note("x") },
            vec!["LG_306@8", "LG_308@8"],
        ),
        ("with a cause", Draft { cause: Some(6), ..note("x") }, vec!["LG_308@8"]),
        (
            "of a later program, in answer to a signed entry",
            Draft { kind: "team.formed", auth: Some(Auth::Signed), cause: Some(6), ..note("x") },
            vec!["LG_314@8"],
        ),
        (
            "of a later program, in answer to an unsigned one",
            Draft { kind: "team.formed", auth: Some(Auth::Signed), cause: Some(7), ..note("x") },
            vec!["LG_306@8", "LG_314@8"],
        ),
        (
            "of a later program, in answer to another's",
            Draft { kind: "team.formed", auth: Some(Auth::Signed), cause: Some(4), ..note("x") },
            vec!["LG_306@8", "LG_314@8"],
        ),
    ] {
        assert_eq!(with(&draft), expected, "{what}");
    }
}

#[test]
fn what_is_not_understood_is_listed_and_speaks_against_nobody() {
    for draft in [
        Draft { kind: "team.formed", data: json!({"anything": [1, 2]}), subject: "pac/PAC-1", ..note("x") },
        Draft { version: 2, data: json!({"note": "of a later shape"}), ..note("x") },
        Draft { kind: "team.formed", ..note("x").signed(7) },
    ] {
        let mut log = Log::sample();
        log.add(&draft);
        log.add(&note("goes on"));
        let report = log.files(&[1], 100).verify(&alone());
        assert_eq!((found(&report), report.ok), (vec!["LG_314@8".to_owned()], true));
    }
    // Its signature is verified all the same.
    assert_eq!(with(&Draft { kind: "team.formed", ..note("x").signed(66) }), ["LG_306@8", "LG_314@8"]);
    // An actor that an entry may have registered which is not understood here is doubtful, once, and not a stranger.
    let mut log = Log::sample();
    log.add(&registry("team.registered", "t", json!({"gid": "GID-70"})));
    for n in 0..5 {
        log.add(&Draft { actor: "GID-70", key: format!("t{n}"), ..note("x") });
    }
    let report = log.files(&[1], 100).verify(&alone());
    assert_eq!((found(&report), report.ok), (vec!["LG_314@8".to_owned(), "LG_314@9".to_owned()], true));
}

#[test]
fn one_registration_that_cannot_be_relied_on_does_not_accuse_everyone() {
    let mut log = Log::sample();
    for n in 0..20 {
        log.add(&Draft { key: format!("n{n}"), ..note("x") }.signed(7));
    }
    // The agent's registration: its data is altered beyond reading, or it is gone.
    let mut altered = log.clone();
    altered.entries[1].data.bytes = b"{\"gid\"".to_vec();
    let report = altered.files(&[1], 100).verify(&alone());
    assert!(report.findings.len() <= 4, "{:#?}", report.findings);
    log.entries.remove(1);
    let report = export_report(&log.export(), &alone());
    assert_eq!(found(&report)[0], "LG_301@1");
    assert!(report.findings.len() <= 5, "{:#?}", report.findings);
}

#[test]
fn times_streams_and_parts() {
    let touched = |draft: &Draft<'_>, change: &dyn Fn(&mut ledger_core::entry::Leaf<'_>)| {
        let mut log = Log::sample();
        log.add_as(draft, change);
        log.add(&Draft { key: "after".to_owned(), ..note("after") });
        findings(&log)
    };
    let past = |leaf: &mut ledger_core::entry::Leaf<'_>| {
        leaf.time = Timestamp::from_millis(1_600_000_000_000).unwrap();
    };
    let none: [&str; 0] = [];
    assert_eq!(touched(&note("x"), &past), ["LG_303@8"]);
    let corrected = Draft {
        kind: "clock.corrected",
        data: json!({"reason": "battery"}),
        subject: "log",
        ..registry("x", "clock", json!({}))
    };
    assert_eq!(touched(&corrected, &past), none);
    assert_eq!(touched(&Draft { actor: AGENT, signer: Some(7), ..corrected }, &past), ["LG_308@8"]);
    assert_eq!(touched(&note("x"), &|leaf| leaf.subject_sequence += 1), ["LG_307@8"]);
    assert_eq!(touched(&note("x"), &|leaf| leaf.subject_sequence = 0), ["LG_307@8"]);
    assert_eq!(touched(&note("x"), &|leaf| leaf.data_hash = [1; 32]), ["LG_304@8"]);
    assert_eq!(touched(&note("x"), &|leaf| leaf.private_hash = Some([1; 32])), ["LG_305@8"]);
    assert_eq!(touched(&note("x").private(json!({})), &|leaf| leaf.private_hash = None), ["LG_305@8"]);
    assert_eq!(
        touched(&note("x").private(json!({})), &|leaf| leaf.private_hash = Some([1; 32])),
        ["LG_305@8"]
    );
    assert_eq!(touched(&note("x"), &|leaf| leaf.log_id = None), ["LG_313@8"]);
    assert_eq!(touched(&note("x"), &|leaf| leaf.source = "ledger.example/evil"), ["LG_313@8"]);
    assert_eq!(touched(&note("x"), &|leaf| leaf.id = "notes/k-one"), ["LG_308@8"], "an id twice");
}

#[test]
fn parts_that_are_erased_or_not_canonical() {
    let mut log = Log::sample();
    log.add(&note("x").private(json!({"name": "y"})));
    let mut erased = log.clone();
    let part = erased.entries[8].private.as_mut().unwrap();
    (part.salt, part.bytes) = ([0; 32], vec![0; part.bytes.len()]);
    assert_eq!(findings(&erased), ["LG_305@8"]);
    (erased.entries[8].data.salt, erased.entries[8].data.bytes) = ([0; 32], vec![0; 12]);
    assert_eq!(findings(&erased), ["LG_304@8", "LG_305@8"]);
    // Well committed to, and yet not canonical: an export cannot even say so.
    for bytes in
        [&b"{\"text\": \"x\"}"[..], b"[1]", b"{\"text\":\"x\",\"text\":\"y\"}", b"{}{}", b"{\"text\":1e400}"]
    {
        let mut other = Log::sample();
        let hash = ledger_core::entry::data_hash(&[5; 32], bytes);
        other.add_as(&note("x"), |leaf| leaf.data_hash = hash);
        other.entries[8].data = ledger_core::entry::Part { salt: [5; 32], bytes: bytes.to_vec() };
        assert!(found(&other.files(&[1], 100).verify(&alone())).contains(&"LG_300@8".to_owned()));
    }
    let mut private = Log::sample();
    let hash = private_hash(&[5; 32], b"\"x\"");
    private.add_as(&note("x").private(json!({})), |leaf| leaf.private_hash = Some(hash));
    private.entries[8].private = Some(ledger_core::entry::Part { salt: [5; 32], bytes: b"\"x\"".to_vec() });
    assert_eq!(findings(&private), ["LG_300@8"]);
}

#[test]
fn a_newer_format_is_for_a_newer_program() {
    let newer = |draft: &Draft<'_>| {
        let mut log = Log::empty("ledger.example/acme");
        log.add(draft);
        let code = |e: ledger_core::Error| e.code.to_string();
        let files =
            verify_disk(Arc::new(log.files(&[1], 9)), &Options::default()).map(|r| found(&r)).map_err(code);
        assert_eq!(files, verify_export(&log.export()[..], &alone()).map(|r| found(&r)).map_err(code));
        files
    };
    let mut draft = genesis("ledger.example/acme");
    draft.data["format"] = json!(2);
    assert_eq!(newer(&draft), Err("LG_202".to_owned()));
    draft.data["more"] = json!({"of": "it"});
    assert_eq!(newer(&Draft { version: 3, ..draft.clone() }), Err("LG_202".to_owned()));
    assert_eq!(newer(&draft), Err("LG_202".to_owned()));
    // A segment of a newer format, well sealed.
    let files = Log::sample().files(&[1], 9).edit("journal/00000000.seg", |bytes| {
        bytes[8] = 2;
        let crc = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
    });
    assert_eq!(verify_disk(Arc::new(files), &alone()).unwrap_err().code.to_string(), "LG_202");
}

#[test]
fn a_log_without_a_genesis_is_no_log() {
    let mut log = Log::empty("ledger.example/acme");
    log.add(&note("first"));
    log.add(&Draft { actor: ADMIN, ..note("second").signed(1) });
    assert_eq!(found(&export_report(&log.export(), &alone())), ["LG_313@0"]);
}
