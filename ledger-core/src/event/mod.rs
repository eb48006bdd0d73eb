//! The catalogue: every kind of intent and the event that it becomes, with its stream, version and least identification.
//!
//! Not here: who may do what (`rules`). Invariant: a row is never changed or removed, only added; an event type that is not in the
//! catalogue is kept, shown and verified, and stops only what would need to understand it. Source: DOMAIN.md §8.

pub mod body;

use crate::codes::Code;
use crate::entry::Auth;
use crate::error::{Error, Result};
use body::{
    AgentChange, AgentRegistration, AgentRetirement, Artifact, ClockCorrection, Genesis, HistoryEntry,
    HumanRegistration, KeyRegistration, KeyRetirement, Note, Policy, Violation,
};

/// How the stream of an event is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamRule {
    /// Always this one.
    Fixed(&'static str),
    /// This one, or one below it that the caller names.
    Below(&'static str),
    /// One below this that the caller must name.
    Named(&'static str),
}

impl StreamRule {
    /// Whether an event of this rule may stand in this stream.
    #[must_use]
    pub fn allows(self, stream: &str) -> bool {
        let below = |root: &str| stream.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        match self {
            Self::Fixed(root) => stream == root,
            Self::Below(root) => stream == root || below(root),
            Self::Named(root) => below(root),
        }
    }

    /// The stream when the caller names none.
    #[must_use]
    pub const fn default_stream(self) -> Option<&'static str> {
        match self {
            Self::Fixed(root) | Self::Below(root) => Some(root),
            Self::Named(_) => None,
        }
    }
}

macro_rules! catalogue {
    ($( $variant:ident($body:ty) = $type:literal v $version:literal in $stream:expr, auth $auth:ident
        $(, kind $kind:literal $(alias $alias:literal)?)? , $example:literal ;)*) => {
        /// What happened, with its body.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event { $( #[doc = concat!("`", $type, "`")] $variant($body), )* }

        /// An event type of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventKind { $( #[doc = concat!("`", $type, "`")] $variant, )* }

        impl EventKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The row of this type.
            #[must_use]
            pub const fn row(self) -> Row {
                #[allow(unused_mut, unused_assignments, reason = "not every event has an intent of its own")]
                match self { $( Self::$variant => {
                    let (mut kind, mut alias): (Option<&'static str>, Option<&'static str>) = (None, None);
                    $( kind = Some($kind); $( alias = Some($alias); )? )?
                    Row { event_type: $type, version: $version, stream: $stream, auth: Auth::$auth, kind, alias, example: $example }
                } )* }
            }

            /// Reads the data of an event of this type.
            ///
            /// # Errors
            /// `LG_101` with the member that is not of its form.
            pub fn read(self, data: &[u8]) -> Result<Event> {
                match self { $( Self::$variant => body::read::<$body>(data).map(Event::$variant), )* }
            }
        }

        impl Event {
            /// Its type.
            #[must_use]
            pub const fn kind(&self) -> EventKind {
                match self { $( Self::$variant(_) => EventKind::$variant, )* }
            }
        }
    };
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// CloudEvents type.
    pub event_type: &'static str,
    /// Version of the data's shape that this program writes.
    pub version: u16,
    /// Where it stands.
    pub stream: StreamRule,
    /// Least identification of the actor, whatever the policy says.
    pub auth: Auth,
    /// The intent that becomes it; `None` for events that only follow from others.
    pub kind: Option<&'static str>,
    /// Short name of the intent.
    pub alias: Option<&'static str>,
    /// Data that is of the right form.
    pub example: &'static str,
}

use StreamRule::{Below, Fixed, Named};

