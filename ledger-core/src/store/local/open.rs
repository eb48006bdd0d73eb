//! Making and opening a local log.
//!
//! Not here: what the entries mean. Invariant: a writer holds `lock` for as long as it lives, and has seen the end of the journal with
//! its own eyes before it writes. Source: DESIGN.md §4 "Opening".

use super::database::Database;
use super::frame::{FIXED_FILE, Position, SegmentHeader};
use super::guard::Guard;
use super::journal::{Journal, Next, SEGMENT_BYTES, write_failed};
use super::marker::Marker;
use super::recovery;
use super::rows_kv::SledRows;
use super::scan::{self, Cursor, Refill, place, read_head};
use super::tail::{full_tiles, tail_start};
use super::tile::{OpenTile, TILE};
use super::{HEAD, LocalStore};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::disk::{Disk, RealDisk};
use ledger_proofs::{Frontier, Hash};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Called with what is going on, how far, and out of how much.
pub type Progress = Arc<dyn Fn(&str, u64, u64) + Send + Sync>;

/// What stands under the store.
#[derive(Clone)]
pub struct Backing {
    /// Journal, head and cut tail.
    pub disk: Arc<dyn Disk>,
    /// Directory of guards with its name for messages; `None` where there is nowhere to remember.
    pub guards: Option<(Arc<dyn Disk>, String)>,
    /// Directory with lock, marker and sled; `None` keeps the database in memory and takes no lock (simulations).
    pub dir: Option<PathBuf>,
    /// Id of this boot.
    pub boot_id: [u8; 16],
}

/// How to open.
#[derive(Clone)]
pub struct LocalOptions {
    /// For writing, or for reading only.
    pub write: bool,
    /// How long to wait for another writer.
    pub wait: Duration,
    /// Length at which a new segment is begun.
    pub segment_bytes: u64,
    /// Whom to tell how far a rebuild is.
    pub progress: Progress,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            write: true,
            wait: Duration::from_secs(10),
            segment_bytes: SEGMENT_BYTES,
            progress: Arc::new(|_, _, _| {}),
        }
    }
}

impl Backing {
    /// Real files: the ledger in `dir`, its guard below `state` (made if need be).
    #[must_use]
    pub fn real(dir: &Path, state: Option<&Path>, write: bool) -> Self {
        let guards =
            state.map(|s| s.join("guard")).filter(|g| !write || fs::create_dir_all(g).is_ok()).map(|g| {
                let shown = g.display().to_string();
                (Arc::new(RealDisk::new(&g, write)) as Arc<dyn Disk>, shown)
            });
        Self {
            disk: Arc::new(RealDisk::new(dir, write)),
            guards,
            dir: Some(dir.to_owned()),
            boot_id: crate::time::boot_id(),
        }
    }

    fn guard(&self, log_id: Hash) -> Option<Guard> {
        self.guards.as_ref().map(|(disk, shown)| Guard::new(Arc::clone(disk), shown, log_id))
    }
}

/// Waits for the lock of a ledger's directory.
fn lock(dir: &Path, wait: Duration) -> Result<fs::File> {
    let path = dir.join("lock");
    let shown = path.display().to_string();
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            Error::new(Code::NotALedger, format!("{} is no directory", dir.display()))
        }
        _ => write_failed(&shown, &e),
    })?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if start.elapsed() < wait => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Error::new(
                    Code::Busy,
                    format!("another process is writing to {}", dir.display()),
                ));
            }
            Err(fs::TryLockError::Error(e)) => return Err(write_failed(&shown, &e)),
        }
    }
}

