//! Everything that can be told of a document from itself.
//!
//! Not whether the human's review was genuine, which a ledger knows. Invariant: every finding is reported, in the order of the checks; an
//! honest document, the original's included, has none. Source: DOMAIN.md §5.

use super::binding::final_hash;
use super::check::{Context, Finding, Subject, examine};
use super::document::{OpdoState, OrchestratedPdo};
use super::moment::Moment;
use super::{has_prefix, proof, shown};
use crate::codes::Code;
use ledger_proofs::Profile;

/// Verifies a document.
#[must_use]
pub fn verify(document: &OrchestratedPdo, context: &Context<'_>) -> Vec<Finding> {
    let subject = Subject {
        pac_orch_id: &document.pac_orch_id,
        children: &document.child_pdos,
        orchestrator_gid: &document.orchestrator_gid,
    };
    let mut findings = examine(&subject, context);
    if !has_prefix(&document.opdo_id, "OPDO-") {
        let message = format!("`opdo_id` is {}: `OPDO-...` is expected", shown(&document.opdo_id));
        findings.push(Finding::new(Code::OpdoIntegrity, message));
    }
    if let Some(proof) = &document.composite_proof {
        findings.extend(proof::examine(proof, &document.child_pdos));
    }
    history(document, &mut findings);
    members(document, &mut findings);
    review(document, context, &mut findings);
    times(document, &mut findings);
    hash(document, &mut findings);
    findings
}

/// Steps that lead to a state: the ways there are.
const fn ways(state: OpdoState) -> &'static [&'static [(OpdoState, OpdoState)]] {
    use OpdoState::{Draft, Final, Sealed, Void};
    match state {
        Draft => &[&[]],
        Sealed => &[&[(Draft, Sealed)]],
        Final => &[&[(Draft, Sealed), (Sealed, Final)]],
        Void => &[&[(Draft, Void)], &[(Draft, Sealed), (Sealed, Void)]],
    }
}

/// Whether the history is one that leads to the state.
fn history(document: &OrchestratedPdo, findings: &mut Vec<Finding>) {
    let steps: Vec<(&str, &str)> =
        document.state_history.iter().map(|step| (&*step.from_state, &*step.to_state)).collect();
    let same = |way: &&[(OpdoState, OpdoState)]| {
        way.iter().map(|(from, to)| (from.as_str(), to.as_str())).eq(steps.iter().copied())
    };
    if !ways(document.state).iter().any(same) {
        let few = steps.iter().take(4).map(|(from, to)| format!("{} to {}", shown(from), shown(to)));
        let steps = match few.collect::<Vec<_>>() {
            few if few.is_empty() => "no step".to_owned(),
            few => few.join(", "),
        };
        let message = format!("the state is {}, and the history is {steps}", document.state);
        findings.push(Finding::new(Code::OpdoTransition, message));
    }
}

/// Whether the document was sealed here, by profile: the original was less exact.
fn ours(document: &OrchestratedPdo) -> bool {
    let proof = document.composite_proof.as_ref();
    proof.is_some_and(|proof| proof::profile_of(proof) == Ok(Profile::Rfc6962))
}

/// Whether the members are those of the state.
fn members(document: &OrchestratedPdo, findings: &mut Vec<Finding>) {
    use OpdoState::{Final, Sealed, Void};
    let state = document.state;
    if state == Final && document.composite_proof.is_none() {
        findings.push(Finding::new(Code::OpdoPremature, "the state is FINAL, and there is no proof"));
    }
    let sealed = document.state_history.iter().any(|step| step.to_state == Sealed.as_str());
    let with_proof = matches!(state, Sealed | Final) || (state == Void && sealed);
    let reviewed = document.human_review_timestamp.is_some();
    let wanted = [
        // The finding above has said this of FINAL.
        ("composite_proof", document.composite_proof.is_some() || state == Final, with_proof),
        ("sealed_at", document.sealed_at.is_some(), with_proof),
        ("finalized_at", document.finalized_at.is_some(), state == Final),
        ("human_review_timestamp", reviewed || (state == Final && !ours(document)), state == Final),
        ("final_hash", document.final_hash.is_some(), state == Final),
        ("voided_at", document.voided_at.is_some(), state == Void),
        ("void_reason", document.void_reason.as_ref().is_some_and(|r| !r.is_empty()), state == Void),
    ];
    for (name, given, wanted) in wanted {
        let fault = match (given, wanted) {
            (true, false) => "has no place there",
            (false, true) => "is missing",
            _ => continue,
        };
        findings
            .push(Finding::new(Code::OpdoIntegrity, format!("the state is {state}, and `{name}` {fault}")));
    }
    let early = state != Final;
    for (name, given) in [
        ("human_review_ber_id", document.human_review_ber_id.is_some()),
        ("reviewer", document.reviewer.is_some()),
        ("review_digest", document.review_digest.is_some()),
    ] {
        if early && given {
            let message = format!("the state is {state}, and `{name}` has no place there");
            findings.push(Finding::new(Code::OpdoIntegrity, message));
        }
    }
}

/// Whether a FINAL document has its human.
fn review(document: &OrchestratedPdo, context: &Context<'_>, findings: &mut Vec<Finding>) {
    if document.state != OpdoState::Final {
        return;
    }
    let id = document.human_review_ber_id.as_deref().unwrap_or_default();
    let faults = review_faults(document, context, id, document.reviewer.as_deref());
    findings.extend(faults.into_iter().map(|message| Finding::new(Code::OpdoNoReview, message)));
}

