//! What the tests of several crates are built from.
//!
//! Not a framework: histories of honest entries, and comparisons of stores. Invariant: nothing here depends on clock, randomness or
//! environment; a seed gives the same bytes every time.

pub mod compare;
pub mod sample;
