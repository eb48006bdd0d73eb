//! Receipts: what a caller gets for an append, enough to prove later that the entry is in the log.
//!
//! Source: DESIGN.md §6 (`append`). Invariant: the inclusion proof leads from `leaf_hash` to the root in `checkpoint`.

use crate::codes::Code;
use crate::error::{Error, Result};
use ledger_proofs::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::sync::Arc;

/// Synced to disk and signed for.
pub const COMMITTED: &str = "committed";

/// One event of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct ReceiptEvent {
    /// Position in the log.
    pub sequence: u64,
    /// Event type.
    #[serde(rename = "type")]
    pub event_type: Cow<'static, str>,
}

/// What was appended, and the proof of it.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Receipt {
    /// Position of the primary entry.
    pub sequence: u64,
    /// Its id.
    pub id: String,
    /// RFC 6962 hash of its leaf, hex.
    #[serde(serialize_with = "hex_of")]
    #[schemars(with = "String")]
    pub leaf_hash: Hash,
    /// All events of the intent.
    pub events: Vec<ReceiptEvent>,
    /// Signed checkpoint of the log that holds it; one for all that were committed together.
    #[serde(serialize_with = "text_of")]
    #[schemars(with = "String")]
    pub checkpoint: Arc<str>,
    /// RFC 6962 inclusion proof, hex, from the leaf's neighbour up.
    #[serde(serialize_with = "hexes_of")]
    #[schemars(with = "Vec<String>")]
    pub inclusion_proof: Vec<Hash>,
    /// How safe it is: `committed` = synced to disk and signed for.
    pub level: &'static str,
    /// Whether an equal entry was there before, and this is its receipt again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// What the intent yields: ids that were derived, a token that is shown this once, questions, hashes.
    #[serde(flatten)]
    pub yields: Yields,
}

/// A hash in hex, as it is in JSON.
struct Hex<'a>(&'a Hash);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut digits = [0; 2 * Hash::BYTES];
        hex::encode_to_slice(self.0.as_bytes(), &mut digits).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(std::str::from_utf8(&digits).map_err(serde::ser::Error::custom)?)
    }
}

fn hex_of<S: Serializer>(hash: &Hash, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    Hex(hash).serialize(serializer)
}

fn hexes_of<S: Serializer>(hashes: &[Hash], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(hashes.iter().map(Hex))
}

fn text_of<S: Serializer>(text: &str, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// What an intent yields, by name.
pub type Yields = serde_json::Map<String, serde_json::Value>;

impl Receipt {
    /// Reads the JSON that another process was given: what has no place of its own is what the intent yielded.
    ///
    /// # Errors
    /// `LG_208` when a member is missing or of another form.
    pub fn from_json(receipt: serde_json::Value) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Known {
            sequence: u64,
            id: String,
            leaf_hash: String,
            events: Vec<ReceiptEvent>,
            checkpoint: String,
            inclusion_proof: Vec<String>,
            #[serde(rename = "level")]
            _level: String,
            #[serde(default)]
            repeated: bool,
            #[serde(flatten)]
            yields: Yields,
        }
        let strange = |e: &dyn std::fmt::Display| {
            Error::new(Code::ReadFailed, format!("the receipt is not understood: {e}"))
        };
        let known: Known = serde_json::from_value(receipt).map_err(|e| strange(&e))?;
        let Known { sequence, id, leaf_hash, events, checkpoint, inclusion_proof, repeated, yields, .. } =
            known;
        let hash = |text: &String| Hash::from_hex(text).map_err(|e| strange(&e));
        let (leaf_hash, checkpoint, level) = (hash(&leaf_hash)?, checkpoint.into(), COMMITTED);
        let inclusion_proof = inclusion_proof.iter().map(hash).collect::<Result<_>>()?;
        Ok(Self { sequence, id, leaf_hash, events, checkpoint, inclusion_proof, level, repeated, yields })
    }
}

impl std::fmt::Debug for Receipt {
    /// Without what the intent yields, which may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt")
            .field("sequence", &self.sequence)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
