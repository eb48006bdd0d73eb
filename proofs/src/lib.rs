//! Merkle proofs, tiles, checkpoints and proof files of the governance ledger.
