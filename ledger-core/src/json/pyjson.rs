//! The bytes that CPython's `json.dumps(x, sort_keys=True)` writes, from a JSON value: what historical hashes were computed over.
//!
//! Not RFC 8785 (`crate::json::canonicalize`): Python keeps integers and floats apart, sorts keys by code point and writes ASCII only.
//! Invariant: output is what Python gives after `json.loads` of the same text, or a refusal.
//!
//! Source: CPython 3.11, `Lib/json/encoder.py` and `float.__repr__`; the vectors of the original system pin it.

use std::fmt::Write;

use thiserror::Error;

use super::{Kind, Value};

/// What stands between the items of an array or object, and between a key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separators {
    /// `,` and `:`
    Compact,
    /// `, ` and `: `, Python's default.
    Spaced,
}

impl Separators {
    const fn item(self) -> &'static str {
        match self {
            Self::Compact => ",",
            Self::Spaced => ", ",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Compact => ":",
            Self::Spaced => ": ",
        }
    }
}

/// A value of which Python makes no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PyJsonError {
    /// CPython refuses to read an integer of more than [`MAX_INTEGER_DIGITS`] digits.
    #[error("an integer of {0} digits; Python reads at most {MAX_INTEGER_DIGITS}")]
    IntegerTooLong(usize),
    /// A number beyond the range of a double: Python would write `Infinity`, which is not JSON.
    #[error("a number beyond the range of a double")]
    NotFinite,
    /// The text of a number is none; cannot come from a parsed value.
    #[error("not a number")]
    InvalidNumber,
}

/// CPython's default `sys.int_info.default_max_str_digits`.
pub const MAX_INTEGER_DIGITS: usize = 4300;

/// `json.dumps(value, sort_keys=True)` with these separators. Pure ASCII.
///
/// # Errors
/// [`PyJsonError`] for a number that Python does not read or does not write as JSON.
pub fn dumps(value: &Value<'_>, separators: Separators) -> Result<String, PyJsonError> {
    let mut out = String::new();
    write_value(&mut out, value, separators)?;
    Ok(out)
}

/// As [`dumps`], of an object with these members, which may come in any order but have unique keys.
///
/// # Errors
/// As [`dumps`].
pub fn dumps_members<'v, 'a: 'v, I>(members: I, separators: Separators) -> Result<String, PyJsonError>
where
    I: IntoIterator<Item = (&'v str, &'v Value<'a>)>,
{
    let mut out = String::new();
    write_object(&mut out, members.into_iter().collect(), separators)?;
    Ok(out)
}

/// Recursion ends: a parsed value is at most [`crate::json::MAX_DEPTH`] deep.
fn write_value(out: &mut String, value: &Value<'_>, separators: Separators) -> Result<(), PyJsonError> {
    match &value.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(true) => out.push_str("true"),
        Kind::Bool(false) => out.push_str("false"),
        Kind::Number(text) => write_number(out, text)?,
        Kind::String(text) => write_string(out, text),
        Kind::Array(elements) => {
            out.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push_str(separators.item());
                }
                write_value(out, element, separators)?;
            }
            out.push(']');
        }
        Kind::Object(members) => {
            write_object(out, members.iter().map(|(key, value)| (&**key, value)).collect(), separators)?;
        }
    }
    Ok(())
}

fn write_object(
    out: &mut String,
    mut members: Vec<(&str, &Value<'_>)>,
    separators: Separators,
) -> Result<(), PyJsonError> {
    // Python orders strings by code point; so does UTF-8.
    members.sort_unstable_by_key(|&(key, _)| key);
    out.push('{');
    for (i, (key, value)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push_str(separators.item());
        }
        write_string(out, key);
        out.push_str(separators.key());
        write_value(out, value, separators)?;
    }
    out.push('}');
    Ok(())
}

/// `ensure_ascii`: everything outside U+0020 to U+007E as UTF-16 escapes in lower-case hex, U+007F included.
fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{C}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// Python reads a number with a point or an exponent as a float, any other as an integer of arbitrary size.
fn write_number(out: &mut String, text: &str) -> Result<(), PyJsonError> {
    if text.contains(['.', 'e', 'E']) {
        let double: f64 = text.parse().map_err(|_| PyJsonError::InvalidNumber)?;
        return write_float(out, double);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() > MAX_INTEGER_DIGITS {
        return Err(PyJsonError::IntegerTooLong(digits.len()));
    }
    out.push_str(if digits == "0" { digits } else { text });
    Ok(())
}

/// `float.__repr__`: the shortest digits that read back, in fixed notation for 1e-4 <= |x| < 1e16, else as `d.dde-05`.
///
/// The digits are ECMAScript's, since of two equally short and equally close ones Rust's own formatting takes the upper, Python and
/// ECMAScript the even one (743933002603318.25 is 743933002603318.2).
fn write_float(out: &mut String, double: f64) -> Result<(), PyJsonError> {
    if !double.is_finite() {
        return Err(PyJsonError::NotFinite);
    }
    if double.is_sign_negative() {
        out.push('-');
    }
    let Decimal { digits, exponent } = Decimal::shortest(double.abs()).ok_or(PyJsonError::InvalidNumber)?;
    match exponent {
        -4..=-1 => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', places(exponent.saturating_add(1))));
            out.push_str(&digits);
        }
        0..=15 => {
            let point = places(exponent).saturating_add(1);
            let (integer, fraction) = digits.split_at_checked(point).unwrap_or((&digits, ""));
            out.push_str(integer);
            out.extend(std::iter::repeat_n('0', point.saturating_sub(digits.len())));
            out.push('.');
            out.push_str(if fraction.is_empty() { "0" } else { fraction });
        }
        _ => {
            let (first, others) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let point = if others.is_empty() { "" } else { "." };
            let sign = if exponent < 0 { '-' } else { '+' };
            // Writing to a string does not fail.
            let _ = write!(out, "{first}{point}{others}e{sign}{:02}", exponent.unsigned_abs());
        }
    }
    Ok(())
}

