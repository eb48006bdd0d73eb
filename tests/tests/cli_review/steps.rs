//! The four steps, as a front end takes them; what is asserted of the packet; the report; practice.

use super::{PAC, read_for_long_enough, refused, review, sealed};
use ledger_tests::binary::Place;
use ledger_tests::orchestra::{ADA, BENSON, GRACE, answers};
use serde_json::{Value, json};

fn answered(o: &ledger_tests::orchestra::Orchestra, drawn: &Value, args: &[&str]) -> Value {
    let answers = answers(drawn);
    let flags: Vec<&str> = answers.iter().flat_map(|a| ["--answer", a.as_str()]).collect();
    review(o, &[&["answer", PAC], args, &flags].concat())
}

#[test]
fn the_four_steps_lead_to_an_approval_that_finalizes() {
    let o = sealed();
    let shown = o.place.json(["review", "show", PAC]);
    let opened = review(&o, &["open", PAC]);
    for member in ["opdo_id", "merkle_root", "packet", "content"] {
        assert_eq!(opened[member], shown[member], "{member}");
    }
    // The digest is that of the content's canonical JSON: whoever has the content can check what is signed.
    let canonical = ledger_core::json::canonicalize(opened["content"].to_string().as_bytes()).unwrap();
    assert_eq!(json!(ledger_core::event::body::Digest::of(&canonical)), opened["packet"]);
    let child = &opened["content"]["children"][0];
    assert_eq!(
        (&child["agent_gid"], &child["lane"], &child["quality_score"]),
        (&json!("GID-01"), &json!("EXECUTION"), &json!(0.95))
    );

    let drawn = review(&o, &["challenge", PAC]);
    assert_eq!((&drawn["minimum_latency_ms"], &drawn["failures"]), (&json!(5000), &json!(0)));
    let packet = drawn["packet"].as_str().unwrap().to_owned();
    read_for_long_enough();
    let passed = answered(&o, &drawn, &["--challenge", drawn["challenge_id"].as_str().unwrap()]);
    let latency = passed["latency_ms"].as_u64().unwrap();
    assert!(latency >= 5_000);

    // What was shown is what is signed, or nothing is.
    let other = format!("sha256:{}", "0".repeat(64));
    assert_eq!(refused(&o, &["verdict", PAC, "--approve", "--packet", &other])["code"], "GS_320");
    assert_eq!(refused(&o, &["verdict", PAC, "--approve", "--packet", "9a41"])["code"], "LG_106");
    for bad in [vec!["verdict", PAC], vec!["verdict", PAC, "--approve", "--reject", "no"]] {
        assert_eq!(refused(&o, &bad)["code"], "LG_106", "{bad:?}");
    }
    let reopening = ["verdict", PAC, "--approve", "--reopen", "Sub-PAC-REVIEW-1-A1"];
    assert_eq!(refused(&o, &reopening)["code"], "LG_101", "only a rejection reopens");
    assert_eq!(refused(&o, &["verdict", PAC, "--reject", "  "])["code"], "GS_193");
    let given = review(&o, &["verdict", PAC, "--approve", "--packet", &packet]);
    let entry = o.place.json(["show", &given["sequence"].to_string()]);
    assert_eq!(entry["data"]["latency_ms"], latency);
    assert_eq!(entry["data"]["challenge_id"], drawn["challenge_id"]);

    // One challenge carries one verdict, also when the packet is opened again.
    assert_eq!(refused(&o, &["verdict", PAC, "--approve"])["code"], "GS_312");
    review(&o, &["open", PAC]);
    assert_eq!(refused(&o, &["verdict", PAC, "--reject", "second thoughts"])["code"], "GS_312");
    let ber = given["human_review_ber_id"].as_str().unwrap();
    o.act("finalize", BENSON, &json!({ "pac_id": PAC, "human_review_ber_id": ber }));
    o.act("emit_wrap", BENSON, &json!({ "pac_id": PAC }));
    assert_eq!(refused(&o, &["open", PAC])["code"], "LG_153");
    the_report_tells(&o, latency);
}

/// What the report says of that review.
fn the_report_tells(o: &ledger_tests::orchestra::Orchestra, latency: u64) {
    let report = o.place.json(["review", "report", "--pac", PAC, "--reviewer", GRACE]);
    let row = &report["reviews"][0];
    assert_eq!(
        (&row["opened"], &row["challenges"], &row["passed"]),
        (&json!(2), &json!(1), &json!(1)),
        "{row}"
    );
    assert_eq!(row["latency_ms"], json!({ "min": latency, "median": latency, "max": latency }));
    assert_eq!(row["verdicts"], json!({ "approve": 1, "approve_with_remarks": 0, "reject": 0 }));
    assert_eq!(row["refusals"], json!({ "GS_193": 1, "GS_312": 2, "GS_320": 1}));
    assert_eq!(
        (&row["requester"], &row["orchestrator"], &row["ber_signers"]),
        (&json!("GID-S01"), &json!(BENSON), &json!(["GID-01"]))
    );
    assert_eq!(row["separated"], true);
    let reviewer = &report["reviewers"][0];
    assert_eq!((&reviewer["indicator"], reviewer["signs"].as_array().unwrap().len()), (&json!("TOO_FEW"), 4));
    assert!(report["about"].as_str().unwrap().contains("no proof"));
    let said = o.place.ok(["review", "report"]);
    assert!(said.out.contains("TOO_FEW") && said.out.contains("ordered by GID-S01"), "{}", said.out);
    assert_eq!(o.place.run(["review", "report", "--reviewer", "GID-H77"]).error(), "LG_120");
    assert_eq!(o.place.json(["review", "report", "--pac", "PAC-OTHER"])["reviews"], json!([]));
}

