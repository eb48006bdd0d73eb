//! Reads an exported log: one event JSON per line, as `log --json` writes it.
//!
//! Parses nothing but line ends. Invariant: memory is bounded whatever the input; a line beyond the bound is passed over and reported.
//! Source: docs/format.md §12.

use super::Source;
use super::batch::{BATCH_BYTES, Batch, Mark};
use crate::codes::Code;
use crate::error::{Error, Result};
use std::io::{self, BufRead, Read as _};

/// Longest line: two parts of 1 MiB, each written with six characters per byte, and the leaf.
const MAX_LINE: usize = 14 << 20;

/// Lines of a reader.
pub(super) struct Lines<R> {
    reader: R,
    next: u64,
    read: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, next: 1, read: 0 }
    }

    /// Appends one line without its end; `None` at the end of the input.
    fn line(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<Line>> {
        let start = bytes.len();
        let most = MAX_LINE as u64;
        let read = self.reader.by_ref().take(most.saturating_add(1)).read_until(b'\n', bytes)?;
        self.read = self.read.saturating_add(read as u64);
        if read == 0 {
            return Ok(None);
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            return Ok(Some(Line::Whole));
        }
        if read <= MAX_LINE {
            return Ok(Some(Line::Whole));
        }
        bytes.truncate(start);
        self.read = self.read.saturating_add(self.reader.skip_until(b'\n')? as u64);
        Ok(Some(Line::TooLong))
    }
}

enum Line {
    Whole,
    TooLong,
}

impl<R: BufRead> Source for Lines<R> {
    fn next(&mut self) -> Result<Option<Batch>> {
        let mut batch = Batch { first_line: Some(self.next), ..Batch::default() };
        while batch.bytes.len() < BATCH_BYTES {
            let start = batch.bytes.len();
            let line = self.line(&mut batch.bytes);
            let line =
                line.map_err(|e| Error::new(Code::InputUnreadable, format!("line {}: {e}", self.next)))?;
            let Some(line) = line else { break };
            if matches!(line, Line::TooLong) {
                let why = format!("line {} is longer than {MAX_LINE} bytes, and was passed over", self.next);
                batch.marks.push((batch.spans.len(), Mark::Lost { why, certain: true }));
            }
            batch.spans.push(start..batch.bytes.len());
            self.next = self.next.saturating_add(1);
        }
        batch.read = self.read;
        Ok(if batch.spans.is_empty() { None } else { Some(batch) })
    }

    fn total(&self) -> u64 {
        0
    }
}
