//! Connections: accepted within bounds, given up when their client hangs, ended in order when the server stops.
//!
//! Own loop instead of `axum::serve`, which neither limits the time that a client may take for its headers nor waits with a deadline.
//! Invariant: a client that does nothing holds nothing but its connection, and that for a bounded time.

use crate::problem::Problem;
use crate::state::Service;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ledger_core::{Code, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

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
        }
    }
}

/// All routes, over any listeners.
#[derive(Clone)]
pub struct Server {
    router: Router,
    limits: Limits,
    slots: Arc<Semaphore>,
}

impl Server {
    /// Serves this ledger within these limits.
    #[must_use]
    pub fn new(service: Arc<Service>, limits: Limits) -> Self {
        let router = crate::router(service, &limits).layer(from_fn_with_state(limits.request_time, in_time));
        Self { router, limits, slots: Arc::new(Semaphore::new(limits.connections)) }
    }

    /// Serves until `stop`; then takes no more connections, and gives open requests their time to end.
    ///
    /// Gives whether all of them ended in time.
    pub async fn run<L: Listener>(&self, mut listener: L, stop: &CancellationToken) -> bool {
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = async {
                let slot = Arc::clone(&self.slots).acquire_owned().await;
                (slot, listener.accept().await.0)
            };
            let (slot, io) = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accepted => accepted,
            };
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(self.limits.header_time)
                .max_buf_size(self.limits.headers)
                .serve_connection(TokioIo::new(io), TowerToHyperService::new(self.router.clone()));
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // What a client did wrong on its own connection concerns nobody else.
                let _ = connection.await;
                drop(slot);
            });
        }
        drop(listener);
        tokio::time::timeout(self.limits.drain, graceful.shutdown()).await.is_ok()
    }
}

/// Answers in time, or says that it did not.
async fn in_time(
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
