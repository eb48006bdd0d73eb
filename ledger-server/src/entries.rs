//! Entries, one by one, in order, searched, and by stream, as the event JSON of docs/format.md §12; one by one also as CloudEvents.
//!
//! Invariant: an entry never changes, so what names one may be cached for ever.

use crate::etag::is_known;
use crate::problem::Problem;
use crate::state::Service;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger_core::entry::{Entry, event_json};
use ledger_core::ledger::read;
use ledger_core::ledger::search::{Bounds, Search};
use ledger_core::names::Stream;
use ledger_core::store::Store;
use ledger_core::view::Slice;
use ledger_core::view::wanted::{MAX_TEXT, Wanted, read_time};
use ledger_core::{Code, Error};
use serde::Deserialize;
use std::ops::ControlFlow;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Rows of a page when nothing is said.
pub const PAGE: usize = 100;
/// Most rows of a page.
pub const MOST: usize = 1_000;
/// Bytes after which a page ends, whatever was asked.
const PAGE_BYTES: usize = 8 << 20;
/// Entries that are in memory at once: each may have two parts of 1 MiB.
pub const RUN: usize = 32;
/// Entries that a request looks at, at most.
const LOOKED_AT: u64 = 20_000;
/// Bytes of their data, at most.
const LOOKED_AT_BYTES: usize = 64 << 20;

/// How an entry is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
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
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Shown {
    /// How it is written.
    #[param(inline)]
    format: Option<Format>,
}

/// The number of rows that was asked for.
///
/// # Errors
/// `LG_106` when it is out of bounds.
fn limit_of(limit: Option<usize>) -> Result<usize, Error> {
    let limit = limit.unwrap_or(PAGE);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(Error::new(Code::Usage, format!("`limit` is 1 to {MOST}, not {limit}")))
}

/// The page that was asked for.
///
/// # Errors
/// `LG_106` when its limit is out of bounds.
pub fn slice(from: Option<u64>, order: Order, limit: Option<usize>) -> Result<Slice, Error> {
    Ok(Slice { from, descending: order == Order::Desc, limit: limit_of(limit)? })
}

/// Where to begin in a stream and how much.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// First position.
    #[serde(default)]
    from: u64,
    /// Most entries.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Which end comes first.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The earliest.
    #[default]
    Asc,
    /// The latest.
    Desc,
}

/// Which entries, from where, how many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Listing {
    /// The entry to begin with.
    from: Option<u64>,
    /// Most entries.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Which end comes first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Only of this event type; `agent.*` for all of a family.
    r#type: Option<String>,
    /// Only by this actor.
    actor: Option<String>,
    /// Only of this stream; `name/*` for all below.
    stream: Option<String>,
    /// Only of this PAC.
    pac: Option<String>,
    /// Only at or after this time: RFC 3339, or a date.
    since: Option<String>,
    /// Only before this time.
    until: Option<String>,
    /// Only the one with this id.
    id: Option<String>,
    /// Only with this in their data.
    #[param(min_length = 1, max_length = 200)]
    text: Option<String>,
}

impl Listing {
    fn wanted(&self) -> Result<Wanted, Error> {
        let time = |text: &Option<String>| text.as_deref().map(read_time).transpose();
        let mut wanted = Wanted {
            id: self.id.clone(),
            stream: self.stream.clone(),
            event_type: self.r#type.clone(),
            actor: self.actor.clone(),
            since: time(&self.since)?,
            until: time(&self.until)?,
            text: self.text.clone(),
            pac: None,
        };
        if let Some(pac) = &self.pac {
            wanted.of_pac(pac)?;
        }
        check_text(self.text.as_deref())?;
        Ok(wanted)
    }
}

/// A text to look for has a bound.
///
/// # Errors
/// `LG_106` beyond it.
pub fn check_text(text: Option<&str>) -> Result<(), Error> {
    match text.map(str::len) {
        Some(len) if !(1..=MAX_TEXT).contains(&len) => {
            Err(Error::new(Code::Usage, format!("`text` has 1 to {MAX_TEXT} bytes, not {len}")))
        }
        _ => Ok(()),
    }
}

