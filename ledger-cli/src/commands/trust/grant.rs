//! `ledger trust establish|attest|delegate|transfer|constrain|revoke|resume`: the life of a grant.
//!
//! Ids that are not named are made here, and depth is taken from the tree: both are signed. No rule of its own.

use super::limits::{ConstraintArgs, ExpiryArgs, ReasoningArgs, capability, instant};
use super::read::{Found, GrantRef};
use crate::commands::DONE;
use crate::commands::pac::verb::{Bench, Body, By};
use crate::context::Context;
use crate::output::{WARN, say, styled};
use ledger_core::names::{Gid, GrantId};
use ledger_core::rules::trust::{EndKind, Grant};
use ledger_core::time::{Random as _, SystemRandom};
use ledger_core::{Code, Error, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Arguments of `trust establish`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger trust establish GID-01 --capability \"read_*\" --capability summarize=read\n  \
    ledger trust establish GID-13 --register NOVA --lane EXECUTION --capability deploy \\\n      \
    --constraint budget_limit=100 --constraint no_delegation --expires-in 86400\n\n\
    With --register the agent is registered in the same step: if either is refused, neither happens."
)]
pub struct EstablishArgs {
    /// For whom
    pub gid: Gid,
    /// What it may do: an action, or several with one *; =read or =write says what it does (may be repeated)
    #[arg(long = "capability", value_name = "NAME[=EFFECT]", required = true)]
    pub capabilities: Vec<String>,
    #[command(flatten)]
    pub constraints: ConstraintArgs,
    #[command(flatten)]
    pub expiry: ExpiryArgs,
    /// Id of the grant [default: a new one]
    #[arg(long, value_name = "GRANT")]
    pub grant: Option<GrantId>,
    /// Register the agent in the same step, under this name
    #[arg(long, value_name = "NAME")]
    pub register: Option<String>,
    /// Lane that it may work in (may be repeated)
    #[arg(long = "lane", value_name = "LANE", requires = "register")]
    pub lanes: Vec<String>,
    /// Its public key, in hex: with a key it signs what it passes on
    #[arg(long, value_name = "HEX", requires = "register")]
    pub public: Option<String>,
    #[command(flatten)]
    pub reasoning: ReasoningArgs,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust attest`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger trust attest GRANT-ANALYST --capability publish")]
pub struct AttestArgs {
    /// The grant that you gave
    #[arg(value_name = "GRANT")]
    pub root: GrantId,
    /// What it may do beside what it may already (may be repeated)
    #[arg(long = "capability", value_name = "NAME[=EFFECT]", required = true)]
    pub capabilities: Vec<String>,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust delegate`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger trust delegate GRANT-ANALYST GID-02 --capability read_invoices\n  \
    ledger trust delegate GRANT-ANALYST GID-02 --capability read_invoices --constraint \"resources=invoices/**\" \\\n      \
    --constraint budget_limit=20 --expires-in 3600 --task \"close the quarter\"\n\n\
    The holder of the grant acts, and signs with its own key. What is not limited further is inherited."
)]
pub struct DelegateArgs {
    /// What is passed on: GRANT, or ROOT/GRANT
    #[arg(value_name = "GRANT")]
    pub parent: GrantRef,
    /// To whom
    pub gid: Gid,
    /// What of it (may be repeated) [default: everything that the grant holds]
    #[arg(long = "capability", value_name = "NAME")]
    pub capabilities: Vec<String>,
    #[command(flatten)]
    pub constraints: ConstraintArgs,
    #[command(flatten)]
    pub expiry: ExpiryArgs,
    /// Id of the new grant [default: a new one]
    #[arg(long, value_name = "GRANT")]
    pub grant: Option<GrantId>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub task: Option<String>,
    #[command(flatten)]
    pub reasoning: ReasoningArgs,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust transfer`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger trust transfer GRANT-READER GID-03 --reason \"the end of the shift\"\n\n\
    The new holder has the place, the limits and what is left of the old one, whose grant ends in the same step."
)]
pub struct TransferArgs {
    /// What is handed over: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    /// To whom
    pub gid: Gid,
    /// Id of the grant that takes its place [default: a new one]
    #[arg(long = "grant", value_name = "GRANT")]
    pub new: Option<GrantId>,
    /// Why
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub reasoning: ReasoningArgs,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust constrain`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger trust constrain GRANT-READER --constraint budget_limit=10 --reason \"half is done\""
)]
pub struct ConstrainArgs {
    /// What is limited: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    #[command(flatten)]
    pub constraints: ConstraintArgs,
    /// Why
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust revoke`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger trust revoke GRANT-READER --reason \"the work is done\"\n  \
    ledger trust revoke GRANT-READER --suspend --reason \"an incident\"\n  \
    ledger trust revoke GRANT-READER --at 2026-12-31T23:59:59Z --reason \"the contract ends\"\n\n\
    Everything that rests on the grant ends with it. Only a suspension can be undone (trust resume).")]
pub struct RevokeArgs {
    /// What ends: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// Until it is resumed
    #[arg(long, conflicts_with = "at")]
    pub suspend: bool,
    /// At this time, and not now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust resume`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger trust resume GRANT-READER --reason \"the incident is over\"")]
pub struct ResumeArgs {
    /// What is good again: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    /// Why
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub by: By,
}

