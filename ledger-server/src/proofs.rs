//! Checkpoints and proofs, in the forms that `ledger prove` writes and `ledger check` reads.

use crate::problem::Problem;
use crate::state::Service;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger_core::ledger::{evidence, read};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

/// `GET /v1/checkpoint`: the signed head, a C2SP checkpoint.
#[utoipa::path(
    get,
    path = "/v1/checkpoint",
    tag = "proofs",
    responses((status = 200, description = "The checkpoint", content((String = "text/plain"))))
)]
pub async fn checkpoint(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    Ok(text(service.ask(|s| Ok(read::signed_head(s.store())?.0.to_string())).await?))
}

/// `GET /v1/proofs/inclusion/{sequence}`: a proof file of `c2sp.org/tlog-proof@v1`.
#[utoipa::path(
    get,
    path = "/v1/proofs/inclusion/{sequence}",
    tag = "proofs",
    params(("sequence" = u64, Path, description = "Position in the log", example = 0)),
    responses((status = 200, description = "The proof file", content((String = "text/plain"))))
)]
pub async fn inclusion(
    State(service): State<Arc<Service>>,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(sequence) = path?;
    Ok(text(service.ask(move |s| evidence::inclusion(s.store(), sequence)).await?))
}

/// Of which size, to which.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Between {
    /// Number of entries of the beginning.
    from: u64,
    /// Number of entries of the whole; the present one when absent.
    to: Option<u64>,
}

/// `GET /v1/proofs/consistency?from=&to=`: what `ledger prove consistency --json` gives.
#[utoipa::path(
    get,
    path = "/v1/proofs/consistency",
    tag = "proofs",
    params(Between),
    responses((status = 200, description = "The proof", body = ref("#/components/schemas/ConsistencyProof")))
)]
pub async fn consistency(
    State(service): State<Arc<Service>>,
    between: Result<Query<Between>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Between { from, to }) = between?;
    Ok(axum::Json(service.ask(move |s| evidence::consistency(s.store(), from, to)).await?).into_response())
}
