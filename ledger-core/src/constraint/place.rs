//! How a resource is read: taken apart, checked, and brought into the one spelling that is compared.
//!
//! Not here: comparing (`resource`). Invariant: two spellings of one place give the same parts, and parts that were written and read again
//! are unchanged. What could lead elsewhere by another reader's rules is refused, not repaired.
//! Source: DOMAIN.md §9 ("`a/../b` fools nobody"); RFC 3986 §6.2.2.

/// Longest resource, in characters as it is normalised, stars not counted.
pub const MAX_RESOURCE: usize = 1_024;
/// Longest text that is looked at.
const MAX_TEXT: usize = 4 * MAX_RESOURCE;
/// Where encoded bytes are kept: one character each, so that a `*` never stands for half of one, and `%2A` is no `*`.
const ENCODED: u32 = 0xE000;

/// A resource, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    /// What the segments are below: nothing, `/`, `scheme://authority/` or `scheme:`.
    pub(super) root: String,
    /// The segments, as [`glob`](super::glob)s of characters or encoded bytes.
    pub(super) segments: Vec<String>,
    /// Whether it is everything below, instead of this place.
    pub(super) below: bool,
}

type Read<T> = Result<T, String>;

/// Takes a resource apart, or says what is wrong with it.
pub(super) fn read(text: &str) -> Read<Place> {
    if text.is_empty() || text.len() > MAX_TEXT {
        return Err(format!("it must have 1 to {MAX_RESOURCE} characters"));
    }
    if let Some(bad) = text.chars().find(|c| !matches!(c, ' '..='~') || matches!(c, '\\' | '?' | '#')) {
        let advice = if bad.is_ascii() { "it may not hold" } else { "percent-encode (as UTF-8)" };
        return Err(format!("{advice} {bad:?}"));
    }
    let (root, path) = split(text)?;
    let mut place = Place { root, segments: Vec::new(), below: false };
    let path = path.strip_suffix('/').unwrap_or(path);
    if !path.is_empty() {
        for part in path.split('/') {
            push(&mut place, &units(part)?)?;
        }
    }
    let first = place.segments.first();
    if first.is_none() && !place.below && !place.root.ends_with('/') {
        return Err("it names no place".to_owned());
    }
    if place.root.is_empty() && first.is_some_and(|s| s.contains(':')) {
        return Err("the first segment may hold a colon only after a scheme".to_owned());
    }
    if length(&place) > MAX_RESOURCE {
        Err(format!("it must have 1 to {MAX_RESOURCE} characters"))
    } else {
        Ok(place)
    }
}

/// How long it is written, stars not counted.
pub(super) fn length(place: &Place) -> usize {
    write(place).bytes().filter(|b| *b != b'*').count()
}

/// The text of the parts.
pub(super) fn write(place: &Place) -> String {
    let mut text = place.root.clone();
    for (i, segment) in place.segments.iter().enumerate() {
        if i > 0 {
            text.push('/');
        }
        for c in segment.chars() {
            match encoded(c) {
                Some(byte) => text.push_str(&format!("%{byte:02X}")),
                None => text.push(c),
            }
        }
    }
    if place.below {
        text.push_str(if place.segments.is_empty() { "**" } else { "/**" });
    }
    text
}

/// The root, and the path below it.
fn split(text: &str) -> Read<(String, &str)> {
    let Some((scheme, rest)) = text.split_once(':').filter(|(before, _)| !before.contains('/')) else {
        return Ok(match text.strip_prefix('/') {
            Some("") => ("/".to_owned(), ""),
            Some(path) if path.starts_with('/') => return Err(DOUBLE.to_owned()),
            Some(path) => ("/".to_owned(), path),
            None => (String::new(), text),
        });
    };
    let mut bytes = scheme.bytes();
    let named = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    if !named {
        return Err(format!("{scheme:?} before the first colon is no scheme"));
    }
    let scheme = scheme.to_ascii_lowercase();
    if let Some(rest) = rest.strip_prefix("//") {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.starts_with('/') {
            return Err(DOUBLE.to_owned());
        }
        return Ok((format!("{scheme}://{}/", host(&scheme, authority)?), path));
    }
    if rest.starts_with('/') {
        return Err("after a scheme come either // and an authority, or segments".to_owned());
    }
    Ok((format!("{scheme}:"), rest))
}

