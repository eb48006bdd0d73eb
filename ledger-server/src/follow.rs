//! The log as one subscriber reads it: from any entry on, at its own pace, without a gap between what was there and what comes.
//!
//! Not a transport: `subscribe` and `websocket` send what this gives. What a thousand wait for is read once, and copied to nobody who is not
//! looking. Invariant: entries come in the order of the log, each once; a step that is abandoned loses nothing.

use crate::entries::RUN;
use crate::listen::Limits;
use crate::metrics::Listening;
use crate::state::Service;
use ledger_core::Error;
use ledger_core::entry::Entry;
use ledger_core::view::wanted::Wanted;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// The run of entries that was read last at the end of the log, for all who follow it closely: at most [`RUN`].
#[derive(Default)]
pub struct Tail(Mutex<Run>);

#[derive(Clone, Default)]
struct Run {
    from: u64,
    entries: Arc<Vec<Arc<Entry>>>,
}

impl Run {
    async fn read(service: &Arc<Service>, from: u64) -> Result<Self, Error> {
        let entries = service.ask(move |s| s.store().entries(from, RUN)).await?;
        Ok(Self { from, entries: Arc::new(entries.into_iter().map(Arc::new).collect()) })
    }

    fn end(&self) -> u64 {
        self.from.saturating_add(self.entries.len() as u64)
    }

    /// What there is from here on.
    fn after(&self, next: u64) -> &[Arc<Entry>] {
        let skip = usize::try_from(next.saturating_sub(self.from)).unwrap_or(usize::MAX);
        self.entries.get(skip..).unwrap_or_default()
    }
}

impl Tail {
    /// A run that holds this entry, which is there. Whoever is far behind reads for itself.
    async fn run(&self, service: &Arc<Service>, next: u64) -> Result<Run, Error> {
        let mut last = self.0.lock().await;
        if (last.from..last.end()).contains(&next) {
            return Ok(last.clone());
        }
        if next < last.from {
            drop(last);
            return Run::read(service, next).await;
        }
        let run = Run::read(service, next).await?;
        *last = run.clone();
        Ok(run)
    }
}

/// What comes next.
pub enum Step {
    /// Entries that were asked for, at least one.
    Entries(Vec<Arc<Entry>>),
    /// Nothing for a while.
    Quiet,
    /// The server stops.
    Stop,
    /// The log cannot be read.
    Broken,
}

/// One subscriber's place in the log.
pub struct Feed {
    service: Arc<Service>,
    wanted: Wanted,
    next: u64,
    growth: watch::Receiver<u64>,
    heartbeat: Duration,
    /// Time that its client may leave its events unread.
    pub patience: Duration,
    caught_up: bool,
    _listening: Listening,
}

impl Feed {
    /// Begins at this entry.
    pub fn new(service: Arc<Service>, wanted: Wanted, from: u64, limits: &Limits) -> Self {
        let (growth, listening) = (service.growth(), service.metrics().listening());
        let (heartbeat, patience) = (limits.heartbeat, limits.patience);
        Self {
            service,
            wanted,
            next: from,
            growth,
            heartbeat,
            patience,
            caught_up: false,
            _listening: listening,
        }
    }

    /// Waits for what comes next. May be abandoned and asked again.
    pub async fn step(&mut self) -> Step {
        loop {
            if self.caught_up {
                tokio::select! {
                    () = self.service.stopping() => return Step::Stop,
                    grown = self.growth.changed() => if grown.is_err() { return Step::Stop },
                    () = tokio::time::sleep(self.heartbeat) => return Step::Quiet,
                }
            }
            // However much is still to be sent: its client goes on where it was.
            if self.service.is_stopping() {
                return Step::Stop;
            }
            // Whatever is appended from here on wakes the wait above.
            let size = *self.growth.borrow_and_update();
            self.caught_up = self.next >= size;
            if self.caught_up {
                continue;
            }
            let Ok(run) = self.service.tail().run(&self.service, self.next).await else {
                return Step::Broken;
            };
            let entries = run.after(self.next);
            if entries.is_empty() {
                return Step::Broken;
            }
            let Ok(picked) = self.pick(entries) else { return Step::Broken };
            self.next = self.next.saturating_add(entries.len() as u64);
            if !picked.is_empty() {
                return Step::Entries(picked);
            }
        }
    }

    fn pick(&self, entries: &[Arc<Entry>]) -> Result<Vec<Arc<Entry>>, Error> {
        let mut picked = Vec::new();
        for entry in entries {
            if self.wanted.takes(&entry.parse()?, &entry.data.bytes) {
                picked.push(Arc::clone(entry));
            }
        }
        Ok(picked)
    }

    /// Notes that its client was given up because it did not read.
    pub fn give_up(&self) {
        self.service.metrics().subscribers_dropped.inc();
        tracing::info!(next = self.next, "a subscriber left its events unread and was dropped");
    }
}
