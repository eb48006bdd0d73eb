//! The text forms of docs/format.md §1, as types that cannot hold anything else.
//!
//! Not here: what the names mean. Invariant: a value of these types contains no control character, no quote, no backslash and no `..`
//! segment, so that a leaf needs no escaping and a stream no quoting anywhere.

use crate::codes::Code;
use crate::error::{Error, Result};
use std::fmt;

/// Longest stream, in bytes.
pub const MAX_STREAM: usize = 256;
/// Longest segment of a stream, and longest key, in bytes.
pub const MAX_SEGMENT: usize = 128;
/// Longest origin, in bytes.
pub const MAX_ORIGIN: usize = 200;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:path, $what:literal, $form:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks the form.
            ///
            /// # Errors
            /// `LG_104` with the form that was expected.
            pub fn new(text: impl Into<String>) -> Result<Self> {
                let text = text.into();
                if $check(&text) {
                    Ok(Self(text))
                } else {
                    Err(Error::new(
                        Code::InvalidName,
                        format!("{:?} is no {}: expected {}", shorten(&text), $what, $form),
                    ))
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": concat!("A ", $what, ": ", $form) })
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(text).map_err(|e| serde::de::Error::custom(e.message))
            }
        }
    };
}

mod ids;

pub use ids::{
    AnchorId, BerId, ChannelId, GrantId, GraphId, Line, MAX_ID, NodeId, OpdoId, PacId, PdoId, Prose,
    ScopePath, Session, SubPacId, WrapId, fold,
};

name!(
    /// Who acts: `GID-01`, `GID-H01`.
    Gid, is_gid, "GID", "`GID-` and 1 to 60 of A-Z 0-9 -"
);
name!(
    /// An ordered part of the log: `registry`, `import/chainbridge`.
    Stream, is_stream, "stream", "1 to 4 segments of A-Z a-z 0-9 . _ : @ + - joined by /, none of them . or .., at most 256 characters"
);
name!(
    /// What a caller calls an entry within its stream: the idempotency key.
    Key, is_key, "key", "1 to 128 of A-Z a-z 0-9 . _ : @ + -, not digits alone, neither . nor .."
);
name!(
    /// What happened: `note.recorded`.
    EventType, is_event_type, "event type", "2 to 4 words of a-z 0-9 _ joined by ."
);
name!(
    /// Which log: `ledger.example/acme`.
    Origin, is_origin, "origin", "1 to 200 printable ASCII characters without space, +, quotes and backslash"
);
name!(
    /// A class of work: `EXECUTION`.
    Lane, is_lane, "lane", "1 to 64 of A-Z 0-9 _ -"
);

impl Lane {
    /// The lane of ordinary work.
    #[must_use]
    pub fn execution() -> Self {
        Self("EXECUTION".to_owned())
    }
}

impl Key {
    /// A key that nobody has: a UUIDv7 of this moment, milliseconds since 1970, and randomness.
    ///
    /// # Errors
    /// None but of the form, which it has.
    pub fn fresh(now: i64, random: &[u8; 10]) -> Result<Self> {
        let millis = u64::try_from(now).unwrap_or_default();
        Self::new(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid().to_string())
    }
}

/// Long input must not flood a message.
fn shorten(text: &str) -> String {
    if text.chars().count() <= 80 {
        text.to_owned()
    } else {
        text.chars().take(77).chain("...".chars()).collect()
    }
}

const fn is_segment_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'@' | b'+' | b'-')
}

/// Looks at every byte even when one was wrong: these names are short and nearly always right, and the loop needs no branches so.
fn all_bytes(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(true, |all, b| all & is(*b))
}

fn is_segment(text: &[u8]) -> bool {
    (1..=MAX_SEGMENT).contains(&text.len())
        && all_bytes(text, is_segment_byte)
        && text != b"."
        && text != b".."
}

