//! Entries, one by one, in order, and by stream, as the event JSON of docs/format.md §12; one by one also as CloudEvents.
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
/// Entries that are in memory at once: each may have two parts of 1 MiB.
pub const RUN: usize = 32;

/// How an entry is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Event JSON.
    #[default]
    Json,
    /// CloudEvents 1.0 structured JSON: the same without the private part.
    CloudEvents,
}

/// Media type of one event in the JSON format of CloudEvents.
const CLOUDEVENTS: &str = "application/cloudevents+json";

impl Format {
    /// What was asked for, in the query or, where that is silent, by `Accept`.
    pub fn of(asked: Option<Self>, headers: &HeaderMap) -> Self {
        let accepted = || headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
        asked.unwrap_or_else(|| {
            let ranges =
                accepted().flat_map(|v| v.split(',')).map(|r| r.split(';').next().unwrap_or(r).trim());
            let named = ranges.filter(|r| r.eq_ignore_ascii_case(CLOUDEVENTS)).count() > 0;
            if named { Self::CloudEvents } else { Self::Json }
        })
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::CloudEvents => CLOUDEVENTS,
        }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// `LG_300` when its leaf is malformed.
    pub fn write(self, entry: &Entry, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Json => event_json::write(&entry.as_record(), out),
            Self::CloudEvents => event_json::write_cloudevent(&entry.as_record(), out),
        }
    }
}

/// In which form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    format: Option<Format>,
}

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

/// `GET /v1/entries/{sequence}?format=`: one entry; immutable.
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<u64>, PathRejection>,
    shown: Result<Query<Shown>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (Path(sequence), Query(shown)) = (path?, shown?);
    let format = Format::of(shown.format, &headers);
    let entry = service.ask(move |s| read::entry(s.store(), sequence)).await?;
    // The two forms of an entry are two things to a cache.
    let form = if format == Format::Json { "" } else { "-ce" };
    let etag = format!("\"{}{form}\"", entry.leaf_hash().to_hex());
    let immutable = [
        (header::ETAG, etag.as_str()),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (header::VARY, "accept"),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, immutable).into_response());
    }
    let mut body = Vec::new();
    format.write(&entry, &mut body)?;
    Ok((immutable, [(header::CONTENT_TYPE, format.media_type())], body).into_response())
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
        write_page(page.from, limit, size, |from, count| s.store().entries(from, count))
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
    write_page(from, limit, len, |from, count| read::stream_entries(s.store(), name.as_str(), from, count))
}

/// A page of something that has `size` entries, read a few at a time: where the next one begins, if there is one, and how many there are.
fn write_page(
    from: u64,
    limit: usize,
    size: u64,
    read: impl Fn(u64, usize) -> Result<Vec<Entry>, Error>,
) -> Result<Vec<u8>, Error> {
    let mut body = b"{\"entries\":[".to_vec();
    let end = from.saturating_add(limit as u64).min(size);
    let mut next = from;
    'page: while next < end {
        let count = usize::try_from(end.saturating_sub(next)).unwrap_or(RUN).min(RUN);
        let entries = read(next, count)?;
        if entries.is_empty() {
            break;
        }
        for entry in &entries {
            if next > from {
                if body.len() > PAGE_BYTES {
                    break 'page;
                }
                body.push(b',');
            }
            event_json::write(&entry.as_record(), &mut body)?;
            next = next.saturating_add(1);
        }
    }
    body.push(b']');
    if next < size {
        body.extend_from_slice(format!(",\"next\":{next}").as_bytes());
    }
    body.extend_from_slice(format!(",\"size\":{size}}}").as_bytes());
    Ok(body)
}
