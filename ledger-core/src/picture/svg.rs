//! A page of SVG: its style sheet, its texts and pills, its heading and its frame.
//!
//! Not here: what is drawn on it. Invariant: no text reaches the document unescaped; the document names no other file, runs nothing, and
//! its classes begin with `lp-`, so that it can stand in another page. Source: SVG 1.1, XML 1.0 §2.4.

use super::{State, Tone, words};
use std::fmt::Write as _;

/// Distance of everything from the edge.
pub(super) const MARGIN: f64 = 28.0;
/// Height of a pill.
pub(super) const PILL: f64 = 19.0;
/// Least width of what is between the margins, so that titles and legends have room.
const NARROWEST: f64 = 400.0;
/// Size of the letters in pills.
const PILL_LETTERS: f64 = 10.5;

const LIGHT: &str = "\
.lp-bg{fill:#fff}.lp-gap{stroke:#fff}.lp-ink{fill:#18212c}.lp-muted{fill:#566272}.lp-rule{stroke:#d9dfe6}\
.lp-dependency{stroke:#5f6c7b}.lp-data_flow{stroke:#1479a8}.lp-barrier{stroke:#8146b8}\
.lp-a-dependency{fill:#5f6c7b}.lp-a-data_flow{fill:#1479a8}.lp-a-barrier{fill:#8146b8}\
.lp-none .lp-box{fill:#fff;stroke:#8793a1}\
.lp-idle .lp-box{fill:#f5f7f9;stroke:#8793a1}.lp-idle .lp-pill{fill:#e1e7ed}.lp-idle .lp-word{fill:#36424f}\
.lp-active .lp-box{fill:#eef5ff;stroke:#2b6cce}.lp-active .lp-pill{fill:#2b6cce}.lp-active .lp-word{fill:#fff}\
.lp-waiting .lp-box{fill:#fff8e6;stroke:#a8730f}.lp-waiting .lp-pill{fill:#8f600a}.lp-waiting .lp-word{fill:#fff}\
.lp-good .lp-box{fill:#eefaf1;stroke:#2a8749}.lp-good .lp-pill{fill:#23773f}.lp-good .lp-word{fill:#fff}\
.lp-bad .lp-box{fill:#fff0f0;stroke:#c42f2f}.lp-bad .lp-pill{fill:#c42f2f}.lp-bad .lp-word{fill:#fff}\
.lp-stopped .lp-box{fill:#fff3e9;stroke:#b9501b}.lp-stopped .lp-pill{fill:#fbd9c3}.lp-stopped .lp-word{fill:#7a2f06}\
.lp-skipped .lp-box{fill:#f7f5fb;stroke:#8477a6}.lp-skipped .lp-pill{fill:#e8e3f3}.lp-skipped .lp-word{fill:#4f4274}";

const DARK: &str = "\
.lp-bg{fill:#10151b}.lp-gap{stroke:#10151b}.lp-ink{fill:#e8edf3}.lp-muted{fill:#9eabba}.lp-rule{stroke:#2a333e}\
.lp-dependency{stroke:#8c99a8}.lp-data_flow{stroke:#4fb5e3}.lp-barrier{stroke:#bd8cf0}\
.lp-a-dependency{fill:#8c99a8}.lp-a-data_flow{fill:#4fb5e3}.lp-a-barrier{fill:#bd8cf0}\
.lp-none .lp-box{fill:#1a212a;stroke:#6d7a89}\
.lp-idle .lp-box{fill:#1a212a;stroke:#6d7a89}.lp-idle .lp-pill{fill:#36424f}.lp-idle .lp-word{fill:#dbe3ec}\
.lp-active .lp-box{fill:#12233c;stroke:#5b9bf5}.lp-active .lp-pill{fill:#7db0f8}.lp-active .lp-word{fill:#08162b}\
.lp-waiting .lp-box{fill:#2b220d;stroke:#d9a441}.lp-waiting .lp-pill{fill:#e3b65e}.lp-waiting .lp-word{fill:#261a02}\
.lp-good .lp-box{fill:#10281a;stroke:#4fb573}.lp-good .lp-pill{fill:#6cc98c}.lp-good .lp-word{fill:#05200f}\
.lp-bad .lp-box{fill:#331518;stroke:#ef6a6a}.lp-bad .lp-pill{fill:#f48686}.lp-bad .lp-word{fill:#2e0507}\
.lp-stopped .lp-box{fill:#2f1c10;stroke:#e58a4e}.lp-stopped .lp-pill{fill:#5c3115}.lp-stopped .lp-word{fill:#ffd7bd}\
.lp-skipped .lp-box{fill:#1f1b2b;stroke:#9b8dc2}.lp-skipped .lp-pill{fill:#3b3354}.lp-skipped .lp-word{fill:#dcd3f2}";

const SHAPES: &str = "\
.lp{max-width:100%;height:auto;font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',Arial,sans-serif}\
.lp text{white-space:pre}.lp-t{font-size:18px;font-weight:650}.lp-h{font-size:13.5px;font-weight:600}.lp-s{font-size:12px}\
.lp-k{font-size:9.5px;letter-spacing:.08em}.lp-m{font-size:11px;font-family:ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',monospace}\
.lp-word{font-size:10.5px;font-weight:600;letter-spacing:.04em}.lp-box{stroke-width:1.5}\
.lp-optional .lp-box{stroke-dasharray:5 4}.lp-inner{fill:none!important}\
.lp-e{fill:none;stroke-width:1.6;stroke-linecap:round}.lp-data_flow{stroke-dasharray:7 5}\
.lp-barrier{stroke-width:2.4;stroke-dasharray:.1 5.5}.lp-thin{stroke-width:1;stroke-opacity:.4}\
.lp-rule{stroke-width:1}.lp-gap{fill:none;stroke-width:5}";

