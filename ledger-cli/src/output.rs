//! How results and errors look: tables and colour in a terminal, plain text in a pipe, JSON on request.
//!
//! Not here: what is said. Invariant: JSON is one object (or one line each) on standard output, errors are on standard error.
//! Source: DESIGN.md §6.

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use ledger_core::Error;
use ledger_core::picture::{Role, Text, Tone};
use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// Good news.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Bad news.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something to look at.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// Less important.
pub const DIM: Style = Style::new().dimmed();
/// A heading.
pub const HEAD: Style = Style::new().bold();

/// Text in a style; [`anstream`] takes the colour away where there is no terminal.
#[must_use]
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Whether a character would steer a terminal or turn the reading order about.
fn steers(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control()
}

/// A value as indented JSON, fit for a terminal and for the next program alike.
pub fn json_for_people<T: serde::Serialize>(value: &T) -> anyhow::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // Within strings only: all of these but newlines are escaped already, or lie in the first plane.
        if steers(c) && c != '\n' {
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    Ok(shown)
}

/// Text from a log or a caller, fit for a terminal: what would steer it (control characters) or turn the reading order about
/// (bidirectional controls) is shown as an escape. Newlines stay if `lines`.
#[must_use]
pub fn printable(text: &str, lines: bool) -> Cow<'_, str> {
    // The marks of coloured cells lie here, where no character ever will.
    let is_mark = |c: char| matches!(c, '\u{e0f00}'..='\u{e0fff}');
    let steers = |c: char| (steers(c) || is_mark(c)) && !(lines && c == '\n');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Prints a line.
pub fn say(line: impl std::fmt::Display) -> std::io::Result<()> {
    writeln!(anstream::stdout().lock(), "{line}")
}

/// Prints a JSON value on a line of its own.
pub fn say_json<T: serde::Serialize>(value: &T) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// A table in the house style.
#[must_use]
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width());
    table.set_header(header.iter().map(|h| h.to_uppercase()));
    table
}

/// Columns in a pipe.
const WIDE: u16 = 400;

/// Columns of the terminal; wide in a pipe, so that nothing is cut or wrapped there.
pub fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    columns.unwrap_or_else(|| {
        if std::io::stdout().is_terminal() { console::Term::stdout().size().1.max(40) } else { WIDE }
    })
}

/// Columns for a picture: those of the terminal, and not too many in a pipe, where somebody reads it later.
#[must_use]
pub fn picture_width() -> usize {
    match width() {
        WIDE => 100,
        columns => usize::from(columns),
    }
}

/// The style of a state, by how it feels.
#[must_use]
pub const fn tone_style(tone: Tone) -> Style {
    match tone {
        Tone::Idle => Style::new(),
        Tone::Active => AnsiColor::Cyan.on_default(),
        Tone::Waiting => WARN,
        Tone::Good => GOOD,
        Tone::Bad => BAD,
        Tone::Stopped => AnsiColor::Magenta.on_default(),
        Tone::Skipped => DIM,
    }
}

/// A state in a word, coloured by how it feels.
#[must_use]
pub fn state(word: &str) -> String {
    styled(tone_style(ledger_core::view::tone(word)), word)
}

/// Where the marks of coloured cells begin: characters of no width that no text may use, as tables would count escape codes as letters.
const MARK: u32 = 0xE_0FE0;
/// The marks, and one that ends what each begins.
const TONES: [Tone; 7] =
    [Tone::Idle, Tone::Active, Tone::Waiting, Tone::Good, Tone::Bad, Tone::Stopped, Tone::Skipped];

/// The mark of this number.
fn mark(number: usize) -> char {
    u32::try_from(number).ok().and_then(|n| char::from_u32(MARK.saturating_add(n))).unwrap_or(' ')
}

/// Text for a cell of a table that [`say_table`] prints, in the colour of a tone.
#[must_use]
pub fn toned(tone: Tone, text: impl std::fmt::Display) -> String {
    let number = TONES.iter().position(|t| *t == tone).unwrap_or_default();
    format!("{}{text}{}", mark(number), mark(TONES.len()))
}

/// A state for a cell of a table, coloured by how it feels.
#[must_use]
pub fn state_cell(word: &str) -> String {
    toned(ledger_core::view::tone(word), word)
}

/// Prints a table, its marks turned into colours.
pub fn say_table(table: &Table) -> std::io::Result<()> {
    let mut text = table.trim_fmt();
    for (number, tone) in TONES.iter().enumerate() {
        text = text.replace(mark(number), &tone_style(*tone).to_string());
    }
    say(text.replace(mark(TONES.len()), &anstyle::Reset.to_string()))
}

/// Prints a picture made of text, coloured.
pub fn say_picture(picture: &Text) -> std::io::Result<()> {
    let painted = picture.paint(|role, text| match role {
        Role::Plain => text.to_owned(),
        Role::Title => styled(HEAD, text),
        Role::Dim | Role::Edge(_) => styled(DIM, text),
        Role::State(tone) => styled(tone_style(tone), text),
    });
    say(painted.trim_end_matches('\n'))
}

/// Pairs of name and value, aligned.
pub fn say_pairs(pairs: &[(&str, String)]) -> std::io::Result<()> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in pairs {
        say(format!("{}  {value}", styled(DIM, format!("{name:width$}"))))?;
    }
    Ok(())
}

/// Says an error and gives its exit code.
pub fn fail(error: &Error, json: bool) -> ExitCode {
    let row = error.code.row();
    if json {
        let mut body = serde_json::json!({
            "code": row.code, "name": row.name, "message": error.message, "remedy": error.remedy(),
        });
        if let (Some(sequence), Some(map)) = (error.sequence, body.as_object_mut()) {
            map.insert("sequence".to_owned(), sequence.into());
        }
        let _ = writeln!(std::io::stderr(), "{}", serde_json::json!({ "error": body }));
    } else {
        let mut err = anstream::stderr().lock();
        let message = printable(&error.message, false);
        let _ = writeln!(err, "{} {message}", styled(BAD, format!("error {} {}:", row.code, row.name)));
        let _ = writeln!(err, "  {} {}", styled(WARN, "what to do:"), printable(error.remedy(), false));
        if let Some(sequence) = error.sequence {
            let _ =
                writeln!(err, "  {}", styled(DIM, format!("see entry {sequence}: ledger show {sequence}")));
        }
    }
    ExitCode::from(row.exit.status())
}
