//! A JSON text as a tree that remembers where each node came from.
//!
//! Not for what is hashed: that stays bytes. Invariant: `span` covers exactly the node's source bytes, brackets and quotes included, so a
//! caller can always take the original.
//!
//! Spec: [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259).

use std::borrow::Cow;
use std::ops::Range;

use super::error::{ErrorKind, JsonError};
use super::lexer::{Number, Text};
use super::string::unescape;
use super::walk::{Container, MAX_DEPTH, Sink, Word, walk};

/// A node and the source bytes that it was read from.
#[derive(Clone, Debug)]
pub struct Value<'a> {
    /// Byte range in the parsed input.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind<'a>,
}

/// The six kinds of JSON value.
#[derive(Clone, Debug)]
pub enum Kind<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The number as it was written, of any size and precision.
    Number(&'a str),
    /// The unescaped characters.
    String(Cow<'a, str>),
    /// The elements in order.
    Array(Vec<Value<'a>>),
    /// The members in source order; keys are unescaped and unique.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// Reads one JSON text.
///
/// # Errors
/// Any [`ErrorKind`] but `NumberOutOfRange` and `NotCanonical`: numbers may be of any size here.
pub fn parse(input: &[u8]) -> Result<Value<'_>, JsonError> {
    let mut builder = Builder { open: Vec::new(), done: None };
    walk(input, MAX_DEPTH, &mut builder)?;
    builder.done.ok_or(JsonError::new(ErrorKind::UnexpectedEnd, input.len()))
}

impl<'a> Value<'a> {
    /// The node's exact source bytes; `input` must be what it was parsed from.
    #[must_use]
    pub fn source<'i>(&self, input: &'i [u8]) -> &'i [u8] {
        input.get(self.span.clone()).unwrap_or_default()
    }

    /// The member `key` of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Whether this is `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// The truth value.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The characters of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number as it was written.
    #[must_use]
    pub const fn as_number(&self) -> Option<&'a str> {
        match self.kind {
            Kind::Number(text) => Some(text),
            _ => None,
        }
    }

    /// A number written as a plain integer (`7`, not `7.0` or `7e0`) within range.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.parse().ok()
    }

    /// As [`Value::as_u64`], signed.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.parse().ok()
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members of an object, in source order.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(Cow<'a, str>, Self)]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// What kind of value this is, for messages: `null`, `boolean`, `number`, `string`, `array` or `object`.
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "boolean",
            Kind::Number(_) => "number",
            Kind::String(_) => "string",
            Kind::Array(_) => "array",
            Kind::Object(_) => "object",
        }
    }
}

struct Builder<'a> {
    open: Vec<Open<'a>>,
    done: Option<Value<'a>>,
}

/// A container that is not closed yet.
enum Open<'a> {
    Array { start: usize, elements: Vec<Value<'a>> },
    Object(OpenObject<'a>),
}

struct OpenObject<'a> {
    start: usize,
    members: Vec<(Cow<'a, str>, Value<'a>)>,
    /// The key whose value is due.
    key: Option<Cow<'a, str>>,
    /// Offsets of the keys from the [`FEW`]th on, which are compared when the object ends.
    late: Vec<usize>,
}

/// Up to this many keys are compared with each other as they come: that is faster than sorting, and allocates nothing.
const FEW: usize = 16;

impl<'a> OpenObject<'a> {
    fn key(&mut self, text: &Text<'a>) -> Result<(), JsonError> {
        let key = unescape(text)?;
        if self.members.len() >= FEW {
            self.late.push(text.start);
        } else if self.members.iter().any(|(earlier, _)| *earlier == key) {
            return Err(JsonError::new(ErrorKind::DuplicateKey, text.start));
        }
        self.key = Some(key);
        Ok(())
    }

    /// Looks for keys that occur twice, at least once among the late ones.
    fn check_late_keys(&self) -> Result<(), JsonError> {
        if self.late.is_empty() {
            return Ok(());
        }
        let mut keys: Vec<(&str, usize)> =
            self.members.iter().enumerate().map(|(i, (key, _))| (&**key, i)).collect();
        keys.sort_unstable();
        let Some([_, (_, index)]) = keys.array_windows::<2>().find(|[(a, _), (b, _)]| a == b) else {
            return Ok(());
        };
        let offset = self.late.get(index.saturating_sub(FEW)).copied().unwrap_or(self.start);
        Err(JsonError::new(ErrorKind::DuplicateKey, offset))
    }
}

impl<'a> Builder<'a> {
    fn place(&mut self, kind: Kind<'a>, span: Range<usize>) {
        let value = Value { span, kind };
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some(Open::Array { elements, .. }) => elements.push(value),
            Some(Open::Object(object)) => {
                if let Some(key) = object.key.take() {
                    object.members.push((key, value));
                }
            }
        }
    }
}

impl<'a> Sink<'a> for Builder<'a> {
    fn word(&mut self, word: Word, start: usize) {
        let kind = match word {
            Word::Null => Kind::Null,
            Word::True => Kind::Bool(true),
            Word::False => Kind::Bool(false),
        };
        self.place(kind, start..start.saturating_add(word.text().len()));
    }

    fn number(&mut self, number: Number<'a>) -> Result<(), JsonError> {
        self.place(Kind::Number(number.raw), number.start..number.end());
        Ok(())
    }

    fn string(&mut self, text: Text<'a>) -> Result<(), JsonError> {
        self.place(Kind::String(unescape(&text)?), text.start..text.end());
        Ok(())
    }

    fn begin(&mut self, container: Container, start: usize) {
        self.open.push(match container {
            Container::Array => Open::Array { start, elements: Vec::new() },
            Container::Object => {
                Open::Object(OpenObject { start, members: Vec::new(), key: None, late: Vec::new() })
            }
        });
    }

    fn key(&mut self, text: Text<'a>) -> Result<(), JsonError> {
        match self.open.last_mut() {
            Some(Open::Object(object)) => object.key(&text),
            _ => Ok(()),
        }
    }

    fn end(&mut self, _container: Container, at: usize) -> Result<(), JsonError> {
        let end = at.saturating_add(1);
        match self.open.pop() {
            Some(Open::Array { start, elements }) => self.place(Kind::Array(elements), start..end),
            Some(Open::Object(object)) => {
                object.check_late_keys()?;
                self.place(Kind::Object(object.members), object.start..end);
            }
            None => {}
        }
        Ok(())
    }
}
