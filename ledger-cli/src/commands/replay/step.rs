//! `ledger replay PAC --step`: a PAC event by event, for whoever walks through it.
//!
//! Invariant: it waits only where somebody can answer: where input and output are a terminal. Source: DOMAIN.md §8.

use crate::commands::DONE;
use crate::commands::pac::read::{AsOf, PacAt};
use crate::context::Context;
use crate::output::{BAD, DIM, HEAD, printable, say, say_json, state, styled};
use console::{Key, Term};
use ledger_core::rules::Registry;
use ledger_core::view::{Change, Of, Step};
use std::io::IsTerminal as _;

/// Most changes of one event that are shown.
const MOST: usize = 12;

/// All steps, as JSON.
#[derive(serde::Serialize)]
struct Steps<'a> {
    /// Which PAC.
    pac_id: &'a str,
    /// Its events, in the order of the log.
    steps: Vec<Step>,
}

/// Walks through.
pub fn run(which: &PacAt, ctx: &Context) -> anyhow::Result<u8> {
    let (found, steps) = which.history(ctx)?;
    if ctx.json {
        say_json(&AsOf { at: found.at, view: Steps { pac_id: found.pac.id.as_str(), steps } })?;
        return Ok(DONE);
    }
    let waits = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let all = steps.len();
    for (number, step) in (1_usize..).zip(&steps) {
        say_step(step, number, all, &found.registry)?;
        if waits && number < all && !go_on()? {
            return Ok(DONE);
        }
    }
    let end = format!("{} is {}", found.pac.id, state(found.pac.phase().as_str()));
    say(format!("{end} {}", styled(DIM, format!("as of entry {}", found.at))))?;
    Ok(DONE)
}

/// Waits for a key: whether to go on.
fn go_on() -> anyhow::Result<bool> {
    let terminal = Term::stdout();
    terminal.write_str(&styled(DIM, "Enter goes on, q ends"))?;
    let goes_on = loop {
        match terminal.read_key() {
            Ok(Key::Enter | Key::Char(' ' | 'n') | Key::ArrowDown) => break true,
            // An error: nobody is there any more, or they pressed Ctrl-C.
            Ok(Key::Char('q' | 'Q') | Key::Escape) | Err(_) => break false,
            Ok(_) => {}
        }
    };
    terminal.clear_line()?;
    Ok(goes_on)
}

fn say_step(step: &Step, number: usize, all: usize, registry: &Registry) -> std::io::Result<()> {
    let refused = step.event_type == "violation.recorded";
    let style = if refused { BAD } else { HEAD };
    let cause = step.cause.map(|entry| format!(", follows from entry {entry}")).unwrap_or_default();
    say(format!(
        "{} {}",
        styled(style, format!("entry {} {}", step.sequence, step.event_type)),
        styled(DIM, format!("{} ({number} of {all}, {}{cause})", step.time, step.auth))
    ))?;
    let name = registry.actor(&step.actor).and_then(|a| a.name.as_deref());
    let name = name.map(|n| format!(" {}", printable(n, false))).unwrap_or_default();
    say(format!("  {}{name} {}", step.actor, printable(&step.does, false)))?;
    for change in step.changes.iter().take(MOST) {
        say(format!("    {}", changed(change)))?;
    }
    let more = step.changes.len().saturating_sub(MOST);
    if more > 0 {
        say(styled(DIM, format!("    and {more} more")))?;
    }
    say("")
}

fn changed(change: &Change) -> String {
    let of = match change.of {
        Of::Gateway => String::new(),
        Of::Node => "node ".to_owned(),
        Of::Attempt => "attempt of node ".to_owned(),
        Of::Opdo => "O-PDO ".to_owned(),
        Of::Review => "review of ".to_owned(),
        Of::Phase => "phase of ".to_owned(),
    };
    let shown = |word: &Option<String>| word.as_deref().map_or_else(|| styled(DIM, "-"), state);
    format!("{of}{}: {} → {}", change.subject, shown(&change.before), shown(&change.after))
}
