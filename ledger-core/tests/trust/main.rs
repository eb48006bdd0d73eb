//! Trust: the original's traces, every way to widen, an exact model of what a chain allows, tampered records, and the past.

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
    clippy::semicolon_if_nothing_returned,
    reason = "a test panics to fail"
)]

mod bearer;
mod grove;
mod model;
mod past;
mod plans;
mod rules;
#[path = "../scripted/mod.rs"]
mod scripted;
mod tampered;
mod vectors;
#[path = "../lifecycle/world.rs"]
#[allow(dead_code, reason = "the PACs' tests use the rest")]
mod world;
