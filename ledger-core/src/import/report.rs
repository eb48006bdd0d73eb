//! What an import says of itself: counts, findings, and one row for each old entry.
//!
//! Not here: how it looks in a terminal. Invariant: rows and findings are made one at a time from a few bytes per entry, so a report on
//! a million entries needs little memory. Source: DESIGN.md §6 (`import`).

use super::chainbridge::{self, FindingKind, Verdict};
use super::{Format, Judgement};
use crate::codes::Code;
use crate::names::Stream;
use serde::Serialize;
use std::io::{self, Write};
use std::iter;

/// How many entries got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// The hash is that of the content.
    pub intact: u64,
    /// There is none.
    pub unhashed: u64,
    /// It is that of other content.
    pub altered: u64,
    /// It is no hash.
    pub malformed: u64,
}

impl Verdicts {
    /// Of all these.
    pub(super) fn of(judgements: &[Judgement]) -> Self {
        let mut verdicts = Self::default();
        judgements.iter().for_each(|j| verdicts.count(j.verdict));
        verdicts
    }

    fn count(&mut self, verdict: Verdict) {
        let number = match verdict {
            Verdict::Intact => &mut self.intact,
            Verdict::Unhashed => &mut self.unhashed,
            Verdict::Altered => &mut self.altered,
            Verdict::Malformed => &mut self.malformed,
        };
        *number = number.saturating_add(1);
    }

    /// Whether there is no other verdict than intact.
    #[must_use]
    pub const fn all_intact(&self) -> bool {
        self.unhashed == 0 && self.altered == 0 && self.malformed == 0
    }
}

/// One old entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its position in the file, from 0.
    pub index: u64,
    /// The entry of the log that holds it; none when the import was refused.
    pub sequence: Option<u64>,
    /// Whether its hash is that of its content.
    pub verdict: &'static str,
    /// In which spelling of JSON, when the format knows several.
    pub dialect: Option<&'static str>,
}

/// Something in the history that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Code of the table: `LG_400` to `LG_406`.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What exactly: finer than the code.
    pub kind: &'static str,
    /// Position of the old entry in the file, from 0; none when it is about the file as a whole.
    pub index: Option<u64>,
    /// The entry of the log that holds it.
    pub sequence: Option<u64>,
    /// The number that the old entry gives itself.
    pub old_sequence: Option<u64>,
    /// One sentence with the values at hand.
    pub message: String,
}

/// What came of an import.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The format.
    pub format: Format,
    /// The stream.
    pub stream: Stream,
    /// Entries of the file.
    pub entries: u64,
    /// How many of them are new in the log.
    pub imported: u64,
    /// Their verdicts.
    pub verdicts: Verdicts,
    /// Whether nothing was imported because of `strict`.
    pub refused: bool,
    /// How many entries were imported before.
    pub(super) before: u64,
    pub(super) judgements: Vec<Judgement>,
    /// Entries of the log, as far as there are such.
    pub(super) sequences: Vec<u64>,
    /// The numbers that old entries give themselves, when the format has such.
    pub(super) numbers: Vec<Option<u64>>,
    /// What does not fit between them.
    pub(super) between: Vec<chainbridge::Finding>,
}

