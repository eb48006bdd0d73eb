//! A number of a document, which remembers whether it was an integer or a float, since `p69` hashes `1` and `1.0` apart.
//!
//! Not arithmetic. Invariant: one spelling for each integer and for each double, so that equal means equal bytes in either profile's leaf.
//! Source: vectors of the original system, `opdo_p69_canonical.json`.

use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// 2^53 - 1: the largest integer that RFC 8785 takes.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// A JSON number: an integer of any size, or a float with a point or an exponent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl schemars::JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::integer(0)
    }
}

impl Number {
    /// Of the text of a JSON number. A float beyond the range of a double keeps its text; no check lets it pass.
    #[must_use]
    pub fn of_json(text: &str) -> Self {
        if !text.contains(['.', 'e', 'E']) {
            return Self(if text == "-0" { "0" } else { text }.to_owned());
        }
        match text.parse::<f64>() {
            Ok(double) if double.is_finite() => Self::float(double),
            _ => Self(text.to_owned()),
        }
    }

    /// An integer.
    #[must_use]
    pub fn integer(value: i64) -> Self {
        Self(value.to_string())
    }

    /// A float, also where its value is integral.
    #[must_use]
    pub fn float(value: f64) -> Self {
        // The shortest digits that read back, always with a point or an exponent.
        Self(format!("{value:?}"))
    }

    /// Its JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest double; infinite beyond their range.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// Whether the value is a number of things: integral, 1 to 2^53 - 1, however it is written.
    #[must_use]
    pub fn is_count(&self) -> bool {
        let value = self.as_f64();
        (1.0..=MAX_SAFE).contains(&value) && value.fract() == 0.0
    }

    /// Whether the value is within 0 and 1. Negative zero is zero.
    #[must_use]
    pub fn is_fraction(&self) -> bool {
        (0.0..=1.0).contains(&self.as_f64())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An integer beyond 64 bits becomes a float: no check lets it into a document that is written.
impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(integer) = self.0.parse::<i64>() {
            return serializer.serialize_i64(integer);
        }
        match self.0.parse::<u64>() {
            Ok(integer) => serializer.serialize_u64(integer),
            Err(_) => serializer.serialize_f64(self.as_f64()),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(Number::integer(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value.to_string()))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Number, E> {
                let refused = || E::invalid_value(Unexpected::Float(value), &self);
                if value.is_finite() { Ok(Number::float(value)) } else { Err(refused()) }
            }
        }
        deserializer.deserialize_any(Reader).map_err(|e| D::Error::custom(e.to_string()))
    }
}
