//! From the text of an artifact to its tree of keys and values.
//!
//! Not YAML and not markdown: it reads what artifacts consist of, headings, fences, tables, bold keys, indented blocks and flow
//! collections, and passes over all else: prose, comments, code in other languages, text blocks. Invariant: no text makes it fail, and
//! none takes more than time proportional to its length. Source: seed 001 §§3.1, 4.1; blocks end where the original's did, at `---` and
//! at headings of the second level and below.

use super::flow::{self, Part};
use super::keys;
use super::text;
use super::tree::Tree;

/// Languages of fenced code that can be an artifact's own words.
const LANGUAGES: &[&str] =
    &["", "yaml", "yml", "json", "jsonc", "text", "txt", "plain", "plaintext", "markdown", "md"];

/// The tree of a text.
pub fn scan(text: &str) -> Tree<'_> {
    let mut scanner = Scanner {
        text,
        lines: text::lines(text),
        tree: Tree::default(),
        fence: None,
        comment: false,
        passing: None,
        budget: text.len().saturating_mul(4),
    };
    let mut at = 0_usize;
    while let Some((_, line)) = scanner.lines.get(at).copied() {
        let last = scanner.line(at, line);
        at = last.max(at).saturating_add(1);
    }
    scanner.tree
}

/// Fenced code.
struct Fence {
    mark: char,
    length: usize,
    /// Whether it can be an artifact's own words.
    read: bool,
}

/// Text that belongs to a key: indented more than this column, or up to this quote.
struct Passing {
    column: usize,
    quote: Option<char>,
}

struct Scanner<'a> {
    text: &'a str,
    lines: Vec<(usize, &'a str)>,
    tree: Tree<'a>,
    fence: Option<Fence>,
    comment: bool,
    passing: Option<Passing>,
    /// Bytes that may still be looked at for the ends of collections of several lines.
    budget: usize,
}

impl<'a> Scanner<'a> {
    /// Reads a line; gives the index of the last line that it took.
    fn line(&mut self, at: usize, line: &'a str) -> usize {
        let (column, content) = text::indent(line);
        if self.comment {
            self.comment = !content.contains("-->");
            return at;
        }
        if self.passes(column, content) || self.fences(content) {
            return at;
        }
        let fenced = self.fence.is_some();
        if content.is_empty() || self.fence.as_ref().is_some_and(|f| !f.read) {
            return at;
        }
        if is_rule(content) {
            if fenced { self.tree.close() } else { self.tree.heading(None, at) }
        } else if content.starts_with('#') {
            if !fenced && column == 0 && content.starts_with("##") {
                self.tree.heading(heading(content), at.saturating_add(1));
            }
        } else if content.starts_with("<!--") && !fenced {
            self.comment = !content.contains("-->");
        } else if let Some(cells) = text::cells(content) {
            self.row(at, &cells, content);
        } else {
            return self.content(at, column, content);
        }
        at
    }

    /// Whether the line is text that belongs to a key above.
    fn passes(&mut self, column: usize, content: &str) -> bool {
        let Some(passing) = &self.passing else { return false };
        if !content.is_empty() && column <= passing.column {
            self.passing = None;
            return false;
        }
        if passing.quote.is_some_and(|q| content.contains(q)) {
            self.passing = None;
        }
        true
    }

    /// Whether the line begins or ends fenced code.
    fn fences(&mut self, content: &str) -> bool {
        let Some(mark) = content.chars().next().filter(|c| matches!(c, '`' | '~')) else { return false };
        let info = content.trim_start_matches(mark);
        let length = content.len().saturating_sub(info.len());
        if length < 3 {
            return false;
        }
        match &self.fence {
            Some(open) if open.mark == mark && length >= open.length && info.trim().is_empty() => {
                self.fence = None;
            }
            Some(_) => return false,
            None if mark == '`' && info.contains('`') => return false,
            None => {
                let word = info.split_whitespace().next().unwrap_or_default();
                let language = word.trim_matches(['{', '}', '.']).to_ascii_lowercase();
                self.fence = Some(Fence { mark, length, read: LANGUAGES.contains(&language.as_str()) });
            }
        }
        self.tree.close();
        true
    }

