//! Size of the journal without what is preallocated, against the bytes that nothing can do without.

use crate::context::Context;
use crate::harness::Spread;
use crate::machine::bytes_below;
use crate::report::{Row, Target};
use crate::scene::Scene;
use crate::workload::{intent, note};
use ledger_core::store::disk::RealDisk;
use ledger_core::store::local::journal::{Journal, segment_name};
use std::ops::ControlFlow;
use std::sync::Arc;

struct Sizes {
    entries: u64,
    leaves: u64,
    parts: u64,
    journal: u64,
}

fn sizes(scene: &Scene) -> Sizes {
    let journal = scene.journal();
    let (mut leaves, mut parts) = (0, 0);
    journal
        .each(0, |_, record| {
            leaves += record.leaf.len() as u64;
            parts += 32
                + record.data.len() as u64
                + record.private.map_or(0, |(_, bytes)| 32 + bytes.len() as u64);
            Ok(ControlFlow::Continue(()))
        })
        .expect("journal");
    let head = journal.head();
    let disk = Arc::new(RealDisk::new(&scene.data(), false));
    let full = Journal::new(disk, u64::MAX).segments().expect("segments");
    let lengths = full
        .iter()
        .filter(|id| **id != head.end.segment)
        .map(|id| std::fs::metadata(scene.data().join(segment_name(*id))).expect("segment").len());
    Sizes { entries: head.size, leaves, parts, journal: lengths.sum::<u64>() + head.end.offset }
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let large = context.large();
    let (alone, ledger) = Scene::create(&context.fresh("size").join("scene"));
    for n in 0..context.size(500, 50) {
        ledger.append(intent(&note(n), None)).expect("append");
    }
    drop(ledger);
    let row = |what: &str, scene: &Scene| {
        let Sizes { entries, leaves, parts, journal } = sizes(scene);
        let ratio = journal as f64 / (leaves + parts) as f64;
        let database = bytes_below(&scene.data().join("database"));
        Row::new("journal-size", format!("size of the journal, {what}"), "", Vec::new())
            .figure("journal / leaves, salts and data", Spread { median: ratio, low: ratio, high: ratio }, Target::AtMost(1.1))
            .note(format!(
                "{entries} entries: {} bytes of journal each; {} of them leaf, {} salts and data; database {} bytes each",
                journal / entries,
                leaves / entries,
                parts / entries,
                database / entries
            ))
    };
    vec![row("appended in large commits", large), row("one entry a commit", &alone)]
}
