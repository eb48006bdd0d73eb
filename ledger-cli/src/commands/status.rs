//! `ledger status`.

use super::DONE;
use crate::context::Context;
use crate::output::{WARN, say, say_json, say_pairs, styled};
use ledger_core::Result;
use ledger_core::ledger::read;
use ledger_core::rules::Registry;
use ledger_core::rules::registry::ActorKind;
use ledger_core::store::Store;
use ledger_proofs::{Hash, VerifierKey};
use serde::Serialize;

/// What a ledger is and how far it goes.
#[derive(Serialize)]
pub struct Status {
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

impl Status {
    /// Of a store and its registry.
    pub fn of(store: &dyn Store, registry: &Registry, log_id: Option<Hash>) -> Result<Self> {
        let head = store.head();
        let genesis = registry.genesis();
        let vkey = genesis.and_then(|g| VerifierKey::new(g.origin.as_str(), &g.log_key.0).ok());
        let (note, _) = read::signed_head(store)?;
        let count = |kind| registry.actors().filter(|(_, a)| a.kind == kind && !a.retired).count();
        Ok(Self {
            origin: genesis.map(|g| g.origin.to_string()).unwrap_or_default(),
            logid: log_id.map(|h| h.to_hex()).unwrap_or_default(),
            size: head.size,
            root: head.root.to_hex(),
            head: hex::encode(head.chain),
            vkey: vkey.map(|v| v.to_string()).unwrap_or_default(),
            checkpoint: note.to_string(),
            time: head.time.map(|t| t.to_string()),
            agents: count(ActorKind::Agent),
            humans: count(ActorKind::Human),
            services: count(ActorKind::Service),
        })
    }

    /// Says it to a person.
    pub fn say(&self) -> std::io::Result<()> {
        say_pairs(&[
            ("origin", self.origin.clone()),
            ("log id", self.logid.clone()),
            ("entries", self.size.to_string()),
            ("last", self.time.clone().unwrap_or_else(|| "never".to_owned())),
            ("root", self.root.clone()),
            ("head", self.head.clone()),
            ("verifier key", self.vkey.clone()),
            (
                "actors",
                [(self.agents, "agent"), (self.humans, "human"), (self.services, "service")]
                    .map(|(n, what)| format!("{n} {what}{}", if n == 1 { "" } else { "s" }))
                    .join(", "),
            ),
        ])
    }

    /// What a lone human should know.
    pub fn advice(&self) -> Option<&'static str> {
        (self.humans == 1).then_some(
            "one human: what they request themselves nobody can review; let an agent or service request it, or register a second human",
        )
    }
}

/// Says what the ledger is.
pub fn run(ctx: &Context) -> anyhow::Result<u8> {
    let store = ctx.store()?;
    let registry = read::registry_at(&store, None)?;
    let status = Status::of(&store, &registry, Some(store.log_id()))?;
    if ctx.json {
        say_json(&status)?;
        return Ok(DONE);
    }
    status.say()?;
    if let Some(advice) = status.advice() {
        say(styled(WARN, advice))?;
    }
    Ok(DONE)
}
