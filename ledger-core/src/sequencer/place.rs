//! How one intent becomes entries of the draft: identity, time, rules, and what follows from it.
//!
//! Invariant: an intent that is refused leaves nothing behind but what the caller undoes. Source: DESIGN.md §5.

use super::draft::Draft;
use super::follow::Moment;
use super::receipt::{ReceiptEvent, Yields};
use super::{Placed, Sequencer, build, clock};
use crate::codes::Code;
use crate::entry::{Entry, Part, Salt, signature};
use crate::error::{Error, Result};
use crate::event::{Event, pac_of_stream, tree_of_stream, tree_stream};
use crate::intent::Intent;
use crate::rules::pac::{self, Due};
use crate::rules::trust::{self, Tree};
use crate::rules::{self, Evidence, Monotonic, Occurrence, Shown};
use crate::time::{Reading, Timestamp};
use crate::token::{Admission, Deed};
use std::sync::Arc;

impl Sequencer {
    /// Puts one intent's entries into the draft, or finds that they are there.
    pub(super) fn place(&mut self, draft: &mut Draft, intent: &Intent, now: Reading) -> Result<Placed> {
        if let Some(access) = &intent.access {
            let time = clock::time_of(now, self.earlier, draft.time)?;
            may_enter(draft, intent, access, time)?;
        }
        let id = match intent.id() {
            Some(id) => {
                if let Some(placed) = self.repeated(draft, intent, &id)? {
                    return Ok(placed);
                }
                id
            }
            None => format!("{}/{}", intent.stream, self.key_at(now)?),
        };
        let time = if matches!(intent.event, Event::ClockCorrected(_)) {
            clock::corrected(now)?
        } else {
            clock::time_of(now, self.earlier, draft.time)?
        };
        self.verify_signature(draft, intent, &id)?;
        if pac_of_stream(intent.stream.as_str()).is_some() {
            return self.place_of_pac(draft, intent, id, time, now);
        }
        if tree_of_stream(intent.stream.as_str()).is_some() {
            return self.place_of_tree(draft, intent, id, time);
        }
        let prev_hash = draft.chain;
        let occurrence = self.occurrence(draft, intent, time, &prev_hash);
        if rules::changes_registry(intent.event.kind()) {
            rules::next(Arc::make_mut(&mut draft.registry), &occurrence)?;
        } else {
            rules::permit(&draft.registry, &occurrence)?;
        }
        self.push(draft, intent, id, time)
    }

