//! What a refused request is told: RFC 9457 problem details, with the code, name and remedy that the command line prints.
//!
//! Invariant: `error` has exactly the fields of the command line's `--json` (DESIGN.md §6); nothing internal is ever shown.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use ledger_core::{Code, Error};
use schemars::JsonSchema;
use serde::Serialize;

/// Seconds after which a caller that was told "busy" may ask again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Where a request is described.
const SEE: &str = "See what the route takes, at /docs of the server or in docs/api.md.";

/// A refusal.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    error: Error,
}

/// The answer as it is sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Details<'a> {
    /// `urn:ledger:error:` and the code.
    r#type: String,
    /// Name of the code.
    title: &'a str,
    /// Status of the answer.
    status: u16,
    /// What was wrong here.
    detail: &'a str,
    /// The error, as on the command line.
    error: Body<'a>,
}

/// The error as everywhere.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct Body<'a> {
    /// The code, which docs/errors.md explains.
    code: &'a str,
    /// Its name.
    name: &'a str,
    /// What was wrong here.
    message: &'a str,
    /// What to do.
    remedy: &'a str,
    /// Entry that records the attempt, or that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
}

impl<'a> Body<'a> {
    /// Of this error.
    pub fn of(error: &'a Error) -> Self {
        let row = error.code.row();
        Self {
            code: row.code,
            name: row.name,
            message: &error.message,
            remedy: error.remedy(),
            sequence: error.sequence,
        }
    }
}

impl Problem {
    /// The same, told with another status than the table's.
    #[must_use]
    pub const fn with(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// A parameter that is not of its form.
    #[must_use]
    pub fn parameter(error: Error) -> Self {
        Self::from(error).with(StatusCode::BAD_REQUEST)
    }

    /// What is not served here.
    pub async fn no_such_route(uri: Uri) -> Self {
        let path: String = uri.path().chars().take(80).collect();
        let why = format!("there is nothing at {path:?}");
        Self::from(Error::new(Code::NoSuchRoute, why))
    }

    /// What is served by another method.
    pub async fn no_such_method(method: Method, uri: Uri) -> Self {
        let path: String = uri.path().chars().take(80).collect();
        let why = format!("{path:?} does not take {method}");
        Self::from(Error::new(Code::WrongMethod, why))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = StatusCode::from_u16(error.code.row().http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A step that a newer program took is a success of verification, and no answer to a question that needs to understand it.
        let status = if status.is_success() { StatusCode::NOT_IMPLEMENTED } else { status };
        // The command line's own remedy helps nobody here.
        let plain = error.code == Code::Usage && error.hint.is_none();
        let error = if plain { error.hint(SEE) } else { error };
        Self { status, error }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let text = rejection.body_text();
        let why = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
        Self::from(Error::new(Code::Usage, format!("the query: {why}")))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::from(Error::new(Code::Usage, rejection.body_text()))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let row = self.error.code.row();
        let details = Details {
            r#type: format!("urn:ledger:error:{}", row.code),
            title: row.name,
            status: self.status.as_u16(),
            detail: &self.error.message,
            error: Body::of(&self.error),
        };
        let mut response = (self.status, Json(details)).into_response();
        // Counted, and recorded where the policy asks, beside its status.
        response.extensions_mut().insert(self.error.code);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE || self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ledger\""));
        }
        response
    }
}
