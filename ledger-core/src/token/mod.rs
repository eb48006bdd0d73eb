//! Tokens: biscuits that whoever holds one can only narrow. Here dispatch tokens, which bind one agent to one Sub-PAC and one session.
//!
//! Pure: time and randomness are passed in. Not here: whether a token is spent or revoked (`rules::pac`), which the log knows. Invariant:
//! what a token is for comes from its authority block alone, which this ledger signed; a narrowing can forbid and never allow. The token
//! itself is printed once and kept nowhere. Source: DOMAIN.md §4, DESIGN.md §9.

mod access;
mod grant;
mod narrow;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::work::TokenId;
use crate::key::SecretKey;
use crate::rules::pac::Terms;
use crate::rules::{Refusal, Shown};
pub use access::{AccessClaims, Admission};
use biscuit_auth::builder::{Algorithm, Term};
use biscuit_auth::builder::{fact, string};
use biscuit_auth::{
    AuthorizerBuilder, AuthorizerLimits, Biscuit, KeyPair, PrivateKey, PublicKey, UnverifiedBiscuit,
};
pub use grant::GrantClaims;
pub use narrow::{Narrowing, narrow};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// Longest token, in characters.
const MAX_TOKEN: usize = 32_768;
/// Most blocks of a token: how often it can be narrowed.
const MAX_BLOCKS: usize = 32;

/// The key that the tokens of one ledger are signed with.
pub struct TokenKey(KeyPair);

/// A token that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The token, to be shown once.
    pub token: String,
    /// Revocation id of its authority block.
    pub id: TokenId,
}

/// What is about to be done with a token.
#[derive(Clone, Debug, Default)]
pub struct Deed<'a> {
    /// `start` or `submit_ber`; `read` or `append`.
    pub operation: &'a str,
    /// Kind of the intent; empty without one.
    pub kind: &'a str,
    /// Stream that is appended to or read; empty where it is none alone.
    pub stream: &'a str,
    /// Milliseconds since 1970.
    pub time: i64,
    /// Paths that were written.
    pub paths: Vec<&'a str>,
    /// Actions that were taken.
    pub actions: Vec<&'a str>,
    /// Who acts; empty where that is not asked.
    pub actor: &'a str,
    /// Narrowings of a grant that are judged elsewhere.
    pub narrowings: Vec<&'a str>,
}

/// What a token says, without looking at any signature.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// What the authority block binds it to.
    pub claims: Purpose,
    /// Revocation ids of its blocks, the authority block's first.
    pub token_ids: Vec<TokenId>,
    /// The blocks behind the authority block: what it was narrowed to, as Datalog.
    pub narrowings: Vec<String>,
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Purpose {
    /// Work on one Sub-PAC.
    Dispatch(Claims),
    /// Access over the network.
    Access(AccessClaims),
    /// A grant of trust.
    Grant(GrantClaims),
}

impl Purpose {
    /// The session that a dispatch token is bound to.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Dispatch(claims) => Some(&claims.session),
            Self::Access(_) | Self::Grant(_) => None,
        }
    }
}

/// What the authority block binds a dispatch token to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// Ledger that gave it: its log id.
    pub logid: String,
    /// PAC.
    pub pac_id: String,
    /// Sub-PAC.
    pub sub_pac_id: String,
    /// Agent.
    pub agent: String,
    /// Lane.
    pub lane: String,
    /// Session.
    pub session: String,
    /// When it expires, RFC 3339.
    pub expires_at: String,
    /// Paths of its scope; empty when the scope has none.
    pub paths: Vec<String>,
    /// The only actions of its scope; empty when the scope does not limit them.
    pub actions: Vec<String>,
}

