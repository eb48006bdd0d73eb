//! A graph as SVG: layers of boxes, and edges that go around them.
//!
//! Not here: the page around it (`svg`). Invariant: boxes do not overlap; where edges are routed, none passes through a box.
//! Source: DOMAIN.md §4.

use super::card::{self, Card};
use super::layers::{Layers, Wire, at};
use super::svg::{Anchor, MARGIN, Page, escape, n, shown};
use super::{EdgeKind, Graph, order, place, words};
use std::collections::HashMap;

/// How far edges that are not led around boxes swing out when they pass rows.
const SWING: f64 = 150.0;
/// Distance of two boxes.
const APART: f64 = 30.0;
/// Room for an edge that passes between boxes.
const LANE: f64 = 16.0;
/// Most edges that have a tooltip of their own.
const MOST_TITLES: usize = 1_000;

/// Draws it.
pub(super) fn draw(graph: &Graph) -> String {
    let mut layers = Layers::of(graph);
    order::arrange(&mut layers);
    let members = graph.memberships();
    let cards = graph.nodes.iter().map(|node| Card::of(node, members.get(node.id.as_str())));
    let boxes = card::evened(cards.collect(), &graph.nodes);
    let wraps = wrap_rows(&mut layers);
    let place = Placed::of(&layers, &boxes, &wraps);
    let mut page = Page::new(place.width, &graph.title, &graph.tally());
    let origin = (((page.width - place.width) / 2.0).max(MARGIN), page.y);
    if graph.nodes.is_empty() {
        page.say("lp-s lp-muted", "no nodes", 1);
    }
    let sheet = Sheet { graph, layers: &layers, place: &place, origin };
    sheet.edges(&mut page);
    for (item, (node, card)) in graph.nodes.iter().zip(&boxes).enumerate() {
        card.draw(node, &mut page, (at(&place.left, item) + origin.0, at(&place.top, item) + origin.1));
    }
    page.y += place.height;
    legend(&layers, &mut page);
    footing(graph, &layers, &mut page);
    page.finish(&graph.title, &about(graph, &layers))
}

/// Where edges are not routed, long layers become several rows; gives for each row whether it continues the one before.
fn wrap_rows(layers: &mut Layers) -> Vec<bool> {
    if layers.routed {
        return vec![false; layers.rows.len()];
    }
    let most = layers.nodes.isqrt().max(8);
    let mut wraps = Vec::new();
    let mut rows = Vec::new();
    for row in &layers.rows {
        for (part, items) in row.chunks(most).enumerate() {
            wraps.push(part > 0);
            rows.push(items.to_vec());
        }
    }
    layers.rows = rows;
    wraps
}

/// Where everything is, from the upper left corner of the graph.
struct Placed {
    left: Vec<f64>,
    top: Vec<f64>,
    item_width: Vec<f64>,
    item_height: Vec<f64>,
    /// Row of each item.
    row: Vec<usize>,
    /// Upper and lower edge of each row.
    bands: Vec<(f64, f64)>,
    width: f64,
    height: f64,
}

impl Placed {
    fn of(layers: &Layers, boxes: &[Card], wraps: &[bool]) -> Self {
        let item_width: Vec<f64> =
            (0..layers.items).map(|i| boxes.get(i).map_or(LANE, |b| b.width)).collect();
        let item_height: Vec<f64> =
            (0..layers.items).map(|i| boxes.get(i).map_or(0.0, |b| b.height)).collect();
        let gap = |a, b| match (layers.is_node(a), layers.is_node(b)) {
            (true, true) => APART,
            (false, false) => 2.0,
            _ => 12.0,
        };
        let mut left = place::lefts(layers, |item| at(&item_width, item), gap);
        let beside = if layers.routed { 0.0 } else { SWING * 0.75 };
        left.iter_mut().for_each(|left| *left += beside);
        let width =
            left.iter().zip(&item_width).map(|(left, width)| left + width).fold(0.0, f64::max) + beside;
        let mut placed = Self {
            top: vec![0.0; layers.items],
            row: vec![0; layers.items],
            bands: Vec::new(),
            height: 0.0,
            left,
            item_width,
            item_height,
            width,
        };
        for (number, row) in layers.rows.iter().enumerate() {
            for item in row {
                if let Some(of) = placed.row.get_mut(*item) {
                    *of = number;
                }
            }
        }
        placed.stack(layers, wraps);
        placed
    }

