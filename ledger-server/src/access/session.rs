//! Sessions of a browser: a one-time code for a token, the token as a cookie that no script can read.
//!
//! Invariant: a code is good once and for minutes, and only its hash is kept; the token is in memory until the code is used, and then with
//! the browser alone. Source: DESIGN.md §7.

use super::{Caller, Door, Gate, unauthenticated};
use crate::append::whole;
use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger_core::json;
use ledger_core::time::Timestamp;
use ledger_core::{Code, Error, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a code is good, in milliseconds of the wall clock.
const CODE_TIME: i64 = 10 * 60_000;
/// Most codes that wait to be used.
const MOST_CODES: usize = 256;

/// Codes that were given and not used yet, by their hash.
#[derive(Default)]
pub struct Codes(Mutex<HashMap<[u8; 32], (String, i64)>>);

impl Codes {
    /// A new code for this token, made of these bytes at this time.
    ///
    /// # Errors
    /// `LG_204` when too many wait.
    pub fn make(&self, token: &str, now: i64, random: &[u8; 32]) -> Result<String> {
        let code = URL_SAFE_NO_PAD.encode(random);
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, (_, until)| *until > now);
        if codes.len() >= MOST_CODES {
            return Err(Error::new(Code::Busy, "too many links wait to be used"));
        }
        codes.insert(hash(&code), (token.to_owned(), now.saturating_add(CODE_TIME)));
        Ok(code)
    }

    /// The token of a code, which is good no more.
    fn spend(&self, code: &str, now: i64) -> Result<String> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash(code));
        match found {
            Some((token, until)) if until > now => Ok(token),
            _ => Err(Error::new(Code::CodeSpent, "the code is unknown, used or too old")),
        }
    }
}

fn hash(code: &str) -> [u8; 32] {
    Sha256::digest(code.as_bytes()).into()
}

/// Name of the cookie: other servers of the same host are told apart by their port.
fn cookie_name(door: &Door) -> String {
    if door.is_encrypted() { "__Host-ledger".to_owned() } else { format!("ledger-{}", door.port()) }
}

/// The token that a request brings, and whether a browser brought it.
pub(super) fn token_of(request: &Request, door: &Door) -> Result<(String, bool)> {
    let mut bearers = request.headers().get_all(header::AUTHORIZATION).iter();
    if let Some(value) = bearers.next() {
        let token = value.to_str().ok().and_then(|v| v.split_once(' '));
        return match token {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && bearers.next().is_none() => {
                Ok((token.trim().to_owned(), false))
            }
            _ => Err(unauthenticated("`Authorization` is `Bearer TOKEN`, once")),
        };
    }
    let name = cookie_name(door);
    let cookies = request.headers().get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let found = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name);
    found
        .map(|(_, token)| (token.to_owned(), true))
        .ok_or_else(|| unauthenticated("the request brings no token"))
}

/// A member of a small JSON object that has no other.
fn member(body: &[u8], name: &str) -> Result<String> {
    let value = json::parse(body).map_err(|e| Error::new(Code::MalformedJson, e.describe(body)))?;
    let only = value.as_object().is_some_and(|m| m.len() == 1);
    let text = value.get(name).and_then(json::Value::as_str).filter(|_| only);
    text.map(str::to_owned).ok_or_else(|| {
        Error::new(Code::InvalidIntent, format!("the body is an object with the text `{name}` alone"))
    })
}

/// `POST /v1/session {"code"}`: exchanges a one-time code for a cookie.
#[utoipa::path(
    post,
    path = "/v1/session",
    tag = "access",
    request_body(content = ref("#/components/schemas/SessionCode"), content_type = "application/json"),
    responses((status = 204, description = "The token is a cookie now"))
)]
pub async fn open(
    State(gate): State<Arc<Gate>>,
    Extension(door): Extension<Arc<Door>>,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let token = member(&whole(body)?, "code").and_then(|code| gate.codes.spend(&code, gate.now()));
    let token = match token {
        Ok(token) => token,
        Err(e) => {
            gate.limiter.failed(door.peer())?;
            return Err(e.into());
        }
    };
    let admission = gate.keyring.admit(&token)?;
    let left = admission.holder().expires_at.saturating_sub(gate.now()).div_euclid(1_000).max(0);
    cookie(&door, &token, left)
}

/// `DELETE /v1/session`: the browser forgets the token; other copies of it stay good.
#[utoipa::path(
    delete,
    path = "/v1/session",
    tag = "access",
    responses((status = 204, description = "The browser forgets the token"))
)]
pub async fn close(Extension(door): Extension<Arc<Door>>) -> Result<Response, Problem> {
    cookie(&door, "", 0)
}

fn cookie(door: &Door, value: &str, seconds: i64) -> Result<Response, Problem> {
    let secure = if door.is_encrypted() { "; Secure" } else { "" };
    let name = cookie_name(door);
    let line = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let line = HeaderValue::try_from(line)
        .map_err(|_| Error::new(Code::Unauthenticated, "the token does not fit into a cookie"))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, line);
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// `GET /v1/session`: whose token the request brings.
#[utoipa::path(
    get,
    path = "/v1/session",
    tag = "access",
    responses((status = 200, description = "Who asks", body = ref("#/components/schemas/Session")))
)]
pub async fn whoami(Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(match caller {
        Caller::Owner => json!({ "role": "owner" }),
        Caller::Holder(admission) => {
            let holder = admission.holder();
            let until = Timestamp::from_millis(holder.expires_at).map(|t| t.to_string());
            json!({ "gid": holder.gid, "role": holder.role, "expires_at": until })
        }
    })
}

/// `POST /v1/session/codes {"token"}`: a one-time code for this token, for the owner of the ledger alone.
#[utoipa::path(
    post,
    path = "/v1/session/codes",
    tag = "access",
    request_body(content = ref("#/components/schemas/SessionToken"), content_type = "application/json"),
    responses((status = 201, description = "A code that is good once", body = ref("#/components/schemas/SessionLink")))
)]
pub async fn codes(
    State(gate): State<Arc<Gate>>,
    Extension(caller): Extension<Caller>,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    if !matches!(caller, Caller::Owner) {
        return Err(Error::new(Code::AccessDenied, "links are made through the Unix socket only").into());
    }
    let code = gate.code_for(&member(&whole(body)?, "token")?)?;
    let mut answer = json!({ "code": code, "expires_in": CODE_TIME.div_euclid(1_000) });
    if let (Some(url), Some(members)) = (gate.link(&code), answer.as_object_mut()) {
        members.insert("url".to_owned(), url.into());
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}
