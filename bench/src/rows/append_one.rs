//! Durable append, one caller: what an entry costs beyond making its bytes durable.

use crate::context::Context;
use crate::harness::{Durability, Race, Sample};
use crate::machine::syncs_per_second;
use crate::peers::file::Preallocated;
use crate::peers::sqlite::Chain;
use crate::report::{Row, Target};
use crate::scene::Scene;
use crate::workload::{even_note, intent};
use ledger_core::ledger::Ledger;

/// Bytes of a commit's header: docs/format.md §10.2.
pub const COMMIT_HEADER: usize = ledger_core::store::local::frame::COMMIT_HEADER;

/// A commit of one even note as this ledger would write it, header space included: what the peers must store.
#[must_use]
pub fn commit_bytes(ledger: &Ledger) -> Vec<u8> {
    let receipt = ledger.append(intent(&even_note(0), None)).expect("append");
    let entry = ledger.sequencer().store().entries(receipt.sequence, 1).expect("read").remove(0);
    let mut bytes = vec![0xab; COMMIT_HEADER];
    entry.write_record(&mut bytes).expect("record");
    bytes
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let dir = context.fresh("append");
    let (_scene, ledger) = Scene::create(&dir.join("scene"));
    let bytes = commit_bytes(&ledger);
    let mut file = Preallocated::new(&dir);
    let mut chain = Chain::open(&dir.join("chain.sqlite"));
    let turn = context.size(10, 3);
    let stored = turn * bytes.len() as u64;
    let mut n = 1;
    let syncs = syncs_per_second(&dir);
    let lanes = Race::new()
        .enter(
            "ledger",
            Durability::Synced("fdatasync before the answer, checkpoint signed, full receipt"),
            || {
                let first = n;
                n += turn;
                Sample::timed(turn, || {
                    for i in first..first + turn {
                        ledger.append(intent(&even_note(i), None)).expect("append");
                    }
                })
                .storing(stored)
            },
        )
        .enter("file", Durability::Synced("fdatasync of the same bytes, preallocated"), || {
            Sample::timed(turn, || (0..turn).for_each(|_| file.append(&bytes))).storing(stored)
        })
        .enter("SQLite chain", Durability::Synced("WAL, synchronous=FULL"), || {
            Sample::timed(turn, || (0..turn).for_each(|_| chain.append(&bytes))).storing(stored)
        })
        .run(context.rounds * 8);
    let syncs = f64::midpoint(syncs, syncs_per_second(&dir));
    vec![
        Row::new("append", "durable append, one caller, unsigned", "entries", lanes)
            .rate("ledger", "file", Target::AtLeast(0.75))
            .rate("ledger", "SQLite chain", Target::AtLeast(0.9))
            .syncs(syncs),
    ]
}
