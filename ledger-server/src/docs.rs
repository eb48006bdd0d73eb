//! The document of the routes, as JSON and as a page to read.
//!
//! The page is three files in the binary and needs nothing from anywhere else. Invariant: no script and no style stands in it, so that a policy
//! of the content can refuse all that do.

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;

/// What the page may load, from where, and who may show it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document, written once.
#[derive(Clone)]
pub struct Document(pub Arc<str>);

impl Document {
    /// As it is sent.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        Self(document.to_string().into())
    }
}

/// `GET /openapi.json`: this document, OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "server",
    responses((status = 200, description = "The document", content((Object = "application/json"))))
)]
pub async fn openapi(axum::Extension(document): axum::Extension<Document>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document.0.to_string()).into_response()
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let policy = (HeaderName::from_static("content-security-policy"), POLICY);
    ([(header::CONTENT_TYPE, kind), (policy.0, policy.1)], text).into_response()
}

/// `GET /docs`: the same as a page to read and to try.
#[utoipa::path(get, path = "/docs", tag = "server", responses((status = 200, description = "The page", content((String = "text/html")))))]
pub async fn page() -> Response {
    file("text/html; charset=utf-8", include_str!("docs/page.html"))
}

/// `GET /docs/page.js`: what makes the page.
#[utoipa::path(get, path = "/docs/page.js", tag = "server", responses((status = 200, description = "The script", content((String = "text/javascript")))))]
pub async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("docs/page.js"))
}

/// `GET /docs/page.css`: how the page looks.
#[utoipa::path(get, path = "/docs/page.css", tag = "server", responses((status = 200, description = "The style", content((String = "text/css")))))]
pub async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("docs/page.css"))
}
