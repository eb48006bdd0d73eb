//! Intents: what a caller wants to happen, parsed strictly and not yet judged.
//!
//! Not here: whether it may happen (`rules`). Invariant: an intent that parses has canonical data within its bound; its body is of the
//! form of its kind. Source: DOMAIN.md §8, DESIGN.md §5.

use crate::codes::Code;
use crate::entry::leaf::MAX_SEQUENCE;
use crate::entry::{Auth, Leaf, MAX_PART, MAX_PART_DEPTH, Salt, commitment, signature};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind, StreamRule, pac_stream, tree_stream};
use crate::json::{self, Value};
use crate::key::{KeyId, SecretKey, decode_hex};
use crate::names::{Gid, Key, Origin, Stream};
use crate::time::Timestamp;
use crate::token::Admission;
use ledger_proofs::Hash;
use std::sync::Arc;

/// What a caller wants.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The event that it would become.
    pub event: Event,
    /// Canonical JSON of the body, unchanged.
    pub data: Vec<u8>,
    /// Canonical JSON that no rule reads.
    pub private: Option<Vec<u8>>,
    /// Who.
    pub actor: Gid,
    /// Where it stands.
    pub stream: Stream,
    /// The caller's own name for it: the idempotency key.
    pub key: Option<Key>,
    /// The actor's signature.
    pub signed: Option<Signed>,
    /// The dispatch token that it comes with; it is verified, and kept nowhere.
    pub token: Option<Bearer>,
    /// The access token that the request came with, whose signatures were checked.
    pub access: Option<Arc<Admission>>,
}

/// A token; whoever holds it may use it, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer(String);

impl Bearer {
    /// A token as it was given.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer(..)")
    }
}

/// A signature with what the signer chose.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Which key.
    pub key_id: KeyId,
    /// Over the bytes of docs/format.md §4.
    pub signature: [u8; 64],
    /// Salt of the data.
    pub data_salt: Salt,
    /// Salt of the private part.
    pub private_salt: Option<Salt>,
}

/// Which log a signature is for.
#[derive(Clone, Debug)]
pub struct LogName {
    /// Origin of the log.
    pub origin: Origin,
    /// Its log id; `None` only for the genesis entry.
    pub log_id: Option<Hash>,
}

/// Canonical form of a part that came from outside.
///
/// # Errors
/// `LG_100`, `LG_101` when it is no object, `LG_103` when it is too large.
pub fn canonical_part(name: &str, input: &[u8]) -> Result<Vec<u8>> {
    // Canonical JSON may be longer than its source, but only sixfold; far beyond the bound nothing needs parsing.
    let too_large = |n: usize| {
        Error::new(Code::TooLarge, format!("the {name} has {n} bytes; at most 1 MiB (1,048,576) is allowed"))
    };
    if input.len() > MAX_PART.saturating_mul(8) {
        return Err(too_large(input.len()));
    }
    let bytes = json::canonicalize_within(MAX_PART_DEPTH, input).map_err(|e| {
        Error::new(Code::MalformedJson, format!("the {name} is not strict JSON: {}", e.describe(input)))
    })?;
    if bytes.len() > MAX_PART {
        return Err(too_large(bytes.len()));
    }
    if bytes.first() != Some(&b'{') {
        return Err(Error::new(Code::InvalidIntent, format!("the {name} must be a JSON object")));
    }
    Ok(bytes)
}

impl Intent {
    /// What the log itself records, of this actor; nobody can ask for it.
    ///
    /// # Errors
    /// `LG_101` when the event is none that canonical JSON can hold.
    pub fn of_the_log(event: Event, actor: Gid, stream: Stream) -> Result<Self> {
        let data = event.data()?;
        Ok(Self {
            event,
            data,
            private: None,
            actor,
            stream,
            key: None,
            signed: None,
            token: None,
            access: None,
        })
    }

