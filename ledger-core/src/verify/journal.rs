//! Reads a journal from its first segment to its head, commit by commit, whatever state it is in.
//!
//! Checks frames only as far as needed to find the records in them; checksums are left to `examine`, damage to `salvage`. Opens neither
//! database nor lock. Invariant: nothing behind the head is ever looked at, so a writer may go on meanwhile.
//! Source: docs/format.md §§10.1-10.3.

use super::Source;
use super::batch::{BATCH_BYTES, Batch, Commit, Mark, Piece};
use super::salvage;
use crate::codes::Code;
use crate::entry::{MAX_COMMIT, MAX_LEAF, MAX_PART, RECORD_LENGTHS};
use crate::error::{Error, Result};
use crate::store::disk::{Disk, DiskFile, read_up_to};
use crate::store::local::frame::{
    COMMIT_HEADER, CommitHeader, FrameError, Position, SEGMENT_HEADER, SegmentHeader,
};
use crate::store::local::journal::segment_name;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// A journal on a disk.
pub(super) struct JournalSource {
    disk: Arc<dyn Disk>,
    /// Segments to come, and gaps between them as (first, last) of what is missing.
    ahead: VecDeque<Ahead>,
    /// Where the head says that the last commit ends.
    end: Option<Position>,
    open: Option<Segment>,
    total: u64,
    read: u64,
}

/// What follows in the list of segments.
enum Ahead {
    Segment(u32),
    /// Segments from the first to the last of these are missing.
    Missing(u32, u32),
}

/// The segment that is being read.
pub(super) struct Segment {
    pub(super) id: u32,
    pub(super) file: Arc<dyn DiskFile>,
    /// Where it ends, as head or file say.
    pub(super) limit: u64,
    /// Where the next read begins.
    offset: u64,
    /// The commit that this is in, with what is left of its body.
    inside: Option<(Commit, u64)>,
    damage: Option<Damage>,
}

/// A place where no commit or record is.
pub(super) struct Damage {
    /// Where the commit begins, or should.
    pub(super) at: u64,
    /// Where records may follow.
    pub(super) from: u64,
    /// Where the commit's own header says that it ends.
    pub(super) end: Option<u64>,
    pub(super) why: &'static str,
}

/// Why a batch ends.
enum Stop {
    /// More bytes are needed.
    More,
    /// Nothing follows in this segment.
    End,
    Damage(Damage),
}

impl JournalSource {
    /// The journal with these segments, up to the end that its head names.
    ///
    /// # Errors
    /// `LG_208`.
    pub(super) fn new(disk: Arc<dyn Disk>, ids: &[u32], end: Option<Position>) -> Result<Self> {
        let mut ahead = VecDeque::new();
        let (mut next, mut total) = (0_u32, 0_u64);
        for id in ids.iter().copied().filter(|id| end.is_none_or(|e| *id <= e.segment)) {
            if let Some(last) = id.checked_sub(1).filter(|last| *last >= next) {
                ahead.push_back(Ahead::Missing(next, last));
            }
            ahead.push_back(Ahead::Segment(id));
            next = id.saturating_add(1);
            let name = segment_name(id);
            let len = disk.open(&name, false).and_then(|f| f.len());
            let len = len.map_err(|e| Error::new(Code::ReadFailed, format!("{name}: {e}")))?;
            total = total.saturating_add(end.filter(|e| e.segment == id).map_or(len, |e| e.offset.min(len)));
        }
        if let Some(end) = end.filter(|e| e.segment >= next) {
            ahead.push_back(Ahead::Missing(next, end.segment));
        }
        Ok(Self { disk, ahead, end, open: None, total, read: 0 })
    }

    /// Begins the next segment.
    fn open_next(&mut self) -> Result<Option<Batch>> {
        let mut batch = Batch { read: self.read, ..Batch::default() };
        let id = match self.ahead.pop_front() {
            None => return Ok(None),
            Some(Ahead::Segment(id)) => id,
            Some(Ahead::Missing(first, last)) => {
                let (first_name, last_name) = (segment_name(first), segment_name(last));
                let why = if first == last {
                    format!("{first_name} is missing")
                } else {
                    format!("{first_name} to {last_name} are missing")
                };
                batch.marks.push((0, Mark::Lost { why, certain: true }));
                return Ok(Some(batch));
            }
        };
        let name = segment_name(id);
        let failed = |e: io::Error| Error::new(Code::ReadFailed, format!("{name}: {e}"));
        let file = self.disk.open(&name, false).map_err(failed)?;
        let len = file.len().map_err(failed)?;
        let limit = self.end.filter(|e| e.segment == id).map_or(len, |e| e.offset);
        let header = match read_up_to(&*file, 0, SEGMENT_HEADER) {
            Ok(bytes) => read_header(&bytes, id)?,
            Err(e) => Err(e.to_string()),
        };
        batch.marks.push((0, Mark::Segment { id, header }));
        let offset = SEGMENT_HEADER as u64;
        self.read = self.read.saturating_add(offset.min(limit));
        self.open = Some(Segment { id, file, limit, offset, inside: None, damage: None });
        Ok(Some(batch))
    }
}

