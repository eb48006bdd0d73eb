//! Where a request came in, and whether it means this server: host names, origins, and what a browser says of them.
//!
//! A page on the internet can make a browser send requests to a port of its own machine, and can make a name of its own point there.
//! Invariant: over the network nothing is answered that names another host, or that a page of another origin sent. Source: DESIGN.md §7.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use ledger_core::{Code, Error, Result};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// What a browser says of the page that makes a request.
const FETCH_SITE: &str = "sec-fetch-site";

/// Hosts that a listener answers for.
#[derive(Clone, Debug)]
pub struct Names {
    hosts: BTreeSet<String>,
    /// The one that is told to people.
    shown: String,
    tls: bool,
    port: u16,
}

impl Names {
    /// Those of a listener at this address: the address itself, `localhost` and the loopback addresses where it is one, and `further`
    /// names with or without a port.
    #[must_use]
    pub fn of(address: SocketAddr, tls: bool, further: &[String]) -> Self {
        let port = address.port();
        let standard = if tls { 443 } else { 80 };
        let mut hosts = BTreeSet::new();
        let mut add = |name: &str| {
            hosts.insert(format!("{name}:{port}"));
            if port == standard {
                hosts.insert(name.to_owned());
            }
        };
        add(&bracketed(address.ip()));
        if address.ip().is_loopback() {
            ["localhost", "127.0.0.1", "[::1]"].into_iter().for_each(&mut add);
        }
        for name in further {
            add(&name.to_ascii_lowercase());
        }
        hosts.extend(further.iter().map(|name| name.to_ascii_lowercase()));
        let shown = match further.first() {
            Some(name) => name.to_ascii_lowercase(),
            None => format!("{}:{port}", bracketed(address.ip())),
        };
        Self { hosts, shown, tls, port }
    }

    /// Where a browser finds it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.shown)
    }

    fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Where a request came in.
#[derive(Clone, Debug)]
pub enum Door {
    /// The Unix socket, which only its owner can open.
    Owners,
    /// The network.
    Network {
        /// What the listener is called.
        names: Names,
        /// Who is at the other end.
        peer: IpAddr,
    },
}

impl Door {
    /// Whether it is the owner's own.
    #[must_use]
    pub const fn is_owners(&self) -> bool {
        matches!(self, Self::Owners)
    }

    /// The address at the other end.
    #[must_use]
    pub const fn peer(&self) -> Option<IpAddr> {
        match self {
            Self::Owners => None,
            Self::Network { peer, .. } => Some(*peer),
        }
    }

    /// Whether what goes through is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        matches!(self, Self::Network { names: Names { tls: true, .. }, .. })
    }

    /// Port of the listener, which cookies are told apart by.
    #[must_use]
    pub const fn port(&self) -> u16 {
        match self {
            Self::Owners => 0,
            Self::Network { names, .. } => names.port,
        }
    }

    /// A request whose connection nobody marked is let in nowhere.
    pub(super) fn missing() -> Error {
        Error::new(Code::Unauthenticated, "it is not known where the request came in")
    }

    /// Whether the request means this server, and comes from no page of another origin.
    ///
    /// # Errors
    /// `LG_613`, `LG_614`.
    pub(super) fn check(&self, request: &Request) -> Result<()> {
        let Self::Network { names, .. } = self else { return Ok(()) };
        let host = one(request.headers(), header::HOST.as_str())
            .ok_or_else(|| Error::new(Code::HostRefused, "the request names no host, or several"))?;
        let named = request.uri().authority().map_or(host.clone(), |a| a.as_str().to_ascii_lowercase());
        if !names.hosts.contains(&host) || named != host {
            let shown: String = host.chars().take(80).collect();
            return Err(Error::new(Code::HostRefused, format!("{shown:?} is no name of this server")));
        }
        if request.headers().contains_key(header::ORIGIN) {
            let own = format!("{}://{host}", names.scheme());
            if one(request.headers(), header::ORIGIN.as_str()).as_deref() != Some(own.as_str()) {
                return Err(Error::new(
                    Code::OriginRefused,
                    format!("the request is not from a page of {own}"),
                ));
            }
        }
        Ok(())
    }

    /// Whether a request that brings a cookie was made by a page of this server: a browser sends cookies for whoever asks.
    ///
    /// # Errors
    /// `LG_614`.
    pub(super) fn is_own_page(&self, request: &Request) -> Result<()> {
        let refused = |why| Err(Error::new(Code::OriginRefused, why));
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        match request.headers().get(FETCH_SITE).map(HeaderValue::as_bytes) {
            Some(b"same-origin") => Ok(()),
            // Typed in, or a bookmark.
            Some(b"none") if safe => Ok(()),
            Some(_) => refused("a page of another site sent the cookie"),
            None if safe || request.headers().contains_key(header::ORIGIN) => Ok(()),
            None => refused("a request that changes something and brings a cookie says where it comes from"),
        }
    }
}

/// The value of a header that is there once.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(further: &[&str], tls: bool, address: &str) -> Door {
        let further: Vec<String> = further.iter().map(|s| (*s).to_owned()).collect();
        let names = Names::of(address.parse().unwrap(), tls, &further);
        Door::Network { names, peer: "127.0.0.1".parse().unwrap() }
    }

    fn asks(door: &Door, headers: &[(&str, &str)]) -> Option<Code> {
        let mut request = Request::builder().uri("/v1/status");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        door.check(&request.body(axum::body::Body::empty()).unwrap()).err().map(|e| e.code)
    }

    #[test]
    fn only_own_names_and_own_pages_are_answered() {
        let here = door(&["ledger.example"], false, "127.0.0.1:7420");
        for host in [
            "127.0.0.1:7420",
            "localhost:7420",
            "LOCALHOST:7420",
            "[::1]:7420",
            "ledger.example",
            "ledger.example:7420",
        ] {
            assert_eq!(asks(&here, &[("host", host)]), None, "{host}");
            let own = format!("http://{}", host.to_ascii_lowercase());
            assert_eq!(asks(&here, &[("host", host), ("origin", &own)]), None, "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:7421",
            "localhost",
            "evil.example:7420",
            "localhost.evil.example:7420",
            "127.0.0.1:7420@evil",
        ] {
            assert_eq!(asks(&here, &[("host", host)]), Some(Code::HostRefused), "{host}");
        }
        assert_eq!(asks(&here, &[]), Some(Code::HostRefused));
        assert_eq!(
            asks(&here, &[("host", "localhost:7420"), ("host", "localhost:7420")]),
            Some(Code::HostRefused)
        );
        for origin in [
            "null",
            "http://evil.example",
            "https://localhost:7420",
            "http://localhost",
            "http://127.0.0.1:7420",
        ] {
            let asked = asks(&here, &[("host", "localhost:7420"), ("origin", origin)]);
            assert_eq!(asked, Some(Code::OriginRefused), "{origin}");
        }
        let there = door(&[], true, "192.0.2.7:443");
        assert_eq!(asks(&there, &[("host", "192.0.2.7"), ("origin", "https://192.0.2.7")]), None);
        assert_eq!(asks(&there, &[("host", "localhost")]), Some(Code::HostRefused));
        assert_eq!(asks(&Door::Owners, &[("origin", "http://any.example")]), None);
    }
}
