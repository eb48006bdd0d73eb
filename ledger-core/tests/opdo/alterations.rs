//! Whatever is changed in a document that was sealed is found; what is not bound by anything is listed here, and nowhere else.

use super::{child, draft, finished, json, sealed};
use ledger_core::Code;
use ledger_core::opdo::{
    ChildPdo, ChildProof, Composition, Context, Number, OpdoState, OrchestratedPdo, Profile, compose, leaf,
    prove, read_document, verify,
};
use proptest::prelude::*;
use serde_json::Value;

/// Paths of all values that are no containers, as JSON pointers.
fn scalars(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| scalars(value, &format!("{path}/{key}"), found));
        }
        Value::Array(elements) => {
            (0..)
                .zip(elements)
                .for_each(|(i, value): (usize, _)| scalars(value, &format!("{path}/{i}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

/// Other values of the same kind.
fn alterations(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let last = if text.ends_with('0') { '1' } else { '0' };
            let mut other = text.clone();
            other.pop();
            other.push(last);
            vec![Value::from(format!("{text}0")), Value::from(other), Value::from("")]
        }
        Value::Number(number) => match number.as_u64() {
            Some(integer) => vec![Value::from(integer + 1), Value::from(integer.checked_sub(1).unwrap_or(2))],
            None => vec![Value::from(0.5), Value::from(1)],
        },
        Value::Null => vec![Value::from("PDO-X")],
        other => panic!("{other}"),
    }
}

/// Paths (without positions) of which some alteration is not found.
fn unbound(document: &OrchestratedPdo, prefixes: &[&str]) -> Vec<String> {
    let original: Value = serde_json::from_slice(&json(document)).unwrap();
    let mut paths = Vec::new();
    scalars(&original, "", &mut paths);
    let mut unbound = Vec::new();
    for path in paths.iter().filter(|path| prefixes.iter().any(|prefix| path.starts_with(prefix))) {
        for other in alterations(original.pointer(path).unwrap()) {
            let mut altered = original.clone();
            *altered.pointer_mut(path).unwrap() = other;
            let read = read_document(&serde_json::to_vec(&altered).unwrap());
            if read.is_ok_and(|altered| verify(&altered, &Context::default()).is_empty()) {
                let name = |part: &&str| !part.is_empty() && part.parse::<usize>().is_err();
                unbound.push(path.split('/').filter(name).collect::<Vec<_>>().join("."));
            }
        }
    }
    unbound.sort_unstable();
    unbound.dedup();
    unbound
}

const CHILDREN_AND_PROOF: &[&str] = &["/child_pdos", "/composite_proof"];

#[test]
fn nothing_of_a_final_document_can_be_changed_unseen() {
    for count in [1, 2, 3, 5, 8] {
        let document = finished(Profile::Rfc6962, count);
        assert_eq!(verify(&document, &Context::default()), []);
        // Words of the history that no rule reads.
        assert_eq!(unbound(&document, &[""]), ["state_history.actor", "state_history.trigger"], "{count}");
        // Before finality, nothing depends on the nonce.
        let document = sealed(Profile::Rfc6962, count);
        assert_eq!(unbound(&document, CHILDREN_AND_PROOF), ["composite_proof.nonce"], "{count}");
    }
}

#[test]
fn p69_binds_what_the_original_bound() {
    let holes = [
        "child_pdos.agent_name",
        "child_pdos.created_at",
        "child_pdos.dependencies",
        "child_pdos.pdo_hash",
        "composite_proof.nonce",
        "composite_proof.proof_timestamp",
    ];
    for document in [finished(Profile::P69, 3), sealed(Profile::P69, 3)] {
        assert_eq!(verify(&document, &Context::default()), []);
        let found = unbound(&document, CHILDREN_AND_PROOF);
        assert!(found.iter().all(|path| holes.contains(&&**path)), "{found:?}");
    }
    let statement = unbound(
        &finished(Profile::P69, 3),
        &["/opdo_id", "/pac_orch_id", "/sealed_at", "/human_review_ber_id", "/final_hash"],
    );
    assert_eq!(statement, [] as [&str; 0]);
}

/// A child taken away, doubled, or exchanged is found, and so is a proof of another.
#[test]
fn the_set_of_children_is_bound() {
    let context = Context::default();
    for profile in [Profile::P69, Profile::Rfc6962] {
        let document = finished(profile, 3);
        let codes = |change: &dyn Fn(&mut OrchestratedPdo)| {
            let mut altered = document.clone();
            change(&mut altered);
            verify(&altered, &context).into_iter().map(|f| f.code).collect::<Vec<_>>()
        };
        assert!(codes(&|d| drop(d.child_pdos.pop())).contains(&Code::ProofRoot));
        let doubled = codes(&|d| d.child_pdos.push(d.child_pdos[2].clone()));
        for code in [Code::OpdoAgentTwice, Code::OpdoChild, Code::ProofCollision, Code::OpdoIntegrity] {
            assert!(doubled.contains(&code), "{profile} {doubled:?}");
        }
        // The hole of p69: the last leaf twice has the same root.
        let last = |d: &OrchestratedPdo| {
            let greatest = d.child_pdos.iter().max_by_key(|c| leaf(profile, c).unwrap()).unwrap();
            greatest.clone()
        };
        let padded = codes(&|d| d.child_pdos.push(last(d)));
        assert_eq!(padded.contains(&Code::ProofRoot), profile == Profile::Rfc6962);
        assert!(padded.contains(&Code::OpdoIntegrity));
        assert_eq!(codes(&|d| d.composite_proof = None)[0], Code::OpdoPremature);
        assert_eq!(codes(&|d| d.child_pdos.reverse()), []);
        let unsorted = codes(&|d| d.composite_proof.as_mut().unwrap().leaf_hashes.reverse());
        assert_eq!(unsorted, [Code::ProofDiffers]);
        assert!(codes(&|d| d.state = OpdoState::Sealed).contains(&Code::OpdoTransition));
    }
}

#[test]
fn a_child_proves_by_itself_and_nothing_else_does() {
    let context = Context::default();
    for (profile, count) in [(Profile::P69, 5), (Profile::Rfc6962, 5), (Profile::Rfc6962, 1)] {
        let documents = [sealed(profile, count), finished(profile, count)];
        for (document, child) in documents.iter().flat_map(|d| d.child_pdos.iter().map(move |c| (d, c))) {
            let proof = prove(document, &child.pdo_id, &context).unwrap();
            let text = serde_json::to_vec(&proof).unwrap();
            assert_eq!(ChildProof::read(&text).unwrap(), proof);
            assert_eq!(proof.check(), Ok(()));
            let original: Value = serde_json::from_slice(&text).unwrap();
            let mut paths = Vec::new();
            scalars(&original, "", &mut paths);
            for path in paths {
                let name = path.rsplit('/').next().unwrap();
                let not_in_p69 = ["agent_name", "created_at", "pdo_hash", "status", "orchestrator_gid"];
                let hole = profile == Profile::P69
                    && (path.contains("dependencies")
                        || not_in_p69.contains(&name)
                        || path.starts_with("/statement"));
                let count_shown = document.state == OpdoState::Final || path != "/leaf_count";
                for other in
                    alterations(original.pointer(&path).unwrap()).into_iter().filter(|_| !hole && count_shown)
                {
                    let mut altered = original.clone();
                    *altered.pointer_mut(&path).unwrap() = other;
                    let read = ChildProof::read(&serde_json::to_vec(&altered).unwrap());
                    assert!(read.is_err() || read.unwrap().check().is_err(), "{profile} {path}");
                }
            }
        }
        let refused = prove(&draft(profile, count), "PDO-AGENT0-P67R-20251226", &context).unwrap_err();
        assert_eq!(refused.code, Code::OpdoNotSealed);
        assert_eq!(prove(&documents[1], "PDO-X", &context).unwrap_err().code, Code::NoSuchEntry);
    }
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,17})",
        "-?(0|[1-9][0-9]{0,5})\\.[0-9]{1,18}",
        "[1-9](\\.[0-9]{1,16})?e-?[0-9]{1,2}",
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| format!("{f:?}")),
    ]
}

