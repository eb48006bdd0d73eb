//! Files that are missing, empty, no files or not what they should be; and questions about what is not there.

use super::{Case, case, refused, words};
use ledger_core::Code;
use ledger_tests::binary::{Place, Said};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;

/// Every way to name a file, with the code for one whose content is nonsense.
const WAYS: &[(&[&str], &str, Code)] = &[
    (&["append", "note", "--data"], "@", Code::MalformedJson),
    (&["append", "note", "--data", r#"{"text":"a"}"#, "--private"], "@", Code::MalformedJson),
    (&["append", "--batch"], "", Code::MalformedJson),
    (&["check"], "", Code::ProofMalformed),
    (&["append", "note", "--data", r#"{"text":"a"}"#, "--key"], "", Code::KeyFileUnreadable),
];

#[test]
fn files_that_cannot_be_read_are_refused() {
    let place = Place::with_ledger();
    place.file("empty", "");
    place.file("nonsense", "nonsense\n");
    place.file("binary", [0, 255, 10, 0, 128]);
    std::fs::create_dir(place.root().join("directory")).unwrap();
    for (args, prefix, nonsense) in WAYS {
        let unreadable =
            if args.contains(&"--key") { Code::KeyFileUnreadable } else { Code::InputUnreadable };
        for (name, code) in [
            ("missing", unreadable),
            ("missing/file", unreadable),
            ("empty", unreadable),
            ("directory", unreadable),
            ("empty/file", unreadable),
            ("nonsense", *nonsense),
            ("binary", *nonsense),
        ] {
            for name in ["nonsense", "binary", "empty"] {
                let mode = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(place.root().join(name), mode).unwrap();
            }
            refused(
                &place,
                &case(format!("{args:?} {name}"), words(args, [format!("{prefix}{name}")]), code),
            );
        }
    }
    for args in [["append", "note", "--data", "-"].as_slice(), &["append", "--batch", "-"], &["check", "-"]] {
        refused(
            &place,
            &case(format!("{args:?} without input"), args.iter().copied(), Code::InputUnreadable),
        );
    }
    refused(
        &place,
        &case("a batch of empty lines", ["append", "--batch", "-"], Code::InputUnreadable).on("\n \n\n"),
    );
}

#[test]
fn what_is_not_there_is_said() {
    let place = Place::with_ledger();
    let cases: Vec<Case> = vec![
        case("an entry behind the end", ["show", "13"], Code::NoSuchEntry),
        case("an entry far behind the end", ["show", "18446744073709551615"], Code::NoSuchEntry),
        case("a number that is none", ["show", "18446744073709551616"], Code::NoSuchEntry),
        case("an id", ["show", "notes/none"], Code::NoSuchEntry),
        case("an id with ..", ["show", "../../etc/passwd"], Code::NoSuchEntry),
        case("an id with a newline", ["show", "a\nb"], Code::NoSuchEntry),
        case("a proof of nothing", ["prove", "inclusion", "13"], Code::NoSuchEntry),
        case("a proof of no id", ["prove", "inclusion", "notes/x"], Code::NoSuchEntry),
        case("a larger log", ["prove", "consistency", "3", "14"], Code::NoSuchEntry),
        case("sizes the wrong way round", ["prove", "consistency", "9", "3"], Code::NoSuchEntry),
        case("a state to come", ["replay", "--at", "13"], Code::NoSuchEntry),
        case("a code", ["explain", "LG_999"], Code::UnknownKind),
        case("a place to write to", ["prove", "inclusion", "3", "--out", "missing/p"], Code::OutputFailed),
        case("a key where one is", ["key", "new", "data/keys/GID-00.key"], Code::KeyFileUnreadable),
        case("a key in no directory", ["key", "new", "missing/k.key"], Code::KeyFileUnreadable),
        case(
            "another head",
            ["append", "note", "--data", r#"{"text":"a"}"#, "--expect", "12"],
            Code::HeadConflict,
        ),
    ];
    for case in &cases {
        refused(&place, case);
    }
    place.json(["append", "note", "--data", r#"{"text":"a"}"#, "--id", "k"]);
    let other = ["append", "note", "--data", r#"{"text":"b"}"#, "--id", "k"];
    refused(&place, &case("a taken id", other, Code::IdConflict));
}

#[test]
fn proofs_that_are_none_are_refused() {
    let place = Place::with_ledger();
    let proof = place.ok(["prove", "inclusion", "3"]).out;
    let lines: Vec<&str> = proof.lines().collect();
    let cut = |n: usize| lines[..n].join("\n") + "\n";
    let consistency = place.ok(["prove", "consistency", "3"]).out;
    let mut cases: Vec<Case> = (1..lines.len())
        .map(|n| case(format!("a proof of {n} lines"), ["check", "-"], Code::ProofMalformed).on(cut(n)))
        .collect();
    let vkey = place.json(["status"])["vkey"].as_str().unwrap().to_owned();
    cases.extend([
        case("no newline at the end", ["check", "-"], Code::ProofMalformed).on(proof.trim_end()),
        case("another version", ["check", "-"], Code::ProofMalformed).on(proof.replacen("@v1", "@v2", 1)),
        case("a huge index", ["check", "-"], Code::ProofMalformed).on(proof.replacen(
            "index 3",
            "index 99999999999999999999",
            1,
        )),
        case("a padded index", ["check", "-"], Code::ProofMalformed)
            .on(proof.replacen("index 3", "index 03", 1)),
        case("JSON of another kind", ["check", "-"], Code::ProofMalformed).on("{}"),
        case("JSON cut off", ["check", "-"], Code::ProofMalformed).on(&consistency[..consistency.len() / 2]),
        case("an unknown type", ["check", "-"], Code::ProofMalformed)
            .on(consistency.replace("proof/v1", "proof/v9")),
        case("a hash of 31 bytes", ["check", "-"], Code::ProofMalformed).on(consistency.replacen(
            "[\"",
            "[\"00\",\"",
            1,
        )),
        case("a size of 2^64", ["check", "-"], Code::ProofMalformed).on(consistency.replacen(
            "\"from\":3",
            "\"from\":18446744073709551616",
            1,
        )),
        case("no verifier key", ["check", "-", "--vkey", "nonsense"], Code::KeyUnusable).on(proof.as_str()),
        case("half a verifier key", ["check", "-", "--vkey", &vkey[..vkey.len() - 9]], Code::KeyUnusable)
            .on(proof.as_str()),
        case("a missing leaf", ["check", "-", "--leaf", "none"], Code::InputUnreadable).on(proof.as_str()),
        case("5 MiB of proof", ["check", "-"], Code::TooLarge).on(vec![b'x'; 5 << 20]),
    ]);
    for case in &cases {
        refused(&place, case);
    }
}

#[test]
fn a_wrong_command_line_is_exit_64() {
    let place = Place::with_ledger();
    let lines: &[&[&str]] = &[
        &["frob"],
        &["append"],
        &["append", "note"],
        &["append", "note", "--data", "{}", "--frob"],
        &["append", "note", "--data", "{}", "--batch", "x"],
        &["append", "note", "--data", "{}", "--expect", "-1"],
        &["append", "note", "--data", "{}", "--expect", "18446744073709551616"],
        &["append", "--atomic", "note", "--data", "{}"],
        &["log", "--since", "yesterday"],
        &["log", "--until", "2026-02-30"],
        &["log", "--from", "x"],
        &["log", "--from", "1", "--last", "1"],
        &["show"],
        &["show", "1", "2"],
        &["replay", "--at", "1e3"],
        &["prove", "consistency", "x"],
        &["agents", "change", "GID-01"],
        &["agents", "frob"],
        &["completions", "tcsh"],
        &["status", "--\u{1b}[31m"],
        &["--data"],
    ];
    for args in lines {
        refused(&place, &case(format!("{args:?}"), args.iter().copied(), Code::Usage));
    }
    let no_text = OsString::from_vec(vec![b'-', b'-', 0xff]);
    refused(&place, &case("an argument that is no UTF-8", [OsString::from("status"), no_text], Code::Usage));
    // Without any command a person gets the help, and a program an error.
    let said = place.run::<&str>([]);
    assert_eq!((said.code(), said.out.as_str(), said.err.contains("Usage: ledger")), (64, "", true));
    assert_eq!(place.run(["--json"]).error(), Code::Usage.row().code);
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let place = Place::with_ledger();
    for args in [
        ["status"].as_slice(),
        &["status", "--json"],
        &["log"],
        &["log", "--json"],
        &["show", "0"],
        &["prove", "inclusion", "0"],
    ] {
        let mut command = place.command(args);
        command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let said = Said::of(command);
        assert_eq!((said.error().as_str(), said.code()), ("LG_107", 1), "{args:?} {said:?}");
    }
}
