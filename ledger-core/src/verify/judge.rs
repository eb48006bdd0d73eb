//! What needs to know who there is: signatures, identification, rules, and which log an entry belongs to.
//!
//! Not here: position and hashes. Invariant: rules are those of live appends (`rules::next`); a history in which something is missing
//! is judged as far as what is there allows, and says each thing once. Source: docs/format.md §§4, 7; DESIGN.md §5.

use super::batch::{Checked, Facts, Meaning, Members};
use super::pacs::Pacs;
use super::report::{Finding, Findings};
use super::settle::{Settling, refused};
use super::streams::Signers;
use super::trees::Trees;
use crate::codes::Code;
use crate::entry::{Auth, Leaf};
use crate::error::{Error, Result};
use crate::event::body::Genesis;
use crate::event::{Event, EventKind, pac_of_stream};
use crate::rules::{self, Evidence, Occurrence, Registry};
use crate::store::local::frame::FORMAT;
use ledger_proofs::Hash;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How much the registry can be relied on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// It is what the log says.
    Whole,
    /// Something that it depends on is missing, altered or not understood (the entry): refusals are said once per actor.
    Doubtful,
    /// There is no genesis to begin with: nothing can be judged.
    None,
}

/// One entry in its place.
pub(super) struct Placed<'a> {
    pub(super) batch: &'a Checked,
    pub(super) index: usize,
    pub(super) facts: &'a Facts,
    pub(super) members: &'a Members,
    pub(super) sequence: u64,
}

impl Placed<'_> {
    pub(super) fn subject(&self) -> &str {
        self.batch.text(&self.members.subject)
    }

    pub(super) fn actor(&self) -> &str {
        self.batch.text(&self.members.actor)
    }

    pub(super) fn finding(&self, code: Code, why: impl Into<String>) -> Finding {
        Finding::new(code, why).at(self.sequence).stream(Some(self.subject()))
    }

    pub(super) fn leaf(&self) -> Option<Leaf<'_>> {
        Leaf::parse(self.batch.leaf(self.facts)).ok()
    }

    /// What rules read of it; its place is where it stands, whatever it says.
    pub(super) fn occurrence<'b>(&'b self, event: &'b Event) -> Occurrence<'b> {
        Occurrence {
            sequence: self.sequence,
            actor: self.actor(),
            auth: self.members.auth,
            subject: self.subject(),
            key_id: self.members.key_id.as_ref(),
            cause: self.members.cause,
            time: self.members.time,
            prev_hash: &self.members.prev_hash,
            event,
            token: Evidence::Recorded,
            monotonic: None,
        }
    }
}

/// Judges entries in their order.
pub(super) struct Judge {
    registry: Arc<Registry>,
    trust: Trust,
    /// The first entry of the registry that is not understood.
    unknown: Option<u64>,
    /// What was said once: actor and code of the finding.
    told: BTreeSet<(String, Code)>,
    signers: Signers,
    pacs: Pacs,
    trees: Trees,
    /// Source and log id that entries must name.
    log: Option<(String, Hash)>,
}

impl Judge {
    pub(super) fn new() -> Self {
        Self {
            registry: Arc::default(),
            trust: Trust::None,
            unknown: None,
            told: BTreeSet::new(),
            signers: Signers::default(),
            pacs: Pacs::default(),
            trees: Trees::default(),
            log: None,
        }
    }

    /// Genesis as the registry took it.
    pub(super) fn genesis(&self) -> Option<&Genesis> {
        self.registry.genesis()
    }

    /// Id of the log that the entries name.
    pub(super) fn log_id(&self) -> Option<Hash> {
        self.log.as_ref().map(|(_, id)| *id)
    }

    /// Number of entries that carry a signature.
    pub(super) fn signed_entries(&self) -> u64 {
        self.signers.count()
    }

    /// Accuses PACs whose last entry owes another: they are committed together or not at all.
    pub(super) fn finish(&self, findings: &mut Findings) {
        for (stream, cause) in self.pacs.unfinished().chain(self.trees.unfinished()) {
            let why = format!("the log ends before what follows from entry {cause}");
            findings.push(Finding::new(Code::FindRule, why).at(cause).stream(Some(stream)));
        }
    }

    /// The PACs, as far as the log was read.
    pub(super) const fn pacs(&self) -> &Pacs {
        &self.pacs
    }

    /// Something that the registry may depend on is missing.
    pub(super) fn doubt(&mut self) {
        if self.trust == Trust::Whole {
            self.trust = Trust::Doubtful;
        }
    }

    /// Something of this stream cannot be relied on.
    fn doubt_machine(&mut self, stream: &str) {
        self.pacs.doubt(stream);
        self.trees.doubt(stream);
    }

    /// Whether the rules of a batch that changes no registry can be left to `settle`.
    pub(super) fn can_defer(&self) -> bool {
        self.trust == Trust::Whole && self.unknown.is_none()
    }

