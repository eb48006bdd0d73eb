//! `ledger opdo` as programs use it: pipes, the original's bytes, every code that a document can raise, proofs of single children.
//!
//! Not bad input (`cli_bad_input`). Invariant: no run needs a ledger, and none makes one. Source: seed 002; DOMAIN.md §5.

mod codes;
mod independent;

use ledger_tests::binary::{Place, Said};
use serde_json::{Value, json};

const NONCE: &str = "00112233445566778899aabbccddeeff";
const TIMES: [&str; 3] =
    ["2025-12-26T06:00:00.123456Z", "2025-12-26T06:01:00.123456Z", "2025-12-26T06:02:00.123456Z"];

/// What `compose` reads.
fn composition(count: usize) -> Value {
    let child = |n: usize| {
        json!({
            "pdo_id": format!("PDO-AGENT{n}-P67R"), "agent_name": format!("AGENT{n}"), "agent_gid": format!("GID-0{}", n + 1),
            "sub_pac_id": format!("Sub-PAC-AGENT{n}"), "ber_id": format!("BER-AGENT{n}"), "status": "VALIDATED",
            "pdo_hash": format!("{n:064x}"), "task_count": n + 1, "quality_score": 0.9,
            "created_at": "2025-12-26T06:00:00Z", "dependencies": [],
        })
    };
    json!({ "pac_orch_id": "PAC-BENSON-P67R-DRILL", "children": (0..count).map(child).collect::<Vec<_>>() })
}

fn on(place: &Place, input: &str, args: &[&str]) -> Said {
    place.run_on(input.as_bytes(), ["opdo"].iter().chain(args))
}

/// Runs it and demands a document.
#[track_caller]
fn document(place: &Place, input: &str, args: &[&str]) -> String {
    let said = on(place, input, args);
    assert!(said.code() == 0 && said.err.is_empty(), "{said:?}");
    said.out
}

/// The documents of each stage: composition, DRAFT, SEALED, FINAL.
fn stages(place: &Place, profile: &str, input: &Value) -> [String; 4] {
    let input = input.to_string();
    let draft = document(place, &input, &["compose", "-", "--profile", profile, "--time", TIMES[0]]);
    let seal = ["seal", "-", "--profile", profile, "--nonce", NONCE, "--time", TIMES[1]];
    let sealed = document(place, &draft, &seal);
    let last = document(place, &sealed, &["finalize", "-", "--review", "BER-HUMAN-1", "--time", TIMES[2]]);
    [input, draft, sealed, last]
}

#[test]
fn a_pipe_from_children_to_a_verified_final_document() {
    let place = Place::new();
    place.file("children.json", composition(5).to_string());
    let pipe = "ledger opdo compose children.json | ledger opdo seal - | ledger opdo finalize - --review BER-HUMAN-1 --reviewer GID-H01 \
        | tee final.json | ledger opdo verify - --json";
    let mut shell = std::process::Command::new("bash");
    let program = ledger_tests::binary::program().parent().unwrap().display().to_string();
    shell.args(["-o", "pipefail", "-c", pipe]).current_dir(place.root());
    shell.env("PATH", format!("{program}:{}", std::env::var("PATH").unwrap()));
    let said = Said::of(shell);
    assert!(said.code() == 0 && said.err.is_empty(), "{said:?}");
    let verified = &said.values()[0];
    let members = "children final_hash findings merkle_root ok opdo_id pac_orch_id profile state";
    assert_eq!(verified.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" "), members);
    assert_eq!(
        (
            &verified["ok"],
            &verified["state"],
            &verified["profile"],
            &verified["children"],
            &verified["findings"]
        ),
        (&json!(true), &json!("FINAL"), &json!("rfc6962"), &json!(5), &json!([]))
    );
    let last: Value =
        serde_json::from_slice(&std::fs::read(place.root().join("final.json")).unwrap()).unwrap();
    assert_eq!(last["final_hash"], verified["final_hash"]);
    assert_eq!(
        (&last["reviewer"], &last["state_history"][1]["actor"]),
        (&json!("GID-H01"), &json!("GID-H01"))
    );
    // No ledger was needed, and none was made.
    assert!(!place.data.exists() && !place.root().join("ledger-data").exists());
}

