//! Where a store under test lives: memory, a directory, or the fault disk.

use ledger_core::Result;
use ledger_core::store::fault::FaultDisk;
use ledger_core::store::local::{self, Backing, LocalOptions, LocalStore};
use ledger_core::store::{Store, memory::MemoryStore};
use ledger_proofs::Hash;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Options for writing with short segments.
pub fn writing(segment_bytes: u64) -> LocalOptions {
    LocalOptions { segment_bytes, wait: Duration::from_millis(50), ..LocalOptions::default() }
}

/// Options for reading.
pub fn reading() -> LocalOptions {
    LocalOptions { write: false, ..LocalOptions::default() }
}

/// A ledger in a directory of its own, with its state directory beside it.
pub struct Directory {
    _temporary: Option<tempfile::TempDir>,
    pub dir: PathBuf,
    pub state: PathBuf,
}

impl Directory {
    pub fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let (dir, state) = (temporary.path().join("ledger"), temporary.path().join("state"));
        std::fs::create_dir_all(&dir).unwrap();
        Self { _temporary: Some(temporary), dir, state }
    }

    /// One that another process made, and will remove.
    pub fn of_another(dir: PathBuf) -> Self {
        let state = dir.with_file_name("state");
        Self { _temporary: None, dir, state }
    }

    /// A copy of everything in another place.
    pub fn copy(&self) -> Self {
        self.snapshot().restore()
    }

    /// All files.
    pub fn snapshot(&self) -> Snapshot {
        let mut files = Vec::new();
        collect(&self.dir, Path::new("ledger"), &mut files);
        collect(&self.state, Path::new("state"), &mut files);
        Snapshot(files)
    }

    pub fn backing(&self, write: bool) -> Backing {
        Backing::real(&self.dir, Some(&self.state), write)
    }

    pub fn open(&self, options: &LocalOptions) -> Result<LocalStore> {
        local::open(&self.backing(options.write), options)
    }

    /// The store, and how often its opening had to rebuild the database.
    pub fn open_counting(&self, options: &LocalOptions) -> (LocalStore, u64) {
        let count = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&count);
        let progress: local::Progress = Arc::new(move |_, _, _| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let store = self.open(&LocalOptions { progress, ..options.clone() }).unwrap();
        (store, count.load(Ordering::Relaxed))
    }
}

/// The files of a ledger and of its state directory, by path.
pub struct Snapshot(Vec<(PathBuf, Vec<u8>)>);

impl Snapshot {
    /// The same files in a new place.
    pub fn restore(&self) -> Directory {
        let directory = Directory::new();
        let root = directory.dir.parent().unwrap();
        for (path, bytes) in &self.0 {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        directory
    }

    /// Only the files below this path.
    pub fn below(&self, path: &str) -> Vec<(PathBuf, Vec<u8>)> {
        self.0.iter().filter(|(p, _)| p.starts_with(path)).cloned().collect()
    }
}

fn collect(dir: &Path, name: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = name.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &name, files);
        } else {
            files.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
}

/// One of the three kinds.
pub enum Host {
    Memory,
    Directory(Directory, LocalOptions),
    Fault(FaultDisk, LocalOptions),
}

impl Host {
    pub fn all(segment_bytes: u64) -> Vec<Self> {
        let options = writing(segment_bytes);
        vec![
            Self::Memory,
            Self::Directory(Directory::new(), options.clone()),
            Self::Fault(FaultDisk::new(1), options),
        ]
    }

    pub fn create(&self, log_id: Hash) -> Box<dyn Store> {
        match self {
            Self::Memory => Box::new(MemoryStore::new()),
            Self::Directory(dir, options) => {
                Box::new(local::create(&dir.backing(true), log_id, options).unwrap())
            }
            Self::Fault(disk, options) => Box::new(local::create(&disk.backing(), log_id, options).unwrap()),
        }
    }

    /// Closes and opens again, for writing or as a reader; memory stays as it is.
    pub fn reopen(&self, store: Box<dyn Store>, write: bool) -> Box<dyn Store> {
        match self {
            Self::Memory => store,
            Self::Directory(dir, options) => {
                drop(store);
                Box::new(dir.open(&LocalOptions { write, ..options.clone() }).unwrap())
            }
            Self::Fault(disk, options) => {
                drop(store);
                Box::new(local::open(&disk.backing(), &LocalOptions { write, ..options.clone() }).unwrap())
            }
        }
    }
}

/// What the environment tells a child process that runs one test again.
const CHILD: &str = "LEDGER_TEST_CHILD";

/// The directory that a child process was given; `None` in the parent.
pub fn child_directory() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Runs one test of this binary again, in a process of its own that is told of a directory.
pub fn run_in_child(test: &str, dir: &Path) -> std::process::Output {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, dir)
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap()
}
