//! Connections: accepted within bounds, given up when their client hangs, ended in order when the server stops.
//!
//! Own loop instead of `axum::serve`, which neither limits the time that a client may take for its headers nor waits with a deadline.
//! Invariant: a client that does nothing holds nothing but its connection, and that for a bounded time.

use crate::access::{Door, Gate};
use crate::entrance::{Entrance, Stream};
use crate::metrics::{Connected, Metrics};
use crate::problem::Problem;
use crate::state::Service;
use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use ledger_core::{Code, Error};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How much a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of a request's line and headers.
    pub headers: usize,
    /// Connections at a time; more wait until one ends.
    pub connections: usize,
    /// Time until the headers of the next request are there, on a connection kept alive too.
    pub header_time: Duration,
    /// Time until a request is answered, its body's arrival included.
    pub request_time: Duration,
    /// Time that open requests have to end when the server stops.
    pub drain: Duration,
    /// Silence after which a subscriber is told that the server is there.
    pub heartbeat: Duration,
    /// Time that a subscriber may leave its events unread.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 16 << 20,
            headers: 64 << 10,
            connections: 2_048,
            header_time: Duration::from_secs(15),
            request_time: Duration::from_secs(60),
            drain: Duration::from_secs(10),
            heartbeat: Duration::from_secs(15),
            patience: Duration::from_secs(30),
        }
    }
}

/// A connection's place among those that there may be; whoever holds one is counted, and waited for when the server stops. What a
/// connection was upgraded to goes on holding its place.
#[derive(Clone)]
pub struct Slot {
    _held: Arc<(OwnedSemaphorePermit, TaskTrackerToken, Connected)>,
}

/// All routes, over any listeners.
#[derive(Clone)]
pub struct Server {
    router: Router,
    limits: Limits,
    slots: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Server {
    /// Serves this ledger within these limits to whom the gate lets in.
    #[must_use]
    pub fn new(service: Arc<Service>, gate: Arc<Gate>, limits: Limits) -> Self {
        let metrics = Arc::clone(service.metrics());
        let router = crate::router(service, gate, &limits);
        Self { router, limits, slots: Arc::new(Semaphore::new(limits.connections)), metrics }
    }

    /// Serves until `stop`; then takes no more connections, and gives open requests their time to end.
    ///
    /// Gives whether all of them ended in time.
    pub async fn run(&self, entrance: Entrance, stop: &CancellationToken) -> bool {
        let open = TaskTracker::new();
        loop {
            let accepted = async {
                let slot = Arc::clone(&self.slots).acquire_owned().await;
                (slot, entrance.accept().await)
            };
            let (slot, (stream, door)) = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accepted => accepted,
            };
            let Ok(slot) = slot else { break };
            let slot = Slot { _held: Arc::new((slot, open.token(), self.metrics.connected())) };
            let (server, tls, stop) = (self.clone(), entrance.tls(), stop.clone());
            tokio::spawn(async move {
                match stream {
                    Stream::Unix(stream) => server.connection(stream, door, slot, stop).await,
                    Stream::Tcp(stream) => server.network_connection(stream, tls, door, slot, stop).await,
                }
            });
        }
        drop(entrance);
        open.close();
        tokio::time::timeout(self.limits.drain, open.wait()).await.is_ok()
    }

    /// One connection from the network; whoever does not finish the handshake is treated like whoever does not finish the headers.
    async fn network_connection(
        &self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        door: Door,
        slot: Slot,
        stop: CancellationToken,
    ) {
        let Some(tls) = tls else { return self.connection(stream, door, slot, stop).await };
        let shaken = tokio::time::timeout(self.limits.header_time, tls.accept(stream)).await;
        if let Ok(Ok(stream)) = shaken {
            self.connection(stream, door, slot, stop).await;
        }
    }

    /// One connection, until it ends; hyper-util's graceful end knows none that can be upgraded.
    async fn connection<I>(&self, io: I, door: Door, slot: Slot, stop: CancellationToken)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let door = Arc::new(door);
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(slot.clone());
            request.extensions_mut().insert(Arc::clone(&door));
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_time)
            .max_buf_size(self.limits.headers)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        // What a client did wrong on its own connection concerns nobody else.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// Answers in time, or says that it did not.
pub(crate) async fn in_time(
    axum::extract::State(limit): axum::extract::State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let why = format!("the request was not answered within {} s", limit.as_secs());
            Problem::from(Error::new(Code::TimedOut, why)).into_response()
        }
    }
}
