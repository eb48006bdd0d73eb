//! Arguments that several verbs of trust share: capabilities, constraints, expiry, reasoning.
//!
//! Invariant: what is written here is JSON for an intent; whether it is a constraint that is known, the parser of intents says.

use crate::commands::pac::verb::{Body, read_json};
use crate::context::now;
use ledger_core::time::Timestamp;
use ledger_core::view::wanted::read_time;
use ledger_core::{Code, Error, Result};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Constraints whose value is a list.
const LISTS: [&str; 6] = [
    "allowed_actions",
    "forbidden_actions",
    "resources",
    "data_scopes",
    "communication_targets",
    "geo_restrictions",
];

/// What limits a grant.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ConstraintArgs {
    /// A constraint: a name alone is a flag, lists have commas; repeated, lists grow (`read_only`, `budget_limit=20`,
    /// `resources=invoices/**,reports/*`, `time_window="09:00-17:00 Europe/Berlin"`)
    #[arg(long = "constraint", value_name = "NAME[=VALUE]")]
    pub constraints: Vec<String>,
    /// All constraints as JSON, or @FILE that holds it
    #[arg(long = "constraints", value_name = "JSON|@FILE", conflicts_with = "constraints")]
    pub whole: Option<String>,
}

impl ConstraintArgs {
    /// The constraints, if there are any.
    pub fn value(&self) -> Result<Option<Value>> {
        if let Some(text) = &self.whole {
            return object(text).map(Some);
        }
        let mut all = Map::new();
        for one in &self.constraints {
            let (name, value) = one.split_once('=').map_or((one.as_str(), None), |(n, v)| (n, Some(v)));
            let value = match value {
                None => Value::Bool(true),
                Some(list) if LISTS.contains(&name) => {
                    let items = list.split(',').map(str::trim).filter(|i| !i.is_empty());
                    let more: Vec<Value> = items.map(|i| json!(i)).collect();
                    match all.remove(name) {
                        Some(Value::Array(before)) => before.into_iter().chain(more).collect(),
                        _ => Value::Array(more),
                    }
                }
                Some(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            };
            if all.insert(name.to_owned(), value).is_some() {
                return Err(Error::new(Code::Usage, format!("the constraint {name} is given twice")));
            }
        }
        Ok((!all.is_empty()).then_some(Value::Object(all)))
    }
}

fn object(text: &str) -> Result<Value> {
    if let Some(file) = text.strip_prefix('@') {
        return read_json(Path::new(file));
    }
    serde_json::from_str(text).map_err(|e| Error::new(Code::MalformedJson, format!("the constraints: {e}")))
}

/// A capability as it is attested: `read_*`, `summarize=read`.
pub fn capability(text: &str) -> Value {
    match text.split_once('=') {
        Some((name, effect)) => json!({ "capability": name, "effect": effect }),
        None => json!({ "capability": text }),
    }
}

/// When a grant ends.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ExpiryArgs {
    /// It ends after so many seconds [default: with what it rests on]
    #[arg(long, value_name = "SECONDS", conflicts_with = "expires_at")]
    pub expires_in: Option<u32>,
    /// It ends at this time: 2026-12-31T23:59:59Z
    #[arg(long, value_name = "TIME")]
    pub expires_at: Option<String>,
}

impl ExpiryArgs {
    /// Milliseconds since 1970.
    pub fn millis(&self) -> Result<Option<i64>> {
        if let Some(seconds) = self.expires_in {
            return Ok(Some(now().saturating_add(i64::from(seconds).saturating_mul(1_000))));
        }
        self.expires_at.as_deref().map(instant).transpose()
    }
}

/// A time as people write it, milliseconds since 1970.
pub fn instant(text: &str) -> Result<i64> {
    read_time(text).map(Timestamp::millis)
}

/// Why something was decided.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ReasoningArgs {
    /// What was decided; needs --rationale
    #[arg(long, value_name = "TEXT", requires = "rationale")]
    pub decision: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub rationale: Option<String>,
    /// How sure, 0 to 1
    #[arg(long, value_name = "0..1", requires = "rationale")]
    pub confidence: Option<f64>,
    /// What else was considered (may be repeated)
    #[arg(long = "alternative", value_name = "TEXT", requires = "rationale")]
    pub alternatives: Vec<String>,
}

impl ReasoningArgs {
    /// The reasoning, if there is any; `decision` when none is named.
    pub fn value(&self, decision: &str) -> Option<Value> {
        let rationale = self.rationale.as_ref()?;
        let body = Body::default()
            .with("decision", self.decision.as_deref().unwrap_or(decision))
            .with("rationale", rationale)
            .maybe("confidence", self.confidence)
            .list("alternatives", &self.alternatives);
        Some(body.json())
    }
}
