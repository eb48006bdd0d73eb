//! After the power is back: does it open, is everything there that was acknowledged, is it whole, can one go on?

use crate::disk::Image;
use crate::workload::{location, value};
use ledger_core::Code;
use ledger_core::entry::Entry;
use ledger_core::intent::Intent;
use ledger_core::ledger::{Ledger, Location};
use ledger_core::names::Gid;
use ledger_core::verify::{Options, verify_directory};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Argument of the process that opens the control.
pub const LOOK_AT_SLED: &str = "look-at-sled";

/// What became of a store.
pub enum Outcome {
    /// Everything is there and works.
    Intact,
    /// It opens, and something that was acknowledged is not there.
    Lost(String),
    /// It does not open, crashes, hangs, or does not verify.
    Unreadable(String),
}

/// Opens the ledger, compares, verifies, opens it again and appends.
pub fn ledger(image: &Image, root: &Path) -> Outcome {
    let location = location(root);
    let told: String = image.acknowledged.concat();
    match reopen(&location) {
        Err(e) if told.is_empty() && e.code == Code::NotALedger => return Outcome::Intact,
        Err(e) => return Outcome::Unreadable(e.to_string()),
        Ok(entries) => {
            for line in told.lines().filter(|l| *l != "made") {
                let (sequence, hash) = line.split_once(' ').unwrap();
                let entry = entries.get(sequence.parse::<usize>().unwrap());
                if entry.is_none_or(|e| e.leaf_hash().to_hex() != hash) {
                    return Outcome::Lost(format!("entry {sequence}; {} entries are there", entries.len()));
                }
            }
        }
    }
    let report = match verify_directory(&location.dir, &Options::default()) {
        Ok(report) => report,
        Err(e) => return Outcome::Unreadable(e.to_string()),
    };
    if !report.ok {
        return Outcome::Unreadable(format!("{:?}", report.findings));
    }
    match Ledger::open(&location).and_then(|ledger| {
        let actor = Gid::new("GID-H01")?;
        ledger.append(Intent::new("note", br#"{"text":"on we go"}"#, None, actor, None)?)
    }) {
        Ok(receipt) if receipt.sequence == report.size => Outcome::Intact,
        Ok(receipt) => Outcome::Lost(format!("{} follows {} entries", receipt.sequence, report.size)),
        Err(e) => Outcome::Unreadable(format!("append: {e}")),
    }
}

fn reopen(location: &Location) -> ledger_core::Result<Vec<Entry>> {
    let ledger = Ledger::open(location)?;
    let sequencer = ledger.sequencer();
    sequencer.store().entries(0, usize::MAX)
}

/// Opens the control in a process of its own, because it may panic on a thread of its own, or hang.
pub fn sled(image: &Image, root: &Path) -> Outcome {
    let told = image.acknowledged.last().map_or("0", |last| last.trim_end());
    std::fs::write(root.join("told"), told).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.arg(LOOK_AT_SLED).arg(root).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if start.elapsed() > Duration::from_secs(20) => {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let verdict = std::fs::read_to_string(root.join("verdict")).unwrap_or_default();
    match (status, verdict.as_str()) {
        (Some(status), "held") if status.success() => Outcome::Intact,
        (_, lost) if lost.starts_with("key") => Outcome::Lost(lost.to_owned()),
        (Some(_), _) => Outcome::Unreadable("it panics or fails when it is opened".to_owned()),
        (None, _) => Outcome::Unreadable("it hangs".to_owned()),
    }
}

/// The looking process.
pub fn look_at_sled(root: &Path) {
    let told: u64 = std::fs::read_to_string(root.join("told")).unwrap().parse().unwrap();
    let database = sled::open(root.join("sled")).unwrap();
    let wrong = (0..told).find(|key| {
        let found = database.get(key.to_be_bytes()).unwrap();
        found.is_none_or(|v| v != value(*key))
    });
    let verdict =
        wrong.map_or("held".to_owned(), |key| format!("key {key} of {told} that were flushed is not there"));
    std::fs::write(root.join("verdict"), verdict).unwrap();
}
