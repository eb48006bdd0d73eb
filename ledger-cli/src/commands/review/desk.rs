//! Where a reviewer acts: one intent at a time, the ledger open only while it is appended, so that nobody waits for a reader.
//!
//! No rule of its own. Invariant: what is known of the PAC is read from the log, before and after every step.

use crate::context::{ActorArgs, Context};
use crate::writer::Writer;
use ledger_core::event::body::closing::{QuestionType, Verdict};
use ledger_core::event::pac_stream;
use ledger_core::intent::Intent;
use ledger_core::ledger::read;
use ledger_core::names::{Gid, PacId};
use ledger_core::review::{self, MAX_FAILURES, MINIMUM_LATENCY_MS, Question};
use ledger_core::rules::Registry;
use ledger_core::rules::pac::Pac;
use ledger_core::rules::pac::review::{Challenge, Ending, Review};
use ledger_core::sequencer::Receipt;
use ledger_core::store::Store;
use ledger_core::{Code, Error, Result};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// One PAC, and who sits before it.
pub struct Desk<'a> {
    /// The ledger.
    pub ctx: &'a Context,
    /// The PAC.
    pub pac: &'a PacId,
    /// Who acts, and how they sign.
    pub actor: &'a ActorArgs,
}

/// A PAC as the log has it, and who looks.
pub struct View {
    /// The PAC.
    pub pac: Pac,
    /// The registry.
    pub registry: Arc<Registry>,
}

impl View {
    /// Of this PAC, at the head.
    pub fn of(store: &dyn Store, pac: &PacId) -> Result<Self> {
        let registry = Arc::new(read::registry_at(store, None)?);
        let stream = pac_stream(pac)?;
        let found = read::pac_at(store, stream.as_str(), None, &registry)?;
        let missing = || Error::new(Code::PacUnknown, format!("there is no {pac}"));
        Ok(Self { pac: found.ok_or_else(missing)?, registry })
    }

    /// The last challenge of a reviewer about what is sealed.
    pub fn challenge(&self, reviewer: &Gid) -> Option<&Challenge> {
        let opdo = self.pac.composite()?.id();
        let mine = |c: &&Challenge| c.reviewer == reviewer.as_str();
        self.pac.reviews.challenges.iter().rev().find(mine).filter(|c| c.opdo_id == opdo)
    }

    /// The challenge that waits for this reviewer's answer.
    pub fn outstanding(&self, reviewer: &Gid) -> Option<&Challenge> {
        self.challenge(reviewer).filter(|c| c.ending == Ending::Outstanding)
    }

    /// Questions of a challenge, derived again.
    pub fn questions(&self, challenge: &Challenge) -> Vec<Question> {
        review::draw(&self.pac.content(), &challenge.id)
    }

    /// Least milliseconds from challenge to answer.
    pub fn least_ms(&self) -> u64 {
        self.registry.policy().review_latency_ms.unwrap_or(MINIMUM_LATENCY_MS)
    }

    /// Failed challenges of a reviewer.
    pub fn failures(&self, reviewer: &Gid) -> u32 {
        self.pac.reviews.failures_of(reviewer.as_str())
    }

    /// What a reviewer has left after a failed challenge.
    pub fn left(&self, reviewer: &Gid) -> String {
        let (failures, id) = (self.failures(reviewer), &self.pac.id);
        if failures >= MAX_FAILURES {
            return format!(
                "{reviewer} has failed {failures} challenges and is locked out of {id}: another human may review it, an admin may unlock \
                 (ledger review unlock {id} {reviewer} --reason ...), or the orchestrator voids the O-PDO"
            );
        }
        format!(
            "read again, and draw another (ledger review challenge {id}); {failures} of {MAX_FAILURES} challenges have failed, and the \
             third locks {reviewer} out of {id}"
        )
    }
}

/// What a step came to.
pub struct Step {
    /// The receipt.
    pub receipt: Receipt,
    /// The PAC after it.
    pub view: View,
    /// Who acted.
    pub reviewer: Gid,
}

