//! Who may do what, and what follows: pure functions over the state that the log yields.
//!
//! Nothing here knows a clock, a disk, a terminal or a network. Invariant: replay *is* `next`: live appends and verification run the
//! same function, so a history that verification accepts is one that an honest ledger could have written. Source: DOMAIN.md §§2, 8.

pub mod access;
mod due;
pub mod pac;
pub mod registry;
pub mod trust;

use crate::codes::Code;
use crate::entry::{Auth, Leaf};
use crate::error::{Error, Result};
use crate::event::StreamRule;
use crate::event::body::work::TokenId;
use crate::event::{Event, EventKind, body};
use crate::time::Timestamp;
pub use registry::Registry;
pub use trust::ShownGrant;

/// An event with what its leaf says of it: what rules read.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// Position in the log.
    pub sequence: u64,
    /// Who.
    pub actor: &'a str,
    /// How that is known.
    pub auth: Auth,
    /// The stream.
    pub subject: &'a str,
    /// The key that signed.
    pub key_id: Option<&'a [u8; 32]>,
    /// The entry that it follows from.
    pub cause: Option<u64>,
    /// When.
    pub time: Timestamp,
    /// Hash of the leaf before: what nobody could foresee.
    pub prev_hash: &'a [u8; 32],
    /// What.
    pub event: &'a Event,
    /// The token that came with it.
    pub token: Evidence<'a>,
    /// The monotonic clock, when it happens now.
    pub monotonic: Option<&'a Monotonic>,
}

/// What is known of the token that an intent needs.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// It is in the log already: the event that follows names the token.
    Recorded,
    /// It happens now, and no token was shown.
    Nothing,
    /// It happens now, with this token.
    Shown(&'a Shown),
    /// It happens now, with this grant token.
    Grant(&'a ShownGrant),
}

/// A token that this ledger signed, as far as cryptography tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Revocation ids of its blocks, the authority block's first.
    pub ids: Vec<TokenId>,
    /// PAC that it is bound to.
    pub pac_id: String,
    /// Sub-PAC that it is bound to.
    pub sub_pac_id: String,
    /// Agent that it is bound to.
    pub agent: String,
    /// Session that it is bound to.
    pub session: String,
    /// Why a narrowing does not permit this.
    pub refusal: Option<Refusal>,
}

/// Why what a token was narrowed to does not permit something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whether only the time is wrong.
    pub expired: bool,
    /// What was checked.
    pub why: String,
}

impl Shown {
    /// Whether it is bound to this.
    fn is_for(&self, pac_id: &str, sub_pac_id: &str, agent: &str) -> Result<()> {
        for (what, bound, needed) in [
            ("PAC", self.pac_id.as_str(), pac_id),
            ("Sub-PAC", self.sub_pac_id.as_str(), sub_pac_id),
            ("agent", self.agent.as_str(), agent),
        ] {
            if bound != needed {
                return Err(Error::new(
                    Code::DispatchMismatch,
                    format!("the token is bound to {what} {bound}, not {needed}"),
                ));
            }
        }
        Ok(())
    }

    /// Whether what it was narrowed to permits this.
    fn permits(&self) -> Result<()> {
        let code = |r: &Refusal| if r.expired { Code::DispatchExpired } else { Code::DispatchMismatch };
        self.refusal.as_ref().map_or(Ok(()), |r| Err(Error::new(code(r), r.why.clone())))
    }
}

/// A reading of a clock that nobody can set, within one boot of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Monotonic {
    /// Which boot.
    pub boot: String,
    /// Milliseconds.
    pub millis: u64,
}

impl<'a> Occurrence<'a> {
    /// The occurrence of this leaf and event, as the log has it.
    #[must_use]
    pub fn new(leaf: &'a Leaf<'a>, event: &'a Event) -> Self {
        Self {
            sequence: leaf.sequence,
            actor: leaf.actor,
            auth: leaf.auth,
            subject: leaf.subject,
            key_id: leaf.key_id.as_ref(),
            cause: leaf.cause,
            time: leaf.time,
            prev_hash: &leaf.prev_hash,
            event,
            token: Evidence::Recorded,
            monotonic: None,
        }
    }
}

/// A state machine that is what its stream says.
pub trait Aggregate: Clone + Sized {
    /// Whether a stream is one of these.
    fn owns(stream: &str) -> bool;

    /// Whether this may happen now; applies it, or changes nothing.
    ///
    /// # Errors
    /// The code of the rule that is broken.
    fn next(machine: &mut Option<Self>, registry: &Registry, o: &Occurrence<'_>) -> Result<()>;

    /// The same for one that is there.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    fn advance(&mut self, registry: &Registry, o: &Occurrence<'_>) -> Result<()>;

    /// Whether nothing can be added to it any more.
    fn is_closed(&self) -> bool;

    /// How much memory it takes, in parts of about a kilobyte.
    fn weight(&self) -> usize;
}

impl Aggregate for pac::Pac {
    fn owns(stream: &str) -> bool {
        crate::event::pac_of_stream(stream).is_some()
    }

    fn next(machine: &mut Option<Self>, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        pac::next(machine, registry, o)
    }

    fn advance(&mut self, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        self.next(registry, o)
    }

    fn is_closed(&self) -> bool {
        self.closure.is_some()
    }

    fn weight(&self) -> usize {
        16
    }
}

impl Aggregate for trust::Tree {
    fn owns(stream: &str) -> bool {
        crate::event::tree_of_stream(stream).is_some()
    }

    fn next(machine: &mut Option<Self>, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        trust::next(machine, registry, o)
    }

