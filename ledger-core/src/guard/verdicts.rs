//! Verdicts on the original's cases and on real artifacts, in tables: what the rules say, and why.

use super::{Check, Report, Roster, check};
use std::fs;

fn shared(path: &str) -> String {
    let path = format!("{}/../../shared/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{path}: {e}; the tests need the shared directory beside the repository"))
}

/// The codes of all violations, in order.
fn codes(report: &Report) -> Vec<&'static str> {
    report.errors.iter().map(|e| e.code.row().code).collect()
}

/// Cases in which the original's answer is not ours: name, our codes, why.
const DIFFERENT: &[(&str, &[&str], &str)] = &[(
    "gateway_word_at_line_end_in_prose",
    &["GS_116"],
    "a sentence that ends in GATEWAY_CHECK is no block (DOMAIN.md §3: `gateway_checks` must be there, with governance)",
)];

#[test]
fn the_originals_cases_come_out_as_the_rules_say() {
    let vectors: serde_json::Value = serde_json::from_str(&shared("vectors/guard.json")).unwrap();
    let registry = serde_json::json!({ "registry": vectors["registry"], "lanes": vectors["lanes"] });
    let roster = Roster::from_json(registry.to_string().as_bytes()).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 14, "{}", cases.len());
    let mut different = 0;
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let text = case["document"].as_str().unwrap();
        let theirs: Vec<&str> =
            case["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
        let ours = DIFFERENT.iter().find(|(n, ..)| *n == name);
        different += usize::from(ours.is_some());
        let expected = ours.map_or(theirs.as_slice(), |(_, codes, _)| codes);
        for roster in [&roster, &Roster::built_in()] {
            let report = check(text, roster, &Check::ALL);
            assert_eq!(codes(&report), expected, "{name}: {:#?}", report.errors);
            assert_eq!(report.is_valid(), expected.is_empty(), "{name}");
            if ours.is_none() {
                let json = report.to_json();
                for (check, member) in [
                    ("gateway", "passed"),
                    ("gateway", "state"),
                    ("activation", "valid"),
                    ("identity", "lane"),
                    ("identity", "valid"),
                    ("execution", "valid"),
                ] {
                    assert_eq!(
                        json["checks"][check][member], case["checks"][check][member],
                        "{name}: {check}.{member}"
                    );
                }
            }
        }
    }
    assert_eq!(different, DIFFERENT.len(), "a case of the table is gone");
}

/// Beginning of the file's name, codes with lines, and why a careful reader agrees.
type Verdict = (&'static str, &'static [(&'static str, Option<usize>)], &'static str);

/// Real artifacts.
const ARTIFACTS: &[Verdict] = &[
    (
        "PAC-BENSON-P63-",
        &[("GS_116", None), ("GS_117", None), ("GS_118", Some(13))],
        "assigned to SAM (GID-06) by BENSON: no gateway block, SAM is not activated, and there is no lane SECURITY",
    ),
    (
        "PAC-BENSON-P65-",
        &[("GS_116", None)],
        "BENSON's own work, which needs no activation, but passed no gateway; it has no status, so nothing says that it was executed",
    ),
    (
        "PAC-BENSON-P66-",
        &[("GS_116", None), ("GS_119", Some(15))],
        "status EXECUTED in the table at its head, in mode AUTHORITATIVE; no gateway block",
    ),
    (
        "PAC-BENSON-P66R-",
        &[("GS_116", Some(105))],
        "a GATEWAY_CHECK block with six gates, but without `governance`; its authority is BENSON, at the end of block 14",
    ),
    (
        "PAC-BENSON-P67R-",
        &[
            ("GS_116", Some(185)),
            ("GS_118", Some(551)),
            ("GS_118", Some(551)),
            ("GS_118", Some(552)),
            ("GS_118", Some(552)),
        ],
        "no `governance`; it sends CODY as GID-01 and SONNY as GID-02, who are SONNY and MAGGIE, to lanes BACKEND and FRONTEND that do not exist",
    ),
    (
        "PAC-BENSON-P68-",
        &[("GS_116", Some(146))],
        "no `governance` in the gateway block; all else is BENSON throughout, in ORCHESTRATION",
    ),
    ("PAC-BENSON-P69-", &[("GS_116", Some(165))], "as P68"),
    (
        "BER-BENSON-P65-",
        &[("GS_116", None)],
        "results of gates, but no gateway block: no kind of artifact is exempt (seed 001 §10.2)",
    ),
    ("BER-BENSON-P66-", &[("GS_116", None)], "no gateway block; BENSON throughout, pending review"),
    (
        "BER-BENSON-P66R-",
        &[("GS_116", None)],
        "a GATEWAY_VERIFICATION, which is no gateway block; BENSON throughout",
    ),
    (
        "BER-BENSON-P67R-",
        &[
            ("GS_116", None),
            ("GS_118", Some(120)),
            ("GS_118", Some(122)),
            ("GS_118", Some(125)),
            ("GS_118", Some(127)),
        ],
        "names the blocks of its PAC (`block_05_gateway_check`) and has none; lists CODY and SONNY with each other's numbers, as P67R does",
    ),
];

#[test]
fn real_artifacts_get_the_verdict_of_a_careful_reader() {
    let directory = format!("{}/../../shared/data/artifacts", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(&directory).unwrap_or_else(|e| {
        panic!("{directory}: {e}; the tests need the shared directory beside the repository")
    });
    let mut names: Vec<String> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), ARTIFACTS.len(), "{names:?}");
    for (beginning, expected, why) in ARTIFACTS {
        let name =
            names.iter().find(|n| n.starts_with(beginning)).unwrap_or_else(|| panic!("no {beginning}"));
        let report = check(&shared(&format!("data/artifacts/{name}")), &Roster::built_in(), &Check::ALL);
        let found: Vec<_> = report.errors.iter().map(|e| (e.code.row().code, e.line)).collect();
        assert_eq!(found, *expected, "{name}: {why}\n{:#?}", report.errors);
    }
}

#[test]
fn the_rules_of_the_original_pass_their_own_examples() {
    // Seed 001 shows one gateway block, one activation and several statuses in prose and tables; nothing in it contradicts another.
    let seed = shared("seeds/001_0400d1802222a0a9.txt");
    let report = check(&seed, &Roster::built_in(), &Check::ALL);
    assert_eq!(report.errors, [], "{seed}");
    let json = report.to_json();
    assert_eq!(json["checks"]["identity"]["declared"], "SONNY (GID-01)");
    assert_eq!(json["checks"]["activation"]["activated_by"], "GID-00");
}
