//! Every window at its edges, every binding with one thing changed.

use super::stage::{ADA, GRACE, Stage, code};
use ledger_core::rules::pac::review::Ending;
use ledger_core::verify::{Options, verify_directory};
use serde_json::json;

#[test]
fn latency_has_both_edges_and_the_boot_counts() {
    for (ms, expected) in [
        (0, Some("GS_315")),
        (4_999, Some("GS_315")),
        (5_000, None),
        (300_000, None),
        (300_001, Some("GS_314")),
    ] {
        let stage = Stage::sealed(1);
        let challenge = stage.challenged(GRACE);
        stage.clock.pass(ms);
        let answer = stage.answer(GRACE, &challenge, &stage.right(&challenge));
        assert_eq!(code(&answer), expected, "{ms} ms");
        let ending = stage.last(GRACE).ending;
        match expected {
            None => assert_eq!(ending, Ending::Passed { latency_ms: u64::try_from(ms).unwrap() }),
            Some(code) => assert_eq!(ending, Ending::Failed { code: code.to_owned() }),
        }
        assert_eq!(
            code(&stage.answer(GRACE, &challenge, &stage.right(&challenge))),
            Some("GS_312"),
            "{ms} ms, again"
        );
    }
    // A clock that began again measures nothing.
    let stage = Stage::sealed(1);
    let challenge = stage.challenged(GRACE);
    stage.clock.pass(6_000);
    stage.clock.reboot();
    assert_eq!(code(&stage.answer(GRACE, &challenge, &stage.right(&challenge))), Some("GS_314"));
}

#[test]
fn policy_raises_the_least_latency() {
    let stage = Stage::sealed(2);
    stage.ok("set_policy", ADA, json!({ "version": 2, "require": {}, "review_latency_ms": 60_000 }));
    let challenge = stage.challenged(GRACE);
    stage.clock.pass(59_999);
    assert_eq!(code(&stage.answer(GRACE, &challenge, &stage.right(&challenge))), Some("GS_315"));
    let challenge = stage.challenged(GRACE);
    stage.clock.pass(60_000);
    assert_eq!(code(&stage.answer(GRACE, &challenge, &stage.right(&challenge))), None);
}

#[test]
fn a_verdict_is_bound_to_what_was_shown_and_given_once_within_the_hour() {
    let passed = |seed| {
        let stage = Stage::sealed(seed);
        let challenge = stage.challenged(GRACE);
        stage.clock.pass(7_250);
        stage.answer(GRACE, &challenge, &stage.right(&challenge)).unwrap();
        (stage, challenge)
    };
    let (stage, challenge) = passed(3);
    let zeros = "0".repeat(64);
    for (what, change, expected) in [
        ("another packet", json!({ "packet": format!("sha256:{zeros}") }), "GS_320"),
        ("another root", json!({ "merkle_root": zeros }), "GS_320"),
        ("another O-PDO", json!({ "opdo_id": "OPDO-OTHER-1" }), "GS_320"),
        ("another challenge", json!({ "challenge_id": zeros }), "GS_320"),
        ("another latency", json!({ "latency_ms": 60_000 }), "GS_320"),
        ("other questions", json!({ "question_types": [] }), "GS_320"),
        ("no challenge", json!({ "challenge_id": null }), "GS_330"),
        ("remarks without any", json!({ "verdict": "APPROVE_WITH_REMARKS" }), "LG_101"),
        ("a rejection without a reason", json!({ "verdict": "REJECT" }), "GS_193"),
    ] {
        assert_eq!(code(&stage.verdict(GRACE, &challenge, 7_250, change)), Some(expected), "{what}");
    }
    // Somebody else's challenge is nobody's but theirs.
    assert_eq!(code(&stage.verdict(ADA, &challenge, 7_250, json!({}))), Some("GS_330"));
    let theirs = stage.challenged(ADA);
    assert_eq!(code(&stage.answer(GRACE, &theirs, &stage.right(&theirs))), Some("GS_320"));
    assert_eq!(code(&stage.verdict(ADA, &theirs, 7_250, json!({}))), Some("GS_331"));
    assert_eq!(code(&stage.verdict(GRACE, &challenge, 7_250, json!({}))), None);
    assert_eq!(code(&stage.verdict(GRACE, &challenge, 7_250, json!({}))), Some("GS_312"));
    stage.step("open_review", GRACE, json!({})).unwrap();
    assert_eq!(code(&stage.verdict(GRACE, &challenge, 7_250, json!({}))), Some("GS_312"), "opened again");
    for (ms, expected) in [(3_600_000, None), (3_600_001, Some("GS_314"))] {
        let (stage, challenge) = passed(4);
        stage.clock.pass(ms);
        assert_eq!(code(&stage.verdict(GRACE, &challenge, 7_250, json!({}))), expected, "{ms} ms");
        let location = stage.dir.path().join("ledger");
        drop(stage.ledger);
        let report = verify_directory(&location, &Options::default()).unwrap();
        assert!(report.ok, "{:?}", report.findings);
    }
}
