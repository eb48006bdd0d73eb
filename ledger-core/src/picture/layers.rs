//! Which layer each node of a graph lies in, and what the edges pass on their way.
//!
//! Not here: the order within a layer (`order`), positions (`place`). Invariant: every wire leads downwards, one layer a step where edges
//! are routed; a cycle is opened by turning the edges that close it. Source: Sugiyama, Tagawa, Toda 1981; longest-path layering.

use super::{Edge, EdgeKind, Graph, words};
use std::collections::{BTreeSet, HashMap};

/// Most nodes whose edges are led around boxes.
const MOST_NODES: usize = 400;
/// Most points that edges may pass.
const MOST_POINTS: usize = 3_000;
/// Most points that edges may pass in one layer.
const MOST_BESIDE: usize = 48;
/// Most nodes in a layer; a longer one is drawn in several rows, through which no edge can be led.
const WIDEST: usize = 16;

/// One edge of the picture.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    /// The edge's kind.
    pub kind: EdgeKind,
    /// The items that it passes, from top to bottom, its two nodes included.
    pub path: Vec<usize>,
    /// Whether the edge leads from bottom to top, which is so only in a cycle.
    pub upward: bool,
}

/// A graph in layers. Items are the nodes, by their numbers, and after them the points that long edges pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers {
    /// The items of each layer, from left to right.
    pub rows: Vec<Vec<usize>>,
    /// How many of the items are nodes.
    pub nodes: usize,
    /// How many items there are.
    pub items: usize,
    /// The edges that are drawn.
    pub wires: Vec<Wire>,
    /// Whether edges pass from layer to layer; otherwise they lead straight from node to node.
    pub routed: bool,
    /// Edges that are not drawn, each with the reason.
    pub notes: Vec<String>,
}

impl Layers {
    /// The layers of a graph, each in the order of the graph's nodes.
    pub(super) fn of(graph: &Graph) -> Self {
        let nodes = graph.nodes.len();
        let mut layers = Self { nodes, items: nodes, ..Self::default() };
        let edges = layers.resolve(graph);
        let upward = closing_edges(nodes, &edges);
        let downward: Vec<(usize, usize)> =
            edges.iter().zip(&upward).map(|((a, b, _), up)| if *up { (*b, *a) } else { (*a, *b) }).collect();
        let depth = depths(nodes, &downward);
        layers.rows = vec![Vec::new(); depth.iter().max().map_or(0, |deepest| deepest.saturating_add(1))];
        for (node, at) in depth.iter().enumerate() {
            if let Some(row) = layers.rows.get_mut(*at) {
                row.push(node);
            }
        }
        layers.routed = can_route(&depth, &downward, &layers.rows);
        for (((from, to), (_, _, kind)), upward) in downward.into_iter().zip(edges).zip(upward) {
            let points =
                if layers.routed { at(&depth, from).saturating_add(1)..at(&depth, to) } else { 0..0 };
            let mut path = vec![from];
            for row in layers.rows.get_mut(points).unwrap_or_default() {
                row.push(layers.items);
                path.push(layers.items);
                layers.items = layers.items.saturating_add(1);
            }
            path.push(to);
            layers.wires.push(Wire { kind, path, upward });
        }
        layers
    }

    /// Whether the graph has a cycle.
    pub(super) fn cyclic(&self) -> bool {
        self.wires.iter().any(|wire| wire.upward)
    }

    /// Whether this item is a node and not a point that an edge passes.
    pub(super) const fn is_node(&self, item: usize) -> bool {
        item < self.nodes
    }

    /// Pairs of items that are joined by a piece of a wire, upper first.
    pub(super) fn links(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.wires.iter().flat_map(|wire| wire.path.iter().copied().zip(wire.path.iter().copied().skip(1)))
    }

    /// For each item, the items above that it is joined with, and those below.
    pub(super) fn neighbours(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let (mut above, mut below) = (vec![Vec::new(); self.items], vec![Vec::new(); self.items]);
        for (upper, lower) in self.links() {
            if let (Some(below), Some(above)) = (below.get_mut(upper), above.get_mut(lower)) {
                below.push(lower);
                above.push(upper);
            }
        }
        (above, below)
    }

