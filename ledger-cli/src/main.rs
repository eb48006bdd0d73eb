//! `ledger`: the command line of the governance ledger.
//!
//! Not a second path to the log: every command calls the library. Invariant: one error on standard error with code, what was wrong and
//! what to do; exit codes as DESIGN.md §6 says. Results go to standard output and nothing else does.

mod args;
mod commands;
mod context;
#[cfg(test)]
mod document;
mod output;
mod progress;
mod reading;
mod supervisor;
mod trace;
mod writer;

use clap::error::ErrorKind;
use ledger_core::{Code, Error};
use std::process::ExitCode;

fn main() -> ExitCode {
    let json = std::env::args_os().any(|a| a == "--json");
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let _ = e.print();
            return ExitCode::SUCCESS;
        }
        Err(e) if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = e.print();
            return ExitCode::from(Code::Usage.row().exit.status());
        }
        Err(e) => return output::fail(&usage(&e), json),
    };
    let json = cli.json;
    match commands::run(cli) {
        Ok(status) => ExitCode::from(status),
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => output::fail(&into_error(e), json),
    }
}

/// A usage error of clap as one of ours: its first paragraph is what was wrong, the others what to do. A value that the library refused
/// keeps the library's code.
fn usage(e: &clap::Error) -> Error {
    if let Some(refused) = std::error::Error::source(e).and_then(|s| s.downcast_ref::<Error>()) {
        return refused.clone();
    }
    let text = e.render().to_string();
    let line = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut paragraphs = text.split("\n\n").map(line).filter(|p| !p.is_empty());
    let message = paragraphs.next().unwrap_or_default();
    let remedy: Vec<String> = paragraphs.collect();
    let error = Error::new(Code::Usage, message.trim_start_matches("error: "));
    if remedy.is_empty() { error } else { error.hint(remedy.join(". ").replace("..", ".")) }
}

/// Whoever read our output has seen enough.
fn is_broken_pipe(e: &anyhow::Error) -> bool {
    e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Errors of the library pass; what else can fail here is output.
fn into_error(e: anyhow::Error) -> Error {
    e.downcast::<Error>().unwrap_or_else(|e| Error::new(Code::OutputFailed, format!("{e:#}")))
}
