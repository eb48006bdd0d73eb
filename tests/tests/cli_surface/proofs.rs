//! Proofs between two people: one with the ledger, one with nothing but a file and a key.

use ledger_tests::binary::{Place, Said};
use serde_json::json;

/// Checks a proof where there is no ledger.
fn check(elsewhere: &Place, proof: &[u8], vkey: Option<&str>) -> Said {
    let key = vkey.map(|k| ["--vkey", k]);
    elsewhere.run_on(proof, ["check", "-", "--json"].iter().copied().chain(key.into_iter().flatten()))
}

#[test]
fn a_proof_convinces_where_there_is_no_ledger() {
    let (place, elsewhere) = (Place::with_ledger(), Place::new());
    for n in 0..5 {
        place.note(&n.to_string());
    }
    let status = place.json(["status"]);
    let vkey = status["vkey"].as_str().unwrap();
    for (entry, sequence) in [("0", 0), ("7", 7), ("17", 17), ("registry/profile-GID-03", 3)] {
        let proof = place.ok(["prove", "inclusion", entry]).out;
        for key in [None, Some(vkey)] {
            let said = check(&elsewhere, proof.as_bytes(), key);
            let answer = &said.values()[0];
            assert_eq!(
                (said.code(), &answer["ok"], &answer["kind"]),
                (0, &json!(true), &json!("inclusion")),
                "{said:?}"
            );
            assert_eq!(
                (&answer["sequence"], &answer["trusted_key"]),
                (&json!(sequence), &json!(key.is_some()))
            );
            assert_eq!((&answer["root"], &answer["size"]), (&status["root"], &status["size"]));
            assert_eq!(answer["leaf"]["sequence"], format!("{sequence:016}"));
        }
    }
    for (from, to) in [("0", "18"), ("1", "18"), ("13", "18"), ("18", "18"), ("3", "11")] {
        let said = check(&elsewhere, place.ok(["prove", "consistency", from, to]).out.as_bytes(), Some(vkey));
        let answer = &said.values()[0];
        assert_eq!(
            (said.code(), &answer["ok"], &answer["kind"]),
            (0, &json!(true), &json!("consistency")),
            "{said:?}"
        );
    }
    // A proof from before keeps holding.
    let old = place.ok(["prove", "inclusion", "3"]).out;
    place.note("later");
    assert_eq!(check(&elsewhere, old.as_bytes(), Some(vkey)).code(), 0);
}

#[test]
fn another_logs_key_is_not_convinced() {
    let (place, other, elsewhere) = (Place::with_ledger(), Place::with_ledger(), Place::new());
    let foreign = other.json(["status"])["vkey"].as_str().unwrap().to_owned();
    for args in [["prove", "inclusion", "3"], ["prove", "consistency", "3"]] {
        let said = check(&elsewhere, place.ok(args).out.as_bytes(), Some(&foreign));
        assert_eq!((said.code(), &said.values()[0]["ok"]), (2, &json!(false)), "{said:?}");
        assert!(said.err.is_empty());
    }
}

#[test]
fn no_changed_byte_of_a_proof_is_believed() {
    let (place, elsewhere) = (Place::with_ledger(), Place::new());
    for args in [["prove", "inclusion", "3"], ["prove", "consistency", "5"]] {
        let proof = place.ok(args).out.into_bytes();
        let mut no = 0;
        for at in (0..proof.len()).step_by(29) {
            let mut forged = proof.clone();
            forged[at] ^= 1;
            let said = check(&elsewhere, &forged, None);
            match said.code() {
                2 => {
                    no += 1;
                    assert_eq!(said.values()[0]["ok"], false);
                    assert!(said.values()[0]["message"].as_str().is_some_and(|m| !m.is_empty()), "{said:?}");
                }
                1 => drop(said.error()),
                code => panic!("byte {at} of {args:?}: exit {code}: {said:?}"),
            }
        }
        assert!(no > 5, "{no} of {args:?}");
    }
}

#[test]
fn a_proof_for_another_entry_is_not_believed() {
    let (place, elsewhere) = (Place::with_ledger(), Place::new());
    let [three, four] = ["3", "4"].map(|n| place.ok(["prove", "inclusion", n]).out);
    let leaf = |n: &str| {
        let said = elsewhere.run_on(n.as_bytes(), ["check", "-", "--json"]);
        said.values()[0]["leaf"].to_string()
    };
    elsewhere.file("four.leaf", leaf(&four));
    let said = elsewhere.run_on(three.as_bytes(), ["check", "-", "--leaf", "four.leaf"]);
    assert_eq!(said.code(), 2, "{said:?}");
    elsewhere.file("three.leaf", leaf(&three));
    let said = elsewhere.run_on(three.as_bytes(), ["check", "-", "--leaf", "three.leaf"]);
    assert_eq!(said.code(), 0, "{said:?}");
}