#[test]
fn the_same_input_gives_the_same_bytes_and_each_nonce_another_final_hash() {
    let place = Place::new();
    for profile in ["p69", "rfc6962"] {
        let once = stages(&place, profile, &composition(3));
        assert_eq!(once, stages(&place, profile, &composition(3)));
        for (stage, args) in [
            (0, vec!["compose", "-", "--profile", profile, "--time", TIMES[0], "--json"]),
            (1, vec!["seal", "-", "--profile", profile, "--nonce", NONCE, "--time", TIMES[1], "--json"]),
            (2, vec!["finalize", "-", "--review", "BER-HUMAN-1", "--time", TIMES[2], "--json"]),
        ] {
            let line = document(&place, &once[stage], &args);
            assert_eq!(line.lines().count(), 1);
            let (line, pretty): (Value, Value) =
                (serde_json::from_str(&line).unwrap(), serde_json::from_str(&once[stage + 1]).unwrap());
            assert_eq!(line, pretty);
        }
        let sealed = || document(&place, &once[1], &["seal", "-", "--profile", profile, "--time", TIMES[1]]);
        let hash = |sealed: &str| {
            let last =
                document(&place, sealed, &["finalize", "-", "--review", "BER-HUMAN-1", "--time", TIMES[2]]);
            serde_json::from_str::<Value>(&last).unwrap()["final_hash"].clone()
        };
        let (one, two) = (sealed(), sealed());
        assert_ne!(one, two, "nonces are random");
        // The hole of p69: nothing binds the nonce.
        assert_eq!(hash(&one) == hash(&two), profile == "p69");
    }
}

#[test]
fn artifacts_of_the_original_come_out_byte_for_byte() {
    let place = Place::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/opdo_p69_merkle.json");
    let text =
        std::fs::read(path).unwrap_or_else(|e| panic!("this test needs the shared vectors at {path}: {e}"));
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let original = &case["opdo"];
        let input = json!({ "pac_orch_id": case["pac_orch_id"], "children": case["children"] }).to_string();
        let nonce = original["composite_proof"]["nonce"].as_str().unwrap();
        let review = original["human_review_ber_id"].as_str().unwrap();
        let draft = document(&place, &input, &["compose", "-", "--profile", "p69", "--time", TIMES[0]]);
        let seal = ["seal", "-", "--profile", "p69", "--nonce", nonce, "--time", TIMES[1]];
        let sealed = document(&place, &draft, &seal);
        let last = document(&place, &sealed, &["finalize", "-", "--review", review, "--time", TIMES[2]]);
        assert_eq!(serde_json::from_str::<Value>(&last).unwrap(), *original);
        let said = on(&place, &original.to_string(), &["verify", "-"]);
        assert_eq!(said.code(), 0, "{said:?}");
        assert!(said.out.starts_with("verified: FINAL, nothing wrong\n"), "{said:?}");
    }
}

#[test]
fn ids_within_one_second_differ_and_can_be_given() {
    let place = Place::new();
    let id = |input: &Value, args: &[&str]| {
        let args = [&["compose", "-", "--time", TIMES[0]], args].concat();
        let draft: Value = serde_json::from_str(&document(&place, &input.to_string(), &args)).unwrap();
        draft["opdo_id"].as_str().unwrap().to_owned()
    };
    let (two, three) = (id(&composition(2), &[]), id(&composition(3), &[]));
    let shape = |id: &str| id.strip_prefix("OPDO-BENSON-20251226060000-").is_some_and(|hash| hash.len() == 8);
    assert!(two != three && shape(&two) && shape(&three), "{two} {three}");
    assert_eq!(id(&composition(2), &["--profile", "p69"]), "OPDO-BENSON-20251226060000");
    assert_eq!(id(&composition(2), &["--opdo-id", "OPDO-X-1"]), "OPDO-X-1");
    let mut named = composition(2);
    named["opdo_id"] = "OPDO-X-2".into();
    assert_eq!(id(&named, &[]), "OPDO-X-2");
    assert_eq!(id(&named, &["--opdo-id", "OPDO-X-1"]), "OPDO-X-1");
}

