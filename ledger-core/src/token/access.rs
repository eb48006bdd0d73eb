//! Access tokens: biscuits that let one actor in over the network, in one role, and that whoever holds one can only narrow.
//!
//! Not here: whether one was given or revoked (`rules::access`), and no connection. Invariant: who holds it, and in which role, comes from
//! its authority block alone, which this ledger signed. Source: DESIGN.md §9.

use super::{Deed, Given, TokenKey, bound_name, forged, ids, instant, parse, query, refusal, unmade};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::access::Role;
use crate::rules::access::Holder;
use crate::time::Timestamp;
use biscuit_auth::builder::{Algorithm, Term, fact, string};
use biscuit_auth::{Biscuit, KeyPair, PrivateKey};
use serde::Serialize;

/// What the authority block of an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessClaims {
    /// Ledger that gave it: its log id.
    pub logid: String,
    /// Who holds it.
    pub gid: String,
    /// What they may do.
    pub role: Role,
    /// When it ends, RFC 3339.
    pub expires_at: String,
}

/// A token whose signatures were checked.
pub struct Admission {
    holder: Holder,
    /// Kept only where there are narrowings to evaluate.
    narrowed: Option<Biscuit>,
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission")
            .field("gid", &self.holder.gid)
            .field("role", &self.holder.role)
            .finish_non_exhaustive()
    }
}

impl Admission {
    /// Whose token it is.
    #[must_use]
    pub const fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Whether what it was narrowed to permits this.
    ///
    /// # Errors
    /// `LG_612` when it does not, `LG_611` when it did so earlier.
    pub fn permits(&self, deed: &Deed<'_>) -> Result<()> {
        let Some(refusal) = self.narrowed.as_ref().and_then(|biscuit| refusal(biscuit, deed)) else {
            return Ok(());
        };
        let code = if refusal.expired { Code::AccessEnded } else { Code::AccessDenied };
        Err(Error::new(code, refusal.why))
    }
}

fn unknown(e: &Error) -> Error {
    Error::new(Code::Unauthenticated, e.message.clone())
}

impl TokenKey {
    /// Makes an access token; `random` makes it one of its kind. Times in whole seconds: it ends at the second that holds `expires_at`.
    ///
    /// # Errors
    /// `LG_101` when the claims cannot be written as a token.
    pub fn give_access(
        &self,
        log_id: &str,
        gid: &str,
        role: Role,
        expires_at: i64,
        random: &[u8; 32],
    ) -> Result<Given> {
        let next = PrivateKey::from_bytes(random, Algorithm::Ed25519)
            .map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))?;
        let mut builder = Biscuit::builder();
        for (name, value) in [("log", log_id), ("holder", gid), ("role", role.as_str())] {
            builder = builder.fact(fact(&bound_name(name), &[string(value)])).map_err(unmade)?;
        }
        builder = builder.fact(fact(&bound_name("expires"), &[instant(expires_at)])).map_err(unmade)?;
        let table = biscuit_auth::datalog::SymbolTable::new();
        let biscuit = builder.build_with_key_pair(&self.0, table, &KeyPair::from(&next)).map_err(unmade)?;
        let id = ids(biscuit.revocation_identifiers()).into_iter().next();
        let id = id.ok_or_else(|| Error::new(Code::InvalidIntent, "the token has no id"))?;
        Ok(Given { token: biscuit.to_base64().map_err(unmade)?, id })
    }

    /// Checks the signatures of an access token.
    ///
    /// # Errors
    /// `LG_610` when this ledger did not sign it, or when it is a token for something else.
    pub fn admit(&self, token: &str, log_id: &str) -> Result<Admission> {
        let biscuit = parse(token).and_then(|t| t.verify(self.0.public()).map_err(forged));
        let biscuit = biscuit.map_err(|e| unknown(&e))?;
        let (claims, expires_at) = claims_of(|name| query(&biscuit, name)).map_err(|e| unknown(&e))?;
        if claims.logid != log_id {
            return Err(Error::new(
                Code::Unauthenticated,
                format!("the token was given by the ledger with id {}", claims.logid),
            ));
        }
        let ids = ids(biscuit.revocation_identifiers());
        let holder = Holder { gid: claims.gid, role: claims.role, expires_at, ids };
        let narrowed = (biscuit.block_count() > 1).then_some(biscuit);
        Ok(Admission { holder, narrowed })
    }
}

