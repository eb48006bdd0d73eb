//! `ledger trust token|revoke-token|exercise|audit`: grants as tokens, and what is done by a grant, before and after.

use super::grant::new_id;
use super::limits::ReasoningArgs;
use super::read::GrantRef;
use crate::commands::DONE;
use crate::commands::pac::verb::{Bench, Body, By};
use crate::commands::token::named;
use crate::context::Context;
use crate::output::{say, say_json};
use ledger_core::event::body::work::TokenId;
use ledger_core::names::{AnchorId, PacId, SubPacId};
use ledger_core::{Code, Error};
use serde_json::Value;

/// What an action is about.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DeedArgs {
    /// What it touches: a path or a URI
    #[arg(long, value_name = "RESOURCE")]
    pub resource: Option<String>,
    /// What it costs, in the unit of the limits
    #[arg(long, value_name = "AMOUNT")]
    pub cost: Option<String>,
    /// Class of the data
    #[arg(long, value_name = "NAME")]
    pub data_scope: Option<String>,
    /// Whom it tells something
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Endpoint that it calls
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,
    /// Where it acts: SG, US-CA
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Whether personal data leaves with it
    #[arg(long, value_name = "true|false")]
    pub pii: Option<bool>,
    /// It writes, whatever its name says
    #[arg(long)]
    pub writes: bool,
}

impl DeedArgs {
    /// With what the action is about.
    pub fn fill(&self, body: Body) -> Body {
        let cost = self
            .cost
            .as_ref()
            .map(|c| serde_json::from_str::<Value>(c).unwrap_or_else(|_| Value::from(c.as_str())));
        body.maybe("resource", self.resource.as_ref())
            .maybe("cost", cost)
            .maybe("data_scope", self.data_scope.as_ref())
            .maybe("target", self.target.as_ref())
            .maybe("endpoint", self.endpoint.as_ref())
            .maybe("region", self.region.as_ref())
            .maybe("pii", self.pii)
            .maybe("effect", self.writes.then_some("write"))
    }
}

/// Arguments of `trust exercise`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger trust exercise GRANT-READER read_invoices --resource invoices/2026/11.csv --cost 0.25\n\n\
    It is checked against every constraint up to the root, and counted there; what is refused (exit code 2) must not be done. The\n\
    receipt's sequence is what `trust audit --exercise` names afterwards. Without --actor the orchestrator records it."
)]
pub struct ExerciseArgs {
    /// By which grant: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    /// The action
    pub action: String,
    #[command(flatten)]
    pub deed: DeedArgs,
    /// The PAC that it is part of
    #[arg(long, value_name = "PAC")]
    pub pac: Option<PacId>,
    /// By this grant token, or @FILE that holds it: whoever brings it may act, and needs no key
    #[arg(long, value_name = "TOKEN|@FILE")]
    pub token: Option<String>,
    #[command(flatten)]
    pub reasoning: ReasoningArgs,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust token`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger trust token GRANT-READER --expires-in 600 > reader.token\n  \
    ledger token narrow @reader.token --capability read_invoices --constraint budget_limit=1 --to GID-05 > less.token\n\n\
    A token never allows more than the grant does at that time; revoking the grant ends it. Its id is in the log, never the token.")]
pub struct TokenArgs {
    /// Which grant: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    /// Not good after so many seconds, 604,800 at most [default: an hour]
    #[arg(long, value_name = "SECONDS")]
    pub expires_in: Option<u32>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub label: Option<String>,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust revoke-token`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  ledger trust revoke-token GRANT-READER @reader.token --reason \"seen in a log file\"\n\n\
    A narrowed token revokes the last narrowing, and what was narrowed from it; an id revokes its block."
)]
pub struct RevokeTokenArgs {
    /// The grant that it carries: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    /// Id of the token, or of one of its blocks; or @FILE that holds the token
    #[arg(value_name = "ID|@FILE|-")]
    pub token: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub by: By,
}

