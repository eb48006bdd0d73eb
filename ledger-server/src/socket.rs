//! The Unix socket: the door of whoever owns the ledger, and of nobody else.
//!
//! Invariant: the file has mode 0600 from its first moment; one that a dead server left is replaced, one that lives is not.

use ledger_core::{Code, Error, Result};
use rustix::fs::Mode;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Name of the socket in the ledger's directory.
pub const SOCKET: &str = "serve.sock";

/// A bound socket; its file goes with it.
pub struct Socket {
    path: PathBuf,
    listener: Option<UnixListener>,
}

impl Socket {
    /// Binds; needs a tokio runtime.
    ///
    /// # Errors
    /// `LG_600` when another server answers there, when something else is there, or when the system refuses.
    pub fn bind(path: &Path) -> Result<Self> {
        let refused = |why: String| Error::new(Code::CannotListen, format!("{}: {why}", path.display()));
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => return Err(refused("a server answers there".to_owned())),
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            // A socket that nobody listens on any more.
            Err(e) if e.kind() == ErrorKind::ConnectionRefused && is_socket(path) => {
                std::fs::remove_file(path).map_err(|e| refused(e.to_string()))?;
            }
            Err(e) => return Err(refused(e.to_string())),
        }
        // Binding creates the file with what the mask leaves; the mask is the process's, and it starts no other file meanwhile.
        let before = rustix::process::umask(Mode::RWXG | Mode::RWXO | Mode::XUSR);
        let listener = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = listener.map_err(|e| refused(e.to_string()))?;
        Ok(Self { path: path.to_owned(), listener: Some(listener) })
    }

    /// The listener, once.
    #[must_use]
    pub fn take(&mut self) -> Option<UnixListener> {
        self.listener.take()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A symbolic link in the ledger's directory to a socket that is elsewhere; it goes with the server.
pub struct Link(Option<PathBuf>);

impl Link {
    /// Removes a link that a server left when it was killed. Only whoever holds the ledger's lock may: nobody else serves it then.
    ///
    /// # Errors
    /// `LG_600` when it cannot be removed.
    pub fn clear(link: &Path) -> Result<()> {
        if !std::fs::symlink_metadata(link).is_ok_and(|m| m.file_type().is_symlink()) {
            return Ok(());
        }
        let refused =
            |e: std::io::Error| Error::new(Code::CannotListen, format!("the link {}: {e}", link.display()));
        std::fs::remove_file(link).map_err(refused)
    }

    /// Makes the link, unless the socket itself is there; one that an earlier server left is replaced.
    ///
    /// # Errors
    /// `LG_600` when it cannot be made.
    pub fn to(socket: &Path, link: &Path) -> Result<Self> {
        let refused =
            |e: std::io::Error| Error::new(Code::CannotListen, format!("the link {}: {e}", link.display()));
        let target = std::fs::canonicalize(socket).map_err(refused)?;
        if std::fs::canonicalize(link).is_ok_and(|found| found == target) && is_socket(link) {
            return Ok(Self(None));
        }
        // This process holds the ledger's lock: whatever is there is of a server that has ended.
        match std::fs::remove_file(link) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(refused(e)),
            _ => {}
        }
        std::os::unix::fs::symlink(&target, link).map_err(refused)?;
        Ok(Self(Some(link.to_owned())))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(link) = &self.0 {
            let _ = std::fs::remove_file(link);
        }
    }
}

/// Whether a server answers at the socket of this ledger's directory.
#[must_use]
pub fn is_served(dir: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(dir.join(SOCKET)).is_ok()
}

fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket())
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
