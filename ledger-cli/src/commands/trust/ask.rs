//! `ledger trust verify|status|show|graph` and `ledger agents find`: questions about trust, now or as of any entry.
//!
//! Invariant: an answer of no has exit code 2 and every reason; nothing is written.

use super::act::DeedArgs;
use super::limits::instant;
use super::read::{GrantRef, forest};
use crate::commands::pac::read::write;
use crate::commands::{DONE, NO};
use crate::context::{Context, now};
use crate::output::{
    BAD, DIM, GOOD, picture_width, say, say_json, say_pairs, say_picture, say_table, state, styled, table,
    toned,
};
use ledger_core::constraint::{Amount, Effect, Name, Region, Resource};
use ledger_core::names::{Gid, GrantId};
use ledger_core::picture::Tone;
use ledger_core::time::Timestamp;
use ledger_core::trust::{Forest, Level, Question, Records, TrustVerification, verify as answer};
use ledger_core::view::trust::{grant_view, tree_graph};
use ledger_core::view::{Candidates, GrantView, TrustStatus};
use ledger_core::{Code, Error, Result};
use serde_json::json;
use std::path::PathBuf;

/// When is asked.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct WhenArgs {
    /// As of this entry, what it did included, at its time [default: the last one, now]
    #[arg(long, value_name = "N")]
    pub at: Option<u64>,
    /// At this time instead: 2026-12-31T23:59:59Z
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
}

impl WhenArgs {
    /// The trees, and the time that counts.
    fn read(&self, ctx: &Context) -> Result<(Forest, i64)> {
        let forest = forest(ctx, self.at)?;
        let time = match (&self.time, self.at) {
            (Some(text), _) => instant(text)?,
            (None, Some(_)) => forest.time().map_or_else(now, Timestamp::millis),
            // A clock that is behind the log does not bring anything back.
            (None, None) => forest.time().map_or(0, Timestamp::millis).max(now()),
        };
        Ok((forest, time))
    }
}

/// Arguments of `trust verify`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger trust verify GID-02 read_invoices --resource invoices/2026/11.csv\n  \
    ledger trust verify GID-02 read_invoices --level full --proofs --json\n  ledger trust verify GID-02 read_invoices --at 41\n\n\
    quick: the grant is there, unexpired and unrevoked, up to its root. standard: and it holds the capability, the constraints allow\n\
    it, and every record bears its author's signature. full: and every record is in the signed tree, with the anchors that speak of\n\
    the chain. Exit code 2 when the answer is no."
)]
pub struct VerifyArgs {
    /// Who would act
    pub agent: Gid,
    /// What it would do
    pub action: String,
    /// How closely to look
    #[arg(long, value_name = "LEVEL", default_value = "standard", ignore_case = true,
        value_parser = Level::ALL.map(Level::as_str))]
    pub level: String,
    /// By this grant alone: GRANT, or ROOT/GRANT
    #[arg(long, value_name = "GRANT")]
    pub grant: Option<GrantRef>,
    #[command(flatten)]
    pub deed: DeedArgs,
    /// It would come with its reasoning
    #[arg(long)]
    pub reasoned: bool,
    #[command(flatten)]
    pub when: WhenArgs,
    /// With proofs that the records are in the log
    #[arg(long)]
    pub proofs: bool,
}

/// Arguments of `trust status`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger trust status\n  ledger trust status GID-02 --json\n  ledger trust status --at 41"
)]
pub struct StatusArgs {
    /// Which agent [default: all]
    pub agent: Option<Gid>,
    #[command(flatten)]
    pub when: WhenArgs,
}

/// Arguments of `trust show`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger trust show GRANT-READER")]
pub struct ShowArgs {
    /// Which grant: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    #[command(flatten)]
    pub when: WhenArgs,
}

/// Arguments of `trust graph`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger trust graph GRANT-ANALYST\n  ledger trust graph GRANT-ANALYST --svg trust.svg"
)]
pub struct GraphArgs {
    /// Root of the tree [default: the only tree that there is]
    #[arg(value_name = "ROOT")]
    pub root: Option<GrantId>,
    #[command(flatten)]
    pub when: WhenArgs,
    /// Draw it as SVG into this file; - for standard output
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["mermaid", "dot"])]
    pub svg: Option<PathBuf>,
    /// Print it as a Mermaid flowchart
    #[arg(long, conflicts_with = "dot")]
    pub mermaid: bool,
    /// Print it as a Graphviz digraph
    #[arg(long)]
    pub dot: bool,
}

/// Arguments of `agents find`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger agents find --capability read_invoices\n  \
    ledger agents find --capability deploy --alive-within 60 --json")]
