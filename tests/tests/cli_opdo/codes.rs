//! Every code of seed 002 that a document can raise, through the command line: what is refused, and what `verify` finds.

use super::{NONCE, TIMES, composition, on, stages};
use ledger_tests::binary::Place;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Which document is altered.
#[derive(Clone, Copy)]
enum Stage {
    Input,
    Draft,
    Sealed,
    Final,
}
use Stage::{Draft, Final, Input, Sealed};

/// An alteration: where, and the new value; `REMOVED` takes the member away.
type Change = (&'static str, Value);

fn removed() -> Value {
    json!("REMOVED")
}

fn altered(text: &str, changes: &[Change]) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    for (path, new) in changes {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap_or_else(|| panic!("{path}"));
        match parent {
            Value::Object(members) if *new == removed() => drop(members.remove(name)),
            Value::Object(members) => drop(members.insert(name.to_owned(), new.clone())),
            Value::Array(elements) if name == "-" => elements.push(new.clone()),
            Value::Array(elements) => elements[name.parse::<usize>().unwrap()] = new.clone(),
            other => panic!("{path}: {other}"),
        }
    }
    value.to_string()
}

const COMPOSE: &[&str] = &["compose", "-", "--time", TIMES[0]];
const SEAL: &[&str] = &["seal", "-", "--nonce", NONCE, "--time", TIMES[1]];
const FINALIZE: &[&str] = &["finalize", "-", "--review", "BER-HUMAN-1", "--time", TIMES[2]];

#[test]
fn what_is_refused_says_its_code_and_gives_no_document() {
    let place = Place::new();
    let table: Vec<(Stage, Vec<Change>, &[&str], &str)> = vec![
        (Input, vec![("/children", json!([]))], COMPOSE, "GS_400"),
        (Input, vec![("/children", removed())], COMPOSE, "GS_400"),
        (Input, vec![("/children/0/pdo_id", json!("XDO-1"))], COMPOSE, "GS_401"),
        (Input, vec![("/children/1/pdo_id", json!("PDO-AGENT0-P67R"))], COMPOSE, "GS_401"),
        (Input, vec![("/children/0/status", json!("PENDING"))], COMPOSE, "GS_402"),
        (Input, vec![("/children/0/status", removed())], COMPOSE, "GS_402"),
        (Input, vec![("/children/2/ber_id", json!(""))], COMPOSE, "GS_403"),
        (Input, vec![("/children/2/ber_id", removed())], COMPOSE, "GS_403"),
        (Input, vec![("/children/2/ber_id", json!(null))], COMPOSE, "GS_403"),
        (Input, vec![("/children/2/agent_gid", json!("GID-01"))], COMPOSE, "GS_404"),
        (Input, vec![("/children/0/dependencies/-", json!("PDO-AGENT0-P67R"))], COMPOSE, "GS_410"),
        (Input, vec![("/children/0/dependencies/-", json!("PDO-NOPE"))], COMPOSE, "GS_411"),
        (Input, vec![("/orchestrator_gid", json!("GID-01"))], COMPOSE, "GS_440"),
        (Input, vec![("/orchestrator_gid", json!(null))], COMPOSE, "GS_440"),
        (Input, vec![("/pac_orch_id", json!("Sub-PAC-X-1"))], COMPOSE, "GS_441"),
        (Input, vec![("/pac_orch_id", removed())], COMPOSE, "GS_441"),
        (Input, vec![], &["compose", "-", "--profile", "sha256"], "GS_420"),
        (Draft, vec![], &["seal", "-", "--profile", "sha256"], "GS_420"),
        (Draft, vec![], &["seal", "-", "--nonce", "42"], "GS_420"),
        (Draft, vec![], &["seal", "-", "--time", "2025-12-26T05:59:59Z"], "GS_442"),
        (Draft, vec![("/child_pdos", json!([]))], SEAL, "GS_400"),
        (Draft, vec![("/child_pdos/0/status", json!("X"))], SEAL, "GS_402"),
        (Draft, vec![("/orchestrator_gid", json!("GID-05"))], SEAL, "GS_440"),
        (Draft, vec![("/final_hash", json!("00"))], SEAL, "GS_443"),
        (Sealed, vec![], SEAL, "GS_430"),
        (Final, vec![], SEAL, "GS_431"),
        (Draft, vec![("/state", json!("VOID"))], SEAL, "GS_430"),
        (Draft, vec![], FINALIZE, "GS_433"),
        (Final, vec![], FINALIZE, "GS_431"),
        (Sealed, vec![("/state", json!("VOID"))], FINALIZE, "GS_430"),
        (Sealed, vec![], &["finalize", "-"], "GS_434"),
        (Sealed, vec![], &["finalize", "-", "--review", "looks good"], "GS_434"),
        (Sealed, vec![], &["finalize", "-", "--review", "BER-HUMAN-1", "--reviewer", "GID-02"], "GS_434"),
        (Sealed, vec![("/composite_proof", json!(null))], FINALIZE, "GS_432"),
        (Sealed, vec![("/composite_proof/tree_height", json!(9))], FINALIZE, "GS_432"),
        (Sealed, vec![("/child_pdos/0/task_count", json!(9))], FINALIZE, "GS_421"),
        (Sealed, vec![("/state_history", json!([]))], FINALIZE, "GS_430"),
        (Sealed, vec![], &["finalize", "-", "--review", "BER-HUMAN-1", "--time", TIMES[0]], "GS_442"),
    ];
    for profile in ["p69", "rfc6962"] {
        let documents = stages(&place, profile, &composition(3));
        for (stage, changes, args, code) in &table {
            let input = altered(&documents[*stage as usize], changes);
            for json in [false, true] {
                let args: Vec<&str> = args.iter().copied().chain(json.then_some("--json")).collect();
                let said = on(&place, &input, &args);
                assert_eq!((said.error().as_str(), said.code()), (*code, 2), "{changes:?} {args:?} {said:?}");
                assert!(said.out.is_empty() && said.err.len() < 2000, "{said:?}");
            }
        }
    }
}

