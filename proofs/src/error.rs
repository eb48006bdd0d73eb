//! Every way in which this crate refuses something, one enum per subject.
//!
//! Not an error framework: no codes, no remedies, no backtraces; the caller maps variants to its own catalogue.
//!
//! Invariant: no message repeats untrusted text unescaped, so an error can be printed on any terminal.

use crate::tree::NodeId;

/// A hash that is not written the way this crate writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Not exactly 64 lowercase hex digits.
    #[error("a hash in hex is exactly 64 digits of 0-9 and a-f")]
    Hex,
    /// Not exactly 44 characters of canonical, padded standard base64.
    #[error("a hash in base64 is exactly 44 characters of the standard alphabet, padded, without stray bits")]
    Base64,
    /// Not exactly 32 bytes.
    #[error("a hash is 32 bytes, not {got}")]
    Length {
        /// The number of bytes given.
        got: usize,
    },
}

/// A question that the tree cannot answer, or a proof that does not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in a tree of this size; an empty tree has no leaf at all.
    #[error("there is no leaf {index} in a tree of {size} leaves")]
    IndexBeyondTree {
        /// The leaf asked for, from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// A consistency proof leads from the smaller tree to the larger one.
    #[error("a consistency proof goes from the smaller tree to the larger, not from {from} to {to} leaves")]
    SizesReversed {
        /// Leaves in the tree said to be the older one.
        from: u64,
        /// Leaves in the tree said to be the newer one.
        to: u64,
    },
    /// More or fewer hashes than the index and the sizes call for.
    #[error("the proof must have exactly {expected} hashes, it has {got}")]
    WrongLength {
        /// Hashes that a proof of this shape has.
        expected: usize,
        /// Hashes given.
        got: usize,
    },
    /// The proof is for another leaf, another tree, or was altered.
    #[error("the proof does not lead to the given root")]
    RootMismatch,
    /// The older tree of a consistency proof is not the one whose root was given.
    #[error("the proof does not lead to the given root of the older tree")]
    OldRootMismatch,
    /// A tree holds at most `u64::MAX` leaves.
    #[error("a tree of {size} leaves cannot take a subtree of level {level} as well")]
    TreeFull {
        /// Leaves in the tree.
        size: u64,
        /// Level of the subtree that was to be added; 0 is one leaf.
        level: u8,
    },
    /// A perfect subtree can only start at a multiple of its own width.
    #[error("a subtree of level {level} cannot start at leaf {size}, which is no multiple of its width")]
    Misaligned {
        /// Leaves in the tree.
        size: u64,
        /// Level of the subtree that was to be added.
        level: u8,
    },
    /// The number of hashes handed over is not the number asked for.
    #[error("{expected} node hashes are needed, {got} were given")]
    NodeCount {
        /// Nodes asked for.
        expected: usize,
        /// Hashes given.
        got: usize,
    },
    /// For fetchers: the store has no such node.
    #[error("the hash of node {} at level {} is not available", .0.index, .0.level)]
    MissingNode(NodeId),
}

/// A composite's tree that cannot be built, or has no such leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompositeError {
    /// A composite has at least one leaf.
    #[error("a composite without leaves has no root")]
    Empty,
    /// The leaf to prove is not one of the composite's.
    #[error("the composite has no such leaf")]
    NoSuchLeaf,
    /// There are two profiles.
    #[error("a profile is `rfc6962` or `p69`")]
    UnknownProfile,
}

/// A tile, a tile path or an entry bundle that breaks C2SP tlog-tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The path is not one that a tiled log serves, or not its only spelling.
    #[error("not a tile path: {0}")]
    Path(&'static str),
    /// Tile levels go from 0 to 63.
    #[error("tile level {0} is above 63")]
    Level(u8),
    /// A tile holds 1 to 256 hashes or entries.
    #[error("a tile holds 1 to 256 items, not {0}")]
    Width(usize),
    /// The bytes are not the announced number of 32-byte hashes.
    #[error("the tile must have exactly {expected} bytes, it has {got}")]
    ByteLength {
        /// 32 times the width.
        expected: usize,
        /// Bytes given.
        got: usize,
    },
    /// An entry does not fit its 16-bit length prefix.
    #[error("entry {entry} of the bundle has {got} bytes; at most 65535 fit")]
    EntryTooLong {
        /// Position in the bundle, from 0.
        entry: usize,
        /// Bytes of the entry.
        got: usize,
    },
    /// The bundle ends inside an entry or before it.
    #[error("the bundle ends before the end of entry {entry}")]
    BundleCutShort {
        /// Position in the bundle, from 0.
        entry: usize,
    },
    /// The bundle goes on after its last entry.
    #[error("{extra} bytes follow the last entry of the bundle")]
    BundleTooLong {
        /// Bytes left over.
        extra: usize,
    },
}

