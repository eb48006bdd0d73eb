//! `ledger replay`: the registry as of any entry, or a PAC event by event.

mod step;

use super::DONE;
use super::pac::read::PacAt;
use crate::context::Context;
use crate::output::{BAD, HEAD, printable, say, say_json, say_pairs, styled, table};
use ledger_core::ledger::read;
use ledger_core::names::PacId;
use ledger_core::rules::Registry;
use ledger_core::rules::registry::{Actor, ActorKind};
use ledger_core::store::Store as _;
use serde::Serialize;

/// Arguments of `replay`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger replay\n  ledger replay --at 5 --json\n  \
    ledger replay PAC-ATLAS-P1-SEARCH-01 --step\n  ledger replay PAC-ATLAS-P1-SEARCH-01 --at 40\n\n\
    With --step, a terminal waits after each event for Enter; q ends. In a pipe all of them are printed.")]
pub struct ReplayArgs {
    /// A PAC instead of the registry, as `ledger pac show` has it
    pub pac: Option<PacId>,
    /// Every event of the PAC: who did what, and which states it changed
    #[arg(long, requires = "pac")]
    pub step: bool,
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

/// Shows the registry, or a PAC.
pub fn run(args: &ReplayArgs, ctx: &Context) -> anyhow::Result<u8> {
    if let Some(pac) = &args.pac {
        let which = PacAt { pac: pac.clone(), at: args.at };
        return if args.step { step::run(&which, ctx) } else { super::pac::show::run(&which, ctx) };
    }
    let store = ctx.store()?;
    let size = super::pac::read::size_at(store.head().size, args.at)?;
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
