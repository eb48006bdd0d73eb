//! Receipts: what a caller gets for an append, enough to prove later that the entry is in the log.
//!
//! Source: DESIGN.md §6 (`append`). Invariant: the inclusion proof leads from `leaf_hash` to the root in `checkpoint`.

use serde::Serialize;

/// One event of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptEvent {
    /// Position in the log.
    pub sequence: u64,
    /// Event type.
    #[serde(rename = "type")]
    pub event_type: String,
}

/// What was appended, and the proof of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Position of the primary entry.
    pub sequence: u64,
    /// Its id.
    pub id: String,
    /// RFC 6962 hash of its leaf, hex.
    pub leaf_hash: String,
    /// All events of the intent.
    pub events: Vec<ReceiptEvent>,
    /// Signed checkpoint of the log that holds it.
    pub checkpoint: String,
    /// RFC 6962 inclusion proof, hex, from the leaf's neighbour up.
    pub inclusion_proof: Vec<String>,
    /// How safe it is: `committed` = synced to disk and signed for.
    pub level: &'static str,
    /// Whether an equal entry was there before, and this is its receipt again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// What the intent yields: ids that were derived, a token that is shown this once, questions, hashes.
    #[serde(flatten)]
    pub yields: Yields,
}

/// What an intent yields, by name.
pub type Yields = serde_json::Map<String, serde_json::Value>;

impl std::fmt::Debug for Receipt {
    /// Without what the intent yields, which may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt")
            .field("sequence", &self.sequence)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
