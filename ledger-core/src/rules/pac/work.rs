//! The work: dispatch, tokens, execution, BERs, PDOs, failures and further attempts.
//!
//! Not here: cryptography of tokens (`token`); what is read here is which token was shown. Invariant: no attempt is dispatched twice, no
//! token is good twice, and nothing is COMPLETE without an accepted BER and its PDO. Source: DOMAIN.md §4, seed 000.

use super::plan::{id_part, not_blank};
use super::sub_pac::{Ber, BerVerdict, Grant, Pdo, Step, SubPac, SubPacState};
use super::{Due, Pac, flow, gateway, not_in_pac, refuse, scope};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::pac::Scope;
use crate::event::body::work::{
    BerAcceptance, BerRejection, BerSubmission, Dispatch, Failure, Outcome, PdoRecord, Reissue, ReportedSeverity,
    Retry, Start, TokenId, TokenIssue, TokenRevocation, TokenUse,
};
use crate::names::{BerId, Gid, Lane, Line, Session, fold};
use crate::rules::registry::{ActorKind, Registry};
use crate::rules::{Evidence, Occurrence};
use petgraph::graph::NodeIndex;

/// Seconds that a token is good for when the policy says nothing.
pub const DISPATCH_SECONDS: u32 = 3_600;
/// Most seconds that a token is good for.
pub const MAX_DISPATCH_SECONDS: u32 = 604_800;

/// What an agent says of who it is and where it works.
struct Says<'a> {
    sub_pac: &'a str,
    gid: Option<&'a Gid>,
    name: Option<&'a Line>,
    lane: Option<&'a Lane>,
}

/// What a token is given for: what the authority block binds it to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// PAC.
    pub pac_id: String,
    /// Sub-PAC.
    pub sub_pac_id: String,
    /// Agent.
    pub agent: String,
    /// Lane.
    pub lane: String,
    /// Scope.
    pub scope: Scope,
    /// Session; `None` when the ledger is to name one.
    pub session: Option<String>,
    /// Seconds until it expires.
    pub seconds: u32,
}

impl Pac {
    /// The node of a Sub-PAC.
    pub(super) fn node_of(&self, sub_pac: &str) -> Result<NodeIndex> {
        match self.sub_pacs.get(&fold(sub_pac)) {
            Some(at) => Ok(*at),
            None => not_in_pac(&self.id, "Sub-PAC", sub_pac),
        }
    }

    pub(super) fn sub(&self, at: NodeIndex) -> Result<&SubPac> {
        let found = self.graph.as_ref().and_then(|g| g.at(at)).and_then(|p| p.sub_pac.as_ref());
        found.map_or_else(|| not_in_pac(&self.id, "Sub-PAC", "of this node"), Ok)
    }

    pub(super) fn sub_mut(&mut self, at: NodeIndex) -> Result<&mut SubPac> {
        let found = self.graph.as_mut().and_then(|g| g.at_mut(at)).and_then(|p| p.sub_pac.as_mut());
        found.map_or_else(|| not_in_pac(&self.id, "Sub-PAC", "of this node"), Ok)
    }

    /// The state that a step leads to.
    fn stepped(&self, at: NodeIndex, step: Step) -> Result<SubPacState> {
        let place = self.graph.as_ref().and_then(|g| g.at(at));
        let state = place.and_then(super::graph::Place::state).unwrap_or(SubPacState::Issued);
        match state.after(step) {
            Some(next) => Ok(next),
            None => {
                let id = self.sub(at).map(|s| s.id.clone()).unwrap_or_default();
                refuse(Code::WrongState, format!("{id} is {}", state.as_str()))
            }
        }
    }

    /// What must hold before an agent's own work is looked at; gives its node.
    fn enter(&self, registry: &Registry, o: &Occurrence<'_>, says: &Says<'_>) -> Result<NodeIndex> {
        gateway::agent(registry, o)?;
        self.gate()?;
        self.activated(o)?;
        gateway::identity(registry, o.actor, says.gid, says.name)?;
        self.solicited()?;
        let at = self.node_of(says.sub_pac)?;
        let sub = self.sub(at)?;
        if let Some(lane) = says.lane.filter(|l| **l != sub.lane && sub.agent == o.actor) {
            return refuse(Code::SubPacLane, format!("{} is of lane {}, not {lane}", sub.id, sub.lane));
        }
        Ok(at)
    }

