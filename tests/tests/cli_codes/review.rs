//! GS_301 to GS_332, GS_430 and GS_431: a genuine review through its four steps, and everything that it refuses.

#![allow(clippy::needless_pass_by_value, reason = "data of intents, made where they are sent")]

use crate::refuse;
use ledger_tests::orchestra::{ADA, BENSON, GRACE, Orchestra, answers};
use serde_json::{Value, json};
use std::time::Duration;

const PAC: &str = "PAC-T-1";

#[allow(clippy::needless_pass_by_value, reason = "cases read better")]
fn verdict(opened: &Value, challenge: Option<(&Value, &Value)>, more: Value) -> Value {
    let mut data = json!({
        "pac_id": PAC, "opdo_id": opened["opdo_id"], "merkle_root": opened["merkle_root"], "packet": opened["packet"],
        "verdict": "APPROVE",
    });
    let members = data.as_object_mut().unwrap();
    if let Some((drawn, passed)) = challenge {
        let types: Vec<&Value> =
            drawn["questions"].as_array().unwrap().iter().map(|q| &q["question_type"]).collect();
        members.insert("challenge_id".to_owned(), drawn["challenge_id"].clone());
        members.insert("question_types".to_owned(), json!(types));
        members.insert("latency_ms".to_owned(), passed["latency_ms"].clone());
    }
    members.extend(more.as_object().unwrap().clone());
    data
}

fn answer(drawn: &Value, answers: &[String]) -> Value {
    json!({ "pac_id": PAC, "challenge_id": drawn["challenge_id"], "answers": answers })
}

