//! `ledger token`: tokens for access over the network, and dispatch tokens: made, listed, revoked, looked at, narrowed offline.
//!
//! Invariant: a token is printed once, by the command that made it. No rule of its own. Source: DOMAIN.md §4, DESIGN.md §9.

pub mod access;
mod show;

use super::{DONE, NO};
use crate::commands::trust::limits::ConstraintArgs;
use crate::context::{Context, now, read_input};
use crate::output::{say, say_json};
pub use access::{ListArgs, NewArgs, RevokeArgs};
use ledger_core::constraint::{Constraints, Pattern};
use ledger_core::event::EventKind;
use ledger_core::event::body::grant_token::GrantNarrowing;
use ledger_core::names::{Gid, Line, ScopePath, Stream};
use ledger_core::time::{Random as _, SystemRandom};
use ledger_core::token::{self, Narrowing, Purpose};
use ledger_core::view::wanted::read_time;
use ledger_core::{Code, Error, Result};
use serde_json::json;
use std::path::Path;

/// What to do with a token.
#[derive(clap::Subcommand, Debug)]
pub enum TokenCommand {
    /// Make a token that lets one actor in over the network, in one role; it is printed once
    New(NewArgs),
    /// List the tokens for access, with their roles and whether they are good
    List(ListArgs),
    /// Revoke a token for access, and all that was narrowed from it
    Revoke(RevokeArgs),
    /// Say what a token is for, what it was narrowed to, and whether it is still good
    #[command(
        after_help = "Examples:\n  ledger token show @token.txt\n  ledger token show - --json < token.txt\n\n\
        Without a ledger the signature is not checked. With the ledger that gave it: signature, and whether the token is GOOD, SPENT,\n\
        REVOKED, SUPERSEDED (reissued, or of an earlier attempt), EXPIRED, CLOSED (with its PAC) or UNKNOWN. The token itself is never\n\
        printed. Exit code 2 when the ledger says that it is not good."
    )]
    Show {
        /// The token, @FILE that holds it, or - for standard input
        #[arg(value_name = "TOKEN|@FILE|-")]
        token: String,
    },
    /// Forbid more: print a token that permits less, for whoever gets it next
    #[command(after_help = "Examples:\n  ledger token narrow @token.txt --expires-in 600 > short.txt\n  \
        ledger token narrow - --operation start < token.txt\n  ledger token narrow @token.txt --path src/search/index --action read --action write\n  \
        ledger token narrow @access.txt --operation append --kind note --stream notes/build --expires-in 3600\n  \
        ledger token narrow @grant.txt --capability read_invoices --constraint budget_limit=1 --to GID-05\n\n\
        Needs no ledger and no key. A narrowed token never permits what the first does not. Revoking the first revokes all that was\n\
        narrowed from it.")]
    Narrow(NarrowArgs),
}

/// Arguments of `token narrow`.
#[derive(clap::Args, Debug)]
pub struct NarrowArgs {
    /// The token, @FILE that holds it, or - for standard input
    #[arg(value_name = "TOKEN|@FILE|-")]
    pub token: String,
    /// Not good from this time on: 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in")]
    pub expires: Option<String>,
    /// Not good after so many seconds from now
    #[arg(long, value_name = "SECONDS")]
    pub expires_in: Option<u32>,
    /// Good for this operation only (may be repeated)
    #[arg(long = "operation", value_name = "OPERATION")]
    pub operations: Vec<Operation>,
    /// Good for appending this kind of intent only (may be repeated)
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
    /// Good for this stream, and those below it, only (may be repeated)
    #[arg(long = "stream", value_name = "STREAM")]
    pub streams: Vec<Stream>,
    /// Good for reports of files at or below this path only (may be repeated)
    #[arg(long = "path", value_name = "PATH")]
    pub paths: Vec<ScopePath>,
    /// Good for reports of this action only (may be repeated)
    #[arg(long = "action", value_name = "ACTION")]
    pub actions: Vec<Line>,
    /// Of a grant: good for this capability only (may be repeated)
    #[arg(long = "capability", value_name = "NAME")]
    pub capabilities: Vec<Pattern>,
    /// What limits a grant that it carries
    #[command(flatten)]
    pub constraints: ConstraintArgs,
    /// Of a grant: good for this actor only
    #[arg(long, value_name = "GID")]
    pub to: Option<Gid>,
}

