//! Resources and patterns of resources: what covers what, segment by segment.
//!
//! Not here: how they are read (`place`). Invariant: comparing is by normalised segments, never by text; no pattern reaches beyond its root.
//! Source: DOMAIN.md §9 ("Paths and resources are parsed and normalised before comparing").

use super::glob;
use super::list::{Covering, MAX_LIST, too_many};
use super::place::{MAX_RESOURCE, Place, length, read, write};
use super::text::{text_form, wrong};
use crate::error::Result;
use std::fmt;

/// A resource, or all that are spelled alike: `invoices/*` (one level), `invoices/**` (all levels below), `https://host/reports/*.pdf`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourcePattern(Place);

/// What a request touches: a resource pattern without `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource(ResourcePattern);

const FORM: &str = "a path, `scheme:path` or `scheme://host/path`, normalised by RFC 3986, at most 1024 characters; a segment may hold one \
     * (any text within it), and the last may be ** (everything below)";
const RESOURCE_FORM: &str = "a path, `scheme:path` or `scheme://host/path`, normalised by RFC 3986, at most 1024 characters, without *";

text_form!(ResourcePattern, FORM);
text_form!(Resource, RESOURCE_FORM);

impl ResourcePattern {
    /// Reads and normalises.
    ///
    /// # Errors
    /// `LG_104` with what is wrong.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        read(text).map(Self).map_err(|why| wrong(text, "resource pattern", &why))
    }

    /// Whether it is one resource, without `*`.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        !self.0.below && !self.0.segments.iter().any(|s| s.contains('*'))
    }

    /// Whether the resource is one of those meant.
    #[must_use]
    pub fn matches(&self, resource: &Resource) -> bool {
        self.covers(&resource.0)
    }

    /// Whether every resource that the other means is meant by this one too.
    #[must_use]
    pub fn covers(&self, inner: &Self) -> bool {
        let (outer, inner) = (&self.0, &inner.0);
        let deep_enough = if outer.below {
            let least = inner.segments.len().saturating_add(inner.below.into());
            least > outer.segments.len()
        } else {
            !inner.below && inner.segments.len() == outer.segments.len()
        };
        outer.root == inner.root
            && deep_enough
            && outer.segments.iter().zip(&inner.segments).all(|(o, i)| glob::covers(o, i))
    }

    /// The resources that both mean, as patterns. Exact: a text longer than a resource may be is no resource.
    ///
    /// # Errors
    /// `LG_101` when more than 1,000 patterns would be needed: two patterns with many stars, such as `a*/a*/..` and `*a/*a/..`.
    pub fn meet(&self, other: &Self) -> Result<Vec<Self>> {
        let (short, long) =
            if self.0.segments.len() <= other.0.segments.len() { (self, other) } else { (other, self) };
        let (short, long) = (&short.0, &long.0);
        let same_depth = short.segments.len() == long.segments.len();
        // The longer must be deep enough for the shorter; at the same depth, one alone that means everything below has nothing in common.
        let reachable = if same_depth { short.below == long.below } else { short.below };
        if short.root != long.root || !reachable {
            return Ok(Vec::new());
        }
        let mut all: Vec<Vec<String>> = vec![Vec::new()];
        for (i, segment) in long.segments.iter().enumerate() {
            let both =
                short.segments.get(i).map_or_else(|| vec![segment.clone()], |s| glob::meet(s, segment));
            if all.len().saturating_mul(both.len()) > MAX_LIST {
                return Err(too_many("resources", MAX_LIST));
            }
            all = all
                .iter()
                .flat_map(|done| both.iter().map(|b| done.iter().chain([b]).cloned().collect()))
                .collect();
        }
        let place = |segments| Self(Place { root: long.root.clone(), segments, below: long.below });
        Ok(all.into_iter().map(place).filter(|p| length(&p.0) <= MAX_RESOURCE).collect())
    }
}

impl Resource {
    /// Reads and normalises.
    ///
    /// # Errors
    /// `LG_104` with what is wrong.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        let pattern = read(text).map(ResourcePattern).map_err(|why| wrong(text, "resource", &why))?;
        if pattern.is_resource() {
            Ok(Self(pattern))
        } else {
            Err(wrong(text, "resource", "a request names one resource; a * that belongs to its name is %2A"))
        }
    }

    /// The pattern that means this resource alone.
    #[must_use]
    pub const fn as_pattern(&self) -> &ResourcePattern {
        &self.0
    }

    /// Whether it is anywhere below this relative segment.
    #[must_use]
    pub fn is_below(&self, first: &str) -> bool {
        let place = &self.0.0;
        place.root.is_empty()
            && place.segments.len() > 1
            && place.segments.first().is_some_and(|s| s.as_str() == first)
    }
}

impl Covering for ResourcePattern {
    fn covers(&self, inner: &Self) -> bool {
        Self::covers(self, inner)
    }

    fn meet(&self, other: &Self) -> Result<Vec<Self>> {
        Self::meet(self, other)
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&write(&self.0))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