impl Desk<'_> {
    /// Looks without acting.
    pub fn look(&self) -> Result<View> {
        View::of(&*self.ctx.store()?, self.pac)
    }

    /// Who acts.
    pub fn reviewer(&self, view: &View) -> Result<Gid> {
        self.actor.resolve(&view.registry)
    }

    /// Appends one intent, whose data beside `pac_id` follows from what the log says now. An answer that used its challenge up says what is
    /// left.
    pub fn step(
        &self,
        kind: &str,
        data: impl FnOnce(&View, &Gid) -> Result<Map<String, Value>>,
    ) -> Result<Step> {
        let writer = self.ctx.writer()?;
        let view = writer.read(|store| View::of(store, self.pac))?;
        let reviewer = self.reviewer(&view)?;
        let mut data = data(&view, &reviewer)?;
        data.insert("pac_id".to_owned(), json!(self.pac));
        self.submit(&writer, kind, &data, &reviewer)
    }

    /// Appends an intent with this data.
    pub fn submit(
        &self,
        writer: &Writer,
        kind: &str,
        data: &Map<String, Value>,
        reviewer: &Gid,
    ) -> Result<Step> {
        let data = serde_json::to_vec(data).map_err(|e| Error::new(Code::InvalidIntent, e.to_string()))?;
        let mut intent = Intent::new(kind, &data, None, reviewer.clone(), None)?;
        self.actor.sign(writer, &mut intent)?;
        let answer = writer.append(intent);
        let view = writer.read(|store| View::of(store, self.pac))?;
        match answer {
            Ok(receipt) => Ok(Step { receipt, view, reviewer: reviewer.clone() }),
            Err(e) if used_up(e.code) && kind == "answer_challenge" => Err(e.hint(view.left(reviewer))),
            Err(e) => Err(e),
        }
    }
}

/// Codes of an answer that used its challenge up.
pub const fn used_up(code: Code) -> bool {
    matches!(
        code,
        Code::ReviewIncorrect | Code::ReviewUnreadable | Code::ReviewExpired | Code::ReviewTooEarly
    )
}

/// A verdict as someone gives it.
pub struct Given {
    /// The verdict.
    pub verdict: Verdict,
    /// Remarks, or the reason.
    pub remarks: Option<String>,
    /// Sub-PACs to reopen.
    pub reopen: Vec<String>,
    /// Digest of the packet that was shown.
    pub packet: Option<String>,
}

impl Given {
    /// Data of the intent: bound to what is sealed and to the last challenge that was passed.
    ///
    /// # Errors
    /// `LG_156`, `GS_431` when nothing is sealed.
    pub fn data(&self, view: &View, reviewer: &Gid) -> Result<Map<String, Value>> {
        let packet = view.pac.packet_digest()?;
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
        put("pac_id", json!(view.pac.id));
        if let Some(composite) = view.pac.composite() {
            put("opdo_id", json!(composite.id()));
            put("merkle_root", json!(composite.root()));
        }
        put("packet", self.packet.as_ref().map_or_else(|| json!(packet), |shown| json!(shown)));
        put("verdict", json!(self.verdict));
        if let Some(remarks) = &self.remarks {
            put("remarks", json!(remarks));
        }
        if !self.reopen.is_empty() {
            put("reopen", json!(self.reopen));
        }
        if let Some(Passed { challenge_id, latency_ms, types }) = passed(view, reviewer) {
            put("challenge_id", json!(challenge_id));
            put("latency_ms", json!(latency_ms));
            put("question_types", json!(types));
        }
        Ok(data)
    }
}

/// A challenge that was passed.
pub struct Passed {
    /// Its id, hex.
    pub challenge_id: String,
    /// How long the answer took.
    pub latency_ms: u64,
    /// Types of its questions.
    pub types: Vec<QuestionType>,
}

/// The reviewer's last challenge about what is sealed, if it was passed and no verdict rests on it yet.
pub fn passed(view: &View, reviewer: &Gid) -> Option<Passed> {
    let challenge = view.challenge(reviewer)?;
    let judged = |r: &Review| r.reviewer == reviewer.as_str() && r.sequence > challenge.sequence;
    if view.pac.reviews.given.iter().any(judged) {
        return None;
    }
    let Ending::Passed { latency_ms } = challenge.ending else { return None };
    let types = challenge.question_types.clone();
    Some(Passed { challenge_id: hex::encode(challenge.id), latency_ms, types })
}
