//! A crash at every step: the fault disk freezes, or fails, at operation k, for every k; then the power goes or the process is killed,
//! and whoever opens the log next must find everything that was acknowledged, and nothing by halves.

use crate::host::{reading, writing};
use ledger_core::store::fault::FaultDisk;
use ledger_core::store::local::{self, LocalOptions, LocalStore};
use ledger_core::store::{Head, Store};
use ledger_core::{Code, Error, Result};
use ledger_tests::compare::holds;
use ledger_tests::sample::{self, History, commit};
use std::io::ErrorKind;

/// A history that is written in steps, on a disk that may hold the beginning of it.
struct Scenario {
    history: History,
    base: FaultDisk,
    /// Entries that the base holds; with none, the ledger is made first.
    start: usize,
    batches: Vec<usize>,
    options: LocalOptions,
}

/// How far it came.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    /// Entries whose append and publication returned.
    acknowledged: usize,
    /// Entries whose append returned.
    appended: usize,
    /// Entries that were handed to an append.
    attempted: usize,
}

impl Scenario {
    /// From nothing, over the borders of several segments.
    fn short() -> Self {
        let batches = vec![1, 3, 1, 2, 5, 1, 8, 2, 1, 4, 1, 3];
        Self {
            history: History::of(1, 40),
            base: FaultDisk::new(1),
            start: 0,
            batches,
            options: writing(6_000),
        }
    }

    /// From 251 entries on, over the border of a tile and of a segment.
    fn long() -> Self {
        let (history, base, options) = (History::of(2, 290), FaultDisk::new(2), writing(165_000));
        let mut store = local::create(&base.backing(), history.log_id(), &options).unwrap();
        for range in [0..1, 1..120, 120..251] {
            commit(&mut store, &history.entries[range]).unwrap();
        }
        let batches = vec![1, 2, 1, 3, 1, 1, 4, 1, 2, 6, 1, 2];
        Self { history, base, start: 251, batches, options }
    }

    fn open(&self, disk: &FaultDisk) -> Result<LocalStore> {
        local::open(&disk.backing(), &self.options)
    }

    /// Writes until the end or the first error.
    fn write(&self, disk: &FaultDisk, reached: &mut Reached) -> Result<()> {
        let mut store = if self.start == 0 {
            local::create(&disk.backing(), self.history.log_id(), &self.options)?
        } else {
            self.open(disk)?
        };
        for batch in &self.batches {
            reached.attempted = reached.appended + batch;
            let entries = &self.history.entries[reached.appended..reached.attempted];
            let result = self.commit(&mut store, entries, reached);
            if result.is_err() {
                assert_eq!(store.append(&store.head(), entries).unwrap_err().code, Code::Stopped);
                let note = sample::checkpoint(&store.head());
                assert_eq!(
                    store.publish(&note, sample::reading(&store.head())).unwrap_err().code,
                    Code::Stopped
                );
                return result;
            }
        }
        Ok(())
    }

    fn commit(
        &self,
        store: &mut LocalStore,
        entries: &[ledger_core::entry::Entry],
        reached: &mut Reached,
    ) -> Result<()> {
        let head = store.append(&store.head(), entries)?;
        reached.appended = reached.attempted;
        store.publish(&sample::checkpoint(&head), sample::reading(&head))?;
        reached.acknowledged = reached.appended;
        Ok(())
    }

    fn reached(&self) -> Reached {
        Reached { acknowledged: self.start, appended: self.start, attempted: self.start }
    }

    /// Operations of an undisturbed run.
    fn operations(&self) -> u64 {
        let disk = self.base.kill();
        self.write(&disk, &mut self.reached()).unwrap();
        let segments = |d: &FaultDisk| d.files().iter().filter(|n| n.starts_with("journal/")).count();
        assert!(segments(&disk) > segments(&self.base), "the scenario crosses the border of a segment");
        disk.operations()
    }

