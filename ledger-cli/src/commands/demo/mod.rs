//! `ledger demo`: what this is good for, in under a minute, on a ledger of its own.
//!
//! Nothing is staged: every line comes from the same calls as the other commands. Invariant: it works in a fresh temporary directory
//! and never touches a real ledger; it fails (exit 2) when any of the tampering is not found.

mod tamper;

use super::{DONE, NO, prove, verify};
use crate::context::Context;
use crate::output::{BAD, DIM, GOOD, HEAD, say, say_json, styled};
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Ledger, Location, init};
use ledger_core::names::{Gid, Origin};
use ledger_core::sequencer::Sources;
use ledger_core::time::{SystemClock, SystemRandom};
use ledger_core::verify::{Options, Report};
use ledger_core::{Code, Error, Result};
use ledger_proofs::{TlogProof, leaf_hash};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tamper::{change_a_byte, rewrite, tamper};

/// Arguments of `demo`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger demo")]
pub struct DemoArgs {
    /// Keep the ledgers in this directory, which must not exist, instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// A piece of governed work: who recorded what.
const HISTORY: &[(&str, &str, &str)] = &[
    (
        "GID-08",
        "note",
        r#"{"text":"request 17: rotate the signing keys of the payment service before March"}"#,
    ),
    ("GID-00", "note", r#"{"text":"plan: CODY proposes, SONNY executes, TINA checks","about":"request 17"}"#),
    (
        "GID-03",
        "note",
        r#"{"text":"proposal: new keys beside the old for a day, then switch","about":"request 17"}"#,
    ),
    (
        "GID-01",
        "artifact",
        r#"{"name":"rotation.sh","digest":"sha256:1f0c5a3fd9a1cf2ea9a2a9f1f29a43b0b8d5a9a3a1c36ee3b5a3f9a6c8f0b7d2","size":2114}"#,
    ),
    ("GID-01", "note", r#"{"text":"keys rotated on 14 hosts, none failed","about":"request 17"}"#),
    ("GID-09", "note", r#"{"text":"checked: old keys refused on all 14 hosts","about":"request 17"}"#),
];

/// What one act of tampering led to, as JSON.
#[derive(Serialize)]
struct Found {
    tampering: &'static str,
    found: bool,
    code: Option<String>,
    sequence: Option<u64>,
    message: Option<String>,
}

/// Runs the demonstration.
pub fn run(args: &DemoArgs, ctx: &Context) -> anyhow::Result<u8> {
    let root = directory(args)?;
    let told = Told { json: ctx.json };
    let result = tell(&root, &told);
    if args.keep.is_none() {
        std::fs::remove_dir_all(&root)?;
    }
    let (found, proof, report) = result?;
    let all = report.ok && found.iter().all(|f| f.found);
    if ctx.json {
        say_json(
            &serde_json::json!({ "ok": all, "size": report.size, "root": report.root, "proof": proof, "tampering": found }),
        )?;
    } else {
        told.step("what you can do now")?;
        told.line("ledger init && ledger append note --data '{\"text\":\"hello\"}' && ledger verify")?;
    }
    Ok(if all { DONE } else { NO })
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

fn directory(args: &DemoArgs) -> Result<PathBuf> {
    let path = args
        .keep
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("ledger-demo-{}", std::process::id())));
    std::fs::create_dir(&path)
        .map_err(|e| Error::new(Code::AlreadyALedger, format!("{}: {e}", path.display())))?;
    Ok(path)
}

fn tell(root: &Path, told: &Told) -> anyhow::Result<(Vec<Found>, String, Report)> {
    let mut location = Location::new(&root.join("ledger"));
    location.state = Some(root.join("state"));
    told.step("1. a fresh ledger with a history")?;
    let remembered = make_history(&location, told)?;
    told.step("2. a proof that one entry is in it, checked without the ledger")?;
    let proof = prove_one(&location, told)?;
    told.step("3. everything verified from the stored bytes")?;
    let report = verify::verify(&location.dir, &Options::default())?;
    told.line(styled(
        GOOD,
        format!(
            "{} entries, {} findings, root {}",
            report.size,
            report.findings.len(),
            short(report.root.as_deref().unwrap_or_default())
        ),
    ))?;
    told.step("4. three ways of tampering with a copy, each found")?;
    let changed = tamper(&location, root, "changed", |dir| change_a_byte(dir, 15))?;
    let cut = tamper(&location, root, "cut", |dir| rewrite(dir, 16, false))?;
    let forged = tamper(&location, root, "forged", |dir| rewrite(dir, 17, true))?;
    let remembered = Options { checkpoints: remembered, ..Options::default() };
    let found = vec![
        judge(
            "one byte of entry 15 changed",
            &verify::verify(&changed, &Options::default())?,
            Some(15),
            told,
        )?,
        judge("entry 16 cut out", &verify::verify(&cut, &Options::default())?, Some(16), told)?,
        judge(
            "everything from entry 17 on rewritten, chain and tree computed anew, signed with the log's own key",
            &verify::verify(&forged, &remembered)?,
            None,
            told,
        )?,
    ];
    let blind = verify::verify(&forged, &Options::default())?;
    told.line(styled(
        DIM,
        format!(
            "(that forgery is perfect in itself: without the remembered checkpoint verification says {})",
            if blind.ok { "ok" } else { "no" }
        ),
    ))?;
    Ok((found, proof, report))
}

/// Makes the ledger and appends the history; gives the two checkpoints that an auditor came by: the one in the receipt of entry 16,
/// and the last.
fn make_history(location: &Location, told: &Told) -> Result<Vec<String>> {
    let sources = Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) };
    let options = InitOptions {
        origin: Some(Origin::new("ledger.demo/payments")?),
        human: "demo".to_owned(),
        profile: "default".to_owned(),
    };
    let ledger = init(location, &options, sources)?.ledger;
    let mut remembered = Vec::new();
    for (actor, kind, data) in HISTORY {
        let receipt = ledger.append(Intent::new(kind, data.as_bytes(), None, Gid::new(*actor)?, None)?)?;
        say_entry(told, &receipt, actor, data).map_err(output_failed)?;
        if receipt.sequence == 16 {
            remembered.push(receipt.checkpoint);
        }
    }
    remembered.push(approve(&ledger, told)?);
    Ok(remembered)
}

/// The human's signed word, last.
fn approve(ledger: &Ledger, told: &Told) -> Result<String> {
    let data = r#"{"text":"approved: request 17 is done","about":"request 17"}"#;
    let human = ledger.default_actor()?;
    let secret = SecretKey::read(&ledger.location().key_file(human.as_str()))?;
    let mut intent = Intent::new("note", data.as_bytes(), None, human, None)?;
    ledger.sign(&mut intent, &secret)?;
    let receipt = ledger.append(intent)?;
    say_entry(told, &receipt, "GID-H01", data).map_err(output_failed)?;
    Ok(receipt.checkpoint)
}

fn say_entry(
    told: &Told,
    receipt: &ledger_core::sequencer::Receipt,
    actor: &str,
    data: &str,
) -> std::io::Result<()> {
    let value: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    let what = ["text", "name"].iter().find_map(|m| value.get(m)?.as_str()).unwrap_or_default();
    told.line(format!(
        "{:>3}  {actor:8} {what:76} {}",
        receipt.sequence,
        styled(DIM, short(&receipt.leaf_hash))
    ))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn output_failed(e: std::io::Error) -> Error {
    Error::new(Code::OutputFailed, e.to_string())
}

fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

/// A proof file, and its check with nothing but the log's public key.
fn prove_one(location: &Location, told: &Told) -> anyhow::Result<String> {
    let store = ledger_core::ledger::open_for_reading(location)?;
    let file = prove::inclusion(&store, 17)?;
    let key = prove::verifier_key(&store)?;
    let entry = ledger_core::ledger::read::entry(&store, 17)?;
    let checked = TlogProof::parse(file.as_bytes())?.verify(&leaf_hash(&entry.leaf), &key)?;
    told.line(format!(
        "entry 17 is in the log of {} entries: {} hashes lead to the signed root",
        checked.size(),
        TlogProof::parse(file.as_bytes())?.hashes().len()
    ))?;
    told.line(styled(DIM, format!("verifier key {key}")))?;
    Ok(file)
}

/// Says what verification found, and whether it is what should be found.
fn judge(tampering: &'static str, report: &Report, at: Option<u64>, told: &Told) -> std::io::Result<Found> {
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
