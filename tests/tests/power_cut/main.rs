//! Power cuts, simulated: a real workload on a real directory is recorded system call by system call, then cut anywhere; the disk keeps
//! what was synced and a random part of the rest, in sectors of 512 bytes. The ledger must lose nothing that it acknowledged; plain sled
//! with the same entries is the control, which must lose some, or the simulation would show nothing.
//!
//! A long command, not part of the ordinary run: `just power-cut`. Assumption, stated: a power cut does not damage what is already on the
//! disk. Source: DESIGN.md §4, §9.

mod after;
mod disk;
mod trace;
mod workload;

use after::Outcome;
use disk::{Image, Model, Random};
use std::path::Path;
use std::time::Instant;
use trace::Op;

/// One row of the table.
struct Row {
    name: &'static str,
    cuts: usize,
    intact: usize,
    lost: usize,
    unreadable: usize,
    first: Option<String>,
}

/// Cuts a recording at so many places and looks at what each leaves.
fn cut(name: &'static str, ops: &[Op], cuts: usize, model: Model, look: impl Fn(&Image, &Path) -> Outcome) -> Row {
    let mut row = Row { name, cuts, intact: 0, lost: 0, unreadable: 0, first: None };
    for n in 0..cuts {
        let seed = n as u64;
        let mut random = Random::new(seed);
        // Evenly over the recording, and a little beside.
        let at = (ops.len() * n / cuts + random.below(ops.len() / cuts + 1)).min(ops.len());
        let image = disk::cut(ops, at, model, &mut random);
        let scratch = tempfile::Builder::new().prefix("ledger-cut-").tempdir_in("/dev/shm").unwrap();
        image.write_to(scratch.path());
        let outcome = look(&image, scratch.path());
        let count = match &outcome {
            Outcome::Intact => &mut row.intact,
            Outcome::Lost(_) => &mut row.lost,
            Outcome::Unreadable(_) => &mut row.unreadable,
        };
        *count += 1;
        if let Outcome::Lost(why) | Outcome::Unreadable(why) = outcome {
            row.first.get_or_insert(format!("cut {n} at call {at} of {}: {why}", ops.len()));
        }
    }
    row
}

fn print(rows: &[Row]) {
    println!("\n{:<46} {:>5} {:>7} {:>6} {:>11}", "store", "cuts", "intact", "lost", "unreadable");
    for row in rows {
        println!("{:<46} {:>5} {:>7} {:>6} {:>11}", row.name, row.cuts, row.intact, row.lost, row.unreadable);
    }
    for row in rows {
        if let Some(first) = &row.first {
            println!("{}: {first}", row.name);
        }
    }
}

fn describe(name: &str, ops: &[Op]) {
    let count = |wanted: fn(&Op) -> bool| ops.iter().filter(|op| wanted(op)).count();
    println!(
        "{name}: {} calls: {} writes, {} syncs of files, {} of directories, {} of ranges; {} acknowledgements",
        ops.len(),
        count(|op| matches!(op, Op::Write { .. })),
        count(|op| matches!(op, Op::Sync { .. })),
        count(|op| matches!(op, Op::SyncDirectory { .. })),
        count(|op| matches!(op, Op::SyncRange { .. })),
        count(|op| matches!(op, Op::Acknowledge(_))),
    );
}

#[test]
#[ignore = "long: just power-cut"]
fn power_cut() {
    let cuts = |usual: usize| std::env::var("POWER_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let start = Instant::now();
    let ledger = workload::record("ledger");
    let sled = workload::record("sled");
    describe("ledger", &ledger);
    describe("sled", &sled);
    let strict = Model { ranges_are_durable: false };
    let lenient = Model { ranges_are_durable: true };
    let rows = [
        cut("this ledger", &ledger, cuts(400), strict, after::ledger),
        cut("control: sled 0.34.7, flush() after each batch", &sled, cuts(400) / 8, strict, after::sled),
        cut("  the same, were sync_file_range durable", &sled, cuts(400) / 8, lenient, after::sled),
    ];
    print(&rows);
    println!("{:.0} s", start.elapsed().as_secs_f64());
    let [ours, control, _] = &rows;
    assert_eq!(ours.intact, ours.cuts, "{:?}", ours.first);
    assert!(control.intact < control.cuts, "the control lost nothing: the simulation shows nothing");
}