#[test]
fn children_prove_by_themselves() {
    let place = Place::new();
    for profile in ["p69", "rfc6962"] {
        let [_, draft, sealed, last] = stages(&place, profile, &composition(5));
        let parsed: Value = serde_json::from_str(&last).unwrap();
        let (hash, root) = (
            parsed["final_hash"].as_str().unwrap(),
            parsed["composite_proof"]["merkle_root"].as_str().unwrap(),
        );
        for n in 0..5 {
            let child = format!("PDO-AGENT{n}-P67R");
            let proof = document(&place, &last, &["prove", "-", "--child", &child]);
            let check =
                |proof: &str, args: &[&str]| on(&place, proof, &[&["check", "-", "--json"], args].concat());
            let said = check(&proof, &["--final-hash", hash]);
            let answer = &said.values()[0];
            assert_eq!((said.code(), &answer["ok"], &answer["trusted"]), (0, &json!(true), &json!(true)));
            assert_eq!((&answer["pdo_id"], &answer["leaf_count"]), (&json!(child), &json!(5)));
            assert_eq!(check(&proof, &["--root", root, "--leaves", "5"]).code(), 0);
            assert_eq!(check(&proof, &["--root", root, "--leaves", "6"]).code(), 2);
            assert_eq!(check(&proof, &["--final-hash", root]).code(), 2);
            assert_eq!(check(&proof, &[]).values()[0]["trusted"], json!(false));
            // Of the sealed document nothing has a final hash yet.
            let early = document(&place, &sealed, &["prove", "-", "--child", &child]);
            assert_eq!(check(&early, &[]).code(), 0);
            assert_eq!(check(&early, &["--final-hash", hash]).code(), 2);
            let mut altered: Value = serde_json::from_str(&proof).unwrap();
            altered["child"]["task_count"] = 99.into();
            let said = check(&altered.to_string(), &[]);
            assert_eq!((said.code(), &said.values()[0]["ok"]), (2, &json!(false)), "{said:?}");
            let said = on(&place, &altered.to_string(), &["check", "-"]);
            assert!(said.code() == 2 && said.out.starts_with("the proof does not hold: "), "{said:?}");
            altered["leaf_count"] = 6.into();
            assert_eq!(check(&altered.to_string(), &[]).code(), 2);
        }
        assert_eq!(on(&place, &draft, &["prove", "-", "--child", "PDO-AGENT0-P67R"]).error(), "GS_433");
        assert_eq!(on(&place, &last, &["prove", "-", "--child", "PDO-AGENT9-P67R"]).error(), "LG_209");
        assert_eq!(on(&place, &last, &["check", "-"]).error(), "LG_501");
    }
}

/// Text from a document must not speak to the terminal, and JSON that people see must still be read by the next program.
#[test]
fn documents_cannot_steer_the_terminal() {
    let place = Place::new();
    let mut input = composition(2);
    let hostile = "\u{1b}[2Jx\u{7f}\u{9b}\u{202e}y\n";
    input["children"][0]["agent_name"] = hostile.into();
    let [_, draft, _, last] = stages(&place, "rfc6962", &input);
    let quiet = |text: &str| !text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}');
    assert!(quiet(&draft) && quiet(&last));
    assert_eq!(serde_json::from_str::<Value>(&last).unwrap()["child_pdos"][0]["agent_name"], hostile);
    assert_eq!(on(&place, &last, &["verify", "-"]).code(), 0);
    let mut altered: Value = serde_json::from_str(&last).unwrap();
    altered["child_pdos"][0]["pdo_id"] = hostile.into();
    altered["pac_orch_id"] = hostile.into();
    let said = on(&place, &altered.to_string(), &["verify", "-"]);
    assert!(said.code() == 2 && quiet(&said.out), "{said:?}");
}
