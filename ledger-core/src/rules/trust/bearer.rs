//! Grants that are carried as tokens: which were given, which are good no more, and what they were narrowed to.
//!
//! Not here: cryptography (`token`). Invariant: a narrowing that was made offline binds as a grant that was passed on: it is judged by the
//! same constraints, and what it limits in number is counted by its own id. Source: DOMAIN.md §9, DESIGN.md §9.

use super::{Fit, Tree, refuse};
use crate::codes::Code;
use crate::constraint::{Request, Usage};
use crate::error::Result;
use crate::event::body::grant_token::{
    GrantTokenIssue, GrantTokenOrder, GrantTokenRevocation, GrantTokenUse, NarrowedToken,
};
use crate::event::body::trust::Posture;
use crate::event::body::work::TokenId;
use crate::names::GrantId;
use crate::rules::registry::Registry;
use crate::rules::{Evidence, Occurrence, Refusal};
use std::collections::BTreeMap;

/// Seconds that a token is good for when nothing is said.
const USUAL_SECONDS: u32 = 3_600;
/// Most seconds that one may be good for: a week.
const MOST_SECONDS: u32 = 604_800;

/// A grant token that this ledger signed, as far as cryptography tells.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownGrant {
    /// Revocation ids of its blocks, the authority block's first.
    pub ids: Vec<TokenId>,
    /// Root of the tree.
    pub root: String,
    /// The grant.
    pub grant_id: String,
    /// What it was narrowed to.
    pub narrowings: Vec<NarrowedToken>,
    /// Why other checks of it do not permit this.
    pub refusal: Option<Refusal>,
}

/// Tokens of a tree.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Grant and end of each that was given.
    issued: BTreeMap<TokenId, (usize, i64)>,
    /// The entry that revoked each that was.
    revoked: BTreeMap<TokenId, u64>,
    /// What was done by each narrowing.
    usage: BTreeMap<TokenId, Usage>,
}

/// What the last event of a tree owes.
pub type TreeDue = crate::rules::due::Due<TreeDueKind>;

/// What a tree can owe.
#[derive(Clone, Debug)]
pub enum TreeDueKind {
    /// A token for this grant, good until then.
    Token(GrantId, i64),
    /// The token by which this was done.
    Usage(Fit, Box<Request>),
}

impl Tree {
    /// Orders a token for a grant.
    pub(super) fn order_token(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        e: &GrantTokenOrder,
    ) -> Result<()> {
        let at = self.index(&e.grant_id)?;
        self.may_record(registry, o, at)?;
        self.must_stand(at, o.time.millis(), registry)?;
        let seconds = e.expires_in.unwrap_or(USUAL_SECONDS);
        if !(1..=MOST_SECONDS).contains(&seconds) {
            return refuse(Code::InvalidIntent, format!("`expires_in` is 1 to {MOST_SECONDS} seconds"));
        }
        let end = o.time.millis().saturating_add(i64::from(seconds).saturating_mul(1_000));
        let end = self.expiry(at).map_or(end, |expiry| end.min(expiry));
        // Tokens have whole seconds.
        let end = end.div_euclid(1_000).saturating_mul(1_000);
        if end <= o.time.millis() {
            return refuse(Code::ExpiryBeyond, format!("{} ends within a second", e.grant_id));
        }
        self.due = Some(TreeDue::of(o, TreeDueKind::Token(e.grant_id.clone(), end)));
        Ok(())
    }

    pub(super) fn token_issued(&mut self, grant: &GrantId, end: i64, e: &GrantTokenIssue) -> Result<()> {
        let at = self.index(grant)?;
        if e.grant_id != *grant || e.expires_at != end {
            return refuse(Code::InvalidIntent, format!("a token for {grant} that ends at {end} is owed"));
        }
        if self.tokens.issued.contains_key(&e.token_id) {
            return refuse(Code::GrantExists, "a token of this id was given before");
        }
        self.tokens.issued.insert(e.token_id.clone(), (at, end));
        Ok(())
    }

    pub(super) fn revoke_token(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        e: &GrantTokenRevocation,
    ) -> Result<()> {
        let at = self.index(&e.grant_id)?;
        if self.at(at).is_none_or(|g| g.holder != o.actor) && o.actor != registry.orchestrator() {
            self.may_limit(registry, o, at)?;
        }
        if let Some((grant, _)) = self.tokens.issued.get(&e.token_id).filter(|(grant, _)| *grant != at) {
            let of = self.at(*grant).map(|g| g.id.to_string()).unwrap_or_default();
            return refuse(Code::GrantUnknown, format!("the token is one of {of}, not of {}", e.grant_id));
        }
        // Repeated, it changes nothing.
        self.tokens.revoked.entry(e.token_id.clone()).or_insert(o.sequence);
        Ok(())
    }

