//! Which entries are wanted: by id, stream, type, actor, PAC, time and text; for listing, searching and following alike.
//!
//! Not where they are found (`ledger::search`). Invariant: an entry is wanted when everything that was said holds.

use crate::codes::Code;
use crate::entry::Leaf;
use crate::error::{Error, Result};
use crate::event::pac_stream;
use crate::names::PacId;
use crate::time::Timestamp;

/// Longest text that is looked for, in bytes.
pub const MAX_TEXT: usize = 200;

/// What was said of the entries that are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// With this id.
    pub id: Option<String>,
    /// Of this stream; `name/*` for all below.
    pub stream: Option<String>,
    /// Of this event type; `agent.*` for all of a family.
    pub event_type: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// Of the stream of this PAC.
    pub pac: Option<String>,
    /// At or after this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// With this in the canonical JSON of their data.
    pub text: Option<String>,
}

impl Wanted {
    /// Whether an entry is wanted.
    #[must_use]
    pub fn takes(&self, leaf: &Leaf<'_>, data: &[u8]) -> bool {
        let fits = |pattern: &Option<String>, text: &str| {
            pattern
                .as_deref()
                .is_none_or(|p| p.strip_suffix('*').map_or(p == text, |prefix| text.starts_with(prefix)))
        };
        let holds = |text: &str| std::str::from_utf8(data).is_ok_and(|data| data.contains(text));
        self.id.as_deref().is_none_or(|id| id == leaf.id)
            && fits(&self.stream, leaf.subject)
            && fits(&self.event_type, leaf.event_type)
            && self.actor.as_deref().is_none_or(|actor| actor == leaf.actor)
            && self.pac.as_deref().is_none_or(|stream| stream == leaf.subject)
            && self.since.is_none_or(|t| leaf.time >= t)
            && self.until.is_none_or(|t| leaf.time < t)
            && self.text.as_deref().is_none_or(holds)
    }

    /// Only those of this PAC.
    ///
    /// # Errors
    /// `LG_104` when it is no PAC's id.
    pub fn of_pac(&mut self, pac: &str) -> Result<()> {
        self.pac = Some(pac_stream(&PacId::new(pac)?)?.as_str().to_owned());
        Ok(())
    }

    /// The one stream that they can be in, when that was said.
    #[must_use]
    pub fn only_stream(&self) -> Option<&str> {
        self.pac.as_deref().or_else(|| self.stream.as_deref().filter(|stream| !stream.ends_with('*')))
    }
}

/// RFC 3339, or a date (its first moment, UTC).
///
/// # Errors
/// `LG_106` when it is neither.
pub fn read_time(text: &str) -> Result<Timestamp> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date: jiff::civil::Date = text.parse().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    });
    instant.and_then(|t| Timestamp::from_millis(t.as_millisecond())).ok_or_else(|| {
        Error::new(Code::Usage, format!("{:?} is no time", text.chars().take(80).collect::<String>()))
            .hint("write 2026-01-31 or 2026-01-31T12:00:00Z")
    })
}
