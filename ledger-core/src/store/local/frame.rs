//! The binary frames of a ledger on disk: segment header, commit, head, guard.
//!
//! No I/O here. Invariant: every frame carries a CRC-32C over everything else in it, and a commit also says where it stands, so that
//! neither zeros nor an old block can pass for one. Source: docs/format.md §§10.1-10.4.

use crate::entry::{MAX_COMMIT, RECORD_LENGTHS, Record};
use ledger_proofs::Hash;

/// Version that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;
/// Bytes of a segment header.
pub const SEGMENT_HEADER: usize = 64;
/// Bytes of a commit header.
pub const COMMIT_HEADER: usize = 40;
/// Bytes of the head file and of the guard file.
pub const FIXED_FILE: usize = 1024;

const SEGMENT_MAGIC: &[u8; 8] = b"\xffLEDGSEG";
const COMMIT_MAGIC: &[u8; 4] = b"\xffLGC";
const HEAD_MAGIC: &[u8; 8] = b"\xffLEDGHED";
const GUARD_MAGIC: &[u8; 8] = b"\xffLEDGGRD";

/// Where something stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Segment id.
    pub segment: u32,
    /// Byte offset in the segment's file.
    pub offset: u64,
}

impl Position {
    /// One number: segment above 40 bits of offset (segments have at most 80 MiB).
    #[must_use]
    pub const fn pack(self) -> u64 {
        ((self.segment as u64) << 40) | (self.offset & 0xff_ffff_ffff)
    }

    /// The inverse of [`pack`](Self::pack).
    #[must_use]
    pub const fn unpack(n: u64) -> Self {
        Self { segment: (n >> 40) as u32, offset: n & 0xff_ffff_ffff }
    }
}

/// Reads fixed fields off the front of a slice.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(head)
    }
    fn u32(&mut self) -> Option<u32> {
        self.bytes().map(|b| u32::from_le_bytes(*b))
    }
    fn u64(&mut self) -> Option<u64> {
        self.bytes().map(|b| u64::from_le_bytes(*b))
    }
}

/// Why a frame was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Nothing but zeros where it should begin: never written.
    Blank,
    /// Not one, or damaged; with what is wrong.
    Damaged(&'static str),
    /// Written by a newer program.
    Newer(u32),
}

/// A segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Segment id.
    pub id: u32,
    /// Sequence of its first entry.
    pub first: u64,
    /// Which log it belongs to.
    pub log_id: Hash,
}

impl SegmentHeader {
    /// 64 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEGMENT_HEADER);
        out.extend_from_slice(SEGMENT_MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(self.log_id.as_bytes());
        out.extend_from_slice(&[0; 4]);
        seal(out)
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let short = FrameError::Damaged("the segment header is cut off");
        let bytes = bytes.get(..SEGMENT_HEADER).ok_or(short)?;
        let mut f = unseal(bytes, SEGMENT_MAGIC)?;
        let decoded =
            (|| Some(Self { id: f.u32()?, first: f.u64()?, log_id: Hash::from_bytes(*f.bytes()?) }))();
        decoded.ok_or(short)
    }
}

/// Appends the CRC-32C of all bytes so far.
fn seal(mut out: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// Checks magic, CRC and format of a frame that ends in its CRC; gives the fields behind the format.
fn unseal<'a>(bytes: &'a [u8], magic: &[u8; 8]) -> Result<Fields<'a>, FrameError> {
    if bytes.iter().all(|b| *b == 0) {
        return Err(FrameError::Blank);
    }
    let damaged = FrameError::Damaged;
    let (body, crc) = bytes.split_last_chunk::<4>().ok_or(damaged("cut off"))?;
    if !body.starts_with(magic) {
        return Err(damaged("not a file of this kind"));
    }
    if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
        return Err(damaged("the checksum does not match"));
    }
    let mut f = Fields(body.get(magic.len()..).unwrap_or_default());
    match f.u32() {
        Some(FORMAT) => Ok(f),
        Some(newer) if newer > FORMAT => Err(FrameError::Newer(newer)),
        _ => Err(damaged("unknown format")),
    }
}

/// A commit's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitHeader {
    /// Where the commit stands.
    pub at: Position,
    /// Sequence of its first entry.
    pub first: u64,
    /// Number of entries.
    pub count: u32,
    /// Bytes of the body.
    pub body_len: u32,
    /// CRC-32C of the header's first 36 bytes.
    seed: u32,
    crc: u32,
}

/// A whole commit: header space, body, checksum filled in.
#[must_use]
pub fn encode_commit(at: Position, first: u64, count: u32, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0; COMMIT_HEADER];
    out.extend_from_slice(body);
    seal_commit(at, first, count, &mut out);
    out
}

