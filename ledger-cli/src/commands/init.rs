//! `ledger init`.

use super::{DONE, status};
use crate::context::Context;
use crate::output::{DIM, GOOD, WARN, say, say_json, styled};
use ledger_core::ledger::{InitOptions, init};
use ledger_core::names::Origin;
use ledger_core::sequencer::Sources;
use ledger_core::time::{SystemClock, SystemRandom};
use ledger_core::view::StatusView;

/// Arguments of `init`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger init --origin ledger.example/acme --human \"Ada Lovelace\"")]
pub struct InitArgs {
    /// Name of the log in its checkpoints, like ledger.example/acme [default: made up]
    #[arg(long)]
    pub origin: Option<Origin>,
    /// Name of the first human, who is admin [default: the login name]
    #[arg(long, value_name = "NAME")]
    pub human: Option<String>,
    /// Agents to begin with: default (the table of the governance doctrine) or empty
    #[arg(long, default_value = "default")]
    pub profile: String,
}

/// Makes a ledger.
pub fn run(args: &InitArgs, ctx: &Context) -> anyhow::Result<u8> {
    let human = args.human.clone().unwrap_or_else(login_name);
    let options = InitOptions { origin: args.origin.clone(), human, profile: args.profile.clone() };
    let sources = Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) };
    let made = init(&ctx.location, &options, sources)?;
    let sequencer = made.ledger.sequencer();
    let state = StatusView::of(sequencer.store(), sequencer.registry(), sequencer.log().log_id)?;
    if ctx.json {
        say_json(&serde_json::json!({
            "origin": state.origin, "logid": state.logid, "size": state.size, "root": state.root, "head": state.head,
            "vkey": state.vkey, "checkpoint": state.checkpoint, "human": made.human,
            "keys": made.keys.iter().map(|k| k.display().to_string()).collect::<Vec<_>>(),
        }))?;
        return Ok(DONE);
    }
    say(format!("{} {}", styled(GOOD, "made a ledger in"), ctx.location.dir.display()))?;
    status::say_status(&state)?;
    say(styled(DIM, "secret keys (keep them, and a copy elsewhere):"))?;
    for key in &made.keys {
        say(format!("  {}", key.display()))?;
    }
    if let Some(advice) = state.advice() {
        say(styled(WARN, advice))?;
    }
    say("next: ledger append note --data '{\"text\":\"hello\"}'")?;
    Ok(DONE)
}

/// The login name, for the first human's private part.
fn login_name() -> String {
    ["LOGNAME", "USER"]
        .iter()
        .find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}