/// `d.ddd` times ten to the `exponent`; no idle zeros but for zero itself.
struct Decimal {
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// Of a double that is finite and not negative.
    fn shortest(double: f64) -> Option<Self> {
        let mut buffer = ryu_js::Buffer::new();
        let text = buffer.format_finite(double);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [integer, fraction].concat();
        let significant = all.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { digits: "0".into(), exponent: 0 });
        }
        // The point stands after `integer`; the decimal's, after its first significant digit.
        let leading = i32::try_from(all.len().checked_sub(significant.len())?).ok()?;
        let moved = i32::try_from(integer.len()).ok()?.checked_sub(1)?.checked_sub(leading)?;
        let exponent = exponent.parse::<i32>().ok()?.checked_add(moved)?;
        Some(Self { digits: significant.trim_end_matches('0').into(), exponent })
    }
}

/// How many places a decimal exponent within the fixed range moves the point.
fn places(exponent: i32) -> usize {
    usize::try_from(exponent.unsigned_abs()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Separators::{Compact, Spaced};
    use super::{PyJsonError, dumps, dumps_members};
    use crate::json::{Value, parse};

    /// The originals of these fields and their bytes, as the historical system wrote them.
    #[test]
    fn the_vectors_of_the_original_system_come_out_byte_for_byte() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/opdo_p69_canonical.json");
        let file = std::fs::read(path)
            .unwrap_or_else(|e| panic!("this test needs the shared vectors at {path}: {e}"));
        let file = parse(&file).unwrap();
        let cases = file.get("cases").and_then(Value::as_array).unwrap();
        assert!(cases.len() >= 10, "only {} cases", cases.len());
        for case in cases {
            let name = case.get("name").and_then(Value::as_str).unwrap();
            let child = case.get("child").unwrap();
            let fields = ["task_count", "sub_pac_id", "quality_score", "pdo_id", "ber_id", "agent_gid"];
            let members = fields.map(|field| (field, child.get(field).unwrap()));
            let canonical = dumps_members(members, Spaced).unwrap();
            assert_eq!(
                hex::encode(&canonical),
                case.get("canonical_hex").and_then(Value::as_str).unwrap(),
                "{name}"
            );
        }
    }

    /// Right-hand sides printed by CPython 3.11.
    #[test]
    fn values_are_written_as_python_writes_them() {
        let table = [
            ("1E5", "100000.0"),
            ("1.0", "1.0"),
            ("1.50", "1.5"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("-0e0", "-0.0"),
            ("0E5", "0.0"),
            ("1e-400", "0.0"),
            ("1e16", "1e+16"),
            ("9999999999999998.0", "9999999999999998.0"),
            ("123456789012345680.0", "1.2345678901234568e+17"),
            ("1e15", "1000000000000000.0"),
            ("123456789012345.6", "123456789012345.6"),
            ("1e22", "1e+22"),
            ("1e100", "1e+100"),
            ("0.0001", "0.0001"),
            ("0.00012345", "0.00012345"),
            ("0.00001", "1e-05"),
            ("0.000012345", "1.2345e-05"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("9007199254740993.0", "9007199254740992.0"),
            ("100", "100"),
            ("743933002603318.25", "743933002603318.2"),
            ("-17", "-17"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("[]", "[]"),
            ("{}", "{}"),
            ("[1,[],null]", "[1, [], null]"),
            (
                "\"\\u007f\\u0080\\/\\u001f\\ud83d\\ude00é\"",
                "\"\\u007f\\u0080/\\u001f\\ud83d\\ude00\\u00e9\"",
            ),
            (
                "{\"\u{10000}\":1,\"\u{FFFF}\":2,\"a\":{\"b\":true}}",
                "{\"a\": {\"b\": true}, \"\\uffff\": 2, \"\\ud800\\udc00\": 1}",
            ),
        ];
        for (input, expected) in table {
            let value = parse(input.as_bytes()).unwrap();
            assert_eq!(dumps(&value, Spaced).as_deref(), Ok(expected), "{input}");
        }
        let value = parse(b"{\"b\": [1, {}], \"a\": \", : \"}").unwrap();
        assert_eq!(dumps(&value, Compact).as_deref(), Ok("{\"a\":\", : \",\"b\":[1,{}]}"));
    }

    #[test]
    fn what_python_does_not_read_or_write_as_json_is_refused() {
        let longest = format!("-{}", "9".repeat(4300));
        assert_eq!(dumps(&parse(longest.as_bytes()).unwrap(), Compact), Ok(longest));
        let table = [
            ("9".repeat(4301), PyJsonError::IntegerTooLong(4301)),
            ("[1e309]".into(), PyJsonError::NotFinite),
            ("{\"a\": -1.8E308}".into(), PyJsonError::NotFinite),
        ];
        for (input, error) in table {
            assert_eq!(dumps(&parse(input.as_bytes()).unwrap(), Compact), Err(error), "{input:.20}");
        }
    }
}
