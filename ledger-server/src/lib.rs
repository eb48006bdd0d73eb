//! The local server: HTTP and JSON for agents, orchestrators, reviewers and monitors; a library that `ledger serve` runs.
//!
//! Not a second path to the log: every append is an intent that the sequencer of `ledger-core` judges, every answer is a view of it.
//! Invariant: nothing here decides what may happen; a request that was answered as committed is durable and signed for.
//! Source: DESIGN.md §6.

#![allow(unused_qualifications, reason = "the macro that documents a route names its types in full")]

pub mod access;
mod append;
mod client;
mod docs;
mod entrance;
mod entries;
mod etag;
mod follow;
pub mod listen;
mod metrics;
mod observe;
mod opdos;
mod openapi;
mod overview;
mod pacs;
mod pages;
mod problem;
mod process;
mod projection;
mod proofs;
mod reader;
mod registry;
mod remote;
mod reviews;
mod socket;
mod state;
mod static_log;
mod subscribe;
pub mod tls;
mod trust;
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

use access::session;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state};
use problem::Problem;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes over one ledger, behind its gate.
pub fn router(service: Arc<Service>, gate: Arc<Gate>, limits: &Limits) -> Router {
    service.follow();
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let within = reading().merge(writing()).with_state(Arc::clone(&service));
    let within = within.merge(sessions().with_state(Arc::clone(&gate)));
    let (within, document) =
        within.route_layer(from_fn_with_state(Arc::clone(&gate), access::inside)).split_for_parts();
    let health = health().with_state(Arc::clone(&service));
    let (open, outside) = health.merge(documents()).merge(doors().with_state(gate)).split_for_parts();
    let document = docs::Document::of(&openapi::document(document.merge_from(outside)));
    within
        .merge(open)
        .merge(pages::routes())
        .fallback(pages::nowhere)
        .method_not_allowed_fallback(Problem::no_such_method)
        // From the outermost to the innermost. One layer of the router, however many parts: each that it has is boxed for each request.
        .layer((
            from_fn_with_state(service, observe::request),
            from_fn_with_state(limits.request_time, listen::in_time),
            always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            always(header::CACHE_CONTROL, "no-store"),
            CompressionLayer::new().compress_when(DefaultPredicate::new().and(static_log::may_be_compressed)),
            axum::Extension(document),
            axum::Extension(*limits),
            axum::extract::DefaultBodyLimit::max(limits.body),
            from_fn(access::at_the_door),
        ))
}

/// What needs a token over the network and changes nothing, each with what the document says of it.
fn reading() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(state::status))
        .routes(routes!(proofs::checkpoint))
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
        .routes(routes!(trust::status))
        .routes(routes!(trust::status_of))
        .routes(routes!(trust::authorities))
        .routes(routes!(trust::trees))
        .routes(routes!(trust::tree))
        .routes(routes!(trust::grant))
        .routes(routes!(trust::verify))
        .routes(routes!(trust::candidates))
        .routes(routes!(opdos::list))
        .routes(routes!(opdos::one))
        .routes(routes!(opdos::proof))
        .routes(routes!(subscribe::subscribe))
        .routes(routes!(entries::stream))
        .routes(routes!(proofs::inclusion))
        .routes(routes!(proofs::consistency))
        .routes(routes!(static_log::checkpoint))
        .routes(routes!(static_log::tile))
        .routes(routes!(metrics::metrics))
}

/// What needs a token over the network and leaves something behind.
fn writing() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(append::one))
        .routes(routes!(append::batch))
        .routes(routes!(verifications::list, verifications::start))
        .routes(routes!(verifications::one, verifications::end))
}

/// What is about the token that a request brings.
fn sessions() -> OpenApiRouter<Arc<Gate>> {
    OpenApiRouter::new().routes(routes!(session::whoami)).routes(routes!(session::codes))
}

/// Where a token is got, and left.
fn doors() -> OpenApiRouter<Arc<Gate>> {
    OpenApiRouter::new().routes(routes!(session::open, session::close))
}

/// Whether the server is well: for anyone who means it.
fn health() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(state::healthz)).routes(routes!(state::readyz))
}

/// What the server is, for programs and for people: no secret.
fn documents() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(docs::openapi))
        .routes(routes!(docs::page))
        .routes(routes!(docs::script))
        .routes(routes!(docs::style))
}
