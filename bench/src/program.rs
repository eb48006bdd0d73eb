//! The real binary as a child process: timed, watched for its memory, or killed in the middle of its work.
//!
//! Invariant: it gets the scene's own state directory, so that no guard is left behind.

use crate::machine::peak_memory;
use crate::scene::Scene;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The binary `ledger`.
#[derive(Clone)]
pub struct Program(PathBuf);

impl Program {
    /// The one that was found, if any.
    #[must_use]
    pub fn new(path: Option<&Path>) -> Option<Self> {
        path.map(|p| Self(p.to_owned()))
    }

    /// The one named, or the one beside this program.
    #[must_use]
    pub fn find(named: Option<PathBuf>) -> Option<PathBuf> {
        let beside = || std::env::current_exe().ok()?.parent().map(|dir| dir.join("ledger"));
        named.or_else(beside).filter(|p| p.is_file())
    }

    fn command(&self, scene: &Scene, args: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command
            .env("LEDGER_DATA", scene.data())
            .env("LEDGER_STATE", scene.state())
            .env_remove("LEDGER_ACTOR")
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Runs it to its end; how long that took.
    #[must_use]
    pub fn run(&self, scene: &Scene, args: &[&str]) -> Duration {
        let start = Instant::now();
        let status = self.command(scene, args).status().expect("ledger");
        let elapsed = start.elapsed();
        assert!(status.success(), "ledger {args:?}: {status}");
        elapsed
    }

    /// Runs it to its end; how long that took, and the most memory that it had.
    #[must_use]
    pub fn run_watched(&self, scene: &Scene, args: &[&str]) -> (Duration, Option<u64>) {
        let start = Instant::now();
        let mut child = self.command(scene, args).spawn().expect("ledger");
        let mut peak = None;
        loop {
            peak = peak_memory(child.id()).or(peak);
            if let Some(status) = child.try_wait().expect("wait") {
                assert!(status.success(), "ledger {args:?}: {status}");
                return (start.elapsed(), peak);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Serves the ledger at any port, with a token of its admin and without a bound on requests.
    #[must_use]
    pub fn serve(&self, scene: &Scene) -> Serving {
        let mut serving = self.serve_unnamed(scene);
        let output =
            self.command(scene, &["--json", "token", "new", "GID-H01"]).stdout(Stdio::piped()).output();
        let made: Value = serde_json::from_slice(&output.expect("ledger").stdout).expect("a token");
        serving.token = made["token"].as_str().expect("a token").to_owned();
        serving
    }

    /// The same without a token.
    #[must_use]
    pub fn serve_unnamed(&self, scene: &Scene) -> Serving {
        let mut command = self.command(scene, &["--json", "serve", "--listen", "127.0.0.1:0", "--rate", "0"]);
        let lines = std::fs::File::create(scene.lines()).expect("a file");
        let mut child = command.stdout(Stdio::piped()).stderr(lines).spawn().expect("ledger serve");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("where it is");
        let said: Value = serde_json::from_str(&line).expect("where it is");
        Serving { child, url: said["url"].as_str().expect("a URL").to_owned(), token: String::new() }
    }

    /// Appends a batch and kills it with SIGKILL when the first receipt has come.
    pub fn kill_in_the_middle_of(&self, scene: &Scene, batch: &Path) {
        let batch = batch.to_str().expect("path");
        let mut command = self.command(scene, &["--json", "append", "--unsigned", "--batch", batch]);
        let mut child: Child = command.stdout(Stdio::piped()).spawn().expect("ledger");
        let mut line = String::new();
        let out = child.stdout.take().expect("stdout");
        BufReader::new(out).read_line(&mut line).expect("a receipt");
        assert!(line.contains("inclusion_proof"), "no receipt: {line}");
        child.kill().expect("kill");
        let _ = child.wait();
    }
}

/// A running server; it ends with this.
pub struct Serving {
    child: Child,
    /// Where it is.
    pub url: String,
    /// What lets in.
    pub token: String,
}

impl Serving {
    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request; HTTP/1.0, so that the answer ends with the connection and is in no chunks.
    fn send(&self, method: &str, path: &str, body: &str) -> BufReader<TcpStream> {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("a connection");
        let head = format!(
            "{method} {path} HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut reader = BufReader::new(stream);
        let mut status = String::new();
        reader.read_line(&mut status).expect("an answer");
        assert!(status.contains(" 20"), "{method} {path}: {status}");
        let mut header = String::new();
        while reader.read_line(&mut header).expect("headers") > 2 {
            header.clear();
        }
        reader
    }

    /// `GET`.
    #[must_use]
    pub fn get(&self, path: &str) -> String {
        let mut body = String::new();
        self.send("GET", path, "").read_to_string(&mut body).expect("a body");
        body
    }

    /// `POST` of JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &str) -> String {
        let mut answer = String::new();
        self.send("POST", path, body).read_to_string(&mut answer).expect("a body");
        answer
    }

    /// Entries of its log.
    #[must_use]
    pub fn size(&self) -> u64 {
        let status: Value = serde_json::from_str(&self.get("/v1/status")).expect("status");
        status["size"].as_u64().expect("size")
    }

    /// Sequences of events from this one on, as they come.
    pub fn subscribe(&self, from: u64) -> impl Iterator<Item = u64> + Send + use<> {
        let lines = self.send("GET", &format!("/v1/subscribe?from={from}"), "").lines();
        lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("id: ")?.parse().ok())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
