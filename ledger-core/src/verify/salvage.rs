//! Goes on behind damage in a journal: finds the next whole commit, and what can still be read before it.
//!
//! Repairs nothing. Invariant: a commit is taken up again only where its header names its own place and its checksum holds, so no bytes
//! that a caller sent can pass for one. Source: docs/format.md §10.2.

use super::batch::{Batch, Mark};
use super::journal::{Damage, Segment, read_commit, record_length};
use crate::entry::{Leaf, MAX_COMMIT, Record};
use crate::store::disk::read_up_to;
use crate::store::local::frame::{COMMIT_HEADER, Position};
use std::ops::Range;

/// Bytes that are searched at a time.
const WINDOW: usize = 1 << 20;
/// What every commit begins with.
const MAGIC: &[u8; 4] = b"\xffLGC";
/// What every leaf begins with, behind the lengths of its record.
const LEAF: &[u8] = b"{\"actor\":\"";

/// What is left of a damaged place.
pub(super) struct Salvaged {
    pub(super) batch: Batch,
    /// Where reading goes on.
    pub(super) offset: u64,
    /// The rest of the place, when it is longer than any commit.
    pub(super) more: Option<Damage>,
}

/// What can be read of a damaged place, and where reading goes on.
pub(super) fn salvage(segment: &Segment, damage: &Damage) -> Salvaged {
    let resume = resume(segment, damage);
    let len = usize::try_from(resume.saturating_sub(damage.from)).unwrap_or(usize::MAX);
    let bytes = read_up_to(&*segment.file, damage.from, len.min(MAX_COMMIT)).unwrap_or_default();
    let at = Position { segment: segment.id, offset: damage.at };
    let mut batch =
        Batch { marks: vec![(0, Mark::Damage { at, why: damage.why.to_owned() })], ..Batch::default() };
    let lost = || {
        let why = format!("the commit at byte {} of segment {} is damaged", damage.at, segment.id);
        Mark::Lost { why, certain: false }
    };
    let mut start = 0;
    while start < bytes.len() {
        if let Some(span) = record(&bytes, start) {
            start = span.end;
            batch.spans.push(span);
            continue;
        }
        batch.marks.push((batch.spans.len(), lost()));
        let Some(next) = next_record(&bytes, start.saturating_add(1)) else { break };
        start = next;
    }
    let whole = bytes.len() == len;
    if !whole {
        batch.marks.push((batch.spans.len(), lost()));
    }
    batch.bytes = bytes;
    let used = batch.spans.last().map_or(batch.bytes.len(), |span| span.end);
    if whole || used == 0 {
        return Salvaged { batch, offset: resume, more: None };
    }
    let offset = damage.from.saturating_add(used as u64);
    let more = Damage { at: offset, from: offset, end: damage.end, why: "the damage goes on" };
    Salvaged { batch, offset, more: Some(more) }
}

/// The record at `start`, if its leaf is one, or another record or the end follows it.
fn record(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let stored = bytes.get(start..)?;
    let len = record_length(stored)??;
    let (record, rest) = Record::read(stored)?;
    let fits = rest.is_empty() || begins_record(rest) || Leaf::parse(record.leaf).is_ok();
    fits.then(|| start..start.saturating_add(len))
}

fn begins_record(bytes: &[u8]) -> bool {
    bytes.get(10..).is_some_and(|leaf| leaf.starts_with(LEAF))
}

/// Where the next record with a valid leaf begins.
fn next_record(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find(|start| {
        let stored = bytes.get(*start..).unwrap_or_default();
        begins_record(stored)
            && record_length(stored).flatten().is_some()
            && Record::read(stored).is_some_and(|(record, _)| Leaf::parse(record.leaf).is_ok())
    })
}

/// Where the next commit begins: where the damaged one says that it ends, if that is credible; else where a whole one is found.
fn resume(segment: &Segment, damage: &Damage) -> u64 {
    if let Some(end) = damage.end.filter(|end| *end >= damage.from) {
        let header = read_up_to(&*segment.file, end, COMMIT_HEADER).unwrap_or_default();
        let at = Position { segment: segment.id, offset: end };
        if end >= segment.limit || read_commit(&header, at).is_ok() || is_blank(segment, end) {
            return end.min(segment.limit);
        }
    }
    let mut from = damage.from.max(damage.at.saturating_add(1));
    while from < segment.limit {
        let left = usize::try_from(segment.limit.saturating_sub(from)).unwrap_or(usize::MAX);
        let window = read_up_to(&*segment.file, from, left.min(WINDOW)).unwrap_or_default();
        let found = window.windows(MAGIC.len()).enumerate().filter(|(_, bytes)| bytes == MAGIC);
        for (skip, _) in found {
            let offset = from.saturating_add(skip as u64);
            if is_whole(segment, offset) {
                return offset;
            }
        }
        // The magic may lie across the border of two windows.
        let step = window.len().saturating_sub(MAGIC.len().saturating_sub(1));
        if step == 0 || window.len() >= left {
            break;
        }
        from = from.saturating_add(step as u64);
    }
    segment.limit
}

/// Whether a whole commit stands here.
fn is_whole(segment: &Segment, offset: u64) -> bool {
    let at = Position { segment: segment.id, offset };
    let header = read_up_to(&*segment.file, offset, COMMIT_HEADER).unwrap_or_default();
    let Ok(commit) = read_commit(&header, at) else { return false };
    let body_at = offset.saturating_add(COMMIT_HEADER as u64);
    let len = usize::try_from(commit.body_len).unwrap_or(usize::MAX);
    let body = read_up_to(&*segment.file, body_at, len).unwrap_or_default();
    body.len() == len && crc32c::crc32c_append(commit.seed, &body) == commit.crc
}

/// Whether nothing but zeros stands from here to the segment's end.
pub(super) fn is_blank(segment: &Segment, offset: u64) -> bool {
    let mut from = offset;
    while from < segment.limit {
        let left = usize::try_from(segment.limit.saturating_sub(from)).unwrap_or(usize::MAX);
        let Ok(window) = read_up_to(&*segment.file, from, left.min(WINDOW)) else { return false };
        if window.iter().any(|b| *b != 0) {
            return false;
        }
        if window.is_empty() {
            break;
        }
        from = from.saturating_add(window.len() as u64);
    }
    true
}