/// A new id; the same for the same key of the caller, so that doing it again is the same.
pub fn new_id(prefix: &str, by: &By) -> Result<String> {
    let digits = match &by.id {
        Some(key) => hex::encode(Sha256::digest(key.as_bytes())),
        None => {
            let mut random = [0_u8; 8];
            SystemRandom.fill(&mut random)?;
            hex::encode(random)
        }
    };
    Ok(format!("{prefix}-{}", digits.get(..16).unwrap_or(&digits)))
}

fn grant_id(named: Option<&GrantId>, by: &By) -> Result<GrantId> {
    named.map_or_else(|| GrantId::new(new_id("GRANT", by)?), |id| Ok(id.clone()))
}

impl Found {
    fn grant(&self) -> Result<&Grant> {
        let missing = || Error::new(Code::GrantUnknown, "there is no such grant");
        self.tree.at(self.at).ok_or_else(missing)
    }
}

/// Plants a tree.
pub fn establish(args: &EstablishArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let actor = args.by.actor.resolve_admin(bench.registry())?;
    let capabilities: Vec<_> = args.capabilities.iter().map(|c| capability(c)).collect();
    let body = Body::default()
        .with("agent_gid", &args.gid)
        .with("grant_id", grant_id(args.grant.as_ref(), &args.by)?)
        .list("capabilities", &capabilities)
        .maybe("constraints", args.constraints.value()?)
        .maybe("expires_at", args.expiry.millis()?)
        .maybe("reasoning", args.reasoning.value("establish"))
        .json();
    let establish = bench.intent("establish", &body, &actor, &args.by)?;
    let Some(name) = &args.register else { return bench.send(vec![establish]) };
    let agent = Body::default()
        .with("gid", &args.gid)
        .with("name", name)
        .with("lanes", &args.lanes)
        .maybe("key", args.public.as_ref())
        .json();
    let by = By { id: None, ..args.by.clone() };
    bench.send(vec![bench.intent("register_agent", &agent, &actor, &by)?, establish])
}

/// Adds capabilities to a root.
pub fn attest(args: &AttestArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let capabilities: Vec<_> = args.capabilities.iter().map(|c| capability(c)).collect();
    let body = json!({ "root": args.root, "capabilities": capabilities });
    bench.submit("attest", &body, &args.by.actor.resolve_admin(bench.registry())?, &args.by)
}

/// Passes something on.
pub fn delegate(args: &DelegateArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.parent.find(store, ctx))?;
    let parent = found.grant()?;
    let held = parent.held.iter().map(|h| h.pattern.to_string());
    let capabilities = if args.capabilities.is_empty() { held.collect() } else { args.capabilities.clone() };
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("parent", &parent.id)
        .with("agent_gid", &args.gid)
        .with("capabilities", &capabilities)
        .with("depth", parent.depth.saturating_add(1))
        .with("grant_id", grant_id(args.grant.as_ref(), &args.by)?)
        .maybe("constraints", args.constraints.value()?)
        .maybe("expires_at", args.expiry.millis()?)
        .maybe("task_id", args.task.as_ref())
        .maybe("reasoning", args.reasoning.value("delegate"))
        .json();
    bench.submit("delegate", &body, &bench.agent(&args.by, &parent.holder)?, &args.by)
}

/// Hands a grant over.
pub fn transfer(args: &TransferArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let grant = found.grant()?;
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("grant_id", &grant.id)
        .with("new_grant_id", grant_id(args.new.as_ref(), &args.by)?)
        .with("agent_gid", &args.gid)
        .with("reason", &args.reason)
        .maybe("reasoning", args.reasoning.value("transfer"))
        .json();
    bench.submit("transfer_grant", &body, &bench.agent(&args.by, &grant.holder)?, &args.by)
}

/// Limits a grant further.
pub fn constrain(args: &ConstrainArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("grant_id", &args.grant.id)
        .with("constraints", args.constraints.value()?.unwrap_or_else(|| json!({})))
        .with("reason", &args.reason)
        .json();
    let author = found.grant()?.author.clone();
    bench.submit("constrain", &body, &bench.agent(&args.by, &author)?, &args.by)
}

/// Ends a grant.
pub fn revoke(args: &RevokeArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let grant = found.grant()?;
    let at = args.at.as_deref().map(instant).transpose()?;
    let mode = if args.suspend {
        "suspend"
    } else if at.is_some() {
        "graceful"
    } else {
        "immediate"
    };
    if !ctx.json {
        let ended =
            grant.end.as_ref().filter(|end| end.kind != EndKind::Graceful).map(|end| ("ended", end.when));
        let stands =
            grant.suspended.as_ref().filter(|_| args.suspend).map(|(when, _)| ("was suspended", *when));
        if let Some((how, when)) = ended.or(stands) {
            say(styled(
                WARN,
                format!("{} {how} in entry {} already; this changes nothing", grant.id, when.sequence),
            ))?;
        }
    }
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("grant_id", &grant.id)
        .with("mode", mode)
        .maybe("at", at)
        .with("reason", &args.reason)
        .json();
    bench.submit("revoke_grant", &body, &bench.agent(&args.by, &grant.author)?, &args.by)?;
    Ok(DONE)
}

/// Makes a suspended grant good again.
pub fn resume(args: &ResumeArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let grant = found.grant()?;
    let body = json!({ "root": found.tree.root().id, "grant_id": grant.id, "reason": args.reason });
    bench.submit("resume_grant", &body, &bench.agent(&args.by, &grant.author)?, &args.by)
}
