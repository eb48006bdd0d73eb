//! What is known of each request: an id, a line in the process's log, its figures.
//!
//! Never logged: bodies, data, tokens, queries. Invariant: every answer has the `X-Request-Id` that the log line and, where it appended without
//! a name of its own, the entry have.

use crate::problem::Problem;
use crate::state::Service;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ledger_core::Code;
use ledger_core::names::Key;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument as _;

/// The id of a request, ours or a client's own.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id of a client's own, in characters.
const MAX_ID: usize = 64;
/// Routes that are asked for every few seconds by machines: their lines are for whoever looks closely.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
/// Route of what is not served.
const NOWHERE: &str = "none";

/// What a request is called: a UUIDv7.
#[derive(Clone)]
pub struct RequestId(pub Key);

/// What a request appended, for its line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Appended {
    /// The first entry, and the last one.
    pub entries: Option<(u64, u64)>,
    /// Intents that were taken.
    pub taken: usize,
    /// Of so many.
    pub of: usize,
    /// Those of the taken that were entries before.
    pub repeated: usize,
}

/// Names a request, logs and counts its answer.
pub async fn request(
    State(service): State<Arc<Service>>,
    path: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let id = match service.naming().key() {
        Ok(id) => id,
        Err(e) => return Problem::from(e).into_response(),
    };
    let (route, method) = (path.as_ref().map_or(NOWHERE, MatchedPath::as_str), known(request.method()));
    let theirs = theirs(request.headers());
    // Whatever level is asked for, a line says which request it is of.
    let span = tracing::error_span!("request", request_id = %id, client_request_id = theirs, method, route);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(id) = HeaderValue::try_from(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    let code = response.extensions().get::<Code>().copied();
    service.metrics().answered(route, method, status, took, code);
    let appended = response.extensions().get::<Appended>().copied();
    span.in_scope(|| {
        // To the microsecond.
        let latency_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
        let code = code.map(|c| c.row().code);
        if PROBES.contains(&route) {
            tracing::debug!(status, latency_ms, code, "answered");
        } else if status >= 500 {
            tracing::warn!(status, latency_ms, code, "answered");
        } else if let Some(Appended { entries, taken, of, repeated }) = appended {
            let (first, last) = entries.unzip();
            tracing::info!(status, latency_ms, first, last, taken, of, repeated, "appended");
        } else {
            tracing::info!(status, latency_ms, code, "answered");
        }
    });
    response
}

/// The id that the client gave, if it is one: 1 to 64 of letters, digits, `.`, `_`, `-`.
fn theirs(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let fits = (1..=MAX_ID).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    fits.then(|| text.to_owned())
}

/// Methods are as many as clients can think of; labels are not.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