/// Arguments of `trust audit`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger trust audit GRANT-READER read_invoices --exercise 41 --result success\n  \
    ledger trust audit GRANT-READER delete_invoices --result denied --note \"the agent asked for it\""
)]
pub struct AuditArgs {
    /// By which grant: GRANT, or ROOT/GRANT
    pub grant: GrantRef,
    /// The action
    pub action: String,
    /// How it ended
    #[arg(long, value_name = "RESULT", value_parser = ["success", "failure", "denied"], ignore_case = true)]
    pub result: String,
    /// The entry that allowed it; of what was denied there is none
    #[arg(long, value_name = "N")]
    pub exercise: Option<u64>,
    /// The PAC of the work; without one it stands with the grant
    #[arg(long, value_name = "PAC")]
    pub pac: Option<PacId>,
    /// The Sub-PAC of the work
    #[arg(long, value_name = "SUB-PAC", requires = "pac")]
    pub sub_pac: Option<SubPacId>,
    /// The anchor before it in the same work
    #[arg(long, value_name = "ANCHOR")]
    pub parent: Option<AnchorId>,
    /// Id of the anchor [default: a new one]
    #[arg(long, value_name = "ANCHOR")]
    pub anchor: Option<AnchorId>,
    /// Digest of what was captured, sha256:... (may be repeated)
    #[arg(long = "evidence", value_name = "DIGEST")]
    pub evidence: Vec<String>,
    /// What there is to say
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    #[command(flatten)]
    pub reasoning: ReasoningArgs,
    #[command(flatten)]
    pub by: By,
}

/// Records that an action is about to be taken.
pub fn exercise(args: &ExerciseArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("grant_id", &args.grant.id)
        .with("action", &args.action)
        .maybe("pac_id", args.pac.as_ref())
        .maybe("bearer", args.token.as_ref().map(|_| true))
        .maybe("reasoning", args.reasoning.value(&args.action));
    let body = args.deed.fill(body).json();
    let Some(token) = &args.token else {
        return bench.submit("exercise", &body, &bench.orchestrator(&args.by)?, &args.by);
    };
    let holder = found.tree.at(found.at).map_or_else(String::new, |g| g.holder.clone());
    bench.submit_with("exercise", &body, &bench.agent(&args.by, &holder)?, &args.by, Some(named(token)?))
}

/// Carries a grant as a token.
pub fn token(args: &TokenArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let holder = found.tree.at(found.at).map_or_else(String::new, |g| g.holder.clone());
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("grant_id", &args.grant.id)
        .maybe("expires_in", args.expires_in)
        .maybe("label", args.label.as_ref())
        .json();
    // The holder where its key is here, else the orchestrator, who may do it too.
    let own = ctx.location.key_file(&holder).exists() || args.by.actor.key.is_some();
    let actor = if own { bench.agent(&args.by, &holder)? } else { bench.orchestrator(&args.by)? };
    let receipt = bench.append("issue_grant_token", &body, &actor, &args.by)?;
    let token = receipt.yields.get("token").and_then(Value::as_str).unwrap_or_default();
    if ctx.json {
        say_json(&receipt)?;
    } else {
        say(token)?;
    }
    Ok(DONE)
}

/// Revokes a grant token.
pub fn revoke_token(args: &RevokeTokenArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let id = match TokenId::new(&args.token) {
        Some(id) => id,
        None => {
            let ids = ledger_core::token::inspect(&named(&args.token)?)?.token_ids;
            ids.into_iter().next_back().ok_or_else(|| Error::new(Code::GrantToken, "the token has no id"))?
        }
    };
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("grant_id", &args.grant.id)
        .with("token_id", id)
        .with("reason", &args.reason)
        .json();
    bench.submit("revoke_grant_token", &body, &bench.orchestrator(&args.by)?, &args.by)
}

/// Records what was done.
pub fn audit(args: &AuditArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bench = Bench::open(ctx)?;
    let found = bench.read(|store| args.grant.find(store, ctx))?;
    let unknown = || Error::new(Code::GrantUnknown, format!("there is no grant {}", args.grant.id));
    let grant = found.tree.at(found.at).ok_or_else(unknown)?;
    let anchor = match &args.anchor {
        Some(id) => id.clone(),
        None => AnchorId::new(new_id("ANCHOR", &args.by)?)?,
    };
    let body = Body::default()
        .with("root", &found.tree.root().id)
        .with("grant_id", &grant.id)
        .with("agent_gid", &grant.holder)
        .with("action", &args.action)
        .with("anchor_id", anchor)
        .with("result", args.result.to_ascii_uppercase())
        .maybe("exercise", args.exercise)
        .maybe("pac_id", args.pac.as_ref())
        .maybe("sub_pac_id", args.sub_pac.as_ref())
        .maybe("parent", args.parent.as_ref())
        .list("evidence", &args.evidence)
        .maybe("note", args.note.as_ref())
        .maybe("reasoning", args.reasoning.value(&args.action))
        .json();
    bench.submit("record_anchor", &body, &bench.orchestrator(&args.by)?, &args.by)
}
