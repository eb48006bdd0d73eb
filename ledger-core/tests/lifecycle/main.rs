//! The life of PACs: the real ledger against a model, forged histories, the original's traces, and tables of every state and step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::string_slice,
    reason = "a test panics to fail"
)]

mod atomic;
mod finish;
mod machine;
mod maeg;
mod model;
mod tables;
mod tampered;
mod world;
