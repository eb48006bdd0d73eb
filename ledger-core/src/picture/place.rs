//! Where the items of each layer stand from left to right: near what they are joined with, and never on each other.
//!
//! Not here: their order, and what is above what. Invariant: neighbours in a row keep the distance asked for.
//! Source: Gansner and others 1993 (weights); Barlow and others 1972 (pooling of adjacent violators).

use super::layers::{Layers, at};

/// Walks down and up.
const WALKS: usize = 24;

/// The left edge of every item, 0 for the leftmost. `width` is that of an item; `gap` that between two neighbours of a row.
pub(super) fn lefts(
    layers: &Layers,
    width: impl Fn(usize) -> f64,
    gap: impl Fn(usize, usize) -> f64,
) -> Vec<f64> {
    let (above, below) = layers.neighbours();
    let widths: Vec<f64> = (0..layers.items).map(&width).collect();
    let mut centres = packed(layers, &widths, &gap);
    let depth = layers.rows.len();
    for walk in 0..WALKS {
        for step in 0..depth {
            let down = walk % 2 == 0;
            let row = if down { step } else { depth.saturating_sub(step).saturating_sub(1) };
            let last = walk.saturating_add(2) >= WALKS;
            let near: Vec<&[Vec<usize>]> = match (last, down) {
                (true, _) => vec![&above, &below],
                (false, true) => vec![&above],
                (false, false) => vec![&below],
            };
            if let Some(row) = layers.rows.get(row) {
                settle(layers, row, &near, &widths, &gap, &mut centres);
            }
        }
    }
    straighten(layers, &widths, &gap, &mut centres);
    let lefts: Vec<f64> = centres.iter().zip(&widths).map(|(centre, width)| centre - width / 2.0).collect();
    let first = lefts.iter().copied().fold(f64::INFINITY, f64::min);
    lefts.iter().map(|left| left - first).collect()
}

/// Puts the points of each long wire below each other where their neighbours leave room for that: below its upper end, above its lower
/// end, or about where they are.
fn straighten(layers: &Layers, widths: &[f64], gap: &impl Fn(usize, usize) -> f64, centres: &mut [f64]) {
    let mut beside: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); layers.items];
    for row in &layers.rows {
        for (left, right) in row.iter().zip(row.iter().skip(1)) {
            if let Some(of) = beside.get_mut(*left) {
                of.1 = Some(*right);
            }
            if let Some(of) = beside.get_mut(*right) {
                of.0 = Some(*left);
            }
        }
    }
    let apart = |a: usize, b: usize| at(widths, a) / 2.0 + gap(a, b) + at(widths, b) / 2.0;
    for wire in layers.wires.iter().chain(layers.wires.iter().rev()) {
        let [start, points @ .., end] = &wire.path[..] else { continue };
        let mut room = (f64::NEG_INFINITY, f64::INFINITY);
        let mut sum = 0.0;
        for point in points {
            let (left, right) = at(&beside, *point);
            room.0 = left.map_or(room.0, |left| room.0.max(at(centres, left) + apart(left, *point)));
            room.1 = right.map_or(room.1, |right| room.1.min(at(centres, right) - apart(*point, right)));
            sum += at(centres, *point);
        }
        if points.is_empty() || room.0 > room.1 {
            continue;
        }
        let fits = |x: &f64| *x >= room.0 && *x <= room.1;
        let mean = (sum / points.len() as f64).clamp(room.0, room.1);
        let ends = [at(centres, *start), at(centres, *end)];
        let x = ends.into_iter().find(fits).unwrap_or(mean);
        for point in points {
            set(centres, *point, x);
        }
    }
}

/// All rows without room to spare, centred.
fn packed(layers: &Layers, widths: &[f64], gap: &impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut centres = vec![0.0; layers.items];
    for row in &layers.rows {
        let offsets = offsets(row, widths, gap);
        let middle = offsets.last().copied().unwrap_or_default() / 2.0;
        for (item, offset) in row.iter().zip(offsets) {
            set(&mut centres, *item, offset - middle);
        }
    }
    centres
}

/// The distance of each centre of a row from the first, without room to spare.
fn offsets(row: &[usize], widths: &[f64], gap: &impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut sum = 0.0;
    let mut before: Option<usize> = None;
    let mut out = Vec::with_capacity(row.len());
    for item in row {
        if let Some(before) = before {
            sum += at(widths, before) / 2.0 + gap(before, *item) + at(widths, *item) / 2.0;
        }
        before = Some(*item);
        out.push(sum);
    }
    out
}

fn set(values: &mut [f64], place: usize, value: f64) {
    if let Some(old) = values.get_mut(place) {
        *old = value;
    }
}

/// Moves the items of a row as near to the mean of their neighbours as their distances allow (least squares).
fn settle(
    layers: &Layers,
    row: &[usize],
    near: &[&[Vec<usize>]],
    widths: &[f64],
    gap: &impl Fn(usize, usize) -> f64,
    centres: &mut [f64],
) {
    let offsets = offsets(row, widths, gap);
    // (sum of weighted wishes, sum of weights, items), each block at its mean.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (item, offset) in row.iter().zip(&offsets) {
        let (wish, weight) = wish(layers, *item, near, centres);
        let mut block = ((wish - offset) * weight, weight, 1_usize);
        while let Some((sum, weight, count)) = blocks.pop() {
            if sum / weight < block.0 / block.1 {
                blocks.push((sum, weight, count));
                break;
            }
            block = (block.0 + sum, block.1 + weight, block.2.saturating_add(count));
        }
        blocks.push(block);
    }
    let places = blocks.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    for ((item, offset), place) in row.iter().zip(&offsets).zip(places) {
        set(centres, *item, place + offset);
    }
}

/// Where an item would like to be, and how much: a straight long edge matters more than a node between its neighbours.
fn wish(layers: &Layers, item: usize, near: &[&[Vec<usize>]], centres: &[f64]) -> (f64, f64) {
    let mut sum = 0.0;
    let mut weights = 0.0;
    for other in near.iter().filter_map(|lists| lists.get(item)).flatten() {
        let weight = match (layers.is_node(item), layers.is_node(*other)) {
            (true, true) => 1.0,
            (false, false) => 8.0,
            _ => 2.0,
        };
        sum += at(centres, *other) * weight;
        weights += weight;
    }
    if weights > 0.0 { (sum / weights, weights) } else { (at(centres, item), 0.1) }
}
