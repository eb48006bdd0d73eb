//! The tree of what was found, compared with every checkpoint that was signed for it.
//!
//! Not here: which entries are in place. Invariant: a checkpoint counts only with a good signature of the log, and is compared with the
//! root of exactly as many entries as it names. Source: docs/format.md §§5, 8.

use super::batch::{Checked, Outcome};
use super::report::{Finding, Findings};
use crate::codes::Code;
use ledger_proofs::{Checkpoint, Frontier, Hash, Note, VerifierKey};

/// A checkpoint that the entries must hash to.
struct Wanted {
    /// What it is called in findings.
    name: String,
    note: Note,
    size: u64,
    root: Hash,
    /// `None` until that many entries were seen.
    agrees: Option<bool>,
}

/// The tree so far.
pub(super) struct Tree {
    frontier: Frontier,
    /// Whether an entry was missing, so that no root behind it can be known.
    lost: bool,
    /// By size.
    wanted: Vec<Wanted>,
}

impl Tree {
    /// An empty tree that will be compared with these notes; what is none is a finding.
    pub(super) fn new(notes: impl Iterator<Item = (String, String)>, findings: &mut Findings) -> Self {
        let mut wanted = Vec::new();
        for (name, text) in notes {
            match read(&text) {
                Ok((note, checkpoint)) => {
                    let (size, root) = (checkpoint.size(), checkpoint.root());
                    wanted.push(Wanted { name, note, size, root, agrees: None });
                }
                Err(why) => {
                    findings.push(Finding::new(Code::FindCheckpointSignature, format!("{name}: {why}")));
                }
            }
        }
        wanted.sort_by_key(|w| w.size);
        let mut tree = Self { frontier: Frontier::new(), lost: false, wanted };
        tree.compare();
        tree
    }

    /// From here on an entry is missing.
    pub(super) fn lose(&mut self) {
        self.lost = true;
    }

    /// Compares with the checkpoints of this size.
    fn compare(&mut self) {
        let size = self.frontier.size();
        let start = self.wanted.partition_point(|w| w.size < size);
        for wanted in self.wanted.iter_mut().skip(start).take_while(|w| w.size == size) {
            wanted.agrees = Some(wanted.root == self.frontier.root());
        }
    }

    fn push(&mut self, level: u8, hash: Hash) {
        // Refused only when the tree is full or the subtree is not aligned; either way no root can be known.
        self.lost |= self.frontier.push_subtree(level, hash).is_err();
        self.compare();
    }

    /// Whether a checkpoint is of a size between these, the upper one not included.
    fn wants_within(&self, after: u64, before: u64) -> bool {
        let next = self.wanted.partition_point(|w| w.size <= after);
        self.wanted.get(next).is_some_and(|w| w.size < before)
    }

    /// Takes the entries of a batch, all of which stand in their places.
    pub(super) fn push_all(&mut self, batch: &Checked) {
        if self.lost {
            return;
        }
        let (start, end) =
            (self.frontier.size(), self.frontier.size().saturating_add(batch.entries.len() as u64));
        if !batch.subtrees.is_empty() && batch.first == start && !self.wants_within(start, end) {
            for (level, hash) in &batch.subtrees {
                self.push(*level, *hash);
            }
            return;
        }
        self.push_some(batch, |_| true);
    }

    /// Takes those entries of a batch that stand in their places.
    pub(super) fn push_some(&mut self, batch: &Checked, in_place: impl Fn(usize) -> bool) {
        for (index, outcome) in batch.entries.iter().enumerate() {
            if self.lost {
                return;
            }
            if let Outcome::Entry(facts) = outcome
                && in_place(index)
            {
                self.push(0, facts.hash);
            }
        }
    }

    /// The root, if it can be known.
    pub(super) fn root(&self) -> Option<Hash> {
        if self.lost { None } else { Some(self.frontier.root()) }
    }

    /// Judges the checkpoints of a log of `size` entries whose key this is; gives how many hold. That the log is shorter than `told`
    /// was reported already.
    pub(super) fn finish(
        &self,
        size: u64,
        told: u64,
        key: Option<&VerifierKey>,
        findings: &mut Findings,
    ) -> u64 {
        let (mut holding, mut agreed, mut first_wrong, mut wrong) = (0_u64, 0, None, 0_u64);
        let Some(key) = key else {
            if !self.wanted.is_empty() {
                let why = "no checkpoint could be verified: the genesis entry does not tell the log's key";
                findings.push(Finding::new(Code::FindCheckpointSignature, why));
            }
            return 0;
        };
        for wanted in &self.wanted {
            if let Err(e) = Checkpoint::from_note(&wanted.note, key) {
                findings.push(Finding::new(Code::FindCheckpointSignature, format!("{}: {e}", wanted.name)));
            } else if wanted.size > size && wanted.size <= told {
                // Said already.
            } else if wanted.size > size {
                let why =
                    format!("{} was signed for {} entries; the log holds {size}", wanted.name, wanted.size);
                findings.push(Finding::new(Code::FindMissing, why));
            } else if wanted.agrees == Some(true) {
                holding = holding.saturating_add(1);
                agreed = wanted.size;
            } else if wanted.agrees == Some(false) {
                wrong = wrong.saturating_add(1);
                first_wrong.get_or_insert((wanted, agreed));
            }
        }
        if let Some((wanted, agreed)) = first_wrong {
            findings.push(mismatch(wanted, agreed, wrong.saturating_sub(1)));
        }
        holding
    }
}

/// One finding for all checkpoints that disagree: the smallest of them tells where.
fn mismatch(wanted: &Wanted, agreed: u64, more: u64) -> Finding {
    let (name, size) = (&wanted.name, wanted.size);
    let mut why = format!(
        "the first {size} entries do not hash to the root that was signed for them ({name}): history was rewritten in entries {agreed} to {}",
        size.saturating_sub(1)
    );
    if agreed > 0 {
        why.push_str(&format!("; the first {agreed} are as they were signed"));
    }
    if more > 0 {
        why.push_str(&format!("; {more} more checkpoints disagree"));
    }
    let finding = Finding::new(Code::FindCheckpoint, why);
    if agreed > 0 { finding.at(agreed) } else { finding }
}

fn read(text: &str) -> Result<(Note, Checkpoint), String> {
    let note = Note::parse(text.as_bytes()).map_err(|e| e.to_string())?;
    let checkpoint = Checkpoint::parse_text(note.text()).map_err(|e| e.to_string())?;
    Ok((note, checkpoint))
}
