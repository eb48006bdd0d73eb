//! Who there is, and the registry as it was after any entry.

use crate::pacs::At;
use crate::problem::Problem;
use crate::state::Service;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use ledger_core::ledger::read;
use ledger_core::names::Gid;
use ledger_core::store::Store as _;
use ledger_core::view::as_of::{AsOf, size_at};
use ledger_core::view::{ActorDetail, ActorView, ActorsView, RegistryView};
use ledger_core::{Code, Error};
use std::sync::Arc;

/// `GET /v1/agents?at=`: what `ledger agents --json` gives.
#[utoipa::path(
    get,
    path = "/v1/agents",
    tag = "registry",
    params(At),
    responses((status = 200, description = "All actors", body = ref("#/components/schemas/Actors")))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    query: Result<Query<At>, QueryRejection>,
) -> Result<Json<AsOf<ActorsView>>, Problem> {
    let Query(At { at }) = query?;
    let view = service.read(move |reader| {
        let size = size_at(reader.head().size, at)?;
        let registry = read::registry_at(reader, Some(size))?;
        Ok(AsOf { at: size.saturating_sub(1), view: ActorsView::of(&registry) })
    });
    Ok(Json(view.await?))
}

/// `GET /v1/agents/{gid}`: one actor, the nodes that it holds in PACs that have not ended, and how many entries are its.
#[utoipa::path(
    get,
    path = "/v1/agents/{gid}",
    tag = "registry",
    params(("gid" = String, Path, description = "GID of the actor", example = "GID-00")),
    responses((status = 200, description = "The actor", body = ref("#/components/schemas/Actor")))
)]
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<AsOf<ActorDetail>>, Problem> {
    let Path(gid) = path?;
    let gid = Gid::new(gid).map_err(Problem::parameter)?;
    let view = service.project(0, move |projection| {
        projection.check()?;
        let actor = projection.registry().actor(gid.as_str());
        let nobody = || Error::new(Code::NotRegistered, format!("{gid} is not registered"));
        let view = ActorDetail {
            actor: ActorView::of(gid.as_str(), actor.ok_or_else(nobody)?),
            entries: projection.entries_of(gid.as_str()),
            nodes: projection.nodes_of(gid.as_str()),
        };
        Ok(AsOf { at: projection.size().saturating_sub(1), view })
    });
    Ok(Json(view.await?))
}

/// `GET /v1/state?at=`: what `ledger replay --json` gives.
#[utoipa::path(
    get,
    path = "/v1/state",
    tag = "registry",
    params(At),
    responses((status = 200, description = "The registry", body = ref("#/components/schemas/RegistryView")))
)]
pub async fn state(
    State(service): State<Arc<Service>>,
    query: Result<Query<At>, QueryRejection>,
) -> Result<Json<RegistryView>, Problem> {
    let Query(At { at }) = query?;
    let view = service.read(move |reader| {
        let size = size_at(reader.head().size, at)?;
        Ok(RegistryView::of(&read::registry_at(reader, Some(size))?, size))
    });
    Ok(Json(view.await?))
}