    /// Whether the token that is shown is good for this grant, and for this.
    pub(super) fn bears(
        &self,
        o: &Occurrence<'_>,
        registry: &Registry,
        fit: Fit,
        request: &Request,
    ) -> Result<()> {
        match o.token {
            Evidence::Recorded => Ok(()),
            Evidence::Grant(shown) => {
                let grant = self.at(fit.grant).map(|g| g.id.as_str()).unwrap_or_default();
                if (shown.root.as_str(), shown.grant_id.as_str()) != (self.root.id.as_str(), grant) {
                    let why =
                        format!("the token is for {} of {}, not for {grant}", shown.grant_id, shown.root);
                    return refuse(Code::GrantToken, why);
                }
                if let Some(refusal) = &shown.refusal {
                    return refuse(Code::GrantToken, refusal.why.clone());
                }
                self.admits(o, registry, fit.grant, &shown.ids)?;
                self.narrowed(o, &shown.narrowings, request)
            }
            Evidence::Nothing | Evidence::Shown(_) => {
                refuse(Code::GrantToken, "the use is by token, and no grant token was shown")
            }
        }
    }

    /// Whether a token of these ids is good for a grant.
    fn admits(&self, o: &Occurrence<'_>, registry: &Registry, at: usize, ids: &[TokenId]) -> Result<()> {
        let given = ids.first().and_then(|id| self.tokens.issued.get(id)).filter(|(grant, _)| *grant == at);
        let Some((_, end)) = given else {
            return refuse(Code::GrantToken, "the token is not recorded as given for this grant");
        };
        if *end <= o.time.millis() {
            return refuse(Code::GrantToken, "the token has expired");
        }
        if let Some(entry) = ids.iter().find_map(|id| self.tokens.revoked.get(id)) {
            return refuse(Code::GrantToken, format!("the token was revoked by entry {entry}"));
        }
        if registry.standing().posture(o.actor) == Posture::Pseudo {
            return refuse(Code::PostureTooLow, format!("{}, who brings the token, is pseudo", o.actor));
        }
        Ok(())
    }

    /// Whether what a token was narrowed to allows a request, and what is counted by it.
    fn narrowed(&self, o: &Occurrence<'_>, narrowings: &[NarrowedToken], request: &Request) -> Result<()> {
        let none = Usage::default();
        for NarrowedToken { narrowing, token_id } in narrowings {
            let why =
                |message: String| refuse(Code::GrantToken, format!("the token was narrowed: {message}"));
            if narrowing
                .capabilities
                .as_ref()
                .is_some_and(|all| !all.iter().any(|c| c.matches(&request.action)))
            {
                return why(format!("it is not for {}", request.action));
            }
            if narrowing.expires_at.is_some_and(|end| end <= request.time) {
                return why("it has expired".to_owned());
            }
            if narrowing.actor.as_ref().is_some_and(|gid| gid.as_str() != o.actor) {
                return why(format!("it is not for {}", o.actor));
            }
            let usage = self.tokens.usage.get(token_id).unwrap_or(&none);
            let mut breaches = narrowing.constraints.evaluate(request);
            breaches.extend(usage.breaches(&narrowing.constraints, request));
            if let Some(breach) = breaches.first() {
                return why(format!("{}: {}", breach.constraint, breach.message));
            }
        }
        Ok(())
    }

    pub(super) fn token_used(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        (fit, request): (Fit, &Request),
        e: &GrantTokenUse,
    ) -> Result<()> {
        if self.at(fit.grant).is_none_or(|g| g.id != e.grant_id) {
            return refuse(Code::InvalidIntent, "another grant was used");
        }
        let ids = e.token_ids.get(1..).unwrap_or_default();
        let mut blocks: Vec<&TokenId> = e.narrowings.iter().map(|n| &n.token_id).collect();
        blocks.sort_unstable();
        blocks.dedup();
        if blocks.len() != e.narrowings.len() {
            return refuse(Code::InvalidIntent, "a block of the token is named twice");
        }
        if let Some(stray) = e.narrowings.iter().find(|n| !ids.contains(&n.token_id)) {
            let why = format!("no block of the token has the id {}", stray.token_id.as_str());
            return refuse(Code::InvalidIntent, why);
        }
        self.admits(o, registry, fit.grant, &e.token_ids)?;
        self.narrowed(o, &e.narrowings, request)?;
        for NarrowedToken { narrowing, token_id } in &e.narrowings {
            self.tokens.usage.entry(token_id.clone()).or_default().count(&narrowing.constraints, request);
        }
        Ok(())
    }

    /// What must follow the last event at once.
    #[must_use]
    pub const fn due(&self) -> Option<&TreeDue> {
        self.due.as_ref()
    }

    /// The entry that revoked this id.
    #[must_use]
    pub fn token_revoked(&self, id: &TokenId) -> Option<u64> {
        self.tokens.revoked.get(id).copied()
    }

    /// The tokens that were given for a grant: ids, ends, and the entries that revoked them.
    pub fn tokens_of(&self, at: usize) -> impl Iterator<Item = (&TokenId, i64, Option<u64>)> {
        let of = self.tokens.issued.iter().filter(move |(_, (grant, _))| *grant == at);
        of.map(|(id, (_, end))| (id, *end, self.tokens.revoked.get(id).copied()))
    }
}