/// `GET /v1/entries/{sequence}?format=`: one entry; immutable.
#[utoipa::path(
    get,
    path = "/v1/entries/{sequence}",
    tag = "log",
    params(Shown, ("sequence" = u64, Path, description = "Position in the log", example = 0), ("if-none-match" = Option<String>, Header, description = "Tags of what the caller has already")),
    responses((status = 200, description = "The entry", content((ref("#/components/schemas/Entry") = "application/json"), (ref("#/components/schemas/Entry") = "application/cloudevents+json"))), (status = 304, description = "The caller has it"))
)]
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
    if is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, immutable).into_response());
    }
    let mut body = Vec::new();
    format.write(&entry, &mut body)?;
    Ok((immutable, [(header::CONTENT_TYPE, format.media_type())], body).into_response())
}

/// `GET /v1/entries?from=&limit=&order=&type=&actor=&stream=&pac=&since=&until=&text=&id=`: entries in order, and `next`, the entry that the
/// following page begins with.
#[utoipa::path(
    get,
    path = "/v1/entries",
    tag = "log",
    params(Listing),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/EntriesPage")))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    listing: Result<Query<Listing>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(listing) = listing?;
    let limit = limit_of(listing.limit)?;
    let wanted = listing.wanted().map_err(Problem::parameter)?;
    let (from, descending) = (listing.from, listing.order == Order::Desc);
    let filtered = wanted != Wanted::default();
    let find = move |store: &dyn Store| {
        let bounds = Bounds { entries: LOOKED_AT, bytes: LOOKED_AT_BYTES };
        let search = Search { wanted: &wanted, from, descending, bounds };
        let mut page = Written::new(limit);
        let next = search.run(store, &mut |entry| page.push(entry))?;
        Ok(page.end(next, store.head().size))
    };
    // A plain page is short; a search may look at much, and waits for its turn.
    let body = if filtered {
        service.read(move |reader| find(reader)).await?
    } else {
        service.look(move |reader| find(reader)).await?
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// `GET /v1/streams/{name}?from=&limit=`: entries of a stream by their position in it.
#[utoipa::path(
    get,
    path = "/v1/streams/{*name}",
    tag = "log",
    params(("name" = String, Path, description = "Name of the stream; its slashes may stand as they are", example = "registry"), Page),
    responses((status = 200, description = "A page; positions are those in the stream", body = ref("#/components/schemas/EntriesPage")))
)]
pub async fn stream(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let (Path(name), Query(page)) = (path?, page?);
    let name = Stream::new(name).map_err(Problem::parameter)?;
    let limit = limit_of(page.limit)?;
    let body = service.look(move |reader| of_stream(reader, &name, page.from, limit));
    Ok(([(header::CONTENT_TYPE, "application/json")], body.await?).into_response())
}

fn of_stream(store: &dyn Store, name: &Stream, from: u64, limit: usize) -> Result<Vec<u8>, Error> {
    let len = store.stream_len(name.as_str())?;
    if len == 0 {
        return Err(Error::new(Code::NoSuchEntry, format!("there is no stream {name}")));
    }
    let mut page = Written::new(limit);
    let mut next = from;
    'page: while next < len {
        let entries = read::stream_entries(store, name.as_str(), next, RUN)?;
        if entries.is_empty() {
            break;
        }
        for entry in &entries {
            if page.push(entry)?.is_break() {
                break 'page;
            }
            next = next.saturating_add(1);
        }
    }
    Ok(page.end(Some(next).filter(|next| *next < len), len))
}

/// A page as it is written, a few entries at a time.
struct Written {
    body: Vec<u8>,
    left: usize,
    empty: bool,
}

impl Written {
    fn new(limit: usize) -> Self {
        Self { body: b"{\"entries\":[".to_vec(), left: limit, empty: true }
    }

    /// One more entry; breaks before one that has no room.
    fn push(&mut self, entry: &Entry) -> Result<ControlFlow<()>, Error> {
        if self.left == 0 || self.body.len() > PAGE_BYTES {
            return Ok(ControlFlow::Break(()));
        }
        if !self.empty {
            self.body.push(b',');
        }
        event_json::write(&entry.as_record(), &mut self.body)?;
        self.left = self.left.saturating_sub(1);
        self.empty = false;
        Ok(ControlFlow::Continue(()))
    }

    /// Where the next page begins, if there is one, and how many entries there are.
    fn end(mut self, next: Option<u64>, size: u64) -> Vec<u8> {
        self.body.push(b']');
        if let Some(next) = next {
            self.body.extend_from_slice(format!(",\"next\":{next}").as_bytes());
        }
        self.body.extend_from_slice(format!(",\"size\":{size}}}").as_bytes());
        self.body
    }
}
