//! Text for a terminal, as lines of segments that say what they are.
//!
//! Not here: colours and their escape codes, which are the caller's. Invariant: a segment has no control character.

use super::{EdgeKind, Tone, words};

/// What a segment of text is, for whoever colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing special; blanks too.
    Plain,
    /// A title or a name.
    Title,
    /// Less important.
    Dim,
    /// A line of the picture.
    Edge(EdgeKind),
    /// A state, or the frame of what is in it.
    State(Tone),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What is shown.
    pub text: String,
    /// What it is.
    pub role: Role,
}

/// A picture made of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The lines, without line breaks and without blanks at their ends.
    pub lines: Vec<Vec<Segment>>,
}

impl Text {
    /// All of it without colour, each line with its line break.
    #[must_use]
    pub fn plain(&self) -> String {
        self.paint(|_, text| text.to_owned())
    }

    /// All of it, each segment as `style` makes it, each line with its line break.
    #[must_use]
    pub fn paint(&self, style: impl Fn(Role, &str) -> String) -> String {
        let mut out = String::new();
        for line in &self.lines {
            out.extend(line.iter().map(|segment| style(segment.role, &segment.text)));
            out.push('\n');
        }
        out
    }

    /// A new line, from its segments; neighbours of one role become one, blanks at the end go.
    pub(super) fn push(&mut self, segments: Vec<Segment>) {
        let mut line: Vec<Segment> = Vec::new();
        for segment in segments.into_iter().filter(|segment| !segment.text.is_empty()) {
            match line.last_mut() {
                Some(last) if last.role == segment.role => last.text.push_str(&segment.text),
                _ => line.push(segment),
            }
        }
        while let Some(last) = line.last_mut() {
            last.text.truncate(last.text.trim_end_matches(' ').len());
            if !last.text.is_empty() {
                break;
            }
            line.pop();
        }
        self.lines.push(line);
    }

    /// Groups of segments beside each other, in as many lines as they need, each line after so many blanks.
    pub(super) fn flow(&mut self, groups: Vec<Vec<Segment>>, between: &str, indent: usize, width: usize) {
        let mut line = vec![segment(Role::Plain, " ".repeat(indent))];
        let mut used = indent;
        for group in groups {
            let wide = group.iter().map(|part| words::columns(&part.text)).fold(0, usize::saturating_add);
            let wide_between = words::columns(between);
            if line.len() > 1 && used.saturating_add(wide_between).saturating_add(wide) > width {
                self.push(std::mem::replace(&mut line, vec![segment(Role::Plain, " ".repeat(indent))]));
                used = indent;
            }
            if line.len() > 1 {
                line.push(segment(Role::Dim, between));
                used = used.saturating_add(wide_between);
            }
            line.extend(group);
            used = used.saturating_add(wide);
        }
        if line.len() > 1 {
            self.push(line);
        }
    }

    /// A new line of one role.
    pub(super) fn say(&mut self, role: Role, text: impl Into<String>) {
        self.push(vec![segment(role, text)]);
    }
}

/// A segment.
pub(super) fn segment(role: Role, text: impl Into<String>) -> Segment {
    Segment { text: text.into(), role }
}