    /// The registry, for rules that are left to `settle`.
    pub(super) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Judges one entry; what any thread can do is put into `later`.
    ///
    /// # Errors
    /// `LG_202` when the genesis entry is of a newer format.
    pub(super) fn entry(
        &mut self,
        placed: &Placed<'_>,
        linked: bool,
        later: &mut Settling,
        findings: &mut Findings,
    ) -> Result<()> {
        if placed.sequence == 0 {
            self.begin(placed, findings)?;
        } else {
            self.check_log(placed, linked, findings);
        }
        let key_id = placed.members.key_id;
        let rests_on = match (placed.members.auth, key_id) {
            (Auth::Signed, None) if !self.follows_signed(placed) => {
                Some("the entry says that it is signed, and carries no signature")
            }
            (Auth::Asserted | Auth::Token, Some(_)) => {
                Some("the entry carries a signature, and says that it is not signed")
            }
            _ => None,
        };
        if let Some(why) = rests_on {
            findings.push(placed.finding(Code::FindSignature, why));
        }
        // The keys of before the entry, except for the one that brings the first.
        if placed.sequence > 0 {
            self.signature(placed, later, findings);
        }
        self.rules(placed, later, findings);
        if placed.sequence == 0 {
            self.signature(placed, later, findings);
        }
        if key_id.is_some() {
            self.signers.signed(placed.sequence, placed.actor());
        }
        Ok(())
    }

    /// Checks that entry 0 is a genesis entry, and takes what it says of the log.
    fn begin(&mut self, placed: &Placed<'_>, findings: &mut Findings) -> Result<()> {
        let Some(leaf) = placed.leaf() else { return Ok(()) };
        let genesis_type = EventKind::LogCreated.row().event_type;
        if leaf.event_type == genesis_type && placed.facts.data_intact {
            refuse_newer(placed)?;
        }
        let fits = leaf.event_type == genesis_type
            && (leaf.subject, leaf.id, leaf.subject_sequence) == ("registry", "registry/genesis", 0)
            && leaf.auth == Auth::Signed
            && leaf.log_id.is_none();
        if !fits {
            findings.push(placed.finding(
                Code::FindLogId,
                "the first entry is no genesis entry; rules and signatures were not judged",
            ));
            return Ok(());
        }
        if let Meaning::Known(event) = &placed.facts.meaning
            && let Event::LogCreated(genesis) = &**event
            && genesis.origin.as_str() != leaf.source
        {
            let why = format!("the genesis entry of {} names the log {}", leaf.source, genesis.origin);
            findings.push(placed.finding(Code::FindLogId, why));
        }
        let id = placed.facts.hash;
        self.log = Some((leaf.source.to_owned(), id));
        self.trust = if placed.facts.data_intact { Trust::Whole } else { Trust::Doubtful };
        Ok(())
    }

    /// Every entry names the same log.
    fn check_log(&mut self, placed: &Placed<'_>, linked: bool, findings: &mut Findings) {
        let source = placed.batch.text(&placed.members.source);
        if self.log.as_ref().is_some_and(|(log, id)| log == source && Some(*id) == placed.members.log_id) {
            return;
        }
        let Some(log_id) = placed.members.log_id else {
            return findings.push(placed.finding(Code::FindLogId, "only the genesis entry may name no log"));
        };
        match &self.log {
            // Without a genesis entry the first one says which log it is.
            None => self.log = Some((source.to_owned(), log_id)),
            // The genesis entry was changed: the others are right.
            Some((_, genesis)) if placed.sequence == 1 && !linked => {
                let why = format!(
                    "the genesis entry hashes to {genesis}, and entry 1 says that the log's id is {log_id}"
                );
                findings.push(Finding::new(Code::FindLogId, why).at(0).stream(Some("registry")));
                self.log = Some((source.to_owned(), log_id));
            }
            Some(_) => {
                let why = format!("the entry belongs to another log: {source} with id {log_id}");
                findings.push(placed.finding(Code::FindLogId, why));
            }
        }
    }

    /// Whether the entry follows from one that its actor signed. What an actor wants themselves they sign themselves.
    fn follows_signed(&self, placed: &Placed<'_>) -> bool {
        if let Meaning::Known(event) = &placed.facts.meaning
            && event.kind().row().follows.is_none()
        {
            return false;
        }
        placed.members.cause.is_some_and(|cause| self.signers.is_by(cause, placed.actor()))
    }

    /// Whether the entry is signed by a key that stands in its own data.
    fn brings_its_key(placed: &Placed<'_>) -> bool {
        placed.leaf().is_some_and(|leaf| leaf.event_type == EventKind::EnrolmentUsed.row().event_type)
    }

