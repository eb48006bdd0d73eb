//! Power cuts, simulated: a real workload on a real directory is recorded system call by system call, then cut anywhere; the disk keeps
//! what was synced and a random part of the rest, in sectors of 512 bytes. The ledger must lose nothing that it acknowledged; plain sled
//! with the same entries is the control, which must lose some, or the simulation would show nothing.
//!
//! A long command, not part of the ordinary run: `just power-cut`. Not a test of the store alone (`store/crash.rs` freezes it at every
//! write): here everything that the process does to its files counts, sled and names included. Assumption, stated: a power cut does not damage what is already on the
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

/// Cuts of the ledger's recording, unless the command line says otherwise.
const CUTS: usize = 400;

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
fn cut(
    name: &'static str,
    ops: &[Op],
    cuts: usize,
    model: Model,
    look: impl Fn(&Image, &Path) -> Outcome,
) -> Row {
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

/// `power_cut [CUTS]`; the watched processes are this program too, with a name and a directory.
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match *words {
        [after::LOOK_AT_SLED, root] => after::look_at_sled(Path::new(root)),
        [workload, root] => workload::work(workload, Path::new(root)),
        [cuts] => power_cuts(cuts.parse().expect("a number of cuts")),
        _ => power_cuts(CUTS),
    }
}

fn power_cuts(cuts: usize) {
    let start = Instant::now();
    let (ledger, sled) = (workload::record(workload::LEDGER), workload::record(workload::SLED));
    describe("ledger", &ledger);
    describe("sled", &sled);
    let strict = Model { ranges_are_durable: false };
    let lenient = Model { ranges_are_durable: true };
    let fewer = cuts.div_ceil(8).max(8);
    let rows = [
        cut("this ledger", &ledger, cuts, strict, after::ledger),
        cut("control: sled 0.34.7, flush() after each batch", &sled, fewer, strict, after::sled),
        cut("  the same, were sync_file_range durable", &sled, fewer, lenient, after::sled),
    ];
    print(&rows);
    let [ours, control, _] = &rows;
    assert_eq!(ours.intact, ours.cuts, "{:?}", ours.first);
    assert!(control.intact < control.cuts, "the control lost nothing: the simulation shows nothing");
    println!("nothing was lost, and the control did lose something; {:.0} s", start.elapsed().as_secs_f64());
}
