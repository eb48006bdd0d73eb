//! The leaf: a CloudEvents 1.0 event in canonical JSON, written and read as the fixed sequence of literals and values that it is.
//!
//! No general JSON here: no value of a leaf needs escaping. Invariant: `parse` accepts exactly what `write` can produce, so a leaf
//! that is read and written again has the same bytes. Source: docs/format.md §2.

use crate::key::decode_hex;
use crate::names;
use crate::time::Timestamp;
use ledger_proofs::Hash;

/// How it is known who acted (DOMAIN.md §2). Ordered by strength.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A local command said so.
    Asserted,
    /// A capability token said so.
    Token,
    /// The actor's own signature says so.
    Signed,
}

impl Auth {
    /// The word in the leaf.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asserted => "asserted",
            Self::Token => "token",
            Self::Signed => "signed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Asserted, Self::Token, Self::Signed].into_iter().find(|a| a.as_str() == text)
    }
}

/// Largest sequence that 16 digits hold.
pub const MAX_SEQUENCE: u64 = 9_999_999_999_999_999;

/// The members of a leaf; hashes as bytes, the rest as the forms of docs/format.md §1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the leaf's member of that name, documented in docs/format.md §2")]
pub struct Leaf<'a> {
    pub actor: &'a str,
    pub auth: Auth,
    pub cause: Option<u64>,
    pub data_hash: [u8; 32],
    pub data_version: u16,
    pub id: &'a str,
    pub key_id: Option<[u8; 32]>,
    pub log_id: Option<Hash>,
    pub prev_hash: [u8; 32],
    pub private_hash: Option<[u8; 32]>,
    pub sequence: u64,
    pub signature: Option<[u8; 64]>,
    pub source: &'a str,
    pub subject: &'a str,
    pub subject_sequence: u64,
    pub time: Timestamp,
    pub event_type: &'a str,
}

/// A sequence as the leaf writes it.
#[must_use]
pub fn sequence_text(n: u64) -> String {
    format!("{n:016}")
}

/// Reads a sequence: exactly 16 digits.
#[must_use]
pub fn parse_sequence(text: &str) -> Option<u64> {
    if text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Writes members one after another; the first has no comma.
pub(super) struct Members<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Members<'a> {
    pub(super) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    fn name(&mut self, name: &str) {
        self.out.extend_from_slice(if self.first { b"\"" } else { b",\"" });
        self.first = false;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A string that needs no escaping.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
    }

    pub(super) fn hex(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.out.push(b'"');
        let start = self.out.len();
        self.out.resize(start.saturating_add(value.len().saturating_mul(2)), 0);
        if let Some(space) = self.out.get_mut(start..) {
            // The space has exactly the length that is needed.
            let _ = hex::encode_to_slice(value, space);
        }
        self.out.push(b'"');
    }

    pub(super) fn hex_opt<const N: usize>(&mut self, name: &str, value: Option<&[u8; N]>) {
        if let Some(value) = value {
            self.hex(name, value);
        }
    }

    pub(super) fn sequence(&mut self, name: &str, value: u64) {
        self.text(name, &sequence_text(value));
    }

    /// A value that is JSON already.
    pub(super) fn raw(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.out.extend_from_slice(value);
    }

    pub(super) fn close(self) {
        self.out.push(b'}');
    }
}

