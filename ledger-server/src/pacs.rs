//! A PAC as it is, or as it was after any entry, in the views of the command line.

use crate::problem::Problem;
use crate::state::Service;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use ledger_core::names::PacId;
use ledger_core::store::Store;
use ledger_core::view::as_of::{AsOf, Found};
use ledger_core::view::{PacView, TimelineView};
use ledger_core::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// As of which entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    at: Option<u64>,
}

type Which = (Result<Path<String>, PathRejection>, Result<Query<At>, QueryRejection>);

/// `GET /v1/pacs/{id}?at=`: what `ledger pac show --json` gives.
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<At>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    view(&service, (path, query), |store, id, at| {
        let found = Found::find(store, id, at)?;
        json(&AsOf { at: found.at, view: PacView::of(&found.pac, &found.registry) })
    })
    .await
}

/// `GET /v1/pacs/{id}/timeline?at=`: what `ledger pac timeline --json` gives.
pub async fn timeline(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<At>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    view(&service, (path, query), |store, id, at| {
        let (found, steps) = Found::history(store, id, at)?;
        json(&AsOf { at: found.at, view: TimelineView::of(&found.pac, steps, &found.registry) })
    })
    .await
}

async fn view(
    service: &Arc<Service>,
    (path, query): Which,
    of: fn(&dyn Store, &PacId, Option<u64>) -> Result<Value, Error>,
) -> Result<Json<Value>, Problem> {
    let (Path(id), Query(At { at })) = (path?, query?);
    let id = PacId::new(id)?;
    Ok(Json(service.ask(move |s| of(s.store(), &id, at)).await?))
}

/// Views borrow from the state that they are of, and do not outlive it.
fn json(view: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(view).map_err(|e| Error::new(Code::OutputFailed, e.to_string()))
}
