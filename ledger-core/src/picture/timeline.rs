//! What happened when: rows with spans of time and events, and where on an axis they lie.
//!
//! Not here: the drawing. Invariant: the axis never runs backwards; long times in which nobody works are shortened, and told of.

use super::{State, Text, Tone, timeline_svg, timeline_text, words};
use crate::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// Most spans of one row that are drawn beside each other.
const MOST_LANES: usize = 4;
/// Most states that a legend explains.
const MOST_STATES: usize = 32;
/// Most places on the axis at which quiet time is looked for.
const MOST_TIMES: usize = 20_000;

/// A row: an agent, a Sub-PAC, a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What points and spans call it.
    pub id: String,
    /// What it is called; the id if empty.
    pub label: String,
    /// More about it; may be empty.
    pub detail: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Id of its row; one that is not declared becomes a row of its own.
    pub row: String,
    /// When: milliseconds since 1970, UTC.
    pub time_ms: i64,
    /// Its entry in the log.
    pub sequence: u64,
    /// Who.
    pub actor: String,
    /// What.
    pub label: String,
    /// What it led to, or how bad it is.
    pub state: Option<State>,
}

/// A time in which something was in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Id of its row; one that is not declared becomes a row of its own.
    pub row: String,
    /// From when: milliseconds since 1970, UTC.
    pub from_ms: i64,
    /// Until when; `None` if it still lasts, which is drawn up to the last instant of the picture.
    pub to_ms: Option<i64>,
    /// More about it; may be empty.
    pub label: String,
    /// In which state.
    pub state: State,
}

/// A history to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// What the picture is of.
    pub title: String,
    /// The rows, from top to bottom.
    pub rows: Vec<Row>,
    /// The events, in any order; they are listed by sequence.
    pub points: Vec<Point>,
    /// The spans, in any order.
    pub spans: Vec<Span>,
}

impl Timeline {
    /// For a terminal of so many columns: bars over time, and below them the list of events.
    #[must_use]
    pub fn text(&self, width: usize) -> Text {
        timeline_text::draw(self, width)
    }

    /// A self-contained SVG document with the same, light or dark as the reader's system is.
    #[must_use]
    pub fn svg(&self) -> String {
        timeline_svg::draw(self)
    }

    /// The states of spans, each once, by tone.
    pub(super) fn states(&self) -> Vec<(Tone, &str)> {
        let mut states: Vec<(Tone, &str)> = Vec::new();
        let mut seen = HashSet::new();
        for span in &self.spans {
            if seen.len() < MOST_STATES && seen.insert(span.state.word()) {
                states.push((span.state.tone(), span.state.word()));
            }
        }
        states.sort_by_key(|(tone, _)| *tone);
        states
    }

    /// The events as they are listed.
    pub(super) fn listed(&self) -> Vec<&Point> {
        let mut points: Vec<&Point> = self.points.iter().collect();
        points.sort_by_key(|point| (point.sequence, point.time_ms));
        points
    }
}

/// A span where it is drawn.
pub(super) struct Bar<'a> {
    /// What it is.
    pub span: &'a Span,
    /// Beside which others, from 0.
    pub lane: usize,
}

impl Bar<'_> {
    /// Until when it is drawn.
    pub(super) fn end(&self, axis: &Axis) -> i64 {
        self.span.to_ms.unwrap_or(axis.last).max(self.span.from_ms)
    }
}

/// A row with what is on it.
pub(super) struct Track<'a> {
    /// Its name, clean.
    pub name: String,
    /// More about it, clean; may be empty.
    pub detail: String,
    /// Its spans.
    pub bars: Vec<Bar<'a>>,
    /// How many of them lie beside each other; at least 1.
    pub lanes: usize,
    /// Its events.
    pub points: Vec<&'a Point>,
}

