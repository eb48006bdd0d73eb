//! The three stores: one contract, crashes at every step, damage, the database, sharing.
//!
//! Source: DESIGN.md §§4, 9; docs/format.md §10.

mod contract;
mod crash;
mod damage;
mod database;
mod host;
mod sharing;
