//! A graph as boxes and lines of characters, where it fits; the words above and below it.
//!
//! Not here: the list that stands in where it does not fit (`listing`). Invariant: every id stands there whole; no line is wider than asked
//! for. Source: DOMAIN.md §4.

use super::canvas::{Canvas, Frame};
use super::layers::{Layers, at};
use super::styled::segment;
use super::wires::{Bundle, Columns, Gap};
use super::{
    EdgeKind, Graph, Node, NodeKind, Role, Text, Tone, channel_mark, listing, order, place, wires, words,
};
use std::collections::HashMap;

/// Most nodes that are drawn as boxes.
const MOST_BOXES: usize = 80;
/// Most columns of text in a box, from the most generous.
const CAPS: [usize; 4] = [36, 26, 20, 15];
/// Columns between two boxes, and beside a line.
const BESIDE: usize = 3;

/// Draws it.
pub(super) fn draw(graph: &Graph, width: usize) -> Text {
    let mut layers = Layers::of(graph);
    let mut text = Text::default();
    heading(graph, &mut text, width);
    if graph.nodes.is_empty() {
        text.say(Role::Dim, "(no nodes)");
    } else if !picture(graph, &mut layers, &mut text, width) {
        listing::list(graph, &layers, &mut text, width);
    }
    footing(graph, &layers, &mut text, width);
    text
}

fn heading(graph: &Graph, text: &mut Text, width: usize) {
    for line in words::wrap(&words::clean(&graph.title), width, 3) {
        text.say(Role::Title, line);
    }
    let states = graph.tally().into_iter().map(|(state, count)| {
        let word = format!("{count} {}", words::shorten(&words::clean(state.word()), 24));
        vec![segment(Role::State(state.tone()), word)]
    });
    text.flow(states.collect(), " · ", 0, width);
    if !text.lines.is_empty() {
        text.push(Vec::new());
    }
}

fn footing(graph: &Graph, layers: &Layers, text: &mut Text, width: usize) {
    if !graph.channels.is_empty() {
        text.push(Vec::new());
        text.say(Role::Title, "channels");
    }
    for (number, channel) in (1..).zip(&graph.channels) {
        let head = format!("⇄ {number}  {}", words::name(&channel.id));
        let room = width.saturating_sub(words::columns(&head).saturating_add(2));
        let members: Vec<String> = channel.members.iter().map(|member| words::name(member)).collect();
        let purpose = words::shorten(&words::clean(&channel.purpose), room);
        let purpose = if purpose.is_empty() { String::new() } else { format!("  {purpose}") };
        text.push(vec![segment(Role::Plain, head), segment(Role::Dim, purpose)]);
        for line in words::fill(&members, ", ", width.saturating_sub(5)) {
            text.say(Role::Plain, format!("     {line}"));
        }
    }
    if !layers.notes.is_empty() {
        text.push(Vec::new());
        text.say(Role::State(Tone::Bad), "edges that are not drawn");
        for note in &layers.notes {
            let words = note.split(' ').map(|word| vec![segment(Role::Plain, word)]);
            text.flow(words.collect(), " ", 2, width);
        }
    }
}

/// The lines of text in a box.
struct Words {
    lines: Vec<(String, Role)>,
    width: usize,
}

fn words_of(node: &Node, channels: Option<&Vec<usize>>, cap: usize) -> Option<Words> {
    let id = words::name(&node.id);
    let label = words::clean(&node.label);
    let mut lines = Vec::new();
    if !label.is_empty() && label != id {
        lines.extend(words::wrap(&label, cap, 2).into_iter().map(|line| (line, Role::Title)));
        lines.push((id.clone(), Role::Dim));
    } else {
        lines.push((id.clone(), Role::Title));
    }
    if words::columns(&id) > cap {
        return None;
    }
    if node.kind != NodeKind::AgentNode && id != node.kind.word() {
        lines.push((node.kind.word().to_owned(), Role::Dim));
    }
    lines
        .extend(words::wrap(&words::clean(&node.detail), cap, 2).into_iter().map(|line| (line, Role::Plain)));
    if let Some(state) = &node.state {
        lines.push((words::shorten(&words::clean(state.word()), cap), Role::State(state.tone())));
    }
    let marks = [if node.optional { "optional".to_owned() } else { String::new() }, channel_mark(channels)];
    let marks = marks.iter().filter(|mark| !mark.is_empty()).cloned().collect::<Vec<_>>().join("  ");
    if !marks.is_empty() {
        lines.push((words::shorten(&marks, cap), Role::Dim));
    }
    let width = lines.iter().map(|(line, _)| words::columns(line)).max().unwrap_or_default();
    // Odd, so that every box has a middle and boxes below each other have the same.
    Some(Words { lines, width: width.max(5).saturating_add(4) | 1 })
}

