//! `log`: each filter against the same question asked of the whole log, and following a writer.

use ledger_tests::binary::Place;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

/// A log with several streams, types, actors and times.
fn varied() -> Place {
    let place = Place::with_ledger();
    let artifact = format!(r#"{{"name":"a","digest":"sha256:{}"}}"#, "0".repeat(64));
    for n in 0..12 {
        let stream = ["notes", "notes/a", "notes/ab", "notes/a/b"][n % 4];
        let actor = ["GID-H01", "GID-01"][n % 2];
        place.json(["append", "note", "--data", r#"{"text":"a"}"#, "--stream", stream, "--actor", actor]);
        if n % 5 == 0 {
            place.json(["append", "artifact", "--data", &artifact]);
        }
    }
    place
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap()
}

#[test]
fn filters() {
    let place = varied();
    let all = place.lines(["log"]);
    let middle = text(&all[20], "time").to_owned();
    let day = &text(&all[0], "time")[..10];
    type Expected<'a> = Box<dyn Fn(usize, &Value) -> bool + 'a>;
    let cases: Vec<(Vec<&str>, Expected<'_>)> = vec![
        (vec!["--stream", "notes"], Box::new(|_, e| text(e, "subject") == "notes")),
        (vec!["--stream", "notes/*"], Box::new(|_, e| text(e, "subject").starts_with("notes/"))),
        (vec!["--stream", "notes/a"], Box::new(|_, e| text(e, "subject") == "notes/a")),
        (vec!["--stream", "nothing"], Box::new(|_, _| false)),
        (vec!["--type", "note.recorded"], Box::new(|_, e| text(e, "type") == "note.recorded")),
        (vec!["--type", "a*"], Box::new(|_, e| text(e, "type").starts_with('a'))),
        (vec!["--actor", "GID-01"], Box::new(|_, e| text(e, "actor") == "GID-01")),
        (vec!["--since", &middle], Box::new(|_, e| text(e, "time") >= middle.as_str())),
        (vec!["--until", &middle], Box::new(|_, e| text(e, "time") < middle.as_str())),
        (vec!["--since", day], Box::new(|_, _| true)),
        (vec!["--until", day], Box::new(|_, _| false)),
        (vec!["--from", "13"], Box::new(|n, _| n >= 13)),
        (vec!["--from", "13", "--to", "15"], Box::new(|n, _| (13..15).contains(&n))),
        (vec!["--from", "99"], Box::new(|_, _| false)),
        (vec!["--last", "3"], Box::new(|n, _| n >= all.len() - 3)),
        (vec!["--last", "99"], Box::new(|_, _| true)),
        (vec!["--limit", "4"], Box::new(|n, _| n < 4)),
        (vec!["--limit", "0"], Box::new(|_, _| false)),
        (
            vec!["--last", "5", "--actor", "GID-01"],
            Box::new(|n, e| n >= all.len() - 5 && text(e, "actor") == "GID-01"),
        ),
        (
            vec!["--type", "note.recorded", "--actor", "GID-01", "--from", "15"],
            Box::new(|n, e| n >= 15 && text(e, "type") == "note.recorded" && text(e, "actor") == "GID-01"),
        ),
    ];
    for (args, expected) in cases {
        let expected: Vec<&Value> =
            all.iter().enumerate().filter(|(n, e)| expected(*n, e)).map(|(_, e)| e).collect();
        let found = place.lines(["log"].iter().chain(&args));
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{args:?}");
        // As a table: a heading and a row for each, or a word that there is nothing.
        let table = place.ok(["log"].iter().chain(&args)).out;
        let rows = if expected.is_empty() { 1 } else { expected.len() + 1 };
        assert_eq!(table.lines().count(), rows, "{args:?}\n{table}");
    }
    let limited = place.lines(["log", "--actor", "GID-01", "--limit", "2"]);
    assert!(limited.len() == 2 && limited.iter().all(|e| e["actor"] == "GID-01"));
}

#[test]
fn a_long_log_is_paged_and_says_nothing_more() {
    let place = Place::with_ledger();
    let lines = "{\"kind\":\"note\",\"data\":{\"text\":\"a\"}}\n".repeat(987);
    assert_eq!(place.run_on(lines.as_bytes(), ["append", "--batch", "-"]).out, "committed 987 intents\n");
    let said = place.ok(["log"]).out;
    let rows = said.lines().filter(|l| l.contains(" GID-H01 ")).count();
    assert_eq!(rows, 1000);
    assert!(
        said.lines().last().unwrap().contains(" 999 ") && !said.contains("no entries"),
        "{:?}",
        said.lines().last()
    );
}

#[test]
fn following_shows_what_others_append() {
    let place = Place::with_ledger();
    let mut command = place.command(["log", "--follow", "--json", "--from", "12", "--type", "note.*"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for n in 0..3 {
        let note = place.note(&n.to_string());
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["id"], note["id"]);
        assert_eq!(line["data"]["text"], n.to_string());
    }
    child.kill().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    child.wait().unwrap();
    assert_eq!(errors, "");
}

#[test]
fn following_ends_at_its_limit_and_when_nobody_reads() {
    let place = Place::with_ledger();
    let follow = |args: &[&str]| {
        let mut command = place.command(["log", "--follow", "--json", "--from", "13"].iter().chain(args));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (limited, mut unread) = (follow(&["--limit", "2"]), follow(&[]));
    drop(unread.stdout.take());
    std::thread::sleep(Duration::from_millis(50));
    place.note("a");
    place.note("b");
    let output = limited.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout.iter().filter(|b| **b == b'\n').count(), 2);
    let output = unread.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
