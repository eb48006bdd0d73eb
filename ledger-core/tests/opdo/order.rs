//! Which error comes first: against the sentence of DOMAIN.md §5, written down a second time.

use super::child;
use ledger_core::Code;
use ledger_core::opdo::{ChildPdo, Composition, Context, Number, Profile, Subject, check, compose, examine};
use proptest::prelude::*;

/// One thing that can be wrong with a composition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Pac,
    Form(usize),
    Status(usize),
    Ber(usize),
    Agent(usize),
    SameId(usize),
    Cycle,
    Missing(usize),
    Orphan(usize),
    Orchestrator,
}

const CHILDREN: usize = 4;

impl Fault {
    fn code(self) -> Code {
        match self {
            Self::Pac => Code::OpdoPacRef,
            Self::Form(_) | Self::SameId(_) => Code::OpdoChild,
            Self::Status(_) => Code::OpdoNotValidated,
            Self::Ber(_) => Code::OpdoNoBer,
            Self::Agent(_) => Code::OpdoAgentTwice,
            Self::Cycle => Code::OpdoCycle,
            Self::Missing(_) => Code::OpdoDependency,
            Self::Orphan(_) => Code::OpdoOrphan,
            Self::Orchestrator => Code::OpdoOrchestrator,
        }
    }

