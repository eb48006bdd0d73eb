//! What the author of an intent is told of its effect.
//!
//! Invariant: nothing here is not in the tree. Source: DESIGN.md §6 ("what the intent yields").

use super::Tree;
use crate::event::Event;
use crate::names::GrantId;
use serde_json::{Map, Value, json};

/// Most grants that a receipt lists.
const MOST: usize = 1_000;

impl Tree {
    /// What this event made of the tree.
    #[must_use]
    pub fn yields(&self, event: &Event) -> Map<String, Value> {
        let mut yields = Map::new();
        let mut grant = |id: &GrantId| {
            yields.insert("grant_id".to_owned(), json!(id));
            yields.insert("root".to_owned(), json!(self.root.id));
        };
        match event {
            Event::TrustEstablished(e) => grant(&e.grant_id),
            Event::GrantDelegated(e) => grant(&e.grant_id),
            Event::GrantTransferred(e) => grant(&e.new_grant_id),
            Event::GrantExercised(e) => grant(&e.grant_id),
            Event::GrantRevoked(e) => {
                grant(&e.grant_id);
                let below = self.find(&e.grant_id).map(|at| self.below(at)).unwrap_or_default();
                let ids = below.iter().take(MOST).filter_map(|at| self.at(*at)).map(|g| &g.id);
                yields.insert("withdrawn".to_owned(), json!(ids.collect::<Vec<_>>()));
                yields.insert("withdrawn_count".to_owned(), json!(below.len()));
            }
            Event::AnchorRecorded(e) => {
                yields.insert("anchor_id".to_owned(), json!(e.anchor_id));
            }
            _ => {}
        }
        yields
    }
}
