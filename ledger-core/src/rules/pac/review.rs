//! Genuine review of a sealed O-PDO: open, challenge, answer, verdict.
//!
//! Not here: questions and their answers (`crate::review`). Invariant: a challenge is good once, for one reviewer, one O-PDO and one packet;
//! an approval rests on one that was answered rightly, neither too early nor too late by the ledger's own clock. Source: DOMAIN.md §6.

use super::plan::not_blank;
pub use super::reviews::{Challenge, Ending, Review, Reviews};
use super::work::stamp;
use super::{Due, DueKind, Pac, gateway, not_in_pac, refuse};
use crate::codes::Code;
use crate::error::Result;
use crate::event::body::Digest;
use crate::event::body::closing::{
    ChallengeAnswer, ChallengeDraw, ChallengeDrawn, ChallengePassed, QuestionType, ReviewOpening,
    ReviewUnlock, Verdict, VerdictGiven,
};
use crate::names::OpdoId;
use crate::review::{
    self, CHALLENGE_EXPIRY_MS, Judgement, MAX_FAILURES, MINIMUM_LATENCY_MS, VERDICT_EXPIRY_MS,
};
use crate::rules::registry::{ActorKind, Registry};
use crate::rules::{Monotonic, Occurrence};

impl Pac {
    /// Only a registered human who took no part, and is not locked out.
    fn reviewer(&self, registry: &Registry, o: &Occurrence<'_>) -> Result<()> {
        let unauthorized = |why: String| refuse(Code::ReviewUnauthorized, why);
        if gateway::kind(registry, o.actor) != Some(ActorKind::Human) {
            return unauthorized(format!("{} is no registered human", o.actor));
        }
        if o.actor == self.requester {
            return unauthorized(format!("{} requested {}", o.actor, self.id));
        }
        if self.signers.contains(o.actor) {
            return unauthorized(format!("{} signed a BER of {}", o.actor, self.id));
        }
        if self.reviews.failures_of(o.actor) >= MAX_FAILURES {
            return unauthorized(format!(
                "{} failed {MAX_FAILURES} challenges of {}, and is locked out",
                o.actor, self.id
            ));
        }
        Ok(())
    }

    fn names_sealed(&self, named: Option<&OpdoId>) -> Result<()> {
        self.sealed()?;
        self.names_current(named, Code::ReviewBinding)
    }

    pub(super) fn open_review(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        opening: &ReviewOpening,
    ) -> Result<()> {
        self.reviewer(registry, o)?;
        self.names_sealed(opening.opdo_id.as_ref())?;
        self.reviews.open.insert(o.actor.to_owned(), o.sequence);
        Ok(())
    }

    pub(super) fn draw_challenge(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        draw: &ChallengeDraw,
    ) -> Result<()> {
        self.reviewer(registry, o)?;
        self.names_sealed(draw.opdo_id.as_ref())?;
        if !self.reviews.open.contains_key(o.actor) {
            return refuse(Code::WrongState, format!("{} has not opened the review of {}", o.actor, self.id));
        }
        if review::draw(&self.content(), &[0; 32]).is_empty() {
            return refuse(
                Code::ReviewNoQuestion,
                format!("what is sealed in {} yields no question", self.id),
            );
        }
        if self.reviews.outstanding(o.actor).is_some() {
            if self.reviews.failures_of(o.actor).saturating_add(1) >= MAX_FAILURES {
                let why = format!("{} would give up the third challenge of {}; answer it", o.actor, self.id);
                return refuse(Code::ReviewUnauthorized, why);
            }
            self.reviews.fail(o.actor, Ending::Abandoned);
        }
        self.due = Some(Due::of(o, DueKind::Challenge(o.actor.to_owned())));
        Ok(())
    }

    pub(super) fn challenge_drawn(
        &mut self,
        reviewer: &str,
        o: &Occurrence<'_>,
        drawn: &ChallengeDrawn,
    ) -> Result<()> {
        let sealed = self.sealed()?;
        let packet = self.packet_digest()?;
        let known = self.reviews.challenges.iter().any(|c| c.id == drawn.challenge_id.0);
        let types: Vec<QuestionType> =
            review::draw(&self.content(), &drawn.challenge_id.0).iter().map(|q| q.question_type).collect();
        if known
            || drawn.opdo_id.as_str() != sealed.id()
            || drawn.packet != packet
            || drawn.question_types != types
        {
            return refuse(Code::ReviewBinding, "the challenge is not one of what is sealed here");
        }
        self.reviews.challenges.push(Challenge {
            id: drawn.challenge_id.0,
            reviewer: reviewer.to_owned(),
            opdo_id: drawn.opdo_id.as_str().to_owned(),
            sequence: o.sequence,
            question_types: types,
            ending: Ending::Outstanding,
            monotonic: Monotonic { boot: drawn.boot.clone(), millis: drawn.monotonic_ms },
            passed_at: None,
            judged: false,
        });
        Ok(())
    }

