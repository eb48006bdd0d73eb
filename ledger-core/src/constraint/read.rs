//! How the members of constraints are read: present and not null, in bounds, said once.
//!
//! Not here: the members themselves. Invariant: what is read is within the bounds that counting and comparing rely on.
//! Source: DOMAIN.md §9 ("A constraint type that is not known is refused, never ignored"). `null` is neither a limit nor an absence.

use super::list::{MAX_LIST, MAX_WINDOWS};
use super::name::Name;
use super::window::Window;
use super::{ApiLimits, Constraints};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// Most actions in a minute that can be said.
pub const MAX_RATE: u32 = 100_000;
/// Deepest that a tree of grants goes.
pub const MAX_DEPTH: u32 = 10;
/// Largest count: what every reader of JSON holds exactly.
pub const MAX_COUNT: u64 = (1 << 53) - 1;
/// Most endpoints that are counted each.
pub const MAX_ENDPOINTS: usize = MAX_LIST;

/// A member that is there.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

fn at_most<T: Copy + PartialOrd + fmt::Display, E: Error>(number: T, most: T) -> Result<T, E> {
    if number <= most { Ok(number) } else { Err(E::custom(format!("{number} is more than {most}"))) }
}

/// A rate.
pub(super) fn rate<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    at_most(u32::deserialize(from)?, MAX_RATE).map(Some)
}

/// A depth.
pub(super) fn depth<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    at_most(u32::deserialize(from)?, MAX_DEPTH).map(Some)
}

/// A count.
pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    at_most(u64::deserialize(from)?, MAX_COUNT).map(Some)
}

/// A list that is not too long.
pub(super) fn list<'de, T, D>(from: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    from.deserialize_seq(List(MAX_LIST, PhantomData)).map(Some)
}

/// One window, or several.
pub(super) fn windows<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Window>>, D::Error> {
    from.deserialize_any(Windows).map(Some)
}

/// Writes one window as itself, several as a list.
pub(super) fn write_windows<S: Serializer>(windows: &Option<Vec<Window>>, to: S) -> Result<S::Ok, S::Error> {
    match windows.as_deref() {
        Some([one]) => to.serialize_some(one),
        many => Serialize::serialize(&many, to),
    }
}

/// Endpoints and their limits, each said once.
pub(super) fn endpoints<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BTreeMap<Name, u64>>, D::Error> {
    from.deserialize_map(Endpoints).map(Some)
}

/// Only objects are read: a list, which derived code would take for the members in order, says nothing that anybody meant. The types
/// derive their code for themselves (`remote = "Self"`), and it is called from here.
macro_rules! only_objects {
    ($($name:ident),*) => { $(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Object;
                impl<'de> Visitor<'de> for Object {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(MapAccessDeserializer::new(map))
                    }
                }
                from.deserialize_map(Object)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, to)
            }
        }
    )* };
}

only_objects!(Constraints, ApiLimits);

struct List<T>(usize, PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {} members", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while all.len() < self.0 {
            match seq.next_element()? {
                Some(one) => all.push(one),
                None => return Ok(all),
            }
        }
        match seq.next_element::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom(format!("expected a list of at most {} members", self.0))),
            None => Ok(all),
        }
    }
}

struct Windows;

impl<'de> Visitor<'de> for Windows {
    type Value = Vec<Window>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time window, or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<Window>, E> {
        Window::new(text).map(|one| vec![one]).map_err(|e| E::custom(e.message))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<Window>, A::Error> {
        let all = List(MAX_WINDOWS, PhantomData).visit_seq(seq)?;
        if all.is_empty() {
            Err(A::Error::custom("a list of time windows has at least one"))
        } else {
            Ok(all)
        }
    }
}

struct Endpoints;

impl<'de> Visitor<'de> for Endpoints {
    type Value = BTreeMap<Name, u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("endpoints and how often each may be called")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        while let Some((name, calls)) = map.next_entry::<Name, u64>()? {
            let calls = at_most(calls, MAX_COUNT)?;
            if let Some(other) = all.insert(name, calls) {
                return Err(A::Error::custom(format!(
                    "an endpoint is named twice, compared without case: {other} and {calls} calls"
                )));
            }
            if all.len() > MAX_ENDPOINTS {
                return Err(A::Error::custom(format!("expected at most {MAX_ENDPOINTS} endpoints")));
            }
        }
        Ok(all)
    }
}
