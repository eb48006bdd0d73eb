//! Damage that no crash explains: opening for writing refuses, names the place, and changes nothing.

use crate::host::{reading, writing};
use ledger_core::store::fault::{FaultDisk, GUARDS};
use ledger_core::store::local::frame::{self, CommitHeader, GuardFile, HeadFile, Position};
use ledger_core::store::local::{self, LocalStore};
use ledger_core::store::{Head, Store};
use ledger_core::{Code, Error, Result};
use ledger_proofs::Hash;
use ledger_tests::compare::holds;
use ledger_tests::sample::{History, Shape, checkpoint, commit};
use proptest::prelude::*;

const SEGMENT: u64 = 6_000;

/// A whole ledger of 34 entries in 11 commits and several segments, all acknowledged.
struct Ledger {
    history: History,
    disk: FaultDisk,
}

/// A commit's place: segment, offset, end.
type Place = (String, usize, usize);

impl Ledger {
    fn new() -> Self {
        let mut history = History::new(1);
        for n in 0..36_usize {
            history.push(Shape { stream: (n % 3) as u16, data: 40, private: Some(30) });
        }
        let disk = FaultDisk::new(1);
        let mut store = local::create(&disk.backing(), history.log_id(), &writing(SEGMENT)).unwrap();
        let mut from = 0;
        for n in [1, 4, 1, 5, 2, 8, 3, 1, 1, 2, 1, 3, 2] {
            commit(&mut store, &history.entries[from..from + n]).unwrap();
            from += n;
        }
        history = history.truncated(from);
        Self { history, disk }
    }

    fn open(disk: &FaultDisk) -> Result<LocalStore> {
        local::open(&disk.backing(), &writing(SEGMENT))
    }

    fn guard(&self) -> String {
        format!("{GUARDS}/{}", self.history.log_id().to_hex())
    }

    fn segments(&self) -> Vec<String> {
        self.disk.files().into_iter().filter(|n| n.starts_with("journal/")).collect()
    }

    /// Every commit, in order.
    fn commits(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (segment, name) in (0_u32..).zip(self.segments()) {
            let bytes = self.disk.contents(&name).unwrap();
            let mut offset = frame::SEGMENT_HEADER as u64;
            while let Some(rest) = bytes.get(offset as usize..)
                && let Ok(header) = CommitHeader::decode(rest, Position { segment, offset })
            {
                let end = header.end().offset;
                places.push((name.clone(), offset as usize, end as usize));
                offset = end;
            }
        }
        assert_eq!(places.len(), 13);
        places
    }

    /// Opening the ledger after this change is refused with this code, repeatedly, and changes nothing.
    fn refused(&self, code: Code, naming: &str, change: impl FnOnce(&FaultDisk)) -> Error {
        let disk = self.disk.kill();
        change(&disk);
        let files =
            |disk: &FaultDisk| disk.files().iter().map(|n| (n.clone(), disk.contents(n))).collect::<Vec<_>>();
        let before = files(&disk);
        let e = Self::open(&disk).err().unwrap_or_else(|| panic!("{code} {naming} was not noticed"));
        assert_eq!(e.code, code, "{e}");
        assert!(e.message.contains(naming), "{e} does not name {naming}");
        assert_eq!(Self::open(&disk).err(), Some(e.clone()), "the second time");
        assert!(files(&disk) == before, "the refusal changed something");
        e
    }

    /// Opening after this change finds everything, and goes on.
    fn accepted(&self, change: impl FnOnce(&FaultDisk)) -> LocalStore {
        let disk = self.disk.kill();
        change(&disk);
        let store = Self::open(&disk).unwrap();
        assert_eq!(store.head().size, self.history.size());
        holds(&store, &self.history);
        drop(store);
        let mut longer = self.history.clone();
        longer.grow_to(longer.entries.len() + 1);
        let mut store = Self::open(&disk).unwrap();
        commit(&mut store, &longer.entries[self.history.entries.len()..]).unwrap();
        holds(&local::open(&disk.backing(), &reading()).unwrap(), &longer);
        store
    }
}

fn flip(at: usize) -> impl Fn(&mut Vec<u8>) {
    move |bytes| bytes[at] ^= 1 << (at % 8)
}

