//! Where connections come in: the owner's Unix socket, and the network with or without TLS.
//!
//! Not here: what is let through (`access`), and how long a connection may take (`listen`). Invariant: what others could listen in on is
//! encrypted. Source: DESIGN.md §7.

use crate::access::{Door, Names};
use ledger_core::{Code, Error, Result};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

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

/// A connection, of either kind.
pub enum Stream {
    /// At the owner's socket.
    Unix(UnixStream),
    /// From the network.
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

    /// What encrypts its connections.
    pub(crate) fn tls(&self) -> Option<TlsAcceptor> {
        self.tls.clone()
    }

    /// The next connection, and where it came in.
    pub(crate) async fn accept(&self) -> (Stream, Door) {
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
