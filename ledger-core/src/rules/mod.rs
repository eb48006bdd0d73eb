//! Who may do what, and what follows: pure functions over the state that the log yields.
//!
//! Nothing here knows a clock, a disk, a terminal or a network. Invariant: replay *is* `next`: live appends and verification run the
//! same function, so a history that verification accepts is one that an honest ledger could have written. Source: DOMAIN.md §§2, 8.

pub mod registry;

use crate::codes::Code;
use crate::entry::{Auth, Leaf};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind, body};
pub use registry::Registry;

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
    /// What.
    pub event: &'a Event,
}

impl<'a> Occurrence<'a> {
    /// The occurrence of this leaf and event.
    #[must_use]
    pub fn new(leaf: &'a Leaf<'a>, event: &'a Event) -> Self {
        Self {
            sequence: leaf.sequence,
            actor: leaf.actor,
            auth: leaf.auth,
            subject: leaf.subject,
            key_id: leaf.key_id.as_ref(),
            event,
        }
    }
}

/// Whether an event of this kind changes the registry or the policy.
#[must_use]
pub const fn changes_registry(kind: EventKind) -> bool {
    match kind {
        EventKind::LogCreated
        | EventKind::AgentRegistered
        | EventKind::AgentChanged
        | EventKind::AgentRetired
        | EventKind::HumanRegistered
        | EventKind::KeyRegistered
        | EventKind::KeyRetired
        | EventKind::PolicyChanged => true,
        EventKind::ClockCorrected
        | EventKind::NoteRecorded
        | EventKind::ArtifactRecorded
        | EventKind::HistoryImported
        | EventKind::ViolationRecorded => false,
    }
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
    match o.event {
        // Genesis brings its own actor; a violation is recorded of anyone, a stranger included.
        Event::LogCreated(_) => return Ok(()),
        Event::ViolationRecorded(violation) => return recorded_by_the_log(o, violation),
        _ => identify(registry, o)?,
    }
    match o.event {
        Event::ClockCorrected(_) => registry.require_admin(o),
        Event::NoteRecorded(note) => not_empty("text", &note.text),
        Event::ArtifactRecorded(artifact) => not_empty("name", &artifact.name),
        Event::HistoryImported(entry) => judge(entry),
        Event::LogCreated(_)
        | Event::AgentRegistered(_)
        | Event::AgentChanged(_)
        | Event::AgentRetired(_)
        | Event::HumanRegistered(_)
        | Event::KeyRegistered(_)
        | Event::KeyRetired(_)
        | Event::PolicyChanged(_)
        | Event::ViolationRecorded(_) => Ok(()),
    }
}

/// The actor must be registered, and identified as this kind of intent needs.
fn identify(registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
    if !registry.is_active(o.actor) {
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
        return Ok(());
    }
    let why = "a violation is recorded of the actor that it names, whose identification counts as asserted";
    Err(Error::new(Code::InvalidIntent, why))
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
