//! A page of rows that have a place in the log: from which entry, towards which end, how many.
//!
//! Invariant: going on with what [`Slice::cut`] says gives each row once.

use std::ops::{Bound, RangeBounds};

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The entry to begin with; the first one, or the last one, when absent.
    pub from: Option<u64>,
    /// Whether the latest comes first.
    pub descending: bool,
    /// Most rows.
    pub limit: usize,
}

impl Slice {
    /// The entries whose rows count.
    #[must_use]
    pub fn range(&self) -> impl RangeBounds<u64> + use<> {
        let from = self.from.map_or(Bound::Unbounded, Bound::Included);
        if self.descending { (Bound::Unbounded, from) } else { (from, Bound::Unbounded) }
    }

    /// The page of these rows, which are within the range and in the order of the log, and the entry that the following page begins with.
    pub fn cut<T>(
        &self,
        rows: impl DoubleEndedIterator<Item = T>,
        entry: impl Fn(&T) -> u64,
    ) -> (Vec<T>, Option<u64>) {
        let (mut forward, mut backward) = (None, None);
        let rows: &mut dyn Iterator<Item = T> =
            if self.descending { backward.insert(rows.rev()) } else { forward.insert(rows) };
        let page = rows.take(self.limit).collect();
        (page, rows.next().map(|row| entry(&row)))
    }
}

#[cfg(test)]
mod tests {
    use super::Slice;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Page after page, from either end, each row comes once and in order.
        #[test]
        fn pages_are_the_whole(rows: BTreeSet<u64>, from: Option<u64>, descending: bool, limit in 1_usize..7) {
            let mut all = Vec::new();
            let mut slice = Slice { from, descending, limit };
            loop {
                let (page, next) = slice.cut(rows.range(slice.range()).copied(), |row| *row);
                prop_assert!(page.len() == limit || next.is_none());
                all.extend(page);
                let Some(next) = next else { break };
                slice.from = Some(next);
            }
            let counts = |row: &u64| from.is_none_or(|f| if descending { *row <= f } else { *row >= f });
            let mut expected: Vec<u64> = rows.iter().copied().filter(counts).collect();
            if descending {
                expected.reverse();
            }
            prop_assert_eq!(all, expected);
        }
    }
}
