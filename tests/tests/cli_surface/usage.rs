//! Where the ledger is and who acts: flags, variables and defaults.

use ledger_tests::binary::{Place, Said};
use serde_json::json;

#[test]
fn data_before_and_behind_the_command_and_in_the_environment() {
    let place = Place::new();
    place.json(["--data", "a", "init", "--origin", "log/a"]);
    place.json(["init", "--data", "b", "--origin", "log/b"]);
    let origin = |args: &[&str], variable: Option<&str>| {
        let mut command = place.command(args.iter().chain(&["--json"]));
        match variable {
            Some(dir) => command.env("LEDGER_DATA", dir),
            None => command.env_remove("LEDGER_DATA"),
        };
        let said = Said::of(command);
        if said.code() == 0 { said.values()[0]["origin"].as_str().unwrap().to_owned() } else { said.error() }
    };
    assert_eq!(origin(&["--data", "a", "status"], None), "log/a");
    assert_eq!(origin(&["status", "--data", "b"], None), "log/b");
    assert_eq!(origin(&["status"], Some("b")), "log/b");
    assert_eq!(origin(&["--data", "a", "status"], Some("b")), "log/a");
    assert_eq!(origin(&["status", "--data", "a"], Some("b")), "log/a");
    assert_eq!(origin(&["--data", "a", "status", "--data", "b"], None), "log/b");
    assert_eq!(origin(&["status"], None), "LG_200");
    assert_eq!(origin(&["status"], Some("")), "LG_200");
    // Deeper commands too; and `append`, whose own --data is what to append.
    place.json(["--data", "a", "append", "note", "--data", r#"{"text":"a"}"#]);
    for args in
        [["agents", "list", "--data", "a"], ["key", "list", "--data", "a"], ["log", "--data", "a", "--json"]]
    {
        assert!(place.ok(args).out.contains("GID-H01"), "{args:?}");
    }
    let proof = place.ok(["prove", "inclusion", "13", "--data", "a"]).out;
    assert_eq!(place.run_on(proof.as_bytes(), ["check", "-"]).code(), 0);
    std::fs::rename(place.root().join("a"), place.root().join("ledger-data")).unwrap();
    assert_eq!(origin(&["status"], None), "log/a");
}

#[test]
fn who_acts() {
    let place = Place::with_ledger();
    let note = ["append", "note", "--data", r#"{"text":"a"}"#];
    let by = |variable: Option<&str>, args: &[&str]| {
        let mut command = place.command(note.iter().chain(args).chain(&["--json"]));
        if let Some(gid) = variable {
            command.env("LEDGER_ACTOR", gid);
        }
        let said = Said::of(command);
        if said.code() != 0 {
            return (said.error(), said.err);
        }
        let entry = place.json(["show", said.values()[0]["id"].as_str().unwrap()]);
        (entry["actor"].as_str().unwrap().to_owned(), entry["auth"].as_str().unwrap().to_owned())
    };
    let pair = |gid: &str, auth: &str| (gid.to_owned(), auth.to_owned());
    assert_eq!(by(None, &[]), pair("GID-H01", "signed"));
    assert_eq!(by(None, &["--unsigned"]), pair("GID-H01", "asserted"));
    assert_eq!(by(None, &["--actor", "GID-01"]), pair("GID-01", "asserted"));
    assert_eq!(by(Some("GID-02"), &[]), pair("GID-02", "asserted"));
    assert_eq!(by(Some("GID-02"), &["--actor", "GID-03"]), pair("GID-03", "asserted"));
    assert_eq!(by(Some(""), &[]), pair("GID-H01", "signed"));
    assert_eq!(by(Some("GID-00"), &[]), pair("GID-00", "signed"));
    place.json(["agents", "register", "GID-H02", "--human", "--name", "Grace"]);
    let (code, said) = by(None, &[]);
    assert_eq!(code, "LG_121");
    assert!(said.contains("GID-H01") && said.contains("GID-H02"), "the choices: {said}");
    assert_eq!(by(None, &["--actor", "GID-H02"]), pair("GID-H02", "signed"));
    // A key file that was handed over signs from anywhere.
    std::fs::rename(place.data.join("keys/GID-H02.key"), place.root().join("mine.key")).unwrap();
    assert_eq!(by(Some("GID-H02"), &["--key", "mine.key"]), pair("GID-H02", "signed"));
    assert_eq!(by(Some("GID-H02"), &[]), pair("GID-H02", "asserted"));
}

#[test]
fn expectations_hold_or_refuse() {
    let place = Place::with_ledger();
    let append =
        |expect: &str| place.run(["append", "note", "--data", r#"{"text":"a"}"#, "--expect", expect]);
    for (expect, code) in [("13", 0), ("13", 1), ("15", 1), ("0", 1), ("14", 0)] {
        let said = append(expect);
        assert_eq!(said.code(), code, "{expect}: {said:?}");
        assert!(code == 0 || said.err.contains("it holds 14"), "{said:?}");
    }
    assert_eq!(place.size(), 15);
}

#[test]
fn a_policy_asks_for_more() {
    let place = Place::with_ledger();
    let policy = r#"{"version":2,"require":{"record_note":"signed"}}"#;
    place.json(["append", "set_policy", "--data", policy]);
    let by_agent = ["append", "note", "--data", r#"{"text":"a"}"#, "--actor", "GID-01"];
    let said = place.run(by_agent);
    assert_eq!((said.error().as_str(), said.code()), ("LG_122", 1));
    // An agent that gets a key may again.
    let key = place.json(["key", "new", "data/keys/GID-01.key"]);
    place.json(["key", "register", "GID-01", key["key"].as_str().unwrap()]);
    let entry = place.json(by_agent);
    assert_eq!(place.json(["show", entry["id"].as_str().unwrap()])["auth"], json!("signed"));
}

#[test]
fn version_and_help_need_no_ledger() {
    let place = Place::new();
    assert!(place.ok(["--version"]).out.starts_with("ledger 0."));
    for args in
        [["--help"].as_slice(), &["help", "append"], &["append", "-h"], &["prove", "inclusion", "--help"]]
    {
        assert!(place.ok(args).out.contains("Usage: ledger"), "{args:?}");
    }
    assert!(!place.data.exists());
}
