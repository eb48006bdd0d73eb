//! The state machine: any sequence of operations against a model, and every way in which a single one is refused.

use super::{COMPOSED, FINALIZED, NONCE, SEALED, draft, finished, sealed};
use ledger_core::opdo::{
    Context, Finality, OpdoState, OrchestratedPdo, Profile, finalize, read_document, seal, verify, void,
};
use ledger_core::{Code, Result};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Seal,
    Finalize,
    Void,
}

fn run(document: &OrchestratedPdo, op: Op) -> Result<OrchestratedPdo> {
    let context = Context::default();
    match op {
        Op::Seal => seal(document, "rfc6962", NONCE, SEALED, &context),
        Op::Finalize => {
            let finality =
                Finality { human_review_ber_id: "BER-HUMAN-1", time: FINALIZED, ..Finality::default() };
            finalize(document, &finality, &context)
        }
        Op::Void => void(document, "not needed", FINALIZED, "BENSON"),
    }
}

fn expected(state: OpdoState, op: Op) -> std::result::Result<OpdoState, Code> {
    match (state, op) {
        (OpdoState::Draft, Op::Seal) => Ok(OpdoState::Sealed),
        (OpdoState::Draft, Op::Finalize) => Err(Code::OpdoNotSealed),
        (OpdoState::Sealed, Op::Finalize) => Ok(OpdoState::Final),
        (OpdoState::Draft | OpdoState::Sealed, Op::Void) => Ok(OpdoState::Void),
        (OpdoState::Final, _) => Err(Code::OpdoFinal),
        (OpdoState::Sealed, Op::Seal) | (OpdoState::Void, _) => Err(Code::OpdoTransition),
    }
}

proptest! {
    #[test]
    fn every_sequence_goes_as_the_model_and_stays_clean(
        ops in prop::collection::vec(prop_oneof![Just(Op::Seal), Just(Op::Finalize), Just(Op::Void)], 0..8),
    ) {
        let mut document = draft(Profile::Rfc6962, 3);
        for op in ops {
            let next = run(&document, op);
            let states = next.as_ref().map(|d| d.state).map_err(|e| e.code);
            prop_assert_eq!(states, expected(document.state, op), "{:?}", op);
            document = next.unwrap_or(document);
            prop_assert_eq!(verify(&document, &Context::default()), []);
            prop_assert_eq!(&read_document(&super::json(&document)).unwrap(), &document);
        }
    }
}

#[test]
fn sealing_is_refused() {
    let context = Context::default();
    let good = draft(Profile::Rfc6962, 2);
    let code = |change: &dyn Fn(&mut OrchestratedPdo), profile: &str, nonce: &str, time: &str| {
        let mut document = good.clone();
        change(&mut document);
        seal(&document, profile, nonce, time, &context).map(|d| d.state).map_err(|e| e.code)
    };
    let none = |_: &mut OrchestratedPdo| {};
    assert_eq!(code(&none, "p69", NONCE, SEALED), Ok(OpdoState::Sealed));
    for profile in ["", "P69", "sha256", "rfc6962 "] {
        assert_eq!(code(&none, profile, NONCE, SEALED), Err(Code::ProofFailed), "{profile}");
    }
    for nonce in ["", "00", NONCE.trim_end_matches("f"), &format!("{NONCE}0"), &NONCE.replace('0', "g")] {
        assert_eq!(code(&none, "p69", nonce, SEALED), Err(Code::ProofFailed), "{nonce}");
    }
    for time in ["", "yesterday", "2025-12-26T06:00:00.123455Z", "2025-12-26T06:01:00+00:00"] {
        assert_eq!(code(&none, "p69", NONCE, time), Err(Code::OpdoDrift), "{time}");
    }
    assert_eq!(code(&none, "rfc6962", NONCE, COMPOSED), Ok(OpdoState::Sealed), "at the same moment");
    // A DRAFT is checked again, and whole: children, orchestrator, members that have no place there.
    assert_eq!(code(&|d| d.child_pdos.clear(), "p69", NONCE, SEALED), Err(Code::OpdoEmpty));
    assert_eq!(code(&|d| d.child_pdos[1].status.clear(), "x", NONCE, SEALED), Err(Code::OpdoNotValidated));
    assert_eq!(
        code(&|d| d.orchestrator_gid = "GID-07".into(), "p69", NONCE, SEALED),
        Err(Code::OpdoOrchestrator)
    );
    assert_eq!(code(&|d| d.sealed_at = Some(SEALED.into()), "p69", NONCE, SEALED), Err(Code::OpdoIntegrity));
    assert_eq!(code(&|d| d.opdo_id = "X".into(), "p69", NONCE, SEALED), Err(Code::OpdoIntegrity));
    assert_eq!(code(&|d| d.created_at = "then".into(), "p69", NONCE, SEALED), Err(Code::OpdoDrift));
    // The state is judged before anything else.
    assert_eq!(
        code(&|d| (d.state, d.child_pdos) = (OpdoState::Final, vec![]), "x", "", ""),
        Err(Code::OpdoFinal)
    );
    assert_eq!(
        code(&|d| (d.state, d.child_pdos) = (OpdoState::Void, vec![]), "x", "", ""),
        Err(Code::OpdoTransition)
    );
}

