//! Flow collections, `{key: value}` and `[value, value]`, on one line or several; pretty-printed JSON is one.
//!
//! Not a YAML parser: what does not close, or is nested too deep, is refused whole and then read line by line. Invariant: the text is
//! looked at once for each call, and a call is told how far it may look.

use super::text::scalar;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// What a collection consists of, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A collection begins below this key, or as an item of a list.
    Open(Option<&'a str>, usize),
    /// It ends.
    Close,
    /// A key with its value.
    Field(&'a str, &'a str, usize),
    /// An item of a list.
    Item(&'a str, usize),
}

/// A collection that was read.
#[derive(Debug)]
pub struct Flow<'a> {
    /// Its parts; each `usize` is the byte of the text where the part begins.
    pub parts: Vec<Part<'a>>,
    /// The byte behind its last bracket.
    pub end: usize,
}

/// Reads the collection that begins at byte `start` of the text, and must end before byte `limit`.
pub fn read(text: &str, start: usize, limit: usize) -> Option<Flow<'_>> {
    let mut reader =
        Reader { text, token: start, blank: true, key: None, open: Vec::new(), parts: Vec::new() };
    let slice = text.get(start..limit)?;
    // What is being passed over, by the character that ends it: a quoted word, or a comment.
    let (mut until, mut escaped, mut space) = (None, false, true);
    for (offset, c) in slice.char_indices() {
        let at = start.saturating_add(offset);
        let after_space = std::mem::replace(&mut space, c.is_whitespace());
        if let Some(end) = until {
            if end == '"' && (escaped || c == '\\') {
                escaped = !escaped;
            } else if c == end {
                until = None;
            }
            continue;
        }
        match c {
            // A quote inside a word is an apostrophe.
            '"' | '\'' if reader.blank => {
                reader.blank = false;
                until = Some(c);
            }
            '#' if after_space => until = Some('\n'),
            '{' | '[' => reader.open(at, c)?,
            '}' | ']' => {
                reader.close(at, c)?;
                if reader.open.is_empty() {
                    return Some(Flow { parts: reader.parts, end: at.saturating_add(1) });
                }
            }
            ',' => reader.end_of_value(at),
            ':' if reader.key.is_none() && reader.open.last() == Some(&'{') => {
                reader.key = text.get(reader.token..at).map(|key| (key, reader.token));
                reader.begin_word(at);
            }
            c if !c.is_whitespace() => reader.blank = false,
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    text: &'a str,
    /// Where the current word begins.
    token: usize,
    /// Whether nothing of it was seen yet.
    blank: bool,
    key: Option<(&'a str, usize)>,
    open: Vec<char>,
    parts: Vec<Part<'a>>,
}

impl<'a> Reader<'a> {
    fn word(&self, at: usize) -> &'a str {
        self.text.get(self.token..at).unwrap_or_default()
    }

    fn begin_word(&mut self, behind: usize) {
        self.token = behind.saturating_add(1);
        self.blank = true;
    }

    fn open(&mut self, at: usize, bracket: char) -> Option<()> {
        if self.open.len() >= MAX_DEPTH || !self.blank {
            return None;
        }
        let key = self.key.take();
        self.parts.push(Part::Open(key.map(|(k, _)| k), key.map_or(at, |(_, begin)| self.visible(begin))));
        self.open.push(bracket);
        self.begin_word(at);
        Some(())
    }

    fn close(&mut self, at: usize, bracket: char) -> Option<()> {
        self.end_of_value(at);
        let expected = if bracket == '}' { '{' } else { '[' };
        (self.open.pop()? == expected).then_some(())?;
        self.parts.push(Part::Close);
        Some(())
    }

    fn end_of_value(&mut self, at: usize) {
        let value = scalar(self.word(at).trim());
        match self.key.take() {
            Some((key, begin)) => self.parts.push(Part::Field(key.trim(), value, self.visible(begin))),
            None if !value.is_empty() => self.parts.push(Part::Item(value, self.visible(self.token))),
            None => {}
        }
        self.begin_word(at);
    }

    /// The first byte at or behind this one that is not blank.
    fn visible(&self, begin: usize) -> usize {
        let rest = self.text.get(begin..).unwrap_or_default();
        let blank = rest.bytes().take_while(u8::is_ascii_whitespace).count();
        begin.saturating_add(blank)
    }
}
