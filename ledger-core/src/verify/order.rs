//! The entries of a log one after another: position, chain, time, streams, frames.
//!
//! Not here: what an entry is by itself (`examine`), who may do what (`judge`), the tree (`tree`). Invariant: one cause gives few
//! findings; after it, checking goes on from what was found. Source: docs/format.md §§5, 6, 10.

use super::batch::{Checked, Facts, Mark, Meaning, Outcome, Piece};
use super::judge::{Judge, Placed};
use super::links::{Link, Links};
use super::report::{Finding, Findings};
use super::settle::Settling;
use super::streams::{Ids, Streams};
use super::tree::Tree;
use crate::codes::Code;
use crate::entry::Leaf;
use crate::error::Result;
use crate::event::EventKind;
use crate::store::local::frame::Position;
use crate::store::local::journal::segment_name;
use crate::time::Timestamp;
use ledger_proofs::Hash;

/// The log so far.
pub(super) struct Order {
    pub(super) findings: Findings,
    pub(super) tree: Tree,
    pub(super) judge: Judge,
    /// Where the next entry must stand.
    position: u64,
    /// BLAKE3 of the leaf before it; `None` when that one is missing or malformed.
    pub(super) chain: Option<[u8; 32]>,
    time: Option<Timestamp>,
    links: Links,
    pub(super) lost: Option<Lost>,
    /// Sequence that would follow the last entry that stood out of order.
    stray: Option<u64>,
    streams: Streams,
    ids: Ids,
    commit: Option<OpenCommit>,
    /// A segment's id and the first sequence that its header names, until an entry follows.
    segment: Option<(u32, u64)>,
    /// Log ids that headers of segments name, each with the first segment that does.
    pub(super) log_ids: Vec<(u32, Hash)>,
    /// By how much the last frame's first sequence differed from the entry's own: one shift is one finding.
    shift: u64,
    /// Whether anything came that is, or should have been, an entry.
    saw: bool,
}

/// Entries may be missing at a place.
pub(super) struct Lost {
    pub(super) why: String,
    /// Whether something is certainly missing.
    pub(super) certain: bool,
    /// So many were reported already.
    told: u64,
}

/// A commit of which not all pieces came yet.
struct OpenCommit {
    crc: u32,
    records: u64,
    /// Where its next entry stands, by its header.
    next: u64,
    /// Where its first entry stands, and what that entry says.
    first: Option<(u64, Option<u64>)>,
}

/// Where an entry stands.
enum Place {
    At(u64),
    /// It was seen before, or belongs further up.
    Astray,
}

impl Order {
    pub(super) fn new(tree: Tree, findings: Findings) -> Self {
        Self {
            findings,
            tree,
            judge: Judge::new(),
            position: 0,
            chain: Some([0; 32]),
            time: None,
            links: Links::default(),
            lost: None,
            stray: None,
            streams: Streams::default(),
            ids: Ids::default(),
            commit: None,
            segment: None,
            log_ids: Vec::new(),
            shift: 0,
            saw: false,
        }
    }

    /// Entries so far, missing ones included.
    pub(super) const fn size(&self) -> u64 {
        self.position
    }

    /// Whether no entry came, nor anything that should have been one.
    pub(super) const fn saw_nothing(&self) -> bool {
        !self.saw
    }

