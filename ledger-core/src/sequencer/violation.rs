//! The record of an attempt to break a rule.
//!
//! Malformed input, conflicts and faults of the machine are no attempts, and leave no entry. Invariant: recording never fails the
//! answer: the refusal itself is always given. Source: DOMAIN.md §3 ("the attempt itself is recorded"), DESIGN.md §5.

use super::draft::Draft;
use super::{Sequencer, clock};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::body::{Digest, Violation};
use crate::event::{Event, EventKind, pac_of_stream};
use crate::intent::Intent;
use crate::names::{Gid, Stream};
use crate::rules::{self, pac};
use crate::time::Reading;
use std::sync::Arc;

/// Identical attempts by one actor within this many milliseconds are one entry.
const WINDOW: i64 = 60_000;
/// Stream of violations that belong to no other.
const STREAM: &str = "violations";

/// Whether a refusal with this code is an attempt to break a rule.
#[must_use]
pub fn is_recorded(code: Code) -> bool {
    code.row().source.is_some()
        || is_of_identity(code)
        || matches!(code, Code::NotAuthorized | Code::LastAdmin)
}

/// Whether a refusal with this code leaves it open who it was.
const fn is_of_identity(code: Code) -> bool {
    matches!(
        code,
        Code::ActorUnknown
            | Code::SignatureRequired
            | Code::SignatureInvalid
            | Code::KeyUnusable
            | Code::EnrolmentRefused
            | Code::TokenInvalid
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
        let identified = !is_of_identity(error.code) && draft.registry.is_active(intent.actor.as_str());
        let violation = Violation {
            actor: intent.actor.clone(),
            auth: identified.then(|| intent.auth()),
            code: row.code.to_owned(),
            count: 1,
            intent: digest,
            kind: kind.to_owned(),
            message: error.message.clone(),
            severity: row.severity.to_string(),
        };
        let time = clock::time_of(now, self.earlier, draft.time)?;
        let (stream, changes) = self.stream_of(draft, intent, &violation)?;
        if !changes && let Some(earlier) = self.identical(draft, &stream, &violation, time.millis())? {
            return Ok(earlier);
        }
        let event = Event::ViolationRecorded(violation);
        // The entry is the ledger's own; its actor is whoever tried, as they said.
        let record =
            Intent::of_the_log(event, Gid::new(intent.actor.as_str())?, Stream::new(stream.as_str())?)?;
        let id = format!("{stream}/{}", self.key_at(now)?);
        let prev_hash = draft.chain;
        if stream != STREAM {
            let occurrence = self.occurrence(draft, &record, time, &prev_hash);
            let registry = Arc::clone(&draft.registry);
            let pac = self.pacs.get(&*self.store, draft, &stream)?;
            rules::permit(&registry, &occurrence)?;
            pac::next(pac, &registry, &occurrence)?;
            self.pacs.touch(&stream);
        }
        Ok(self.push(draft, &record, id, time)?.sequence)
    }

    /// The PAC's stream while it is open, else that of all others; and whether the record changes the PAC.
    fn stream_of(&mut self, draft: &Draft, intent: &Intent, violation: &Violation) -> Result<(String, bool)> {
        let stream = intent.stream.as_str();
        if pac_of_stream(stream).is_none() {
            return Ok((STREAM.to_owned(), false));
        }
        let orchestrator = draft.registry.orchestrator().to_owned();
        match self.pacs.get(&*self.store, draft, stream)? {
            Some(pac) if pac.closure.is_none() => {
                Ok((stream.to_owned(), pac.is_changed_by(&orchestrator, violation)))
            }
            _ => Ok((STREAM.to_owned(), false)),
        }
    }

    /// An equal violation within the window, in the draft or at the end of the stream.
    fn identical(&self, draft: &Draft, stream: &str, violation: &Violation, now: i64) -> Result<Option<u64>> {
        let len = self.store.stream_len(stream)?;
        let recent = self.store.stream(stream, len.saturating_sub(32), 32)?;
        let mut candidates = Vec::new();
        for sequence in recent {
            candidates.extend(self.store.entries(sequence, 1)?.into_iter().map(|e| (sequence, e)));
        }
        candidates.extend((draft.base.size..).zip(draft.batch.entries().iter().cloned()));
        for (sequence, entry) in candidates.into_iter().rev() {
            let leaf = entry.parse()?;
            if leaf.subject != stream
                || leaf.event_type != EventKind::ViolationRecorded.row().event_type
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