/// A key, a signed note or a signature that is malformed or does not verify (C2SP signed-note).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Larger than any note this crate reads or writes.
    #[error("a note has at most {} bytes, not {got}", crate::note::MAX_NOTE_BYTES)]
    TooLong {
        /// Bytes given, or bytes it would take to write the note.
        got: usize,
    },
    /// Notes are UTF-8.
    #[error("the note is not valid UTF-8")]
    NotUtf8,
    /// No control characters but the newline.
    #[error("the note has a control character at byte {at}")]
    ControlCharacter {
        /// Offset from the start of the note or text.
        at: usize,
    },
    /// The text of a note ends in a newline.
    #[error("the text of a note must end in a newline")]
    TextUnterminated,
    /// No blank line followed by at least one signature line that ends in a newline.
    #[error("the note has no signature block: a blank line, then lines that each end in a newline")]
    NoSignatures,
    /// A line of the signature block is not `— name base64`.
    #[error("signature {line} of the note is malformed: {reason}")]
    SignatureLine {
        /// Which signature line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// More signatures than this crate reads or writes.
    #[error("a note has at most {} signatures", crate::note::MAX_NOTE_SIGNATURES)]
    TooManySignatures,
    /// A key name is empty or has a space, a plus or a control character.
    #[error("{name:?} is no key name: it must be non-empty, without spaces, '+' or control characters")]
    KeyName {
        /// The name given.
        name: String,
    },
    /// A verifier key is not `name+hash+base64`.
    #[error("not a verifier key: {0}")]
    VerifierKey(&'static str),
    /// The hash in the verifier key is not the one of its name and key.
    #[error(
        "the verifier key of {name:?} declares key ID {declared:08x}, its name and key give {computed:08x}"
    )]
    KeyId {
        /// The key's name.
        name: String,
        /// The ID as written.
        declared: u32,
        /// The ID as it must be.
        computed: u32,
    },
    /// The public key is not a canonical point of the curve, or one that any signature fits.
    #[error("the Ed25519 public key is weak, not canonical or not on the curve")]
    PublicKey,
    /// A signature by the trusted key is wrong: the text or the signature was altered.
    #[error("the signature by {name:?} (key ID {id:08x}) is wrong")]
    BadSignature {
        /// The key's name.
        name: String,
        /// The key's ID.
        id: u32,
    },
    /// None of the signatures is by the trusted key.
    #[error("the note has no signature by {name:?} (key ID {id:08x})")]
    NotSigned {
        /// The key's name.
        name: String,
        /// The key's ID.
        id: u32,
    },
}

/// A checkpoint that breaks C2SP tlog-checkpoint, or is not by the log it claims to be of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around the checkpoint.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Fewer than three lines, or the last one does not end in a newline.
    #[error("a checkpoint has at least three lines, each ending in a newline: origin, size, root")]
    Lines,
    /// The origin is empty or has control characters.
    #[error("the first line of a checkpoint must be the origin: non-empty, without control characters")]
    Origin,
    /// The size is not a decimal number without leading zeros that fits 64 bits.
    #[error("the second line of a checkpoint must be the size: decimal, no leading zeros, at most 64 bits")]
    Size,
    /// The root is not a base64 hash.
    #[error("the third line of a checkpoint must be the root: {0}")]
    Root(HashError),
    /// Zero leaves have one root only: the hash of nothing.
    #[error("a checkpoint of size 0 must have the root of the empty tree")]
    EmptyTreeRoot,
    /// An extension line is empty or has control characters.
    #[error("extension line {line} of the checkpoint is empty or has control characters")]
    Extension {
        /// Which extension line, from 1.
        line: usize,
    },
    /// A log signs with a key that bears its origin as the name.
    #[error("the checkpoint is of {origin:?}, the key is of {key:?}")]
    OriginMismatch {
        /// The origin in the checkpoint.
        origin: String,
        /// The name of the key.
        key: String,
    },
}

/// A proof file that breaks `c2sp.org/tlog-proof@v1`, or does not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Larger than any proof file this crate reads or writes.
    #[error("a proof file has at most {} bytes", crate::tlog_proof::MAX_TLOG_PROOF_BYTES)]
    TooLong,
    /// Not UTF-8 up to the checkpoint.
    #[error("the proof file is not valid UTF-8")]
    NotUtf8,
    /// The first line names the format.
    #[error("the first line of a proof file must be \"c2sp.org/tlog-proof@v1\"")]
    Header,
    /// The `extra` line holds something that is not canonical base64, or nothing.
    #[error("the extra line of a proof file must hold non-empty standard base64, padded; omit it when empty")]
    Extra,
    /// No `index N` line where it must be.
    #[error("a proof file must have a line \"index N\": decimal, no leading zeros, at most 64 bits")]
    Index,
    /// A line of the proof is not a base64 hash.
    #[error("hash {line} of the proof file: {error}")]
    Hash {
        /// Which hash line, from 1.
        line: usize,
        /// What is wrong with it.
        error: HashError,
    },
    /// A path in a tree of at most 2^64 leaves has at most 64 hashes.
    #[error("a proof file has at most 64 hashes")]
    TooManyHashes,
    /// The empty line between the proof and the checkpoint is missing.
    #[error("a proof file must have an empty line between the hashes and the checkpoint")]
    NoCheckpoint,
    /// The inclusion proof and the checkpoint speak of different trees.
    #[error("the proof is for a tree of {proof} leaves, the checkpoint for one of {checkpoint}")]
    SizeMismatch {
        /// Size that the inclusion proof was made for.
        proof: u64,
        /// Size that the checkpoint states.
        checkpoint: u64,
    },
    /// The checkpoint in the file.
    #[error("the checkpoint of the proof file: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The inclusion proof in the file.
    #[error("the inclusion proof of the proof file: {0}")]
    Proof(#[from] ProofError),
}
