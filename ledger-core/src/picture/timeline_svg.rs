//! A history as SVG: bars over time, and below them the list of events.
//!
//! Not here: the page around it (`svg`), where on the axis things lie (`timeline`). Invariant: every event has its place on the axis; the
//! list names the first events and says how many more there are.

use super::svg::{Anchor, MARGIN, PILL, Page, escape, n, pill_width, shown};
use super::timeline::{Axis, Bar, Track, duration, instant, length, tracks};
use super::{Point, State, Timeline, words};

/// Width of everything.
const WIDTH: f64 = 760.0;
/// Height of a bar with the room below it.
const LANE: f64 = 24.0;
/// Room for the events of a row.
const DOTS: f64 = 16.0;
/// Most events that are listed.
const MOST_LISTED: usize = 500;

/// Draws it.
pub(super) fn draw(timeline: &Timeline) -> String {
    let mut page = Page::new(WIDTH, &timeline.title, &[]);
    let axis = Axis::of(timeline);
    let tracks = tracks(timeline);
    let about = format!(
        "{} rows, {} spans, {} events over {}.",
        tracks.len(),
        timeline.spans.len(),
        timeline.points.len(),
        duration(length((axis.first, axis.last)))
    );
    if timeline.points.is_empty() && timeline.spans.is_empty() {
        page.say("lp-s lp-muted", "nothing happened yet", 1);
        return page.finish(&timeline.title, &about);
    }
    let names =
        tracks.iter().map(|track| (words::ems(&track.name) * 14.6).max(words::ems(&track.detail) * 12.0));
    let names = names.fold(60.0, f64::max).min(190.0).ceil() + 18.0;
    let chart = Chart { axis: &axis, left: MARGIN + names, width: WIDTH - names };
    let top = page.y + 34.0;
    let height: f64 = tracks.iter().map(Chart::height).sum();
    chart.grid(&mut page, top, height);
    page.y = top + 6.0;
    for track in &tracks {
        chart.track(&mut page, track, names);
    }
    chart.breaks(&mut page, top, height);
    page.y += 8.0;
    let states = timeline.states();
    page.pills(states.iter().map(|(tone, word)| (*tone, words::shorten(&words::clean(word), 24))));
    list(timeline, &mut page);
    page.finish(&timeline.title, &about)
}

struct Chart<'a> {
    axis: &'a Axis,
    left: f64,
    width: f64,
}