proptest! {
    /// What is written is read again, by the reader and by serde, and its leaves are the same.
    #[test]
    fn documents_survive_writing_and_reading(
        texts in prop::collection::vec(".{1,12}", 6), count in number(), quality in number(), profiles: (bool, bool),
    ) {
        let number = |text: &str| Number::of_json(text);
        let odd = ChildPdo {
            agent_name: texts[0].clone(),
            agent_gid: texts[1].clone(),
            sub_pac_id: texts[2].clone(),
            pdo_hash: texts[3].clone(),
            created_at: texts[4].clone(),
            dependencies: vec![texts[5].clone()],
            task_count: number(&count),
            quality_score: number(&quality),
            ..child(0)
        };
        let mut document = if profiles.0 { finished(Profile::P69, 2) } else { draft(Profile::Rfc6962, 2) };
        document.child_pdos.push(odd.clone());
        let text = json(&document);
        let read = read_document(&text).unwrap();
        prop_assert_eq!(&read, &document);
        prop_assert_eq!(&serde_json::from_slice::<OrchestratedPdo>(&text).unwrap(), &document);
        prop_assert_eq!(json(&read), text);
        for profile in [Profile::P69, Profile::Rfc6962] {
            prop_assert_eq!(leaf(profile, &read.child_pdos[2]).ok(), leaf(profile, &odd).ok());
        }
    }

    /// Two composites within one second differ in their id as soon as anything else differs.
    #[test]
    fn derived_ids_differ(change in 0_usize..4, n in 0_usize..3) {
        let compose_at = |children: Vec<ChildPdo>, time: &str, profile| {
            compose(Composition::new(super::PAC, children), time, profile, &Context::default()).unwrap().opdo_id
        };
        let children: Vec<ChildPdo> = (0..3).map(child).collect();
        let (mut others, mut time) = (children.clone(), super::COMPOSED);
        match change {
            0 => others[n].pdo_hash.push('0'),
            1 => others[n].quality_score = Number::float(0.8),
            2 => drop(others.pop()),
            _ => time = "2025-12-26T06:00:00.2Z",
        }
        let id = compose_at(children.clone(), super::COMPOSED, Profile::Rfc6962);
        prop_assert_ne!(&id, &compose_at(others, time, Profile::Rfc6962));
        prop_assert!(id.starts_with("OPDO-BENSON-20251226060000-"), "{}", id);
        prop_assert_eq!(compose_at(children, super::COMPOSED, Profile::P69), "OPDO-BENSON-20251226060000");
    }
}