    /// Where it stands in the sentence: stage, child, and rule of the child.
    fn rank(self) -> (u8, usize, u8) {
        match self {
            Self::Pac => (0, 0, 0),
            Self::Form(n) => (1, n, 0),
            Self::Status(n) => (1, n, 1),
            Self::Ber(n) => (1, n, 2),
            Self::Agent(n) => (1, n, 3),
            Self::SameId(n) => (2, n, 0),
            Self::Cycle => (3, 0, 0),
            Self::Missing(n) => (4, n, 0),
            Self::Orphan(n) => (5, n, 0),
            Self::Orchestrator => (6, 0, 0),
        }
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    let at = 0..CHILDREN;
    let later = 1..CHILDREN;
    prop_oneof![
        Just(Fault::Pac),
        at.clone().prop_map(Fault::Form),
        at.clone().prop_map(Fault::Status),
        at.clone().prop_map(Fault::Ber),
        later.clone().prop_map(Fault::Agent),
        later.prop_map(Fault::SameId),
        Just(Fault::Cycle),
        at.clone().prop_map(Fault::Missing),
        at.prop_map(Fault::Orphan),
        Just(Fault::Orchestrator),
    ]
}

/// Children with exactly these faults; ways to have a fault are taken in turn.
fn faulty(faults: &[Fault], way: usize) -> (Composition, Vec<String>) {
    let mut children: Vec<ChildPdo> =
        (0..CHILDREN).map(|n| ChildPdo { dependencies: vec![], ..child(n) }).collect();
    let mut input = Composition::new(super::PAC, vec![]);
    let mut orphans = Vec::new();
    for fault in faults {
        match *fault {
            Fault::Pac => {
                input.pac_orch_id =
                    ["", "PAC-", "XPAC-A-1", "Sub-PAC-A-1", "PAC--1", "pac-A"][way % 6].into();
            }
            Fault::Form(n) => match way % 7 {
                0 => children[n].quality_score = Number::float(1.000_000_1),
                1 => children[n].quality_score = Number::float(-0.1),
                2 => children[n].task_count = Number::integer(0),
                3 => children[n].task_count = Number::float(2.5),
                4 => children[n].fault = Some("`pdo_hash` is missing".into()),
                5 => children[n].agent_name = String::new(),
                _ => children[n].quality_score = Number::of_json("1e999"),
            },
            Fault::Status(n) => children[n].status = ["", "PENDING", "validated"][way % 3].into(),
            Fault::Ber(n) => children[n].ber_id = ["", "BER-", "ber-1", "XBER-1"][way % 4].into(),
            Fault::Agent(n) => children[n].agent_gid = children[n - 1].agent_gid.clone(),
            Fault::SameId(n) => children[n].pdo_id = children[n - 1].pdo_id.clone(),
            Fault::Missing(n) => children[n].dependencies.push("PDO-NOPE".into()),
            Fault::Orphan(n) => orphans.push(children[n].sub_pac_id.clone()),
            Fault::Orchestrator => input.orchestrator_gid = ["", "GID-01"][way % 2].into(),
            Fault::Cycle => {}
        }
    }
    if faults.contains(&Fault::Cycle) {
        // Of those that bear their id alone, so that the other faults stay what they are.
        let alone = |n: &usize| children.iter().filter(|c| c.pdo_id == children[*n].pdo_id).count() == 1;
        let members: Vec<usize> = (0..CHILDREN).filter(alone).collect();
        let ids: Vec<String> = members.iter().map(|n| children[*n].pdo_id.clone()).collect();
        match ids.is_empty() {
            true => {
                let id = children[0].pdo_id.clone();
                children[0].dependencies.push(id);
            }
            false => {
                for (i, n) in members.iter().enumerate() {
                    children[*n].dependencies.push(ids[(i + 1) % ids.len()].clone());
                }
            }
        }
    }
    input.children = children;
    (input, orphans)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_first_error_is_the_first_of_the_sentence(
        faults in prop::collection::vec(fault(), 0..5), way in 0_usize..420,
    ) {
        let (input, orphans) = faulty(&faults, way);
        let has_node = |child: &ChildPdo| !orphans.contains(&child.sub_pac_id);
        let context = Context { has_node: Some(&has_node), ..Context::default() };
        let subject = Subject {
            pac_orch_id: &input.pac_orch_id,
            children: &input.children,
            orchestrator_gid: &input.orchestrator_gid,
        };
        let first = faults.iter().copied().min_by_key(|f| f.rank()).map(Fault::code);
        prop_assert_eq!(check(&subject, &context).err().map(|e| e.code), first);
        let findings = examine(&subject, &context);
        let mut codes: Vec<Code> = findings.iter().map(|f| f.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let mut expected: Vec<Code> = faults.iter().map(|f| f.code()).collect();
        expected.sort_unstable();
        expected.dedup();
        // Two children may have become alike in more than was meant; nothing that was meant is left out.
        prop_assert!(expected.iter().all(|code| codes.contains(code)), "{:?} {:?}", codes, expected);
        for finding in &findings {
            prop_assert!(finding.message.len() < 1000);
        }
        let composed = compose(input.clone(), super::COMPOSED, Profile::Rfc6962, &context);
        prop_assert_eq!(composed.err().map(|e| e.code), first);
    }
}

#[test]
fn no_children_come_after_the_pac_and_before_the_orchestrator() {
    let code = |pac: &str, gid: &str| {
        let input = Composition { orchestrator_gid: gid.into(), ..Composition::new(pac, vec![]) };
        compose(input, super::COMPOSED, Profile::P69, &Context::default()).unwrap_err().code
    };
    assert_eq!(code("X", "GID-01"), Code::OpdoPacRef);
    assert_eq!(code("PAC-A", "GID-01"), Code::OpdoEmpty);
}

#[test]
fn ten_thousand_children_in_a_row_and_in_a_ring() {
    let count = ledger_core::opdo::MAX_CHILDREN;
    let mut children: Vec<ChildPdo> =
        (0..count).map(|n| ChildPdo { dependencies: vec![child(n + 1).pdo_id], ..child(n) }).collect();
    let run = |children: Vec<ChildPdo>| {
        compose(
            Composition::new(super::PAC, children),
            super::COMPOSED,
            Profile::Rfc6962,
            &Context::default(),
        )
    };
    assert_eq!(run(children.clone()).unwrap_err().code, Code::OpdoDependency);
    children[count - 1].dependencies = vec![child(7).pdo_id];
    let cycle = run(children.clone()).unwrap_err();
    assert_eq!(cycle.code, Code::OpdoCycle);
    assert!(cycle.message.contains("PDO-AGENT7-P67R-20251226\" -> \"PDO-AGENT8"), "{}", cycle.message);
    assert!(cycle.message.ends_with("9986 more"), "{}", cycle.message);
    children[count - 1].dependencies = vec![];
    assert_eq!(run(children).unwrap().child_pdos.len(), count);
}
