//! A history as bars and a list of events, in characters.
//!
//! Not here: where on the axis things lie (`timeline`). Invariant: every event is listed; no line is wider than asked for, but for one
//! whose number, time and actor alone are.

use super::styled::segment;
use super::timeline::{Axis, Track, duration, instant, length, tracks};
use super::{Point, Role, Text, Timeline, Tone, words};

/// Least columns for the bars.
const NARROWEST: usize = 16;

/// Draws it.
pub(super) fn draw(timeline: &Timeline, width: usize) -> Text {
    let mut text = Text::default();
    for line in words::wrap(&words::clean(&timeline.title), width, 3) {
        text.say(Role::Title, line);
    }
    if timeline.points.is_empty() && timeline.spans.is_empty() {
        text.say(Role::Dim, "(nothing happened yet)");
        return text;
    }
    let axis = Axis::of(timeline);
    let tracks = tracks(timeline);
    let name = tracks.iter().map(|track| words::columns(&track.name)).max().unwrap_or_default();
    let name = name.min((width / 3).max(8));
    let bars = width.saturating_sub(name.saturating_add(2));
    text.push(Vec::new());
    if bars >= NARROWEST {
        scale(&axis, name, bars, &mut text);
        for track in &tracks {
            bar_lines(track, &axis, name, bars, &mut text);
        }
        legend(timeline, &axis, name, &mut text, width);
        text.push(Vec::new());
    }
    list(&timeline.listed(), &mut text, width);
    text
}

/// The first and the last instant, the time between them, and what was left out.
fn scale(axis: &Axis, name: usize, bars: usize, text: &mut Text) {
    let (date, time) = instant(axis.first);
    let from = format!("{date} {time}");
    let to = instant(axis.last);
    let to = if to.0 == date { to.1 } else { format!("{} {}", to.0, to.1) };
    let used = words::columns(&from).saturating_add(words::columns(&to)).saturating_add(2);
    let indent = " ".repeat(name.saturating_add(2));
    if used > bars {
        text.say(
            Role::Dim,
            words::shorten(&format!("{indent}{from} to {to}"), indent.len().saturating_add(bars)),
        );
        return;
    }
    let between = bars.saturating_sub(used);
    let all = duration(length((axis.first, axis.last)));
    let all = if words::columns(&all) <= between { format!(" {all} ") } else { String::new() };
    let dashes = bars.saturating_sub(used.saturating_sub(2)).saturating_sub(words::columns(&all));
    let (left, right) = (dashes / 2, dashes.saturating_sub(dashes / 2));
    let line = format!("{indent}{from}{}{all}{}{to}", " ".repeat(left), " ".repeat(right));
    text.say(Role::Dim, line);
}

const fn stroke(tone: Tone) -> char {
    match tone {
        Tone::Idle => '─',
        Tone::Active => '━',
        Tone::Waiting => '╍',
        Tone::Good => '═',
        Tone::Bad => '×',
        Tone::Stopped => '▒',
        Tone::Skipped => '┄',
    }
}

fn bar_lines(track: &Track<'_>, axis: &Axis, name: usize, bars: usize, text: &mut Text) {
    for lane in 0..track.lanes {
        let mut cells = vec![(' ', Role::Plain); bars];
        for piece in axis.pieces.iter().filter(|piece| piece.quiet) {
            let middle = column(f64::midpoint(piece.place.0, piece.place.1), bars);
            put(&mut cells, middle, ('≈', Role::Dim));
        }
        for bar in track.bars.iter().filter(|bar| bar.lane == lane) {
            let tone = bar.span.state.tone();
            let (from, to) =
                (column(axis.place(bar.span.from_ms), bars), column(axis.place(bar.end(axis)), bars));
            for at in from..=to {
                let broken = cells.get(at).is_some_and(|cell| cell.0 == '≈');
                put(&mut cells, at, (if broken { '≈' } else { stroke(tone) }, Role::State(tone)));
            }
            if bar.span.to_ms.is_none() {
                put(&mut cells, to, ('▶', Role::State(tone)));
            }
        }
        for point in track.points.iter().filter(|_| lane == 0) {
            let role = point.state.as_ref().map_or(Role::Title, |state| Role::State(state.tone()));
            put(&mut cells, column(axis.place(point.time_ms), bars), ('●', role));
        }
        let shown = if lane == 0 { words::shorten(&track.name, name) } else { String::new() };
        let blanks = " ".repeat(name.saturating_add(2).saturating_sub(words::columns(&shown)));
        let mut line = vec![segment(Role::Title, shown), segment(Role::Plain, blanks)];
        line.extend(cells.into_iter().map(|(c, role)| segment(role, c)));
        text.push(line);
    }
}

fn put(cells: &mut [(char, Role)], at: usize, cell: (char, Role)) {
    if let Some(old) = cells.get_mut(at) {
        *old = cell;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and columns are few"
)]
fn column(place: f64, bars: usize) -> usize {
    (place * bars.saturating_sub(1) as f64).round() as usize
}

/// What the strokes mean: the states that occur, by tone.
fn legend(timeline: &Timeline, axis: &Axis, name: usize, text: &mut Text, width: usize) {
    let mut entries = Vec::new();
    let states = timeline.states();
    for of in states.chunk_by(|(tone, _), (next, _)| tone == next) {
        let Some((tone, _)) = of.first() else { continue };
        let words: Vec<String> = of.iter().map(|(_, word)| words::shorten(&words::clean(word), 24)).collect();
        let words = words::shorten(&words.join(", "), width.saturating_sub(name.saturating_add(6)));
        entries.push(vec![
            segment(Role::State(*tone), format!("{0}{0} ", stroke(*tone))),
            segment(Role::Dim, words),
        ]);
    }
    if axis.pieces.iter().any(|piece| piece.quiet) {
        entries.push(vec![segment(Role::Dim, "≈ quiet time, shortened")]);
    }
    text.flow(entries, "   ", name.saturating_add(2), width);
}

/// The events, one a line, with the date where it changes.
fn list(points: &[&Point], text: &mut Text, width: usize) {
    let digits = points.iter().map(|point| point.sequence.to_string().len()).max().unwrap_or_default();
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let actor = widest(&mut points.iter().map(|point| words::columns(&words::clean(&point.actor))));
    let actor = actor.min((width / 4).max(6));
    let state = widest(&mut points.iter().map(|point| words::columns(&state_of(point))));
    let room = width.saturating_sub(actor.saturating_add(digits).saturating_add(state).saturating_add(19));
    let label = widest(&mut points.iter().map(|point| words::columns(&words::clean(&point.label))));
    let label = label.min(room);
    let mut day = String::new();
    for point in points {
        let (date, time) = instant(point.time_ms);
        if date != day {
            text.say(Role::Dim, date.clone());
            day = date;
        }
        let tone = point.state.as_ref().map_or(Role::Plain, |state| Role::State(state.tone()));
        text.push(vec![
            segment(Role::Dim, format!("  {time:8}  #{:<digits$}  ", point.sequence)),
            segment(Role::Plain, padded(&point.actor, actor)),
            segment(Role::Plain, padded(&point.label, label)),
            segment(tone, state_of(point)),
        ]);
    }
}

/// The text in so many columns, and two blanks.
fn padded(text: &str, columns: usize) -> String {
    let text = words::shorten(&words::clean(text), columns);
    let blanks = columns.saturating_sub(words::columns(&text)).saturating_add(2);
    text + &" ".repeat(blanks)
}

fn state_of(point: &Point) -> String {
    point.state.as_ref().map(|state| words::shorten(&words::clean(state.word()), 24)).unwrap_or_default()
}
