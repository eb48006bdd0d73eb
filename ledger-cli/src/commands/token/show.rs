//! `ledger token show`: what a token says, and what the ledger that gave it says of it.
//!
//! Invariant: the token itself is never printed. No rule of its own. Source: DOMAIN.md §4.

use super::{DONE, NO, Operation};
use crate::context::{Context, now};
use crate::output::{BAD, GOOD, WARN, printable, say, say_json, say_pairs, styled};
use ledger_core::event::{pac_stream, tree_stream};
use ledger_core::ledger::read;
use ledger_core::names::{GrantId, PacId};
use ledger_core::replay::machine_at;
use ledger_core::rules::Registry;
use ledger_core::rules::pac::Pac;
use ledger_core::rules::trust::Tree;
use ledger_core::store::Store;
use ledger_core::time::Timestamp;
use ledger_core::token::{self, Claims, Deed, GrantClaims, Inspection, Purpose, TokenKey};
use ledger_core::{Code, Result};
use serde_json::json;
use std::sync::Arc;

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

/// Says it.
pub fn show(text: &str, ctx: &Context) -> anyhow::Result<u8> {
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
    say_pairs(&claims(&said.claims))?;
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

/// What the authority block says, for people.
fn claims(of: &Purpose) -> Vec<(&'static str, String)> {
    let clean = |text: &str| printable(text, false).into_owned();
    let list = |items: &[String]| if items.is_empty() { "any".to_owned() } else { clean(&items.join(", ")) };
    match of {
        Purpose::Dispatch(c) => vec![
            ("PAC", clean(&c.pac_id)),
            ("Sub-PAC", clean(&c.sub_pac_id)),
            ("agent", clean(&c.agent)),
            ("lane", clean(&c.lane)),
            ("session", clean(&c.session)),
            ("expires", c.expires_at.clone()),
            ("paths", list(&c.paths)),
            ("actions", list(&c.actions)),
            ("ledger", clean(&c.logid)),
        ],
        Purpose::Grant(c) => vec![
            ("grant", clean(&c.grant_id)),
            ("of the tree", clean(&c.root)),
            ("expires", c.expires_at.clone()),
            ("ledger", clean(&c.logid)),
        ],
        Purpose::Access(c) => vec![
            ("holder", clean(&c.gid)),
            ("role", c.role.as_str().to_owned()),
            ("expires", c.expires_at.clone()),
            ("ledger", clean(&c.logid)),
        ],
    }
}

/// What this ledger says of the token.
fn standing(text: &str, said: &Inspection, ctx: &Context) -> Result<Standing> {
    let store = ctx.store()?;
    let key = ctx.location.token_key()?;
    let log_id = store.log_id().to_hex();
    let mut permits = Vec::new();
    for operation in Operation::of(&said.claims) {
        let permitted = match &said.claims {
            Purpose::Dispatch(_) => {
                let deed = Deed { operation: operation.as_str(), time: now(), ..Deed::default() };
                key.show(text, &log_id, &deed).map(|shown| shown.refusal.is_none())
            }
            Purpose::Access(_) => access_permits(&key, text, &log_id, *operation),
            Purpose::Grant(_) => {
                let deed = Deed { operation: operation.as_str(), time: now(), ..Deed::default() };
                key.show_grant(text, &log_id, &deed).map(|shown| shown.refusal.is_none())
            }
        };
        match permitted {
            Ok(true) => permits.push(operation.as_str()),
            Ok(false) => {}
            Err(e) if matches!(e.code, Code::TokenInvalid | Code::Unauthenticated) => {
                return Ok(Standing { signed: false, state: "FORGED", why: e.message, permits: Vec::new() });
            }
            Err(e) => return Err(e),
        }
    }
    let registry = Arc::new(read::registry_at(&*store, None)?);
    let (state, why) = match &said.claims {
        Purpose::Access(_) => state_of_access(&key, text, &log_id, &registry)?,
        Purpose::Grant(claims) => state_of_grant(&*store, &registry, said, claims)?,
        Purpose::Dispatch(claims) => {
            let pac = match PacId::new(claims.pac_id.as_str()) {
                Ok(id) => read::pac_at(&*store, pac_stream(&id)?.as_str(), None, &registry)?,
                Err(_) => None,
            };
            match pac {
                Some(pac) => state(&pac, said, claims),
                None => ("UNKNOWN", format!("there is no {}", claims.pac_id)),
            }
        }
    };
    Ok(Standing { signed: true, state, why, permits })
}

/// Whether its narrowings leave the operation open, for some kind and stream.
fn access_permits(key: &TokenKey, text: &str, log_id: &str, operation: Operation) -> Result<bool> {
    let admission = key.admit(text, log_id)?;
    let deed = Deed { operation: operation.as_str(), time: now(), ..Deed::default() };
    Ok(admission.permits(&deed).is_ok())
}

/// How an access token stands in the registry.
fn state_of_access(
    key: &TokenKey,
    text: &str,
    log_id: &str,
    registry: &Registry,
) -> Result<(&'static str, String)> {
    let admission = key.admit(text, log_id)?;
    let holder = admission.holder();
    Ok(match registry.access().admit(holder, now()) {
        Ok(()) if !registry.is_active(&holder.gid) => ("RETIRED", format!("{} acts no more", holder.gid)),
        Ok(()) => ("GOOD", format!("for {} as {}", holder.gid, holder.role.as_str())),
        Err(e) if e.code == Code::Unauthenticated => ("UNKNOWN", e.message),
        Err(e) if e.sequence.is_some() => ("REVOKED", e.message),
        Err(e) => ("EXPIRED", e.message),
    })
}

/// How a grant token stands in its tree.
fn state_of_grant(
    store: &dyn Store,
    registry: &Arc<Registry>,
    said: &Inspection,
    claims: &GrantClaims,
) -> Result<(&'static str, String)> {
    let unknown = || ("UNKNOWN", format!("there is no {} in the tree {}", claims.grant_id, claims.root));
    let (Ok(root), Ok(grant)) = (GrantId::new(claims.root.as_str()), GrantId::new(claims.grant_id.as_str()))
    else {
        return Ok(unknown());
    };
    let tree = machine_at::<Tree>(store, tree_stream(&root)?.as_str(), None, registry)?;
    let found = tree.as_ref().and_then(|tree| Some((tree, tree.find(&grant)?)));
    let Some((tree, at)) = found else { return Ok(unknown()) };
    let given = tree.tokens_of(at).find(|(id, ..)| said.token_ids.first() == Some(id));
    let Some((_, end, _)) = given else {
        return Ok(("UNKNOWN", format!("the token is not recorded as given for {grant}")));
    };
    if let Some(entry) = said.token_ids.iter().find_map(|id| tree.token_revoked(id)) {
        return Ok(("REVOKED", format!("by entry {entry}")));
    }
    if let Some(failing) = tree.failings(at, now(), registry).first() {
        return Ok(("WITHDRAWN", failing.to_string()));
    }
    if end <= now() {
        let at = Timestamp::from_millis(end).map(|t| t.to_string()).unwrap_or_default();
        return Ok(("EXPIRED", format!("at {at}")));
    }
    Ok(("GOOD", format!("for {grant}")))
}

/// How the token stands in its PAC.
fn state(pac: &Pac, said: &Inspection, claims: &Claims) -> (&'static str, String) {
    let id = said.token_ids.first();
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