/// Everything in its row.
pub(super) fn tracks(timeline: &Timeline) -> Vec<Track<'_>> {
    let mut tracks: Vec<Track<'_>> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for row in &timeline.rows {
        let label = words::clean(&row.label);
        let name = if label.is_empty() { words::name(&row.id) } else { label };
        numbers.entry(&row.id).or_insert(tracks.len());
        tracks.push(Track::new(name, words::clean(&row.detail)));
    }
    let mut spans: Vec<&Span> = timeline.spans.iter().collect();
    spans.sort_by_key(|span| span.from_ms);
    let named = spans.iter().map(|span| span.row.as_str());
    for id in named.chain(timeline.points.iter().map(|point| point.row.as_str())) {
        numbers.entry(id).or_insert_with(|| {
            tracks.push(Track::new(words::name(id), String::new()));
            tracks.len().saturating_sub(1)
        });
    }
    let mut ends: Vec<[Option<i64>; MOST_LANES]> = vec![[None; MOST_LANES]; tracks.len()];
    for span in spans {
        let number = numbers.get(span.row.as_str()).copied().unwrap_or_default();
        let (Some(track), Some(ends)) = (tracks.get_mut(number), ends.get_mut(number)) else { continue };
        let free = ends.iter().position(|end| end.is_none_or(|end| end <= span.from_ms));
        let lane = free.unwrap_or(MOST_LANES.saturating_sub(1));
        if let Some(end) = ends.get_mut(lane) {
            *end = Some(span.to_ms.unwrap_or(i64::MAX).max(span.from_ms));
        }
        track.lanes = track.lanes.max(lane.saturating_add(1));
        track.bars.push(Bar { span, lane });
    }
    for point in timeline.listed() {
        let number = numbers.get(point.row.as_str()).copied().unwrap_or_default();
        if let Some(track) = tracks.get_mut(number) {
            track.points.push(point);
        }
    }
    tracks
}

impl Track<'_> {
    const fn new(name: String, detail: String) -> Self {
        Self { name, detail, bars: Vec::new(), lanes: 1, points: Vec::new() }
    }
}

/// A piece of the axis between two instants at which something happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    /// The instants.
    pub time: (i64, i64),
    /// Where it lies, in parts of the whole.
    pub place: (f64, f64),
    /// Whether it is shorter than its time.
    pub quiet: bool,
}

/// The axis.
pub(super) struct Axis {
    /// The first instant; 0 if there is none.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// The pieces, from left to right.
    pub pieces: Vec<Piece>,
}

impl Axis {
    /// The axis of everything in a timeline.
    pub(super) fn of(timeline: &Timeline) -> Self {
        let ends = |span: &Span| [Some(span.from_ms), span.to_ms.map(|to| to.max(span.from_ms))];
        let mut times: Vec<i64> = timeline.spans.iter().flat_map(ends).flatten().collect();
        times.extend(timeline.points.iter().map(|point| point.time_ms));
        times.sort_unstable();
        times.dedup();
        let (first, last) = (times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0));
        if times.len() > MOST_TIMES {
            times = vec![first, last];
        }
        let busy = working(timeline, last);
        let total = length((first, last));
        let pieces: Vec<((i64, i64), bool)> = times
            .iter()
            .zip(times.iter().skip(1))
            .map(|(from, to)| {
                ((*from, *to), length((*from, *to)) > total / 5.0 && !overlaps(&busy, *from, *to))
            })
            .collect();
        let loud: f64 = pieces.iter().filter(|(_, quiet)| !quiet).map(|(time, _)| length(*time)).sum();
        let weight = |(time, quiet): &((i64, i64), bool)| {
            if loud > 0.0 && *quiet { (loud / 6.0).min(length(*time)) } else { length(*time) }
        };
        let whole: f64 = pieces.iter().map(weight).sum();
        let mut place = 0.0;
        let pieces = pieces.iter().map(|piece| {
            let (from, to) = (place, place + weight(piece) / whole);
            place = to;
            Piece { time: piece.0, place: (from, to), quiet: piece.1 && weight(piece) < length(piece.0) }
        });
        let pieces = pieces.collect();
        Self { first, last, pieces }
    }

    /// Where an instant lies, from 0 to 1.
    pub(super) fn place(&self, time: i64) -> f64 {
        let after = self.pieces.partition_point(|piece| piece.time.1 < time);
        let Some(piece) = self.pieces.get(after) else {
            return if self.pieces.is_empty() { 0.0 } else { 1.0 };
        };
        let part = (length((piece.time.0, time)) / length(piece.time)).clamp(0.0, 1.0);
        piece.place.0 + part * (piece.place.1 - piece.place.0)
    }

    /// The instant at a place, unless it lies in quiet time.
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and ticks need not be exact")]
    pub(super) fn time(&self, place: f64) -> Option<i64> {
        if self.pieces.is_empty() {
            return (place <= 0.0).then_some(self.first);
        }
        let after = self.pieces.partition_point(|piece| piece.place.1 < place);
        let piece = self.pieces.get(after).or(self.pieces.last()).filter(|piece| !piece.quiet)?;
        let part = ((place - piece.place.0) / (piece.place.1 - piece.place.0)).clamp(0.0, 1.0);
        Some(piece.time.0.saturating_add((length(piece.time) * part) as i64).min(piece.time.1))
    }
}

