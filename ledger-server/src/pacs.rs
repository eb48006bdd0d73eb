//! A PAC as it is, or as it was after any entry, in the views of the command line.

use crate::problem::Problem;
use crate::state::Service;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use ledger_core::Error;
use ledger_core::names::PacId;
use ledger_core::view::as_of::{AsOf, Found};
use ledger_core::view::{PacView, TimelineView};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// As of which entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    at: Option<u64>,
}

/// `GET /v1/pacs/{id}?at=`: what `ledger pac show --json` gives.
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<At>, QueryRejection>,
) -> Result<Response, Problem> {
    let (Path(id), Query(At { at })) = (path?, query?);
    let id = PacId::new(id)?;
    let body = service.ask(move |s| {
        let found = Found::find(s.store(), &id, at)?;
        json(&AsOf { at: found.at, view: PacView::of(&found.pac, &found.registry) })
    });
    Ok(axum::Json(body.await?).into_response())
}

/// `GET /v1/pacs/{id}/timeline?at=`: what `ledger pac timeline --json` gives.
pub async fn timeline(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<At>, QueryRejection>,
) -> Result<Response, Problem> {
    let (Path(id), Query(At { at })) = (path?, query?);
    let id = PacId::new(id)?;
    let body = service.ask(move |s| {
        let (found, steps) = Found::history(s.store(), &id, at)?;
        json(&AsOf { at: found.at, view: TimelineView::of(&found.pac, steps, &found.registry) })
    });
    Ok(axum::Json(body.await?).into_response())
}

/// Views borrow from the state that they are of, and do not outlive it.
fn json(view: &impl Serialize) -> Result<serde_json::Value, Error> {
    serde_json::to_value(view).map_err(|e| Error::new(ledger_core::Code::OutputFailed, e.to_string()))
}