impl Outcome {
    /// Every old entry, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let sequences = self.sequences.iter().copied().map(Some).chain(iter::repeat(None));
        (0_u64..).zip(&self.judgements).zip(sequences).map(|((index, judgement), sequence)| Row {
            index,
            sequence,
            verdict: judgement.verdict.as_str(),
            dialect: judgement.dialect.map(chainbridge::Dialect::as_str),
        })
    }

    /// Everything that does not fit: by index, and at last what concerns the file as a whole.
    pub fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        let at = self.between.partition_point(|f| f.index.is_some());
        let (placed, whole) = self.between.split_at_checked(at).unwrap_or((&self.between, &[]));
        let mut placed = placed.iter().peekable();
        let of_entries = (0_u64..).zip(&self.judgements).flat_map(move |(index, judgement)| {
            let mut found = self.hash_finding(index, judgement.verdict).into_iter().collect::<Vec<_>>();
            while let Some(finding) = placed.next_if(|f| f.index.map(|i| i as u64) == Some(index)) {
                // An entry that is no object is malformed: one finding says both.
                found.retain(|_| finding.kind != FindingKind::NotAnObject);
                found.push(self.finding_between(finding));
            }
            found
        });
        of_entries.chain(whole.iter().map(|f| self.finding_between(f))).chain(self.shorter())
    }

    /// Writes `{"entries","imported","verdicts","findings","rows"}` and what else there is, on one line.
    ///
    /// # Errors
    /// What writing gives.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"format\":\"{}\",\"stream\":\"{}\",", self.format, self.stream)?;
        write!(
            out,
            "\"entries\":{},\"imported\":{},\"refused\":{},",
            self.entries, self.imported, self.refused
        )?;
        out.write_all(b"\"verdicts\":")?;
        serde_json::to_writer(&mut *out, &self.verdicts)?;
        write_list(out, "findings", self.findings())?;
        write_list(out, "rows", self.rows())?;
        out.write_all(b"}\n")
    }

    fn sequence(&self, index: u64) -> Option<u64> {
        self.sequences.get(usize::try_from(index).ok()?).copied()
    }

    fn hash_finding(&self, index: u64, verdict: Verdict) -> Option<Finding> {
        let (kind, message) = match (verdict, self.format) {
            (Verdict::Intact | Verdict::Unhashed, _) => return None,
            (Verdict::Altered, Format::Chainbridge) => {
                ("HASH_ALTERED", "entry_hash is not the hash of the content, in any spelling")
            }
            (Verdict::Altered, Format::CloudEvents) => {
                ("HASH_ALTERED", "data or private part are not what datahash and privatehash commit to")
            }
            (Verdict::Malformed, Format::Chainbridge) => {
                ("HASH_MALFORMED", "entry_hash is not 64 hex digits")
            }
            (Verdict::Malformed, Format::CloudEvents) => {
                ("HASH_MALFORMED", "it has a datahash, but is no entry of a ledger with its data")
            }
        };
        let row = Code::OldHash.row();
        Some(Finding {
            code: row.code,
            name: row.name,
            kind,
            index: Some(index),
            sequence: self.sequence(index),
            old_sequence: usize::try_from(index).ok().and_then(|i| self.numbers.get(i).copied()?),
            message: message.to_owned(),
        })
    }

    fn finding_between(&self, finding: &chainbridge::Finding) -> Finding {
        let row = code(finding.kind).row();
        let index = finding.index.map(|i| i as u64);
        Finding {
            code: row.code,
            name: row.name,
            kind: finding.kind.code(),
            index,
            sequence: index.and_then(|i| self.sequence(i)),
            old_sequence: finding.sequence,
            message: finding.message.clone(),
        }
    }

    fn shorter(&self) -> Option<Finding> {
        let row = Code::OldShorter.row();
        (self.entries < self.before).then(|| Finding {
            code: row.code,
            name: row.name,
            kind: row.name,
            index: None,
            sequence: None,
            old_sequence: None,
            message: format!("the file holds {} entries; {} were imported before", self.entries, self.before),
        })
    }
}

/// The code of a kind of finding.
const fn code(kind: FindingKind) -> Code {
    match kind {
        FindingKind::NotAnObject => Code::OldHash,
        FindingKind::SequenceDuplicate => Code::OldDuplicate,
        FindingKind::SequenceUnreadable | FindingKind::SequenceDisordered | FindingKind::SequenceMissing => {
            Code::OldMissing
        }
        FindingKind::LinkBroken | FindingKind::LinkMissing | FindingKind::HashMissing => Code::OldLink,
        FindingKind::TimestampUnreadable | FindingKind::TimestampBackwards => Code::OldTime,
        FindingKind::StateMismatch => Code::OldState,
    }
}

fn write_list<T: Serialize>(
    out: &mut dyn Write,
    name: &str,
    items: impl Iterator<Item = T>,
) -> io::Result<()> {
    write!(out, ",\"{name}\":[")?;
    for (n, item) in items.enumerate() {
        if n > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &item)?;
    }
    out.write_all(b"]")
}
