//! `ledger replay`: the registry as of any entry, or a PAC event by event.

mod step;

use super::DONE;
use super::pac::read::PacAt;
use crate::context::Context;
use crate::output::{BAD, HEAD, printable, say, say_json, say_pairs, styled, table};
use ledger_core::ledger::read;
use ledger_core::names::PacId;
use ledger_core::rules::Registry;
use ledger_core::rules::registry::ActorKind;
use ledger_core::view::RegistryView;

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

/// Shows the registry, or a PAC.
pub fn run(args: &ReplayArgs, ctx: &Context) -> anyhow::Result<u8> {
    if let Some(pac) = &args.pac {
        let which = PacAt { pac: pac.clone(), at: args.at };
        return if args.step { step::run(&which, ctx) } else { super::pac::show::run(&which, ctx) };
    }
    let store = ctx.store()?;
    let size = super::pac::read::size_at(store.head().size, args.at)?;
    let registry = read::registry_at(&*store, Some(size))?;
    let at = size.saturating_sub(1);
    if ctx.json {
        say_json(&RegistryView::of(&registry, size))?;
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
