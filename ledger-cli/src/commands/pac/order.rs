//! `ledger pac issue|request|open|resolve|abandon`: the order and its gateway.
//!
//! Source: DOMAIN.md §§3, 8.

use super::verb::{Bench, Body, By, ScopeArgs};
use crate::context::Context;
use ledger_core::event::body::Digest;
use ledger_core::names::{Lane, PacId};
use ledger_core::rules::pac::gateway::GatewayState;
use ledger_core::{Code, Error, Result};
use serde_json::{Value, json};

/// Arguments of `pac issue`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger pac issue PAC-7 --objective \"a faster search\" --lane EXECUTION --path src/search\n  \
    ledger pac issue PAC-8 --objective \"advice on the index\" --lane ADVISORY --mode ADVISORY\n\n\
    The actor is the requester: the ledger's only human unless you say otherwise. Whoever requests cannot review:\n\
    a single person lets a service or an agent request (--actor GID-S01). An order of a human or service is itself the\n\
    explicit request; one of an agent needs `pac request`."
)]
pub struct IssueArgs {
    /// New id, PAC-...
    pub pac: PacId,
    /// What is to be reached
    #[arg(long, value_name = "TEXT")]
    pub objective: String,
    /// A short name
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Lane that its work may be done in (may be repeated)
    #[arg(long = "lane", value_name = "LANE", required = true)]
    pub lanes: Vec<Lane>,
    /// Whether it may be executed: EXECUTABLE, or ADVISORY
    #[arg(long, value_name = "MODE", default_value = "EXECUTABLE", ignore_case = true,
        value_parser = ["EXECUTABLE", "ADVISORY"])]
    pub mode: String,
    /// What may be done, and where
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Rule that holds (may be repeated) [default: FAIL_CLOSED]
    #[arg(long, value_name = "TEXT")]
    pub governance: Vec<String>,
    /// What is assumed (may be repeated)
    #[arg(long = "assume", value_name = "TEXT")]
    pub assumptions: Vec<String>,
    /// What every agent may take as input: sha256:..., or NAME=sha256:... (may be repeated)
    #[arg(long = "input", value_name = "[NAME=]DIGEST")]
    pub inputs: Vec<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of verbs that name a PAC, and may say why.
#[derive(clap::Args, Debug)]
pub struct GateArgs {
    /// Which PAC
    pub pac: PacId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of verbs that name a PAC and must say why.
#[derive(clap::Args, Debug)]
pub struct ReasonArgs {
    /// Which PAC
    pub pac: PacId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac resolve`.
#[derive(clap::Args, Debug)]
pub struct ResolveArgs {
    /// Which PAC
    pub pac: PacId,
    /// Entry of a violation (may be repeated) [default: all that are open]
    #[arg(long = "violation", value_name = "N")]
    pub violations: Vec<u64>,
    /// How it was dealt with
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// A digest that may have a name: `sha256:...` or `NAME=sha256:...`.
pub fn input(text: &str) -> Result<Value> {
    let (name, digest) = match text.rsplit_once('=') {
        Some((name, digest)) => (Some(name), digest),
        None => (None, text),
    };
    let digest: Digest = serde_json::from_value(json!(digest)).map_err(|e| {
        Error::new(Code::InvalidIntent, format!("{text:?} is no digest: {e}"))
            .hint("write sha256: and 64 hex digits (sha256sum prints them), or NAME=sha256:...")
    })?;
    Ok(Body::default().with("digest", digest).maybe("name", name).json())
}

/// Issues a PAC.
pub fn issue(args: &IssueArgs, ctx: &Context) -> anyhow::Result<u8> {
    let inputs = args.inputs.iter().map(|i| input(i)).collect::<Result<Vec<_>>>()?;
    let bench = Bench::open(ctx)?;
    let failing_closed = [String::from("FAIL_CLOSED")];
    let governance: &[String] = if args.governance.is_empty() { &failing_closed } else { &args.governance };
    let checks = Body::default()
        .list("assumptions", &args.assumptions)
        .with("authority", bench.registry().orchestrator())
        .with("governance", governance);
    let body = Body::of(&args.pac)
        .with("gateway_checks", checks.json())
        .list("inputs", &inputs)
        .with("lanes", &args.lanes)
        .with("mode", args.mode.to_ascii_uppercase())
        .with("objective", &args.objective)
        .maybe("scope", args.scope.json())
        .maybe("title", args.title.as_ref());
    bench.submit("issue_pac", &body.json(), &bench.human(&args.by)?, &args.by)
}

/// Requests the execution.
pub fn request(args: &GateArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = Body::of(&args.pac).maybe("reason", args.reason.as_ref());
    bench.submit("request_execution", &body.json(), &bench.human(&args.by)?, &args.by)
}

/// Opens the gateway.
pub fn open(args: &GateArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = Body::of(&args.pac).maybe("reason", args.reason.as_ref());
    bench.submit("open_gateway", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Resolves the violations that block the gateway.
pub fn resolve(args: &ResolveArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let orchestrator = bench.registry().orchestrator();
    let caused = pac.gateway.open.iter().any(|(_, by)| by == orchestrator);
    let actor = if caused { bench.human(&args.by)? } else { bench.orchestrator(&args.by)? };
    let mut violations = args.violations.clone();
    if violations.is_empty() && pac.gateway.state == GatewayState::Blocked {
        violations.extend(pac.gateway.open.iter().map(|(sequence, _)| *sequence));
    }
    let body = Body::of(&args.pac).with("reason", &args.reason).with("violations", violations);
    bench.submit("resolve_gateway", &body.json(), &actor, &args.by)
}

/// Abandons the PAC.
pub fn abandon(args: &ReasonArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = Body::of(&args.pac).with("reason", &args.reason);
    bench.submit("abandon", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}
