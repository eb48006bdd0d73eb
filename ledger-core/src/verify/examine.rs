//! What can be said of an entry without knowing any other: its form, its hashes, its commitments, what its data means.
//!
//! Pure, and run by any thread. Not here: position, chain, signature, rules. Invariant: the leaf is hashed as the stored bytes, whatever
//! is wrong with it. Source: docs/format.md §§2, 3, 10.2, 12.

use super::batch::{Batch, Checked, Facts, Mark, Meaning, Members, Outcome};
use super::fingerprint::Keying;
use crate::codes::Code;
use crate::entry::{Leaf, MAX_PART, MAX_PART_DEPTH, Record, data_hash, event_json, private_hash};
use crate::event::EventKind;
use crate::{json, rules};
use ledger_proofs::{Hash, leaf_hash, node_hash};
use std::ops::Range;

/// Shortest part: `{}`.
const MIN_PART: usize = 2;

/// Checks every entry of a batch for itself.
pub(super) fn examine(batch: Batch, keying: &Keying) -> Checked {
    let Batch { bytes, spans, mut marks, first_line, read } = batch;
    for (_, mark) in &mut marks {
        if let Mark::Piece(piece) = mark
            && piece.begins
        {
            piece.crc =
                crc32c::crc32c_append(piece.commit.seed, bytes.get(piece.bytes.clone()).unwrap_or_default());
        }
    }
    let (bytes, entries) = match first_line {
        None => {
            let entries = spans.iter().map(|span| record(&bytes, span, keying)).collect();
            (bytes, entries)
        }
        Some(first) => lines(&bytes, &spans, first, keying),
    };
    let registry_stays = !entries.iter().any(changes_registry);
    let (first, subtrees) = subtrees(&entries);
    Checked { bytes, entries, marks, read, first, subtrees, registry_stays }
}

fn changes_registry(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Entry(Facts { meaning: Meaning::Known(event), .. }) => rules::changes_registry(event.kind()),
        Outcome::Entry(Facts { meaning: Meaning::Unreadable { registry, .. }, .. }) => *registry,
        _ => false,
    }
}

fn record(bytes: &[u8], span: &Range<usize>, keying: &Keying) -> Outcome {
    let stored = bytes.get(span.clone()).unwrap_or_default();
    match Record::read(stored) {
        Some((record, _)) => Outcome::Entry(facts(bytes, &record, keying)),
        None => Outcome::NoEvent("a record is cut off".to_owned()),
    }
}

/// Reads lines of event JSON; their leaves are laid into one new buffer.
fn lines(bytes: &[u8], spans: &[Range<usize>], first: u64, keying: &Keying) -> (Vec<u8>, Vec<Outcome>) {
    let mut leaves = Vec::with_capacity(bytes.len().div_ceil(2));
    let mut read = Vec::with_capacity(spans.len());
    for (number, span) in (first..).zip(spans) {
        let line = bytes.get(span.clone()).unwrap_or_default();
        if line.iter().all(u8::is_ascii_whitespace) {
            read.push(None);
            continue;
        }
        let entry = event_json::read(line).map_err(|e| format!("line {number} is no event: {}", e.message));
        let start = leaves.len();
        if let Ok(entry) = &entry {
            leaves.extend_from_slice(&entry.leaf);
        }
        read.push(Some((start..leaves.len(), entry)));
    }
    let outcome = |line: Option<(Range<usize>, Result<crate::entry::Entry, String>)>| match line {
        None => Outcome::Blank,
        Some((_, Err(why))) => Outcome::NoEvent(why),
        Some((leaf, Ok(entry))) => {
            let mut record = entry.as_record();
            record.leaf = leaves.get(leaf).unwrap_or_default();
            Outcome::Entry(facts(&leaves, &record, keying))
        }
    };
    let entries = read.into_iter().map(outcome).collect();
    (leaves, entries)
}

/// Where a slice of `whole` stands in it.
fn place(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start.saturating_add(part.len())
}

/// Everything about one entry; its leaf is a slice of `bytes`.
fn facts(bytes: &[u8], record: &Record<'_>, keying: &Keying) -> Facts {
    let mut facts = Facts {
        leaf: place(bytes, record.leaf),
        hash: leaf_hash(record.leaf),
        chain: *blake3::hash(record.leaf).as_bytes(),
        members: None,
        meaning: Meaning::Unknown { format: None },
        data_intact: false,
        wrong: Vec::new(),
    };
    let leaf = match Leaf::parse(record.leaf) {
        Ok(leaf) => leaf,
        Err(why) => {
            facts.wrong.push((Code::FindShape, format!("the leaf is malformed: {why}")));
            return facts;
        }
    };
    facts.members = Some(Members {
        actor: place(bytes, leaf.actor.as_bytes()),
        subject: place(bytes, leaf.subject.as_bytes()),
        auth: leaf.auth,
        cause: leaf.cause,
        key_id: leaf.key_id,
        prev_hash: leaf.prev_hash,
        sequence: leaf.sequence,
        subject_sequence: leaf.subject_sequence,
        time: leaf.time,
        id: keying.of(leaf.id),
        stream: keying.of(leaf.subject),
        source: place(bytes, leaf.source.as_bytes()),
        log_id: leaf.log_id,
    });
    facts.data_intact = check_data(record, &leaf, &mut facts.wrong);
    check_private(record, &leaf, &mut facts.wrong);
    facts.meaning = meaning(&leaf, record.data);
    facts
}

