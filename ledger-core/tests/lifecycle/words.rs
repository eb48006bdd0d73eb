//! What the model and the ledger's users speak of: actors, shapes of graphs, deeds.

/// Agents with a node in some graph, one that has none, and who else there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Orchestrator,
    Agent(usize),
    Idle,
    Human(usize),
    Service,
    Stranger,
}

pub const AGENTS: [&str; 4] = ["GID-01", "GID-02", "GID-04", "GID-05"];
pub const HUMANS: [&str; 3] = ["GID-H01", "GID-H02", "GID-H03"];
pub const PACS: [&str; 2] = ["PAC-ATLAS-P1", "PAC-ATLAS-P2"];

impl Who {
    pub fn gid(self) -> &'static str {
        match self {
            Self::Orchestrator => "GID-00",
            Self::Agent(n) => AGENTS[n],
            Self::Idle => "GID-12",
            Self::Human(n) => HUMANS[n],
            Self::Service => "GID-S01",
            Self::Stranger => "GID-99",
        }
    }

    pub fn has_key(self) -> bool {
        matches!(self, Self::Orchestrator | Self::Human(_))
    }

    pub fn is_agent(self) -> bool {
        matches!(self, Self::Orchestrator | Self::Agent(_) | Self::Idle)
    }
}

/// A node: its agent, whether it is optional. One without an agent does no work.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub agents: &'static [Option<usize>],
    pub optional: &'static [usize],
    pub min_optional: u32,
    /// From, to, whether data flows.
    pub edges: &'static [(usize, usize, bool)],
}

const fn shape(
    agents: &'static [Option<usize>],
    optional: &'static [usize],
    min_optional: u32,
    edges: &'static [(usize, usize, bool)],
) -> Shape {
    Shape { agents, optional, min_optional, edges }
}

/// A diamond, a line through a node without work, independent optional nodes before a terminal, and a cycle.
pub const SHAPES: [Shape; 4] = [
    shape(
        &[Some(0), Some(1), Some(2), Some(3)],
        &[],
        0,
        &[(0, 1, true), (0, 2, false), (1, 3, true), (2, 3, true)],
    ),
    shape(&[Some(0), None, Some(1), Some(2)], &[3], 0, &[(0, 1, true), (1, 2, true), (2, 3, false)]),
    shape(&[Some(0), Some(1), Some(2), None], &[0, 1], 1, &[(0, 3, false), (1, 3, false), (2, 3, false)]),
    shape(&[Some(0), Some(1), None, Some(2)], &[], 0, &[(0, 1, false), (1, 2, false), (2, 0, false)]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    None,
    Latest,
    First,
    OfAnother,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// The first, second, third thing that can be wrong with it.
    A,
    B,
    C,
    D,
    E,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Issue(Flaw),
    Request,
    Open,
    Resolve(bool),
    Graph(usize),
    Channel,
    SubPac(usize, Flaw),
    Activate(usize, Flaw),
    Dispatch(usize),
    Reissue(usize),
    Retry(usize),
    Waive(usize),
    Start(usize, Token, bool),
    Ber(usize, Token, bool, Flaw),
    Message(usize, bool),
    Accept(usize),
    Reject(usize, bool),
    Pdo(usize),
    Fail(usize),
    Compose,
    Seal,
    Void,
    OpenReview,
    Draw,
    /// Whether it is right, and milliseconds that pass before.
    Answer(bool, i64),
    /// Whether it approves; else the node that is to be done again.
    Verdict(Result<(), usize>),
    Unlock(usize),
    Finalize(bool),
    Wrap,
    Abandon,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    pub pac: usize,
    pub who: Who,
    pub deed: Deed,
}

#[derive(Clone, Copy, Debug)]
pub enum Act {
    One(Op),
    /// Two requests in one commit.
    Race(Op, Op),
    /// Two intents that are appended together or not at all.
    Batch(Op, Op),
    Reopen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Issued,
    Dispatched,
    Executing,
    BerPending,
    PdoPending,
    Complete,
    Failed,
}
