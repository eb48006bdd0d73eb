//! Access over the network: which tokens were given, which are good no more, and what their holders may do.
//!
//! Not here: signatures of tokens and what they were narrowed to (`token`), connections, sessions. Invariant: a token that was not
//! recorded as given lets nobody in; revoking one ends everything that was narrowed from it. Source: DESIGN.md §9, DOMAIN.md §2.

use super::Occurrence;
use super::registry::{ActorKind, Registry};
use crate::codes::Code;
use crate::entry::Auth;
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::event::body::access::{AccessRecord, AccessTokenIssue, AccessTokenRevocation, Role};
use crate::event::body::work::TokenId;
use std::collections::BTreeMap;

/// Longest that a token may be good for, in milliseconds: 366 days.
pub const LONGEST: i64 = 366 * 86_400_000;
/// Who is named in the record of a request without a token; nobody can be registered by this GID.
pub const NOBODY: &str = "GID-NOBODY";

/// A token that was given.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// Who holds it.
    pub gid: String,
    /// What its holder may do.
    pub role: Role,
    /// What it is for.
    pub label: Option<String>,
    /// When it ends, milliseconds since 1970.
    pub expires_at: i64,
    /// The entry that records it.
    pub since: u64,
}

/// All that were given, and all ids that were revoked, those of narrowed tokens among them.
#[derive(Clone, Debug, Default)]
pub struct AccessTokens {
    issued: BTreeMap<TokenId, AccessToken>,
    held: BTreeMap<String, Vec<TokenId>>,
    revoked: BTreeMap<TokenId, u64>,
}

/// The holder of a token, as the token says and its signature proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub gid: String,
    /// What they may do.
    pub role: Role,
    /// When the token ends, milliseconds since 1970.
    pub expires_at: i64,
    /// Revocation ids of its blocks, the authority block's first.
    pub ids: Vec<TokenId>,
}

impl AccessTokens {
    /// All that were given, by id.
    pub fn issued(&self) -> impl Iterator<Item = (&TokenId, &AccessToken)> {
        self.issued.iter()
    }

    /// The entry that revoked this id.
    #[must_use]
    pub fn revoked(&self, id: &TokenId) -> Option<u64> {
        self.revoked.get(id).copied()
    }

    /// Whether this actor holds a token that is good at this time for appending intents of this kind: what an entry rests on that says so.
    ///
    /// # Errors
    /// `LG_612` when there is none.
    pub fn vouch(&self, gid: &str, kind: EventKind, time: i64) -> Result<()> {
        let held = self.held.get(gid).into_iter().flatten();
        let mut good = held.filter_map(|id| Some((id, self.issued.get(id).filter(|t| time < t.expires_at)?)));
        if good.any(|(id, token)| self.revoked(id).is_none() && appends(token.role, kind)) {
            return Ok(());
        }
        Err(Error::new(Code::AccessDenied, format!("{gid} holds no token that permits this")))
    }

    /// Whether the token is good at this time.
    ///
    /// # Errors
    /// `LG_610` when it was not given, `LG_611` when it has ended.
    pub fn admit(&self, holder: &Holder, time: i64) -> Result<()> {
        if !holder.ids.first().is_some_and(|id| self.issued.contains_key(id)) {
            return Err(Error::new(Code::Unauthenticated, "the token is not recorded as given"));
        }
        if let Some(at) = holder.ids.iter().find_map(|id| self.revoked(id)) {
            return Err(Error::new(Code::AccessEnded, "the token was revoked").at(at));
        }
        if time >= holder.expires_at {
            return Err(Error::new(Code::AccessEnded, "the token has expired"));
        }
        Ok(())
    }
}

/// Whether a role may append intents of this kind at all.
const fn appends(role: Role, kind: EventKind) -> bool {
    let of_review = matches!(
        kind,
        EventKind::ReviewOpened
            | EventKind::ReviewChallenged
            | EventKind::ReviewAnswered
            | EventKind::ReviewVerdict
            | EventKind::EnrolmentUsed
    );
    match role {
        Role::Reader => false,
        Role::Reviewer => of_review,
        Role::Appender | Role::Orchestrator | Role::Admin => true,
    }
}

