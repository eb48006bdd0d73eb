//! `ledger trust authority|posture`: who may vouch for agents, and how much each agent may do of itself.

use crate::commands::DONE;
use crate::commands::pac::verb::{Bench, Body, By};
use crate::context::Context;
use crate::output::{DIM, say, say_json, say_table, styled, table};
use ledger_core::event::body::trust::{Permission, Posture};
use ledger_core::ledger::read;
use ledger_core::names::Gid;
use ledger_core::view::AuthorityView;
use serde_json::json;

/// What to do with authorities.
#[derive(clap::Subcommand, Debug)]
pub enum AuthorityCommand {
    /// Declare an actor with a key to be an authority, as an admin; again, with other permissions
    #[command(after_help = "Examples:\n  ledger trust authority declare GID-H01\n  \
        ledger trust authority declare GID-H02 --permission create_agents --purpose \"the finance department\"")]
    Declare {
        /// Who
        gid: Gid,
        /// What it may do (may be repeated, or several with commas) [default: everything]
        #[arg(long = "permission", value_name = "PERMISSION", value_delimiter = ',',
            value_parser = Permission::ALL.map(Permission::as_str))]
        permissions: Vec<String>,
        /// What it stands for
        #[arg(long, value_name = "TEXT")]
        purpose: Option<String>,
        /// Who acts, and how they sign
        #[command(flatten)]
        by: By,
    },
    /// Withdraw an authority: nothing that rests on its word is good any more
    #[command(
        after_help = "Example:\n  ledger trust authority withdraw GID-H02 --reason \"the department was closed\""
    )]
    Withdraw {
        /// Who
        gid: Gid,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who acts, and how they sign
        #[command(flatten)]
        by: By,
    },
    /// List the authorities
    List,
}

/// Arguments of `trust posture`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger trust posture GID-01 supervised --reason \"its reports were wrong twice\"\n  \
    ledger trust posture GID-01 pseudo --reason \"emergency: it deletes files\"\n\n\
    pseudo does nothing, and what rests on it stands still; tool does what others record; supervised records its own work within a\n\
    PAC; delegating (where every agent begins) passes on what it holds; autonomous also acts outside any PAC. A human raises a\n\
    posture; the agent itself, the orchestrator, an authority and an admin lower it."
)]
pub struct PostureArgs {
    /// Which agent
    pub gid: Gid,
    /// How much it may do of itself
    #[arg(value_parser = Posture::ALL.map(Posture::as_str))]
    pub posture: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub by: By,
}

/// Runs the subcommand.
pub fn run(command: &AuthorityCommand, ctx: &Context) -> anyhow::Result<u8> {
    match command {
        AuthorityCommand::Declare { gid, permissions, purpose, by } => {
            let body = Body::default()
                .with("gid", gid)
                .list("permissions", permissions)
                .maybe("purpose", purpose.as_ref());
            let bench = Bench::open(ctx)?;
            bench.submit("declare_authority", &body.json(), &by.actor.resolve_admin(bench.registry())?, by)
        }
        AuthorityCommand::Withdraw { gid, reason, by } => {
            let bench = Bench::open(ctx)?;
            let body = json!({ "gid": gid, "reason": reason });
            bench.submit("withdraw_authority", &body, &by.actor.resolve_admin(bench.registry())?, by)
        }
        AuthorityCommand::List => list(ctx),
    }
}

/// Changes a posture.
pub fn posture(args: &PostureArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let body = json!({ "gid": args.gid, "posture": args.posture, "reason": args.reason });
    bench.submit("set_posture", &body, &args.by.actor.resolve_admin(bench.registry())?, &args.by)
}

fn list(ctx: &Context) -> anyhow::Result<u8> {
    let authorities = AuthorityView::all(&read::registry_at(&*ctx.store()?, None)?);
    if ctx.json {
        say_json(&json!({ "authorities": authorities }))?;
        return Ok(DONE);
    }
    if authorities.is_empty() {
        say(styled(DIM, "no authorities yet; an admin declares one: ledger trust authority declare GID"))?;
        return Ok(DONE);
    }
    let mut table = table(&["authority", "permissions", "since", "until", "purpose"]);
    for a in &authorities {
        let permissions: Vec<&str> = a.permissions.iter().map(|p| p.as_str()).collect();
        table.add_row([
            a.gid.clone(),
            permissions.join(", "),
            a.since.to_string(),
            a.until.map(|u| u.to_string()).unwrap_or_default(),
            a.purpose.clone().unwrap_or_default(),
        ]);
    }
    say_table(&table)?;
    Ok(DONE)
}
