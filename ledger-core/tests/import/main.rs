//! Importing histories into a real ledger: the four historical files, events of our own, bad input, repetition, interruption.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod bad_input;
mod chainbridge;
mod events;

use ledger_core::import::{ImportOptions, Outcome, Row, Source, import};
use ledger_core::ledger::{InitOptions, Ledger, Location, init};
use ledger_core::names::{Gid, Origin};
use ledger_core::sequencer::Sources;
use ledger_core::time::{Clock, Random, Reading};
use ledger_core::verify::{Options, verify_directory};
use ledger_core::{Error, Result};
use std::path::{Path, PathBuf};

/// A clock that goes on by a millisecond each time somebody looks.
struct Ticking(u64);

impl Clock for Ticking {
    fn read(&mut self) -> Reading {
        self.0 += 1;
        Reading { wall: 1_767_225_600_000 + i64::try_from(self.0).unwrap(), monotonic: self.0 }
    }
}

/// Randomness that is the same in each run.
struct Counting(u8);

impl Random for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(141).wrapping_add(3);
            *byte = self.0;
        }
        Ok(())
    }
}

/// A new ledger in a directory of its own.
struct Home {
    ledger: Ledger,
    human: Gid,
    root: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut location = Location::new(&root.path().join("ledger"));
        location.state = Some(root.path().join("state"));
        let origin = Some(Origin::new("ledger.example/import").unwrap());
        let options = InitOptions { origin, human: "Ada".into(), profile: "empty".into() };
        let sources = Sources { clock: Box::new(Ticking(0)), random: Box::new(Counting(1)) };
        let made = init(&location, &options, sources).unwrap();
        Self { ledger: made.ledger, human: made.human, root }
    }

    fn dir(&self) -> PathBuf {
        self.root.path().join("ledger")
    }

    fn size(&self) -> u64 {
        self.ledger.sequencer().store().head().size
    }

    /// A file with these bytes.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn options(&self) -> ImportOptions {
        ImportOptions { format: None, name: None, actor: self.human.clone(), strict: false }
    }

    fn import(&self, path: &Path) -> Result<Outcome> {
        self.import_with(path, &self.options())
    }

    fn import_with(&self, path: &Path, options: &ImportOptions) -> Result<Outcome> {
        let outcome = import(&self.ledger, Source::File(path), options, &mut |_, _, _| Ok(()))?;
        self.check(&outcome);
        Ok(outcome)
    }

    /// Imports bytes by way of a file.
    fn import_bytes(&self, bytes: impl AsRef<[u8]>) -> Result<Outcome> {
        self.import(&self.file("history", bytes))
    }

    /// An import that must be refused, and must leave the log as it was.
    fn refuse(&self, path: &Path, options: &ImportOptions) -> Error {
        let before = self.ledger.sequencer().store().head();
        let error = self.import_with(path, options).expect_err(&path.display().to_string());
        assert_eq!(self.ledger.sequencer().store().head(), before, "{error}");
        error
    }

    /// Every row names the entry that holds what it says.
    fn check(&self, outcome: &Outcome) {
        for row in outcome.rows() {
            let Some(sequence) = row.sequence else { continue };
            let sequencer = self.ledger.sequencer();
            let entry = sequencer.store().entries(sequence, 1).unwrap().pop().unwrap();
            let data: serde_json::Value = serde_json::from_slice(&entry.data.bytes).unwrap();
            let leaf = entry.parse().unwrap();
            let Row { index, verdict, dialect, .. } = row;
            assert_eq!(leaf.id, format!("{}/entry-{index}", outcome.stream));
            assert_eq!(leaf.subject_sequence, index);
            assert_eq!((data["index"].as_u64(), data["verdict"].as_str()), (Some(index), Some(verdict)));
            assert_eq!(data.get("dialect").and_then(|d| d.as_str()), dialect);
            assert_eq!(data["format"], outcome.format.as_str());
        }
    }

    /// The original that an entry holds.
    fn original(&self, sequence: u64) -> String {
        let entry = self.ledger.sequencer().store().entries(sequence, 1).unwrap().pop().unwrap();
        let data: serde_json::Value = serde_json::from_slice(&entry.data.bytes).unwrap();
        data["original"].as_str().unwrap().to_owned()
    }

    /// Verification of everything has nothing to say.
    fn verify(&self) {
        let report = verify_directory(&self.dir(), &Options::default()).unwrap();
        assert!(report.ok && report.findings.is_empty(), "{:?}", report.findings);
        assert_eq!(report.size, self.size());
    }
}