impl Holder {
    /// Whether they may append an intent of this kind by this actor.
    ///
    /// # Errors
    /// `LG_612`.
    pub fn may_append(&self, kind: EventKind, actor: &str, auth: Auth) -> Result<()> {
        let denied = |why: String| Err(Error::new(Code::AccessDenied, why));
        if !appends(self.role, kind) {
            let what = if self.role == Role::Reader { "read" } else { "review" };
            return denied(format!("{} may {what} only with this token", self.gid));
        }
        if actor == self.gid || (self.role == Role::Admin && auth == Auth::Signed) {
            return Ok(());
        }
        denied(format!("the token is {}'s, and the intent is by {actor}", self.gid))
    }
}

impl Registry {
    /// The orchestrator for agents and services that read or append; admins for everything.
    fn require_giver(&self, o: &Occurrence<'_>, gid: &str, role: Role) -> Result<()> {
        let human = self.actor(gid).is_none_or(|a| a.kind == ActorKind::Human);
        if o.actor == self.orchestrator() && !human && matches!(role, Role::Reader | Role::Appender) {
            return Ok(());
        }
        self.require_admin(o)
    }

    pub(super) fn issue_access_token(&mut self, o: &Occurrence<'_>, issue: &AccessTokenIssue) -> Result<()> {
        let (gid, role) = (issue.gid.as_str(), issue.role);
        self.require_giver(o, gid, role)?;
        let invalid = |why: String| Err(Error::new(Code::InvalidIntent, why));
        let Some(actor) = self.actor(gid).filter(|a| !a.retired) else {
            return Err(Error::new(Code::NotRegistered, format!("{gid} is not registered, or was retired")));
        };
        let fits = match role {
            Role::Reader | Role::Appender => true,
            Role::Reviewer => actor.kind == ActorKind::Human,
            Role::Orchestrator => gid == self.orchestrator(),
            Role::Admin => actor.admin,
        };
        if !fits {
            return invalid(format!("{gid} cannot be {}", role.as_str()));
        }
        let left = issue.expires_at.saturating_sub(o.time.millis());
        if !(1..=LONGEST).contains(&left) {
            return invalid("`expires_at` is later than now, by 366 days at most".to_owned());
        }
        let tokens = self.access_mut();
        if tokens.issued.contains_key(&issue.token_id) {
            return Err(Error::new(Code::AlreadyRegistered, "the token was recorded before"));
        }
        let token = AccessToken {
            gid: gid.to_owned(),
            role,
            label: issue.label.as_ref().map(|l| l.as_str().to_owned()),
            expires_at: issue.expires_at,
            since: o.sequence,
        };
        tokens.held.entry(gid.to_owned()).or_default().push(issue.token_id.clone());
        tokens.issued.insert(issue.token_id.clone(), token);
        Ok(())
    }

    /// Its holder, whoever may give one like it, and admins, who alone may name one that was narrowed.
    pub(super) fn revoke_access_token(
        &mut self,
        o: &Occurrence<'_>,
        revocation: &AccessTokenRevocation,
    ) -> Result<()> {
        match self.access().issued.get(&revocation.token_id) {
            Some(token) if token.gid == o.actor => {}
            Some(token) => self.require_giver(o, &token.gid, token.role)?,
            None => self.require_admin(o)?,
        }
        let tokens = self.access_mut();
        if let Some(at) = tokens.revoked(&revocation.token_id) {
            return Err(Error::new(Code::Retired, format!("the token was revoked by entry {at}")));
        }
        tokens.revoked.insert(revocation.token_id.clone(), o.sequence);
        Ok(())
    }
}

/// Nobody signs the record of a request: it says whose token came with it.
pub(super) fn recorded_by_the_log(o: &Occurrence<'_>, record: &AccessRecord) -> Result<()> {
    if o.auth == Auth::Asserted && o.actor == record.gid.as_str() && record.count > 0 {
        return Ok(());
    }
    let why = "access is recorded of the holder that it names, whose identification counts as asserted";
    Err(Error::new(Code::InvalidIntent, why))
}