#[test]
fn a_review_is_genuine_or_refused() {
    let o = Orchestra::new();
    let pac = json!({ "pac_id": PAC });
    refuse(&o, "LG_150", "open_review", GRACE, &pac);
    o.sealed(PAC);
    refuse(&o, "GS_332", "open_review", BENSON, &pac);
    refuse(&o, "LG_156", "draw_challenge", GRACE, &pac);
    let opened = o.act("open_review", GRACE, &pac);
    refuse(&o, "GS_330", "give_verdict", GRACE, &verdict(&opened, None, json!({})));

    // Wrong, unreadable, early: each uses the challenge up, and the third locks the reviewer out.
    let drawn = o.act("draw_challenge", GRACE, &pac);
    refuse(&o, "GS_331", "give_verdict", GRACE, &verdict(&opened, None, json!({})));
    refuse(
        &o,
        "GS_310",
        "answer_challenge",
        GRACE,
        &answer(&drawn, &vec![String::new(); answers(&drawn).len()]),
    );
    refuse(&o, "GS_312", "answer_challenge", GRACE, &answer(&drawn, &answers(&drawn)));
    let drawn = o.act("draw_challenge", GRACE, &pac);
    refuse(&o, "GS_313", "answer_challenge", GRACE, &answer(&drawn, &[]));
    let drawn = o.act("draw_challenge", GRACE, &pac);
    refuse(&o, "GS_315", "answer_challenge", GRACE, &answer(&drawn, &answers(&drawn)));
    refuse(&o, "GS_332", "draw_challenge", GRACE, &pac);
    refuse(
        &o,
        "LG_125",
        "unlock_review",
        GRACE,
        &json!({ "pac_id": PAC, "reviewer": GRACE, "reason": "me" }),
    );
    o.act(
        "unlock_review",
        ADA,
        &json!({ "pac_id": PAC, "reviewer": GRACE, "reason": "the questions were misread" }),
    );

    // Another's challenge, and one that was never drawn.
    let drawn = o.act("draw_challenge", GRACE, &pac);
    o.act("open_review", ADA, &pac);
    refuse(&o, "GS_320", "answer_challenge", ADA, &answer(&drawn, &answers(&drawn)));
    let never = json!({ "challenge_id": "ab".repeat(32), "questions": [] });
    refuse(&o, "GS_320", "answer_challenge", GRACE, &answer(&never, &[]));
    std::thread::sleep(Duration::from_millis(5_100));
    let passed = o.act("answer_challenge", GRACE, &answer(&drawn, &answers(&drawn)));
    assert!(passed["latency_ms"].as_u64().unwrap() >= 5_000, "{passed}");
    refuse(&o, "GS_312", "answer_challenge", GRACE, &answer(&drawn, &answers(&drawn)));

    let both = Some((&drawn, &passed));
    refuse(
        &o,
        "GS_320",
        "give_verdict",
        GRACE,
        &verdict(&opened, both, json!({ "merkle_root": "00".repeat(32) })),
    );
    refuse(
        &o,
        "GS_320",
        "give_verdict",
        GRACE,
        &verdict(&opened, both, json!({ "packet": format!("sha256:{}", "00".repeat(32)) })),
    );
    refuse(&o, "GS_320", "give_verdict", GRACE, &verdict(&opened, both, json!({ "latency_ms": 60_000 })));
    refuse(&o, "GS_193", "give_verdict", GRACE, &verdict(&opened, both, json!({ "verdict": "REJECT" })));
    let approved = o.act("give_verdict", GRACE, &verdict(&opened, both, json!({})));
    let review = json!({ "pac_id": PAC, "human_review_ber_id": approved["human_review_ber_id"] });
    o.act("finalize", BENSON, &review);
    refuse(&o, "GS_431", "finalize", BENSON, &review);
    refuse(&o, "GS_431", "void_opdo", BENSON, &json!({ "pac_id": PAC, "reason": "too late" }));
    refuse(&o, "GS_431", "open_review", ADA, &pac);
    o.act("emit_wrap", BENSON, &pac);
    refuse(&o, "LG_153", "emit_wrap", BENSON, &pac);

    let report = o.place.json(["verify", "--complete", PAC]);
    assert_eq!((&report["ok"], &report["pacs"]["complete"]), (&json!(true), &json!(1)), "{report}");
    // The composite proves itself without the ledger, whole and child by child.
    let document = o.place.ok(["prove", "opdo", PAC]).out;
    let file = o.place.file("opdo.json", &document);
    let told = o.place.json(["opdo", "verify", file.to_str().unwrap()]);
    assert_eq!((&told["ok"], &told["state"]), (&json!(true), &json!("FINAL")), "{told}");
    let child = serde_json::from_str::<Value>(&document).unwrap()["child_pdos"][0]["pdo_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let proof = o.place.file("child.json", o.place.ok(["prove", "opdo", PAC, "--child", &child]).out);
    o.place.ok(["opdo", "check", proof.to_str().unwrap()]);
}

#[test]
fn a_challenge_does_not_outlive_the_boot_of_the_machine() {
    let o = Orchestra::new();
    let pac = json!({ "pac_id": PAC });
    o.sealed(PAC);
    o.act("open_review", GRACE, &pac);
    let drawn = o.act("draw_challenge", GRACE, &pac);
    // Another boot, as far as the program can see.
    let boot = o.place.file("boot_id", "01234567-89ab-cdef-0123-456789abcdef\n");
    let script = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";
    let data = answer(&drawn, &answers(&drawn)).to_string();
    let wrapper = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, boot.to_str().unwrap()];
    let args = ["append", "answer_challenge", "--actor", GRACE, "--data", &data, "--json"];
    let said = ledger_tests::binary::Said::of(o.place.wrapped(wrapper, args));
    let error: Value = serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{said:?}"));
    assert_eq!(error["error"]["code"], "GS_314", "{said:?}");
}

#[test]
fn a_rejected_review_opens_the_work_again() {
    let o = Orchestra::new();
    let pac = json!({ "pac_id": PAC });
    o.sealed(PAC);
    let opened = o.act("open_review", GRACE, &pac);
    let drawn = o.act("draw_challenge", GRACE, &pac);
    std::thread::sleep(Duration::from_millis(5_100));
    let passed = o.act("answer_challenge", GRACE, &answer(&drawn, &answers(&drawn)));
    let sub = format!("Sub-{PAC}-A1").replace("Sub-PAC-", "Sub-PAC-");
    let reject = json!({ "verdict": "REJECT", "remarks": "the index is not tested", "reopen": [sub] });
    let told = o.act("give_verdict", GRACE, &verdict(&opened, Some((&drawn, &passed)), reject));
    assert_eq!((&told["state"], told["human_review_ber_id"].is_null()), (&json!("VOID"), true), "{told}");
    refuse(&o, "GS_205", "compose_opdo", BENSON, &pac);
    o.complete(PAC, &sub, "GID-01");
    let composed = o.act("compose_opdo", BENSON, &pac);
    assert_ne!(composed["opdo_id"], opened["opdo_id"]);
    refuse(&o, "GS_430", "seal", BENSON, &json!({ "pac_id": PAC, "opdo_id": opened["opdo_id"] }));
    o.act("seal", BENSON, &pac);
    let report = o.place.json(["verify"]);
    assert_eq!(report["ok"], true, "{report}");
}
