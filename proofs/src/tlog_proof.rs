//! Proof files: an inclusion proof and the signed checkpoint that it leads to, in one text for offline checking.
//!
//! Not self-sufficient: whoever checks must already have the leaf and trust the log's verifier key. The extra data is
//! authenticated by nobody.
//!
//! Invariant: what is parsed is written again byte for byte, and verification takes the size and the root from the
//! signed checkpoint alone.
//!
//! Spec: <https://c2sp.org/tlog-proof>

use core::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::checkpoint::Checkpoint;
use crate::decimal::decimal;
use crate::error::{CheckpointError, TlogProofError};
use crate::hash::Hash;
use crate::inclusion::{InclusionProof, verify_inclusion};
use crate::key::VerifierKey;
use crate::note::Note;

/// Largest proof file that is read or written, in bytes (2.5 MiB): room for a checkpoint and extra data of 1 MiB each.
pub const MAX_TLOG_PROOF_BYTES: usize = 5 << 19;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// No path in a tree of 64-bit size is longer.
const MAX_HASHES: usize = 64;

/// A `c2sp.org/tlog-proof@v1` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: u64,
    hashes: Vec<Hash>,
    checkpoint: Note,
}

impl TlogProof {
    /// A proof file from an inclusion proof and the signed checkpoint of the same tree.
    ///
    /// # Errors
    /// [`TlogProofError::SizeMismatch`] when they are of different sizes, [`TlogProofError::Checkpoint`] when the note
    /// is no checkpoint, [`TlogProofError::TooManyHashes`].
    pub fn new(proof: InclusionProof, checkpoint: Note) -> Result<Self, TlogProofError> {
        let size = Checkpoint::parse_text(checkpoint.text())?.size();
        if proof.size != size {
            return Err(TlogProofError::SizeMismatch { proof: proof.size, checkpoint: size });
        }
        if proof.hashes.len() > MAX_HASHES {
            return Err(TlogProofError::TooManyHashes);
        }
        Ok(Self { extra: None, index: proof.index, hashes: proof.hashes, checkpoint })
    }

    /// The same with opaque data for the application, such as the leaf itself.
    ///
    /// # Errors
    /// [`TlogProofError::Extra`] when it is empty, [`TlogProofError::TooLong`] when the written file would be.
    pub fn with_extra(self, extra: Vec<u8>) -> Result<Self, TlogProofError> {
        if extra.is_empty() {
            return Err(TlogProofError::Extra);
        }
        let proof = Self { extra: Some(extra), ..self };
        if proof.to_string().len() > MAX_TLOG_PROOF_BYTES { Err(TlogProofError::TooLong) } else { Ok(proof) }
    }

    /// Reads a proof file; nothing is verified yet.
    ///
    /// # Errors
    /// The [`TlogProofError`] that says what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_TLOG_PROOF_BYTES {
            return Err(TlogProofError::TooLong);
        }
        let text = core::str::from_utf8(bytes).map_err(|_| TlogProofError::NotUtf8)?;
        let rest = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(TlogProofError::Header)?;
        let (line, rest) = rest.split_once('\n').ok_or(TlogProofError::Index)?;
        let (extra, line, mut rest) = match line.strip_prefix("extra ") {
            None => (None, line, rest),
            Some(encoded) => {
                let (line, rest) = rest.split_once('\n').ok_or(TlogProofError::Index)?;
                (Some(parse_extra(encoded)?), line, rest)
            }
        };
        let index = line.strip_prefix("index ").and_then(decimal).ok_or(TlogProofError::Index)?;
        let mut hashes = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(TlogProofError::NoCheckpoint)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if hashes.len() == MAX_HASHES {
                return Err(TlogProofError::TooManyHashes);
            }
            let number = hashes.len().saturating_add(1);
            let hash =
                Hash::from_base64(line).map_err(|error| TlogProofError::Hash { line: number, error })?;
            hashes.push(hash);
        }
        let checkpoint = Note::parse(rest.as_bytes()).map_err(CheckpointError::from)?;
        Checkpoint::parse_text(checkpoint.text())?;
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// Position of the leaf, as claimed until verified.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The hashes of the inclusion proof, from the leaf's neighbour up.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The checkpoint as a note, unverified.
    #[must_use]
    pub const fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// The application's data, which no signature covers.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// Checks that the leaf with this hash is at [`TlogProof::index`] of the log whose key this is, and returns the
    /// verified checkpoint.
    ///
    /// # Errors
    /// [`TlogProofError::Checkpoint`] or [`TlogProofError::Proof`], whichever fails first in this order.
    pub fn verify(&self, leaf_hash: &Hash, key: &VerifierKey) -> Result<Checkpoint, TlogProofError> {
        let checkpoint = Checkpoint::from_note(&self.checkpoint, key)?;
        verify_inclusion(leaf_hash, self.index, checkpoint.size(), &self.hashes, &checkpoint.root())?;
        Ok(checkpoint)
    }
}

/// The file as it is stored, by convention with the extension `.tlog-proof`.
impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64_STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

fn parse_extra(encoded: &str) -> Result<Vec<u8>, TlogProofError> {
    match BASE64_STANDARD.decode(encoded) {
        Ok(extra) if !extra.is_empty() => Ok(extra),
        _ => Err(TlogProofError::Extra),
    }
}
