//! Several on one ledger: writers take turns, readers see a published beginning at any moment, and need no right to write.

use crate::host::{Directory, reading, writing};
use ledger_core::Code;
use ledger_core::store::disk::RealDisk;
use ledger_core::store::local::{self, JournalReader, LocalOptions};
use ledger_core::store::{Store, fault::FaultDisk};
use ledger_tests::compare::holds;
use ledger_tests::sample::{History, commit};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SEGMENT: u64 = 60_000;

#[test]
fn a_second_writer_waits_and_is_told_who_is_in_the_way() {
    let (history, directory) = (History::of(1, 4), Directory::new());
    let mut first = local::create(&directory.backing(true), history.log_id(), &writing(SEGMENT)).unwrap();
    commit(&mut first, &history.entries[..2]).unwrap();
    let start = Instant::now();
    let e = directory.open(&writing(SEGMENT)).err().unwrap();
    assert_eq!(e.code, Code::Busy);
    assert!(e.message.contains(directory.dir.to_str().unwrap()) && start.elapsed() >= writing(SEGMENT).wait);
    let again = local::create(&directory.backing(true), history.log_id(), &writing(SEGMENT)).err().unwrap();
    assert_eq!(again.code, Code::Busy);
    // The first goes on undisturbed, and the second gets its turn.
    commit(&mut first, &history.entries[2..3]).unwrap();
    let patient = LocalOptions { wait: Duration::from_secs(10), ..writing(SEGMENT) };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| directory.open(&patient).unwrap());
        std::thread::sleep(Duration::from_millis(30));
        assert!(!second.is_finished());
        drop(first);
        let mut second = second.join().unwrap();
        commit(&mut second, &history.entries[3..]).unwrap();
        holds(&second, &history);
    });
    let again = local::create(&directory.backing(true), history.log_id(), &writing(SEGMENT)).err().unwrap();
    assert_eq!(again.code, Code::AlreadyALedger);
}

#[test]
fn readers_beside_a_writer_see_a_published_beginning() {
    let (history, directory) = (History::of(1, 1_500), Directory::new());
    let mut store = local::create(&directory.backing(true), history.log_id(), &writing(SEGMENT)).unwrap();
    commit(&mut store, &history.entries[..1]).unwrap();
    let (published, done) = (AtomicU64::new(1), AtomicBool::new(false));
    let backing = directory.backing(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut from = 1;
            while from < history.entries.len() {
                let to = history.entries.len().min(from + 1 + from % 7);
                commit(&mut store, &history.entries[from..to]).unwrap();
                published.store(to as u64, Ordering::SeqCst);
                from = to;
            }
            done.store(true, Ordering::SeqCst);
        });
        let mut journal = JournalReader::open(Arc::new(RealDisk::new(&directory.dir, false))).unwrap();
        let mut sizes = std::collections::BTreeSet::new();
        while !done.load(Ordering::SeqCst) {
            let before = published.load(Ordering::SeqCst);
            let reader = local::open(&backing, &reading()).unwrap();
            assert!(reader.head().size >= before);
            holds(&reader, &history);
            sizes.insert(reader.head().size);
            let e = local::open(&backing, &reading()).unwrap().append(&reader.head(), &[]).unwrap_err();
            assert_eq!(e.code, Code::ReadOnly);
            journal.refresh().unwrap();
            assert!(journal.head().size >= before);
            follows(&journal, &history, before / 2);
        }
        assert!(sizes.len() > 5, "only {} moments were seen", sizes.len());
    });
    let reader = local::open(&backing, &reading()).unwrap();
    assert_eq!(reader.head().size, history.size());
}

/// The journal gives every entry from here to its head.
fn follows(journal: &JournalReader, history: &History, from: u64) {
    let mut next = from;
    let each = |sequence, record: &ledger_core::entry::Record<'_>| {
        assert_eq!(sequence, next);
        assert!(
            ledger_core::entry::Entry::from_record(record)
                == history.entries[usize::try_from(sequence).unwrap()]
        );
        next += 1;
        Ok(ControlFlow::Continue(()))
    };
    journal.each(from, each).unwrap();
    assert_eq!(next, journal.head().size.max(from));
}

