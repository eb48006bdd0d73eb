//! Ed25519 keys of actors and of the log, and the files that hold the secret ones.
//!
//! Not here: who holds which key (`rules::registry`), and the note format of checkpoints (`ledger-proofs`). Invariant: a
//! [`PublicKey`] is a canonical point of large order; a [`SecretKey`] never appears in any output and is zeroed when dropped.
//! Source: docs/format.md §§1, 4, 11.

use crate::codes::Code;
use crate::error::{Error, Result};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use zeroize::Zeroizing;

/// SHA-256 of a public key: how an entry names the key that signed it.
pub type KeyId = [u8; 32];

/// A key that verifies, with its id.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// Takes 32 bytes that are a canonical point of large order.
    ///
    /// # Errors
    /// `LG_124` for anything else.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        let refuse = |why: &str| Error::new(Code::KeyUnusable, format!("{} is {why}", hex::encode(bytes)));
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| refuse("no Ed25519 public key"))?;
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(refuse("no canonical encoding of an Ed25519 public key"));
        }
        if key.is_weak() {
            return Err(refuse("a weak Ed25519 key: anyone can sign for it"));
        }
        Ok(Self { key, id: Sha256::digest(bytes).into() })
    }

    /// Takes 64 lower-case hex digits.
    ///
    /// # Errors
    /// `LG_124` for anything else.
    pub fn from_hex(text: &str) -> Result<Self> {
        let bytes: [u8; 32] = decode_hex(text).ok_or_else(|| {
            Error::new(Code::KeyUnusable, "a public key is 64 lower-case hex digits".to_owned())
        })?;
        Self::from_bytes(&bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// 64 hex digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.key.as_bytes())
    }

    /// SHA-256 of the 32 bytes.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Strict Ed25519: canonical encodings, no small order, cofactorless.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// A key that signs.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, for whoever needs a key of another form (the checkpoint signer).
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    ///
    /// # Errors
    /// None in practice: a public key made from a seed is canonical and of large order.
    pub fn public(&self) -> Result<PublicKey> {
        PublicKey::from_bytes(self.0.verifying_key().as_bytes())
    }

    /// 64 bytes of signature over the message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// Reads a key file (docs/format.md §11).
    ///
    /// # Errors
    /// `LG_126` when others may read it, `LG_127` when it cannot be read or is not of its form.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let unreadable =
            |why: &dyn fmt::Display| Error::new(Code::KeyFileUnreadable, format!("{shown}: {why}"));
        let file = fs::File::open(path).map_err(|e| unreadable(&e))?;
        let meta = file.metadata().map_err(|e| unreadable(&e))?;
        if !meta.is_file() {
            return Err(unreadable(&"not a file"));
        }
        if meta.permissions().mode() & 0o077 != 0 {
            let mode = meta.permissions().mode() & 0o777;
            return Err(Error::new(
                Code::KeyFileMode,
                format!("{shown} has mode {mode:04o}; others may read it"),
            )
            .hint(format!("chmod 600 {shown}; if others had access, register a new key")));
        }
        let mut text = Zeroizing::new(String::new());
        (&file).take(4096).read_to_string(&mut text).map_err(|e| unreadable(&e))?;
        let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let seed = match (lines.next(), lines.next()) {
            (Some(line), None) => decode_hex::<32>(line).map(Zeroizing::new),
            _ => None,
        };
        let seed = seed.ok_or_else(|| unreadable(&"expected one line of 64 lower-case hex digits"))?;
        Ok(Self::from_seed(&seed))
    }

    /// Writes a new key file, mode 0600; never over an existing one.
    ///
    /// # Errors
    /// `LG_127` when it exists or cannot be written.
    pub fn write(&self, path: &Path, whose: &str) -> Result<()> {
        let failed = |e: std::io::Error| {
            let error = Error::new(Code::KeyFileUnreadable, format!("{}: {e}", path.display()));
            let taken = e.kind() == std::io::ErrorKind::AlreadyExists;
            if taken {
                error.hint("name a file that is not there yet: no key is ever written over another")
            } else {
                error
            }
        };
        let public = hex::encode(self.0.verifying_key().as_bytes());
        let text = Zeroizing::new(format!(
            "# Secret Ed25519 key of {whose}. Keep it to yourself.\n# public: {public}\n{}\n",
            Zeroizing::new(hex::encode(self.0.as_bytes())).as_str()
        ));
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        // The name too must survive a power cut: a log without its key is never written again.
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(parent).and_then(|d| d.sync_all()).map_err(failed)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// Exactly `2 * N` lower-case hex digits.
///
/// Every leaf that is read has hundreds of them: without branches, several digits are decoded at once.
#[must_use]
pub fn decode_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| {
        let (decimal, letter) = (b.wrapping_sub(b'0'), b.wrapping_sub(b'a'));
        let letter = if letter < 6 { letter.wrapping_add(10) } else { 0xff };
        if decimal < 10 { decimal } else { letter }
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let (mut bytes, mut all) = ([0; N], 0_u8);
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (digit(*high), digit(*low));
        all |= high | low;
        *byte = high << 4 | low;
    }
    (all < 16).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hex_is_read_in_lower_case_and_nothing_else_is(bytes: [u8; 40], at in 0..80_usize, other: char) {
            let text = hex::encode(bytes);
            prop_assert_eq!(decode_hex(&text), Some(bytes));
            prop_assert_eq!(decode_hex::<39>(&text), None);
            prop_assert_eq!(decode_hex::<41>(&text), None);
            let mut changed = text.clone();
            changed.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
            let valid = matches!(other, '0'..='9' | 'a'..='f');
            prop_assert_eq!(decode_hex::<40>(&changed).is_some(), valid, "{}", changed);
        }

        #[test]
        fn each_other_byte_is_no_digit(byte in prop::sample::select((0..128_u8).collect::<Vec<_>>())) {
            let text = format!("0{}", char::from(byte));
            let expected = hex::decode(&text).ok().filter(|_| !byte.is_ascii_uppercase());
            prop_assert_eq!(decode_hex::<1>(&text).map(Vec::from), expected);
        }
    }

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        // y = p + 1: the identity again, not reduced; then points of order 2, 4 and 8.
        let bad = [
            hex::encode(identity),
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f".to_owned(),
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f".to_owned(),
            "0000000000000000000000000000000000000000000000000000000000000000".to_owned(),
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned(),
            "ff".repeat(32),
            "AB".repeat(32),
            String::new(),
        ];
        for text in bad {
            assert_eq!(PublicKey::from_hex(&text).unwrap_err().code, Code::KeyUnusable, "{text}");
        }
    }

    #[test]
    fn key_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let key = SecretKey::from_seed(&[7; 32]);
        key.write(&path, "GID-01").unwrap();
        assert_eq!(SecretKey::read(&path).unwrap().seed(), key.seed());
        assert_eq!(key.write(&path, "GID-01").unwrap_err().code, Code::KeyFileUnreadable);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(SecretKey::read(&path).unwrap_err().code, Code::KeyFileMode);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for text in ["", "zz", "aa\nbb\n", "\u{0}"] {
            fs::write(&path, text).unwrap();
            assert_eq!(SecretKey::read(&path).unwrap_err().code, Code::KeyFileUnreadable, "{text:?}");
        }
        assert_eq!(SecretKey::read(dir.path()).unwrap_err().code, Code::KeyFileUnreadable);
        assert_eq!(SecretKey::read(&dir.path().join("none")).unwrap_err().code, Code::KeyFileUnreadable);
        assert!(!format!("{key:?}").contains("07"));
    }
}
