//! Making and opening a local log.
//!
//! Not here: what the entries mean. Invariant: a writer holds `lock` for as long as it lives, and has seen the end of the journal with
//! its own eyes before it writes. Source: DESIGN.md §4 "Opening".

use super::database::Database;
use super::frame::{FIXED_FILE, HeadFile, Position, SegmentHeader};
use super::guard::Guard;
use super::journal::{DIR, Journal, SEGMENT_BYTES, write_failed};
use super::marker::{Marker, boot_id};
use super::recovery::{self, check_commitments, check_end, cut_torn_tail, walk};
use super::rows_kv::{Lost, SledRows, quietly};
use super::scan::{self, Cursor, Refill, Step, place, read_head};
use super::tile::{OpenTile, TILE};
use super::{HEAD, LocalStore};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::disk::{Disk, DiskFile, RealDisk};
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
        Self { write: true, wait: Duration::from_secs(10), segment_bytes: SEGMENT_BYTES, progress: Arc::new(|_, _, _| {}) }
    }
}

impl Backing {
    /// Real files: the ledger in `dir`, its guard below `state` (made if need be).
    #[must_use]
    pub fn real(dir: &Path, state: Option<&Path>, write: bool) -> Self {
        let guards = state.map(|s| s.join("guard")).filter(|g| !write || fs::create_dir_all(g).is_ok()).map(|g| {
            let shown = g.display().to_string();
            (Arc::new(RealDisk::new(&g, write)) as Arc<dyn Disk>, shown)
        });
        Self { disk: Arc::new(RealDisk::new(dir, write)), guards, dir: Some(dir.to_owned()), boot_id: boot_id() }
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
            Err(fs::TryLockError::WouldBlock) if start.elapsed() < wait => std::thread::sleep(Duration::from_millis(2)),
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Error::new(Code::Busy, format!("another process is writing to {}", dir.display())));
            }
            Err(fs::TryLockError::Error(e)) => return Err(write_failed(&shown, &e)),
        }
    }
}

/// Makes an empty journal for a log whose genesis leaf has this hash, and opens it.
///
/// # Errors
/// `LG_201` when there is one already, `LG_206`, `LG_207`.
pub fn create(backing: &Backing, log_id: Hash, options: &LocalOptions) -> Result<LocalStore> {
    let lock = backing.dir.as_deref().map(|dir| lock(dir, options.wait)).transpose()?;
    let journal = Journal::new(Arc::clone(&backing.disk), options.segment_bytes);
    if journal.segments().is_ok_and(|s| !s.is_empty()) {
        return Err(Error::new(Code::AlreadyALedger, "there is a journal already"));
    }
    let failed = |e: std::io::Error| write_failed(HEAD, &e);
    let end = journal.create_segment(SegmentHeader { id: 0, first: 0, log_id })?;
    let head = backing.disk.open(HEAD, true).map_err(failed)?;
    head.write_at(&vec![0; FIXED_FILE], 0).and_then(|()| head.sync()).map_err(failed)?;
    backing.disk.sync_dir(DIR).and_then(|()| backing.disk.sync_dir("")).map_err(failed)?;
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
    let journal = Journal::new(Arc::clone(&backing.disk), options.segment_bytes);
    if journal.segments()?.is_empty() {
        return Err(Error::new(Code::NotALedger, "there is no journal here"));
    }
    let log_id = journal.header(0)?.log_id;
    if !options.write {
        let head = read_head(&*backing.disk)?;
        let database = scan::rebuild(&journal, whole_tiles(head.size), &options.progress)?;
        let mut store = assemble(backing, options, journal, log_id, database, None, None)?;
        store.read_tail(Some(&head))?;
        store.published = Some(head);
        return Ok(store);
    }
    let lock = backing.dir.as_deref().map(|dir| lock(dir, options.wait)).transpose()?;
    recovery::drop_blank_segment(&journal, &*backing.disk)?;
    let head = recovery::head_for_writing(&*backing.disk)?;
    let marker = backing.dir.as_deref().map(|dir| Marker::new(dir, backing.boot_id));
    let known = head.as_ref().map_or(0, |h| h.size);
    let database = open_database(marker.as_ref(), &journal, whole_tiles(known), &options.progress)?;
    let mut store = assemble(backing, options, journal, log_id, database, marker, lock)?;
    store.recover(backing, head)?;
    Ok(store)
}

