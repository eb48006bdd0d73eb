//! `ledger key`: keys of actors.

mod enrolment;

use super::DONE;
use super::agents::submit;
use crate::context::{ActorArgs, Context, timestamp};
use crate::output::{BAD, GOOD, say, say_json, say_pairs, styled, table};
use crate::writer::new_key;
use ledger_core::key::SecretKey;
use ledger_core::ledger::read;
use ledger_core::names::Gid;
use ledger_core::time::{Random as _, SystemRandom};
use ledger_core::view::OfferView;
use ledger_core::view::actors::keys;
use serde_json::json;
use std::path::PathBuf;

/// What to do with keys.
#[derive(clap::Subcommand, Debug)]
pub enum KeyCommand {
    /// List the keys of all actors, and open offers to enrol one
    List,
    /// Make a new key file; it signs for nobody until it is registered
    #[command(after_help = "Example:\n  ledger key new GID-01.key")]
    New {
        /// File to write; never an existing one
        file: PathBuf,
    },
    /// Register a key of an actor: a public key, or a new one, whose file is kept in the ledger's keys directory
    #[command(
        after_help = "Examples:\n  ledger key register GID-01 9f3c...\n  ledger key register GID-01\n\n\
        Whoever can read the key file signs as that actor: an agent that keeps its own key gives its public key here."
    )]
    Register {
        /// Whose
        gid: Gid,
        /// The public key, in hex [default: that of a new key file]
        public: Option<String>,
        /// Who acts, and how they sign
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// Offer a human to enrol a key that stays with them: makes a code that is good once, and shows it once
    #[command(
        after_help = "Example:\n  ledger key offer GID-H02 --expires-in 3600 --label \"the browser at home\""
    )]
    Offer(enrolment::OfferArgs),
    /// Withdraw an offer to enrol a key
    #[command(after_help = "Example:\n  ledger key withdraw sha256:9a41... --reason \"read by a stranger\"")]
    Withdraw {
        /// Digest of the code, as `ledger key list` shows it
        code_digest: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who acts, and how they sign
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// Enrol a new key by the code that an admin gave you: makes a key file
    #[command(after_help = "Example:\n  ledger key enrol --gid GID-H02 --code 7K2M-0QXA-...\n\n\
        The browser does the same at /enrol, with a key that never leaves it.")]
    Enrol(enrolment::EnrolArgs),
    /// Retire a key: it signs no more, and what it signed stays signed
    #[command(after_help = "Example:\n  ledger key retire GID-01 3a5c... --reason \"laptop lost\"")]
    Retire {
        /// Whose
        gid: Gid,
        /// Key id, in hex, as `ledger key list` shows it
        keyid: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who acts, and how they sign
        #[command(flatten)]
        actor: ActorArgs,
    },
}

/// Runs the subcommand.
pub fn run(command: Option<&KeyCommand>, ctx: &Context) -> anyhow::Result<u8> {
    match command {
        None | Some(KeyCommand::List) => list(ctx),
        Some(KeyCommand::New { file }) => {
            let mut seed = [0; 32];
            SystemRandom.fill(&mut seed)?;
            let secret = SecretKey::from_seed(&seed);
            secret.write(file, "an actor of a ledger")?;
            let public = secret.public()?;
            let id = hex::encode(public.id());
            if ctx.json {
                say_json(
                    &json!({ "file": file.display().to_string(), "key": public.to_hex(), "keyid": id }),
                )?;
            } else {
                say(format!("{} {}", styled(GOOD, "wrote"), file.display()))?;
                say_pairs(&[("public key", public.to_hex()), ("key id", id)])?;
            }
            Ok(DONE)
        }
        Some(KeyCommand::Register { gid, public: Some(public), actor }) => {
            submit(&ctx.writer()?, "register_key", &json!({ "gid": gid, "key": public }), None, actor, ctx)
        }
        Some(KeyCommand::Register { gid, public: None, actor }) => register_new(gid, actor, ctx),
        Some(KeyCommand::Offer(args)) => enrolment::offer(args, ctx),
        Some(KeyCommand::Withdraw { code_digest, reason, actor }) => {
            enrolment::withdraw(code_digest, reason, actor, ctx)
        }
        Some(KeyCommand::Enrol(args)) => enrolment::enrol(args, ctx),
        Some(KeyCommand::Retire { gid, keyid, reason, actor }) => {
            let body = json!({ "gid": gid, "keyid": keyid, "reason": reason });
            submit(&ctx.writer()?, "retire_key", &body, None, actor, ctx)
        }
    }
}

/// Makes the key file first: a key that is registered and lost would be worse than one that is kept and not registered.
fn register_new(gid: &Gid, actor: &ActorArgs, ctx: &Context) -> anyhow::Result<u8> {
    let writer = ctx.writer()?;
    let path = writer.location().key_file(gid.as_str());
    let secret = new_key()?;
    secret.write(&path, gid.as_str())?;
    let body = json!({ "gid": gid, "key": secret.public()?.to_hex() });
    // Unless somebody is named, an admin: the actor has no key yet that could sign for it.
    let by =
        ActorArgs { actor: Some(actor.resolve_admin(&*writer.registry()?)?.to_string()), ..actor.clone() };
    let done = submit(&writer, "register_key", &body, None, &by, ctx);
    if done.is_err() {
        let _ = std::fs::remove_file(&path);
    } else if !ctx.json {
        say(format!("{} {}", styled(GOOD, "wrote"), path.display()))?;
    }
    done
}

fn list(ctx: &Context) -> anyhow::Result<u8> {
    let registry = read::registry_at(&*ctx.store()?, None)?;
    if ctx.json {
        let holders: Vec<_> =
            registry.actors().map(|(gid, actor)| json!({ "gid": gid, "keys": keys(actor) })).collect();
        let offers = OfferView::open(&registry, timestamp()?);
        say_json(&json!({ "holders": holders, "offers": offers }))?;
        return Ok(DONE);
    }
    let mut table = table(&["gid", "key id", "public key", "since", "state"]);
    for (gid, actor) in registry.actors() {
        for key in keys(actor) {
            let state =
                key.until.map_or_else(|| "active".to_owned(), |n| styled(BAD, format!("retired by {n}")));
            table.add_row([gid.to_owned(), key.keyid, key.key, key.since.to_string(), state]);
        }
    }
    say(table.trim_fmt())?;
    enrolment::list(&registry)?;
    Ok(DONE)
}