/// Makes an empty journal for a log whose genesis leaf has this hash, and opens it. One whose making was interrupted is made again.
///
/// # Errors
/// `LG_201` when there is one already, `LG_206`, `LG_207`.
pub fn create(backing: &Backing, log_id: Hash, options: &LocalOptions) -> Result<LocalStore> {
    let lock = backing.dir.as_deref().map(|dir| lock(dir, options.wait)).transpose()?;
    let disk = &*backing.disk;
    let journal = Journal::new(Arc::clone(&backing.disk), options.segment_bytes);
    if journal.segments().is_ok_and(|s| !s.is_empty()) && !recovery::is_unfinished(&journal, disk)? {
        return Err(Error::new(Code::AlreadyALedger, "there is a journal already"));
    }
    let failed = |e: std::io::Error| write_failed(HEAD, &e);
    let end = journal.create_segment(SegmentHeader { id: 0, first: 0, log_id })?;
    let head = disk.open(HEAD, true).map_err(failed)?;
    head.write_at(&vec![0; FIXED_FILE], 0).and_then(|()| head.sync()).map_err(failed)?;
    disk.sync_dir("").map_err(failed)?;
    if let Some(parent) = backing.dir.as_deref().and_then(Path::parent) {
        // The directory itself may be new. Where its parent cannot be opened, it is not.
        let _ = fs::File::open(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
            .and_then(|d| d.sync_all());
    }
    let marker = backing.dir.as_deref().map(|dir| Marker::new(dir, backing.boot_id));
    let database = open_database(marker.as_ref(), &journal, 0, &options.progress)?;
    let mut store = assemble(backing, options, journal, log_id, database, marker, lock)?;
    store.end = end;
    store.head_file = Some(head);
    Ok(store)
}

/// Opens a log: for writing with everything that recovery does, for reading as far as the head.
///
/// # Errors
/// `LG_200` to `LG_208`.
pub fn open(backing: &Backing, options: &LocalOptions) -> Result<LocalStore> {
    let disk = &*backing.disk;
    let journal = Journal::new(Arc::clone(&backing.disk), options.segment_bytes);
    if journal.segments()?.is_empty() {
        return Err(Error::new(Code::NotALedger, "there is no journal here"));
    }
    let unfinished = |e: Error| match recovery::is_unfinished(&journal, disk) {
        Ok(true) if e.code == Code::Damaged => {
            Error::new(Code::NotALedger, "the making of this ledger was interrupted")
                .hint("remove the directory and make the ledger again")
        }
        _ => e,
    };
    let log_id = || journal.header(0).map_err(unfinished).map(|header| header.log_id);
    if !options.write {
        let log_id = log_id()?;
        let head = read_head(disk, true)?;
        let database = scan::rebuild(&journal, whole_tiles(head.size), &options.progress)?;
        let mut store = assemble(backing, options, journal, log_id, database, None, None)?;
        store.read_tail(head.size)?;
        store
            .check_signed(head.size, recovery::stated_root(&head)?, |_| recovery::root_mismatch(head.size))?;
        store.published = Some(head);
        return Ok(store);
    }
    // The lock comes first: it tells whether the directory can be written to.
    let lock = backing.dir.as_deref().map(|dir| lock(dir, options.wait)).transpose()?;
    let log_id = log_id()?;
    let head = recovery::head_for_writing(disk)?;
    let marker = backing.dir.as_deref().map(|dir| Marker::new(dir, backing.boot_id));
    let known = head.as_ref().map_or(0, |h| h.size);
    let database = open_database(marker.as_ref(), &journal, whole_tiles(known), &options.progress)?;
    let mut store = assemble(backing, options, journal, log_id, database, marker, lock)?;
    store.recover(disk, head)?;
    Ok(store)
}

const fn whole_tiles(size: u64) -> u64 {
    size.saturating_sub(size.rem_euclid(TILE))
}

/// sled when it may be trusted and works, otherwise made again from the journal.
fn open_database(
    marker: Option<&Marker>,
    journal: &Journal,
    until: u64,
    progress: &Progress,
) -> Result<Database> {
    let Some(marker) = marker else { return scan::rebuild(journal, until, progress) };
    let failed = |e: std::io::Error| write_failed("database", &e);
    let trusted = marker.trusted_tiles();
    marker.open(trusted.unwrap_or(0)).map_err(failed)?;
    if let Some(tiles) = trusted {
        let opened = SledRows::open(marker.database()).and_then(|rows| Database::open(Box::new(rows)));
        if let Ok(mut database) = opened
            && database.tiles() >= tiles
            && fits(&database, journal)?
        {
            match catch_up(&mut database, journal, until, progress) {
                Ok(()) => return Ok(database),
                Err(Refill::Journal(e)) => return Err(e),
                Err(Refill::Database(_)) => {}
            }
        }
    }
    marker.wipe().map_err(failed)?;
    marker.open(0).map_err(failed)?;
    let fresh = SledRows::open(marker.database()).and_then(|rows| Database::open(Box::new(rows)));
    let rebuilt = fresh
        .map_err(Refill::Database)
        .and_then(|mut database| catch_up(&mut database, journal, until, progress).map(|()| database));
    match rebuilt {
        Ok(database) => Ok(database),
        Err(Refill::Journal(e)) => Err(e),
        Err(Refill::Database(_)) => {
            marker.revoke();
            scan::rebuild(journal, until, progress)
        }
    }
}

/// Whether the last tile ends in the journal as the database says.
///
/// # Errors
/// `LG_203` when it is the journal that is wrong: it is broken, and holds fewer entries than the database has seen.
fn fits(database: &Database, journal: &Journal) -> Result<bool> {
    let Some(last) = database.tiles().checked_sub(1) else { return Ok(true) };
    let Ok(row) = database.tile(last) else { return Ok(false) };
    let last_entry = last.saturating_mul(TILE).saturating_add(TILE.saturating_sub(1));
    let at = Position::unpack(row.commit);
    if journal.segments()?.contains(&at.segment)
        && let Next::Commit(commit) = journal.next(at)?
    {
        let mut same = false;
        let placed = place(&commit, |sequence, _, placed| {
            let position = row.positions.0.last_chunk::<8>().map(|p| u64::from_le_bytes(*p));
            same |= sequence == last_entry
                && placed.chain == row.chain
                && row.hashes.0.last_chunk() == Some(placed.hash.as_bytes())
                && position == Some(placed.record.pack())
                && placed.leaf.time.millis() == row.last_time;
            Ok(())
        });
        return Ok(placed.is_ok() && same);
    }
    let end = recovery::survey(journal, Cursor::start(), None, u64::MAX)?;
    let known = last_entry.saturating_add(1);
    if known > end.size && !journal.rest(end.at)?.is_empty() {
        return Err(recovery::lost(&end, "the database", known)
            .hint("restore the segment from another copy; if the journal was exchanged on purpose, delete the database directory"));
    }
    Ok(false)
}

fn catch_up(
    database: &mut Database,
    journal: &Journal,
    until: u64,
    progress: &Progress,
) -> Result<(), Refill> {
    if database.tiles().saturating_mul(TILE) >= until {
        return Ok(());
    }
    let from = tail_start(database).map_err(Refill::Database)?;
    scan::fill(database, journal, from, until, progress)
}

/// A store that knows its full tiles and nothing of the tail.
fn assemble(
    backing: &Backing,
    options: &LocalOptions,
    journal: Journal,
    log_id: Hash,
    database: Database,
    marker: Option<Marker>,
    lock: Option<fs::File>,
) -> Result<LocalStore> {
    let mut store = LocalStore {
        journal,
        log_id,
        head_file: None,
        guard: if options.write { backing.guard(log_id) } else { None },
        marker,
        tile: OpenTile::new(database.tiles()),
        database: Mutex::new(database),
        nodes: Mutex::default(),
        frontier: Frontier::new(),
        chain: [0; 32],
        time: None,
        end: Cursor::start(),
        last_commit: Cursor::start(),
        boot_id: backing.boot_id,
        published: None,
        progress: Arc::clone(&options.progress),
        stopped: false,
        _lock: lock,
    };
    let last = |db: &Database| db.tiles().checked_sub(1).map(|last| db.tile(last)).transpose();
    if let Some(row) = store.ask(last)? {
        store.chain = row.chain;
        store.time = crate::time::Timestamp::from_millis(row.last_time);
        store.last_commit = Position::unpack(row.commit);
    }
    store.frontier = store.ask(full_tiles)?;
    Ok(store)
}