    /// The challenge that an answer is to, if it is this reviewer's, about what is sealed, and not used up.
    fn answered<'a>(&'a self, o: &Occurrence<'_>, id: &[u8; 32]) -> Result<&'a Challenge> {
        let binding = |why: String| refuse(Code::ReviewBinding, why);
        let Some(challenge) = self.reviews.challenges.iter().find(|c| c.id == *id) else {
            return binding(format!("no such challenge was drawn in {}", self.id));
        };
        if challenge.reviewer != o.actor {
            return binding(format!("the challenge is {}'s, not {}'s", challenge.reviewer, o.actor));
        }
        if self.composite().is_none_or(|c| c.id() != challenge.opdo_id) {
            return binding(format!("the challenge is about {}, which is VOID", challenge.opdo_id));
        }
        self.sealed()?;
        if challenge.ending != Ending::Outstanding {
            return refuse(Code::ReviewReplay, "the challenge is used up");
        }
        Ok(challenge)
    }

    pub(super) fn answer_challenge(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        answer: &ChallengeAnswer,
    ) -> Result<()> {
        self.reviewer(registry, o)?;
        let challenge = self.answered(o, &answer.challenge_id.0)?;
        let latency = o.monotonic.map(|now| elapsed(&challenge.monotonic, now));
        if let Some(latency) = latency {
            in_time(latency)?;
        }
        match review::judge(&review::draw(&self.content(), &challenge.id), &answer.answers) {
            Judgement::Unreadable => {
                return refuse(Code::ReviewUnreadable, "the answer is not of the form that was asked for");
            }
            Judgement::Wrong => return refuse(Code::ReviewIncorrect, "the answer is not right"),
            Judgement::Correct => {}
        }
        if let Some(Some(latency)) = latency {
            not_early(registry, latency)?;
        }
        self.due = Some(Due::of(o, DueKind::Passed(o.actor.to_owned())));
        Ok(())
    }

    /// What follows from a right answer: its measured latency.
    pub(crate) fn passed(&self, reviewer: &str, now: &Monotonic) -> Result<ChallengePassed> {
        let Some(challenge) = self.reviews.outstanding(reviewer) else {
            return refuse(Code::ReviewReplay, "the challenge is used up");
        };
        Ok(ChallengePassed {
            boot: now.boot.clone(),
            challenge_id: crate::event::body::Hex32(challenge.id),
            latency_ms: elapsed(&challenge.monotonic, now).unwrap_or(u64::MAX),
            monotonic_ms: now.millis,
            pac_id: self.id.clone(),
        })
    }

    pub(super) fn challenge_passed(
        &mut self,
        registry: &Registry,
        reviewer: &str,
        o: &Occurrence<'_>,
        passed: &ChallengePassed,
    ) -> Result<()> {
        let due =
            self.passed(reviewer, &Monotonic { boot: passed.boot.clone(), millis: passed.monotonic_ms })?;
        in_time(Some(due.latency_ms).filter(|ms| *ms != u64::MAX))?;
        not_early(registry, due.latency_ms)?;
        if due != *passed {
            return refuse(Code::ReviewBinding, "the latency is not that of the challenge");
        }
        if let Some(challenge) = self.reviews.last_mut(reviewer) {
            challenge.ending = Ending::Passed { latency_ms: passed.latency_ms };
            challenge.passed_at = Some(o.time);
        }
        Ok(())
    }

