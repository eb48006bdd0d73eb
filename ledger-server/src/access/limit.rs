//! How often one may ask: so many requests a second with one token, and few failures from one address.
//!
//! Invariant: a token that was narrowed counts as the one that it was narrowed from. Source: DESIGN.md §7 (governor).

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ledger_core::event::body::work::TokenId;
use ledger_core::rules::access::Holder;
use ledger_core::{Code, Error, Result};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// Failures from one address in a second, and at once.
const FAILURES: u32 = 20;
/// Requests after which those who have been quiet are forgotten.
const SWEEP: u32 = 65_536;

/// The counters.
pub struct Limiter {
    requests: Option<DefaultKeyedRateLimiter<TokenId>>,
    failures: DefaultKeyedRateLimiter<IpAddr>,
    counted: AtomicU32,
}

impl Limiter {
    /// So many requests a second with each token, and as many at once; 0 for any number.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        let failures = NonZeroU32::new(FAILURES).unwrap_or(NonZeroU32::MIN);
        Self {
            requests: NonZeroU32::new(rate).map(|rate| RateLimiter::keyed(Quota::per_second(rate))),
            failures: RateLimiter::keyed(Quota::per_second(failures)),
            counted: AtomicU32::new(0),
        }
    }

    /// Counts a request of this holder.
    ///
    /// # Errors
    /// `LG_615`.
    pub fn take(&self, holder: &Holder) -> Result<()> {
        let (Some(requests), Some(id)) = (&self.requests, holder.ids.first()) else { return Ok(()) };
        self.sweep();
        requests.check_key(id).map_err(|_| {
            Error::new(Code::RateLimited, format!("{} asks too often with this token", holder.gid))
        })
    }

    /// Counts a request that was let in nowhere.
    ///
    /// # Errors
    /// `LG_615` when there were too many.
    pub fn failed(&self, peer: Option<IpAddr>) -> Result<()> {
        let Some(peer) = peer else { return Ok(()) };
        self.sweep();
        self.failures
            .check_key(&peer)
            .map_err(|_| Error::new(Code::RateLimited, format!("too many requests from {peer} were refused")))
    }

    fn sweep(&self) {
        if self.counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP) {
            self.failures.retain_recent();
            if let Some(requests) = &self.requests {
                requests.retain_recent();
            }
        }
    }
}
