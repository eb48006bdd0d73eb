//! Existing history brought into the ledger: each old entry with a verdict, nothing dropped.
//!
//! Not a migration: the old bytes are kept as they were, and judged, not translated. Invariant: what is recorded about an old entry can
//! be derived from its original bytes again, and verification does so. Source: DESIGN.md §6, DOMAIN.md §8 (`import_history`).

pub mod chainbridge;
pub mod pyjson;