    pub(super) fn dispatch(&mut self, registry: &Registry, o: &Occurrence<'_>, dispatch: &Dispatch) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        seconds(dispatch.expires_in)?;
        let unmet = |why: String| refuse(Code::DispatchDependency, why);
        let Some(at) = self.sub_pacs.get(&fold(dispatch.sub_pac_id.as_str())).copied() else {
            return unmet(format!("there is no {} in {}", dispatch.sub_pac_id, self.id));
        };
        let sub = self.sub(at)?;
        if gateway::kind(registry, &sub.agent) != Some(ActorKind::Agent) {
            return refuse(Code::IdentityDrift, format!("{} is no registered agent any more", sub.agent));
        }
        gateway::authorised(registry, &sub.agent, &sub.lane)?;
        let waiting = self.graph.as_ref().map(|g| g.unmet(at)).unwrap_or_default();
        if !waiting.is_empty() {
            return unmet(format!("{} waits for {}", sub.id, waiting.join(", ")));
        }
        if !matches!(sub.state, SubPacState::Issued | SubPacState::Failed) {
            return unmet(format!("attempt {} of {} was dispatched; it is {}", sub.attempt, sub.id, sub.state.as_str()));
        }
        let state = self.stepped(at, Step::Dispatch)?;
        self.sub_mut(at)?.state = state;
        self.due = Some(Due::token(o.sequence, at));
        Ok(())
    }

    pub(super) fn reissue(&mut self, registry: &Registry, o: &Occurrence<'_>, reissue: &Reissue) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        seconds(reissue.expires_in)?;
        not_blank("reason", reissue.reason.is_blank())?;
        let at = self.node_of(reissue.sub_pac_id.as_str())?;
        self.stepped(at, Step::Reissue)?;
        if let Some(grant) = &self.sub(at)?.grant {
            let id = grant.token_id.clone();
            self.revoked.insert(id);
        }
        self.due = Some(Due::token(o.sequence, at));
        Ok(())
    }

    /// What the token that is due is to be bound to.
    pub(crate) fn terms(&self, registry: &Registry, at: NodeIndex, session: Option<&Session>, expires_in: Option<u32>) -> Result<Terms> {
        let sub = self.sub(at)?;
        let policy = registry.policy().dispatch_seconds.unwrap_or(DISPATCH_SECONDS);
        Ok(Terms {
            pac_id: self.id.as_str().to_owned(),
            sub_pac_id: sub.id.clone(),
            agent: sub.agent.clone(),
            lane: sub.lane.as_str().to_owned(),
            scope: sub.scope.clone(),
            session: session.map(|s| s.as_str().to_owned()),
            seconds: expires_in.unwrap_or(policy),
        })
    }

    /// The token of a dispatch, by its id.
    pub(super) fn token_issued(&mut self, at: NodeIndex, o: &Occurrence<'_>, issue: &TokenIssue) -> Result<()> {
        if self.sub(at)?.id != issue.sub_pac_id.as_str() {
            return refuse(Code::InvalidIntent, "the token is of another Sub-PAC than the dispatch");
        }
        if self.tokens.contains_key(&issue.token_id) || issue.expires_at <= o.time.millis() {
            return refuse(Code::InvalidIntent, "the token was given before, or has expired already");
        }
        self.tokens.insert(issue.token_id.clone(), at);
        self.sub_mut(at)?.grant = Some(Grant {
            session: issue.session.as_str().to_owned(),
            expires_at: issue.expires_at,
            token_id: issue.token_id.clone(),
            spent: false,
            sequence: o.sequence,
        });
        Ok(())
    }

    pub(super) fn revoke_token(&mut self, registry: &Registry, o: &Occurrence<'_>, revocation: &TokenRevocation) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        not_blank("reason", revocation.reason.is_blank())?;
        if !self.revoked.insert(revocation.token_id.clone()) {
            return refuse(Code::WrongState, "the token was revoked before");
        }
        Ok(())
    }

    /// Whether the token that was shown is good for this Sub-PAC now.
    fn admit(&self, o: &Occurrence<'_>, at: NodeIndex, session: Option<&Session>) -> Result<()> {
        let sub = self.sub(at)?;
        let mismatch = |why: String| refuse(Code::DispatchMismatch, why);
        if sub.agent != o.actor {
            return mismatch(format!("{} is {}'s, not {}'s", sub.id, sub.agent, o.actor));
        }
        let shown = match o.token {
            Evidence::Recorded => None,
            Evidence::Nothing => return refuse(Code::DispatchNotFound, format!("no token was shown for {}", sub.id)),
            Evidence::Shown(shown) => Some(shown),
        };
        if let Some(shown) = shown {
            shown.is_for(self.id.as_str(), &sub.id, o.actor)?;
            self.admit_ids(o, at, &shown.ids)?;
        }
        let Some(grant) = &sub.grant else {
            return refuse(Code::DispatchNotFound, format!("attempt {} of {} was not dispatched", sub.attempt, sub.id));
        };
        match session {
            Some(session) if session.as_str() == grant.session => {}
            Some(session) => return mismatch(format!("the dispatch is bound to session {}, not {session}", grant.session)),
            None => return mismatch(format!("no `session` is named; the dispatch is bound to {}", grant.session)),
        }
        shown.map_or(Ok(()), |shown| shown.permits())
    }

