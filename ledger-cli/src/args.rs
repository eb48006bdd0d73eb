//! The grammar of the command line, as clap reads it; `docs/cli.md` is generated from it.
//!
//! Invariant: every command has an example in its help that works.

use crate::commands::{
    agents::AgentsCommand, append::AppendArgs, check::CheckArgs, demo::DemoArgs, explain::ExplainArgs,
    guard::GuardArgs, import::ImportArgs, init::InitArgs, key::KeyCommand, log::LogArgs, opdo::OpdoCommand,
    pac::PacCommand, plan::PlanCommand, prove::ProveCommand, replay::ReplayArgs, review::ReviewArgs,
    schema::SchemaArgs, serve::ServeArgs, show::ShowArgs, token::TokenCommand, trust::TrustCommand,
    verify::VerifyArgs,
};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::path::PathBuf;

/// A governance ledger for multi-agent work: hash-chained, provable, verifiable offline.
#[derive(Parser, Debug)]
#[command(
    name = "ledger",
    version,
    max_term_width = 110,
    after_help = "Exit codes: 0 success, 1 error, 2 the ledger works and says no, 64 wrong usage.\n\n\
        Begin with:\n  ledger init\n  ledger append note --data '{\"text\":\"hello\"}'\n  ledger log"
)]
pub struct Cli {
    /// Directory of the ledger [default: $LEDGER_DATA, else ./ledger-data]
    #[arg(id = DIRECTORY, long = "data", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Server to read from and write through, instead of a directory: http://127.0.0.1:7420 [default: $LEDGER_SERVER]; its token is in
    /// $LEDGER_ACCESS_TOKEN
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Id of `--data DIR`, which every command takes behind its name too, but `append`, whose own `--data` is what to append.
const DIRECTORY: &str = "directory";

/// The whole grammar.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    names
        .iter()
        .filter(|n| *n != "append")
        .fold(command, |command, name| command.mut_subcommand(name, with_directory))
}

/// The command and all below it with `--data DIR`.
fn with_directory(command: clap::Command) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let arg = clap::Arg::new(DIRECTORY)
        .long("data")
        .value_name("DIR")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Directory of the ledger [default: $LEDGER_DATA, else ./ledger-data]");
    names.iter().fold(command.arg(arg), |command, name| command.mut_subcommand(name, with_directory))
}

/// Reads the command line.
pub fn parse() -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches()?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let mut level = &matches;
    while let Some((name, below)) = level.subcommand() {
        level = below;
        if name == "append" {
            break;
        }
        if let Some(dir) = level.try_get_one::<PathBuf>(DIRECTORY).ok().flatten() {
            cli.data = Some(dir.clone());
        }
    }
    Ok(cli)
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make a new ledger: origin, keys, first human, registry profile
    Init(InitArgs),
    /// Append one intent, or a file of them
    Append(AppendArgs),
    /// Bring existing history in, each entry with a verdict
    Import(ImportArgs),
    /// Verify everything: a ledger's directory, or an exported log
    Verify(VerifyArgs),
    /// List entries
    Log(LogArgs),
    /// Show one entry whole
    Show(ShowArgs),
    /// Say what the ledger is and how far it goes
    Status,
    /// Show the registry as of any entry, or walk through a PAC event by event
    Replay(ReplayArgs),
    /// Serve the ledger over HTTP, to many at the same time
    Serve(ServeArgs),
    /// Take a piece of work from its order to its WRAP, and see how far it is
    #[command(subcommand)]
    Pac(PacCommand),
    /// Make proofs that others can check offline
    #[command(subcommand)]
    Prove(ProveCommand),
    /// Check a proof file, offline
    Check(CheckArgs),
    /// Compose, seal, finalize, verify and prove O-PDO documents, without a ledger
    #[command(subcommand)]
    Opdo(OpdoCommand),
    /// Review what is sealed, genuinely: read, answer a question drawn from it, sign a verdict
    Review(ReviewArgs),
    /// Make, list and revoke tokens for access, and say what a token is for and narrow it
    #[command(subcommand)]
    Token(TokenCommand),
    /// Vouch for agents, pass trust on, end it, and ask who may do what
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Check and draw plans: which agents do what, in which pattern, under which trust
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Print the JSON schema of a kind of intent, or of all
    Schema(SchemaArgs),
    /// List, register, change and retire agents, services and humans
    #[command(subcommand_required = false, args_conflicts_with_subcommands = true)]
    Agents {
        /// What to do; lists them when absent
        #[command(subcommand)]
        command: Option<AgentsCommand>,
    },
    /// List, make, register and retire keys
    #[command(subcommand_required = false, args_conflicts_with_subcommands = true)]
    Key {
        /// What to do; lists them when absent
        #[command(subcommand)]
        command: Option<KeyCommand>,
    },
    /// See it work: a ledger with a history, a proof, and three kinds of tampering found
    Demo(DemoArgs),
    /// Check the discipline of an artifact's text: gateway, activation, identity, execution
    Guard(GuardArgs),
    /// Explain a code of an error or finding
    Explain(ExplainArgs),
    /// Print a completion script for your shell
    #[command(
        after_help = "Example:\n  ledger completions bash > ~/.local/share/bash-completion/completions/ledger"
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}