const fn whole_tiles(size: u64) -> u64 {
    size.saturating_sub(size.rem_euclid(TILE))
}

/// sled when it may be trusted and works, otherwise made again from the journal.
fn open_database(marker: Option<&Marker>, journal: &Journal, until: u64, progress: &Progress) -> Result<Database> {
    let Some(marker) = marker else { return scan::rebuild(journal, until, progress) };
    let failed = |e: std::io::Error| write_failed("database", &e);
    let trusted = marker.trusted_tiles();
    marker.open(trusted.unwrap_or(0)).map_err(failed)?;
    if let Some(tiles) = trusted {
        let opened = quietly(|| SledRows::open(marker.database()).and_then(|rows| Database::open(Box::new(rows))));
        if let Ok(mut database) = opened
            && database.tiles() >= tiles
            && fits(&database, journal)
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
    let rebuilt = fresh.map_err(Refill::Database).and_then(|mut database| {
        catch_up(&mut database, journal, until, progress).map(|()| database)
    });
    match rebuilt {
        Ok(database) => Ok(database),
        Err(Refill::Journal(e)) => Err(e),
        Err(Refill::Database(_)) => {
            marker.revoke();
            scan::rebuild(journal, until, progress)
        }
    }
}

/// Whether the last tile's commit is where the database says.
fn fits(database: &Database, journal: &Journal) -> bool {
    let Some(last) = database.tiles().checked_sub(1) else { return true };
    let Ok(row) = database.tile(last) else { return false };
    let last_entry = last.saturating_mul(TILE).saturating_add(TILE.saturating_sub(1));
    journal.peek(Position::unpack(row.commit)).is_ok_and(|h| {
        (h.first..h.first.saturating_add(u64::from(h.count))).contains(&last_entry)
    })
}

fn catch_up(database: &mut Database, journal: &Journal, until: u64, progress: &Progress) -> Result<(), Refill> {
    if database.tiles().saturating_mul(TILE) >= until {
        return Ok(());
    }
    let from = tail_start(database).map_err(Refill::Database)?;
    scan::fill(database, journal, from, until, progress)
}

/// The commit in which the first entry behind the full tiles stands, or the one before it.
fn tail_start(database: &Database) -> Result<Position, Lost> {
    match database.tiles().checked_sub(1) {
        None => Ok(Cursor::start()),
        Some(last) => Ok(Position::unpack(database.tile(last)?.commit)),
    }
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
    let tiles = database.tiles();
    let mut store = LocalStore {
        journal,
        log_id,
        head_file: None,
        guard: if options.write { backing.guard(log_id) } else { None },
        marker,
        database: Mutex::new(database),
        nodes: Mutex::default(),
        tile: OpenTile::new(tiles),
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
    let size = tiles.saturating_mul(TILE);
    let row = store.ask(|db| tiles.checked_sub(1).map(|last| db.tile(last)).transpose())?;
    if let Some(row) = row {
        store.chain = row.chain;
        store.time = crate::time::Timestamp::from_millis(row.last_time);
    }
    let ids = ledger_proofs::root_nodes(size);
    let hashes = store.ask(|db| {
        let mut cache = super::nodes::NodeCache::default();
        ids.iter().map(|id| cache.node(db, &OpenTile::new(tiles), *id)).collect::<Result<Vec<_>, _>>()
    })?;
    store.frontier =
        Frontier::from_parts(size, hashes).map_err(|e| Error::new(Code::Damaged, format!("the database: {e}")))?;
    Ok(store)
}

impl LocalStore {
    /// Reads what stands behind the full tiles; as far as the head for a reader, to the end for a writer.
    fn read_tail(&mut self, until: Option<&HeadFile>) -> Result<recovery::End> {
        let database = self.database.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let from = tail_start(database).map_err(|Lost(why)| Error::new(Code::Damaged, why))?;
        let journal = Journal::new(self.journal.disk(), self.journal.segment_bytes());
        let mut cursor = Cursor::new(&journal, from, None)?;
        if from == Cursor::start() {
            cursor.sequence = Some(0);
        }
        let mut take = |commit: &super::journal::Commit| {
            place(commit, |sequence, _, placed| {
                if sequence == self.frontier.size() && until.is_none_or(|h| sequence < h.size) {
                    self.take_in(placed)?;
                }
                Ok(())
            })?;
            self.last_commit = commit.header.at;
            self.end = commit.header.end();
            Ok(())
        };
        let Some(head) = until else { return walk(&mut cursor, take) };
        while cursor.sequence.is_none_or(|s| s < head.size) {
            match cursor.step()? {
                Step::Commit(commit) => take(&commit)?,
                Step::End => return Err(scan::damaged(cursor.at, "the journal ends before its head")),
                Step::Broken(why) => return Err(scan::damaged(cursor.at, why)),
            }
        }
        Ok(recovery::End { at: self.end, size: head.size, broken: None })
    }

    /// Everything that must be true before the first write.
    fn recover(&mut self, backing: &Backing, head: Option<HeadFile>) -> Result<()> {
        let tiles = self.tile.index;
        let end = self.read_tail(None)?;
        let remembered = self.guard.as_mut().map(Guard::read).transpose()?.flatten();
        let guard = self.guard.as_ref().zip(remembered.map(|(size, _)| size));
        check_end(&end, head.as_ref(), guard, tiles)?;
        cut_torn_tail(&self.journal, &*backing.disk, &end)?;
        self.end = end.at;
        if end.size > head.as_ref().map_or(0, |h| h.size) && end.size > 0 {
            self.adopt(backing, head.as_ref())?;
        }
        if let Some(head) = &head
            && head.size == end.size
            && recovery::stated_root(head)? != self.frontier.root()
        {
            return Err(recovery::root_mismatch(head.size));
        }
        if let (Some(guard), Some((size, root))) = (&self.guard, remembered)
            && self.root_at(size)? != root
        {
            return Err(guard.refuse(&format!("the first {size} entries have another root than the one signed on this machine")));
        }
        let file: Arc<dyn DiskFile> = backing.disk.open(HEAD, true).map_err(|e| write_failed(HEAD, &e))?;
        self.head_file = Some(file);
        self.published = head;
        Ok(())
    }

    /// Takes over commits that nobody was told of: their commitments must hold, and the last one is written and synced again.
    fn adopt(&mut self, backing: &Backing, head: Option<&HeadFile>) -> Result<()> {
        let start = head.map_or((Cursor::start(), 0), |h| (h.end, h.size));
        let mut cursor = Cursor::new(&self.journal, start.0, Some(start.1))?;
        let mut last = None;
        while let Step::Commit(commit) = cursor.step()? {
            place(&commit, |sequence, record, placed| {
                if check_commitments(record, &placed.leaf.data_hash, placed.leaf.private_hash.as_ref()) {
                    Ok(())
                } else {
                    Err(scan::damaged(commit.header.at, &format!("entry {sequence} is not what its leaf commits to")))
                }
            })?;
            last = Some(commit);
        }
        last.map_or(Ok(()), |commit| recovery::write_again(&self.journal, &*backing.disk, &commit))
    }

    /// Root of the first `size` entries.
    fn root_at(&self, size: u64) -> Result<Hash> {
        use crate::store::Store as _;
        ledger_proofs::tree::root(size, |id| {
            self.nodes(&[id]).and_then(|h| h.first().copied().ok_or_else(|| recovery::root_mismatch(size)))
        })
    }
}

