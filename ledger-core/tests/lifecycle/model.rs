//! The life of a PAC as DOMAIN.md tells it, in as few words as a test needs: what is refused, by which rule, and what changes.
//!
//! Nothing here calls the rules of the ledger. Where several rules are broken at once the first to be said is that of who acts, then the
//! gateway, activation, request, token, content and last the state.

use ledger_core::Code;
use std::collections::{BTreeMap, BTreeSet};

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

    fn has_key(self) -> bool {
        matches!(self, Self::Orchestrator | Self::Human(_))
    }

    fn is_agent(self) -> bool {
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

#[derive(Clone, Debug, Default)]
pub struct Node {
    pub state: Option<State>,
    pub waived: bool,
    pub attempt: u32,
    /// Number of tokens that were given, and which of them is good.
    pub tokens: usize,
    pub good: Option<usize>,
    pub spent: bool,
    pub grave: bool,
    pub accepted: bool,
    pub reported: bool,
    pub shares: bool,
}

impl Node {
    fn done(&self) -> bool {
        self.waived || self.state == Some(State::Complete)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Closed,
    Open,
    Blocked(Who),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opdo {
    Draft,
    Sealed,
    Final,
    Void,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    Outstanding(i64),
    Passed(i64),
    Judged,
    Over,
}

#[derive(Clone, Debug, Default)]
pub struct Reviewer {
    pub opened: bool,
    /// The last challenge, and the number of the O-PDO that it is about.
    pub challenge: Option<(usize, Challenge)>,
    pub failures: u32,
}

#[derive(Clone, Debug)]
pub struct Pac {
    pub requester: Who,
    pub advisory: bool,
    pub requested: bool,
    pub gate: Gate,
    pub shape: Option<usize>,
    pub nodes: Vec<Node>,
    pub active: BTreeSet<usize>,
    pub channel: bool,
    pub opdos: Vec<Opdo>,
    /// Number of the O-PDO that the last approval is of.
    pub approved: Option<usize>,
    pub reviewers: BTreeMap<usize, Reviewer>,
    /// Whether with a WRAP.
    pub closed: Option<bool>,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub pacs: [Option<Pac>; 2],
    pub now: i64,
    /// What the last act was answered with.
    pub answers: Vec<Option<Code>>,
}

/// Codes that shut the gateway when someone of the PAC causes them.
fn shuts(code: Code) -> bool {
    use Code::{
        GatewayBypass, IdentityDrift, SelfActivation, SideChannel, SubPacLane, SubPacScope,
        UnsolicitedExecution,
    };
    matches!(
        code,
        GatewayBypass
            | SelfActivation
            | IdentityDrift
            | UnsolicitedExecution
            | SubPacLane
            | SubPacScope
            | SideChannel
    )
}

type Verdict = Result<(), Code>;

fn unless(broken: bool, code: Code) -> Verdict {
    if broken { Err(code) } else { Ok(()) }
}

impl Pac {
    fn new(requester: Who, advisory: bool) -> Self {
        Self {
            requester,
            advisory,
            requested: matches!(requester, Who::Human(_) | Who::Service),
            gate: Gate::Closed,
            shape: None,
            nodes: Vec::new(),
            active: BTreeSet::new(),
            channel: false,
            opdos: Vec::new(),
            approved: None,
            reviewers: BTreeMap::new(),
            closed: None,
        }
    }

    fn edges(&self) -> &'static [(usize, usize, bool)] {
        self.shape.map_or(&[], |s| SHAPES[s].edges)
    }

    /// The agent of a node.
    fn agent(&self, node: usize) -> Option<usize> {
        SHAPES[self.shape?].agents[node]
    }

    fn node_of(&self, agent: usize) -> Option<usize> {
        SHAPES[self.shape?].agents.iter().position(|a| *a == Some(agent))
    }

    /// Whether what depends on the node may go on.
    pub fn done(&self, node: usize) -> bool {
        match self.agent(node) {
            Some(_) => self.nodes[node].done(),
            None => self.before(node).iter().all(|n| self.done(*n)),
        }
    }

    fn before(&self, node: usize) -> Vec<usize> {
        self.edges().iter().filter(|(_, to, _)| *to == node).map(|(from, ..)| *from).collect()
    }

    /// All nodes before it, over any number of edges.
    fn ancestors(&self, node: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = self.before(node);
        while let Some(n) = open.pop() {
            if found.insert(n) {
                open.extend(self.before(n));
            }
        }
        found
    }

    fn ready(&self, node: usize) -> bool {
        self.before(node).iter().all(|n| self.done(*n))
    }

    /// Blocked exactly while some node before it is FAILED and not waived.
    pub fn blocked(&self, node: usize) -> bool {
        let failed = |n: &usize| self.nodes[*n].state == Some(State::Failed) && !self.nodes[*n].waived;
        self.ancestors(node).iter().any(failed)
    }

    fn whole(&self) -> bool {
        self.shape.is_some() && (0..self.nodes.len()).all(|n| self.done(n))
    }

    /// Whether data flows from one agent's node to another's, through nodes without work.
    fn flows(&self, from: usize, to: usize) -> bool {
        let mut open = vec![to];
        let mut seen = BTreeSet::new();
        while let Some(n) = open.pop() {
            for (a, b, data) in self.edges() {
                if *b == n && *data && seen.insert(*a) {
                    if *a == from {
                        return true;
                    }
                    if self.agent(*a).is_none() {
                        open.push(*a);
                    }
                }
            }
        }
        false
    }

    fn opdo(&self) -> Option<Opdo> {
        self.opdos.last().copied()
    }

    fn gated(&self) -> Verdict {
        unless(self.gate != Gate::Open, Code::GatewayBypass)
    }

    fn solicited(&self) -> Verdict {
        unless(self.advisory || !self.requested, Code::UnsolicitedExecution)
    }

    fn activated(&self, who: Who) -> Verdict {
        let idle = |n: usize| self.node_of(n).is_some() && !self.active.contains(&n);
        unless(matches!(who, Who::Agent(n) if idle(n)), Code::SelfActivation)
    }

    fn sub(&self, node: usize) -> Result<State, Code> {
        self.nodes.get(node).and_then(|n| n.state).ok_or(Code::NotInPac)
    }

    /// An agent's own work.
    fn enters(&self, who: Who, node: usize) -> Result<State, Code> {
        works(who)?;
        self.gated()?;
        self.activated(who)?;
        self.solicited()?;
        self.sub(node)
    }

    /// The token that is shown: of which node, and which of those that it was given.
    fn shown(&self, node: usize, token: Token) -> Option<(usize, usize)> {
        let tokens = |n: usize| self.nodes.get(n).map_or(0, |n| n.tokens);
        match token {
            Token::None => None,
            Token::Latest => tokens(node).checked_sub(1).map(|t| (node, t)),
            Token::First => (tokens(node) > 1).then_some((node, 0)),
            Token::OfAnother => {
                let other = (0..self.nodes.len()).find(|n| *n != node && tokens(*n) > 0)?;
                Some((other, tokens(other) - 1))
            }
        }
    }

    fn admits(&self, who: Who, node: usize, token: Token, session: bool) -> Verdict {
        let own = matches!(who, Who::Agent(n) if self.agent(node) == Some(n));
        unless(!own, Code::DispatchMismatch)?;
        let (of, number) = self.shown(node, token).ok_or(Code::DispatchNotFound)?;
        unless(of != node, Code::DispatchMismatch)?;
        let n = &self.nodes[node];
        unless(n.good != Some(number) || n.spent, Code::DispatchNotFound)?;
        unless(!session, Code::DispatchMismatch)
    }

    fn reviews(&self, who: Who) -> Result<(usize, Reviewer), Code> {
        let Who::Human(n) = who else { return Err(Code::ReviewUnauthorized) };
        let reviewer = self.reviewers.get(&n).cloned().unwrap_or_default();
        unless(who == self.requester || reviewer.failures >= 3, Code::ReviewUnauthorized)?;
        match self.opdo() {
            Some(Opdo::Sealed) => Ok((n, reviewer)),
            Some(Opdo::Final) => Err(Code::OpdoFinal),
            _ => Err(Code::WrongState),
        }
    }
}

fn works(who: Who) -> Verdict {
    match who {
        Who::Orchestrator => Err(Code::SubPacLane),
        Who::Agent(_) | Who::Idle => Ok(()),
        _ => Err(Code::NotAuthorized),
    }
}

fn coordinates(who: Who) -> Verdict {
    unless(who != Who::Orchestrator, Code::NotAuthorized)
}

fn needs_key(deed: Deed) -> bool {
    use Deed::{Answer, Draw, Finalize, OpenReview, Unlock, Verdict, Waive};
    matches!(deed, Waive(_) | OpenReview | Draw | Answer(..) | Verdict(_) | Unlock(_) | Finalize(_))
}

impl Model {
    /// The rule that the deed would break; applies it when there is none.
    pub fn judge(&mut self, op: Op) -> Verdict {
        let Op { pac, who, deed } = op;
        let stranger = if matches!(deed, Deed::Issue(_)) { Code::GatewayBypass } else { Code::ActorUnknown };
        unless(who == Who::Stranger, stranger)?;
        unless(needs_key(deed) && !who.has_key(), Code::SignatureRequired)?;
        if let Deed::Issue(flaw) = deed {
            unless(self.pacs[pac].is_some(), Code::PacExists)?;
            unless(matches!(flaw, Flaw::A | Flaw::B | Flaw::C), Code::GatewayBypass)?;
            self.pacs[pac] = Some(Pac::new(who, flaw == Flaw::D));
            return Ok(());
        }
        let now = self.now;
        let p = self.pacs[pac].as_mut().ok_or(Code::PacUnknown)?;
        match p.closed {
            Some(true) => return Err(Code::PacWrapped),
            Some(false) => return Err(Code::PacClosed),
            None => {}
        }
        p.take(who, deed, now)
    }

    /// What the record of a refused attempt changes.
    fn record(&mut self, op: Op, code: Code) {
        let known = op.who != Who::Stranger && code != Code::SignatureRequired;
        let Some(p) = self.pacs[op.pac].as_mut().filter(|p| p.closed.is_none() && known) else { return };
        let belongs = match op.who {
            Who::Orchestrator => true,
            Who::Agent(n) => p.active.contains(&n) || p.node_of(n).is_some(),
            _ => false,
        };
        if shuts(code) && belongs && p.gate == Gate::Open {
            p.gate = Gate::Blocked(op.who);
        }
        let uses_up = matches!(code, Code::ReviewIncorrect | Code::ReviewExpired | Code::ReviewTooEarly);
        if let (Deed::Answer(..), Who::Human(n), true) = (op.deed, op.who, uses_up) {
            let reviewer = p.reviewers.entry(n).or_default();
            if let Some((_, c @ Challenge::Outstanding(_))) = &mut reviewer.challenge {
                *c = Challenge::Over;
                reviewer.failures += 1;
            }
        }
    }

    pub fn act(&mut self, act: Act) {
        let wait = |op: Op| if let Deed::Answer(_, ms) = op.deed { ms } else { 0 };
        self.now += 10;
        self.answers.clear();
        match act {
            Act::Reopen => {}
            Act::One(op) => {
                self.now += wait(op);
                self.request(op);
            }
            Act::Race(a, b) => {
                self.now += wait(a);
                self.request(a);
                self.request(b);
            }
            Act::Batch(a, b) => {
                self.now += wait(a);
                let before = self.pacs.clone();
                let refused = match self.judge(a) {
                    Err(code) => Some((a, code)),
                    Ok(()) => self.judge(b).err().map(|code| (b, code)),
                };
                if let Some((op, code)) = refused {
                    self.pacs = before;
                    self.record(op, code);
                }
                self.answers.push(refused.map(|(_, code)| code));
            }
        }
    }

    fn request(&mut self, op: Op) {
        let answer = self.judge(op).err();
        if let Some(code) = answer {
            self.record(op, code);
        }
        self.answers.push(answer);
    }
}

impl Pac {
    #[expect(clippy::too_many_lines, reason = "one arm a deed")]
    fn take(&mut self, who: Who, deed: Deed, now: i64) -> Verdict {
        match deed {
            Deed::Issue(_) => unreachable!(),
            Deed::Request => {
                unless(!matches!(who, Who::Human(_) | Who::Service), Code::NotAuthorized)?;
                unless(self.requested, Code::WrongState)?;
                self.requested = true;
            }
            Deed::Open => {
                coordinates(who)?;
                unless(!self.requested, Code::UnsolicitedExecution)?;
                unless(self.gate != Gate::Closed, Code::WrongState)?;
                self.gate = Gate::Open;
            }
            Deed::Resolve(all) => {
                let human = matches!(who, Who::Human(_));
                let may = if self.gate == Gate::Blocked(Who::Orchestrator) {
                    human
                } else {
                    who == Who::Orchestrator
                };
                unless(!may, Code::NotAuthorized)?;
                unless(!matches!(self.gate, Gate::Blocked(_)) || !all, Code::WrongState)?;
                self.gate = Gate::Open;
            }
            Deed::Graph(shape) => {
                coordinates(who)?;
                self.gated()?;
                unless(self.nodes.iter().any(|n| n.state.is_some()), Code::WrongState)?;
                unless(shape == 3, Code::GraphCycle)?;
                self.shape = Some(shape);
                self.nodes = vec![Node::default(); 4];
            }
            Deed::Channel => {
                coordinates(who)?;
                self.gated()?;
                unless(self.channel, Code::TakenInPac)?;
                self.channel = true;
            }
            Deed::SubPac(node, flaw) => {
                coordinates(who)?;
                self.gated()?;
                unless(self.shape.is_none(), Code::WrongState)?;
                unless(self.agent(node).is_none(), Code::GraphInvalid)?;
                unless(matches!(flaw, Flaw::A | Flaw::B), Code::IdentityDrift)?;
                unless(flaw == Flaw::C, Code::SubPacScope)?;
                unless(self.nodes[node].state.is_some(), Code::TakenInPac)?;
                (self.nodes[node].state, self.nodes[node].attempt) = (Some(State::Issued), 1);
            }
            Deed::Activate(agent, flaw) => {
                unless(who != Who::Orchestrator, Code::SelfActivation)?;
                self.gated()?;
                unless(flaw != Flaw::None, Code::SelfActivation)?;
                unless(!self.active.insert(agent), Code::TakenInPac)?;
            }
            Deed::Dispatch(node) => {
                coordinates(who)?;
                self.gated()?;
                self.solicited()?;
                let state = self.sub(node).map_err(|_| Code::DispatchDependency)?;
                unless(!self.ready(node), Code::DispatchDependency)?;
                unless(!matches!(state, State::Issued | State::Failed), Code::DispatchDependency)?;
                unless(state == State::Failed || self.nodes[node].waived, Code::WrongState)?;
                self.give(node, State::Dispatched);
            }
            Deed::Reissue(node) => {
                coordinates(who)?;
                self.gated()?;
                self.solicited()?;
                let state = self.sub(node)?;
                let goes = matches!(state, State::Dispatched | State::Executing) && !self.nodes[node].waived;
                unless(!goes, Code::WrongState)?;
                self.give(node, state);
            }
            Deed::Retry(node) => {
                coordinates(who)?;
                self.gated()?;
                self.solicited()?;
                let state = self.sub(node)?;
                unless(state != State::Failed || self.nodes[node].waived, Code::WrongState)?;
                self.again(node);
            }
            Deed::Waive(node) => {
                unless(!matches!(who, Who::Human(_)), Code::NotAuthorized)?;
                self.gated()?;
                let shape = SHAPES[self.shape.ok_or(Code::WrongState)?];
                unless(shape.agents[node].is_none(), Code::GraphInvalid)?;
                unless(!shape.optional.contains(&node), Code::NotWaivable)?;
                let left = shape.optional.iter().filter(|n| !self.nodes[**n].waived).count() as u32;
                unless(left.saturating_sub(1) < shape.min_optional, Code::NotWaivable)?;
                unless(self.nodes[node].done(), Code::WrongState)?;
                let n = &mut self.nodes[node];
                (n.waived, n.good, n.shares) = (true, None, false);
            }
            Deed::Start(node, token, session) => {
                let state = self.enters(who, node)?;
                self.admits(who, node, token, session)?;
                unless(state != State::Dispatched, Code::WrongState)?;
                self.nodes[node].state = Some(State::Executing);
            }
            Deed::Ber(node, token, session, flaw) => {
                let state = self.enters(who, node)?;
                unless(!self.ready(node), Code::BerDependency)?;
                self.admits(who, node, token, session)?;
                unless(flaw == Flaw::B, Code::SubPacScope)?;
                let unordered = |n: &usize| {
                    self.nodes[*n].shares
                        && *n != node
                        && !self.ancestors(*n).contains(&node)
                        && !self.ancestors(node).contains(n)
                };
                unless(flaw == Flaw::C, Code::SideChannel)?;
                unless(flaw == Flaw::E && (0..4).any(|n| unordered(&n)), Code::SideChannel)?;
                unless(state != State::Executing, Code::WrongState)?;
                let n = &mut self.nodes[node];
                (n.spent, n.reported, n.grave, n.accepted) = (true, true, flaw == Flaw::D, false);
                n.shares = flaw == Flaw::E;
                n.state = Some(if flaw == Flaw::A { State::Failed } else { State::BerPending });
            }
            Deed::Message(to, channel) => {
                works(who)?;
                self.gated()?;
                self.activated(who)?;
                self.solicited()?;
                let Who::Agent(from) = who else { return Err(Code::SideChannel) };
                let edge = self.node_of(from).zip(self.node_of(to)).is_some_and(|(f, t)| self.flows(f, t));
                // The channel joins the first two agents.
                let joined = self.channel && from < 2 && to < 2 && from != to;
                unless(!(if channel { joined } else { edge }), Code::SideChannel)?;
            }
            Deed::Accept(node) | Deed::Reject(node, _) => {
                coordinates(who)?;
                self.gated()?;
                self.solicited()?;
                unless(!self.nodes.get(node).is_some_and(|n| n.reported), Code::NotInPac)?;
                let waiting = self.nodes[node].state == Some(State::BerPending) && !self.nodes[node].waived;
                if let Deed::Reject(_, reason) = deed {
                    unless(!reason, Code::RejectionEvidence)?;
                    unless(!waiting, Code::WrongState)?;
                    (self.nodes[node].state, self.nodes[node].shares) = (Some(State::Failed), false);
                } else {
                    unless(!waiting, Code::WrongState)?;
                    unless(self.nodes[node].grave, Code::BerBlocked)?;
                    (self.nodes[node].state, self.nodes[node].accepted) = (Some(State::PdoPending), true);
                }
            }
            Deed::Pdo(node) => {
                let state = self.enters(who, node)?;
                unless(!matches!(who, Who::Agent(n) if self.agent(node) == Some(n)), Code::IdentityDrift)?;
                unless(!self.nodes[node].accepted, Code::BerDependency)?;
                unless(state != State::PdoPending || self.nodes[node].waived, Code::WrongState)?;
                self.nodes[node].state = Some(State::Complete);
            }
            Deed::Fail(node) => {
                if who != Who::Orchestrator {
                    works(who)?;
                }
                self.gated()?;
                self.activated(who)?;
                self.solicited()?;
                let state = self.sub(node)?;
                let own = matches!(who, Who::Agent(n) if self.agent(node) == Some(n));
                unless(who != Who::Orchestrator && !own, Code::IdentityDrift)?;
                let over = matches!(state, State::Complete | State::Failed) || self.nodes[node].waived;
                unless(over, Code::WrongState)?;
                (self.nodes[node].state, self.nodes[node].shares) = (Some(State::Failed), false);
            }
            Deed::Compose | Deed::Seal | Deed::Void | Deed::Finalize(_) => self.composite(who, deed)?,
            Deed::OpenReview | Deed::Draw | Deed::Answer(..) | Deed::Verdict(_) => {
                self.review(who, deed, now)?
            }
            Deed::Unlock(human) => {
                unless(who != Who::Human(0), Code::NotAuthorized)?;
                let reviewer = self.reviewers.entry(human).or_default();
                unless(reviewer.failures == 0, Code::NotInPac)?;
                reviewer.failures = 0;
            }
            Deed::Wrap => {
                let code = if who.is_agent() { Code::WrapByAgent } else { Code::WrapAuthority };
                unless(who != Who::Orchestrator, code)?;
                self.gated()?;
                self.solicited()?;
                unless(!self.whole() || self.opdo() != Some(Opdo::Final), Code::WrapPartial)?;
                self.closed = Some(true);
            }
            Deed::Abandon => {
                unless(who != Who::Orchestrator && who != self.requester, Code::NotAuthorized)?;
                self.closed = Some(false);
            }
        }
        Ok(())
    }

    fn give(&mut self, node: usize, state: State) {
        let n = &mut self.nodes[node];
        (n.state, n.good, n.spent) = (Some(state), Some(n.tokens), false);
        n.tokens += 1;
    }

    fn again(&mut self, node: usize) {
        let n = &mut self.nodes[node];
        (n.state, n.good, n.accepted, n.reported, n.shares) =
            (Some(State::Issued), None, false, false, false);
        n.attempt += 1;
    }

    fn composite(&mut self, who: Who, deed: Deed) -> Verdict {
        coordinates(who)?;
        if deed != Deed::Void {
            self.gated()?;
            self.solicited()?;
        }
        let opdo = self.opdo();
        if deed == Deed::Compose {
            unless(opdo == Some(Opdo::Final), Code::OpdoFinal)?;
            unless(matches!(opdo, Some(Opdo::Draft | Opdo::Sealed)), Code::WrongState)?;
            unless(!self.whole(), Code::OrchIncomplete)?;
            self.opdos.push(Opdo::Draft);
            return Ok(());
        }
        let opdo = opdo.ok_or(Code::WrongState)?;
        if let Deed::Finalize(names) = deed {
            let approved = names && self.approved == Some(self.opdos.len());
            unless(opdo == Opdo::Sealed && !approved, Code::OpdoNoReview)?;
        }
        let next = match (opdo, deed) {
            (Opdo::Final, _) => return Err(Code::OpdoFinal),
            (Opdo::Draft, Deed::Seal) => Opdo::Sealed,
            (Opdo::Draft | Opdo::Sealed, Deed::Void) => {
                self.void();
                return Ok(());
            }
            (Opdo::Sealed, Deed::Finalize(_)) => Opdo::Final,
            (Opdo::Draft, Deed::Finalize(_)) => return Err(Code::OpdoNotSealed),
            _ => return Err(Code::OpdoTransition),
        };
        *self.opdos.last_mut().unwrap() = next;
        Ok(())
    }

    fn void(&mut self) {
        *self.opdos.last_mut().unwrap() = Opdo::Void;
        for reviewer in self.reviewers.values_mut() {
            reviewer.opened = false;
            if let Some((_, c @ Challenge::Outstanding(_))) = &mut reviewer.challenge {
                *c = Challenge::Over;
            }
        }
    }

    fn review(&mut self, who: Who, deed: Deed, now: i64) -> Verdict {
        let opdo = self.opdos.len();
        let (human, mut reviewer) = self.reviews(who)?;
        match deed {
            Deed::OpenReview => reviewer.opened = true,
            Deed::Draw => {
                unless(!reviewer.opened, Code::WrongState)?;
                if matches!(reviewer.challenge, Some((_, Challenge::Outstanding(_)))) {
                    unless(reviewer.failures + 1 >= 3, Code::ReviewUnauthorized)?;
                    reviewer.failures += 1;
                }
                reviewer.challenge = Some((opdo, Challenge::Outstanding(now)));
            }
            Deed::Answer(right, _) => {
                let (_, challenge) = reviewer.challenge.ok_or(Code::ReviewBinding)?;
                let Challenge::Outstanding(since) = challenge else { return Err(Code::ReviewReplay) };
                unless(now - since > 300_000, Code::ReviewExpired)?;
                unless(!right, Code::ReviewIncorrect)?;
                unless(now - since < 5_000, Code::ReviewTooEarly)?;
                reviewer.challenge = Some((opdo, Challenge::Passed(now)));
            }
            Deed::Verdict(verdict) => {
                let last = reviewer.challenge.filter(|(of, _)| *of == opdo).ok_or(Code::ReviewNoChallenge)?;
                let since = match last.1 {
                    Challenge::Outstanding(_) => return Err(Code::ReviewUnfinished),
                    Challenge::Over => return Err(Code::ReviewNoChallenge),
                    Challenge::Judged => return Err(Code::ReviewReplay),
                    Challenge::Passed(since) => since,
                };
                unless(now - since > 3_600_000, Code::ReviewExpired)?;
                if let Err(node) = verdict {
                    self.sub(node)?;
                }
                reviewer.challenge = Some((opdo, Challenge::Judged));
                reviewer.opened = false;
                self.reviewers.insert(human, reviewer);
                match verdict {
                    Ok(()) => self.approved = Some(opdo),
                    Err(node) => {
                        self.void();
                        for n in 0..self.nodes.len() {
                            let concerned = n == node || self.ancestors(n).contains(&node);
                            if concerned
                                && !self.nodes[n].waived
                                && self.nodes[n].state == Some(State::Complete)
                            {
                                self.again(n);
                            }
                        }
                    }
                }
                return Ok(());
            }
            _ => unreachable!(),
        }
        self.reviewers.insert(human, reviewer);
        Ok(())
    }
}
