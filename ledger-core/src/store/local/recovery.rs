//! The end of the journal after whatever happened: what counts, what was torn, and what is damage.
//!
//! Nothing is repaired silently: a torn last commit that nobody was told about is cut, and its bytes are kept; everything else stops
//! the writer. Invariant: no entry that was acknowledged is ever cut. Source: DESIGN.md §4 "Opening", docs/format.md §§10.3, 10.5.

use super::frame::{
    COMMIT_HEADER, CommitHeader, HeadFile, Position, SEGMENT_HEADER, SegmentHeader, encode_commit,
};
use super::guard::Guard;
use super::journal::{Commit, DIR, Journal, Next, bad_frame, write_failed};
use super::scan::{Cursor, Step, damaged, place};
use crate::codes::Code;
use crate::entry::{Record, data_hash, private_hash};
use crate::error::{Error, Result};
use crate::store::disk::Disk;
use ledger_proofs::Hash;

/// File of the bytes that were cut.
pub const CUT_FILE: &str = "tail.cut";

/// What a look at the journal's end has found.
pub struct Survey {
    /// Where the next commit begins.
    pub at: Position,
    /// Number of entries before it.
    pub size: u64,
    /// What is wrong with the bytes there; `None` when there are none.
    pub broken: Option<&'static str>,
    /// The last commit, when it holds entries that nobody was told of.
    pub unsaid: Option<Commit>,
}

/// Looks at every commit from `from` on, and writes nothing. Commits with entries beyond the first `said` must hold what their leaves
/// commit to, and follow each other in the chain.
pub fn survey(journal: &Journal, from: Position, head: Option<&HeadFile>, said: u64) -> Result<Survey> {
    let mut cursor = Cursor::new(journal, from, (from == Cursor::start()).then_some(0))?;
    let (mut unsaid, mut chain) = (None, None);
    loop {
        let commit = match cursor.step()? {
            Step::Commit(commit) => commit,
            Step::End => {
                return Ok(Survey {
                    at: cursor.at,
                    size: cursor.sequence.unwrap_or(0),
                    broken: None,
                    unsaid,
                });
            }
            Step::Broken(why) => {
                return Ok(Survey {
                    at: cursor.at,
                    size: cursor.sequence.unwrap_or(0),
                    broken: Some(why),
                    unsaid,
                });
            }
        };
        let next = cursor.sequence.unwrap_or(0);
        if head.is_some_and(|h| !agrees(h, &commit.header, next)) {
            return Err(damaged(commit.header.at, "the head names another end of this commit"));
        }
        if next > said {
            check_unsaid(&commit, &mut chain)?;
            unsaid = Some(commit);
        }
    }
}

/// Whether a head that ends in or at this commit says so rightly; `next` is the sequence behind the commit.
fn agrees(head: &HeadFile, commit: &CommitHeader, next: u64) -> bool {
    if head.size <= commit.first || head.size > next {
        return true;
    }
    let (end, begun) = (commit.end(), Cursor::start().offset);
    // The next segment may have been begun before the head was written.
    let behind = head.end.segment > end.segment && head.end.offset == begun;
    head.size == next && (head.end == end || behind)
}

fn check_unsaid(commit: &Commit, chain: &mut Option<[u8; 32]>) -> Result<()> {
    place(commit, |sequence, record, placed| {
        let wrong = |why: &str| Err(damaged(commit.header.at, &format!("entry {sequence} {why}")));
        if !check_commitments(record, &placed.leaf.data_hash, placed.leaf.private_hash.as_ref()) {
            return wrong("is not what its leaf commits to");
        }
        if chain.is_some_and(|c| c != placed.leaf.prev_hash) {
            return wrong("does not follow the one before it");
        }
        *chain = Some(placed.chain);
        Ok(())
    })
}

/// Refuses an end that loses something that head or guard know of.
pub fn check_end(end: &Survey, head: Option<&HeadFile>, guard: Option<(&Guard, u64)>) -> Result<()> {
    if let Some(head) = head.filter(|h| h.size > end.size || (h.size == end.size && h.end > end.at)) {
        return Err(lost(end, "the head", head.size));
    }
    match guard {
        Some((_, size)) if size > end.size && end.broken.is_some() => Err(lost(end, "the guard", size)),
        Some((guard, size)) if size > end.size => {
            Err(guard
                .refuse(&format!("the log holds {} entries; {size} were signed on this machine", end.size)))
        }
        _ => Ok(()),
    }
}

/// The refusal of a journal that has lost entries which `who` knows of.
pub fn lost(end: &Survey, who: &str, size: u64) -> Error {
    let what = end.broken.unwrap_or("the journal ends");
    damaged(end.at, &format!("{what}, but {who} knows of {size} entries; only {} are intact", end.size))
}

