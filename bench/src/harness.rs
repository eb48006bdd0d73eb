//! The race: all contestants of a row take turns in the same run, so that whatever disturbs the machine disturbs them alike.
//!
//! Knows nothing of what is measured. Invariant: a ratio is taken within one round, between samples that were measured next to each
//! other; what is reported is the median of the rounds, with the lowest and the highest beside it. Source: DESIGN.md §8.

use std::time::{Duration, Instant};

/// What one turn of a contestant did.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Operations.
    pub operations: u64,
    /// How long they took.
    pub elapsed: Duration,
    /// Bytes that they left on disk; 0 where nothing is stored.
    pub bytes: u64,
}

impl Sample {
    /// So many operations, timed; nothing stored.
    pub fn timed(operations: u64, work: impl FnOnce()) -> Self {
        let start = Instant::now();
        work();
        Self { operations, elapsed: start.elapsed(), bytes: 0 }
    }

    /// The same, having left so many bytes.
    #[must_use]
    pub const fn storing(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    fn rate(&self) -> f64 {
        self.operations as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// What is true of an operation when it has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk.
    Synced(&'static str),
    /// In the page cache, or synced some time later.
    Later(&'static str),
    /// Nothing is stored.
    None,
}

impl Durability {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Synced(how) | Self::Later(how) => how,
            Self::None => "-",
        }
    }
}

/// Who takes part.
struct Contestant<'a> {
    name: String,
    durability: Durability,
    turn: Box<dyn FnMut() -> Sample + 'a>,
}

/// What a contestant did in all rounds.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Who.
    pub name: String,
    /// What its operations promise.
    pub durability: Durability,
    /// Operations per second, by round.
    pub rates: Vec<f64>,
    /// Bytes that each operation leaves; `None` where nothing is stored.
    pub bytes_each: Option<f64>,
}

impl Lane {
    /// Median, lowest and highest rate.
    #[must_use]
    pub fn spread(&self) -> Spread {
        Spread::of(&self.rates)
    }
}

/// Median, lowest and highest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Spread {
    /// Of these values, of which there must be one.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Self { median, low: sorted[0], high: sorted[sorted.len() - 1] }
    }

    /// Of one to another, round by round.
    #[must_use]
    pub fn of_ratios(of: &Lane, to: &Lane) -> Self {
        Self::of(&of.rates.iter().zip(&to.rates).map(|(a, b)| a / b).collect::<Vec<_>>())
    }
}

/// A row's contestants.
#[derive(Default)]
pub struct Race<'a> {
    contestants: Vec<Contestant<'a>>,
}

impl<'a> Race<'a> {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; `turn` times what is to be compared and nothing else.
    #[must_use]
    pub fn enter(
        mut self,
        name: impl Into<String>,
        durability: Durability,
        turn: impl FnMut() -> Sample + 'a,
    ) -> Self {
        self.contestants.push(Contestant { name: name.into(), durability, turn: Box::new(turn) });
        self
    }

    /// One round that does not count, then `rounds` that do, each beginning with another contestant.
    #[must_use]
    pub fn run(mut self, rounds: usize) -> Vec<Lane> {
        let count = self.contestants.len();
        let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); count];
        for round in 0..=rounds {
            for place in 0..count {
                let who = (round + place) % count;
                let sample = (self.contestants[who].turn)();
                if round > 0 {
                    samples[who].push(sample);
                }
            }
        }
        self.contestants.into_iter().zip(samples).map(|(c, s)| lane(c, &s)).collect()
    }
}

fn lane(contestant: Contestant<'_>, samples: &[Sample]) -> Lane {
    let operations: u64 = samples.iter().map(|s| s.operations).sum();
    let bytes: u64 = samples.iter().map(|s| s.bytes).sum();
    Lane {
        name: contestant.name,
        durability: contestant.durability,
        rates: samples.iter().map(Sample::rate).collect(),
        bytes_each: (bytes > 0).then(|| bytes as f64 / operations as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn everyone_takes_every_turn_and_ratios_are_taken_within_rounds() {
        let turns = RefCell::new(Vec::new());
        let fixed = |name: &'static str, millis: [u64; 4]| {
            let turns = &turns;
            let mut round = 0;
            move || {
                turns.borrow_mut().push(name);
                round += 1;
                Sample { operations: 10, elapsed: Duration::from_millis(millis[round - 1]), bytes: 30 }
            }
        };
        // The machine is ten times slower in the third counted round; the ratio does not notice.
        let lanes = Race::new()
            .enter("a", Durability::None, fixed("a", [99, 10, 10, 100]))
            .enter("b", Durability::None, fixed("b", [1, 20, 20, 200]))
            .run(3);
        assert_eq!(*turns.borrow(), ["a", "b", "b", "a", "a", "b", "b", "a"]);
        assert_eq!(Spread::of_ratios(&lanes[0], &lanes[1]), Spread { median: 2.0, low: 2.0, high: 2.0 });
        assert_eq!(lanes[0].spread(), Spread { median: 1000.0, low: 100.0, high: 1000.0 });
        assert_eq!(lanes[0].bytes_each, Some(3.0));
    }
}
