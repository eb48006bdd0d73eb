//! Whether bytes are canonical JSON: the verifier's question, answered without writing anything.
//!
//! Repairs nothing; `canonical` does. Invariant: a text passes exactly when canonicalising it gives the same bytes.
//!
//! Spec: [RFC 8785](https://www.rfc-editor.org/rfc/rfc8785).

use std::cmp::Ordering;
use std::ops::Range;

use super::error::{Deviation, ErrorKind, JsonError};
use super::lexer::{Number, Text};
use super::order::Key;
use super::walk::{Container, MAX_DEPTH, Sink, walk};
use super::{number, string};

/// Whether `input` is exactly what canonicalising it would give.
#[must_use]
pub fn is_canonical(input: &[u8]) -> bool {
    check_canonical(input).is_ok()
}

/// As [`is_canonical`], and says what is wrong and where.
///
/// # Errors
/// `NotCanonical` at the first deviation of a text that is valid up to there; any other [`ErrorKind`] as the canonicaliser gives it.
pub fn check_canonical(input: &[u8]) -> Result<(), JsonError> {
    check_canonical_within(MAX_DEPTH, input)
}

/// The same for a text that may nest `depth` levels, at most [`MAX_DEPTH`].
///
/// # Errors
/// As [`check_canonical`].
pub fn check_canonical_within(depth: usize, input: &[u8]) -> Result<(), JsonError> {
    walk(input, depth, &mut Checker { last_keys: Vec::new() })
}

struct Checker<'a> {
    /// The last key of each open object.
    last_keys: Vec<Option<Key<'a>>>,
}

const fn deviation(deviation: Deviation, offset: usize) -> JsonError {
    JsonError::new(ErrorKind::NotCanonical(deviation), offset)
}

impl<'a> Sink<'a> for Checker<'a> {
    fn space(&mut self, span: Range<usize>) -> Result<(), JsonError> {
        Err(deviation(Deviation::Space, span.start))
    }

    #[inline(always)]
    fn number(&mut self, number: Number<'a>) -> Result<(), JsonError> {
        match number::respell(&number, &mut ryu_js::Buffer::new())? {
            None => Ok(()),
            Some(_) => Err(deviation(Deviation::Number, number.start)),
        }
    }

    #[inline(always)]
    fn string(&mut self, text: Text<'a>) -> Result<(), JsonError> {
        if !text.escaped || string::has_canonical_escapes(&text)? {
            Ok(())
        } else {
            Err(deviation(Deviation::Escape, text.start))
        }
    }

    #[inline(always)]
    fn begin(&mut self, container: Container, _start: usize) {
        if container == Container::Object {
            self.last_keys.push(None);
        }
    }

    #[inline(always)]
    fn key(&mut self, key: Text<'a>) -> Result<(), JsonError> {
        self.string(key)?;
        let key = Key::new(key);
        if let Some(last) = self.last_keys.last_mut() {
            match last.as_ref().map(|last| last.compare(&key)) {
                None | Some(Ordering::Less) => *last = Some(key),
                Some(Ordering::Equal) => return Err(JsonError::new(ErrorKind::DuplicateKey, key.start())),
                Some(Ordering::Greater) => return Err(deviation(Deviation::KeyOrder, key.start())),
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn end(&mut self, container: Container, _at: usize) -> Result<(), JsonError> {
        if container == Container::Object {
            self.last_keys.pop();
        }
        Ok(())
    }
}
