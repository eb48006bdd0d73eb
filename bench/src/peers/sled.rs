//! The peer of imports: sled's bare bulk insert, position to bytes.
//!
//! No parsing, no hashes, no index. Whether batches or single inserts are faster depends on the machine, so both take part.

use std::path::Path;

/// How the events are handed over.
#[derive(Clone, Copy)]
pub enum Hand {
    /// One by one.
    Single,
    /// In batches of so many.
    Batches(usize),
}

/// Inserts all lines into a new database in this directory, and flushes; gives the bytes on disk.
pub fn bulk_insert<'a>(dir: &Path, lines: impl Iterator<Item = &'a [u8]>, hand: Hand) {
    let db = sled::Config::new().path(dir).mode(sled::Mode::HighThroughput).open().expect("sled");
    let mut batch = sled::Batch::default();
    let mut waiting = 0;
    for (sequence, line) in (0_u64..).zip(lines) {
        let key = sequence.to_be_bytes();
        match hand {
            Hand::Single => {
                db.insert(key, line).expect("insert");
            }
            Hand::Batches(size) => {
                batch.insert(&key, line);
                waiting += 1;
                if waiting == size {
                    db.apply_batch(std::mem::take(&mut batch)).expect("batch");
                    waiting = 0;
                }
            }
        }
    }
    db.apply_batch(batch).expect("batch");
    db.flush().expect("flush");
}
