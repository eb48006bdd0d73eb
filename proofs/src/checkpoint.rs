//! Checkpoints: the signed statement of a log that its tree has this many leaves and this root.
//!
//! Not a witness: two checkpoints are compared by a consistency proof, and only by whoever remembers the first.
//!
//! Invariant: a checkpoint in memory has exactly one text, and one that came from [`Checkpoint::open`] was signed by
//! the key of its own origin.
//!
//! Spec: <https://c2sp.org/tlog-checkpoint>

use crate::decimal::decimal;
use crate::error::CheckpointError;
use crate::hash::{Hash, empty_root};
use crate::key::{SignerKey, VerifierKey};
use crate::note::Note;

/// The head of a log's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// The head of the log `origin`: `size` leaves under `root`.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] for an origin that is empty or has control characters,
    /// [`CheckpointError::EmptyTreeRoot`] for size 0 with any root but [`empty_root`].
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        Self::with_extensions(origin, size, root, Vec::new())
    }

    /// The same with extension lines, whose meaning is the log's own; the specification advises against them.
    ///
    /// # Errors
    /// As [`Checkpoint::new`], and [`CheckpointError::Extension`] for a line that is empty or has control characters.
    pub fn with_extensions(
        origin: &str,
        size: u64,
        root: Hash,
        extensions: Vec<String>,
    ) -> Result<Self, CheckpointError> {
        if !is_line(origin) {
            return Err(CheckpointError::Origin);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyTreeRoot);
        }
        if let Some((_, line)) = extensions.iter().zip(1..).find(|(extension, _)| !is_line(extension)) {
            return Err(CheckpointError::Extension { line });
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// Which log it is.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Leaves in the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Extension lines, uninterpreted.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The text to sign: origin, size in decimal, root in base64, extension lines, each ending in a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64());
        for extension in &self.extensions {
            text.push_str(extension);
            text.push('\n');
        }
        text
    }

    /// Reads what [`Checkpoint::to_text`] writes; there is no signature to verify in it.
    ///
    /// # Errors
    /// The [`CheckpointError`] that says what is malformed.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        let size = decimal(size).ok_or(CheckpointError::Size)?;
        let root = Hash::from_base64(root).map_err(CheckpointError::Root)?;
        Self::with_extensions(origin, size, root, lines.map(str::to_owned).collect())
    }

    /// The checkpoint as a note signed by the log's key.
    ///
    /// # Errors
    /// [`CheckpointError::OriginMismatch`] when the key is of another log, [`CheckpointError::Note`] when the text is
    /// too long for a note.
    pub fn sign(&self, key: &SignerKey) -> Result<Note, CheckpointError> {
        self.check_origin(key.verifier())?;
        Ok(Note::sign(&self.to_text(), key)?)
    }

    /// Reads a signed checkpoint and verifies that it is of the log whose key this is.
    ///
    /// # Errors
    /// The [`CheckpointError`] that says what is malformed, not signed by the key, or of another origin.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        Self::from_note(&Note::parse(note)?, key)
    }

    /// [`Checkpoint::open`] for a note that has been parsed already.
    ///
    /// # Errors
    /// As there.
    pub fn from_note(note: &Note, key: &VerifierKey) -> Result<Self, CheckpointError> {
        note.verify(key)?;
        let checkpoint = Self::parse_text(note.text())?;
        checkpoint.check_origin(key)?;
        Ok(checkpoint)
    }

    fn check_origin(&self, key: &VerifierKey) -> Result<(), CheckpointError> {
        if self.origin == key.name() {
            Ok(())
        } else {
            Err(CheckpointError::OriginMismatch { origin: self.origin.clone(), key: key.name().to_owned() })
        }
    }
}

/// Whether it can be one line of a checkpoint.
fn is_line(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|byte| byte >= b' ')
}
