//! The rows of the table, one family a file.
//!
//! Invariant: each begins with a line that says what is compared, and gives its rows in the order of DESIGN.md §8.

mod append_many;
mod append_one;
mod canonical;
mod import;
mod journal_size;
mod lifecycle;
mod memory;
mod one_shot;
mod proofs;
mod replay;
mod served;
mod trust;
mod verify;

use crate::context::Context;
use crate::report::Row;

/// A family of rows.
pub struct Family {
    /// Name for `--only`.
    pub id: &'static str,
    /// What it compares.
    pub work: &'static str,
    /// Measures.
    pub run: fn(&Context) -> Vec<Row>,
}

/// All of them.
pub const ALL: &[Family] = &[
    Family { id: "append", work: "durable append, one caller", run: append_one::run },
    Family { id: "append-many", work: "durable append, 64 and 256 callers", run: append_many::run },
    Family { id: "import", work: "import of JSON lines, one stream and many", run: import::run },
    Family { id: "json", work: "canonical JSON, parse included", run: canonical::run },
    Family { id: "verify", work: "verification, one thread and two", run: verify::run },
    Family { id: "replay", work: "replay of the registry", run: replay::run },
    Family { id: "lifecycle", work: "steps of a PAC, a dense PAC, closed PACs", run: lifecycle::run },
    Family { id: "trust", work: "chains of grants: verified, revoked, used", run: trust::run },
    Family {
        id: "one-shot",
        work: "the command line, on an empty and on a large ledger",
        run: one_shot::run,
    },
    Family { id: "proofs", work: "inclusion proofs", run: proofs::run },
    Family {
        id: "served",
        work: "the server: appends over HTTP, subscribers, pages, start",
        run: served::run,
    },
    Family { id: "memory", work: "memory of the real process on a large ledger", run: memory::run },
    Family { id: "journal-size", work: "size of the journal", run: journal_size::run },
];
