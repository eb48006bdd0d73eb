//! Reviews: those of one PAC, the packet that is read, what waits for a reviewer, and the report of all.

use crate::entries::{Order, slice};
use crate::pacs::{json, pac_id};
use crate::problem::Problem;
use crate::state::Service;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger_core::names::{Gid, PacId};
use ledger_core::review::report::Report;
use ledger_core::store::Store;
use ledger_core::view::as_of::Found;
use ledger_core::view::{PacketView, ReviewReport, ReviewRow, ReviewStatusView};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::RangeBounds as _;
use std::sync::Arc;
use utoipa::IntoParams;

/// `GET /v1/pacs/{id}/reviews`: what `ledger review status --json` gives.
#[utoipa::path(
    get,
    path = "/v1/pacs/{id}/reviews",
    tag = "reviews",
    params(("id" = String, Path, description = "Id of the PAC", example = "PAC-ATLAS-P1-SEARCH-01")),
    responses((status = 200, description = "The reviews", body = ref("#/components/schemas/ReviewStatus")))
)]
pub async fn status(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Problem> {
    let id = pac_id(path)?;
    let view = service.read(move |reader| {
        let found = Found::find(reader, &id, None)?;
        json(&ReviewStatusView::of(&found.pac, &found.registry))
    });
    Ok(Json(view.await?))
}

/// `GET /v1/pacs/{id}/packet`: what `ledger review show --json` gives; `content` is the very bytes that `packet` is the digest of.
#[utoipa::path(
    get,
    path = "/v1/pacs/{id}/packet",
    tag = "reviews",
    params(("id" = String, Path, description = "Id of the PAC", example = "PAC-ATLAS-P1-SEARCH-01")),
    responses((status = 200, description = "The packet", body = ref("#/components/schemas/PacketView")))
)]
pub async fn packet(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = pac_id(path)?;
    let view = service.read(move |reader| PacketView::of(&Found::find(reader, &id, None)?.pac)).await?;
    let mut body = b"{\"content\":".to_vec();
    body.extend_from_slice(&view.bytes);
    for (name, value) in [
        ("merkle_root", view.merkle_root.as_str()),
        ("opdo_id", &view.opdo_id),
        ("packet", view.packet.as_str()),
    ] {
        body.extend_from_slice(format!(",\"{name}\":{}", Value::from(value)).as_bytes());
    }
    body.push(b'}');
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Which reviews.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Reviews {
    /// Only what waits for a review, or only what was approved and waits to be made final.
    waiting: Option<bool>,
    /// Only what was sealed in this entry or later; or earlier, where the latest comes first.
    from: Option<u64>,
    /// Which end comes first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Most rows.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Rows of reviews.
#[derive(Serialize, JsonSchema)]
pub struct ReviewsPage {
    /// The last entry that counts.
    at: u64,
    /// In the order in which they were sealed, or the other way round.
    reviews: Vec<ReviewRow>,
    /// The `from` of the following page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

fn sealed_in(row: &ReviewRow) -> u64 {
    row.sealed.as_ref().map_or(0, |moment| moment.sequence)
}

/// `GET /v1/reviews?waiting=&from=&order=&limit=`: what is sealed and not yet final, and who reviews it.
#[utoipa::path(
    get,
    path = "/v1/reviews",
    tag = "reviews",
    params(Reviews),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/ReviewsPage")))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    query: Result<Query<Reviews>, QueryRejection>,
) -> Result<Json<ReviewsPage>, Problem> {
    let Query(Reviews { waiting, from, order, limit }) = query?;
    let slice = slice(from, order, limit)?;
    let page = service.project(0, move |projection| {
        projection.check()?;
        let wanted = |row: &ReviewRow| {
            slice.range().contains(&sealed_in(row)) && waiting.is_none_or(|w| w == row.waiting)
        };
        let mut reviews: Vec<ReviewRow> = projection.reviews().filter(wanted).collect();
        reviews.sort_by_key(sealed_in);
        let (reviews, next) = slice.cut(reviews.into_iter(), sealed_in);
        Ok(ReviewsPage { at: projection.size().saturating_sub(1), reviews, next })
    });
    Ok(Json(page.await?))
}

/// Of which PAC and whose reviews.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Reported {
    /// Of this PAC only.
    pac: Option<String>,
    /// Of this reviewer only.
    reviewer: Option<String>,
}

/// `GET /v1/reviews/report?pac=&reviewer=`: what `ledger review report --json` gives.
#[utoipa::path(
    get,
    path = "/v1/reviews/report",
    tag = "reviews",
    params(Reported),
    responses((status = 200, description = "The report", body = ref("#/components/schemas/Report")))
)]
pub async fn report(
    State(service): State<Arc<Service>>,
    query: Result<Query<Reported>, QueryRejection>,
) -> Result<Json<Report>, Problem> {
    let Query(Reported { pac, reviewer }) = query?;
    let pac = pac.map(PacId::new).transpose().map_err(Problem::parameter)?;
    let reviewer = reviewer.map(Gid::new).transpose().map_err(Problem::parameter)?;
    let report = service.read(move |reader| {
        let mut report = ReviewReport::default();
        reader.each(reader.head().size, |sequence, entry| report.take(sequence, entry))?;
        report.finish(pac.as_ref().map(PacId::as_str), reviewer.as_ref().map(Gid::as_str))
    });
    Ok(Json(report.await?))
}
