//! A disk that fails on demand: the third kind of store of this house is the local store on this disk.
//!
//! Not a simulation of speed or of reading errors. It keeps in memory what processes see (the page cache) and what would survive a
//! power cut, and everything that it does follows from its seed. Invariant: it is never kinder than a file system may be: what was
//! not synced survives in any mixture of its 512-byte sectors, names are lost unless their directory was synced, and a sync that
//! failed leaves data that is seen, not durable, and not tried again. Source: DESIGN.md §9.
//!
//! ```
//! use ledger_core::store::{Store, fault::FaultDisk, local};
//! use ledger_proofs::Hash;
//!
//! let disk = FaultDisk::new(1);
//! let options = local::LocalOptions::default();
//! local::create(&disk.backing(), Hash::from_bytes([7; 32]), &options)?;
//! let after = disk.power_cut(2);
//! assert_eq!(local::open(&after.backing(), &options)?.head().size, 0);
//! # Ok::<(), ledger_core::Error>(())
//! ```

mod file;

use super::disk::{Disk, DiskFile};
use super::local::Backing;
use file::Inode;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that a disk writes as a whole.
pub const SECTOR: usize = 512;

/// Directory of the guards on a [`FaultDisk::backing`].
pub const GUARDS: &str = "guard";

/// Numbers that look random and follow from a seed (splitmix64).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`; 0 when that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from((z ^ (z >> 31)).checked_rem(bound).unwrap_or(0)).unwrap_or(0)
    }

    /// True in `of_eight` of eight cases.
    pub(super) fn chance(&mut self, of_eight: usize) -> bool {
        self.below(8) < of_eight
    }
}

/// What is to go wrong.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Nothing,
    Freeze(u64),
    Fail(u64, io::ErrorKind),
}

/// What an operation is to do.
enum Fate {
    Succeed,
    Fail(io::Error),
}

struct State {
    inodes: Vec<Inode>,
    /// Names as processes see them.
    names: BTreeMap<String, usize>,
    /// Names that survive.
    kept: BTreeMap<String, usize>,
    operations: u64,
    trace: Vec<String>,
    plan: Plan,
    dice: Dice,
}

/// A disk in memory with faults; clones are views of the same disk.
#[derive(Clone)]
pub struct FaultDisk {
    state: Arc<Mutex<State>>,
    dir: String,
}

