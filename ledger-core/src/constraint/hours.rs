//! Several time windows, all of which must hold: whether they lie inside others, and their meet.
//!
//! Not here: one window (`window`). Invariant: windows of one named zone, and windows of fixed offsets, are compared minute by minute; of
//! windows that cannot be compared so, none is inside the other, and a meet keeps both.
//! Source: DOMAIN.md §9 ("Time windows: inside, midnight crossings handled").

use super::list::{MAX_WINDOWS, bounded, keep};
use super::window::{DAY, Window};
use crate::error::Result;
use std::collections::{BTreeMap, BTreeSet};

type Group<'a> = Vec<&'a Window>;

/// Windows that can be compared with each other, by the name of their zone.
fn groups<'a>(windows: impl IntoIterator<Item = &'a Window>) -> BTreeMap<Option<&'a str>, Group<'a>> {
    let mut groups: BTreeMap<_, Group<'a>> = BTreeMap::new();
    // Hours that were said before say nothing new.
    for window in windows.into_iter().collect::<BTreeSet<_>>() {
        groups.entry(window.zone()).or_default().push(window);
    }
    groups
}

/// The minutes of the day that all of them have; of none, every minute.
fn minutes(group: &[&Window]) -> Vec<bool> {
    (0..DAY).map(|m| group.iter().all(|w| w.has(m))).collect()
}

fn subset(inner: &[bool], outer: &[bool]) -> bool {
    inner.iter().zip(outer).all(|(i, o)| !i || *o)
}

/// The first of the outer windows that is known to let in less than the inner ones do, or is not known not to.
pub(super) fn left<'a>(inner: &[Window], outer: &'a [Window]) -> Option<&'a Window> {
    let ours: BTreeMap<_, _> =
        groups(inner).into_iter().map(|(zone, group)| (zone, minutes(&group))).collect();
    let every = minutes(&[]);
    outer.iter().find(|w| !subset(ours.get(&w.zone()).unwrap_or(&every), &minutes(&[w])))
}

/// Windows that hold when both lists do: one for each zone where that is one arc, else those that matter.
///
/// # Errors
/// `LG_101` when it takes more windows than a list may have.
pub(super) fn meet(a: &[Window], b: &[Window]) -> Result<Vec<Window>> {
    let mut all = BTreeSet::new();
    for group in groups(a.iter().chain(b)).into_values() {
        if let [one] = group.as_slice() {
            all.insert((*one).clone());
        } else if let Some(arc) = arc(&group) {
            all.insert(arc);
        } else {
            // A window that another one lies within adds nothing to it.
            all.extend(
                keep(group, |outer, inner| subset(&minutes(&[inner]), &minutes(&[outer])))
                    .into_iter()
                    .cloned(),
            );
        }
    }
    bounded(all.into_iter().collect(), "time_window", MAX_WINDOWS)
}

/// What all of them have, when that is one arc of the day.
fn arc(group: &[&Window]) -> Option<Window> {
    let inside = minutes(group);
    if inside.iter().all(|i| *i) {
        return group.first().map(|first| (*first).clone());
    }
    let before = inside.last().into_iter().chain(&inside);
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for ((was, is), minute) in before.zip(&inside).zip(0..DAY) {
        match (was, is) {
            (false, true) => starts.push(minute),
            (true, false) => ends.push(if minute == 0 { DAY } else { minute }),
            _ => {}
        }
    }
    match (starts.as_slice(), ends.as_slice(), group) {
        ([start], [end], [first, ..]) => Some(Window::utc(*start, *end)?.in_zone_of(first)),
        _ => None,
    }
}