/// A segment's header, or what is wrong with it.
fn read_header(bytes: &[u8], id: u32) -> Result<Result<SegmentHeader, String>> {
    match SegmentHeader::decode(bytes) {
        Ok(header) if header.id == id => Ok(Ok(header)),
        Ok(header) => Ok(Err(format!("the header is that of segment {}", header.id))),
        Err(FrameError::Newer(v)) => {
            let why = format!("{} has format {v}; this program reads format 1", segment_name(id));
            Err(Error::new(Code::NewerFormat, why))
        }
        Err(FrameError::Blank) => Ok(Err("the segment header is blank".to_owned())),
        Err(FrameError::Damaged(why)) => Ok(Err(why.to_owned())),
    }
}

impl Source for JournalSource {
    fn next(&mut self) -> Result<Option<Batch>> {
        let Some(segment) = &mut self.open else { return self.open_next() };
        let before = segment.offset;
        let (mut batch, more) = match segment.damage.take() {
            Some(damage) => {
                let salvaged = salvage::salvage(segment, &damage);
                segment.offset = salvaged.offset;
                segment.damage = salvaged.more;
                (salvaged.batch, salvaged.offset < segment.limit)
            }
            None => segment.batch(),
        };
        self.read = self.read.saturating_add(segment.offset.saturating_sub(before));
        batch.read = self.read;
        if !more {
            self.open = None;
        }
        Ok(Some(batch))
    }

    fn total(&self) -> u64 {
        self.total
    }
}

impl Segment {
    /// Reads as many whole records as a batch takes; and whether anything follows.
    fn batch(&mut self) -> (Batch, bool) {
        let mut want = BATCH_BYTES;
        loop {
            let left = usize::try_from(self.limit.saturating_sub(self.offset)).unwrap_or(usize::MAX);
            let bytes = match read_up_to(&*self.file, self.offset, want.min(left)) {
                Ok(bytes) => bytes,
                Err(e) => return (self.unreadable(&e), false),
            };
            let all = bytes.len() < want;
            let mut batch = Batch { bytes, ..Batch::default() };
            let (used, stop) = self.cut(&mut batch, all);
            let stop = match stop {
                Stop::More if used == 0 && !all => {
                    want = want.saturating_mul(2);
                    continue;
                }
                Stop::More if all => self.cut_off(used),
                other => other,
            };
            self.offset = self.offset.saturating_add(used as u64);
            batch.bytes.truncate(used);
            let more = match stop {
                Stop::More => true,
                Stop::End => false,
                Stop::Damage(damage) => {
                    self.inside = None;
                    self.damage = Some(damage);
                    true
                }
            };
            return (batch, more);
        }
    }

    /// The file, or what the head says of it, ends where a record is not whole.
    fn cut_off(&self, used: usize) -> Stop {
        let Some((commit, _)) = &self.inside else { return Stop::End };
        let from = self.offset.saturating_add(used as u64);
        Stop::Damage(Damage {
            at: commit.at.offset,
            from,
            end: Some(self.limit),
            why: "the commit is cut off",
        })
    }

    fn unreadable(&mut self, e: &io::Error) -> Batch {
        self.inside = None;
        let at = Position { segment: self.id, offset: self.offset };
        let why = format!("the rest of the segment cannot be read: {e}");
        let lost =
            Mark::Lost { why: format!("{} cannot be read: {e}", segment_name(self.id)), certain: true };
        Batch { marks: vec![(0, Mark::Damage { at, why }), (0, lost)], ..Batch::default() }
    }

    /// Finds the records in a batch's bytes; gives how many bytes they take.
    fn cut(&mut self, batch: &mut Batch, all: bool) -> (usize, Stop) {
        let mut used = 0;
        loop {
            if self.inside.is_none() {
                match self.begin(batch.bytes.get(used..).unwrap_or_default(), used, all) {
                    Ok(commit) => {
                        self.inside = Some((commit, u64::from(commit.body_len)));
                        used = used.saturating_add(COMMIT_HEADER);
                    }
                    Err(stop) => return (used, stop),
                }
            }
            let (next, stop) = self.piece(batch, used);
            used = next;
            if let Some(stop) = stop {
                return (used, stop);
            }
        }
    }

    /// The commit that begins with these bytes, `used` bytes behind the offset.
    fn begin(&self, bytes: &[u8], used: usize, all: bool) -> Result<Commit, Stop> {
        let offset = self.offset.saturating_add(used as u64);
        if bytes.len() < COMMIT_HEADER && !all {
            return Err(Stop::More);
        }
        if bytes.is_empty() {
            return Err(Stop::End);
        }
        let at = Position { segment: self.id, offset };
        let damage =
            |why| Damage { at: offset, from: offset.saturating_add(COMMIT_HEADER as u64), end: None, why };
        match read_commit(bytes, at) {
            Ok(commit) if end_of(&commit) > self.limit => {
                let why = "the commit goes on behind the end that head or file name";
                Err(Stop::Damage(Damage { end: Some(self.limit), ..damage(why) }))
            }
            Ok(commit) => Ok(commit),
            Err(_) if salvage::is_blank(self, offset) => Err(Stop::End),
            Err(FrameError::Blank) => Err(Stop::Damage(damage("zeros where a commit should begin"))),
            Err(FrameError::Damaged(why)) => Err(Stop::Damage(damage(why))),
            Err(FrameError::Newer(_)) => Err(Stop::Damage(damage("written by a newer program"))),
        }
    }

