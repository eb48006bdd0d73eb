//! One node as a box of an SVG picture: what stands in it, how large it is, how it looks.
//!
//! Not here: where it goes. Invariant: its texts, by a generous estimate of their widths, lie inside it.

use super::svg::{Anchor, PILL, Page, escape, n, pill_width, shown};
use super::{Node, NodeKind, State, channel_mark, words};

/// Distance of texts from the frame of their box.
const PAD: f64 = 14.0;
/// Most width of texts in a box.
const ROOM: f64 = 252.0;
/// Sizes of a box's texts: heading (bold, so wider), detail, and a letter of the id, which is of one width for all.
const HEADING: f64 = 14.6;
const DETAIL: f64 = 12.0;
const LETTER: f64 = 6.9;
/// Least width of a box.
const NARROW: f64 = 132.0;

/// What stands in a box.
pub(super) struct Card {
    kind: Option<&'static str>,
    heading: Vec<String>,
    id: Option<String>,
    detail: Vec<String>,
    state: Option<(State, String)>,
    marks: String,
    /// How wide it is.
    pub(super) width: f64,
    /// How high it is.
    pub(super) height: f64,
}

impl Card {
    /// The box of a node with the numbers of its channels.
    pub(super) fn of(node: &Node, channels: Option<&Vec<usize>>) -> Self {
        let id = words::name(&node.id);
        let label = words::clean(&node.label);
        let named = !label.is_empty() && label != id;
        let marks =
            [if node.optional { "optional".to_owned() } else { String::new() }, channel_mark(channels)];
        let mut card = Self {
            kind: Some(node.kind.word()).filter(|word| node.kind != NodeKind::AgentNode && *word != id),
            heading: if named {
                words::wrap_ems(&label, ROOM / HEADING, 2)
            } else {
                words::wrap_ems(&id, ROOM / HEADING, 3)
            },
            id: named.then(|| words::shorten(&id, 36)),
            detail: words::wrap_ems(&words::clean(&node.detail), ROOM / DETAIL, 2),
            state: node.state.as_ref().map(|state| (state.clone(), shown(state, 24))),
            marks: marks.iter().filter(|mark| !mark.is_empty()).cloned().collect::<Vec<_>>().join("   "),
            width: 0.0,
            height: 0.0,
        };
        let last = match (&card.state, card.marks.is_empty()) {
            (Some((_, word)), true) => pill_width(word),
            (Some((_, word)), false) => pill_width(word) + 10.0 + words::ems(&card.marks) * 11.0,
            (None, _) => words::ems(&card.marks) * 11.0,
        };
        let lines = (card.heading.iter().map(|line| words::ems(line) * HEADING))
            .chain(card.detail.iter().map(|line| words::ems(line) * DETAIL))
            .chain(card.id.iter().map(|line| words::columns(line) as f64 * LETTER))
            .chain(card.kind.iter().map(|line| words::ems(line) * 10.4));
        card.width = (lines.fold(last, f64::max) + 2.0 * PAD).max(NARROW).ceil();
        let texts = card.heading.len() as f64 * 18.0 + card.detail.len() as f64 * 16.0;
        let small = if card.id.is_some() { 15.0 } else { 0.0 } + if card.kind.is_some() { 14.0 } else { 0.0 };
        let foot = if last > 0.0 { PILL + 7.0 } else { 0.0 };
        card.height = texts + small + foot + 22.0;
        card
    }

    /// Draws the box of this node, its upper left corner here.
    pub(super) fn draw(&self, node: &Node, page: &mut Page, (x, y): (f64, f64)) {
        let tone = node.state.as_ref().map_or("none", |state| state.tone().class());
        let optional = if node.optional { " lp-optional" } else { "" };
        page.put(format_args!(
            "<g class=\"lp-{tone}{optional}\"><title>{}</title>\n",
            escape(&tooltip(node))
        ));
        frame(page, node.kind, (x, y), (self.width, self.height));
        let middle = x + self.width / 2.0;
        let bottom = y + self.height;
        let mut y = y + 8.0;
        let mut line = |page: &mut Page, class: &str, height: f64, text: &str| {
            y += height;
            page.text(middle, y, class, Anchor::Middle, text);
        };
        self.kind.iter().for_each(|kind| line(page, "lp-k lp-muted", 12.0, kind));
        self.heading.iter().for_each(|text| line(page, "lp-h lp-ink", 17.0, text));
        self.id.iter().for_each(|id| line(page, "lp-m lp-muted", 15.0, id));
        self.detail.iter().for_each(|text| line(page, "lp-s lp-ink", 16.0, text));
        self.foot(page, middle, bottom - PILL - 10.0);
        page.put(format_args!("</g>\n"));
    }

    /// The state, and beside it the marks.
    fn foot(&self, page: &mut Page, middle: f64, y: f64) {
        let marks = words::ems(&self.marks) * 11.0;
        let Some((state, word)) = &self.state else {
            if !self.marks.is_empty() {
                page.text(middle, y + 13.5, "lp-s lp-muted", Anchor::Middle, &self.marks);
            }
            return;
        };
        let all = pill_width(word) + if self.marks.is_empty() { 0.0 } else { 10.0 + marks };
        let after = page.pill(middle - all / 2.0, y, state.tone(), word) + middle - all / 2.0;
        if !self.marks.is_empty() {
            page.text(after + 10.0, y + 13.5, "lp-s lp-muted", Anchor::Start, &self.marks);
        }
    }
}

/// Boxes for work are of one width: rows and columns look like such.
pub(super) fn evened(mut boxes: Vec<Card>, nodes: &[Node]) -> Vec<Card> {
    let mut work: Vec<&mut Card> = boxes
        .iter_mut()
        .zip(nodes)
        .filter(|(_, node)| node.kind == NodeKind::AgentNode)
        .map(|(card, _)| card)
        .collect();
    let widest = work.iter().map(|card| card.width).fold(0.0, f64::max);
    work.iter_mut().for_each(|card| card.width = widest);
    boxes
}

/// The frame of a box, which shows its kind: rounded for work, round for the ends, double for the points where branches meet.
fn frame(page: &mut Page, kind: NodeKind, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let round = match kind {
        NodeKind::OrchRoot | NodeKind::Terminal => (height / 2.0).min(26.0),
        NodeKind::AgentNode => 9.0,
        NodeKind::SyncPoint | NodeKind::Aggregation => 3.0,
    };
    let mut rect = |class: &str, inset: f64| {
        page.put(format_args!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>\n",
            n(x + inset),
            n(y + inset),
            n(width - 2.0 * inset),
            n(height - 2.0 * inset),
            n((round - inset).max(1.0))
        ));
    };
    rect("lp-box", 0.0);
    if matches!(kind, NodeKind::SyncPoint | NodeKind::Aggregation) {
        rect("lp-box lp-inner", 3.5);
    }
}

fn tooltip(node: &Node) -> String {
    let mut parts = vec![words::name(&node.id), words::clean(&node.label), words::clean(&node.detail)];
    parts.extend(node.state.as_ref().map(|state| words::clean(state.word())));
    parts.extend(node.optional.then(|| "optional".to_owned()));
    parts.retain(|part| !part.is_empty());
    format!("{} ({})", parts.join(", "), node.kind.word())
}
