//! How lines run between the rows of boxes of a text picture: where they leave, where they arrive, at which height they turn.
//!
//! Not here: the boxes, the drawing. Invariant: no two bundles share a column or a height where they would touch; what cannot be led so is
//! `None`, and the picture becomes a list. Source: channel routing after Hashimoto and Stevens 1971, without doglegs.

use super::EdgeKind;
use super::layers::{Layers, at};
use std::collections::{BTreeMap, BTreeSet};

/// Most heights between two rows.
const MOST_TRACKS: usize = 16;

/// The edges of one kind that leave one item for the next row.
pub(super) struct Bundle {
    /// Their kind.
    pub kind: EdgeKind,
    /// Where they leave: the item and the column.
    pub source: (usize, usize),
    /// Where they arrive: items and columns.
    pub targets: Vec<(usize, usize)>,
    /// The height at which they turn, from 0; `None` for one that goes straight down.
    pub track: Option<usize>,
}

impl Bundle {
    /// The first and last column that it takes.
    pub(super) fn reach(&self) -> (usize, usize) {
        let columns = || self.targets.iter().map(|(_, column)| *column).chain([self.source.1]);
        (columns().min().unwrap_or_default(), columns().max().unwrap_or_default())
    }

    fn mean_target(&self) -> usize {
        let sum = self.targets.iter().map(|(_, column)| *column).fold(0, usize::saturating_add);
        sum.checked_div(self.targets.len()).unwrap_or_default()
    }
}

/// What runs between one row and the next.
pub(super) struct Gap {
    /// The lines.
    pub bundles: Vec<Bundle>,
    /// How many heights they need.
    pub tracks: usize,
}

/// Columns of items.
pub(super) struct Columns {
    /// First column of each.
    pub left: Vec<usize>,
    /// Columns that each takes.
    pub width: Vec<usize>,
    /// The column of the line, for points that edges pass.
    pub line: Vec<usize>,
}

impl Columns {
    fn middle(&self, item: usize) -> usize {
        at(&self.left, item).saturating_add(at(&self.width, item) / 2)
    }

    /// The columns in which a line may leave or arrive.
    fn inner(&self, layers: &Layers, item: usize) -> std::ops::Range<usize> {
        let (left, end) = (at(&self.left, item), at(&self.left, item).saturating_add(at(&self.width, item)));
        if layers.is_node(item) { left.saturating_add(1)..end.saturating_sub(1) } else { left..end }
    }
}

/// The lines of every gap, from top to bottom; sets the columns of points as it passes them.
pub(super) fn plan(layers: &Layers, columns: &mut Columns) -> Option<Vec<Gap>> {
    let (_, below) = layers.neighbours();
    let mut kinds: BTreeMap<(usize, usize), BTreeSet<EdgeKind>> = BTreeMap::new();
    for wire in &layers.wires {
        for (upper, lower) in wire.path.iter().zip(wire.path.iter().skip(1)) {
            kinds.entry((*upper, *lower)).or_default().insert(wire.kind);
        }
    }
    let mut gaps = Vec::new();
    for (row, next) in layers.rows.iter().zip(layers.rows.iter().skip(1)) {
        let mut bundles = Vec::new();
        for item in row {
            let mut lower: Vec<usize> = below.get(*item).cloned().unwrap_or_default();
            lower.sort_unstable();
            lower.dedup();
            bundles.append(&mut leave(layers, columns, *item, &lower, &kinds)?);
        }
        arrive(layers, columns, &mut bundles, next)?;
        let tracks = turn(&mut bundles);
        if tracks > MOST_TRACKS {
            return None;
        }
        gaps.push(Gap { bundles, tracks });
    }
    Some(gaps)
}

