//! What is done with documents: compose, seal, finalize, void.
//!
//! Not who may do it, nor whether a review was genuine: a ledger decides that before it calls. Invariant: an operation takes a document and
//! gives a new one; refused, it gives nothing, and what was taken is as it was. Source: seed 002 §§3, 6; DOMAIN.md §5.

use super::check::{Context, Subject, agent_of, check};
use super::document::{ChildPdo, OpdoState, OrchestratedPdo, StateTransition};
use super::moment::{Moment, digits_to_the_second};
use super::verify::{review_faults, verify};
use super::{
    FinalStatement, ORCHESTRATOR_AGENT, ORCHESTRATOR_GID, final_hash, has_prefix, leaf, proof, shown,
};
use crate::codes::Code;
use crate::error::{Error, Result};
use ledger_proofs::Profile;
use sha2::{Digest as _, Sha256};

/// What is to be composed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composition {
    /// The PAC.
    pub pac_orch_id: String,
    /// The children, in the order in which the document keeps them.
    pub children: Vec<ChildPdo>,
    /// Name of the orchestrator.
    pub orchestrator_agent: String,
    /// GID of the orchestrator.
    pub orchestrator_gid: String,
    /// The composite's id, where it is not to be derived.
    pub opdo_id: Option<String>,
}

impl Composition {
    /// Of these children, with the usual orchestrator and a derived id.
    #[must_use]
    pub fn new(pac_orch_id: impl Into<String>, children: Vec<ChildPdo>) -> Self {
        Self {
            pac_orch_id: pac_orch_id.into(),
            children,
            orchestrator_agent: ORCHESTRATOR_AGENT.to_owned(),
            orchestrator_gid: ORCHESTRATOR_GID.to_owned(),
            opdo_id: None,
        }
    }
}

/// The profile of this name, `rfc6962` or `p69`.
///
/// # Errors
/// `GS_420` when there is none.
pub fn profile(name: &str) -> Result<Profile> {
    proof::profile_named(name)
}

/// A DRAFT of these children, made at `time`. The profile decides the form of a derived id only: `OPDO-{AGENT}-{YYYYMMDDHHMMSS}` in `p69`,
/// as the original had it, and with eight digits of a hash of the content behind it in `rfc6962`, so that two within a second differ.
///
/// # Errors
/// Those of [`check`]; `GS_442` when `time` is no instant in UTC; `LG_104` when a given id is none of an O-PDO.
pub fn compose(
    input: Composition,
    time: &str,
    profile: Profile,
    context: &Context<'_>,
) -> Result<OrchestratedPdo> {
    let Composition { pac_orch_id, children, orchestrator_agent, orchestrator_gid, opdo_id } = input;
    let subject =
        Subject { pac_orch_id: &pac_orch_id, children: &children, orchestrator_gid: &orchestrator_gid };
    check(&subject, context)?;
    instant(time, "the time of composing")?;
    let opdo_id = match opdo_id {
        Some(id) if has_prefix(&id, "OPDO-") => id,
        Some(id) => {
            let message = format!("{} is no id of an O-PDO", shown(&id));
            return Err(Error::new(Code::InvalidName, message).hint("`OPDO-...` is expected"));
        }
        None => derived_id(&subject, time, profile)?,
    };
    Ok(OrchestratedPdo {
        opdo_id,
        pac_orch_id,
        orchestrator_agent,
        orchestrator_gid,
        child_pdos: children,
        created_at: time.to_owned(),
        ..OrchestratedPdo::default()
    })
}

fn derived_id(subject: &Subject<'_>, time: &str, profile: Profile) -> Result<String> {
    let agent = agent_of(subject.pac_orch_id).unwrap_or_default();
    let plain = format!("OPDO-{agent}-{}", digits_to_the_second(time));
    if profile == Profile::P69 {
        return Ok(plain);
    }
    let mut content = Sha256::new();
    for text in ["ledger/opdo-id/v1", time, subject.pac_orch_id] {
        content.update(text);
        content.update([0]);
    }
    for child in subject.children {
        content.update(leaf(profile, child)?);
    }
    let digest: [u8; 32] = content.finalize().into();
    Ok(format!("{plain}-{}", hex::encode(digest.first_chunk::<4>().unwrap_or(&[0; 4]))))
}

