//! The journal: append-only segments of whole commits, the only place where the bytes of the log are kept.
//!
//! Not here: which commits count (`recovery`, `head`), and any index. Invariant: a commit is written in one piece at the end, and
//! nothing before the end is ever written again (lawful erasure excepted, when it comes). Source: docs/format.md §§10.1, 10.2.

use super::frame::{
    COMMIT_HEADER, CommitHeader, FrameError, Position, SEGMENT_HEADER, SegmentHeader, seal_commit,
};
use crate::codes::Code;
use crate::entry::{Entry, MAX_COMMIT, MAX_LEAF, MAX_PART, RECORD_LENGTHS, Record};
use crate::error::{Error, Result};
use crate::store::disk::{Disk, DiskFile, read_up_to};
use ledger_proofs::Hash;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// A new segment is begun when a commit would pass this length.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// Subdirectory of the segments.
pub const DIR: &str = "journal";
/// Bytes of records that are read at once.
const RUN: u64 = 256 << 10;
/// Bytes that hold most records whole.
const MOST_RECORDS: usize = 4096;
/// Zeros that are written ahead, so that a synced write need not also grow the file.
const AHEAD: u64 = 1 << 20;

/// File name of a segment.
#[must_use]
pub fn segment_name(id: u32) -> String {
    format!("{DIR}/{id:08}.seg")
}

/// An error of reading, with where.
pub(super) fn read_failed(what: &str, e: &io::Error) -> Error {
    Error::new(Code::ReadFailed, format!("{what}: {e}"))
}

/// An error of writing, with where.
pub(crate) fn write_failed(what: &str, e: &io::Error) -> Error {
    let code = if matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) {
        Code::ReadOnly
    } else {
        Code::WriteFailed
    };
    Error::new(code, format!("{what}: {e}"))
}

/// A frame that is not what it should be, with where.
pub(super) fn bad_frame(what: &str, e: FrameError) -> Error {
    match e {
        FrameError::Newer(v) => {
            Error::new(Code::NewerFormat, format!("{what} has format {v}; this program reads format 1"))
        }
        FrameError::Blank => Error::new(Code::Damaged, format!("{what} is blank")),
        FrameError::Damaged(why) => Error::new(Code::Damaged, format!("{what}: {why}")),
    }
}

/// The segments of one log.
pub struct Journal {
    disk: Arc<dyn Disk>,
    files: Mutex<BTreeMap<u32, Arc<dyn DiskFile>>>,
    /// Where the file ends that was written last. Asking the system each time would cost a third of a synced write: a file whose times
    /// were asked for gets new ones with the next write, and these are written too (Linux 6.13 and later).
    known_end: Mutex<Option<Position>>,
    segment_bytes: u64,
}

/// A commit as it was read: header and body, checksum verified.
pub struct Commit {
    /// Its header.
    pub header: CommitHeader,
    /// Its body.
    pub body: Vec<u8>,
}

/// What stands at a place where a commit may begin.
pub enum Next {
    /// A whole commit.
    Commit(Commit),
    /// The segment ends here: nothing, or zeros.
    End,
    /// Bytes that are no whole commit.
    Broken(&'static str),
}

impl Journal {
    /// The journal on this disk.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, segment_bytes: u64) -> Self {
        Self { disk, files: Mutex::default(), known_end: Mutex::default(), segment_bytes }
    }

