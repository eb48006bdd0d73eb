//! A clock that the test sets, and randomness that is the same in every run: what makes a history repeatable.

#![allow(dead_code, reason = "each test uses its part")]

use ledger_core::Result;
use ledger_core::time::{Clock, Random, Reading};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

/// A clock that the test sets; its monotonic part follows unless the test says otherwise. Copies made by `clone` show the same time.
#[derive(Clone)]
pub struct Script {
    wall: Arc<AtomicI64>,
    monotonic: Arc<AtomicI64>,
    boot: Arc<AtomicU8>,
}

impl Script {
    pub fn new() -> Self {
        let at = |ms| Arc::new(AtomicI64::new(ms));
        Self { wall: at(1_767_225_600_000), monotonic: at(1_000_000), boot: Arc::default() }
    }

    /// The same time, and from now on its own.
    pub fn copy(&self) -> Self {
        let at = |ms: &AtomicI64| Arc::new(AtomicI64::new(ms.load(Ordering::SeqCst)));
        let boot = Arc::new(AtomicU8::new(self.boot.load(Ordering::SeqCst)));
        Self { wall: at(&self.wall), monotonic: at(&self.monotonic), boot }
    }

    /// What it shows, milliseconds since 1970.
    pub fn wall(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }

    /// Time passes on both clocks.
    pub fn pass(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.monotonic.fetch_add(ms, Ordering::SeqCst);
    }

    /// The clock is set.
    pub fn jump(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
    }

    /// The machine is started anew: readings of its monotonic clock can no longer be compared with earlier ones.
    pub fn reboot(&self) {
        self.boot.fetch_add(1, Ordering::SeqCst);
    }
}

impl Clock for Script {
    fn read(&mut self) -> Reading {
        let monotonic = u64::try_from(self.monotonic.load(Ordering::SeqCst)).unwrap();
        Reading { wall: self.wall.load(Ordering::SeqCst), monotonic }
    }

    fn boot(&mut self) -> [u8; 16] {
        [self.boot.load(Ordering::SeqCst); 16]
    }
}

/// BLAKE3 in counter mode.
pub struct Seeded(pub u64);

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.0 += 1;
        blake3::Hasher::new().update(&self.0.to_le_bytes()).finalize_xof().fill(bytes);
        Ok(())
    }
}
