//! Numbers in canonical JSON: IEEE-754 doubles, written as ECMAScript writes them.
//!
//! Not arithmetic, and no limit on how a number may be spelt in a [`super::Value`]. Invariant: what is written reads back as the same
//! double, and every integer that is written is exact.
//!
//! Spec: [RFC 8785 §3.2.2.3](https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.3); the bound of 2^53-1 is
//! [RFC 7493 §2.2](https://www.rfc-editor.org/rfc/rfc7493#section-2.2), here a refusal.

use super::error::{ErrorKind, JsonError};
use super::lexer::Number;

/// 2^53-1: beyond it neighbouring integers share a double.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// The canonical spelling of a number when it differs from the one it has; `None` when the token may be copied.
///
/// # Errors
/// `NumberOutOfRange` when the number's double value lies beyond 2^53-1. All doubles there are integral, infinities included.
#[inline]
pub(super) fn respell<'b>(
    number: &Number<'_>,
    buffer: &'b mut ryu_js::Buffer,
) -> Result<Option<&'b str>, JsonError> {
    if is_plainly_canonical(number) { Ok(None) } else { respell_double(number, buffer) }
}

fn respell_double<'b>(
    number: &Number<'_>,
    buffer: &'b mut ryu_js::Buffer,
) -> Result<Option<&'b str>, JsonError> {
    // The grammar of JSON numbers is a subset of what `f64` parses.
    let double: f64 =
        number.raw.parse().map_err(|_| JsonError::new(ErrorKind::InvalidNumber, number.start))?;
    if double.abs() > MAX_EXACT {
        return Err(JsonError::new(ErrorKind::NumberOutOfRange, number.start));
    }
    let spelling = buffer.format_finite(double);
    Ok((spelling != number.raw).then_some(spelling))
}

/// Recognises the common canonical spellings without computing a double.
///
/// A decimal of at most 15 digits survives the way through a double, and no shorter one leads to the same double; so it is what the
/// shortest-digits rule gives back, provided that ECMAScript would also place the point there: no exponent, no idle zero at the end, not
/// below 1e-6.
#[inline(always)]
fn is_plainly_canonical(number: &Number<'_>) -> bool {
    let raw = number.raw.as_bytes();
    let (digits, negative) = match raw.split_first() {
        Some((b'-', digits)) => (digits, true),
        _ => (raw, false),
    };
    if number.integer == raw.len() {
        return digits.len() <= 15 && !(negative && digits == b"0");
    }
    // 16 bytes: 15 digits and the point.
    !number.exponent && digits.len() <= 16 && digits.last() != Some(&b'0') && !digits.starts_with(b"0.000000")
}
