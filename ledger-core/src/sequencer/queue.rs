//! Group commit: a bounded queue in front of a sequencer that runs on a thread of its own.
//!
//! No decisions here. Invariant: a request that was taken in is answered exactly once; one that does not fit is refused at once, with
//! "busy", and was never taken in. Source: DESIGN.md §4 ("one sequencer takes all that wait").

use super::{Answer, Commit, Request, Sequencer};
use crate::codes::Code;
use crate::error::Error;
use crate::rules::Registry;
use std::collections::VecDeque;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Requests.
    pub requests: usize,
    /// Bytes of data and private parts.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { requests: 4096, bytes: 64 << 20 }
    }
}

/// What is called with the answer, where the [`Delivery`] calls it: it must not block.
pub type Reply = Box<dyn FnOnce(Answer) + Send>;

/// What takes all answers of a turn to their callers, on the sequencer's thread: it must not block.
pub type Delivery = Box<dyn Fn(Vec<(Reply, Answer)>) + Send>;

/// The delivery that calls each.
pub fn deliver(answers: Vec<(Reply, Answer)>) {
    answers.into_iter().for_each(|(reply, answer)| reply(answer));
}

#[derive(Default)]
struct Waiting {
    requests: VecDeque<(Request, Reply)>,
    bytes: usize,
    closed: bool,
}

struct Shared {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    bounds: Bounds,
}

/// What became of all that waited, in figures; nothing of its content.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// Entries of the log now.
    pub size: u64,
    /// Commits that were made, most often one.
    pub commits: Vec<Commit>,
    /// Intents that became entries.
    pub accepted: usize,
    /// Intents that were entries before.
    pub repeated: usize,
    /// Requests that were refused, each with its code.
    pub refused: Vec<Code>,
    /// The registry now.
    pub registry: Arc<Registry>,
}

impl Turn {
    fn of(sequencer: &Sequencer, answers: &[Answer]) -> Self {
        let (size, commits) = (sequencer.store().head().size, sequencer.commits().to_vec());
        let mut turn = Self { size, commits, registry: sequencer.shared_registry(), ..Self::default() };
        for answer in answers {
            match answer {
                Ok(receipts) => {
                    let repeated = receipts.iter().filter(|r| r.repeated).count();
                    turn.repeated = turn.repeated.saturating_add(repeated);
                    turn.accepted = turn.accepted.saturating_add(receipts.len().saturating_sub(repeated));
                }
                Err(e) => turn.refused.push(e.code),
            }
        }
        turn
    }
}

/// What is told after every turn of the queue, on the sequencer's thread and before anybody is answered: it must not block.
pub type Observer = Box<dyn Fn(&Turn) + Send>;

/// The queue and its thread. Dropping it answers what waits, then stops.
pub struct Queue {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn size(request: &Request) -> usize {
    request.intents.iter().map(|i| i.data.len().saturating_add(i.private.as_ref().map_or(0, Vec::len))).sum()
}

impl Queue {
    /// Starts the thread.
    ///
    /// # Errors
    /// `LG_204` when the system gives no thread.
    pub fn start(
        sequencer: Arc<Mutex<Sequencer>>,
        bounds: Bounds,
        observer: Observer,
        delivery: Delivery,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared { waiting: Mutex::default(), arrived: Condvar::new(), bounds });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("sequencer".to_owned())
            .spawn(move || work(&theirs, &sequencer, &observer, &delivery))
            .map_err(|e| Error::new(Code::Busy, format!("no thread for the sequencer: {e}")))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Takes a request in; `reply` gets its answer.
    ///
    /// # Errors
    /// `LG_204` when too much waits, `LG_210` when the queue is closing; `reply` is not called then.
    pub fn enqueue(&self, request: Request, reply: Reply) -> Result<(), Error> {
        let bytes = size(&request);
        let mut waiting = lock(&self.shared.waiting);
        if waiting.closed {
            return Err(Error::new(Code::Stopped, "the ledger is closing"));
        }
        let total = waiting.bytes.saturating_add(bytes);
        let full = waiting.requests.len() >= self.shared.bounds.requests || total > self.shared.bounds.bytes;
        if full && !waiting.requests.is_empty() {
            return Err(Error::new(Code::Busy, format!("{} requests are waiting", waiting.requests.len())));
        }
        let was_empty = waiting.requests.is_empty();
        waiting.bytes = total;
        waiting.requests.push_back((request, reply));
        drop(waiting);
        if was_empty {
            self.shared.arrived.notify_one();
        }
        Ok(())
    }

    /// How much waits now: requests, and bytes of their data and private parts.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let waiting = lock(&self.shared.waiting);
        (waiting.requests.len(), waiting.bytes)
    }

    /// Takes a request in and waits for its answer.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue), and what the sequencer answers.
    pub fn submit(&self, request: Request) -> Answer {
        let gone = || Error::new(Code::Stopped, "the sequencer has ended");
        let (sender, receiver) = sync_channel(1);
        // A caller that went away has its answer in the log.
        let reply = move |answer| drop(sender.send(answer));
        self.enqueue(request, Box::new(reply))?;
        receiver.recv().map_err(|_| gone())?
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        lock(&self.shared.waiting).closed = true;
        self.shared.arrived.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread: takes all that waits, commits it as one, answers, until closed and empty.
fn work(shared: &Shared, sequencer: &Mutex<Sequencer>, observer: &Observer, delivery: &Delivery) {
    loop {
        let mut waiting = lock(&shared.waiting);
        while waiting.requests.is_empty() {
            if waiting.closed {
                return;
            }
            waiting = shared.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let taken = std::mem::take(&mut waiting.requests);
        waiting.bytes = 0;
        drop(waiting);
        let (requests, replies): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
        let (answers, turn) = {
            let mut sequencer = lock(sequencer);
            let answers = sequencer.submit(&requests);
            let turn = Turn::of(&sequencer, &answers);
            (answers, turn)
        };
        observer(&turn);
        delivery(replies.into_iter().zip(answers).collect());
    }
}
