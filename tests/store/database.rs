//! The database may vanish, rot or lie at any time: the store answers rightly anyway, and says nothing about it.

use crate::host::{Directory, Snapshot, child_directory, reading, run_in_child, writing};
use ledger_core::Code;
use ledger_core::store::local::{self, LocalOptions};
use ledger_core::store::{Store, memory::MemoryStore};
use ledger_proofs::NodeId;
use ledger_tests::compare::{alike, holds};
use ledger_tests::sample::{self, History, checkpoint, commit};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

const SEGMENT: u64 = 150_000;

/// A ledger of three full tiles and a bit, closed in order.
struct Closed {
    history: History,
    model: MemoryStore,
    files: Snapshot,
}

static CLOSED: LazyLock<Closed> = LazyLock::new(|| {
    let (history, directory, mut model) = (History::of(1, 800), Directory::new(), MemoryStore::new());
    let mut store = local::create(&directory.backing(true), history.log_id(), &writing(SEGMENT)).unwrap();
    for range in [0..1, 1..300, 300..700, 700..800] {
        commit(&mut store, &history.entries[range.clone()]).unwrap();
        commit(&mut model, &history.entries[range]).unwrap();
    }
    drop(store);
    Closed { history, model, files: directory.snapshot() }
});

impl Closed {
    /// After this change, the store opens, answers like the model, and takes more; and so after the next opening. Gives how many
    /// tiles each opening had to make again.
    fn survives(&self, change: impl FnOnce(&Directory)) -> [u64; 2] {
        let directory = self.files.restore();
        change(&directory);
        let mut longer = self.history.clone();
        longer.grow_to(1_100);
        let (mut store, first) = directory.open_counting(&writing(SEGMENT));
        holds(&store, &self.history);
        alike(&store, &self.model, &self.history, 3);
        commit(&mut store, &longer.entries[800..]).unwrap();
        drop(store);
        let (store, second) = directory.open_counting(&writing(SEGMENT));
        holds(&store, &longer);
        let mut model = MemoryStore::new();
        for range in [0..800, 800..1_100] {
            commit(&mut model, &longer.entries[range]).unwrap();
        }
        alike(&store, &model, &longer, 13);
        [first, second]
    }
}

fn database(directory: &Directory) -> PathBuf {
    directory.dir.join("database")
}

fn marker(directory: &Directory) -> PathBuf {
    directory.dir.join("database.ok")
}

#[test]
fn a_database_that_was_closed_in_order_is_used_as_it_is() {
    assert_eq!(CLOSED.survives(|_| ()), [0, 0]);
}

#[test]
fn one_that_is_gone_or_not_marked_is_made_again_once() {
    let gone = |d: &Directory| fs::remove_dir_all(database(d)).unwrap();
    let unmarked = |d: &Directory| fs::remove_file(marker(d)).unwrap();
    let both = |d: &Directory| {
        gone(d);
        unmarked(d);
    };
    let a_file = |d: &Directory| {
        gone(d);
        fs::write(database(d), b"x").unwrap();
    };
    assert_eq!(CLOSED.survives(gone), [3, 0]);
    assert_eq!(CLOSED.survives(unmarked), [3, 0]);
    assert_eq!(CLOSED.survives(both), [3, 0]);
    assert_eq!(CLOSED.survives(a_file), [3, 0]);
}

