//! `ledger demo`: what this is good for, in under a minute, on a ledger of its own.
//!
//! Nothing is staged: every line comes from the same calls as the other commands. Invariant: it works in a fresh temporary directory
//! and never touches a real ledger; it fails (exit 2) when any of the tampering is not found.

mod story;
mod tamper;

use super::{DONE, NO, review, verify};
use crate::context::{ActorArgs, Context};
use crate::output::{BAD, DIM, GOOD, HEAD, say, say_json, styled};
use ledger_core::ledger::{InitOptions, Ledger, Location, evidence, init};
use ledger_core::names::{Origin, PacId};
use ledger_core::sequencer::{Receipt, Sources};
use ledger_core::time::{SystemClock, SystemRandom};
use ledger_core::verify::{Options, Report};
use ledger_core::{Code, Error, Result};
use ledger_proofs::{TlogProof, leaf_hash};
use serde::Serialize;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use tamper::{change_a_byte, rewrite, tamper};

/// Arguments of `demo`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger demo")]
pub struct DemoArgs {
    /// Work in this directory, which must not exist, instead of a new temporary one; either is kept
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// What one act of tampering led to, as JSON.
#[derive(Serialize)]
struct Found {
    tampering: String,
    found: bool,
    code: Option<String>,
    sequence: Option<u64>,
    message: Option<String>,
}

/// Runs the demonstration.
pub fn run(args: &DemoArgs, ctx: &Context) -> anyhow::Result<u8> {
    let root = directory(args)?;
    let told = Told { json: ctx.json };
    let location = location(&root);
    let outcome = tell(&root, &location, &told)?;
    let all = outcome.report.ok && outcome.found.iter().all(|f| f.found);
    if ctx.json {
        say_json(&serde_json::json!({
            "ok": all, "size": outcome.report.size, "root": outcome.report.root, "pac_id": story::PAC, "pacs": outcome.report.pacs,
            "proof": outcome.proof, "tampering": outcome.found, "directory": root,
        }))?;
    }
    let whole = close(&root, &location, &told)?;
    Ok(if all && whole { DONE } else { NO })
}

/// The review: by the person at the terminal, else by whoever comes later. Gives whether everything went as it should.
fn close(root: &Path, location: &Location, told: &Told) -> anyhow::Result<bool> {
    let pac = PacId::new(story::PAC)?;
    told.step("5. what is due: a human's genuine review")?;
    let person = !told.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if person {
        let ctx = Context { location: location.clone(), server: None, json: false };
        told.line(format!("you are the human, GID-H01, and took no part in {pac}: read it, and judge\n"))?;
        review::sitting::run(&pac, &ActorArgs::default(), &ctx)?;
        if story::finish(&Ledger::open(location)?, told)? {
            let options = Options { complete: Some(story::PAC.to_owned()), ..Options::default() };
            let report = verify::verify(&location.dir, &options)?;
            told.line(styled(GOOD, format!("{} entries, {} findings", report.size, report.findings.len())))?;
            told.line(styled(GOOD, format!("{pac} is whole, from its order to its WRAP")))?;
            return Ok(report.ok && report.whole == Some(Some(true)));
        }
    }
    let command = |what: &str| {
        let (state, dir) = (root.join("state"), location.dir.display());
        format!("LEDGER_STATE={} ledger --data {dir} {what} {pac}", state.display())
    };
    told.line(format!("{pac} is not whole yet. Read it, answer the challenge, and sign your verdict:"))?;
    for what in ["review", "pac graph", "pac show"] {
        told.line(command(what))?;
    }
    told.line(styled(DIM, format!("the ledger stays in {}; remove it when you are done", root.display())))?;
    Ok(true)
}

/// What the demonstration showed.
struct Outcome {
    found: Vec<Found>,
    proof: String,
    report: Report,
}

fn location(root: &Path) -> Location {
    let mut location = Location::new(&root.join("ledger"));
    location.state = Some(root.join("state"));
    location
}

/// Speaks to people; in JSON the answer comes at the end, in one piece.
struct Told {
    json: bool,
}

impl Told {
    fn step(&self, title: &str) -> std::io::Result<()> {
        if self.json { Ok(()) } else { say(format!("\n{}", styled(HEAD, title))) }
    }
    fn line(&self, line: impl std::fmt::Display) -> std::io::Result<()> {
        if self.json { Ok(()) } else { say(format!("  {line}")) }
    }
}

/// The directory that was named, which must not be there, or a new one among the system's temporary ones.
fn directory(args: &DemoArgs) -> Result<PathBuf> {
    let make = |path: PathBuf| match std::fs::create_dir(&path) {
        Ok(()) => Ok(path),
        Err(e) => Err(Error::new(Code::AlreadyALedger, format!("{}: {e}", path.display()))),
    };
    if let Some(path) = &args.keep {
        return make(path.clone());
    }
    // Earlier demonstrations are kept until someone removes them.
    let name = |n: u32| std::env::temp_dir().join(format!("ledger-demo-{}-{n}", std::process::id()));
    (1..100).find_map(|n| make(name(n)).ok()).map_or_else(|| make(name(100)), Ok)
}

fn tell(root: &Path, location: &Location, told: &Told) -> anyhow::Result<Outcome> {
    told.step("1. four agents do a piece of work, under rules")?;
    let receipts = make_history(location, told)?;
    // Three places in the middle of it, and what an auditor came by: a receipt of before the last of them, and the last one.
    let at = |share: usize| receipts.get(receipts.len().saturating_mul(share).div_euclid(8));
    let is_report = |r: &&Receipt| r.events.first().is_some_and(|e| e.event_type == "ber.submitted");
    let rewritten = receipts.iter().rev().find(is_report);
    let (Some(byte), Some(cut), Some(rewritten), Some(last)) = (at(4), at(5), rewritten, receipts.last())
    else {
        return Err(Error::new(Code::NoSuchEntry, "the story has no middle").into());
    };
    let before = receipts.iter().rev().find(|r| r.sequence < rewritten.sequence).unwrap_or(byte);
    let remembered = [before, last].map(|r| r.checkpoint.to_string()).to_vec();
    told.step("2. a proof that one entry is in the log, checked without the ledger")?;
    let proof = prove_one(location, last.sequence, told)?;
    told.step("3. everything verified from the stored bytes, every rule of the work included")?;
    let report = verify::verify(&location.dir, &Options::default())?;
    let root_hash = short(report.root.as_deref().unwrap_or_default());
    let counts = format!("{} entries, {} findings, root {root_hash}", report.size, report.findings.len());
    told.line(styled(GOOD, counts))?;
    told.step("4. three ways of tampering with a copy, each found")?;
    let found = vec![
        {
            let n = byte.sequence;
            let dir = tamper(location, root, "changed", |dir| change_a_byte(dir, n))?;
            judge(
                format!("one byte of entry {n} changed"),
                &verify::verify(&dir, &Options::default())?,
                Some(n),
                told,
            )?
        },
        {
            let n = cut.sequence;
            let dir = tamper(location, root, "cut", |dir| rewrite(dir, n, false))?;
            judge(format!("entry {n} cut out"), &verify::verify(&dir, &Options::default())?, Some(n), told)?
        },
        {
            let n = rewritten.sequence;
            let dir = tamper(location, root, "forged", |dir| rewrite(dir, n, true))?;
            let options = Options { checkpoints: remembered, ..Options::default() };
            let what = format!(
                "everything from entry {n} on rewritten, chain and tree computed anew, signed with the log's own key"
            );
            judge(what, &verify::verify(&dir, &options)?, None, told)?
        },
    ];
    Ok(Outcome { found, proof, report })
}

/// Makes the ledger, and plays the story; gives the receipts.
fn make_history(location: &Location, told: &Told) -> Result<Vec<Receipt>> {
    let sources = Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) };
    let options = InitOptions {
        origin: Some(Origin::new("ledger.demo/payments")?),
        human: "demo".to_owned(),
        profile: "default".to_owned(),
    };
    let ledger = init(location, &options, sources)?.ledger;
    story::play(&ledger, told)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn output_failed(e: std::io::Error) -> Error {
    Error::new(Code::OutputFailed, e.to_string())
}

fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

/// A proof file, and its check with nothing but the log's public key.
fn prove_one(location: &Location, sequence: u64, told: &Told) -> anyhow::Result<String> {
    let store = ledger_core::ledger::open_for_reading(location)?;
    let file = evidence::inclusion(&store, sequence)?;
    let key = evidence::verifier_key(&store)?;
    let entry = ledger_core::ledger::read::entry(&store, sequence)?;
    let checked = TlogProof::parse(file.as_bytes())?.verify(&leaf_hash(&entry.leaf), &key)?;
    told.line(format!(
        "entry {sequence} is in the log of {} entries: {} hashes lead to the signed root",
        checked.size(),
        TlogProof::parse(file.as_bytes())?.hashes().len()
    ))?;
    told.line(styled(DIM, format!("verifier key {key}")))?;
    Ok(file)
}

/// Says what verification found, and whether it is what should be found.
fn judge(tampering: String, report: &Report, at: Option<u64>, told: &Told) -> std::io::Result<Found> {
    let hit =
        report.findings.iter().find(|f| at.is_none() || f.sequence == at).or_else(|| report.findings.first());
    let found = !report.ok && hit.is_some_and(|f| at.is_none_or(|n| f.sequence == Some(n)));
    told.line(format!(
        "{} {tampering}",
        styled(if found { GOOD } else { BAD }, if found { "found:" } else { "NOT FOUND:" })
    ))?;
    if let Some(finding) = hit {
        let row = finding.code.row();
        told.line(format!("       {} {}: {}", row.code, row.name, finding.message))?;
    }
    Ok(Found {
        tampering,
        found,
        code: hit.map(|f| f.code.to_string()),
        sequence: hit.and_then(|f| f.sequence),
        message: hit.map(|f| f.message.clone()),
    })
}
