//! O-PDOs: rows of all, one as its document, and the proof of one child.

use crate::entries::{Order, slice};
use crate::problem::Problem;
use crate::state::Service;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use ledger_core::names::{OpdoId, PacId, PdoId};
use ledger_core::opdo::{self, ChildProof, OrchestratedPdo};
use ledger_core::rules::Registry;
use ledger_core::rules::pac::Composite;
use ledger_core::view::OpdoRow;
use ledger_core::view::as_of::Found;
use ledger_core::{Code, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::IntoParams;

/// Which O-PDOs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Opdos {
    /// Only those that were composed in this entry or later; or earlier, where the latest comes first.
    from: Option<u64>,
    /// Which end comes first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Most rows.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Rows of O-PDOs.
#[derive(Serialize, JsonSchema)]
pub struct OpdosPage {
    /// The last entry that counts.
    at: u64,
    /// In the order in which they were composed, or the other way round.
    opdos: Vec<OpdoRow>,
    /// The `from` of the following page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// `GET /v1/opdos?from=&order=&limit=`: a row each.
#[utoipa::path(
    get,
    path = "/v1/opdos",
    tag = "opdos",
    params(Opdos),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/OpdosPage")))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    query: Result<Query<Opdos>, QueryRejection>,
) -> Result<Json<OpdosPage>, Problem> {
    let Query(Opdos { from, order, limit }) = query?;
    let slice = slice(from, order, limit)?;
    let page = service.project(0, move |projection| {
        projection.check()?;
        let rows = projection.opdos().rows(slice.range()).cloned();
        let (opdos, next) = slice.cut(rows, |row| row.composed_in);
        Ok(OpdosPage { at: projection.size().saturating_sub(1), opdos, next })
    });
    Ok(Json(page.await?))
}

/// `GET /v1/opdos/{opdo_id}`: the document, as `ledger prove opdo` gives it.
#[utoipa::path(
    get,
    path = "/v1/opdos/{opdo_id}",
    tag = "opdos",
    params(("opdo_id" = String, Path, description = "Id of the O-PDO; of several of one id in different PACs, the last is meant")),
    responses((status = 200, description = "The document", body = ref("#/components/schemas/OrchestratedPdo")))
)]
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<OrchestratedPdo>, Problem> {
    let Path(id) = path?;
    let id = OpdoId::new(id).map_err(Problem::parameter)?;
    Ok(Json(with(&service, id, |composite, _| Ok(composite.document.clone())).await?))
}

/// `GET /v1/opdos/{opdo_id}/proofs/{pdo_id}`: that one child is in it, as `ledger prove opdo --child` gives it.
#[utoipa::path(
    get,
    path = "/v1/opdos/{opdo_id}/proofs/{pdo_id}",
    tag = "opdos",
    params(("opdo_id" = String, Path, description = "Id of the O-PDO; of several of one id in different PACs, the last is meant"), ("pdo_id" = String, Path, description = "Id of the child")),
    responses((status = 200, description = "The proof", body = ref("#/components/schemas/ChildProof")))
)]
pub async fn proof(
    State(service): State<Arc<Service>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<ChildProof>, Problem> {
    let Path((id, child)) = path?;
    let id = OpdoId::new(id).map_err(Problem::parameter)?;
    let child = PdoId::new(child).map_err(Problem::parameter)?;
    let proof = with(&service, id, move |composite, registry| {
        let context = opdo::Context { orchestrator_gid: registry.orchestrator(), has_node: None };
        opdo::prove(&composite.document, child.as_str(), &context)
    });
    Ok(Json(proof.await?))
}

/// Asks an O-PDO something, replayed from its PAC.
async fn with<T: Send + 'static>(
    service: &Arc<Service>,
    id: OpdoId,
    question: impl FnOnce(&Composite, &Registry) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let wanted = id.clone();
    let row = service.project(0, move |projection| {
        projection.check()?;
        Ok(projection.opdos().find(wanted.as_str()).cloned())
    });
    let missing = move || Error::new(Code::NoSuchEntry, format!("there is no O-PDO {id}"));
    let OpdoRow { opdo_id, pac_id, .. } = row.await?.ok_or_else(&missing)?;
    let answer = service.read(move |reader| {
        let found = Found::find(reader, &PacId::new(pac_id)?, None)?;
        let composite = found.pac.composites.iter().rev().find(|c| c.id() == opdo_id);
        question(composite.ok_or_else(missing)?, &found.registry)
    });
    Ok(answer.await?)
}
