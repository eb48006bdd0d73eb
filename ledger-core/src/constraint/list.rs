//! Lists of patterns: whether one is inside another, their meet, their union.
//!
//! Not here: what a pattern matches (`name`, `resource`, `region`). Invariant: `inside` is sound, not complete: `a*` and `b*` together might
//! cover what neither covers alone, and that counts as outside. A list that comes out of here is sorted, and none of it covers another of it.
//! Source: DOMAIN.md §9 ("Allow-lists: subset. Block-lists: superset.").

use crate::codes::Code;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fmt;

/// Most members of a list.
pub const MAX_LIST: usize = 1_000;
/// Most time windows that must all hold.
pub const MAX_WINDOWS: usize = 50;
/// Most patterns that are looked at to find the meet of two lists: minimising them takes the square of it.
const MAX_CANDIDATES: usize = 4 * MAX_LIST;

/// A pattern whose meaning can be compared. Covering each other is being equal.
pub(super) trait Covering: Clone + Ord {
    /// Whether all that `inner` means is meant by this one.
    fn covers(&self, inner: &Self) -> bool;

    /// What both mean.
    ///
    /// # Errors
    /// When too many patterns would be needed to say it.
    fn meet(&self, other: &Self) -> Result<Vec<Self>>;
}

/// The first of `inner` that no single one of `outer` covers.
pub(super) fn outside<'a, T: Covering>(inner: &'a [T], outer: &[T]) -> Option<&'a T> {
    inner.iter().find(|i| !outer.iter().any(|o| o.covers(i)))
}

/// Without what `within` says lies within another one that stays, sorted. Of several within each other the first stays.
pub(super) fn keep<T: Ord>(all: impl IntoIterator<Item = T>, within: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in all.into_iter().collect::<BTreeSet<T>>() {
        if !kept.iter().any(|k| within(&one, k)) {
            kept.retain(|k| !within(k, &one));
            kept.push(one);
        }
    }
    kept
}

fn minimal<T: Covering>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    keep(all, |inner, outer| outer.covers(inner))
}

/// What both lists allow.
///
/// # Errors
/// `LG_101` when it takes more patterns than a list may have.
pub(super) fn meet<T: Covering>(a: &[T], b: &[T], constraint: &str) -> Result<Vec<T>> {
    if outside(a, b).is_none() {
        return bounded(minimal(a.iter().cloned()), constraint, MAX_LIST);
    }
    if outside(b, a).is_none() {
        return bounded(minimal(b.iter().cloned()), constraint, MAX_LIST);
    }
    let mut found = BTreeSet::new();
    for x in a {
        for y in b {
            found.extend(x.meet(y)?);
            if found.len() > MAX_CANDIDATES {
                return Err(too_many(constraint, MAX_LIST));
            }
        }
    }
    bounded(minimal(found), constraint, MAX_LIST)
}

/// What either list forbids.
///
/// # Errors
/// `LG_101` when it takes more patterns than a list may have.
pub(super) fn union<T: Covering>(a: &[T], b: &[T], constraint: &str) -> Result<Vec<T>> {
    bounded(minimal(a.iter().chain(b).cloned()), constraint, MAX_LIST)
}

/// The list, when it is short enough to be written and read again.
///
/// # Errors
/// `LG_101`.
pub(super) fn bounded<T>(list: Vec<T>, constraint: &str, most: usize) -> Result<Vec<T>> {
    if list.len() <= most { Ok(list) } else { Err(too_many(constraint, most)) }
}

/// The error of a meet that cannot be written down.
pub(super) fn too_many(constraint: &str, most: usize) -> Error {
    Error::new(Code::InvalidIntent, format!("both {constraint} together need more than {most} members"))
        .hint("Say the narrower one in fewer patterns, each inside one of the other's.")
}

/// The first of them as a message shows them.
pub(super) fn shown<T: fmt::Display>(list: &[T]) -> String {
    let some: Vec<String> = list.iter().take(10).map(ToString::to_string).collect();
    match (list.len().checked_sub(some.len()), some.is_empty()) {
        (_, true) => "nothing".to_owned(),
        (Some(more), _) if more > 0 => format!("{} and {more} more", some.join(", ")),
        _ => some.join(", "),
    }
}
