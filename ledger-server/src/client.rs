//! A client of the server at a Unix socket, for callers that are not asynchronous themselves.
//!
//! Invariant: what the server refused comes back as the same error that it was there.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ledger_core::{Code, Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;

/// Longest answer that is read.
const MOST: usize = 64 << 20;

/// A server.
pub struct Client {
    socket: PathBuf,
    runtime: Runtime,
}

impl Client {
    /// The server that listens there; `None` when nobody does.
    ///
    /// # Errors
    /// `LG_208` when the system gives no runtime.
    pub fn find(socket: &Path) -> Result<Option<Self>> {
        if std::os::unix::net::UnixStream::connect(socket).is_err() {
            return Ok(None);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Error::new(Code::ReadFailed, format!("no runtime: {e}")))?;
        Ok(Some(Self { socket: socket.to_owned(), runtime }))
    }

    /// `GET`.
    ///
    /// # Errors
    /// As the server says; `LG_210` when it ends before it has answered.
    pub fn get(&self, path: &str) -> Result<Bytes> {
        self.ask(Method::GET, path, None, Bytes::new())
    }

    /// `POST` of JSON, on the condition that the log has this size.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn post(&self, path: &str, expect: Option<u64>, body: impl Into<Bytes>) -> Result<Bytes> {
        self.ask(Method::POST, path, expect, body.into())
    }

    fn ask(&self, method: Method, path: &str, expect: Option<u64>, body: Bytes) -> Result<Bytes> {
        let malformed = |e: axum::http::Error| Error::new(Code::InvalidName, e.to_string());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "ledger")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .map_err(malformed)?;
        if let Some(size) = expect.and_then(|size| HeaderValue::try_from(format!("\"{size}\"")).ok()) {
            request.headers_mut().insert(header::IF_MATCH, size);
        }
        let (status, answer) = self.runtime.block_on(self.exchange(request)).map_err(|why| {
            Error::new(Code::Stopped, format!("the server at {} did not answer: {why}", self.socket.display()))
                .hint("start the server again, or run the command without one; with an --id of its own nothing is appended twice")
        })?;
        if status.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
    }

    async fn exchange(&self, request: Request<Body>) -> std::result::Result<(StatusCode, Bytes), String> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|e| e.to_string())?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), MOST).await.map_err(|e| e.to_string())?;
        connection.abort();
        Ok((status, body))
    }
}

/// The error in a problem's details.
fn refusal(problem: &[u8]) -> Error {
    let details: Value = serde_json::from_slice(problem).unwrap_or_default();
    error_of(details.get("error").unwrap_or(&Value::Null))
}

/// An error from its JSON.
pub(crate) fn error_of(error: &Value) -> Error {
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let Some(code) = text("code").and_then(Code::find) else {
        return Error::new(Code::Stopped, "the server refused in a way that is not known here");
    };
    let mut known = Error::new(code, text("message").unwrap_or_default());
    known.hint = text("remedy").filter(|r| *r != code.row().remedy).map(str::to_owned);
    known.sequence = error.get("sequence").and_then(Value::as_u64);
    known
}
