//! The log as it grows: server-sent events, from any entry on, without a gap between what was there and what comes.
//!
//! Each subscriber reads the log itself, at its own pace; nothing is copied to it while it is not looking. Invariant: events come in the order of
//! the log, each once; whoever does not read is dropped, and not an event.

use crate::entries::{RUN, check_text};
use crate::problem::Problem;
use crate::state::Service;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use ledger_core::entry::{Entry, event_json};
use ledger_core::view::Wanted;
use ledger_core::{Code, Error};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

/// Where a client that comes back was.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Bytes that wait for a client at most, beside what its connection holds.
const AHEAD: usize = 64 << 10;
/// Silence after which a comment says that the server is there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Time that a client may leave its events unread.
const PATIENCE: Duration = Duration::from_secs(30);

/// From where, and which.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Feed {
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
}

impl Feed {
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

/// `GET /v1/subscribe?from=&stream=&type=&actor=&pac=&text=`: `id` is the sequence, `event` the type, `data` the event JSON.
///
/// `Last-Event-ID` goes on behind that entry, whatever `from` says.
#[utoipa::path(
    get,
    path = "/v1/subscribe",
    tag = "log",
    params(Feed, ("last-event-id" = Option<u64>, Header, description = "Goes on behind this entry, whatever `from` says")),
    responses((status = 200, description = "Events without an end", content((String = "text/event-stream"))))
)]
pub async fn subscribe(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    feed: Result<Query<Feed>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(feed) = feed?;
    let first = feed.from;
    let wanted = feed.wanted().map_err(Problem::parameter)?;
    let size = service.ask(|s| Ok(s.store().head().size)).await?;
    let resumed = match headers.get(LAST_EVENT_ID) {
        None => None,
        Some(id) => {
            let id: Option<u64> = id.to_str().ok().and_then(|t| t.parse().ok());
            let wrong = || Error::new(Code::Usage, "`Last-Event-ID` is no sequence of an entry");
            Some(id.ok_or_else(wrong)?.saturating_add(1))
        }
    };
    let from = resumed.or(first).unwrap_or(size);
    if from > size {
        let why = format!("the log holds {size} entries; it cannot be followed from {from} on");
        return Err(Error::new(Code::NoSuchEntry, why).into());
    }
    let (ours, theirs) = tokio::io::duplex(AHEAD);
    tokio::spawn(follow(service, wanted, from, ours));
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    Ok((kind, Body::from_stream(ReaderStream::new(theirs))).into_response())
}

/// Writes events until the client is gone or does not read, or the server stops.
async fn follow(service: Arc<Service>, wanted: Wanted, from: u64, mut to: DuplexStream) {
    let mut next = from;
    let mut growth = service.growth();
    let mut text = b"retry: 1000\n\n".to_vec();
    loop {
        // Whatever is appended from here on wakes the wait below.
        growth.borrow_and_update();
        let Ok(entries) = service.ask(move |s| s.store().entries(next, RUN)).await else { return };
        for entry in &entries {
            if write_event(&wanted, entry, &mut text).is_err() {
                return;
            }
            next = next.saturating_add(1);
        }
        let caught_up = entries.len() < RUN;
        if !text.is_empty() {
            let written = tokio::time::timeout(PATIENCE, to.write_all(&text)).await;
            if !matches!(written, Ok(Ok(()))) {
                return;
            }
            text.clear();
        }
        if caught_up {
            tokio::select! {
                () = service.stopping() => return,
                grown = growth.changed() => if grown.is_err() { return },
                () = tokio::time::sleep(HEARTBEAT) => text.extend_from_slice(b": here\n\n"),
            }
        }
    }
}

fn write_event(wanted: &Wanted, entry: &Entry, text: &mut Vec<u8>) -> Result<(), Error> {
    let leaf = entry.parse()?;
    if !wanted.takes(&leaf, &entry.data.bytes) {
        return Ok(());
    }
    text.extend_from_slice(format!("id: {}\nevent: {}\ndata: ", leaf.sequence, leaf.event_type).as_bytes());
    // Canonical JSON is one line.
    event_json::write(&entry.as_record(), text)?;
    text.extend_from_slice(b"\n\n");
    Ok(())
}