    /// The edges by the numbers of their nodes, each once; what cannot be drawn becomes a note.
    fn resolve(&mut self, graph: &Graph) -> Vec<(usize, usize, EdgeKind)> {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for (number, node) in graph.nodes.iter().enumerate() {
            numbers.entry(&node.id).or_insert(number);
        }
        let mut seen = BTreeSet::new();
        let mut edges = Vec::new();
        for edge in &graph.edges {
            match (numbers.get(edge.from.as_str()), numbers.get(edge.to.as_str())) {
                (Some(from), Some(to)) if from == to => self.notes.push(note(edge, "leads to itself")),
                (Some(from), Some(to)) => {
                    if seen.insert((*from, *to, edge.kind)) {
                        edges.push((*from, *to, edge.kind));
                    }
                }
                _ => self.notes.push(note(edge, "leads to a node that is not there")),
            }
        }
        edges
    }
}

fn note(edge: &Edge, why: &str) -> String {
    format!("{} → {} ({}) {why}", words::name(&edge.from), words::name(&edge.to), edge.kind.word())
}

/// The value at a place, or its default.
pub(super) fn at<T: Copy + Default>(values: &[T], place: usize) -> T {
    values.get(place).copied().unwrap_or_default()
}

/// Whether the edges can be led around the boxes without more points than the picture can bear.
fn can_route(depth: &[usize], edges: &[(usize, usize)], rows: &[Vec<usize>]) -> bool {
    let passed = |(a, b): &(usize, usize)| at(depth, *a).saturating_add(1)..at(depth, *b);
    let points = edges.iter().map(|edge| passed(edge).len()).fold(0, usize::saturating_add);
    if depth.len() > MOST_NODES || points > MOST_POINTS || rows.iter().any(|row| row.len() > WIDEST) {
        return false;
    }
    let mut beside = vec![0_usize; rows.len()];
    for layer in edges.iter().flat_map(passed) {
        if let Some(count) = beside.get_mut(layer) {
            *count = count.saturating_add(1);
        }
    }
    beside.iter().all(|count| *count <= MOST_BESIDE)
}

/// Which edges close a cycle: those that lead to a node that a depth-first walk is still inside of. Without them there is no cycle.
fn closing_edges(nodes: usize, edges: &[(usize, usize, EdgeKind)]) -> Vec<bool> {
    let mut leaving: Vec<Vec<(usize, usize)>> = vec![Vec::new(); nodes];
    let mut is_root = vec![true; nodes];
    for (number, (from, to, _)) in edges.iter().enumerate() {
        if let Some(list) = leaving.get_mut(*from) {
            list.push((number, *to));
        }
        if let Some(root) = is_root.get_mut(*to) {
            *root = false;
        }
    }
    let roots = (0..nodes).filter(|node| at(&is_root, *node));
    let mut closing = vec![false; edges.len()];
    // 0: not seen; 1: inside; 2: left.
    let mut state = vec![0_u8; nodes];
    for start in roots.chain(0..nodes) {
        if at(&state, start) != 0 {
            continue;
        }
        let mut path = vec![(start, 0_usize)];
        mark(&mut state, start, 1);
        while let Some((node, next)) = path.last_mut() {
            let (from, edge) = (*node, leaving.get(*node).and_then(|list| list.get(*next)).copied());
            *next = next.saturating_add(1);
            match edge {
                None => {
                    mark(&mut state, from, 2);
                    path.pop();
                }
                Some((number, to)) => match at(&state, to) {
                    0 => {
                        mark(&mut state, to, 1);
                        path.push((to, 0));
                    }
                    1 => mark(&mut closing, number, true),
                    _ => {}
                },
            }
        }
    }
    closing
}

fn mark<T>(values: &mut [T], place: usize, value: T) {
    if let Some(old) = values.get_mut(place) {
        *old = value;
    }
}

/// The layer of each node: the longest path to it; a node that waits for nothing stands right above what waits for it.
fn depths(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let mut entering = vec![0_usize; nodes];
    for (from, to) in edges {
        if let (Some(list), Some(count)) = (leaving.get_mut(*from), entering.get_mut(*to)) {
            list.push(*to);
            *count = count.saturating_add(1);
        }
    }
    let roots: Vec<usize> = (0..nodes).filter(|node| at(&entering, *node) == 0).collect();
    let mut depth = vec![0_usize; nodes];
    let mut ready = roots.clone();
    while let Some(node) = ready.pop() {
        let next = at(&depth, node).saturating_add(1);
        for to in leaving.get(node).into_iter().flatten() {
            if let (Some(depth), Some(count)) = (depth.get_mut(*to), entering.get_mut(*to)) {
                *depth = next.max(*depth);
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.push(*to);
                }
            }
        }
    }
    for root in roots {
        let nearest = leaving.get(root).into_iter().flatten().map(|to| at(&depth, *to)).min();
        if let Some(nearest) = nearest {
            mark(&mut depth, root, nearest.saturating_sub(1));
        }
    }
    depth
}
