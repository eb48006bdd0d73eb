//! `ledger agents`: who there is.

use super::append::say_receipt;
use super::{DONE, replay};
use crate::context::{ActorArgs, Context};
use crate::output::{WARN, say, say_json, styled};
use crate::writer::{Writer, new_key};
use ledger_core::intent::Intent;
use ledger_core::ledger::read;
use ledger_core::names::Gid;
use ledger_core::view::ActorsView;
use ledger_core::view::as_of::AsOf;
use ledger_core::{Code, Error};
use serde_json::{Map, Value, json};

/// What to do with agents.
#[derive(clap::Subcommand, Debug)]
pub enum AgentsCommand {
    /// List all actors
    List,
    /// Register an agent, a service or a human
    #[command(after_help = "Examples:\n  ledger agents register GID-13 --name NOVA --lane EXECUTION\n  \
        ledger agents register GID-H02 --human --name \"Grace Hopper\" --public 9f3c...")]
    Register(RegisterArgs),
    /// Change an agent's name or lanes
    #[command(after_help = "Example:\n  ledger agents change GID-13 --lane EXECUTION --lane STRATEGY")]
    Change(ChangeArgs),
    /// Find who could do something, and say why others could not
    Find(super::trust::FindArgs),
    /// Retire an agent or service, for good
    #[command(after_help = "Example:\n  ledger agents retire GID-13 --reason \"replaced by GID-14\"")]
    Retire {
        /// Which
        gid: Gid,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who acts, and how they sign
        #[command(flatten)]
        actor: ActorArgs,
    },
}

/// Arguments of `agents register`.
#[derive(clap::Args, Debug)]
pub struct RegisterArgs {
    /// New GID
    pub gid: Gid,
    /// Name; of a human it goes into the private part
    #[arg(long)]
    pub name: String,
    /// Lane that it may work in (may be repeated)
    #[arg(long = "lane", value_name = "LANE", conflicts_with = "human")]
    pub lanes: Vec<String>,
    /// The lane that it mostly works in
    #[arg(long, value_name = "LANE", conflicts_with = "human")]
    pub primary_lane: Option<String>,
    /// It is a service, which works in no lane
    #[arg(long, conflicts_with = "human")]
    pub service: bool,
    /// They are a human
    #[arg(long)]
    pub human: bool,
    /// They are an admin
    #[arg(long, requires = "human")]
    pub admin: bool,
    /// Public key, in hex; without it a human gets a new key file in the ledger's keys directory
    #[arg(long, value_name = "HEX")]
    pub public: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// Arguments of `agents change`.
#[derive(clap::Args, Debug)]
pub struct ChangeArgs {
    /// Which
    pub gid: Gid,
    /// New name
    #[arg(long)]
    pub name: Option<String>,
    /// The lanes from now on (may be repeated)
    #[arg(long = "lane", value_name = "LANE")]
    pub lanes: Vec<String>,
    /// The lane that it mostly works in
    #[arg(long, value_name = "LANE")]
    pub primary_lane: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// Runs the subcommand.
pub fn run(command: Option<&AgentsCommand>, ctx: &Context) -> anyhow::Result<u8> {
    match command {
        None | Some(AgentsCommand::List) => list(ctx),
        Some(AgentsCommand::Register(args)) => register(args, ctx),
        Some(AgentsCommand::Find(args)) => super::trust::find(args, ctx),
        Some(AgentsCommand::Change(args)) => {
            let mut body = Map::new();
            body.insert("gid".to_owned(), json!(args.gid));
            insert(&mut body, "name", args.name.as_ref().map(|n| json!(n)));
            insert(&mut body, "lanes", (!args.lanes.is_empty()).then(|| json!(args.lanes)));
            insert(&mut body, "primary_lane", args.primary_lane.as_ref().map(|l| json!(l)));
            if body.len() == 1 {
                return Err(Error::new(
                    Code::Usage,
                    "nothing to change: give --name, --lane or --primary-lane",
                )
                .into());
            }
            submit(&ctx.writer()?, "change_agent", &Value::Object(body), None, &args.actor, ctx)
        }
        Some(AgentsCommand::Retire { gid, reason, actor }) => {
            submit(&ctx.writer()?, "retire_agent", &json!({ "gid": gid, "reason": reason }), None, actor, ctx)
        }
    }
}

fn insert(body: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value);
    }
}

fn list(ctx: &Context) -> anyhow::Result<u8> {
    let store = ctx.store()?;
    let registry = read::registry_at(&*store, None)?;
    if ctx.json {
        let at = store.head().size.saturating_sub(1);
        say_json(&AsOf { at, view: ActorsView::of(&registry) })?;
    } else {
        say(replay::actor_table(&registry))?;
    }
    Ok(DONE)
}

/// Appends an intent of the registry and says its receipt.
pub fn submit(
    writer: &Writer,
    kind: &str,
    body: &Value,
    private: Option<&Value>,
    actor: &ActorArgs,
    ctx: &Context,
) -> anyhow::Result<u8> {
    let gid = actor.resolve(&*writer.registry()?)?;
    let private = private.map(|p| p.to_string().into_bytes());
    let mut intent = Intent::new(kind, body.to_string().as_bytes(), private.as_deref(), gid, None)?;
    actor.sign(writer, &mut intent)?;
    say_receipt(&writer.append(intent)?, ctx)?;
    Ok(DONE)
}

fn register(args: &RegisterArgs, ctx: &Context) -> anyhow::Result<u8> {
    let writer = ctx.writer()?;
    let gid = &args.gid;
    if !args.human {
        let mut body = Map::new();
        body.insert("gid".to_owned(), json!(gid));
        body.insert("name".to_owned(), json!(args.name));
        body.insert("lanes".to_owned(), json!(args.lanes));
        insert(&mut body, "primary_lane", args.primary_lane.as_ref().map(|l| json!(l)));
        insert(&mut body, "kind", args.service.then(|| json!("service")));
        insert(&mut body, "key", args.public.as_ref().map(|k| json!(k)));
        return submit(&writer, "register_agent", &Value::Object(body), None, &args.actor, ctx);
    }
    // No rule reads the private part, so nobody else would look at the name.
    ledger_core::names::check_display_name(&args.name)?;
    let private = json!({ "name": args.name });
    let Some(public) = &args.public else {
        return register_with_new_key(args, &writer, &private, ctx);
    };
    let body = json!({ "gid": gid, "admin": args.admin, "key": public });
    submit(&writer, "register_human", &body, Some(&private), &args.actor, ctx)
}

/// Makes the key file first: a key that is registered and lost would be worse than one that is kept and not registered.
fn register_with_new_key(
    args: &RegisterArgs,
    writer: &Writer,
    private: &Value,
    ctx: &Context,
) -> anyhow::Result<u8> {
    let path = writer.location().key_file(args.gid.as_str());
    let secret = new_key()?;
    secret.write(&path, args.gid.as_str())?;
    let body = json!({ "gid": args.gid, "admin": args.admin, "key": secret.public()?.to_hex() });
    let done = submit(writer, "register_human", &body, Some(private), &args.actor, ctx);
    if done.is_err() {
        let _ = std::fs::remove_file(&path);
    } else if !ctx.json {
        say(styled(WARN, format!("hand this key file to them, and delete it here: {}", path.display())))?;
    }
    done
}
