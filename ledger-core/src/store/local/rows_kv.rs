//! The ordered map under the database: sled, or a tree in memory for readers that cannot have sled.
//!
//! Nothing here knows what the rows mean. Invariant: a batch is visible as a whole or not at all, and every failure of sled, a panic
//! included, comes out as [`Lost`]: the database is then made again from the journal. Source: DESIGN.md §4.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

/// The database cannot be used; why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost(pub String);

/// Key and new value; `None` removes.
pub type Change = (Vec<u8>, Option<Vec<u8>>);
/// Key and value.
pub type Row = (Vec<u8>, Vec<u8>);

/// An ordered map with atomic batches.
pub trait Rows: Send {
    /// One value.
    ///
    /// # Errors
    /// [`Lost`].
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Lost>;

    /// At most `limit` rows of the half-open range, ascending.
    ///
    /// # Errors
    /// [`Lost`].
    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, Lost>;

    /// All changes at once.
    ///
    /// # Errors
    /// [`Lost`].
    fn apply(&mut self, changes: Vec<Change>) -> Result<(), Lost>;

    /// Writes out what is held back.
    ///
    /// # Errors
    /// [`Lost`].
    fn flush(&mut self) -> Result<(), Lost>;
}

/// In memory.
#[derive(Default)]
pub struct MemoryRows(BTreeMap<Vec<u8>, Vec<u8>>);

impl Rows for MemoryRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Lost> {
        Ok(self.0.get(key).cloned())
    }
    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, Lost> {
        Ok(self
            .0
            .range(from.to_vec()..to.to_vec())
            .take(limit)
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect())
    }
    fn apply(&mut self, changes: Vec<Change>) -> Result<(), Lost> {
        for (key, value) in changes {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
        Ok(())
    }
    fn flush(&mut self) -> Result<(), Lost> {
        Ok(())
    }
}

/// sled 0.34.
pub struct SledRows {
    db: Option<sled::Db>,
}

/// How often to look, 10 ms apart, for a lock of sled's that is about to go.
const LOCK_LOOKS: u32 = 100;
/// Memory that sled may use for pages.
const CACHE_BYTES: u64 = 16 << 20;

impl SledRows {
    /// Opens or creates the database in this directory.
    ///
    /// # Errors
    /// [`Lost`] when sled refuses or panics.
    pub fn open(path: &Path) -> Result<Self, Lost> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None);
        let mut patience = LOCK_LOOKS;
        loop {
            match guarded(|| config.open()) {
                Ok(db) => return Ok(Self { db: Some(db) }),
                // sled lets go of its own lock some time after it was closed; ours says that nobody else is here.
                Err(Lost(why)) if patience > 0 && why.contains("lock") => {
                    patience = patience.saturating_sub(1);
                }
                Err(lost) => return Err(lost),
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    fn with<T>(&self, f: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, Lost> {
        let db = self.db.as_ref().ok_or_else(|| Lost("closed".to_owned()))?;
        guarded(|| f(db))
    }
}

impl Drop for SledRows {
    fn drop(&mut self) {
        // Closing writes, and may panic on a damaged database; there is nobody left to tell.
        let db = self.db.take();
        let _ = guarded(|| {
            drop(db);
            Ok(())
        });
    }
}

/// Runs sled with its panics turned into errors, and silently: a damaged database is expected, and no news for the terminal.
fn guarded<T>(f: impl FnOnce() -> sled::Result<T>) -> Result<T, Lost> {
    silence_sled();
    let outer = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    QUIET.set(outer);
    match result {
        Ok(result) => result.map_err(|e| Lost(e.to_string())),
        Err(_) => Err(Lost("sled panicked".to_owned())),
    }
}

thread_local! {
    /// Whether this thread is inside sled.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Puts a panic hook in front of the process's own that says nothing about panics inside sled, its own threads included.
fn silence_sled() {
    static ONCE: Once = Once::new();
    // A thread that unwinds may not touch the hook; whoever opened the database has set it already.
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let inside = QUIET.try_with(Cell::get).unwrap_or(false);
            if !inside && !std::thread::current().name().is_some_and(|name| name.starts_with("sled-io-")) {
                hook(info);
            }
        }));
    });
}

impl Rows for SledRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Lost> {
        self.with(|db| Ok(db.get(key)?.map(|v| v.to_vec())))
    }
    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, Lost> {
        self.with(|db| {
            db.range(from..to).take(limit).map(|r| r.map(|(k, v)| (k.to_vec(), v.to_vec()))).collect()
        })
    }
    fn apply(&mut self, changes: Vec<Change>) -> Result<(), Lost> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.with(|db| db.apply_batch(batch))
    }
    fn flush(&mut self) -> Result<(), Lost> {
        self.with(|db| db.flush().map(|_| ()))
    }
}
