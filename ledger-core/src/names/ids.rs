//! Names of what is governed: the ids of the seeds' shapes, paths of scopes, and text that people write.
//!
//! Invariant: a PAC's id is upper-case, and within a PAC two ids that differ only by case are the same ([`fold`]); a path of a scope means
//! one place whoever reads it. Source: DOMAIN.md §1, docs/format.md §1.

use super::shorten;
use crate::codes::Code;
use crate::error::{Error, Result};
use std::fmt;

/// Longest id behind its prefix, in characters.
pub const MAX_ID: usize = 120;
/// Longest path of a scope.
const MAX_PATH: usize = 512;
/// Longest single line of text, in characters.
const MAX_LINE: usize = 500;
/// Longest text, in characters.
const MAX_PROSE: usize = 20_000;

name!(
    /// A PAC: `PAC-ATLAS-P1-SEARCH-01`.
    PacId, is_pac_id, "PAC id", "`PAC-` and 1 to 120 of A-Z 0-9 . _ -, not beginning with -"
);
name!(
    /// One agent's part of a PAC: `Sub-PAC-ATLAS-P1-A1`.
    SubPacId, is_sub_pac_id, "Sub-PAC id", "`Sub-PAC-` and 1 to 120 of A-Z a-z 0-9 . _ -"
);
name!(
    /// A report of execution: `BER-CODY-P1`.
    BerId, is_ber_id, "BER id", "`BER-` and 1 to 120 of A-Z a-z 0-9 . _ -"
);
name!(
    /// A proof artifact: `PDO-CODY-P1-20251226`.
    PdoId, is_pdo_id, "PDO id", "`PDO-` and 1 to 120 of A-Z a-z 0-9 . _ -"
);
name!(
    /// A composite: `OPDO-BENSON-20251226060000`.
    OpdoId, is_opdo_id, "O-PDO id", "`OPDO-` and 1 to 120 of A-Z a-z 0-9 . _ -"
);
name!(
    /// A closing statement: `WRAP-BENSON-P1`.
    WrapId, is_wrap_id, "WRAP id", "`WRAP-` and 1 to 120 of A-Z a-z 0-9 . _ -"
);
name!(
    /// A graph: `MAEG-BENSON-P1`.
    GraphId, is_graph_id, "graph id", "`MAEG-` and 1 to 120 of A-Z a-z 0-9 . _ -"
);
name!(
    /// A node of a graph, or a sync point: `A1`.
    NodeId, is_short_id, "node id", "1 to 64 of A-Z a-z 0-9 . _ -"
);
name!(
    /// A channel: `design-review`.
    ChannelId, is_short_id, "channel id", "1 to 64 of A-Z a-z 0-9 . _ -"
);
name!(
    /// What a caller calls the session that a dispatch is bound to.
    Session, is_session, "session", "1 to 128 of A-Z a-z 0-9 . _ : @ + -"
);
name!(
    /// A file or directory, relative, with everything below it: `src/search`.
    ScopePath, is_scope_path, "path", "1 to 512 ASCII characters: segments of A-Z a-z 0-9 space . _ @ + = , # ( ) - joined by /, none of them . or .., relative"
);
name!(
    /// A grant of trust: `GRANT-7f3a...`. That of its root names its tree.
    GrantId, is_short_id, "grant id", "1 to 64 of A-Z a-z 0-9 . _ -"
);
name!(
    /// An audit anchor: `ANCHOR-7f3a...`.
    AnchorId, is_short_id, "anchor id", "1 to 64 of A-Z a-z 0-9 . _ -"
);
name!(
    /// One line of text.
    Line, is_line, "line", "1 to 500 characters without control characters"
);
name!(
    /// Text of any number of lines.
    Prose, is_prose, "text", "at most 20,000 characters, no control characters but newline and tab"
);

/// What two ids that differ only by case have in common.
#[must_use]
pub fn fold(id: &str) -> String {
    id.to_ascii_lowercase()
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| (1..=MAX_ID).contains(&rest.len()) && rest.bytes().all(is_id_byte))
}

const fn is_id_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')
}

fn is_pac_id(text: &str) -> bool {
    has_prefix(text, "PAC-") && !text.starts_with("PAC--") && !text.bytes().any(|b| b.is_ascii_lowercase())
}

fn is_sub_pac_id(text: &str) -> bool {
    has_prefix(text, "Sub-PAC-")
}

fn is_ber_id(text: &str) -> bool {
    has_prefix(text, "BER-")
}

fn is_pdo_id(text: &str) -> bool {
    has_prefix(text, "PDO-")
}

fn is_opdo_id(text: &str) -> bool {
    has_prefix(text, "OPDO-")
}

fn is_wrap_id(text: &str) -> bool {
    has_prefix(text, "WRAP-")
}

fn is_graph_id(text: &str) -> bool {
    has_prefix(text, "MAEG-")
}

fn is_short_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(is_id_byte) && text != "." && text != ".."
}

fn is_session(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(super::is_segment_byte)
}

/// A directory may be written with a slash at its end.
fn trimmed(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

/// No look-alikes, no separators of other systems, nothing that a shell or a file system reads as another place.
fn is_scope_path(text: &str) -> bool {
    let fits = |b: u8| is_id_byte(b) || matches!(b, b' ' | b'@' | b'+' | b'=' | b',' | b'#' | b'(' | b')');
    let segment = |s: &str| {
        !s.is_empty()
            && s.bytes().all(fits)
            && s != "."
            && s != ".."
            && !s.starts_with(' ')
            && !s.ends_with([' ', '.'])
    };
    text.len() <= MAX_PATH && trimmed(text).split('/').all(segment)
}

fn is_line(text: &str) -> bool {
    text.len() <= MAX_LINE.saturating_mul(4)
        && (1..=MAX_LINE).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && !text.trim().is_empty()
}

fn is_prose(text: &str) -> bool {
    text.len() <= MAX_PROSE.saturating_mul(4)
        && text.chars().count() <= MAX_PROSE
        && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

impl ScopePath {
    /// The path without a slash at its end: equal for equal places.
    #[must_use]
    pub fn place(&self) -> &str {
        trimmed(self.as_str())
    }

    /// Whether the other path is this one or below it. Compared by case: where a file system does not, a path may be refused that is
    /// inside, and none is let in that is outside.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let rest = other.place().strip_prefix(self.place());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Prose {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.as_str().trim().is_empty()
    }
}