    /// The disk that it is on.
    #[must_use]
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    /// Length at which a new segment is begun.
    #[must_use]
    pub const fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    /// Ids of the segments that exist, ascending.
    ///
    /// # Errors
    /// `LG_200` when there is no journal.
    pub fn segments(&self) -> Result<Vec<u32>> {
        let names = self.disk.list(DIR).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                Error::new(Code::NotALedger, "there is no journal here")
            }
            _ => read_failed(DIR, &e),
        })?;
        let digits = |n: &&str| n.len() == 8 && n.bytes().all(|b| b.is_ascii_digit());
        let ids = names.iter().filter_map(|n| n.strip_suffix(".seg")).filter(digits);
        let mut ids: Vec<u32> = ids.filter_map(|n| n.parse().ok()).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// The file of a segment.
    ///
    /// # Errors
    /// `LG_203` when it is missing.
    pub fn file(&self, id: u32) -> Result<Arc<dyn DiskFile>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&id) {
            return Ok(Arc::clone(file));
        }
        let name = segment_name(id);
        let file = self.disk.open(&name, false).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Error::new(Code::Damaged, format!("{name} is missing")),
            _ => read_failed(&name, &e),
        })?;
        files.insert(id, Arc::clone(&file));
        Ok(file)
    }

    /// The header of a segment.
    ///
    /// # Errors
    /// `LG_202`, `LG_203`, `LG_208`.
    pub fn header(&self, id: u32) -> Result<SegmentHeader> {
        let name = segment_name(id);
        let bytes = read_up_to(&*self.file(id)?, 0, SEGMENT_HEADER).map_err(|e| read_failed(&name, &e))?;
        let header = SegmentHeader::decode(&bytes).map_err(|e| bad_frame(&name, e))?;
        if header.id == id {
            Ok(header)
        } else {
            Err(Error::new(Code::Damaged, format!("{name} is segment {}", header.id)))
        }
    }

    /// Creates a segment file with its header, or writes the header of a blank one again; durable when it returns.
    ///
    /// # Errors
    /// `LG_206`, `LG_207`.
    pub fn create_segment(&self, header: SegmentHeader) -> Result<Position> {
        let name = segment_name(header.id);
        let failed = |e: io::Error| write_failed(&name, &e);
        let file = self.disk.open(&name, true).map_err(failed)?;
        file.write_at(&header.encode(), 0).map_err(failed)?;
        file.sync().map_err(failed)?;
        self.disk.sync_dir(DIR).map_err(failed)?;
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(header.id, file);
        Ok(Position { segment: header.id, offset: SEGMENT_HEADER as u64 })
    }

    /// Writes one commit at `end`, in a new segment when it would not fit, and syncs. Gives the commit's place and the new end.
    ///
    /// # Errors
    /// `LG_103` when it is too large; `LG_206` when a write or sync failed: the caller must stop.
    pub fn append(&self, end: Position, first: u64, entries: &[Entry], log_id: Hash) -> Result<Appended> {
        let records: usize = entries.iter().map(Entry::record_len).sum();
        let mut commit = Vec::with_capacity(COMMIT_HEADER.saturating_add(records));
        commit.resize(COMMIT_HEADER, 0);
        let mut offsets = Vec::with_capacity(entries.len());
        for entry in entries {
            offsets.push(commit.len() as u64);
            entry.write_record(&mut commit)?;
        }
        let len = commit.len() as u64;
        if len > MAX_COMMIT as u64 {
            return Err(Error::new(
                Code::TooLarge,
                format!("a batch has at most 16 MiB with its leaves and salts; this one has {len} bytes"),
            ));
        }
        let full = end.offset.saturating_add(len) > self.segment_bytes && end.offset > SEGMENT_HEADER as u64;
        let at = if full { self.next_segment(end, first, log_id)? } else { end };
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        seal_commit(at, first, count, &mut commit);
        self.write(at, &commit)?;
        Ok(Appended {
            at,
            end: Position { segment: at.segment, offset: at.offset.saturating_add(len) },
            records: offsets
                .into_iter()
                .map(|o| Position { segment: at.segment, offset: at.offset.saturating_add(o) })
                .collect(),
        })
    }

    /// Cuts the zeros off the full segment and begins the next one.
    fn next_segment(&self, end: Position, first: u64, log_id: Hash) -> Result<Position> {
        let name = segment_name(end.segment);
        let old = self.file(end.segment)?;
        *self.known_end.lock().unwrap_or_else(PoisonError::into_inner) = None;
        old.set_len(end.offset).and_then(|()| old.sync()).map_err(|e| write_failed(&name, &e))?;
        let id = end.segment.saturating_add(1);
        self.create_segment(SegmentHeader { id, first, log_id })
    }

    /// Writes bytes at a position and syncs, with zeros ahead when the file would have to grow.
    pub(super) fn write(&self, at: Position, bytes: &[u8]) -> Result<()> {
        let name = segment_name(at.segment);
        let failed = |e: io::Error| write_failed(&name, &e);
        let file = self.file(at.segment)?;
        let end = at.offset.saturating_add(bytes.len() as u64);
        let mut known = self.known_end.lock().unwrap_or_else(PoisonError::into_inner);
        let len = match known.take().filter(|k| k.segment == at.segment) {
            Some(known) => known.offset,
            None => file.len().map_err(failed)?,
        };
        file.write_at(bytes, at.offset).map_err(failed)?;
        let mut reached = len.max(end);
        if end > len {
            let ahead = end.saturating_add(AHEAD).min(self.segment_bytes);
            let zeros = usize::try_from(ahead.saturating_sub(end)).unwrap_or(0);
            // Only speed: a full disk shows in the write that matters.
            if file.write_at(&vec![0; zeros], end).is_ok() {
                reached = reached.max(ahead);
            }
        }
        file.sync().map_err(failed)?;
        *known = Some(Position { segment: at.segment, offset: reached });
        Ok(())
    }

    /// What stands at `at`.
    ///
    /// # Errors
    /// `LG_208` when it cannot be read.
    pub fn next(&self, at: Position) -> Result<Next> {
        let name = segment_name(at.segment);
        let file = self.file(at.segment)?;
        let read = |offset, len| read_up_to(&*file, offset, len).map_err(|e| read_failed(&name, &e));
        let head = read(at.offset, COMMIT_HEADER)?;
        if head.is_empty() {
            return Ok(Next::End);
        }
        let header = match CommitHeader::decode(&head, at) {
            Ok(header) => header,
            Err(FrameError::Blank) => return Ok(Next::End),
            Err(FrameError::Damaged(why)) => return Ok(Next::Broken(why)),
            Err(FrameError::Newer(_)) => return Ok(Next::Broken("written by a newer program")),
        };
        let body_at = at.offset.saturating_add(COMMIT_HEADER as u64);
        let body = read(body_at, usize::try_from(header.body_len).unwrap_or(0))?;
        if !header.matches(&body) {
            return Ok(Next::Broken("the commit fails its checksum"));
        }
        Ok(Next::Commit(Commit { header, body }))
    }

    /// The header of the commit at `at`; its body is not looked at.
    ///
    /// # Errors
    /// `LG_203` when none stands there, `LG_208` when it cannot be read.
    pub fn peek(&self, at: Position) -> Result<CommitHeader> {
        let name = segment_name(at.segment);
        let head = read_up_to(&*self.file(at.segment)?, at.offset, COMMIT_HEADER)
            .map_err(|e| read_failed(&name, &e))?;
        CommitHeader::decode(&head, at).map_err(|e| bad_frame(&format!("{name} at byte {}", at.offset), e))
    }

    /// The entry whose record begins at `at`.
    ///
    /// # Errors
    /// `LG_203` when there is none, `LG_208` when it cannot be read.
    pub fn entry(&self, at: Position) -> Result<Entry> {
        let name = segment_name(at.segment);
        let file = self.file(at.segment)?;
        let damaged = || Error::new(Code::Damaged, format!("{name}: no entry begins at byte {}", at.offset));
        // One read serves most entries; the lengths say how much more the others need.
        let mut bytes = read_up_to(&*file, at.offset, MOST_RECORDS).map_err(|e| read_failed(&name, &e))?;
        let needed = record_length(&bytes).ok_or_else(damaged)?;
        if needed > bytes.len() {
            bytes = read_up_to(&*file, at.offset, needed).map_err(|e| read_failed(&name, &e))?;
        }
        Record::read(&bytes).map(|(record, _)| Entry::from_record(&record)).ok_or_else(damaged)
    }

    /// The entries whose records begin at these places, which ascend; neighbours are read in one piece. Each goes to `take` with its number.
    ///
    /// # Errors
    /// What `take` gives; it is given what [`entry`](Self::entry) gives.
    pub fn entries(
        &self,
        places: &[Position],
        mut take: impl FnMut(usize, Result<Entry>) -> Result<()>,
    ) -> Result<()> {
        let (mut read, mut from) = (Vec::new(), None);
        for (nth, at) in places.iter().enumerate() {
            let mut entry = record_within(&read, from, *at);
            if entry.is_none() {
                from = Some(*at);
                read = match self.read_run(places.get(nth..).unwrap_or_default()) {
                    Ok(read) => read,
                    Err(e) => return take(nth, Err(e)),
                };
                entry = record_within(&read, from, *at);
            }
            take(nth, entry.map_or_else(|| self.entry(*at), Ok))?;
        }
        Ok(())
    }

    /// The bytes from the first of these places on, as far as its neighbours stand near.
    fn read_run(&self, places: &[Position]) -> Result<Vec<u8>> {
        let Some(first) = places.first() else { return Ok(Vec::new()) };
        let near = |p: &&Position| p.segment == first.segment && p.offset < first.offset.saturating_add(RUN);
        let last = places.iter().take_while(near).last().unwrap_or(first);
        let span = usize::try_from(last.offset.saturating_sub(first.offset)).unwrap_or(0);
        read_up_to(&*self.file(first.segment)?, first.offset, span.saturating_add(MOST_RECORDS))
            .map_err(|e| read_failed(&segment_name(first.segment), &e))
    }

    /// Whether anything but zeros stands at or behind `at` in its segment; and the bytes up to the last that is not zero.
    ///
    /// # Errors
    /// `LG_208` when it cannot be read.
    pub fn rest(&self, at: Position) -> Result<Vec<u8>> {
        let name = segment_name(at.segment);
        let file = self.file(at.segment)?;
        let len = file.len().map_err(|e| read_failed(&name, &e))?;
        let rest = usize::try_from(len.saturating_sub(at.offset)).unwrap_or(usize::MAX);
        let mut bytes = read_up_to(&*file, at.offset, rest).map_err(|e| read_failed(&name, &e))?;
        let used = bytes.iter().rposition(|b| *b != 0).map_or(0, |i| i.saturating_add(1));
        bytes.truncate(used);
        Ok(bytes)
    }

    /// Cuts a segment's file at `at`; durable when it returns.
    ///
    /// # Errors
    /// `LG_206`, `LG_207`.
    pub(super) fn cut(&self, at: Position) -> Result<()> {
        let name = segment_name(at.segment);
        let file = self.file(at.segment)?;
        *self.known_end.lock().unwrap_or_else(PoisonError::into_inner) = None;
        file.set_len(at.offset).and_then(|()| file.sync()).map_err(|e| write_failed(&name, &e))
    }
}

