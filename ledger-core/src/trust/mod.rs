//! Answers about trust: who holds what, and whether an agent may do something, now or as of any entry.
//!
//! Not the rules (`rules::trust`), which decide what is appended. Invariant: an answer is an answer, valid or not, with every reason; what
//! it rests on is read again and its signatures are checked, however the state was come by. Source: DOMAIN.md §9.

mod forest;
mod question;
mod records;
mod verification;

pub use forest::{Beat, Forest, Holding};
pub use question::{Level, Question};
pub use records::{Good, RecordProof, Records};
pub use verification::{Considered, Link, ReasonView, TrustVerification, verify};
