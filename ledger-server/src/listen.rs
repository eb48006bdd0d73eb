//! Connections: accepted within bounds, given up when their client hangs, ended in order when the server stops.
//!
//! Own loop instead of `axum::serve`, which neither limits the time that a client may take for its headers nor waits with a deadline.
//! Invariant: a client that does nothing holds nothing but its connection, and that for a bounded time.

use crate::access::{Door, Gate, Names};
use crate::problem::Problem;
use crate::state::Service;
use axum::extract::Request;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use ledger_core::{Code, Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

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

/// A listener with what comes in through it.
pub struct Entrance {
    listener: Listener,
    tls: Option<TlsAcceptor>,
    names: Option<Names>,
}

enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// One end of a connection, of either kind.
enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Entrance {
    /// The owner's own.
    #[must_use]
    pub const fn owners(listener: UnixListener) -> Self {
        Self { listener: Listener::Unix(listener), tls: None, names: None }
    }

    /// From the network; answers for these names besides its own.
    ///
    /// # Errors
    /// `LG_600` when nobody may listen there, or when others could listen in: without TLS only on a loopback address.
    pub fn network(address: SocketAddr, tls: Option<TlsAcceptor>, names: &[String]) -> Result<Self> {
        let refused = |why: String| Error::new(Code::CannotListen, format!("{address}: {why}"));
        if tls.is_none() && !address.ip().is_loopback() {
            let why = "tokens would cross the network in clear text".to_owned();
            return Err(refused(why).hint("give --tls-cert and --tls-key, or listen on 127.0.0.1"));
        }
        // A server that is started again finds its port, though connections of the last one linger.
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let listen = |socket: TcpSocket| {
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)
        };
        let listener = socket.and_then(listen).map_err(|e| refused(e.to_string()))?;
        let address = listener.local_addr().map_err(|e| refused(e.to_string()))?;
        let names = Names::of(address, tls.is_some(), names);
        Ok(Self { listener: Listener::Tcp(listener), tls, names: Some(names) })
    }

    /// `http://127.0.0.1:7420`; `None` for the owner's own.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.names.as_ref().map(Names::url)
    }

    async fn accept(&self) -> (Stream, Door) {
        loop {
            let accepted = match (&self.listener, &self.names) {
                (Listener::Unix(listener), _) => {
                    listener.accept().await.map(|(stream, _)| (Stream::Unix(stream), Door::Owners))
                }
                (Listener::Tcp(listener), names) => listener.accept().await.map(|(stream, peer)| {
                    // Small answers go out at once.
                    let _ = stream.set_nodelay(true);
                    let door =
                        names.clone().map_or(Door::Owners, |names| Door::Network { names, peer: peer.ip() });
                    (Stream::Tcp(stream), door)
                }),
            };
            match accepted {
                Ok(accepted) => return accepted,
                // Out of files, or a client that is gone already: neither is worth a spin.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
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
    /// Serves this ledger within these limits to whom the gate lets in.
    #[must_use]
    pub fn new(service: Arc<Service>, gate: Arc<Gate>, limits: Limits) -> Self {
        let router =
            crate::router(service, gate, &limits).layer(from_fn_with_state(limits.request_time, in_time));
        Self { router, limits, slots: Arc::new(Semaphore::new(limits.connections)) }
    }

    /// Serves until `stop`; then takes no more connections, and gives open requests their time to end.
    ///
    /// Gives whether all of them ended in time.
    pub async fn run(&self, entrance: Entrance, stop: &CancellationToken) -> bool {
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = async {
                let slot = Arc::clone(&self.slots).acquire_owned().await;
                (slot, entrance.accept().await)
            };
            let (slot, (stream, door)) = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accepted => accepted,
            };
            let (server, watcher, tls) = (self.clone(), graceful.watcher(), entrance.tls.clone());
            tokio::spawn(async move {
                match (stream, tls) {
                    (Stream::Unix(stream), _) => server.serve(stream, door, watcher).await,
                    (Stream::Tcp(stream), None) => server.serve(stream, door, watcher).await,
                    (Stream::Tcp(stream), Some(tls)) => {
                        // Whoever does not finish the handshake is treated like whoever does not finish the headers.
                        let shaken =
                            tokio::time::timeout(server.limits.header_time, tls.accept(stream)).await;
                        if let Ok(Ok(stream)) = shaken {
                            server.serve(stream, door, watcher).await;
                        }
                    }
                }
                drop(slot);
            });
        }
        drop(entrance);
        tokio::time::timeout(self.limits.drain, graceful.shutdown()).await.is_ok()
    }

    async fn serve<S>(&self, stream: S, door: Door, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let router = self.router.clone().layer(Extension(Arc::new(door)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_time)
            .max_buf_size(self.limits.headers)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        // What a client did wrong on its own connection concerns nobody else.
        let _ = watcher.watch(connection).await;
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