    /// Puts the rows below each other, with room for the edges between them to bend.
    fn stack(&mut self, layers: &Layers, wraps: &[bool]) {
        let mut span = vec![0.0_f64; layers.rows.len()];
        for (upper, lower) in layers.links() {
            let wide = (self.centre(upper) - self.centre(lower)).abs();
            if let Some(span) = span.get_mut(at(&self.row, upper)) {
                *span = span.max(wide);
            }
        }
        let mut y = 0.0;
        for (number, row) in layers.rows.iter().enumerate() {
            if number > 0 {
                let above = number.saturating_sub(1);
                y += if at(wraps, number) { 26.0 } else { (48.0 + at(&span, above) * 0.1).min(130.0) };
            }
            let tall = row.iter().map(|item| at(&self.item_height, *item)).fold(0.0, f64::max);
            for item in row {
                let height = at(&self.item_height, *item);
                if let Some(top) = self.top.get_mut(*item) {
                    *top = y + (tall - height) / 2.0;
                }
            }
            self.bands.push((y, y + tall));
            y += tall;
        }
        self.height = y;
    }

    fn centre(&self, item: usize) -> f64 {
        at(&self.left, item) + at(&self.item_width, item) / 2.0
    }
}

struct Sheet<'a> {
    graph: &'a Graph,
    layers: &'a Layers,
    place: &'a Placed,
    origin: (f64, f64),
}

impl Sheet<'_> {
    fn edges(&self, page: &mut Page) {
        let (mut leave, mut arrive) = (self.ports(true), self.ports(false));
        self.snap(&mut leave, &mut arrive);
        for (number, wire) in self.layers.wires.iter().enumerate() {
            let (Some(top), Some(bottom)) = (wire.path.first(), wire.path.last()) else { continue };
            let ends = (at(&leave, number) + self.origin.0, at(&arrive, number) + self.origin.0);
            let path = self.path(wire, ends);
            let class = wire.kind.word().to_ascii_lowercase();
            let thin = if self.layers.routed { "" } else { " lp-thin" };
            let (from, to) = if wire.upward { (bottom, top) } else { (top, bottom) };
            let name = |item: &usize| {
                self.graph.nodes.get(*item).map(|node| words::name(&node.id)).unwrap_or_default()
            };
            let title = format!("{} → {} ({})", name(from), name(to), wire.kind.word());
            let title = if number < MOST_TITLES {
                format!("<title>{}</title>", escape(&title))
            } else {
                String::new()
            };
            page.put(format_args!("<g>{title}<path class=\"lp-e lp-{class}{thin}\" d=\"{path}\"/>"));
            let (x, y, back) = if wire.upward {
                (ends.0, self.bottom_of(*top), 8.0)
            } else {
                (ends.1, at(&self.place.top, *bottom) + self.origin.1, -8.0)
            };
            page.put(format_args!(
                "<path class=\"lp-a-{class}\" d=\"M{} {}l-4.5 {back}h9z\"/></g>\n",
                n(x),
                n(y)
            ));
        }
    }

    fn bottom_of(&self, item: usize) -> f64 {
        at(&self.place.top, item) + at(&self.place.item_height, item) + self.origin.1
    }

    /// For each wire, the place on the lower (or upper) side of its box: beside each other, in the order of where they lead.
    fn ports(&self, leave: bool) -> Vec<f64> {
        let mut by_node: HashMap<usize, Vec<(f64, EdgeKind, usize)>> = HashMap::new();
        for (number, wire) in self.layers.wires.iter().enumerate() {
            let mut path: Vec<usize> = wire.path.iter().take(2).copied().collect();
            if !leave {
                path = wire.path.iter().rev().take(2).copied().collect();
            }
            if let [node, next] = path[..] {
                by_node.entry(node).or_default().push((self.place.centre(next), wire.kind, number));
            }
        }
        let mut ports = vec![0.0; self.layers.wires.len()];
        for (node, mut wires) in by_node {
            wires.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
            let room = (at(&self.place.item_width, node) - 36.0).max(0.0);
            let last = wires.len().saturating_sub(1).max(1) as f64;
            let step = (room / last).min(20.0);
            let middle = wires.len().saturating_sub(1) as f64 / 2.0;
            for (n, (_, _, number)) in wires.into_iter().enumerate() {
                if let Some(port) = ports.get_mut(number) {
                    *port = self.place.centre(node) + (n as f64 - middle) * step;
                }
            }
        }
        ports
    }

    /// Makes pieces straight that are so nearly.
    fn snap(&self, leave: &mut [f64], arrive: &mut [f64]) {
        for ((wire, leave), arrive) in self.layers.wires.iter().zip(leave).zip(arrive) {
            let near = |a: f64, b: f64| (a - b).abs() < 7.0;
            match wire.path[..] {
                [_, _] if near(*leave, *arrive) => {
                    *leave = f64::midpoint(*leave, *arrive);
                    *arrive = *leave;
                }
                [_, first, .., last, _] => {
                    let (first, last) = (self.place.centre(first), self.place.centre(last));
                    *leave = if near(*leave, first) { first } else { *leave };
                    *arrive = if near(*arrive, last) { last } else { *arrive };
                }
                _ => {}
            }
        }
    }

    /// The line of a wire; it ends before its arrowhead does.
    fn path(&self, wire: &Wire, ends: (f64, f64)) -> String {
        let (left, top) = self.origin;
        let (start, end) =
            (wire.path.first().copied().unwrap_or_default(), wire.path.last().copied().unwrap_or_default());
        let head = 6.0;
        let first = self.bottom_of(start) + if wire.upward { head } else { 0.0 };
        let last = at(&self.place.top, end) + top - if wire.upward { 0.0 } else { head };
        let mut path = format!("M{} {}", n(ends.0), n(first));
        if !self.layers.routed {
            path.push_str(&self.swing(start, end, ends, (first, last)));
            return path;
        }
        let band = |item: usize| at(&self.place.bands, at(&self.place.row, item));
        let mut x = ends.0;
        for (upper, lower) in wire.path.iter().zip(wire.path.iter().skip(1)) {
            let from = band(*upper).1 + top;
            let is_last = *lower == end;
            let to = (if is_last { ends.1 } else { self.place.centre(*lower) + left }, band(*lower).0 + top);
            // The arrow needs a straight piece before it.
            let to_y = if is_last { to.1 - head - 4.0 } else { to.1 };
            path.push_str(&format!("V{}", n(if *upper == start { from.max(first) } else { from })));
            if (x - to.0).abs() > 0.05 {
                let middle = n(f64::midpoint(from, to_y));
                path.push_str(&format!("C{} {middle} {} {middle} {} {}", n(x), n(to.0), n(to.0), n(to_y)));
            }
            x = to.0;
        }
        path.push_str(&format!("V{}", n(last)));
        path
    }

    /// The line of a wire that is not led around boxes: straight to the next row, in a bow to a later one, so that it shows beside boxes
    /// that stand below each other.
    fn swing(&self, start: usize, end: usize, ends: (f64, f64), (first, last): (f64, f64)) -> String {
        let rows = at(&self.place.row, end).saturating_sub(at(&self.place.row, start));
        if rows <= 1 {
            return format!("L{} {}", n(ends.1), n(last));
        }
        let out = (70.0 + 12.0 * rows as f64).min(SWING) * if ends.1 < ends.0 { -1.0 } else { 1.0 };
        let bend = (last - first) / 4.0;
        format!(
            "C{} {} {} {} {} {}",
            n(ends.0 + out),
            n(first + bend),
            n(ends.1 + out),
            n(last - bend),
            n(ends.1),
            n(last)
        )
    }
}

