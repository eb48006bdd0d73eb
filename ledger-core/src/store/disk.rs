//! The few file operations that durable storage needs, so that a test can stand between the store and the disk.
//!
//! Not a file system: no permissions, no paths outside the directory that it was opened on. Invariant: the local store touches the
//! journal, head and guard through this trait only, so that a crash is just another disk (`store::fault`).

use std::fs;
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory of files.
pub trait Disk: Send + Sync {
    /// Opens a file for reading, and for writing unless the disk is read-only; creates it, and its directory, only if `create`.
    ///
    /// # Errors
    /// As the system says.
    fn open(&self, name: &str, create: bool) -> io::Result<Arc<dyn DiskFile>>;

    /// Names in a subdirectory, unordered.
    ///
    /// # Errors
    /// As the system says.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Makes names that were created in this subdirectory durable (`""` is the directory itself).
    ///
    /// # Errors
    /// As the system says.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
}

/// One file, by position.
#[expect(clippy::len_without_is_empty, reason = "the length of a file, not of a collection")]
pub trait DiskFile: Send + Sync {
    /// Reads up to `buf.len()` bytes; fewer only at the end.
    ///
    /// # Errors
    /// As the system says.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all bytes.
    ///
    /// # Errors
    /// As the system says; some of the bytes may be written then.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Length in bytes.
    ///
    /// # Errors
    /// As the system says.
    fn len(&self) -> io::Result<u64>;

    /// Cuts or extends.
    ///
    /// # Errors
    /// As the system says.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns when all that was written is durable, the length included.
    ///
    /// # Errors
    /// As the system says; nothing is known about earlier writes then, and trying again proves nothing.
    fn sync(&self) -> io::Result<()>;
}

/// Reads exactly the bytes of this range, or fewer at the end of the file.
///
/// # Errors
/// As the system says.
pub fn read_up_to(file: &dyn DiskFile, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut buf = vec![0; len];
    let n = file.read_at(&mut buf, offset)?;
    buf.truncate(n);
    Ok(buf)
}

/// The real thing.
pub struct RealDisk {
    root: PathBuf,
    writable: bool,
}

impl RealDisk {
    /// A disk for reading and writing, or for reading only.
    #[must_use]
    pub fn new(root: &Path, writable: bool) -> Self {
        Self { root: root.to_owned(), writable }
    }
}

impl Disk for RealDisk {
    fn open(&self, name: &str, create: bool) -> io::Result<Arc<dyn DiskFile>> {
        let path = self.root.join(name);
        let create = create && self.writable;
        if create && let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut options = fs::OpenOptions::new();
        options.read(true).write(self.writable).create(create).truncate(false).mode(0o600);
        Ok(Arc::new(RealFile(options.open(path)?)))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        fs::read_dir(self.root.join(dir))?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        fs::File::open(self.root.join(dir))?.sync_all()
    }
}

struct RealFile(fs::File);

impl DiskFile for RealFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0_usize;
        while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            match self.0.read_at(rest, at) {
                Ok(0) => break,
                Ok(n) => done = done.saturating_add(n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
