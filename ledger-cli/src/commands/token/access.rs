//! `ledger token new|list|revoke`: tokens that let actors in over the network.
//!
//! Invariant: the token is made from the log's key, which only its owner can read, and its id is in the log before it is printed.
//! No rule of its own. Source: DESIGN.md §9.

use super::named;
use crate::commands::DONE;
use crate::commands::append::say_receipt;
use crate::context::{ActorArgs, Context, now};
use crate::output::{BAD, GOOD, WARN, printable, say, say_json, say_table, styled, table};
use ledger_core::event::Event;
use ledger_core::event::body::access::{AccessTokenIssue, Role};
use ledger_core::event::body::work::TokenId;
use ledger_core::intent::Intent;
use ledger_core::ledger::{Location, read};
use ledger_core::names::{Gid, Line};
use ledger_core::rules::Registry;
use ledger_core::rules::access::LONGEST;
use ledger_core::time::{Random as _, SystemRandom, Timestamp};
use ledger_core::token::{Given, inspect};
use ledger_core::{Code, Error, Result};
use serde::Serialize;
use serde_json::{Value, json};

/// How long a token is good when nothing is said: 30 days, in seconds.
pub const USUAL: u32 = 30 * 86_400;

/// Arguments of `token new`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger token new GID-01 > agent.token\n  ledger token new GID-H02 --role reviewer --url\n  \
    ledger token new GID-01 --role reader --expires-in 3600 --label \"nightly report\"\n\n\
    Roles: a reader reads; an appender appends as itself too; a reviewer opens and answers reviews; an orchestrator appends as the\n\
    orchestrator; an admin appends as itself, and hands over what others have signed. The token is printed once and kept nowhere;\n\
    the log holds its id. With --url a link is printed instead, which opens the pages of the running server, once."
)]
pub struct NewArgs {
    /// Who will hold it
    pub gid: Gid,
    /// What they may do [default: orchestrator, admin or appender, whichever they are]
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: Option<Role>,
    /// Not good after so many seconds from now, 31,622,400 at most [default: 30 days]
    #[arg(long, value_name = "SECONDS")]
    pub expires_in: Option<u32>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub label: Option<Line>,
    /// Print a link for a browser instead, good once and for ten minutes; needs a running server
    #[arg(long)]
    pub url: bool,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// Arguments of `token list`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger token list\n  ledger token list --all --json")]
pub struct ListArgs {
    /// Those that are good no more, too
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `token revoke`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger token revoke 9f3c51 --reason \"the laptop was lost\"\n  \
    ledger token revoke @agent.token --reason \"the agent was retired\"\n\n\
    Revoking a token revokes everything that was narrowed from it; @FILE with a narrowed one revokes that one, and what was narrowed\n\
    from it. A running server refuses it from the next request on.")]
pub struct RevokeArgs {
    /// Id of the token, or the first digits of it, as `token list` shows it; or @FILE that holds the token
    #[arg(value_name = "ID|@FILE|-")]
    pub token: String,
    /// Why
    #[arg(long)]
    pub reason: Line,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
}

fn role(text: &str) -> std::result::Result<Role, String> {
    let names = || Role::ALL.map(Role::as_str).join(", ");
    Role::of_name(text).ok_or_else(|| format!("the roles are {}", names()))
}

/// The role that somebody has when nothing is said.
fn usual_role(registry: &Registry, gid: &str) -> Role {
    match registry.actor(gid) {
        Some(actor) if actor.admin => Role::Admin,
        _ if registry.orchestrator() == gid => Role::Orchestrator,
        _ => Role::Appender,
    }
}

/// A token, and the intent that records it, not yet signed.
pub fn make(
    location: &Location,
    registry: &Registry,
    log_id: &str,
    (gid, role, label): (&Gid, Option<Role>, Option<&Line>),
    seconds: u32,
    actor: Gid,
) -> Result<(Given, Intent)> {
    let role = role.unwrap_or_else(|| usual_role(registry, gid.as_str()));
    let mut random = [0; 32];
    SystemRandom.fill(&mut random)?;
    let expires_at =
        now().saturating_add(i64::from(seconds).saturating_mul(1_000)).min(now().saturating_add(LONGEST));
    // Tokens have whole seconds.
    let expires_at = expires_at.div_euclid(1_000).saturating_mul(1_000);
    let given = location.token_key()?.give_access(log_id, gid.as_str(), role, expires_at, &random)?;
    let issue = AccessTokenIssue {
        expires_at,
        gid: gid.clone(),
        label: label.cloned(),
        role,
        token_id: given.id.clone(),
    };
    let data = Event::AccessTokenIssued(issue).data()?;
    Ok((given, Intent::new("issue_access_token", &data, None, actor, None)?))
}

