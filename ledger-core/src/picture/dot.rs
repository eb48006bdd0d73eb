//! A graph as a Graphviz digraph.
//!
//! Not here: layout, which Graphviz does. Invariant: text stands between double quotes only, with backslashes, quotes and ampersands
//! escaped, so that it is neither an escape sequence, an entity nor HTML. Source: graphviz.org, "DOT Language", "escString".

use super::layers::Layers;
use super::{EdgeKind, Graph, Node, NodeKind, channel_mark, words};
use std::fmt::Write as _;

/// The text, cleaned, as it may stand between double quotes.
pub(super) fn quoted(text: &str) -> String {
    words::clean(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

/// The digraph.
pub(super) fn digraph(graph: &Graph) -> String {
    let layers = Layers::of(graph);
    let members = graph.memberships();
    let mut out = String::from("digraph G {\n");
    let _ = writeln!(
        out,
        "  graph [label=\"{}\", labelloc=t, rankdir=TB, fontname=\"Helvetica\"];",
        quoted(&graph.title)
    );
    out.push_str("  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=white];\n");
    out.push_str("  edge [color=\"#5f6c7b\", arrowsize=0.8];\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let marks = channel_mark(members.get(node.id.as_str()));
        let label = node.lines(&marks).iter().map(|line| quoted(line)).collect::<Vec<_>>().join("\\n");
        let _ = writeln!(out, "  n{number} [label=\"{label}\"{}];", look(node));
    }
    for wire in &layers.wires {
        let (Some(top), Some(bottom)) = (wire.path.first(), wire.path.last()) else { continue };
        let (from, to) = if wire.upward { (bottom, top) } else { (top, bottom) };
        let style = match wire.kind {
            EdgeKind::Dependency => "style=solid",
            EdgeKind::DataFlow => "style=dashed, color=\"#1479a8\"",
            EdgeKind::Barrier => "style=dotted, penwidth=2.4, color=\"#8146b8\"",
        };
        let _ = writeln!(out, "  n{from} -> n{to} [{style}, tooltip=\"{}\"];", wire.kind.word());
    }
    for (number, channel) in (1..).zip(&graph.channels) {
        let text = format!("⇄ {number} {}", words::name(&channel.id));
        let (text, purpose) = (quoted(&text), quoted(&channel.purpose));
        let between = if purpose.is_empty() { "" } else { "\\n" };
        let _ = writeln!(out, "  c{number} [shape=note, style=\"\", label=\"{text}{between}{purpose}\"];");
    }
    for (node, numbers) in graph.nodes.iter().map(|node| members.get(node.id.as_str())).enumerate() {
        for number in numbers.into_iter().flatten() {
            let _ = writeln!(out, "  n{node} -> c{number} [dir=none, style=dotted, constraint=false];");
        }
    }
    for (number, note) in layers.notes.iter().enumerate() {
        let _ = writeln!(
            out,
            "  x{number} [shape=plaintext, style=\"\", label=\"not drawn: {}\"];",
            quoted(note)
        );
    }
    out.push_str("}\n");
    out
}

fn look(node: &Node) -> String {
    let mut look = match node.kind {
        NodeKind::AgentNode => String::new(),
        NodeKind::OrchRoot | NodeKind::Terminal => ", shape=ellipse".to_owned(),
        NodeKind::SyncPoint | NodeKind::Aggregation => ", peripheries=2".to_owned(),
    };
    if node.optional {
        look.push_str(", style=\"rounded,filled,dashed\"");
    }
    if let Some(state) = &node.state {
        let (fill, stroke, _) = state.tone().colours();
        let _ = write!(look, ", fillcolor=\"{fill}\", color=\"{stroke}\"");
    }
    look
}
