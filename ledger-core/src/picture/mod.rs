//! Pictures of graphs and of histories: as text for a terminal, as SVG, as Mermaid, as Graphviz.
//!
//! Not here: which nodes a PAC has, what a state means, colours of a terminal. Invariant: equal input gives equal bytes; no input makes
//! it panic, loop or write anything that the format would read as other than a label. Source: DOMAIN.md §4.
//!
//! Every state stands there in words; colour only repeats it. Text comes as segments with a [`Role`], which the caller may colour.

mod canvas;
mod card;
mod dot;
mod graph_svg;
mod graph_text;
mod layers;
mod listing;
mod mermaid;
mod order;
mod place;
mod styled;
mod svg;
mod timeline;
mod timeline_svg;
mod timeline_text;
mod wires;
mod words;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod properties;

pub use styled::{Role, Segment, Text};
pub use timeline::{Point, Row, Span, Timeline};

use std::collections::HashMap;

/// Most columns of a line that another program lays out, ids excepted.
const LONGEST_LINE: usize = 60;

/// What a node of an orchestration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// Where the orchestration begins.
    OrchRoot,
    /// One agent's work.
    AgentNode,
    /// Where branches wait for each other.
    SyncPoint,
    /// Where results come together.
    Aggregation,
    /// Where it ends.
    Terminal,
}

impl NodeKind {
    /// The domain's word, `AGENT_NODE`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OrchRoot => "ORCH_ROOT",
            Self::AgentNode => "AGENT_NODE",
            Self::SyncPoint => "SYNC_POINT",
            Self::Aggregation => "AGGREGATION",
            Self::Terminal => "TERMINAL",
        }
    }
}

/// What an edge carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// Order alone.
    Dependency,
    /// Order, and outputs that the later node may read.
    DataFlow,
    /// Order, as part of a synchronisation.
    Barrier,
}

impl EdgeKind {
    /// All of them, in the order of legends.
    pub const ALL: [Self; 3] = [Self::Dependency, Self::DataFlow, Self::Barrier];

    /// The domain's word, `DATA_FLOW`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dependency => "DEPENDENCY",
            Self::DataFlow => "DATA_FLOW",
            Self::Barrier => "BARRIER",
        }
    }

    /// How the later node speaks of the earlier: "needs: a".
    const fn verb(self) -> &'static str {
        match self {
            Self::Dependency => "needs",
            Self::DataFlow => "reads from",
            Self::Barrier => "waits for",
        }
    }
}

/// How a state feels; what colours are chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing happens yet.
    Idle,
    /// Someone is at work.
    Active,
    /// Someone else has to act.
    Waiting,
    /// Done.
    Good,
    /// Failed, refused.
    Bad,
    /// Held up by something else.
    Stopped,
    /// Not needed.
    Skipped,
}

impl Tone {
    /// All of them.
    const ALL: [Self; 7] =
        [Self::Idle, Self::Active, Self::Waiting, Self::Good, Self::Bad, Self::Stopped, Self::Skipped];

    /// Fill, line and text where a format has no style sheet; they read on light and dark pages.
    const fn colours(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Idle => ("#f5f7f9", "#8793a1", "#18212c"),
            Self::Active => ("#e3eeff", "#2b6cce", "#0d2a57"),
            Self::Waiting => ("#fff3d1", "#a8730f", "#4a3205"),
            Self::Good => ("#def5e5", "#2a8749", "#0d3a1c"),
            Self::Bad => ("#ffdfdf", "#c42f2f", "#5c0f0f"),
            Self::Stopped => ("#ffe3cf", "#b9501b", "#5a2406"),
            Self::Skipped => ("#ece8f5", "#8477a6", "#372c57"),
        }
    }

    /// Name of its class in SVG, Mermaid and CSS.
    const fn class(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Stopped => "stopped",
            Self::Skipped => "skipped",
        }
    }
}

/// Where a node, a span or an event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Issued, not yet dispatched.
    Issued,
    /// Dispatched to an agent.
    Dispatched,
    /// The agent is at work.
    Executing,
    /// The report is due or under judgement.
    BerPending,
    /// The proof artifact is due.
    PdoPending,
    /// Done.
    Complete,
    /// Failed.
    Failed,
    /// Something that it depends on failed.
    Blocked,
    /// Not needed, and signed for.
    Waived,
    /// Any other: the word that is shown, and its tone.
    Other(String, Tone),
}

