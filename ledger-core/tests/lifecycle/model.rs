//! The life of a PAC as DOMAIN.md tells it, in as few words as a test needs: what is refused, by which rule, and what changes.
//!
//! Nothing here calls the rules of the ledger. Where several rules are broken at once the first to be said is that of who acts, then the
//! gateway, activation, request, token, content and last the state.

use crate::words::{Act, Deed, Flaw, Op, SHAPES, State, Token, Who};
use ledger_core::Code;
use std::collections::{BTreeMap, BTreeSet};

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
    pub fn done(&self) -> bool {
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

pub type Verdict = Result<(), Code>;

pub fn unless(broken: bool, code: Code) -> Verdict {
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
    pub fn agent(&self, node: usize) -> Option<usize> {
        SHAPES[self.shape?].agents[node]
    }

    pub fn node_of(&self, agent: usize) -> Option<usize> {
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
    pub fn ancestors(&self, node: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = self.before(node);
        while let Some(n) = open.pop() {
            if found.insert(n) {
                open.extend(self.before(n));
            }
        }
        found
    }

    pub fn ready(&self, node: usize) -> bool {
        self.before(node).iter().all(|n| self.done(*n))
    }

    /// Blocked exactly while some node before it is FAILED and not waived.
    pub fn blocked(&self, node: usize) -> bool {
        let failed = |n: &usize| self.nodes[*n].state == Some(State::Failed) && !self.nodes[*n].waived;
        self.ancestors(node).iter().any(failed)
    }

    pub fn whole(&self) -> bool {
        self.shape.is_some() && (0..self.nodes.len()).all(|n| self.done(n))
    }

    /// Whether data flows from one agent's node to another's, through nodes without work.
    pub fn flows(&self, from: usize, to: usize) -> bool {
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

    pub fn opdo(&self) -> Option<Opdo> {
        self.opdos.last().copied()
    }

    pub fn gated(&self) -> Verdict {
        unless(self.gate != Gate::Open, Code::GatewayBypass)
    }

    pub fn solicited(&self) -> Verdict {
        unless(self.advisory || !self.requested, Code::UnsolicitedExecution)
    }

    pub fn activated(&self, who: Who) -> Verdict {
        let idle = |n: usize| self.node_of(n).is_some() && !self.active.contains(&n);
        unless(matches!(who, Who::Agent(n) if idle(n)), Code::SelfActivation)
    }

    pub fn sub(&self, node: usize) -> Result<State, Code> {
        self.nodes.get(node).and_then(|n| n.state).ok_or(Code::NotInPac)
    }

    /// An agent's own work.
    pub fn enters(&self, who: Who, node: usize) -> Result<State, Code> {
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

    pub fn admits(&self, who: Who, node: usize, token: Token, session: bool) -> Verdict {
        let own = matches!(who, Who::Agent(n) if self.agent(node) == Some(n));
        unless(!own, Code::DispatchMismatch)?;
        let (of, number) = self.shown(node, token).ok_or(Code::DispatchNotFound)?;
        unless(of != node, Code::DispatchMismatch)?;
        let n = &self.nodes[node];
        unless(n.good != Some(number) || n.spent, Code::DispatchNotFound)?;
        unless(!session, Code::DispatchMismatch)
    }

    pub fn reviews(&self, who: Who) -> Result<(usize, Reviewer), Code> {
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

pub fn works(who: Who) -> Verdict {
    match who {
        Who::Orchestrator => Err(Code::SubPacLane),
        Who::Agent(_) | Who::Idle => Ok(()),
        _ => Err(Code::NotAuthorized),
    }
}

pub fn coordinates(who: Who) -> Verdict {
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