/// Seals a DRAFT: checks everything again, makes the proof, and freezes.
///
/// # Errors
/// `GS_431` for a FINAL document, `GS_430` for a SEALED or VOID one; those of [`verify`]; `GS_420` for an unknown profile or a nonce that is
/// not 32 hex digits; `GS_422`, `GS_423` as the proof is made; `GS_442` when `time` is before the composing.
pub fn seal(
    document: &OrchestratedPdo,
    profile: &str,
    nonce: &str,
    time: &str,
    context: &Context<'_>,
) -> Result<OrchestratedPdo> {
    expect_change(document)?;
    if document.state != OpdoState::Draft {
        return Err(no_way(document.state, OpdoState::Sealed));
    }
    refuse_findings(document, context)?;
    let made = proof::make(profile, &document.child_pdos, nonce, time)?;
    not_before(time, "the time of sealing", "created_at", &document.created_at)?;
    let mut sealed = document.clone();
    sealed.composite_proof = Some(made);
    sealed.sealed_at = Some(time.to_owned());
    sealed.enter(OpdoState::Sealed, time, "seal_opdo", document.orchestrator_agent.clone());
    Ok(sealed)
}

/// The word of the human that finality needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finality<'a> {
    /// Their report, `BER-HUMAN-...`.
    pub human_review_ber_id: &'a str,
    /// When it becomes final.
    pub time: &'a str,
    /// GID of the human, where it is known.
    pub reviewer: Option<&'a str>,
    /// Digest of the review, where it was done in a ledger.
    pub review_digest: Option<&'a str>,
    /// When the word was given; `time` when `None`.
    pub reviewed_at: Option<&'a str>,
}

/// Makes a SEALED document FINAL.
///
/// # Errors
/// `GS_433` for a DRAFT, `GS_431` for a FINAL document, `GS_430` for a VOID one; `GS_434` without a review; `GS_421` when the children no
/// longer have the sealed root, `GS_432` without a proof or with one that does not hold; those of [`verify`]; `GS_442` when times run
/// backwards.
pub fn finalize(
    document: &OrchestratedPdo,
    finality: &Finality<'_>,
    context: &Context<'_>,
) -> Result<OrchestratedPdo> {
    expect_change(document)?;
    match document.state {
        OpdoState::Sealed => {}
        OpdoState::Draft => {
            return Err(Error::new(Code::OpdoNotSealed, "the state is DRAFT: it was not sealed"));
        }
        state @ (OpdoState::Final | OpdoState::Void) => return Err(no_way(state, OpdoState::Final)),
    }
    let Finality { human_review_ber_id, time, reviewer, review_digest, reviewed_at } = *finality;
    let faults = review_faults(document, context, human_review_ber_id, reviewer);
    if let Some(fault) = faults.into_iter().next() {
        return Err(Error::new(Code::OpdoNoReview, fault));
    }
    verified_proof(document)?;
    refuse_findings(document, context)?;
    let reviewed_at = reviewed_at.unwrap_or(time);
    let sealed_at = document.sealed_at.as_deref().unwrap_or_default();
    not_before(reviewed_at, "the time of the review", "sealed_at", sealed_at)?;
    not_before(time, "the time of finality", "human_review_timestamp", reviewed_at)?;
    let mut made = document.clone();
    made.human_review_ber_id = Some(human_review_ber_id.to_owned());
    made.human_review_timestamp = Some(reviewed_at.to_owned());
    made.reviewer = reviewer.map(str::to_owned);
    made.review_digest = review_digest.map(str::to_owned);
    made.finalized_at = Some(time.to_owned());
    made.enter(
        OpdoState::Final,
        time,
        "human_review_approved",
        reviewer.unwrap_or("HUMAN_REVIEWER").to_owned(),
    );
    let profile = made.composite_proof.as_ref().map_or(Ok(Profile::P69), proof::profile_of)?;
    let statement =
        made.statement().ok_or_else(|| Error::new(Code::OpdoPremature, "the seal is incomplete"))?;
    made.final_hash = Some(final_hash(profile, &statement)?.to_hex());
    Ok(made)
}

