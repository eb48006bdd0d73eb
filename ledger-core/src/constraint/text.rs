//! What the text forms of constraints share: how they are read, written and described.
//!
//! Not here: what a form means. Invariant: a type made by [`text_form`] holds only what its `new` accepted, in one spelling.
//! Source: DOMAIN.md §9 ("parsed and normalised before comparing").

use crate::codes::Code;
use crate::error::Error;

/// Gives a type with `new(impl AsRef<str>)` and `Display` its other text traits: `FromStr`, serde and JSON Schema.
macro_rules! text_form {
    ($name:ident, $form:expr) => {
        impl std::str::FromStr for $name {
            type Err = crate::error::Error;
            fn from_str(text: &str) -> crate::error::Result<Self> {
                Self::new(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(text).map_err(|e| serde::de::Error::custom(e.message))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                concat!("Constraint", stringify!($name)).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $form })
            }
        }
    };
}

pub(super) use text_form;

/// The error of a text that has not its form.
pub(super) fn wrong(text: &str, what: &str, why: &str) -> Error {
    let shown: String = if text.chars().count() <= 80 {
        text.to_owned()
    } else {
        text.chars().take(77).chain("...".chars()).collect()
    };
    Error::new(Code::InvalidName, format!("{shown:?} is no {what}: {why}"))
}
