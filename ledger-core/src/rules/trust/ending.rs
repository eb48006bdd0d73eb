//! How grants end and stand still, and whether one is good at a time.
//!
//! Invariant: a grant is good only while everything that it rests on is, up to an authority that is one still; so an end is one event,
//! whatever rests on the grant. What has ended never begins again; only a suspension does. Source: DOMAIN.md §9.

use super::{Tree, refuse};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::trust::{GrantResumption, GrantRevocation, Posture, RevocationMode};
use crate::names::GrantId;
use crate::rules::Occurrence;
use crate::rules::pac::Moment;
use crate::rules::registry::Registry;
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// How a grant was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndKind {
    /// Revoked at once.
    Immediate,
    /// Revoked at a time.
    Graceful,
    /// Handed over.
    Transferred,
}

/// The end of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// By whom.
    pub by: String,
    /// How.
    pub kind: EndKind,
    /// When it was decided.
    pub when: Moment,
    /// When it takes effect, milliseconds since 1970.
    pub effective: i64,
    /// Why.
    pub reason: String,
}

impl End {
    /// Whether it has come. Only a graceful one waits: any other holds wherever it is in the log, whatever a clock says.
    #[must_use]
    pub fn has_come(&self, time: i64) -> bool {
        self.kind != EndKind::Graceful || self.effective <= time
    }
}

/// Why something is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The grant at which it is wrong.
    pub grant_id: Option<GrantId>,
}

impl Tree {
    pub(super) fn revoke(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        e: &GrantRevocation,
    ) -> Result<()> {
        let at = self.index(&e.grant_id)?;
        let renounced = self.at(at).is_some_and(|g| g.holder == o.actor);
        if !renounced {
            self.may_limit(registry, o, at)?;
        }
        let now = o.time.millis();
        let effective = match (e.mode, e.at) {
            (RevocationMode::Graceful, Some(time)) if time > now => time,
            (RevocationMode::Graceful, _) => {
                return refuse(Code::InvalidIntent, "a graceful revocation has `at`, later than now");
            }
            (_, Some(_)) => return refuse(Code::InvalidIntent, "only a graceful revocation has `at`"),
            (_, None) => now,
        };
        let Some(grant) = self.at_mut(at) else { return Ok(()) };
        let reason = e.reason.as_str().to_owned();
        if e.mode == RevocationMode::Suspend {
            if grant.end.is_none() && grant.suspended.is_none() {
                grant.suspended = Some((Moment::of(o), reason));
            }
            return Ok(());
        }
        // Repeated, it changes nothing; only sooner is a change.
        if grant.end.as_ref().is_none_or(|end| !end.has_come(now) && effective < end.effective) {
            let kind = match e.mode {
                RevocationMode::Graceful => EndKind::Graceful,
                RevocationMode::Immediate | RevocationMode::Suspend => EndKind::Immediate,
            };
            grant.end = Some(End { by: o.actor.to_owned(), kind, when: Moment::of(o), effective, reason });
        }
        Ok(())
    }

    pub(super) fn resume(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        e: &GrantResumption,
    ) -> Result<()> {
        let at = self.index(&e.grant_id)?;
        self.may_limit(registry, o, at)?;
        let now = o.time.millis();
        let Some(grant) = self.at_mut(at) else { return Ok(()) };
        if let Some(end) = grant.end.as_ref().filter(|end| end.has_come(now)) {
            let why = format!("{} was ended by entry {}, for good", grant.id, end.when.sequence);
            return refuse(Code::GrantEnded, why);
        }
        if grant.suspended.take().is_none() {
            return refuse(Code::WrongState, format!("{} is not suspended", grant.id));
        }
        Ok(())
    }

    /// Why a grant is not good at this time: everything that is wrong with it and with what it rests on.
    #[must_use]
    pub fn failings(&self, at: usize, time: i64, registry: &Registry) -> Vec<Reason> {
        let mut all = Vec::new();
        for (_, grant) in self.chain(at) {
            let mut say = |code: Code, message: String| {
                all.push(Reason { code, message, grant_id: Some(grant.id.clone()) });
            };
            if let Some(end) = grant.end.as_ref().filter(|end| end.has_come(time)) {
                let how = if end.kind == EndKind::Transferred { "was handed over" } else { "was revoked" };
                say(
                    Code::GrantEnded,
                    format!(
                        "{} {how} by {} in entry {}: {}",
                        grant.id, end.by, end.when.sequence, end.reason
                    ),
                );
            }
            if let Some((since, reason)) = &grant.suspended {
                say(
                    Code::GrantEnded,
                    format!("{} is suspended since entry {}: {reason}", grant.id, since.sequence),
                );
            }
            if let Some(expiry) = grant.expires_at.filter(|expiry| *expiry <= time) {
                let when =
                    Timestamp::from_millis(expiry).map_or_else(|| expiry.to_string(), |t| t.to_string());
                say(Code::GrantEnded, format!("{} expired at {when}", grant.id));
            }
            if !registry.is_active(&grant.holder) {
                say(Code::GrantEnded, format!("{}, who holds {}, was retired", grant.holder, grant.id));
            }
            if registry.standing().posture(&grant.holder) == Posture::Pseudo {
                say(Code::PostureTooLow, format!("{}, who holds {}, is pseudo", grant.holder, grant.id));
            }
        }
        let author = &self.root.author;
        if registry.standing().authority(author).is_none() || !registry.is_active(author) {
            let message = format!("{author}, who established {}, is no authority any more", self.root.id);
            all.push(Reason { code: Code::AuthorityUnknown, message, grant_id: Some(self.root.id.clone()) });
        }
        all
    }

    /// The first reason why a grant is not good.
    pub(super) fn must_stand(&self, at: usize, time: i64, registry: &Registry) -> Result<()> {
        match self.failings(at, time, registry).into_iter().next() {
            Some(reason) => refuse(reason.code, reason.message),
            None => Ok(()),
        }
    }
}