    /// An intent of this kind (or alias), its body checked for form.
    ///
    /// # Errors
    /// `LG_100` to `LG_104`.
    pub fn new(
        kind: &str,
        data: &[u8],
        private: Option<&[u8]>,
        actor: Gid,
        stream: Option<Stream>,
    ) -> Result<Self> {
        let kind = EventKind::of_intent(kind)?;
        let data = canonical_part("data", data)?;
        let event = kind.read(&data).map_err(|e| {
            let row = kind.row();
            let name = row.kind.unwrap_or_default();
            Error::new(e.code, format!("{name}: {}", e.message))
                .hint(format!("an example of its data: {}", row.example))
        })?;
        has_its_shape(&data, &event)?;
        let private = private.map(|p| canonical_part("private part", p)).transpose()?;
        let own = match event.pac_id().map(pac_stream) {
            Some(own) => Some(own?),
            None => event.tree_root().map(tree_stream).transpose()?,
        };
        let own = match (own, kind.row().stream) {
            (None, StreamRule::Actor(root)) => Some(Stream::new(format!("{root}/{actor}"))?),
            (own, _) => own,
        };
        let stream = match (stream, own) {
            (Some(stream), Some(own)) if stream != own => {
                let why = format!("the data belongs in stream {own}, not {stream}");
                return Err(Error::new(Code::InvalidName, why));
            }
            (Some(stream), _) | (None, Some(stream)) => stream,
            (None, None) => {
                let named =
                    || Error::new(Code::InvalidName, "this kind needs a stream of its own (--stream)");
                Stream::new(kind.row().stream.default_stream().ok_or_else(named)?)?
            }
        };
        if !kind.row().stream.allows(stream.as_str()) {
            let rule = kind.row().stream;
            return Err(Error::new(
                Code::InvalidName,
                format!("{} cannot stand in stream {stream}: {rule:?}", kind.row().event_type),
            ));
        }
        Ok(Self { event, data, private, actor, stream, key: None, signed: None, token: None, access: None })
    }

    /// Reads the JSON form `{"kind","data","private"?,"actor"?,"stream"?,"id"?,"token"?,"signature"?,"keyid"?,"datasalt"?,"privatesalt"?}`.
    ///
    /// # Errors
    /// `LG_100` to `LG_104`; `LG_121` when no actor is named and there is no default.
    pub fn from_json(input: &[u8], default_actor: Option<&Gid>) -> Result<Self> {
        let value = json::parse(input).map_err(|e| Error::new(Code::MalformedJson, e.describe(input)))?;
        let invalid = |m: String| Error::new(Code::InvalidIntent, m);
        let members = value.as_object().ok_or_else(|| invalid("an intent is a JSON object".to_owned()))?;
        const KNOWN: [&str; 11] = [
            "kind",
            "data",
            "private",
            "actor",
            "stream",
            "id",
            "token",
            "signature",
            "keyid",
            "datasalt",
            "privatesalt",
        ];
        if let Some((name, _)) = members.iter().find(|(name, _)| !KNOWN.contains(&name.as_ref())) {
            let shown: String = name.chars().take(64).collect();
            return Err(invalid(format!("unknown member {shown:?}; an intent has {}", KNOWN.join(", "))));
        }
        let text = |name: &str| -> Result<Option<&str>> {
            let member = value.get(name).filter(|v| !v.is_null());
            member
                .map(|v| v.as_str().ok_or_else(|| invalid(format!("`{name}` must be a string"))))
                .transpose()
        };
        let kind = text("kind")?.ok_or_else(|| invalid("`kind` is missing".to_owned()))?;
        let data = value.get("data").ok_or_else(|| invalid("`data` is missing".to_owned()))?.source(input);
        let private = value.get("private").filter(|v| !v.is_null()).map(|v| v.source(input));
        let actor = text("actor")?.map(Gid::new).transpose()?.or_else(|| default_actor.cloned());
        let actor = actor.ok_or_else(|| Error::new(Code::ActorUnclear, "the intent names no actor"))?;
        let stream = text("stream")?.map(Stream::new).transpose()?;
        let mut intent = Self::new(kind, data, private, actor, stream)?;
        intent.key = text("id")?.map(Key::new).transpose()?;
        intent.token = text("token")?.map(Bearer::new);
        intent.check_token()?;
        intent.signed = Self::signed_from(&value, intent.private.is_some())?;
        Ok(intent)
    }

