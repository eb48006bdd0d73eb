//! `ledger pac ber|accept|reject|pdo`: reports, verdicts on them, and proof artifacts.
//!
//! Source: DOMAIN.md §§4, 8.

use super::graph::fill;
use super::order::input;
use super::verb::{Bench, Body, By, Shows, hash_file, id_of, read_json, sub_pac};
use crate::context::Context;
use ledger_core::event::body::Digest;
use ledger_core::names::{BerId, PacId, PdoId, SubPacId};
use ledger_core::{Code, Error, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `pac ber`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    ledger pac ber PAC-7 A1 --token @a1.token --status PASS --score 0.9 --task t --output src/a@a\n  \
    ledger pac ber PAC-7 A1 --token @a1.token --file ber.json\n\n\
    A file holds the body of submit_ber; pac_id, sub_pac_id and session are filled in.")]
pub struct BerArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which Sub-PAC, by its id or its node
    #[arg(value_name = "SUB|NODE")]
    pub sub: String,
    /// The whole report, as JSON; - for standard input
    #[arg(long, value_name = "BER.json|-", required_unless_present = "status",
        conflicts_with_all = ["status", "score", "tasks", "failed", "outputs", "inputs", "evidence", "actions", "summary", "ber_id"])]
    pub file: Option<PathBuf>,
    /// How the work ended: PASS or FAIL
    #[arg(long, value_name = "STATUS", ignore_case = true, value_parser = ["PASS", "FAIL"], requires = "score")]
    pub status: Option<String>,
    /// How well it went, 0.0 to 1.0
    #[arg(long, value_name = "SCORE")]
    pub score: Option<f64>,
    /// Task that was done (may be repeated)
    #[arg(long = "task", value_name = "TEXT")]
    pub tasks: Vec<String>,
    /// Task that failed (may be repeated)
    #[arg(long = "failed-task", value_name = "TEXT")]
    pub failed: Vec<String>,
    /// What was made: PATH=sha256:..., or PATH@FILE to hash the file (may be repeated)
    #[arg(long = "output", value_name = "PATH=DIGEST|PATH@FILE")]
    pub outputs: Vec<String>,
    /// What was taken as input: sha256:..., or NAME=sha256:... (may be repeated)
    #[arg(long = "input", value_name = "[NAME=]DIGEST")]
    pub inputs: Vec<String>,
    /// Evidence, a log or test report: sha256:..., or NAME=sha256:... (may be repeated)
    #[arg(long, value_name = "[NAME=]DIGEST")]
    pub evidence: Vec<String>,
    /// Action that was taken (may be repeated)
    #[arg(long = "action", value_name = "ACTION")]
    pub actions: Vec<String>,
    /// What happened, in words
    #[arg(long, value_name = "TEXT")]
    pub summary: Option<String>,
    /// Id of the BER [default: made of agent, PAC, time and entry]
    #[arg(long, value_name = "BER-ID")]
    pub ber_id: Option<BerId>,
    /// What the agent shows
    #[command(flatten)]
    pub shows: Shows,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac accept`.
#[derive(clap::Args, Debug)]
pub struct AcceptArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which BER, by its id, or the Sub-PAC or node that it reports
    #[arg(value_name = "BER|SUB|NODE")]
    pub ber: String,
    /// What is to be remembered
    #[arg(long, value_name = "TEXT")]
    pub remarks: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac reject`.
