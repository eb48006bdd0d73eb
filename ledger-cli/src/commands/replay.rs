//! `ledger replay`: the registry as of any entry.

use super::DONE;
use crate::context::Context;
use crate::output::{BAD, HEAD, printable, say, say_json, say_pairs, styled, table};
use ledger_core::ledger::read;
use ledger_core::rules::Registry;
use ledger_core::rules::registry::{Actor, ActorKind};
use ledger_core::store::Store as _;
use ledger_core::{Code, Error};
use serde::Serialize;

/// Arguments of `replay`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger replay\n  ledger replay --at 5 --json")]
pub struct ReplayArgs {
    /// As of this entry, what it did included [default: the last one]
    #[arg(long, value_name = "N")]
    pub at: Option<u64>,
}

/// One actor, as JSON.
#[derive(Serialize)]
struct ActorView<'a> {
    gid: &'a str,
    kind: ActorKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    lanes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_lane: Option<&'a str>,
    admin: bool,
    retired: bool,
    since: u64,
    keys: Vec<KeyView>,
}

/// One key, as JSON.
#[derive(Serialize)]
pub struct KeyView {
    /// SHA-256 of the public key.
    pub keyid: String,
    /// The public key.
    pub key: String,
    /// Entry that registered it.
    pub since: u64,
    /// Entry that retired it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// Keys of an actor.
pub fn keys(actor: &Actor) -> Vec<KeyView> {
    let view = |k: &ledger_core::rules::registry::ActorKey| KeyView {
        keyid: hex::encode(k.key.id()),
        key: k.key.to_hex(),
        since: k.since,
        until: k.until,
    };
    actor.keys.iter().map(view).collect()
}

fn actors(registry: &Registry) -> Vec<ActorView<'_>> {
    registry
        .actors()
        .map(|(gid, a)| ActorView {
            gid,
            kind: a.kind,
            name: a.name.as_deref(),
            lanes: a.lanes.iter().map(ledger_core::names::Lane::as_str).collect(),
            primary_lane: a.primary_lane.as_ref().map(ledger_core::names::Lane::as_str),
            admin: a.admin,
            retired: a.retired,
            since: a.since,
            keys: keys(a),
        })
        .collect()
}

/// Shows the registry.
pub fn run(args: &ReplayArgs, ctx: &Context) -> anyhow::Result<u8> {
    let store = ctx.store()?;
    let head = store.head().size;
    if let Some(at) = args.at.filter(|at| *at >= head) {
        let message = format!("the log holds {head} entries; there is no entry {at}");
        return Err(Error::new(Code::NoSuchEntry, message).into());
    }
    let size = args.at.map_or(head, |at| at.saturating_add(1));
    let registry = read::registry_at(&store, Some(size))?;
    let at = size.saturating_sub(1);
    if ctx.json {
        say_json(&serde_json::json!({
            "at": at, "size": size, "orchestrator": registry.orchestrator(), "policy": registry.policy(), "actors": actors(&registry),
        }))?;
        return Ok(DONE);
    }
    say(styled(HEAD, format!("registry as of entry {at}")))?;
    say_pairs(&[
        ("orchestrator", registry.orchestrator().to_owned()),
        (
            "policy",
            format!(
                "version {}, {} kinds need more than usual",
                registry.policy().version,
                registry.policy().require.len()
            ),
        ),
    ])?;
    say(actor_table(&registry))?;
    Ok(DONE)
}

/// All actors, as a table.
pub fn actor_table(registry: &Registry) -> String {
    let mut table = table(&["gid", "kind", "name", "lanes", "keys", "since", "state"]);
    for (gid, actor) in registry.actors() {
        let kind = match (actor.kind, actor.admin) {
            (ActorKind::Human, true) => "human, admin",
            (ActorKind::Human, false) => "human",
            (ActorKind::Agent, _) => "agent",
            (ActorKind::Service, _) => "service",
        };
        let lanes: Vec<&str> = actor.lanes.iter().map(ledger_core::names::Lane::as_str).collect();
        let live = actor.keys.iter().filter(|k| k.until.is_none()).count();
        let state = if actor.retired { styled(BAD, "retired") } else { "active".to_owned() };
        let name = actor
            .name
            .as_deref()
            .map_or_else(|| "(private)".into(), |name| printable(name, false))
            .into_owned();
        table.add_row([
            gid.to_owned(),
            kind.to_owned(),
            name,
            lanes.join(" "),
            live.to_string(),
            actor.since.to_string(),
            state,
        ]);
    }
    table.trim_fmt()
}

/// Actors as JSON values.
pub fn actors_json(registry: &Registry) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::to_value(actors(registry))?)
}
