//! Every system call of a commit failed in turn, and the program killed at each: strace stands between the real binary and the system.
//!
//! Not the store's own fault disk (`store/`), which knows only the store's calls: here sled, the marker, the lock and the output fail
//! too. Invariant: whatever fails, the next run opens, knows all that was acknowledged, verifies, and appends. Source: DESIGN.md §9.

use ledger_core::entry::event_json;
use ledger_tests::binary::{Place, Said};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Calls that change something: each is failed and killed at.
const WRITING: &[&str] = &["pwrite64", "write", "fdatasync", "fsync", "ftruncate", "mkdir", "unlink"];
/// Calls that open and read: each is failed.
const READING: &[&str] = &["openat", "pread64", "read", "flock", "getdents64"];

/// Whether strace can be used here; in CI it must.
fn can_trace() -> bool {
    let place = Place::new();
    let traced = place.wrapped(["strace", "-f", "-qq", "-o", "trace"], ["--version"]).output();
    let works = traced.is_ok_and(|o| o.status.success());
    if !works {
        assert!(std::env::var_os("CI").is_none(), "CI must have strace and allow it");
        println!("skipped: strace is missing, or may not trace here");
    }
    works
}

/// How often each thread makes these calls at most, in one run without faults. (strace counts for each thread.)
fn counts(place: &Place, calls: &[&'static str], args: &[&str]) -> Vec<(&'static str, usize)> {
    let trace = place.root().join("trace");
    let list = format!("trace={}", calls.join(","));
    let said =
        Said::of(place.wrapped(["strace", "-f", "-qq", "-e", &list, "-o", trace.to_str().unwrap()], args));
    assert_eq!(said.code(), 0, "{said:?}");
    let text = std::fs::read_to_string(trace).unwrap();
    let begun = text.lines().filter(|l| !l.contains("resumed>") && !l.contains("+++") && !l.contains("---"));
    let mut threads: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in begun {
        let (thread, call) = line.split_once(' ').unwrap();
        *threads.entry((thread, call.trim_start().split('(').next().unwrap())).or_default() += 1;
    }
    let most =
        |call: &str| threads.iter().filter(|((_, c), _)| *c == call).map(|(_, n)| *n).max().unwrap_or(0);
    calls.iter().map(|call| (*call, most(call))).collect()
}

/// Runs the program with one fault.
fn with_fault(place: &Place, call: &str, fault: &str, when: usize, args: &[&str]) -> Said {
    let inject = format!("inject={call}:{fault}:when={when}");
    let trace = format!("trace={call}");
    Said::of(place.wrapped(["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject], args))
}

/// Ids and leaf hashes of the log, in order.
fn log(place: &Place, after: &str) -> Vec<(String, String)> {
    let said = place.run(["log", "--json"]);
    assert_eq!((said.code(), said.err.as_str()), (0, ""), "{after}: {said:?}");
    let read = |line: &str| {
        let entry = event_json::read(line.as_bytes()).unwrap();
        (entry.parse().unwrap().id.to_owned(), entry.leaf_hash().to_hex())
    };
    said.out.lines().map(read).collect()
}

/// A ledger that lives through fault after fault, and what it has acknowledged.
struct Survivor {
    place: Place,
    acknowledged: Vec<(u64, String, String)>,
    runs: usize,
    failed: usize,
}

impl Survivor {
    fn new() -> Self {
        Self { place: Place::with_ledger(), acknowledged: Vec::new(), runs: 0, failed: 0 }
    }

    fn acknowledge(&mut self, output: &str, after: &str) {
        for line in output.split_inclusive('\n').filter(|l| l.ends_with('\n')) {
            let receipt: Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{after}: {e}: {line}"));
            let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
            self.acknowledged.push((receipt["sequence"].as_u64().unwrap(), text("id"), text("leaf_hash")));
        }
    }

    /// One append under one fault, and everything that must hold afterwards.
    fn endure(&mut self, call: &str, fault: &str, when: usize) {
        let after = format!("{call} {fault} at {when}");
        let id = format!("run-{}", self.runs);
        self.runs += 1;
        let data = format!(r#"{{"text":"{after}"}}"#);
        let args = ["append", "note", "--data", &data, "--id", &id, "--json"];
        let said = with_fault(&self.place, call, fault, when, &args);
        assert!(!said.err.contains("panicked"), "{after}: {said:?}");
        self.failed += usize::from(said.code() != 0);
        if said.code() == 0 {
            assert_eq!(said.out.lines().count(), 1, "{after}: success without a receipt: {said:?}");
        } else if said.code() == 1 {
            let _ = said.error();
        }
        self.acknowledge(&said.out, &after);
        // The next run opens, and appends what the last one may or may not have appended, once.
        let again = self.place.run(args);
        assert_eq!(
            (again.code(), again.err.as_str()),
            (0, ""),
            "the run after {after} ({said:?}): {again:?}"
        );
        self.acknowledge(&again.out, &after);
        let log = log(&self.place, &after);
        for (sequence, id, hash) in &self.acknowledged {
            let found = usize::try_from(*sequence).ok().and_then(|n| log.get(n));
            assert_eq!(found, Some(&(id.clone(), hash.clone())), "{after}: acknowledged as {sequence}");
        }
        assert_eq!(log.len(), 13 + self.runs, "{after}: each note once");
        if self.runs.is_multiple_of(5) {
            self.verify(&after);
        }
    }

    fn verify(&self, after: &str) {
        let said = self.place.run(["verify", "--json"]);
        assert_eq!((said.code(), said.err.as_str()), (0, ""), "{after}: {said:?}");
    }
}

/// Fails each of these calls at each of its turns with each of these faults.
fn endure_all(calls: &[&'static str], faults: &[&str]) {
    if !can_trace() {
        return;
    }
    let mut survivor = Survivor::new();
    let probe = ["append", "note", "--data", r#"{"text":"x"}"#, "--id", "probe"];
    let counts = counts(&Place::with_ledger(), calls, &probe);
    for (call, count) in &counts {
        for when in 1..=*count {
            for fault in faults {
                survivor.endure(call, fault, when);
            }
        }
    }
    survivor.verify("everything");
    println!("{counts:?}: {} runs with a fault, {} of them failed", survivor.runs, survivor.failed);
    assert!(survivor.failed > 0, "no fault was ever felt");
}

#[test]
fn each_writing_call_fails() {
    endure_all(WRITING, &["error=EIO"]);
}

#[test]
fn the_disk_is_full_at_each_write() {
    endure_all(&["pwrite64", "write", "ftruncate"], &["error=ENOSPC"]);
}

#[test]
fn killed_at_each_writing_call() {
    endure_all(WRITING, &["signal=KILL"]);
}

#[test]
fn each_reading_call_fails() {
    endure_all(READING, &["error=EIO"]);
}

/// The entry that fills a tile also feeds the database.
#[test]
fn each_writing_call_fails_or_is_killed_when_a_tile_fills() {
    if !can_trace() {
        return;
    }
    let base = Place::with_ledger();
    let lines: String =
        (0..242).map(|n| format!("{{\"kind\":\"note\",\"data\":{{\"text\":\"{n}\"}}}}\n")).collect();
    assert_eq!(base.run_on(lines.as_bytes(), ["append", "--batch", "-"]).code(), 0);
    let args = ["append", "note", "--data", r#"{"text":"the 256th"}"#, "--id", "last", "--json"];
    let before = log(&base, "");
    assert_eq!(before.len(), 255);
    for (call, count) in counts(&copy(&base), WRITING, &args) {
        for (when, fault) in (1..=count).flat_map(|n| [(n, "error=EIO"), (n, "signal=KILL")]) {
            let place = copy(&base);
            let after = format!("{call} {fault} at {when}");
            let said = with_fault(&place, call, fault, when, &args);
            assert!(said.code() != 0 || said.out.lines().count() == 1, "{after}: {said:?}");
            let again = place.run(args);
            assert_eq!(again.code(), 0, "the run after {after} ({said:?}): {again:?}");
            let now = log(&place, &after);
            assert_eq!(
                (&now[..255], now[255].0.as_str(), now.len()),
                (&before[..], "notes/last", 256),
                "{after}"
            );
            assert_eq!(place.run(["show", "notes/last"]).code(), 0, "{after}");
            let said = place.run(["verify"]);
            assert_eq!(said.code(), 0, "{after}: {said:?}");
        }
    }
}

fn copy(base: &Place) -> Place {
    let place = Place::new();
    for (from, to) in [(&base.data, &place.data), (&base.state, &place.state)] {
        copy_tree(from, to);
    }
    place
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn each_writing_call_of_init_fails_or_is_killed() {
    if !can_trace() {
        return;
    }
    for (call, count) in counts(&Place::new(), WRITING, &["init"]) {
        for (when, fault) in (1..=count).flat_map(|n| [(n, "error=EIO"), (n, "signal=KILL")]) {
            let place = Place::new();
            let after = format!("{call} {fault} at {when}");
            let said = with_fault(&place, call, fault, when, &["init"]);
            assert!(!said.err.contains("panicked"), "{after}: {said:?}");
            let status = place.run(["status", "--json"]);
            if status.code() != 0 {
                assert!(said.code() != 0 && status.error() == "LG_200", "{after}: {said:?} {status:?}");
                // Some say that an append finishes what was begun.
                let finished = status.err.contains("to finish it");
                if !finished {
                    assert_eq!(
                        place.run(["append", "note", "--data", r#"{"text":"a"}"#]).error(),
                        "LG_200",
                        "{after}"
                    );
                    let _ = std::fs::remove_dir_all(&place.data);
                    place.ok(["init"]);
                }
            }
            place.note("made");
            assert_eq!(place.run(["verify"]).code(), 0, "{after}");
        }
    }
}
