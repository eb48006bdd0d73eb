//! Data of the events about access over the network: tokens given and taken back, and what was read or refused.
//!
//! Not the token itself, which is shown once and kept nowhere. Invariant: an id of a token lets nobody in. Source: DESIGN.md §9.

use super::work::TokenId;
use crate::names::{Gid, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the holder of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Reader,
    /// Reads, and appends as one actor.
    Appender,
    /// Reads, and reviews as one human.
    Reviewer,
    /// Reads, and appends as the orchestrator.
    Orchestrator,
    /// Reads, appends as one admin, and hands over what others have signed.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Reader, Self::Appender, Self::Reviewer, Self::Orchestrator, Self::Admin];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Appender => "appender",
            Self::Reviewer => "reviewer",
            Self::Orchestrator => "orchestrator",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// `issue_access_token`: a token was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessTokenIssue {
    /// When it ends, milliseconds since 1970.
    pub expires_at: i64,
    /// Who holds it.
    pub gid: Gid,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Line>,
    /// What its holder may do.
    pub role: Role,
    /// Revocation id of its authority block.
    pub token_id: TokenId,
}

/// `revoke_access_token`: a token is good no more, and nothing that was narrowed from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessTokenRevocation {
    /// Why.
    pub reason: Line,
    /// Revocation id of any of its blocks.
    pub token_id: TokenId,
}

/// What became of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessOutcome {
    /// Evidence was read.
    Read,
    /// The request was refused by authorisation.
    Refused,
}

/// Requests over the network that the policy wants recorded; equal ones of a moment are counted in one entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRecord {
    /// Code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How many requests this entry stands for.
    pub count: u64,
    /// Holder of the token; `GID-NOBODY` without one.
    pub gid: Gid,
    /// Method of HTTP.
    pub method: String,
    /// What became of them.
    pub outcome: AccessOutcome,
    /// The route.
    pub route: String,
    /// Revocation id of the authority block of the token, where there was one that this ledger gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<TokenId>,
}