    /// Whether the ids are those of a token that is good for this Sub-PAC now.
    fn admit_ids(&self, o: &Occurrence<'_>, at: NodeIndex, ids: &[TokenId]) -> Result<()> {
        let sub = self.sub(at)?;
        let missing = |why: String| refuse(Code::DispatchNotFound, why);
        let Some(first) = ids.first() else { return missing("the token has no id".to_owned()) };
        match self.tokens.get(first) {
            None => return refuse(Code::DispatchMismatch, format!("the token was not given for {}", self.id)),
            Some(of) if *of != at => return refuse(Code::DispatchMismatch, format!("the token is of another Sub-PAC than {}", sub.id)),
            Some(_) => {}
        }
        if ids.iter().any(|id| self.revoked.contains(id)) {
            return missing(format!("the token for {} was revoked", sub.id));
        }
        let Some(grant) = sub.grant.as_ref().filter(|g| g.token_id == *first) else {
            return missing(format!("the token is of an earlier attempt of {}", sub.id));
        };
        if grant.spent {
            return missing(format!("the token for {} was spent by its BER", sub.id));
        }
        if o.time.millis() >= grant.expires_at {
            return refuse(Code::DispatchExpired, format!("the token for {} has expired", sub.id));
        }
        Ok(())
    }

    /// The record of the token that was shown.
    pub(super) fn token_used(&mut self, at: NodeIndex, spend: bool, o: &Occurrence<'_>, used: &TokenUse) -> Result<()> {
        if self.sub(at)?.id != used.sub_pac_id.as_str() {
            return refuse(Code::InvalidIntent, "the token is of another Sub-PAC than the step that needed it");
        }
        self.admit_ids(o, at, &used.token_ids)?;
        if let Some(grant) = self.sub_mut(at)?.grant.as_mut().filter(|_| spend) {
            grant.spent = true;
        }
        Ok(())
    }

    pub(super) fn start(&mut self, registry: &Registry, o: &Occurrence<'_>, start: &Start) -> Result<()> {
        let says = Says {
            sub_pac: start.sub_pac_id.as_str(),
            gid: start.agent_gid.as_ref(),
            name: start.agent_name.as_ref(),
            lane: start.lane.as_ref(),
        };
        let at = self.enter(registry, o, &says)?;
        self.admit(o, at, start.session.as_ref())?;
        let state = self.stepped(at, Step::Start)?;
        self.sub_mut(at)?.state = state;
        self.due = Some(Due::usage(o.sequence, at, false));
        Ok(())
    }

    pub(super) fn submit_ber(&mut self, registry: &Registry, o: &Occurrence<'_>, ber: &BerSubmission) -> Result<()> {
        let says = Says {
            sub_pac: ber.sub_pac_id.as_str(),
            gid: ber.agent_gid.as_ref(),
            name: ber.agent_name.as_ref(),
            lane: ber.lane.as_ref(),
        };
        let at = self.enter(registry, o, &says)?;
        if let Some(waiting) = self.graph.as_ref().map(|g| g.unmet(at)).filter(|unmet| !unmet.is_empty()) {
            let why = format!("{} waits for the accepted BER of {}", ber.sub_pac_id, waiting.join(", "));
            return refuse(Code::BerDependency, why);
        }
        self.admit(o, at, ber.session.as_ref())?;
        if ber.tasks.is_empty() {
            return refuse(Code::InvalidIntent, "`tasks` is empty: a BER reports at least one task");
        }
        let sub = self.sub(at)?;
        for action in &ber.actions {
            scope::allows_action(&sub.scope, action)?;
        }
        for output in &ber.outputs {
            scope::allows_path(&sub.scope, &output.path)?;
        }
        flow::check_inputs(self, at, o.actor, ber)?;
        flow::check_outputs(self, at, ber)?;
        let step = if ber.status == Outcome::Pass { Step::Report } else { Step::ReportFailure };
        let state = self.stepped(at, step)?;
        let derived = || format!("BER-{}-{}-{}-{}", id_part(&sub.agent_name), self.short(), stamp(o), o.sequence);
        let id = ber.ber_id.as_ref().map_or_else(derived, |id| id.as_str().to_owned());
        let key = self.untaken(&id)?;
        self.ids.insert(key.clone());
        self.bers.insert(key, at);
        for output in &ber.outputs {
            self.outputs.entry(fold(output.path.place())).or_default().insert(at);
        }
        self.signers.insert(o.actor.to_owned());
        let sub = self.sub_mut(at)?;
        sub.state = state;
        sub.ber = Some(Ber { id, report: ber.clone(), sequence: o.sequence, time: o.time, verdict: None });
        if state == SubPacState::Failed {
            sub.failure = Some("the BER reports FAIL".to_owned());
            self.block();
        }
        self.due = Some(Due::usage(o.sequence, at, true));
        Ok(())
    }