fn legend(layers: &Layers, page: &mut Page) {
    let occurs = |kind: &EdgeKind| layers.wires.iter().any(|wire| wire.kind == *kind);
    let kinds: Vec<EdgeKind> = EdgeKind::ALL.into_iter().filter(occurs).collect();
    if kinds.is_empty() {
        return;
    }
    page.y += 34.0;
    let mut x = MARGIN;
    for kind in kinds {
        let class = kind.word().to_ascii_lowercase();
        let y = n(page.y - 4.0);
        page.put(format_args!("<path class=\"lp-e lp-{class}\" d=\"M{} {y}h30\"/>", n(x)));
        page.put(format_args!("<path class=\"lp-a-{class}\" d=\"M{} {y}l-8 -4.5v9z\"/>\n", n(x + 38.0)));
        page.text(x + 46.0, page.y, "lp-s lp-muted", Anchor::Start, kind.word());
        x += 46.0 + words::ems(kind.word()) * 12.0 + 24.0;
    }
}

fn footing(graph: &Graph, layers: &Layers, page: &mut Page) {
    if !graph.channels.is_empty() {
        page.section("Channels");
    }
    for (number, channel) in (1..).zip(&graph.channels) {
        let members: Vec<String> = channel.members.iter().map(|member| words::name(member)).collect();
        let purpose = words::clean(&channel.purpose);
        let purpose = if purpose.is_empty() { String::new() } else { format!(": {purpose}") };
        page.say("lp-s lp-ink", &format!("⇄ {number}  {}{purpose}", words::name(&channel.id)), 3);
        page.say("lp-s lp-muted", &members.join(", "), 20);
        page.y += 4.0;
    }
    if !layers.notes.is_empty() {
        page.section("Edges that are not drawn");
    }
    for note in &layers.notes {
        page.say("lp-s lp-ink", note, 3);
    }
}

/// The picture in words, for whoever cannot see it.
fn about(graph: &Graph, layers: &Layers) -> String {
    let tally: Vec<String> = graph
        .tally()
        .into_iter()
        .take(20)
        .map(|(state, count)| format!("{count} {}", shown(state, 30)))
        .collect();
    let states = if tally.is_empty() { String::new() } else { format!(" States: {}.", tally.join(", ")) };
    format!("{} nodes, {} edges.{states}", graph.nodes.len(), layers.wires.len())
}
