//! Subscribing: the log as it grows, as server-sent events or over a WebSocket, from any entry on.
//!
//! Where a subscriber is in the log, and what it misses (nothing), is `follow`'s. Invariant: whoever does not read is dropped, and not an
//! event.

use crate::entries::Format;
use crate::follow::{Feed, Step, Wanted};
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
use ledger_core::{Code, Error};
use std::sync::Arc;
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio_util::io::ReaderStream;

/// Where a client that comes back was.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Bytes that wait for a client at most, beside what its connection holds.
const AHEAD: usize = 64 << 10;

/// `GET /v1/subscribe?from=&stream=&type=&actor=&format=`: `id` is the sequence, `event` the type, `data` the event JSON.
///
/// `Last-Event-ID` goes on behind that entry, whatever `from` says. With `Upgrade: websocket`, the same over a WebSocket.
pub async fn subscribe(
    State(service): State<Arc<Service>>,
    Extension(limits): Extension<Limits>,
    slot: Option<Extension<Slot>>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted?;
    let size = service.ask(|s| Ok(s.store().head().size)).await?;
    let resumed = match headers.get(LAST_EVENT_ID) {
        None => None,
        Some(id) => {
            let id: Option<u64> = id.to_str().ok().and_then(|t| t.parse().ok());
            let wrong = || Error::new(Code::Usage, "`Last-Event-ID` is no sequence of an entry");
            Some(id.ok_or_else(wrong)?.saturating_add(1))
        }
    };
    let from = resumed.or(wanted.from).unwrap_or(size);
    if from > size {
        let why = format!("the log holds {size} entries; it cannot be followed from {from} on");
        return Err(Error::new(Code::NoSuchEntry, why).into());
    }
    let format = Format::of(wanted.format, &headers);
    let feed = Feed::new(service, wanted, from, &limits);
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
        match feed.step().await {
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
