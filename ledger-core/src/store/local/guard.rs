//! What this machine remembers of a log outside its directory: the last checkpoint that was signed.
//!
//! Not a lock: two writers are kept apart by `lock`; the guard notices a copy that was brought back. Invariant: a log that is shorter
//! than its guard, or has another root there, is never written to. Source: DESIGN.md §3 "Copies", docs/format.md §10.4.

use super::frame::{FIXED_FILE, FrameError, GuardFile};
use super::journal::{bad_frame, read_failed, write_failed};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::disk::{Disk, DiskFile, read_up_to};
use ledger_proofs::Hash;
use std::sync::Arc;

/// The guard of one log.
pub struct Guard {
    disk: Arc<dyn Disk>,
    name: String,
    shown: String,
    file: Option<Arc<dyn DiskFile>>,
}

impl Guard {
    /// The guard of this log in a directory of guards; `shown` is how messages name the directory.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, shown: &str, log_id: Hash) -> Self {
        Self { disk, name: log_id.to_hex(), shown: format!("{shown}/{}", log_id.to_hex()), file: None }
    }

    /// Size and root that were signed last; `None` when this machine has not written this log yet.
    ///
    /// # Errors
    /// `LG_203` when the file is damaged, `LG_207` when it cannot be written to, `LG_208` when it cannot be read.
    pub fn read(&mut self) -> Result<Option<(u64, Hash)>> {
        if self.file.is_none() {
            match self.disk.open(&self.name, false) {
                Ok(file) => self.file = Some(file),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(e) => {
                    // It is opened for writing: a read-only place is no failure to read.
                    let error = write_failed(&self.shown, &e);
                    return Err(if error.code == Code::ReadOnly {
                        error
                    } else {
                        read_failed(&self.shown, &e)
                    });
                }
            }
        }
        let Some(file) = &self.file else { return Ok(None) };
        let bytes = read_up_to(&**file, 0, FIXED_FILE).map_err(|e| read_failed(&self.shown, &e))?;
        match GuardFile::decode(&bytes) {
            Ok(guard) => Ok(Some((guard.size, guard.root))),
            Err(FrameError::Blank) => Ok(None),
            Err(e) => Err(bad_frame(&format!("guard {}", self.shown), e)
                .hint("compare the log with a remembered checkpoint (`ledger verify --checkpoint`), then delete the guard file")),
        }
    }

    /// Remembers this checkpoint, which is of this size and root. The first write is durable when it returns; later ones overwrite it in place.
    ///
    /// # Errors
    /// `LG_206`, `LG_207`.
    pub fn write(&mut self, size: u64, root: Hash, checkpoint: &str) -> Result<()> {
        let failed = |e: std::io::Error| write_failed(&self.shown, &e);
        let bytes = GuardFile { size, root, checkpoint: Some(checkpoint.to_owned()) }
            .encode()
            .ok_or_else(|| Error::new(Code::TooLarge, "the checkpoint does not fit into the guard file"))?;
        if let Some(file) = &self.file {
            return file.write_at(&bytes, 0).map_err(failed);
        }
        let file = self.disk.open(&self.name, true).map_err(failed)?;
        file.write_at(&bytes, 0).map_err(failed)?;
        file.sync().map_err(failed)?;
        self.disk.sync_dir("").map_err(failed)?;
        self.file = Some(file);
        Ok(())
    }

    /// The refusal of a log that does not reach or match its guard.
    pub fn refuse(&self, what: &str) -> Error {
        Error::new(Code::BehindGuard, format!("{what} (remembered in {})", self.shown))
    }
}
