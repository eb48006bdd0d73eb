//! Keys of signed notes: the signer's, and the one-line verifier key that readers are given.
//!
//! Not key storage and not key generation: the seed comes from the caller, and leaves this module only as signatures.
//!
//! Invariant: a key here has a valid name, the ID that name and key yield, and a canonical public key that is not
//! weak, so that verification is strict Ed25519 in both halves: key and signature.
//!
//! Spec: <https://c2sp.org/signed-note>

use core::fmt;
use core::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::error::NoteError;
use crate::note::{NoteSignature, check_text};

/// Signature type of plain Ed25519 signatures.
const ED25519: u8 = 0x01;

/// A trusted public key: `name+key ID+key`, as in
/// `ledger.example/acme+3a5c1e0f+AZ...=` (key ID in 8 lowercase hex digits, then base64 of 0x01 and the key).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The verifier key of a name and the 32 bytes of an Ed25519 public key.
    ///
    /// # Errors
    /// [`NoteError::KeyName`], and [`NoteError::PublicKey`] for a key that is weak, not canonical or no key at all.
    pub fn new(name: &str, public_key: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public_key).map_err(|_| NoteError::PublicKey)?;
        // A point has several encodings where its y is not reduced; the library takes them all.
        let canonical = key.to_edwards().compress().as_bytes() == public_key;
        if !canonical || key.is_weak() {
            return Err(NoteError::PublicKey);
        }
        Ok(Self { name: name.to_owned(), id: key_id(name, public_key), key })
    }

    /// The name in the key's signature lines; for the key of a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key ID: the first four bytes of SHA-256(name, newline, 0x01, public key), big-endian.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The Ed25519 public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Checks the bytes of one signature of this key over a note's text.
    pub(crate) fn verify(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
        let wrong = || NoteError::BadSignature { name: self.name.clone(), id: self.id };
        let signature = Signature::from_slice(signature).map_err(|_| wrong())?;
        self.key.verify_strict(text.as_bytes(), &signature).map_err(|_| wrong())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, BASE64_STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(vkey: &str) -> Result<Self, NoteError> {
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey("it must be name+ID+key"));
        };
        let lowercase_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if id.len() != 8 || !id.bytes().all(lowercase_hex) {
            return Err(NoteError::VerifierKey("the ID must be 8 lowercase hex digits"));
        }
        let declared =
            u32::from_str_radix(id, 16).map_err(|_| NoteError::VerifierKey("the ID is not a number"))?;
        let bytes = BASE64_STANDARD
            .decode(key)
            .map_err(|_| NoteError::VerifierKey("the key must be padded standard base64"))?;
        let Some((&ED25519, public_key)) = bytes.split_first() else {
            return Err(NoteError::VerifierKey("only keys of type 1 (Ed25519) are supported"));
        };
        let public_key: &[u8; 32] =
            public_key.try_into().map_err(|_| NoteError::VerifierKey("an Ed25519 key is 32 bytes"))?;
        check_name(name)?;
        let computed = key_id(name, public_key);
        if computed != declared {
            return Err(NoteError::KeyId { name: name.to_owned(), declared, computed });
        }
        Self::new(name, public_key)
    }
}

/// A private key with the name it signs under. It shows in no output; its memory is cleared on drop.
#[derive(Clone)]
pub struct SignerKey {
    key: SigningKey,
    verifier: VerifierKey,
}

impl SignerKey {
    /// The key of a name and a secret Ed25519 seed of 32 random bytes.
    ///
    /// # Errors
    /// [`NoteError::KeyName`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key().as_bytes())?;
        Ok(Self { key, verifier })
    }

    /// What readers need to verify this key's signatures.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs the text of a note; always the same signature for the same text.
    ///
    /// # Errors
    /// [`NoteError::TextUnterminated`], [`NoteError::ControlCharacter`] and [`NoteError::TooLong`] for a text that no
    /// note can have.
    pub fn sign(&self, text: &str) -> Result<NoteSignature, NoteError> {
        check_text(text)?;
        let signature = self.key.sign(text.as_bytes());
        NoteSignature::new(self.verifier.name(), self.verifier.id(), &signature.to_bytes())
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignerKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// A key name must not be mistaken for anything around it in a signature line or a verifier key.
pub(crate) fn check_name(name: &str) -> Result<(), NoteError> {
    let allowed = |character: char| !character.is_whitespace() && character != '+' && character >= ' ';
    if !name.is_empty() && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(NoteError::KeyName { name: name.to_owned() })
    }
}

fn key_id(name: &str, public_key: &[u8; 32]) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(name);
    hasher.update([b'\n', ED25519]);
    hasher.update(public_key);
    let digest: [u8; 32] = hasher.finalize().into();
    let [first, second, third, fourth, ..] = digest;
    u32::from_be_bytes([first, second, third, fourth])
}
