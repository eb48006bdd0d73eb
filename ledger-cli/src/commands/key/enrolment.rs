//! Offers to enrol a key, and enrolment with a key file: what the browser does at `/enrol`, in a terminal.
//!
//! No rule of its own. Invariant: a code is shown once, to whoever makes the offer, and is kept nowhere.

use crate::commands::DONE;
use crate::commands::append::say_receipt;
use crate::context::{ActorArgs, Context, now, timestamp};
use crate::output::{DIM, GOOD, HEAD, printable, say, say_json, say_pairs, styled, table};
use crate::writer::new_key;
use ledger_core::event::body::enrolment::EnrolmentCode;
use ledger_core::intent::Intent;
use ledger_core::names::Gid;
use ledger_core::rules::Registry;
use ledger_core::time::{SystemRandom, Timestamp};
use ledger_core::view::OfferView;
use ledger_core::{Code, Error};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where a browser enrols a key.
const PAGE: &str = "/enrol";

/// Arguments of `key offer`.
#[derive(clap::Args, Debug)]
pub struct OfferArgs {
    /// Whose: a registered human
    pub gid: Gid,
    /// Seconds that the code is good for, at most 604,800 (7 days)
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    pub expires_in: u32,
    /// What it is for; no personal data
    #[arg(long, value_name = "TEXT")]
    pub label: Option<String>,
    /// Who acts, and how they sign
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// Arguments of `key enrol`.
#[derive(clap::Args, Debug)]
pub struct EnrolArgs {
    /// Who you are
    #[arg(long)]
    pub gid: Gid,
    /// The code that an admin gave you; hyphens, spaces and small letters do not matter
    #[arg(long)]
    pub code: String,
    /// Key file to write; never an existing one [default: keys/GID.key in the ledger]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Withdraws an offer.
pub fn withdraw(code_digest: &str, reason: &str, actor: &ActorArgs, ctx: &Context) -> anyhow::Result<u8> {
    let writer = ctx.writer()?;
    let body = json!({ "code_digest": code_digest, "reason": reason }).to_string();
    let gid = actor.resolve_admin(&*writer.registry()?)?;
    let mut intent = Intent::new("withdraw_enrolment", body.as_bytes(), None, gid, None)?;
    actor.sign(&writer, &mut intent)?;
    say_receipt(&writer.append(intent)?, ctx)?;
    Ok(DONE)
}

/// Makes a code, records its digest, and says the code.
pub fn offer(args: &OfferArgs, ctx: &Context) -> anyhow::Result<u8> {
    let writer = ctx.writer()?;
    let code = EnrolmentCode::new(&mut SystemRandom)?;
    let expires_at = now().saturating_add(i64::from(args.expires_in).saturating_mul(1000));
    let mut body = json!({ "gid": args.gid, "code_digest": code.digest(), "expires_at": expires_at });
    if let (Some(label), Some(members)) = (&args.label, body.as_object_mut()) {
        members.insert("label".to_owned(), json!(label));
    }
    let actor = args.actor.resolve_admin(&*writer.registry()?)?;
    let mut intent = Intent::new("offer_enrolment", body.to_string().as_bytes(), None, actor, None)?;
    args.actor.sign(&writer, &mut intent)?;
    let receipt = writer.append(intent)?;
    if ctx.json {
        let mut answer = serde_json::to_value(&receipt)?;
        if let Some(members) = answer.as_object_mut() {
            members.extend([
                ("code".to_owned(), Value::from(code.grouped())),
                ("expires_at".to_owned(), Value::from(expires_at)),
                ("page".to_owned(), Value::from(PAGE)),
            ]);
        }
        say_json(&answer)?;
        return Ok(DONE);
    }
    say_receipt(&receipt, ctx)?;
    say_pairs(&[
        ("code", styled(HEAD, code.grouped())),
        ("good until", expiry(expires_at)),
        ("in a browser", PAGE.to_owned()),
        ("in a terminal", format!("ledger key enrol --gid {} --code CODE", args.gid)),
    ])?;
    say(styled(DIM, "it is shown this once; give it to them and nobody else"))?;
    Ok(DONE)
}

/// Makes a key file and enrols its key. The file comes first: a key that is enrolled and lost would be worse than one that is not enrolled.
pub fn enrol(args: &EnrolArgs, ctx: &Context) -> anyhow::Result<u8> {
    let invalid = || {
        Error::new(Code::Usage, "--code is no code").hint("it has 28 letters and digits, in groups of four")
    };
    let code = EnrolmentCode::from_hand(&args.code).ok_or_else(invalid)?;
    let writer = ctx.writer()?;
    let path = args.file.clone().unwrap_or_else(|| writer.location().key_file(args.gid.as_str()));
    let secret = new_key()?;
    let public = secret.public()?;
    secret.write(&path, args.gid.as_str())?;
    let body = json!({ "gid": args.gid, "code": code, "key": public.to_hex() });
    let enrolled = Intent::new("enrol_key", body.to_string().as_bytes(), None, args.gid.clone(), None)
        .and_then(|mut intent| writer.sign(&mut intent, &secret).and_then(|()| writer.append(intent)));
    let receipt = match enrolled {
        Ok(receipt) => receipt,
        Err(e) => {
            let _ = std::fs::remove_file(&path);
            return Err(e.into());
        }
    };
    let (file, keyid) = (path.display().to_string(), hex::encode(public.id()));
    if ctx.json {
        let mut answer = serde_json::to_value(&receipt)?;
        if let Some(members) = answer.as_object_mut() {
            members.extend([
                ("file".to_owned(), Value::from(file)),
                ("key".to_owned(), Value::from(public.to_hex())),
                ("keyid".to_owned(), Value::from(keyid)),
            ]);
        }
        say_json(&answer)?;
        return Ok(DONE);
    }
    say_receipt(&receipt, ctx)?;
    say(format!("{} {file}", styled(GOOD, "wrote")))?;
    say_pairs(&[("public key", public.to_hex()), ("key id", keyid)])?;
    Ok(DONE)
}

/// Says which offers are open.
pub fn list(registry: &Registry) -> anyhow::Result<()> {
    let open = OfferView::open(registry, timestamp()?);
    if open.is_empty() {
        return Ok(());
    }
    let mut table = table(&["offered to", "code digest", "good until", "since", "label"]);
    for offer in open {
        table.add_row([
            offer.gid.to_owned(),
            offer.code_digest.to_owned(),
            expiry(offer.expires_at),
            offer.since.to_string(),
            printable(offer.label.unwrap_or_default(), false).into_owned(),
        ]);
    }
    say("")?;
    say(table.trim_fmt())?;
    Ok(())
}

fn expiry(millis: i64) -> String {
    Timestamp::from_millis(millis).map_or_else(|| millis.to_string(), |t| t.to_string())
}