/// A page that grows downwards.
pub(super) struct Page {
    /// What was drawn so far.
    pub body: String,
    /// The width of the whole page.
    pub width: f64,
    /// Where the next thing may begin.
    pub y: f64,
}

impl Page {
    /// A page for something of this width, with its title and how often each state occurs.
    pub(super) fn new(content: f64, title: &str, tally: &[(&State, usize)]) -> Self {
        let width = (content.max(NARROWEST) + 2.0 * MARGIN).ceil();
        let mut page = Self { body: String::new(), width, y: MARGIN };
        for line in page.wrapped(&words::clean(title), 19.6, 3) {
            page.y += 16.0;
            page.text(MARGIN, page.y, "lp-t lp-ink", Anchor::Start, &line);
            page.y += 10.0;
        }
        page.pills(
            tally.iter().map(|(state, count)| (state.tone(), format!("{count} {}", shown(state, 30)))),
        );
        if page.y > MARGIN {
            page.y += 22.0;
        }
        page
    }

    /// Room between the margins.
    pub(super) fn room(&self) -> f64 {
        self.width - 2.0 * MARGIN
    }

    /// The text in lines that fit between the margins at this size.
    pub(super) fn wrapped(&self, text: &str, size: f64, lines: usize) -> Vec<String> {
        words::wrap_ems(text, self.room() / size, lines)
    }

    /// A line of text, already clean.
    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\"{anchor}>{}</text>\n",
            n(x),
            n(y),
            escape(text)
        ));
    }

    /// A word on a coloured ground, its upper left corner here; gives its width.
    pub(super) fn pill(&mut self, x: f64, y: f64, tone: Tone, word: &str) -> f64 {
        let width = pill_width(word);
        self.put(format_args!(
            "<g class=\"lp-{}\"><rect class=\"lp-pill\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            tone.class(),
            n(x),
            n(y),
            n(width),
            n(PILL),
            n(PILL / 2.0)
        ));
        self.text(x + width / 2.0, y + 13.2, "lp-word", Anchor::Middle, word);
        self.body.truncate(self.body.trim_end().len());
        self.body.push_str("</g>\n");
        width
    }

    /// Words on coloured grounds beside each other, in as many lines as they need.
    pub(super) fn pills(&mut self, words: impl Iterator<Item = (Tone, String)>) {
        let mut x = MARGIN;
        for (number, (tone, word)) in words.enumerate() {
            if number == 0 {
                self.y += PILL;
            } else if x + pill_width(&word) > self.width - MARGIN {
                x = MARGIN;
                self.y += PILL + 6.0;
            }
            x += self.pill(x, self.y - PILL, tone, &word) + 8.0;
        }
    }

    /// Anything else; texts in it must be escaped.
    pub(super) fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(what);
    }

    /// A section below what is there: a rule and its name.
    pub(super) fn section(&mut self, name: &str) {
        self.y += 20.0;
        let (from, to, y) = (n(MARGIN), n(self.width - MARGIN), n(self.y));
        self.put(format_args!("<path class=\"lp-rule\" d=\"M{from} {y}H{to}\"/>\n"));
        self.y += 22.0;
        self.text(MARGIN, self.y, "lp-h lp-ink", Anchor::Start, name);
        self.y += 8.0;
    }

    /// A line of small text below what is there, in as many lines as it needs, up to `lines`.
    pub(super) fn say(&mut self, class: &str, text: &str, lines: usize) {
        for line in self.wrapped(text, 12.0, lines) {
            self.y += 16.0;
            self.text(MARGIN, self.y, class, Anchor::Start, &line);
            self.y += 2.0;
        }
    }

    /// The document. `about` says in words what the picture shows.
    pub(super) fn finish(self, title: &str, about: &str) -> String {
        let height = (self.y + MARGIN).ceil();
        let (w, h) = (n(self.width), n(height));
        let title = words::clean(title);
        let title = if title.is_empty() { "Untitled" } else { &title };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lp\" role=\"img\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n\
             <title>{}</title>\n<desc>{}</desc>\n\
             <style>{SHAPES}{LIGHT}@media (prefers-color-scheme:dark){{{DARK}}}</style>\n\
             <rect class=\"lp-bg\" width=\"{w}\" height=\"{h}\"/>\n{}</svg>\n",
            escape(title),
            escape(about),
            self.body
        )
    }
}

/// Which end of a text its place is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A state's word as it is shown.
pub(super) fn shown(state: &State, limit: usize) -> String {
    words::shorten(&words::clean(state.word()), limit)
}

/// The width of a pill with this word.
pub(super) fn pill_width(word: &str) -> f64 {
    words::ems(word) * PILL_LETTERS * 1.1 + 18.0
}

/// A number as SVG has it, to a tenth.
pub(super) fn n(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The text as character data or in an attribute between double quotes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
