//! The governance ledger: everything but the terminal and the network.
pub mod codes;
pub mod constraint;
pub mod entry;
pub mod error;
pub mod event;
pub mod guard;
pub mod import;
pub mod intent;
pub mod json;
pub mod key;
pub mod ledger;
pub mod names;
pub mod opdo;
pub mod pattern;
pub mod picture;
pub mod replay;
pub mod review;
pub mod rules;
pub mod sequencer;
pub mod store;
pub mod time;
pub mod token;
pub mod trust;
pub mod verify;
pub mod view;

pub use codes::Code;
pub use error::{Error, Result};
