//! `ledger verify`: everything, from stored bytes.

use super::{DONE, NO};
use crate::context::{Context, read_input};
use crate::output::{BAD, DIM, GOOD, WARN, say, say_json, say_pairs, styled, table};
use crate::progress;
use ledger_core::names::PacId;
use ledger_core::store::Store as _;
use ledger_core::verify::{Completeness, Options, Report, verify_directory, verify_export};
use ledger_core::{Code, Error, Result};
use ledger_server::{Address, Remote};
use std::path::{Path, PathBuf};

/// Arguments of `verify`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger verify\n  ledger verify exported.jsonl\n  ledger verify --complete PAC-ATLAS-P1-SEARCH-01\n  ledger verify --checkpoint remembered.txt\n  \
    LEDGER_ACCESS_TOKEN=$(cat reader.token) ledger verify https://ledger.example\n\n\
    Reads the journal itself: no database, no lock, read-only media will do."
)]
pub struct VerifyArgs {
    /// A ledger's directory, a file that `ledger log --json` wrote, or the URL of a server [default: the ledger]
    pub target: Option<PathBuf>,
    /// A checkpoint that you remember: the log must still agree with it (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// Verifier key that the log must have, from a source that you trust
    #[arg(long, value_name = "VKEY")]
    pub vkey: Option<String>,
    /// This PAC must be whole, from its order to its WRAP: exit code 2 otherwise
    #[arg(long, value_name = "PAC")]
    pub complete: Option<PacId>,
    /// Threads to use [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// Verifies.
pub fn run(args: &VerifyArgs, ctx: &Context) -> anyhow::Result<u8> {
    let report = match (ctx.server_named(args.target.as_deref()), &args.target) {
        (Some(address), _) => verify_served(&address, options(args)?)?,
        (None, Some(target)) => verify(target, &options(args)?)?,
        (None, None) => verify(&ctx.location.dir, &options(args)?)?,
    };
    if ctx.json {
        let mut value = serde_json::to_value(&report)?;
        if let (Some(Some(whole)), Some(members)) = (report.whole, value.as_object_mut()) {
            members.insert("complete".to_owned(), whole.into());
        }
        say_json(&value)?;
    } else {
        say_report(&report)?;
    }
    if let (Some(pac), Some(whole)) = (&args.complete, report.whole) {
        match whole {
            None => return Err(Error::new(Code::PacUnknown, format!("the log has no {pac}")).into()),
            Some(true) if !ctx.json => {
                say(styled(GOOD, format!("{pac} is whole, from its order to its WRAP")))?;
            }
            Some(false) => {
                if !ctx.json {
                    say(styled(
                        BAD,
                        format!("{pac} is not whole: ledger pac show {pac} tells what is open"),
                    ))?;
                }
                return Ok(NO);
            }
            Some(true) => {}
        }
    }
    Ok(if report.ok { DONE } else { NO })
}

fn options(args: &VerifyArgs) -> Result<Options> {
    let mut options = Options::default();
    if let Some(threads) = args.threads {
        options.threads = threads.max(1);
    }
    options.vkey.clone_from(&args.vkey);
    options.complete = args.complete.as_ref().map(|pac| pac.as_str().to_owned());
    for path in &args.checkpoint {
        let text = String::from_utf8(read_input(path, 1 << 20)?)
            .map_err(|_| Error::new(Code::ProofMalformed, format!("{} is no text", path.display())))?;
        options.checkpoints.push(text);
    }
    let bar = progress::shared();
    options.progress = Some(std::sync::Arc::new(move |step| {
        bar("verifying", step.bytes, step.total);
        true
    }));
    Ok(options)
}

/// Verifies what a server gives, entry by entry, here: nothing that it says of itself is taken for true.
fn verify_served(address: &Address, mut options: Options) -> Result<Report> {
    let remote = Remote::at(address)?;
    options.checkpoints.extend(remote.checkpoint());
    verify_export(std::io::BufReader::new(remote.export()), &options)
}

/// Verifies a directory or an exported log.
pub fn verify(target: &Path, options: &Options) -> Result<Report> {
    if target.is_dir() {
        return verify_directory(target, options);
    }
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => Error::new(Code::NotALedger, format!("{}: {e}", target.display())),
        _ => Error::new(Code::InputUnreadable, format!("{}: {e}", target.display())),
    };
    let file = std::fs::File::open(target).map_err(failed)?;
    verify_export(std::io::BufReader::with_capacity(1 << 20, file), options)
}

/// Says what is open.
fn say_pacs(pacs: &Completeness) -> std::io::Result<()> {
    if pacs.complete == 0 && pacs.abandoned == 0 && pacs.open.is_empty() && pacs.doubtful.is_empty() {
        return Ok(());
    }
    let open = (pacs.open.len() as u64).saturating_add(pacs.open_omitted);
    let counts = format!("{} complete, {open} open, {} abandoned", pacs.complete, pacs.abandoned);
    say_pairs(&[("PACs", counts)])?;
    for pac in pacs.open.iter().take(20) {
        say(format!("  {} {}", pac.pac_id, styled(WARN, pac.phase.as_str())))?;
        for item in pac.open.iter().take(10) {
            let since = item.since.map_or_else(String::new, |s| format!(", since entry {s}"));
            say(styled(
                DIM,
                format!("    {} is {}: due is that {}{since}", item.subject, item.state, item.due),
            ))?;
        }
    }
    for pac in &pacs.doubtful {
        say(format!("  {pac} {}", styled(BAD, "cannot be judged: see the findings")))?;
    }
    Ok(())
}

/// Says a report to a person.
pub fn say_report(report: &Report) -> std::io::Result<()> {
    let verdict = if report.ok {
        styled(GOOD, format!("verified: {} entries, nothing wrong", report.size))
    } else {
        styled(BAD, format!("not verified: {} findings in {} entries", report.findings.len(), report.size))
    };
    say(verdict)?;
    say_pairs(&[
        ("root", report.root.clone().unwrap_or_default()),
        ("head", report.head.clone().unwrap_or_default()),
        ("signed entries", report.signed_entries.to_string()),
    ])?;
    say_pacs(&report.pacs)?;
    if report.findings.is_empty() {
        return Ok(());
    }
    let mut table = table(&["entry", "code", "name", "finding"]);
    for finding in report.findings.iter().take(100) {
        let row = finding.code.row();
        let entry = finding.sequence.map_or_else(String::new, |s| s.to_string());
        table.add_row([entry, row.code.to_owned(), row.name.to_owned(), finding.message.clone()]);
    }
    say(table.trim_fmt())?;
    if report.findings.len() > 100 {
        say("... and more: --json lists them all")?;
    }
    Ok(())
}
