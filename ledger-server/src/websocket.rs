//! A subscription over a WebSocket: one text message an entry, a ping when nothing comes, a close frame at the end.
//!
//! Not a second way to follow the log: `follow` is the only one. Invariant: a client that neither reads nor answers pings is dropped, and not
//! an event; a client that is to go is told so. Source: RFC 6455.

use crate::entries::Format;
use crate::follow::{Feed, Step};
use crate::listen::Slot;
use axum::extract::ws::{CloseCode, CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use ledger_core::entry::Entry;
use std::sync::Arc;
use std::time::Duration;

/// Longest message that a client may send: it has nothing to say but pongs and its farewell.
const MESSAGE: usize = 4 << 10;
/// Bytes that are read from a client at once.
const READ: usize = 4 << 10;
/// Bytes of messages that are sent together.
const WRITE: usize = 64 << 10;
/// Time that a client has to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a subscription ends.
enum End {
    /// The client is gone.
    Gone,
    /// It has said that it goes, and waits for the answer.
    Left,
    /// It does not read, or does not answer.
    Deaf,
    /// We end it, with this code.
    Close(CloseCode, &'static str),
}

/// Upgrades the connection; its place among all connections is kept until the subscription ends.
pub fn serve(upgrade: WebSocketUpgrade, feed: Feed, format: Format, slot: Option<Slot>) -> Response {
    let upgrade = upgrade.max_message_size(MESSAGE).max_frame_size(MESSAGE);
    let upgrade = upgrade.read_buffer_size(READ).write_buffer_size(WRITE);
    upgrade.on_upgrade(move |socket| async move {
        send(feed, format, socket).await;
        drop(slot);
    })
}

async fn send(mut feed: Feed, format: Format, mut socket: WebSocket) {
    // Whether the last ping is still to be answered.
    let mut pinged = false;
    let end = loop {
        let step = match next(&mut feed, &mut socket, &mut pinged).await {
            Ok(step) => step,
            Err(end) => break end,
        };
        let sent = match step {
            Step::Entries(entries) => write(&mut socket, &entries, format, feed.patience).await,
            Step::Quiet if pinged => Err(End::Deaf),
            Step::Quiet => {
                pinged = true;
                patiently(feed.patience, socket.send(Message::Ping(Vec::new().into()))).await
            }
            Step::Stop => Err(End::Close(close_code::AWAY, "the server stops")),
            Step::Broken => Err(End::Close(close_code::ERROR, "the log cannot be read")),
        };
        if let Err(end) = sent {
            break end;
        }
    };
    match end {
        End::Gone => {}
        End::Deaf => feed.give_up(),
        End::Left => {
            let _ = tokio::time::timeout(FAREWELL, to_the_end(&mut socket)).await;
        }
        End::Close(code, reason) => {
            let _ = tokio::time::timeout(FAREWELL, farewell(socket, code, reason)).await;
        }
    }
}

/// The next step, while what the client says is heard; one that talks without end delays nobody but itself.
async fn next(feed: &mut Feed, socket: &mut WebSocket, pinged: &mut bool) -> Result<Step, End> {
    let step = feed.step();
    tokio::pin!(step);
    loop {
        tokio::select! {
            step = &mut step => return Ok(step),
            heard = socket.recv() => match heard {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => *pinged = false,
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {
                    return Err(End::Close(close_code::POLICY, "nothing is taken here"));
                }
                Some(Ok(Message::Close(_))) => return Err(End::Left),
                Some(Err(_)) | None => return Err(End::Gone),
            },
        }
    }
}

async fn write(
    socket: &mut WebSocket,
    entries: &[Arc<Entry>],
    format: Format,
    patience: Duration,
) -> Result<(), End> {
    for entry in entries {
        let mut text = Vec::new();
        let written = format.write(entry, &mut text).ok().and_then(|()| String::from_utf8(text).ok());
        let Some(text) = written else {
            return Err(End::Close(close_code::ERROR, "the log cannot be read"));
        };
        patiently(patience, socket.send(Message::Text(text.into()))).await?;
    }
    Ok(())
}

async fn patiently(
    patience: Duration,
    sending: impl Future<Output = Result<(), axum::Error>>,
) -> Result<(), End> {
    match tokio::time::timeout(patience, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::Deaf),
    }
}

/// Says goodbye, and waits for the answer.
async fn farewell(mut socket: WebSocket, code: CloseCode, reason: &'static str) {
    if socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await.is_ok() {
        to_the_end(&mut socket).await;
    }
}

/// Whatever is still to be said by the protocol itself is said while the rest is read.
async fn to_the_end(socket: &mut WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}
