//! Searching a log: the entries that are wanted, from any position in either direction, looking at a bounded number of them.
//!
//! An id is looked up. Time is found by halving: times never go back but at a correction of the clock, so between two corrections they are in order.
//! Not an index: what is not in the rows of a stream is looked at one by one. Invariant: going on from where a search stopped until nothing is
//! left gives each wanted entry once, however the log grows meanwhile.

use crate::entry::{Entry, Leaf};
use crate::error::Result;
use crate::store::{Store, runs};
use crate::view::wanted::Wanted;
use std::ops::{ControlFlow, Range};

/// Entries that are in memory at once: each may have two parts of 1 MiB.
const RUN: u64 = 32;
/// Stream of the corrections of the clock.
const CLOCK: &str = "log";
/// Corrections beyond which times are not looked up but read.
const MOST_CORRECTIONS: usize = 64;

/// How much a search may look at.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Entries.
    pub entries: u64,
    /// Bytes of their data.
    pub bytes: usize,
}

/// What to look for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Which entries.
    pub wanted: &'a Wanted,
    /// From this entry on; from the first or the last one when absent.
    pub from: Option<u64>,
    /// Whether the last ones come first.
    pub descending: bool,
    /// How much may be looked at.
    pub bounds: Bounds,
}

/// The log, or one of its streams, as a line of positions.
struct Line<'a> {
    store: &'a dyn Store,
    stream: Option<&'a str>,
    len: u64,
}