pub struct FindArgs {
    /// What is to be done
    #[arg(long, value_name = "ACTION")]
    pub capability: String,
    #[command(flatten)]
    pub deed: DeedArgs,
    /// Only those that said within so many seconds that they are there (`ledger append heartbeat`)
    #[arg(long, value_name = "SECONDS")]
    pub alive_within: Option<u32>,
    #[command(flatten)]
    pub when: WhenArgs,
}

impl DeedArgs {
    fn ask(&self, question: &mut Question) -> Result<()> {
        let name = |text: &Option<String>| text.as_deref().map(Name::new).transpose();
        question.resource = self.resource.as_deref().map(Resource::new).transpose()?;
        question.cost = self.cost.as_deref().map(str::parse::<Amount>).transpose()?;
        question.data_scope = name(&self.data_scope)?;
        question.target = name(&self.target)?;
        question.endpoint = name(&self.endpoint)?;
        question.region = self.region.as_deref().map(Region::new).transpose()?;
        question.pii = self.pii;
        question.effect = self.writes.then_some(Effect::Write);
        Ok(())
    }
}

/// Answers whether an agent may do something.
pub fn verify(args: &VerifyArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (forest, time) = args.when.read(ctx)?;
    let mut question = Question::new(args.agent.clone(), Name::new(&args.action)?, time);
    question.level = Level::of_name(&args.level).unwrap_or_default();
    question.grant_id = args.grant.as_ref().map(|g| g.id.clone());
    question.root = args.grant.as_ref().and_then(|g| g.root.clone());
    question.reasoning = args.reasoned;
    args.deed.ask(&mut question)?;
    let store = ctx.store()?;
    let verification = answer(&forest, &Records::new(&*store), &question, args.proofs)?;
    if ctx.json {
        say_json(&verification)?;
    } else {
        say_verification(&verification)?;
    }
    Ok(if verification.valid { DONE } else { NO })
}

fn say_verification(verification: &TrustVerification) -> std::io::Result<()> {
    let word = if verification.valid { styled(GOOD, "may") } else { styled(BAD, "may not") };
    say(format!(
        "{} {word} {} ({}, as of {} entries)",
        verification.agent,
        verification.action,
        verification.level.as_str(),
        verification.size
    ))?;
    for reason in &verification.reasons {
        let by = reason.grant_id.as_ref().map(|id| format!(" (by {id})")).unwrap_or_default();
        say(format!("  {} {}: {}{by}", styled(BAD, &reason.code), reason.name, reason.message))?;
    }
    let chain: Vec<String> = verification
        .chain
        .iter()
        .map(|l| format!("{} {} (entry {})", l.holder, l.grant_id, l.entry))
        .collect();
    let authority = verification.chain.last().map(|l| l.author.clone()).unwrap_or_default();
    let mut pairs = vec![("posture", verification.posture.as_str().to_owned())];
    if !chain.is_empty() {
        pairs.push(("chain", format!("{} ← {authority}", chain.join(" ← "))));
        pairs.push(("constraints", limits(verification)));
    }
    pairs.extend(verification.chain_hash.iter().map(|h| ("chain hash", h.clone())));
    pairs.extend(verification.anchors.map(|n| ("anchors", n.to_string())));
    say_pairs(&pairs)?;
    for passed in &verification.considered {
        let why: Vec<&str> = passed.reasons.iter().map(|r| r.message.as_str()).collect();
        say(styled(DIM, format!("  not by {}: {}", passed.grant_id, why.join("; "))))?;
    }
    Ok(())
}

fn limits(verification: &TrustVerification) -> String {
    if verification.effective_constraints.is_empty() {
        return "none".to_owned();
    }
    serde_json::to_string(&verification.constraints).unwrap_or_default()
}

/// Says who is trusted with what.
pub fn status(args: &StatusArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (forest, time) = args.when.read(ctx)?;
    let store = ctx.store()?;
    let records = Records::new(&*store);
    let rows = match &args.agent {
        Some(gid) => {
            if forest.registry().actor(gid.as_str()).is_none() {
                return Err(Error::new(Code::NotRegistered, format!("{gid} is not registered")).into());
            }
            vec![TrustStatus::of(&forest, &records, gid.as_str(), time)?]
        }
        None => TrustStatus::all(&forest, &records, time)?,
    };
    if ctx.json {
        say_json(&json!({ "at": forest.size().saturating_sub(1), "agents": rows }))?;
        return Ok(DONE);
    }
    let mut table = table(&["agent", "name", "trusted", "posture", "capabilities", "constraints", "grants"]);
    for row in &rows {
        let good = row.grants.iter().filter(|g| g.state.as_str() == "ACTIVE").count();
        table.add_row([
            row.gid.clone(),
            row.name.clone().unwrap_or_default(),
            if row.is_trusted { toned(Tone::Good, "yes") } else { toned(Tone::Skipped, "no") },
            row.posture.as_str().to_owned(),
            row.capabilities.join(", "),
            row.constraints.join(", "),
            if row.grants.is_empty() { String::new() } else { format!("{good}/{}", row.grants.len()) },
        ]);
    }
    say_table(&table)?;
    if rows.iter().all(|r| r.grants.is_empty()) {
        say(styled(DIM, "nobody holds a grant yet; `ledger trust establish --help` shows how one begins"))?;
    }
    Ok(DONE)
}