#[test]
fn a_marker_that_is_damaged_or_claims_too_much_is_not_believed() {
    let whole = CLOSED.files.below("ledger/database.ok").pop().unwrap().1;
    for at in (0..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        assert_eq!(CLOSED.survives(|d| fs::write(marker(d), bytes).unwrap()), [3, 0]);
    }
    for bytes in [
        &[][..],
        &whole[..28],
        &[&whole[..], b"more"].concat(),
        &[0; 29],
        b"a text that is long enough to be no marker",
    ] {
        assert_eq!(CLOSED.survives(|d| fs::write(marker(d), bytes).unwrap()), [3, 0]);
    }
    // Of a later moment, when there was a tile more.
    let ahead = CLOSED.files.restore();
    let mut longer = CLOSED.history.clone();
    longer.grow_to(1_100);
    commit(&mut ahead.open(&writing(SEGMENT)).unwrap(), &longer.entries[800..]).unwrap();
    assert_eq!(CLOSED.survives(|d| fs::copy(marker(&ahead), marker(d)).map(|_| ()).unwrap()), [3, 0]);
    // A database of a later moment beside an older journal, with its marker.
    let later = ahead.snapshot();
    let newer = |d: &Directory| {
        fs::remove_dir_all(database(d)).unwrap();
        fs::create_dir(database(d)).unwrap();
        for (path, bytes) in
            later.below("ledger/database").into_iter().chain(later.below("ledger/database.ok"))
        {
            fs::write(d.dir.with_file_name(path), bytes).unwrap();
        }
    };
    assert_eq!(CLOSED.survives(newer), [3, 0]);
}

#[test]
fn after_a_kill_it_is_used_and_after_a_power_cut_it_is_made_again() {
    let directory = CLOSED.files.restore();
    let mut longer = CLOSED.history.clone();
    longer.grow_to(1_100);
    let mut store = directory.open(&writing(SEGMENT)).unwrap();
    commit(&mut store, &longer.entries[800..1_000]).unwrap();
    commit(&mut store, &longer.entries[1_000..]).unwrap();
    // What a killed process leaves: everything that it wrote, and an open marker.
    let killed = directory.copy();
    drop(store);
    let once = killed.copy();
    let (store, rebuilt) = once.open_counting(&writing(SEGMENT));
    assert!(rebuilt <= 1, "{rebuilt} tiles were made again");
    holds(&store, &longer);
    let rebooted = |d: &Directory| {
        let mut backing = d.backing(true);
        backing.boot_id = [9; 16];
        let (counter, options) = counting();
        holds(&local::open(&backing, &options).unwrap(), &longer);
        counter.load(std::sync::atomic::Ordering::Relaxed)
    };
    assert_eq!(rebooted(&killed), 4);
    assert_eq!(rebooted(&directory), 0, "closed in order");
}

#[test]
fn it_may_know_of_more_than_the_head() {
    let directory = CLOSED.files.restore();
    let mut longer = CLOSED.history.clone();
    longer.grow_to(1_100);
    let mut store = directory.open(&writing(SEGMENT)).unwrap();
    store.append(&store.head(), &longer.entries[800..]).unwrap();
    drop(store);
    for head in ["older", "lost"] {
        let directory = directory.copy();
        if head == "lost" {
            fs::remove_file(directory.dir.join(local::HEAD)).unwrap();
        } else {
            assert_eq!(directory.open(&reading()).unwrap().head().size, 800);
        }
        let (mut store, tiles) = directory.open_counting(&writing(SEGMENT));
        assert_eq!((store.head().size, store.wants_checkpoint(), tiles), (1_100, true, 0));
        holds(&store, &longer);
        let head = store.head();
        store.publish(&checkpoint(&head), sample::reading(&head)).unwrap();
        drop(store);
        holds(&directory.open(&reading()).unwrap(), &longer);
    }
}

