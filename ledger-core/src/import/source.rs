//! The bytes of a history, in a form that can be read twice.
//!
//! Not here: what they mean. Invariant: what is read the second time is what was read the first time, or the reader of blocks notices
//! (`blocks`). Source: DESIGN.md §9 (bad input).

use crate::codes::Code;
use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a history comes from.
pub enum Source<'a> {
    /// A file. Anything but a regular one (a pipe) is copied first.
    File(&'a Path),
    /// A stream that is read once, with its name for messages; it is copied first.
    Reader(&'a str, &'a mut dyn Read),
}

/// A file that is open for reading, as often as need be.
#[derive(Debug)]
pub(super) struct Input {
    file: File,
    shown: String,
    len: u64,
}

impl Input {
    /// Opens it; copies, where need be, to a nameless file in `spool`.
    ///
    /// # Errors
    /// `LG_105` when it is missing, empty, a directory or unreadable; `LG_206` when the copy cannot be written.
    pub(super) fn open(source: Source<'_>, spool: &Path) -> Result<Self> {
        let (file, shown) = match source {
            Source::File(path) => {
                let shown = path.display().to_string();
                let file = File::open(path).map_err(|e| unreadable(&shown, &e))?;
                let kind = file.metadata().map_err(|e| unreadable(&shown, &e))?;
                if kind.is_dir() {
                    return Err(Error::new(Code::InputUnreadable, format!("{shown} is a directory")));
                }
                (if kind.is_file() { file } else { copy(&mut &file, &shown, spool)? }, shown)
            }
            Source::Reader(name, reader) => (copy(reader, name, spool)?, name.to_owned()),
        };
        let len = file.metadata().map_err(|e| unreadable(&shown, &e))?.len();
        if len == 0 {
            return Err(Error::new(Code::InputUnreadable, format!("{shown} is empty")));
        }
        Ok(Self { file, shown, len })
    }

    /// Bytes of it.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Its name, for messages.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// An error about it.
    pub(super) fn error(&self, code: Code, what: impl std::fmt::Display) -> Error {
        Error::new(code, format!("{}: {what}", self.shown))
    }

    /// A reader from its beginning; there may be one at a time.
    ///
    /// # Errors
    /// `LG_105`.
    pub(super) fn rewound(&self) -> Result<BufReader<&File>> {
        (&self.file).rewind().map_err(|e| unreadable(&self.shown, &e))?;
        Ok(BufReader::with_capacity(1 << 18, &self.file))
    }

    /// The first line that is not blank, without its end, unless it is longer than `most`.
    ///
    /// # Errors
    /// `LG_105` when it cannot be read, or there is none.
    pub(super) fn first_line(&self, most: usize) -> Result<Option<Vec<u8>>> {
        let mut reader = self.rewound()?;
        let mut line = Vec::new();
        loop {
            let within = (most as u64).saturating_add(2);
            line.clear();
            let read = reader.by_ref().take(within).read_until(b'\n', &mut line);
            if read.map_err(|e| unreadable(&self.shown, &e))? == 0 {
                return Err(self.error(Code::InputUnreadable, "there is nothing in it but white space"));
            }
            let text = without_end(&line).len();
            if text > most {
                return Ok(None);
            }
            if !line.trim_ascii().is_empty() {
                line.truncate(text);
                return Ok(Some(line));
            }
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// `LG_105`.
    pub(super) fn whole(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.rewound()?.read_to_end(&mut bytes).map_err(|e| unreadable(&self.shown, &e))?;
        Ok(bytes)
    }
}

pub(super) fn unreadable(shown: &str, e: &io::Error) -> Error {
    Error::new(Code::InputUnreadable, format!("{shown}: {e}"))
}

/// A line without LF or CR LF.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Copies a stream into a file whose name is gone before the first byte is in it, so that nothing is left behind whatever happens.
fn copy(from: &mut dyn Read, shown: &str, spool: &Path) -> Result<File> {
    static COPIES: AtomicU64 = AtomicU64::new(0);
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    let path = spool.join(format!("import-{}-{number}.tmp", std::process::id()));
    let failed = |e: io::Error| Error::new(Code::WriteFailed, format!("{}: {e}", path.display()));
    let mut options = File::options();
    let mut to = options.read(true).write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
    fs::remove_file(&path).map_err(failed)?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(to),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(unreadable(shown, &e)),
        };
        io::Write::write_all(&mut to, buffer.get(..read).unwrap_or_default()).map_err(failed)?;
    }
}
