//! Trust: who vouches for whom, who holds what, and whether somebody may do something, as of any entry.
//!
//! Handlers ask, the core answers. Invariant: a question about now is answered from what is followed, one about the past from the log.

use crate::pacs::{Drawn, Form, json, plain};
use crate::problem::Problem;
use crate::reader::Reader;
use crate::state::Service;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use ledger_core::constraint::{Amount, Effect, Name, Region, Resource};
use ledger_core::ledger::read;
use ledger_core::names::{Gid, GrantId};
use ledger_core::store::Store as _;
use ledger_core::time::Timestamp;
use ledger_core::trust::{Forest, Level, Question, Records, TrustVerification, verify as answer};
use ledger_core::view::as_of::{AsOf, size_at};
use ledger_core::view::trust::{grant_view, tree_graph};
use ledger_core::view::wanted::read_time;
use ledger_core::view::{AuthorityView, Candidates, GrantView, TrustStatus};
use ledger_core::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::IntoParams;

/// Columns of a picture that is text, as in a pipe.
const COLUMNS: usize = 100;

/// When is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct When {
    /// As of this entry, what it did included, at its time; the last one and now when absent.
    at: Option<u64>,
    /// At this time instead.
    #[param(example = "2026-12-31T23:59:59Z")]
    time: Option<String>,
}

/// When is asked, and in which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Drawing {
    /// As of this entry, what it did included, at its time; the last one and now when absent.
    at: Option<u64>,
    /// At this time instead.
    #[param(example = "2026-12-31T23:59:59Z")]
    time: Option<String>,
    /// The view, or a picture of it.
    #[serde(default)]
    #[param(inline)]
    format: Form,
}

/// A question about trust.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Who would act.
    #[param(example = "GID-01")]
    agent: String,
    /// What it would do.
    #[param(example = "read_invoices")]
    action: String,
    /// How closely to look: quick, standard or full.
    level: Option<String>,
    /// By this grant alone.
    grant: Option<String>,
    /// By grants of this tree alone.
    root: Option<String>,
    /// Whether it would come with its reasoning.
    #[serde(default)]
    reasoned: bool,
    /// With proofs that the records are in the log.
    #[serde(default)]
    proofs: bool,
    /// What it would touch.
    resource: Option<String>,
    /// What it would cost.
    cost: Option<String>,
    /// Class of the data.
    data_scope: Option<String>,
    /// Whom it would tell something.
    target: Option<String>,
    /// Endpoint that it would call.
    endpoint: Option<String>,
    /// Where it would act.
    region: Option<String>,
    /// Whether personal data would leave with it.
    pii: Option<bool>,
    /// That it writes, whatever its name says.
    #[serde(default)]
    writes: bool,
    /// As of this entry, what it did included, at its time; the last one and now when absent.
    at: Option<u64>,
    /// At this time instead.
    time: Option<String>,
}

/// Who could do something.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Sought {
    /// What is to be done.
    #[param(example = "read_invoices")]
    capability: String,
    /// What it would touch.
    resource: Option<String>,
    /// What it would cost.
    cost: Option<String>,
    /// Only those that said within so many seconds that they are there.
    alive_within: Option<u32>,
    /// As of this entry, what it did included, at its time; the last one and now when absent.
    at: Option<u64>,
    /// At this time instead.
    time: Option<String>,
}

/// Who is trusted with what.
#[derive(Serialize, JsonSchema)]
pub struct Statuses {
    /// The last entry that counts.
    at: u64,
    /// Agents and services that are not retired, by GID.
    agents: Vec<TrustStatus>,
}

/// All that are or were authorities.
#[derive(Serialize, JsonSchema)]
pub struct Authorities {
    /// By GID.
    authorities: Vec<AuthorityView>,
}

/// A grant tree whole.
#[derive(Serialize, JsonSchema)]
pub struct TreeView {
    /// Its root.
    root: String,
    /// Its grants, in the order in which they were given.
    grants: Vec<GrantView>,
}

/// The grant trees.
#[derive(Serialize, JsonSchema)]
pub struct Trees {
    /// The last entry that counts.
    at: u64,
    /// Their roots, by id.
    trees: Vec<GrantView>,
}

/// A parameter that is not of its form is the caller's.
fn parameter<T>(text: Option<&String>, read: impl Fn(&str) -> Result<T>) -> Result<Option<T>, Problem> {
    text.map(|text| read(text)).transpose().map_err(Problem::parameter)
}

impl Service {
    /// Asks all trees: as they are now, or as they were.
    async fn forest<T: Send + 'static>(
        self: &Arc<Self>,
        at: Option<u64>,
        time: Option<i64>,
        question: impl FnOnce(&Forest, &Records<'_>, i64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(at) = at else {
            let now = self.naming().now().wall;
            let service = Arc::clone(self);
            return self
                .project(0, move |projection| {
                    projection.check()?;
                    let reader = Reader::new(Arc::clone(&service), service.stop().clone());
                    let forest = projection.forest();
                    // A clock that is behind the log does not bring anything back.
                    let time = time.unwrap_or_else(|| forest.time().map_or(0, Timestamp::millis).max(now));
                    question(forest, &Records::remembering(&reader, service.good()), time)
                })
                .await;
        };
        self.read(move |reader| {
            let size = size_at(reader.head().size, Some(at))?;
            let mut forest = Forest::default();
            reader.each(size, |sequence, entry| forest.take_entry(sequence, entry))?;
            let time = time.or_else(|| forest.time().map(Timestamp::millis)).unwrap_or_default();
            question(&forest, &Records::new(reader), time)
        })
        .await
    }
}