#[test]
fn the_journal_alone_gives_every_entry_from_any_place() {
    let (history, disk) = (History::of(1, 60), FaultDisk::new(1));
    let mut store = local::create(&disk.backing(), history.log_id(), &writing(5_000)).unwrap();
    let e = JournalReader::open(Arc::new(disk.clone())).err().unwrap();
    assert_eq!(e.code, Code::NotALedger, "nothing was published yet: {e}");
    for batch in history.entries[..56].chunks(5) {
        commit(&mut store, batch).unwrap();
    }
    // What is not published is not there for it, a segment in the making included.
    store.append(&store.head(), &history.entries[56..]).unwrap();
    let last = disk.files().iter().filter(|n| n.starts_with("journal/")).count();
    disk.damage(&format!("journal/{last:08}.seg"), |bytes| bytes.extend([1, 2, 3]));
    let journal = JournalReader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!(journal.log_id().unwrap(), history.log_id());
    for from in 0..60 {
        follows(&journal, &history, from);
    }
    let mut seen = 0;
    let stop = |_, _: &ledger_core::entry::Record<'_>| {
        seen += 1;
        Ok(if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    journal.each(7, stop).unwrap();
    assert_eq!(seen, 3);
}

#[test]
fn what_is_no_ledger_is_said_to_be_none() {
    let directory = Directory::new();
    for options in [reading(), writing(SEGMENT)] {
        assert_eq!(directory.open(&options).err().unwrap().code, Code::NotALedger);
        let nowhere = Directory::of_another(directory.dir.join("nowhere"));
        assert_eq!(nowhere.open(&options).err().unwrap().code, Code::NotALedger);
        let file = directory.dir.with_file_name("file");
        std::fs::write(&file, "text").unwrap();
        assert_eq!(Directory::of_another(file).open(&options).err().unwrap().code, Code::NotALedger);
        let journal = directory.dir.join("journal");
        std::fs::create_dir_all(&journal).unwrap();
        assert_eq!(directory.open(&options).err().unwrap().code, Code::NotALedger);
        std::fs::write(journal.join("00000000.seg"), "").unwrap();
        assert_eq!(directory.open(&options).err().unwrap().code, Code::NotALedger);
        std::fs::remove_dir_all(journal).unwrap();
    }
}

/// Makes a directory read-only for this process, also when it runs as root.
struct ReadOnly<'a>(&'a Path, bool);

impl<'a> ReadOnly<'a> {
    fn new(dir: &'a Path) -> Option<Self> {
        let mount = |args: &[&str]| {
            Command::new("mount").args(args).arg(dir).output().is_ok_and(|output| output.status.success())
        };
        let path = dir.to_str().unwrap();
        if mount(&["--bind", path]) {
            let guard = Self(dir, true);
            return mount(&["-o", "remount,bind,ro"]).then_some(guard);
        }
        let modes = |dir_mode: &str| {
            Command::new("chmod").args(["-R", dir_mode, path]).status().is_ok_and(|s| s.success())
        };
        let guard = (modes("a-w")).then_some(Self(dir, false))?;
        std::fs::write(dir.join("probe"), "").is_err().then_some(guard)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let (program, args): (_, &[&str]) = if self.1 { ("umount", &[]) } else { ("chmod", &["-R", "u+w"]) };
        let undone = Command::new(program).args(args).arg(self.0).status();
        assert!(undone.is_ok_and(|s| s.success()), "{} is still read-only", self.0.display());
    }
}

#[test]
fn a_read_only_directory_can_be_read() {
    let (history, directory) = (History::of(1, 300), Directory::new());
    let mut store = local::create(&directory.backing(true), history.log_id(), &writing(SEGMENT)).unwrap();
    for batch in history.entries.chunks(60) {
        commit(&mut store, batch).unwrap();
    }
    drop(store);
    let Some(_read_only) = ReadOnly::new(&directory.dir) else {
        println!(
            "SKIPPED: this process may write anywhere and may not mount, so nothing can be made read-only for it"
        );
        return;
    };
    assert_eq!(directory.open(&writing(SEGMENT)).err().unwrap().code, Code::ReadOnly);
    holds(&directory.open(&reading()).unwrap(), &history);
    follows(&JournalReader::open(Arc::new(RealDisk::new(&directory.dir, false))).unwrap(), &history, 0);
}
