//! Canonicalisation: from any spelling of a JSON text to its RFC 8785 bytes, in one pass and without a tree.
//!
//! Not a serialiser of Rust values, and not tolerant: what it cannot write exactly it refuses. Invariant: output is accepted again,
//! unchanged; equal values give equal bytes.
//!
//! Input that is canonical already is copied in one piece. `copied` is the offset up to which the input has been dealt with; only a
//! deviation (white space, another spelling, keys out of order) makes the part before it move to the output.
//!
//! Spec: [RFC 8785](https://www.rfc-editor.org/rfc/rfc8785).

use std::cmp::Ordering;
use std::ops::Range;

use super::error::{ErrorKind, JsonError};
use super::lexer::{Number, Text};
use super::order::Key;
use super::walk::{Container, MAX_DEPTH, Sink, walk};
use super::{number, string};

/// The canonical form of one JSON text.
///
/// # Errors
/// Any [`ErrorKind`] but `NotCanonical`.
pub fn canonicalize(input: &[u8]) -> Result<Vec<u8>, JsonError> {
    canonicalize_within(MAX_DEPTH, input)
}

/// The same for a text that may nest `depth` levels, at most [`MAX_DEPTH`].
///
/// # Errors
/// As [`canonicalize`].
pub fn canonicalize_within(depth: usize, input: &[u8]) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::with_capacity(input.len());
    append(depth, input, &mut out)?;
    Ok(out)
}

/// Appends the canonical form of one JSON text to `out`, which a caller may keep for the next. On an error `out` is left as it was.
///
/// # Errors
/// As [`canonicalize`].
pub fn canonicalize_into(input: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
    append(MAX_DEPTH, input, out)
}

fn append(depth: usize, input: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
    let before = out.len();
    let mut writer =
        Writer { input, out, copied: 0, objects: Vec::new(), members: Vec::new(), sorted: Vec::new() };
    let result = walk(input, depth, &mut writer);
    match result {
        Ok(()) => writer.copy_to(input.len()),
        Err(_) => out.truncate(before),
    }
    result
}

struct Writer<'a, 'o> {
    input: &'a [u8],
    out: &'o mut Vec<u8>,
    copied: usize,
    /// The objects that are open.
    objects: Vec<Object>,
    /// Their members so far, outermost object first.
    members: Vec<Member<'a>>,
    /// Scratch for bringing members into order.
    sorted: Vec<u8>,
}

struct Object {
    /// Index of its first member.
    first: usize,
    ascending: bool,
}

struct Member<'a> {
    key: Key<'a>,
    /// Where it lies in the output, without commas.
    span: Range<usize>,
}

impl Writer<'_, '_> {
    /// Copies the input up to offset `to`.
    fn copy_to(&mut self, to: usize) {
        self.out.extend_from_slice(self.input.get(self.copied..to).unwrap_or_default());
        self.copied = to;
    }

    /// Where the input's offset `at`, which is not copied yet, will lie in the output.
    #[inline(always)]
    fn output_offset(&self, at: usize) -> usize {
        self.out.len().wrapping_add(at.wrapping_sub(self.copied))
    }

    /// Copies what comes before a string and writes it anew, unless it can be copied with the rest.
    #[inline(always)]
    fn text(&mut self, text: &Text<'_>) -> Result<(), JsonError> {
        if text.escaped && !string::has_canonical_escapes(text)? {
            self.copy_to(text.start);
            string::rewrite(self.out, text);
            self.copied = text.end();
        }
        Ok(())
    }

    /// Notes that the last member ends where the input's offset `at` will lie.
    #[inline(always)]
    fn end_member(&mut self, at: usize) {
        let end = self.output_offset(at);
        if let Some(member) = self.members.last_mut() {
            member.span.end = end;
        }
    }

    /// Brings the members from index `first` on into order; the object's text so far ends the output.
    fn sort_members(&mut self, first: usize) -> Result<(), JsonError> {
        let members = self.members.get_mut(first..).unwrap_or_default();
        let start = members.iter().map(|m| m.span.start).min().unwrap_or(self.out.len());
        members.sort_unstable_by(|a, b| a.key.compare(&b.key).then(a.key.start().cmp(&b.key.start())));
        self.sorted.clear();
        let mut previous: Option<&Key<'_>> = None;
        for member in members.iter() {
            if let Some(previous) = previous {
                if previous.compare(&member.key) == Ordering::Equal {
                    return Err(JsonError::new(ErrorKind::DuplicateKey, member.key.start()));
                }
                self.sorted.push(b',');
            }
            self.sorted.extend_from_slice(self.out.get(member.span.clone()).unwrap_or_default());
            previous = Some(&member.key);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(&self.sorted);
        Ok(())
    }
}

impl<'a> Sink<'a> for Writer<'a, '_> {
    fn space(&mut self, span: Range<usize>) -> Result<(), JsonError> {
        self.copy_to(span.start);
        self.copied = span.end;
        Ok(())
    }

    #[inline(always)]
    fn number(&mut self, number: Number<'a>) -> Result<(), JsonError> {
        if let Some(spelling) = number::respell(&number, &mut ryu_js::Buffer::new())? {
            self.copy_to(number.start);
            self.out.extend_from_slice(spelling.as_bytes());
            self.copied = number.end();
        }
        Ok(())
    }

    #[inline(always)]
    fn string(&mut self, text: Text<'a>) -> Result<(), JsonError> {
        self.text(&text)
    }

    fn begin(&mut self, container: Container, _start: usize) {
        if container == Container::Object {
            self.objects.push(Object { first: self.members.len(), ascending: true });
        }
    }

    #[inline(always)]
    fn key(&mut self, key: Text<'a>) -> Result<(), JsonError> {
        let start = self.output_offset(key.start);
        self.text(&key)?;
        let key = Key::new(key);
        if let Some(object) = self.objects.last_mut()
            && object.ascending
            && self.members.len() > object.first
            && let Some(previous) = self.members.last()
        {
            match previous.key.compare(&key) {
                Ordering::Less => {}
                Ordering::Equal => return Err(JsonError::new(ErrorKind::DuplicateKey, key.start())),
                Ordering::Greater => object.ascending = false,
            }
        }
        self.members.push(Member { key, span: start..start });
        Ok(())
    }

    #[inline(always)]
    fn comma(&mut self, container: Container, at: usize) {
        if container == Container::Object {
            self.end_member(at);
        }
    }

    #[inline(always)]
    fn end(&mut self, container: Container, at: usize) -> Result<(), JsonError> {
        if container == Container::Object
            && let Some(object) = self.objects.pop()
        {
            if !object.ascending {
                self.end_member(at);
                self.copy_to(at);
                self.sort_members(object.first)?;
            }
            self.members.truncate(object.first);
        }
        Ok(())
    }
}