fn forged(why: impl std::fmt::Display) -> Error {
    Error::new(Code::TokenInvalid, format!("the token is none of this ledger: {why}"))
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unmade(e: biscuit_auth::error::Token) -> Error {
    Error::new(Code::InvalidIntent, format!("no token can be made of this: {e}"))
}

impl TokenKey {
    /// The key for tokens, which follows from the log's own key.
    ///
    /// # Errors
    /// `LG_127` when the log's key yields none.
    pub fn of_log(log_key: &SecretKey) -> Result<Self> {
        let seed =
            Sha256::new().chain_update(b"ledger/token-key/v1\0").chain_update(log_key.seed()).finalize();
        let private = PrivateKey::from_bytes(&seed, Algorithm::Ed25519)
            .map_err(|e| Error::new(Code::KeyFileUnreadable, e.to_string()))?;
        Ok(Self(KeyPair::from(&private)))
    }

    /// The public part: what a token is verified with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.0.public()
    }

    /// Makes a token; `random` makes it one of its kind.
    ///
    /// # Errors
    /// `LG_101` when the terms cannot be written as a token.
    pub fn give(
        &self,
        terms: &Terms,
        session: &str,
        log_id: &str,
        expires_at: i64,
        random: &[u8; 32],
    ) -> Result<Given> {
        let next = PrivateKey::from_bytes(random, Algorithm::Ed25519)
            .map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))?;
        let bound = [
            ("log", log_id),
            ("pac", &terms.pac_id),
            ("sub_pac", &terms.sub_pac_id),
            ("agent", &terms.agent),
            ("lane", &terms.lane),
            ("session", session),
        ];
        let mut builder = Biscuit::builder();
        for (name, value) in bound {
            builder = builder.fact(fact(&bound_name(name), &[string(value)])).map_err(unmade)?;
        }
        builder = builder.fact(fact(&bound_name("expires"), &[instant(expires_at)])).map_err(unmade)?;
        for path in terms.scope.paths.iter().flatten() {
            builder = builder.fact(fact(&bound_name("path"), &[string(path.place())])).map_err(unmade)?;
        }
        for action in terms.scope.allowed_actions.iter().flatten() {
            builder =
                builder.fact(fact(&bound_name("action"), &[string(action.as_str())])).map_err(unmade)?;
        }
        let table = biscuit_auth::datalog::SymbolTable::new();
        let biscuit = builder.build_with_key_pair(&self.0, table, &KeyPair::from(&next)).map_err(unmade)?;
        let id = ids(biscuit.revocation_identifiers()).into_iter().next();
        let id = id.ok_or_else(|| Error::new(Code::InvalidIntent, "the token has no id"))?;
        Ok(Given { token: biscuit.to_base64().map_err(unmade)?, id })
    }

    /// Checks the signatures of a token, and whether its narrowings permit the deed.
    ///
    /// # Errors
    /// `LG_160` when this ledger did not sign it.
    pub fn show(&self, token: &str, log_id: &str, deed: &Deed<'_>) -> Result<Shown> {
        let unverified = parse(token)?;
        let public = self.0.public();
        let biscuit = unverified.verify(public).map_err(forged)?;
        let claims = claims_of(|name| query(&biscuit, name))?;
        if claims.logid != log_id {
            return Err(forged(format!("it was given by the ledger with id {}", claims.logid)));
        }
        Ok(Shown {
            ids: ids(biscuit.revocation_identifiers()),
            refusal: refusal(&biscuit, deed),
            pac_id: claims.pac_id,
            sub_pac_id: claims.sub_pac_id,
            agent: claims.agent,
            session: claims.session,
        })
    }
}

/// Names of facts that are the ledger's own, so that no narrowing's rule can be mistaken for them.
fn bound_name(name: &str) -> String {
    format!("bound_{name}")
}

fn ids(raw: Vec<Vec<u8>>) -> Vec<TokenId> {
    raw.into_iter().filter_map(|id| TokenId::new(&hex::encode(id))).collect()
}

/// A date as tokens have it: whole seconds since 1970.
fn instant(millis: i64) -> Term {
    Term::Date(u64::try_from(millis.div_euclid(1000)).unwrap_or(0))
}

/// Bounds of every evaluation. The time is far above what any token needs: it is only there so that a hostile one ends.
fn limits() -> AuthorizerLimits {
    AuthorizerLimits { max_facts: 20_000, max_iterations: 100, max_time: Duration::from_secs(2) }
}

fn parse(token: &str) -> Result<UnverifiedBiscuit> {
    let token = token.trim();
    if token.len() > MAX_TOKEN {
        return Err(Error::new(
            Code::TooLarge,
            format!("the token has {} characters; at most {MAX_TOKEN} are allowed", token.len()),
        ));
    }
    let biscuit = UnverifiedBiscuit::from_base64(token).map_err(forged)?;
    if biscuit.block_count() > MAX_BLOCKS {
        return Err(Error::new(
            Code::TooLarge,
            format!("the token was narrowed more than {MAX_BLOCKS} times"),
        ));
    }
    Ok(biscuit)
}

/// The values of a fact of the authority block.
fn query(biscuit: &Biscuit, name: &str) -> Result<Vec<Term>> {
    let mut authorizer = AuthorizerBuilder::new().set_limits(limits()).build(biscuit).map_err(forged)?;
    let rule = format!("data($x) <- {}($x)", bound_name(name));
    // Facts of narrowings are not trusted by a query without a scope: only those of the authority block.
    let found: Vec<biscuit_auth::builder::Fact> =
        authorizer.query_with_limits(rule.as_str(), limits()).map_err(forged)?;
    Ok(found.into_iter().flat_map(|f| f.predicate.terms).collect())
}