    /// A reader sees a beginning that was published, or is told that the head is torn.
    fn check_reader(&self, disk: &FaultDisk, reached: Reached) -> bool {
        match local::open(&disk.backing(), &reading()) {
            Ok(store) => {
                assert!(store.head().size <= reached.appended as u64, "a reader saw what was not published");
                holds(&store, &self.history);
                true
            }
            Err(e) => {
                assert!(matches!(e.code, Code::Damaged | Code::NotALedger), "{e}");
                assert!(e.message.contains("head") || e.code == Code::NotALedger, "{e}");
                false
            }
        }
    }

    /// The next writer finds everything, goes on, and after a power cut everything is still there.
    fn check_writer(&self, disk: &FaultDisk, reached: Reached, seed: u64) {
        let mut store = match self.open(disk) {
            Ok(store) => store,
            // Nothing was ever acknowledged: the making may be repeated.
            Err(Error { code: Code::NotALedger, .. }) if reached.appended == 0 => {
                local::create(&disk.backing(), self.history.log_id(), &self.options).unwrap()
            }
            Err(e) => panic!("{e}\n{reached:?}"),
        };
        let size = usize::try_from(store.head().size).unwrap();
        assert!(size == reached.appended || size == reached.attempted, "{size} entries after {reached:?}");
        holds(&store, &self.history);
        assert_eq!(store.wants_checkpoint(), store.checkpoint().is_none());
        if let Some(note) = store.checkpoint() {
            assert_eq!(note, sample::checkpoint(&store.head()));
        }
        commit(&mut store, &self.history.entries[size..size + 2]).unwrap();
        assert!(!store.wants_checkpoint());
        drop(store);
        let after = self.open(&disk.power_cut(seed)).unwrap();
        assert_eq!(after.head().size, size as u64 + 2, "the entries that recovery went on with");
        holds(&after, &self.history);
    }

    /// Every disk that may be found after this one has stopped.
    fn aftermaths(disk: &FaultDisk, seeds: std::ops::Range<u64>) -> Vec<FaultDisk> {
        std::iter::once(disk.kill()).chain(seeds.map(|seed| disk.power_cut(seed))).collect()
    }
}

/// Says where it happened, when it happens.
struct Where(String);

impl Drop for Where {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("at {}", self.0);
        }
    }
}

fn freeze_at_every_operation(scenario: &Scenario, seeds: u64) {
    let (mut readers, mut torn) = (0, 0);
    let operations = scenario.operations();
    for k in 0..operations {
        let disk = scenario.base.kill();
        disk.freeze_after(k);
        let mut reached = scenario.reached();
        scenario.write(&disk, &mut reached).unwrap_err();
        let _where = Where(format!("operation {k} of {operations}: {:?}", disk.trace().get(k as usize)));
        for (n, after) in Scenario::aftermaths(&disk, k..k + seeds).iter().enumerate() {
            let _where = Where(format!("aftermath {n}"));
            readers += u64::from(scenario.check_reader(after, reached));
            scenario.check_writer(after, reached, k);
            torn += u64::from(after.files().contains(&"tail.cut".to_owned()));
        }
    }
    assert!(readers > operations, "only {readers} readers could open");
    assert!(torn > 10, "only {torn} torn tails");
}

#[test]
fn frozen_from_the_first_operation_on() {
    freeze_at_every_operation(&Scenario::short(), 6);
}

#[test]
fn frozen_across_the_border_of_a_tile() {
    freeze_at_every_operation(&Scenario::long(), 3);
}

#[test]
fn frozen_again_in_the_middle_of_recovery() {
    let scenario = Scenario::short();
    let mut interrupted = 0;
    for k in 0..scenario.operations() {
        let disk = scenario.base.kill();
        disk.freeze_after(k);
        let mut reached = scenario.reached();
        scenario.write(&disk, &mut reached).unwrap_err();
        for first in Scenario::aftermaths(&disk, k..k + 2) {
            for j in 0.. {
                let second = first.kill();
                second.freeze_after(j);
                let _where =
                    Where(format!("operation {k}, then operation {j} of recovery: {:?}", second.trace()));
                match scenario.open(&second) {
                    // An interrupted making is made again, which is no recovery.
                    Err(Error { code: Code::NotALedger, .. }) => break,
                    Ok(_) => break,
                    Err(e) => assert_eq!(e.code, Code::WriteFailed, "{e}"),
                }
                interrupted += 1;
                for after in Scenario::aftermaths(&second, j..j + 2) {
                    scenario.check_writer(&after, reached, j);
                }
            }
        }
    }
    assert!(interrupted > 100, "only {interrupted} interrupted recoveries");
}