impl State {
    /// The domain's word, `BER_PENDING`; another state's own word, as given.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Issued => "ISSUED",
            Self::Dispatched => "DISPATCHED",
            Self::Executing => "EXECUTING",
            Self::BerPending => "BER_PENDING",
            Self::PdoPending => "PDO_PENDING",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
            Self::Blocked => "BLOCKED",
            Self::Waived => "WAIVED",
            Self::Other(word, _) => word,
        }
    }

    /// How it feels.
    #[must_use]
    pub const fn tone(&self) -> Tone {
        match self {
            Self::Issued => Tone::Idle,
            Self::Dispatched | Self::Executing => Tone::Active,
            Self::BerPending | Self::PdoPending => Tone::Waiting,
            Self::Complete => Tone::Good,
            Self::Failed => Tone::Bad,
            Self::Blocked => Tone::Stopped,
            Self::Waived => Tone::Skipped,
            Self::Other(_, tone) => *tone,
        }
    }
}

/// A node. All texts may be hostile; they are escaped and shortened where they are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What edges and channels call it. Of two nodes with one id, both are drawn and the first has the edges.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// What it is called; empty, or the id again, if it has no other name.
    pub label: String,
    /// Who does it, `GID-01 SONNY, EXECUTION`; may be empty.
    pub detail: String,
    /// Where it stands, if that is known.
    pub state: Option<State>,
    /// Whether the orchestration can be whole without it.
    pub optional: bool,
}

impl Node {
    /// Everything that is said of it, clean, a line each: for formats that do their own layout.
    fn lines(&self, marks: &str) -> Vec<String> {
        let id = words::name(&self.id);
        let label = words::clean(&self.label);
        let mut lines = Vec::new();
        if label != id {
            lines.push(words::shorten(&label, LONGEST_LINE));
        }
        lines.push(id);
        if self.kind != NodeKind::AgentNode {
            lines.push(self.kind.word().to_owned());
        }
        lines.push(words::shorten(&words::clean(&self.detail), LONGEST_LINE));
        let state =
            self.state.as_ref().map(|state| words::shorten(&words::clean(state.word()), LONGEST_LINE));
        lines.extend(state);
        if self.optional {
            lines.push("optional".to_owned());
        }
        lines.push(marks.to_owned());
        lines.retain(|line| !line.is_empty());
        lines
    }
}

/// An edge. One that names no node, or leads from a node to itself, is not drawn but told of in a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Id of the earlier node.
    pub from: String,
    /// Id of the later node.
    pub to: String,
    /// What it carries.
    pub kind: EdgeKind,
}

/// A set of agents that may exchange messages. It orders nothing and is therefore no edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub id: String,
    /// Ids of nodes, or any other names.
    pub members: Vec<String>,
    /// What it is for.
    pub purpose: String,
}

/// A graph to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// What the picture is of.
    pub title: String,
    /// The nodes. Their order decides where nothing else does.
    pub nodes: Vec<Node>,
    /// The edges.
    pub edges: Vec<Edge>,
    /// The channels.
    pub channels: Vec<Channel>,
}

impl Graph {
    /// For a terminal of so many columns: boxes and lines where they fit, else a list by layers. Lines of a list are at most that wide,
    /// but for ids that alone are wider.
    #[must_use]
    pub fn text(&self, width: usize) -> Text {
        graph_text::draw(self, width)
    }

    /// A self-contained SVG document, light or dark as the reader's system is.
    #[must_use]
    pub fn svg(&self) -> String {
        graph_svg::draw(self)
    }

    /// A Mermaid flowchart.
    #[must_use]
    pub fn mermaid(&self) -> String {
        mermaid::flowchart(self)
    }

    /// A Graphviz digraph.
    #[must_use]
    pub fn dot(&self) -> String {
        dot::digraph(self)
    }

    /// Words and numbers of the states that occur: `COMPLETE 3`, in the order in which they first do.
    fn tally(&self) -> Vec<(&State, usize)> {
        let mut tally: Vec<(&State, usize)> = Vec::new();
        let mut places = HashMap::new();
        for state in self.nodes.iter().filter_map(|node| node.state.as_ref()) {
            let place = *places.entry(state.word()).or_insert(tally.len());
            match tally.get_mut(place) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => tally.push((state, 1)),
            }
        }
        tally
    }

    /// The numbers, from 1, of the channels that each id is a member of.
    fn memberships(&self) -> HashMap<&str, Vec<usize>> {
        let mut numbers: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, channel) in (1..).zip(&self.channels) {
            for member in &channel.members {
                let of = numbers.entry(member).or_default();
                if of.last() != Some(&number) {
                    of.push(number);
                }
            }
        }
        numbers
    }
}

/// What a node's channels are called beside it: `⇄ 1, 2`.
fn channel_mark(numbers: Option<&Vec<usize>>) -> String {
    let Some(numbers) = numbers else { return String::new() };
    let shown: Vec<String> = numbers.iter().take(4).map(usize::to_string).collect();
    format!("⇄ {}{}", shown.join(", "), if numbers.len() > 4 { ", …" } else { "" })
}
