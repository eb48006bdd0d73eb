//! A graph as a list: layer by layer, each node with what it needs.
//!
//! Not a tree: a node stands there once, however many need it. Invariant: every id stands there whole.

use super::layers::Layers;
use super::styled::segment;
use super::{EdgeKind, Graph, Node, NodeKind, Role, Segment, Text, channel_mark, words};

/// Most predecessors that are named for one node and kind of edge.
const MOST_NAMES: usize = 50;

/// Adds the list.
pub(super) fn list(graph: &Graph, layers: &Layers, text: &mut Text, width: usize) {
    let members = graph.memberships();
    let needs = needs(graph, layers);
    let digits = layers.rows.len().to_string().len();
    let indent = " ".repeat(digits.saturating_add(2));
    if layers.cyclic() {
        text.say(Role::State(super::Tone::Bad), "the edges form a cycle: the order of layers is a guess");
        text.push(Vec::new());
    }
    for (number, row) in (1_usize..).zip(&layers.rows) {
        let nodes = row.iter().filter_map(|item| Some((*item, graph.nodes.get(*item)?)));
        for (place, (item, node)) in nodes.enumerate() {
            let head = if place == 0 { format!("{number:digits$}  ") } else { indent.clone() };
            let marks = channel_mark(members.get(node.id.as_str()));
            describe(node, segment(Role::Dim, head), &marks, text, width);
            for (kind, names) in needs.get(item).into_iter().flatten() {
                let verb = kind.verb();
                let inner = words::columns(&indent).saturating_add(verb.len()).saturating_add(4);
                let lines = words::fill(names, ", ", width.saturating_sub(inner));
                for (n, line) in lines.into_iter().enumerate() {
                    let head = if n == 0 { format!("{indent}  {verb}: ") } else { " ".repeat(inner) };
                    text.push(vec![segment(Role::Dim, head), segment(Role::Edge(*kind), line)]);
                }
            }
        }
    }
}

/// For each node, by kind of edge, the names of its predecessors.
fn needs(graph: &Graph, layers: &Layers) -> Vec<Vec<(EdgeKind, Vec<String>)>> {
    let mut needs: Vec<Vec<(EdgeKind, Vec<String>)>> = vec![Vec::new(); graph.nodes.len()];
    for wire in &layers.wires {
        let (Some(top), Some(bottom)) = (wire.path.first(), wire.path.last()) else { continue };
        let (from, to) = if wire.upward { (bottom, top) } else { (top, bottom) };
        let (Some(from), Some(of)) = (graph.nodes.get(*from), needs.get_mut(*to)) else { continue };
        match of.iter_mut().find(|(kind, _)| *kind == wire.kind) {
            Some((_, names)) => names.push(words::name(&from.id)),
            None => of.push((wire.kind, vec![words::name(&from.id)])),
        }
    }
    for of in &mut needs {
        of.sort_by_key(|(kind, _)| *kind);
        for (_, names) in of {
            let more = names.len().saturating_sub(MOST_NAMES);
            if more > 0 {
                names.truncate(MOST_NAMES);
                names.push(format!("and {more} more"));
            }
        }
    }
    needs
}

/// Adds a node: its id, and after it as much as fits; what does not, below it.
fn describe(node: &Node, head: Segment, marks: &str, text: &mut Text, width: usize) {
    let id = words::name(&node.id);
    let label = words::clean(&node.label);
    let indent = words::columns(&head.text);
    let room = width.saturating_sub(indent.saturating_add(2)).max(10);
    let mut parts: Vec<Segment> = Vec::new();
    let mut part = |role, text: &str| {
        if !text.is_empty() {
            parts.push(segment(role, words::shorten(text, room)));
        }
    };
    if let Some(state) = &node.state {
        part(Role::State(state.tone()), &words::clean(state.word()));
    }
    part(Role::Dim, if node.optional { "optional" } else { "" });
    part(Role::Plain, if label == id { "" } else { &label });
    part(Role::Dim, &words::clean(&node.detail));
    part(Role::Dim, if node.kind == NodeKind::AgentNode { "" } else { node.kind.word() });
    part(Role::Dim, marks);
    let mut used = indent.saturating_add(words::columns(&id));
    let mut line = vec![head, segment(Role::Title, id)];
    for part in parts {
        let wide = words::columns(&part.text).saturating_add(2);
        used = used.saturating_add(wide);
        if used > width {
            text.push(std::mem::take(&mut line));
            line.push(segment(Role::Plain, " ".repeat(indent)));
            used = indent.saturating_add(wide);
        }
        line.push(segment(Role::Plain, "  "));
        line.push(part);
    }
    text.push(line);
}
