//! Every command once, as a person sees it in a pipe.

use super::{snapshot, transcript};
use ledger_tests::binary::{Place, Said};

/// The first minute of a new user: no flag, no variable, no configuration.
#[test]
fn first_use() {
    let place = Place::new();
    let commands: &[&[&str]] = &[
        &["status"],
        &["init"],
        &["append", "note", "--data", r#"{"text":"hello"}"#],
        &["log"],
        &["show", "13"],
        &["status"],
        &["verify"],
    ];
    let mut text = String::new();
    for args in commands {
        let mut command = place.command(args.iter());
        command.env_remove("LEDGER_DATA").env_remove("LEDGER_STATE");
        text += &super::shown(args, &Said::of(command));
    }
    snapshot!("first_use", text);
    assert!(place.root().join("ledger-data/journal").is_dir());
    assert!(place.root().join(".local/state/ledger/guard").is_dir());
}

#[test]
fn appending() {
    let place = Place::with_ledger();
    place.file("note.json", r#"{ "text": "from a file", "about": "PAC-7" }"#);
    place.file("batch.jsonl", "{\"kind\":\"note\",\"data\":{\"text\":\"one\"},\"id\":\"b1\"}\n\n{\"kind\":\"artifact\",\"data\":{\"name\":\"report.pdf\",\"digest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"},\"actor\":\"GID-01\"}\n");
    snapshot!(
        "appending",
        transcript(
            &place,
            &[
                &["append", "note", "--data", "@note.json", "--id", "build-7", "--stream", "notes/builds"],
                &["append", "note", "--data", "@note.json", "--id", "build-7", "--stream", "notes/builds"],
                &[
                    "append",
                    "note",
                    "--data",
                    r#"{"text":"x"}"#,
                    "--private",
                    r#"{"name":"Ada"}"#,
                    "--id",
                    "private-1"
                ],
                &["append", "note", "--data", r#"{"text":"x"}"#, "--actor", "GID-01", "--id", "by-an-agent"],
                &[
                    "append",
                    "note",
                    "--data",
                    r#"{"text":"x"}"#,
                    "--unsigned",
                    "--id",
                    "unsigned-1",
                    "--expect",
                    "16"
                ],
                &["append", "note", "--data", r#"{"text":"x"}"#, "--expect", "16"],
                &[
                    "append",
                    "note",
                    "--data",
                    r#"{"text":"other"}"#,
                    "--id",
                    "build-7",
                    "--stream",
                    "notes/builds"
                ],
                &["append", "note", "--data", r#"{"txt":"x"}"#],
                &["append", "note", "--data", r#"{"text":"x"#],
                &["append", "note", "--data", r#"{"text":"x"}"#, "--actor", "GID-99"],
                &["append", "--batch", "batch.jsonl"],
                &["log", "--from", "13"],
                &["show", "notes/private-1"],
                &["show", "violations/none"],
            ]
        )
    );
}

#[test]
fn registry_and_keys() {
    let place = Place::with_ledger();
    snapshot!(
        "registry",
        transcript(
            &place,
            &[
                &["agents"],
                &["agents", "register", "GID-13", "--name", "NOVA", "--lane", "EXECUTION"],
                &["agents", "register", "GID-20", "--name", "CI", "--service"],
                &[
                    "agents",
                    "change",
                    "GID-13",
                    "--lane",
                    "EXECUTION",
                    "--lane",
                    "STRATEGY",
                    "--name",
                    "Nova"
                ],
                &["agents", "retire", "GID-12", "--reason", "replaced by GID-13"],
                &["agents", "register", "GID-12", "--name", "RUBY"],
                &["agents", "register", "GID-14", "--name", "X", "--actor", "GID-01"],
                &["agents", "register", "GID-H02", "--human", "--name", "Grace Hopper"],
                &["append", "note", "--data", r#"{"text":"who?"}"#],
                &["replay"],
                &["replay", "--at", "12"],
                &["key", "new", "spare.key"],
                &["key", "new", "spare.key"],
                &["key", "list"],
                &["status"],
            ]
        )
    );
}

#[test]
fn proving() {
    let place = Place::with_ledger();
    place.note("a");
    snapshot!(
        "proving",
        transcript(
            &place,
            &[
                &["prove", "inclusion", "3", "--out", "p"],
                &["check", "p"],
                &["prove", "inclusion", "13"],
                &["prove", "consistency", "5", "--out", "c"],
                &["check", "c"],
                &["prove", "consistency", "5", "9"],
                &["prove", "inclusion", "14"],
            ]
        )
    );
}

#[test]
fn explaining() {
    let place = Place::new();
    snapshot!(
        "explaining",
        transcript(
            &place,
            &[&["explain", "LG_302"], &["explain", "chain_broken", "--json"], &["explain", "LG_1"]]
        )
    );
}

#[test]
fn wrong_usage() {
    let place = Place::with_ledger();
    snapshot!(
        "wrong_usage",
        transcript(
            &place,
            &[
                &["apend"],
                &["append"],
                &["append", "note", "--dta", "{}"],
                &["append", "nte", "--data", "{}"],
                &["log", "--from", "x"],
                &["log", "--since", "yesterday"],
                &["agents", "change", "GID-01"],
                &["agents", "retire", "gid-01", "--reason", "x"],
                &["completions", "tcsh"],
                &["log", "--from", "x", "--json"],
            ]
        )
    );
}
