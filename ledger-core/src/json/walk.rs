//! The grammar: reads one JSON text from its first byte to its last and tells a [`Sink`] what it meets.
//!
//! Builds nothing and compares no keys; that is the sink's. Invariant: no recursion, so nesting costs a bit per level and depth is a
//! number to compare, never a stack to overflow.
//!
//! Spec: [RFC 8259 §2](https://www.rfc-editor.org/rfc/rfc8259#section-2).

use std::ops::Range;

use super::error::{ErrorKind, JsonError};
use super::lexer::{Lexer, Number, Text};

/// How many arrays and objects may stand inside one another.
pub const MAX_DEPTH: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Array,
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Null,
    True,
    False,
}

impl Word {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::True => "true",
            Self::False => "false",
        }
    }
}

/// Told of every token in order; offsets are those of the input. An object gives `begin`, then per member `key` and a value, with
/// `comma` between members, then `end`.
pub(super) trait Sink<'a> {
    /// A run of white space, never empty.
    fn space(&mut self, _span: Range<usize>) -> Result<(), JsonError> {
        Ok(())
    }
    fn word(&mut self, _word: Word, _start: usize) {}
    fn number(&mut self, number: Number<'a>) -> Result<(), JsonError>;
    fn string(&mut self, text: Text<'a>) -> Result<(), JsonError>;
    fn begin(&mut self, container: Container, start: usize);
    fn key(&mut self, key: Text<'a>) -> Result<(), JsonError>;
    fn comma(&mut self, _container: Container, _at: usize) {}
    /// The closing bracket at `at`.
    fn end(&mut self, container: Container, at: usize) -> Result<(), JsonError>;
}

/// The containers that are open, one bit each, innermost lowest.
struct Nesting {
    objects: u128,
    depth: usize,
    most: usize,
}

impl Nesting {
    /// At most this many levels; more than [`MAX_DEPTH`] there are no bits for.
    fn new(most: usize) -> Self {
        Self { objects: 0, depth: 0, most: most.min(MAX_DEPTH) }
    }

    fn open(&mut self, container: Container, at: usize) -> Result<(), JsonError> {
        if self.depth >= self.most {
            return Err(JsonError::new(ErrorKind::TooDeep, at));
        }
        self.depth = self.depth.wrapping_add(1);
        self.objects = (self.objects << 1) | u128::from(container == Container::Object);
        Ok(())
    }

    const fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
    }

    const fn innermost(&self) -> Option<Container> {
        match (self.depth, self.objects & 1) {
            (0, _) => None,
            (_, 0) => Some(Container::Array),
            _ => Some(Container::Object),
        }
    }
}

/// Walks `input`, which must hold exactly one JSON value that nests at most `depth` levels.
pub(super) fn walk<'a, S: Sink<'a>>(input: &'a [u8], depth: usize, sink: &mut S) -> Result<(), JsonError> {
    let mut lexer = Lexer::new(input)?;
    let mut nesting = Nesting::new(depth);
    loop {
        space(&mut lexer, sink)?;
        if value(&mut lexer, &mut nesting, sink)? {
            continue;
        }
        // A value is complete: close what ends with it, until another value is due.
        loop {
            space(&mut lexer, sink)?;
            let Some(container) = nesting.innermost() else {
                return match lexer.peek() {
                    None => Ok(()),
                    Some(_) => Err(JsonError::new(ErrorKind::TrailingBytes, lexer.pos())),
                };
            };
            match (lexer.peek(), container) {
                (Some(b','), _) => {
                    sink.comma(container, lexer.pos());
                    lexer.advance();
                    if container == Container::Object {
                        space(&mut lexer, sink)?;
                        key(&mut lexer, sink, "a key in double quotes")?;
                    }
                    break;
                }
                (Some(b']'), Container::Array) | (Some(b'}'), Container::Object) => {
                    close(&mut lexer, &mut nesting, sink, container)?;
                }
                (_, Container::Array) => return Err(lexer.unexpected("`,` or `]`")),
                (_, Container::Object) => return Err(lexer.unexpected("`,` or `}`")),
            }
        }
    }
}

/// Reads a scalar, an empty container, or the start of one up to where its first value is due; the last gives true.
#[inline(always)]
fn value<'a, S: Sink<'a>>(
    lexer: &mut Lexer<'a>,
    nesting: &mut Nesting,
    sink: &mut S,
) -> Result<bool, JsonError> {
    let start = lexer.pos();
    match lexer.peek() {
        Some(b'"') => sink.string(lexer.string()?)?,
        Some(b'-' | b'0'..=b'9') => sink.number(lexer.number()?)?,
        Some(b'{') => {
            nesting.open(Container::Object, start)?;
            sink.begin(Container::Object, start);
            lexer.advance();
            space(lexer, sink)?;
            if lexer.peek() != Some(b'}') {
                key(lexer, sink, "a key in double quotes, or `}`")?;
                return Ok(true);
            }
            close(lexer, nesting, sink, Container::Object)?;
        }
        Some(b'[') => {
            nesting.open(Container::Array, start)?;
            sink.begin(Container::Array, start);
            lexer.advance();
            space(lexer, sink)?;
            if lexer.peek() != Some(b']') {
                return Ok(true);
            }
            close(lexer, nesting, sink, Container::Array)?;
        }
        Some(first @ (b'n' | b't' | b'f')) => {
            let word = match first {
                b'n' => Word::Null,
                b't' => Word::True,
                _ => Word::False,
            };
            lexer.word(word.text())?;
            sink.word(word, start);
        }
        _ => return Err(lexer.unexpected("a value")),
    }
    Ok(false)
}

/// A key and its colon.
#[inline(always)]
fn key<'a, S: Sink<'a>>(
    lexer: &mut Lexer<'a>,
    sink: &mut S,
    expected: &'static str,
) -> Result<(), JsonError> {
    if lexer.peek() != Some(b'"') {
        return Err(lexer.unexpected(expected));
    }
    sink.key(lexer.string()?)?;
    space(lexer, sink)?;
    if lexer.peek() != Some(b':') {
        return Err(lexer.unexpected("`:`"));
    }
    lexer.advance();
    Ok(())
}

#[inline(always)]
fn close<'a, S: Sink<'a>>(
    lexer: &mut Lexer<'a>,
    nesting: &mut Nesting,
    sink: &mut S,
    container: Container,
) -> Result<(), JsonError> {
    sink.end(container, lexer.pos())?;
    lexer.advance();
    nesting.close();
    Ok(())
}

#[inline(always)]
fn space<'a, S: Sink<'a>>(lexer: &mut Lexer<'a>, sink: &mut S) -> Result<(), JsonError> {
    let start = lexer.pos();
    lexer.skip_space();
    if lexer.pos() == start { Ok(()) } else { sink.space(start..lexer.pos()) }
}
