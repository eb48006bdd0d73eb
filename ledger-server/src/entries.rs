//! Entries, one by one, in order, and by stream, as the event JSON of docs/format.md §12.
//!
//! Invariant: an entry never changes, so what names one may be cached for ever.

use crate::problem::Problem;
use crate::state::Service;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger_core::entry::{Entry, event_json};
use ledger_core::ledger::read;
use ledger_core::names::Stream;
use ledger_core::sequencer::Sequencer;
use ledger_core::{Code, Error};
use serde::Deserialize;
use std::sync::Arc;

/// Entries of a page when nothing is said.
const PAGE: usize = 100;
/// Most entries of a page.
const MOST: usize = 1_000;
/// Bytes after which a page ends, whatever was asked.
const PAGE_BYTES: usize = 8 << 20;

/// Where to begin and how much.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// First position.
    #[serde(default)]
    from: u64,
    /// Most entries.
    limit: Option<usize>,
}

impl Page {
    fn limit(&self) -> Result<usize, Error> {
        let limit = self.limit.unwrap_or(PAGE);
        if (1..=MOST).contains(&limit) {
            return Ok(limit);
        }
        Err(Error::new(Code::Usage, format!("`limit` is 1 to {MOST}, not {limit}")))
    }
}

/// `GET /v1/entries/{sequence}`: one entry; immutable.
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(sequence) = path?;
    let entry = service.ask(move |s| read::entry(s.store(), sequence)).await?;
    let etag = format!("\"{}\"", entry.leaf_hash().to_hex());
    let immutable =
        [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "private, max-age=31536000, immutable")];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, immutable).into_response());
    }
    let mut body = Vec::new();
    event_json::write(&entry.as_record(), &mut body)?;
    Ok((immutable, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// `GET /v1/entries?from=&limit=`: entries in order, and `next`, the position that the following page begins at.
pub async fn list(
    State(service): State<Arc<Service>>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(page) = page?;
    let limit = page.limit()?;
    let body = service.ask(move |s| {
        let size = s.store().head().size;
        let entries = s.store().entries(page.from, limit)?;
        let (body, taken) = write_page(&entries)?;
        let next = page.from.saturating_add(taken);
        Ok(finish(body, (next < size).then_some(next), size))
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], body.await?).into_response())
}

/// `GET /v1/streams/{name}?from=&limit=`: entries of a stream by their position in it.
pub async fn stream(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let (Path(name), Query(page)) = (path?, page?);
    let name = Stream::new(name)?;
    let limit = page.limit()?;
    let body = service.ask(move |s| of_stream(s, &name, page.from, limit));
    Ok(([(header::CONTENT_TYPE, "application/json")], body.await?).into_response())
}

fn of_stream(s: &Sequencer, name: &Stream, from: u64, limit: usize) -> Result<Vec<u8>, Error> {
    let len = s.store().stream_len(name.as_str())?;
    if len == 0 {
        return Err(Error::new(Code::NoSuchEntry, format!("there is no stream {name}")));
    }
    let mut entries = Vec::new();
    for sequence in s.store().stream(name.as_str(), from, limit)? {
        entries.push(read::entry(s.store(), sequence)?);
    }
    let (body, taken) = write_page(&entries)?;
    let next = from.saturating_add(taken);
    Ok(finish(body, (next < len).then_some(next), len))
}

/// The beginning of a page, and how many entries are in it.
fn write_page(entries: &[Entry]) -> Result<(Vec<u8>, u64), Error> {
    let mut body = b"{\"entries\":[".to_vec();
    let mut taken = 0_u64;
    for entry in entries {
        if taken > 0 {
            if body.len() > PAGE_BYTES {
                break;
            }
            body.push(b',');
        }
        event_json::write(&entry.as_record(), &mut body)?;
        taken = taken.saturating_add(1);
    }
    Ok((body, taken))
}

/// The end of a page: where the next one begins, if there is one, and how many there are.
fn finish(mut body: Vec<u8>, next: Option<u64>, size: u64) -> Vec<u8> {
    body.extend_from_slice(b"]");
    if let Some(next) = next {
        body.extend_from_slice(format!(",\"next\":{next}").as_bytes());
    }
    body.extend_from_slice(format!(",\"size\":{size}}}").as_bytes());
    body
}
