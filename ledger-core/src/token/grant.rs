//! Grant tokens: a grant of trust as a biscuit, which whoever holds it narrows offline before it is handed on.
//!
//! Not here: whether the grant is good, and whether and how often the token was used (`rules::trust`), which the log knows. Invariant: which
//! grant it is comes from its authority block alone. A narrowing is a check that only a ledger's own judgement of constraints satisfies: a
//! reader that does not know these refuses the token. Source: DOMAIN.md §9, DESIGN.md §9.

use super::{Deed, Given, TokenKey, bound_name, forged, ids, instant, limits, parse, query, refusal, unmade};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::grant_token::{GrantNarrowing, NarrowedToken};
use crate::names::GrantId;
use crate::rules::ShownGrant;
use crate::time::Timestamp;
use biscuit_auth::builder::{Algorithm, Term, fact, string};
use biscuit_auth::{AuthorizerBuilder, Biscuit, KeyPair, PrivateKey};
use serde::Serialize;

/// The fact of a block that says what it narrows to, as canonical JSON in hex: the text of a block is read again, and quotes would be lost.
pub(super) const NARROWING: &str = "narrowing";
/// The fact that the ledger gives where it judges that itself.
pub(super) const HOLDS: &str = "narrowing_holds";

/// What the authority block of a grant token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantClaims {
    /// Ledger that gave it: its log id.
    pub logid: String,
    /// Root of the tree.
    pub root: String,
    /// The grant.
    pub grant_id: String,
    /// When it ends, RFC 3339.
    pub expires_at: String,
}

impl TokenKey {
    /// Makes a grant token; `random` makes it one of its kind. It ends at the second that holds `expires_at`.
    ///
    /// # Errors
    /// `LG_101` when the claims cannot be written as a token.
    pub fn give_grant(
        &self,
        log_id: &str,
        (root, grant): (&GrantId, &GrantId),
        expires_at: i64,
        random: &[u8; 32],
    ) -> Result<Given> {
        let next = PrivateKey::from_bytes(random, Algorithm::Ed25519)
            .map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))?;
        let mut builder = Biscuit::builder();
        for (name, value) in [("log", log_id), ("root", root.as_str()), ("grant", grant.as_str())] {
            builder = builder.fact(fact(&bound_name(name), &[string(value)])).map_err(unmade)?;
        }
        builder = builder.fact(fact(&bound_name("expires"), &[instant(expires_at)])).map_err(unmade)?;
        let table = biscuit_auth::datalog::SymbolTable::new();
        let biscuit = builder.build_with_key_pair(&self.0, table, &KeyPair::from(&next)).map_err(unmade)?;
        let id = ids(biscuit.revocation_identifiers()).into_iter().next();
        let id = id.ok_or_else(|| Error::new(Code::InvalidIntent, "the token has no id"))?;
        Ok(Given { token: biscuit.to_base64().map_err(unmade)?, id })
    }

    /// Checks the signatures of a grant token, and whether what else it was narrowed to permits the deed; narrowings of grants are read, and
    /// left to the rules.
    ///
    /// # Errors
    /// `LG_160` when this ledger did not sign it, or a narrowing cannot be read.
    pub fn show_grant(&self, token: &str, log_id: &str, deed: &Deed<'_>) -> Result<ShownGrant> {
        let biscuit = parse(token)?.verify(self.0.public()).map_err(forged)?;
        let claims = claims_of(|name| query(&biscuit, name))?;
        if claims.logid != log_id {
            return Err(forged(format!("it was given by the ledger with id {}", claims.logid)));
        }
        let ids = ids(biscuit.revocation_identifiers());
        let mut narrowings = Vec::new();
        for (block, id) in ids.iter().enumerate().skip(1) {
            let source = biscuit.print_block_source(block).map_err(forged)?;
            if let Some(narrowing) = narrowing_of(&source)? {
                narrowings.push(NarrowedToken { narrowing, token_id: id.clone() });
            }
        }
        let judged: Vec<String> = narrowings.iter().map(|n| n.narrowing.text()).collect::<Result<_>>()?;
        let deed = Deed { narrowings: judged.iter().map(String::as_str).collect(), ..deed.clone() };
        let refusal = refusal(&biscuit, &deed);
        Ok(ShownGrant { ids, root: claims.root, grant_id: claims.grant_id, narrowings, refusal })
    }
}

impl GrantNarrowing {
    /// As tokens hold it: canonical JSON in hex.
    pub(super) fn text(&self) -> Result<String> {
        let invalid = |e: &dyn std::fmt::Display| Error::new(Code::InvalidIntent, e.to_string());
        let json = serde_json::to_vec(self).map_err(|e| invalid(&e))?;
        crate::json::canonicalize(&json).map(hex::encode).map_err(|e| invalid(&e))
    }

    fn of_text(text: &str) -> Result<Self> {
        let unknown = |e: &dyn std::fmt::Display| {
            forged(format!("it was narrowed to something that is not known here: {e}"))
        };
        let bytes = hex::decode(text).map_err(|e| unknown(&e))?;
        let read: Self = serde_json::from_slice(&bytes).map_err(|e| unknown(&e))?;
        // One spelling alone: what is judged is what the check says.
        if read.text()? == text { Ok(read) } else { Err(unknown(&"it is not in its canonical form")) }
    }
}

/// The narrowing that a block holds. Its text is Datalog: an authorizer without a token reads its facts.
fn narrowing_of(source: &str) -> Result<Option<GrantNarrowing>> {
    let world = AuthorizerBuilder::new().set_limits(limits()).code(source).map_err(forged)?;
    let mut authorizer = world.build_unauthenticated().map_err(forged)?;
    let rule = format!("data($x) <- {NARROWING}($x)");
    let found: Vec<biscuit_auth::builder::Fact> =
        authorizer.query_with_limits(rule.as_str(), limits()).map_err(forged)?;
    let terms: Vec<Term> = found.into_iter().flat_map(|f| f.predicate.terms).collect();
    match terms.as_slice() {
        [] => Ok(None),
        [Term::Str(text)] => GrantNarrowing::of_text(text).map(Some),
        _ => Err(forged("a block says more than one thing that it narrows to")),
    }
}

/// The claims.
pub(super) fn claims_of(values: impl Fn(&str) -> Result<Vec<Term>>) -> Result<GrantClaims> {
    let one = |name: &str| match values(name)?.as_slice() {
        [Term::Str(text)] => Ok(text.clone()),
        _ => Err(forged(format!("it does not say its {name}"))),
    };
    let expires_at = match values("expires")?.as_slice() {
        [Term::Date(seconds)] => i64::try_from(*seconds).ok().map(|s| s.saturating_mul(1000)),
        _ => None,
    };
    let expires_at = expires_at.and_then(Timestamp::from_millis);
    let expires_at = expires_at.ok_or_else(|| forged("it does not say when it expires"))?.to_string();
    Ok(GrantClaims { logid: one("log")?, root: one("root")?, grant_id: one("grant")?, expires_at })
}
