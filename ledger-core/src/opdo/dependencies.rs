//! The dependencies between children: cycles, and dependencies that are not there.
//!
//! Not the PAC's graph. Invariant: no recursion, so that ten thousand children in a row are no danger. Source: seed 002 §5.2.

use super::document::ChildPdo;
use std::collections::HashMap;

/// Who depends on whom, by position.
pub(super) struct Dependencies<'a> {
    children: &'a [ChildPdo],
    /// For each child the children that it depends on; those that are missing are left out.
    known: Vec<Vec<usize>>,
    position: HashMap<&'a str, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Not,
    Open,
    Done,
}

impl<'a> Dependencies<'a> {
    pub(super) fn of(children: &'a [ChildPdo]) -> Self {
        let mut position = HashMap::new();
        for (index, child) in children.iter().enumerate() {
            // Of two with one id the first counts; that there are two is a finding of its own.
            position.entry(child.pdo_id.as_str()).or_insert(index);
        }
        let known = |child: &'a ChildPdo| {
            child.dependencies.iter().filter_map(|id| position.get(id.as_str()).copied()).collect()
        };
        let known = children.iter().map(known).collect();
        Self { children, known, position }
    }

    /// The dependencies of a child that are none of the children.
    pub(super) fn missing(&self, child: &'a ChildPdo) -> Vec<&'a str> {
        let ids = child.dependencies.iter().map(String::as_str);
        ids.filter(|id| !self.position.contains_key(id)).collect()
    }

    /// The first cycle, as ids of which the last is the first again: depth first, children and dependencies in their order.
    pub(super) fn cycle(&self) -> Option<Vec<&'a str>> {
        let mut visits = vec![Visit::Not; self.children.len()];
        (0..self.children.len()).find_map(|start| self.cycle_from(start, &mut visits))
    }

    fn cycle_from(&self, start: usize, visits: &mut [Visit]) -> Option<Vec<&'a str>> {
        if visits.get(start) != Some(&Visit::Not) {
            return None;
        }
        let mut mark = |child: usize, visit| {
            if let Some(slot) = visits.get_mut(child) {
                return std::mem::replace(slot, visit);
            }
            Visit::Done
        };
        mark(start, Visit::Open);
        let mut way = vec![(start, self.known.get(start)?.iter())];
        while let Some((child, next)) = way.last_mut() {
            let Some(dependency) = next.next().copied() else {
                mark(*child, Visit::Done);
                way.pop();
                continue;
            };
            match mark(dependency, Visit::Open) {
                Visit::Not => way.push((dependency, self.known.get(dependency)?.iter())),
                Visit::Done => {
                    mark(dependency, Visit::Done);
                }
                Visit::Open => {
                    let from = way.iter().position(|(child, _)| *child == dependency)?;
                    let round = way.iter().skip(from).map(|(child, _)| *child).chain([dependency]);
                    return round.map(|child| self.children.get(child).map(|c| c.pdo_id.as_str())).collect();
                }
            }
        }
        None
    }
}