    /// Writes the JSON form that [`from_json`](Self::from_json) reads.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let text = |out: &mut Vec<u8>, name: &str, value: &str| {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            json::write_string(out, value);
        };
        out.extend_from_slice(b"{\"data\":");
        out.extend_from_slice(&self.data);
        if let Some(private) = &self.private {
            out.extend_from_slice(b",\"private\":");
            out.extend_from_slice(private);
        }
        text(out, "kind", self.event.kind().row().kind.unwrap_or_default());
        text(out, "actor", self.actor.as_str());
        text(out, "stream", self.stream.as_str());
        if let Some(key) = &self.key {
            text(out, "id", key.as_str());
        }
        if let Some(token) = &self.token {
            text(out, "token", token.secret());
        }
        if let Some(signed) = &self.signed {
            text(out, "signature", &hex::encode(signed.signature));
            text(out, "keyid", &hex::encode(signed.key_id));
            text(out, "datasalt", &hex::encode(signed.data_salt));
            if let Some(salt) = &signed.private_salt {
                text(out, "privatesalt", &hex::encode(salt));
            }
        }
        out.push(b'}');
    }

    /// Shows a token with the intent.
    ///
    /// # Errors
    /// `LG_101` when intents of this kind take none.
    pub fn with_token(mut self, token: Option<Bearer>) -> Result<Self> {
        self.token = token;
        self.check_token()?;
        Ok(self)
    }

    /// Whether intents of this kind come with a token.
    #[must_use]
    pub const fn takes_token(&self) -> bool {
        match &self.event {
            Event::GrantExercised(e) => e.bearer,
            event => event.kind().takes_token(),
        }
    }

    fn check_token(&self) -> Result<()> {
        if self.token.is_some() && !self.takes_token() {
            let kind = self.event.kind().row().kind.unwrap_or_default();
            return Err(Error::new(
                Code::InvalidIntent,
                format!("{kind} takes no token; start, submit_ber and an exercise with `bearer` do"),
            ));
        }
        Ok(())
    }

    fn signed_from(value: &Value<'_>, private: bool) -> Result<Option<Signed>> {
        fn digits<const N: usize>(value: &Value<'_>, name: &str) -> Result<Option<[u8; N]>> {
            let Some(member) = value.get(name).filter(|v| !v.is_null()) else { return Ok(None) };
            let read = member.as_str().and_then(decode_hex);
            let invalid = || format!("`{name}` must be {} lower-case hex digits", N.saturating_mul(2));
            read.map(Some).ok_or_else(|| Error::new(Code::InvalidIntent, invalid()))
        }
        let signature = digits::<64>(value, "signature")?;
        let parts = (digits(value, "keyid")?, digits(value, "datasalt")?, digits(value, "privatesalt")?);
        match (signature, parts) {
            (None, (None, None, None)) => Ok(None),
            (Some(signature), (Some(key_id), Some(data_salt), private_salt))
                if private_salt.is_some() == private =>
            {
                Ok(Some(Signed { key_id, signature, data_salt, private_salt }))
            }
            _ => Err(Error::new(
                Code::InvalidIntent,
                "a signed intent has `signature`, `keyid`, `datasalt`, and `privatesalt` if and only if it has a private part",
            )),
        }
    }

    /// Signs as the actor; needs a key (the id is part of what is signed).
    ///
    /// # Errors
    /// `LG_101` without a key.
    pub fn sign(
        &mut self,
        secret: &SecretKey,
        log: &LogName,
        data_salt: Salt,
        private_salt: Salt,
    ) -> Result<()> {
        if self.key.is_none() {
            return Err(Error::new(Code::InvalidIntent, "a signed intent needs an id of its own"));
        }
        let key_id = *secret.public()?.id();
        self.signed = Some(Signed {
            key_id,
            signature: [0; 64],
            data_salt,
            private_salt: self.private.is_some().then_some(private_salt),
        });
        let id = self.id().unwrap_or_default();
        let bytes = signature::signed_bytes(&self.leaf(&id, log, &data_salt, Some(&private_salt)), &key_id);
        if let Some(signed) = &mut self.signed {
            signed.signature = secret.sign(&bytes);
        }
        Ok(())
    }

    /// `<stream>/<key>`, when the caller gave a key.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("{}/{key}", self.stream))
    }

    /// How it is known who acts.
    #[must_use]
    pub const fn auth(&self) -> Auth {
        match (&self.signed, &self.token, &self.access) {
            (Some(_), ..) => Auth::Signed,
            (None, Some(_), _) | (None, _, Some(_)) => Auth::Token,
            (None, None, None) => Auth::Asserted,
        }
    }

    /// The leaf as far as the caller decides it; position, time and chain are still to be filled in.
    #[must_use]
    pub fn leaf<'a>(
        &'a self,
        id: &'a str,
        log: &'a LogName,
        data_salt: &Salt,
        private_salt: Option<&Salt>,
    ) -> Leaf<'a> {
        let private = self.private.as_ref().zip(private_salt);
        Leaf {
            actor: self.actor.as_str(),
            auth: self.auth(),
            cause: None,
            data_hash: commitment::data_hash(data_salt, &self.data),
            data_version: self.event.kind().row().version,
            id,
            key_id: self.signed.as_ref().map(|s| s.key_id),
            log_id: log.log_id,
            prev_hash: [0; 32],
            private_hash: private.map(|(bytes, salt)| commitment::private_hash(salt, bytes)),
            sequence: MAX_SEQUENCE,
            signature: self.signed.as_ref().map(|s| s.signature),
            source: log.origin.as_str(),
            subject: self.stream.as_str(),
            subject_sequence: 0,
            time: EPOCH,
            event_type: self.event.kind().row().event_type,
        }
    }
}

