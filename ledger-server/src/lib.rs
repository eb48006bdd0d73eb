//! The local server: HTTP and JSON for agents, orchestrators, reviewers and monitors; a library that `ledger serve` runs.
//!
//! Not a second path to the log: every append is an intent that the sequencer of `ledger-core` judges, every answer is a view of it.
//! Invariant: nothing here decides what may happen; a request that was answered as committed is durable and signed for.
//! Source: DESIGN.md §6.

#![allow(unused_qualifications, reason = "the macro that documents a route names its types in full")]

mod append;
mod client;
mod docs;
mod entries;
pub mod listen;
mod opdos;
mod openapi;
mod overview;
mod pacs;
mod pages;
mod problem;
mod projection;
mod proofs;
mod reader;
mod registry;
mod remote;
mod reviews;
mod socket;
mod state;
mod subscribe;

pub use listen::{Limits, Server};
pub use remote::Remote;
pub use socket::{Link, SOCKET, Socket, is_served};
pub use state::Service;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use problem::Problem;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes over one ledger.
pub fn router(service: Arc<Service>, limits: &Limits) -> Router {
    service.follow();
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let (routes, document) = routes().split_for_parts();
    let document = docs::Document::of(&openapi::document(document));
    routes
        .merge(pages::routes())
        .fallback(Problem::no_such_route)
        .method_not_allowed_fallback(Problem::no_such_method)
        .layer(axum::extract::DefaultBodyLimit::max(limits.body))
        .layer(CompressionLayer::new())
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(axum::Extension(document))
        .with_state(service)
}

/// The routes, each with what the document says of it.
fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(state::healthz))
        .routes(routes!(state::readyz))
        .routes(routes!(state::status))
        .routes(routes!(proofs::checkpoint))
        .routes(routes!(append::one))
        .routes(routes!(append::batch))
        .routes(routes!(entries::list))
        .routes(routes!(entries::one))
        .routes(routes!(overview::overview))
        .routes(routes!(overview::violations))
        .routes(routes!(pacs::list))
        .routes(routes!(pacs::one))
        .routes(routes!(pacs::graph))
        .routes(routes!(pacs::timeline))
        .routes(routes!(reviews::status))
        .routes(routes!(reviews::packet))
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::report))
        .routes(routes!(registry::list))
        .routes(routes!(registry::one))
        .routes(routes!(registry::state))
        .routes(routes!(opdos::list))
        .routes(routes!(opdos::one))
        .routes(routes!(opdos::proof))
        .routes(routes!(subscribe::subscribe))
        .routes(routes!(entries::stream))
        .routes(routes!(proofs::inclusion))
        .routes(routes!(proofs::consistency))
        .routes(routes!(docs::openapi))
        .routes(routes!(docs::page))
        .routes(routes!(docs::script))
        .routes(routes!(docs::style))
}
