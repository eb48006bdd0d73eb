//! The real server as a child process, and a client that speaks plain HTTP/1.1 to its socket or its port.
//!
//! The client is written here because no library would send what a hostile client sends. Invariant: no server outlives its test.

use crate::binary::Place;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for an answer: only a server that hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub struct Served {
    child: Child,
    /// Its socket.
    pub socket: PathBuf,
    /// Where it is on the network.
    pub url: Option<String>,
    /// The link for a browser, if it gave one.
    pub link: Option<String>,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads a whole answer from a connection that is closed behind it.
    #[must_use]
    #[track_caller]
    pub fn read(stream: impl Read) -> Self {
        Self::try_read(stream).expect("an answer")
    }

    /// The same; `None` when the server ended before it answered.
    #[must_use]
    pub fn try_read(stream: impl Read) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut body = Vec::new();
        reader.read_to_end(&mut body).ok()?;
        let due = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, n)| n.parse().ok());
        due.is_none_or(|due: usize| due == body.len()).then_some(Self { status, headers, body })
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A figure of an answer of `/metrics`, by its name with its labels; 0 when it was never counted.
    #[must_use]
    pub fn figure(&self, name: &str) -> f64 {
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ').map(|v| v.parse().unwrap());
        self.text().lines().find_map(value).unwrap_or_default()
    }

    /// The code of a problem, which must be one, and say so throughout.
    #[track_caller]
    #[must_use]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["detail"], problem["error"]["message"], "{problem}");
        assert_eq!(problem["title"], problem["error"]["name"], "{problem}");
        assert!(!problem["error"]["remedy"].as_str().unwrap().is_empty(), "{problem}");
        problem["error"]["code"].as_str().unwrap().to_owned()
    }
}

impl Served {
    /// Serves the ledger of a place, once it answers.
    #[must_use]
    #[track_caller]
    pub fn start(place: &Place) -> Self {
        Self::start_at(place, &place.data.join("serve.sock"))
    }

    /// The same, at a socket of this path.
    #[must_use]
    #[track_caller]
    pub fn start_at(place: &Place, socket: &Path) -> Self {
        let listen = ["--listen".as_ref(), "none".as_ref()];
        let command = ["serve".as_ref(), "--socket".as_ref(), socket.as_os_str()];
        let mut command = place.command(command.into_iter().chain(listen));
        // A line for each request would drown what a test that fails has to say.
        command.env("LEDGER_LOG", "warn");
        Self::start_as(command, socket)
    }

    /// The same by this command, which serves at this socket.
    #[must_use]
    #[track_caller]
    pub fn start_as(mut command: Command, socket: &Path) -> Self {
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        let mut served = Self { child, socket: socket.to_owned(), url: None, link: None };
        let begun = Instant::now();
        while UnixStream::connect(&served.socket).is_err() {
            if let Some(status) = served.child.try_wait().unwrap() {
                panic!("the server ended: {status}");
            }
            assert!(begun.elapsed() < PATIENCE, "the server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        served
    }

    /// Serves the ledger of a place on the network too, at any port, with these options.
    #[must_use]
    #[track_caller]
    pub fn on_network(place: &Place, options: &[&str]) -> Self {
        let mut command = place.command(
            ["--json", "serve", "--listen", "127.0.0.1:0"].into_iter().chain(options.iter().copied()),
        );
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        Self { child, socket: text("socket").unwrap().into(), url: text("url"), link: text("link") }
    }

    /// The network's address, host and port.
    #[must_use]
    #[track_caller]
    pub fn address(&self) -> &str {
        self.url.as_deref().and_then(|url| url.split("//").nth(1)).expect("a server on the network")
    }

    /// Sends a request over the network, with a `Host` that is right unless the headers have one; gives the answer.
    #[must_use]
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let own = [("host", self.address())];
        let own: &[(&str, &str)] = if headers.iter().any(|(name, _)| *name == "host") { &[] } else { &own };
        stream.write_all(&bytes(method, path, &[own, headers].concat(), body)).unwrap();
        Answer::read(stream)
    }

    /// The same with a token.
    #[must_use]
    #[track_caller]
    pub fn ask_with(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.ask(method, path, &[("authorization", &format!("Bearer {token}"))], &body)
    }

    /// A connection.
    #[must_use]
    pub fn connect(&self) -> UnixStream {
        self.try_connect().unwrap()
    }

    /// A connection, if somebody listens.
    ///
    /// # Errors
    /// As the system says.
    pub fn try_connect(&self) -> std::io::Result<UnixStream> {
        let stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Sends a request; gives the answer.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(&request(method, path, headers, body)).unwrap();
        Answer::read(stream)
    }

    /// `GET`.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// `POST` of JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], body.to_string().as_bytes())
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end.
    #[must_use]
    pub fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bytes of a request to the socket, after which the connection is to be closed.
#[must_use]
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    bytes(method, path, &[&[("host", "ledger")], headers].concat(), body)
}

fn bytes(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    [text.as_bytes(), b"\r\n", body].concat()
}