/// Objects are written as objects: the parser alone would also take the list of their members, which no schema allows.
fn has_its_shape(data: &[u8], event: &Event) -> Result<()> {
    if !data.contains(&b'[') {
        return Ok(());
    }
    let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes);
    match (read(data), read(&event.data()?)) {
        (Ok(given), Ok(meant)) => match misshapen(&given, &meant) {
            Some(name) => {
                Err(Error::new(Code::InvalidIntent, format!("`{name}` must be an object, not a list")))
            }
            None => Ok(()),
        },
        (Err(e), _) | (_, Err(e)) => Err(Error::new(Code::InvalidIntent, e.to_string())),
    }
}

/// The member in which a list stands for an object.
fn misshapen(given: &serde_json::Value, meant: &serde_json::Value) -> Option<String> {
    use serde_json::Value::{Array, Object};
    match (given, meant) {
        (Object(given), Object(meant)) => {
            given.iter().find_map(|(name, value)| match (value, meant.get(name)) {
                (Array(_), Some(Object(_))) => Some(name.clone()),
                (value, Some(meant)) => {
                    misshapen(value, meant).map(|m| if m.is_empty() { name.clone() } else { m })
                }
                (Array(list), None) if !list.is_empty() => Some(name.clone()),
                (_, None) => None,
            })
        }
        (Array(given), Array(meant)) => given.iter().zip(meant).find_map(|pair| match pair {
            (Array(_), Object(_)) => Some(String::new()),
            (given, meant) => misshapen(given, meant),
        }),
        _ => None,
    }
}

/// A placeholder until the ledger's clock is read.
const EPOCH: Timestamp = Timestamp::EPOCH;
