//! The inside of JSON strings: decoding escapes, and writing the minimal ones of RFC 8785.
//!
//! Not where a string ends (`lexer`). Invariant: what [`write_string`] writes decodes to what it was given, and is the only spelling of
//! it that counts as canonical.
//!
//! Spec: [RFC 8785 §3.2.2.2](https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.2).

use std::borrow::Cow;

use super::error::{ErrorKind, JsonError};
use super::lexer::{Text, plain_run};

/// A run of a string's content: as it stands, or one decoded escape.
#[derive(Clone, Copy, Debug)]
enum Piece<'a> {
    Plain(&'a str),
    /// The character, and the escape that spelt it.
    Escape(char, &'a str),
}

/// Splits a string token at its escapes.
struct Pieces<'a> {
    raw: &'a str,
    /// Offset in the input of what is left of `raw`.
    offset: usize,
}

impl<'a> Pieces<'a> {
    const fn of(text: &Text<'a>) -> Self {
        Self { raw: text.raw, offset: text.start.saturating_add(1) }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (head, tail) = self.raw.split_at_checked(length).unwrap_or((self.raw, ""));
        self.raw = tail;
        self.offset = self.offset.saturating_add(head.len());
        head
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, JsonError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.raw.is_empty() {
            return None;
        }
        let plain = plain_run(self.raw.as_bytes());
        if plain > 0 {
            return Some(Ok(Piece::Plain(self.take(plain))));
        }
        match decode(self.raw) {
            Ok((character, length)) => Some(Ok(Piece::Escape(character, self.take(length)))),
            Err(kind) => {
                self.raw = "";
                Some(Err(JsonError::new(kind, self.offset)))
            }
        }
    }
}

/// The escape that `raw` starts with: its character and its length in bytes.
fn decode(raw: &str) -> Result<(char, usize), ErrorKind> {
    let character = match raw.as_bytes().get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b't') => '\t',
        Some(b'n') => '\n',
        Some(b'f') => '\u{C}',
        Some(b'r') => '\r',
        Some(b'u') => return decode_unicode(raw),
        _ => return Err(ErrorKind::InvalidEscape),
    };
    Ok((character, 2))
}

fn decode_unicode(raw: &str) -> Result<(char, usize), ErrorKind> {
    let first = code_unit(raw, 0).ok_or(ErrorKind::InvalidEscape)?;
    if let Some(character) = char::from_u32(u32::from(first)) {
        return Ok((character, 6));
    }
    let second = code_unit(raw, 6).ok_or(ErrorKind::LoneSurrogate)?;
    match char::decode_utf16([first, second]).next() {
        Some(Ok(character)) => Ok((character, 12)),
        _ => Err(ErrorKind::LoneSurrogate),
    }
}

/// The UTF-16 code unit that a `\uXXXX` at byte `at` of `raw` spells.
fn code_unit(raw: &str, at: usize) -> Option<u16> {
    let digits = raw.get(at..at.saturating_add(6))?.strip_prefix("\\u")?;
    // `from_str_radix` alone would take a sign.
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// The characters that a string token stands for.
pub(super) fn unescape<'a>(text: &Text<'a>) -> Result<Cow<'a, str>, JsonError> {
    if !text.escaped {
        return Ok(Cow::Borrowed(text.raw));
    }
    let mut decoded = String::with_capacity(text.raw.len());
    for piece in Pieces::of(text) {
        match piece? {
            Piece::Plain(run) => decoded.push_str(run),
            Piece::Escape(character, _) => decoded.push(character),
        }
    }
    Ok(Cow::Owned(decoded))
}

/// Whether every escape of the token is one that RFC 8785 itself would write. Checks the escapes on the way.
pub(super) fn has_canonical_escapes(text: &Text<'_>) -> Result<bool, JsonError> {
    let mut canonical = true;
    if text.escaped {
        for piece in Pieces::of(text) {
            if let Piece::Escape(character, spelling) = piece? {
                canonical &= escape(character).is_some_and(|due| due.as_bytes() == spelling.as_bytes());
            }
        }
    }
    Ok(canonical)
}

/// Appends the token, quotes included, in canonical form. Its escapes have been checked.
pub(super) fn rewrite(out: &mut Vec<u8>, text: &Text<'_>) {
    out.push(b'"');
    for piece in Pieces::of(text) {
        match piece {
            Ok(Piece::Plain(run)) => out.extend_from_slice(run.as_bytes()),
            Ok(Piece::Escape(character, _)) => write_character(out, character),
            Err(_) => break,
        }
    }
    out.push(b'"');
}

fn write_character(out: &mut Vec<u8>, character: char) {
    match escape(character) {
        Some(due) => out.extend_from_slice(due.as_bytes()),
        None => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Appends `string` as a canonical JSON string, quotes included.
pub fn write_string(out: &mut Vec<u8>, string: &str) {
    out.reserve(string.len().saturating_add(2));
    out.push(b'"');
    let mut rest = string;
    loop {
        let (run, stopped) = rest.split_at_checked(plain_run(rest.as_bytes())).unwrap_or((rest, ""));
        out.extend_from_slice(run.as_bytes());
        let mut characters = stopped.chars();
        let Some(character) = characters.next() else { break };
        write_character(out, character);
        rest = characters.as_str();
    }
    out.push(b'"');
}

/// The escape that is due for a character: short where JSON has one, `\u00xx` in lower case for other controls, none for the rest.
fn escape(character: char) -> Option<Escape> {
    let short = match character {
        '"' => b'"',
        '\\' => b'\\',
        '\u{8}' => b'b',
        '\t' => b't',
        '\n' => b'n',
        '\u{C}' => b'f',
        '\r' => b'r',
        '\0'..='\u{1F}' => {
            let hex =
                |digit: u32| char::from_digit(digit, 16).and_then(|c| u8::try_from(c).ok()).unwrap_or(b'0');
            let code = u32::from(character);
            return Some(Escape {
                bytes: [b'\\', b'u', b'0', b'0', hex(code >> 4), hex(code & 0xF)],
                length: 6,
            });
        }
        _ => return None,
    };
    Some(Escape { bytes: [b'\\', short, 0, 0, 0, 0], length: 2 })
}

struct Escape {
    bytes: [u8; 6],
    length: usize,
}

impl Escape {
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}
