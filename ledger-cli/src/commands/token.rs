//! `ledger token`: what a dispatch token says, and narrowing it, offline.
//!
//! Invariant: `show` never prints the token; `narrow` prints the new one and nothing else. No rule of its own. Source: DOMAIN.md §4.

use super::{DONE, NO};
use crate::context::{Context, read_input};
use crate::output::{BAD, GOOD, WARN, printable, say, say_json, say_pairs, styled};
use ledger_core::event::pac_stream;
use ledger_core::key::SecretKey;
use ledger_core::ledger::{KEYS, LOG_KEY, read};
use ledger_core::names::{Line, PacId, ScopePath};
use ledger_core::rules::pac::Pac;
use ledger_core::view::wanted::read_time;

use ledger_core::time::{Clock as _, Random as _, SystemClock, SystemRandom, Timestamp};
use ledger_core::token::{self, Deed, Inspection, Narrowing, TokenKey};
use ledger_core::{Code, Result};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// What to do with a token.
#[derive(clap::Subcommand, Debug)]
pub enum TokenCommand {
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
        ledger token narrow - --operation start < token.txt\n  ledger token narrow @token.txt --path src/search/index --action read --action write\n\n\
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
    /// Good for reports of files at or below this path only (may be repeated)
    #[arg(long = "path", value_name = "PATH")]
    pub paths: Vec<ScopePath>,
    /// Good for reports of this action only (may be repeated)
    #[arg(long = "action", value_name = "ACTION")]
    pub actions: Vec<Line>,
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
}

impl Operation {
    const ALL: [Self; 2] = [Self::Start, Self::SubmitBer];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::SubmitBer => "submit_ber",
        }
    }
}

/// Most bytes of a file that holds a token.
const MOST: u64 = 64 << 10;

/// The token that an argument names.
fn named(text: &str) -> Result<String> {
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
        TokenCommand::Show { token } => show(&named(token)?, ctx),
        TokenCommand::Narrow(args) => narrow(args, ctx),
    }
}

fn now() -> i64 {
    SystemClock.read().wall
}