    /// Finds the key of an entry's signature; the arithmetic is left to `settle`.
    fn signature(&mut self, placed: &Placed<'_>, later: &mut Settling, findings: &mut Findings) {
        let Some(id) = placed.members.key_id else { return };
        if self.trust == Trust::None {
            return;
        }
        let actor = placed.actor();
        let event = match &placed.facts.meaning {
            Meaning::Known(event) => Some(&**event),
            _ => None,
        };
        if let Some(key) = self.registry.signer(actor, &id, event) {
            later.signatures.push((placed.index, placed.sequence, key));
            return;
        }
        if Self::brings_its_key(placed) && !placed.facts.data_intact {
            // The key is in the data: what was altered is known, and says nothing of the signature.
            return;
        }
        let held = self.registry.actor(actor).and_then(|a| a.keys.iter().find(|k| *k.key.id() == id));
        let why = match held.and_then(|k| k.until) {
            Some(until) => format!("key {} of {actor} was retired in entry {until}", hex::encode(id)),
            None => format!("key {} is not one of {actor}", hex::encode(id)),
        };
        self.refuse(placed, &Error::new(Code::SignatureInvalid, why), findings);
    }

    /// Runs the rules, or leaves them to `settle` where nothing can change meanwhile.
    fn rules(&mut self, placed: &Placed<'_>, later: &mut Settling, findings: &mut Findings) {
        let intact = placed.facts.data_intact;
        let event = match &placed.facts.meaning {
            Meaning::Unknown { .. } => {
                if placed.sequence == 0 {
                    self.trust = Trust::None;
                }
                self.doubt_machine(placed.subject());
                return self.not_understood(placed, findings);
            }
            Meaning::Unreadable { why, registry, .. } => {
                if placed.sequence == 0 {
                    self.trust = Trust::None;
                } else if *registry {
                    self.doubt();
                }
                self.doubt_machine(placed.subject());
                if intact && self.trust != Trust::None {
                    let e = Error::new(Code::InvalidIntent, why.clone());
                    findings.push(refused(placed, &e));
                }
                return;
            }
            Meaning::Known(event) => event,
        };
        if self.trust == Trust::None {
            return;
        }
        let occurrence = placed.occurrence(event);
        if rules::changes_registry(event.kind()) {
            if !intact {
                self.doubt();
            }
            if let Err(e) = rules::next(Arc::make_mut(&mut self.registry), &occurrence) {
                if intact {
                    self.refuse(placed, &e, findings);
                }
                self.trust = if placed.sequence == 0 { Trust::None } else { Trust::Doubtful };
            }
            return;
        }
        if !intact {
            // What was altered is known; what the altered data would break says nothing.
            self.doubt_machine(placed.subject());
            return;
        }
        if later.registry.is_some() && self.can_defer() {
            later.permits.push((placed.index, placed.sequence));
        } else if let Err(e) = rules::permit(&self.registry, &occurrence) {
            self.doubt_machine(placed.subject());
            return self.refuse(placed, &e, findings);
        }
        if let Err(e) = self.trees.step(&self.registry, placed, event) {
            self.doubt_machine(placed.subject());
            return self.refuse(placed, &e, findings);
        }
        if pac_of_stream(placed.subject()).is_some()
            && let Err(e) = self.pacs.step(&self.registry, placed, event)
        {
            self.refuse(placed, &e, findings);
        }
    }

    fn not_understood(&mut self, placed: &Placed<'_>, findings: &mut Findings) {
        let Some(leaf) = placed.leaf() else { return };
        let why = format!("{} version {} is not known here", leaf.event_type, leaf.data_version);
        findings.push(placed.finding(Code::FindUnknown, why));
        if matches!(leaf.subject, "registry" | "policy") {
            self.unknown.get_or_insert(placed.sequence);
        }
    }

    /// Reports a refusal; once per actor where it may follow from something that was reported already.
    fn refuse(&mut self, placed: &Placed<'_>, e: &Error, findings: &mut Findings) {
        let certain = self.can_defer();
        let mut finding = refused(placed, e);
        if !certain && !self.told.insert((placed.actor().to_owned(), finding.code)) {
            return;
        }
        if let Some(entry) = self.unknown {
            let why = format!("{e}; this may rest on entry {entry}, which is not understood here");
            return findings.push(placed.finding(Code::FindUnknown, why));
        }
        if !certain {
            finding.message.push_str("; entries further up that are missing or altered may say otherwise");
        }
        findings.push(finding);
    }
}

/// A genesis entry of a newer format is for a newer program.
fn refuse_newer(placed: &Placed<'_>) -> Result<()> {
    let format = match &placed.facts.meaning {
        Meaning::Unknown { format } | Meaning::Unreadable { format, .. } => *format,
        Meaning::Known(event) => match &**event {
            Event::LogCreated(genesis) => Some(u64::from(genesis.format)),
            _ => None,
        },
    };
    match format {
        Some(newer) if newer > u64::from(FORMAT) => Err(Error::new(
            Code::NewerFormat,
            format!("the log has format {newer}; this program reads format {FORMAT}"),
        )
        .at(0)),
        _ => Ok(()),
    }
}