fn claims_of(values: impl Fn(&str) -> Result<Vec<Term>>) -> Result<Claims> {
    let texts = |name: &str| -> Result<Vec<String>> {
        let text = |term| if let Term::Str(text) = term { Some(text) } else { None };
        Ok(values(name)?.into_iter().filter_map(text).collect())
    };
    let one = |name: &str| -> Result<String> {
        match texts(name)?.as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(forged(format!("it does not say its {name}"))),
        }
    };
    let expires_at = match values("expires")?.as_slice() {
        [Term::Date(seconds)] => i64::try_from(*seconds)
            .ok()
            .and_then(|s| crate::time::Timestamp::from_millis(s.saturating_mul(1000))),
        _ => None,
    };
    let mut paths = texts("path")?;
    let mut actions = texts("action")?;
    paths.sort_unstable();
    actions.sort_unstable();
    Ok(Claims {
        logid: one("log")?,
        pac_id: one("pac")?,
        sub_pac_id: one("sub_pac")?,
        agent: one("agent")?,
        lane: one("lane")?,
        session: one("session")?,
        expires_at: expires_at.ok_or_else(|| forged("it does not say when it expires"))?.to_string(),
        paths,
        actions,
    })
}

/// Why the narrowings do not permit the deed, if they do not.
fn refusal(biscuit: &Biscuit, deed: &Deed<'_>) -> Option<Refusal> {
    let why = permitted(biscuit, deed).err()?.to_string();
    // What would have been permitted at the beginning of time is too late now.
    let expired = permitted(biscuit, &Deed { time: 0, ..deed.clone() }).is_ok();
    // The checks are text of whoever narrowed it.
    let why: String = why.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let what = if expired { "has expired" } else { "does not permit this" };
    Some(Refusal { expired, why: format!("the token was narrowed, and {what}: {why}") })
}

fn permitted(biscuit: &Biscuit, deed: &Deed<'_>) -> Result<(), biscuit_auth::error::Token> {
    let mut builder = AuthorizerBuilder::new().set_limits(limits());
    builder = builder.fact(fact("time", &[instant(deed.time)]))?;
    for (name, value) in
        [("operation", deed.operation), ("kind", deed.kind), ("stream", deed.stream), ("actor", deed.actor)]
    {
        if !value.is_empty() {
            builder = builder.fact(fact(name, &[string(value)]))?;
        }
    }
    for path in &deed.paths {
        builder = builder.fact(fact("path", &[string(path)]))?;
    }
    for action in &deed.actions {
        builder = builder.fact(fact("action", &[string(action)]))?;
    }
    for narrowing in &deed.narrowings {
        builder = builder.fact(fact(grant::HOLDS, &[string(narrowing)]))?;
    }
    builder = builder.policy("allow if true")?;
    builder.build(biscuit)?.authorize_with_limits(limits()).map(|_| ())
}

/// Says what a token says, without the ledger.
///
/// # Errors
/// `LG_160` when it is not readable as a token.
pub fn inspect(token: &str) -> Result<Inspection> {
    let biscuit = parse(token)?;
    let source = biscuit.print_block_source(0).map_err(forged)?;
    // The text of a block is Datalog again: an authorizer without a token reads its facts.
    let world = AuthorizerBuilder::new().set_limits(limits()).code(&source).map_err(forged)?;
    let values = |name: &str| {
        let mut authorizer = world.clone().build_unauthenticated().map_err(forged)?;
        let rule = format!("data($x) <- {}($x)", bound_name(name));
        let found: Vec<biscuit_auth::builder::Fact> =
            authorizer.query_with_limits(rule.as_str(), limits()).map_err(forged)?;
        Ok(found.into_iter().flat_map(|f| f.predicate.terms).collect::<Vec<_>>())
    };
    let claims = match (access::claims_of(values), grant::claims_of(values)) {
        (Ok((claims, _)), _) => Purpose::Access(claims),
        (Err(_), Ok(claims)) => Purpose::Grant(claims),
        (Err(_), Err(_)) => Purpose::Dispatch(claims_of(values)?),
    };
    let narrowings = (1..biscuit.block_count())
        .map(|index| biscuit.print_block_source(index).map_err(forged))
        .collect::<Result<Vec<_>>>()?;
    Ok(Inspection { claims, token_ids: ids(biscuit.revocation_identifiers()), narrowings })
}
