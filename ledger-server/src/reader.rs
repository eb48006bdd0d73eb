//! The log for readings of any length: a store whose end is fixed, and that holds the writer for one look at a time.
//!
//! Not a second copy: every look is one question to the writer, which may commit between two of them. Invariant: entries never change, so all
//! looks together show the log as it was when the reading began.

use crate::state::Service;
use ledger_core::entry::Entry;
use ledger_core::store::{Batch, Head, Store};
use ledger_core::time::Reading;
use ledger_core::{Code, Error, Result};
use ledger_proofs::{Hash, NodeId};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Entries that one look gives at most: each may have two parts of 1 MiB.
const LOOK: usize = 32;

/// The log as it was at one moment.
pub struct Reader {
    service: Arc<Service>,
    head: Head,
    checkpoint: Option<String>,
    /// Cancelled when nobody waits for the answer any more.
    given_up: CancellationToken,
}

impl Reader {
    /// The log as it is now, until it is given up.
    #[must_use]
    pub fn new(service: Arc<Service>, given_up: CancellationToken) -> Self {
        let (head, checkpoint) = {
            let sequencer = service.sequencer();
            (sequencer.store().head(), sequencer.store().checkpoint())
        };
        Self { service, head, checkpoint, given_up }
    }

    /// One question to the writer.
    fn ask<T>(&self, question: impl FnOnce(&dyn Store) -> Result<T>) -> Result<T> {
        if self.given_up.is_cancelled() {
            return Err(Error::new(Code::Stopped, "nobody waits for this reading any more"));
        }
        let answer = question(self.service.sequencer().store());
        // The lock is not fair: whoever waits for it is let in before the next look.
        std::thread::yield_now();
        answer
    }

