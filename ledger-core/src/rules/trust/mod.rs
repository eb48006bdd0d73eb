//! Trust as grant trees: an authority vouches for an agent, which passes on what it holds, ever tighter, and what was passed on ends with
//! what it rests on.
//!
//! Pure, as all rules: one tree is what its stream says; who is an authority, and the posture of agents, is in the registry. Not here:
//! signatures, and answers to questions (`crate::trust`). Invariant: a grant allows nothing that any grant above it does not; revoking
//! one touches no other entry of the tree and withdraws everything below at once. Source: DOMAIN.md §9; seed 003.

mod anchor;
mod authority;
mod bearer;
mod delegation;
mod ending;
mod establishment;
mod exercise;
mod yields;

use crate::codes::Code;
use crate::constraint::{Constraints, Effect, Pattern, Usage};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::names::{GrantId, Line};
use crate::rules::pac::Moment;
use crate::rules::{Occurrence, Registry};
pub use anchor::{Witnessed, join, witness};
pub use authority::{Authority, Standing};
pub use bearer::{ShownGrant, Tokens, TreeDue, TreeDueKind};
pub use ending::{End, EndKind, Reason};
pub use exercise::Fit;
use std::collections::BTreeMap;

/// Deepest that a grant may stand below its root.
pub const MAX_DEPTH: u32 = 10;
/// Most capabilities of one grant.
const MAX_CAPABILITIES: usize = 100;

/// A grant tree.
#[derive(Clone, Debug)]
pub struct Tree {
    root: Grant,
    /// The other grants, in the order of the log.
    rest: Vec<Grant>,
    by_id: BTreeMap<GrantId, usize>,
    /// The uses, by entry.
    exercises: BTreeMap<u64, Use>,
    /// Anchors of work outside any PAC, and their entries.
    anchors: BTreeMap<String, u64>,
    tokens: Tokens,
    due: Option<TreeDue>,
    /// The last event.
    last: Moment,
}

/// One grant.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Id.
    pub id: GrantId,
    /// The grant that it rests on; `None` for the root.
    pub parent: Option<usize>,
    /// Who may act by it.
    pub holder: String,
    /// Who gave it: the authority, or the holder of what it rests on.
    pub author: String,
    /// When.
    pub since: Moment,
    /// How far below the root.
    pub depth: u32,
    /// When it ends by itself, milliseconds since 1970, as it says: its ancestors may end sooner.
    pub expires_at: Option<i64>,
    /// What it holds.
    pub held: Vec<Held>,
    /// What limits all of it, beside its ancestors.
    pub own: Option<Box<Constraints>>,
    /// What it is for.
    pub task_id: Option<Line>,
    /// How it was ended.
    pub end: Option<End>,
    /// Why it stands still, and since when.
    pub suspended: Option<(Moment, String)>,
    /// Entries beside the first that say what it is: attestations, tightenings.
    pub amended: Vec<u64>,
    /// What was done by it and by everything below.
    pub usage: Option<Box<Usage>>,
}

/// A use of a grant.
#[derive(Clone, Debug)]
pub struct Use {
    /// The grant.
    pub grant: usize,
    /// The action.
    pub action: String,
    /// Who brought the token, where it was by token.
    pub bearer: Option<String>,
}

/// A capability that a grant holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The actions.
    pub pattern: Pattern,
    /// Whether they only read, where the authority says so.
    pub effect: Option<Effect>,
    /// What limits it, beside what limits the grant; only the root's have that.
    pub own: Option<Box<Constraints>>,
    /// The capability of the parent that it rests on.
    pub parent: usize,
    /// What was done by it and by everything below, where it has limits of its own.
    pub usage: Option<Box<Usage>>,
}

/// Whether this may happen to the tree of its stream now; applies it, or changes nothing.
///
/// # Errors
/// The code of the rule that is broken; `LG_172` when there is no such tree.
pub fn next(tree: &mut Option<Tree>, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    match (&mut *tree, o.event) {
        (None, Event::TrustEstablished(e)) => {
            *tree = Some(Tree::plant(registry, o, e)?);
            Ok(())
        }
        (None, _) => refuse(Code::GrantUnknown, format!("there is no grant tree in {}", o.subject)),
        (Some(tree), _) => tree.next(registry, o),
    }
}

impl Tree {
    /// Whether this may happen to it now; applies it, or changes nothing.
    ///
    /// # Errors
    /// As [`next`].
    pub fn next(&mut self, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        if let Some(due) = self.due.clone() {
            self.follow(registry, o, &due)?;
            self.due = None;
            self.last = Moment::of(o);
            return Ok(());
        }
        match o.event {
            Event::TrustEstablished(e) => refuse(
                Code::GrantExists,
                format!("{} was established in entry {}", e.grant_id, self.root.since.sequence),
            ),
            Event::CapabilityAttested(e) => self.attest(registry, o, e),
            Event::GrantDelegated(e) => self.delegate(registry, o, e),
            Event::GrantTransferred(e) => self.transfer(registry, o, e),
            Event::GrantConstrained(e) => self.tighten(registry, o, e),
            Event::GrantRevoked(e) => self.revoke(registry, o, e),
            Event::GrantResumed(e) => self.resume(registry, o, e),
            Event::GrantExercised(e) => self.exercise(registry, o, e),
            Event::AnchorRecorded(e) => self.record_anchor(registry, o, e),
            Event::GrantTokenAuthorized(e) => self.order_token(registry, o, e),
            Event::GrantTokenRevoked(e) => self.revoke_token(registry, o, e),
            _ => refuse(
                Code::InvalidIntent,
                format!("{} is no step of a grant tree", o.event.kind().row().event_type),
            ),
        }?;
        self.last = Moment::of(o);
        Ok(())
    }

