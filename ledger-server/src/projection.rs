//! The projection of the log as far as it was followed, and the task that follows it.
//!
//! What it holds is `ledger_core::view::Projection`. Invariant: a question is answered as of the moment that it was asked in or later; the
//! writer is held for one short run of entries at a time, and nothing waits for the projection but who asks it.

use crate::reader::Reader;
use crate::state::Service;
use ledger_core::entry::Entry;
use ledger_core::store::Store as _;
use ledger_core::store::disk::RealDisk;
use ledger_core::store::local::JournalReader;
use ledger_core::view::Projection;
use ledger_core::{Code, Error, Result};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use tokio::sync::watch;

/// Entries that are taken between two looks at whether the server stops.
const STRETCH: u64 = 2_048;
/// Entries of one run.
const RUN: usize = 32;

/// How far the log was followed.
#[derive(Clone, Debug, Default)]
struct Reached {
    size: u64,
    /// Why it is not followed at the moment.
    broken: Option<Error>,
}

/// The projection, and how far it is.
pub struct Followed {
    projection: RwLock<Projection>,
    reached: watch::Sender<Reached>,
    begun: AtomicBool,
}

impl Default for Followed {
    fn default() -> Self {
        Self {
            projection: RwLock::default(),
            reached: watch::Sender::new(Reached::default()),
            begun: AtomicBool::new(false),
        }
    }
}

impl Followed {
    fn take(&self, entries: &[Entry]) {
        let mut projection = self.projection.write().unwrap_or_else(PoisonError::into_inner);
        entries.iter().for_each(|entry| projection.take(entry));
    }

    fn size(&self) -> u64 {
        self.projection.read().unwrap_or_else(PoisonError::into_inner).size()
    }

    fn tell(&self, broken: Option<Error>) {
        let size = self.size();
        self.reached.send_replace(Reached { size, broken });
    }
}

impl Service {
    /// Begins to follow the log, once; needs a tokio runtime.
    pub fn follow(self: &Arc<Self>) {
        if !self.followed().begun.swap(true, Ordering::SeqCst) {
            tokio::spawn(follow(Arc::downgrade(self)));
        }
    }

    /// Asks the projection, once it has come as far as the log is now and as `least` entries.
    ///
    /// # Errors
    /// As the question; as the store says when the log cannot be read; `LG_210` when the server stops.
    pub async fn project<T: Send + 'static>(
        self: &Arc<Self>,
        least: u64,
        question: impl FnOnce(&Projection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let size = least.max(*self.growth().borrow());
        let mut reached = self.followed().reached.subscribe();
        let there = reached.wait_for(|reached| reached.size >= size || reached.broken.is_some());
        let ended = || Error::new(Code::Stopped, "the server stops");
        let broken = tokio::select! {
            biased;
            there = there => there.map_err(|_| ended())?.broken.clone(),
            () = self.stopping() => return Err(ended()),
        };
        if let Some(why) = broken {
            return Err(why);
        }
        let service = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || {
            question(&service.followed().projection.read().unwrap_or_else(PoisonError::into_inner))
        });
        asked.await.map_err(|_| ended())?
    }

    /// Takes some entries; gives whether there are more.
    fn catch_up(self: &Arc<Self>) -> Result<bool> {
        let reader = Reader::new(Arc::clone(self), self.stop().clone());
        let followed = self.followed();
        let begin = followed.size();
        // What a failed write has kept from the readers of the journal is left to the writer's own eyes.
        if reader.head().size.saturating_sub(begin) > STRETCH && self.read_up(begin)? > begin {
            return Ok(true);
        }
        let end = reader.head().size.min(begin.saturating_add(STRETCH));
        let mut next = begin;
        while next < end {
            let count = usize::try_from(end.saturating_sub(next)).unwrap_or(RUN).min(RUN);
            let entries = reader.entries(next, count)?;
            if entries.is_empty() {
                return Err(Error::new(Code::Damaged, "the log ends before its head").at(next));
            }
            followed.take(&entries);
            next = next.saturating_add(entries.len() as u64);
        }
        followed.tell(None);
        Ok(end < reader.head().size)
    }

    /// Takes what is far behind the end out of the journal itself: without the writer, and without a row of the database, which would
    /// stay in memory. Gives how far it came.
    fn read_up(&self, begin: u64) -> Result<u64> {
        let journal = JournalReader::open(Arc::new(RealDisk::new(self.directory(), false)))?;
        let (followed, mut run) = (self.followed(), Vec::with_capacity(RUN));
        journal.each(begin, |_, record| {
            run.push(Entry::from_record(record));
            if run.len() < RUN {
                return Ok(ControlFlow::Continue(()));
            }
            followed.take(&run);
            run.clear();
            Ok(if self.is_stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        followed.take(&run);
        followed.tell(None);
        Ok(followed.size())
    }
}

/// Follows the log until the server stops. A ledger that is not served any more is not kept open by this.
async fn follow(service: Weak<Service>) {
    loop {
        let Some(strong) = service.upgrade() else { return };
        let (mut growth, stop) = (strong.growth(), strong.stop().clone());
        // Whatever is appended from here on wakes the wait below.
        growth.borrow_and_update();
        let stretch = tokio::task::spawn_blocking(move || {
            let more = strong.catch_up();
            // It is tried again with the next commit; until then, whoever asks is told why.
            more.unwrap_or_else(|why| {
                strong.followed().tell(Some(why));
                false
            })
        });
        let Ok(more) = stretch.await else { return };
        if more && !stop.is_cancelled() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            grown = growth.changed() => if grown.is_err() { return },
        }
    }
}