    /// Calls `each` with the first `size` entries, in order.
    ///
    /// # Errors
    /// As `each`, and as the store says.
    pub fn each(&self, size: u64, mut each: impl FnMut(u64, &Entry) -> Result<()>) -> Result<()> {
        let end = size.min(self.head.size);
        let mut next = 0;
        while next < end {
            let count = usize::try_from(end.saturating_sub(next)).unwrap_or(LOOK).min(LOOK);
            let entries = self.entries(next, count)?;
            if entries.is_empty() {
                return Err(Error::new(Code::Damaged, "the log ends before its head").at(next));
            }
            for entry in &entries {
                each(next, entry)?;
                next = next.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Number of a stream's entries before the end of this reading, when it has grown meanwhile: they are in order.
    fn halve(&self, name: &str, len: u64) -> Result<u64> {
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = low.midpoint(high);
            let there = self.ask(|store| store.stream(name, middle, 1))?;
            if there.first().is_none_or(|sequence| *sequence >= self.head.size) {
                high = middle;
            } else {
                low = middle.saturating_add(1);
            }
        }
        Ok(low)
    }
}

fn refused() -> Error {
    Error::new(Code::ReadOnly, "a reading does not write")
}

impl Store for Reader {
    fn head(&self) -> Head {
        self.head
    }

    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let end = self.head.size.min(from.saturating_add(limit as u64));
        let (mut next, mut all) = (from, Vec::new());
        while next < end {
            let count = usize::try_from(end.saturating_sub(next)).unwrap_or(LOOK).min(LOOK);
            let entries = self.ask(|store| store.entries(next, count))?;
            if entries.is_empty() {
                break;
            }
            next = next.saturating_add(entries.len() as u64);
            all.extend(entries);
        }
        Ok(all)
    }

    fn stream_len(&self, name: &str) -> Result<u64> {
        let len = self.ask(|store| store.stream_len(name))?;
        let Some(last) = len.checked_sub(1) else { return Ok(0) };
        let beyond =
            self.ask(|store| store.stream(name, last, 1))?.first().is_some_and(|s| *s >= self.head.size);
        if beyond { self.halve(name, len) } else { Ok(len) }
    }

    /// All at once: a row of positions is short, and finding where to go on would cost as much as reading it.
    fn stream(&self, name: &str, from: u64, limit: usize) -> Result<Vec<u64>> {
        let mut found = self.ask(|store| store.stream(name, from, limit))?;
        found.retain(|sequence| *sequence < self.head.size);
        Ok(found)
    }

    fn find(&self, id: &str) -> Result<Option<u64>> {
        Ok(self.ask(|store| store.find(id))?.filter(|sequence| *sequence < self.head.size))
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>> {
        if let Some(outside) = ids.iter().find(|id| !id.is_within(self.head.size)) {
            let why = format!("the tree of {} has no node {outside:?}", self.head.size);
            return Err(Error::new(Code::NoSuchEntry, why));
        }
        self.ask(|store| store.nodes(ids))
    }

    fn append_batch(&mut self, _: &Head, _: &Batch) -> Result<Head> {
        Err(refused())
    }

    fn publish(&mut self, _: &str, _: Reading) -> Result<()> {
        Err(refused())
    }

    fn checkpoint(&self) -> Option<String> {
        self.checkpoint.clone()
    }

    fn last_reading(&self) -> Option<Reading> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::intent::Intent;
    use ledger_core::ledger::{InitOptions, Location, init};
    use ledger_core::sequencer::queue::Bounds;
    use ledger_core::sequencer::{Request, Sources};
    use ledger_core::time::{Clock, Random, Reading};
    use std::sync::mpsc::channel;

    /// Time and randomness by counting.
    struct Counter(u64);

    impl Clock for Counter {
        fn read(&mut self) -> Reading {
            self.0 = self.0.saturating_add(1);
            Reading { wall: 1_700_000_000_000_i64.saturating_add_unsigned(self.0), monotonic: self.0 }
        }
    }

    impl Random for Counter {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
            for byte in bytes {
                self.0 =
                    self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = self.0.to_be_bytes()[0];
            }
            Ok(())
        }
    }

    fn note(n: usize) -> Request {
        let data = format!("{{\"text\":\"{n}\"}}");
        let actor = ledger_core::names::Gid::new("GID-H01").unwrap();
        Request::new(vec![Intent::new("note", data.as_bytes(), None, actor, None).unwrap()])
    }

    /// A ledger that is served and followed.
    fn served(dir: &std::path::Path) -> Arc<Service> {
        let mut location = Location::new(&dir.join("data"));
        location.state = Some(dir.join("state"));
        let sources = Sources { clock: Box::new(Counter(0)), random: Box::new(Counter(7)) };
        let options = InitOptions { origin: None, human: "Ada".to_owned(), profile: "default".to_owned() };
        let ledger = init(&location, &options, sources).unwrap().ledger;
        let service = Arc::new(Service::new(ledger, Bounds::default(), CancellationToken::new()).unwrap());
        service.follow();
        service
    }

    fn running(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(test);
    }

    #[test]
    fn appends_are_answered_while_a_reading_waits_and_it_sees_the_log_as_it_began() {
        let dir = tempfile::tempdir().unwrap();
        running(async {
            let service = served(dir.path());
            service.submit(note(0)).await.unwrap();
            let ((there, arrived), (go_on, may_go_on)) = (channel(), channel::<()>());
            let asked = Arc::clone(&service);
            let reading = tokio::spawn(async move {
                let read = asked.read(move |reader| {
                    let (size, notes) = (reader.head().size, reader.stream_len("notes")?);
                    reader.entries(0, usize::MAX)?;
                    there.send(()).unwrap();
                    may_go_on.recv().unwrap();
                    // What came meanwhile is not in it, whatever is asked.
                    assert_eq!((reader.head().size, reader.stream_len("notes")?), (size, notes));
                    assert_eq!(reader.stream("notes", 0, 1_000)?.len() as u64, notes);
                    assert_eq!(reader.entries(0, usize::MAX)?.len() as u64, size);
                    assert!(reader.entries(size, 1)?.is_empty());
                    Ok(size)
                });
                read.await
            });
            tokio::task::spawn_blocking(move || arrived.recv().unwrap()).await.unwrap();
            // The reading is in its midst until it is told to go on: none of this waits for it.
            for n in 1..60 {
                service.submit(note(n)).await.unwrap();
            }
            let projected = service.project(0, |projection| Ok(projection.size())).await.unwrap();
            go_on.send(()).unwrap();
            assert_eq!(projected, reading.await.unwrap().unwrap().saturating_add(59));
        });
    }

    #[test]
    fn a_reading_that_nobody_waits_for_ends_and_its_turn_is_anothers() {
        let dir = tempfile::tempdir().unwrap();
        running(async {
            let service = served(dir.path());
            // Many more than may run at a time.
            for _ in 0..40 {
                let (there, arrived) = channel();
                let endless = service.read::<()>(move |reader| {
                    there.send(()).unwrap();
                    loop {
                        reader.entries(0, 1)?;
                    }
                });
                let begun = tokio::task::spawn_blocking(move || arrived.recv().unwrap());
                tokio::select! {
                    _ = endless => panic!("it has no end"),
                    begun = begun => begun.unwrap(),
                }
            }
            service.submit(note(0)).await.unwrap();
            assert!(service.read(|reader| Ok(reader.head().size)).await.unwrap() > 0);
        });
    }
}
