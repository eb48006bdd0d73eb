//! The four files of the historical system, as they came, later, shorter, reformatted and edited.

use super::Home;
use ledger_core::Code;
use ledger_core::import::{Finding, ImportOptions, Verdicts};
use std::path::PathBuf;

const FIRST: &str = "2025-12-24T142006_217e543be9.json";
const SECOND: &str = "2025-12-24T194902_e00a62460f.json";
const THIRD: &str = "2025-12-26T001604_72c4e77a90.json";
const FOURTH: &str = "2025-12-31T010708_c7f460beef.json";

fn path(name: &str) -> PathBuf {
    let path =
        PathBuf::from(format!("{}/../../shared/data/governance-ledger/{name}", env!("CARGO_MANIFEST_DIR")));
    assert!(path.exists(), "this test needs the shared history at {}", path.display());
    path
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn verdicts(intact: u64, unhashed: u64) -> Verdicts {
    Verdicts { intact, unhashed, altered: 0, malformed: 0 }
}

fn codes(findings: impl Iterator<Item = Finding>) -> Vec<&'static str> {
    findings.map(|f| f.code).collect()
}

#[test]
fn the_first_file_then_the_last_then_older_ones_again() {
    let home = Home::new();
    let genesis = home.size();
    let first = home.import(&path(FIRST)).unwrap();
    assert_eq!((first.entries, first.imported, first.verdicts), (157, 157, verdicts(148, 9)));
    assert_eq!(codes(first.findings()), Vec::<&str>::new());
    assert!(first.rows().map(|r| r.sequence).eq((genesis..genesis + 157).map(Some)));

    let last = home.import(&path(FOURTH)).unwrap();
    assert_eq!((last.entries, last.imported, last.verdicts), (205, 48, verdicts(183 + 13, 9)));
    assert_eq!(last.rows().filter(|r| r.dialect == Some("compact")).count(), 183);
    assert_eq!(last.rows().filter(|r| r.dialect == Some("spaced")).count(), 13);
    let found: Vec<Finding> = last.findings().collect();
    let duplicate = found.iter().find(|f| f.code == "LG_401").unwrap();
    assert_eq!(
        (duplicate.old_sequence, duplicate.sequence),
        (Some(202), duplicate.index.map(|i| genesis + i))
    );
    assert!(found.iter().any(|f| f.code == "LG_404" && f.index.is_none()), "{found:?}");
    assert!(found.iter().all(|f| f.code != "LG_405"), "{found:?}");

    let size = home.size();
    for (name, entries, shorter) in
        [(FOURTH, 205, false), (THIRD, 205, false), (SECOND, 174, true), (FIRST, 157, true)]
    {
        let again = home.import(&path(name)).unwrap();
        assert_eq!((again.entries, again.imported), (entries, 0), "{name}");
        assert_eq!(codes(again.findings()).contains(&"LG_406"), shorter, "{name}");
    }
    assert_eq!(home.size(), size);
    home.verify();
}

#[test]
fn an_earlier_entry_that_changed_is_named_and_nothing_is_written() {
    let home = Home::new();
    let first = home.import(&path(FIRST)).unwrap();
    // In entry 100 of the longer file, one letter of the text.
    let mut file: serde_json::Value = serde_json::from_str(&text(FOURTH)).unwrap();
    let entry = file["entries"][100].as_object_mut().unwrap();
    let (field, was) = entry.iter().find(|(k, v)| v.is_string() && *k != "timestamp").unwrap();
    let (field, was) = (field.clone(), was.as_str().unwrap().to_owned());
    entry.insert(field.clone(), format!("{was}!").into());
    let edited = home.file("edited.json", file.to_string());
    let error = home.refuse(&edited, &home.options());
    let sequence = first.rows().nth(100).unwrap().sequence;
    assert_eq!((error.code, error.sequence), (Code::ImportConflict, sequence), "{error}");
    for part in ["old entry 100", "its own sequence 101", &format!("/{field} was"), &was] {
        assert!(error.message.contains(part), "{part:?} is not in {error}");
    }
    assert!(error.remedy().contains("--name"), "{}", error.remedy());

    // Under a name of its own it is another history, with that entry altered.
    let other = ImportOptions { name: Some("edited".into()), ..home.options() };
    let outcome = home.import_with(&edited, &other).unwrap();
    assert_eq!((outcome.imported, outcome.verdicts.altered), (205, 1));
    let altered: Vec<Finding> = outcome.findings().filter(|f| f.code == "LG_405").collect();
    let places: Vec<_> = altered.iter().map(|f| (f.index, f.old_sequence)).collect();
    assert_eq!(places, [(Some(100), Some(101))]);
    assert_eq!(outcome.stream.as_str(), "import/edited");
    home.verify();
}

