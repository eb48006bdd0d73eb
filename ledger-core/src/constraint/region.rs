//! Regions: a country, or a part of one.
//!
//! Not here: whether the country exists; one that does not covers nothing that does. Invariant: held in upper case.
//! Source: DOMAIN.md §9 (`geo_restrictions`); ISO 3166-1 alpha-2, ISO 3166-2.

use super::list::Covering;
use super::text::{text_form, wrong};
use crate::error::Result;
use std::fmt;

/// A country (`US`) or a subdivision (`US-CA`). A country covers its subdivisions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

const FORM: &str =
    "two letters, and possibly - and 1 to 3 letters or digits, compared without case: US, US-CA";

text_form!(Region, FORM);

impl Region {
    /// Checks the form and folds the case.
    ///
    /// # Errors
    /// `LG_104` with the form that was expected.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        let (country, part) = text.split_once('-').map_or((text, None), |(c, p)| (c, Some(p)));
        let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic());
        let is_part = |p: &str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_country && part.is_none_or(is_part) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err(wrong(text, "region", &format!("expected {FORM}")))
        }
    }

    /// The text, in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the other is this region or a part of it.
    #[must_use]
    pub fn covers(&self, inner: &Self) -> bool {
        inner.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

impl Covering for Region {
    fn covers(&self, inner: &Self) -> bool {
        Self::covers(self, inner)
    }

    fn meet(&self, other: &Self) -> Result<Vec<Self>> {
        let inner = if self.covers(other) { Some(other) } else { Some(self).filter(|s| other.covers(s)) };
        Ok(inner.cloned().into_iter().collect())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
