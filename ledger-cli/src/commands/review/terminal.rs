//! Prompts and pages: lines of a terminal, as plain as they come.
//!
//! No library for prompts: what is needed is a line, yes or no, and a stop between pages; plain lines also work where a screen reader,
//! a serial line or a script sits at the other end.

use crate::output::{DIM, HEAD, styled};
use ledger_core::{Code, Error, Result};
use std::io::{BufRead as _, Write as _};

/// Longest line that is taken.
const MOST: u64 = 64 << 10;

/// Asks for a line; `None` at the end of the input (Ctrl-D).
pub fn ask(what: &str) -> Result<Option<String>> {
    use std::io::Read as _;
    let failed = |e: std::io::Error| Error::new(Code::InputUnreadable, format!("the terminal: {e}"));
    let mut out = anstream::stdout();
    write!(out, "{} ", styled(HEAD, format!("{what}:"))).and_then(|()| out.flush()).map_err(failed)?;
    let mut line = Vec::new();
    // Not more than the line: the rest belongs to the next question.
    std::io::stdin().lock().take(MOST).read_until(b'\n', &mut line).map_err(failed)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim().to_owned()))
}

/// Asks for yes or no; the end of the input is no.
pub fn agrees(what: &str) -> Result<bool> {
    loop {
        let Some(word) = ask(&format!("{what} yes or no"))? else { return Ok(false) };
        match word.to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}

/// Shows lines page by page; the reader goes on with Enter. Gives whether they came to the end.
pub fn pages(lines: &[String]) -> anyhow::Result<bool> {
    let (height, width) = console::Term::stdout().size();
    let (height, width) = (usize::from(height.max(6)).saturating_sub(2), usize::from(width.max(20)));
    let mut used = 0_usize;
    let mut out = anstream::stdout();
    for line in lines {
        let rows = console::measure_text_width(line).div_ceil(width).max(1);
        if used > 0 && used.saturating_add(rows) > height {
            if !turn("Enter to go on")? {
                return Ok(false);
            }
            used = 0;
        }
        used = used.saturating_add(rows);
        writeln!(out, "{line}")?;
    }
    turn("this was all; Enter when you have read it")
}

fn turn(what: &str) -> anyhow::Result<bool> {
    Ok(ask(&styled(DIM, format!("-- {what}")))?.is_some())
}