#[test]
fn a_flipped_bit_anywhere_in_the_journal_is_reported_with_its_commit() {
    let ledger = Ledger::new();
    for name in ledger.segments() {
        for at in 0..frame::SEGMENT_HEADER {
            ledger.refused(Code::Damaged, &name, |disk| disk.damage(&name, flip(at)));
        }
    }
    let commits = ledger.commits();
    for (name, from, to) in &commits {
        let whole = frame::COMMIT_HEADER.min(to - from);
        for at in (*from..from + whole).chain((from + whole..*to).step_by(23)).chain([to - 1]) {
            let place = format!("{name} at byte {from}:");
            ledger.refused(Code::Damaged, &place, |disk| disk.damage(name, flip(at)));
        }
    }
}

#[test]
fn bit_rot_in_the_last_commit_is_not_cut_when_the_head_or_the_guard_know_of_it() {
    let ledger = Ledger::new();
    let (name, from, to) = ledger.commits().pop().unwrap();
    let at = (from + to) / 2;
    for lost in [None, Some("head".to_owned()), Some(ledger.guard())] {
        let e = ledger.refused(Code::Damaged, &name, |disk| {
            disk.damage(&name, flip(at));
            lost.iter().for_each(|file| disk.remove(file));
        });
        assert!(e.message.contains("knows of 34 entries; only 32"), "{e}");
    }
    // With nobody left who was told of it, it is a torn write: cut, and kept.
    let disk = ledger.disk.kill();
    disk.damage(&name, flip(at));
    disk.remove("head");
    disk.remove(&ledger.guard());
    let store = Ledger::open(&disk).unwrap();
    assert_eq!(store.head().size, 32);
    holds(&store, &ledger.history);
    let cut = disk.contents("tail.cut").unwrap();
    let mut lost = ledger.disk.contents(&name).unwrap()[from..to].to_vec();
    lost[at - from] ^= 1 << (at % 8);
    assert_eq!(cut[..8], *b"\xffLGT1\0\0\0");
    assert_eq!(cut[12..28], [(from as u64).to_le_bytes(), ((to - from) as u64).to_le_bytes()].concat());
    assert_eq!(cut[32..], lost);
}

#[test]
fn a_journal_that_was_cut_short_is_refused() {
    let ledger = Ledger::new();
    let commits = ledger.commits();
    let (last, _, end) = commits.last().unwrap().clone();
    for at in (0..end).step_by(37).chain(commits.iter().filter(|c| c.0 == last).map(|c| c.1)) {
        // One without a whole header might be one that was just being made; the head knows better.
        let naming = if at < frame::SEGMENT_HEADER { "head knows of 34 entries" } else { &last };
        ledger.refused(Code::Damaged, naming, |disk| disk.damage(&last, |b| b.truncate(at)));
    }
    // Without a head, the guard refuses: damage when something is torn, an old copy when not.
    for (name, from, _) in commits.iter().filter(|c| c.0 == last) {
        let cut = |at: usize| {
            move |disk: &FaultDisk| {
                disk.damage(name, |b| b.truncate(at));
                disk.remove("head");
            }
        };
        ledger.refused(Code::BehindGuard, &ledger.guard(), cut(*from));
        ledger.refused(Code::Damaged, name, cut(from + 50));
    }
    let first = &ledger.segments()[0];
    for at in [0, 10, 64, 65, 400, 4_000] {
        ledger.refused(Code::Damaged, first, |disk| disk.damage(first, |b| b.truncate(at)));
    }
}

#[test]
fn a_segment_that_is_gone_is_named() {
    let ledger = Ledger::new();
    let segments = ledger.segments();
    assert!(segments.len() >= 4);
    for name in &segments[..segments.len() - 1] {
        ledger.refused(Code::Damaged, &format!("{name} is missing"), |disk| disk.remove(name));
    }
    let (last, before) = (&segments[segments.len() - 1], &segments[segments.len() - 2]);
    ledger.refused(Code::Damaged, before, |disk| disk.remove(last));
    ledger.refused(Code::BehindGuard, &ledger.guard(), |disk| {
        disk.remove(last);
        disk.remove("head");
    });
    let renamed = |disk: &FaultDisk| {
        let bytes = disk.contents(last).unwrap();
        disk.damage(before, |b| *b = bytes);
    };
    ledger.refused(Code::Damaged, before, renamed);
    // Other files do not disturb.
    ledger.accepted(|disk| {
        disk.damage("journal/00000000.seg.bak", |b| b.push(1));
        disk.damage("journal/9.seg", |b| b.push(1));
        disk.damage("journal/notes.txt", |b| b.push(1));
    });
}

