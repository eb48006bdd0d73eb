//! Names of actions, scopes, targets and endpoints, and patterns of such names; a capability is such a pattern.
//!
//! Not here: resources, which have segments (`resource`). Invariant: names and patterns are held in lower case, so that equality, order and
//! matching know no case.
//! Source: DOMAIN.md §9 ("exact, or one `*`").

use super::glob;
use super::list::Covering;
use super::text::{text_form, wrong};
use crate::error::Result;
use std::fmt;

/// Longest name or pattern, in characters.
pub const MAX_NAME: usize = 128;

/// A name, or all names that begin and end alike: `invoice.read`, `invoice.*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(String);

/// What a request names: a pattern without `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Pattern);

const FORM: &str =
    "1 to 128 of A-Z a-z 0-9 _ . : @ / -, compared without case; a * among them stands for any text";
const NAME_FORM: &str = "1 to 128 of A-Z a-z 0-9 _ . : @ / -, compared without case";

text_form!(Pattern, FORM);
text_form!(Name, NAME_FORM);

impl Pattern {
    /// Checks the form and folds the case.
    ///
    /// # Errors
    /// `LG_104` with the form that was expected.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        let fits =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'@' | b'/' | b'-' | b'*');
        let one_star = text.split('*').nth(2).is_none();
        if (1..=MAX_NAME).contains(&text.len()) && one_star && text.bytes().all(fits) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(wrong(text, "name pattern", &format!("expected {FORM}, once at most")))
        }
    }

    /// The text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a name, without `*`.
    #[must_use]
    pub fn is_name(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether the name is one of those meant.
    #[must_use]
    pub fn matches(&self, name: &Name) -> bool {
        self.covers(&name.0)
    }

    /// Whether every name that the other means is meant by this one too.
    #[must_use]
    pub fn covers(&self, inner: &Self) -> bool {
        glob::covers(&self.0, &inner.0)
    }

    /// The names that both mean, as patterns. Exact: a text longer than a name may be is no name.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Vec<Self> {
        let fitting = |text: String| {
            // A star that has no room for a letter stands for none.
            let text = if text.len() > MAX_NAME { text.replace('*', "") } else { text };
            (text.len() <= MAX_NAME).then_some(Self(text))
        };
        glob::meet(&self.0, &other.0).into_iter().filter_map(fitting).collect()
    }
}

impl Name {
    /// Checks the form and folds the case.
    ///
    /// # Errors
    /// `LG_104` with the form that was expected.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let pattern = Pattern::new(text.as_ref())
            .ok()
            .filter(Pattern::is_name)
            .ok_or_else(|| wrong(text.as_ref(), "name", &format!("expected {NAME_FORM}")))?;
        Ok(Self(pattern))
    }

    /// The text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The pattern that means this name alone.
    #[must_use]
    pub const fn as_pattern(&self) -> &Pattern {
        &self.0
    }
}

impl Covering for Pattern {
    fn covers(&self, inner: &Self) -> bool {
        Self::covers(self, inner)
    }

    fn meet(&self, other: &Self) -> Result<Vec<Self>> {
        Ok(Self::meet(self, other))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