/// Milliseconds from one instant to another.
pub(super) fn length((from, to): (i64, i64)) -> f64 {
    to as f64 - from as f64
}

/// The times in which someone is at work, in order and apart.
fn working(timeline: &Timeline, last: i64) -> Vec<(i64, i64)> {
    let active = timeline.spans.iter().filter(|span| span.state.tone() == Tone::Active);
    let mut times: Vec<(i64, i64)> =
        active.map(|span| (span.from_ms, span.to_ms.unwrap_or(last).max(span.from_ms))).collect();
    times.sort_unstable();
    let mut out: Vec<(i64, i64)> = Vec::new();
    for (from, to) in times {
        match out.last_mut() {
            Some(before) if before.1 >= from => before.1 = before.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

fn overlaps(busy: &[(i64, i64)], from: i64, to: i64) -> bool {
    busy.get(busy.partition_point(|(_, end)| *end <= from)).is_some_and(|(start, _)| *start < to)
}

/// An instant as date and time to the second, UTC; outside the years 0 to 9999 as milliseconds.
pub(super) fn instant(ms: i64) -> (String, String) {
    let Some(time) = Timestamp::from_millis(ms) else { return (format!("{ms} ms"), String::new()) };
    let text = time.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    (part(0..10), part(11..19))
}

/// A length of time in its two greatest units: `3 d 4 h`, `1 min 5 s`, `350 ms`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
pub(super) fn duration(ms: f64) -> String {
    let ms = ms.max(0.0) as u64;
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")];
    let Some(greatest) = units.iter().position(|(size, _)| ms >= *size) else { return "0 s".to_owned() };
    let mut rest = ms;
    let mut parts = Vec::new();
    for (size, unit) in units.iter().skip(greatest).take(2) {
        let count = rest.checked_div(*size).unwrap_or_default();
        rest = rest.checked_rem(*size).unwrap_or_default();
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(duration(0.0), "0 s");
        assert_eq!(duration(350.0), "350 ms");
        assert_eq!(duration(65_000.0), "1 min 5 s");
        assert_eq!(duration(273_600_000.0), "3 d 4 h");
        assert_eq!(instant(0), ("1970-01-01".to_owned(), "00:00:00".to_owned()));
        assert_eq!(instant(i64::MAX).0, "9223372036854775807 ms");
    }

    #[test]
    fn only_time_in_which_nobody_works_is_shortened() {
        let span = |from_ms, to_ms, state| Span {
            row: "a".into(),
            from_ms,
            to_ms: Some(to_ms),
            label: String::new(),
            state,
        };
        let timeline = |last| Timeline {
            spans: vec![
                span(0, 1000, State::Executing),
                span(1000, 100_000, last),
                span(100_000, 101_000, State::Executing),
            ],
            ..Timeline::default()
        };
        let waits = Axis::of(&timeline(State::BerPending));
        assert_eq!(waits.pieces.iter().map(|piece| piece.quiet).collect::<Vec<_>>(), [false, true, false]);
        assert!((waits.place(1000) - 6.0 / 14.0).abs() < 1e-9, "{}", waits.place(1000));
        assert_eq!(waits.time(0.5), None);
        let works = Axis::of(&timeline(State::Executing));
        assert!(works.pieces.iter().all(|piece| !piece.quiet));
        assert!((works.place(1000) - 1.0 / 101.0).abs() < 1e-9);
        assert_eq!(works.time(1.0), Some(101_000));
    }
}