const fn frame_of(node: &Node) -> Frame {
    match (node.kind, node.optional) {
        (NodeKind::AgentNode, false) => Frame(['┌', '┐', '┘', '└', '─', '│', '┬']),
        (NodeKind::AgentNode, true) => Frame(['┌', '┐', '┘', '└', '╌', '╎', '┬']),
        (NodeKind::OrchRoot | NodeKind::Terminal, _) => Frame(['╭', '╮', '╯', '╰', '─', '│', '┬']),
        (NodeKind::SyncPoint | NodeKind::Aggregation, _) => Frame(['╔', '╗', '╝', '╚', '═', '║', '╤']),
    }
}

/// Adds the picture, if there is one that is narrow enough.
fn picture(graph: &Graph, layers: &mut Layers, text: &mut Text, width: usize) -> bool {
    if graph.nodes.len() > MOST_BOXES || layers.cyclic() || !layers.routed {
        return false;
    }
    order::arrange(layers);
    let members = graph.memberships();
    CAPS.iter().flat_map(|cap| [(cap, true), (cap, false)]).any(|(cap, even)| {
        let words = |node: &Node| words_of(node, members.get(node.id.as_str()), *cap);
        let Some(mut boxes) = graph.nodes.iter().map(words).collect::<Option<Vec<Words>>>() else {
            return false;
        };
        if even {
            let widest = boxes.iter().map(|words| words.width).max().unwrap_or_default();
            boxes.iter_mut().for_each(|words| words.width = widest);
        }
        let mut columns = columns(layers, &boxes);
        let ends = columns.left.iter().zip(&columns.width).map(|(left, width)| left.saturating_add(*width));
        let wide = ends.max().unwrap_or_default();
        if wide > width {
            return false;
        }
        let Some(gaps) = wires::plan(layers, &mut columns) else { return false };
        Sheet { graph, layers, boxes: &boxes, columns: &columns }.draw(&gaps, wide).print(text);
        legend(layers, text, width);
        true
    })
}

fn columns(layers: &Layers, boxes: &[Words]) -> Columns {
    let width: Vec<usize> = (0..layers.items).map(|item| boxes.get(item).map_or(3, |b| b.width)).collect();
    let gap = |a, b| if layers.is_node(a) && layers.is_node(b) { BESIDE as f64 } else { 1.0 };
    let lefts = place::lefts(layers, |item| at(&width, item) as f64, gap);
    // Rounding down keeps distances: widths and gaps are whole. The small sum is for numbers that are whole but for their last bit.
    let left: Vec<usize> = lefts.iter().map(|left| whole(left + 1e-6)).collect();
    let line = left.iter().zip(&width).map(|(left, width)| left.saturating_add(width / 2)).collect();
    Columns { left, width, line }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and columns are few"
)]
const fn whole(x: f64) -> usize {
    x as usize
}

struct Sheet<'a> {
    graph: &'a Graph,
    layers: &'a Layers,
    boxes: &'a [Words],
    columns: &'a Columns,
}