/// The bundles that leave an item, with their columns.
fn leave(
    layers: &Layers,
    columns: &Columns,
    item: usize,
    below: &[usize],
    kinds: &BTreeMap<(usize, usize), BTreeSet<EdgeKind>>,
) -> Option<Vec<Bundle>> {
    let mut bundles = Vec::new();
    for kind in EdgeKind::ALL {
        let carries = |lower: &&usize| kinds.get(&(item, **lower)).is_some_and(|kinds| kinds.contains(&kind));
        let targets: Vec<(usize, usize)> =
            below.iter().filter(carries).map(|lower| (*lower, columns.middle(*lower))).collect();
        if !targets.is_empty() {
            bundles.push(Bundle { kind, source: (item, 0), targets, track: None });
        }
    }
    bundles.sort_by_key(|bundle| (bundle.mean_target(), bundle.kind));
    let inner = columns.inner(layers, item);
    let first = columns.middle(item).saturating_sub(bundles.len().saturating_sub(1));
    for (n, bundle) in bundles.iter_mut().enumerate() {
        let spread = first.saturating_add(n.saturating_mul(2));
        bundle.source.1 = if layers.is_node(item) { spread } else { at(&columns.line, item) };
        if !inner.contains(&bundle.source.1) {
            return None;
        }
    }
    Some(bundles)
}

/// Gives each bundle its columns at the items of the next row.
fn arrive(layers: &Layers, columns: &mut Columns, bundles: &mut [Bundle], next: &[usize]) -> Option<()> {
    let sources: BTreeMap<usize, usize> =
        bundles.iter().enumerate().map(|(number, bundle)| (bundle.source.1, number)).collect();
    for item in next {
        let mut coming: Vec<(usize, EdgeKind, usize)> = Vec::new();
        for (number, bundle) in bundles.iter().enumerate() {
            if bundle.targets.iter().any(|(target, _)| target == item) {
                coming.push((bundle.source.1, bundle.kind, number));
            }
        }
        coming.sort_unstable();
        let inner = columns.inner(layers, *item);
        let middle = columns.middle(*item);
        let first = middle.saturating_sub(coming.len().saturating_sub(1));
        let mut free = inner.start;
        for (n, (source, _, number)) in coming.iter().enumerate() {
            // One line from nearly above goes straight; the others spread about the middle.
            let alone = coming.len() == 1 && source.abs_diff(middle) <= 2;
            let wished = if alone { *source } else { first.saturating_add(n.saturating_mul(2)) };
            let near = |column: &usize| (column.abs_diff(wished), *column);
            let allowed = |column: &usize| sources.get(column).is_none_or(|owner| owner == number);
            let column = (free..inner.end).filter(allowed).min_by_key(near)?;
            free = column.saturating_add(1);
            let bundle = bundles.get_mut(*number)?;
            bundle
                .targets
                .iter_mut()
                .filter(|(target, _)| target == item)
                .for_each(|target| target.1 = column);
            if let Some(line) = columns.line.get_mut(*item) {
                *line = column;
            }
        }
    }
    Some(())
}

/// Gives each bundle the height at which it turns; gives the number of heights.
fn turn(bundles: &mut [Bundle]) -> usize {
    let mut turning: Vec<&mut Bundle> = bundles
        .iter_mut()
        .filter(|bundle| bundle.targets.iter().any(|(_, column)| *column != bundle.source.1))
        .collect();
    // Of those that lead to the right, the rightmost turns first, and the other way round: so they do not cross each other.
    turning.sort_by_key(|bundle| {
        let source = bundle.source.1;
        if bundle.mean_target() >= source { (0, usize::MAX.saturating_sub(source)) } else { (1, source) }
    });
    let mut placed: Vec<(usize, usize, usize)> = Vec::new();
    for bundle in &mut turning {
        let (first, last) = bundle.reach();
        let meets = |(from, to, _): &&(usize, usize, usize)| {
            *from <= last.saturating_add(1) && first <= to.saturating_add(1)
        };
        let track = placed
            .iter()
            .filter(meets)
            .map(|(_, _, track)| track.saturating_add(1))
            .max()
            .unwrap_or_default();
        bundle.track = Some(track);
        placed.push((first, last, track));
    }
    placed.iter().map(|(_, _, track)| track.saturating_add(1)).max().unwrap_or_default()
}
