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
        Err(e) if json => return output::fail(&usage(&e), true),
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(Code::Usage.row().exit.status());
        }
    };
    let json = cli.json;
    match commands::run(cli) {
        Ok(status) => ExitCode::from(status),
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => output::fail(&into_error(e), json),
    }
}

/// A usage error of clap as one of ours.
fn usage(e: &clap::Error) -> Error {
    let text = e.render().to_string();
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Error::new(Code::Usage, message)
}

/// Whoever read our output has seen enough.
fn is_broken_pipe(e: &anyhow::Error) -> bool {
    e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Errors of the library pass; what else can fail here is output.
fn into_error(e: anyhow::Error) -> Error {
    e.downcast::<Error>().unwrap_or_else(|e| Error::new(Code::OutputFailed, format!("{e:#}")))
}
