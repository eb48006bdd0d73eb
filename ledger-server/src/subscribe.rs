//! Subscribing: the log as it grows, as server-sent events or over a WebSocket, from any entry on.
//!
//! Where a subscriber is in the log, and what it misses (nothing), is `follow`'s. Invariant: whoever does not read is dropped, and not an
//! event.

use crate::entries::{Format, check_text};
use crate::follow::{Feed, Step};
use crate::listen::{Limits, Slot};
use crate::problem::Problem;
use crate::state::Service;
use crate::websocket;
use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use ledger_core::entry::Entry;
use ledger_core::view::wanted::Wanted;
use ledger_core::{Code, Error};
use serde::Deserialize;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

/// Where a client that comes back was.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Bytes that wait for a client at most, beside what its connection holds.
const AHEAD: usize = 64 << 10;

/// From where, and which.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// First entry; the next one that is appended when absent.
    from: Option<u64>,
    /// Only of this stream; `name/*` for all below.
    stream: Option<String>,
    /// Only of this event type; `agent.*` for all of a family.
    r#type: Option<String>,
    /// Only by this actor.
    actor: Option<String>,
    /// Only of this PAC.
    pac: Option<String>,
    /// Only with this in their data.
    #[param(min_length = 1, max_length = 200)]
    text: Option<String>,
    /// How entries are written.
    #[param(inline)]
    format: Option<Format>,
}

impl Asked {
    fn wanted(self) -> Result<Wanted, Error> {
        check_text(self.text.as_deref())?;
        let mut wanted = Wanted {
            stream: self.stream,
            event_type: self.r#type,
            actor: self.actor,
            text: self.text,
            ..Wanted::default()
        };
        if let Some(pac) = &self.pac {
            wanted.of_pac(pac)?;
        }
        Ok(wanted)
    }
}

/// `GET /v1/subscribe?from=&stream=&type=&actor=&pac=&text=&format=`: `id` is the sequence, `event` the type, `data` the event JSON.
///
/// `Last-Event-ID` goes on behind that entry, whatever `from` says. With `Upgrade: websocket`, the same over a WebSocket.
#[utoipa::path(
    get,
    path = "/v1/subscribe",
    tag = "log",
    params(Asked, ("last-event-id" = Option<u64>, Header, description = "Goes on behind this entry, whatever `from` says")),
    responses((status = 101, description = "The same over a WebSocket"), (status = 200, description = "Events without an end", content((String = "text/event-stream"))))
)]
pub async fn subscribe(
    State(service): State<Arc<Service>>,
    Extension(limits): Extension<Limits>,
    slot: Option<Extension<Slot>>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked?;
    let size = service.ask(|s| Ok(s.store().head().size)).await?;
    let resumed = match headers.get(LAST_EVENT_ID) {
        None => None,
        Some(id) => {
            let id: Option<u64> = id.to_str().ok().and_then(|t| t.parse().ok());
            let wrong = || Error::new(Code::Usage, "`Last-Event-ID` is no sequence of an entry");
            Some(id.ok_or_else(wrong)?.saturating_add(1))
        }
    };
    let from = resumed.or(asked.from).unwrap_or(size);
    if from > size {
        let why = format!("the log holds {size} entries; it cannot be followed from {from} on");
        return Err(Error::new(Code::NoSuchEntry, why).into());
    }
    let format = Format::of(asked.format, &headers);
    let feed = Feed::new(service, asked.wanted().map_err(Problem::parameter)?, from, &limits);
    if headers.contains_key(header::UPGRADE) {
        let upgrade = upgrade.map_err(|e| Error::new(Code::Usage, e.body_text()))?;
        return Ok(websocket::serve(upgrade, feed, format, slot.map(|Extension(slot)| slot)));
    }
    let (ours, theirs) = tokio::io::duplex(AHEAD);
    tokio::spawn(send(feed, format, ours));
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    Ok((kind, Body::from_stream(ReaderStream::new(theirs))).into_response())
}

/// Writes events until the client is gone or does not read, or the server stops.
async fn send(mut feed: Feed, format: Format, mut to: DuplexStream) {
    let mut text = b"retry: 1000\n\n".to_vec();
    loop {
        if !text.is_empty() {
            match tokio::time::timeout(feed.patience, to.write_all(&text)).await {
                Ok(Ok(())) => text.clear(),
                Ok(Err(_)) => return,
                Err(_) => return feed.give_up(),
            }
        }
        // Nothing is ever read there but the end, when the response is dropped with its connection.
        let step = tokio::select! {
            step = feed.step() => step,
            _ = to.read_u8() => return,
        };
        match step {
            Step::Entries(entries) => {
                if entries.iter().any(|entry| write_event(entry, format, &mut text).is_err()) {
                    return;
                }
            }
            Step::Quiet => text.extend_from_slice(b": here\n\n"),
            Step::Stop | Step::Broken => return,
        }
    }
}

fn write_event(entry: &Entry, format: Format, text: &mut Vec<u8>) -> Result<(), Error> {
    let leaf = entry.parse()?;
    text.extend_from_slice(format!("id: {}\nevent: {}\ndata: ", leaf.sequence, leaf.event_type).as_bytes());
    // Canonical JSON is one line.
    format.write(entry, text)?;
    text.extend_from_slice(b"\n\n");
    Ok(())
}
