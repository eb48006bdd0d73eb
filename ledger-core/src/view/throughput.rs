//! How many entries there were lately: counts by second, for an hour.
//!
//! Invariant: at most an hour of seconds is kept, counted back from the last entry. Source: DESIGN.md §6.

use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Seconds that are kept.
const KEPT: i64 = 3_600;
/// Seconds that are shown one by one.
const SHOWN: i64 = 60;

/// Entries by the second of their time.
#[derive(Clone, Debug, Default)]
pub struct Throughput {
    seconds: BTreeMap<i64, u64>,
}

/// Entries of the last minute and hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ThroughputView {
    /// Entries of each of the last 60 seconds, the earliest first; the last one is the present second, which is not over.
    pub per_second: Vec<u64>,
    /// Their sum.
    pub last_minute: u64,
    /// Entries of the last 3,600 seconds.
    pub last_hour: u64,
}

impl Throughput {
    /// An entry of this time. One that is earlier than others comes after a correction of the clock: those are of no time that was.
    pub fn take(&mut self, time: Timestamp) {
        let second = time.millis().div_euclid(1_000);
        while self.seconds.last_key_value().is_some_and(|(last, _)| *last > second) {
            self.seconds.pop_last();
        }
        let count = self.seconds.entry(second).or_default();
        *count = count.saturating_add(1);
        while self.seconds.first_key_value().is_some_and(|(first, _)| *first <= second.saturating_sub(KEPT)) {
            self.seconds.pop_first();
        }
    }

    /// As of a moment, in milliseconds since 1970.
    #[must_use]
    pub fn view(&self, now: i64) -> ThroughputView {
        // A clock may be a little behind the last entry's time.
        let last = self.seconds.last_key_value().map_or(i64::MIN, |(second, _)| *second);
        let now = now.div_euclid(1_000).max(last);
        let of = |second: i64| self.seconds.get(&second).copied().unwrap_or(0);
        let per_second: Vec<u64> = (0..SHOWN).rev().map(|back| of(now.saturating_sub(back))).collect();
        Self::sums(per_second, self.seconds.range(now.saturating_sub(KEPT).saturating_add(1)..))
    }

    fn sums<'a>(per_second: Vec<u64>, hour: impl Iterator<Item = (&'a i64, &'a u64)>) -> ThroughputView {
        let last_minute = per_second.iter().copied().fold(0, u64::saturating_add);
        let last_hour = hour.map(|(_, count)| *count).fold(0, u64::saturating_add);
        ThroughputView { per_second, last_minute, last_hour }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_of_the_seconds_before_now_and_a_correction_starts_anew() {
        let mut throughput = Throughput::default();
        let mut at = |second: i64| {
            throughput.take(Timestamp::from_millis(second.saturating_mul(1_000).saturating_add(7)).unwrap());
        };
        (0..5_000).for_each(&mut at);
        (0..3).for_each(|_| at(4_999));
        let view = throughput.view(4_999_500);
        assert_eq!((view.per_second[59], view.per_second[58], view.per_second.len()), (4, 1, 60));
        assert_eq!((view.last_minute, view.last_hour), (63, 3_603));
        let later = throughput.view(5_009_000);
        assert_eq!((later.per_second[59], later.per_second[49], later.last_minute), (0, 4, 53));
        assert_eq!(throughput.view(4_990_000).per_second[59], 4, "a clock that is behind");
        assert_eq!(throughput.view(9_000_000_000).last_hour, 0);
        throughput.take(Timestamp::from_millis(1_000).unwrap());
        assert_eq!(throughput.view(1_000).last_hour, 1, "what was counted in a future that was none");
        assert!(throughput.seconds.len() <= 3_600);
    }
}
