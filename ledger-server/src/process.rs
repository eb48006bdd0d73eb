//! The process as the system sees it: its memory, and how many files it may have open.
//!
//! Invariant: what the system does not tell is left out, and stops nothing.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Files beside connections: the ledger's own, the database's, listeners, verifications.
const FILES: u64 = 512;

/// Bytes of memory that are really there for this process.
pub fn memory() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(rustix::param::page_size() as u64)
}

/// Makes room for this many connections, as far as the system lets the process; each is an open file.
pub fn make_room(connections: usize) {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = (connections as u64).saturating_add(FILES);
    let allowed = limit.maximum.map_or(wanted, |most| most.min(wanted));
    if limit.current.is_some_and(|now| now < allowed) {
        limit.current = Some(allowed);
        let _ = setrlimit(Resource::Nofile, limit);
    }
}
