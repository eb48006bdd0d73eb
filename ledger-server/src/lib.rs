//! The local server: HTTP and JSON for agents, orchestrators, reviewers and monitors; a library that `ledger serve` runs.
//!
//! Not a second path to the log: every append is an intent that the sequencer of `ledger-core` judges, every answer is a view of it.
//! Invariant: nothing here decides what may happen; a request that was answered as committed is durable and signed for.
//! Source: DESIGN.md §6.

mod append;
mod client;
mod entries;
pub mod listen;
mod pacs;
mod pages;
mod problem;
mod proofs;
mod remote;
mod socket;
mod state;
mod subscribe;

pub use listen::{Limits, Server};
pub use remote::Remote;
pub use socket::{Link, SOCKET, Socket, is_served};
pub use state::Service;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::{get, post};
use problem::Problem;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

/// All routes over one ledger.
pub fn router(service: Arc<Service>, limits: &Limits) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let pages = pages::PATHS.iter().fold(Router::new(), |all, path| all.route(path, get(pages::document)));
    pages
        .route("/assets/{*path}", get(pages::asset))
        .route("/healthz", get(state::healthz))
        .route("/readyz", get(state::readyz))
        .route("/v1/status", get(state::status))
        .route("/v1/checkpoint", get(proofs::checkpoint))
        .route("/v1/append", post(append::one))
        .route("/v1/append/batch", post(append::batch))
        .route("/v1/entries", get(entries::list))
        .route("/v1/entries/{sequence}", get(entries::one))
        .route("/v1/pacs/{id}", get(pacs::one))
        .route("/v1/pacs/{id}/timeline", get(pacs::timeline))
        .route("/v1/subscribe", get(subscribe::subscribe))
        .route("/v1/streams/{*name}", get(entries::stream))
        .route("/v1/proofs/inclusion/{sequence}", get(proofs::inclusion))
        .route("/v1/proofs/consistency", get(proofs::consistency))
        .fallback(Problem::no_such_route)
        .method_not_allowed_fallback(Problem::no_such_method)
        .layer(axum::extract::DefaultBodyLimit::max(limits.body))
        .layer(CompressionLayer::new())
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .with_state(service)
}
