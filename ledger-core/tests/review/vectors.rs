//! Every case of `ber_challenge.json`, as DOMAIN.md reads it.
//!
//! Where the two differ, [`DIFFERENCES`] says so and why, and `docs/review-vectors.md` is generated from it; a case that differs without a
//! row, or has a row and does not differ, fails.

use super::stage::{GRACE, Stage, code, vectors};
use ledger_core::review::{Judgement, Question, document, draw};
use ledger_core::rules::pac::review::{Challenge, Ending};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const ANY_OUTCOME: &str =
    "DOMAIN.md §6: any outcome uses the challenge up; else an answer could be guessed for five minutes";

/// Part, case, what the original does, what happens here, and the rule.
const DIFFERENCES: &[(&str, &str, &str, &str, &str)] = &[
    (
        "generation",
        "type_CONTENT_HASH_PREFIX",
        "GS_302",
        "not asked",
        "a type whose content a report does not tell is not drawn; with a hash it is asked",
    ),
    (
        "approval",
        "wrong_and_fast_reports_310",
        "GS_310, and open to more guesses",
        "GS_310, used up",
        ANY_OUTCOME,
    ),
    ("approval", "expiry_300001", "GS_314, and not used", "GS_314, used up", ANY_OUTCOME),
    ("approval", "empty_answer", "GS_310, and open to more guesses", "GS_310, used up", ANY_OUTCOME),
    (
        "approval",
        "negative_latency_is_300",
        "GS_300",
        "cannot happen",
        "DOMAIN.md §6: latency runs by the ledger's monotonic clock, never by the client's word",
    ),
];

#[test]
fn extraction_reads_every_shape() {
    for case in vectors()["extraction"].as_array().unwrap() {
        let content = document::content(&case["ber"]);
        let part = content.parts.first().cloned().unwrap_or_default();
        let told = json!({
            "task_count": part.task_count, "file_count": part.file_count, "quality_score": part.quality_score,
            "agent_name": part.agent_name, "agent_gid": part.agent_gid,
        });
        assert_eq!(told, case["extracted"], "{}", case["name"]);
    }
}

/// All questions that a document yields, by type: drawn, as real ones are.
fn drawn(ber: &Value) -> BTreeMap<String, Vec<Question>> {
    let content = document::content(ber);
    let mut found: BTreeMap<String, Vec<Question>> = BTreeMap::new();
    for n in 0..400_u16 {
        let id: [u8; 32] = *blake3::hash(&n.to_le_bytes()).as_bytes();
        for question in draw(&content, &id) {
            let name = json!(question.question_type).as_str().unwrap().to_owned();
            found.entry(name).or_default().push(question);
        }
    }
    found
}

#[test]
fn generation_asks_what_a_report_tells() {
    let mut differ = BTreeSet::new();
    for case in vectors()["generation"].as_array().unwrap() {
        let (name, questions) = (case["name"].as_str().unwrap(), drawn(&case["ber"]));
        let Some(wanted) = case["type"].as_str() else {
            assert_eq!((&case["code"], questions.len()), (&json!("GS_301"), 0), "{name}");
            continue;
        };
        let Some(answer) = case["challenge"]["correct_answer"].as_str() else {
            assert!(!questions.contains_key(wanted), "{name}");
            differ.insert(name.to_owned());
            continue;
        };
        for question in &questions[wanted] {
            assert_eq!(question.judge(answer), Judgement::Correct, "{name}: {}", question.text);
            assert_ne!(question.judge(&format!("{answer}9")), Judgement::Correct, "{name}");
        }
    }
    let mut with_hash = vectors()["generation"].as_array().unwrap().last().unwrap()["ber"].clone();
    with_hash["content_hash"] = json!("3F9A1C00");
    assert_eq!(drawn(&with_hash)["CONTENT_HASH_PREFIX"][0].judge("3f9a1c"), Judgement::Correct);
    assert_eq!(differ, rows("generation"));
}

fn rows(part: &str) -> BTreeSet<String> {
    DIFFERENCES.iter().filter(|d| d.0 == part).map(|d| d.1.to_owned()).collect()
}

/// A stage whose first challenge asks for this type.
fn asked(question_type: &str) -> (Stage, Challenge) {
    for seed in 1..400 {
        let stage = Stage::sealed(seed);
        let challenge = stage.challenged(GRACE);
        if json!(challenge.question_types[0]) == question_type {
            return (stage, challenge);
        }
    }
    panic!("{question_type} was never asked");
}

#[test]
fn approvals_follow_the_same_steps_by_the_ledgers_clock() {
    let mut differ = BTreeSet::new();
    for case in vectors()["approval"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let steps = case["steps"].as_array().unwrap();
        if steps.iter().any(|s| s["latency_ms_requested"].as_i64().unwrap() < 0) {
            differ.insert(name.to_owned());
            continue;
        }
        let (stage, challenge) = asked(case["challenge"]["challenge_type"].as_str().unwrap());
        let right = case["challenge"]["correct_answer"].as_str().unwrap();
        let mut passed = 0;
        for step in steps {
            let at = step["latency_ms_requested"].as_i64().unwrap();
            stage.clock.pass(at - passed);
            passed = at;
            // What was right there is right here; the report's own names are those of this ledger.
            let said = step["answer"].as_str().unwrap();
            let mut answers = stage.right(&challenge);
            answers[0] =
                if said.eq_ignore_ascii_case(right) { answers[0].to_lowercase() } else { said.to_owned() };
            let answer = stage.answer(GRACE, &challenge, &answers);
            assert_eq!(json!(code(&answer)), step["code"], "{name} at {at} ms");
            assert_eq!(answer.is_ok(), step["approved"], "{name} at {at} ms");
            assert_ne!(stage.last(GRACE).ending, Ending::Outstanding, "{name}: any outcome uses it up");
            if step["challenge_used_after"] == false {
                differ.insert(name.to_owned());
            }
        }
    }
    assert_eq!(differ, rows("approval"));
}

#[test]
fn the_table_is_true() {
    let mut text = String::from(
        "# Review challenges: where the vectors and this ledger differ\n\nGenerated from the table in `ledger-core/tests/review/vectors.rs`, \
         which holds every other case of `ber_challenge.json` to the original's result.\n\n| part | case | the original | here | why |\n|---|---|---|---|---|\n",
    );
    for (part, case, original, here, why) in DIFFERENCES {
        let _ = writeln!(text, "| {part} | `{case}` | {original} | {here} | {why} |");
    }
    text.push_str(
        "\nNot compared: ids, nonces and hashes of answers (neither the expected answer nor a hash of it is kept here), and the words of the\n\
         questions. TASK_RECALL, FILE_RECALL, SCOPE_COMPLIANCE and CONTENT_HASH_PREFIX could not be answered there (GS_302) and are asked here\n\
         wherever the content tells them.\n",
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/review-vectors.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "run UPDATE_DOCS=1 cargo test");
}
