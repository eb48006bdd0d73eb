//! Signed notes: a text with signatures under it.
//!
//! Not a judgement: a parsed note means nothing until [`Note::verify`] has accepted it for a trusted key.
//!
//! Invariant: a note in memory can be written, and what is written reads back as the same note, byte for byte.
//!
//! Spec: <https://c2sp.org/signed-note>

use core::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::error::NoteError;
use crate::key::{SignerKey, VerifierKey, check_name};

/// Largest note that is read or written, in bytes.
pub const MAX_NOTE_BYTES: usize = 1 << 20;
/// Most signatures that a note is read or written with.
pub const MAX_NOTE_SIGNATURES: usize = 100;

/// What a signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";
const KEY_ID_BYTES: usize = 4;

/// One signature line, by a key that may be unknown: `— name base64(key ID, signature)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: u32,
    signature: Vec<u8>,
}

impl NoteSignature {
    /// A signature of any type made elsewhere, such as a witness's.
    ///
    /// # Errors
    /// [`NoteError::KeyName`], and [`NoteError::SignatureLine`] for an empty signature.
    pub fn new(name: &str, id: u32, signature: &[u8]) -> Result<Self, NoteError> {
        check_name(name)?;
        if signature.is_empty() {
            return Err(NoteError::SignatureLine { line: 1, reason: "the signature is empty" });
        }
        Ok(Self { name: name.to_owned(), id, signature: signature.to_vec() })
    }

    /// Name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// ID of the key.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The signature without the key ID; 64 bytes for Ed25519.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    /// `line` is the text between the newlines, `number` counts from 1 for the error.
    fn parse(line: &str, number: usize) -> Result<Self, NoteError> {
        let wrong = |reason| NoteError::SignatureLine { line: number, reason };
        let rest = line.strip_prefix(DASH).ok_or(wrong("it must begin with an em dash and a space"))?;
        let (name, encoded) = rest.split_once(' ').ok_or(wrong("it must have a name, a space and base64"))?;
        // Not `KeyName`, which repeats the name: this one can be a megabyte of anything.
        check_name(name).map_err(|_| wrong("the key name is not valid"))?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| wrong("not padded standard base64"))?;
        match bytes.split_first_chunk::<KEY_ID_BYTES>() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self { name: name.to_owned(), id: u32::from_be_bytes(*id), signature: signature.to_vec() })
            }
            _ => Err(wrong("it must hold four bytes of key ID and a signature")),
        }
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.signature);
        write!(f, "{DASH}{} {}", self.name, BASE64_STANDARD.encode(bytes))
    }
}

/// A text and the signatures under it, verified or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note of a text (its final newline included) and at least one signature.
    ///
    /// # Errors
    /// [`NoteError::TextUnterminated`], [`NoteError::ControlCharacter`], [`NoteError::NoSignatures`],
    /// [`NoteError::TooManySignatures`], and [`NoteError::TooLong`] when the written note would be.
    pub fn new(text: &str, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        check_text(text)?;
        if signatures.is_empty() {
            return Err(NoteError::NoSignatures);
        }
        if signatures.len() > MAX_NOTE_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let note = Self { text: text.to_owned(), signatures };
        let got = note.to_string().len();
        if got > MAX_NOTE_BYTES { Err(NoteError::TooLong { got }) } else { Ok(note) }
    }

    /// A note with one signature.
    ///
    /// # Errors
    /// As [`Note::new`].
    pub fn sign(text: &str, key: &SignerKey) -> Result<Self, NoteError> {
        Self::new(text, vec![key.sign(text)?])
    }

    /// The same note with one more signature; an earlier one by the same key is replaced.
    ///
    /// # Errors
    /// As [`Note::new`].
    pub fn with_signature(mut self, signature: NoteSignature) -> Result<Self, NoteError> {
        self.signatures.retain(|other| other.name != signature.name || other.id != signature.id);
        self.signatures.push(signature);
        Self::new(&self.text, self.signatures)
    }

    /// Reads a note; nothing is verified yet.
    ///
    /// # Errors
    /// The [`NoteError`] that says what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong { got: bytes.len() });
        }
        let note = core::str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        check_characters(note)?;
        // The text may have empty lines, the signature block has none: the last empty line separates them. The text
        // keeps the newline that ends its last line.
        let blank = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, rest) = note.split_at_checked(blank.saturating_add(1)).ok_or(NoteError::NoSignatures)?;
        let block = rest.strip_prefix('\n').and_then(|block| block.strip_suffix('\n'));
        let mut signatures = Vec::new();
        for (line, number) in block.ok_or(NoteError::NoSignatures)?.split('\n').zip(1..) {
            if number > MAX_NOTE_SIGNATURES {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(NoteSignature::parse(line, number)?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The signed text, its final newline included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signatures, by known and unknown keys, in the order of the note.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Accepts the note when it is signed by `key`; signatures by other keys, also of the same name, are ignored.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] when any signature that names this key is wrong, [`NoteError::NotSigned`] when none
    /// does.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut signed = false;
        for signature in self.signatures.iter().filter(|signature| signature.is_by(key)) {
            key.verify(&self.text, &signature.signature)?;
            signed = true;
        }
        if signed { Ok(()) } else { Err(NoteError::NotSigned { name: key.name().to_owned(), id: key.id() }) }
    }
}

/// The note as it is stored and served.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// A text that can be the text of a note.
pub(crate) fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong { got: text.len() });
    }
    check_characters(text)?;
    if text.ends_with('\n') { Ok(()) } else { Err(NoteError::TextUnterminated) }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    match text.bytes().position(|byte| byte < b' ' && byte != b'\n') {
        Some(at) => Err(NoteError::ControlCharacter { at }),
        None => Ok(()),
    }
}
