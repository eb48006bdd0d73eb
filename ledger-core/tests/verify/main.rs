//! The verifier against logs made by hand: honest ones are clean, and whatever is done to them is found and located.

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

mod damage;
mod forgery;
mod honest;
mod log;
mod rules;
