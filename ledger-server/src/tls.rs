//! TLS: a server with the certificate and key that whoever runs it gives, and its client.
//!
//! Not here: getting certificates. Invariant: a secret key that others can read is refused, as the ledger's own are. Source: DESIGN.md §7.

use ledger_core::{Code, Error, Result};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, version};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Protocols that are spoken inside.
const ALPN: &[u8] = b"http/1.1";

/// Reads a chain of certificates and the key of its first, both PEM.
///
/// # Errors
/// `LG_600` when they are not readable or do not fit, `LG_126` when the key's file is open to others.
pub fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor> {
    let unreadable = |path: &Path, e: &dyn std::fmt::Display| {
        Error::new(Code::CannotListen, format!("{}: {e}", path.display()))
    };
    check_mode(key)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect)
        .map_err(|e| unreadable(certificates, &e))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| unreadable(key, &e))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
    let mut config = config.map_err(|e| unreadable(certificates, &e))?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn check_mode(key: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let meta = std::fs::metadata(key)
        .map_err(|e| Error::new(Code::CannotListen, format!("{}: {e}", key.display())))?;
    if meta.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::new(Code::KeyFileMode, format!("{} may be read by others", key.display())))
}

/// A client that trusts the certificates of this file, or those of the system.
///
/// # Errors
/// `LG_105` when there are none, or they are unreadable.
pub fn connector(ca: Option<&Path>) -> Result<TlsConnector> {
    let unreadable = |what: &dyn std::fmt::Display| {
        Error::new(Code::InputUnreadable, format!("trusted certificates: {what}"))
    };
    let certificates: Vec<CertificateDer<'static>> = match ca {
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|e| unreadable(&format!("{}: {e}", path.display())))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(certificates).0 == 0 {
        return Err(unreadable(&"there are none; name a file with $LEDGER_CA"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|e| unreadable(&e))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name that the server's certificate must have.
///
/// # Errors
/// `LG_106` when it is none.
pub fn server_name(host: &str) -> Result<ServerName<'static>> {
    ServerName::try_from(host.to_owned())
        .map_err(|_| Error::new(Code::Usage, format!("{host:?} is no host name")))
}
