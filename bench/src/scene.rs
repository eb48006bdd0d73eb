//! Ledgers to measure on.
//!
//! Made through the same doors as any other: `init`, then intents. Invariant: a scene's guard lies beside its directory, never in the
//! user's.

use crate::workload;
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Ledger, Location, init};
use ledger_core::names::Origin;
use ledger_core::sequencer::{Request, Sources};
use ledger_core::store::disk::RealDisk;
use ledger_core::store::local::{JournalReader, LocalStore};
use ledger_core::time::{SystemClock, SystemRandom};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

/// Requests that are handed over together.
const CHUNK: usize = 4096;

/// A ledger's directory, and the place of its guard.
pub struct Scene {
    dir: PathBuf,
}

impl Scene {
    /// Where its server writes a line for each request.
    #[must_use]
    pub fn lines(&self) -> PathBuf {
        self.dir.join("serve.log")
    }

    /// A new ledger in a directory below this one, which must not be there.
    #[must_use]
    pub fn create(dir: &Path) -> (Self, Ledger) {
        std::fs::create_dir_all(dir).expect("a directory");
        let scene = Self { dir: dir.to_owned() };
        let options = InitOptions {
            origin: Some(Origin::new("bench.example/log").expect("origin")),
            human: "Ada".to_owned(),
            profile: "default".to_owned(),
        };
        let sources = Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) };
        let made = init(&scene.location(), &options, sources).expect("init");
        (scene, made.ledger)
    }

    /// One that was made before.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The ledger's own directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir.join("ledger")
    }

    /// The state directory, for guards.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// Both.
    #[must_use]
    pub fn location(&self) -> Location {
        let mut location = Location::new(&self.data());
        location.state = Some(self.state());
        location
    }

    /// Opens for questions.
    #[must_use]
    pub fn store(&self) -> LocalStore {
        ledger_core::ledger::open_for_reading(&self.location()).expect("open for reading")
    }

    /// Opens the journal alone.
    #[must_use]
    pub fn journal(&self) -> JournalReader {
        JournalReader::open(Arc::new(RealDisk::new(&self.data(), false))).expect("journal")
    }

    /// The first human's key.
    #[must_use]
    pub fn human_key(&self) -> SecretKey {
        SecretKey::read(&self.location().key_file("GID-H01")).expect("key")
    }

    /// A ledger of that many entries whose writer has ended without closing it.
    #[must_use]
    pub fn filled_by_a_process_that_dies(dir: &Path, entries: u64) -> Self {
        let me = std::env::current_exe().expect("this program");
        let status =
            Command::new(me).arg("--fill").arg(dir).arg("--entries").arg(entries.to_string()).status();
        assert!(!status.expect("a process that fills").success(), "it must end without closing");
        let scene = Self { dir: dir.to_owned() };
        assert_eq!(scene.journal().head().size, entries, "the process that fills did not come to its end");
        scene
    }
}

/// What that process does: makes the ledger, fills it, and ends at once, as if killed.
pub fn fill_and_die(dir: &Path, entries: u64) -> ! {
    let (_scene, ledger) = Scene::create(dir);
    let there = ledger.sequencer().store().head().size;
    let lines = (there..entries).map(|n| workload::intent_line(n, 10));
    pour(&ledger, lines);
    std::process::abort()
}

/// Appends lines of intents as fast as two threads can: one parses, the other commits. No proofs in the receipts.
pub fn pour(ledger: &Ledger, lines: impl Iterator<Item: AsRef<[u8]>> + Send) {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Request>>(2);
        scope.spawn(move || {
            let request = |line: &[u8]| {
                Request::new(vec![Intent::from_json(line, None).expect("intent")]).without_proofs()
            };
            let mut chunk = Vec::with_capacity(CHUNK);
            for line in lines {
                chunk.push(request(line.as_ref()));
                if chunk.len() == CHUNK {
                    sender.send(std::mem::take(&mut chunk)).expect("the committing thread");
                }
            }
            sender.send(chunk).expect("the committing thread");
        });
        for requests in receiver {
            for answer in ledger.submit_all(&requests) {
                answer.expect("appended");
            }
        }
    });
}