#[test]
fn what_is_wrong_is_found() {
    let place = Place::new();
    let step = |from: &str, to: &str, at: &str| json!({ "from_state": from, "to_state": to, "timestamp": at, "trigger": "t", "actor": "x" });
    let twice = composition(3)["children"][2].clone();
    // Leaves of the children above, and one more; that it is none of theirs is what matters.
    let other = "ab".repeat(32);
    let table: Vec<(Stage, Vec<Change>, &[&str])> = vec![
        (Final, vec![], &[]),
        (Sealed, vec![], &[]),
        (Draft, vec![], &[]),
        (Final, vec![("/child_pdos", json!([]))], &["GS_400", "GS_421", "GS_443"]),
        (Final, vec![("/child_pdos/0/pdo_id", json!("P"))], &["GS_401", "GS_421", "GS_443"]),
        (Final, vec![("/child_pdos/0/quality_score", json!("high"))], &["GS_401", "GS_421"]),
        (Draft, vec![("/child_pdos/0/status", json!("X"))], &["GS_402"]),
        (Draft, vec![("/child_pdos/0/ber_id", json!("X"))], &["GS_403"]),
        (Draft, vec![("/child_pdos/0/agent_gid", json!("GID-02"))], &["GS_404"]),
        (Draft, vec![("/child_pdos/0/dependencies/-", json!("PDO-AGENT0-P67R"))], &["GS_410"]),
        (Draft, vec![("/child_pdos/0/dependencies/-", json!("PDO-X"))], &["GS_411"]),
        (Final, vec![("/composite_proof/profile", json!("x"))], &["GS_420"]),
        (Sealed, vec![("/composite_proof/nonce", json!("x"))], &["GS_420"]),
        (Final, vec![("/child_pdos/1/task_count", json!(7))], &["GS_421", "GS_443"]),
        (Sealed, vec![("/composite_proof/merkle_root", json!("0".repeat(64)))], &["GS_421", "GS_423"]),
        (Sealed, vec![("/child_pdos/-", twice)], &["GS_401", "GS_404", "GS_422", "GS_443", "?421"]),
        (Final, vec![("/composite_proof/tree_height", json!(3))], &["GS_423"]),
        (Final, vec![("/composite_proof/leaf_hashes/0", json!("x"))], &["GS_423"]),
        (Final, vec![("/composite_proof/leaf_hashes/2", json!(other))], &["GS_423", "GS_443", "?423"]),
        (Final, vec![("/state_history", json!([]))], &["GS_430"]),
        (Final, vec![("/state_history/0/to_state", json!("FINAL"))], &["GS_430", "?443"]),
        (Sealed, vec![("/state_history/-", step("SEALED", "DRAFT", TIMES[2]))], &["GS_430"]),
        (Draft, vec![("/state_history/-", step("DRAFT", "DONE", TIMES[2]))], &["GS_430"]),
        (Draft, vec![("/state", json!("VOID"))], &["GS_430", "GS_443"]),
        (Final, vec![("/composite_proof", json!(null))], &["GS_432"]),
        (Sealed, vec![("/composite_proof", json!(null))], &["GS_443"]),
        (Final, vec![("/human_review_ber_id", json!("x"))], &["GS_434", "GS_443"]),
        (Final, vec![("/human_review_ber_id", json!(null))], &["GS_434"]),
        (Draft, vec![("/orchestrator_gid", json!(""))], &["GS_440"]),
        (Draft, vec![("/orchestrator_gid", removed())], &[]),
        (Draft, vec![("/pac_orch_id", json!("P"))], &["GS_441"]),
        (Draft, vec![("/created_at", json!("then"))], &["GS_442"]),
        (Sealed, vec![("/created_at", json!("2026-01-01T00:00:00Z"))], &["GS_442"]),
        (Final, vec![("/final_hash", json!("0".repeat(64)))], &["GS_443"]),
        (Final, vec![("/final_hash", json!(null))], &["GS_443"]),
        (Sealed, vec![("/finalized_at", json!(TIMES[2]))], &["GS_443"]),
        (Draft, vec![("/opdo_id", json!("X"))], &["GS_443"]),
        (
            Draft,
            vec![
                ("/pac_orch_id", json!("P")),
                ("/child_pdos/0/status", json!("X")),
                ("/child_pdos/1/ber_id", json!("X")),
                ("/orchestrator_gid", json!("X")),
                ("/sealed_at", json!(TIMES[0])),
            ],
            &["GS_402", "GS_403", "GS_440", "GS_441", "GS_443"],
        ),
    ];
    let mut raised = BTreeSet::new();
    for profile in ["p69", "rfc6962"] {
        let documents = stages(&place, profile, &composition(3));
        for (stage, changes, expected) in &table {
            let input = altered(&documents[*stage as usize], changes);
            let said = on(&place, &input, &["verify", "-", "--json"]);
            let answer = &said.values()[0];
            let found: BTreeSet<&str> =
                answer["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
            // With a question mark: in one profile only.
            let sure: BTreeSet<&str> = expected.iter().copied().filter(|c| !c.starts_with('?')).collect();
            let maybe: Vec<String> =
                expected.iter().filter_map(|c| c.strip_prefix('?')).map(|c| format!("GS_{c}")).collect();
            let rest: Vec<&&str> =
                found.difference(&sure).filter(|c| !maybe.contains(&(**c).to_owned())).collect();
            assert!(
                sure.is_subset(&found) && rest.is_empty(),
                "{profile} {changes:?}: {found:?}, expected {expected:?}"
            );
            assert_eq!(
                (said.code(), answer["ok"] == true),
                (if found.is_empty() { 0 } else { 2 }, found.is_empty())
            );
            let text = on(&place, &input, &["verify", "-"]);
            assert_eq!(text.code(), said.code());
            for finding in answer["findings"].as_array().unwrap() {
                let (code, name) = (finding["code"].as_str().unwrap(), finding["name"].as_str().unwrap());
                assert!(text.out.lines().any(|l| l.contains(code) && l.contains(name)), "{text:?}");
            }
            raised.extend(found.into_iter().map(str::to_owned));
        }
    }
    let all = [400, 401, 402, 403, 404, 410, 411, 420, 421, 422, 423, 430, 432, 434, 440, 441, 442, 443];
    assert_eq!(raised, all.map(|n| format!("GS_{n}")).into());
}
