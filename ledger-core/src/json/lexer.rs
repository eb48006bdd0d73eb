//! The tokens of JSON, cut out of a text that is known to be UTF-8.
//!
//! Not the grammar that joins them (`walk`), and not their meaning: escapes are decoded by `string`, digits by `number`.
//! Invariant: `pos` only grows, and always lies on a character boundary.
//!
//! Spec: [RFC 8259 §§2-7](https://www.rfc-editor.org/rfc/rfc8259#section-2).

use super::error::{ErrorKind, JsonError};

/// A string token: `raw` lies between the quotes, still escaped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub raw: &'a str,
    /// Offset of the opening quote.
    pub start: usize,
    /// Whether `raw` holds a backslash.
    pub escaped: bool,
}

impl Text<'_> {
    /// Offset after the closing quote.
    pub(super) const fn end(&self) -> usize {
        self.start.saturating_add(self.raw.len()).saturating_add(2)
    }
}

/// A number token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number<'a> {
    pub raw: &'a str,
    pub start: usize,
    /// Bytes before the fraction or exponent, the sign included; `raw.len()` for a plain integer.
    pub integer: usize,
    pub exponent: bool,
}

impl Number<'_> {
    pub(super) const fn end(&self) -> usize {
        self.start.saturating_add(self.raw.len())
    }
}

pub(super) struct Lexer<'a> {
    source: &'a str,
    pos: usize,
}

impl<'a> Lexer<'a> {
    /// Validates the encoding, once for all that follows.
    pub(super) fn new(input: &'a [u8]) -> Result<Self, JsonError> {
        let source =
            str::from_utf8(input).map_err(|e| JsonError::new(ErrorKind::InvalidUtf8, e.valid_up_to()))?;
        if source.starts_with('\u{FEFF}') {
            return Err(JsonError::new(ErrorKind::ByteOrderMark, 0));
        }
        Ok(Self { source, pos: 0 })
    }

    pub(super) const fn pos(&self) -> usize {
        self.pos
    }

    #[inline(always)]
    pub(super) fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.pos).copied()
    }

    #[inline(always)]
    pub(super) const fn advance(&mut self) {
        // Called after a successful peek only: cannot pass the end.
        self.pos = self.pos.wrapping_add(1);
    }

    #[inline(always)]
    fn rest(&self) -> &'a [u8] {
        self.source.as_bytes().get(self.pos..).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.advance();
        }
    }

    /// The error for whatever stands at the current position, where `expected` was due.
    #[cold]
    pub(super) fn unexpected(&self, expected: &'static str) -> JsonError {
        let rest = self.rest();
        let kind = if rest.is_empty() {
            ErrorKind::UnexpectedEnd
        } else if [&b"NaN"[..], b"Infinity", b"-Infinity"].iter().any(|word| rest.starts_with(word)) {
            ErrorKind::NotFinite
        } else {
            ErrorKind::Unexpected(expected)
        };
        JsonError::new(kind, self.pos)
    }

    /// `null`, `true` or `false`.
    pub(super) fn word(&mut self, word: &'static str) -> Result<(), JsonError> {
        let rest = self.rest();
        if rest.starts_with(word.as_bytes()) {
            self.pos = self.pos.wrapping_add(word.len());
            return Ok(());
        }
        if word.as_bytes().starts_with(rest) {
            return Err(JsonError::new(ErrorKind::UnexpectedEnd, self.source.len()));
        }
        Err(self.unexpected("a value"))
    }

    /// A string, from its opening quote.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Result<Text<'a>, JsonError> {
        let start = self.pos;
        self.advance();
        let first = self.pos;
        let mut escaped = false;
        loop {
            self.pos = self.pos.wrapping_add(plain_run(self.rest()));
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.advance();
                    // What is escaped is judged when it is decoded; here only a quote must not end the string.
                    if matches!(self.peek(), Some(b'"' | b'\\')) {
                        self.advance();
                    }
                }
                Some(_) => return Err(JsonError::new(ErrorKind::ControlCharacter, self.pos)),
                None => return Err(JsonError::new(ErrorKind::UnexpectedEnd, self.pos)),
            }
        }
        let raw = self.source.get(first..self.pos).unwrap_or_default();
        self.advance();
        Ok(Text { raw, start, escaped })
    }

    /// A number, from its sign or first digit.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Result<Number<'a>, JsonError> {
        let start = self.pos;
        if self.peek() == Some(b'-') {
            self.advance();
            if self.peek() == Some(b'I') {
                self.pos = start;
                return Err(self.unexpected("a value"));
            }
        }
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits(start)?;
        if leading_zero && digits > 1 {
            return Err(JsonError::new(ErrorKind::InvalidNumber, start));
        }
        let integer = self.pos.wrapping_sub(start);
        if self.peek() == Some(b'.') {
            self.advance();
            self.digits(start)?;
        }
        let exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if exponent {
            self.advance();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.advance();
            }
            self.digits(start)?;
        }
        let raw = self.source.get(start..self.pos).unwrap_or_default();
        Ok(Number { raw, start, integer, exponent })
    }

    /// One digit or more; how many.
    #[inline(always)]
    fn digits(&mut self, number: usize) -> Result<usize, JsonError> {
        let first = self.pos;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.advance();
        }
        match self.pos.wrapping_sub(first) {
            0 if self.peek().is_none() => Err(JsonError::new(ErrorKind::UnexpectedEnd, self.pos)),
            0 => Err(JsonError::new(ErrorKind::InvalidNumber, number)),
            count => Ok(count),
        }
    }
}

/// How many bytes come before the first that ends or interrupts a string: a quote, a backslash, or a control character below 0x20.
///
/// Eight bytes at a time: the usual zero-byte test marks a byte below its bound with its top bit; a borrow can mark bytes above a marked
/// one wrongly, never below it, so the lowest mark is exact.
#[inline(always)]
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    const TOPS: u64 = ONES << 7;
    const fn below(word: u64, bound: u64) -> u64 {
        word.wrapping_sub(ONES.wrapping_mul(bound)) & !word & TOPS
    }
    let (words, tail) = bytes.as_chunks::<8>();
    let mut run: usize = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quote = below(word ^ ONES.wrapping_mul(0x22), 1);
        let backslash = below(word ^ ONES.wrapping_mul(0x5C), 1);
        let hits = quote | backslash | below(word, 0x20);
        if hits != 0 {
            // At most 7: fits any usize.
            return run.wrapping_add((hits.trailing_zeros() / 8) as usize);
        }
        run = run.wrapping_add(8);
    }
    let left = tail.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(tail.len());
    run.wrapping_add(left)
}
