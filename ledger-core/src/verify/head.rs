//! What a log says of itself: its head, its genesis, the headers of its segments; and whether these agree with what is there.
//!
//! Not the checkpoint's root, which `tree` compares. Invariant: a head that is missing or damaged is a finding, and the journal is
//! verified all the same. Source: docs/format.md §§7, 10.1, 10.3.

use super::judge::Judge;
use super::order::{Lost, range};
use super::report::{Finding, Findings};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::disk::{Disk, read_up_to};
use crate::store::local::HEAD;
use crate::store::local::frame::{FIXED_FILE, FrameError, HeadFile};
use crate::store::local::journal::{Journal, SEGMENT_BYTES, segment_name};
use ledger_proofs::{Checkpoint, Hash, Note, VerifierKey};
use std::sync::Arc;
use std::time::Duration;

/// Equal reads after which a head is what it seems, and not in the middle of being written; and reads at most.
const TRIES: (u32, u32) = (5, 100);

/// The head file, if it is of its form.
///
/// # Errors
/// `LG_202`, `LG_208`.
pub(super) fn read(disk: &dyn Disk, findings: &mut Findings) -> Result<Option<HeadFile>> {
    let mut damaged = |why: &str| {
        let why = format!("the head file {why}; the journal was verified without it");
        findings.push(Finding::new(Code::FindCheckpointSignature, why));
        Ok(None)
    };
    let failed = |e: std::io::Error| Error::new(Code::ReadFailed, format!("{HEAD}: {e}"));
    let file = match disk.open(HEAD, false) {
        Ok(file) => file,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return damaged("is missing");
        }
        Err(e) => return Err(failed(e)),
    };
    let (mut equal, mut before) = (0, Vec::new());
    for tries in 0.. {
        // One byte more than it has shows a file that is too long.
        let bytes = read_up_to(&*file, 0, FIXED_FILE.saturating_add(1)).map_err(failed)?;
        match HeadFile::decode(&bytes) {
            Ok(head) => return Ok(Some(head)),
            Err(FrameError::Newer(v)) => {
                let why = format!("the head has format {v}; this program reads format 1");
                return Err(Error::new(Code::NewerFormat, why));
            }
            Err(_) if equal < TRIES.0 && tries < TRIES.1 => {
                equal = if bytes == before { equal.saturating_add(1) } else { 0 };
                before = bytes;
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(FrameError::Blank) => return damaged("is blank"),
            Err(FrameError::Damaged(why)) => return damaged(&format!("is damaged ({why})")),
        }
    }
    damaged("changes all the time")
}

/// Ids of the segments that are there, ascending.
///
/// # Errors
/// `LG_200` when there is neither a journal nor a head, `LG_208`.
pub(super) fn segments(disk: Arc<dyn Disk>, head: Option<&HeadFile>) -> Result<Vec<u32>> {
    match Journal::new(disk, SEGMENT_BYTES).segments() {
        Err(e) if e.code == Code::NotALedger && head.is_some() => Ok(Vec::new()),
        ids => ids,
    }
}

/// Whether the log goes as far as its head says; gives up to which size shortness was reported.
pub(super) fn check_end(
    head: Option<&HeadFile>,
    size: u64,
    lost: Option<&Lost>,
    findings: &mut Findings,
) -> u64 {
    let stated = head.map_or(0, |h| h.size);
    if size < stated {
        let why = lost.map_or("the journal ends before the end that the head names", |l| l.why.as_str());
        findings.push(
            Finding::new(Code::FindMissing, format!("{} missing: {why}", range(size, stated))).at(size),
        );
        return stated;
    }
    if let Some(lost) = lost.filter(|l| l.certain) {
        findings.push(Finding::new(Code::FindMissing, lost.why.clone()));
    }
    let Some(head) = head else { return 0 };
    if size > stated {
        let why = format!(
            "the head says that the log holds {stated} entries; {size} stand before the end that it names"
        );
        findings.push(Finding::new(Code::FindCheckpointSignature, why));
    }
    let note = Note::parse(head.checkpoint.as_bytes()).ok();
    let signed = note.and_then(|n| Checkpoint::parse_text(n.text()).ok()).map(|c| c.size());
    if let Some(signed) = signed.filter(|signed| *signed != stated) {
        let why = format!(
            "the head says that the log holds {stated} entries; its checkpoint was signed for {signed}"
        );
        findings.push(Finding::new(Code::FindCheckpointSignature, why));
    }
    0
}

/// Segments must name the log that their entries name.
pub(super) fn check_log_ids(named: &[(u32, Hash)], log_id: Option<Hash>, findings: &mut Findings) {
    let Some(log_id) = log_id else { return };
    for (segment, id) in named.iter().filter(|(_, id)| *id != log_id) {
        let why =
            format!("{} belongs to the log with id {id}; the entries name {log_id}", segment_name(*segment));
        findings.push(Finding::new(Code::FindLogId, why));
    }
}

/// What genesis and user say of the log.
pub(super) struct Stated {
    pub(super) origin: Option<String>,
    /// Verifier key that genesis names.
    pub(super) vkey: Option<String>,
    /// Verifier key that checkpoints are judged by: the user's, else that of genesis.
    pub(super) key: Option<VerifierKey>,
}

impl Stated {
    pub(super) fn of(judge: &Judge, given: Option<VerifierKey>, findings: &mut Findings) -> Self {
        let genesis = judge.genesis();
        let origin = genesis.map(|g| g.origin.to_string());
        let named = genesis.and_then(|g| VerifierKey::new(g.origin.as_str(), &g.log_key.0).ok());
        let vkey = named.as_ref().map(ToString::to_string);
        if let (Some(given), Some(vkey)) = (&given, &vkey)
            && given.to_string() != *vkey
        {
            let why = format!(
                "this is another log: its genesis entry names the key {vkey}, the key given is {given}"
            );
            findings.push(Finding::new(Code::FindLogId, why).at(0).stream(Some("registry")));
        }
        Self { origin, vkey, key: given.or(named) }
    }
}
