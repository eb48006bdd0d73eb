//! Names with what does not belong into names: paths, control characters, length.

use super::{case, refused};
use ledger_core::Code;
use ledger_tests::binary::{Place, Said};

const NOTE: &str = r#"{"text":"a"}"#;

#[test]
fn bad_names_are_refused_wherever_they_are_given() {
    let place = Place::with_ledger();
    let long = "a".repeat(129);
    let longer = format!("notes/{}/{}", "a".repeat(128), "b".repeat(128));
    let streams = [
        "",
        ".",
        "..",
        "/",
        "notes/..",
        "notes/../registry",
        "../notes",
        "notes/.",
        "/notes",
        "notes/",
        "notes//a",
        "notes/a b",
        "notes/a\nb",
        "notes/a\tb",
        "notes/\u{1b}[31m",
        "notes/ä",
        "notes/a\\b",
        "notes/\"",
        "notes/b/c/d/e",
        &longer,
    ];
    let keys = ["", ".", "..", "../x", "a/b", "12", "0", "a b", "a\nb", "k\u{7f}", "ü", &long];
    let actors = ["gid-01", "GID-", "../GID-01", "GID-01/../GID-H01", "GID-01\n", "GID-ä", "", " GID-01"];
    let append = |flag: &'static str, name: &str| {
        case(format!("{flag} {name:?}"), ["append", "note", "--data", NOTE, flag, name], Code::InvalidName)
    };
    let mut cases: Vec<_> = streams.iter().map(|s| append("--stream", s)).collect();
    cases.extend(keys.iter().map(|k| append("--id", k)));
    cases.extend(actors.iter().map(|a| append("--actor", a)));
    cases.extend(actors.iter().map(|gid| {
        case(format!("agent {gid:?}"), ["agents", "retire", gid, "--reason", "x"], Code::InvalidName)
    }));
    // Only JSON can carry a NUL.
    for (member, name) in [
        ("stream", r"notes/\u0000"),
        ("stream", r"notes/\n"),
        ("id", r"a\u0000b"),
        ("id", ".."),
        ("actor", r"GID-01\u0000"),
    ] {
        let line = format!(r#"{{"kind":"note","data":{NOTE},"{member}":"{name}"}}"#);
        cases.push(case(format!("{member} {name}"), ["append", "--batch", "-"], Code::InvalidName).on(line));
    }
    for case in &cases {
        refused(&place, case);
    }
    let mut command = place.command(["append", "note", "--data", NOTE]);
    command.env("LEDGER_ACTOR", "nobody\n");
    assert_eq!(Said::of(command).error(), "LG_104");
}

#[test]
fn a_kind_has_its_place() {
    let place = Place::with_ledger();
    for stream in ["registry", "violations", "artifacts/x", "note", "notesx", "policy"] {
        let args = ["append", "note", "--data", NOTE, "--stream", stream];
        refused(&place, &case(format!("a note in {stream}"), args, Code::InvalidName));
    }
    let history = r#"{"format":"chainbridge","index":0,"original":"{}","verdict":"unhashed"}"#;
    let args = ["append", "import_history", "--data", history];
    refused(&place, &case("history without a stream", args, Code::InvalidName));
}

#[test]
fn bad_names_make_no_ledger() {
    for (flag, name, code) in [
        ("--origin", "", Code::InvalidName),
        ("--origin", "a b", Code::InvalidName),
        ("--origin", "a+b", Code::InvalidName),
        ("--origin", "a\nb", Code::InvalidName),
        ("--origin", "é.example", Code::InvalidName),
        ("--profile", "../default", Code::InvalidName),
        ("--profile", "", Code::InvalidName),
        ("--human", "", Code::InvalidName),
        ("--human", "Ada\nLovelace", Code::InvalidName),
        ("--human", "\u{1b}[31mAda", Code::InvalidName),
    ] {
        let place = Place::new();
        refused(&place, &case(format!("{flag} {name:?}"), ["init", flag, name], code));
        assert!(!place.data.exists(), "{flag} {name:?}");
    }
    let long = "x".repeat(201);
    refused(&Place::new(), &case("a long origin", ["init", "--origin", &long], Code::InvalidName));
}

#[test]
fn names_of_people_and_agents_are_one_line() {
    let place = Place::with_ledger();
    for name in ["", "a\nb", "\u{1b}[2J"] {
        let register = ["agents", "register", "GID-77", "--name", name];
        refused(&place, &case(format!("agent named {name:?}"), register, Code::InvalidIntent));
        let human = ["agents", "register", "GID-H77", "--human", "--name", name];
        refused(&place, &case(format!("human named {name:?}"), human, Code::InvalidName));
    }
    let agent = r#"{"gid":"GID-77","lanes":["execution"],"name":"a"}"#;
    refused(
        &place,
        &case("a lane in lower case", ["append", "register_agent", "--data", agent], Code::InvalidIntent),
    );
    let lane = ["agents", "register", "GID-77", "--name", "a", "--lane", "../X"];
    refused(&place, &case("a lane that is a path", lane, Code::InvalidIntent));
}