const DOUBLE: &str = "segments may not be empty: two slashes stand together";

/// The authority in lower case, without a port that goes without saying.
fn host(scheme: &str, authority: &str) -> Read<String> {
    let (host, port) = authority.split_once(':').map_or((authority, None), |(h, p)| (h, Some(p)));
    let host = host.to_ascii_lowercase();
    let is_label =
        |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !host.split('.').all(is_label) {
        return Err(format!(
            "the authority {authority:?} must be a host name of a-z 0-9 . - _, and possibly a port"
        ));
    }
    let Some(port) = port else { return Ok(host) };
    let number = port.parse::<u16>().ok().filter(|n| *n > 0 && n.to_string() == port);
    let number = number.ok_or_else(|| format!("{port:?} is no port"))?;
    let default = match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    };
    Ok(if Some(number) == default { host } else { format!("{host}:{number}") })
}

/// A segment as characters and encoded bytes. What needs no encoding is decoded, and what needs one is encoded.
fn units(segment: &str) -> Read<String> {
    let mut all = String::new();
    let mut rest = segment;
    while let Some(c) = rest.chars().next() {
        let (now, later) = rest.split_at_checked(if c == '%' { 3 } else { 1 }).unwrap_or((rest, ""));
        let unit = match now.strip_prefix('%') {
            None if c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c) => c,
            None => u8::try_from(c).ok().and_then(encode).unwrap_or(c),
            Some(digits) => decode(digits)?,
        };
        all.push(unit);
        rest = later;
    }
    Ok(all)
}

/// What a percent-encoding stands for.
fn decode(digits: &str) -> Read<char> {
    let is_hex = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex(digits));
    let byte = byte.ok_or_else(|| format!("%{digits} is no percent-encoding"))?;
    if byte.is_ascii_control() || matches!(byte, b'/' | b'\\') {
        return Err(format!("it may not hold %{digits}"));
    }
    if byte == b'%' {
        return Err("it may not hold %25, which another reader might decode twice".to_owned());
    }
    let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    Ok(if plain { char::from(byte) } else { encode(byte).unwrap_or('%') })
}

fn encode(byte: u8) -> Option<char> {
    char::from_u32(ENCODED.saturating_add(byte.into()))
}

fn encoded(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(ENCODED)?).ok()
}

/// Goes one segment on: nowhere, up, or down.
fn push(place: &mut Place, segment: &str) -> Read<()> {
    match segment {
        "" => return Err(DOUBLE.to_owned()),
        "." => return Ok(()),
        _ if place.below => return Err("** may only be the last segment".to_owned()),
        ".." => {
            let up = place.segments.pop().ok_or("it leads above its root")?;
            return if up.contains('*') { Err("no .. may follow a *".to_owned()) } else { Ok(()) };
        }
        "**" => {
            place.below = true;
            return Ok(());
        }
        _ => {}
    }
    let space = encode(b' ').unwrap_or(' ');
    if segment.starts_with(space) || segment.ends_with([space, '.']) {
        return Err("no segment may begin or end with a space, or end with a dot".to_owned());
    }
    if segment.split('*').nth(2).is_some() {
        return Err("a segment may hold one *; ** stands alone".to_owned());
    }
    // Each side of a star on its own, so that none begins or ends inside a letter.
    let is_text = |part: &str| {
        let bytes: Vec<u8> =
            part.chars().filter_map(|c| encoded(c).or_else(|| u8::try_from(c).ok())).collect();
        std::str::from_utf8(&bytes).is_ok()
    };
    if !segment.split('*').all(is_text) {
        return Err("its percent-encodings are no UTF-8".to_owned());
    }
    place.segments.push(segment.to_owned());
    Ok(())
}
