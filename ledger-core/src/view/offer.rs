//! Offers to enrol a key that are still open.
//!
//! Not the codes: nobody but the admin who made one and the human who got it knows it. Source: docs/format.md §7.2.

use crate::rules::Registry;
use crate::time::Timestamp;
use serde::Serialize;

/// One open offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferView<'a> {
    /// Who may enrol a key.
    pub gid: &'a str,
    /// Digest of the code.
    pub code_digest: &'a str,
    /// When it expires, milliseconds since 1970.
    pub expires_at: i64,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'a str>,
    /// The entry that made it.
    pub since: u64,
}

impl<'a> OfferView<'a> {
    /// All that are open at this time, the oldest first.
    #[must_use]
    pub fn open(registry: &'a Registry, now: Timestamp) -> Vec<Self> {
        let mut open: Vec<Self> = registry
            .offers()
            .filter(|(_, offer)| offer.is_open(now))
            .map(|(digest, offer)| Self {
                gid: &offer.gid,
                code_digest: digest.as_str(),
                expires_at: offer.expires_at,
                label: offer.label.as_deref(),
                since: offer.since,
            })
            .collect();
        open.sort_by_key(|offer| offer.since);
        open
    }
}
