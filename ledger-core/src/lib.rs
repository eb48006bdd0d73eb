//! The governance ledger: everything but the terminal and the network.
pub mod json;