    /// The orchestrator, or a human where the policy says so.
    fn judges(&self, registry: &Registry, o: &Occurrence<'_>, ber_id: &BerId) -> Result<NodeIndex> {
        if registry.policy().human_accepts_bers {
            gateway::human(registry, o)?;
            if o.auth != crate::entry::Auth::Signed {
                return refuse(Code::SignatureRequired, "a human judges a BER with their signature");
            }
        } else {
            gateway::orchestrator(registry, o)?;
        }
        self.gate()?;
        self.solicited()?;
        let Some(at) = self.bers.get(&fold(ber_id.as_str())).copied() else {
            return not_in_pac(&self.id, "BER", ber_id.as_str());
        };
        let present = self.sub(at)?.ber.as_ref().is_some_and(|b| fold(&b.id) == fold(ber_id.as_str()));
        if !present {
            return refuse(Code::WrongState, format!("{ber_id} is of an earlier attempt"));
        }
        Ok(at)
    }

    pub(super) fn accept_ber(&mut self, registry: &Registry, o: &Occurrence<'_>, acceptance: &BerAcceptance) -> Result<()> {
        let at = self.judges(registry, o, &acceptance.ber_id)?;
        let state = self.stepped(at, Step::Accept)?;
        let report = self.sub(at)?.ber.as_ref().map(|b| &b.report);
        let grave = report.and_then(|r| r.violations.iter().find(|v| v.severity != ReportedSeverity::Warning));
        if let Some(violation) = grave {
            let why = format!("{} reports a violation: {}", acceptance.ber_id, violation.code.as_str());
            return refuse(Code::BerBlocked, why);
        }
        let remarks = acceptance.remarks.as_ref().map(|r| r.as_str().to_owned());
        self.judge(at, state, BerVerdict { accepted: true, sequence: o.sequence, by: o.actor.to_owned(), remarks })
    }

    pub(super) fn reject_ber(&mut self, registry: &Registry, o: &Occurrence<'_>, rejection: &BerRejection) -> Result<()> {
        let at = self.judges(registry, o, &rejection.ber_id)?;
        let Some(reason) = rejection.reason.as_ref().filter(|r| !r.is_blank()) else {
            return refuse(Code::RejectionEvidence, format!("{} is rejected without a reason", rejection.ber_id));
        };
        let state = self.stepped(at, Step::Reject)?;
        let remarks = Some(reason.as_str().to_owned());
        self.judge(at, state, BerVerdict { accepted: false, sequence: o.sequence, by: o.actor.to_owned(), remarks })?;
        self.sub_mut(at)?.failure = Some(format!("the BER was rejected: {}", reason.as_str()));
        self.withdraw_outputs(at);
        self.block();
        Ok(())
    }

    fn judge(&mut self, at: NodeIndex, state: SubPacState, verdict: BerVerdict) -> Result<()> {
        let sub = self.sub_mut(at)?;
        sub.state = state;
        if let Some(ber) = &mut sub.ber {
            ber.verdict = Some(verdict);
        }
        Ok(())
    }

