//! Whether two originals say the same, and where they first differ.
//!
//! Not a byte comparison: indentation, the order of keys and the spelling of a number or an escape are no difference, since the old hash
//! does not see them either. Invariant: two originals are the same exactly when [`describe_difference`] finds nothing.

use std::collections::BTreeMap;

use crate::json::pyjson::{Separators, dumps};
use crate::json::{Kind, Value, parse};

use super::finding::excerpt;

/// Whether two originals have the same content, as Python reads it (so `1` and `1.0` differ, `1.0` and `1.00` do not).
#[must_use]
pub fn same_entry(earlier: &str, later: &str) -> bool {
    earlier == later || describe_difference(earlier, later).is_none()
}

/// The first difference, in the order of the earlier text, in words that name the field by JSON Pointer; none when the content is the
/// same. Texts that are not JSON are the same when they are equal.
#[must_use]
pub fn describe_difference(earlier: &str, later: &str) -> Option<String> {
    match (parse(earlier.as_bytes()), parse(later.as_bytes())) {
        (Ok(earlier), Ok(later)) => first_difference(&earlier, &later, &mut String::new()),
        _ if earlier == later => None,
        (Ok(_), Err(error)) => Some(format!("the later text is no JSON: {error}")),
        (Err(error), Ok(_)) => Some(format!("the earlier text is no JSON: {error}")),
        (Err(_), Err(_)) => Some("the texts differ, and neither is JSON".to_owned()),
    }
}

/// Depth is bounded by the parser.
fn first_difference(earlier: &Value<'_>, later: &Value<'_>, path: &mut String) -> Option<String> {
    match (&earlier.kind, &later.kind) {
        (Kind::Object(before), Kind::Object(after)) => {
            let mut after: BTreeMap<&str, &Value<'_>> =
                after.iter().map(|(key, value)| (&**key, value)).collect();
            let changed = before.iter().find_map(|(key, value)| {
                let other = after.remove(&**key);
                descend(path, key, |path| match other {
                    Some(other) => first_difference(value, other, path),
                    None => Some(format!("{path} was {} and is gone", excerpt(value))),
                })
            });
            let added = |path: &mut String| {
                let (key, value) = after.first_key_value()?;
                descend(path, key, |path| Some(format!("{path} is new: {}", excerpt(value))))
            };
            changed.or_else(|| added(path))
        }
        (Kind::Array(before), Kind::Array(after)) => {
            let changed = before.iter().zip(after).enumerate().find_map(|(index, (value, other))| {
                descend(path, &index.to_string(), |path| first_difference(value, other, path))
            });
            changed.or_else(|| {
                let (before, after) = (before.len(), after.len());
                (before != after).then(|| format!("{} had {before} elements and has {after}", shown(path)))
            })
        }
        _ if same_value(earlier, later) => None,
        _ => Some(format!("{} was {} and is {}", shown(path), excerpt(earlier), excerpt(later))),
    }
}

/// Runs `look` with one more step on the path: RFC 6901, and ASCII, since it is printed.
fn descend(
    path: &mut String,
    step: &str,
    look: impl FnOnce(&mut String) -> Option<String>,
) -> Option<String> {
    let length = path.len();
    path.push('/');
    for character in step.replace('~', "~0").replace('/', "~1").chars() {
        if character.is_ascii_graphic() || character == ' ' {
            path.push(character);
        } else {
            path.extend(character.escape_unicode());
        }
    }
    let found = look(path);
    path.truncate(length);
    found
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "the entry" } else { path }
}

fn same_value(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (dumps(a, Separators::Compact), dumps(b, Separators::Compact)) {
        (Ok(a), Ok(b)) => a == b,
        // Numbers that Python does not read are compared as written.
        (Err(_), Err(_)) => a.as_number().is_some_and(|number| b.as_number() == Some(number)),
        _ => false,
    }
}