/// What a token is used for.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "snake_case")]
pub enum Operation {
    /// To begin
    Start,
    /// To file the BER
    #[value(alias = "ber")]
    SubmitBer,
    /// To read, over the network
    Read,
    /// To append, over the network
    Append,
    /// To act by a grant of trust
    Exercise,
}

impl Operation {
    /// Those that a token of this purpose can be good for.
    const fn of(purpose: &Purpose) -> &'static [Self] {
        match purpose {
            Purpose::Dispatch(_) => &[Self::Start, Self::SubmitBer],
            Purpose::Access(_) => &[Self::Read, Self::Append],
            Purpose::Grant(_) => &[Self::Exercise],
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::SubmitBer => "submit_ber",
            Self::Read => "read",
            Self::Append => "append",
            Self::Exercise => "exercise",
        }
    }
}

/// Most bytes of a file that holds a token.
const MOST: u64 = 64 << 10;

/// The token that an argument names.
pub fn named(text: &str) -> Result<String> {
    let bytes = match text.strip_prefix('@') {
        Some(path) => read_input(Path::new(path), MOST)?,
        None if text == "-" => read_input(Path::new("-"), MOST)?,
        None => return Ok(text.to_owned()),
    };
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Runs the subcommand.
pub fn run(command: &TokenCommand, ctx: &Context) -> anyhow::Result<u8> {
    match command {
        TokenCommand::New(args) => access::new(args, ctx),
        TokenCommand::List(args) => access::list(args, ctx),
        TokenCommand::Revoke(args) => access::revoke(args, ctx),
        TokenCommand::Show { token } => show::show(&named(token)?, ctx),
        TokenCommand::Narrow(args) => narrow(args, ctx),
    }
}

/// The full name of a kind of intent, from its name or alias.
fn kind_of(kind: &str) -> Result<String> {
    Ok(EventKind::of_intent(kind)?.row().kind.unwrap_or(kind).to_owned())
}

/// What a grant is narrowed to, if to anything.
fn narrowing(args: &NarrowArgs) -> Result<Option<GrantNarrowing>> {
    let constraints = args.constraints.value()?.unwrap_or_else(|| json!({}));
    let constraints: Constraints = serde_json::from_value(constraints)
        .map_err(|e| Error::new(Code::InvalidIntent, format!("the constraints: {e}")))?;
    let narrowing = GrantNarrowing {
        actor: args.to.clone(),
        capabilities: (!args.capabilities.is_empty()).then(|| args.capabilities.clone()),
        constraints,
        expires_at: None,
    };
    Ok((narrowing != GrantNarrowing::default()).then_some(narrowing))
}

fn narrow(args: &NarrowArgs, ctx: &Context) -> anyhow::Result<u8> {
    let to = Narrowing {
        expires_at: match (&args.expires, args.expires_in) {
            (Some(time), _) => Some(read_time(time)?.millis()),
            (None, Some(seconds)) => Some(now().saturating_add(i64::from(seconds).saturating_mul(1000))),
            (None, None) => None,
        },
        operations: args.operations.iter().map(|o| o.as_str().to_owned()).collect(),
        kinds: args.kinds.iter().map(|kind| kind_of(kind)).collect::<Result<_>>()?,
        streams: args.streams.clone(),
        paths: args.paths.clone(),
        actions: args.actions.iter().map(|a| a.as_str().to_owned()).collect(),
        grant: narrowing(args)?,
    };
    let mut random = [0; 32];
    SystemRandom.fill(&mut random)?;
    let narrowed = token::narrow(&named(&args.token)?, &to, &random)?;
    if ctx.json {
        let ids = token::inspect(&narrowed)?.token_ids;
        say_json(&json!({ "token": narrowed, "token_ids": ids }))?;
    } else {
        say(&narrowed)?;
    }
    Ok(DONE)
}
