//! Keys that nobody has used, and secrets, for whoever needs them without asking the writer: requests, jobs, sessions.
//!
//! Not the keys of entries that the writer itself names: those come from its own clock and randomness. Invariant: the log's lock is never
//! waited for. Source: docs/format.md §1 (keys).

use crate::error::Result;
use crate::names::Key;
use crate::sequencer::Sources;
use crate::time::{Reading, SystemClock, SystemRandom};
use std::sync::{Mutex, PoisonError};

/// A source of fresh keys, for any number of threads.
pub struct Naming(Mutex<Sources>);

impl Default for Naming {
    fn default() -> Self {
        Self::new(Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) })
    }
}

impl Naming {
    /// Keys from these clocks and this randomness.
    #[must_use]
    pub fn new(sources: Sources) -> Self {
        Self(Mutex::new(sources))
    }

    /// The clocks now.
    #[must_use]
    pub fn now(&self) -> Reading {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clock.read()
    }

    /// 32 bytes that nobody can guess.
    ///
    /// # Errors
    /// `LG_208` without randomness.
    pub fn secret(&self) -> Result<[u8; 32]> {
        let mut bytes = [0; 32];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A UUIDv7: unique, and in the order of time.
    ///
    /// # Errors
    /// `LG_208` without randomness.
    pub fn key(&self) -> Result<Key> {
        let mut random = [0_u8; 10];
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.random.fill(&mut random)?;
        let now = sources.clock.read();
        Key::fresh(now.wall, &random)
    }
}
