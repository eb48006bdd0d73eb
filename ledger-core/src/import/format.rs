//! Which format a file has, and what the stream of its history is called.
//!
//! Not here: reading it. Invariant: both depend on the content alone, never on the file's name, so that the same history under another
//! name is not imported twice. Source: issue 2, "Import".

use super::source::Input;
use super::{chainbridge, cloudevents};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::json::{self, Kind};
use crate::names::{MAX_SEGMENT, Stream};
use std::fmt;
use std::str::FromStr;

/// A format of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON file with a list of entries, most of them hash-chained.
    Chainbridge,
    /// CloudEvents 1.0, one JSON object a line.
    CloudEvents,
}

/// Largest file that is read in one piece: a JSON document has no end before its last bracket.
pub const MAX_DOCUMENT: u64 = 64 << 20;

impl Format {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Chainbridge, Self::CloudEvents];

    /// The name, as stored entries and the command line have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chainbridge => "chainbridge",
            Self::CloudEvents => "cloudevents",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::new(Code::InvalidIntent, "`format` is chainbridge or cloudevents");
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(unknown)
    }
}

/// A format with what was read to find it out.
pub(super) enum Detected {
    Chainbridge(Vec<u8>),
    CloudEvents,
}

/// Finds out which format the input has, or reads what the named one needs.
///
/// # Errors
/// `LG_100`, `LG_101`, `LG_103`, `LG_105`.
pub(super) fn detect(input: &Input, named: Option<Format>) -> Result<Detected> {
    if named == Some(Format::CloudEvents) {
        return Ok(Detected::CloudEvents);
    }
    let first = input.first_line(crate::entry::MAX_PART)?;
    let event = first.as_deref().map(cloudevents::examine);
    if named.is_none() && matches!(event, Some(Ok(_))) {
        return Ok(Detected::CloudEvents);
    }
    if input.len() > MAX_DOCUMENT {
        let bytes = input.len();
        return Err(match (named, event) {
            (None, Some(Err(e))) => input.error(e.code, format!("the first line: {}", e.message)),
            _ => input.error(Code::TooLarge, format!("{bytes} bytes; one JSON document may have 64 MiB")),
        });
    }
    let whole = input.whole()?;
    match (json::parse(&whole), event, named) {
        (Ok(value), ..) if chainbridge::is_chainbridge(&value) => {}
        // One event, too long for a first line: what reads lines says so.
        (Ok(value), _, None) if cloudevents::is_cloudevent(&value) => return Ok(Detected::CloudEvents),
        // The head may be missing: whoever names the format takes the risk.
        (Ok(_), _, Some(_)) => {}
        (Ok(value), _, None) => return Err(neither(input, &value.kind)),
        // Lines of JSON, the first of which is whole, but no event.
        (Err(_), Some(Err(e)), None) if e.code != Code::MalformedJson => {
            return Err(input.error(e.code, format!("the first line is {}", e.message)));
        }
        (Err(e), Some(Err(line)), None) if whole.trim_ascii().contains(&b'\n') => {
            let what = format!(
                "neither one JSON document ({}) nor JSON lines (the first: {})",
                e.describe(&whole),
                line.message
            );
            return Err(input.error(Code::MalformedJson, what));
        }
        (Err(e), ..) => return Err(input.error(Code::MalformedJson, e.describe(&whole))),
    }
    Ok(Detected::Chainbridge(whole))
}

fn neither(input: &Input, kind: &Kind<'_>) -> Error {
    let what = match kind {
        Kind::Object(members) => {
            let names: Vec<String> = members
                .iter()
                .take(5)
                .map(|(name, _)| format!("{:?}", name.chars().take(40).collect::<String>()))
                .collect();
            format!(
                "an object with {}",
                if names.is_empty() { "nothing in it".to_owned() } else { names.join(", ") }
            )
        }
        Kind::Array(_) => {
            "an array; CloudEvents are read one a line, without brackets or commas around them".to_owned()
        }
        _ => "a single value".to_owned(),
    };
    let known = "known are chainbridge (an object with a list `entries`, each with its `sequence` or `entry_hash`) and cloudevents (one event a line)";
    input.error(Code::InvalidIntent, format!("the format is not known: it holds {what}")).hint(known)
}

/// The stream of a history of this name.
///
/// # Errors
/// `LG_104`.
pub(super) fn stream(name: &str) -> Result<Stream> {
    Stream::new(format!("import/{name}"))
        .map_err(|e| e.hint("give --name a name of letters, digits and . _ : @ + -"))
}

/// The `source` of events as one segment of a stream: what may not stand there becomes `-`; what is too long ends in a hash.
pub(super) fn segment(source: &str) -> String {
    let mut name = String::new();
    for c in source.chars() {
        let fits = c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '@' | '+');
        match (fits, name.ends_with('-')) {
            (true, _) => name.push(c),
            (false, false) => name.push('-'),
            (false, true) => {}
        }
    }
    let name = name.trim_matches('-');
    if name.len() > MAX_SEGMENT {
        let hash = blake3::hash(source.as_bytes()).to_hex();
        let cut = |text: &str, len: usize| text.chars().take(len).collect::<String>();
        return format!("{}-{}", cut(name, 111), cut(&hash, 16));
    }
    if name.is_empty() || name == "." || name == ".." {
        Format::CloudEvents.as_str().to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sources_become_segments() {
        let long = format!("urn:{}", "x".repeat(300));
        for (source, expected) in [
            ("ledger.example/acme", "ledger.example-acme"),
            ("https://example.com/build/7/", "https:-example.com-build-7"),
            ("..", "cloudevents"),
            ("///", "cloudevents"),
            ("häuser", "h-user"),
        ] {
            assert_eq!(segment(source), expected);
        }
        assert_eq!(segment(&long).len(), MAX_SEGMENT);
        assert_ne!(segment(&long), segment(&format!("{long}y")));
    }

    proptest! {
        #[test]
        fn any_source_names_a_stream(source in ".{0,300}") {
            prop_assert!(stream(&segment(&source)).is_ok());
        }
    }
}
