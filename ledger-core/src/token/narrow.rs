//! Narrowing: a block that forbids more, which any holder can add offline.

use super::{MAX_BLOCKS, parse, unmade};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::names::ScopePath;
use biscuit_auth::builder::{Algorithm, BlockBuilder, Check, string};
use biscuit_auth::{KeyPair, PrivateKey};

/// What a token is to be narrowed to; members that are absent leave it as it is.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// Not good after this moment, milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The only operations: `start`, `submit_ber`.
    pub operations: Vec<String>,
    /// The only paths that may be written, with what is below them.
    pub paths: Vec<ScopePath>,
    /// The only actions that may be taken.
    pub actions: Vec<String>,
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
    if !to.operations.is_empty() {
        let operations = to.operations.iter().map(|o| string(o)).collect();
        checks.push(check(
            "check if operation($o), {v}.contains($o)",
            biscuit_auth::builder::Term::Set(operations),
        )?);
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
    if checks.is_empty() {
        return Err(Error::new(
            Code::InvalidIntent,
            "nothing to narrow: name a time, operations, paths or actions",
        ));
    }
    let block = checks.into_iter().try_fold(BlockBuilder::new(), BlockBuilder::check).map_err(unmade)?;
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
