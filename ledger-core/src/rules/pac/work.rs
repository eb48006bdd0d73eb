//! The work: execution, BERs, PDOs, failures and further attempts.
//!
//! Not here: dispatch and tokens (`dispatch`). Invariant: nothing is COMPLETE without an accepted BER and its PDO; a failure blocks exactly
//! what depends on it. Source: DOMAIN.md §4, seed 000.

use super::plan::{id_part, not_blank};
use super::sub_pac::{Ber, BerVerdict, Pdo, Step, SubPac, SubPacState};
use super::{Due, DueKind, Pac, flow, gateway, not_in_pac, refuse, scope};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::work::{
    BerAcceptance, BerRejection, BerSubmission, Failure, Outcome, PdoRecord, ReportedSeverity, Retry, Start,
};
use crate::names::{BerId, Gid, Lane, Line, fold};
use crate::rules::Occurrence;
use crate::rules::registry::Registry;
use petgraph::graph::NodeIndex;

/// What an agent says of who it is and where it works.
struct Says<'a> {
    sub_pac: &'a str,
    gid: Option<&'a Gid>,
    name: Option<&'a Line>,
    lane: Option<&'a Lane>,
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
    pub(super) fn stepped(&self, at: NodeIndex, step: Step) -> Result<SubPacState> {
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
        self.due = Some(Due::of(o, DueKind::Usage(at, false)));
        Ok(())
    }

    pub(super) fn submit_ber(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        ber: &BerSubmission,
    ) -> Result<()> {
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
        let name = id_part(&sub.agent_name);
        let derived = || self.derived("BER-", &name, &format!("{}-{}", stamp(o), o.sequence));
        let id = ber.ber_id.as_ref().map_or_else(derived, |id| id.as_str().to_owned());
        if fold(&id).starts_with("ber-human-") {
            return refuse(
                Code::InvalidName,
                format!("{id} is no BER of an agent: BER-HUMAN- is for reviews"),
            );
        }
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
            self.withdraw_outputs(at);
            self.block();
        }
        self.due = Some(Due::of(o, DueKind::Usage(at, true)));
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

    pub(super) fn accept_ber(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        acceptance: &BerAcceptance,
    ) -> Result<()> {
        let at = self.judges(registry, o, &acceptance.ber_id)?;
        let state = self.stepped(at, Step::Accept)?;
        let report = self.sub(at)?.ber.as_ref().map(|b| &b.report);
        let grave =
            report.and_then(|r| r.violations.iter().find(|v| v.severity != ReportedSeverity::Warning));
        if let Some(violation) = grave {
            let why = format!("{} reports a violation: {}", acceptance.ber_id, violation.code.as_str());
            return refuse(Code::BerBlocked, why);
        }
        let remarks = acceptance.remarks.as_ref().map(|r| r.as_str().to_owned());
        self.judge(
            at,
            state,
            BerVerdict { accepted: true, sequence: o.sequence, by: o.actor.to_owned(), remarks },
        )
    }

    pub(super) fn reject_ber(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        rejection: &BerRejection,
    ) -> Result<()> {
        let at = self.judges(registry, o, &rejection.ber_id)?;
        let Some(reason) = rejection.reason.as_ref().filter(|r| !r.is_blank()) else {
            return refuse(
                Code::RejectionEvidence,
                format!("{} is rejected without a reason", rejection.ber_id),
            );
        };
        let state = self.stepped(at, Step::Reject)?;
        let remarks = Some(reason.as_str().to_owned());
        self.judge(
            at,
            state,
            BerVerdict { accepted: false, sequence: o.sequence, by: o.actor.to_owned(), remarks },
        )?;
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

    pub(super) fn record_pdo(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        record: &PdoRecord,
    ) -> Result<()> {
        let says = Says {
            sub_pac: record.sub_pac_id.as_str(),
            gid: record.agent_gid.as_ref(),
            name: record.agent_name.as_ref(),
            lane: record.lane.as_ref(),
        };
        let at = self.enter(registry, o, &says)?;
        let sub = self.sub(at)?;
        if sub.agent != o.actor {
            return refuse(
                Code::IdentityDrift,
                format!("{} is {}'s; {} files its PDO", sub.id, sub.agent, o.actor),
            );
        }
        let Some(ber) = sub.accepted_ber() else {
            return refuse(Code::BerDependency, format!("{} has no accepted BER", sub.id));
        };
        if let Some(named) = record.ber_id.as_ref().filter(|b| fold(b.as_str()) != fold(&ber.id)) {
            return refuse(
                Code::BerDependency,
                format!("{named} is not the accepted BER of {}, which is {}", sub.id, ber.id),
            );
        }
        let state = self.stepped(at, Step::Record)?;
        let name = id_part(&sub.agent_name);
        let derived = || self.derived("PDO-", &name, &format!("{}-{}", stamp(o), o.sequence));
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
            return refuse(
                Code::IdentityDrift,
                format!("{} is {}'s; {} gives it up", sub.id, sub.agent, o.actor),
            );
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
                p.waived.is_none()
                    && p.sub_pac.as_ref().is_some_and(|s| s.state.after(Step::Reopen).is_some())
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

    pub(super) fn withdraw_outputs(&mut self, at: NodeIndex) {
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

/// `YYYYMMDDHHMMSS`, as ids hold it.
pub(super) fn stamp(o: &Occurrence<'_>) -> String {
    let text = o.time.to_string();
    text.bytes().take(19).filter(u8::is_ascii_digit).map(char::from).collect()
}
