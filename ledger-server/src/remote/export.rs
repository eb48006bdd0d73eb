//! The log of a server in its order: as lines, or entry by entry.
//!
//! Invariant: a page at a time is in memory, however long the log is.

use super::store::{PAGE, query};
use super::{Remote, strange};
use ledger_core::Result;
use ledger_core::entry::Record;
use ledger_core::json;
use ledger_core::store::Store as _;
use ledger_core::view::Wanted;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;

/// The log as lines.
pub struct Export<'a> {
    remote: &'a Remote,
    next: u64,
    size: u64,
    lines: Cursor<Vec<u8>>,
}

impl Remote {
    /// The log as lines of event JSON, as far as it went at the last look, read from the server as they are taken.
    pub fn export(&self) -> Export<'_> {
        Export { remote: self, next: 0, size: self.head().size, lines: Cursor::default() }
    }

    /// Calls `each` with the entries that are wanted, from `from` on, until it breaks or the log ends as of the last look.
    ///
    /// # Errors
    /// As the server says, and what `each` gives.
    pub fn each(
        &self,
        wanted: &Wanted,
        from: u64,
        mut each: impl FnMut(u64, &Record<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let size = self.head().size;
        let mut next = Some(from).filter(|from| *from < size);
        while let Some(from) = next {
            let page = self.page("/v1/entries", &query(wanted, from, PAGE))?;
            for entry in &page.entries {
                let sequence = entry.parse()?.sequence;
                if sequence >= size || each(sequence, &entry.as_record())?.is_break() {
                    return Ok(());
                }
            }
            next = page.next.filter(|next| *next < size);
        }
        Ok(())
    }
}

impl Export<'_> {
    /// The next page, as lines.
    fn turn(&mut self) -> Result<()> {
        let limit = usize::try_from(self.size.saturating_sub(self.next)).unwrap_or(PAGE).min(PAGE);
        let body = self.remote.client.get(&format!("/v1/entries?from={}&limit={limit}", self.next))?;
        let value = json::parse(&body).map_err(|e| strange(&e.describe(&body)))?;
        let list = value.get("entries").and_then(json::Value::as_array).filter(|l| !l.is_empty());
        let mut lines = Vec::with_capacity(body.len());
        for entry in list.ok_or_else(|| strange("a page without entries"))? {
            lines.extend_from_slice(entry.source(&body));
            lines.push(b'\n');
            self.next = self.next.saturating_add(1);
        }
        self.lines = Cursor::new(lines);
        Ok(())
    }
}

impl Read for Export<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.lines.read(into)?;
        if count > 0 || self.next >= self.size {
            return Ok(count);
        }
        self.turn().map_err(std::io::Error::other)?;
        self.lines.read(into)
    }
}