#[derive(clap::Args, Debug)]
pub struct RejectArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which BER, by its id, or the Sub-PAC or node that it reports
    #[arg(value_name = "BER|SUB|NODE")]
    pub ber: String,
    /// What is wrong: there is no rejection without it
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac pdo`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger pac pdo PAC-ATLAS-P1-SEARCH-01 A1 --file index.tar.gz\n  \
    ledger pac pdo PAC-ATLAS-P1-SEARCH-01 A1 --hash 9f3c...")]
pub struct PdoArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which Sub-PAC, by its id or its node
    #[arg(value_name = "SUB|NODE")]
    pub sub: String,
    /// The artifact, to be hashed; - for standard input
    #[arg(long, value_name = "ARTIFACT|-", required_unless_present = "hash", conflicts_with = "hash")]
    pub file: Option<PathBuf>,
    /// SHA-256 of the artifact, 64 hex digits
    #[arg(long, value_name = "HEX")]
    pub hash: Option<String>,
    /// Id of the PDO [default: made of agent, PAC, time and entry]
    #[arg(long, value_name = "PDO-ID")]
    pub pdo_id: Option<PdoId>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// `PATH=sha256:...`, or `PATH@FILE`.
fn output(text: &str) -> Result<Value> {
    if let Some((path, digest)) = text.rsplit_once("=sha256:") {
        return Ok(json!({ "path": path, "digest": format!("sha256:{digest}") }));
    }
    let Some((path, file)) = text.rsplit_once('@') else {
        let why = format!("{text:?} is no output");
        return Err(Error::new(Code::Usage, why).hint("write PATH=sha256:... or PATH@FILE"));
    };
    Ok(json!({ "path": path, "digest": Digest::from_hash(hash_file(Path::new(file))?) }))
}

/// The report that the arguments say.
fn said(args: &BerArgs) -> Result<Value> {
    let inputs = |all: &[String]| all.iter().map(|i| input(i)).collect::<Result<Vec<_>>>();
    let outputs = args.outputs.iter().map(|o| output(o)).collect::<Result<Vec<_>>>()?;
    let task = |result: &'static str| move |task: &String| json!({ "task": task, "result": result });
    let tasks: Vec<Value> =
        args.tasks.iter().map(task("PASS")).chain(args.failed.iter().map(task("FAIL"))).collect();
    // A number that JSON has no word for is refused here, and not turned into null.
    let score = args.score.map(|s| {
        serde_json::Number::from_f64(s)
            .ok_or_else(|| Error::new(Code::InvalidIntent, format!("the score is {s}; expected 0.0 to 1.0")))
    });
    Ok(Body::default()
        .list("actions", &args.actions)
        .maybe("ber_id", args.ber_id.as_ref())
        .list("evidence", &inputs(&args.evidence)?)
        .list("inputs", &inputs(&args.inputs)?)
        .list("outputs", &outputs)
        .maybe("quality_score", score.transpose()?)
        .maybe("status", args.status.as_ref().map(|s| s.to_ascii_uppercase()))
        .maybe("summary", args.summary.as_ref())
        .with("tasks", tasks)
        .json())
}

/// Files a BER.
pub fn ber(args: &BerArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (token, session) = args.shows.read()?;
    let mut body = match &args.file {
        Some(file) => read_json(file)?,
        None => said(args)?,
    };
    fill(&mut body, "pac_id", args.pac.as_str())?;
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let sub = sub_pac(&pac, &args.sub)?;
    fill(&mut body, "sub_pac_id", &sub.id)?;
    if let (Some(session), Some(map)) = (session, body.as_object_mut()) {
        map.entry("session").or_insert_with(|| json!(session));
    }
    bench.submit_with("submit_ber", &body, &bench.agent(&args.by, &sub.agent)?, &args.by, token)
}

/// Whose verdict on BERs counts.
fn judge(bench: &Bench<'_>, by: &By) -> Result<ledger_core::names::Gid> {
    if bench.registry().policy().human_accepts_bers { bench.human(by) } else { bench.orchestrator(by) }
}

/// The id of a BER, or that of the present BER of a Sub-PAC.
fn ber_named(bench: &Bench<'_>, pac: &PacId, named: &str) -> Result<BerId> {
    if named.get(..4).is_some_and(|prefix| prefix == "BER-") {
        return BerId::new(named);
    }
    let pac = bench.pac(pac)?;
    let sub = sub_pac(&pac, named)?;
    let none = || {
        let why = format!("attempt {} of {} has no BER yet", sub.attempt, sub.id);
        Error::new(Code::NotInPac, why).hint(format!("see `ledger pac show {}`", pac.id))
    };
    BerId::new(sub.ber.as_ref().map(|b| b.id.clone()).ok_or_else(none)?)
}

/// Accepts a BER.
pub fn accept(args: &AcceptArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let id = ber_named(&bench, &args.pac, &args.ber)?;
    let body = Body::of(&args.pac).with("ber_id", id).maybe("remarks", args.remarks.as_ref());
    bench.submit("accept_ber", &body.json(), &judge(&bench, &args.by)?, &args.by)
}

/// Rejects a BER.
pub fn reject(args: &RejectArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let id = ber_named(&bench, &args.pac, &args.ber)?;
    let body = Body::of(&args.pac).with("ber_id", id).maybe("reason", args.reason.as_ref());
    bench.submit("reject_ber", &body.json(), &judge(&bench, &args.by)?, &args.by)
}

/// Files a PDO.
pub fn pdo(args: &PdoArgs, ctx: &Context) -> anyhow::Result<u8> {
    let hash = match &args.file {
        Some(file) => hex::encode(hash_file(file)?),
        None => args.hash.clone().unwrap_or_default(),
    };
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let sub = sub_pac(&pac, &args.sub)?;
    let id: SubPacId = id_of(sub)?;
    let body = Body::of(&args.pac)
        .with("pdo_hash", hash)
        .maybe("pdo_id", args.pdo_id.as_ref())
        .with("sub_pac_id", id);
    bench.submit("record_pdo", &body.json(), &bench.agent(&args.by, &sub.agent)?, &args.by)
}
