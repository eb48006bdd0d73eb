//! Amounts of money: decimal numbers that are counted exactly.
//!
//! Not here: a currency; all amounts of a ledger are in one. Invariant: a non-negative number of millionths, and the JSON number that is
//! written is the one that is read.
//! Source: DOMAIN.md §9 ("NaN and infinities refused").

use crate::codes::Code;
use crate::error::{Error, Result};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};
use std::fmt;

/// Millionths in one.
const UNIT: u64 = 1_000_000;
const UNIT_WIDE: u128 = 1_000_000;
/// 999,999,999.999999 in millionths, the most with decimals: fifteen digits, which a double holds exactly enough to give them back.
const MAX_DECIMAL: u64 = 999_999_999_999_999;
/// A million millions in millionths.
const MAX: u64 = 1_000_000_000_000 * UNIT;
const FORM: &str = "a number from 0 to 1000000000000, below 1000000000 with at most 6 decimals";

/// A non-negative amount with at most six decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that can be said.
    pub const MAX: Self = Self(MAX);

    /// The amount of this many millionths, unless it is too much, or too long to be written.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Option<Self> {
        if micros <= MAX_DECIMAL || (micros <= MAX && micros.is_multiple_of(UNIT)) {
            Some(Self(micros))
        } else {
            None
        }
    }

    /// In millionths.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Reads a decimal number: `12`, `0.5`.
    ///
    /// # Errors
    /// `LG_104` for anything else: signs, exponents, more decimals, too much.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        parse(text).ok_or_else(|| super::text::wrong(text, "amount", &format!("expected {FORM}")))
    }
}

fn parse(text: &str) -> Option<Amount> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |t: &str, most| (1..=most).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole, 13) || !digits(part, 6) {
        return None;
    }
    let micros = whole.parse::<u64>().ok()?.checked_mul(UNIT)?;
    Amount::from_micros(micros.checked_add(format!("{part:0<6}").parse().ok()?)?)
}

/// Millionths as a decimal number, without zeros at its end.
pub(super) fn decimal(micros: u128) -> String {
    let (whole, part) = (micros / UNIT_WIDE, micros % UNIT_WIDE);
    if part == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{part:06}");
    text.trim_end_matches('0').to_owned()
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimal(self.0.into()))
    }
}

impl std::str::FromStr for Amount {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(UNIT) {
            return serializer.serialize_u64(self.0 / UNIT);
        }
        serializer.serialize_f64(self.to_string().parse().map_err(S::Error::custom)?)
    }
}

struct Number;

impl Visitor<'_> for Number {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORM)
    }

    fn visit_u64<E: serde::de::Error>(self, whole: u64) -> std::result::Result<Amount, E> {
        Amount::try_from(whole).map_err(|e| E::custom(e.message))
    }

    fn visit_i64<E: serde::de::Error>(self, whole: i64) -> std::result::Result<Amount, E> {
        let whole =
            u64::try_from(whole).map_err(|_| E::custom(format!("{whole} is no amount: expected {FORM}")))?;
        self.visit_u64(whole)
    }

    // The shortest decimal that means this double, never with an exponent.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> std::result::Result<Amount, E> {
        parse(&number.to_string()).ok_or_else(|| E::custom(format!("{number} is no amount: expected {FORM}")))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Number)
    }
}

impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConstraintAmount".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "number", "minimum": 0, "maximum": 1_000_000_000_000_u64, "description": FORM
        })
    }
}

impl TryFrom<u64> for Amount {
    type Error = Error;
    fn try_from(whole: u64) -> Result<Self> {
        let amount = whole.checked_mul(UNIT).and_then(Self::from_micros);
        amount.ok_or_else(|| Error::new(Code::InvalidName, format!("{whole} is no amount: expected {FORM}")))
    }
}