catalogue! {
    LogCreated(Genesis) = "log.created" v 1 in Fixed("registry"), auth Signed,
        r#"{"admin":{"gid":"GID-H01","key":"<64 hex>"},"format":1,"log_key":"<64 hex>","nonce":"<64 hex>","orchestrator":{"gid":"GID-00","key":"<64 hex>","lanes":["ORCHESTRATION"],"name":"BENSON"},"origin":"ledger.example/acme","policy":{"require":{},"version":1},"profile":"default"}"#;
    AgentRegistered(AgentRegistration) = "agent.registered" v 1 in Fixed("registry"), auth Asserted, kind "register_agent",
        r#"{"gid":"GID-13","name":"NOVA","lanes":["EXECUTION"]}"#;
    AgentChanged(AgentChange) = "agent.changed" v 1 in Fixed("registry"), auth Asserted, kind "change_agent",
        r#"{"gid":"GID-13","lanes":["EXECUTION","STRATEGY"]}"#;
    AgentRetired(AgentRetirement) = "agent.retired" v 1 in Fixed("registry"), auth Asserted, kind "retire_agent",
        r#"{"gid":"GID-13","reason":"replaced by GID-14"}"#;
    HumanRegistered(HumanRegistration) = "human.registered" v 1 in Fixed("registry"), auth Signed, kind "register_human",
        r#"{"gid":"GID-H02","key":"<64 hex digits of an Ed25519 public key>","admin":false}"#;
    KeyRegistered(KeyRegistration) = "key.registered" v 1 in Fixed("registry"), auth Signed, kind "register_key",
        r#"{"gid":"GID-01","key":"<64 hex digits of an Ed25519 public key>"}"#;
    KeyRetired(KeyRetirement) = "key.retired" v 1 in Fixed("registry"), auth Signed, kind "retire_key",
        r#"{"gid":"GID-01","keyid":"<64 hex digits>","reason":"laptop lost"}"#;
    PolicyChanged(Policy) = "policy.changed" v 1 in Fixed("policy"), auth Signed, kind "set_policy",
        r#"{"version":2,"require":{"record_artifact":"signed"}}"#;
    ClockCorrected(ClockCorrection) = "clock.corrected" v 1 in Fixed("log"), auth Signed, kind "correct_clock",
        r#"{"reason":"the clock stood a year ahead until the battery was changed"}"#;
    NoteRecorded(Note) = "note.recorded" v 1 in Below("notes"), auth Asserted, kind "record_note" alias "note",
        r#"{"text":"deployment frozen until Monday"}"#;
    ArtifactRecorded(Artifact) = "artifact.recorded" v 1 in Below("artifacts"), auth Asserted, kind "record_artifact" alias "artifact",
        r#"{"name":"report.pdf","digest":"sha256:<64 hex digits>","size":48213}"#;
    HistoryImported(HistoryEntry) = "history.imported" v 1 in Named("import"), auth Asserted, kind "import_history",
        r#"{"format":"chainbridge","index":0,"original":"{\"sequence\":1}","verdict":"unhashed"}"#;
    ViolationRecorded(Violation) = "violation.recorded" v 1 in Fixed("violations"), auth Asserted,
        r#"{"actor":"GID-01","code":"LG_125","count":1,"intent":"sha256:<64 hex digits>","kind":"register_human","message":"...","severity":"BLOCKING"}"#;
}

impl EventKind {
    /// The type of this name.
    #[must_use]
    pub fn of_type(event_type: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.row().event_type == event_type)
    }

    /// The event that an intent of this kind, or alias, becomes.
    ///
    /// # Errors
    /// `LG_102` with the kinds that there are.
    pub fn of_intent(kind: &str) -> Result<Self> {
        let found = Self::ALL.iter().copied().find(|k| {
            let row = k.row();
            row.kind == Some(kind) || row.alias == Some(kind)
        });
        found.ok_or_else(|| {
            let name = |row: Row| {
                row.kind.map(|kind| {
                    row.alias.map_or_else(|| kind.to_owned(), |alias| format!("{kind} ({alias})"))
                })
            };
            let kinds: Vec<String> = Self::ALL.iter().filter_map(|k| name(k.row())).collect();
            Error::new(
                Code::UnknownKind,
                format!("there is no kind {:?}", kind.chars().take(64).collect::<String>()),
            )
            .hint(format!("the kinds are {}", kinds.join(", ")))
        })
    }
}
