//! Genuine review by the rules, with a scripted clock: the original system's cases, and the edges of every window.
//!
//! Not the command line (crate `ledger-tests`). Source: DOMAIN.md §6; seed 002 §9.1.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::needless_pass_by_value
)]

#[path = "../scripted/mod.rs"]
mod scripted;
mod sequences;
mod stage;
mod vectors;