#[test]
fn every_way_to_fail_says_what_is_left_and_an_admin_unlocks() {
    let o = sealed();
    assert_eq!(refused(&o, &["challenge", PAC])["code"], "LG_156", "not opened");
    review(&o, &["open", PAC]);
    assert_eq!(refused(&o, &["answer", PAC, "--answer", "7"])["code"], "GS_330");
    assert_eq!(refused(&o, &["verdict", PAC, "--approve"])["code"], "GS_330");
    // Wrong, given up, early.
    let drawn = review(&o, &["challenge", PAC]);
    let wrong: Vec<String> = answers(&drawn).iter().map(|_| String::new()).collect();
    let flags: Vec<&str> = wrong.iter().flat_map(|a| ["--answer", a.as_str()]).collect();
    let error = refused(&o, &[&["answer", PAC], flags.as_slice()].concat());
    assert_eq!(error["code"], "GS_310");
    assert!(error["remedy"].as_str().unwrap().contains("1 of 3"), "{error}");
    assert_eq!(refused(&o, &["answer", PAC, "--answer", "7"])["code"], "GS_312");
    review(&o, &["challenge", PAC]);
    let drawn = review(&o, &["challenge", PAC]);
    assert_eq!(drawn["failures"], 2);
    let error = refused(&o, &["challenge", PAC]);
    assert_eq!(error["code"], "GS_332", "the third cannot be given up");
    let right = answers(&drawn);
    let flags: Vec<&str> = right.iter().flat_map(|a| ["--answer", a.as_str()]).collect();
    let error = refused(&o, &[&["answer", PAC], flags.as_slice()].concat());
    assert_eq!(error["code"], "GS_315");
    assert!(
        error["remedy"].as_str().unwrap().contains(&format!("ledger review unlock {PAC} {GRACE}")),
        "{error}"
    );
    assert_eq!(refused(&o, &["open", PAC])["code"], "GS_332");
    let status = o.place.json(["review", "status", PAC]);
    let outcomes: Vec<&Value> =
        status["reviewers"][0]["challenges"].as_array().unwrap().iter().map(|c| &c["outcome"]).collect();
    assert_eq!(outcomes, ["FAILED", "ABANDONED", "FAILED"]);
    assert_eq!(status["reviewers"][0]["locked_out"], true);
    // Nobody unlocks themselves; an admin does.
    assert_eq!(refused(&o, &["unlock", PAC, GRACE, "--reason", "me"])["code"], "LG_125");
    o.place.json(["review", "unlock", PAC, GRACE, "--reason", "the questions were misread", "--actor", ADA]);
    assert_eq!(review(&o, &["challenge", PAC])["failures"], 0);
    let report = o.place.json(["review", "report"]);
    let row = &report["reviews"][0];
    assert_eq!(row["failed"], json!({ "GS_310": 1, "GS_315": 1 }));
    assert_eq!((&row["abandoned"], &row["unfinished"], &row["unlocked"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(o.place.json(["verify"])["ok"], true);
}

#[test]
fn practice_needs_no_ledger_and_judges_by_the_same_code() {
    let place = Place::new();
    let ber = json!({ "agent": "benson", "gid": "gid-00", "tasks_completed": 7, "files_created": ["a", "b", "c"], "quality_score": 1.0 });
    place.file("ber.json", ber.to_string());
    let answer = |q: &Value| match q["question_type"].as_str().unwrap() {
        "TASK_COUNT" => "7",
        "FILE_COUNT" => "3",
        "QUALITY_SCORE" => "1.0",
        "AGENT_IDENTITY" => "Benson",
        "AGENT_GID" => "GID-00",
        "FILE_RECALL" => match q["text"].as_str().unwrap() {
            t if t.contains("number 1") => "a",
            t if t.contains("number 2") => "b",
            _ => "c",
        },
        other => panic!("{other}"),
    };
    for n in 0..12_u8 {
        let challenge = hex::encode([n; 32]);
        let ask = ["review", "practice", "ber.json", "--challenge", &challenge];
        let asked = place.json(ask);
        let right: Vec<&str> = asked["questions"].as_array().unwrap().iter().map(answer).collect();
        let with = |answers: &[&str]| {
            let flags = answers.iter().flat_map(|a| ["--answer", a]);
            place.run(ask.iter().copied().chain(flags).chain(["--json"]))
        };
        assert_eq!(with(&right).values()[0]["correct"], true, "{asked}");
        let wrong = with(&right.iter().map(|_| "99999").collect::<Vec<_>>());
        assert_eq!((wrong.error().as_str(), wrong.code()), ("GS_310", 2), "{asked}");
        assert_eq!(with(&[right.as_slice(), &["more"]].concat()).error(), "GS_313");
    }
    for (text, code) in
        [(r#"{"x":1}"#, "GS_301"), ("{}", "GS_301"), ("7", "GS_301"), ("{", "LG_100"), ("", "LG_105")]
    {
        place.file("bad.json", text);
        assert_eq!(place.run(["review", "practice", "bad.json"]).error(), code, "{text}");
    }
    assert_eq!(place.run(["review", "practice", "ber.json", "--challenge", "7"]).error(), "LG_106");
    assert!(!place.data.exists());
}
