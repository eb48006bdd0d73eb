//! Reviews: how far those of one PAC are, the packet that a reviewer reads, and what of all PACs is sealed.
//!
//! Not here: who may review. Invariant: packet and digest are those that a verdict is given on. Source: DOMAIN.md §6.

use super::MomentView;
use super::history::review_steps;
use crate::error::Result;
use crate::event::body::Digest;
use crate::review::{CHALLENGE_EXPIRY_MS, MAX_FAILURES, MINIMUM_LATENCY_MS};
use crate::rules::Registry;
use crate::rules::pac::review::{Challenge, Review};
use crate::rules::pac::{Composite, CompositeState, Pac};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// How far the reviews of one PAC are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewStatusView<'a> {
    /// Which PAC.
    pub pac_id: &'a str,
    /// Its present O-PDO, or the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opdo_id: Option<&'a str>,
    /// DRAFT, SEALED, FINAL or VOID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Root of its proof, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merkle_root: Option<&'a str>,
    /// Digest of the packet, while there is something to review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet: Option<Digest>,
    /// Least time from question to answer, ms.
    pub minimum_latency_ms: u64,
    /// Most time from question to answer, ms.
    pub challenge_expiry_ms: u64,
    /// Everyone who began a review of this PAC.
    pub reviewers: Vec<ReviewerView<'a>>,
}

/// One reviewer of one PAC.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewerView<'a> {
    /// Who.
    pub gid: &'a str,
    /// Entry that opened the packet of the present O-PDO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<u64>,
    /// Failed challenges since the last unlocking.
    pub failures: u32,
    /// Whether there were too many of them.
    pub locked_out: bool,
    /// Challenges, with how they ended.
    pub challenges: Vec<&'a Challenge>,
    /// Verdicts.
    pub verdicts: Vec<&'a Review>,
}

impl<'a> ReviewStatusView<'a> {
    /// Of this PAC.
    #[must_use]
    pub fn of(pac: &'a Pac, registry: &Registry) -> Self {
        let composite = pac.composite().or(pac.composites.last());
        Self {
            pac_id: pac.id.as_str(),
            opdo_id: composite.map(Composite::id),
            state: composite.map(|c| c.state().as_str()),
            merkle_root: composite.and_then(Composite::root),
            packet: pac.packet_digest().ok(),
            minimum_latency_ms: registry.policy().review_latency_ms.unwrap_or(MINIMUM_LATENCY_MS),
            challenge_expiry_ms: CHALLENGE_EXPIRY_MS,
            reviewers: reviewers(pac),
        }
    }
}

fn reviewers(pac: &Pac) -> Vec<ReviewerView<'_>> {
    let reviews = &pac.reviews;
    let gids: BTreeSet<&str> = (reviews.open.keys().map(String::as_str))
        .chain(reviews.challenges.iter().map(|c| c.reviewer.as_str()))
        .chain(reviews.given.iter().map(|r| r.reviewer.as_str()))
        .collect();
    let view = |gid| ReviewerView {
        gid,
        opened: reviews.open.get(gid).copied(),
        failures: reviews.failures_of(gid),
        locked_out: reviews.failures_of(gid) >= MAX_FAILURES,
        challenges: reviews.challenges.iter().filter(|c| c.reviewer == gid).collect(),
        verdicts: reviews.given.iter().filter(|r| r.reviewer == gid).collect(),
    };
    gids.into_iter().map(view).collect()
}

/// What a reviewer reads.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PacketView {
    /// The O-PDO that is sealed.
    pub opdo_id: String,
    /// Root of its proof, hex.
    pub merkle_root: String,
    /// Digest of the content's canonical JSON: what a verdict is given on.
    pub packet: Digest,
    /// The content.
    pub content: serde_json::Map<String, serde_json::Value>,
    /// Its canonical JSON.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl PacketView {
    /// Of what is sealed in this PAC.
    ///
    /// # Errors
    /// `LG_156`, `GS_431` when nothing is sealed.
    pub fn of(pac: &Pac) -> Result<Self> {
        let bytes = pac.packet()?;
        let composite = pac.composite();
        Ok(Self {
            opdo_id: composite.map(Composite::id).unwrap_or_default().to_owned(),
            merkle_root: composite.and_then(Composite::root).unwrap_or_default().to_owned(),
            packet: Digest::of(&bytes),
            content: crate::event::body::read(&bytes)?,
            bytes,
        })
    }
}

/// An O-PDO that is sealed and not yet final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReviewRow {
    /// Which PAC.
    pub pac_id: String,
    /// Its short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who ordered it, and may not review it.
    pub requester: String,
    /// What is sealed.
    pub opdo_id: String,
    /// Root of its proof, hex.
    pub merkle_root: String,
    /// When it was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<MomentView>,
    /// Whether it waits for a review; if not, it was approved and waits to be made final.
    pub waiting: bool,
    /// Who has begun to review it.
    pub reviewers: Vec<Reading>,
}

/// Someone who has begun a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reading {
    /// Who.
    pub gid: String,
    /// How far: READING, CHALLENGED, PASSED, FAILED, ABANDONED, VOID, or the verdict.
    pub step: &'static str,
    /// Entry that opened the packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<u64>,
    /// Failed challenges since the last unlocking.
    pub failures: u32,
    /// Whether there were too many of them.
    pub locked_out: bool,
}

impl ReviewRow {
    /// Of this PAC, when something is sealed in it.
    #[must_use]
    pub fn of(pac: &Pac) -> Option<Self> {
        let sealed = pac.composite().filter(|c| c.state() == CompositeState::Sealed)?;
        if pac.closure.is_some() {
            return None;
        }
        let approves = |r: &Review| r.opdo_id == sealed.id() && r.ber_id.is_some();
        let reviews = &pac.reviews;
        let of_this = |gid: &String| {
            reviews.open.contains_key(gid)
                || reviews.given.iter().any(|r| r.reviewer == *gid && r.opdo_id == sealed.id())
        };
        let reading = |(gid, step): (String, &'static str)| Reading {
            step,
            opened: reviews.open.get(&gid).copied(),
            failures: reviews.failures_of(&gid),
            locked_out: reviews.failures_of(&gid) >= MAX_FAILURES,
            gid,
        };
        Some(Self {
            pac_id: pac.id.as_str().to_owned(),
            title: pac.order.title.as_ref().map(|t| t.as_str().to_owned()),
            requester: pac.requester.clone(),
            opdo_id: sealed.id().to_owned(),
            merkle_root: sealed.root().unwrap_or_default().to_owned(),
            sealed: sealed.sealed_at().map(MomentView::from),
            waiting: !reviews.given.iter().any(approves),
            reviewers: review_steps(pac).into_iter().filter(|(gid, _)| of_this(gid)).map(reading).collect(),
        })
    }
}
