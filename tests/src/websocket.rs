//! A client of WebSockets, as small as RFC 6455 lets it be.
//!
//! Written here so that it shares no code with the server that it tests, and can be as rude as a test wants. Invariant: what a server must not
//! send fails the test.

use crate::http::Served;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;

/// The example of RFC 6455, section 1.3, and the answer that it must get.
const KEY: (&str, &str) = ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// Anything will do.
const MASK: [u8; 4] = [7, 77, 177, 217];

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A ping with its bytes.
    Ping(Vec<u8>),
    /// A pong with its bytes.
    Pong(Vec<u8>),
    /// A farewell with its code.
    Close(u16),
}

/// An open WebSocket.
pub struct Socket {
    from: BufReader<UnixStream>,
    to: UnixStream,
}

impl Socket {
    /// Opens one on this server.
    #[must_use]
    #[track_caller]
    pub fn open(server: &Served, path: &str) -> Self {
        Self::over(server.connect(), path).unwrap_or_else(|head| panic!("{path}: {head}"))
    }

    /// Opens one over this connection.
    ///
    /// # Errors
    /// The head of an answer that opens none.
    pub fn over(mut stream: UnixStream, path: &str) -> Result<Self, String> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: ledger\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {}\r\n\r\n",
            KEY.0
        );
        stream.write_all(request.as_bytes()).map_err(|e| e.to_string())?;
        let mut from = BufReader::new(stream.try_clone().map_err(|e| e.to_string())?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if from.read_line(&mut head).map_err(|e| e.to_string())? == 0 {
                return Err(head);
            }
        }
        let opened =
            head.starts_with("HTTP/1.1 101") && head.contains(&format!("sec-websocket-accept: {}", KEY.1));
        if opened { Ok(Self { from, to: stream }) } else { Err(head) }
    }

    /// The next frame; `None` when the line is cut.
    pub fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; 2];
        self.from.read_exact(&mut head).ok()?;
        assert_eq!((head[0] & 0xf0, head[1] & 0x80), (0x80, 0), "whole messages, not masked: {head:?}");
        let length = match head[1] {
            126 => self.number::<2>()?,
            127 => self.number::<8>()?,
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.from.read_exact(&mut payload).ok()?;
        Some(match head[0] & 0x0f {
            1 => Frame::Text(String::from_utf8(payload).unwrap()),
            8 => Frame::Close(u16::from_be_bytes(payload[..2].try_into().unwrap())),
            9 => Frame::Ping(payload),
            10 => Frame::Pong(payload),
            other => panic!("a frame of kind {other}"),
        })
    }

    fn number<const N: usize>(&mut self) -> Option<u64> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).ok()?;
        Some(bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// Sends a frame of this kind (1 text, 8 close, 9 ping, 10 pong), shorter than 126 bytes.
    ///
    /// # Errors
    /// When the line is cut.
    pub fn send(&mut self, kind: u8, payload: &[u8]) -> std::io::Result<()> {
        let length = u8::try_from(payload.len()).ok().filter(|n| *n < 126).expect("a short frame");
        let masked = payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m);
        let frame: Vec<u8> = [0x80 | kind, 0x80 | length].into_iter().chain(MASK).chain(masked).collect();
        self.to.write_all(&frame)
    }
}

/// Text messages as JSON, with pings answered, until the line is cut or the server says farewell.
impl Iterator for Socket {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        loop {
            match self.frame()? {
                Frame::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Frame::Ping(bytes) => drop(self.send(10, &bytes)),
                Frame::Pong(_) => {}
                Frame::Close(_) => return None,
            }
        }
    }
}