/// The entry at a place, if bytes that were read from another place on hold it whole.
fn record_within(read: &[u8], from: Option<Position>, at: Position) -> Option<Entry> {
    let from = from.filter(|from| from.segment == at.segment)?;
    let start = usize::try_from(at.offset.checked_sub(from.offset)?).ok()?;
    Record::read(read.get(start..)?).map(|(record, _)| Entry::from_record(&record))
}

/// Length of the record whose first bytes these are; `None` when it cannot be one.
fn record_length(bytes: &[u8]) -> Option<usize> {
    let (leaf, rest) = bytes.split_first_chunk::<2>()?;
    let (data, rest) = rest.split_first_chunk::<4>()?;
    let private = u32::from_le_bytes(*rest.first_chunk::<4>()?);
    let leaf = usize::from(u16::from_le_bytes(*leaf));
    let data = usize::try_from(u32::from_le_bytes(*data)).ok()?;
    let private = usize::try_from(private).ok()?;
    if leaf > MAX_LEAF || data > MAX_PART || private > MAX_PART {
        return None;
    }
    let private = if private == 0 { 0 } else { private.checked_add(32)? };
    RECORD_LENGTHS.checked_add(leaf)?.checked_add(32)?.checked_add(data)?.checked_add(private)
}

/// Where an appended commit stands.
pub struct Appended {
    /// The commit's header.
    pub at: Position,
    /// Where the next commit will begin.
    pub end: Position,
    /// The record of each entry.
    pub records: Vec<Position>,
}
