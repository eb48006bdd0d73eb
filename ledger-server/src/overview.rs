//! What a monitor looks at: the ledger at a glance, and violations.

use crate::entries::{Order, slice};
use crate::problem::Problem;
use crate::state::Service;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ledger_core::ledger::read;
use ledger_core::view::{OverviewView, SignedView, ViolationRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::IntoParams;

/// `GET /v1/overview`: the ledger at a glance.
#[utoipa::path(
    get,
    path = "/v1/overview",
    tag = "log",
    responses((status = 200, description = "The overview", body = ref("#/components/schemas/OverviewView")))
)]
pub async fn overview(State(service): State<Arc<Service>>) -> Result<Json<OverviewView>, Problem> {
    let (signed, now) = service.ask(|s| Ok((SignedView::of(s.store())?, s.now().wall))).await?;
    let view = service.project(signed.size, move |projection| Ok(OverviewView::of(projection, signed, now)));
    Ok(Json(view.await?))
}

/// Which violations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Violations {
    /// Only those that block the gateway of a PAC that has not ended, or only the others.
    open: Option<bool>,
    /// Only those that were recorded in this entry or later; or earlier, where the latest comes first.
    from: Option<u64>,
    /// Which end comes first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Most rows.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Rows of violations.
#[derive(Serialize, JsonSchema)]
pub struct ViolationsPage {
    /// The last entry that counts.
    at: u64,
    /// In the order in which they were recorded, or the other way round.
    violations: Vec<ViolationRow>,
    /// The `from` of the following page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// `GET /v1/violations?open=&from=&order=&limit=`: all open ones, and the last 10,000 others.
#[utoipa::path(
    get,
    path = "/v1/violations",
    tag = "violations",
    params(Violations),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/ViolationsPage")))
)]
pub async fn violations(
    State(service): State<Arc<Service>>,
    query: Result<Query<Violations>, QueryRejection>,
) -> Result<Json<ViolationsPage>, Problem> {
    let Query(Violations { open, from, order, limit }) = query?;
    let slice = slice(from, order, limit)?;
    let found = service.project(0, move |projection| {
        projection.check()?;
        Ok((projection.size(), projection.violations().page(slice, open)))
    });
    let (size, (standings, next)) = found.await?;
    let rows = service.look(move |reader| {
        let row = |standing: ledger_core::view::violations::Standing| {
            ViolationRow::of(&read::entry(reader, standing.sequence)?, standing)
        };
        standings.into_iter().map(row).collect::<Result<_, _>>()
    });
    Ok(Json(ViolationsPage { at: size.saturating_sub(1), violations: rows.await?, next }))
}