/// Shows a grant.
pub fn show(args: &ShowArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (forest, time) = args.when.read(ctx)?;
    let grant = grant_view(&forest, args.grant.root.as_ref(), &args.grant.id, time)?;
    if ctx.json {
        say_json(&grant)?;
        return Ok(DONE);
    }
    say_grant(&grant)?;
    Ok(DONE)
}

fn say_grant(grant: &GrantView) -> std::io::Result<()> {
    let mut pairs = vec![
        ("grant", format!("{} {}", grant.grant_id, state(grant.state.as_str()))),
        ("holder", grant.holder.clone()),
        ("given by", format!("{}, in entry {}", grant.author, grant.entry)),
        ("depth", format!("{} below {}", grant.depth, grant.root)),
    ];
    pairs.extend(grant.parent.iter().map(|p| ("rests on", p.clone())));
    pairs.extend(grant.task_id.iter().map(|t| ("for", t.clone())));
    pairs.extend(grant.expires_at.iter().map(|t| ("expires", t.clone())));
    pairs.extend(grant.ends_at.iter().map(|t| ("ends", t.clone())));
    pairs.push(("done by it", format!("{} actions, cost {}", grant.usage.actions, grant.usage.spent)));
    pairs.push(("rest on it", format!("{} grants", grant.below)));
    say_pairs(&pairs)?;
    let mut table = table(&["capability", "effect", "limited by"]);
    for c in &grant.capabilities {
        let limits = serde_json::to_string(&c.constraints).unwrap_or_default();
        let effect = c.effect.map(|e| format!("{e:?}").to_lowercase()).unwrap_or_default();
        table.add_row([
            c.capability.to_string(),
            effect,
            if limits == "{}" { "nothing".to_owned() } else { limits },
        ]);
    }
    say_table(&table)?;
    for reason in &grant.reasons {
        say(format!("  {} {}", styled(BAD, &reason.code), reason.message))?;
    }
    Ok(())
}

/// Draws a tree.
pub fn graph(args: &GraphArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (forest, time) = args.when.read(ctx)?;
    let tree = match &args.root {
        Some(root) => forest.tree(root),
        None => {
            let mut trees = forest.trees();
            match (trees.next(), trees.next()) {
                (Some(one), None) => Some(one),
                (None, _) => None,
                (Some(_), Some(_)) => {
                    let roots: Vec<&str> = forest.trees().map(|t| t.root().id.as_str()).take(12).collect();
                    return Err(Error::new(Code::Usage, "there are several trees")
                        .hint(format!("name one by its root: {}", roots.join(", ")))
                        .into());
                }
            }
        }
    };
    let unknown = || Error::new(Code::GrantUnknown, "there is no such grant tree");
    let tree = tree.ok_or_else(unknown)?;
    let picture = tree_graph(tree, time, forest.registry());
    let standard_output = std::path::Path::new("-");
    if ctx.json {
        let grants = (0..tree.len()).map(|at| GrantView::of(tree, at, time, forest.registry()));
        let grants: Vec<GrantView> = grants.collect::<Result<_>>()?;
        say_json(&json!({ "root": tree.root().id, "grants": grants }))?;
        return Ok(DONE);
    }
    match &args.svg {
        Some(file) => write(file, &picture.svg())?,
        None if args.mermaid => write(standard_output, &picture.mermaid())?,
        None if args.dot => write(standard_output, &picture.dot())?,
        None => say_picture(&picture.text(picture_width()))?,
    }
    Ok(DONE)
}

/// Finds who could do something.
pub fn find(args: &FindArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (forest, time) = args.when.read(ctx)?;
    let mut question =
        Question::new(Gid::new(forest.registry().orchestrator())?, Name::new(&args.capability)?, time);
    args.deed.ask(&mut question)?;
    let store = ctx.store()?;
    let alive = args.alive_within.map(|s| i64::from(s).saturating_mul(1_000));
    let found = Candidates::find(&forest, &Records::new(&*store), &question, alive)?;
    if ctx.json {
        say_json(&found)?;
        return Ok(DONE);
    }
    let mut table = table(&["agent", "name", "by", "why not"]);
    for one in found.agents.iter().chain(&found.passed_over) {
        let why: Vec<&str> = one.reasons.iter().map(|r| r.message.as_str()).collect();
        let by = one.grant_id.clone().filter(|_| one.reasons.is_empty()).unwrap_or_default();
        table.add_row([one.gid.clone(), one.name.clone().unwrap_or_default(), by, why.join("; ")]);
    }
    say_table(&table)?;
    Ok(DONE)
}
