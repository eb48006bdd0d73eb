//! The order of the items within each layer, so that few wires cross.
//!
//! Not here: positions. Invariant: a fixed number of sweeps; ties are broken by the order before, so equal graphs give equal orders.
//! Source: Sugiyama 1981 (barycentres); Gansner, Koutsofios, North, Vo 1993 (exchange of neighbours).

use super::layers::{Layers, at};

/// Sweeps down and up.
const SWEEPS: usize = 12;
/// Most items for which neighbours are exchanged one by one.
const EXCHANGES: usize = 600;

/// Orders the layers.
pub(super) fn arrange(layers: &mut Layers) {
    let (above, below) = layers.neighbours();
    let mut best = layers.rows.clone();
    let mut fewest = crossings(layers.items, &best, &below);
    let mut rows = best.clone();
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        if sweep % 2 == 0 {
            sort_rows(layers.items, rows.iter_mut(), &above);
        } else {
            sort_rows(layers.items, rows.iter_mut().rev(), &below);
        }
        if layers.items <= EXCHANGES {
            exchange(layers.items, &mut rows, &above, &below);
        }
        let crossed = crossings(layers.items, &rows, &below);
        if crossed < fewest {
            fewest = crossed;
            best.clone_from(&rows);
        }
    }
    layers.rows = best;
}

/// The place of each item in its row, from 0 at the left to 1 at the right.
fn places(items: usize, rows: &[Vec<usize>]) -> Vec<f64> {
    let mut places = vec![0.0; items];
    for row in rows {
        set_places(&mut places, row);
    }
    places
}

fn set_places(places: &mut [f64], row: &[usize]) {
    for (n, item) in row.iter().enumerate() {
        if let Some(place) = places.get_mut(*item) {
            *place = (n as f64 + 0.5) / row.len() as f64;
        }
    }
}

/// Sorts each row by the mean place of the neighbours that the walk has passed; an item without any stays about where it is.
fn sort_rows<'a>(items: usize, rows: impl Iterator<Item = &'a mut Vec<usize>>, passed: &[Vec<usize>]) {
    let mut rows: Vec<&mut Vec<usize>> = rows.collect();
    let mut place = vec![0.0; items];
    for row in &rows {
        set_places(&mut place, row);
    }
    for row in &mut rows {
        let mean = |item: &usize| {
            let near = passed.get(*item).map_or(&[][..], Vec::as_slice);
            let sum: f64 = near.iter().map(|n| at(&place, *n)).sum();
            if near.is_empty() { at(&place, *item) } else { sum / near.len() as f64 }
        };
        let mut keyed: Vec<(f64, usize)> = row.iter().map(|item| (mean(item), *item)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        **row = keyed.into_iter().map(|(_, item)| item).collect();
        set_places(&mut place, row);
    }
}

/// How often wires cross, between all rows.
fn crossings(items: usize, rows: &[Vec<usize>], below: &[Vec<usize>]) -> usize {
    let place = places(items, rows);
    let mut total = 0_usize;
    for row in rows {
        let mut ends: Vec<f64> = Vec::new();
        for item in row {
            let mut of: Vec<f64> = below.get(*item).into_iter().flatten().map(|n| at(&place, *n)).collect();
            of.sort_by(f64::total_cmp);
            ends.append(&mut of);
        }
        total = total.saturating_add(inversions(&mut ends));
    }
    total
}

/// Pairs that are in the wrong order; sorts as it counts.
fn inversions(values: &mut [f64]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = inversions(left).saturating_add(inversions(right));
    let mut merged = Vec::with_capacity(left.len().saturating_add(right.len()));
    let mut rest = left.iter().copied().peekable();
    for value in right.iter() {
        while let Some(smaller) = rest.next_if(|l| l <= value) {
            merged.push(smaller);
        }
        count = count.saturating_add(rest.len());
        merged.push(*value);
    }
    merged.extend(rest);
    values.copy_from_slice(&merged);
    count
}

/// Exchanges neighbours in a row while that leaves fewer crossings.
fn exchange(items: usize, rows: &mut [Vec<usize>], above: &[Vec<usize>], below: &[Vec<usize>]) {
    let mut place = places(items, rows);
    for _ in 0..3 {
        let mut changed = false;
        for row in rows.iter_mut() {
            for left in 0..row.len().saturating_sub(1) {
                let right = left.saturating_add(1);
                let (a, b) = (at(row, left), at(row, right));
                let crossed = |a: usize, b: usize| {
                    [above, below].iter().map(|near| pair(near.get(a), near.get(b), &place)).sum::<usize>()
                };
                if crossed(b, a) < crossed(a, b) {
                    row.swap(left, right);
                    changed = true;
                }
            }
            set_places(&mut place, row);
        }
        if !changed {
            break;
        }
    }
}

/// How often the wires of two neighbours cross, the first of them left of the second.
fn pair(left: Option<&Vec<usize>>, right: Option<&Vec<usize>>, place: &[f64]) -> usize {
    let ends =
        |of: Option<&Vec<usize>>| of.into_iter().flatten().map(|n| at(place, *n)).collect::<Vec<f64>>();
    let right = ends(right);
    ends(left).iter().map(|l| right.iter().filter(|r| *r < l).count()).fold(0, usize::saturating_add)
}
