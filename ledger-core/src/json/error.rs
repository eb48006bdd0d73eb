//! What can be wrong with a JSON text, and where.
//!
//! Not the ledger's numbered error codes: a caller maps these to its own. Invariant: `offset` never lies beyond the end of the input.

use thiserror::Error;

/// Why a text was refused, and the byte offset (from 0) at which that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind}, at byte {offset}")]
pub struct JsonError {
    /// The reason.
    pub kind: ErrorKind,
    /// Byte offset of the first byte of the offending token; the input's length when it ends too early.
    pub offset: usize,
}

/// The reasons for which a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ErrorKind {
    /// The bytes are not UTF-8.
    #[error("not valid UTF-8")]
    InvalidUtf8,
    /// The text starts with U+FEFF.
    #[error("starts with a byte order mark; JSON is sent without one")]
    ByteOrderMark,
    /// The input ends inside a value, or holds none.
    #[error("the text ends too early")]
    UnexpectedEnd,
    /// A byte that the grammar does not allow here.
    #[error("unexpected character; expected {0}")]
    Unexpected(&'static str),
    /// Something other than white space follows the value.
    #[error("something follows the JSON value")]
    TrailingBytes,
    /// More arrays and objects inside one another than may be there: [`super::MAX_DEPTH`], or fewer where a caller says so.
    #[error("nested too deep: at most {} levels, {} in a part of an entry", super::MAX_DEPTH, super::MAX_DEPTH - 1)]
    TooDeep,
    /// A key occurs twice in one object, compared after unescaping; the offset is that of a later occurrence.
    #[error("duplicate key in an object")]
    DuplicateKey,
    /// A `\u` escape of half a surrogate pair.
    #[error("lone surrogate in a string")]
    LoneSurrogate,
    /// A backslash followed by what is no escape.
    #[error("invalid escape in a string")]
    InvalidEscape,
    /// A byte below 0x20 inside a string.
    #[error("raw control character in a string; write it as an escape")]
    ControlCharacter,
    /// Not a number by RFC 8259: a leading zero or plus, or digits missing.
    #[error("invalid number")]
    InvalidNumber,
    /// `NaN` or `Infinity`, which some writers emit.
    #[error("NaN and Infinity are not JSON")]
    NotFinite,
    /// Canonical JSON only: the number's double value lies beyond 2^53-1 in magnitude, where integers are no longer exact.
    #[error("number beyond 2^53-1 in magnitude; write it as a string")]
    NumberOutOfRange,
    /// [`super::check_canonical`] only: valid, but not the canonical form.
    #[error("not canonical JSON: {0}")]
    NotCanonical(Deviation),
}

/// How a valid text differs from its canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Deviation {
    /// White space between tokens.
    #[error("white space between tokens")]
    Space,
    /// A key that sorts before the key in front of it.
    #[error("keys out of order")]
    KeyOrder,
    /// A number not in its shortest form.
    #[error("number not in its canonical form")]
    Number,
    /// An escape where none is due, or one spelt differently.
    #[error("string not in its canonical form")]
    Escape,
}

/// Where in a text an error lies, for people: both from 1, columns counted in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1; a line ends with LF.
    pub line: usize,
    /// Column, from 1, in Unicode scalar values (in bytes for what is not UTF-8).
    pub column: usize,
}

impl JsonError {
    pub(super) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// Line and column of the error in the `input` that gave it.
    #[must_use]
    pub fn position(&self, input: &[u8]) -> Position {
        let before = input.get(..self.offset).unwrap_or(input);
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at.saturating_add(1));
        let lines = before.iter().filter(|&&b| b == b'\n').count();
        // Continuation bytes are not characters of their own.
        let characters = before.iter().skip(line_start).filter(|&&b| b & 0xC0 != 0x80).count();
        Position { line: lines.saturating_add(1), column: characters.saturating_add(1) }
    }

    /// The message with line and column instead of the byte offset.
    #[must_use]
    pub fn describe(&self, input: &[u8]) -> String {
        let Position { line, column } = self.position(input);
        format!("{}, at line {line}, column {column}", self.kind)
    }
}