fn counting() -> (std::sync::Arc<std::sync::atomic::AtomicU64>, LocalOptions) {
    let counter = std::sync::Arc::<std::sync::atomic::AtomicU64>::default();
    let counted = std::sync::Arc::clone(&counter);
    let progress: local::Progress = std::sync::Arc::new(move |_, _, _| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    (counter, LocalOptions { progress, ..writing(SEGMENT) })
}

fn keys(directory: &Directory) -> Vec<Vec<u8>> {
    let db = sled::open(database(directory)).unwrap();
    db.iter().keys().map(|k| k.unwrap().to_vec()).collect()
}

fn without(key: &[u8]) -> impl Fn(&Directory) {
    move |directory| {
        let db = sled::open(database(directory)).unwrap();
        assert!(db.remove(key).unwrap().is_some());
        db.flush().unwrap();
    }
}

#[test]
fn a_single_row_that_is_missing_is_noticed_when_it_is_wanted() {
    let all = keys(&CLOSED.files.restore());
    let class = |c: u8| all.iter().filter(move |k| k[0] == c).collect::<Vec<_>>();
    let counts = [b't', b'n', b's', b'f', b'g', b'v'].map(|c| class(c).len());
    assert_eq!((counts, all.len()), ([3, 3, 3, 3, 3, 1], 16));
    for key in &all {
        CLOSED.survives(without(key));
    }
}

fn altered(key: &[u8], at: usize) -> impl Fn(&Directory) {
    move |directory| {
        let db = sled::open(database(directory)).unwrap();
        let mut row = db.get(key).unwrap().unwrap().to_vec();
        row[at] ^= 1;
        db.insert(key, row).unwrap();
        db.flush().unwrap();
    }
}

#[test]
fn rows_that_contradict_the_signed_root_are_made_again() {
    CLOSED.survives(altered(b"n\x01\0\0\0\0\0\0\0\0", 3));
    CLOSED.survives(altered(b"n\x01\0\0\0\0\0\0\0\x02", 3));
    // What the index says of a stream is compared with the tile: a place, a fingerprint, and on the other side a name and a place.
    let name = CLOSED.history.entries[256..512].iter().map(|e| e.parse().unwrap().subject).min().unwrap();
    let (name_at, slots_at) = (8 + 8, 8 + 8 + name.len() + 8 + 8);
    for (row, at) in [(b'g', 8), (b'g', 0), (b's', name_at), (b's', slots_at)] {
        CLOSED.survives(altered(&[&[row][..], &1_u64.to_be_bytes()].concat(), at));
    }
    // A leaf hash is compared when the tile is read for a proof.
    let directory = CLOSED.files.restore();
    altered(b"t\0\0\0\0\0\0\0\x01", 5_000)(&directory);
    let store = directory.open(&writing(SEGMENT)).unwrap();
    assert!(store.nodes(&[NodeId { level: 0, index: 256 }]).is_ok());
    holds(&store, &CLOSED.history);
}

#[test]
fn a_rotten_leaf_that_opening_does_not_look_at_is_never_given_out() {
    let directory = CLOSED.files.restore();
    let path = directory.dir.join("journal/00000001.seg");
    let mut bytes = fs::read(&path).unwrap();
    let leaf = &CLOSED.history.entries[20].leaf;
    let at = bytes.windows(leaf.len()).position(|w| w == leaf).unwrap();
    bytes[at + 30] ^= 1;
    fs::write(path, bytes).unwrap();
    let (store, tiles) = directory.open_counting(&writing(SEGMENT));
    assert_eq!((store.head().size, tiles), (800, 0));
    let e = store.entries(0, 100).unwrap_err();
    assert_eq!((e.code, e.sequence), (Code::Damaged, Some(20)), "{e}");
    assert_eq!(store.entries(21, 1_000).unwrap(), CLOSED.history.entries[21..]);
}

#[test]
fn pages_of_fingerprints_and_nodes_of_65_536_entries_are_missed_too() {
    let (history, directory) = (History::of(1, 66_000), Directory::new());
    let mut store = local::create(&directory.backing(true), history.log_id(), &writing(8 << 20)).unwrap();
    for batch in history.entries.chunks(6_600) {
        commit(&mut store, batch).unwrap();
    }
    drop(store);
    let all = keys(&directory);
    let count = |c: u8| all.iter().filter(|k| k[0] == c).count();
    assert_eq!([b't', b'n', b's', b'f', b'g', b'i', b'j'].map(count), [257, 257 + 1, 257, 1, 1, 256, 256]);
    let page = all.iter().filter(|k| k[0] == b'i').nth(77).unwrap();
    let db = sled::open(database(&directory)).unwrap();
    let filled = |k: &&Vec<u8>| k[0] == b'j' && !db.get(k).unwrap().unwrap().is_empty();
    let of_streams = all.iter().find(filled).unwrap();
    drop(db);
    let upper = all.iter().find(|k| k[0] == b'n' && k[1] == 2).unwrap();
    // A page is missed by a question, an upper node already when the tree is read.
    for (key, on_opening) in [(page, 0), (of_streams, 0), (upper, 257)] {
        without(key)(&directory);
        let (store, tiles) = directory.open_counting(&writing(8 << 20));
        for entry in history.entries.iter().step_by(61) {
            let leaf = entry.parse().unwrap();
            assert_eq!(store.find(leaf.id).unwrap(), Some(leaf.sequence));
        }
        let entries = |name: &String| store.stream(name, 0, usize::MAX).unwrap().len();
        assert_eq!(history.streams().iter().map(entries).sum::<usize>(), 66_000);
        let all = (0..9).map(|level| NodeId { level: level * 2, index: 0 }).collect::<Vec<_>>();
        assert_eq!(store.nodes(&all).unwrap()[8], history.root(65_536));
        assert_eq!(tiles, on_opening);
        drop(store);
        let (store, tiles) = directory.open_counting(&writing(8 << 20));
        assert_eq!((store.head().size, tiles), (66_000, 257), "and made again on disk by the next");
    }
}

#[test]
fn a_killed_writer_leaves_whole_tiles_that_are_used() {
    if let Some(dir) = child_directory() {
        let history = History::of(1, 6_000);
        let mut store = Directory::of_another(dir).open(&writing(SEGMENT)).unwrap();
        loop {
            let size = usize::try_from(store.head().size).unwrap();
            commit(&mut store, &history.entries[size..size + 100]).unwrap();
            println!("acknowledged {}", size + 100);
            if (size + 100) % 1_300 == 0 {
                std::process::abort();
            }
        }
    }
    let (history, directory) = (History::of(1, 6_000), CLOSED.files.restore());
    let mut again = 0;
    for expected in [1_300, 2_600, 3_900, 5_200] {
        let output =
            run_in_child("database::a_killed_writer_leaves_whole_tiles_that_are_used", &directory.dir);
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("acknowledged {expected}\n")));
        let killed = directory.copy();
        let (store, tiles) = killed.open_counting(&writing(SEGMENT));
        assert_eq!(store.head().size, expected);
        holds(&store, &history);
        assert!(tiles <= 6, "{tiles} tiles were made again, and only what sled had not written should be");
        again += tiles;
    }
    assert!(again < 20, "{again} tiles were made again");
}

