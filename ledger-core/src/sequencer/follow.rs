//! What follows from an intent's own event: tokens, challenges, measured latencies, proofs, each in an event of its own.
//!
//! Here alone randomness and clock meet the rules; what they yield is checked by `rules::pac` like anything else, and recorded. Invariant:
//! an event that owes another is never committed without it; a token is in the receipt and nowhere else. Source: DOMAIN.md §8.

use super::Sequencer;
use super::receipt::Yields;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::event::body::Hex32;
use crate::event::body::closing::ChallengeDrawn;
use crate::event::body::grant_token::{GrantTokenIssue, GrantTokenUse};
use crate::event::body::work::{TokenIssue, TokenUse};
use crate::intent::Intent;
use crate::names::{GrantId, OpdoId, Session, SubPacId};
use crate::review;
use crate::rules::pac::{DueKind, Pac, dispatch};
use crate::rules::trust::TreeDueKind;
use crate::rules::{Evidence, Monotonic, ShownGrant};
use crate::time::Timestamp;
use crate::token::Deed;
use serde_json::json;

/// What the writer knows of the moment, beside the log.
pub(super) struct Moment {
    pub(super) time: Timestamp,
    pub(super) monotonic: Monotonic,
}

impl Sequencer {
    /// The event that the PAC owes now, and what the caller is told of it.
    pub(super) fn follow(
        &mut self,
        pac: &Pac,
        what: &DueKind,
        token: Evidence<'_>,
        now: &Moment,
    ) -> Result<(Event, Yields)> {
        let mut yields = Yields::new();
        let event = match what {
            DueKind::Token(at, session, seconds) => {
                let terms = pac.terms(*at, session.as_ref(), dispatch::expiry(now.time, *seconds))?;
                let session = match &terms.session {
                    Some(session) => Session::new(session.as_str())?,
                    None => Session::new(format!("S-{}", hex::encode(self.random::<8>()?)))?,
                };
                let log_id = self.log.log_id.map(|id| id.to_hex()).unwrap_or_default();
                let random = self.random()?;
                let given =
                    self.token_key.give(&terms, session.as_str(), &log_id, terms.expires_at, &random)?;
                yields.insert("token".to_owned(), json!(given.token));
                yields.insert("token_id".to_owned(), json!(given.id));
                yields.insert("session".to_owned(), json!(session));
                let until = Timestamp::from_millis(terms.expires_at).map(|t| t.to_string());
                yields.insert("expires_at".to_owned(), json!(until));
                Event::TokenIssued(TokenIssue {
                    expires_at: terms.expires_at,
                    pac_id: pac.id.clone(),
                    session,
                    sub_pac_id: SubPacId::new(terms.sub_pac_id)?,
                    token_id: given.id,
                })
            }
            DueKind::Usage(_, _) => {
                let Evidence::Shown(shown) = token else {
                    return Err(Error::new(Code::DispatchNotFound, "no token was shown"));
                };
                Event::TokenUsed(TokenUse {
                    pac_id: pac.id.clone(),
                    sub_pac_id: SubPacId::new(shown.sub_pac_id.as_str())?,
                    token_ids: shown.ids.clone(),
                })
            }
            DueKind::Challenge(_) => self.challenge(pac, now, &mut yields)?,
            DueKind::Passed(reviewer) => {
                let passed = pac.passed(reviewer, &now.monotonic)?;
                yields.insert("latency_ms".to_owned(), json!(passed.latency_ms));
                Event::ChallengePassedRecorded(passed)
            }
            DueKind::Proof => Event::ProofRecorded(pac.proof()?),
            DueKind::Finality => Event::FinalityRecorded(pac.finality()?),
            DueKind::Binding => Event::WrapBound(pac.binding()?),
        };
        Ok((event, yields))
    }

