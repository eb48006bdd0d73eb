//! `ledger guard` at the real program: where the artifact comes from, which checks, which registry, what it says, and bad input.
//!
//! The rules are tested where they are (`ledger_core::guard`). Invariant: it needs no ledger and writes nothing. Source: DESIGN.md §6.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use ledger_tests::binary::{Place, Said};
use serde_json::{Value, json};

const VALID: &str = "GATEWAY_CHECKS:\n  governance: [FAIL_CLOSED]\n  authority: GID-00\nAGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  \
    activated_by: GID-00\n  execution_lane: EXECUTION\nmode: EXECUTABLE\nartifact_status: EXECUTED\n";
/// Breaks each of the four rules once.
const BROKEN: &str = "GATEWAY_CHECKS:\n  governance: []\n  authority: GID-00\nAGENT_ACTIVATION_ACK:\n  agent_name: SONNY\n  gid: GID-01\n  \
    activated_by: GID-01\nagent_gid: GID-05\nartifact_status: EXECUTED\n";

fn codes(said: &Said) -> Vec<String> {
    let value: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    assert_eq!(value["valid"], value["errors"] == json!([]), "{said:?}");
    assert_eq!(said.code(), if value["valid"] == true { 0 } else { 2 }, "{said:?}");
    value["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_artifact_comes_from_a_file_or_from_standard_input() {
    let place = Place::new();
    place.file("valid.md", VALID);
    place.file("broken.md", BROKEN);
    for (text, name, expected) in
        [(VALID, "valid.md", &[][..]), (BROKEN, "broken.md", &["GS_116", "GS_117", "GS_118", "GS_119"])]
    {
        for args in [
            &["guard", name, "--json"][..],
            &["guard", "--file", name, "--json"],
            &["guard", "-f", name, "--json"],
        ] {
            assert_eq!(codes(&place.run(args)), expected, "{args:?}");
        }
        for args in [&["guard", "--json"][..], &["guard", "-", "--json"], &["--json", "guard", "--file", "-"]]
        {
            assert_eq!(codes(&place.run_on(text.as_bytes(), args)), expected, "{args:?}");
        }
    }
    assert!(!place.data.exists() && !place.state.exists(), "it needs no ledger and makes none");
}

#[test]
fn only_the_checks_that_are_named_are_made() {
    let place = Place::new();
    let checks = ["gateway", "activation", "identity", "execution"];
    let all = ["GS_116", "GS_117", "GS_118", "GS_119"];
    for chosen in 1..16_usize {
        let named: Vec<usize> = (0..4).filter(|n| chosen >> n & 1 == 1).collect();
        // In any order, and twice.
        let args = named.iter().rev().chain(&named).flat_map(|n| ["--check", checks[*n]]);
        let said = place.run_on(BROKEN.as_bytes(), ["guard", "--json"].into_iter().chain(args));
        let expected: Vec<&str> = named.iter().map(|n| all[*n]).collect();
        assert_eq!(codes(&said), expected);
        let value: Value = serde_json::from_str(&said.out).unwrap();
        let made: Vec<&String> = value["checks"].as_object().unwrap().keys().collect();
        assert_eq!(made.len(), named.len());
        assert!(named.iter().all(|n| value["checks"][checks[*n]]["valid"] == false));
    }
}

#[test]
fn json_says_what_each_check_settled() {
    let place = Place::new();
    let said = place.run_on(BROKEN.as_bytes(), ["guard", "--json"]);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    let error = &value["errors"][1];
    assert_eq!((&error["name"], &error["line"]), (&json!("AGENT_SELF_ACTIVATION"), &json!(7)));
    assert!(
        error["message"].as_str().unwrap().contains("SONNY (GID-01) activates itself")
            && error["remedy"].is_string()
    );
    let said = place.run_on(VALID.as_bytes(), ["guard", "--json"]);
    let checks = &serde_json::from_str::<Value>(&said.out).unwrap()["checks"];
    for (check, member, expected) in [
        ("gateway", "state", "OPEN"),
        ("activation", "agent", "SONNY (GID-01)"),
        ("activation", "activated_by", "GID-00"),
        ("identity", "declared", "SONNY (GID-01)"),
        ("identity", "lane", "EXECUTION"),
        ("execution", "status", "EXECUTED"),
        ("execution", "mode", "EXECUTABLE"),
    ] {
        assert_eq!(checks[check][member], expected, "{check}.{member}");
    }
    assert_eq!(checks["gateway"]["passed"], true);
    let activated = json!({ "what": "activated", "value": "GID-01", "line": 6 });
    assert!(checks["activation"]["found"].as_array().unwrap().contains(&activated));
}

#[test]
fn people_read_a_line_for_each_check() {
    let place = Place::new();
    let said = place.run_on(VALID.as_bytes(), ["guard"]);
    assert_eq!((said.out.lines().count(), said.code()), (5, 0), "{said:?}");
    assert!(
        said.out.lines().take(4).all(|l| l.contains("  pass  "))
            && said.out.ends_with("the artifact is valid\n")
    );
    let said = place.run_on(BROKEN.as_bytes(), ["guard"]);
    assert_eq!((said.code(), said.err.as_str()), (2, ""));
    assert_eq!(said.out.lines().filter(|l| l.contains("  fail  ")).count(), 4, "{said:?}");
    assert_eq!(said.out.lines().filter(|l| l.starts_with("  what to do: ")).count(), 4, "{said:?}");
    assert!(
        said.out.contains("GS_119 UNSOLICITED_EXECUTION: line 9: the status is \"EXECUTED\""),
        "{said:?}"
    );
    assert!(said.out.ends_with("the artifact is not valid: 4 violations\n"), "{said:?}");
    let verbose = place.run_on(VALID.as_bytes(), ["guard", "--verbose"]).out;
    for seen in [
        "state  OPEN",
        "declared  SONNY (GID-01)",
        "lane  EXECUTION",
        "activated by  GID-00",
        "line 6: activated GID-01",
        "line 10: status EXECUTED",
    ] {
        assert!(verbose.contains(seen), "{seen}: {verbose}");
    }
    // What an artifact says does not steer the terminal.
    let evil = "AGENT_ACTIVATION_ACK:\n  gid: \"\u{1b}[2J\u{202e}x\"\n  agent_name: \u{9b}31m\nmode: \u{7}\n";
    for args in [&["guard"][..], &["guard", "--verbose"]] {
        let said = place.run_on(evil.as_bytes(), args).out;
        assert!(!said.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{said:?}");
    }
}

#[test]
fn the_registry_decides() {
    let place = Place::with_ledger();
    place.ok(["agents", "register", "GID-13", "--name", "NOVA", "--lane", "RESEARCH"]);
    place.ok(["agents", "retire", "GID-05", "--reason", "replaced"]);
    place.file("ledger.json", place.json(["agents"]).to_string());
    place.file("replay.json", place.json(["replay"]).to_string());
    let own = json!({ "registry": { "GID-00": "BENSON", "GID-13": "NOVA", "GID-05": "ATLAS" },
        "lanes": { "ORCHESTRATION": ["GID-00"], "RESEARCH": ["GID-13"], "EXECUTION": ["GID-05"] } });
    place.file("own.json", own.to_string());
    let artifact = |gid: &str, name: &str, lane: &str| {
        VALID
            .replace("GID-01", gid)
            .replace("SONNY", name)
            .replace("lane: EXECUTION", &format!("lane: {lane}"))
    };
    let (nova, atlas) = (artifact("GID-13", "NOVA", "RESEARCH"), artifact("GID-05", "ATLAS", "EXECUTION"));
    let unknown = &["GS_116", "GS_117", "GS_118"][..];
    for (registry, text, expected) in [
        (None, &nova, unknown),
        (None, &atlas, &[][..]),
        (Some("ledger.json"), &nova, &[]),
        (Some("ledger.json"), &atlas, unknown),
        (Some("replay.json"), &nova, &[]),
        (Some("own.json"), &nova, &[]),
        (Some("own.json"), &atlas, &[]),
        (Some("own.json"), &VALID.to_owned(), unknown),
    ] {
        let more = registry.into_iter().flat_map(|r| ["--registry", r]);
        let said = place.run_on(text.as_bytes(), ["guard", "--json"].into_iter().chain(more));
        assert_eq!(codes(&said), expected, "{registry:?}: {text}");
    }
}

#[test]
fn bad_input_is_one_error_and_writes_nothing() {
    let place = Place::new();
    place.file("valid.md", VALID);
    place.file("empty", "");
    place.file("binary", [0, 255, 10, 0, 128]);
    place.file("latin1", b"agent: \xe9\n");
    place.file("huge", "a\n".repeat((1 << 19) + 1));
    place.file("nonsense.json", "nonsense");
    place.file("unknown.json", r#"{"registry":{},"lanes":{},"more":1}"#);
    std::fs::create_dir(place.root().join("directory")).unwrap();
    for (args, code, status) in [
        (&["guard", "missing"][..], "LG_105", 1),
        (&["guard", "--file", "missing"], "LG_105", 1),
        (&["guard", "empty"], "LG_105", 1),
        (&["guard"], "LG_105", 1),
        (&["guard", "directory"], "LG_105", 1),
        (&["guard", "valid.md/x"], "LG_105", 1),
        (&["guard", "binary"], "LG_105", 1),
        (&["guard", "latin1"], "LG_105", 1),
        (&["guard", "huge"], "LG_103", 1),
        (&["guard", "valid.md", "--registry", "missing"], "LG_105", 1),
        (&["guard", "valid.md", "--registry", "empty"], "LG_105", 1),
        (&["guard", "valid.md", "--registry", "directory"], "LG_105", 1),
        (&["guard", "valid.md", "--registry", "huge"], "LG_103", 1),
        (&["guard", "valid.md", "--registry", "nonsense.json"], "LG_100", 1),
        (&["guard", "valid.md", "--registry", "binary"], "LG_100", 1),
        (&["guard", "valid.md", "--registry", "unknown.json"], "LG_101", 1),
        (&["guard", "valid.md", "--registry"], "LG_106", 64),
        (&["guard", "valid.md", "--check", "all"], "LG_106", 64),
        (&["guard", "valid.md", "--check"], "LG_106", 64),
        (&["guard", "valid.md", "--file", "valid.md"], "LG_106", 64),
        (&["guard", "valid.md", "valid.md"], "LG_106", 64),
        (&["guard", "valid.md", "--fix"], "LG_106", 64),
    ] {
        for json in [&[][..], &["--json"]] {
            let said = place.run(args.iter().chain(json));
            assert_eq!(
                (said.error().as_str(), said.code(), said.out.as_str()),
                (code, status, ""),
                "{args:?}: {said:?}"
            );
        }
    }
    assert!(!place.data.exists() && !place.state.exists());
    // Text that says nothing is no error: it breaks the rules.
    for text in ["\n", " \0 ", "prose\n"] {
        assert_eq!(codes(&place.run_on(text.as_bytes(), ["guard", "--json"])).len(), 4, "{text:?}");
    }
}