    /// Takes records of the commit that this is in, from `start` on.
    fn piece(&mut self, batch: &mut Batch, start: usize) -> (usize, Option<Stop>) {
        let Some((commit, left)) = self.inside.take() else { return (start, None) };
        let begins = left == u64::from(commit.body_len);
        let (mut used, mut left, mut count) = (start, left, 0_usize);
        let mut stop = None;
        while left > 0 {
            match take_record(&batch.bytes, used, left) {
                Taken::Record(span) => {
                    left = left.saturating_sub(span.len() as u64);
                    used = span.end;
                    count = count.saturating_add(1);
                    batch.spans.push(span);
                }
                Taken::More => {
                    stop = Some(Stop::More);
                    break;
                }
                Taken::Nothing => {
                    let from = self.offset.saturating_add(used as u64);
                    let why = "the lengths of a record are wrong";
                    stop = Some(Stop::Damage(Damage {
                        at: commit.at.offset,
                        from,
                        end: Some(end_of(&commit)),
                        why,
                    }));
                    break;
                }
            }
        }
        let ends = left == 0;
        let more = matches!(stop, Some(Stop::More));
        // A header without any record of it would make a piece of nothing, twice.
        if count == 0 && begins && more {
            return (start.saturating_sub(COMMIT_HEADER), stop);
        }
        let first = batch.spans.len().saturating_sub(count);
        let piece = Piece { commit, bytes: start..used, count, begins, ends, crc: 0 };
        if ends || more {
            batch.marks.push((first, Mark::Piece(piece)));
        }
        if !ends {
            self.inside = Some((commit, left));
        }
        (used, stop)
    }
}

fn end_of(commit: &Commit) -> u64 {
    commit.at.offset.saturating_add(COMMIT_HEADER as u64).saturating_add(u64::from(commit.body_len))
}

/// A commit's header, with its checksum and that of its own bytes.
pub(super) fn read_commit(bytes: &[u8], at: Position) -> Result<Commit, FrameError> {
    let header = CommitHeader::decode(bytes, at)?;
    let cut = FrameError::Damaged("the commit header is cut off");
    let (fields, crc) = bytes.get(..COMMIT_HEADER).and_then(|b| b.split_last_chunk::<4>()).ok_or(cut)?;
    Ok(Commit {
        at,
        first: header.first,
        count: header.count,
        body_len: header.body_len,
        seed: crc32c::crc32c(fields),
        crc: u32::from_le_bytes(*crc),
    })
}

/// What stands where a record should.
enum Taken {
    Record(Range<usize>),
    /// The bytes end too early.
    More,
    /// No record.
    Nothing,
}

/// The record at `start`, of a body that has `left` bytes from there.
fn take_record(bytes: &[u8], start: usize, left: u64) -> Taken {
    let stored = bytes.get(start..).unwrap_or_default();
    let Some(len) = record_length(stored) else {
        return if left < RECORD_LENGTHS as u64 { Taken::Nothing } else { Taken::More };
    };
    let Some(len) = len.filter(|len| *len as u64 <= left) else { return Taken::Nothing };
    let Some(end) = start.checked_add(len).filter(|end| *end <= bytes.len()) else { return Taken::More };
    let leaf_len = stored.first_chunk::<2>().map_or(0, |b| usize::from(u16::from_le_bytes(*b)));
    let leaf = stored.get(RECORD_LENGTHS..RECORD_LENGTHS.saturating_add(leaf_len)).unwrap_or_default();
    // Lengths that are wrong lead astray; this is where it shows.
    if leaf.first() == Some(&b'{') && leaf.last() == Some(&b'}') {
        Taken::Record(start..end)
    } else {
        Taken::Nothing
    }
}

/// Length of the record that begins here: `None` without its lengths, `Some(None)` when they are beyond their bounds.
pub(super) fn record_length(bytes: &[u8]) -> Option<Option<usize>> {
    let (leaf, rest) = bytes.split_first_chunk::<2>()?;
    let (data, rest) = rest.split_first_chunk::<4>()?;
    let private = usize::try_from(u32::from_le_bytes(*rest.first_chunk::<4>()?)).ok()?;
    let leaf = usize::from(u16::from_le_bytes(*leaf));
    let data = usize::try_from(u32::from_le_bytes(*data)).ok()?;
    if leaf > MAX_LEAF || data > MAX_PART || private > MAX_PART {
        return Some(None);
    }
    let salted = |len: usize| len.saturating_add(32);
    let parts = salted(data).saturating_add(if private == 0 { 0 } else { salted(private) });
    Some(Some(RECORD_LENGTHS.saturating_add(leaf).saturating_add(parts)).filter(|len| *len <= MAX_COMMIT))
}
