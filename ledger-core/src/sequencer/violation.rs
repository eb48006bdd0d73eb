//! The record of an attempt to break a rule.
//!
//! Malformed input, conflicts and faults of the machine are no attempts, and leave no entry. Invariant: recording never fails the
//! answer: the refusal itself is always given. Source: DOMAIN.md §3 ("the attempt itself is recorded"), DESIGN.md §5.

use super::draft::Draft;
use super::{Sequencer, build, clock};
use crate::codes::{Code, Severity};
use crate::error::{Error, Result};
use crate::event::body::{Digest, Violation};
use crate::event::{Event, EventKind};
use crate::intent::Intent;
use crate::names::{Gid, Stream};
use crate::time::Reading;

/// Identical attempts by one actor within this many milliseconds are one entry.
const WINDOW: i64 = 60_000;
/// Stream of violations that belong to no other.
const STREAM: &str = "violations";

/// Whether a refusal with this code is an attempt to break a rule.
#[must_use]
pub fn is_recorded(code: Code) -> bool {
    matches!(
        code,
        Code::ActorUnknown
            | Code::SignatureRequired
            | Code::SignatureInvalid
            | Code::KeyUnusable
            | Code::NotAuthorized
            | Code::LastAdmin
    )
}

impl Sequencer {
    /// Appends the attempt to the draft, and gives the error with its entry.
    pub(super) fn record_violation(
        &mut self,
        draft: &mut Draft,
        error: Error,
        intent: Option<&Intent>,
        now: Reading,
    ) -> Error {
        let Some(intent) = intent.filter(|_| is_recorded(error.code)) else { return error };
        match self.place_violation(draft, &error, intent, now) {
            Ok(sequence) => error.at(sequence),
            Err(_) => error,
        }
    }

    fn place_violation(
        &mut self,
        draft: &mut Draft,
        error: &Error,
        intent: &Intent,
        now: Reading,
    ) -> Result<u64> {
        let row = error.code.row();
        let kind = intent.event.kind().row().kind.unwrap_or_default();
        let digest = Digest::of(
            &[kind.as_bytes(), b"\n", intent.stream.as_str().as_bytes(), b"\n", &intent.data].concat(),
        );
        let violation = Violation {
            actor: intent.actor.clone(),
            code: row.code.to_owned(),
            count: 1,
            intent: digest,
            kind: kind.to_owned(),
            message: error.message.clone(),
            severity: match row.severity {
                Severity::Warning => "WARNING",
                Severity::Blocking => "BLOCKING",
                Severity::Critical => "CRITICAL",
            }
            .to_owned(),
        };
        let time = clock::time_of(now, self.earlier, draft.time)?;
        if let Some(earlier) = self.identical(draft, &violation, time.millis())? {
            return Ok(earlier);
        }
        let data =
            serde_json::to_vec(&violation).map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))?;
        let data =
            crate::json::canonicalize(&data).map_err(|e| Error::new(Code::MalformedJson, e.to_string()))?;
        // The entry is the ledger's own; its actor is whoever tried, as they said.
        let record = Intent {
            event: Event::ViolationRecorded(violation),
            data,
            private: None,
            actor: Gid::new(intent.actor.as_str())?,
            stream: Stream::new(STREAM)?,
            key: None,
            signed: None,
        };
        let id = format!("{STREAM}/{}", self.key_at(now)?);
        let subject_sequence = draft.stream_len(&*self.store, STREAM)?;
        let salts = (self.random()?, None);
        let (sequence, chain) = (draft.next_sequence(), draft.chain);
        let entry = build(&record, &self.log, &id, salts, |leaf| {
            leaf.sequence = sequence;
            leaf.subject_sequence = subject_sequence;
            leaf.prev_hash = chain;
            leaf.time = time;
        });
        draft.push(entry, STREAM, &id, time);
        Ok(sequence)
    }

    /// An equal violation within the window, in the draft or at the end of the stream.
    fn identical(&self, draft: &Draft, violation: &Violation, now: i64) -> Result<Option<u64>> {
        let len = self.store.stream_len(STREAM)?;
        let recent = self.store.stream(STREAM, len.saturating_sub(32), 32)?;
        let mut candidates = Vec::new();
        for sequence in recent {
            candidates.extend(self.store.entries(sequence, 1)?.into_iter().map(|e| (sequence, e)));
        }
        candidates.extend((draft.base.size..).zip(draft.batch.entries().iter().cloned()));
        for (sequence, entry) in candidates.into_iter().rev() {
            let leaf = entry.parse()?;
            if leaf.event_type != EventKind::ViolationRecorded.row().event_type
                || now.saturating_sub(leaf.time.millis()) > WINDOW
            {
                continue;
            }
            let Ok(Event::ViolationRecorded(earlier)) = EventKind::ViolationRecorded.read(&entry.data.bytes)
            else {
                continue;
            };
            let same = earlier.actor == violation.actor
                && earlier.code == violation.code
                && earlier.intent == violation.intent;
            if same {
                return Ok(Some(sequence));
            }
        }
        Ok(None)
    }
}
