//! What a third party needs to check a governance ledger, and what the ledger needs to be checkable: the RFC 6962 tree
//! and its proofs, tiles, signed checkpoints and proof files.
//!
//! Not a log: nothing is stored, fetched, timed or randomised here. There is no I/O, no async, no clock and no serde;
//! the caller passes in every byte, key and seed. A proof first *asks for nodes* ([`inclusion::indexes`],
//! [`consistency::indexes`]), the caller fetches their hashes from wherever it keeps them, and a pure function
//! computes ([`inclusion::assemble`], [`consistency::assemble`]); [`inclusion::prove`] and [`consistency::prove`] do
//! it in one go for stores that can be asked node by node.
//!
//! Invariant: no input, however malformed or hostile, makes anything here panic, and everything that is parsed has
//! exactly one spelling: writing what was read yields the same bytes. All that must be trusted to verify is SHA-256
//! and Ed25519 (strict verification, weak and non-canonical keys refused).
//!
//! | module | what | specification |
//! |---|---|---|
//! | [`mod@hash`], [`tree`], [`frontier`] | leaf and node hashes, shape, appending | [RFC 6962, 2.1][rfc] |
//! | [`inclusion`], [`consistency`] | proofs: asking, assembling, verifying | [RFC 6962, 2.1.1 and 2.1.2][rfc] |
//! | [`composite`] | the small tree over the children of a composite, two profiles | docs/format.md §14 |
//! | [`tile`], [`tile_path`], [`bundle`] | tiles of 256 hashes, their paths, entry bundles | [tlog-tiles][tiles] |
//! | [`key`], [`note`] | keys, signed notes | [signed-note][note] |
//! | [`checkpoint`] | signed tree heads | [tlog-checkpoint][checkpoint] |
//! | [`tlog_proof`] | proof files for offline checking | [tlog-proof][proof] |
//!
//! ```
//! use ledger_proofs::{Checkpoint, Frontier, SignerKey, TileHashes, TileId, TlogProof};
//! use ledger_proofs::{ProofError, inclusion, leaf_hash};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The log: leaves go into the tree and into a tile; the head is signed.
//! let (mut tree, mut tile) = (Frontier::new(), TileHashes::default());
//! for leaf in ["first", "second", "third"] {
//!     tree.push(leaf_hash(leaf.as_bytes()))?;
//!     tile.push(leaf_hash(leaf.as_bytes()))?;
//! }
//! let key = SignerKey::from_seed("ledger.example/acme", &[7; 32])?;
//! let head = Checkpoint::new("ledger.example/acme", tree.size(), tree.root())?.sign(&key)?;
//! let first_tile = TileId { level: 0, index: 0 };
//! let proof = inclusion::prove(1, tree.size(), |node| {
//!     tile.node(first_tile, node).ok_or(ProofError::MissingNode(node))
//! })?;
//! let file = TlogProof::new(proof, head)?.to_string();
//!
//! // The auditor: has the leaf, the file and the log's verifier key.
//! let vkey = key.verifier().to_string().parse()?;
//! let checkpoint = TlogProof::parse(file.as_bytes())?.verify(&leaf_hash(b"second"), &vkey)?;
//! assert_eq!(checkpoint.size(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! [rfc]: https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1
//! [tiles]: https://c2sp.org/tlog-tiles
//! [note]: https://c2sp.org/signed-note
//! [checkpoint]: https://c2sp.org/tlog-checkpoint
//! [proof]: https://c2sp.org/tlog-proof

pub mod bundle;
pub mod checkpoint;
pub mod composite;
pub mod consistency;
mod decimal;
pub mod error;
pub mod frontier;
pub mod hash;
pub mod inclusion;
pub mod key;
pub mod note;
pub mod tile;
pub mod tile_path;
pub mod tlog_proof;
pub mod tree;

pub use bundle::{encode_bundle, parse_bundle};
pub use checkpoint::Checkpoint;
pub use composite::{CompositeTree, LeafProof, Profile};
pub use consistency::{ConsistencyProof, verify_consistency};
pub use error::{
    CheckpointError, CompositeError, HashError, NoteError, ProofError, TileError, TlogProofError,
};
pub use frontier::Frontier;
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use inclusion::{InclusionProof, verify_inclusion};
pub use key::{SignerKey, VerifierKey};
pub use note::{MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, Note, NoteSignature};
pub use tile::{TILE_HEIGHT, TILE_WIDTH, TileHashes, TileId};
pub use tile_path::{TileKind, TilePath};
pub use tlog_proof::{MAX_TLOG_PROOF_BYTES, TlogProof};
pub use tree::{NodeId, root_nodes};
