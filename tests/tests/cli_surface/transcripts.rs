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
fn composites() {
    let place = Place::new();
    let child = |n: u32| {
        format!(
            r#"{{"pdo_id":"PDO-A{n}-P1","agent_name":"A{n}","agent_gid":"GID-0{n}","sub_pac_id":"Sub-PAC-A{n}-P1","ber_id":"BER-A{n}-P1","status":"VALIDATED","pdo_hash":"00","task_count":{n},"quality_score":0.95,"created_at":"2025-12-26T06:00:00Z"}}"#
        )
    };
    let children = format!(r#"{{"pac_orch_id":"PAC-BENSON-P1","children":[{},{}]}}"#, child(1), child(2));
    place.file("children.json", &children);
    place.file("pending.json", children.replacen("VALIDATED", "PENDING", 1));
    let (first, second) = ("2025-12-26T06:01:00Z", "2025-12-26T06:02:00Z");
    let nonce = "00112233445566778899aabbccddeeff";
    let mut text = transcript(
        &place,
        &[
            &["opdo", "compose", "pending.json"],
            &["opdo", "compose", "children.json", "--time", first, "--json"],
        ],
    );
    let mut write = |name: &str, args: &[&str]| {
        let said = place.ok(args);
        place.file(name, &said.out);
        text += &super::shown(args, &said);
    };
    write("draft.json", &["opdo", "compose", "children.json", "--time", first]);
    write("sealed.json", &["opdo", "seal", "draft.json", "--nonce", nonce, "--time", second]);
    write("final.json", &["opdo", "finalize", "sealed.json", "--review", "BER-HUMAN-1", "--time", second]);
    write("proof.json", &["opdo", "prove", "final.json", "--child", "PDO-A2-P1"]);
    let last = std::fs::read_to_string(place.root().join("final.json")).unwrap();
    place.file("tampered.json", last.replace("\"task_count\": 2", "\"task_count\": 3"));
    text += &transcript(
        &place,
        &[
            &["opdo", "seal", "sealed.json"],
            &["opdo", "finalize", "draft.json", "--review", "BER-HUMAN-1"],
            &["opdo", "finalize", "sealed.json"],
            &["opdo", "verify", "draft.json"],
            &["opdo", "verify", "final.json"],
            &["opdo", "verify", "tampered.json"],
            &["opdo", "verify", "tampered.json", "--json"],
            &["opdo", "check", "proof.json"],
            &["opdo", "check", "proof.json", "--final-hash", "00"],
            &["opdo", "prove", "draft.json", "--child", "PDO-A2-P1"],
        ],
    );
    snapshot!("composites", text);
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
