//! Instants as documents write them: RFC 3339 in UTC, with zero to nine digits of the second.
//!
//! Not the log's own times (`crate::time`), which have one form: these are hashed as the text that they are, and compared by what it means.
//! Invariant: an instant that is read is a real one. Source: seed 002 §2; vectors of the original system (`2025-12-26T06:01:00.123456Z`).

/// Nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i128);

impl Moment {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.f]Z`; anything else, and dates that do not exist, are `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const SHAPE: &[u8; 19] = b"0000-00-00T00:00:00";
        let (seconds, rest) = text.as_bytes().split_first_chunk::<19>()?;
        let fits =
            seconds.iter().zip(SHAPE).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
        let fraction = match rest.strip_suffix(b"Z")? {
            [] => true,
            [b'.', digits @ ..] => (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        // A leap second would be read as the second before it: not an instant of its own here.
        if !fits || !fraction || seconds.ends_with(b"60") {
            return None;
        }
        Some(Self(text.parse::<jiff::Timestamp>().ok()?.as_nanosecond()))
    }
}

/// `YYYYMMDDHHMMSS` of an instant's text.
pub(super) fn digits_to_the_second(text: &str) -> String {
    text.chars().take(19).filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::{Moment, digits_to_the_second};

    #[test]
    fn one_form_with_any_precision_is_read_and_nothing_else() {
        let ascending = [
            "0000-01-01T00:00:00Z",
            "2024-02-29T23:59:59.999999999Z",
            "2025-12-26T06:01:00Z",
            "2025-12-26T06:01:00.000000001Z",
            "2025-12-26T06:01:00.1Z",
            "2025-12-26T06:01:00.123456Z",
            "9999-12-30T21:59:59Z",
        ];
        let read = ascending.map(|text| Moment::parse(text).unwrap_or_else(|| panic!("{text}")));
        assert!(read.is_sorted_by(|a, b| a < b), "{read:?}");
        assert_eq!(Moment::parse("2025-12-26T06:01:00.100Z"), Moment::parse("2025-12-26T06:01:00.1Z"));
        assert_eq!(digits_to_the_second(ascending[5]), "20251226060100");
        for bad in [
            "",
            "now",
            "2025-12-26",
            "2025-12-26T06:01:00",
            "2025-12-26t06:01:00z",
            "2025-12-26 06:01:00Z",
            "2025-12-26T06:01:00+00:00",
            "2025-12-26T06:01:00.Z",
            "2025-12-26T06:01:00.1234567890Z",
            "2025-12-26T06:01:00,5Z",
            "2025-12-26T06:01:60Z",
            "2025-12-26T24:00:00Z",
            "2025-02-29T00:00:00Z",
            "2025-12-26T06:01:00Z ",
            "+2025-12-26T06:01:00Z",
            "２０25-12-26T06:01:00Z",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }
}
