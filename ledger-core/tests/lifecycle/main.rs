//! The life of PACs: the real ledger against a model, forged histories, the original's traces, and tables of every state and step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::string_slice,
    clippy::cast_possible_wrap,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::unreachable,
    clippy::semicolon_if_nothing_returned,
    reason = "a test panics to fail"
)]

mod atomic;
mod deeds;
mod finish;
mod forge;
mod machine;
mod maeg;
mod model;
#[path = "../scripted/mod.rs"]
mod scripted;
mod tables;
mod tampered;
mod users;
mod words;
mod world;