    pub(super) fn record_pdo(&mut self, registry: &Registry, o: &Occurrence<'_>, record: &PdoRecord) -> Result<()> {
        let says = Says {
            sub_pac: record.sub_pac_id.as_str(),
            gid: record.agent_gid.as_ref(),
            name: record.agent_name.as_ref(),
            lane: record.lane.as_ref(),
        };
        let at = self.enter(registry, o, &says)?;
        let sub = self.sub(at)?;
        if sub.agent != o.actor {
            return refuse(Code::IdentityDrift, format!("{} is {}'s; {} files its PDO", sub.id, sub.agent, o.actor));
        }
        let Some(ber) = sub.accepted_ber() else {
            return refuse(Code::BerDependency, format!("{} has no accepted BER", sub.id));
        };
        if let Some(named) = record.ber_id.as_ref().filter(|b| fold(b.as_str()) != fold(&ber.id)) {
            return refuse(Code::BerDependency, format!("{named} is not the accepted BER of {}, which is {}", sub.id, ber.id));
        }
        let state = self.stepped(at, Step::Record)?;
        let derived = || format!("PDO-{}-{}-{}-{}", id_part(&sub.agent_name), self.short(), stamp(o), o.sequence);
        let id = record.pdo_id.as_ref().map_or_else(derived, |id| id.as_str().to_owned());
        let key = self.untaken(&id)?;
        self.ids.insert(key);
        let sub = self.sub_mut(at)?;
        sub.state = state;
        sub.pdo = Some(Pdo { id, hash: hex::encode(record.pdo_hash.0), sequence: o.sequence, time: o.time });
        if let Some(graph) = &mut self.graph {
            graph.release(at);
        }
        Ok(())
    }

    /// By the orchestrator, or the agent itself.
    pub(super) fn fail(&mut self, registry: &Registry, o: &Occurrence<'_>, failure: &Failure) -> Result<()> {
        let orchestrates = o.actor == registry.orchestrator();
        if !orchestrates {
            gateway::agent(registry, o)?;
        }
        self.gate()?;
        self.activated(o)?;
        self.solicited()?;
        let at = self.node_of(failure.sub_pac_id.as_str())?;
        let sub = self.sub(at)?;
        if !orchestrates && sub.agent != o.actor {
            return refuse(Code::IdentityDrift, format!("{} is {}'s; {} gives it up", sub.id, sub.agent, o.actor));
        }
        not_blank("reason", failure.reason.is_blank())?;
        let state = self.stepped(at, Step::Fail)?;
        let sub = self.sub_mut(at)?;
        sub.state = state;
        sub.failure = Some(failure.reason.as_str().to_owned());
        self.withdraw_outputs(at);
        self.block();
        Ok(())
    }

    pub(super) fn retry(&mut self, registry: &Registry, o: &Occurrence<'_>, retry: &Retry) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        let at = self.node_of(retry.sub_pac_id.as_str())?;
        self.stepped(at, Step::Retry)?;
        let reason = retry.reason.as_ref().map_or("retried", |r| r.as_str()).to_owned();
        self.sub_mut(at)?.begin_again(reason);
        self.withdraw_outputs(at);
        self.block();
        Ok(())
    }

    /// A rejecting review wants these done again, and what depends on them.
    pub(super) fn reopen(&mut self, sub_pacs: &[NodeIndex], reason: &str) -> Result<()> {
        let mut all: std::collections::BTreeSet<NodeIndex> = sub_pacs.iter().copied().collect();
        if let Some(graph) = &self.graph {
            all.extend(sub_pacs.iter().flat_map(|at| graph.dependents(*at)));
        }
        for at in all {
            let place = self.graph.as_ref().and_then(|g| g.at(at));
            let reopens = place.is_some_and(|p| {
                p.waived.is_none() && p.sub_pac.as_ref().is_some_and(|s| s.state.after(Step::Reopen).is_some())
            });
            if !reopens {
                continue;
            }
            let was_done = place.is_some_and(super::graph::Place::is_done);
            self.sub_mut(at)?.begin_again(reason.to_owned());
            self.withdraw_outputs(at);
            if let Some(graph) = self.graph.as_mut().filter(|_| was_done) {
                graph.hold(at);
            }
        }
        Ok(())
    }

    fn withdraw_outputs(&mut self, at: NodeIndex) {
        for nodes in self.outputs.values_mut() {
            nodes.remove(&at);
        }
    }

    fn block(&mut self) {
        if let Some(graph) = &mut self.graph {
            graph.block();
        }
    }
}

/// `expires_in` within its bounds.
fn seconds(expires_in: Option<u32>) -> Result<()> {
    match expires_in {
        Some(s) if !(1..=MAX_DISPATCH_SECONDS).contains(&s) => {
            refuse(Code::InvalidIntent, format!("`expires_in` is 1 to {MAX_DISPATCH_SECONDS} seconds"))
        }
        _ => Ok(()),
    }
}

/// `YYYYMMDDHHMMSS`, as ids hold it.
pub(super) fn stamp(o: &Occurrence<'_>) -> String {
    let text = o.time.to_string();
    text.bytes().take(19).filter(u8::is_ascii_digit).map(char::from).collect()
}
