//! Bodies of enrolment: how a human gets a key that nobody else ever held, by a code that an admin offers.
//!
//! Not judged here: whether a code is still good (`rules::registry`). Invariant: a code has one canonical text, and only its digest stands
//! in the log before it is used. Source: docs/format.md §7.2.

use super::{Digest, Hex32};
use crate::error::Result;
use crate::names::{Gid, Line, Prose};
use crate::time::Random;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Characters of a code: each has 5 random bits, so that a code has 140.
const CODE_CHARS: usize = 28;
/// Characters that are written without a hyphen between them.
const GROUP: usize = 4;
/// Digits of codes: no letter that is taken for a digit when read aloud or copied by hand (I, L, O), and no U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What separates these digests from all others.
const DOMAIN: &[u8] = b"ledger/enrolment/v1\0";

/// A code that enrols one key, once. Its canonical text is its characters alone.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode(String);

impl EnrolmentCode {
    /// A new one.
    ///
    /// # Errors
    /// As the randomness.
    pub fn new(random: &mut dyn Random) -> Result<Self> {
        let mut bytes = [0_u8; CODE_CHARS];
        random.fill(&mut bytes)?;
        let digit = |b: &u8| ALPHABET.get(usize::from(b & 31)).copied().map(char::from);
        Ok(Self(bytes.iter().filter_map(digit).collect()))
    }

    /// As a person writes it: hyphens, spaces and small letters are let pass, and so are O for 0, I and L for 1.
    #[must_use]
    pub fn from_hand(text: &str) -> Option<Self> {
        let meant = |c: char| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        Self::canonical(
            text.chars().filter(|c| !matches!(c, '-' | ' ')).map(meant).take(CODE_CHARS + 1).collect(),
        )
    }

    fn canonical(text: String) -> Option<Self> {
        let fits = text.len() == CODE_CHARS && text.bytes().all(|b| ALPHABET.contains(&b));
        fits.then_some(Self(text))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In groups, to be read and copied.
    #[must_use]
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = (0..CODE_CHARS)
            .step_by(GROUP)
            .filter_map(|at| self.0.get(at..at.saturating_add(GROUP)))
            .collect();
        groups.join("-")
    }

    /// What stands in the log while it is good.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&[DOMAIN, self.0.as_bytes()].concat())
    }
}

impl std::fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrolmentCode(..)")
    }
}

impl Serialize for EnrolmentCode {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl JsonSchema for EnrolmentCode {
    fn schema_name() -> Cow<'static, str> {
        "EnrolmentCode".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{28}$" })
    }
}

impl<'de> Deserialize<'de> for EnrolmentCode {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        Self::canonical(String::deserialize(d)?)
            .ok_or_else(|| serde::de::Error::custom("expected a code of 28 characters, without hyphens"))
    }
}

/// `offer_enrolment`: an admin lets a human enrol one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentOffer {
    /// Digest of the code.
    pub code_digest: Digest,
    /// When it expires, milliseconds since 1970; at most 7 days ahead.
    pub expires_at: i64,
    /// Who may use it.
    pub gid: Gid,
    /// What it is for: a browser, a machine; no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Line>,
}

/// `withdraw_enrolment`: an offer is good no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentWithdrawal {
    /// Digest of the code that was offered.
    pub code_digest: Digest,
    /// Why.
    pub reason: Prose,
}

/// `enrol_key`: a human's new key, signed for by itself. The code is spent by it, and no secret any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEnrolment {
    /// The code, in its canonical text.
    pub code: EnrolmentCode,
    /// Whose.
    pub gid: Gid,
    /// The public key.
    pub key: Hex32,
}