fn moment(time: Option<&String>) -> Result<Option<i64>, Problem> {
    parameter(time, |text| read_time(text).map(Timestamp::millis))
}

/// `GET /v1/trust/status?at=&time=`: what `ledger trust status --json` gives.
#[utoipa::path(
    get,
    path = "/v1/trust/status",
    tag = "trust",
    params(When),
    responses((status = 200, description = "Who is trusted with what", body = ref("#/components/schemas/Statuses")))
)]
pub async fn status(
    State(service): State<Arc<Service>>,
    query: Result<Query<When>, QueryRejection>,
) -> Result<Json<Statuses>, Problem> {
    let Query(When { at, time }) = query?;
    let time = moment(time.as_ref())?;
    let all = service.forest(at, time, |forest, records, time| {
        let agents = TrustStatus::all(forest, records, time)?;
        Ok(Statuses { at: forest.size().saturating_sub(1), agents })
    });
    Ok(Json(all.await?))
}

/// `GET /v1/trust/status/{gid}?at=&time=`: what `ledger trust status GID --json` gives of it.
#[utoipa::path(
    get,
    path = "/v1/trust/status/{gid}",
    tag = "trust",
    params(("gid" = String, Path, description = "GID of the agent", example = "GID-00"), When),
    responses((status = 200, description = "What it is trusted with", body = ref("#/components/schemas/Trusted")))
)]
pub async fn status_of(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<When>, QueryRejection>,
) -> Result<Json<AsOf<TrustStatus>>, Problem> {
    let (Path(gid), Query(When { at, time })) = (path?, query?);
    let gid = Gid::new(gid).map_err(Problem::parameter)?;
    let time = moment(time.as_ref())?;
    let one = service.forest(at, time, move |forest, records, time| {
        if forest.registry().actor(gid.as_str()).is_none() {
            return Err(Error::new(Code::NotRegistered, format!("{gid} is not registered")));
        }
        let view = TrustStatus::of(forest, records, gid.as_str(), time)?;
        Ok(AsOf { at: forest.size().saturating_sub(1), view })
    });
    Ok(Json(one.await?))
}

/// `GET /v1/trust/authorities`: what `ledger trust authority list --json` gives.
#[utoipa::path(
    get,
    path = "/v1/trust/authorities",
    tag = "trust",
    responses((status = 200, description = "All authorities", body = ref("#/components/schemas/Authorities")))
)]
pub async fn authorities(State(service): State<Arc<Service>>) -> Result<Json<Authorities>, Problem> {
    let all = service.read(|reader| {
        Ok(Authorities { authorities: AuthorityView::all(&read::registry_at(reader, None)?) })
    });
    Ok(Json(all.await?))
}

/// `GET /v1/trust/trees?at=&time=`: the grants of authorities, each the root of a tree.
#[utoipa::path(
    get,
    path = "/v1/trust/trees",
    tag = "trust",
    params(When),
    responses((status = 200, description = "The roots", body = ref("#/components/schemas/Trees")))
)]
pub async fn trees(
    State(service): State<Arc<Service>>,
    query: Result<Query<When>, QueryRejection>,
) -> Result<Json<Trees>, Problem> {
    let Query(When { at, time }) = query?;
    let time = moment(time.as_ref())?;
    let all = service.forest(at, time, |forest, _, time| {
        let trees = forest.trees().map(|tree| GrantView::of(tree, 0, time, forest.registry()));
        Ok(Trees { at: forest.size().saturating_sub(1), trees: trees.collect::<Result<_>>()? })
    });
    Ok(Json(all.await?))
}

/// `GET /v1/trust/trees/{root}?at=&time=&format=`: what `ledger trust graph` gives, with `--json` or as a picture.
#[utoipa::path(
    get,
    path = "/v1/trust/trees/{root}",
    tag = "trust",
    params(("root" = String, Path, description = "Id of the root grant", example = "GRANT-ANALYST"), Drawing),
    responses((status = 200, description = "The tree", content((ref("#/components/schemas/TreeView") = "application/json"), (String = "image/svg+xml"), (String = "text/plain"), (String = "text/vnd.mermaid"), (String = "text/vnd.graphviz"))))
)]
pub async fn tree(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Drawing>, QueryRejection>,
) -> Result<Response, Problem> {
    let (Path(root), Query(Drawing { at, time, format })) = (path?, query?);
    let root = GrantId::new(root).map_err(Problem::parameter)?;
    let time = moment(time.as_ref())?;
    let drawn = service.forest(at, time, move |forest, _, time| {
        let missing = || Error::new(Code::GrantUnknown, format!("there is no grant tree {root}"));
        let tree = forest.tree(&root).ok_or_else(missing)?;
        let picture = || tree_graph(tree, time, forest.registry());
        let body = match format {
            Form::Svg => picture().svg(),
            Form::Mermaid => picture().mermaid(),
            Form::Dot => picture().dot(),
            Form::Text => plain(&picture().text(COLUMNS)),
            Form::Json => {
                let grants = (0..tree.len()).map(|at| GrantView::of(tree, at, time, forest.registry()));
                json(&TreeView { root: root.to_string(), grants: grants.collect::<Result<_>>()? })?
                    .to_string()
            }
        };
        Ok(Drawn { form: format, body })
    });
    Ok(drawn.await?.into_response())
}

