//! The packet as a person reads it: everything that is in it, and nothing that is not.
//!
//! Not here: what belongs into a packet (`rules::pac`). Invariant: what is shown comes from the very bytes whose digest is signed, and
//! text of agents cannot steer the terminal.

use crate::output::{BAD, DIM, GOOD, HEAD, WARN, printable, styled, width};
use ledger_core::event::body::Digest;
use ledger_core::picture::{Edge, EdgeKind, Graph, Node, NodeKind, Role, State, Tone};
use ledger_core::{Code, Error, Result};
use serde_json::Value;

/// Lines of the packet with these bytes.
///
/// # Errors
/// `LG_100` when they are no JSON, which no packet is.
pub fn lines(bytes: &[u8]) -> Result<Vec<String>> {
    let packet: Value =
        serde_json::from_slice(bytes).map_err(|e| Error::new(Code::MalformedJson, e.to_string()))?;
    let mut page = Page::default();
    order(&packet, bytes, &mut page);
    graph(at(&packet, "graph"), &mut page);
    for child in list(&packet, "children") {
        report(child, &mut page);
    }
    sent(&packet, &mut page);
    Ok(page.0)
}

#[derive(Default)]
struct Page(Vec<String>);

impl Page {
    fn heading(&mut self, text: &str) {
        self.0.push(String::new());
        self.0.push(styled(HEAD, printable(text, false)));
    }

    fn pair(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.push(format!("  {}  {}", styled(DIM, format!("{name:14}")), printable(value, false)));
        }
    }

    fn prose(&mut self, name: &str, value: &str) {
        let mut rows = value.lines();
        self.pair(name, rows.next().unwrap_or_default());
        for row in rows {
            self.0.push(format!("  {:14}  {}", "", printable(row, false)));
        }
    }

    fn item(&mut self, text: &str) {
        self.0.push(format!("    {}", printable(text, false)));
    }
}

const NOTHING: Value = Value::Null;

fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&NOTHING)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A member as text; empty when it is absent.
fn text(value: &Value, name: &str) -> String {
    match at(value, name) {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn words(value: &Value, name: &str) -> String {
    let word = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    list(value, name).iter().map(word).collect::<Vec<_>>().join(", ")
}

fn scope(scope: &Value, page: &mut Page) {
    page.pair("paths", &words(scope, "paths"));
    page.pair("actions", &words(scope, "allowed_actions"));
    page.pair("forbidden", &words(scope, "forbidden_actions"));
}

fn order(packet: &Value, bytes: &[u8], page: &mut Page) {
    let (pac, opdo) = (at(packet, "pac"), at(packet, "opdo"));
    page.0.push(styled(HEAD, printable(&format!("PACKET of {}", text(opdo, "opdo_id")), false)));
    page.pair("PAC", &text(pac, "pac_id"));
    page.pair("title", &text(pac, "title"));
    page.prose("objective", &text(pac, "objective"));
    page.pair("requested by", &text(pac, "requester"));
    page.pair("lanes", &words(pac, "lanes"));
    scope(at(pac, "scope"), page);
    page.pair("sealed", &text(opdo, "sealed_at"));
    page.pair("proof", &text(opdo, "profile"));
    page.pair("merkle root", &text(opdo, "merkle_root"));
    page.pair("packet", Digest::of(bytes).as_str());
}

fn graph(graph: &Value, page: &mut Page) {
    page.heading(&format!("GRAPH {}", text(graph, "graph_id")));
    let picture = Graph {
        title: String::new(),
        nodes: list(graph, "nodes").iter().map(node).collect(),
        edges: list(graph, "edges").iter().map(edge).collect(),
        channels: Vec::new(),
    };
    let drawn = picture.text(usize::from(width()).min(160)).paint(|role, text| match role {
        Role::Plain => text.to_owned(),
        Role::Title => styled(HEAD, text),
        Role::Dim | Role::Edge(_) => styled(DIM, text),
        Role::State(Tone::Good) => styled(GOOD, text),
        Role::State(Tone::Bad | Tone::Stopped) => styled(BAD, text),
        Role::State(_) => styled(WARN, text),
    });
    page.0.extend(drawn.lines().map(str::to_owned));
    for node in list(graph, "nodes") {
        if let Some(waived) = node.get("waived").filter(|w| !w.is_null()) {
            page.item(&format!("{} was waived: {waived}", text(node, "node_id")));
        }
    }
}

fn node(node: &Value) -> Node {
    let kind = match text(node, "type").as_str() {
        "ORCH_ROOT" => NodeKind::OrchRoot,
        "SYNC_POINT" => NodeKind::SyncPoint,
        "AGGREGATION" => NodeKind::Aggregation,
        "TERMINAL" => NodeKind::Terminal,
        _ => NodeKind::AgentNode,
    };
    let state = match text(node, "state") {
        word if word.is_empty() => None,
        word => Some(match word.as_str() {
            "COMPLETE" => State::Complete,
            "WAIVED" => State::Waived,
            "FAILED" => State::Failed,
            "BLOCKED" => State::Blocked,
            _ => State::Other(word, Tone::Idle),
        }),
    };
    Node {
        id: text(node, "node_id"),
        kind,
        label: String::new(),
        detail: text(node, "agent_gid"),
        state,
        optional: at(node, "optional").as_bool().unwrap_or(false),
    }
}

fn edge(edge: &Value) -> Edge {
    let kind = match text(edge, "type").as_str() {
        "DATA_FLOW" => EdgeKind::DataFlow,
        "BARRIER" => EdgeKind::Barrier,
        _ => EdgeKind::Dependency,
    };
    Edge { from: text(edge, "from"), to: text(edge, "to"), kind }
}

/// One agent's work.
fn report(child: &Value, page: &mut Page) {
    page.heading(&format!(
        "{}  {} {}, {}",
        text(child, "sub_pac_id"),
        text(child, "agent_gid"),
        text(child, "agent_name"),
        text(child, "lane")
    ));
    page.pair("attempt", &text(child, "attempt"));
    page.pair("report", &text(child, "ber_id"));
    page.pair("PDO", &text(child, "pdo_id"));
    page.pair("content hash", &text(child, "pdo_hash"));
    page.pair("quality score", &score(at(child, "quality_score")));
    scope(at(child, "scope"), page);
    page.prose("summary", &text(child, "summary"));
    page.pair("actions taken", &words(child, "actions"));
    counted("tasks", list(child, "tasks"), page, |t| format!("{}  {}", text(t, "task"), text(t, "result")));
    counted("files", list(child, "outputs"), page, |o| format!("{}  {}", text(o, "path"), text(o, "digest")));
    for (name, member) in [("inputs", "inputs"), ("evidence", "evidence")] {
        some(name, list(child, member), page, |input| match input {
            Value::Object(members) => {
                members.iter().map(|(n, _)| text(input, n)).collect::<Vec<_>>().join("  ")
            }
            other => other.to_string(),
        });
    }
    some("violations", list(child, "violations"), page, |v| {
        format!("{} {}: {}", text(v, "severity"), text(v, "code"), text(v, "message"))
    });
    some("past attempts", list(child, "past_attempts"), page, |p| {
        format!("attempt {} {}: {}", text(p, "attempt"), text(p, "ber_id"), text(p, "reason"))
    });
}

/// A score with its decimals, as questions about it expect it.
fn score(value: &Value) -> String {
    match value.as_f64() {
        Some(n) if n.fract() == 0.0 => format!("{n:.1}"),
        Some(n) => n.to_string(),
        None => String::new(),
    }
}

/// A list with its length and numbers, empty or not: there are questions about both.
fn counted(name: &str, items: &[Value], page: &mut Page, line: impl Fn(&Value) -> String) {
    page.pair(name, &items.len().to_string());
    for (number, item) in (1_u64..).zip(items) {
        page.item(&format!("{number:>3}. {}", line(item)));
    }
}

/// A list, if there is anything in it.
fn some(name: &str, items: &[Value], page: &mut Page, line: impl Fn(&Value) -> String) {
    if !items.is_empty() {
        counted(name, items, page, line);
    }
}

fn sent(packet: &Value, page: &mut Page) {
    let violations = list(packet, "violations");
    page.heading(&format!("VIOLATIONS {}", violations.len()));
    for v in violations {
        page.item(&format!(
            "entry {} {} by {}: {}",
            text(v, "sequence"),
            text(v, "code"),
            text(v, "actor"),
            text(v, "message")
        ));
    }
    let messages = list(packet, "messages");
    page.heading(&format!("MESSAGES {}", messages.len()));
    for m in messages {
        page.item(&format!(
            "entry {} {} to {}: {}",
            text(m, "sequence"),
            text(m, "from"),
            words(m, "to"),
            text(m, "digest")
        ));
    }
}
