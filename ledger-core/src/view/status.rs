//! What a ledger is and how far it goes.

use crate::error::Result;
use crate::ledger::{evidence, read};
use crate::rules::Registry;
use crate::rules::registry::ActorKind;
use crate::store::Store;
use ledger_proofs::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a ledger is and how far it goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct StatusView {
    /// Name of the log.
    pub origin: String,
    /// Leaf hash of its genesis entry.
    pub logid: String,
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root.
    pub root: String,
    /// BLAKE3 of the last leaf.
    pub head: String,
    /// Verifier key of its checkpoints.
    pub vkey: String,
    /// The last signed checkpoint.
    pub checkpoint: String,
    /// Time of the last entry.
    pub time: Option<String>,
    /// Active actors by kind.
    pub agents: usize,
    /// Active humans.
    pub humans: usize,
    /// Active services.
    pub services: usize,
}

impl StatusView {
    /// Of a store and its registry.
    ///
    /// # Errors
    /// `LG_203` when the head bears no checkpoint, and as the store says.
    pub fn of(store: &dyn Store, registry: &Registry, log_id: Option<Hash>) -> Result<Self> {
        let head = store.head();
        let genesis = registry.genesis();
        let (note, _) = read::signed_head(store)?;
        let count = |kind| registry.actors().filter(|(_, a)| a.kind == kind && !a.retired).count();
        Ok(Self {
            origin: genesis.map(|g| g.origin.to_string()).unwrap_or_default(),
            logid: log_id.map(|h| h.to_hex()).unwrap_or_default(),
            size: head.size,
            root: head.root.to_hex(),
            head: hex::encode(head.chain),
            vkey: evidence::verifier_key(store)?.to_string(),
            checkpoint: note.to_string(),
            time: head.time.map(|t| t.to_string()),
            agents: count(ActorKind::Agent),
            humans: count(ActorKind::Human),
            services: count(ActorKind::Service),
        })
    }

    /// What a lone human should know.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        (self.humans == 1).then_some(
            "one human: what they request themselves nobody can review; let an agent or service request it, or register a second human",
        )
    }
}