/// `GET /v1/trust/trees/{root}/grants/{id}?at=&time=`: what `ledger trust show ROOT/GRANT --json` gives.
#[utoipa::path(
    get,
    path = "/v1/trust/trees/{root}/grants/{id}",
    tag = "trust",
    params(
        ("root" = String, Path, description = "Id of the root grant", example = "GRANT-ANALYST"),
        ("id" = String, Path, description = "Id of the grant", example = "GRANT-READER"),
        When,
    ),
    responses((status = 200, description = "The grant", body = ref("#/components/schemas/GrantView")))
)]
pub async fn grant(
    State(service): State<Arc<Service>>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<When>, QueryRejection>,
) -> Result<Json<GrantView>, Problem> {
    let (Path((root, id)), Query(When { at, time })) = (path?, query?);
    let root = GrantId::new(root).map_err(Problem::parameter)?;
    let id = GrantId::new(id).map_err(Problem::parameter)?;
    let time = moment(time.as_ref())?;
    let view = service.forest(at, time, move |forest, _, time| grant_view(forest, Some(&root), &id, time));
    Ok(Json(view.await?))
}

impl Asked {
    fn question(&self) -> Result<Question, Problem> {
        let gid = Gid::new(self.agent.as_str()).map_err(Problem::parameter)?;
        let mut question = Question::new(gid, Name::new(&self.action).map_err(Problem::parameter)?, 0);
        if let Some(level) = &self.level {
            let unknown = || Error::new(Code::Usage, "the levels are quick, standard and full");
            question.level = Level::of_name(level).ok_or_else(unknown)?;
        }
        let name = |text: &Option<String>| parameter(text.as_ref(), |t| Name::new(t));
        question.grant_id = parameter(self.grant.as_ref(), |t| GrantId::new(t))?;
        question.root = parameter(self.root.as_ref(), |t| GrantId::new(t))?;
        question.reasoning = self.reasoned;
        question.resource = parameter(self.resource.as_ref(), |t| Resource::new(t))?;
        question.cost = parameter(self.cost.as_ref(), str::parse::<Amount>)?;
        question.data_scope = name(&self.data_scope)?;
        question.target = name(&self.target)?;
        question.endpoint = name(&self.endpoint)?;
        question.region = parameter(self.region.as_ref(), |t| Region::new(t))?;
        question.pii = self.pii;
        question.effect = self.writes.then_some(Effect::Write);
        Ok(question)
    }
}

/// `GET /v1/trust/verify?agent=&action=&level=&...`: what `ledger trust verify --json` gives; a no is an answer, and has status 200.
#[utoipa::path(
    get,
    path = "/v1/trust/verify",
    tag = "trust",
    params(Asked),
    responses((status = 200, description = "Whether it may, and every reason why not", body = ref("#/components/schemas/TrustVerification")))
)]
pub async fn verify(
    State(service): State<Arc<Service>>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<TrustVerification>, Problem> {
    let Query(asked) = query?;
    let (question, proofs) = (asked.question()?, asked.proofs);
    let time = moment(asked.time.as_ref())?;
    let verification = service.forest(asked.at, time, move |forest, records, time| {
        answer(forest, records, &Question { time, ..question }, proofs)
    });
    Ok(Json(verification.await?))
}

/// `GET /v1/trust/candidates?capability=&...`: what `ledger agents find --json` gives.
#[utoipa::path(
    get,
    path = "/v1/trust/candidates",
    tag = "trust",
    params(Sought),
    responses((status = 200, description = "Who could, and who was passed over", body = ref("#/components/schemas/Candidates")))
)]
pub async fn candidates(
    State(service): State<Arc<Service>>,
    query: Result<Query<Sought>, QueryRejection>,
) -> Result<Json<Candidates>, Problem> {
    let Query(sought) = query?;
    let action = Name::new(&sought.capability).map_err(Problem::parameter)?;
    let resource = parameter(sought.resource.as_ref(), |t| Resource::new(t))?;
    let cost = parameter(sought.cost.as_ref(), str::parse::<Amount>)?;
    let time = moment(sought.time.as_ref())?;
    let alive = sought.alive_within.map(|s| i64::from(s).saturating_mul(1_000));
    let found = service.forest(sought.at, time, move |forest, records, time| {
        let nobody = Gid::new(forest.registry().orchestrator())?;
        let question = Question { resource, cost, ..Question::new(nobody, action, time) };
        Candidates::find(forest, records, &question, alive)
    });
    Ok(Json(found.await?))
}
