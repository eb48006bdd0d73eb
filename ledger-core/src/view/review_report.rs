//! The report of all reviews, from one reading of the log in order.
//!
//! Not the counting (`review::report`). Invariant: of a closed PAC nothing is kept but its rows. Source: DOMAIN.md §6.

use crate::codes::Code;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::replay::Replay;
use crate::review::report::{Collector, Report};

/// What is collected while the log is read.
#[derive(Debug, Default)]
pub struct ReviewReport {
    replay: Replay,
    collector: Collector,
}

impl ReviewReport {
    /// Takes the next entry of the log.
    ///
    /// # Errors
    /// As [`Replay::take`].
    pub fn take(&mut self, sequence: u64, entry: &Entry) -> Result<()> {
        let Some(event) = self.replay.take(sequence, entry)? else { return Ok(()) };
        let leaf = entry.parse()?;
        let Some(pac) = self.replay.pacs().get(leaf.subject) else { return Ok(()) };
        self.collector.take(&leaf, &event, pac);
        if pac.closure.is_some() && pac.due().is_none() {
            self.collector.settle(pac, self.replay.registry());
            self.replay.forget(leaf.subject);
        }
        Ok(())
    }

    /// The report, of this PAC and this reviewer only when they are named.
    ///
    /// # Errors
    /// `LG_120` when the reviewer is nobody.
    pub fn finish(mut self, pac: Option<&str>, reviewer: Option<&str>) -> Result<Report> {
        for pac in self.replay.pacs().values() {
            self.collector.settle(pac, self.replay.registry());
        }
        let report = self.collector.finish(pac, reviewer, self.replay.registry());
        match (report.reviews.is_empty(), pac, reviewer) {
            (true, None, Some(gid)) if !self.replay.registry().is_active(gid) => Err(Error::new(
                Code::ActorUnknown,
                format!("{gid} is nobody in this ledger, and reviewed nothing"),
            )),
            _ => Ok(report),
        }
    }
}