    /// Takes a batch; gives what is left to do with it.
    ///
    /// # Errors
    /// `LG_202` when the log is of a newer format.
    pub(super) fn take(&mut self, batch: &Checked) -> Result<Settling> {
        let mut later = Settling::default();
        if batch.registry_stays && self.judge.can_defer() {
            later.registry = Some(self.judge.registry());
        }
        let mut in_place = vec![None; batch.entries.len()];
        let mut index = 0;
        let mut take = |order: &mut Self, until: usize| -> Result<()> {
            while index < until.min(batch.entries.len()) {
                let taken = order.outcome(batch, index, &mut later)?;
                if let Some(place) = in_place.get_mut(index) {
                    *place = taken;
                }
                index = index.saturating_add(1);
            }
            Ok(())
        };
        for (before, mark) in &batch.marks {
            take(self, *before)?;
            if let Mark::Piece(piece) = mark {
                self.begin_piece(batch, piece);
                take(self, before.saturating_add(piece.count))?;
                self.end_piece(piece);
            } else {
                self.mark(mark);
            }
        }
        take(self, usize::MAX)?;
        self.check_names(batch, &in_place);
        if in_place.iter().all(Option::is_some) {
            self.tree.push_all(batch);
        } else {
            self.tree.push_some(batch, |index| matches!(in_place.get(index), Some(Some(_))));
        }
        Ok(later)
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Segment { id, header: Ok(header) } => {
                self.segment = Some((*id, header.first));
                if !self.log_ids.iter().any(|(_, known)| *known == header.log_id) {
                    self.log_ids.push((*id, header.log_id));
                }
            }
            Mark::Segment { id, header: Err(why) } => {
                let why = format!("{}: {why}", segment_name(*id));
                self.findings.push(Finding::new(Code::FindCommit, why).at(self.position));
            }
            Mark::Damage { at, why } => {
                self.saw = true;
                self.commit = None;
                self.segment = None;
                let why = format!("{}: {why}", show(*at));
                self.findings.push(Finding::new(Code::FindCommit, why).at(self.position));
            }
            Mark::Lost { why, certain } => {
                self.saw = true;
                let earlier = self.lost.take();
                let told = earlier.as_ref().map_or(0, |l| l.told);
                let certain = *certain || earlier.is_some_and(|l| l.certain);
                self.lost = Some(Lost { why: why.clone(), certain, told });
            }
            Mark::Piece(_) => {}
        }
    }

    fn begin_piece(&mut self, batch: &Checked, piece: &Piece) {
        if piece.begins {
            self.commit =
                Some(OpenCommit { crc: piece.crc, records: 0, next: piece.commit.first, first: None });
        } else if let Some(commit) = &mut self.commit {
            // Only known now; as fast as combining two checksums.
            commit.crc =
                crc32c::crc32c_append(commit.crc, batch.bytes.get(piece.bytes.clone()).unwrap_or_default());
        }
    }

    fn end_piece(&mut self, piece: &Piece) {
        let Some(mut commit) = self.commit.take() else { return };
        commit.records = commit.records.saturating_add(piece.count as u64);
        if !piece.ends {
            self.commit = Some(commit);
            return;
        }
        let (header, records) = (&piece.commit, commit.records);
        let (first, says) = commit.first.unwrap_or((self.position, None));
        let range = if records == 1 {
            format!("entry {first}")
        } else {
            format!("entries {first} to {}", last_of(first, records))
        };
        let why = if commit.crc != header.crc {
            format!("the commit of {range} fails its checksum")
        } else if records != u64::from(header.count) {
            format!("the commit of {range} says that it holds {} entries", header.count)
        } else if self.is_shifted(says, header.first) {
            format!("the commit of {range} says that it begins with entry {}", header.first)
        } else {
            return;
        };
        let why = format!("{}: {why}", show(header.at));
        self.findings.push(Finding::new(Code::FindCommit, why).at(first));
    }

    /// Takes one entry; gives its place, if it stands in it.
    fn outcome(&mut self, batch: &Checked, index: usize, later: &mut Settling) -> Result<Option<u64>> {
        match batch.entries.get(index) {
            Some(Outcome::Entry(facts)) => {
                self.saw = true;
                self.entry(batch, index, facts, later)
            }
            Some(Outcome::NoEvent(why)) => {
                self.saw = true;
                self.findings.push(Finding::new(Code::FindShape, why.clone()).at(self.position));
                let told = self.lost.as_ref().map_or(1, |l| l.told.saturating_add(1));
                self.lost = Some(Lost { why: why.clone(), certain: false, told });
                Ok(None)
            }
            Some(Outcome::Blank) | None => Ok(None),
        }
    }

    fn entry(
        &mut self,
        batch: &Checked,
        index: usize,
        facts: &Facts,
        later: &mut Settling,
    ) -> Result<Option<u64>> {
        let place = self.place(batch, facts);
        let sequence = match place {
            Place::At(sequence) => sequence,
            Place::Astray => facts.members.as_ref().map_or(self.position, |m| m.sequence),
        };
        for (code, why) in &facts.wrong {
            self.findings.push(Finding::new(*code, why.clone()).at(sequence).stream(batch.subject(facts)));
        }
        if let Some(commit) = &mut self.commit {
            commit.first.get_or_insert((sequence, facts.members.as_ref().map(|m| m.sequence)));
            commit.next = commit.next.saturating_add(1);
        }
        if matches!(place, Place::Astray) {
            return Ok(None);
        }
        self.check_segment(facts);
        self.position = sequence.saturating_add(1);
        let Some(members) = &facts.members else {
            // Its links cannot be judged, and what it did is not known.
            let finding = self.links.follow(sequence, Link::Unknown);
            self.report(finding);
            self.chain = None;
            self.judge.doubt();
            self.streams.miss(1);
            return Ok(Some(sequence));
        };
        let link = match self.chain.replace(facts.chain) {
            Some(chain) if chain == members.prev_hash => Link::Intact,
            Some(_) => Link::Broken,
            None => Link::Unknown,
        };
        let finding = self.links.follow(sequence, link);
        self.report(finding);
        let placed = Placed { batch, index, facts, members, sequence };
        self.check_time(&placed);
        self.judge.entry(&placed, link != Link::Broken, later, &mut self.findings)?;
        Ok(Some(sequence))
    }

    fn report(&mut self, finding: Option<Finding>) {
        if let Some(finding) = finding {
            self.findings.push(finding);
        }
    }

    /// Decides where an entry stands: where it says, unless it is linked to the one in front of it.
    fn place(&mut self, batch: &Checked, facts: &Facts) -> Place {
        let expected = self.position;
        let Some(members) = &facts.members else {
            // Behind entries that are missing only the frame can tell.
            let framed =
                self.commit.as_ref().map(|c| c.next).filter(|next| self.lost.is_some() && *next > expected);
            let at = framed.unwrap_or(expected);
            if framed.is_some() {
                self.settle_lost(at);
            }
            return Place::At(at);
        };
        let found = members.sequence;
        if found == expected {
            self.settle_lost(found);
            return Place::At(found);
        }
        if self.lost.is_none() && self.chain == Some(members.prev_hash) {
            let why = format!(
                "the entry says that it is number {found}, and follows entry number {}",
                expected.saturating_sub(1)
            );
            let why =
                if expected == 0 { format!("the first entry says that it is number {found}") } else { why };
            self.findings
                .push(Finding::new(Code::FindSequence, why).at(expected).stream(batch.subject(facts)));
            return Place::At(expected);
        }
        if found > expected {
            self.settle_lost(found);
            return Place::At(found);
        }
        if self.stray != Some(found) {
            let why = format!(
                "an entry that says it is number {found} stands where entry {expected} belongs: it was added, repeated or moved"
            );
            self.findings.push(Finding::new(Code::FindSequence, why).at(found).stream(batch.subject(facts)));
        }
        self.stray = Some(found.saturating_add(1));
        Place::Astray
    }

    /// Reports the entries that are missing before the one found.
    fn settle_lost(&mut self, found: u64) {
        let (first, lost) = (self.position, self.lost.take());
        let missing = found.saturating_sub(first);
        if missing == 0 {
            if let Some(lost) = lost.filter(|l| l.certain) {
                self.findings.push(Finding::new(Code::FindMissing, lost.why));
            }
            return;
        }
        self.pass_over(found);
        let finding = match lost {
            Some(lost) if missing <= lost.told => return,
            Some(lost) => {
                Finding::new(Code::FindMissing, format!("{} lost: {}", range(first, found), lost.why))
            }
            None => Finding::new(
                Code::FindSequence,
                format!("{} missing; entry {found} follows", range(first, found)),
            ),
        };
        self.findings.push(finding.at(first));
    }

    /// Goes on behind entries that are missing.
    fn pass_over(&mut self, until: u64) {
        let finding = self.links.follow(self.position, Link::Unknown);
        self.report(finding);
        self.chain = None;
        self.tree.lose();
        self.judge.doubt();
        self.streams.miss(until.saturating_sub(self.position));
        self.position = until;
    }

    /// The first entry of a segment is the one that its header names.
    fn check_segment(&mut self, facts: &Facts) {
        let (Some((id, first)), Some(members)) = (self.segment.take(), &facts.members) else { return };
        if self.is_shifted(Some(members.sequence), first) {
            let why = format!("{} says that it begins with entry {first}", segment_name(id));
            self.findings.push(Finding::new(Code::FindCommit, why).at(members.sequence));
        }
    }

    /// Whether a frame's first sequence differs from what its first entry says, in another way than that of the frame before.
    fn is_shifted(&mut self, says: Option<u64>, first: u64) -> bool {
        let shift = says.map_or(0, |says| says.wrapping_sub(first));
        std::mem::replace(&mut self.shift, shift) != shift && shift != 0
    }

    /// Time.
    fn check_time(&mut self, placed: &Placed<'_>) {
        let members = placed.members;
        if let Some(before) = self.time.replace(members.time).filter(|before| members.time < *before)
            && !corrects_clock(placed)
        {
            let why = format!("the entry is dated {}, the one before it {before}", members.time);
            self.findings.push(placed.finding(Code::FindTime, why));
        }
    }

    /// Positions in streams, and ids, of the entries of a batch that stand in their places: in one loop, because it waits for memory.
    fn check_names(&mut self, batch: &Checked, in_place: &[Option<u64>]) {
        for (outcome, sequence) in batch.entries.iter().zip(in_place) {
            let (Outcome::Entry(facts), Some(sequence)) = (outcome, sequence) else { continue };
            let Some(members) = &facts.members else { continue };
            if let Some(expected) = self.streams.follow(members.stream, members.subject_sequence) {
                let found = members.subject_sequence;
                let why = format!(
                    "the entry says that it is number {found} of its stream; number {expected} is due"
                );
                self.findings
                    .push(Finding::new(Code::FindStream, why).at(*sequence).stream(batch.subject(facts)));
            }
            if self.ids.repeats(members.id) {
                let leaf = Leaf::parse(batch.leaf(facts));
                let id = leaf.map(|leaf| leaf.id).unwrap_or_default();
                let why = format!("the id {id} was used by an earlier entry; an id is used once");
                self.findings
                    .push(Finding::new(Code::FindRule, why).at(*sequence).stream(batch.subject(facts)));
            }
        }
    }

    /// Takes the end of the source, and the hash of the last leaf that a head names; reports what is still open.
    pub(super) fn finish(&mut self, head: Option<[u8; 32]>) {
        let link = match (self.chain, head) {
            (Some(chain), Some(head)) if self.lost.is_none() => {
                if chain == head {
                    Link::Intact
                } else {
                    Link::Broken
                }
            }
            _ => Link::Unknown,
        };
        let finding = self.links.finish(self.position, link);
        self.report(finding);
    }
}

/// Only a correction may set the clock back.
fn corrects_clock(placed: &Placed<'_>) -> bool {
    match &placed.facts.meaning {
        Meaning::Known(event) => event.kind() == EventKind::ClockCorrected,
        Meaning::Unknown { .. } | Meaning::Unreadable { .. } => {
            placed.leaf().is_some_and(|leaf| leaf.event_type == EventKind::ClockCorrected.row().event_type)
        }
    }
}

/// A place in the journal.
fn show(at: Position) -> String {
    format!("{} at byte {}", segment_name(at.segment), at.offset)
}

fn last_of(first: u64, count: u64) -> u64 {
    first.saturating_add(count.saturating_sub(1))
}

/// "entry 3 is" or "entries 3 to 5 are".
pub(super) fn range(first: u64, end: u64) -> String {
    let last = end.saturating_sub(1);
    if first == last { format!("entry {first} is") } else { format!("entries {first} to {last} are") }
}
