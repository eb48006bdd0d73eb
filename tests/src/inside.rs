//! A server inside the test's own process, with limits that a test can wait for.
//!
//! For what depends on limits alone; everything else is tested with the real program ([`crate::http`]). Invariant: it ends with its test.

use crate::binary::Place;
use crate::http::Answer;
use ledger_core::ledger::{Ledger, Location};
use ledger_core::sequencer::queue::Bounds;
use ledger_server::{Entrance, Gate, Limits, Server, Service, Socket};
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything: only what hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub struct Inside {
    /// What it serves.
    pub service: Arc<Service>,
    stop: CancellationToken,
    thread: Option<JoinHandle<bool>>,
    socket: PathBuf,
}

impl Inside {
    /// Serves the ledger of a place within these limits.
    #[must_use]
    pub fn start(place: &Place, limits: Limits) -> Self {
        Self::start_with(place, limits, Bounds::default())
    }

    /// The same, with so much that may wait to be appended.
    #[must_use]
    pub fn start_with(place: &Place, limits: Limits, bounds: Bounds) -> Self {
        let mut location = Location::new(&place.data);
        location.state = Some(place.state.clone());
        let ledger = Ledger::open(&location).unwrap();
        let (stop, socket) = (CancellationToken::new(), place.data.join("serve.sock"));
        let (stopped, path) = (stop.clone(), socket.clone());
        let (ready, listening) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut socket = Socket::bind(&path).unwrap();
                let service = Arc::new(Service::new(ledger, bounds, stopped.clone()).unwrap());
                let gate = Gate::new(Arc::clone(&service), 0).unwrap();
                let server = Server::new(Arc::clone(&service), gate, limits);
                ready.send(service).unwrap();
                server.run(Entrance::owners(socket.take().unwrap()), &stopped).await
            })
        });
        let service = listening.recv().unwrap();
        Self { service, stop, thread: Some(thread), socket }
    }

    /// A connection.
    #[must_use]
    pub fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request; gives the answer.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(&crate::http::request(method, path, &[], body)).unwrap();
        Answer::read(stream)
    }

    /// A figure of `/metrics`, by its name with its labels.
    #[must_use]
    pub fn figure(&self, name: &str) -> f64 {
        self.send("GET", "/metrics", b"").figure(name)
    }

    /// Tells it to stop, and waits for its end; gives whether all requests had ended in time.
    #[must_use]
    pub fn end(mut self) -> bool {
        self.stop.cancel();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
