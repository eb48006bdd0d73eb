//! Dispatch and tokens: who may execute what, until when, and whether the token that is shown is good.
//!
//! Not here: cryptography of tokens (`token`); what is read here is which token was shown. Invariant: no attempt is dispatched twice, no
//! token is good twice, and none is good that was revoked, or narrowed from one that was. Source: DOMAIN.md §4, seed 000 T3.

use super::plan::not_blank;
use super::sub_pac::{Grant, Step, SubPacState};
use super::{Due, DueKind, Pac, gateway, refuse};
use crate::codes::Code;
use crate::entry::Auth;
use crate::error::Result;
use crate::event::body::pac::Scope;
use crate::event::body::work::{Dispatch, Reissue, TokenId, TokenIssue, TokenRevocation, TokenUse};
use crate::names::{Session, fold};
use crate::rules::registry::{ActorKind, Registry};
use crate::rules::{Evidence, Occurrence};
use crate::time::Timestamp;
use petgraph::graph::NodeIndex;

/// Seconds that a token is good for when the policy says nothing.
pub const DISPATCH_SECONDS: u32 = 3_600;
/// Most seconds that a token is good for.
pub const MAX_DISPATCH_SECONDS: u32 = 604_800;

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
    /// When it expires, milliseconds since 1970.
    pub expires_at: i64,
}

impl Pac {
    pub(super) fn dispatch(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        dispatch: &Dispatch,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        let seconds = seconds(registry, dispatch.expires_in)?;
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
        if sub.state != SubPacState::Issued {
            return unmet(format!(
                "attempt {} of {} was dispatched; it is {}",
                sub.attempt,
                sub.id,
                sub.state.as_str()
            ));
        }
        let state = self.stepped(at, Step::Dispatch)?;
        self.sub_mut(at)?.state = state;
        self.due = Some(Due::of(o, DueKind::Token(at, dispatch.session.clone(), seconds)));
        Ok(())
    }

    pub(super) fn reissue(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        reissue: &Reissue,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        self.gate()?;
        self.solicited()?;
        let seconds = seconds(registry, reissue.expires_in)?;
        not_blank("reason", reissue.reason.is_blank())?;
        let at = self.node_of(reissue.sub_pac_id.as_str())?;
        self.stepped(at, Step::Reissue)?;
        if let Some(grant) = &self.sub(at)?.grant {
            let id = grant.token_id.clone();
            self.revoked.insert(id);
        }
        self.due = Some(Due::of(o, DueKind::Token(at, reissue.session.clone(), seconds)));
        Ok(())
    }

    /// What the token that is due is to be bound to.
    pub(crate) fn terms(&self, at: NodeIndex, session: Option<&Session>, expires_at: i64) -> Result<Terms> {
        let sub = self.sub(at)?;
        Ok(Terms {
            pac_id: self.id.as_str().to_owned(),
            sub_pac_id: sub.id.clone(),
            agent: sub.agent.clone(),
            lane: sub.lane.as_str().to_owned(),
            scope: sub.scope.clone(),
            session: session.map(|s| s.as_str().to_owned()),
            expires_at,
        })
    }

