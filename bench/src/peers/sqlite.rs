//! The peer of durable appends: a hash-chained table in SQLite, as one would write it by hand.
//!
//! Every insert is a transaction that reads the last hash and writes the next. WAL, `synchronous=FULL`: durable when it returns. The
//! bundled library calls fsync where a distribution's calls fdatasync, unless it is built with `LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1`.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::Duration;

/// One connection.
pub struct Chain(Connection);

impl Chain {
    /// Opens the database at this path, and makes the table if need be.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let db = Connection::open(path).expect("SQLite");
        db.busy_timeout(Duration::from_secs(600)).expect("busy timeout");
        db.pragma_update(None, "journal_mode", "WAL").expect("WAL");
        db.pragma_update(None, "synchronous", "FULL").expect("FULL");
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS log (sequence INTEGER PRIMARY KEY, prev_hash BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL)",
        )
        .expect("table");
        Self(db)
    }

    /// Appends one row, chained to the last.
    pub fn append(&mut self, body: &[u8]) {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate).expect("begin");
        let previous: Option<Vec<u8>> = transaction
            .prepare_cached("SELECT hash FROM log ORDER BY sequence DESC LIMIT 1")
            .and_then(|mut s| s.query_row([], |row| row.get(0)).optional())
            .expect("last hash");
        let previous = previous.unwrap_or_else(|| vec![0; 32]);
        let hash = Sha256::new().chain_update(&previous).chain_update(body).finalize();
        transaction
            .prepare_cached("INSERT INTO log (prev_hash, hash, body) VALUES (?1, ?2, ?3)")
            .and_then(|mut s| s.execute(params![previous, hash.as_slice(), body]))
            .expect("insert");
        transaction.commit().expect("commit");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_with_a_connection_each_make_one_chain() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chain.sqlite");
        let mut connections: Vec<Chain> = (0..4).map(|_| Chain::open(&path)).collect();
        std::thread::scope(|scope| {
            for (caller, chain) in connections.iter_mut().enumerate() {
                scope.spawn(move || (0..5).for_each(|i| chain.append(format!("{caller} {i}").as_bytes())));
            }
        });
        let mut statement =
            connections[0].0.prepare("SELECT prev_hash, hash, body FROM log ORDER BY sequence").unwrap();
        let rows = statement.query_map([], |r| {
            Ok((r.get::<_, Vec<u8>>(0)?, r.get::<_, Vec<u8>>(1)?, r.get::<_, Vec<u8>>(2)?))
        });
        let (mut previous, mut count) = (vec![0; 32], 0);
        for row in rows.unwrap() {
            let (before, hash, body) = row.unwrap();
            assert_eq!(before, previous);
            assert_eq!(hash, Sha256::new().chain_update(&before).chain_update(&body).finalize().as_slice());
            (previous, count) = (hash, count + 1);
        }
        assert_eq!(count, 20);
    }
}
