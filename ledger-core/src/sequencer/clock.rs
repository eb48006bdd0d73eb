//! Which time an entry gets: never less than the one before, and never from a clock that jumped.
//!
//! Not a clock: readings are passed in. Invariant: without `clock.corrected`, times of a log never decrease, and a reading that moved
//! more than 5 s against the monotonic clock is refused. Source: DESIGN.md §3 "Time", docs/format.md §6.

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::time::{Reading, Timestamp};

/// Milliseconds that a clock may be behind, or may step.
pub const TOLERANCE: i64 = 5_000;

/// The time for entries of this moment.
///
/// # Errors
/// `LG_130` when the clock is too far behind the last entry, `LG_131` when it stepped since `earlier`.
pub fn time_of(now: Reading, earlier: Option<Reading>, last: Option<Timestamp>) -> Result<Timestamp> {
    let time = corrected(now)?;
    if let Some(earlier) = earlier {
        let wall = now.wall.saturating_sub(earlier.wall);
        let elapsed = i64::try_from(now.monotonic.saturating_sub(earlier.monotonic)).unwrap_or(i64::MAX);
        let step = wall.saturating_sub(elapsed);
        if step.saturating_abs() > TOLERANCE {
            let way = if step < 0 { "back" } else { "forward" };
            return Err(Error::new(
                Code::ClockStep,
                format!("the clock went {way} by {} s; it says {time}", seconds(step)),
            ));
        }
    }
    match last {
        Some(last) if time < last => {
            let behind = last.millis().saturating_sub(time.millis());
            if behind > TOLERANCE {
                let seconds = seconds(behind);
                return Err(Error::new(
                    Code::ClockBackwards,
                    format!("the clock says {time}, {seconds} s before the last entry ({last})"),
                ));
            }
            Ok(last)
        }
        _ => Ok(time),
    }
}

/// The time for a `clock.corrected` entry: whatever the clock says.
///
/// # Errors
/// `LG_131` when it says something outside the years 0000 to 9999.
pub fn corrected(now: Reading) -> Result<Timestamp> {
    Timestamp::from_millis(now.wall)
        .ok_or_else(|| Error::new(Code::ClockStep, "the clock is outside the years 0000 to 9999"))
}

fn seconds(millis: i64) -> String {
    let ms = millis.unsigned_abs();
    format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// now.wall, now.monotonic, earlier (wall, monotonic), last: time or code.
    type Case = (i64, u64, Option<(i64, u64)>, Option<i64>, Result<i64, Code>);

    #[test]
    fn the_table() {
        let cases: [Case; 11] = [
            (1000, 0, None, None, Ok(1000)),
            (1000, 0, None, Some(900), Ok(1000)),
            (1000, 0, None, Some(1000), Ok(1000)),
            (1000, 0, None, Some(6000), Ok(6000)),
            (1000, 0, None, Some(6001), Err(Code::ClockBackwards)),
            (7000, 2000, Some((0, 0)), None, Ok(7000)),
            (7001, 2000, Some((0, 0)), None, Err(Code::ClockStep)),
            (-3000, 2000, Some((0, 0)), None, Ok(-3000)),
            (-3001, 2000, Some((0, 0)), None, Err(Code::ClockStep)),
            (86_400_000, 86_400_000, Some((0, 0)), Some(5), Ok(86_400_000)),
            (i64::MAX, 0, None, None, Err(Code::ClockStep)),
        ];
        for (wall, monotonic, earlier, last, expected) in cases {
            let got = time_of(
                Reading { wall, monotonic },
                earlier.map(|(wall, monotonic)| Reading { wall, monotonic }),
                last.and_then(Timestamp::from_millis),
            );
            assert_eq!(got.map(Timestamp::millis).map_err(|e| e.code), expected, "{wall} {monotonic}");
        }
    }
}
