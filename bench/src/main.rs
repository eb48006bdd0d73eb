//! Comparisons of the ledger with the floor of the machine and with its peers: `cargo run --release -p bench`.
//!
//! Not a test: no figure makes it fail. Invariant: every row names its contestants, what they promise, and what it could not measure.
//! Source: DESIGN.md §8.

mod context;
mod harness;
mod machine;
mod peers;
mod program;
mod report;
mod rows;
mod scene;
mod workload;

use clap::Parser;
use context::Context;
use program::Program;
use std::path::PathBuf;

/// Compares the ledger with the floor of the machine and with its peers, in interleaved runs.
#[derive(Parser)]
#[command(after_help = "Build the command line first: cargo build --release -p ledger-cli")]
struct Args {
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Only this row (may be repeated): see --list
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// List the rows
    #[arg(long)]
    list: bool,
    /// Small sizes and few rounds: proves that it runs, and nothing else
    #[arg(long)]
    quick: bool,
    /// Entries of the large ledger [default: 1000000; 3000 with --quick]
    #[arg(long, value_name = "N")]
    entries: Option<u64>,
    /// Rounds of each row [default: 7; 2 with --quick]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Directory to work in: it must be on the disk that is to be measured [default: the system's for temporary files]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The binary `ledger` [default: the one beside this program]
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,
    /// Makes a ledger here and ends without closing it (the bench runs itself so)
    #[arg(long, value_name = "DIR", hide = true)]
    fill: Option<PathBuf>,
}

fn main() {
    let args = Args::parse();
    if args.list {
        rows::ALL.iter().for_each(|row| println!("{:<14} {}", row.id, row.work));
        return;
    }
    let entries = args.entries.unwrap_or(if args.quick { 3000 } else { 1_000_000 });
    if let Some(dir) = &args.fill {
        scene::fill_and_die(dir, entries);
    }
    if let Some(unknown) = args.only.iter().find(|id| !rows::ALL.iter().any(|row| row.id == **id)) {
        eprintln!("there is no row {unknown:?}; --list names them");
        std::process::exit(64);
    }
    if cfg!(debug_assertions) {
        eprintln!("this build is not optimised: use --release");
    }
    let rounds = args.rounds.unwrap_or(if args.quick { 2 } else { 7 }).max(1);
    let parent = args.dir.unwrap_or_else(std::env::temp_dir);
    let context = Context::new(&parent, args.quick, entries, rounds, Program::find(args.ledger));
    let machine = machine::Machine::look(context.dir());
    let mut done = Vec::new();
    for row in rows::ALL {
        if args.only.is_empty() || args.only.iter().any(|id| id == row.id) {
            eprintln!("{}: {}", row.id, row.work);
            done.extend((row.run)(&context));
        }
    }
    if args.json {
        println!("{:#}", report::json(&machine, &done));
    } else {
        print!("{}", report::table(&machine, &done));
    }
}
