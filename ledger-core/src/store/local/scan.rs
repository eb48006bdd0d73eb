//! Reading the journal from one place to another: to rebuild the database, and to show entries without one.
//!
//! Not verification: checksums only, and one leaf parse. Invariant: a reader never goes past the head that was published.
//! Source: docs/format.md §§10.1-10.3.

use super::database::Database;
use super::frame::{FIXED_FILE, FrameError, HeadFile, Position, SEGMENT_HEADER, records};
use super::journal::{Commit, Journal, Next, SEGMENT_BYTES, bad_frame, read_failed, segment_name};
use super::rows_kv::{Lost, MemoryRows};
use super::tile::{OpenTile, Placed, TILE};
use super::{HEAD, Progress};
use crate::codes::Code;
use crate::entry::{Leaf, Record};
use crate::error::{Error, Result};
use crate::store::disk::{Disk, read_up_to};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Damage at a place of the journal.
pub(super) fn damaged(at: Position, why: &str) -> Error {
    Error::new(Code::Damaged, format!("{} at byte {}: {why}", segment_name(at.segment), at.offset))
}

/// Walks commits across segments.
pub struct Cursor<'a> {
    journal: &'a Journal,
    segments: Vec<u32>,
    /// Where the next commit should begin.
    pub at: Position,
    /// Sequence of its first entry; `None` until the first commit told.
    pub sequence: Option<u64>,
}

/// What a cursor found.
pub enum Step {
    /// A whole commit in its place.
    Commit(Commit),
    /// Nothing more; the cursor's `at` is the end.
    End,
    /// Bytes that are no whole commit, at the cursor's `at`.
    Broken(&'static str),
}

impl<'a> Cursor<'a> {
    /// A cursor at this place.
    ///
    /// # Errors
    /// `LG_200`, `LG_203` when segments are missing.
    pub fn new(journal: &'a Journal, at: Position, sequence: Option<u64>) -> Result<Self> {
        let segments = journal.segments()?;
        for (expected, id) in (0_u32..).zip(&segments) {
            if expected != *id {
                return Err(Error::new(Code::Damaged, format!("{} is missing", segment_name(expected))));
            }
        }
        Ok(Self { journal, segments, at, sequence })
    }

    /// The start of the log.
    #[must_use]
    pub const fn start() -> Position {
        Position { segment: 0, offset: SEGMENT_HEADER as u64 }
    }

    /// Takes the next step. A segment ends where the next one begins: what a failed cut left between them does not count.
    ///
    /// # Errors
    /// `LG_203` when a commit or segment is not the one that must follow; `LG_208`.
    pub fn step(&mut self) -> Result<Step> {
        loop {
            let broken = match self.journal.next(self.at)? {
                Next::Commit(commit) => {
                    if self.sequence.is_some_and(|s| s != commit.header.first) {
                        return Err(damaged(self.at, "the commit's first sequence does not follow"));
                    }
                    self.sequence = Some(commit.header.first.saturating_add(u64::from(commit.header.count)));
                    self.at = commit.header.end();
                    return Ok(Step::Commit(commit));
                }
                Next::End => None,
                Next::Broken(why) => Some(why),
            };
            if !self.follow(broken)? {
                return Ok(broken.map_or(Step::End, Step::Broken));
            }
        }
    }

    /// Goes to the next segment, when there is one.
    fn follow(&mut self, broken: Option<&str>) -> Result<bool> {
        let id = self.at.segment.saturating_add(1);
        if !self.segments.contains(&id) || self.is_unfinished(id)? {
            return Ok(false);
        }
        let header = self.journal.header(id)?;
        if header.log_id != self.journal.header(0)?.log_id {
            return Err(Error::new(Code::Damaged, format!("{} is of another log", segment_name(id))));
        }
        match self.sequence {
            Some(sequence) if sequence != header.first => {
                let why = broken.unwrap_or("the segment ends before the next one begins");
                Err(damaged(self.at, &format!("{why}; the next segment begins with entry {}", header.first)))
            }
            None if broken.is_some() => Ok(false),
            _ => {
                self.at = Position { segment: id, offset: SEGMENT_HEADER as u64 };
                Ok(true)
            }
        }
    }

