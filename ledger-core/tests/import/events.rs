//! Histories in JSON lines: our own log, events of others, large ones, interrupted ones, and streams that are not an import's.

use super::Home;
use ledger_core::entry::event_json;
use ledger_core::import::{Format, ImportOptions, Source, Verdicts, import};
use ledger_core::intent::Intent;
use ledger_core::names::Stream;
use ledger_core::{Code, Error};
use std::fmt::Write as _;

/// The log of a ledger as `log --json` prints it.
fn export(home: &Home) -> Vec<String> {
    let entries = home.ledger.sequencer().store().entries(0, usize::MAX).unwrap();
    let line = |entry: &ledger_core::entry::Entry| {
        let mut line = Vec::new();
        event_json::write(&entry.as_record(), &mut line).unwrap();
        String::from_utf8(line).unwrap()
    };
    entries.iter().map(line).collect()
}

fn note(home: &Home, text: &str) -> u64 {
    let data = serde_json::json!({ "text": text }).to_string();
    let intent = Intent::new("note", data.as_bytes(), None, home.human.clone(), None).unwrap();
    home.ledger.append(intent).unwrap().sequence
}

fn events(range: std::ops::Range<u64>) -> String {
    range.fold(String::new(), |mut text, i| {
        let id = i * 7;
        writeln!(text, r#"{{"specversion":"1.0","id":"{id}","source":"urn:x:\"q\"","type":"t","data":{{"n":{i},"e":"\u00e9é"}}}}"#)
            .unwrap();
        text
    })
}

#[test]
fn our_own_log_comes_in_intact() {
    let (home, other) = (Home::new(), Home::new());
    for i in 0..20 {
        note(&home, &format!("note {i} with \"quotes\" and ünïcödé"));
    }
    let lines = export(&home);
    // Line ends of another system, blank lines, and no end of the last line.
    let file = format!("\r\n{}", lines.join("\r\n\n  \r\n"));
    for target in [&home, &other] {
        let strict = ImportOptions { strict: true, ..target.options() };
        let outcome = target.import_with(&target.file("log.jsonl", &file), &strict).unwrap();
        assert_eq!(
            (outcome.format, outcome.stream.as_str()),
            (Format::CloudEvents, "import/ledger.example-import")
        );
        assert_eq!((outcome.imported, outcome.verdicts.intact), (lines.len() as u64, lines.len() as u64));
        for (row, line) in outcome.rows().zip(&lines) {
            assert_eq!(target.original(row.sequence.unwrap()), *line);
        }
        target.verify();
    }
    // Another spelling of the same events is no change; a further one is appended.
    let mut spelled: Vec<String> =
        lines.iter().map(|l| l.replacen('{', "{ ", 1).replace("\":", "\" : ")).collect();
    spelled.push(export(&home).pop().unwrap());
    let outcome = home.import_bytes(spelled.join("\n")).unwrap();
    assert_eq!((outcome.entries, outcome.imported), (lines.len() as u64 + 1, 1));
    // A history of one import inside another is still intact.
    assert_eq!(outcome.verdicts.intact, outcome.entries);
}

#[test]
fn events_that_were_changed_are_found_and_kept() {
    let home = Home::new();
    for i in 0..5 {
        note(&home, &format!("note {i}"));
    }
    let mut lines = export(&home);
    let last = lines.len() - 1;
    lines[last] = lines[last].replace("note 4", "note 5");
    lines[last - 1] = lines[last - 1].replacen("\"time\":\"2", "\"time\":\"x", 1);
    lines.push(r#"{"specversion":"1.0","id":"1","source":"s","type":"t"}"#.to_owned());
    let outcome = home.import_bytes(lines.join("\n")).unwrap();
    let intact = last as u64 - 1;
    assert_eq!(outcome.verdicts, Verdicts { intact, unhashed: 1, altered: 1, malformed: 1 });
    let found: Vec<_> = outcome.findings().map(|f| (f.code, f.kind, f.index)).collect();
    assert_eq!(
        found,
        [("LG_405", "HASH_MALFORMED", Some(last as u64 - 1)), ("LG_405", "HASH_ALTERED", Some(last as u64)),]
    );
    home.verify();
}

#[test]
fn an_interrupted_import_goes_on_where_it_was() {
    let home = Home::new();
    let (total, stopped) = (20_000, Error::new(Code::Stopped, "the user had enough"));
    let path = home.file("events.jsonl", events(0..total));
    // Between commits others append: the rest is chained anew. At the second commit the import is stopped.
    let mut commits = 0;
    let interrupted = import(&home.ledger, Source::File(&path), &home.options(), &mut |what, done, all| {
        if what == "importing" {
            assert!(done > 0 && done < all && all == total, "{done} of {all}");
            commits += 1;
            note(&home, "beside the import");
        }
        if commits < 2 { Ok(()) } else { Err(stopped.clone()) }
    });
    assert_eq!(interrupted.unwrap_err(), stopped);
    let held = home.ledger.sequencer().store().stream_len("import/urn:x:-q").unwrap();
    assert!(held > 0 && held < total, "{held}");

    let outcome = home.import(&path).unwrap();
    assert_eq!((outcome.entries, outcome.imported, outcome.verdicts.unhashed), (total, total - held, total));
    let again = home.import(&path).unwrap();
    assert_eq!(again.imported, 0);
    assert!(again.rows().eq(outcome.rows()));
    let last = home.original(again.rows().last().unwrap().sequence.unwrap());
    assert_eq!(last, events(total - 1..total).trim_end());
    home.verify();
}

#[test]
fn the_same_history_gives_the_same_bytes() {
    let journal = || {
        let home = Home::new();
        home.import_bytes(events(0..20_000)).unwrap();
        std::fs::read(home.dir().join("journal/00000000.seg")).unwrap()
    };
    assert!(journal() == journal());
}

#[test]
fn a_shorter_or_changed_file_appends_nothing() {
    let home = Home::new();
    home.import_bytes(events(0..50)).unwrap();
    let size = home.size();
    let shorter = home.import_bytes(events(0..49)).unwrap();
    assert_eq!((shorter.entries, shorter.imported, home.size()), (49, 0, size));
    let finding = shorter.findings().last().unwrap();
    assert_eq!((finding.code, finding.index), ("LG_406", None));
    assert!(finding.message.contains("49") && finding.message.contains("50"), "{}", finding.message);

    let changed = events(0..60).replacen("\"n\":17,", "\"n\":71,", 1);
    let error = home.refuse(&home.file("changed", changed), &home.options());
    assert_eq!(error.code, Code::ImportConflict);
    assert!(
        error.message.contains("old entry 17") && error.message.contains("/data/n was 17 and is 71"),
        "{error}"
    );
}

#[test]
fn a_stream_that_is_no_import_of_a_file_is_left_alone() {
    let home = Home::new();
    let data = br#"{"format":"cloudevents","index":0,"original":"{}","verdict":"unhashed"}"#;
    let stream = Stream::new("import/urn:x:-q").unwrap();
    let intent = Intent::new("import_history", data, None, home.human.clone(), Some(stream)).unwrap();
    home.ledger.append(intent).unwrap();
    let path = home.file("events", events(0..3));
    let error = home.refuse(&path, &home.options());
    assert_eq!(error.code, Code::ImportConflict);
    assert!(error.remedy().contains("--name"));
    let named = ImportOptions { name: Some("of/its.own".into()), ..home.options() };
    assert_eq!(home.import_with(&path, &named).unwrap().imported, 3);

    // Events under the name of a history in another format.
    let old = r#"{"sequence_state":{},"entries":[{"sequence":1}]}"#;
    home.import_bytes(old).unwrap();
    let error = home.refuse(&path, &ImportOptions { name: Some("chainbridge".into()), ..home.options() });
    assert_eq!(error.code, Code::ImportConflict);
    assert!(error.message.contains("chainbridge, not cloudevents"), "{error}");
}

#[test]
fn a_stream_of_bytes_will_do() {
    let home = Home::new();
    let text = events(0..9);
    let mut pipe = text.as_bytes();
    let source = Source::Reader("standard input", &mut pipe);
    let outcome = import(&home.ledger, source, &home.options(), &mut |_, _, _| Ok(())).unwrap();
    assert_eq!(outcome.imported, 9);
    let left: Vec<_> = std::fs::read_dir(home.dir()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("import")), "{left:?}");
    let mut empty: &[u8] = b"";
    let source = Source::Reader("standard input", &mut empty);
    let error = import(&home.ledger, source, &home.options(), &mut |_, _, _| Ok(())).unwrap_err();
    assert_eq!(error.message, "standard input is empty");
}
