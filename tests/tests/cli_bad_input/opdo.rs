//! Documents that are none, or hold what no O-PDO holds.

use super::{Case, case, refused};
use ledger_core::Code::{
    InputUnreadable, InvalidIntent, InvalidName, MalformedJson, OpdoChild, ProofMalformed, TooLarge, Usage,
};
use ledger_tests::binary::Place;
use serde_json::{Value, json};

fn child() -> Value {
    json!({
        "pdo_id": "PDO-A", "agent_name": "A", "agent_gid": "GID-01", "sub_pac_id": "Sub-PAC-A", "ber_id": "BER-A",
        "status": "VALIDATED", "pdo_hash": "00", "task_count": 1, "quality_score": 0.9, "created_at": "2025-12-26T06:00:00Z",
        "dependencies": [],
    })
}

/// A composition whose one child has this text for a member.
fn with(member: &str, text: &str) -> String {
    let mut child = child();
    child[member] = "PLACEHOLDER".into();
    format!(r#"{{"pac_orch_id":"PAC-A-1","children":[{child}]}}"#).replace("\"PLACEHOLDER\"", text)
}

#[test]
fn text_that_is_no_document() {
    let place = Place::new();
    let good = with("pdo_hash", "\"00\"");
    let deep = format!("{{\"pac_orch_id\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let many = format!(r#"{{"pac_orch_id":"PAC-A-1","children":[{}1]}}"#, "1,".repeat(10_000));
    let huge = format!("{good}{}", " ".repeat(16 << 20));
    let mut invalid = good.clone().into_bytes();
    invalid[20] = 0xff;
    let inputs: Vec<(&str, Vec<u8>, ledger_core::Code)> = vec![
        ("nothing", vec![], InputUnreadable),
        ("no JSON", b"hello".to_vec(), MalformedJson),
        ("cut off", good.as_bytes()[..good.len() - 1].to_vec(), MalformedJson),
        ("two documents", format!("{good}{good}").into_bytes(), MalformedJson),
        ("not UTF-8", invalid, MalformedJson),
        ("a byte order mark", format!("\u{feff}{good}").into_bytes(), MalformedJson),
        ("too deep", deep.into_bytes(), MalformedJson),
        ("a member twice", br#"{"pac_orch_id":"PAC-A-1","pac_orch_id":"PAC-A-1"}"#.to_vec(), MalformedJson),
        ("a lone surrogate", br#"{"pac_orch_id":"PAC-A-\ud800"}"#.to_vec(), MalformedJson),
        ("NaN", with("quality_score", "NaN").into_bytes(), MalformedJson),
        ("infinity", with("quality_score", "-Infinity").into_bytes(), MalformedJson),
        ("a leading zero", with("task_count", "01").into_bytes(), MalformedJson),
        ("too large", huge.into_bytes(), TooLarge),
        ("too many children", many.into_bytes(), TooLarge),
        ("an array", b"[]".to_vec(), InvalidIntent),
        ("a string", b"\"PAC-A-1\"".to_vec(), InvalidIntent),
        ("an unknown member", br#"{"pac_orch_id":"PAC-A-1","childs":[]}"#.to_vec(), InvalidIntent),
        (
            "children by two names",
            br#"{"pac_orch_id":"PAC-A-1","children":[],"child_pdos":[]}"#.to_vec(),
            InvalidIntent,
        ),
        ("a PAC of the wrong type", br#"{"pac_orch_id":7,"children":[]}"#.to_vec(), InvalidIntent),
        ("children of the wrong type", br#"{"pac_orch_id":"PAC-A-1","children":{}}"#.to_vec(), InvalidIntent),
        (
            "an orchestrator of the wrong type",
            br#"{"pac_orch_id":"PAC-A-1","orchestrator_gid":0}"#.to_vec(),
            InvalidIntent,
        ),
    ];
    for (what, input, code) in inputs {
        refused(&place, &case(what, ["opdo", "compose", "-"], code).on(input));
    }
    refused(&place, &case("no file", ["opdo", "compose", "missing.json"], InputUnreadable));
    refused(&place, &case("a directory", ["opdo", "verify", "."], InputUnreadable));
    refused(
        &place,
        &case("no time", ["opdo", "compose", "-", "--time", "yesterday"], Usage).on(good.clone()),
    );
    refused(&place, &case("no id", ["opdo", "compose", "-", "--opdo-id", "X"], InvalidName).on(good.clone()));
    refused(&place, &case("half of a root", ["opdo", "check", "-", "--root", "00"], Usage).on(good.clone()));
    refused(&place, &case("no proof", ["opdo", "check", "-"], ProofMalformed).on(good));
}

/// Whatever is wrong with a child is its own finding, and names it.
#[test]
fn children_that_are_none() {
    let place = Place::new();
    let long = format!("\"{}\"", "PDO-".repeat(100_000));
    let texts: &[(&str, &str)] = &[
        ("quality_score", "1.0000001"),
        ("quality_score", "-0.0000001"),
        ("quality_score", "1e400"),
        ("quality_score", "2"),
        ("quality_score", "\"0.9\""),
        ("quality_score", "true"),
        ("quality_score", "null"),
        ("quality_score", "[0.9]"),
        ("task_count", "0"),
        ("task_count", "-1"),
        ("task_count", "2.5"),
        ("task_count", "9007199254740993"),
        ("task_count", "123456789012345678901234567890"),
        ("task_count", "true"),
        ("task_count", "\"1\""),
        ("pdo_id", "\"\""),
        ("pdo_id", "\"PDO-\""),
        ("pdo_id", "\"XPDO-1\""),
        ("pdo_id", "7"),
        ("pdo_id", "null"),
        ("agent_gid", "\"\""),
        ("agent_gid", "1"),
        ("sub_pac_id", "{}"),
        ("ber_id", "7"),
        ("status", "true"),
        ("pdo_hash", "null"),
        ("created_at", "0"),
        ("dependencies", "\"PDO-B\""),
        ("dependencies", "[7]"),
        ("dependencies", "[null]"),
        ("agent_name", "[]"),
        ("pdo_id", "\"\\u001b[2J\\u202e\""),
        ("sub_pac_id\":\"S\",\"unknown", "1"),
    ];
    for (member, text) in texts {
        let input = with("pdo_hash", "\"00\"");
        let mut value: Value = serde_json::from_str(&input).unwrap();
        let child = value["children"][0].as_object_mut().unwrap();
        child.remove(member.split('"').next().unwrap());
        child.insert("PLACEHOLDER".into(), 0.into());
        let input = value.to_string().replace("\"PLACEHOLDER\":0", &format!("\"{member}\":{text}"));
        refused(&place, &judged(format!("{member}: {text}"), input));
    }
    for missing in [
        "pdo_id",
        "agent_name",
        "agent_gid",
        "sub_pac_id",
        "pdo_hash",
        "task_count",
        "quality_score",
        "created_at",
    ] {
        let mut value: Value = serde_json::from_str(&with("pdo_hash", "\"00\"")).unwrap();
        value["children"][0].as_object_mut().unwrap().remove(missing);
        refused(&place, &judged(format!("without {missing}"), value.to_string()));
    }
    for other in ["null", "7", "\"PDO-A\"", "[]", "{}"] {
        let input = format!(r#"{{"pac_orch_id":"PAC-A-1","children":[{other}]}}"#);
        refused(&place, &judged(format!("a child that is {other}"), input));
    }
    refused(
        &place,
        &judged("a long id of the wrong kind".into(), with("pdo_id", &long.replace("PDO-PDO", "X"))),
    );
}

fn judged(what: String, input: String) -> Case {
    case(what, ["opdo", "compose", "-"], OpdoChild).on(input)
}

/// What looks odd and is right.
#[test]
fn children_at_the_edge() {
    let place = Place::new();
    for (member, text) in [
        ("quality_score", "-0.0"),
        ("quality_score", "0"),
        ("quality_score", "1"),
        ("quality_score", "1.0"),
        ("quality_score", "1e-05"),
        ("quality_score", "1E0"),
        ("quality_score", "1e-400"),
        ("quality_score", "0.30000000000000004"),
        ("task_count", "5.0"),
        ("task_count", "9007199254740991"),
        ("sub_pac_id", "\"\\u0000 \\u007f é 中 😀\""),
    ] {
        for profile in ["p69", "rfc6962"] {
            let run = |input: &str, args: &[&str]| {
                let said = place.run_on(input.as_bytes(), ["opdo"].iter().chain(args));
                assert!(said.code() == 0 && said.err.is_empty(), "{member} {text}: {said:?}");
                said.out
            };
            let draft = run(&with(member, text), &["compose", "-", "--profile", profile]);
            let sealed = run(&draft, &["seal", "-", "--profile", profile]);
            let last = run(&sealed, &["finalize", "-", "--review", "BER-HUMAN-1"]);
            run(&last, &["verify", "-"]);
        }
    }
}

#[test]
fn o_pdos_of_another_form() {
    let place = Place::new();
    let draft = place.run_on(with("pdo_hash", "\"00\"").as_bytes(), ["opdo", "compose", "-"]).out;
    let draft: Value = serde_json::from_str(&draft).unwrap();
    let wrong = [
        ("state", json!("DONE")),
        ("state", json!(null)),
        ("state", json!(1)),
        ("opdo_id", json!(1)),
        ("child_pdos", json!("none")),
        ("composite_proof", json!([])),
        ("composite_proof", json!({ "root": "00" })),
        ("composite_proof", json!({ "leaf_hashes": [1] })),
        ("composite_proof", json!({ "tree_height": -1 })),
        ("composite_proof", json!({ "tree_height": 1.5 })),
        ("composite_proof", json!({ "nonce": 7 })),
        ("state_history", json!({})),
        ("state_history", json!([[]])),
        ("state_history", json!([{ "why": "x" }])),
        ("sealed_at", json!(1_766_728_860)),
        ("final_hash", json!(false)),
        ("more", json!("x")),
    ];
    for (member, value) in wrong {
        let mut document = draft.clone();
        document[member] = value.clone();
        for command in ["verify", "seal", "finalize"] {
            let args = ["opdo", command, "-"];
            refused(
                &place,
                &case(format!("{command} {member}: {value}"), args, InvalidIntent).on(document.to_string()),
            );
        }
        let args = ["opdo", "prove", "-", "--child", "PDO-A"];
        refused(
            &place,
            &case(format!("prove {member}: {value}"), args, InvalidIntent).on(document.to_string()),
        );
    }
}
