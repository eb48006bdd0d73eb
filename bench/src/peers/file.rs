//! The floor of durable appends: one preallocated file, written and synced by one caller, or by one leader for all who wait.
//!
//! No frames, no order, nothing to read back: only bytes that are on the disk when the call returns.

use crate::machine::preallocate;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Condvar, Mutex};

/// Bytes of the file; it is written from the start again when it is full.
const ROOM: u64 = 32 << 20;

/// A preallocated file.
pub struct Preallocated {
    file: File,
    at: u64,
}

impl Preallocated {
    /// A new one in this directory.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        let file = tempfile::tempfile_in(dir).expect("a preallocated file");
        preallocate(&file, ROOM);
        Self { file, at: 0 }
    }

    /// Writes and syncs.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.at + bytes.len() as u64 > ROOM {
            self.at = 0;
        }
        self.file.write_all_at(bytes, self.at).expect("write");
        self.file.sync_data().expect("sync");
        self.at += bytes.len() as u64;
    }
}

/// Callers that share a file: whoever comes first leads, and writes and syncs for all who came meanwhile.
pub struct GroupCommit {
    waiting: Mutex<Waiting>,
    synced: Condvar,
    file: Mutex<Preallocated>,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Number of the batch that is being gathered.
    gathering: u64,
    /// Batches before this one are durable.
    durable: u64,
    led: bool,
}

impl GroupCommit {
    /// Over a new file in this directory.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { waiting: Mutex::default(), synced: Condvar::new(), file: Mutex::new(Preallocated::new(dir)) }
    }

    /// Returns when the bytes are durable.
    pub fn append(&self, bytes: &[u8]) {
        let mut waiting = self.waiting.lock().unwrap();
        waiting.bytes.extend_from_slice(bytes);
        let mine = waiting.gathering;
        while waiting.durable <= mine {
            if waiting.led {
                waiting = self.synced.wait(waiting).unwrap();
                continue;
            }
            waiting.led = true;
            let taken = std::mem::take(&mut waiting.bytes);
            waiting.gathering += 1;
            let batch = waiting.gathering;
            drop(waiting);
            self.file.lock().unwrap().append(&taken);
            waiting = self.waiting.lock().unwrap();
            waiting.durable = batch;
            waiting.led = false;
            self.synced.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_once_and_in_whole_records() {
        let dir = tempfile::tempdir().unwrap();
        let group = GroupCommit::new(dir.path());
        std::thread::scope(|scope| {
            for caller in 1..=8_u8 {
                let group = &group;
                scope.spawn(move || (0..20).for_each(|_| group.append(&[caller; 100])));
            }
        });
        let file = group.file.into_inner().unwrap();
        let mut bytes = vec![0; usize::try_from(file.at).unwrap()];
        file.file.read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(bytes.len(), 8 * 20 * 100);
        for caller in 1..=8_u8 {
            assert_eq!(bytes.chunks(100).filter(|r| r.iter().all(|b| *b == caller)).count(), 20);
        }
    }
}