#[test]
fn zeroed_and_exchanged_ranges_are_refused() {
    let ledger = Ledger::new();
    let commits = ledger.commits();
    for (name, from, to) in &commits {
        let zero = |from: usize, to: usize| move |b: &mut Vec<u8>| b[from..to].fill(0);
        let middle = (from + to) / 2;
        for (a, b) in
            [(*from, *to), (*from, middle), (middle, *to), (from + 36, from + 40), (from + 10, from + 11)]
        {
            let zeros = ledger.disk.contents(name).unwrap()[a..b].iter().all(|b| *b == 0);
            if !zeros {
                ledger.refused(Code::Damaged, name, |disk| disk.damage(name, zero(a, b)));
            }
        }
    }
    let alike = |a: &&Place, b: &&Place| a.0 == b.0 && a.1 < b.1 && a.2 - a.1 == b.2 - b.1;
    let pairs: Vec<_> = commits.iter().flat_map(|a| commits.iter().map(move |b| (a, b))).collect();
    let pairs: Vec<_> = pairs.into_iter().filter(|(a, b)| alike(a, b)).collect();
    assert!(!pairs.is_empty());
    for (a, b) in pairs {
        let swap = |bytes: &mut Vec<u8>| {
            let (first, second) = bytes.split_at_mut(b.1);
            first[a.1..a.2].swap_with_slice(&mut second[..b.2 - b.1]);
        };
        ledger.refused(Code::Damaged, &format!("{} at byte {}:", a.0, a.1), |disk| disk.damage(&a.0, swap));
    }
}

/// Writes the commits of the last segment anew, with right checksums.
fn forge(
    ledger: &Ledger,
    disk: &FaultDisk,
    batches: &[&[ledger_core::entry::Entry]],
    first: u64,
) -> Position {
    let segments = ledger.segments();
    let segment = u32::try_from(segments.len() - 1).unwrap();
    let mut bytes = disk.contents(&segments[segments.len() - 1]).unwrap()[..frame::SEGMENT_HEADER].to_vec();
    let mut sequence = first;
    for batch in batches {
        let mut body = Vec::new();
        batch.iter().for_each(|e| e.write_record(&mut body).unwrap());
        let at = Position { segment, offset: bytes.len() as u64 };
        bytes.extend(frame::encode_commit(at, sequence, batch.len() as u32, &body));
        sequence += batch.len() as u64;
    }
    let end = Position { segment, offset: bytes.len() as u64 };
    disk.damage(&segments[segments.len() - 1], |b| *b = bytes);
    end
}