    /// The token of a dispatch, by its id.
    pub(super) fn token_issued(
        &mut self,
        at: NodeIndex,
        session: Option<&Session>,
        seconds: u32,
        o: &Occurrence<'_>,
        issue: &TokenIssue,
    ) -> Result<()> {
        if self.sub(at)?.id != issue.sub_pac_id.as_str() {
            return refuse(Code::InvalidIntent, "the token is of another Sub-PAC than the dispatch");
        }
        if self.tokens.contains_key(&issue.token_id) {
            return refuse(Code::InvalidIntent, "the token was given before");
        }
        if session.is_some_and(|s| *s != issue.session) || issue.expires_at != expiry(o.time, seconds) {
            return refuse(Code::InvalidIntent, "the token has another session or expiry than the dispatch");
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

    pub(super) fn revoke_token(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        revocation: &TokenRevocation,
    ) -> Result<()> {
        gateway::orchestrator(registry, o)?;
        not_blank("reason", revocation.reason.is_blank())?;
        if !self.revoked.insert(revocation.token_id.clone()) {
            return refuse(Code::WrongState, "the token was revoked before");
        }
        Ok(())
    }

    /// Whether the token that was shown is good for this Sub-PAC now.
    pub(super) fn admit(&self, o: &Occurrence<'_>, at: NodeIndex, session: Option<&Session>) -> Result<()> {
        let sub = self.sub(at)?;
        let mismatch = |why: String| refuse(Code::DispatchMismatch, why);
        if sub.agent != o.actor {
            return mismatch(format!("{} is {}'s, not {}'s", sub.id, sub.agent, o.actor));
        }
        let shown = match o.token {
            // A step that is in the log came with its token, or with a signature beside it.
            Evidence::Recorded if o.auth == Auth::Asserted => {
                return refuse(Code::DispatchNotFound, format!("no token was shown for {}", sub.id));
            }
            Evidence::Recorded => None,
            Evidence::Nothing | Evidence::Grant(_) => {
                return refuse(Code::DispatchNotFound, format!("no token was shown for {}", sub.id));
            }
            Evidence::Shown(shown) => Some(shown),
        };
        if let Some(shown) = shown {
            shown.is_for(self.id.as_str(), &sub.id, o.actor)?;
            self.admit_ids(o, at, &shown.ids)?;
        }
        let Some(grant) = &sub.grant else {
            return refuse(
                Code::DispatchNotFound,
                format!("attempt {} of {} was not dispatched", sub.attempt, sub.id),
            );
        };
        match session {
            Some(session) if session.as_str() == grant.session => {}
            Some(session) => {
                return mismatch(format!(
                    "the dispatch is bound to session {}, not {session}",
                    grant.session
                ));
            }
            None => {
                return mismatch(format!(
                    "no `session` is named; the dispatch is bound to {}",
                    grant.session
                ));
            }
        }
        shown.map_or(Ok(()), crate::rules::Shown::permits)
    }

    /// Whether the ids are those of a token that is good for this Sub-PAC now.
    fn admit_ids(&self, o: &Occurrence<'_>, at: NodeIndex, ids: &[TokenId]) -> Result<()> {
        let sub = self.sub(at)?;
        let missing = |why: String| refuse(Code::DispatchNotFound, why);
        let Some(first) = ids.first() else { return missing("the token has no id".to_owned()) };
        match self.tokens.get(first) {
            None => {
                return refuse(Code::DispatchMismatch, format!("the token was not given for {}", self.id));
            }
            Some(of) if *of != at => {
                return refuse(
                    Code::DispatchMismatch,
                    format!("the token is of another Sub-PAC than {}", sub.id),
                );
            }
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
    pub(super) fn token_used(
        &mut self,
        at: NodeIndex,
        spend: bool,
        o: &Occurrence<'_>,
        used: &TokenUse,
    ) -> Result<()> {
        if self.sub(at)?.id != used.sub_pac_id.as_str() {
            return refuse(
                Code::InvalidIntent,
                "the token is of another Sub-PAC than the step that needed it",
            );
        }
        self.admit_ids(o, at, &used.token_ids)?;
        if let Some(grant) = self.sub_mut(at)?.grant.as_mut().filter(|_| spend) {
            grant.spent = true;
        }
        Ok(())
    }
}

/// Seconds that a token is good for: `expires_in` within its bounds, or what the policy says.
fn seconds(registry: &Registry, expires_in: Option<u32>) -> Result<u32> {
    match expires_in {
        Some(s) if !(1..=MAX_DISPATCH_SECONDS).contains(&s) => {
            refuse(Code::InvalidIntent, format!("`expires_in` is 1 to {MAX_DISPATCH_SECONDS} seconds"))
        }
        asked => Ok(asked.or(registry.policy().dispatch_seconds).unwrap_or(DISPATCH_SECONDS)),
    }
}

/// When a token expires that is given now: a token's dates are whole seconds.
#[must_use]
pub fn expiry(now: Timestamp, seconds: u32) -> i64 {
    now.millis().div_euclid(1000).saturating_add(i64::from(seconds)).saturating_mul(1000)
}
