//! The local server: HTTP and JSON for agents, orchestrators, reviewers and monitors; a library that `ledger serve` runs.
//!
//! Not a second path to the log: every append is an intent that the sequencer of `ledger-core` judges, every answer is a view of it.
//! Invariant: nothing here decides what may happen; a request that was answered as committed is durable and signed for.
//! Source: DESIGN.md §6.

pub mod access;
mod append;
mod client;
mod entrance;
mod entries;
mod follow;
pub mod listen;
mod metrics;
mod observe;
mod pacs;
mod pages;
mod problem;
mod process;
mod proofs;
mod remote;
mod socket;
mod state;
mod static_log;
mod subscribe;
pub mod tls;
mod verifications;
mod websocket;

pub use access::Gate;
pub use client::Address;
pub use entrance::Entrance;
pub use listen::{Limits, Server};
pub use process::make_room;
pub use remote::{Export, Remote};
pub use socket::{Link, SOCKET, Socket, is_served};
pub use state::Service;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use problem::Problem;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};
use tower_http::set_header::SetResponseHeaderLayer;

/// All routes over one ledger, behind its gate.
pub fn router(service: Arc<Service>, gate: Arc<Gate>, limits: &Limits) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    inside(Arc::clone(&service))
        .merge(sessions().with_state(Arc::clone(&gate)))
        .route_layer(from_fn_with_state(Arc::clone(&gate), access::inside))
        .merge(outside().with_state(gate))
        .route("/readyz", get(state::readyz).with_state(service))
        .fallback(Problem::no_such_route)
        .method_not_allowed_fallback(Problem::no_such_method)
        .layer(from_fn(access::at_the_door))
        .layer(axum::extract::DefaultBodyLimit::max(limits.body))
        .layer(axum::Extension(*limits))
        .layer(
            CompressionLayer::new().compress_when(DefaultPredicate::new().and(static_log::may_be_compressed)),
        )
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
}

/// What needs a token over the network.
fn inside(service: Arc<Service>) -> Router {
    Router::new()
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
        .route("/v1/verifications", get(verifications::list).post(verifications::start))
        .route("/v1/verifications/{id}", get(verifications::one).delete(verifications::end))
        .route("/log/checkpoint", get(static_log::checkpoint))
        .route("/log/tile/{*path}", get(static_log::tile))
        .route("/metrics", get(metrics::metrics))
        .with_state(service)
}

/// What is about the token that a request brings.
fn sessions() -> Router<Arc<Gate>> {
    Router::new().route("/v1/session", get(access::whoami)).route("/v1/session/codes", post(access::codes))
}

/// What is given to anyone who means this server.
fn outside() -> Router<Arc<Gate>> {
    let pages = pages::PATHS.iter().fold(Router::new(), |all, path| all.route(path, get(pages::document)));
    pages
        .route("/assets/{*path}", get(pages::asset))
        .route("/healthz", get(state::healthz))
        .route("/v1/session", post(access::open).delete(access::close))
}