#[test]
fn another_layout_of_the_same_file_is_no_change() {
    let home = Home::new();
    home.import(&path(FIRST)).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text(FOURTH)).unwrap();
    let compact = home.import_bytes(file.to_string()).unwrap();
    assert_eq!((compact.entries, compact.imported), (205, 48));
    let pretty =
        home.import_bytes(serde_json::to_string_pretty(&file).unwrap().replace('\n', "\r\n")).unwrap();
    assert_eq!((pretty.entries, pretty.imported), (205, 0));
    assert_eq!(pretty.verdicts, verdicts(196, 9));
    home.verify();
}

#[test]
fn originals_are_kept_byte_for_byte() {
    let home = Home::new();
    let file = text(FOURTH);
    let outcome = home.import(&path(FOURTH)).unwrap();
    let mut rest = file.as_str();
    for row in outcome.rows() {
        let original = home.original(row.sequence.unwrap());
        let at = rest.find(&original).unwrap_or_else(|| panic!("entry {} is not in the file", row.index));
        rest = rest.split_at(at + original.len()).1;
    }
}

#[test]
fn strict_imports_all_or_nothing() {
    let home = Home::new();
    let size = home.size();
    let strict = ImportOptions { strict: true, ..home.options() };
    let refused = home.import_with(&path(FIRST), &strict).unwrap();
    assert!(refused.refused);
    assert_eq!((refused.imported, refused.verdicts, home.size()), (0, verdicts(148, 9), size));
    assert!(refused.rows().all(|r| r.sequence.is_none()));
    assert_eq!(refused.rows().count(), 157);
    // Without the entries that were never hashed it is strict enough.
    let mut file: serde_json::Value = serde_json::from_str(&text(FIRST)).unwrap();
    file["entries"].as_array_mut().unwrap().retain(|e| e.get("entry_hash").is_some());
    let outcome = home.import_with(&home.file("hashed.json", file.to_string()), &strict).unwrap();
    assert_eq!((outcome.refused, outcome.imported, outcome.verdicts), (false, 148, verdicts(148, 0)));
}

#[test]
fn the_json_report_has_every_field() {
    let home = Home::new();
    let mut out = Vec::new();
    home.import(&path(FOURTH)).unwrap().write_json(&mut out).unwrap();
    assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 1);
    let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((report["entries"].as_u64(), report["imported"].as_u64()), (Some(205), Some(205)));
    assert_eq!(
        report["verdicts"],
        serde_json::json!({"intact": 196, "unhashed": 9, "altered": 0, "malformed": 0})
    );
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 205);
    let row = serde_json::json!({"index": 204, "sequence": home.size() - 1, "verdict": "intact", "dialect": "spaced"});
    assert_eq!(rows[204], row);
    assert_eq!(rows[0]["dialect"], serde_json::Value::Null);
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["code"].as_str().unwrap().starts_with("LG_40"), "{finding}");
        assert!(finding["name"].is_string() && finding["kind"].is_string() && finding["message"].is_string());
    }
}