/// Cases of rot.
const ROTTEN: u64 = 60;

/// Damages one of sled's files in a way that follows from the seed.
fn rot(directory: &Directory, mut seed: u64) {
    let mut dice = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    let path = database(directory).join(["conf", "db", "db", "db", "blobs"][dice(5)]);
    if !path.exists() {
        // An empty directory, which a snapshot leaves out; sled makes it when it is wanted.
        fs::write(path, "a file").unwrap();
        return;
    }
    let mut bytes = fs::read(&path).unwrap();
    let at = dice(bytes.len());
    let end = bytes.len().min(at + [1, 8, 300, 5_000, 100_000][dice(5)]);
    match dice(4) {
        0 => bytes.truncate(at),
        1 => bytes[at..end].fill(0),
        2 => bytes[at..end].fill(0xff),
        _ => bytes[at..end].iter_mut().for_each(|b| *b = dice(256) as u8),
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_rotten_database_is_nobodys_business() {
    if child_directory().is_some() {
        for case in 0..ROTTEN {
            let directory = CLOSED.files.restore();
            rot(&directory, case);
            let (store, _) = directory.open_counting(&writing(SEGMENT));
            holds(&store, &CLOSED.history);
            alike(&store, &CLOSED.model, &CLOSED.history, 50);
            drop(store);
            // sled itself is still usable in this process.
            assert_eq!(CLOSED.files.restore().open_counting(&writing(SEGMENT)).1, 0, "after case {case}");
        }
        return;
    }
    let output = run_in_child("database::a_rotten_database_is_nobodys_business", &std::env::temp_dir());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    assert!(!said.contains("panic"), "{said}");
}
