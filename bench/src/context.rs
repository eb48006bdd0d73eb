//! What every row is given: where to work, how much, and how often.
//!
//! Invariant: everything is below one temporary directory, guards included, and goes with it.

use crate::scene::Scene;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// Where, how much, how often.
pub struct Context {
    dir: tempfile::TempDir,
    /// Small sizes, which prove only that it runs.
    pub quick: bool,
    /// Entries of the large ledger.
    pub entries: u64,
    /// Rounds of each race.
    pub rounds: usize,
    /// The binary `ledger`, if it was found.
    pub program: Option<PathBuf>,
    large: OnceCell<Scene>,
}

impl Context {
    /// Below this directory.
    #[must_use]
    pub fn new(parent: &Path, quick: bool, entries: u64, rounds: usize, program: Option<PathBuf>) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("ledger-bench-")
            .tempdir_in(parent)
            .expect("a directory to work in");
        Self { dir, quick, entries, rounds, program, large: OnceCell::new() }
    }

    /// The directory of this run.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A new directory of this name, empty.
    #[must_use]
    pub fn fresh(&self, name: &str) -> PathBuf {
        let path = self.dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a directory");
        path
    }

    /// The first, or with `--quick` the second.
    #[must_use]
    pub const fn size(&self, full: u64, quick: u64) -> u64 {
        if self.quick { quick } else { full }
    }

    /// The ledger of `entries` entries, made when first asked for: by a process of its own, which ends without closing it.
    #[must_use]
    pub fn large(&self) -> &Scene {
        self.large.get_or_init(|| {
            eprintln!("  making a ledger of {} entries", self.entries);
            Scene::filled_by_a_process_that_dies(&self.dir().join("large"), self.entries)
        })
    }
}
