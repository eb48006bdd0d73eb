//! `ledger pac dispatch|reissue|retry|revoke|start|message|fail`: the work and its tokens.
//!
//! Source: DOMAIN.md §§4, 8.

use super::verb::{Bench, Body, By, Shows, agent_named, hash_file, id_of, places, sub_pac};
use crate::context::Context;
use ledger_core::event::body::Digest;
use ledger_core::event::body::work::TokenId;
use ledger_core::names::{ChannelId, Gid, PacId, Session};
use ledger_core::{Code, Error, Result};
use std::path::PathBuf;

/// Arguments of `pac dispatch`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger pac dispatch PAC-ATLAS-P1-SEARCH-01 A1 --session run-1\n  \
    ledger pac dispatch PAC-ATLAS-P1-SEARCH-01 A1 --json | jq -r .token > a1.token\n\n\
    The token is printed once, on a line of its own, and kept nowhere.")]
pub struct DispatchArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which Sub-PAC, by its id or its node
    #[arg(value_name = "SUB|NODE")]
    pub sub: String,
    /// Session that the token is bound to [default: a new name]
    #[arg(long, value_name = "SESSION")]
    pub session: Option<Session>,
    /// Seconds until the token expires, 1 to 604800 [default: the policy's, 3600]
    #[arg(long, value_name = "SECONDS")]
    pub expires_in: Option<u32>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac reissue`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger pac reissue PAC-ATLAS-P1-SEARCH-01 A1 --reason \"the agent lost it\""
)]
pub struct ReissueArgs {
    /// The dispatch
    #[command(flatten)]
    pub dispatch: DispatchArgs,
    /// Why: lost, expired
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Arguments of `pac retry`.
#[derive(clap::Args, Debug)]
pub struct RetryArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which Sub-PAC, by its id or its node
    #[arg(value_name = "SUB|NODE")]
    pub sub: String,
    /// What is to be better this time
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac fail`.
#[derive(clap::Args, Debug)]
pub struct FailArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which Sub-PAC, by its id or its node
    #[arg(value_name = "SUB|NODE")]
    pub sub: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac revoke`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger pac revoke PAC-ATLAS-P1-SEARCH-01 A1 --reason \"seen in a log file\"\n\n\
    A node or Sub-PAC stands for the token of its present attempt; an id of a narrowing block revokes that narrowing only."
)]
pub struct RevokeArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which token: its id, or the Sub-PAC or node that it was given for
    #[arg(value_name = "TOKEN-ID|SUB|NODE")]
    pub token: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac start`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger pac start PAC-ATLAS-P1-SEARCH-01 A1 --token @a1.token")]