/// Gives up a DRAFT or SEALED document.
///
/// # Errors
/// `GS_431` for a FINAL document, `GS_430` for a VOID one; `GS_193` without a reason; `GS_442` when `time` is before what it follows.
pub fn void(document: &OrchestratedPdo, reason: &str, time: &str, actor: &str) -> Result<OrchestratedPdo> {
    expect_change(document)?;
    if document.state == OpdoState::Void {
        return Err(no_way(OpdoState::Void, OpdoState::Void));
    }
    if reason.trim().is_empty() {
        return Err(Error::new(Code::RejectionEvidence, "an O-PDO is given up with a reason"));
    }
    let (name, last) = match &document.sealed_at {
        Some(sealed_at) => ("sealed_at", sealed_at),
        None => ("created_at", &document.created_at),
    };
    not_before(time, "the time of voiding", name, last)?;
    let mut voided = document.clone();
    voided.voided_at = Some(time.to_owned());
    voided.void_reason = Some(reason.to_owned());
    voided.enter(OpdoState::Void, time, "void_opdo", actor.to_owned());
    Ok(voided)
}

impl OrchestratedPdo {
    fn enter(&mut self, to: OpdoState, time: &str, trigger: &str, actor: String) {
        self.state_history.push(StateTransition {
            from_state: self.state.to_string(),
            to_state: to.to_string(),
            timestamp: time.to_owned(),
            trigger: trigger.to_owned(),
            actor,
        });
        self.state = to;
    }

    /// What the final hash of this document states; `None` while any of it is missing.
    #[must_use]
    pub fn statement(&self) -> Option<FinalStatement> {
        let proof = self.composite_proof.as_ref()?;
        Some(FinalStatement {
            leaf_count: u64::try_from(self.child_pdos.len()).ok()?,
            human_review_ber_id: self.human_review_ber_id.clone()?,
            merkle_root: proof.merkle_root.clone(),
            opdo_id: self.opdo_id.clone(),
            pac_orch_id: self.pac_orch_id.clone(),
            sealed_at: self.sealed_at.clone()?,
            created_at: self.created_at.clone(),
            finalized_at: self.finalized_at.clone()?,
            // Seed 002 §2.1 does not list it: some of the original's documents are without.
            human_review_timestamp: self.human_review_timestamp.clone().or(self.finalized_at.clone())?,
            nonce: proof.nonce.clone(),
            orchestrator_agent: self.orchestrator_agent.clone(),
            orchestrator_gid: self.orchestrator_gid.clone(),
            review_digest: self.review_digest.clone(),
            reviewer: self.reviewer.clone(),
        })
    }
}

fn expect_change(document: &OrchestratedPdo) -> Result<()> {
    if document.state == OpdoState::Final {
        return Err(Error::new(Code::OpdoFinal, format!("{} is FINAL", shown(&document.opdo_id))));
    }
    Ok(())
}

fn no_way(from: OpdoState, to: OpdoState) -> Error {
    Error::new(Code::OpdoTransition, format!("there is no way from {from} to {to}"))
}

fn refuse_findings(document: &OrchestratedPdo, context: &Context<'_>) -> Result<()> {
    verify(document, context).into_iter().next().map_or(Ok(()), |finding| Err(finding.into()))
}

/// The proof is there, and holds.
fn verified_proof(document: &OrchestratedPdo) -> Result<()> {
    let Some(proof) = &document.composite_proof else {
        return Err(Error::new(Code::OpdoPremature, "there is no composite proof"));
    };
    let findings = proof::examine(proof, &document.child_pdos);
    let root = findings.iter().find(|finding| finding.code == Code::ProofRoot);
    match root.or(findings.first()) {
        None => Ok(()),
        Some(finding) if finding.code == Code::ProofRoot => Err(finding.clone().into()),
        Some(finding) => {
            let message = format!("the proof does not hold: {} {}", finding.code, finding.message);
            Err(Error::new(Code::OpdoPremature, message))
        }
    }
}

fn instant(text: &str, what: &str) -> Result<Moment> {
    let none = || Error::new(Code::OpdoDrift, format!("{what} is {}, no instant in UTC", shown(text)));
    Moment::parse(text).ok_or_else(|| none().hint("write it as 2025-12-26T06:00:00Z"))
}

fn not_before(time: &str, what: &str, name: &str, earlier: &str) -> Result<()> {
    if instant(time, what)? < instant(earlier, &format!("`{name}`"))? {
        let message = format!("{what} ({}) is before `{name}` ({})", shown(time), shown(earlier));
        return Err(Error::new(Code::OpdoDrift, message));
    }
    Ok(())
}