/// Writes what stands between `datahash` and `datasalt` of event JSON, and between the private members, so that one order of
/// members serves leaf and event JSON alike.
pub(super) trait Extra {
    fn before_datahash(&self, _: &mut Members<'_>) {}
    fn after_datahash(&self, _: &mut Members<'_>) {}
    fn before_privatehash(&self, _: &mut Members<'_>) {}
    fn after_privatehash(&self, _: &mut Members<'_>) {}
}

/// Nothing more than the leaf.
struct LeafOnly;
impl Extra for LeafOnly {}

/// A member whose value is a string.
struct Member {
    /// Its name, for messages.
    name: &'static str,
    /// What stands before its value.
    opening: &'static str,
}

/// A member behind others.
macro_rules! member {
    ($name:literal) => {
        Member { name: $name, opening: concat!(",\"", $name, "\":\"") }
    };
}
impl<'a> Leaf<'a> {
    /// Appends the canonical JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_with(out, &LeafOnly);
    }

    pub(super) fn write_with(&self, out: &mut Vec<u8>, extra: &impl Extra) {
        let mut m = Members::open(out);
        m.text("actor", self.actor);
        m.text("auth", self.auth.as_str());
        if let Some(cause) = self.cause {
            m.sequence("cause", cause);
        }
        extra.before_datahash(&mut m);
        m.hex("datahash", &self.data_hash);
        extra.after_datahash(&mut m);
        m.raw("dataversion", self.data_version.to_string().as_bytes());
        m.text("id", self.id);
        m.hex_opt("keyid", self.key_id.as_ref());
        m.hex_opt("logid", self.log_id.as_ref().map(Hash::as_bytes));
        m.hex("prevhash", &self.prev_hash);
        extra.before_privatehash(&mut m);
        m.hex_opt("privatehash", self.private_hash.as_ref());
        extra.after_privatehash(&mut m);
        m.sequence("sequence", self.sequence);
        m.hex_opt("signature", self.signature.as_ref());
        m.text("source", self.source);
        m.text("specversion", "1.0");
        m.text("subject", self.subject);
        m.sequence("subjectsequence", self.subject_sequence);
        m.text("time", &self.time.to_string());
        m.text("type", self.event_type);
        m.close();
    }

    /// Reads a leaf.
    ///
    /// # Errors
    /// What is not of its form, in words.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        if bytes.len() > super::MAX_LEAF {
            return Err("longer than 65,535 bytes");
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
        let mut r = Reader { rest: text };
        let leaf = Self {
            actor: r.form(&Member { name: "actor", opening: "{\"actor\":\"" }, names::is_gid)?,
            auth: Auth::parse(r.text(&member!("auth"))?).ok_or("auth is none of asserted, token, signed")?,
            cause: r.optional(&member!("cause"), 16, parse_sequence)?,
            data_hash: r.value(&member!("datahash"), 64, decode_hex)?,
            data_version: r.version()?,
            id: r.form(&member!("id"), names::is_entry_id)?,
            key_id: r.optional(&member!("keyid"), 64, decode_hex)?,
            log_id: r.optional(&member!("logid"), 64, |t| decode_hex(t).map(Hash::from_bytes))?,
            prev_hash: r.value(&member!("prevhash"), 64, decode_hex)?,
            private_hash: r.optional(&member!("privatehash"), 64, decode_hex)?,
            sequence: r.value(&member!("sequence"), 16, parse_sequence)?,
            signature: r.optional(&member!("signature"), 128, decode_hex)?,
            source: r.form(&member!("source"), names::is_origin)?,
            subject: {
                r.value(&member!("specversion"), 3, |t| (t == "1.0").then_some(()))?;
                r.form(&member!("subject"), names::is_stream)?
            },
            subject_sequence: r.value(&member!("subjectsequence"), 16, parse_sequence)?,
            time: r.value(&member!("time"), 24, Timestamp::parse)?,
            event_type: r.form(&member!("type"), names::is_event_type)?,
        };
        if r.rest != "}" {
            return Err("unknown member, wrong order or trailing bytes");
        }
        if leaf.key_id.is_some() != leaf.signature.is_some() {
            return Err("keyid and signature come together");
        }
        if leaf.cause.is_some_and(|c| c >= leaf.sequence) {
            return Err("the cause is not an earlier entry");
        }
        Ok(leaf)
    }
}

/// Takes members off the front of the leaf's text.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// A value of any length.
    #[inline]
    fn text(&mut self, member: &Member) -> Result<&'a str, &'static str> {
        let value = self.rest.strip_prefix(member.opening).ok_or(member.name)?;
        let end = value.bytes().position(|b| b == b'"').ok_or(member.name)?;
        let (value, rest) = value.split_at_checked(end).ok_or(member.name)?;
        self.rest = rest.strip_prefix('"').ok_or(member.name)?;
        Ok(value)
    }

    #[inline]
    fn form(&mut self, member: &Member, is: fn(&str) -> bool) -> Result<&'a str, &'static str> {
        self.text(member).and_then(|t| if is(t) { Ok(t) } else { Err(member.name) })
    }

    /// A value of exactly this many bytes.
    #[inline]
    fn value<T>(
        &mut self,
        member: &Member,
        len: usize,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, &'static str> {
        let value = self.rest.strip_prefix(member.opening).ok_or(member.name)?;
        let (value, rest) = value.split_at_checked(len).ok_or(member.name)?;
        self.rest = rest.strip_prefix('"').ok_or(member.name)?;
        parse(value).ok_or(member.name)
    }

    #[inline]
    fn optional<T>(
        &mut self,
        member: &Member,
        len: usize,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, &'static str> {
        if self.rest.starts_with(member.opening) {
            self.value(member, len, parse).map(Some)
        } else {
            Ok(None)
        }
    }

    /// `dataversion`, the one number.
    fn version(&mut self) -> Result<u16, &'static str> {
        let rest = self.rest.strip_prefix(",\"dataversion\":").ok_or("dataversion")?;
        let end = rest.find(',').ok_or("dataversion")?;
        let (digits, rest) = rest.split_at_checked(end).ok_or("dataversion")?;
        let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        self.rest = rest;
        if plain { digits.parse().map_err(|_| "dataversion") } else { Err("dataversion") }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects)]
    use super::*;
    use proptest::prelude::*;

    const SAMPLE: Leaf<'static> = Leaf {
        actor: "GID-01",
        auth: Auth::Signed,
        cause: Some(3),
        data_hash: [1; 32],
        data_version: 1,
        id: "notes/k",
        key_id: Some([2; 32]),
        log_id: Some(Hash::from_bytes([3; 32])),
        prev_hash: [4; 32],
        private_hash: Some([5; 32]),
        sequence: 7,
        signature: Some([6; 64]),
        source: "ledger.example/acme",
        subject: "notes",
        subject_sequence: 2,
        time: match Timestamp::from_millis(1_700_000_000_123) {
            Some(t) => t,
            None => panic!(),
        },
        event_type: "note.recorded",
    };

    fn leaf() -> impl Strategy<Value = (bool, bool, bool, bool, u64, u64, i64, u16)> {
        (
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
            1..=MAX_SEQUENCE,
            0..=MAX_SEQUENCE,
            0..253_402_300_799_999_i64,
            1..=u16::MAX,
        )
    }

    proptest! {
        #[test]
        fn written_leaves_are_canonical_and_read_back((cause, log, signed, private, seq, sub, ms, version) in leaf()) {
            let leaf = Leaf {
                cause: cause.then(|| seq.saturating_sub(1)),
                log_id: SAMPLE.log_id.filter(|_| log),
                key_id: SAMPLE.key_id.filter(|_| signed),
                signature: SAMPLE.signature.filter(|_| signed),
                private_hash: SAMPLE.private_hash.filter(|_| private),
                sequence: seq, subject_sequence: sub, data_version: version,
                time: Timestamp::from_millis(ms).unwrap(),
                ..SAMPLE
            };
            let mut bytes = Vec::new();
            leaf.write(&mut bytes);
            prop_assert_eq!(Leaf::parse(&bytes), Ok(leaf));
            prop_assert!(crate::json::is_canonical(&bytes));
        }

        #[test]
        fn whatever_is_read_is_written_the_same(at in 0..700_usize, byte: u8, cut in 0..700_usize) {
            let mut bytes = Vec::new();
            SAMPLE.write(&mut bytes);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(bytes.len().saturating_sub(cut / 600));
            if let Ok(leaf) = Leaf::parse(&bytes) {
                let mut again = Vec::new();
                leaf.write(&mut again);
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