fn is_erased(salt: &[u8; 32], bytes: &[u8]) -> bool {
    *salt == [0; 32] && bytes.iter().all(|b| *b == 0)
}

fn check_data(record: &Record<'_>, leaf: &Leaf<'_>, wrong: &mut Vec<(Code, String)>) -> bool {
    if data_hash(record.data_salt, record.data) == leaf.data_hash {
        check_form("data", record.data, wrong);
        return true;
    }
    let why = if is_erased(record.data_salt, record.data) {
        "the data is not shown, and no order of erasure says why"
    } else {
        "the data, or its salt, is not what the leaf commits to"
    };
    wrong.push((Code::FindData, why.to_owned()));
    false
}

fn check_private(record: &Record<'_>, leaf: &Leaf<'_>, wrong: &mut Vec<(Code, String)>) {
    let why = match (record.private, &leaf.private_hash) {
        (None, None) => return,
        (Some((salt, bytes)), Some(hash)) if private_hash(salt, bytes) == *hash => {
            return check_form("private part", bytes, wrong);
        }
        (Some((salt, bytes)), Some(_)) if is_erased(salt, bytes) => {
            "the private part is not shown, and no order of erasure says why"
        }
        (Some(_), Some(_)) => "the private part, or its salt, is not what the leaf commits to",
        (None, Some(_)) => "the leaf commits to a private part, and there is none",
        (Some(_), None) => "there is a private part that the leaf does not commit to",
    };
    wrong.push((Code::FindPrivate, why.to_owned()));
}

/// A part is one canonical JSON object within its bounds.
fn check_form(what: &str, bytes: &[u8], wrong: &mut Vec<(Code, String)>) {
    if bytes.first() != Some(&b'{') || !(MIN_PART..=MAX_PART).contains(&bytes.len()) {
        wrong.push((Code::FindShape, format!("the {what} is no JSON object of 2 to {MAX_PART} bytes")));
    } else if let Err(e) = json::check_canonical_within(MAX_PART_DEPTH, bytes) {
        wrong.push((Code::FindShape, format!("the {what} is no canonical JSON: {e}")));
    }
}

fn meaning(leaf: &Leaf<'_>, data: &[u8]) -> Meaning {
    let kind = EventKind::of_type(leaf.event_type);
    // A newer format may have members that this program does not know; which format it is must be readable all the same.
    let format = || {
        let value = json::parse(data).ok().filter(|_| kind == Some(EventKind::LogCreated))?;
        value.get("format")?.as_u64()
    };
    let Some(known) = kind.filter(|k| leaf.data_version <= k.row().version) else {
        return Meaning::Unknown { format: format() };
    };
    match known.read(data) {
        Ok(event) => Meaning::Known(Box::new(event)),
        Err(e) => {
            Meaning::Unreadable { why: e.message, registry: rules::changes_registry(known), format: format() }
        }
    }
}

/// The perfect subtrees over these entries, if they follow one another, and the sequence of the first.
fn subtrees(entries: &[Outcome]) -> (u64, Vec<(u8, Hash)>) {
    let mut first = None;
    let mut size: u64 = 0;
    let mut trees: Vec<(u8, Hash)> = Vec::new();
    for outcome in entries {
        let Outcome::Entry(Facts { members: Some(members), hash, .. }) = outcome else {
            return (0, Vec::new());
        };
        let first = *first.get_or_insert(members.sequence);
        let at = first.saturating_add(size);
        if members.sequence != at {
            return (0, Vec::new());
        }
        size = size.saturating_add(1);
        let end = at.saturating_add(1);
        let (mut level, mut merged) = (0_u8, *hash);
        while let Some((_, left)) =
            trees.last().filter(|(l, _)| *l == level && is_aligned(end, level.saturating_add(1)))
        {
            merged = node_hash(left, &merged);
            level = level.saturating_add(1);
            trees.pop();
        }
        trees.push((level, merged));
    }
    (first.unwrap_or_default(), trees)
}

/// Whether a subtree of this level may end here.
fn is_aligned(end: u64, level: u8) -> bool {
    end.trailing_zeros() >= u32::from(level)
}