fn fail_at_every_operation(scenario: &Scenario, kind: ErrorKind) {
    let operations = scenario.operations();
    let mut failed = 0;
    for k in 0..operations {
        let disk = scenario.base.kill();
        disk.fail_after(k, kind);
        let mut reached = scenario.reached();
        let result = scenario.write(&disk, &mut reached);
        let _where =
            Where(format!("operation {k} of {operations}: {:?}: {result:?}", disk.trace().get(k as usize)));
        match result {
            Ok(()) => assert!(
                disk.trace()[k as usize].starts_with("write journal/"),
                "only zeros ahead may fail unnoticed"
            ),
            Err(e) => {
                assert_eq!(e.code, Code::WriteFailed, "{e}");
                failed += 1;
            }
        }
        // The machine goes on, or is killed: what was written is seen. Or its power goes.
        for after in Scenario::aftermaths(&disk, k..k + 3) {
            scenario.check_reader(&after, reached);
            scenario.check_writer(&after, reached, k);
        }
    }
    assert!(failed > operations * 3 / 4, "only {failed} of {operations} operations failed");
}

#[test]
fn every_operation_fails_once_with_an_error_of_the_disk() {
    fail_at_every_operation(&Scenario::short(), ErrorKind::Other);
    fail_at_every_operation(&Scenario::long(), ErrorKind::Other);
}

#[test]
fn every_operation_fails_once_for_want_of_space() {
    fail_at_every_operation(&Scenario::short(), ErrorKind::StorageFull);
}

#[test]
fn every_operation_of_recovery_fails_once() {
    let scenario = Scenario::short();
    let mut failed = 0;
    for k in 0..scenario.operations() {
        let disk = scenario.base.kill();
        disk.freeze_after(k);
        let mut reached = scenario.reached();
        scenario.write(&disk, &mut reached).unwrap_err();
        for first in Scenario::aftermaths(&disk, k..k + 2) {
            for j in 0.. {
                let second = first.kill();
                second.fail_after(j, ErrorKind::Other);
                let before = second.operations();
                let result = scenario.open(&second);
                let _where =
                    Where(format!("operation {k}, then operation {j} of recovery: {:?}", second.trace()));
                match result {
                    Err(Error { code: Code::NotALedger, .. }) => break,
                    Ok(_) if second.operations() - before <= j => break,
                    Ok(_) => {}
                    Err(e) => {
                        assert_eq!(e.code, Code::WriteFailed, "{e}");
                        failed += 1;
                    }
                }
                scenario.check_writer(&second.power_cut(j), reached, j);
                scenario.check_writer(&second.kill(), reached, j + 1);
            }
        }
    }
    assert!(failed > 50, "only {failed} recoveries failed");
}

#[test]
fn commits_without_a_checkpoint_are_found_and_want_one() {
    let (history, disk, options) = (History::of(1, 12), FaultDisk::new(1), writing(3_000));
    let mut store = local::create(&disk.backing(), history.log_id(), &options).unwrap();
    commit(&mut store, &history.entries[..2]).unwrap();
    for entry in &history.entries[2..9] {
        store.append(&store.head(), std::slice::from_ref(entry)).unwrap();
    }
    let reader = local::open(&disk.backing(), &reading()).unwrap();
    assert_eq!(reader.head().size, 2);
    assert_eq!(
        reader.checkpoint(),
        Some(sample::checkpoint(&Head { size: 2, root: history.root(2), ..reader.head() }))
    );
    for after in Scenario::aftermaths(&disk, 0..4) {
        let mut store = local::open(&after.backing(), &options).unwrap();
        holds(&store, &history);
        assert_eq!((store.head().size, store.wants_checkpoint()), (9, true));
        let head = store.head();
        store.publish(&sample::checkpoint(&head), sample::reading(&head)).unwrap();
        assert!(!store.wants_checkpoint());
        commit(&mut store, &history.entries[9..]).unwrap();
        holds(&local::open(&after.backing(), &reading()).unwrap(), &history);
    }
}
