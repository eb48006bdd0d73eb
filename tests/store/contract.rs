//! One contract, every store: what the trait promises, asked of memory, of a directory with sled, and of the fault disk.

use crate::host::Host;
use ledger_core::Code;
use ledger_core::store::{Head, Store, memory::MemoryStore};
use ledger_tests::compare::{alike, holds};
use ledger_tests::sample::{History, Shape, checkpoint, commit, most_filling, reading};
use proptest::prelude::*;

/// Appends the history's entries in batches of these sizes, to the store and to a model in memory.
fn fill(store: &mut dyn Store, history: &History, sizes: &[usize]) -> MemoryStore {
    let mut model = MemoryStore::new();
    let mut from = 0;
    for size in sizes {
        let batch = &history.entries[from..from + size];
        let head = commit(store, batch).unwrap();
        assert_eq!(commit(&mut model, batch).unwrap(), head);
        from += size;
    }
    model
}

fn shapes() -> impl Strategy<Value = Vec<Vec<Shape>>> {
    let shape = (0..40_u16, 0..300_usize, proptest::option::weighted(0.3, 0..50_usize));
    let shape =
        shape.prop_map(|(stream, data, private)| Shape { stream: stream * stream / 20, data, private });
    // Batches of one, of a few, and across the border of a tile.
    let few = proptest::collection::vec(shape.clone(), 1..6);
    let many = proptest::collection::vec(shape, 200..600);
    proptest::collection::vec(prop_oneof![6 => few, 1 => many], 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_store_answers_like_the_model(batches in shapes(), segment_bytes in 2_000..200_000_u64) {
        let mut history = History::new(1);
        let mut sizes = vec![1];
        for batch in &batches {
            batch.iter().for_each(|shape| history.push(*shape));
            sizes.push(batch.len());
        }
        for host in Host::all(segment_bytes) {
            let mut store = host.create(history.log_id());
            let model = fill(&mut *store, &history, &sizes);
            holds(&*store, &history);
            alike(&*store, &model, &history, 7);
            for write in [false, true] {
                store = host.reopen(store, write);
                prop_assert_eq!(store.last_reading(), Some(reading(&store.head())));
                holds(&*store, &history);
                alike(&*store, &model, &history, 11);
            }
        }
    }
}

#[test]
fn an_empty_log_has_an_expected_head_too() {
    let history = History::of(1, 3);
    for host in Host::all(4096) {
        let mut store = host.create(history.log_id());
        assert_eq!(store.head(), Head::empty());
        assert_eq!((store.checkpoint(), store.last_reading()), (None, None));
        alike(&*store, &MemoryStore::new(), &history, 1);
        let wrong = Head { size: 1, ..Head::empty() };
        assert_eq!(store.append(&wrong, &history.entries).unwrap_err().code, Code::HeadConflict);
        assert_eq!(store.append(&Head::empty(), &[]).unwrap(), Head::empty());
        commit(&mut *store, &history.entries).unwrap();
        holds(&*host.reopen(store, true), &history);
    }
}

#[test]
fn what_is_refused_leaves_no_trace() {
    let history = History::of(1, 20);
    let mut other = History::of(1, 12);
    other.push(Shape { stream: 50, data: 1, private: None });
    for host in Host::all(4096) {
        let mut store = host.create(history.log_id());
        fill(&mut *store, &history, &[1, 9]);
        let head = store.head();
        let next = &history.entries[10..];
        let stale = Head { size: 1, ..head };
        let rewritten = Head { chain: [9; 32], ..head };
        let mut empty_part = next.to_vec();
        empty_part[2].private = Some(ledger_core::entry::Part { salt: [1; 32], bytes: Vec::new() });
        let mut long_part = next.to_vec();
        long_part[1].data.bytes = vec![b' '; ledger_core::entry::MAX_PART + 1];
        let mut no_leaf = next.to_vec();
        no_leaf[9].leaf[20] ^= 1;
        let swapped: Vec<_> = [&next[1..2], &next[..1]].concat();
        let foreign = [&next[..3], &other.entries[13 - 1..]].concat();
        for (expected, batch, code) in [
            (&stale, next, Code::HeadConflict),
            (&rewritten, next, Code::HeadConflict),
            (&Head::empty(), &history.entries[..1], Code::HeadConflict),
            (&head, &history.entries[..1], Code::FindSequence),
            (&head, &next[1..], Code::FindSequence),
            (&head, &swapped[..], Code::FindSequence),
            (&head, &foreign[..], Code::FindSequence),
            (&head, &no_leaf[..], Code::FindShape),
            (&head, &empty_part[..], Code::FindShape),
            (&head, &long_part[..], Code::TooLarge),
        ] {
            assert_eq!(store.append(expected, batch).unwrap_err().code, code);
            assert_eq!(store.head(), head);
        }
        let of_another_size = checkpoint(&Head { size: 9, ..head });
        assert_eq!(store.publish(&of_another_size, reading(&head)).unwrap_err().code, Code::FindCheckpoint);
        assert_eq!(store.append(&head, &[]).unwrap(), head);
        assert_eq!(store.checkpoint(), Some(checkpoint(&head)));
        commit(&mut *store, next).unwrap();
        holds(&*host.reopen(store, true), &history);
    }
}

#[test]
fn a_batch_has_at_most_16_mib_and_the_store_goes_on() {
    let mut history = History::new(1);
    for stream in 0..16 {
        history.push(Shape { stream, data: most_filling(), private: None });
    }
    for host in Host::all(64 << 20) {
        let mut store = host.create(history.log_id());
        let e = store.append(&Head::empty(), &history.entries).unwrap_err();
        assert_eq!(e.code, Code::TooLarge);
        assert_eq!(store.head(), Head::empty());
        // All but the last fit.
        commit(&mut *store, &history.entries[..16]).unwrap();
        commit(&mut *store, &history.entries[16..]).unwrap();
        holds(&*host.reopen(store, true), &history);
    }
}

#[test]
fn another_genesis_than_the_one_that_the_log_was_made_for_is_refused() {
    let (history, other) = (History::of(1, 2), History::of(2, 2));
    for host in Host::all(4096).into_iter().skip(1) {
        let mut store = host.create(history.log_id());
        assert_eq!(commit(&mut *store, &other.entries).unwrap_err().code, Code::FindLogId);
        commit(&mut *store, &history.entries).unwrap();
    }
}

#[test]
fn more_than_65_536_entries_in_commits_across_tiles_and_segments() {
    let history = History::of(1, 66_000);
    let sizes = [vec![1, 254, 2, 5_000], vec![4_090; 14], vec![3_000, 256, 227]].concat();
    assert_eq!(sizes.iter().sum::<usize>(), history.entries.len());
    for host in Host::all(8 << 20).into_iter().take(2) {
        let mut store = host.create(history.log_id());
        let model = fill(&mut *store, &history, &sizes);
        for write in [true, false] {
            store = host.reopen(store, write);
            holds(&*store, &history);
            alike(&*store, &model, &history, 997);
        }
    }
}