    pub(super) fn give_verdict(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        given: &VerdictGiven,
    ) -> Result<()> {
        self.reviewer(registry, o)?;
        self.sealed()?;
        let latency_ms = self.check_verdict(o, given)?;
        let rejects = given.verdict == Verdict::Reject;
        let remarks = given.remarks.as_ref().filter(|r| !r.is_blank());
        match given.verdict {
            Verdict::Reject if remarks.is_none() => {
                return refuse(Code::RejectionEvidence, "a rejecting verdict says why in `remarks`");
            }
            Verdict::ApproveWithRemarks => not_blank("remarks", remarks.is_none())?,
            _ => {}
        }
        if !rejects && !given.reopen.is_empty() {
            return refuse(Code::InvalidIntent, "`reopen` belongs to a rejecting verdict");
        }
        let reopen = given.reopen.iter().map(|id| self.node_of(id.as_str())).collect::<Result<Vec<_>>>()?;
        let ber_id =
            (!rejects).then(|| self.derived("BER-", "HUMAN", &format!("{}-{}", stamp(o), o.sequence)));
        let digest = Digest::of(&o.event.data()?);
        let reason = remarks.map(crate::names::Prose::as_str).unwrap_or_default().to_owned();
        let voided = if rejects { Some(self.voided(o, &reason)?) } else { None };
        self.reviews.given.push(Review {
            reviewer: o.actor.to_owned(),
            opdo_id: given.opdo_id.as_str().to_owned(),
            merkle_root: hex::encode(given.merkle_root.0),
            verdict: given.verdict,
            remarks: remarks.map(|r| r.as_str().to_owned()),
            ber_id,
            digest,
            sequence: o.sequence,
            latency_ms,
            time: o.time,
        });
        self.reviews.open.remove(o.actor);
        if let Some(challenge) = self.reviews.last_mut(o.actor) {
            challenge.judged = true;
        }
        if let Some(voided) = voided {
            self.become_void(voided);
            self.reopen(&reopen, &format!("the review rejected it: {reason}"))?;
        }
        Ok(())
    }

    /// A verdict is bound to what was shown, and to a challenge that was passed within the hour; gives the latency.
    fn check_verdict(&self, o: &Occurrence<'_>, given: &VerdictGiven) -> Result<u64> {
        let binding = |why: &str| {
            refuse(Code::ReviewBinding, format!("the verdict is of {why} than what is sealed in {}", self.id))
        };
        self.names_current(Some(&given.opdo_id), Code::ReviewBinding)?;
        if self.root() != Some(hex::encode(given.merkle_root.0)) {
            return binding("another root");
        }
        if self.packet_digest()? != given.packet {
            return binding("another packet");
        }
        let none =
            || refuse(Code::ReviewNoChallenge, format!("{} has passed no challenge of this O-PDO", o.actor));
        let Some(last) = self.reviews.last(o.actor).filter(|c| c.opdo_id == given.opdo_id.as_str()) else {
            return none();
        };
        let latency = match last.ending {
            Ending::Passed { latency_ms } => latency_ms,
            Ending::Outstanding => {
                let why = format!("{} has not answered the challenge yet", o.actor);
                return refuse(Code::ReviewUnfinished, why);
            }
            _ => return none(),
        };
        if last.judged {
            return refuse(
                Code::ReviewReplay,
                format!("{} gave a verdict on this challenge before", o.actor),
            );
        }
        let Some(id) = &given.challenge_id else { return none() };
        if id.0 != last.id || given.latency_ms != Some(latency) || given.question_types != last.question_types
        {
            return refuse(
                Code::ReviewBinding,
                "the verdict names another challenge, other questions or another latency than were recorded",
            );
        }
        let since = last.passed_at.map_or(i64::MAX, |at| o.time.millis().saturating_sub(at.millis()));
        if since > VERDICT_EXPIRY_MS {
            return refuse(
                Code::ReviewExpired,
                "more than an hour has passed since the challenge was answered",
            );
        }
        Ok(latency)
    }

    pub(super) fn unlock_review(
        &mut self,
        registry: &Registry,
        o: &Occurrence<'_>,
        unlock: &ReviewUnlock,
    ) -> Result<()> {
        registry.require_admin(o)?;
        not_blank("reason", unlock.reason.is_blank())?;
        if self.reviews.failures.remove(unlock.reviewer.as_str()).is_none() {
            return not_in_pac(&self.id, "failed challenge of", unlock.reviewer.as_str());
        }
        Ok(())
    }
}

/// Milliseconds between two readings of one boot.
fn elapsed(from: &Monotonic, to: &Monotonic) -> Option<u64> {
    if from.boot == to.boot { to.millis.checked_sub(from.millis) } else { None }
}

fn in_time(latency: Option<u64>) -> Result<()> {
    match latency {
        Some(ms) if ms <= CHALLENGE_EXPIRY_MS => Ok(()),
        Some(ms) => refuse(
            Code::ReviewExpired,
            format!("the answer came after {ms} ms; {CHALLENGE_EXPIRY_MS} are allowed"),
        ),
        None => refuse(Code::ReviewExpired, "the machine was started anew since the challenge was drawn"),
    }
}

fn not_early(registry: &Registry, latency: u64) -> Result<()> {
    let least = registry.policy().review_latency_ms.unwrap_or(MINIMUM_LATENCY_MS);
    if latency < least {
        return refuse(
            Code::ReviewTooEarly,
            format!("the answer came after {latency} ms; at least {least} must pass"),
        );
    }
    Ok(())
}
