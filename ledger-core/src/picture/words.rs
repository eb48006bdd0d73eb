//! Text from outside, made fit to be drawn: cleaned of what steers, shortened, wrapped, measured.
//!
//! Not here: the escapes of each format. Invariant: what [`clean`] gives has no control, no invisible and no direction-changing
//! character and no line break, at most two marks on one letter and none alone, and is a valid XML character throughout.
//! Source: Unicode 15, UAX #9 (bidirectional controls); XML 1.0 §2.2.

use unicode_width::UnicodeWidthChar as _;

/// Most characters of one text that are ever looked at.
const LONGEST: usize = 400;
/// What stands for text that is left out.
const LEFT_OUT: char = '…';

/// Whether a character cannot be shown as itself: it steers, hides, or is none.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// The text on one line, with an escape for each character that cannot be shown as itself; the end is left out where it is very long.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    let mut marks = 0_u8;
    let mut chars = text.trim().chars();
    for c in chars.by_ref().take(LONGEST) {
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            marks = 0;
        } else if hides(c) {
            out.extend(c.escape_unicode());
            marks = 0;
        } else if c.width() == Some(0) {
            marks = marks.saturating_add(1);
            match marks {
                _ if out.is_empty() || out.ends_with(' ') => out.extend(c.escape_unicode()),
                1 | 2 => out.push(c),
                _ => {}
            }
        } else {
            out.push(c);
            marks = 0;
        }
    }
    if chars.next().is_some() {
        out.push(LEFT_OUT);
    }
    out
}

/// An id as it is shown: cleaned, and never empty.
pub(super) fn name(id: &str) -> String {
    let id = clean(id);
    if id.is_empty() { "(no id)".to_owned() } else { id }
}

/// The columns of a terminal that the text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).fold(0, usize::saturating_add)
}

/// The text, or its beginning and a mark that there was more, in at most so many columns.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    cut(text, limit as f64, column)
}

/// The same, in at most so many ems.
pub(super) fn shorten_ems(text: &str, limit: f64) -> String {
    cut(text, limit, em)
}

/// The text in at most `lines` lines of at most `limit` columns, broken between words, after hyphens and underscores, or where it must.
pub(super) fn wrap(text: &str, limit: usize, lines: usize) -> Vec<String> {
    broken(text, limit as f64, lines, column)
}

/// The same, in lines of so many ems.
pub(super) fn wrap_ems(text: &str, limit: f64, lines: usize) -> Vec<String> {
    broken(text, limit, lines, em)
}

fn column(c: char) -> f64 {
    c.width().unwrap_or(0) as f64
}

fn cut(text: &str, limit: f64, measure: fn(char) -> f64) -> String {
    if text.chars().map(measure).sum::<f64>() <= limit {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = measure(LEFT_OUT);
    let fits = used <= limit;
    for c in text.chars() {
        used += measure(c);
        if used > limit {
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    if fits {
        out.push(LEFT_OUT);
    }
    out
}

fn broken(text: &str, limit: f64, lines: usize, measure: fn(char) -> f64) -> Vec<String> {
    let wide = |text: &str| text.chars().map(measure).sum::<f64>();
    let mut out: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in text.split_inclusive([' ', '-', '_', '/']) {
        if line.is_empty() || wide(&line) + wide(piece.trim_end()) <= limit {
            line.push_str(piece);
        } else {
            out.push(std::mem::replace(&mut line, piece.to_owned()));
        }
    }
    out.push(line);
    let rest = out.split_off(lines.saturating_sub(1).min(out.len())).concat();
    out.push(rest);
    out.iter().map(|line| cut(line.trim(), limit, measure)).filter(|line| !line.is_empty()).collect()
}

/// The texts with `between` between them, in lines of at most `limit` columns; one that alone is wider has a line of its own.
pub(super) fn fill(texts: &[String], between: &str, limit: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for text in texts {
        match out.last_mut() {
            Some(line) => {
                line.push_str(between.trim_end());
                let wide =
                    [columns(line), columns(text), 1].iter().fold(0_usize, |a, b| a.saturating_add(*b));
                if wide <= limit.saturating_sub(1) {
                    line.push(' ');
                    line.push_str(text);
                } else {
                    out.push(text.clone());
                }
            }
            None => out.push(text.clone()),
        }
    }
    out
}

/// A generous estimate of the width of a text in a sans-serif font, in ems: an SVG does not know which font its reader has.
pub(super) fn ems(text: &str) -> f64 {
    text.chars().map(em).sum()
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '|' | '.' | ',' | ':' | ';' | '\'' | '!' | ' ' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 0.43,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.98,
        'A'..='Z' | '&' => 0.72,
        _ => match c.width() {
            Some(0) => 0.0,
            Some(2) => 1.1,
            _ => 0.64,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_shown_as_an_escape() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}c\u{feff}"), r"a\u{1b}[2Jb\u{202e}c\u{feff}");
        assert_eq!(clean(" two\r\n\tlines\u{2028}"), "two lines");
        assert_eq!(clean("z\u{301}\u{301}\u{301}\u{301}a"), "z\u{301}\u{301}a");
        assert_eq!(clean("\u{301}a"), r"\u{301}a");
        assert_eq!(clean("\u{1ffff}"), r"\u{1ffff}");
        assert_eq!(clean(&"x".repeat(5000)), format!("{}…", "x".repeat(LONGEST)));
        assert_eq!(name("\n"), "(no id)");
    }

    #[test]
    fn shortened_text_fits_and_says_that_it_was() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("漢字漢字", 5), "漢字…");
        assert_eq!(shorten("abc", 0), "");
        assert_eq!(wrap("check the inputs of all agents", 12, 2), ["check the", "inputs of a…"]);
        assert_eq!(wrap("PAC-BENSON-EXEC-01", 12, 3), ["PAC-BENSON-", "EXEC-01"]);
        assert_eq!(fill(&["aa".into(), "bb".into(), "cc".into()], ", ", 8), ["aa, bb,", "cc"]);
    }
}
