//! Tells systemd how far the service is, where it asks to be told.
//!
//! Not a dependency on systemd: without `NOTIFY_SOCKET` nothing is said. Invariant: what cannot be said stops nothing. Source: sd_notify(3).

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Says this (`READY=1`, `STOPPING=1`) at the socket that the supervisor named, if it did.
pub fn tell(socket: Option<&OsStr>, what: &str) {
    let Some(name) = socket.map(OsStr::as_bytes) else { return };
    // A name that begins with @ is one of the kernel's own, and no file.
    let address = match name.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(OsStr::from_bytes(name)),
    };
    if let (Ok(address), Ok(socket)) = (address, UnixDatagram::unbound()) {
        let _ = socket.send_to_addr(what.as_bytes(), &address);
    }
}
