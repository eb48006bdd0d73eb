//! Durable append, many callers: how well one sync is shared.

use super::append_one::commit_bytes;
use crate::context::Context;
use crate::harness::{Durability, Race, Sample};
use crate::machine::syncs_per_second;
use crate::peers::file::GroupCommit;
use crate::peers::sqlite::Chain;
use crate::report::{Row, Target};
use crate::scene::Scene;
use crate::workload::{even_note, intent};
use ledger_core::sequencer::queue::{Bounds, deliver};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

/// Callers that each append until the time is over; all that they append counts, and so does the time until the last has its answer.
pub fn callers(count: usize, time: Duration, bytes: usize, append: impl Fn(usize) + Sync) -> Sample {
    let (done, barrier) = (AtomicU64::new(0), Barrier::new(count + 1));
    let start = std::thread::scope(|scope| {
        for caller in 0..count {
            let (done, barrier, append) = (&done, &barrier, &append);
            scope.spawn(move || {
                barrier.wait();
                let start = Instant::now();
                while start.elapsed() < time {
                    append(caller);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        barrier.wait();
        Instant::now()
    });
    let operations = done.into_inner();
    Sample { operations, elapsed: start.elapsed(), bytes: operations * bytes as u64 }
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    if context.quick { vec![row(context, 8)] } else { vec![row(context, 64), row(context, 256)] }
}

fn row(context: &Context, count: usize) -> Row {
    let dir = context.fresh(&format!("append-{count}"));
    let (_scene, mut ledger) = Scene::create(&dir.join("scene"));
    let bytes = commit_bytes(&ledger);
    ledger.start_queue(Bounds::default(), Box::new(|_| ()), Box::new(deliver)).expect("queue");
    let file = GroupCommit::new(&dir);
    let path = dir.join("chain.sqlite");
    let chains: Vec<Mutex<Chain>> = (0..count).map(|_| Mutex::new(Chain::open(&path))).collect();
    let time = Duration::from_millis(context.size(700, 60));
    let next = AtomicU64::new(1);
    let syncs = syncs_per_second(&dir);
    let lanes = Race::new()
        .enter(
            "ledger",
            Durability::Synced("group commit: fdatasync before the answer, checkpoint signed, full receipt"),
            || {
                callers(count, time, bytes.len(), |_| {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    ledger.append(intent(&even_note(n), None)).expect("append");
                })
            },
        )
        .enter("file", Durability::Synced("one leader writes and syncs for all who wait"), || {
            callers(count, time, bytes.len(), |_| file.append(&bytes))
        })
        .enter(
            "SQLite chain",
            Durability::Synced("WAL, synchronous=FULL, a connection for each caller"),
            || callers(count, time, bytes.len(), |caller| chains[caller].lock().unwrap().append(&bytes)),
        )
        .run(context.rounds);
    let syncs = f64::midpoint(syncs, syncs_per_second(&dir));
    Row::new("append-many", format!("durable append, {count} callers, unsigned"), "entries", lanes)
        .rate("ledger", "file", Target::AtLeast(0.5))
        .rate("ledger", "SQLite chain", Target::AtLeast(8.0))
        .syncs(syncs)
}
