//! The end of the journal after whatever happened: what counts, what was torn, and what is damage.
//!
//! Nothing is repaired silently: a torn last commit that nobody was told about is cut, and its bytes are kept; everything else stops
//! the writer. Invariant: no entry that was acknowledged is ever cut. Source: DESIGN.md §4 "Opening", docs/format.md §§10.3, 10.5.

use super::frame::{COMMIT_HEADER, CommitHeader, HeadFile, Position, SEGMENT_HEADER};
use super::guard::Guard;
use super::journal::{Commit, Journal, Next, bad_frame, write_failed};
use super::scan::{Cursor, Step, damaged};
use crate::codes::Code;
use crate::entry::{Record, data_hash, private_hash};
use crate::error::{Error, Result};
use crate::store::disk::Disk;
use ledger_proofs::Hash;

/// File of the bytes that were cut.
pub const CUT_FILE: &str = "tail.cut";

/// Where a cursor that can go no further stands.
pub struct End {
    /// Where the next commit begins.
    pub at: Position,
    /// Number of entries before it.
    pub size: u64,
    /// What is wrong with the bytes there; `None` when there are none.
    pub broken: Option<&'static str>,
}

/// Walks to the end, giving every commit to `each`.
pub fn walk(cursor: &mut Cursor<'_>, mut each: impl FnMut(&Commit) -> Result<()>) -> Result<End> {
    loop {
        let broken = match cursor.step()? {
            Step::Commit(commit) => {
                each(&commit)?;
                continue;
            }
            Step::End => None,
            Step::Broken(why) => Some(why),
        };
        return Ok(End { at: cursor.at, size: cursor.sequence.unwrap_or(0), broken });
    }
}

/// Refuses an end that loses something that head, guard or database know of.
pub fn check_end(end: &End, head: Option<&HeadFile>, guard: Option<(&Guard, u64)>, tiles: u64) -> Result<()> {
    let lost = |who: &str, size: u64| {
        let what = end.broken.unwrap_or("the journal ends");
        damaged(end.at, &format!("{what}, but {who} of {size} entries; only {} are intact", end.size))
    };
    if let Some(head) = head.filter(|h| h.size > end.size || (h.size == end.size && h.end > end.at)) {
        return Err(lost("the head knows", head.size));
    }
    if tiles.saturating_mul(super::tile::TILE) > end.size {
        return Err(lost("the database knows", tiles.saturating_mul(super::tile::TILE)));
    }
    match guard {
        Some((_, size)) if size > end.size && end.broken.is_some() => Err(lost("the guard knows", size)),
        Some((guard, size)) if size > end.size => {
            Err(guard.refuse(&format!("the log holds {} entries; {size} were signed on this machine", end.size)))
        }
        _ => Ok(()),
    }
}

/// Cuts what stands behind the end, unless something there is a whole commit.
pub fn cut_torn_tail(journal: &Journal, disk: &dyn Disk, end: &End) -> Result<()> {
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

/// Checks an unacknowledged commit's commitments and writes its bytes again: after a failed sync the page cache may hold what the
/// disk does not.
pub fn write_again(journal: &Journal, disk: &dyn Disk, commit: &Commit) -> Result<()> {
    let at = commit.header.at;
    let bytes = super::frame::encode_commit(at, commit.header.first, commit.header.count, &commit.body);
    journal.write(at, &bytes)?;
    disk.sync_dir(super::journal::DIR).map_err(|e| write_failed("journal", &e))
}

/// Whether a record holds what its leaf commits to.
pub fn check_commitments(record: &Record<'_>, data: &[u8; 32], private: Option<&[u8; 32]>) -> bool {
    data_hash(record.data_salt, record.data) == *data
        && match (record.private, private) {
            (None, None) => true,
            (Some((salt, bytes)), Some(hash)) => private_hash(salt, bytes) == *hash,
            _ => false,
        }
}

/// Removes a last segment that holds no commit because its creation was interrupted, header and all.
pub fn drop_blank_segment(journal: &Journal, disk: &dyn Disk) -> Result<()> {
    let segments = journal.segments()?;
    let Some(last) = segments.last().copied().filter(|id| *id > 0) else { return Ok(()) };
    match journal.header(last) {
        Ok(_) => Ok(()),
        Err(e) if e.code == Code::Damaged => {
            let rest = journal.rest(Position { segment: last, offset: 0 })?;
            if rest.len() > SEGMENT_HEADER {
                return Err(e);
            }
            // Only a header was ever written here, and not wholly: write it again, as the interrupted process would have.
            let previous = last.saturating_sub(1);
            let first = first_of_next(journal, previous)?;
            let log_id: Hash = journal.header(0)?.log_id;
            journal.create_segment(super::frame::SegmentHeader { id: last, first, log_id })?;
            disk.sync_dir(super::journal::DIR).map_err(|e| write_failed("journal", &e))
        }
        Err(e) => Err(e),
    }
}

/// Sequence behind the last commit of a segment.
fn first_of_next(journal: &Journal, segment: u32) -> Result<u64> {
    let header = journal.header(segment)?;
    let (mut at, mut next) = (Position { segment, offset: SEGMENT_HEADER as u64 }, header.first);
    loop {
        match journal.next(at)? {
            Next::Commit(commit) => {
                next = commit.header.first.saturating_add(u64::from(commit.header.count));
                at = commit.header.end();
            }
            Next::End => return Ok(next),
            Next::Broken(why) => return Err(damaged(at, why)),
        }
    }
}

/// The head file for a writer: absent or torn is `None` (the journal tells), newer is an error.
pub fn head_for_writing(disk: &dyn Disk) -> Result<Option<HeadFile>> {
    match super::scan::read_head(disk) {
        Ok(head) => Ok(Some(head)),
        Err(e) if matches!(e.code, Code::NewerFormat | Code::ReadFailed) => Err(e),
        Err(_) => Ok(None),
    }
}

/// The root that a head's checkpoint states, if it can be read.
pub fn stated_root(head: &HeadFile) -> Result<Hash> {
    let note = ledger_proofs::Note::parse(head.checkpoint.as_bytes());
    let checkpoint = note.ok().and_then(|n| ledger_proofs::Checkpoint::parse_text(n.text()).ok());
    checkpoint
        .map(|c| c.root())
        .ok_or_else(|| bad_frame("the head file", super::frame::FrameError::Damaged("no checkpoint in it")))
}

/// The refusal of entries that do not hash to what was signed.
pub fn root_mismatch(size: u64) -> Error {
    Error::new(Code::Damaged, format!("the first {size} entries do not hash to the signed root"))
}