    /// Takes the event that the last one owes.
    fn follow(&mut self, registry: &Registry, o: &Occurrence<'_>, due: &TreeDue) -> Result<()> {
        let follows = due.is_met_by(o);
        match (&due.what, o.event) {
            (TreeDueKind::Token(grant, end), Event::GrantTokenIssued(e)) if follows => {
                self.token_issued(grant, *end, e)
            }
            (TreeDueKind::Usage(fit, request), Event::GrantTokenUsed(e)) if follows => {
                self.token_used(registry, o, (*fit, request), e)
            }
            (_, event) => refuse(
                Code::InvalidIntent,
                format!(
                    "entry {} owes what follows from it at once and in the same name, and {} came",
                    due.cause,
                    event.kind().row().event_type
                ),
            ),
        }
    }

    /// The grant that the authority gave.
    #[must_use]
    pub const fn root(&self) -> &Grant {
        &self.root
    }

    /// All grants, in the order in which they were given; the root is the first.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        std::iter::once(&self.root).chain(&self.rest)
    }

    /// How many grants there are, ended ones included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rest.len().saturating_add(1)
    }

    /// Never: there is a root.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// The last event.
    #[must_use]
    pub const fn last(&self) -> Moment {
        self.last
    }

    /// A grant by its place.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Grant> {
        match index.checked_sub(1) {
            None => Some(&self.root),
            Some(rest) => self.rest.get(rest),
        }
    }

    fn at_mut(&mut self, index: usize) -> Option<&mut Grant> {
        match index.checked_sub(1) {
            None => Some(&mut self.root),
            Some(rest) => self.rest.get_mut(rest),
        }
    }

    /// The place of a grant.
    #[must_use]
    pub fn find(&self, id: &GrantId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The place of a grant.
    ///
    /// # Errors
    /// `LG_172`.
    pub fn index(&self, id: &GrantId) -> Result<usize> {
        let missing = || Error::new(Code::GrantUnknown, format!("the tree has no grant {id}"));
        self.find(id).ok_or_else(missing)
    }

    /// The grant, what it rests on, and so on up to the root.
    pub fn chain(&self, index: usize) -> impl Iterator<Item = (usize, &Grant)> {
        let mut next = Some(index);
        std::iter::from_fn(move || {
            let at = next?;
            let grant = self.at(at)?;
            next = grant.parent.filter(|parent| *parent < at);
            Some((at, grant))
        })
    }

    /// Everything that rests on a grant, itself first.
    #[must_use]
    pub fn below(&self, index: usize) -> Vec<usize> {
        let mut inside = vec![false; self.len()];
        let mut found = Vec::new();
        // A grant stands behind what it rests on.
        for (at, grant) in self.grants().enumerate().skip(index) {
            let rests = at == index || grant.parent.and_then(|p| inside.get(p)).is_some_and(|i| *i);
            if let (true, Some(mark)) = (rests, inside.get_mut(at)) {
                *mark = true;
                found.push(at);
            }
        }
        found
    }

    /// What limits a capability of a grant: everything from the root down to it.
    ///
    /// # Errors
    /// `LG_101` when that cannot be said in lists of bounded length: tightening a grant made what rests on it overlap in too many ways.
    pub fn effective(&self, index: usize, held: usize) -> Result<Constraints> {
        let mut all = Constraints::default();
        let mut held = Some(held);
        for (_, grant) in self.chain(index) {
            let capability = held.and_then(|h| grant.held.get(h));
            let own = [grant.own.as_deref(), capability.and_then(|c| c.own.as_deref())];
            for constraints in own.into_iter().flatten() {
                all = all.meet(constraints)?;
            }
            held = capability.map(|c| c.parent);
        }
        Ok(all)
    }

    /// The earliest end of a grant and all that it rests on.
    #[must_use]
    pub fn expiry(&self, index: usize) -> Option<i64> {
        self.chain(index).filter_map(|(_, g)| g.expires_at).min()
    }

    /// Whether this actor stands above the grant: the authority, or the holder of something that it rests on.
    #[must_use]
    pub fn is_upstream(&self, gid: &str, index: usize) -> bool {
        self.root.author == gid || self.chain(index).skip(1).any(|(_, g)| g.holder == gid)
    }

    /// A use, by its entry.
    #[must_use]
    pub fn exercised(&self, sequence: u64) -> Option<&Use> {
        self.exercises.get(&sequence)
    }

    /// All uses: their entries and grants.
    pub fn exercises(&self) -> impl Iterator<Item = (u64, usize)> {
        self.exercises.iter().map(|(sequence, used)| (*sequence, used.grant))
    }

    fn must_be_new(&self, id: &GrantId) -> Result<()> {
        match self.find(id).and_then(|at| self.at(at)) {
            Some(grant) => refuse(
                Code::GrantExists,
                format!("the tree has a grant {id} since entry {}", grant.since.sequence),
            ),
            None => Ok(()),
        }
    }

    fn add(&mut self, grant: Grant) {
        self.by_id.insert(grant.id.clone(), self.len());
        self.rest.push(grant);
    }
}

/// Nobody says of another that it is there.
pub(super) fn own_heartbeat(o: &Occurrence<'_>) -> Result<()> {
    if o.subject.rsplit('/').next() == Some(o.actor) {
        return Ok(());
    }
    refuse(Code::InvalidName, format!("the heartbeat of {} does not belong in {}", o.actor, o.subject))
}

fn boxed(constraints: &Constraints) -> Option<Box<Constraints>> {
    (!constraints.is_empty()).then(|| Box::new(constraints.clone()))
}

fn refuse<T>(code: Code, why: impl Into<String>) -> Result<T> {
    Err(Error::new(code, why))
}