/// Writes the header of a commit into the first [`COMMIT_HEADER`] bytes, in front of its body.
pub fn seal_commit(at: Position, first: u64, count: u32, commit: &mut [u8]) {
    let Some((header, body)) = commit.split_first_chunk_mut::<COMMIT_HEADER>() else { return };
    let mut out = Vec::with_capacity(COMMIT_HEADER);
    out.extend_from_slice(COMMIT_MAGIC);
    out.extend_from_slice(&at.segment.to_le_bytes());
    out.extend_from_slice(&at.offset.to_le_bytes());
    out.extend_from_slice(&first.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&out), body);
    out.extend_from_slice(&crc.to_le_bytes());
    header.iter_mut().zip(out).for_each(|(to, from)| *to = from);
}

impl CommitHeader {
    /// Reads a header that should stand at `at`; the body is still to be checked.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8], at: Position) -> Result<Self, FrameError> {
        let damaged = FrameError::Damaged;
        let bytes = bytes.get(..COMMIT_HEADER).ok_or(damaged("the commit header is cut off"))?;
        if bytes.iter().all(|b| *b == 0) {
            return Err(FrameError::Blank);
        }
        let mut f = Fields(bytes.strip_prefix(COMMIT_MAGIC).ok_or(damaged("no commit begins here"))?);
        let fields = (|| Some((f.u32()?, f.u64()?, f.u64()?, f.u32()?, f.u32()?, f.u32()?, f.u32()?)))();
        let (segment, offset, first, count, body_len, zeros, crc) = fields.ok_or(damaged("cut off"))?;
        let most = u32::try_from(MAX_COMMIT.saturating_sub(COMMIT_HEADER)).unwrap_or(u32::MAX);
        if (Position { segment, offset }) != at {
            return Err(damaged("the commit belongs elsewhere"));
        }
        if zeros != 0 || count == 0 || body_len > most {
            return Err(damaged("the commit header is not of its form"));
        }
        let seed = crc32c::crc32c(bytes.get(..COMMIT_HEADER.saturating_sub(4)).unwrap_or_default());
        Ok(Self { at, first, count, body_len, seed, crc })
    }

    /// Whether this body belongs to this header.
    #[must_use]
    pub fn matches(&self, body: &[u8]) -> bool {
        crc32c::crc32c_append(self.seed, body) == self.crc
    }

    /// Where the next commit begins.
    #[must_use]
    pub fn end(&self) -> Position {
        let len = u64::from(self.body_len).saturating_add(COMMIT_HEADER as u64);
        Position { segment: self.at.segment, offset: self.at.offset.saturating_add(len) }
    }
}

/// The records of a body, each with its offset in the body; `None` unless exactly `count` fill it.
#[must_use]
pub fn records(body: &[u8], count: u32) -> Option<Vec<(usize, Record<'_>)>> {
    // Whatever the header claims, no more fit than bodies of empty leaves would.
    let most = body.len().div_euclid(RECORD_LENGTHS.saturating_add(32));
    let mut records = Vec::with_capacity(usize::try_from(count).ok()?.min(most));
    let mut rest = body;
    for _ in 0..count {
        let offset = body.len().checked_sub(rest.len())?;
        let (record, after) = Record::read(rest)?;
        records.push((offset, record));
        rest = after;
    }
    rest.is_empty().then_some(records)
}

/// The head file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadFile {
    /// Number of entries that were acknowledged.
    pub size: u64,
    /// Where the next commit begins.
    pub end: Position,
    /// Offset of the last commit, in the same segment.
    pub last_commit: u64,
    /// BLAKE3 of the last leaf.
    pub chain: [u8; 32],
    /// Which boot of the machine wrote it; zeros when unknown.
    pub boot_id: [u8; 16],
    /// Milliseconds since that boot.
    pub uptime: u64,
    /// Wall clock then, milliseconds since 1970.
    pub wall: i64,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl HeadFile {
    /// 1,024 bytes, or `None` when the checkpoint does not fit.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(FIXED_FILE);
        out.extend_from_slice(HEAD_MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&self.end.segment.to_le_bytes());
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(&self.end.offset.to_le_bytes());
        out.extend_from_slice(&self.last_commit.to_le_bytes());
        out.extend_from_slice(&self.chain);
        out.extend_from_slice(&self.boot_id);
        out.extend_from_slice(&self.uptime.to_le_bytes());
        out.extend_from_slice(&self.wall.to_le_bytes());
        pad_with_note(out, &self.checkpoint)
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let mut f = unseal(fixed(bytes)?, HEAD_MAGIC)?;
        let decoded = (|| {
            let segment = f.u32()?;
            let size = f.u64()?;
            let end = Position { segment, offset: f.u64()? };
            Some(Self {
                size,
                end,
                last_commit: f.u64()?,
                chain: *f.bytes()?,
                boot_id: *f.bytes()?,
                uptime: f.u64()?,
                wall: i64::from_le_bytes(*f.bytes()?),
                checkpoint: note(&mut f)?,
            })
        })();
        decoded.ok_or(FrameError::Damaged("the head is not of its form"))
    }
}

/// The guard file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardFile {
    /// Number of entries that were signed for.
    pub size: u64,
    /// Root of them.
    pub root: Hash,
    /// The signed checkpoint; `None` when the write of it was torn.
    pub checkpoint: Option<String>,
}

/// Bytes of a guard that stand in one sector, with a CRC of their own, so that no power cut tears them.
const GUARD_CORE: usize = 56;