impl Search<'_> {
    /// Calls `each` with every wanted entry until it breaks; gives the entry from which the search is to go on, when it did not come to its end.
    ///
    /// # Errors
    /// As the store says.
    pub fn run(
        &self,
        store: &dyn Store,
        each: &mut dyn FnMut(&Entry) -> Result<ControlFlow<()>>,
    ) -> Result<Option<u64>> {
        let line = Line::of(store, self.wanted.only_stream())?;
        let mut ranges = self.ranges(&line)?;
        if self.descending {
            ranges.reverse();
        }
        let mut looked = Looked { entries: self.bounds.entries, bytes: self.bounds.bytes };
        for (nth, range) in ranges.iter().enumerate() {
            let more = ranges.get(nth.saturating_add(1)..).unwrap_or_default();
            let mut left = range.clone();
            while !left.is_empty() {
                let run = if self.descending {
                    left.end.saturating_sub(RUN).max(left.start)..left.end
                } else {
                    left.start..left.end.min(left.start.saturating_add(RUN))
                };
                let mut entries = line.read(&run)?;
                if entries.is_empty() {
                    break;
                }
                if self.descending {
                    entries.reverse();
                }
                for entry in &entries {
                    let leaf = entry.parse()?;
                    let taken = !self.wanted.takes(&leaf, &entry.data.bytes) || each(entry)?.is_continue();
                    if self.descending {
                        left.end = left.end.saturating_sub(u64::from(taken));
                    } else {
                        left.start = left.start.saturating_add(u64::from(taken));
                    }
                    if !taken {
                        return Ok(Some(leaf.sequence));
                    }
                    if looked.enough(entry) {
                        return line.next(left, more, self.descending);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Positions that come into question, in disjoint ranges, ascending.
    fn ranges(&self, line: &Line<'_>) -> Result<Vec<Range<u64>>> {
        let whole = match (self.from, self.descending) {
            (None, _) => 0..line.len,
            (Some(from), false) => line.position(from)?..line.len,
            (Some(from), true) => 0..line.position(from.saturating_add(1))?,
        };
        let whole = match &self.wanted.id {
            None => whole,
            Some(id) => match line.store.find(id)? {
                None => return Ok(Vec::new()),
                Some(entry) => {
                    let behind = line.position(entry.saturating_add(1))?;
                    whole.start.max(line.position(entry)?)..whole.end.min(behind)
                }
            },
        };
        if self.wanted.since.is_none() && self.wanted.until.is_none() {
            return Ok(vec![whole]);
        }
        let corrections = line.store.stream(CLOCK, 0, MOST_CORRECTIONS.saturating_add(1))?;
        if corrections.len() > MOST_CORRECTIONS {
            return Ok(vec![whole]);
        }
        let mut ranges = Vec::new();
        let mut start = whole.start;
        for correction in corrections.into_iter().map(Some).chain([None]) {
            let end = match correction {
                Some(sequence) => line.position(sequence)?.clamp(start, whole.end.max(start)),
                None => whole.end.max(start),
            };
            let (since, until) = (self.wanted.since, self.wanted.until);
            let segment = start..end;
            let from = line.first(segment.clone(), |leaf| since.is_none_or(|t| leaf.time >= t))?;
            let to = line.first(segment, |leaf| until.is_some_and(|t| leaf.time >= t))?;
            if from < to {
                ranges.push(from..to);
            }
            start = end;
        }
        Ok(ranges)
    }
}

/// What may still be looked at.
struct Looked {
    entries: u64,
    bytes: usize,
}

impl Looked {
    fn enough(&mut self, entry: &Entry) -> bool {
        self.entries = self.entries.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(entry.data.bytes.len());
        self.entries == 0 || self.bytes == 0
    }
}

impl<'a> Line<'a> {
    fn of(store: &'a dyn Store, stream: Option<&'a str>) -> Result<Self> {
        let len = match stream {
            None => store.head().size,
            Some(name) => store.stream_len(name)?,
        };
        Ok(Self { store, stream, len })
    }

    /// Entries at these positions.
    fn read(&self, at: &Range<u64>) -> Result<Vec<Entry>> {
        let count = usize::try_from(at.end.saturating_sub(at.start)).unwrap_or(0);
        let Some(name) = self.stream else { return self.store.entries(at.start, count) };
        let mut entries = Vec::with_capacity(count);
        for (first, count) in runs(&self.store.stream(name, at.start, count)?, count) {
            entries.extend(self.store.entries(first, count)?);
        }
        Ok(entries)
    }

    /// Position of this entry, or of the next one that there is in the line.
    fn position(&self, sequence: u64) -> Result<u64> {
        if self.stream.is_none() {
            return Ok(sequence.min(self.len));
        }
        self.first(0..self.len, |leaf| leaf.sequence >= sequence)
    }

    /// First position of a range whose entry is on the far side of something that holds from some position on; its end when none is.
    fn first(&self, within: Range<u64>, far: impl Fn(&Leaf<'_>) -> bool) -> Result<u64> {
        let (mut low, mut high) = (within.start, within.end);
        while low < high {
            let middle = low.midpoint(high);
            let entries = self.read(&(middle..middle.saturating_add(1)))?;
            let Some(entry) = entries.first() else { break };
            if far(&entry.parse()?) {
                high = middle;
            } else {
                low = middle.saturating_add(1);
            }
        }
        Ok(low)
    }

    /// The entry to go on from: the first of what is left, in the order of the search.
    fn next(&self, left: Range<u64>, more: &[Range<u64>], descending: bool) -> Result<Option<u64>> {
        let next = [left].into_iter().chain(more.iter().cloned()).find(|range| !range.is_empty());
        let Some(range) = next else { return Ok(None) };
        let at = if descending { range.end.saturating_sub(1) } else { range.start };
        if self.stream.is_none() {
            return Ok(Some(at));
        }
        match self.read(&(at..at.saturating_add(1)))?.first() {
            Some(entry) => Ok(Some(entry.parse()?.sequence)),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Auth, Part, data_hash};
    use crate::store::memory::MemoryStore;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    /// Stream (the last one corrects the clock), milliseconds since the entry before, and what the data says.
    type Made = (usize, i64, u8);
    const STREAMS: [&str; 4] = ["notes/a", "notes/b", "pac/PAC-1", CLOCK];

    #[derive(Default)]
    struct Chain {
        store: MemoryStore,
        time: i64,
        log_id: Option<ledger_proofs::Hash>,
        counts: [u64; 4],
    }

    impl Chain {
        fn push(&mut self, (stream, step, word): Made) {
            let head = self.store.head();
            let corrects = STREAMS[stream] == CLOCK;
            self.time =
                if corrects { self.time.saturating_sub(step).max(0) } else { self.time.saturating_add(step) };
            let bytes = format!("{{\"w\":\"{word}\"}}").into_bytes();
            let data = Part { salt: [1; 32], bytes };
            let leaf = Leaf {
                actor: if word.is_multiple_of(2) { "GID-01" } else { "GID-02" },
                auth: Auth::Asserted,
                cause: None,
                data_hash: data_hash(&data.salt, &data.bytes),
                data_version: 1,
                id: &format!("{}/k{}", STREAMS[stream], head.size),
                key_id: None,
                log_id: self.log_id,
                prev_hash: head.chain,
                private_hash: None,
                sequence: head.size,
                signature: None,
                source: "ledger.example/search",
                subject: STREAMS[stream],
                subject_sequence: self.counts[stream],
                time: Timestamp::from_millis(self.time).unwrap(),
                event_type: if corrects { "clock.corrected" } else { "note.recorded" },
            };
            let mut bytes = Vec::new();
            leaf.write(&mut bytes);
            let entry = Entry { leaf: bytes, data, private: None };
            self.counts[stream] = self.counts[stream].saturating_add(1);
            let hash = entry.leaf_hash();
            self.store.append(&head, &[entry]).unwrap();
            self.log_id.get_or_insert(hash);
        }
    }

    fn made() -> impl Strategy<Value = Vec<Made>> {
        let one = (prop_oneof![9 => 0..3_usize, 1 => Just(3)], 0..4_i64, any::<u8>());
        proptest::collection::vec(one, 1..150)
    }

    fn wanted() -> impl Strategy<Value = Wanted> {
        let of = |words: &'static [&'static str]| {
            proptest::option::weighted(0.3, proptest::sample::select(words).prop_map(str::to_owned))
        };
        let time = || proptest::option::of((0..250_i64).prop_map(|ms| Timestamp::from_millis(ms).unwrap()));
        let streams = of(&["notes/a", "notes/*", "pac/PAC-1", "none", "*"]);
        let id =
            (proptest::sample::select(STREAMS.as_slice()), 0..160_u64).prop_map(|(s, n)| format!("{s}/k{n}"));
        let id = proptest::option::weighted(0.1, id);
        (id, streams, of(&["note.*", "clock.corrected"]), of(&["GID-01"]), of(&["1", "\"2"]), time(), time())
            .prop_map(|(id, stream, event_type, actor, text, since, until)| Wanted {
                id,
                stream,
                event_type,
                actor,
                text,
                since,
                until,
                pac: None,
            })
    }

    /// Sequences that a walk in pages gives; between two pages `meanwhile` may append.
    fn walk(
        chain: &mut Chain,
        search: Search<'_>,
        page: usize,
        mut meanwhile: impl FnMut(&mut Chain),
    ) -> Vec<u64> {
        let (mut found, mut from) = (Vec::new(), search.from);
        loop {
            let mut left = page;
            let next = Search { from, ..search }.run(&chain.store, &mut |entry| {
                if left == 0 {
                    return Ok(ControlFlow::Break(()));
                }
                left = left.saturating_sub(1);
                found.push(entry.parse()?.sequence);
                Ok(ControlFlow::Continue(()))
            });
            match next.unwrap() {
                Some(next) => from = Some(next),
                None => return found,
            }
            meanwhile(chain);
        }
    }

    proptest! {
        #[test]
        fn a_walk_in_pages_gives_what_reading_everything_would_however_the_log_grows(
            made in made(), later in made(), wanted in wanted(), from in proptest::option::of(0..160_u64),
            descending in any::<bool>(), looked_at in 1..40_u64, page in 1..9_usize,
        ) {
            let mut chain = Chain::default();
            made.into_iter().for_each(|m| chain.push(m));
            let size = chain.store.head().size;
            let bounds = Bounds { entries: looked_at, bytes: usize::MAX };
            let search = Search { wanted: &wanted, from, descending, bounds };
            let mut later = later.into_iter();
            let found = walk(&mut chain, search, page, |chain| later.next().into_iter().for_each(|m| chain.push(m)));
            let entries = chain.store.entries(0, usize::MAX).unwrap();
            let mut expected: Vec<u64> = entries
                .iter()
                .filter(|e| wanted.takes(&e.parse().unwrap(), &e.data.bytes))
                .map(|e| e.parse().unwrap().sequence)
                .filter(|s| from.is_none_or(|from| if descending { *s <= from } else { *s >= from }))
                .collect();
            if descending {
                expected.retain(|s| from.is_some() || *s < size);
                expected.reverse();
                prop_assert_eq!(found.iter().filter(|s| **s < size).collect::<Vec<_>>(),
                    expected.iter().filter(|s| **s < size).collect::<Vec<_>>());
                prop_assert!(found.windows(2).all(|w| w[0] > w[1]));
            } else {
                // Everything that was there, and of what came meanwhile a beginning.
                let there = expected.iter().filter(|s| **s < size).count();
                prop_assert!(found.len() >= there);
                prop_assert_eq!(&found[..], &expected[..found.len()]);
            }
        }
    }
}
