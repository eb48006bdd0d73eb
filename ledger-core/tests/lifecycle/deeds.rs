//! The model's deeds, one arm each: what must hold, and what changes.

use crate::model::{Challenge, Gate, Node, Opdo, Pac, Verdict, coordinates, unless, works};
use crate::words::{Deed, Flaw, SHAPES, State, Who};
use ledger_core::Code;

impl Pac {
    pub fn take(&mut self, who: Who, deed: Deed, now: i64) -> Verdict {
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
                unless(state != State::Issued, Code::DispatchDependency)?;
                unless(self.nodes[node].waived, Code::WrongState)?;
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
        if let (Deed::Answer(..), Who::Human(n)) = (deed, who) {
            // Whose challenge it is, and about which O-PDO, is looked at before anything else.
            let reviewer = self.reviewers.get(&n).cloned().unwrap_or_default();
            unless(who == self.requester || reviewer.failures >= 3, Code::ReviewUnauthorized)?;
            let (of, _) = reviewer.challenge.ok_or(Code::ReviewBinding)?;
            unless(of != opdo || self.opdos.last() == Some(&Opdo::Void), Code::ReviewBinding)?;
        }
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
