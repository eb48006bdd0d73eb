//! Whether the database may be trusted: `database.ok`, written around every use of sled.
//!
//! Not part of the log. Invariant: it says "open" durably before sled can be written, and "closed" only after sled's files are synced;
//! an open marker of another boot, or none, means that the database is made again. Source: DESIGN.md §4, docs/format.md §10.6.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The marker file of a ledger.
pub struct Marker {
    path: PathBuf,
    database: PathBuf,
    boot_id: [u8; 16],
}

impl Marker {
    /// The marker in this ledger's directory.
    #[must_use]
    pub fn new(dir: &Path, boot_id: [u8; 16]) -> Self {
        Self { path: dir.join("database.ok"), database: dir.join("database"), boot_id }
    }

    /// Directory of the database.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Whether the database of that many tiles may be trusted: closed in order, or left open on this very boot (a killed process
    /// loses nothing that it had written). `None` when not.
    #[must_use]
    pub fn trusted_tiles(&self) -> Option<u64> {
        let (boot, tiles, closed) = self.read()?;
        let same_boot = boot == self.boot_id && self.boot_id != [0; 16];
        (closed || same_boot).then_some(tiles)
    }

    /// Whether nobody has [revoked](Self::revoke) the marker.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.read().is_some()
    }

    fn read(&self) -> Option<([u8; 16], u64, bool)> {
        let bytes = fs::read(&self.path).ok()?;
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if bytes.len() != 29 || crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (boot, rest) = body.split_first_chunk::<16>()?;
        let (tiles, rest) = rest.split_first_chunk::<8>()?;
        Some((*boot, u64::from_le_bytes(*tiles), rest == [1]))
    }

    /// Says that the database is in use; durable when it returns.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(&self, tiles: u64) -> io::Result<()> {
        self.write(tiles, false)
    }

    /// Says that the database was closed in order with that many tiles, after syncing its files.
    ///
    /// # Errors
    /// As the system says.
    pub fn close(&self, tiles: u64) -> io::Result<()> {
        sync_tree(&self.database)?;
        self.write(tiles, true)
    }

    /// Takes the trust away: the next open makes the database again.
    pub fn revoke(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Removes database and marker.
    ///
    /// # Errors
    /// As the system says.
    pub fn wipe(&self) -> io::Result<()> {
        self.revoke();
        match fs::remove_dir_all(&self.database) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => fs::remove_file(&self.database),
            result => result,
        }
    }

    fn write(&self, tiles: u64, closed: bool) -> io::Result<()> {
        let mut bytes = self.boot_id.to_vec();
        bytes.extend_from_slice(&tiles.to_le_bytes());
        bytes.push(u8::from(closed));
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?;
        file.write_all(&bytes)?;
        file.set_len(bytes.len() as u64)?;
        file.sync_data()
    }
}

/// Syncs every file below a directory, and the directories.
fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    fs::File::open(dir)?.sync_all()
}
