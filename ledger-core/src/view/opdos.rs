//! O-PDOs of all PACs, a row each.
//!
//! Not the documents, which are replayed from their PAC when they are asked for. Invariant: the order is that of their composing.
//! Source: DOMAIN.md §5.

use super::MomentView;
use crate::rules::pac::{Composite, Pac};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::RangeBounds;

/// An O-PDO in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpdoRow {
    /// Id.
    pub opdo_id: String,
    /// The PAC that it completes.
    pub pac_id: String,
    /// DRAFT, SEALED, FINAL or VOID.
    pub state: &'static str,
    /// How its proof is made.
    pub profile: String,
    /// Number of PDOs that it binds.
    pub child_count: usize,
    /// Entry that composed it.
    pub composed_in: u64,
    /// Root of its proof, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merkle_root: Option<String>,
    /// When it was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<MomentView>,
    /// The review that made it final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human_review_ber_id: Option<String>,
    /// Its final hash, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_hash: Option<String>,
}

impl OpdoRow {
    fn of(pac: &Pac, composite: &Composite, composed_in: u64) -> Self {
        let document = &composite.document;
        Self {
            opdo_id: composite.id().to_owned(),
            pac_id: pac.id.as_str().to_owned(),
            state: composite.state().as_str(),
            profile: composite.profile(),
            child_count: document.child_pdos.len(),
            composed_in,
            merkle_root: composite.root().map(str::to_owned),
            sealed: composite.sealed_at().map(MomentView::from),
            human_review_ber_id: document.human_review_ber_id.clone(),
            final_hash: document.final_hash.clone(),
        }
    }
}

/// All rows, by the entry that composed them.
#[derive(Debug, Default)]
pub struct Opdos {
    rows: BTreeMap<u64, OpdoRow>,
    /// Entries that composed those of each PAC that has not ended, by stream.
    open: BTreeMap<String, Vec<u64>>,
}

impl Opdos {
    /// Takes a PAC as it is after an event; `composed` when that event composed an O-PDO.
    pub fn update(&mut self, stream: &str, pac: &Pac, composed: Option<u64>) {
        if let Some(sequence) = composed {
            self.open.entry(stream.to_owned()).or_default().push(sequence);
        }
        let Some(entries) = self.open.get(stream) else { return };
        // Those before the last one are VOID, which nothing leaves; the last two may have changed at once.
        for (sequence, composite) in entries.iter().zip(&pac.composites).rev().take(2) {
            self.rows.insert(*sequence, OpdoRow::of(pac, composite, *sequence));
        }
    }

    /// The PAC has ended: its rows stay as they are.
    pub fn close(&mut self, stream: &str) {
        self.open.remove(stream);
    }

    /// The rows of those that were composed in these entries, in that order.
    pub fn rows(&self, composed: impl RangeBounds<u64>) -> impl DoubleEndedIterator<Item = &OpdoRow> {
        self.rows.range(composed).map(|(_, row)| row)
    }

    /// The row of an id without regard to case; of several, which only different PACs can have, that of the last.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&OpdoRow> {
        self.rows.values().rev().find(|row| row.opdo_id.eq_ignore_ascii_case(id))
    }
}