    pub(super) fn occurrence<'a>(
        &self,
        draft: &Draft,
        intent: &'a Intent,
        time: Timestamp,
        prev_hash: &'a [u8; 32],
    ) -> Occurrence<'a> {
        Occurrence {
            sequence: draft.next_sequence(),
            actor: intent.actor.as_str(),
            auth: intent.auth(),
            subject: intent.stream.as_str(),
            key_id: intent.signed.as_ref().map(|s| &s.key_id),
            cause: None,
            time,
            prev_hash,
            event: &intent.event,
            token: Evidence::Nothing,
            monotonic: None,
        }
    }

    /// Adds the intent's own entry to the draft.
    pub(super) fn push(
        &mut self,
        draft: &mut Draft,
        intent: &Intent,
        id: String,
        time: Timestamp,
    ) -> Result<Placed> {
        let stream = intent.stream.as_str();
        let subject_sequence = draft.stream_len(&*self.store, stream)?;
        let salts = self.salts(intent)?;
        let (sequence, chain) = (draft.next_sequence(), draft.chain);
        let entry = build(intent, &self.log, &id, salts, |leaf| {
            leaf.sequence = sequence;
            leaf.subject_sequence = subject_sequence;
            leaf.prev_hash = chain;
            leaf.time = time;
        });
        let leaf_hash = draft.push(entry, stream, &id, time);
        let event_type = intent.event.kind().row().event_type.into();
        let events = vec![ReceiptEvent { sequence, event_type }];
        Ok(Placed { sequence, id, leaf_hash, events, repeated: false, yields: Yields::new() })
    }

    fn salts(&mut self, intent: &Intent) -> Result<(Salt, Option<Salt>)> {
        match &intent.signed {
            Some(signed) => Ok((signed.data_salt, signed.private_salt)),
            None => Ok((self.random()?, intent.private.as_ref().map(|_| self.random()).transpose()?)),
        }
    }

    /// A step of a grant tree.
    fn place_of_tree(
        &mut self,
        draft: &mut Draft,
        intent: &Intent,
        id: String,
        time: Timestamp,
    ) -> Result<Placed> {
        let prev_hash = draft.chain;
        let mut occurrence = self.occurrence(draft, intent, time, &prev_hash);
        rules::permit(&draft.registry, &occurrence)?;
        let shown = self.look_at_grant_token(intent, time)?;
        if let Some(shown) = &shown {
            occurrence.token = Evidence::Grant(shown);
        }
        let stream = intent.stream.as_str();
        let tree = self.trees.get(&*self.store, draft, stream)?;
        trust::next(tree, &draft.registry, &occurrence)?;
        let yields = tree.as_ref().map(|tree| tree.yields(&intent.event)).unwrap_or_default();
        let due = tree.as_ref().and_then(Tree::due).cloned();
        self.trees.touch(stream);
        let mut placed = self.push(draft, intent, id, time)?;
        placed.yields = yields;
        if let Some(due) = due {
            let (event, yields) = self.follow_in_tree(intent, &due.what, shown.as_ref())?;
            placed.yields.extend(yields);
            placed.events.push(self.push_owed(draft, intent, &placed.id, due.cause, event, 1, time)?);
        }
        Ok(placed)
    }

    /// Whether what an anchor of a PAC says of a grant tree is so.
    fn witness(&mut self, draft: &Draft, o: &Occurrence<'_>) -> Result<()> {
        let Event::AnchorRecorded(anchor) = o.event else { return Ok(()) };
        let tree = self.trees.get(&*self.store, draft, tree_stream(&anchor.root)?.as_str())?;
        trust::witness(tree.as_ref(), &draft.registry, o, anchor)
    }

    /// A step of a PAC, with everything that it owes.
    fn place_of_pac(
        &mut self,
        draft: &mut Draft,
        intent: &Intent,
        id: String,
        time: Timestamp,
        now: Reading,
    ) -> Result<Placed> {
        // Only reviews are measured: nothing else asks which boot this is.
        let boot = if matches!(intent.event, Event::ReviewChallenged(_) | Event::ReviewAnswered(_)) {
            let boot = crate::event::body::Digest::of(&self.sources.clock.boot());
            boot.as_str().get(7..23).unwrap_or_default().to_owned()
        } else {
            String::new()
        };
        let moment = Moment { time, monotonic: Monotonic { boot, millis: now.monotonic } };
        let prev_hash = draft.chain;
        let mut occurrence = self.occurrence(draft, intent, time, &prev_hash);
        occurrence.monotonic = Some(&moment.monotonic);
        rules::permit(&draft.registry, &occurrence)?;
        self.witness(draft, &occurrence)?;
        let shown: Option<Shown> = self.look_at_token(intent, time)?;
        if let Some(shown) = &shown {
            occurrence.token = Evidence::Shown(shown);
        }
        let (token, registry, stream) =
            (occurrence.token, Arc::clone(&draft.registry), intent.stream.as_str());
        let pac = self.pacs.get(&*self.store, draft, stream)?;
        pac::next(pac, &registry, &occurrence)?;
        self.pacs.touch(stream);
        let mut placed = self.push(draft, intent, id, time)?;
        while let Some((due, event, yields)) = self.owed(draft, intent, token, &moment)? {
            placed.yields.extend(yields);
            placed.events.push(self.push_owed(
                draft,
                intent,
                &placed.id,
                due.cause,
                event,
                placed.events.len(),
                time,
            )?);
        }
        if let Some(pac) = self.pacs.get(&*self.store, draft, stream)? {
            placed.yields.extend(pac.yields(&intent.event));
        }
        Ok(placed)
    }

    /// The event that the PAC owes now.
    fn owed(
        &mut self,
        draft: &Draft,
        intent: &Intent,
        token: Evidence<'_>,
        moment: &Moment,
    ) -> Result<Option<(Due, Event, Yields)>> {
        let stream = intent.stream.as_str();
        // Taken out while the writer makes the event, so that nothing is copied.
        let Some(pac) = self.pacs.get(&*self.store, draft, stream)?.take() else { return Ok(None) };
        let made = match pac.due() {
            Some(due) => self
                .follow(&pac, &due.what, token, moment)
                .map(|(event, yields)| Some((due.clone(), event, yields))),
            None => Ok(None),
        };
        *self.pacs.get(&*self.store, draft, stream)? = Some(pac);
        made
    }

    #[allow(clippy::too_many_arguments, reason = "what an entry is made of")]
    fn push_owed(
        &mut self,
        draft: &mut Draft,
        intent: &Intent,
        id: &str,
        cause: u64,
        event: Event,
        number: usize,
        time: Timestamp,
    ) -> Result<ReceiptEvent> {
        let (stream, id) = (intent.stream.as_str(), format!("{id}/{number}"));
        let (sequence, prev_hash) = (draft.next_sequence(), draft.chain);
        let registry = Arc::clone(&draft.registry);
        let occurrence = Occurrence {
            sequence,
            actor: intent.actor.as_str(),
            auth: intent.auth(),
            subject: stream,
            key_id: None,
            cause: Some(cause),
            time,
            prev_hash: &prev_hash,
            event: &event,
            token: Evidence::Recorded,
            monotonic: None,
        };
        rules::permit(&registry, &occurrence)?;
        if tree_of_stream(stream).is_some() {
            trust::next(self.trees.get(&*self.store, draft, stream)?, &registry, &occurrence)?;
        } else {
            pac::next(self.pacs.get(&*self.store, draft, stream)?, &registry, &occurrence)?;
        }
        let subject_sequence = draft.stream_len(&*self.store, stream)?;
        let event_type = event.kind().row().event_type.into();
        let follower = Intent::of_the_log(event, intent.actor.clone(), intent.stream.clone())?;
        let salts = (self.random()?, None);
        let auth = intent.auth();
        let entry = build(&follower, &self.log, &id, salts, |leaf| {
            leaf.auth = auth;
            leaf.cause = Some(cause);
            leaf.sequence = sequence;
            leaf.subject_sequence = subject_sequence;
            leaf.prev_hash = prev_hash;
            leaf.time = time;
        });
        draft.push(entry, stream, &id, time);
        Ok(ReceiptEvent { sequence, event_type })
    }

    /// The entry that has this id already, if its content is equal.
    fn repeated(&self, draft: &Draft, intent: &Intent, id: &str) -> Result<Option<Placed>> {
        let earlier = self.entry_of(draft, id)?;
        let Some((sequence, entry)) = earlier else { return Ok(None) };
        let leaf = entry.parse()?;
        let same_part = |part: Option<&Part>, bytes: Option<&Vec<u8>>| match (part, bytes) {
            (None, None) => true,
            (Some(part), Some(bytes)) => part.is_erased() || part.bytes == *bytes,
            _ => false,
        };
        let event_type = intent.event.kind().row().event_type;
        let same = leaf.event_type == event_type
            && leaf.actor == intent.actor.as_str()
            && same_part(Some(&entry.data), Some(&intent.data))
            && same_part(entry.private.as_ref(), intent.private.as_ref());
        if same {
            let leaf_hash = entry.leaf_hash();
            let mut events = vec![ReceiptEvent { sequence, event_type: event_type.into() }];
            events.extend(self.consequences(draft, id)?);
            let yields = Yields::new();
            return Ok(Some(Placed {
                sequence,
                id: id.to_owned(),
                leaf_hash,
                events,
                repeated: true,
                yields,
            }));
        }
        Err(Error::new(Code::IdConflict, format!("{id} is entry {sequence}, with other content"))
            .at(sequence))
    }

    /// The entry of this id, in the draft or in the log.
    fn entry_of(&self, draft: &Draft, id: &str) -> Result<Option<(u64, Entry)>> {
        match draft.find(id) {
            Some(sequence) => {
                let at = usize::try_from(sequence.saturating_sub(draft.base.size)).unwrap_or(usize::MAX);
                Ok(draft.batch.entries().get(at).cloned().map(|e| (sequence, e)))
            }
            None => match self.store.find(id)? {
                Some(sequence) => Ok(self.store.entries(sequence, 1)?.pop().map(|e| (sequence, e))),
                None => Ok(None),
            },
        }
    }

    /// What followed from an earlier intent.
    fn consequences(&self, draft: &Draft, id: &str) -> Result<Vec<ReceiptEvent>> {
        let mut found = Vec::new();
        for number in 1_u32.. {
            let Some((sequence, entry)) = self.entry_of(draft, &format!("{id}/{number}"))? else { break };
            found.push(ReceiptEvent { sequence, event_type: entry.parse()?.event_type.to_owned().into() });
        }
        Ok(found)
    }

    /// A signature must be of a key that the actor has now, or enrols by it, over exactly this intent in this log.
    fn verify_signature(&self, draft: &Draft, intent: &Intent, id: &str) -> Result<()> {
        let Some(signed) = &intent.signed else { return Ok(()) };
        let refuse = |why: &str| {
            Err(Error::new(Code::SignatureInvalid, format!("key {} {why}", hex::encode(signed.key_id))))
        };
        let signer = draft.registry.signer(intent.actor.as_str(), &signed.key_id, Some(&intent.event));
        let Some(key) = signer else {
            if !draft.registry.is_active(intent.actor.as_str()) {
                return Err(Error::new(
                    Code::ActorUnknown,
                    format!("{} is not registered, or was retired", intent.actor),
                ));
            }
            if matches!(intent.event, Event::EnrolmentUsed(_)) {
                return refuse("is not the key that the enrolment brings");
            }
            return refuse(&format!("is not a key of {} now", intent.actor));
        };
        let leaf = intent.leaf(id, &self.log, &signed.data_salt, signed.private_salt.as_ref());
        if signature::verifies(&leaf, &key) { Ok(()) } else { refuse("did not sign this intent") }
    }
}

/// The token that the request came with must be good at the entry's time, and for this.
fn may_enter(draft: &Draft, intent: &Intent, access: &Admission, time: Timestamp) -> Result<()> {
    let (holder, kind) = (access.holder(), intent.event.kind());
    draft.registry.access().admit(holder, time.millis())?;
    holder.may_append(kind, intent.actor.as_str(), intent.auth())?;
    access.permits(&Deed {
        operation: "append",
        kind: kind.row().kind.unwrap_or_default(),
        stream: intent.stream.as_str(),
        time: time.millis(),
        ..Deed::default()
    })
}
