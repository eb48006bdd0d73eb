//! Narrowing: a block that forbids more, which any holder can add offline.

use super::grant::{HOLDS, NARROWING};
use super::{MAX_BLOCKS, parse, unmade};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::grant_token::GrantNarrowing;
use crate::names::{ScopePath, Stream};
use biscuit_auth::builder::{Algorithm, BlockBuilder, Check, fact, string};
use biscuit_auth::{KeyPair, PrivateKey};

/// What a token is to be narrowed to; members that are absent leave it as it is.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// Not good after this moment, milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The only operations: `start`, `submit_ber` of a dispatch token; `read`, `append` of an access token.
    pub operations: Vec<String>,
    /// The only kinds of intents that may be appended.
    pub kinds: Vec<String>,
    /// The only streams that may be appended to or read, with what is below them.
    pub streams: Vec<Stream>,
    /// The only paths that may be written, with what is below them.
    pub paths: Vec<ScopePath>,
    /// The only actions that may be taken.
    pub actions: Vec<String>,
    /// What a grant is narrowed to.
    pub grant: Option<GrantNarrowing>,
}

/// The token with one block more; `random` makes the block one of its kind.
///
/// # Errors
/// `LG_160` when it is not readable as a token, `LG_101` when there is nothing to narrow, `LG_103` when it was narrowed too often.
pub fn narrow(token: &str, to: &Narrowing, random: &[u8; 32]) -> Result<String> {
    let biscuit = parse(token)?;
    if biscuit.block_count() >= MAX_BLOCKS {
        return Err(Error::new(
            Code::TooLarge,
            format!("the token was narrowed {MAX_BLOCKS} times; that is the bound"),
        ));
    }
    let mut checks: Vec<Check> = Vec::new();
    if let Some(at) = to.expires_at {
        checks.push(check("check if time($t), $t < {v}", super::instant(at))?);
    }
    for (source, values) in [
        ("check if operation($o), {v}.contains($o)", &to.operations),
        ("check if kind($k), {v}.contains($k)", &to.kinds),
    ] {
        if !values.is_empty() {
            let values = values.iter().map(|v| string(v)).collect();
            checks.push(check(source, biscuit_auth::builder::Term::Set(values))?);
        }
    }
    if !to.streams.is_empty() {
        checks.push(streams(&to.streams)?);
    }
    if !to.actions.is_empty() {
        let actions = to.actions.iter().map(|a| string(a)).collect();
        checks.push(check(
            "reject if action($a), !{v}.contains($a)",
            biscuit_auth::builder::Term::Set(actions),
        )?);
    }
    if !to.paths.is_empty() {
        checks.push(paths(&to.paths)?);
    }
    let mut block = BlockBuilder::new();
    if let Some(narrowing) = to.grant.as_ref().filter(|n| **n != GrantNarrowing::default()) {
        let text = narrowing.text()?;
        block = block.fact(fact(NARROWING, &[string(&text)])).map_err(unmade)?;
        checks.push(check(&format!("check if {HOLDS}({{v}})"), string(&text))?);
    }
    if checks.is_empty() {
        return Err(Error::new(
            Code::InvalidIntent,
            "nothing to narrow: name a time, operations, kinds, streams, paths, actions, capabilities or constraints",
        ));
    }
    let block = checks.into_iter().try_fold(block, BlockBuilder::check).map_err(unmade)?;
    let next = PrivateKey::from_bytes(random, Algorithm::Ed25519)
        .map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))?;
    biscuit.append_with_keypair(&KeyPair::from(&next), block).and_then(|b| b.to_base64()).map_err(unmade)
}

/// A check with one parameter, so that no text of a caller is read as Datalog.
fn check(source: &str, value: biscuit_auth::builder::Term) -> Result<Check> {
    let mut check: Check = source.try_into().map_err(unmade)?;
    check.set("v", value).map_err(unmade)?;
    Ok(check)
}

/// There is a stream, and it is one of these or below one.
fn streams(streams: &[Stream]) -> Result<Check> {
    let inside: Vec<String> =
        (0..streams.len()).map(|n| format!("$s == {{e{n}}} || $s.starts_with({{b{n}}})")).collect();
    let mut check: Check =
        format!("check if stream($s), ({})", inside.join(" || ")).as_str().try_into().map_err(unmade)?;
    for (n, stream) in streams.iter().enumerate() {
        check.set(&format!("e{n}"), string(stream.as_str())).map_err(unmade)?;
        check.set(&format!("b{n}"), string(&format!("{stream}/"))).map_err(unmade)?;
    }
    Ok(check)
}

/// Every path that was written is one of these or below one.
fn paths(paths: &[ScopePath]) -> Result<Check> {
    let outside: Vec<String> =
        (0..paths.len()).map(|n| format!("$p != {{e{n}}}, !$p.starts_with({{b{n}}})")).collect();
    let mut check: Check =
        format!("reject if path($p), {}", outside.join(", ")).as_str().try_into().map_err(unmade)?;
    for (n, path) in paths.iter().enumerate() {
        check.set(&format!("e{n}"), string(path.place())).map_err(unmade)?;
        check.set(&format!("b{n}"), string(&format!("{}/", path.place()))).map_err(unmade)?;
    }
    Ok(check)
}