impl FaultDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State {
            inodes: Vec::new(),
            names: BTreeMap::new(),
            kept: BTreeMap::new(),
            operations: 0,
            trace: Vec::new(),
            plan: Plan::Nothing,
            dice: Dice::new(seed),
        };
        Self { state: Arc::new(Mutex::new(state)), dir: String::new() }
    }

    /// The local store's backing on this disk: guards in [`GUARDS`], database in memory, no lock.
    #[must_use]
    pub fn backing(&self) -> Backing {
        let guards: Arc<dyn Disk> =
            Arc::new(Self { state: Arc::clone(&self.state), dir: format!("{GUARDS}/") });
        Backing {
            disk: Arc::new(self.clone()),
            guards: Some((guards, GUARDS.to_owned())),
            dir: None,
            boot_id: [7; 16],
        }
    }

    /// Operations so far: creations, writes, length changes, syncs of files and directories.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// One line for each operation so far.
    #[must_use]
    pub fn trace(&self) -> Vec<String> {
        self.lock().trace.clone()
    }

    /// Lets `operations` more succeed; from then on nothing reaches the disk, except perhaps the beginning of the write that is
    /// interrupted.
    pub fn freeze_after(&self, operations: u64) {
        let mut state = self.lock();
        state.plan = Plan::Freeze(state.operations.saturating_add(operations));
    }

    /// Lets `operations` more succeed, fails the one behind them with this error, and works again afterwards.
    pub fn fail_after(&self, operations: u64, kind: io::ErrorKind) {
        let mut state = self.lock();
        state.plan = Plan::Fail(state.operations.saturating_add(operations), kind);
    }

    /// The disk after the process was killed: all that was written is seen, and is as durable as before.
    #[must_use]
    pub fn kill(&self) -> Self {
        let state = self.lock();
        self.with(state.inodes.clone(), state.names.clone(), state.kept.clone(), state.dice.clone())
    }

    /// The disk after a power cut: what is durable, and any part of what is not.
    #[must_use]
    pub fn power_cut(&self, seed: u64) -> Self {
        let state = self.lock();
        let mut dice = Dice::new(seed);
        // From "nothing more arrived" to "all of it did".
        let bias = [0, 1, 4, 7, 8].get(dice.below(5)).copied().unwrap_or(4);
        let inodes = state.inodes.iter().map(|inode| inode.after_power_cut(bias, &mut dice)).collect();
        let mut names = state.kept.clone();
        for (name, inode) in &state.names {
            if !names.contains_key(name) && dice.chance(bias) {
                names.insert(name.clone(), *inode);
            }
        }
        self.with(inodes, names.clone(), names, dice)
    }

    fn with(
        &self,
        inodes: Vec<Inode>,
        names: BTreeMap<String, usize>,
        kept: BTreeMap<String, usize>,
        dice: Dice,
    ) -> Self {
        let state =
            State { inodes, names, kept, operations: 0, trace: Vec::new(), plan: Plan::Nothing, dice };
        Self { state: Arc::new(Mutex::new(state)), dir: self.dir.clone() }
    }

    /// Names of all files, as processes see them.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.lock().names.keys().cloned().collect()
    }

    /// The bytes of a file as processes see them; `None` when there is none.
    #[must_use]
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.lock();
        let inode = state.names.get(&self.path(name))?;
        state.inodes.get(*inode).map(|inode| inode.seen().to_vec())
    }

    /// Changes a file behind everyone's back, durably and without counting: damage. Makes it if need be.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let path = self.path(name);
        let inode = state.names.get(&path).copied();
        let mut bytes =
            inode.and_then(|i| state.inodes.get(i)).map(|i| i.seen().to_vec()).unwrap_or_default();
        change(&mut bytes);
        let inode = state.add(Inode::durable(bytes));
        state.names.insert(path.clone(), inode);
        state.kept.insert(path, inode);
    }

    /// Removes a file behind everyone's back.
    pub fn remove(&self, name: &str) {
        let mut state = self.lock();
        let path = self.path(name);
        state.names.remove(&path);
        state.kept.remove(&path);
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.dir)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, inode: Inode) -> usize {
        self.inodes.push(inode);
        self.inodes.len().saturating_sub(1)
    }

    /// Counts one operation and says what becomes of it.
    fn operate(&mut self, what: String) -> Fate {
        let number = self.operations;
        self.operations = number.saturating_add(1);
        self.trace.push(what);
        match self.plan {
            Plan::Freeze(after) if number >= after => Fate::Fail(io::Error::other("the disk is frozen")),
            Plan::Fail(at, kind) if number == at => Fate::Fail(io::Error::new(kind, "a fault was injected")),
            _ => Fate::Succeed,
        }
    }

    /// Whether the operation that was counted last is the one that the plan interrupts, and not one behind it.
    fn is_first_failure(&self) -> bool {
        let last = self.operations.saturating_sub(1);
        matches!(self.plan, Plan::Freeze(at) | Plan::Fail(at, _) if at == last)
    }
}

impl Disk for FaultDisk {
    fn open(&self, name: &str, create: bool) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        let path = self.path(name);
        let inode = match state.names.get(&path) {
            Some(inode) => *inode,
            None if create => {
                if let Fate::Fail(e) = state.operate(format!("create {path}")) {
                    return Err(e);
                }
                let inode = state.add(Inode::default());
                state.names.insert(path.clone(), inode);
                inode
            }
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(Arc::new(FaultFile { disk: self.clone(), inode, path }))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let prefix = format!("{}/", self.path(dir));
        let state = self.lock();
        let names: Vec<String> =
            state.names.keys().filter_map(|n| n.strip_prefix(&prefix)).map(str::to_owned).collect();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }

    /// A failed one leaves the names to the next: file systems keep names in a journal, and stop when that fails.
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let prefix = if dir.is_empty() { self.dir.clone() } else { format!("{}/", self.path(dir)) };
        let mut state = self.lock();
        if let Fate::Fail(e) = state.operate(format!("sync directory {prefix:?}")) {
            return Err(e);
        }
        let inside = |name: &str| name.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/'));
        let new: Vec<(String, usize)> =
            state.names.iter().filter(|(n, _)| inside(n)).map(|(n, i)| (n.clone(), *i)).collect();
        state.kept.extend(new);
        Ok(())
    }
}

struct FaultFile {
    disk: FaultDisk,
    inode: usize,
    path: String,
}

