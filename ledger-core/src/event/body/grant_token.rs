//! Bodies of grants that are carried as tokens: ordered, given, used, revoked, and what they were narrowed to.
//!
//! Not the token itself, which is shown once and kept nowhere. Invariant: a narrowing is of the same words as a grant's constraints. Source:
//! DOMAIN.md §9, DESIGN.md §9.

use super::work::TokenId;
use crate::constraint::{Constraints, Pattern};
use crate::names::{Gid, GrantId, Line, Prose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `issue_grant_token`: the grant is to be carried as a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantTokenOrder {
    /// Seconds until it ends, 1 to 604,800; an hour when absent, and never longer than the grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
    /// Which grant.
    pub grant_id: GrantId,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Line>,
    /// Which tree.
    pub root: GrantId,
}

/// Follows from the order of a grant token: the token that was given, by its id. The token itself is nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantTokenIssue {
    /// When it ends, milliseconds since 1970.
    pub expires_at: i64,
    /// Which grant.
    pub grant_id: GrantId,
    /// Which tree.
    pub root: GrantId,
    /// Revocation id of its authority block, hex: every token narrowed from it has it too.
    pub token_id: TokenId,
}

/// Follows from a use by token: the token that was shown, by its ids, and what it was narrowed to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantTokenUse {
    /// Which grant.
    pub grant_id: GrantId,
    /// What it was narrowed to, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrowings: Vec<NarrowedToken>,
    /// Which tree.
    pub root: GrantId,
    /// Revocation ids of all its blocks, the authority block's first.
    pub token_ids: Vec<TokenId>,
}

/// `revoke_grant_token`: a token is good no more, nor any that was narrowed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantTokenRevocation {
    /// Which grant it carries.
    pub grant_id: GrantId,
    /// Why.
    pub reason: Prose,
    /// Which tree.
    pub root: GrantId,
    /// Revocation id of one of its blocks, hex.
    pub token_id: TokenId,
}

/// What a block of a grant token narrows it to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NarrowedToken {
    /// To what.
    pub narrowing: GrantNarrowing,
    /// Revocation id of the block.
    pub token_id: TokenId,
}

/// What a grant token is narrowed to, offline, by whoever holds it. It binds like a grant that was passed on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantNarrowing {
    /// The only one who may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Gid>,
    /// The only capabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Vec<Pattern>>,
    /// What limits it.
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// When it ends, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}
