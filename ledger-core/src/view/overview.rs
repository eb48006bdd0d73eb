//! A ledger at a glance.
//!
//! Invariant: root and checkpoint are of `size` entries; the counts are of the log as far as `at`, which is that or a little more.
//! Source: DESIGN.md §6.

use super::projection::Projection;
use super::throughput::ThroughputView;
use crate::error::Result;
use crate::ledger::read;
use crate::rules::registry::ActorKind;
use crate::store::Store;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How far a log goes, as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SignedView {
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root of them, hex.
    pub root: String,
    /// Their signed checkpoint.
    pub checkpoint: String,
    /// Time of the last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl SignedView {
    /// Of a store's head.
    ///
    /// # Errors
    /// `LG_203` when it bears no checkpoint.
    pub fn of(store: &dyn Store) -> Result<Self> {
        let (note, checkpoint) = read::signed_head(store)?;
        Ok(Self {
            size: checkpoint.size(),
            root: checkpoint.root().to_hex(),
            checkpoint: note.to_string(),
            time: store.head().time.map(|t| t.to_string()),
        })
    }
}

/// PACs, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PacCounts {
    /// That have not ended.
    pub open: usize,
    /// That have ended.
    pub closed: usize,
    /// Open ones whose gateway is BLOCKED.
    pub blocked: usize,
}

/// Active actors, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActorCounts {
    /// Agents.
    pub agents: usize,
    /// Humans.
    pub humans: usize,
    /// Services.
    pub services: usize,
}

/// A ledger at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverviewView {
    /// How far it goes.
    #[serde(flatten)]
    pub signed: SignedView,
    /// The last entry that the counts include.
    pub at: u64,
    /// Entries of late.
    pub throughput: ThroughputView,
    /// PACs.
    pub pacs: PacCounts,
    /// O-PDOs that are sealed and wait for a review.
    pub reviews_waiting: usize,
    /// Violations that block a gateway.
    pub violations_open: usize,
    /// Active actors.
    pub actors: ActorCounts,
    /// Entries by event type; those beyond 256 types are `others`.
    pub events: BTreeMap<String, u64>,
    /// Entry that this program does not understand: PACs, reviews, violations and actors are counted as they were before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_understood: Option<u64>,
}

impl OverviewView {
    /// Of a projection, at a moment in milliseconds since 1970.
    #[must_use]
    pub fn of(projection: &Projection, signed: SignedView, now: i64) -> Self {
        let (open, blocked) = projection.open_pacs();
        let registry = projection.registry();
        let count = |kind| registry.actors().filter(|(_, a)| a.kind == kind && !a.retired).count();
        Self {
            signed,
            at: projection.size().saturating_sub(1),
            throughput: projection.throughput(now),
            pacs: PacCounts { open, closed: projection.pacs().closed(), blocked },
            reviews_waiting: projection.reviews().filter(|row| row.waiting).count(),
            violations_open: projection.violations().open(),
            actors: ActorCounts {
                agents: count(ActorKind::Agent),
                humans: count(ActorKind::Human),
                services: count(ActorKind::Service),
            },
            events: projection.events().clone(),
            not_understood: projection.check().err().and_then(|e| e.sequence),
        }
    }
}