    /// Whether this is a last segment whose creation was interrupted: not even its header is whole.
    fn is_unfinished(&self, id: u32) -> Result<bool> {
        if self.segments.last() != Some(&id)
            || self.journal.header(id).map_or_else(|e| e.code != Code::Damaged, |_| true)
        {
            return Ok(false);
        }
        Ok(self.journal.rest(Position { segment: id, offset: 0 })?.len() <= SEGMENT_HEADER)
    }
}

/// Calls `each` with every entry of a commit, its leaf parsed and its place known.
pub(super) fn place(
    commit: &Commit,
    mut each: impl FnMut(u64, &Record<'_>, &Placed<'_>) -> Result<()>,
) -> Result<()> {
    let header = &commit.header;
    let records = records(&commit.body, header.count)
        .ok_or_else(|| damaged(header.at, "the records do not fill the commit"))?;
    let body_at = header.end().offset.saturating_sub(commit.body.len() as u64);
    for (sequence, (offset, record)) in (header.first..).zip(records) {
        let leaf = Leaf::parse(record.leaf)
            .map_err(|why| damaged(header.at, &format!("entry {sequence} is malformed: {why}")))?;
        if leaf.sequence != sequence {
            return Err(damaged(
                header.at,
                &format!("entry {} stands where {sequence} belongs", leaf.sequence),
            ));
        }
        let record_at =
            Position { segment: header.at.segment, offset: body_at.saturating_add(offset as u64) };
        let placed = Placed {
            leaf: &leaf,
            hash: ledger_proofs::leaf_hash(record.leaf),
            chain: *blake3::hash(record.leaf).as_bytes(),
            record: record_at,
            commit: header.at,
        };
        each(sequence, &record, &placed)?;
    }
    Ok(())
}

/// Puts all full tiles before `until` into a database, from the tile that it wants next.
pub(super) fn fill(
    database: &mut Database,
    journal: &Journal,
    from: Position,
    until: u64,
    progress: &Progress,
) -> Result<(), Refill> {
    let mut cursor = Cursor::new(journal, from, None).map_err(Refill::Journal)?;
    let mut tile = OpenTile::new(database.tiles());
    while database.tiles().saturating_mul(TILE) < until {
        let commit = match cursor.step().map_err(Refill::Journal)? {
            Step::Commit(commit) => commit,
            Step::End => return Err(Refill::Journal(damaged(cursor.at, "the journal ends before its head"))),
            Step::Broken(why) => return Err(Refill::Journal(damaged(cursor.at, why))),
        };
        let mut lost = None;
        place(&commit, |sequence, _, placed| {
            if sequence < tile.start() || sequence >= until || lost.is_some() {
                return Ok(());
            }
            if sequence != tile.start().saturating_add(tile.count()) {
                return Err(damaged(commit.header.at, &format!("entry {sequence} stands behind a gap")));
            }
            tile.push(placed)?;
            if tile.is_full() {
                let next = OpenTile::new(tile.index.saturating_add(1));
                lost = database.put(&std::mem::replace(&mut tile, next)).err();
                progress("rebuilding the database", sequence, until);
            }
            Ok(())
        })
        .map_err(Refill::Journal)?;
        if let Some(lost) = lost {
            return Err(Refill::Database(lost));
        }
    }
    Ok(())
}

/// Why filling stopped.
pub(super) enum Refill {
    Journal(Error),
    Database(Lost),
}

/// A database in memory of all full tiles before `until`.
pub(super) fn rebuild(journal: &Journal, until: u64, progress: &Progress) -> Result<Database> {
    let fresh = Database::open(Box::<MemoryRows>::default());
    let mut database = fresh.map_err(|Lost(why)| Error::new(Code::Damaged, why))?;
    fill(&mut database, journal, Cursor::start(), until, progress).map_err(|e| match e {
        Refill::Journal(e) => e,
        Refill::Database(Lost(why)) => Error::new(Code::Damaged, why),
    })?;
    Ok(database)
}

/// The head file. A reader looks again when a writer is in the middle of it.
///
/// # Errors
/// `LG_200` when there is none, `LG_202`, `LG_203`, `LG_208`.
pub(super) fn read_head(disk: &dyn Disk, beside_a_writer: bool) -> Result<HeadFile> {
    let file = disk.open(HEAD, false).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            Error::new(Code::NotALedger, "there is no head file here")
        }
        _ => read_failed(HEAD, &e),
    })?;
    let mut looks = if beside_a_writer { 10 } else { 1_u8 };
    loop {
        let bytes = read_up_to(&*file, 0, FIXED_FILE).map_err(|e| read_failed(HEAD, &e))?;
        looks = looks.saturating_sub(1);
        match HeadFile::decode(&bytes) {
            Ok(head) => return Ok(head),
            Err(FrameError::Blank) if holds_nothing(disk) => {
                return Err(Error::new(
                    Code::NotALedger,
                    "nothing was written to this ledger yet, or its making was interrupted",
                )
                .hint("remove the directory and make the ledger again"));
            }
            // Entries that nobody was told of: whoever opens the ledger for writing finishes what was begun.
            Err(FrameError::Blank) if looks == 0 => {
                return Err(Error::new(Code::NotALedger, "its making was interrupted at the last step")
                    .hint(
                        "append anything to finish it, or remove the directory and make the ledger again",
                    ));
            }
            Err(e) if looks == 0 => return Err(bad_frame("the head file", e)),
            Err(_) => std::thread::sleep(std::time::Duration::from_micros(500)),
        }
    }
}

