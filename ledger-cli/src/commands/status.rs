//! `ledger status`.

use super::DONE;
use crate::context::Context;
use crate::output::{WARN, say, say_json, say_pairs, styled};
use ledger_core::ledger::read;
use ledger_core::view::StatusView;

/// Says it to a person.
pub fn say_status(status: &StatusView) -> std::io::Result<()> {
    say_pairs(&[
        ("origin", status.origin.clone()),
        ("log id", status.logid.clone()),
        ("entries", status.size.to_string()),
        ("last", status.time.clone().unwrap_or_else(|| "never".to_owned())),
        ("root", status.root.clone()),
        ("head", status.head.clone()),
        ("verifier key", status.vkey.clone()),
        (
            "actors",
            [(status.agents, "agent"), (status.humans, "human"), (status.services, "service")]
                .map(|(n, what)| format!("{n} {what}{}", if n == 1 { "" } else { "s" }))
                .join(", "),
        ),
    ])
}

/// Says what the ledger is.
pub fn run(ctx: &Context) -> anyhow::Result<u8> {
    let store = ctx.store()?;
    let registry = read::registry_at(&*store, None)?;
    let status = StatusView::of(&*store, &registry, Some(store.log_id()))?;
    if ctx.json {
        say_json(&status)?;
        return Ok(DONE);
    }
    say_status(&status)?;
    if let Some(advice) = status.advice() {
        say(styled(WARN, advice))?;
    }
    Ok(DONE)
}
