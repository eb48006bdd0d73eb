//! A graph as a Mermaid flowchart.
//!
//! Not here: layout, which Mermaid does. Invariant: a label is between double quotes and holds only letters, digits, blanks and a few
//! harmless signs; all else is a numeric entity, so that nothing ends the label, begins a list or is read as markup.
//! Source: mermaid.js.org, "Flowcharts" (entity codes, styling).

use super::layers::Layers;
use super::{EdgeKind, Graph, Node, NodeKind, Tone, channel_mark, words};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The text, cleaned, as it may stand between the quotes of a label.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    let mut begun = false;
    for c in words::clean(text).chars() {
        let harmless = c.is_alphanumeric()
            || matches!(c, ' ' | ',' | ':' | '(' | ')' | '/' | '_')
            || (begun && matches!(c, '-' | '.'));
        if harmless || !c.is_ascii() {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
        // A number with a point, or a dash, at the beginning would be a list.
        begun |= c.is_alphabetic();
    }
    out
}

const fn brackets(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::OrchRoot | NodeKind::Terminal => ("([", "])"),
        NodeKind::AgentNode => ("[", "]"),
        NodeKind::SyncPoint => ("{{", "}}"),
        NodeKind::Aggregation => ("[[", "]]"),
    }
}

/// The flowchart.
pub(super) fn flowchart(graph: &Graph) -> String {
    let layers = Layers::of(graph);
    let members = graph.memberships();
    let mut out = String::new();
    let title = words::clean(&graph.title).replace('\\', "\\\\").replace('"', "\\\"");
    if !title.is_empty() {
        let _ = write!(out, "---\ntitle: \"{title}\"\n---\n");
    }
    out.push_str("flowchart TD\n");
    out.push_str("  %% --> DEPENDENCY, -.-> DATA_FLOW, ==> BARRIER, -.- CHANNEL\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let (open, close) = brackets(node.kind);
        let marks = channel_mark(members.get(node.id.as_str()));
        let label = node.lines(&marks).iter().map(|line| quoted(line)).collect::<Vec<_>>().join("<br/>");
        let class =
            node.state.as_ref().map(|state| format!(":::{}", state.tone().class())).unwrap_or_default();
        let _ = writeln!(out, "  n{number}{open}\"{label}\"{close}{class}");
    }
    for wire in &layers.wires {
        let (Some(top), Some(bottom)) = (wire.path.first(), wire.path.last()) else { continue };
        let (from, to) = if wire.upward { (bottom, top) } else { (top, bottom) };
        let arrow = match wire.kind {
            EdgeKind::Dependency => "-->",
            EdgeKind::DataFlow => "-.->",
            EdgeKind::Barrier => "==>",
        };
        let _ = writeln!(out, "  n{from} {arrow} n{to}");
    }
    channels(graph, &members, &mut out);
    for (number, note) in layers.notes.iter().enumerate() {
        let _ = writeln!(out, "  x{number}[\"not drawn: {}\"]", quoted(note));
    }
    for tone in Tone::ALL {
        let occurs = |node: &Node| node.state.as_ref().is_some_and(|state| state.tone() == tone);
        if graph.nodes.iter().any(occurs) {
            let (fill, stroke, text) = tone.colours();
            let _ = writeln!(out, "  classDef {} fill:{fill},stroke:{stroke},color:{text}", tone.class());
        }
    }
    out
}

/// Channels as nodes of their own, joined with their members by lines without arrows.
fn channels(graph: &Graph, members: &HashMap<&str, Vec<usize>>, out: &mut String) {
    for (number, channel) in (1..).zip(&graph.channels) {
        let lines = [format!("⇄ {number} {}", words::name(&channel.id)), words::clean(&channel.purpose)];
        let lines: Vec<String> =
            lines.iter().map(|line| quoted(line)).filter(|line| !line.is_empty()).collect();
        let _ = writeln!(out, "  c{number}>\"{}\"]", lines.join("<br/>"));
    }
    for (node, numbers) in graph.nodes.iter().map(|node| members.get(node.id.as_str())).enumerate() {
        for number in numbers.into_iter().flatten() {
            let _ = writeln!(out, "  n{node} -.- c{number}");
        }
    }
}
