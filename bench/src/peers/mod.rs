//! What the ledger is compared with: the least that durable storage needs, and what others would use.
//!
//! Invariant: a peer stores the same bytes under the same promise, or says in its durability that it does not.

pub mod file;
pub mod postgres;
pub mod sled;
pub mod sqlite;