impl Sheet<'_> {
    fn draw(&self, gaps: &[Gap], width: usize) -> Canvas {
        let height = |item: &usize| self.boxes.get(*item).map_or(0, |b| b.lines.len().saturating_add(2));
        let mut tops = Vec::new();
        let mut y = 0_usize;
        let below = gaps.iter().map(|gap| gap.tracks.saturating_add(1)).chain([0]);
        for (row, below) in self.layers.rows.iter().zip(below) {
            let tall = row.iter().map(height).max().unwrap_or_default();
            tops.push((y, y.saturating_add(tall)));
            y = y.saturating_add(tall).saturating_add(below);
        }
        let mut canvas = Canvas::new(width, y);
        let mut leaving: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut owner = 0_usize;
        for (gap, ((top, bottom), (next, _))) in gaps.iter().zip(tops.iter().zip(tops.iter().skip(1))) {
            for bundle in &gap.bundles {
                owner = owner.saturating_add(1);
                leaving.entry(bundle.source.0).or_default().push(bundle.source.1);
                let from = top.saturating_add(height(&bundle.source.0));
                let heights = Heights { from: from.min(*bottom), tracks: *bottom, next: *next };
                self.line(&mut canvas, bundle, &heights, owner);
            }
        }
        for (row, (top, _)) in self.layers.rows.iter().zip(&tops) {
            for item in row {
                self.a_box(&mut canvas, *item, *top, leaving.get(item).map_or(&[][..], Vec::as_slice));
            }
        }
        canvas
    }

    fn line(&self, canvas: &mut Canvas, bundle: &Bundle, heights: &Heights, owner: usize) {
        let kind = bundle.kind;
        let arrow = heights.next.saturating_sub(1);
        let column = bundle.source.1;
        let turn = bundle.track.map(|track| heights.tracks.saturating_add(track));
        // From the frame on, so that the first cell is open upwards; the box is drawn over it.
        canvas.vertical(column, heights.from.saturating_sub(1), turn.unwrap_or(arrow), owner, kind);
        if let Some(turn) = turn {
            let (first, last) = bundle.reach();
            canvas.horizontal(turn, first, last, owner, kind);
        }
        for (item, column) in &bundle.targets {
            canvas.vertical(*column, turn.unwrap_or(heights.from), arrow, owner, kind);
            if self.layers.is_node(*item) {
                canvas.put(*column, arrow, "▼", Role::Edge(kind));
            }
        }
    }

    fn a_box(&self, canvas: &mut Canvas, item: usize, top: usize, leaving: &[usize]) {
        let (Some(node), Some(words)) = (self.graph.nodes.get(item), self.boxes.get(item)) else { return };
        let left = at(&self.columns.left, item);
        let frame = frame_of(node);
        let role = node.state.as_ref().map_or(Role::Plain, |state| Role::State(state.tone()));
        let height = words.lines.len().saturating_add(2);
        canvas.frame(left, top, words.width, height, frame, role);
        for (y, (line, role)) in (top.saturating_add(1)..).zip(&words.lines) {
            canvas.centred(left.saturating_add(2), y, words.width.saturating_sub(4), line, *role);
        }
        let Frame([.., leaves]) = frame;
        for column in leaving {
            canvas.put(
                *column,
                top.saturating_add(height).saturating_sub(1),
                leaves.encode_utf8(&mut [0; 4]),
                role,
            );
        }
    }
}

/// Rows of cells between two rows of boxes.
struct Heights {
    /// The first row below the box that a line leaves.
    from: usize,
    /// The first row in which lines turn.
    tracks: usize,
    /// The first row of the next boxes.
    next: usize,
}

fn legend(layers: &Layers, text: &mut Text, width: usize) {
    let occurs = |kind: &EdgeKind| layers.wires.iter().any(|wire| wire.kind == *kind);
    let entry = |kind: EdgeKind| {
        let sign = match kind {
            EdgeKind::Dependency => "──",
            EdgeKind::DataFlow => "┄┄",
            EdgeKind::Barrier => "━━",
        };
        vec![segment(Role::Edge(kind), sign), segment(Role::Dim, format!(" {}", kind.word()))]
    };
    let entries: Vec<_> = EdgeKind::ALL.into_iter().filter(occurs).map(entry).collect();
    if !entries.is_empty() {
        text.push(Vec::new());
        text.flow(entries, "   ", 0, width);
    }
}