impl FaultFile {
    fn with<T>(&self, f: impl FnOnce(&mut State, &mut Inode) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.lock();
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        let mut inode = state.inodes.get_mut(self.inode).map(std::mem::take).ok_or_else(gone)?;
        let result = f(&mut state, &mut inode);
        if let Some(place) = state.inodes.get_mut(self.inode) {
            *place = inode;
        }
        result
    }
}

impl DiskFile for FaultFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.with(|_, inode| Ok(inode.read(buf, offset)))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.with(|state, inode| {
            match state.operate(format!("write {} at {offset}: {} bytes", self.path, bytes.len())) {
                Fate::Succeed => {
                    inode.write(bytes, offset);
                    Ok(())
                }
                Fate::Fail(e) => {
                    if state.is_first_failure() {
                        let some = state.dice.below(bytes.len().saturating_add(1));
                        inode.write(bytes.get(..some).unwrap_or_default(), offset);
                    }
                    Err(e)
                }
            }
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|_, inode| Ok(inode.seen().len() as u64))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.with(|state, inode| match state.operate(format!("set length of {} to {len}", self.path)) {
            Fate::Succeed => {
                inode.set_len(len);
                Ok(())
            }
            Fate::Fail(e) => Err(e),
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.with(|state, inode| match state.operate(format!("sync {}", self.path)) {
            Fate::Succeed => {
                inode.sync();
                Ok(())
            }
            Fate::Fail(e) => {
                // A frozen disk did not even hear of it.
                if matches!(state.plan, Plan::Fail(..)) {
                    inode.sync_failed(&mut state.dice);
                }
                Err(e)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects)]
    use super::*;

    /// Over many power cuts: how often the file was there, and what it then held.
    fn aftermath(disk: &FaultDisk, name: &str) -> Vec<Option<Vec<u8>>> {
        let mut found: Vec<_> = (0..200).map(|seed| disk.power_cut(seed).contents(name)).collect();
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn a_name_and_its_bytes_are_kept_by_two_different_syncs() {
        let disk = FaultDisk::new(1);
        let file = disk.open("a/b", true).unwrap();
        file.write_at(b"bytes", 0).unwrap();
        let (none, empty, whole) = (None, Some(Vec::new()), Some(b"bytes".to_vec()));
        let holes = Some(vec![0; 5]);
        assert_eq!(aftermath(&disk, "a/b"), [none.clone(), empty, holes, whole.clone()]);
        file.sync().unwrap();
        disk.sync_dir("").unwrap();
        assert_eq!(aftermath(&disk, "a/b"), [none, whole.clone()], "that was another directory");
        disk.sync_dir("a").unwrap();
        assert_eq!(aftermath(&disk, "a/b"), [whole]);
        assert_eq!(disk.list("a").unwrap(), ["b"]);
        assert!(disk.open("a/c", false).is_err_and(|e| e.kind() == io::ErrorKind::NotFound));
    }

    #[test]
    fn operations_are_counted_frozen_and_failed() {
        let disk = FaultDisk::new(1);
        let file = disk.open("f", true).unwrap();
        file.write_at(b"one", 0).unwrap();
        file.sync().unwrap();
        disk.sync_dir("").unwrap();
        assert_eq!(disk.operations(), 4);
        assert_eq!(disk.trace()[1], "write f at 0: 3 bytes");

        let failing = disk.kill();
        failing.fail_after(1, io::ErrorKind::StorageFull);
        let file = failing.open("f", false).unwrap();
        file.set_len(2).unwrap();
        assert_eq!(file.set_len(1).unwrap_err().kind(), io::ErrorKind::StorageFull);
        file.write_at(b"x", 2).unwrap();
        assert_eq!(failing.contents("f").unwrap(), b"onx");

        let mut beginnings = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let frozen = FaultDisk::new(seed);
            let file = frozen.open("f", true).unwrap();
            frozen.freeze_after(1);
            file.set_len(1).unwrap();
            file.write_at(b"abc", 0).unwrap_err();
            assert!(
                file.write_at(b"xyz", 0).is_err() && file.sync().is_err() && frozen.open("g", true).is_err()
            );
            beginnings.insert(frozen.kill().contents("f").unwrap());
        }
        assert_eq!(
            beginnings.into_iter().collect::<Vec<_>>(),
            [b"\0".to_vec(), b"a".to_vec(), b"ab".to_vec(), b"abc".to_vec()]
        );
    }
}
