//! One file a command: arguments, the call into the library, and how the answer looks.

pub mod agents;
pub mod append;
pub mod check;
pub mod demo;
pub mod explain;
pub mod guard;
pub mod import;
pub mod init;
pub mod key;
pub mod log;
pub mod opdo;
pub mod pac;
pub mod plan;
pub mod prove;
pub mod replay;
pub mod review;
pub mod schema;
pub mod serve;
pub mod show;
pub mod status;
pub mod token;
pub mod trust;
pub mod verify;

use crate::args::{Cli, Command};
use crate::context::Context;
use std::io::Write as _;

/// Exit code of success.
pub const DONE: u8 = 0;
/// Exit code of "the ledger works and says no".
pub const NO: u8 = 2;

/// Runs the command; gives the exit code.
pub fn run(cli: Cli) -> anyhow::Result<u8> {
    let ctx = Context::new(cli.data, cli.server, cli.json);
    match cli.command {
        Command::Init(args) => init::run(&args, &ctx),
        Command::Import(args) => import::run(&args, &ctx),
        Command::Append(args) => append::run(&args, &ctx),
        Command::Verify(args) => verify::run(&args, &ctx),
        Command::Log(args) => log::run(&args, &ctx),
        Command::Show(args) => show::run(&args, &ctx),
        Command::Status => status::run(&ctx),
        Command::Replay(args) => replay::run(&args, &ctx),
        Command::Prove(command) => prove::run(&command, &ctx),
        Command::Check(args) => check::run(&args, &ctx),
        Command::Opdo(command) => opdo::run(&command, &ctx),
        Command::Review(args) => review::run(&args, &ctx),
        Command::Token(command) => token::run(&command, &ctx),
        Command::Plan(command) => plan::run(&command, &ctx),
        Command::Trust(command) => trust::run(&command, &ctx),
        Command::Serve(args) => serve::run(&args, &ctx),
        Command::Schema(args) => schema::run(&args, &ctx),
        Command::Pac(command) => pac::run(&command, &ctx),
        Command::Agents { command } => agents::run(command.as_ref(), &ctx),
        Command::Key { command } => key::run(command.as_ref(), &ctx),
        Command::Demo(args) => demo::run(&args, &ctx),
        Command::Guard(args) => guard::run(&args, &ctx),
        Command::Explain(args) => explain::run(&args, &ctx),
        Command::Completions { shell } => {
            // Into memory first: the generator panics where the reader closes the pipe.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut crate::args::command(), "ledger", &mut script);
            std::io::stdout().lock().write_all(&script)?;
            Ok(DONE)
        }
    }
}