/// `token new`.
pub fn new(args: &NewArgs, ctx: &Context) -> anyhow::Result<u8> {
    let server = if args.url { Some(ctx.server()?) } else { None };
    let writer = ctx.writer()?;
    let registry = writer.registry()?;
    let log_id = writer.log()?.log_id.map(|id| id.to_hex()).unwrap_or_default();
    let actor = args.actor.resolve_admin(&registry)?;
    let what = (&args.gid, args.role, args.label.as_ref());
    let seconds = args.expires_in.unwrap_or(USUAL);
    let (given, mut intent) = make(&ctx.location, &registry, &log_id, what, seconds, actor)?;
    args.actor.sign(&writer, &mut intent)?;
    let receipt = writer.append(intent)?;
    let link = server.map(|server| server.link(&given.token)).transpose()?;
    if ctx.json {
        let mut answer = json!({ "token_id": given.id, "gid": args.gid, "sequence": receipt.sequence });
        if let Some(members) = answer.as_object_mut() {
            match link {
                Some(url) => members.insert("url".to_owned(), url.into()),
                None => members.insert("token".to_owned(), given.token.into()),
            };
        }
        say_json(&answer)?;
    } else {
        say(link.unwrap_or(given.token))?;
    }
    Ok(DONE)
}

/// A token in a row.
#[derive(Serialize)]
struct Row<'a> {
    token_id: &'a str,
    gid: &'a str,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    since: u64,
    expires_at: String,
    state: &'static str,
}

/// `token list`.
pub fn list(args: &ListArgs, ctx: &Context) -> anyhow::Result<u8> {
    let registry = read::registry_at(&*ctx.store()?, None)?;
    let tokens = registry.access();
    let mut rows: Vec<Row<'_>> = tokens
        .issued()
        .map(|(id, token)| Row {
            token_id: id.as_str(),
            gid: &token.gid,
            role: token.role,
            label: token.label.as_deref(),
            since: token.since,
            expires_at: Timestamp::from_millis(token.expires_at).map(|t| t.to_string()).unwrap_or_default(),
            state: match tokens.revoked(id) {
                Some(_) => "REVOKED",
                None if now() >= token.expires_at => "EXPIRED",
                None if !registry.is_active(&token.gid) => "RETIRED",
                None => "GOOD",
            },
        })
        .filter(|row| args.all || row.state == "GOOD")
        .collect();
    rows.sort_by_key(|row| row.since);
    if ctx.json {
        say_json(&json!({ "tokens": rows }))?;
        return Ok(DONE);
    }
    if rows.is_empty() {
        say("no tokens; `ledger token new GID` makes one")?;
        return Ok(DONE);
    }
    let mut table = table(&["id", "holder", "role", "state", "expires", "entry", "for"]);
    for row in rows {
        let style = if row.state == "GOOD" { GOOD } else { BAD };
        table.add_row([
            row.token_id.get(..12).unwrap_or(row.token_id).to_owned(),
            row.gid.to_owned(),
            row.role.as_str().to_owned(),
            styled(style, row.state),
            row.expires_at,
            row.since.to_string(),
            printable(row.label.unwrap_or_default(), false).into_owned(),
        ]);
    }
    say_table(&table)?;
    Ok(DONE)
}

/// The id that is meant by its first digits, or that of the last block of a token.
fn id_of(text: &str, registry: &Registry) -> Result<TokenId> {
    if text == "-" || text.starts_with('@') {
        let last = inspect(&named(text)?)?.token_ids.pop();
        return last.ok_or_else(|| Error::new(Code::InvalidIntent, "the token has no id"));
    }
    if let Some(id) = TokenId::new(text) {
        return Ok(id);
    }
    let found: Vec<&TokenId> = registry
        .access()
        .issued()
        .map(|(id, _)| id)
        .filter(|id| id.as_str().starts_with(text))
        .take(2)
        .collect();
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(Error::new(Code::NotRegistered, format!("no token has an id that begins with {text:?}"))
            .hint("`ledger token list --all` lists them")),
        _ => Err(Error::new(Code::Usage, format!("several ids begin with {text:?}; give more digits"))),
    }
}

/// `token revoke`.
pub fn revoke(args: &RevokeArgs, ctx: &Context) -> anyhow::Result<u8> {
    let writer = ctx.writer()?;
    let registry = writer.registry()?;
    let id = id_of(&args.token, &registry)?;
    let actor = args.actor.resolve_admin(&registry)?;
    let body: Value = json!({ "token_id": id, "reason": args.reason });
    let mut intent = Intent::new("revoke_access_token", body.to_string().as_bytes(), None, actor, None)?;
    args.actor.sign(&writer, &mut intent)?;
    let receipt = writer.append(intent)?;
    say_receipt(&receipt, ctx)?;
    if !ctx.json && registry.access().issued().all(|(known, _)| *known != id) {
        say(styled(WARN, "it is not recorded as given: it was narrowed from another, which stays good"))?;
    }
    Ok(DONE)
}
