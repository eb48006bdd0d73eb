//! The pages for people: one HTML document for every page, and the files that it loads, from the binary itself.
//!
//! Not a view of the ledger: pages ask the API like any other program, with the same rights. Invariant: no answer lets a page run or load
//! anything that did not come with the binary; the policy below says so to the browser. Source: DESIGN.md §2, docs/adr/0017-pages.md.

use crate::etag::is_known;
use crate::problem::Problem;
use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ledger_core::{Code, Error};
use rust_embed::{EmbeddedFile, RustEmbed};

/// Where the document is, of all files.
const DOCUMENT: &str = "index.html";
/// Paths that the document answers; what stands there is for its own scripts to read.
const PATHS: [&str; 14] = [
    "/",
    "/pacs",
    "/pacs/{id}",
    "/entries/{n}",
    "/reviews",
    "/reviews/{pac}",
    "/agents",
    "/agents/{gid}",
    "/violations",
    "/trust",
    "/trust/{root}",
    "/log",
    "/verify",
    "/enrol",
];
/// What a page may do: load scripts, styles and pictures from here, ask here, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The files of `web/`; a debug build reads them from there at each request.
#[derive(RustEmbed)]
#[folder = "web"]
struct Files;

/// The routes of the pages and of their files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let pages = PATHS.iter().fold(Router::new(), |all, path| all.route(path, get(document)));
    pages.route("/assets/{*path}", get(asset))
}

/// The document of every page.
async fn document(headers: HeaderMap) -> Result<Response, Problem> {
    answer(DOCUMENT, &headers)
}

/// What nothing is served at: a page for whoever looks at pages, a problem for programs.
pub async fn nowhere(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let looks = method == Method::GET && accepted.into_iter().any(|kinds| kinds.contains("text/html"));
    // Whatever a browser has already, this is another answer.
    match answer(DOCUMENT, &HeaderMap::new()) {
        Ok(page) if looks => (StatusCode::NOT_FOUND, page).into_response(),
        _ => Problem::no_such_route(uri).await.into_response(),
    }
}

/// `GET /assets/{path}`: a file that the document loads.
async fn asset(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Result<Response, Problem> {
    let Path(path) = path?;
    answer(&path, &headers)
}

fn answer(path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let missing = || Error::new(Code::NoSuchRoute, "there is no such file among the pages");
    let kind = content_type(path).ok_or_else(missing)?;
    let file = Files::get(path).ok_or_else(missing)?;
    let tag = tag(&file);
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], file.data).into_response()
    };
    let always = response.headers_mut();
    for (name, value) in ALWAYS {
        always.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::try_from(tag) {
        always.insert(header::ETAG, tag);
    }
    Ok(response)
}

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Asked again each time, and answered by 304: a new binary's pages are never mixed with an old one's.
    (header::CACHE_CONTROL, "no-cache"),
];

/// Weak, because the same file may go out compressed.
fn tag(file: &EmbeddedFile) -> String {
    format!("W/\"{}\"", hex::encode(file.metadata.sha256_hash()))
}

/// The content type, of the kinds that pages consist of; notes for developers are none of them.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}