impl GuardFile {
    /// 1,024 bytes, or `None` when there is no checkpoint or it does not fit.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(FIXED_FILE);
        out.extend_from_slice(GUARD_MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(self.root.as_bytes());
        pad_with_note(seal(out), self.checkpoint.as_deref()?)
    }

    /// Reads one; a torn checkpoint is absent, torn or damaged size and root are an error.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let cut = FrameError::Damaged("the guard is cut off");
        if bytes.iter().all(|b| *b == 0) {
            return Err(FrameError::Blank);
        }
        let (core, rest) = bytes.split_at_checked(GUARD_CORE).ok_or(cut)?;
        let mut f = unseal(core, GUARD_MAGIC)?;
        let (size, root) = (|| Some((f.u64()?, Hash::from_bytes(*f.bytes()?))))().ok_or(cut)?;
        let whole = fixed(bytes).and_then(|whole| unseal(whole, GUARD_MAGIC)).is_ok();
        Ok(Self { size, root, checkpoint: if whole { note(&mut Fields(rest)) } else { None } })
    }
}

fn fixed(bytes: &[u8]) -> Result<&[u8], FrameError> {
    if bytes.iter().all(|b| *b == 0) {
        return Err(FrameError::Blank);
    }
    if bytes.len() == FIXED_FILE { Ok(bytes) } else { Err(FrameError::Damaged("not 1,024 bytes")) }
}

fn pad_with_note(mut out: Vec<u8>, note: &str) -> Option<Vec<u8>> {
    out.extend_from_slice(&u32::try_from(note.len()).ok()?.to_le_bytes());
    out.extend_from_slice(note.as_bytes());
    let room = FIXED_FILE.saturating_sub(4);
    if out.len() > room {
        return None;
    }
    out.resize(room, 0);
    Some(seal(out))
}

fn note(f: &mut Fields<'_>) -> Option<String> {
    let len = usize::try_from(f.u32()?).ok()?;
    String::from_utf8(f.0.get(..len)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_come_back_and_any_changed_byte_is_noticed() {
        let header = SegmentHeader { id: 3, first: 77, log_id: Hash::from_bytes([9; 32]) };
        let head = HeadFile {
            size: 5,
            end: Position { segment: 1, offset: 4096 },
            last_commit: 1024,
            chain: [1; 32],
            boot_id: [2; 16],
            uptime: 3,
            wall: -4,
            checkpoint: "x\n5\nAAA=\n\n— x y\n".to_owned(),
        };
        let at = Position { segment: 3, offset: 64 };
        let commit = encode_commit(at, 77, 1, b"some body");
        assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
        assert_eq!(HeadFile::decode(&head.encode().unwrap()), Ok(head.clone()));
        let guard =
            GuardFile { size: 5, root: Hash::from_bytes([8; 32]), checkpoint: Some("note".to_owned()) };
        assert_eq!(GuardFile::decode(&guard.encode().unwrap()), Ok(guard.clone()));
        assert!(GuardFile { checkpoint: Some("x".repeat(961)), ..guard.clone() }.encode().is_none());
        let newer =
            GuardFile { size: 6, root: Hash::from_bytes([9; 32]), checkpoint: Some("newer note".to_owned()) };
        let torn = [&newer.encode().unwrap()[..512], &guard.encode().unwrap()[512..]].concat();
        assert_eq!(
            GuardFile::decode(&torn),
            Ok(GuardFile { checkpoint: None, ..newer }),
            "either half, never neither"
        );
        let parsed = CommitHeader::decode(&commit, at).unwrap();
        assert!(parsed.matches(b"some body"));
        assert_eq!(parsed.end().offset, 64 + commit.len() as u64);
        for (bytes, check) in [
            (header.encode(), &(|b: &[u8]| SegmentHeader::decode(b).is_err()) as &dyn Fn(&[u8]) -> bool),
            (head.encode().unwrap(), &|b| HeadFile::decode(b).is_err()),
            (guard.encode().unwrap(), &|b| GuardFile::decode(b).as_ref() != Ok(&guard)),
            (commit, &|b| {
                CommitHeader::decode(b, at)
                    .map_or(true, |h| !h.matches(b.get(COMMIT_HEADER..).unwrap_or_default()))
            }),
        ] {
            for i in 0..bytes.len() {
                for bit in 0..8 {
                    let mut changed = bytes.clone();
                    changed[i] ^= 1 << bit;
                    assert!(check(&changed), "byte {i}");
                }
            }
            assert!(check(&[]));
            assert!(check(&vec![0; bytes.len()]));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), count in 0..5_u32) {
            let _ = SegmentHeader::decode(&bytes);
            let _ = CommitHeader::decode(&bytes, Position::default());
            let _ = HeadFile::decode(&bytes);
            let _ = records(&bytes, count);
        }

        #[test]
        fn positions_pack(segment in 0..1_u32 << 24, offset in 0..1_u64 << 40) {
            let at = Position { segment, offset };
            prop_assert_eq!(Position::unpack(at.pack()), at);
        }
    }
}