#[test]
fn finality_is_refused() {
    let context = Context::default();
    for profile in [Profile::P69, Profile::Rfc6962] {
        let good = sealed(profile, 3);
        let usual = Finality { human_review_ber_id: "BER-HUMAN-1", time: FINALIZED, ..Finality::default() };
        let with = |change: &dyn Fn(&mut OrchestratedPdo), finality: Finality<'_>| {
            let mut document = good.clone();
            change(&mut document);
            finalize(&document, &finality, &context).map(|d| d.state).map_err(|e| e.code)
        };
        let code = |change: &dyn Fn(&mut OrchestratedPdo)| with(change, usual);
        let plain = |finality| with(&|_| {}, finality);
        assert_eq!(plain(usual), Ok(OpdoState::Final));
        for human_review_ber_id in ["", "x", "BER-", "ber-1", "PDO-1"] {
            assert_eq!(plain(Finality { human_review_ber_id, ..usual }), Err(Code::OpdoNoReview));
        }
        // Who did the work, or ordered it, or is nobody.
        for reviewer in ["GID-00", "GID-02", "Ada", ""] {
            let reviewer = Some(reviewer);
            assert_eq!(plain(Finality { reviewer, ..usual }), Err(Code::OpdoNoReview), "{reviewer:?}");
        }
        assert_eq!(plain(Finality { reviewer: Some("GID-H01"), ..usual }), Ok(OpdoState::Final));
        for time in ["", "2025-12-26T06:01:00.4Z"] {
            assert_eq!(plain(Finality { time, ..usual }), Err(Code::OpdoDrift), "{time}");
        }
        for reviewed_at in [Some("2025-12-26T06:01:00Z"), Some("2025-12-26T06:02:00.1Z"), Some("")] {
            assert_eq!(plain(Finality { reviewed_at, ..usual }), Err(Code::OpdoDrift), "{reviewed_at:?}");
        }
        let proof = |change: fn(&mut ledger_core::opdo::CompositeProof)| {
            code(&|d| change(d.composite_proof.as_mut().unwrap()))
        };
        assert_eq!(code(&|d| d.composite_proof = None), Err(Code::OpdoPremature));
        assert_eq!(proof(|p| p.leaf_hashes.reverse()), Err(Code::OpdoPremature));
        assert_eq!(proof(|p| p.tree_height = 7), Err(Code::OpdoPremature));
        assert_eq!(proof(|p| p.profile = Some("x".into())), Err(Code::OpdoPremature));
        assert_eq!(proof(|p| p.nonce.clear()), Err(Code::OpdoPremature));
        assert_eq!(proof(|p| p.merkle_root = "0".repeat(64)), Err(Code::ProofRoot));
        assert_eq!(code(&|d| d.child_pdos[0].ber_id.push('1')), Err(Code::ProofRoot));
        assert_eq!(
            code(&|d| d.child_pdos[0].status = "PENDING".into()),
            Err(match profile {
                Profile::P69 => Code::OpdoNotValidated,
                Profile::Rfc6962 => Code::ProofRoot,
            })
        );
        assert_eq!(code(&|d| d.state_history.clear()), Err(Code::OpdoTransition));
        assert_eq!(code(&|d| d.pac_orch_id.clear()), Err(Code::OpdoPacRef));
        // The order: state, review, proof, the rest, time.
        let bad = |d: &mut OrchestratedPdo| {
            d.composite_proof = None;
            d.pac_orch_id.clear();
        };
        assert_eq!(with(&bad, Finality::default()), Err(Code::OpdoNoReview));
        assert_eq!(with(&bad, Finality { time: "", ..usual }), Err(Code::OpdoPremature));
        assert_eq!(with(&|d| d.state = OpdoState::Draft, Finality::default()), Err(Code::OpdoNotSealed));
    }
}

#[test]
fn voiding_needs_a_reason_and_a_time() {
    for document in [draft(Profile::P69, 1), sealed(Profile::P69, 1)] {
        let code = |reason, time| void(&document, reason, time, "GID-00").map_err(|e| e.code);
        assert_eq!(code(" ", FINALIZED), Err(Code::RejectionEvidence));
        assert_eq!(code("why", "2025-12-26T05:59:59Z"), Err(Code::OpdoDrift));
        let voided = code("why", FINALIZED).unwrap();
        assert_eq!(
            (voided.void_reason.as_deref(), verify(&voided, &Context::default())),
            (Some("why"), vec![])
        );
        let mut altered = voided;
        altered.void_reason = None;
        assert_eq!(verify(&altered, &Context::default())[0].code, Code::OpdoIntegrity);
    }
    assert_eq!(void(&finished(Profile::P69, 1), "why", FINALIZED, "x").unwrap_err().code, Code::OpdoFinal);
}