#[test]
fn a_rewritten_tail_with_right_checksums_is_refused() {
    let ledger = Ledger::new();
    let entries = &ledger.history.entries;
    let last = ledger.segments().pop().unwrap();
    let bytes = ledger.disk.contents(&last).unwrap();
    let first = frame::SegmentHeader::decode(&bytes).unwrap().first as usize;
    // Exchanged entries, a missing one, a repeated one.
    let swapped = [&entries[first..32], &[entries[33].clone(), entries[32].clone()]].concat();
    let missing = [&entries[first..31], &entries[32..]].concat();
    for batch in [&swapped, &missing] {
        ledger.refused(Code::Damaged, &last, |disk| {
            forge(&ledger, disk, &[batch], first as u64);
        });
    }
    // Another history of the same length: chain and commitments hold, the root does not.
    let mut other = ledger.history.truncated(33);
    other.push(Shape { stream: 0, data: 41, private: None });
    let forged = |disk: &FaultDisk| forge(&ledger, disk, &[&other.entries[first..]], first as u64);
    let e = ledger.refused(Code::Damaged, "", |disk| {
        forged(disk);
    });
    assert!(e.message.contains("signed root") || e.message.contains("head"), "{e}");
    // With a head that says so too, the guard still knows.
    let with_head = |disk: &FaultDisk| {
        let end = forged(disk);
        let head = HeadFile::decode(&disk.contents("head").unwrap()).unwrap();
        let note = checkpoint(&Head { size: 34, root: other.root(34), chain: [0; 32], time: None });
        let head = HeadFile { end, checkpoint: note, ..head };
        disk.damage("head", |b| *b = head.encode().unwrap());
    };
    let e = ledger.refused(Code::BehindGuard, &ledger.guard(), with_head);
    assert!(e.message.contains("another root"), "{e}");
    // And one entry more does not help.
    other.push(Shape { stream: 0, data: 41, private: None });
    let longer = |disk: &FaultDisk| {
        forge(&ledger, disk, &[&other.entries[first..34], &other.entries[34..]], first as u64);
        disk.remove("head");
    };
    ledger.refused(Code::BehindGuard, &ledger.guard(), longer);
    // An unacknowledged entry whose data is not what it commits to is not taken over.
    let mut altered = ledger.history.clone();
    altered.push(Shape { stream: 0, data: 4, private: None });
    altered.entries[34].data.bytes[3] ^= 1;
    let e = ledger.refused(Code::Damaged, &last, |disk| {
        let mut batches: Vec<&[_]> = Vec::new();
        let ends: Vec<usize> = [first, 29, 32, 34, 35].into_iter().filter(|n| *n >= first).collect();
        batches.extend(ends.windows(2).map(|w| &altered.entries[w[0]..w[1]]));
        forge(&ledger, disk, &batches, first as u64);
    });
    assert!(e.message.contains("entry 34 is not what its leaf commits to"), "{e}");
}

#[test]
fn heads() {
    let ledger = Ledger::new();
    // Damaged in any byte, cut, blank, gone: a reader is told; a writer reads the journal.
    for at in (0..frame::FIXED_FILE).step_by(61).chain([0, 8, 40, 1023]) {
        ledger.accepted(|disk| {
            disk.damage("head", flip(at));
            let e = local::open(&disk.backing(), &reading()).err().unwrap();
            assert!(e.code == Code::Damaged && e.message.contains("head"), "{e}");
        });
    }
    ledger.accepted(|disk| disk.remove("head"));
    ledger.accepted(|disk| disk.damage("head", |b| b.truncate(500)));
    ledger.accepted(|disk| {
        // As `init` leaves it before its last step: not a ledger yet, for a reader.
        disk.damage("head", |b| b.fill(0));
        assert_eq!(local::open(&disk.backing(), &reading()).err().unwrap().code, Code::NotALedger);
    });
    // Older: what is behind it is taken over.
    let older = |disk: &FaultDisk| {
        let mut shorter =
            local::create(&FaultDisk::new(5).backing(), ledger.history.log_id(), &writing(SEGMENT)).unwrap();
        shorter.append(&Head::empty(), &ledger.history.entries[..1]).unwrap();
        let head = HeadFile::decode(&disk.contents("head").unwrap()).unwrap();
        let (_, from, to) = ledger.commits()[1];
        let head = HeadFile {
            size: 5,
            end: Position { segment: 0, offset: to as u64 },
            last_commit: from as u64,
            checkpoint: checkpoint(&Head {
                size: 5,
                root: ledger.history.root(5),
                chain: [0; 32],
                time: None,
            }),
            ..head
        };
        disk.damage("head", |b| *b = head.encode().unwrap());
        assert_eq!(local::open(&disk.backing(), &reading()).unwrap().head().size, 5);
    };
    ledger.accepted(older);
    // Newer than the log, of another place, of another root, of a newer format.
    let change = |change: fn(&mut HeadFile)| {
        move |disk: &FaultDisk| {
            let mut head = HeadFile::decode(&disk.contents("head").unwrap()).unwrap();
            change(&mut head);
            disk.damage("head", |b| *b = head.encode().unwrap());
        }
    };
    ledger.refused(Code::Damaged, "the head knows of 35 entries; only 34", change(|h| h.size = 35));
    ledger.refused(Code::Damaged, "head", change(|h| h.size = 33));
    ledger.refused(Code::Damaged, "head", change(|h| h.end.offset -= 1));
    ledger.refused(Code::Damaged, "head", change(|h| h.checkpoint.clear()));
    let of_another_root = |h: &mut HeadFile| {
        let root = Hash::from_bytes([1; 32]);
        h.checkpoint = checkpoint(&Head { size: 34, root, chain: [0; 32], time: None });
    };
    ledger.refused(Code::Damaged, "do not hash to the signed root", change(of_another_root));
}