    fn challenge(&mut self, pac: &Pac, now: &Moment, yields: &mut Yields) -> Result<Event> {
        let challenge_id: [u8; 32] = self.random()?;
        let questions = review::draw(&pac.content(), &challenge_id);
        let shown: Vec<serde_json::Value> = questions
            .iter()
            .map(|q| json!({ "question_type": q.question_type, "text": q.text, "form": q.form }))
            .collect();
        let drawn = ChallengeDrawn {
            boot: now.monotonic.boot.clone(),
            challenge_id: Hex32(challenge_id),
            monotonic_ms: now.monotonic.millis,
            opdo_id: OpdoId::new(pac.composite().map(|c| c.id().to_owned()).unwrap_or_default())?,
            packet: pac.packet_digest()?,
            pac_id: pac.id.clone(),
            question_types: questions.iter().map(|q| q.question_type).collect(),
        };
        yields.insert("challenge_id".to_owned(), json!(drawn.challenge_id));
        yields.insert("opdo_id".to_owned(), json!(drawn.opdo_id));
        yields.insert("packet".to_owned(), json!(drawn.packet));
        yields.insert("questions".to_owned(), json!(shown));
        yields.insert("expires_in_ms".to_owned(), json!(review::CHALLENGE_EXPIRY_MS));
        Ok(Event::ChallengeDrawnRecorded(drawn))
    }

    /// The event that a grant tree owes now, and what the caller is told of it.
    pub(super) fn follow_in_tree(
        &mut self,
        intent: &Intent,
        what: &TreeDueKind,
        shown: Option<&ShownGrant>,
    ) -> Result<(Event, Yields)> {
        let mut yields = Yields::new();
        let root = || Error::new(Code::InvalidName, "the intent names no grant tree");
        let root = intent.event.tree_root().cloned().ok_or_else(root)?;
        let event = match what {
            TreeDueKind::Token(grant_id, expires_at) => {
                let log_id = self.log.log_id.map(|id| id.to_hex()).unwrap_or_default();
                let random = self.random()?;
                let given = self.token_key.give_grant(&log_id, (&root, grant_id), *expires_at, &random)?;
                yields.insert("token".to_owned(), json!(given.token));
                yields.insert("token_id".to_owned(), json!(given.id));
                let until = Timestamp::from_millis(*expires_at).map(|t| t.to_string());
                yields.insert("expires_at".to_owned(), json!(until));
                let (grant_id, expires_at) = (grant_id.clone(), *expires_at);
                Event::GrantTokenIssued(GrantTokenIssue { expires_at, grant_id, root, token_id: given.id })
            }
            TreeDueKind::Usage(..) => {
                let shown = shown.ok_or_else(|| Error::new(Code::GrantToken, "no token was shown"))?;
                Event::GrantTokenUsed(GrantTokenUse {
                    grant_id: GrantId::new(shown.grant_id.as_str())?,
                    narrowings: shown.narrowings.clone(),
                    root,
                    token_ids: shown.ids.clone(),
                })
            }
        };
        Ok((event, yields))
    }

    /// Looks at the grant token that came with an intent.
    pub(super) fn look_at_grant_token(&self, intent: &Intent, time: Timestamp) -> Result<Option<ShownGrant>> {
        let Some(token) = &intent.token else { return Ok(None) };
        let mut deed =
            Deed { operation: "exercise", kind: "exercise", time: time.millis(), ..Deed::default() };
        (deed.stream, deed.actor) = (intent.stream.as_str(), intent.actor.as_str());
        let resource = match &intent.event {
            Event::GrantExercised(e) => {
                deed.actions.push(e.action.as_str());
                e.resource.as_ref().map(ToString::to_string)
            }
            _ => None,
        };
        deed.paths.extend(resource.as_deref());
        let log_id = self.log.log_id.map(|id| id.to_hex()).unwrap_or_default();
        self.token_key.show_grant(token.secret(), &log_id, &deed).map(Some)
    }

    /// Looks at the token that came with an intent.
    pub(super) fn look_at_token(
        &self,
        intent: &Intent,
        time: Timestamp,
    ) -> Result<Option<crate::rules::Shown>> {
        let Some(token) = &intent.token else { return Ok(None) };
        let mut deed = Deed { time: time.millis(), ..Deed::default() };
        match &intent.event {
            Event::BerSubmitted(ber) => {
                deed.operation = "submit_ber";
                deed.paths = ber.outputs.iter().map(|o| o.path.place()).collect();
                deed.actions = ber.actions.iter().map(crate::names::Line::as_str).collect();
            }
            _ => deed.operation = "start",
        }
        (deed.kind, deed.stream) = (deed.operation, intent.stream.as_str());
        let log_id = self.log.log_id.map(|id| id.to_hex()).unwrap_or_default();
        self.token_key.show(token.secret(), &log_id, &deed).map(Some)
    }
}
