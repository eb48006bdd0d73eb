//! The three kinds of tampering: on copies, with everything that a forger could have, the log's own key included.
//!
//! Not a tool for anything else. Invariant: the ledger that is copied is never written to.

use ledger_core::entry::{Entry, Leaf};
use ledger_core::key::SecretKey;
use ledger_core::ledger::Location;
use ledger_core::store::disk::RealDisk;
use ledger_core::store::local::JournalReader;
use ledger_core::store::local::frame::{
    COMMIT_HEADER, CommitHeader, HeadFile, Position, SEGMENT_HEADER, encode_commit,
};
use ledger_core::{Code, Error, Result};
use ledger_proofs::{Checkpoint, Frontier, Note, SignerKey};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A copy of the ledger, tampered with.
pub fn tamper(
    location: &Location,
    root: &Path,
    name: &str,
    act: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let copy = root.join(name);
    let failed = |e: std::io::Error| Error::new(Code::OutputFailed, e.to_string());
    for dir in ["journal", "keys"] {
        std::fs::create_dir_all(copy.join(dir)).map_err(failed)?;
        for file in std::fs::read_dir(location.dir.join(dir)).map_err(failed)? {
            let file = file.map_err(failed)?;
            std::fs::copy(file.path(), copy.join(dir).join(file.file_name())).map_err(failed)?;
        }
    }
    std::fs::copy(location.dir.join("head"), copy.join("head")).map_err(failed)?;
    act(&copy)?;
    Ok(copy)
}

/// The first segment, where the whole demonstration is.
fn segment(dir: &Path) -> PathBuf {
    dir.join("journal/00000000.seg")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::new(Code::ReadFailed, e.to_string()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(super::output_failed)
}

/// Changes one letter of an entry's data, and nothing else.
pub fn change_a_byte(dir: &Path, sequence: u64) -> Result<()> {
    let mut bytes = read(&segment(dir))?;
    let (_, entry) = entries(dir)?.into_iter().find(|(s, _)| *s == sequence).ok_or_else(lost)?;
    let at = bytes.windows(entry.data.bytes.len()).position(|w| w == entry.data.bytes).ok_or_else(lost)?;
    if let Some(byte) = bytes.get_mut(at.saturating_add(12)) {
        *byte ^= 0x20;
    }
    write(&segment(dir), &bytes)
}

fn lost() -> Error {
    Error::new(Code::NoSuchEntry, "the demonstration lost its own entry")
}

/// All entries of a ledger, read from its journal.
fn entries(dir: &Path) -> Result<Vec<(u64, Entry)>> {
    let reader = JournalReader::open(Arc::new(RealDisk::new(dir, false)))?;
    let mut all = Vec::new();
    reader.each(0, |sequence, record| {
        all.push((sequence, Entry::from_record(record)));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}

/// Writes the journal anew: without the entry of this sequence, or (`forge`) with another text in it and everything after it made to
/// fit: positions, chain, commits, tree, and the head signed with the log's own key.
pub fn rewrite(dir: &Path, sequence: u64, forge: bool) -> Result<()> {
    let mut segment_bytes = read(&segment(dir))?;
    segment_bytes.truncate(SEGMENT_HEADER);
    let mut tree = Frontier::new();
    let (mut before, mut chain) = ([0; 32], [0; 32]);
    for (old, mut entry) in entries(dir)? {
        if old == sequence && !forge {
            continue;
        }
        if forge && old >= sequence {
            reforge(&mut entry, old == sequence, &before, &chain)?;
        }
        before = std::mem::replace(&mut chain, entry.chain_hash());
        tree.push(entry.leaf_hash()).map_err(|e| Error::new(Code::TooLarge, e.to_string()))?;
        let mut body = Vec::new();
        entry.write_record(&mut body)?;
        let at = Position { segment: 0, offset: segment_bytes.len() as u64 };
        segment_bytes.extend(encode_commit(at, old, 1, &body));
    }
    let end = segment_bytes.len() as u64;
    write(&segment(dir), &segment_bytes)?;
    if forge { sign_head(dir, &tree, chain, end) } else { Ok(()) }
}

/// Gives a report another text, or an entry its place in the new chain, with new commitments.
fn reforge(entry: &mut Entry, change: bool, before: &[u8; 32], chain: &[u8; 32]) -> Result<()> {
    let old = entry.leaf.clone();
    let mut leaf = Leaf::parse(&old).map_err(|why| Error::new(Code::FindShape, why))?;
    let text = String::from_utf8_lossy(&entry.data.bytes).into_owned();
    if change {
        entry.data.bytes = text.replace("all 14 hosts", "the 2 hosts").into_bytes();
    } else if leaf.event_type == "proof.recorded" {
        // The nonce of a sealing follows from the chain before it.
        let nonce = hex::encode(before.get(..16).unwrap_or_default());
        let mut proof: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(member) = proof.get_mut("nonce") {
            *member = nonce.into();
        }
        entry.data.bytes = proof.to_string().into_bytes();
    }
    leaf.prev_hash = *chain;
    leaf.data_hash = ledger_core::entry::data_hash(&entry.data.salt, &entry.data.bytes);
    entry.leaf.clear();
    leaf.write(&mut entry.leaf);
    Ok(())
}

/// The forger holds the log's key: the head is as good as the real one.
fn sign_head(dir: &Path, tree: &Frontier, chain: [u8; 32], end: u64) -> Result<()> {
    let mut head = HeadFile::decode(&read(&dir.join("head"))?)
        .map_err(|_| Error::new(Code::Damaged, "the head is malformed"))?;
    let note =
        Note::parse(head.checkpoint.as_bytes()).ok().and_then(|n| Checkpoint::parse_text(n.text()).ok());
    let origin = note.map(|c| c.origin().to_owned()).ok_or_else(lost)?;
    let secret = SecretKey::read(&dir.join("keys/log.key"))?;
    let failed = |e: &dyn std::fmt::Display| Error::new(Code::WrongLogKey, e.to_string());
    let key = SignerKey::from_seed(&origin, &secret.seed()).map_err(|e| failed(&e))?;
    let checkpoint = Checkpoint::new(&origin, tree.size(), tree.root())
        .and_then(|c| c.sign(&key))
        .map_err(|e| failed(&e))?;
    head.chain = chain;
    head.end.offset = end;
    head.last_commit = last_commit(dir, end)?;
    head.checkpoint = checkpoint.to_string();
    write(&dir.join("head"), &head.encode().ok_or_else(lost)?)
}

/// Offset of the commit that ends at `end`.
fn last_commit(dir: &Path, end: u64) -> Result<u64> {
    let bytes = read(&segment(dir))?;
    let mut at = Position { segment: 0, offset: SEGMENT_HEADER as u64 };
    loop {
        let start = usize::try_from(at.offset).unwrap_or(usize::MAX);
        let header = bytes.get(start..start.saturating_add(COMMIT_HEADER)).ok_or_else(lost)?;
        let header = CommitHeader::decode(header, at).map_err(|_| lost())?;
        if header.end().offset >= end {
            return Ok(at.offset);
        }
        at = header.end();
    }
}
