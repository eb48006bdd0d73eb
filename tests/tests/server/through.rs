//! The command line beside a running server: it writes through it, unnoticed.

use super::served;
use ledger_tests::binary::Place;
use ledger_tests::http::Served;
use ledger_tests::orchestra::{BENSON, GRACE, Orchestra};
use serde_json::json;

const PAC: &str = "PAC-SERVED-1";

#[test]
fn a_pac_goes_from_its_order_to_its_review_through_the_server() {
    let o = Orchestra::new();
    let server = Served::start(&o.place);
    // The driver registers, orders, signs, dispatches with tokens and reports by the command line.
    o.sealed(PAC);
    let pac = server.get(&format!("/v1/streams/pac/{PAC}?limit=1000")).json();
    assert_eq!(pac["entries"].as_array().unwrap().len() as u64, pac["size"].as_u64().unwrap());
    for (path, args) in [
        (format!("/v1/pacs/{PAC}"), vec!["pac", "show", PAC]),
        (format!("/v1/pacs/{PAC}?at=20"), vec!["pac", "show", PAC, "--at", "20"]),
        (format!("/v1/pacs/{PAC}/timeline"), vec!["pac", "timeline", PAC]),
    ] {
        assert_eq!(server.get(&path).json(), o.place.json(args), "{path}");
    }
    for (path, code) in [("PAC-NONE", "LG_150"), ("nonsense", "LG_104"), ("PAC-NONE?at=x", "LG_106")] {
        assert_eq!(server.get(&format!("/v1/pacs/{path}")).problem(), code, "{path}");
    }
    assert_eq!(server.get(&format!("/v1/pacs/{PAC}?at=9999")).problem(), "LG_209");
    let review = |args: &[&str]| o.place.json(["review"].iter().chain(args).chain(&["--actor", GRACE]));
    let opened = review(&["open", PAC]);
    assert_eq!(opened["packet"], o.place.json(["review", "show", PAC])["packet"]);
    let drawn = review(&["challenge", PAC]);
    assert!(drawn["questions"].is_array(), "what an intent yields comes through: {drawn}");
    let early = o.place.run(["review", "answer", PAC, "--answer", "x", "--actor", GRACE]);
    assert!(early.error().starts_with("GS_31"), "{early:?}");
    o.act("abandon", BENSON, &json!({ "pac_id": PAC, "reason": "enough was seen" }));
    let signed = o.place.lines(["log"]).iter().filter(|l| l["auth"] == "signed").count();
    assert!(signed > 5, "what is signed here is signed with keys that the server never sees");
    drop(server);
    assert_eq!(o.place.json(["verify"])["ok"], true);
}

#[test]
fn answers_and_refusals_are_the_same_with_a_server_and_without() {
    let (place, server) = served();
    let alone = Place::with_ledger();
    let file = |p: &Place, lines: &[&str]| {
        let path = p.file("batch.jsonl", lines.join("\n"));
        path.to_str().unwrap().to_owned()
    };
    let good = r#"{"kind":"note","actor":"GID-H01","id":"b1","data":{"text":"1"}}"#;
    let stranger = r#"{"kind":"note","actor":"GID-77","data":{"text":"2"}}"#;
    let both = |p: &Place| (file(p, &[good, good]), file(p, &[good, stranger]));
    let (_, mixed) = both(&place);
    let (_, mixed_alone) = both(&alone);
    let runs: Vec<(Vec<&str>, Vec<&str>)> = [
        vec!["append", "note", "--data", r#"{"text":"hello"}"#, "--id", "n1"],
        vec!["append", "note", "--data", r#"{"text":"hello"}"#, "--id", "n1", "--json"],
        vec!["append", "note", "--data", r#"{"text":"other"}"#, "--id", "n1"],
        vec!["append", "note", "--data", r#"{"text":"x"}"#, "--expect", "3"],
        vec!["append", "note", "--data", r#"{"text":"x"}"#, "--expect", "14"],
        vec!["append", "note", "--data", "[]"],
        vec!["append", "note", "--data", r#"{"text":"x"}"#, "--actor", "GID-77"],
        vec!["append", "open_gateway", "--data", r#"{"pac_id":"PAC-NONE"}"#, "--actor", BENSON],
        vec!["agents", "register", "GID-40", "--name", "FORTY", "--lane", "EXECUTION"],
        vec!["agents", "register", "GID-40", "--name", "FORTY", "--lane", "EXECUTION"],
        vec!["agents", "register", "GID-H07", "--name", "Hedy", "--human"],
        vec!["agents", "retire", "GID-40", "--reason", "tired"],
    ]
    .into_iter()
    .map(|args| (args.clone(), args))
    .chain([(
        vec!["append", "--unsigned", "--batch", &mixed],
        vec!["append", "--unsigned", "--batch", &mixed_alone],
    )])
    .collect();
    for (args, args_alone) in runs {
        let (with, without) = (place.run(&args), alone.run(&args_alone));
        assert_eq!(with.status.code(), without.status.code(), "{args:?}: {with:?} {without:?}");
        // Times, salts, hashes and places differ; words do not.
        let words = |text: &str, p: &Place| {
            let root = p.root().to_str().unwrap();
            let shown = text.replace(root, "ROOT");
            let plain: Vec<String> = shown
                .split(|c: char| !c.is_ascii_alphabetic() && c != '_')
                .filter(|w| w.len() > 2 && !w.chars().all(|c| "abcdef".contains(c)))
                .map(str::to_owned)
                .collect();
            if args.contains(&"--json") {
                plain.into_iter().filter(|w| w.contains('_')).collect()
            } else {
                plain
            }
        };
        let (ours, theirs) = (words(&with.err, &place), words(&without.err, &alone));
        assert_eq!(ours, theirs, "{args:?}");
        assert_eq!(with.out.lines().count(), without.out.lines().count(), "{args:?}: {with:?} {without:?}");
    }
    assert_eq!(place.size(), alone.size());
    // What needs the ledger for itself says who has it.
    let export = place.file("old.jsonl", place.ok(["log", "--json"]).out);
    assert_eq!(place.run(["import", export.to_str().unwrap()]).error(), "LG_204");
    drop(server);
    assert_eq!(place.json(["verify"])["ok"], true);
}
