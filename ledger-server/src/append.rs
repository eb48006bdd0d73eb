//! Appending: one intent, or many, each for itself or all together.
//!
//! The body of an intent is that of a line of `ledger append --batch`. Invariant: bytes that are hashed are the caller's own; nothing is
//! parsed and written anew on the way.

use crate::access::Caller;
use crate::observe::{Appended, RequestId};
use crate::problem::{Body, Problem};
use crate::state::Service;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use ledger_core::intent::Intent;
use ledger_core::json;
use ledger_core::names::Key;
use ledger_core::sequencer::{Receipt, Request};
use ledger_core::{Code, Error};
use serde::Serialize;
use std::sync::Arc;

/// The caller's own name for what it appends.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Most intents of a batch.
pub const MOST: usize = 4_096;

/// `POST /v1/append`: one intent; 201 and its receipt, 200 when it was there already.
///
/// `Idempotency-Key` is the intent's `id` when it has none, else the request's id is; `If-Match` with the log's size makes it conditional.
#[utoipa::path(
    post,
    path = "/v1/append",
    tag = "append",
    params(("idempotency-key" = Option<String>, Header, description = "The `id` of an intent that has none; without it the request's own id is"), ("if-match" = Option<String>, Header, description = "The number of entries that the log must hold, in quotes", example = "\"42\"")),
    request_body(content = ref("#/components/schemas/Intent"), content_type = "application/json"),
    responses((status = 201, description = "It was appended", body = ref("#/components/schemas/Receipt")), (status = 200, description = "It was there already", body = ref("#/components/schemas/Receipt")))
)]
pub async fn one(
    State(service): State<Arc<Service>>,
    Extension(caller): Extension<Caller>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let mut intent = caller.vouch(Intent::from_json(&whole(body)?, None)?);
    if let Some(key) = headers.get(IDEMPOTENCY_KEY) {
        name(&mut intent, key)?;
    }
    if is_unnamed(&intent) {
        intent.key = Some(request.0);
    }
    let expected = expected(&headers)?;
    let receipts = service.submit(Request::new(vec![intent]).expecting(expected)).await;
    let mut receipts = receipts.map_err(|e| conditional(e, expected))?;
    let gone = || Error::new(Code::Stopped, "the sequencer gave no receipt");
    let receipt = receipts.pop().ok_or_else(gone)?;
    let appended = Appended::of([&receipt], 1);
    let status = if receipt.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let place = HeaderValue::try_from(format!("/v1/entries/{}", receipt.sequence));
    let mut response = (status, Json(receipt)).into_response();
    if let Ok(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response.extensions_mut().insert(appended);
    Ok(response)
}

/// What became of a batch.
#[derive(Serialize)]
struct Results {
    results: Vec<Outcome>,
}

/// What became of one intent of a batch.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Taken(Box<Receipt>),
    Refused { error: serde_json::Value },
}

impl Outcome {
    fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Taken(receipt) => Some(receipt),
            Self::Refused { .. } => None,
        }
    }
}

impl Appended {
    /// What became of so many intents.
    fn of<'a>(receipts: impl IntoIterator<Item = &'a Receipt>, of: usize) -> Self {
        let empty = Self { of, ..Self::default() };
        receipts.into_iter().fold(empty, |all, receipt| {
            let (first, last) = all.entries.unwrap_or((receipt.sequence, receipt.sequence));
            Self {
                entries: Some((first.min(receipt.sequence), last.max(receipt.sequence))),
                taken: all.taken.saturating_add(1),
                repeated: all.repeated.saturating_add(usize::from(receipt.repeated)),
                of,
            }
        })
    }
}

/// `POST /v1/append/batch`: `{"intents": [...], "atomic"?: bool}`; 200 and `{"results": [...]}`, a receipt or an error for each.
///
/// Atomic: all or none; then a refusal is the answer itself. Intents without an `id` get `Idempotency-Key`, else the request's id, with their
/// place in the list.
#[utoipa::path(
    post,
    path = "/v1/append/batch",
    tag = "append",
    params(("idempotency-key" = Option<String>, Header, description = "What the `id`s of intents that have none begin with: `KEY-N`, N from 0; without it the request's own id does"), ("if-match" = Option<String>, Header, description = "The number of entries that the log must hold, in quotes", example = "\"42\"")),
    request_body(content = ref("#/components/schemas/Batch"), content_type = "application/json"),
    responses((status = 200, description = "What became of each", body = ref("#/components/schemas/Results")))
)]
pub async fn batch(
    State(service): State<Arc<Service>>,
    Extension(caller): Extension<Caller>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let (intents, atomic) = read_batch(&whole(body)?)?;
    let mut intents: Vec<Intent> = intents.into_iter().map(|intent| caller.vouch(intent)).collect();
    let stem = headers.get(IDEMPOTENCY_KEY).map(read_key).transpose()?.unwrap_or(request.0);
    for (n, intent) in intents.iter_mut().enumerate().filter(|(_, i)| is_unnamed(i)) {
        intent.key = Some(Key::new(format!("{stem}-{n}"))?);
    }
    let expected = expected(&headers)?;
    let results: Vec<Outcome> = if atomic {
        let receipts = service.submit(Request::new(intents).expecting(expected)).await;
        let receipts = receipts.map_err(|e| conditional(e, expected))?;
        receipts.into_iter().map(|r| Outcome::Taken(Box::new(r))).collect()
    } else if expected.is_some() {
        let why = "`If-Match` makes an atomic batch conditional; intents that are each for themselves have no common position";
        return Err(Error::new(Code::Usage, why).into());
    } else {
        each(&service, intents).await
    };
    let appended = Appended::of(results.iter().filter_map(Outcome::receipt), results.len());
    Ok((Extension(appended), Json(Results { results })).into_response())
}