/// Whether no commit was ever begun.
fn holds_nothing(disk: &dyn Disk) -> bool {
    let first = disk.open(&segment_name(0), false).and_then(|f| read_up_to(&*f, SEGMENT_HEADER as u64, 4096));
    first.is_ok_and(|bytes| bytes.iter().all(|b| *b == 0))
}

/// Entries in the order of the log, without a database and without a lock: what `log`, `show` and `status` need.
pub struct JournalReader {
    disk: Arc<dyn Disk>,
    journal: Journal,
    head: HeadFile,
}

impl JournalReader {
    /// Opens the log on this disk as far as its head.
    ///
    /// # Errors
    /// `LG_200`, `LG_202`, `LG_203`, `LG_208`.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Self> {
        let journal = Journal::new(Arc::clone(&disk), SEGMENT_BYTES);
        let head = read_head(&*disk, true)?;
        Ok(Self { disk, journal, head })
    }

    /// The head as it was read last.
    #[must_use]
    pub const fn head(&self) -> &HeadFile {
        &self.head
    }

    /// Reads the head again, for what was appended since.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn refresh(&mut self) -> Result<()> {
        self.head = read_head(&*self.disk, true)?;
        Ok(())
    }

    /// RFC 6962 leaf hash of the genesis entry, as the journal says.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn log_id(&self) -> Result<ledger_proofs::Hash> {
        Ok(self.journal.header(0)?.log_id)
    }

    /// Calls `each` with every entry from `from` on, until it breaks or the head is reached.
    ///
    /// # Errors
    /// `LG_203`, `LG_208`, and what `each` gives.
    pub fn each(
        &self,
        from: u64,
        mut each: impl FnMut(u64, &Record<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        if from >= self.head.size {
            return Ok(());
        }
        let mut cursor = Cursor::new(&self.journal, self.find_commit(from)?, None)?;
        loop {
            let (at, step) = (cursor.at, cursor.step()?);
            let Step::Commit(commit) = step else {
                let why = if let Step::Broken(why) = step { why } else { "the journal ends before its head" };
                return Err(damaged(at, why));
            };
            let records = records(&commit.body, commit.header.count)
                .ok_or_else(|| damaged(at, "the records do not fill the commit"))?;
            for (sequence, (_, record)) in (commit.header.first..).zip(&records) {
                if sequence >= from && (sequence >= self.head.size || each(sequence, record)?.is_break()) {
                    return Ok(());
                }
            }
            if cursor.sequence.is_some_and(|s| s >= self.head.size) {
                return Ok(());
            }
        }
    }

    /// The commit that holds an entry: the segment by its header, then hopping over headers.
    fn find_commit(&self, sequence: u64) -> Result<Position> {
        let mut segments = self.journal.segments()?;
        // A writer may be making the next one just now.
        segments.retain(|id| *id <= self.head.end.segment);
        let mut segment = 0;
        let (mut low, mut high) = (0, segments.len());
        while low < high {
            let middle = low.midpoint(high);
            let id = segments.get(middle).copied().unwrap_or_default();
            if self.journal.header(id)?.first <= sequence {
                segment = id;
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        let mut at = Position { segment, offset: SEGMENT_HEADER as u64 };
        loop {
            let header = self.journal.peek(at)?;
            if sequence < header.first.saturating_add(u64::from(header.count)) {
                return Ok(at);
            }
            at = header.end();
        }
    }
}
