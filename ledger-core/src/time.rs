//! Instants as the log writes them, and the clock and the randomness that are passed in.
//!
//! Not here: any rule about time (`sequencer::clock`). Invariant: only a [`Clock`] that the shell chose is ever asked for the time.
//! Source: docs/format.md §§1, 6.

use crate::codes::Code;
use crate::error::{Error, Result};
use std::fmt;
use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z, within the years 0000 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 0000-01-01T00:00:00.000Z.
const FIRST: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z.
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// 1970-01-01T00:00:00.000Z.
    pub const EPOCH: Self = Self(0);

    /// The instant, or `None` outside the years 0000 to 9999.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Option<Self> {
        if ms < FIRST || ms > LAST { None } else { Some(Self(ms)) }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads exactly `YYYY-MM-DDTHH:MM:SS.mmmZ`; anything else, and dates that do not exist, are `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const SHAPE: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
        let bytes: &[u8; 24] = text.as_bytes().try_into().ok()?;
        let fits = bytes.iter().zip(SHAPE).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
        // A leap second would be read as the second before it: not an instant of its own here.
        if !fits || bytes.get(17..19) == Some(b"60") {
            return None;
        }
        let number = |at: std::ops::Range<usize>| -> Option<i16> {
            let digits = bytes.get(at)?.iter().map(|b| i16::from(b.wrapping_sub(b'0')));
            Some(digits.fold(0, |n, digit| n.saturating_mul(10).saturating_add(digit)))
        };
        let small = |at| number(at).and_then(|n| i8::try_from(n).ok());
        let date = jiff::civil::Date::new(number(0..4)?, small(5..7)?, small(8..10)?).ok()?;
        let nanos = i32::from(number(20..23)?).saturating_mul(1_000_000);
        let time = jiff::civil::Time::new(small(11..13)?, small(14..16)?, small(17..19)?, nanos).ok()?;
        let instant = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
        Self::from_millis(instant.as_millisecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => Err(fmt::Error), // unreachable: the range was checked when the value was made
        }
    }
}

/// One look at the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Wall clock, milliseconds since 1970.
    pub wall: i64,
    /// A clock that nobody can set, milliseconds since the machine's boot (or any fixed moment).
    pub monotonic: u64,
}

/// Where time comes from: the system in production, a script in tests.
pub trait Clock: Send {
    /// The time now.
    fn read(&mut self) -> Reading;

    /// Which boot of which machine the monotonic clock counts from; readings of two boots cannot be compared.
    fn boot(&mut self) -> [u8; 16] {
        [0; 16]
    }

    /// Time since some fixed moment, to measure how long something takes; a clock that does not measure says zero, always. Never part of
    /// the log.
    fn elapsed(&mut self) -> Duration {
        Duration::ZERO
    }
}

/// Where salts, nonces and keys come from: the system in production, a seed in tests.
pub trait Random: Send {
    /// Fills the buffer with bytes that nobody can foresee.
    ///
    /// # Errors
    /// `LG_208` when the system has none to give.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()>;
}

/// The clocks of this machine.
pub struct SystemClock;

impl Clock for SystemClock {
    fn read(&mut self) -> Reading {
        let millis = |t: rustix::time::Timespec| {
            t.tv_sec.saturating_mul(1000).saturating_add(t.tv_nsec.div_euclid(1_000_000))
        };
        let wall = millis(rustix::time::clock_gettime(rustix::time::ClockId::Realtime));
        let boot = millis(rustix::time::clock_gettime(rustix::time::ClockId::Boottime));
        Reading { wall, monotonic: u64::try_from(boot).unwrap_or_default() }
    }

    fn boot(&mut self) -> [u8; 16] {
        boot_id()
    }

    fn elapsed(&mut self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let seconds = Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or_default());
        seconds.saturating_add(Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or_default()))
    }
}

/// Id of this boot of the machine; zeros where the system does not tell.
#[must_use]
pub fn boot_id() -> [u8; 16] {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    crate::key::decode_hex(&text.trim().replace('-', "")).unwrap_or_default()
}

/// The randomness of this machine.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        getrandom::fill(bytes).map_err(|e| Error::new(Code::ReadFailed, format!("no randomness: {e}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_instant_are_one_to_one_and_order_alike(a in FIRST..=LAST, b in FIRST..=LAST) {
            let (a, b) = (Timestamp::from_millis(a).unwrap(), Timestamp::from_millis(b).unwrap());
            prop_assert_eq!(Timestamp::parse(&a.to_string()), Some(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn nothing_else_is_read(text in "[0-9TZ:. -]{20,26}") {
            if let Some(t) = Timestamp::parse(&text) {
                prop_assert_eq!(t.to_string(), text);
            }
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for bad in [
            "2025-02-29T00:00:00.000Z",
            "2025-13-01T00:00:00.000Z",
            "2025-00-01T00:00:00.000Z",
            "2025-04-31T00:00:00.000Z",
            "2025-01-01T24:00:00.000Z",
            "2025-01-01T23:60:00.000Z",
            "2025-01-01T23:59:60.000Z",
            "2025-01-01t00:00:00.000z",
            "2025-01-01T00:00:00.00Z",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
        assert!(Timestamp::parse("2024-02-29T00:00:00.000Z").is_some());
        assert_eq!(Timestamp::from_millis(LAST + 1), None);
    }
}
