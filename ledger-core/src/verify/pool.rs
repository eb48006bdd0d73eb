//! A few threads that work through jobs while the caller puts what they give in order.
//!
//! Not a general executor: one kind of work, and the calling thread works too whenever it would wait. Invariant: with one thread
//! nothing is spawned and every job runs on the caller's thread; with more, results may come in any order.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Jobs that wait, and results that wait.
pub(super) struct Pool<'w, J, R> {
    work: &'w (dyn Fn(J) -> R + Sync),
    state: Mutex<State<J, R>>,
    job: Condvar,
    result: Condvar,
}

struct State<J, R> {
    jobs: VecDeque<J>,
    results: VecDeque<R>,
    running: usize,
    closed: bool,
}

impl<J: Send, R: Send> Pool<'_, J, R> {
    fn lock(&self) -> MutexGuard<'_, State<J, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a job to whoever is free first.
    pub(super) fn submit(&self, job: J) {
        self.lock().jobs.push_back(job);
        self.job.notify_one();
    }

    /// A result, made here when none is ready; `None` when no job is left anywhere.
    pub(super) fn take(&self) -> Option<R> {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.results.pop_front() {
                return Some(result);
            }
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                return Some((self.work)(job));
            }
            if state.running == 0 {
                return None;
            }
            state = self.result.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What a spawned thread does until the pool is closed.
    fn serve(&self) {
        let mut state = self.lock();
        while !state.closed {
            let Some(job) = state.jobs.pop_front() else {
                state = self.job.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.running = state.running.saturating_add(1);
            drop(state);
            let running = Running(self);
            let result = (self.work)(job);
            self.lock().results.push_back(result);
            drop(running);
            state = self.lock();
        }
    }

    fn close(&self) {
        self.lock().closed = true;
        self.job.notify_all();
    }
}

/// One job in the hands of a spawned thread; dropped also when the thread panics, so that the caller does not wait for ever.
struct Running<'p, 'w, J: Send, R: Send>(&'p Pool<'w, J, R>);

impl<J: Send, R: Send> Drop for Running<'_, '_, J, R> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running = state.running.saturating_sub(1);
        self.0.result.notify_one();
    }
}

/// Closes the pool however the caller leaves it.
struct Closing<'p, 'w, J: Send, R: Send>(&'p Pool<'w, J, R>);

impl<J: Send, R: Send> Drop for Closing<'_, '_, J, R> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Runs `drive` with a pool of `threads` threads, the calling one included.
pub(super) fn with_pool<J: Send, R: Send, T>(
    threads: usize,
    work: &(dyn Fn(J) -> R + Sync),
    drive: impl FnOnce(&Pool<'_, J, R>) -> T,
) -> T {
    let state = State { jobs: VecDeque::new(), results: VecDeque::new(), running: 0, closed: false };
    let pool = Pool { work, state: Mutex::new(state), job: Condvar::new(), result: Condvar::new() };
    std::thread::scope(|scope| {
        let closing = Closing(&pool);
        for _ in 1..threads {
            // A system that gives no more threads only makes it slower.
            if std::thread::Builder::new()
                .name("verify".to_owned())
                .spawn_scoped(scope, || pool.serve())
                .is_err()
            {
                break;
            }
        }
        let driven = drive(&pool);
        drop(closing);
        driven
    })
}