/// Says format 2 in a frame whose CRC stands behind `len` bytes.
fn newer(len: usize) -> impl Fn(&mut Vec<u8>) {
    move |bytes| {
        bytes[8] = 2;
        let crc = crc32c(&bytes[..len]);
        bytes[len..len + 4].copy_from_slice(&crc.to_le_bytes());
    }
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 },
        )
    })
}

#[test]
fn newer_formats_are_refused_and_left_alone() {
    let ledger = Ledger::new();
    let segments = ledger.segments();
    for name in [&segments[0], &segments[1], &segments[segments.len() - 1]] {
        ledger.refused(Code::NewerFormat, name, |disk| disk.damage(name, newer(60)));
    }
    ledger.refused(Code::NewerFormat, "head", |disk| disk.damage("head", newer(1020)));
    ledger.refused(Code::NewerFormat, &ledger.guard(), |disk| disk.damage(&ledger.guard(), newer(52)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to one file: an error, or everything is there.
    #[test]
    fn nothing_is_lost_silently(file in 0..9_usize, start in 0..6_000_usize, garbage in proptest::collection::vec(any::<u8>(), 1..600)) {
        let ledger = Ledger::new();
        let disk = ledger.disk.kill();
        let files = disk.files();
        disk.damage(&files[file % files.len()], |bytes| {
            let start = start % (bytes.len() + 1);
            let end = bytes.len().min(start + garbage.len());
            bytes.splice(start..end, garbage);
        });
        match Ledger::open(&disk) {
            Ok(store) => {
                prop_assert_eq!(store.head().size, 34);
                holds(&store, &ledger.history);
            }
            Err(e) => prop_assert!(matches!(e.code, Code::Damaged | Code::BehindGuard | Code::NewerFormat), "{}", e),
        }
        match local::open(&disk.backing(), &reading()) {
            Ok(store) => {
                prop_assert_eq!(store.head().size, 34);
                holds(&store, &ledger.history);
            }
            Err(e) => prop_assert!(matches!(e.code, Code::Damaged | Code::NewerFormat), "{}", e),
        }
    }
}

#[test]
fn guards() {
    let ledger = Ledger::new();
    let guard = ledger.guard();
    // Damaged in what matters, or in the checkpoint alone, or gone.
    for at in 0..56 {
        ledger.refused(Code::Damaged, &guard, |disk| disk.damage(&guard, flip(at)));
    }
    for at in (56..frame::FIXED_FILE).step_by(57) {
        ledger.accepted(|disk| disk.damage(&guard, flip(at)));
    }
    ledger.accepted(|disk| disk.remove(&guard));
    let store = ledger.accepted(|disk| disk.damage(&guard, Vec::clear));
    drop(store);
    // An older copy of the directory, beside the guard of today.
    let disk = ledger.disk.kill();
    let mut longer = ledger.history.clone();
    longer.grow_to(37);
    let mut store = Ledger::open(&disk).unwrap();
    commit(&mut store, &longer.entries[34..]).unwrap();
    let today = disk.contents(&guard).unwrap();
    let e = ledger.refused(Code::BehindGuard, &guard, |old| old.damage(&guard, |b| *b = today));
    assert!(e.message.contains("holds 34 entries; 37 were signed"), "{e}");
    // Reading it is still possible.
    let old = ledger.disk.kill();
    old.damage(&guard, |b| *b = disk.contents(&guard).unwrap());
    holds(&local::open(&old.backing(), &reading()).unwrap(), &ledger.history);
    // A guard of the same size with another root.
    let other = GuardFile { size: 34, root: Hash::from_bytes([1; 32]), checkpoint: Some("x".to_owned()) };
    ledger.refused(Code::BehindGuard, &guard, |disk| disk.damage(&guard, |b| *b = other.encode().unwrap()));
}