    fn advance(&mut self, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        self.next(registry, o)
    }

    fn is_closed(&self) -> bool {
        false
    }

    fn weight(&self) -> usize {
        self.len()
    }
}

/// Whether an event of this kind changes the registry or the policy.
#[must_use]
pub fn changes_registry(kind: EventKind) -> bool {
    matches!(kind.row().stream, StreamRule::Fixed("registry" | "policy"))
}

/// Whether this may happen now; changes the registry when the event is one of its own, and nothing when refused.
///
/// # Errors
/// The code of the rule that is broken.
pub fn next(registry: &mut Registry, o: &Occurrence<'_>) -> Result<()> {
    permit(registry, o)?;
    registry.next(o)
}

/// Everything that can be said of an event without changing the registry.
///
/// # Errors
/// The code of the rule that is broken.
pub fn permit(registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    let row = o.event.kind().row();
    if !row.stream.allows(o.subject) {
        return Err(Error::new(
            Code::InvalidName,
            format!("{} does not belong in stream {}", row.event_type, o.subject),
        ));
    }
    if o.event.pac_id().is_some_and(|pac| crate::event::pac_of_stream(o.subject) != Some(pac.as_str())) {
        return Err(Error::new(
            Code::InvalidName,
            format!("{} names another PAC than stream {}", row.event_type, o.subject),
        ));
    }
    if o.event.tree_root().is_some_and(|root| crate::event::tree_of_stream(o.subject) != Some(root.as_str()))
    {
        return Err(Error::new(
            Code::InvalidName,
            format!("{} names another grant tree than stream {}", row.event_type, o.subject),
        ));
    }
    if row.follows.is_none() && o.cause.is_some() {
        return Err(Error::new(Code::InvalidIntent, format!("{} follows from nothing", row.event_type)));
    }
    match o.event {
        // Genesis brings its own actor; a violation is recorded of anyone, a stranger included.
        Event::LogCreated(_) => return Ok(()),
        Event::ViolationRecorded(violation) => return recorded_by_the_log(o, violation),
        Event::AccessRecorded(record) => return access::recorded_by_the_log(o, record),
        // Added by the log to an event that was judged; the PAC knows which is due.
        _ if row.follows.is_some() => return Ok(()),
        _ => identify(registry, o)?,
    }
    if o.auth == Auth::Token && !o.event.kind().takes_token() {
        registry.access().vouch(o.actor, o.event.kind(), o.time.millis())?;
    }
    match o.event {
        Event::ClockCorrected(_) => registry.require_admin(o),
        Event::NoteRecorded(note) => not_empty("text", &note.text),
        Event::ArtifactRecorded(artifact) => not_empty("name", &artifact.name),
        Event::HistoryImported(entry) => judge(entry),
        Event::HeartbeatReceived(_) => trust::own_heartbeat(o),
        _ => Ok(()),
    }
}

/// The actor must be registered, and identified as this kind of intent needs.
fn identify(registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    if !registry.is_active(o.actor) {
        if matches!(o.event, Event::PacIssued(_)) {
            let why = format!("the requester {} is not registered, or was retired", o.actor);
            return Err(Error::new(Code::GatewayBypass, why));
        }
        return Err(Error::new(Code::ActorUnknown, format!("{} is not registered, or was retired", o.actor)));
    }
    let kind = o.event.kind();
    let needed = required(registry, kind);
    if o.auth < needed {
        let name = kind.row().kind.unwrap_or(kind.row().event_type);
        return Err(Error::new(
            Code::SignatureRequired,
            format!("{name} needs its actor {}; {} is only {}", needed.as_str(), o.actor, o.auth.as_str()),
        ));
    }
    Ok(())
}

/// The least identification for this kind: its own minimum, or more when the policy says so.
#[must_use]
pub fn required(registry: &Registry, kind: EventKind) -> Auth {
    let row = kind.row();
    let policy = row.kind.and_then(|k| registry.policy().require.get(k)).copied();
    policy.map_or(row.auth, |p| p.max(row.auth))
}

/// Nobody signs the record of a refused attempt: it says only who they said they were.
fn recorded_by_the_log(o: &Occurrence<'_>, violation: &body::Violation) -> Result<()> {
    if o.auth == Auth::Asserted && o.actor == violation.actor.as_str() {
        return grave_as_the_table_says(violation);
    }
    let why = "a violation is recorded of the actor that it names, whose identification counts as asserted";
    Err(Error::new(Code::InvalidIntent, why))
}

/// A code that is known here has its own severity; others may be of a later table.
fn grave_as_the_table_says(violation: &body::Violation) -> Result<()> {
    match Code::find(&violation.code).map(|code| code.row().severity.to_string()) {
        Some(due) if due != violation.severity => Err(Error::new(
            Code::InvalidIntent,
            format!("{} is {due}, not {}", violation.code, violation.severity),
        )),
        _ => Ok(()),
    }
}

fn not_empty(member: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        Err(Error::new(Code::InvalidIntent, format!("`{member}` is empty")))
    } else {
        Ok(())
    }
}

/// What is recorded of an old entry must be what its bytes yield.
fn judge(entry: &body::HistoryEntry) -> Result<()> {
    let (verdict, dialect) = crate::import::judge(&entry.format, &entry.original)?;
    if (verdict, dialect) == (entry.verdict.as_str(), entry.dialect.as_deref()) {
        return Ok(());
    }
    Err(Error::new(
        Code::InvalidIntent,
        format!("old entry {} is {verdict}, not {}, by its own bytes", entry.index, entry.verdict),
    ))
}