/// Cuts what stands behind the end, unless something there is a whole commit.
pub fn cut_torn_tail(journal: &Journal, disk: &dyn Disk, end: &Survey) -> Result<()> {
    let rest = journal.rest(end.at)?;
    if rest.is_empty() {
        return Ok(());
    }
    let offsets = (1..rest.len().saturating_sub(COMMIT_HEADER)).filter(|i| rest.get(*i) == Some(&0xff));
    for skip in offsets {
        let at = Position { segment: end.at.segment, offset: end.at.offset.saturating_add(skip as u64) };
        let header = rest.get(skip..).map(|bytes| CommitHeader::decode(bytes, at));
        if let Some(Ok(_)) = header
            && matches!(journal.next(at)?, Next::Commit(_))
        {
            return Err(damaged(end.at, end.broken.unwrap_or("a commit is blank")).hint(
                "whole commits stand behind the damage, so this is no torn write: restore the segment from another copy",
            ));
        }
    }
    let mut record = b"\xffLGT1\0\0\0".to_vec();
    record.extend_from_slice(&end.at.segment.to_le_bytes());
    record.extend_from_slice(&end.at.offset.to_le_bytes());
    record.extend_from_slice(&(rest.len() as u64).to_le_bytes());
    record.extend_from_slice(&crc32c::crc32c(&rest).to_le_bytes());
    record.extend_from_slice(&rest);
    let failed = |e: std::io::Error| write_failed(CUT_FILE, &e);
    let file = disk.open(CUT_FILE, true).map_err(failed)?;
    let len = file.len().map_err(failed)?;
    file.write_at(&record, len).and_then(|()| file.sync()).map_err(failed)?;
    disk.sync_dir("").map_err(failed)?;
    journal.cut(end.at)
}

/// Makes the end durable: the last commit that nobody was told of is written again, and so is the header of a segment without commits,
/// because after a failed sync the page cache may hold what the disk does not. Gives the place of the next commit.
pub fn settle(journal: &Journal, disk: &dyn Disk, end: &Survey) -> Result<Position> {
    let failed = |e: std::io::Error| write_failed(DIR, &e);
    if let Some(commit) = &end.unsaid {
        let at = commit.header.at;
        journal.write(at, &encode_commit(at, commit.header.first, commit.header.count, &commit.body))?;
        disk.sync_dir(DIR).map_err(failed)?;
    }
    let last = journal.segments()?.last().copied().unwrap_or(end.at.segment);
    if end.at.offset > SEGMENT_HEADER as u64 && last == end.at.segment {
        return Ok(end.at);
    }
    let log_id = journal.header(0)?.log_id;
    let at = journal.create_segment(SegmentHeader { id: last, first: end.size, log_id })?;
    disk.sync_dir("").map_err(failed)?;
    Ok(at)
}

/// Whether a record holds what its leaf commits to.
fn check_commitments(record: &Record<'_>, data: &[u8; 32], private: Option<&[u8; 32]>) -> bool {
    data_hash(record.data_salt, record.data) == *data
        && match (record.private, private) {
            (None, None) => true,
            (Some((salt, bytes)), Some(hash)) => private_hash(salt, bytes) == *hash,
            _ => false,
        }
}

/// Whether this journal's making was interrupted before the first commit: nobody can have been told of anything in it.
pub fn is_unfinished(journal: &Journal, disk: &dyn Disk) -> Result<bool> {
    Ok(journal.segments()? == [0]
        && journal.rest(Position { segment: 0, offset: 0 })?.len() <= SEGMENT_HEADER
        && head_for_writing(disk)?.is_none())
}

/// The head file for a writer: absent or torn is `None` (the journal tells), newer is an error.
pub fn head_for_writing(disk: &dyn Disk) -> Result<Option<HeadFile>> {
    match super::scan::read_head(disk, false) {
        Ok(head) => Ok(Some(head)),
        Err(e) if matches!(e.code, Code::NewerFormat | Code::ReadFailed) => Err(e),
        Err(_) => Ok(None),
    }
}

/// The root that a head's checkpoint states.
pub fn stated_root(head: &HeadFile) -> Result<Hash> {
    let wrong = |why| bad_frame("the head file", super::frame::FrameError::Damaged(why));
    let (size, root) = crate::store::stated(&head.checkpoint).ok_or_else(|| wrong("no checkpoint in it"))?;
    if size == head.size { Ok(root) } else { Err(wrong("its checkpoint is of another size")) }
}

/// The refusal of entries that do not hash to what was signed.
pub fn root_mismatch(size: u64) -> Error {
    Error::new(Code::Damaged, format!("the first {size} entries do not hash to the signed root"))
}
