//! A client of the server, at its Unix socket or over the network, for callers that are not asynchronous themselves.
//!
//! Invariant: what the server refused comes back as the same error that it was there; a token is sent to a server of another machine
//! over TLS only. Source: DESIGN.md §6 (`--server URL`).

use crate::tls::{connector, server_name};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ledger_core::intent::Bearer;
use ledger_core::{Code, Error, Result};
use serde_json::Value;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// Longest answer that is read.
const MOST: usize = 64 << 20;

/// A server.
pub struct Client {
    place: Place,
    /// What the request's `Host` says.
    host: String,
    /// `Bearer TOKEN`.
    authorization: Option<HeaderValue>,
    runtime: Runtime,
}

/// Where it is.
enum Place {
    Socket(PathBuf),
    Network { address: String, tls: Option<(TlsConnector, ServerName<'static>)> },
}

/// A server on the network.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// `http://127.0.0.1:7420`, `https://ledger.example`.
    pub url: String,
    /// The token that lets its holder in.
    pub token: Option<Bearer>,
    /// Certificates that are trusted instead of the system's, PEM.
    pub ca: Option<PathBuf>,
}

fn runtime() -> Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Error::new(Code::ReadFailed, format!("no runtime: {e}")))
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
        let place = Place::Socket(socket.to_owned());
        Ok(Some(Self { place, host: "ledger".to_owned(), authorization: None, runtime: runtime()? }))
    }

    /// The server of this address; nothing is sent yet.
    ///
    /// # Errors
    /// `LG_106` when the address is none, or when a token would cross the network in clear text; `LG_104` when certificates are unreadable.
    pub fn to(address: &Address) -> Result<Self> {
        let wrong = |why: &str| Error::new(Code::Usage, format!("{:?} {why}", address.url));
        let uri: Uri = address.url.parse().map_err(|_| wrong("is no address of a server"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("is no address of a server").hint("give one like http://127.0.0.1:7420"));
        };
        if uri.path_and_query().is_some_and(|p| p.as_str() != "/") || authority.as_str().contains('@') {
            return Err(wrong("has more than scheme, host and port"));
        }
        let (host, standard) = (authority.host().to_owned(), if scheme == "https" { 443 } else { 80 });
        let bare = host.trim_matches(['[', ']']);
        let tls = match scheme {
            "https" => Some((connector(address.ca.as_deref())?, server_name(bare)?)),
            "http" if bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()) => None,
            "http" => return Err(wrong("would get the token in clear text").hint("use https")),
            _ => return Err(wrong("is neither http nor https")),
        };
        let bearer = |token: &Bearer| {
            let value = HeaderValue::try_from(format!("Bearer {}", token.secret().trim()));
            let mut value = value
                .map_err(|_| Error::new(Code::Unauthenticated, "the token has characters that none has"))?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        };
        let authorization = address.token.as_ref().map(bearer).transpose()?;
        let port = authority.port_u16().unwrap_or(standard);
        let place = Place::Network { address: format!("{host}:{port}"), tls };
        Ok(Self { place, host: authority.as_str().to_owned(), authorization, runtime: runtime()? })
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
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .map_err(malformed)?;
        if let Some(size) = expect.and_then(|size| HeaderValue::try_from(format!("\"{size}\"")).ok()) {
            request.headers_mut().insert(header::IF_MATCH, size);
        }
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        let (status, answer) = self.runtime.block_on(self.exchange(request)).map_err(|why| {
            Error::new(Code::Stopped, format!("the server at {} did not answer: {why}", self.place))
                .hint("start the server again, or run the command without one; with an --id of its own nothing is appended twice")
        })?;
        if status.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
    }

    async fn exchange(&self, request: Request<Body>) -> std::result::Result<(StatusCode, Bytes), String> {
        match &self.place {
            Place::Socket(path) => over(UnixStream::connect(path).await.map_err(shown)?, request).await,
            Place::Network { address, tls } => {
                let stream = TcpStream::connect(address.as_str()).await.map_err(shown)?;
                match tls {
                    None => over(stream, request).await,
                    Some((tls, name)) => {
                        over(tls.connect(name.clone(), stream).await.map_err(shown)?, request).await
                    }
                }
            }
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn shown(e: impl std::fmt::Display) -> String {
    e.to_string()
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Network { address, .. } => address.fmt(f),
        }
    }
}

/// One request over one connection.
async fn over<S>(stream: S, request: Request<Body>) -> std::result::Result<(StatusCode, Bytes), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(shown)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(shown)?;
    let status = response.status();
    let body = to_bytes(Body::new(response.into_body()), MOST).await.map_err(shown)?;
    connection.abort();
    Ok((status, body))
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
