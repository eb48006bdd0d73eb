//! Whether an old entry's hash is that of its content.
//!
//! Looks at one entry alone; links are `chain`'s. Invariant: the verdict follows from the entry's source text and nothing else, so a
//! verifier can repeat it years later.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::json::pyjson::{Separators, dumps_members};
use crate::json::{Value, parse};

/// The key that is left out of what is hashed.
pub(super) const ENTRY_HASH: &str = "entry_hash";

/// The judgement on one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// A dialect yields exactly its hash.
    Intact,
    /// It has no `entry_hash`, or null.
    Unhashed,
    /// 64 hex digits that no dialect yields. Upper-case digits count as such: Python never writes them, so somebody else did.
    Altered,
    /// `entry_hash` is anything else, or the entry is not a JSON object.
    Malformed,
}

/// The spellings of JSON that the history was hashed in; both occur in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Separators `,` and `:`.
    Compact,
    /// Separators `, ` and `: `.
    Spaced,
}

impl Verdict {
    /// The name, as reports and stored entries have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intact => "intact",
            Self::Unhashed => "unhashed",
            Self::Altered => "altered",
            Self::Malformed => "malformed",
        }
    }
}

impl Dialect {
    const ALL: [Self; 2] = [Self::Compact, Self::Spaced];

    /// The name, as reports and stored entries have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Spaced => "spaced",
        }
    }

    const fn separators(self) -> Separators {
        match self {
            Self::Compact => Separators::Compact,
            Self::Spaced => Separators::Spaced,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Judges one entry by its source text. Text that is not one strict JSON value is malformed.
#[must_use]
pub fn verdict_of(original: &str) -> (Verdict, Option<Dialect>) {
    parse(original.as_bytes()).map_or((Verdict::Malformed, None), |entry| judge(&entry))
}

pub(super) fn judge(entry: &Value<'_>) -> (Verdict, Option<Dialect>) {
    if entry.as_object().is_none() {
        return (Verdict::Malformed, None);
    }
    let Some(hash) = entry.get(ENTRY_HASH).filter(|hash| !hash.is_null()) else {
        return (Verdict::Unhashed, None);
    };
    let Some(hash) = hash.as_str().filter(|hash| is_hex_digest(hash)) else {
        return (Verdict::Malformed, None);
    };
    match Dialect::ALL
        .into_iter()
        .find(|&dialect| content_hash(entry, dialect).is_some_and(|own| own == hash))
    {
        Some(dialect) => (Verdict::Intact, Some(dialect)),
        None => (Verdict::Altered, None),
    }
}

fn is_hex_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The hash of an entry's content; none when it holds a number that Python would not have read or written.
pub(super) fn content_hash(entry: &Value<'_>, dialect: Dialect) -> Option<String> {
    let members =
        entry.as_object()?.iter().map(|(key, value)| (&**key, value)).filter(|&(key, _)| key != ENTRY_HASH);
    let text = dumps_members(members, dialect.separators()).ok()?;
    Some(hex::encode(Sha256::digest(text)))
}