/// Whether nobody has named it: what is signed has its name inside what was signed.
const fn is_unnamed(intent: &Intent) -> bool {
    intent.key.is_none() && intent.signed.is_none()
}

/// Submits all before it waits for the first, so that they share commits.
async fn each(service: &Arc<Service>, intents: Vec<Intent>) -> Vec<Outcome> {
    let pending: Vec<_> = intents
        .into_iter()
        .map(|intent| {
            let service = Arc::clone(service);
            tokio::spawn(async move { service.submit(Request::new(vec![intent])).await })
        })
        .collect();
    let mut results = Vec::with_capacity(pending.len());
    for answer in pending {
        let gone = || Error::new(Code::Stopped, "the sequencer gave no receipt");
        let receipt = answer.await.map_err(|_| gone()).and_then(|a| a?.pop().ok_or_else(gone));
        results.push(match receipt {
            Ok(receipt) => Outcome::Taken(Box::new(receipt)),
            Err(e) => Outcome::Refused { error: serde_json::to_value(Body::of(&e)).unwrap_or_default() },
        });
    }
    results
}

/// A body that came whole.
///
/// # Errors
/// `LG_103` when it is too large, `LG_105` when it cannot be read.
pub fn whole(body: Result<Bytes, axum::extract::rejection::BytesRejection>) -> Result<Bytes, Problem> {
    body.map_err(|e| {
        let code =
            if e.status() == StatusCode::PAYLOAD_TOO_LARGE { Code::TooLarge } else { Code::InputUnreadable };
        Problem::from(Error::new(code, e.body_text())).with(e.status())
    })
}

fn read_batch(body: &[u8]) -> Result<(Vec<Intent>, bool), Error> {
    let invalid = |why: &str| Error::new(Code::InvalidIntent, why);
    let value = json::parse(body).map_err(|e| Error::new(Code::MalformedJson, e.describe(body)))?;
    let members = value.as_object().ok_or_else(|| invalid("a batch is a JSON object"))?;
    if members.iter().any(|(name, _)| !["intents", "atomic"].contains(&name.as_ref())) {
        return Err(invalid("a batch has the members `intents` and `atomic`, and no others"));
    }
    let atomic = match value.get("atomic") {
        None => false,
        Some(flag) => match flag.source(body) {
            b"true" => true,
            b"false" => false,
            _ => return Err(invalid("`atomic` must be true or false")),
        },
    };
    let list = value.get("intents").and_then(json::Value::as_array);
    let list = list.ok_or_else(|| invalid("`intents` must be a list"))?;
    if !(1..=MOST).contains(&list.len()) {
        return Err(Error::new(Code::TooLarge, format!("{} intents; a batch has 1 to {MOST}", list.len())));
    }
    let numbered = |(n, intent): (usize, &json::Value<'_>)| {
        Intent::from_json(intent.source(body), None).map_err(|mut e| {
            e.message = format!("intent {n} (from 0): {}", e.message);
            e
        })
    };
    Ok((list.iter().enumerate().map(numbered).collect::<Result<_, _>>()?, atomic))
}

/// The key of the header; RFC 9110 strings may come in quotes.
fn read_key(header: &HeaderValue) -> Result<Key, Error> {
    let text =
        header.to_str().map_err(|_| Error::new(Code::InvalidName, "`Idempotency-Key` is not ASCII"))?;
    Key::new(text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text))
}

/// The header's key becomes the intent's own; a signed intent has its own inside what was signed.
fn name(intent: &mut Intent, header: &HeaderValue) -> Result<(), Error> {
    let key = read_key(header)?;
    match &intent.key {
        Some(own) if *own != key => Err(Error::new(
            Code::InvalidIntent,
            format!("`Idempotency-Key` says {key}, and the intent's `id` says {own}"),
        )),
        _ => {
            intent.key = Some(key);
            Ok(())
        }
    }
}

/// The size that the log must have.
fn expected(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let size = value.to_str().ok().and_then(|t| t.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    let wrong = || Error::new(Code::Usage, "`If-Match` is the log's size in quotes: \"42\"");
    size.map(Some).ok_or_else(wrong)
}

/// A precondition that does not hold has a status of its own.
fn conditional(e: Error, expected: Option<u64>) -> Problem {
    let failed = expected.is_some() && e.code == Code::HeadConflict;
    let problem = Problem::from(e);
    if failed { problem.with(StatusCode::PRECONDITION_FAILED) } else { problem }
}