impl Chart<'_> {
    fn x(&self, time: i64) -> f64 {
        self.left + self.axis.place(time) * self.width
    }

    fn height(track: &Track<'_>) -> f64 {
        (track.lanes as f64 * LANE + DOTS + 8.0).max(if track.detail.is_empty() { 0.0 } else { 46.0 })
    }

    /// The instants along the top, with their lines.
    fn grid(&self, page: &mut Page, top: f64, height: f64) {
        let mut day = String::new();
        let bottom = n(top + height + 6.0);
        for (tick, anchor) in [
            (0.0, Anchor::Start),
            (0.25, Anchor::Middle),
            (0.5, Anchor::Middle),
            (0.75, Anchor::Middle),
            (1.0, Anchor::End),
        ] {
            let Some(time) = self.axis.time(tick) else { continue };
            let x = self.left + tick * self.width;
            page.put(format_args!("<path class=\"lp-rule\" d=\"M{} {}V{bottom}\"/>\n", n(x), n(top - 4.0)));
            let (date, time) = instant(time);
            page.text(x, top - 10.0, "lp-s lp-muted", anchor, &time);
            if date != day {
                page.text(x, top - 26.0, "lp-s lp-muted", anchor, &date);
                day = date;
            }
        }
    }

    /// Breaks in quiet time, through all that lies there, with the time that is not shown.
    fn breaks(&self, page: &mut Page, top: f64, height: f64) {
        let mut teeth = String::new();
        let mut y = 0.0;
        while y < height {
            teeth.push_str("l4 5l-8 6l4 5");
            y += 16.0;
        }
        for piece in self.axis.pieces.iter().filter(|piece| piece.quiet) {
            let x = self.left + f64::midpoint(piece.place.0, piece.place.1) * self.width;
            let (from, to) = (n(x - 2.5), n(x + 2.5));
            let y = n(top - 2.0);
            page.put(format_args!(
                "<path class=\"lp-gap\" d=\"M{} {y}{teeth}\"/><path class=\"lp-e lp-dependency lp-thin\" d=\"M{from} {y}{teeth}M{to} {y}{teeth}\"/>\n",
                n(x)
            ));
            let text = duration(length(piece.time));
            page.text(x, top - 10.0, "lp-s lp-muted", Anchor::Middle, &text);
        }
    }

    fn track(&self, page: &mut Page, track: &Track<'_>, names: f64) {
        let top = page.y;
        let name = words::shorten_ems(&track.name, (names - 12.0) / 14.6);
        page.text(MARGIN, top + 16.0, "lp-h lp-ink", Anchor::Start, &name);
        let detail = words::shorten_ems(&track.detail, (names - 12.0) / 12.0);
        if !detail.is_empty() {
            page.text(MARGIN, top + 32.0, "lp-s lp-muted", Anchor::Start, &detail);
        }
        for bar in &track.bars {
            self.bar(page, bar, top);
        }
        let y = n(top + track.lanes as f64 * LANE + 6.0);
        for point in &track.points {
            let tone = point.state.as_ref().map_or("none", |state| state.tone().class());
            page.put(format_args!(
                "<g class=\"lp-{tone}\"><title>{}</title><circle class=\"lp-box lp-pill\" cx=\"{}\" cy=\"{y}\" r=\"4.5\"/></g>\n",
                escape(&in_words(point)),
                n(self.x(point.time_ms))
            ));
        }
        page.y = top + Self::height(track);
    }

    fn bar(&self, page: &mut Page, bar: &Bar<'_>, top: f64) {
        let state = &bar.span.state;
        let (x, end) = (self.x(bar.span.from_ms), self.x(bar.end(self.axis)));
        let (width, y) = ((end - x).max(2.0), top + bar.lane as f64 * LANE + 3.0);
        let lasts = duration(length((bar.span.from_ms, bar.end(self.axis))));
        let open = if bar.span.to_ms.is_none() { ", still" } else { "" };
        let word = shown(state, 40);
        let label = words::clean(&bar.span.label);
        let more = if label.is_empty() { String::new() } else { format!(": {label}") };
        page.put(format_args!(
            "<g class=\"lp-{}\"><title>{}</title><rect class=\"lp-box lp-pill\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
            state.tone().class(),
            escape(&format!("{word}{more} ({lasts}{open})")),
            n(x),
            n(y),
            n(width),
            n(LANE - 5.0)
        ));
        if pill_width(&word) < width + 6.0 {
            page.text(x + width / 2.0, y + 13.4, "lp-word", Anchor::Middle, &word);
        }
        page.put(format_args!("</g>\n"));
    }
}

fn in_words(point: &Point) -> String {
    let (date, time) = instant(point.time_ms);
    let state = point.state.as_ref().map(|state| format!(", {}", shown(state, 40))).unwrap_or_default();
    let (actor, label) = (words::clean(&point.actor), words::clean(&point.label));
    format!("#{} {date} {time} {actor}: {label}{state}", point.sequence)
}

fn list(timeline: &Timeline, page: &mut Page) {
    let points = timeline.listed();
    if points.is_empty() {
        return;
    }
    page.section("Events");
    page.y += 2.0;
    let digits = points.iter().map(|point| point.sequence.to_string().len()).max().unwrap_or_default() as f64;
    let actors = points.iter().take(MOST_LISTED).map(|point| words::ems(&words::clean(&point.actor)) * 12.0);
    let actors = actors.fold(40.0, f64::max).min(170.0);
    let time = MARGIN + 12.0 + (digits + 1.0) * 6.8;
    let actor = time + 150.0;
    let label = actor + actors + 16.0;
    for point in points.iter().take(MOST_LISTED) {
        page.y += 22.0;
        let y = page.y;
        page.text(time - 12.0, y, "lp-m lp-muted", Anchor::End, &format!("#{}", point.sequence));
        let (date, clock) = instant(point.time_ms);
        page.text(time, y, "lp-m lp-muted", Anchor::Start, &format!("{date} {clock}"));
        let who = words::shorten_ems(&words::clean(&point.actor), actors / 12.0);
        page.text(actor, y, "lp-s lp-ink", Anchor::Start, &who);
        let taken = point.state.as_ref().map_or(0.0, |state| pill_width(&shown(state, 24)) + 12.0);
        let room = (MARGIN + WIDTH - label - taken) / 12.0;
        page.text(
            label,
            y,
            "lp-s lp-ink",
            Anchor::Start,
            &words::shorten_ems(&words::clean(&point.label), room),
        );
        if let Some(state) = &point.state {
            pill(page, state, y);
        }
    }
    let more = points.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        page.y += 8.0;
        page.say("lp-s lp-muted", &format!("and {more} more"), 1);
    }
}

fn pill(page: &mut Page, state: &State, y: f64) {
    let word = shown(state, 24);
    let x = MARGIN + WIDTH - pill_width(&word);
    page.pill(x, y - PILL + 5.5, state.tone(), &word);
}
