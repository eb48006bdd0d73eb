//! JSON as the ledger reads and writes it: strict I-JSON in, RFC 8785 canonical bytes out.
//!
//! Not a serde format: what is hashed must be the bytes that were read, so values keep their source spans and numbers their text, and the
//! canonical form is made from bytes to bytes without a tree in between.
//!
//! Invariant: whatever [`canonicalize`] gives is accepted by it again, unchanged; [`parse`], [`canonicalize`] and [`check_canonical`] read
//! one and the same grammar, which lives once, in `walk`.
//!
//! Specs: [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), [RFC 7493](https://www.rfc-editor.org/rfc/rfc7493) (I-JSON, except that
//! noncharacters such as U+FFFF pass, as they do in RFC 8785), [RFC 8785](https://www.rfc-editor.org/rfc/rfc8785).

mod canonical;
mod check;
mod error;
mod lexer;
mod number;
mod order;
pub mod pyjson;
mod string;
mod value;
mod walk;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusals;

pub use canonical::{canonicalize, canonicalize_into, canonicalize_within};
pub use check::{check_canonical, check_canonical_within, is_canonical};
pub use error::{Deviation, ErrorKind, JsonError, Position};
pub use string::write_string;
pub use value::{Kind, Value, parse};
pub use walk::MAX_DEPTH;