    /// A row of a table: a field if it has two cells and is no heading.
    fn row(&mut self, at: usize, cells: &[&'a str], content: &str) {
        let number = at.saturating_add(1);
        let [key, value] = cells else { return };
        let heads =
            self.lines.get(number).is_some_and(|(_, next)| text::is_rule_of_table(text::indent(next).1));
        let speaks = !heads || value.to_ascii_uppercase().contains("GID-");
        if let Some(key) = text::normalize(key).filter(|_| speaks && !text::is_rule_of_table(content)) {
            self.tree.field(0, key, text::scalar(value), number);
        }
    }

    /// Items, a key, a collection, or prose.
    fn content(&mut self, at: usize, column: usize, content: &'a str) -> usize {
        let number = at.saturating_add(1);
        let (marks, column, rest) = text::markers(column, content);
        let item = marks.into_iter().map(|column| self.tree.item(column, number)).last();
        if rest.starts_with(['{', '[']) {
            return self.collection(at, item, column, rest).unwrap_or(at);
        }
        let bare = text::normalize(rest).filter(|k| keys::block(k).is_some());
        if let Some(key) = bare {
            self.tree.field(column, key, "", number);
            return at;
        }
        if rest.starts_with("**") && self.fence.is_none() {
            // Several bold keys may share a line.
            for part in rest.split(['|', '·', '•']) {
                self.field(at, column, part.trim());
            }
            return at;
        }
        let read = self.field(at, column, rest);
        if let (None, Some(item)) = (read, item) {
            self.tree.set_value(item, text::scalar(rest));
        }
        read.unwrap_or(at)
    }

    /// A key with what follows it; gives the index of the last line that it took.
    fn field(&mut self, at: usize, column: usize, content: &'a str) -> Option<usize> {
        let (key, rest) = text::field(content)?;
        let key = text::normalize(key)?;
        let number = at.saturating_add(1);
        let rest = rest.trim_start();
        if rest.starts_with(['{', '[']) {
            let node = self.tree.field(column, key, "", number);
            let last = self.collection(at, Some(node), column, rest);
            if last.is_none() {
                self.tree.set_value(node, rest);
            }
            return Some(last.unwrap_or(at));
        }
        self.tree.field(column, key, text::scalar(rest), number);
        let quote = text::open_quote(rest);
        if quote.is_some() || text::is_block_scalar(rest) {
            self.passing = Some(Passing { column, quote });
        }
        Some(at)
    }

    /// A collection that begins with `rest`, the end of line `at`; gives the index of its last line, `None` if it does not close.
    fn collection(&mut self, at: usize, below: Option<usize>, column: usize, rest: &'a str) -> Option<usize> {
        let (start, line) = self.lines.get(at).copied()?;
        let begin = rest.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        let end_of_line = start.saturating_add(line.len());
        let read = flow::read(self.text, begin, end_of_line).or_else(|| {
            let limit = self.limit(at, column)?;
            self.budget = self.budget.saturating_sub(limit.saturating_sub(begin));
            flow::read(self.text, begin, limit)
        })?;
        let mut parents = Vec::new();
        for part in read.parts {
            let parent = parents.last().copied().unwrap_or(below);
            match part {
                // The outermost one is its key's, or its item's.
                Part::Open(..) if parents.is_empty() => parents.push(below),
                Part::Open(key, byte) => parents.push(Some(self.add(parent, key, "", byte))),
                Part::Close => drop(parents.pop()),
                Part::Field(key, value, byte) => drop(self.add(parent, Some(key), value, byte)),
                Part::Item(value, byte) => drop(self.add(parent, None, value, byte)),
            }
        }
        Some(self.line_of(read.end.saturating_sub(1)).saturating_sub(1))
    }

    fn add(&mut self, parent: Option<usize>, key: Option<&str>, value: &'a str, byte: usize) -> usize {
        let line = self.line_of(byte);
        // A key that is none of ours must not look like an item.
        let key = key.map_or_else(String::new, |k| text::normalize(k).unwrap_or_else(|| "?".to_owned()));
        self.tree.push(parent, key, value, line)
    }

    /// The number of the line with this byte.
    fn line_of(&self, byte: usize) -> usize {
        self.lines.partition_point(|(start, _)| *start <= byte)
    }

    /// Where a collection that begins on this line must have ended: before the first line that is not indented more, but may close it.
    fn limit(&self, at: usize, column: usize) -> Option<usize> {
        let mut limit = None;
        let mut seen = 0_usize;
        for (start, line) in self.lines.iter().skip(at.saturating_add(1)) {
            let (indent, content) = text::indent(line);
            let closes = content.starts_with(['}', ']']);
            seen = seen.saturating_add(line.len()).saturating_add(1);
            if seen > self.budget
                || (!content.is_empty() && indent <= column && !closes)
                || content.starts_with("```")
            {
                break;
            }
            limit = Some(start.saturating_add(line.len()));
            if closes && indent <= column {
                break;
            }
        }
        limit
    }
}

/// Whether the line is a rule: `---` and longer.
fn is_rule(content: &str) -> bool {
    content.len() >= 3 && ['-', '*', '_'].iter().any(|mark| content.chars().all(|c| c == *mark))
}

/// The last part of a heading, as a key: `## Block 4: GATEWAY_CHECK` is about `GATEWAY_CHECK`.
fn heading(content: &str) -> Option<String> {
    let words = content.trim_matches('#');
    text::normalize(words.rsplit(':').find(|w| !w.trim().is_empty())?)
}