/// What is wrong with a review by its id and reviewer, as far as a document shows it.
pub(super) fn review_faults(
    document: &OrchestratedPdo,
    context: &Context<'_>,
    id: &str,
    reviewer: Option<&str>,
) -> Vec<String> {
    let mut faults = Vec::new();
    if id.is_empty() {
        faults.push("no human's report is named (`BER-HUMAN-...`)".to_owned());
    } else if !has_prefix(id, "BER-") {
        faults.push(format!("the human's report is {}: `BER-HUMAN-...` is expected", shown(id)));
    }
    if let Some(reviewer) = reviewer {
        let took_part = reviewer == context.orchestrator_gid
            || document.child_pdos.iter().any(|child| child.agent_gid == reviewer);
        if took_part {
            faults.push(format!("the reviewer {} took part in the work", shown(reviewer)));
        } else if !crate::names::is_gid(reviewer) {
            faults.push(format!("the reviewer {} is no GID", shown(reviewer)));
        }
    }
    faults
}

/// Whether times are times and run forwards, and those that say the same are the same.
fn times(document: &OrchestratedPdo, findings: &mut Vec<Finding>) {
    let mut latest: Option<(&str, &str, Moment)> = None;
    let proof = document.composite_proof.as_ref();
    let in_order = [
        ("created_at", Some(&document.created_at)),
        ("proof_timestamp", proof.map(|proof| &proof.proof_timestamp)),
        ("sealed_at", document.sealed_at.as_ref()),
        ("human_review_timestamp", document.human_review_timestamp.as_ref()),
        ("finalized_at", document.finalized_at.as_ref()),
        ("voided_at", document.voided_at.as_ref()),
    ];
    for (name, text) in in_order.into_iter().filter_map(|(name, text)| Some((name, text?.as_str()))) {
        let Some(instant) = Moment::parse(text) else {
            // The proof has said this of its own.
            if name != "proof_timestamp" {
                let message = format!("`{name}` is {}, no instant in UTC", shown(text));
                findings.push(Finding::new(Code::OpdoDrift, message));
            }
            continue;
        };
        if let Some((earlier, when, _)) = latest.filter(|(_, _, before)| *before > instant) {
            let message = format!("`{name}` ({text}) is before `{earlier}` ({when})");
            findings.push(Finding::new(Code::OpdoDrift, message));
        } else {
            latest = Some((name, text, instant));
        }
    }
    steps_in_order(document, findings);
    let ours = ours(document);
    let step = |to: OpdoState| {
        let step = document.state_history.iter().find(|step| step.to_state == to.as_str());
        step.map(|step| &*step.timestamp)
    };
    let (seal, end) = (document.sealed_at.as_deref(), document.finalized_at.as_deref());
    // The original read its clock anew for each, but had no VOID.
    let equal = [
        (ours, "`proof_timestamp`", proof.map(|proof| &*proof.proof_timestamp), "sealed_at", seal),
        (ours, "the step to SEALED", step(OpdoState::Sealed), "sealed_at", seal),
        (ours, "the step to FINAL", step(OpdoState::Final), "finalized_at", end),
        (true, "the step to VOID", step(OpdoState::Void), "voided_at", document.voided_at.as_deref()),
    ];
    for (applies, name, text, other, same) in equal {
        let (Some(text), Some(same)) = (text, same) else { continue };
        if applies && text != same {
            let message = format!("{name} is of {}, and `{other}` is {}", shown(text), shown(same));
            findings.push(Finding::new(Code::OpdoIntegrity, message));
        }
    }
}

/// Whether the steps of the history run forwards from the beginning.
fn steps_in_order(document: &OrchestratedPdo, findings: &mut Vec<Finding>) {
    let mut latest = Moment::parse(&document.created_at);
    for step in &document.state_history {
        let (to, when) = (shown(&step.to_state), shown(&step.timestamp));
        let message = match Moment::parse(&step.timestamp) {
            None => format!("the step to {to} is of {when}, no instant in UTC"),
            Some(instant) if latest.is_some_and(|latest| instant < latest) => {
                format!("the step to {to} ({when}) is before what it follows")
            }
            Some(instant) => {
                latest = Some(instant);
                continue;
            }
        };
        findings.push(Finding::new(Code::OpdoDrift, message));
    }
}

/// Whether the final hash is that of the document.
fn hash(document: &OrchestratedPdo, findings: &mut Vec<Finding>) {
    let (OpdoState::Final, Some(recorded)) = (document.state, &document.final_hash) else { return };
    let Some(profile) = document.composite_proof.as_ref().and_then(|proof| proof::profile_of(proof).ok())
    else {
        return;
    };
    match document.statement().map(|statement| final_hash(profile, &statement)) {
        Some(Ok(hash)) if hash.to_hex() == *recorded => {}
        Some(Ok(hash)) => {
            let message = format!("the final hash is {hash}; `final_hash` is {}", shown(recorded));
            findings.push(Finding::new(Code::OpdoIntegrity, message));
        }
        Some(Err(e)) => findings.push(Finding::new(Code::OpdoIntegrity, e.message)),
        // What is missing has been said.
        None => {}
    }
}