pub struct StartArgs {
    /// Which PAC
    pub pac: PacId,
    /// Which Sub-PAC, by its id or its node
    #[arg(value_name = "SUB|NODE")]
    pub sub: String,
    /// What the agent shows
    #[command(flatten)]
    pub shows: Shows,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `pac message`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger pac message PAC-ATLAS-P1-SEARCH-01 --from A2 --to A3 --channel design --file notes.md\n  \
    ledger pac message PAC-ATLAS-P1-SEARCH-01 --from A1 --to A2 --text \"the index is ready\"\n\n\
    Only the digest is recorded. Without --channel, a DATA_FLOW edge must lead to each receiver."
)]
pub struct MessageArgs {
    /// Which PAC
    pub pac: PacId,
    /// Who sends it, by GID or node [default: whoever acts]
    #[arg(long, value_name = "GID|NODE", conflicts_with = "actor")]
    pub from: Option<String>,
    /// Who it is for, by GID or node (may be repeated)
    #[arg(long, value_name = "GID|NODE", required = true)]
    pub to: Vec<String>,
    /// Channel that carries it
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<ChannelId>,
    /// What is told, as a file; - for standard input
    #[arg(long, value_name = "FILE|-", required_unless_present_any = ["text", "digest"], conflicts_with_all = ["text", "digest"])]
    pub file: Option<PathBuf>,
    /// What is told, as text
    #[arg(long, value_name = "TEXT", conflicts_with = "digest")]
    pub text: Option<String>,
    /// What is told, by its digest
    #[arg(long, value_name = "sha256:...")]
    pub digest: Option<String>,
    /// What it is about; this is recorded in clear
    #[arg(long, value_name = "TEXT")]
    pub about: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// The body of a dispatch, with its Sub-PAC looked up.
fn dispatching(bench: &Bench<'_>, args: &DispatchArgs) -> Result<Body> {
    let pac = bench.pac(&args.pac)?;
    Ok(Body::of(&args.pac)
        .maybe("expires_in", args.expires_in)
        .maybe("session", args.session.as_ref())
        .with("sub_pac_id", id_of(sub_pac(&pac, &args.sub)?)?))
}

/// Dispatches.
pub fn dispatch(args: &DispatchArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = dispatching(&bench, args)?.json();
    bench.submit("dispatch", &body, &bench.orchestrator(&args.by)?, &args.by)
}

/// Gives a new token for the same attempt.
pub fn reissue(args: &ReissueArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let by = &args.dispatch.by;
    let body = dispatching(&bench, &args.dispatch)?.with("reason", &args.reason).json();
    bench.submit("reissue", &body, &bench.orchestrator(by)?, by)
}

/// Opens a further attempt.
pub fn retry(args: &RetryArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let body = Body::of(&args.pac)
        .maybe("reason", args.reason.as_ref())
        .with("sub_pac_id", id_of(sub_pac(&pac, &args.sub)?)?);
    bench.submit("retry", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Gives the work up.
pub fn fail(args: &FailArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let sub = sub_pac(&pac, &args.sub)?;
    let body = Body::of(&args.pac).with("reason", &args.reason).with("sub_pac_id", id_of(sub)?);
    bench.submit("fail", &body.json(), &bench.agent(&args.by, &sub.agent)?, &args.by)
}

/// Revokes a token.
pub fn revoke(args: &RevokeArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let id = match TokenId::new(&args.token) {
        Some(id) => id,
        None => {
            let pac = bench.pac(&args.pac)?;
            let sub = sub_pac(&pac, &args.token)?;
            let none = || {
                let why = format!("attempt {} of {} has no token", sub.attempt, sub.id);
                Error::new(Code::NotInPac, why).hint("name an earlier one by its id: 128 hex digits")
            };
            sub.grant.as_ref().map(|g| g.token_id.clone()).ok_or_else(none)?
        }
    };
    let body = Body::of(&args.pac).with("reason", &args.reason).with("token_id", id);
    bench.submit("revoke_token", &body.json(), &bench.orchestrator(&args.by)?, &args.by)
}

/// Starts the work.
pub fn start(args: &StartArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (token, session) = args.shows.read()?;
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let sub = sub_pac(&pac, &args.sub)?;
    let body = Body::of(&args.pac).maybe("session", session).with("sub_pac_id", id_of(sub)?);
    bench.submit_with("start", &body.json(), &bench.agent(&args.by, &sub.agent)?, &args.by, token)
}

/// Sends a message.
pub fn message(args: &MessageArgs, ctx: &Context) -> anyhow::Result<u8> {
    let digest = match (&args.file, &args.text, &args.digest) {
        (Some(file), _, _) => Digest::from_hash(hash_file(file)?).as_str().to_owned(),
        (None, Some(text), _) => Digest::of(text.as_bytes()).as_str().to_owned(),
        (None, None, digest) => digest.clone().unwrap_or_default(),
    };
    let bench = Bench::open(ctx)?;
    let pac = bench.pac(&args.pac)?;
    let actor = match &args.from {
        Some(from) => agent_named(&pac, from)?,
        None => bench.named(&args.by, || {
            let known: Vec<&str> =
                places(&pac).filter_map(|p| p.node.agent_gid.as_ref()).map(Gid::as_str).take(20).collect();
            Error::new(Code::ActorUnclear, "nobody is named who sends the message").hint(format!(
                "name them with --from; the agents of {} are {}",
                pac.id,
                known.join(", ")
            ))
        })?,
    };
    let to = args.to.iter().map(|to| agent_named(&pac, to)).collect::<Result<Vec<_>>>()?;
    let body = Body::of(&args.pac)
        .maybe("about", args.about.as_ref())
        .maybe("channel_id", args.channel.as_ref())
        .with("digest", digest)
        .with("to", to);
    bench.submit("message", &body.json(), &actor, &args.by)
}
