//! What the tests of several crates are built from.
//!
//! Not a framework: histories of honest entries, comparisons of stores, and the real program in a place of its own. Invariant: nothing
//! but `binary` depends on clock, randomness or environment; a seed gives the same bytes every time.

pub mod binary;
pub mod compare;
pub mod grants;
pub mod http;
pub mod inside;
pub mod orchestra;
pub mod sample;
pub mod websocket;
