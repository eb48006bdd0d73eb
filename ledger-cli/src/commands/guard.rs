//! `ledger guard`: the discipline of an artifact's text, without a ledger.

use super::{DONE, NO};
use crate::context::{Context, read_input};
use crate::output::{BAD, DIM, GOOD, WARN, printable, say, say_json, styled};
use ledger_core::guard::{self, Check, Outcome, Report, Roster, Violation};
use std::path::{Path, PathBuf};

/// Largest registry, in bytes.
const MAX_REGISTRY: u64 = 1 << 20;

/// Arguments of `guard`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger guard PAC-042.md\n  ledger guard PAC-042.md --check gateway --check identity --verbose\n  \
    ledger agents --json > registry.json && ledger guard --registry registry.json < PAC-042.md\n\n\
    Needs no ledger. Reads markdown with YAML blocks, plain YAML and JSON of at most 1 MiB; GIDs and names in prose declare nothing.\n\
    gateway     GS_116  GATEWAY_CHECKS with governance; the orchestrator is its authority; who requests is registered\n\
    activation  GS_117  AGENT_ACTIVATION_ACK of a registered agent, activated by the orchestrator, which itself needs none\n\
    identity    GS_118  one agent throughout, under its registered name, in a lane that it may work in\n\
    execution   GS_119  an artifact that is EXECUTED, CLOSED or POSITIVE_CLOSURE is in mode EXECUTABLE\n\n\
    Exit code: 0 valid, 2 not valid."
)]
pub struct GuardArgs {
    /// The artifact; - for standard input [default: -]
    pub file: Option<PathBuf>,
    /// The artifact, as FILE
    #[arg(long = "file", short = 'f', id = "named", value_name = "FILE", conflicts_with = "file")]
    pub named: Option<PathBuf>,
    /// Make this check only (may be repeated)
    #[arg(long = "check", value_name = "CHECK")]
    pub checks: Vec<CheckName>,
    /// Registry to check against: what `ledger agents --json` prints, or {"registry": {GID: NAME}, "lanes": {LANE: GIDS}}
    /// [default: the built-in profile]
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Say what each check saw, with lines
    #[arg(long, short = 'v')]
    pub verbose: bool,
}

/// A check, as the command line names it.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum CheckName {
    /// GS_116
    Gateway,
    /// GS_117
    Activation,
    /// GS_118
    Identity,
    /// GS_119
    Execution,
}

impl From<CheckName> for Check {
    fn from(name: CheckName) -> Self {
        match name {
            CheckName::Gateway => Self::Gateway,
            CheckName::Activation => Self::Activation,
            CheckName::Identity => Self::Identity,
            CheckName::Execution => Self::Execution,
        }
    }
}

/// Checks an artifact.
pub fn run(args: &GuardArgs, ctx: &Context) -> anyhow::Result<u8> {
    let roster = match &args.registry {
        Some(path) => Roster::from_json(&read_input(path, MAX_REGISTRY)?)?,
        None => Roster::built_in(),
    };
    let file = args.file.as_deref().or(args.named.as_deref()).unwrap_or(Path::new("-"));
    let bytes = read_input(file, guard::MAX_TEXT as u64)?;
    let checks: Vec<Check> = args.checks.iter().copied().map(Check::from).collect();
    let checks = if checks.is_empty() { Check::ALL.to_vec() } else { checks };
    let report = guard::check(guard::read(&bytes)?, &roster, &checks);
    if ctx.json {
        say_json(&report.to_json())?;
    } else {
        say_report(&report, args.verbose)?;
    }
    Ok(if report.is_valid() { DONE } else { NO })
}

fn say_report(report: &Report, verbose: bool) -> std::io::Result<()> {
    for outcome in &report.outcomes {
        say_outcome(outcome, verbose)?;
    }
    for error in &report.errors {
        say_violation(error)?;
    }
    match report.errors.len() {
        0 => say(styled(GOOD, "the artifact is valid")),
        1 => say(styled(BAD, "the artifact is not valid: 1 violation")),
        n => say(styled(BAD, format!("the artifact is not valid: {n} violations"))),
    }
}

fn say_outcome(outcome: &Outcome, verbose: bool) -> std::io::Result<()> {
    let verdict = if outcome.passed { styled(GOOD, "pass") } else { styled(BAD, "fail") };
    say(format!("{:<10}  {verdict}  {}", outcome.check.name(), printable(&outcome.message, false)))?;
    if !verbose {
        return Ok(());
    }
    for (what, value) in &outcome.settled {
        let value = value.as_deref().map_or_else(|| "(none)".into(), |v| printable(v, false));
        say(format!("            {}  {value}", styled(DIM, what.replace('_', " "))))?;
    }
    for found in &outcome.found {
        let line = styled(DIM, format!("line {}:", found.line));
        say(format!("            {line} {} {}", found.what, printable(&found.value, false)).trim_end())?;
    }
    Ok(())
}

fn say_violation(error: &Violation) -> std::io::Result<()> {
    let row = error.code.row();
    let line = error.line.map_or_else(String::new, |line| format!("line {line}: "));
    let name = styled(BAD, format!("{} {}:", row.code, row.name));
    say(format!("{name} {line}{}", printable(&error.message, false)))?;
    say(format!("  {} {}", styled(WARN, "what to do:"), error.remedy))
}