fn narrow(args: &NarrowArgs, ctx: &Context) -> anyhow::Result<u8> {
    let to = Narrowing {
        expires_at: match (&args.expires, args.expires_in) {
            (Some(time), _) => Some(read_time(time)?.millis()),
            (None, Some(seconds)) => Some(now().saturating_add(i64::from(seconds).saturating_mul(1000))),
            (None, None) => None,
        },
        operations: args.operations.iter().map(|o| o.as_str().to_owned()).collect(),
        paths: args.paths.clone(),
        actions: args.actions.iter().map(|a| a.as_str().to_owned()).collect(),
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

/// What the ledger says of a token.
struct Standing {
    /// Whether this ledger signed it.
    signed: bool,
    /// Whether it is good, in a word.
    state: &'static str,
    /// More about that.
    why: String,
    /// What it can be used for now, as far as its narrowings say.
    permits: Vec<&'static str>,
}

fn show(text: &str, ctx: &Context) -> anyhow::Result<u8> {
    let said = token::inspect(text)?;
    let standing = match standing(text, &said, ctx) {
        Ok(standing) => Ok(standing),
        // Not an error: a token can be read anywhere.
        Err(e) if matches!(e.code, Code::NotALedger | Code::KeyFileUnreadable | Code::KeyFileMode) => {
            Err(e.message)
        }
        Err(e) => return Err(e.into()),
    };
    let good = standing.as_ref().map_or(true, |s| s.signed && s.state == "GOOD");
    if ctx.json {
        let signature = match &standing {
            Ok(s) if s.signed => "valid",
            Ok(_) => "invalid",
            Err(_) => "not checked",
        };
        let standing = standing.ok();
        say_json(&json!({
            "claims": said.claims, "token_ids": said.token_ids, "narrowings": said.narrowings, "signature": signature,
            "state": standing.as_ref().map(|s| s.state), "why": standing.as_ref().map(|s| s.why.clone()),
            "permits": standing.as_ref().map(|s| s.permits.clone()),
        }))?;
    } else {
        say_token(&said, &standing)?;
    }
    Ok(if good { DONE } else { NO })
}

fn say_token(said: &Inspection, standing: &std::result::Result<Standing, String>) -> std::io::Result<()> {
    let c = &said.claims;
    let clean = |text: &str| printable(text, false).into_owned();
    let list = |items: &[String]| if items.is_empty() { "any".to_owned() } else { clean(&items.join(", ")) };
    say_pairs(&[
        ("PAC", clean(&c.pac_id)),
        ("Sub-PAC", clean(&c.sub_pac_id)),
        ("agent", clean(&c.agent)),
        ("lane", clean(&c.lane)),
        ("session", clean(&c.session)),
        ("expires", c.expires_at.clone()),
        ("paths", list(&c.paths)),
        ("actions", list(&c.actions)),
        ("ledger", clean(&c.logid)),
    ])?;
    for (number, id) in (0_u64..).zip(&said.token_ids) {
        let whose = if number == 0 { "token id".to_owned() } else { format!("narrowed {number}") };
        say_pairs(&[(whose.as_str(), id.as_str().to_owned())])?;
    }
    for (number, block) in (1_u64..).zip(&said.narrowings) {
        say(format!("narrowed {number}: {}", printable(block.trim(), false)))?;
    }
    match standing {
        Err(why) => say(styled(WARN, format!("signature not checked: {}", printable(why, false)))),
        Ok(s) if !s.signed => say(styled(BAD, format!("signature invalid: {}", printable(&s.why, false)))),
        Ok(s) => {
            let style = if s.state == "GOOD" { GOOD } else { BAD };
            let permits = if s.permits.is_empty() { "nothing".to_owned() } else { s.permits.join(", ") };
            say(format!("signature valid; {} {}", styled(style, s.state), printable(&s.why, false)))?;
            say(format!("by its narrowings it is good for {permits} now"))
        }
    }
}

/// What this ledger says of the token.
fn standing(text: &str, said: &Inspection, ctx: &Context) -> Result<Standing> {
    let store = ctx.store()?;
    let key = TokenKey::of_log(&SecretKey::read(&ctx.location.dir.join(KEYS).join(LOG_KEY))?)?;
    let log_id = store.log_id().to_hex();
    let mut permits = Vec::new();
    for operation in Operation::ALL {
        let deed = Deed { operation: operation.as_str(), time: now(), ..Deed::default() };
        match key.show(text, &log_id, &deed) {
            Ok(shown) if shown.refusal.is_none() => permits.push(operation.as_str()),
            Ok(_) => {}
            Err(e) if e.code == Code::TokenInvalid => {
                return Ok(Standing { signed: false, state: "FORGED", why: e.message, permits: Vec::new() });
            }
            Err(e) => return Err(e),
        }
    }
    let registry = Arc::new(read::registry_at(&store, None)?);
    let pac = match PacId::new(said.claims.pac_id.as_str()) {
        Ok(id) => read::pac_at(&store, pac_stream(&id)?.as_str(), None, &registry)?,
        Err(_) => None,
    };
    let (state, why) = match pac {
        Some(pac) => state(&pac, said),
        None => ("UNKNOWN", format!("there is no {}", said.claims.pac_id)),
    };
    Ok(Standing { signed: true, state, why, permits })
}

/// How the token stands in its PAC.
fn state(pac: &Pac, said: &Inspection) -> (&'static str, String) {
    let (id, claims) = (said.token_ids.first(), &said.claims);
    if pac.closure.is_some() {
        return ("CLOSED", format!("{} is closed", pac.id));
    }
    let Some(sub) = pac.sub_pac(&claims.sub_pac_id) else {
        return ("UNKNOWN", format!("{} has no {}", pac.id, claims.sub_pac_id));
    };
    let Some(grant) = sub.grant.as_ref().filter(|g| Some(&g.token_id) == id) else {
        return ("SUPERSEDED", format!("{} has another token now, or none", sub.id));
    };
    if let Some(position) = said.token_ids.iter().position(|id| pac.is_revoked(id)) {
        let whose = if position == 0 { "the token".to_owned() } else { format!("its narrowing {position}") };
        return ("REVOKED", format!("{whose} was revoked"));
    }
    if grant.spent {
        return ("SPENT", "by its BER".to_owned());
    }
    if now() >= grant.expires_at {
        let at = Timestamp::from_millis(grant.expires_at).map(|t| t.to_string()).unwrap_or_default();
        return ("EXPIRED", format!("at {at}"));
    }
    ("GOOD", format!("for {}, which is {}", sub.id, sub.state.as_str()))
}