/// Whether the text is a GID.
#[must_use]
pub fn is_gid(text: &str) -> bool {
    text.strip_prefix("GID-").is_some_and(|rest| {
        (1..=60).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// Whether the text is a stream.
#[must_use]
pub fn is_stream(text: &str) -> bool {
    is_stream_bytes(text.as_bytes())
}

fn is_stream_bytes(text: &[u8]) -> bool {
    let mut segments = 0_u32;
    text.len() <= MAX_STREAM
        && text.split(|b| *b == b'/').all(|segment| {
            segments = segments.saturating_add(1);
            segments <= 4 && is_segment(segment)
        })
}

/// Whether the text is a key.
#[must_use]
pub fn is_key(text: &str) -> bool {
    is_key_bytes(text.as_bytes())
}

fn is_key_bytes(text: &[u8]) -> bool {
    is_segment(text) && !all_digits(text)
}

fn all_digits(text: &[u8]) -> bool {
    all_bytes(text, |b| b.is_ascii_digit())
}

/// What stands before and after the last slash.
fn split_last(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|b| *b == b'/')?;
    let (head, last) = text.split_at_checked(at)?;
    Some((head, last.get(1..)?))
}

/// Whether the text is the id of an entry: stream, key, and possibly `/n`.
#[must_use]
pub fn is_entry_id(text: &str) -> bool {
    let Some((head, last)) = split_last(text.as_bytes()) else { return false };
    if is_key_bytes(last) {
        return is_stream_bytes(head);
    }
    let ordinal = !last.starts_with(b"0") && (1..=9).contains(&last.len()) && all_digits(last);
    ordinal && split_last(head).is_some_and(|(stream, key)| is_stream_bytes(stream) && is_key_bytes(key))
}

/// Whether the text may be what an agent or a person is called: 1 to 100 characters, none of them a control character.
#[must_use]
pub fn is_display_name(text: &str) -> bool {
    (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Checks what an agent or a person is to be called.
///
/// # Errors
/// `LG_104` with the form that was expected.
pub fn check_display_name(text: &str) -> Result<()> {
    if is_display_name(text) {
        return Ok(());
    }
    let what = format!(
        "{:?} is no name: expected 1 to 100 characters, none of them a control character",
        shorten(text)
    );
    Err(Error::new(Code::InvalidName, what))
}

/// Whether the text is an event type.
#[must_use]
pub fn is_event_type(text: &str) -> bool {
    let mut words = 0_u32;
    for word in text.as_bytes().split(|b| *b == b'.') {
        let fits = (1..=32).contains(&word.len())
            && all_bytes(word, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        words = words.saturating_add(1);
        if !fits {
            return false;
        }
    }
    (2..=4).contains(&words)
}

/// Whether the text is an origin.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    (1..=MAX_ORIGIN).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'+' | b'"' | b'\\'))
}

/// Whether the text is a lane.
#[must_use]
pub fn is_lane(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for good in ["registry", "import/chainbridge", "pac/PAC-A:1@x+y", "a/b/c/d", ".../x"] {
            assert!(is_stream(good), "{good}");
        }
        let long = "a".repeat(129);
        for bad in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "..",
            "a/../b",
            "a/.",
            "a b",
            "a\0",
            "a\n",
            "ä",
            "a/b/c/d/e",
            "a\"",
            &long,
        ] {
            assert!(!is_stream(bad), "{bad:?}");
        }
        assert!(
            is_key("k1") && is_key("-") && !is_key("12") && !is_key("a/b") && !is_key("") && !is_key("..")
        );
        assert!(is_entry_id("notes/k") && is_entry_id("notes/x/k/1") && is_entry_id("notes/k/12"));
        for bad in ["k", "notes/12", "notes/k/0", "notes/k/01", "notes/k/", "/k", "notes/k/1/1"] {
            assert!(!is_entry_id(bad), "{bad}");
        }
        assert!(
            is_gid("GID-00") && is_gid("GID-H01") && !is_gid("GID-") && !is_gid("gid-01") && !is_gid("GID-é")
        );
        assert!(is_event_type("note.recorded") && is_event_type("sub_pac.issued"));
        assert!(
            !is_event_type("note")
                && !is_event_type("Note.x")
                && !is_event_type("a..b")
                && !is_event_type("a.b.c.d.e")
        );
        assert!(
            is_origin("ledger.example/acme")
                && !is_origin("a b")
                && !is_origin("a+b")
                && !is_origin("")
                && !is_origin("é")
        );
        assert!(is_lane("EXECUTION") && !is_lane("execution"));
    }

    #[test]
    fn a_long_name_does_not_flood_the_message() {
        let e = Stream::new("x".repeat(100_000)).unwrap_err();
        assert!(e.message.len() < 400, "{}", e.message.len());
    }
}
