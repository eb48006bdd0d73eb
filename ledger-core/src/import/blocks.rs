//! Old entries in blocks: as many as one commit of ours will hold.
//!
//! Nothing is judged here. Invariant: the same bytes give the same blocks, so a block can be recognised by its digest when it is read
//! again; the entries of a block fit into one commit, whatever characters they hold.

use super::source::{Input, unreadable, without_end};
use crate::codes::Code;
use crate::entry::{MAX_COMMIT, MAX_PART};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::ops::Range;

/// Bytes of a commit that the entries of a block may fill: the rest is for its header and for the last entry, which may pass the bound.
const ROOM: usize = MAX_COMMIT - 2 * MAX_PART - 65_536;
/// Bytes that an entry takes beside the old one: its leaf with the longest names, salt, lengths, the other members of its data.
const BESIDE: usize = 1_600;
/// Most entries of a block: with short names a leaf is a third of the longest, and larger commits gain nothing.
const MOST: usize = 8_192;

/// Old entries that follow one another.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Index of the first of them.
    pub(super) first: u64,
    /// Their bytes.
    bytes: Vec<u8>,
    entries: Vec<Span>,
    /// Bytes of the input up to its end.
    pub(super) read: u64,
}

#[derive(Clone, Debug)]
struct Span {
    range: Range<usize>,
    /// Line in the file, from 1; 0 when the format has no lines.
    line: u64,
}

impl Block {
    const fn new(first: u64) -> Self {
        Self { first, bytes: Vec::new(), entries: Vec::new(), read: 0 }
    }

    /// Number of entries.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Their bytes, each with its index.
    pub(super) fn originals(&self) -> impl Iterator<Item = (u64, &[u8])> {
        (self.first..)
            .zip(self.entries.iter().map(|span| self.bytes.get(span.range.clone()).unwrap_or_default()))
    }

    /// What these bytes are known by.
    pub(super) fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.bytes).as_bytes()
    }

    /// Where an entry stands, for messages.
    pub(super) fn place(&self, index: u64) -> String {
        let at = usize::try_from(index.saturating_sub(self.first)).unwrap_or(usize::MAX);
        match self.entries.get(at) {
            Some(span) if span.line > 0 => format!("line {}", span.line),
            _ => format!("entry {index}"),
        }
    }

    /// Whether another entry could be too much: a character may take two bytes in our data (a quote, a backslash, a line end).
    fn is_full(&self) -> bool {
        let beside = self.entries.len().saturating_mul(BESIDE);
        let room = ROOM.saturating_sub(beside.min(ROOM));
        self.entries.len() >= MOST || self.bytes.len().saturating_mul(2) >= room
    }
}

/// The bytes of an entry that was parsed, and so is UTF-8.
pub(super) fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// Gives blocks until there are no more.
pub(super) trait Blocks: Send {
    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// `LG_103`, `LG_105`.
    fn next_block(&mut self) -> Result<Option<Block>>;
}

/// Entries that are in memory already.
pub(super) struct Listed<'a> {
    entries: &'a [String],
    next: usize,
}

impl<'a> Listed<'a> {
    pub(super) const fn new(entries: &'a [String]) -> Self {
        Self { entries, next: 0 }
    }
}

impl Blocks for Listed<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let mut block = Block::new(self.next as u64);
        while !block.is_full()
            && let Some(entry) = self.entries.get(self.next)
        {
            let start = block.bytes.len();
            block.bytes.extend_from_slice(entry.as_bytes());
            block.entries.push(Span { range: start..block.bytes.len(), line: 0 });
            self.next = self.next.saturating_add(1);
        }
        block.read = self.next as u64;
        Ok((block.len() > 0).then_some(block))
    }
}

/// Lines of a file, one entry each; blank ones do not count, but are counted.
pub(super) struct Lines<'a> {
    input: &'a Input,
    reader: BufReader<&'a File>,
    line: u64,
    index: u64,
    read: u64,
}

impl<'a> Lines<'a> {
    /// From the beginning.
    ///
    /// # Errors
    /// `LG_105`.
    pub(super) fn new(input: &'a Input) -> Result<Self> {
        Ok(Self { input, reader: input.rewound()?, line: 0, index: 0, read: 0 })
    }

    fn too_long(&self) -> Error {
        self.input.error(Code::TooLarge, format!("line {} is longer than 1 MiB (1,048,576 bytes)", self.line))
    }
}

impl Blocks for Lines<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let mut block = Block::new(self.index);
        while !block.is_full() {
            let start = block.bytes.len();
            let most = (MAX_PART as u64).saturating_add(2);
            let read = self.reader.by_ref().take(most).read_until(b'\n', &mut block.bytes);
            let read = read.map_err(|e| unreadable(self.input.shown(), &e))?;
            if read == 0 {
                break;
            }
            self.line = self.line.saturating_add(1);
            self.read = self.read.saturating_add(read as u64);
            let line = block.bytes.get(start..).unwrap_or_default();
            let text = without_end(line).len();
            if text > MAX_PART {
                return Err(self.too_long());
            }
            if line.trim_ascii().is_empty() {
                block.bytes.truncate(start);
                continue;
            }
            // The line's end stays among the bytes: with it the digest also says where one entry ends and the next begins.
            block.entries.push(Span { range: start..start.saturating_add(text), line: self.line });
            self.index = self.index.saturating_add(1);
        }
        block.read = self.read;
        Ok((block.len() > 0).then_some(block))
    }
}
