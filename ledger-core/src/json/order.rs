//! The order of object keys in canonical JSON: by UTF-16 code units of the unescaped key.
//!
//! Neither code point order nor byte order, which differ from it for characters beyond U+FFFF. Invariant: keys that compare equal are the
//! same key, however they are escaped.
//!
//! Spec: [RFC 8785 §3.2.3](https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3).

use std::cmp::Ordering;

use super::lexer::Text;
use super::string::unescape;

/// A key whose escapes have been checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    text: Text<'a>,
    bytewise: bool,
}

impl<'a> Key<'a> {
    #[inline(always)]
    pub(super) fn new(text: Text<'a>) -> Self {
        // UTF-8 sorts as UTF-16 does up to U+DFFF; what comes after starts with 0xEE or more.
        let bytewise = !text.escaped && text.raw.bytes().all(|b| b < 0xEE);
        Self { text, bytewise }
    }

    /// Offset of the key's opening quote.
    pub(super) const fn start(&self) -> usize {
        self.text.start
    }

    #[inline(always)]
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        if self.bytewise && other.bytewise {
            self.text.raw.cmp(other.text.raw)
        } else {
            compare_units(&self.text, &other.text)
        }
    }
}

fn compare_units(a: &Text<'_>, b: &Text<'_>) -> Ordering {
    // Decoding cannot fail any more; the raw text stands in so that nothing here can panic.
    let a = unescape(a).unwrap_or(a.raw.into());
    let b = unescape(b).unwrap_or(b.raw.into());
    a.encode_utf16().cmp(b.encode_utf16())
}
