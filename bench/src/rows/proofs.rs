//! Inclusion proofs: within a thousand cached tiles, and anywhere in a large log.

use crate::context::Context;
use crate::harness::{Durability, Race, Sample, Spread};
use crate::report::{Row, Target};
use crate::workload::scattered;
use ledger_core::ledger::read;
use ledger_core::store::Store;
use ledger_proofs::{Hash, inclusion, verify_inclusion};
use std::hint::black_box;

/// Entries of a thousand tiles.
const CACHED: u64 = 1000 * 256;

fn prove(store: &dyn Store, sequence: u64, size: u64) -> Vec<Hash> {
    let nodes = store.nodes(&inclusion::indexes(sequence, size).expect("indexes")).expect("nodes");
    inclusion::assemble(sequence, size, &nodes).expect("proof").hashes
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let store = context.large().store();
    let head = store.head();
    let near = head.size.min(CACHED);
    let count = context.size(20_000, 200);
    let mut seed = 0;
    let mut places = |among: u64| {
        seed += 1;
        (0..count).map(|i| scattered(seed << 32 | i) % among).collect::<Vec<u64>>()
    };
    let proof = |among: u64| {
        let places = places(among);
        Sample::timed(count, || places.iter().for_each(|s| drop(black_box(prove(&store, *s, head.size)))))
    };
    let proof = std::cell::RefCell::new(proof);
    let some: Vec<u64> = (0..count.min(2000)).map(|i| scattered(i) % near).collect();
    let made: Vec<_> = some
        .iter()
        .map(|s| {
            let entry = read::entry(&store, *s).expect("entry");
            (*s, entry.leaf_hash(), prove(&store, *s, head.size))
        })
        .collect();
    // Two races, so that proofs from everywhere do not push the cached tiles out.
    let cached = Race::new()
        .enter("cached", Durability::None, || proof.borrow_mut()(near))
        .enter("cached, with entry and check", Durability::None, || {
            Sample::timed(some.len() as u64, || {
                some.iter().for_each(|s| drop(black_box(read::prove_inclusion(&store, *s).expect("proof"))));
            })
        })
        .enter("checking", Durability::None, || {
            Sample::timed(made.len() as u64, || {
                for (sequence, leaf, hashes) in &made {
                    verify_inclusion(leaf, *sequence, head.size, hashes, &head.root).expect("holds");
                }
            })
        })
        .run(context.rounds);
    let random =
        Race::new().enter("random", Durability::None, || proof.borrow_mut()(head.size)).run(context.rounds);
    let to = |lane: &crate::harness::Lane, wanted: f64| {
        Spread::of(&lane.rates.iter().map(|r| r / wanted).collect::<Vec<_>>())
    };
    let (near_wanted, random_wanted) = (to(&cached[0], 200_000.0), to(&random[0], 20_000.0));
    let lanes = cached.into_iter().chain(random).collect();
    vec![
        Row::new("proofs", format!("inclusion proofs in a log of {} entries", head.size), "proofs", lanes)
            .figure("cached / 200,000 a second", near_wanted, Target::AtLeast(1.0))
            .figure("random / 20,000 a second", random_wanted, Target::AtLeast(1.0))
            .rate("cached", "checking", Target::None)
            .note(format!("cached: of the first {near} entries; random: of all {}", head.size))
            .note(
                "a proof: indexes asked for, nodes fetched from the store, hashes put together; one thread",
            ),
    ]
}
