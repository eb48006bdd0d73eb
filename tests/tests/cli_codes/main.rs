//! Every code of the governance rules that a ledger can raise, raised through the command line.
//!
//! Codes that only documents can raise are in `cli_opdo` and `cli_guard`. The table of codes is held by `every_code_is_raised_somewhere`.
//! Invariant: each refusal exits as the table of codes says, and is recorded exactly when a rule was broken.

mod discipline;
mod orchestration;
mod review;
mod trust;

use ledger_core::Code;
use ledger_core::codes::Exit;
use ledger_tests::orchestra::Orchestra;
use serde_json::Value;

/// Sends an intent that must be refused with this code, and checks what must hold of every refusal.
#[track_caller]
pub fn refuse(o: &Orchestra, code: &str, kind: &str, actor: &str, data: &Value) {
    refuse_with(o, code, kind, actor, data, None);
}

/// The same with a token.
#[track_caller]
pub fn refuse_with(o: &Orchestra, code: &str, kind: &str, actor: &str, data: &Value, token: Option<&str>) {
    let said = o.send(kind, actor, data, token);
    let error: Value = serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{code}, {kind}: {said:?}"));
    let error = &error["error"];
    assert_eq!(error["code"], code, "{kind} by {actor} with {data}: {error}");
    let row = Code::find(code).unwrap().row();
    assert_eq!(said.status.code(), Some(i32::from(row.exit.status())), "{code}");
    assert_eq!(error["name"], row.name);
    let broken = row.source.is_some() || code == "LG_160" || code == "LG_125";
    assert_eq!(error["sequence"].is_u64(), broken, "{code}: the attempt is recorded, or is none: {error}");
    if row.exit == Exit::No && broken {
        let entry = o.place.json(["show", &error["sequence"].to_string()]);
        let event = &entry["event"].as_object().map_or(&entry, |_| &entry["event"]);
        assert_eq!(event["type"], "violation.recorded", "{entry}");
    }
}

#[test]
fn every_code_is_raised_somewhere() {
    let mut text = String::new();
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let mut open = vec![std::path::PathBuf::from(tests)];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".rs") && path.to_string_lossy().contains("/cli_") {
                text.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let missing: Vec<&str> = Code::ALL
        .iter()
        .map(|c| c.row())
        .filter(|row| row.source.is_some() && !text.contains(&format!("\"{}\"", row.code)))
        .map(|row| row.code)
        .collect();
    assert!(missing.is_empty(), "no test of the command line raises {missing:?}");
}
