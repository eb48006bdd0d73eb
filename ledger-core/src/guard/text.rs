//! Words of a line: list markers, key and value, quotes and emphasis.
//!
//! Not what a key means. Invariant: every function looks at its line once, so that a document is read in time proportional to its length.

/// Longest key that can be one that we know, in characters.
const MAX_KEY: usize = 64;
/// Most list markers of one line that are read as such.
const MAX_MARKERS: usize = 16;

/// The lines of a text with the byte where each begins; `\n`, `\r\n` and a lone `\r` end one.
pub fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = 0_usize;
    for piece in text.split_inclusive(['\n', '\r']) {
        let line = piece.trim_end_matches(['\n', '\r']);
        // Of `\r\n` the second half would be a line of its own.
        let second_half =
            piece == "\n" && start > 0 && text.as_bytes().get(start.saturating_sub(1)) == Some(&b'\r');
        if !second_half {
            found.push((start, line));
        }
        start = start.saturating_add(piece.len());
    }
    found
}

/// Columns before the first character of a line, and the rest; a tab is four, and quote marks of markdown are none.
pub fn indent(line: &str) -> (usize, &str) {
    let mut rest = line.trim_end();
    while let Some(quoted) = rest.trim_start().strip_prefix('>') {
        rest = quoted.strip_prefix(' ').unwrap_or(quoted);
    }
    let content = rest.trim_start();
    let blank = rest.strip_suffix(content).unwrap_or_default();
    let columns = blank.chars().map(|c| if c == '\t' { 4_usize } else { 1 }).sum();
    (columns, content)
}

/// Takes list markers off (`- `, `* `, `+ `, `1. `, `1) `, `[x] `): the column of each, then the column of what follows, and that.
pub fn markers(column: usize, content: &str) -> (Vec<usize>, usize, &str) {
    let (mut columns, mut at, mut rest) = (Vec::new(), column, content);
    while columns.len() < MAX_MARKERS {
        let Some(after) = marker(rest) else { break };
        let next = after.trim_start();
        columns.push(at);
        at = at.saturating_add(rest.len().saturating_sub(next.len()));
        rest = next;
    }
    if !columns.is_empty() {
        rest =
            ["[x] ", "[X] ", "[ ] "].iter().find_map(|b| rest.strip_prefix(b)).unwrap_or(rest).trim_start();
    }
    (columns, at, rest)
}

fn marker(rest: &str) -> Option<&str> {
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = rest.len().saturating_sub(digits.len());
    let after = if (1..=9).contains(&number) {
        digits.strip_prefix(['.', ')'])?
    } else {
        rest.strip_prefix(['-', '*', '+'])?
    };
    (after.is_empty() || after.starts_with([' ', '\t'])).then_some(after)
}

/// Splits `key: value`; the key as it stands, the value as the rest of the line.
pub fn field(content: &str) -> Option<(&str, &str)> {
    // In code spans words are spoken of, not said.
    let opening = content.chars().next()?;
    if opening == '`' {
        return None;
    }
    if let Some(inner) = content.strip_prefix(['"', '\'']) {
        let (key, rest) = inner.split_once(opening)?;
        return Some((key, rest.trim_start().strip_prefix(':')?));
    }
    let (key, value) = content.split_once(':')?;
    (key.chars().take(MAX_KEY.saturating_add(1)).count() <= MAX_KEY).then_some((key, value))
}

/// A key without case, separators, quotes and emphasis: `**Agent GID**`, `agent_gid` and `"agentGid"` are one. `None` for what is no key.
pub fn normalize(key: &str) -> Option<String> {
    let mut plain = String::new();
    for c in key.chars().take(MAX_KEY) {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' => plain.push(c.to_ascii_lowercase()),
            ' ' | '\t' | '_' | '-' | '*' | '"' | '\'' => {}
            c if invisible(c) => {}
            _ => return None,
        }
    }
    (!plain.is_empty()).then_some(plain)
}

/// Characters that a reader does not see, and that must not make another word of one.
fn invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A value without quotes, comment, emphasis and the comma of JSON.
pub fn scalar(value: &str) -> &str {
    let mut value = value.trim_start_matches(['*', '_']).trim();
    // Anchors and tags of YAML are about the value.
    while let Some((_, rest)) = value.split_once(' ').filter(|_| value.starts_with(['&', '!'])) {
        value = rest.trim_start();
    }
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.split_once(quote).map_or(inner, |(inside, _)| inside).trim();
        }
    }
    if value.starts_with('#') {
        return "";
    }
    let comment = value.find(" #").or_else(|| value.find("\t#"));
    let value = comment.and_then(|at| value.get(..at)).unwrap_or(value);
    value.trim_end_matches(',').trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '`' | '_'))
}

/// Whether the value is there for its key only.
pub fn is_nothing(value: &str) -> bool {
    let plain: String =
        value.chars().filter(|c| !c.is_whitespace()).take(8).collect::<String>().to_ascii_lowercase();
    matches!(
        plain.as_str(),
        "" | "~" | "null" | "none" | "nil" | "n/a" | "na" | "-" | "--" | "—" | "[]" | "{}" | "tbd"
    )
}

/// Whether the value says that text follows which is indented (`|`, `>-`, ...).
pub fn is_block_scalar(value: &str) -> bool {
    let value = value.split(" #").next().unwrap_or_default().trim();
    let mut chars = value.chars();
    matches!(chars.next(), Some('|' | '>'))
        && value.len() <= 3
        && chars.all(|c| matches!(c, '+' | '-' | '1'..='9'))
}

/// The quote of a quoted value that does not end on its line.
pub fn open_quote(value: &str) -> Option<char> {
    let value = value.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = value.strip_prefix(quote)?;
    (!inner.contains(quote)).then_some(quote)
}

/// The cells of a row of a table.
pub fn cells(content: &str) -> Option<Vec<&str>> {
    let inner = content.strip_prefix('|')?;
    Some(inner.strip_suffix('|').unwrap_or(inner).split('|').map(str::trim).collect())
}

/// Whether the line is the one below the heading of a table.
pub fn is_rule_of_table(content: &str) -> bool {
    content.starts_with('|')
        && content.contains('-')
        && content.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

/// Text from a document for a message: quoted, escaped and short.
pub fn shown(text: &str) -> String {
    format!("{:?}", clip(text))
}

/// Text from a document, short.
pub fn clip(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(60).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
