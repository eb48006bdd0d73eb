//! Import of JSON lines, against sled taking the same lines and doing nothing with them; and what it costs when a tile touches many streams.

use crate::context::Context;
use crate::harness::{Durability, Lane, Race, Sample};
use crate::machine::bytes_below;
use crate::peers::sled::{Hand, bulk_insert};
use crate::report::{Row, Target};
use crate::scene::{Scene, pour};
use crate::workload::{ACTOR, event_line, intent_line};
use ledger_core::import::{ImportOptions, Source, import};
use ledger_core::names::Gid;
use std::path::Path;
use std::time::{Duration, Instant};

const SYNCED: Durability = Durability::Synced("fdatasync of each commit of thousands");
const LATER: Durability = Durability::Later("flush() at the end: sync_file_range, no fsync");
const STREAMS: [u64; 4] = [1, 10, 50, 256];

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    vec![events(context), streams(context)]
}

/// Works in an empty directory; only what `work` times counts.
fn in_fresh(context: &Context, operations: u64, work: impl FnOnce(&Path) -> Duration) -> Sample {
    let dir = context.fresh("import");
    let elapsed = work(&dir);
    let ledger = dir.join("scene").join("ledger");
    let bytes = bytes_below(if ledger.is_dir() { &ledger } else { &dir });
    std::fs::remove_dir_all(&dir).expect("clean up");
    Sample { operations, elapsed, bytes }
}

fn sled(context: &Context, lines: &[String], hand: Hand) -> Sample {
    in_fresh(context, lines.len() as u64, |dir| {
        let start = Instant::now();
        bulk_insert(dir, lines.iter().map(String::as_bytes), hand);
        start.elapsed()
    })
}

fn faster<'a>(lanes: &[Lane], names: [&'a str; 2]) -> &'a str {
    let median = |name: &str| lanes.iter().find(|l| l.name == name).map_or(0.0, |l| l.spread().median);
    if median(names[0]) >= median(names[1]) { names[0] } else { names[1] }
}

fn events(context: &Context) -> Row {
    let count = context.size(100_000, 1000);
    let lines: Vec<String> = (0..count).map(event_line).collect();
    let file = context.fresh("events").join("events.jsonl");
    std::fs::write(&file, lines.join("\n") + "\n").expect("file");
    let imported = || {
        in_fresh(context, count, |dir| {
            let (_scene, ledger) = Scene::create(&dir.join("scene"));
            let actor = Gid::new(ACTOR).expect("actor");
            let options = ImportOptions { format: None, name: None, actor, strict: false };
            let start = Instant::now();
            let outcome =
                import(&ledger, Source::File(&file), &options, &mut |_, _, _| Ok(())).expect("import");
            assert_eq!(outcome.imported, count);
            drop(ledger);
            start.elapsed()
        })
    };
    let lanes = Race::new()
        .enter("import", SYNCED, imported)
        .enter("sled, one by one", LATER, || sled(context, &lines, Hand::Single))
        .enter("sled, batches of 1000", LATER, || sled(context, &lines, Hand::Batches(1000)))
        .run(context.rounds);
    let peer = faster(&lanes, ["sled, one by one", "sled, batches of 1000"]);
    let bytes: usize = lines.iter().map(String::len).sum();
    Row::new("import", format!("import of {count} CloudEvents of {} bytes as JSON lines, one stream", bytes as u64 / count), "events", lanes)
        .rate("import", peer, Target::AtLeast(2.0))
        .note("the ledger is closed in order within the time; bytes are all files, the last segment's zeros included")
}

fn streams(context: &Context) -> Row {
    let count = context.size(100_000, 1000);
    let lines: Vec<Vec<String>> =
        STREAMS.iter().map(|s| (0..count).map(|n| intent_line(n, *s)).collect()).collect();
    let name = |streams: u64| format!("a tile touches {streams}");
    let mut race = Race::new();
    for (streams, lines) in STREAMS.iter().zip(&lines) {
        race = race.enter(name(*streams), SYNCED, || {
            in_fresh(context, count, |dir| {
                let (_scene, ledger) = Scene::create(&dir.join("scene"));
                let start = Instant::now();
                pour(&ledger, lines.iter());
                drop(ledger);
                start.elapsed()
            })
        });
    }
    let lanes = race
        .enter("sled, one by one", LATER, || sled(context, &lines[1], Hand::Single))
        .enter("sled, batches of 1000", LATER, || sled(context, &lines[1], Hand::Batches(1000)))
        .run(context.rounds);
    let peer = faster(&lanes, ["sled, one by one", "sled, batches of 1000"]);
    let row =
        Row::new("import", format!("{count} intents as JSON lines, notes in many streams"), "events", lanes);
    STREAMS
        .iter()
        .fold(row, |row, streams| row.rate(&name(*streams), peer, Target::None))
        .note("every intent has an id, is looked up by it, decided on by the rules and answered, without a proof; one thread parses, one commits")
}
