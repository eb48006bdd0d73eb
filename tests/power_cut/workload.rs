//! The work during which the power fails: the same entries into the ledger and into plain sled, each in a process that strace watches.

use crate::trace::{self, CALLS, Op};
use ledger_core::intent::Intent;
use ledger_core::ledger::{InitOptions, Ledger, Location, init};
use ledger_core::names::Gid;
use ledger_core::sequencer::{Receipt, Request, Sources};
use ledger_core::store::local::LocalOptions;
use ledger_core::time::{SystemClock, SystemRandom};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Workload of this name: the ledger.
pub const LEDGER: &str = "ledger";
/// Workload of this name: the control.
pub const SLED: &str = "sled";
/// How often the store is opened and closed.
const ROUNDS: usize = 5;
/// Commits in between.
const COMMITS: usize = 25;

/// Short segments, so that the power also fails while one is begun.
pub fn location(root: &Path) -> Location {
    let options = LocalOptions { segment_bytes: 160 << 10, ..LocalOptions::default() };
    let mut location = Location::new(&root.join("ledger"));
    (location.state, location.options) = (Some(root.join("state")), options);
    location
}

/// Runs a workload under strace; gives what it did.
pub fn record(name: &str) -> Vec<Op> {
    let scratch = tempfile::Builder::new().prefix("ledger-power-").tempdir().unwrap();
    let (root, recording) = (scratch.path().join("root"), scratch.path().join("recording"));
    std::fs::create_dir(&root).unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-xx", "-s", "40000000", "-e", CALLS, "-o"]).arg(&recording);
    strace.arg(std::env::current_exe().unwrap()).arg(name).arg(&root);
    let output = strace.output().expect("strace must be installed, and allowed to trace");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    trace::read(&std::fs::read_to_string(&recording).unwrap(), &root)
}

/// The watched process.
pub fn work(name: &str, root: &Path) {
    let told = File::create(root.join("acknowledgements")).unwrap();
    match name {
        LEDGER => work_ledger(root, told),
        SLED => work_sled(root, told),
        other => panic!("there is no workload {other}"),
    }
}

/// Sizes of the notes of one commit: from one small one to dozens of mixed ones.
fn sizes(round: usize, commit: usize) -> impl Iterator<Item = usize> {
    let n = round * COMMITS + commit;
    (0..1 + n * 7 % 43).map(move |k| (n * 31 + k * 97) % 700)
}

fn note(size: usize) -> Intent {
    let data = format!(r#"{{"text":"{}"}}"#, "x".repeat(size + 1));
    Intent::new("note", data.as_bytes(), None, Gid::new("GID-H01").unwrap(), None).unwrap()
}

fn work_ledger(root: &Path, mut told: File) {
    let location = location(root);
    let sources = || Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) };
    let options = InitOptions { origin: None, human: "Ada".to_owned(), profile: "default".to_owned() };
    drop(init(&location, &options, sources()).unwrap());
    told.write_all(b"made\n").unwrap();
    for round in 0..ROUNDS {
        let ledger = Ledger::open_with(&location, sources()).unwrap();
        for commit in 0..COMMITS {
            let request = |size| Request::new(vec![note(size)]);
            let requests: Vec<Request> = sizes(round, commit).map(request).collect();
            let answers = ledger.submit_all(&requests);
            let receipts = answers.into_iter().flat_map(Result::unwrap);
            let line = |r: Receipt| format!("{} {}\n", r.sequence, r.leaf_hash);
            told.write_all(receipts.map(line).collect::<String>().as_bytes()).unwrap();
        }
    }
}

/// What stands under a key in the control.
pub fn value(key: u64) -> Vec<u8> {
    let size = 700 + usize::try_from(key).unwrap() * 97 % 700;
    key.to_be_bytes().into_iter().cycle().take(size).collect()
}

fn work_sled(root: &Path, mut told: File) {
    let mut key = 0_u64;
    for round in 0..ROUNDS {
        let database = sled::open(root.join("sled")).unwrap();
        for commit in 0..COMMITS {
            let mut batch = sled::Batch::default();
            for _ in sizes(round, commit) {
                batch.insert(&key.to_be_bytes(), value(key));
                key += 1;
            }
            database.apply_batch(batch).unwrap();
            database.flush().unwrap();
            told.write_all(format!("{key}\n").as_bytes()).unwrap();
        }
    }
}