/// The claims, and when the token ends in milliseconds.
pub(super) fn claims_of(values: impl Fn(&str) -> Result<Vec<Term>>) -> Result<(AccessClaims, i64)> {
    let one = |name: &str| match values(name)?.as_slice() {
        [Term::Str(text)] => Ok(text.clone()),
        _ => Err(forged(format!("it does not say its {name}"))),
    };
    let expires_at = match values("expires")?.as_slice() {
        [Term::Date(seconds)] => i64::try_from(*seconds).ok().map(|s| s.saturating_mul(1000)),
        _ => None,
    };
    let written = expires_at.and_then(Timestamp::from_millis);
    let (Some(expires_at), Some(written)) = (expires_at, written) else {
        return Err(forged("it does not say when it expires"));
    };
    let role =
        Role::of_name(&one("role")?).ok_or_else(|| forged("it is for a role that is not known here"))?;
    let claims =
        AccessClaims { logid: one("log")?, gid: one("holder")?, role, expires_at: written.to_string() };
    Ok((claims, expires_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use crate::token::{Narrowing, narrow};

    const LOG: &str = "log";

    fn key() -> TokenKey {
        TokenKey::of_log(&SecretKey::from_seed(&[7; 32])).unwrap()
    }

    fn read(time: i64) -> Deed<'static> {
        Deed { operation: "read", time, ..Deed::default() }
    }

    #[test]
    fn a_token_says_who_holds_it_and_a_narrowing_only_forbids() {
        let key = key();
        let given = key.give_access(LOG, "GID-01", Role::Appender, 10_000, &[1; 32]).unwrap();
        let whole = key.admit(&given.token, LOG).unwrap();
        assert_eq!((whole.holder().gid.as_str(), whole.holder().role), ("GID-01", Role::Appender));
        assert_eq!(whole.holder().ids, std::slice::from_ref(&given.id));
        whole.permits(&read(0)).unwrap();
        let to = Narrowing {
            expires_at: Some(5_000),
            operations: vec!["append".to_owned()],
            kinds: vec!["record_note".to_owned()],
            streams: vec!["notes/a".parse().unwrap()],
            ..Narrowing::default()
        };
        let less = key.admit(&narrow(&given.token, &to, &[2; 32]).unwrap(), LOG).unwrap();
        assert_eq!(less.holder().gid, "GID-01");
        assert_eq!(less.holder().ids.first(), Some(&given.id));
        let deed = |kind, stream, time| Deed { operation: "append", kind, stream, time, ..Deed::default() };
        less.permits(&deed("record_note", "notes/a", 0)).unwrap();
        less.permits(&deed("record_note", "notes/a/b", 0)).unwrap();
        for refused in [
            deed("record_note", "notes/ab", 0),
            deed("record_note", "notes", 0),
            deed("record_artifact", "notes/a", 0),
            read(0),
        ] {
            assert_eq!(less.permits(&refused).unwrap_err().code, Code::AccessDenied, "{refused:?}");
        }
        assert_eq!(less.permits(&deed("record_note", "notes/a", 5_000)).unwrap_err().code, Code::AccessEnded);
    }

    #[test]
    fn tokens_of_others_and_for_other_things_let_nobody_in() {
        let key = key();
        let given = key.give_access(LOG, "GID-01", Role::Admin, 10_000, &[1; 32]).unwrap();
        let other = TokenKey::of_log(&SecretKey::from_seed(&[8; 32])).unwrap();
        let foreign = other.give_access(LOG, "GID-01", Role::Admin, 10_000, &[1; 32]).unwrap();
        let mut altered = given.token.clone();
        altered.replace_range(40..41, if altered.as_bytes()[40] == b'A' { "B" } else { "A" });
        for (token, log) in
            [(&foreign.token, LOG), (&altered, LOG), (&given.token, "another"), (&String::new(), LOG)]
        {
            assert_eq!(key.admit(token, log).unwrap_err().code, Code::Unauthenticated);
        }
    }
}
