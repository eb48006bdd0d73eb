//! Decimal numbers as the C2SP formats write them.
//!
//! Not general number parsing: no sign, no spaces, no leading zeros.
//!
//! Invariant: each number has exactly one spelling.
//!
//! Spec: <https://c2sp.org/tlog-checkpoint> (the same rule in tlog-proof and tlog-tiles)

/// The number, when `text` is its only spelling and it fits 64 bits.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}
