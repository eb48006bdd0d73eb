//! Random lives of two PACs: the real ledger and the model answer alike, and everything that must always hold does.

use crate::finish::finish;
use crate::model::{Challenge, Gate, Model, Opdo};
use crate::users::Sut;
use crate::words::{Act, Deed, Flaw, HUMANS, Op, PACS, SHAPES, State, Token, Who};
use ledger_core::intent::Intent;
use ledger_core::rules::pac::gateway::GatewayState;
use ledger_core::rules::pac::sub_pac::SubPacState;
use ledger_core::rules::pac::{Closure, Composite, CompositeState, Pac};
use ledger_core::sequencer::Request;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

struct Reference;

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        4 => Just(Who::Orchestrator),
        4 => (0..4_usize).prop_map(Who::Agent),
        1 => Just(Who::Idle),
        3 => (0..3_usize).prop_map(Who::Human),
        1 => Just(Who::Service),
        1 => Just(Who::Stranger),
    ]
}

fn flaw() -> impl Strategy<Value = Flaw> {
    use Flaw::{A, B, C, D, E, None};
    prop::sample::select(vec![None, None, A, B, C, D, E])
}

fn token() -> impl Strategy<Value = Token> {
    prop::sample::select(vec![Token::Latest, Token::Latest, Token::First, Token::OfAnother, Token::None])
}

fn deed() -> BoxedStrategy<Deed> {
    let n = || 0..4_usize;
    let most = || prop::bool::weighted(0.8);
    prop_oneof![
        flaw().prop_map(Deed::Issue),
        prop::sample::select(vec![
            Deed::Request,
            Deed::Open,
            Deed::Channel,
            Deed::Compose,
            Deed::Seal,
            Deed::Void,
            Deed::OpenReview,
            Deed::Draw,
            Deed::Wrap,
            Deed::Verdict(Ok(())),
        ]),
        prop::bool::weighted(0.05).prop_map(|a| if a { Deed::Abandon } else { Deed::Wrap }),
        most().prop_map(Deed::Resolve),
        n().prop_map(Deed::Graph),
        (n(), flaw()).prop_map(|(n, f)| Deed::SubPac(n, f)),
        (n(), flaw()).prop_map(|(n, f)| Deed::Activate(n, f)),
        n().prop_map(Deed::Dispatch),
        n().prop_map(Deed::Reissue),
        n().prop_map(Deed::Retry),
        n().prop_map(Deed::Waive),
        (n(), token(), most()).prop_map(|(n, t, s)| Deed::Start(n, t, s)),
        (n(), token(), most(), flaw()).prop_map(|(n, t, s, f)| Deed::Ber(n, t, s, f)),
        (n(), any::<bool>()).prop_map(|(n, c)| Deed::Message(n, c)),
        n().prop_map(Deed::Accept),
        (n(), most()).prop_map(|(n, r)| Deed::Reject(n, r)),
        n().prop_map(Deed::Pdo),
        n().prop_map(Deed::Fail),
        (most(), prop::sample::select(vec![0_i64, 4_900, 4_990, 5_000, 299_990, 300_500]))
            .prop_map(|(r, w)| Deed::Answer(r, w)),
        n().prop_map(|n| Deed::Verdict(Err(n))),
        (0..3_usize).prop_map(Deed::Unlock),
        most().prop_map(Deed::Finalize),
    ]
    .boxed()
}

fn any_op() -> impl Strategy<Value = Op> {
    (0..2_usize, who(), deed()).prop_map(|(pac, who, deed)| Op { pac, who, deed })
}

/// Deeds of whoever does such deeds, at any time.
fn near_op() -> impl Strategy<Value = Op> {
    (prop::bool::weighted(0.2), deed(), 0..3_usize).prop_map(|(pac, deed, human)| {
        let who = match deed {
            Deed::Start(n, ..) | Deed::Ber(n, ..) | Deed::Pdo(n) | Deed::Message(n, _) => {
                Who::Agent((n + usize::from(human == 2)) % 4)
            }
            Deed::Waive(_) | Deed::Unlock(_) => Who::Human(0),
            Deed::OpenReview | Deed::Draw | Deed::Answer(..) | Deed::Verdict(_) => Who::Human(human),
            Deed::Issue(_) | Deed::Request => Who::Service,
            _ => Who::Orchestrator,
        };
        Op { pac: usize::from(pac), who, deed }
    })
}

/// What is allowed now and leads back: failures, rejections, lost tokens, wrong answers.
fn back(model: &Model) -> Vec<Op> {
    let mut deeds = vec![(Who::Orchestrator, Deed::Void)];
    for n in 0..4 {
        deeds
            .extend([Deed::Reject(n, true), Deed::Fail(n), Deed::Reissue(n)].map(|d| (Who::Orchestrator, d)));
        for a in 0..4 {
            deeds.extend([Flaw::A, Flaw::D].map(|f| (Who::Agent(a), Deed::Ber(n, Token::Latest, true, f))));
            deeds.push((Who::Agent(a), Deed::Fail(n)));
        }
        deeds.extend((0..3).map(|h| (Who::Human(h), Deed::Verdict(Err(n)))));
    }
    deeds.extend((0..3).map(|h| (Who::Human(0), Deed::Unlock(h))));
    let all = (0..2).flat_map(|pac| deeds.iter().map(move |(who, deed)| Op { pac, who: *who, deed: *deed }));
    let mut found: Vec<Op> = all.filter(|op| model.clone().judge(*op).is_ok()).collect();
    for (pac, p) in model.pacs.iter().enumerate() {
        let outstanding = |h: &usize| {
            p.as_ref()
                .and_then(|p| p.reviewers.get(h)?.challenge)
                .is_some_and(|(_, c)| matches!(c, Challenge::Outstanding(_)))
        };
        for h in (0..3).filter(outstanding) {
            let who = Who::Human(h);
            found.extend(
                [
                    Deed::Answer(false, 5_000),
                    Deed::Answer(true, 4_000),
                    Deed::Answer(true, 300_500),
                    Deed::Draw,
                ]
                .map(|deed| Op { pac, who, deed }),
            );
        }
    }
    found
}

/// Everything that is allowed now and leads on, by whoever may.
fn forward(model: &Model) -> Vec<Op> {
    let mut deeds = vec![
        (Who::Service, Deed::Issue(Flaw::None)),
        (Who::Agent(3), Deed::Issue(Flaw::None)),
        (Who::Human(1), Deed::Issue(Flaw::D)),
        (Who::Service, Deed::Request),
        (Who::Orchestrator, Deed::Open),
        (Who::Orchestrator, Deed::Resolve(true)),
        (Who::Human(0), Deed::Resolve(true)),
        (Who::Orchestrator, Deed::Channel),
        (Who::Orchestrator, Deed::Compose),
        (Who::Orchestrator, Deed::Seal),
        (Who::Orchestrator, Deed::Finalize(true)),
        (Who::Orchestrator, Deed::Wrap),
        (Who::Agent(0), Deed::Message(1, true)),
    ];
    for n in 0..4 {
        let o = |deed| (Who::Orchestrator, deed);
        deeds.extend([
            o(Deed::Graph(n)),
            o(Deed::SubPac(n, Flaw::None)),
            o(Deed::Activate(n, Flaw::None)),
            o(Deed::Dispatch(n)),
        ]);
        deeds.extend([o(Deed::Retry(n)), o(Deed::Accept(n)), (Who::Human(0), Deed::Waive(n))]);
        for a in 0..4 {
            let agent = Who::Agent(a);
            deeds.extend([(agent, Deed::Start(n, Token::Latest, true)), (agent, Deed::Pdo(n))]);
            deeds.extend(
                [Flaw::None, Flaw::None, Flaw::E].map(|f| (agent, Deed::Ber(n, Token::Latest, true, f))),
            );
        }
    }
    for h in 0..3 {
        let human = Who::Human(h);
        deeds.extend([
            (human, Deed::OpenReview),
            (human, Deed::Draw),
            (human, Deed::Answer(true, 5_000)),
            (human, Deed::Verdict(Ok(()))),
        ]);
    }
    let mut found = Vec::new();
    for pac in 0..2 {
        for (who, deed) in &deeds {
            let op = Op { pac, who: *who, deed: *deed };
            let mut after = model.clone();
            // The second PAC waits until the first is on its way, so that some life gets far.
            let early = pac == 1 && model.pacs[0].as_ref().is_none_or(|p| p.shape.is_none());
            after.now += if let Deed::Answer(_, ms) = deed { *ms } else { 0 };
            if !early && after.judge(op).is_ok() && !idle(model, op) {
                found.push(op);
            }
        }
    }
    found
}

/// What is allowed again and again, and leads nowhere.
fn idle(model: &Model, op: Op) -> bool {
    let Some(p) = &model.pacs[op.pac] else { return false };
    let reviewer = |h: usize| p.reviewers.get(&h).cloned().unwrap_or_default();
    match (op.deed, op.who) {
        (Deed::Graph(_), _) => p.shape.is_some(),
        (Deed::OpenReview, Who::Human(h)) => reviewer(h).opened,
        (Deed::Draw, Who::Human(h)) => reviewer(h)
            .challenge
            .is_some_and(|(_, c)| matches!(c, Challenge::Outstanding(_) | Challenge::Passed(_))),
        (Deed::Message(..), _) => true,
        _ => false,
    }
}

/// Whether its intent can be written before what comes first in the same commit has happened.
fn plain(op: Op) -> bool {
    !matches!(
        op.deed,
        Deed::Start(..)
            | Deed::Ber(..)
            | Deed::Answer(..)
            | Deed::Verdict(_)
            | Deed::Finalize(_)
            | Deed::Resolve(_)
            | Deed::Accept(_)
            | Deed::Reject(..)
    )
}

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Act;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Act> {
        let ways = forward(model);
        let forward = if ways.is_empty() { any_op().boxed() } else { prop::sample::select(ways).boxed() };
        let backs = back(model);
        let back = if backs.is_empty() { near_op().boxed() } else { prop::sample::select(backs).boxed() };
        let second = prop_oneof![forward.clone(), any_op().boxed(), near_op().boxed()]
            .prop_filter("it stands for itself", |op| plain(*op))
            .boxed();
        let same = forward
            .clone()
            .prop_filter("it stands for itself", |op| plain(*op) || matches!(op.deed, Deed::Accept(_)));
        let mut choices = vec![
            (22, forward.clone().prop_map(Act::One).boxed()),
            (2, any_op().prop_map(Act::One).boxed()),
            (4, near_op().prop_map(Act::One).boxed()),
            (2, back.prop_map(Act::One).boxed()),
            (1, (forward.clone(), second.clone()).prop_map(|(a, b)| Act::Race(a, b)).boxed()),
            (1, (forward, second).prop_map(|(a, b)| Act::Batch(a, b)).boxed()),
            (1, Just(Act::Reopen).boxed()),
        ];
        // The same thing twice at once: one of them wins. Not all states have something that may be done twice.
        if !ways_of(model).is_empty() {
            choices.push((1, same.prop_map(|a| Act::Race(a, a)).boxed()));
        }
        prop::strategy::Union::new_weighted(choices).boxed()
    }

    fn apply(mut model: Model, act: &Act) -> Model {
        model.act(*act);
        model
    }
}

fn ways_of(model: &Model) -> Vec<Op> {
    forward(model).into_iter().filter(|op| plain(*op)).collect()
}

/// What a refusal may change: the violations, and through them gateway and challenges.
fn but_for_violations(pac: Option<&Pac>, other: Option<&Pac>) -> String {
    let Some(mut pac) = pac.cloned() else { return "none".to_owned() };
    if let Some(other) = other {
        (pac.violations, pac.gateway) = (other.violations.clone(), other.gateway.clone());
        (pac.reviews, pac.last) = (other.reviews.clone(), other.last);
    }
    format!("{pac:?}")
}

fn same(id: &str, real: &Pac, model: &crate::model::Pac) {
    let gate = match model.gate {
        Gate::Closed => GatewayState::Closed,
        Gate::Open => GatewayState::Open,
        Gate::Blocked(_) => GatewayState::Blocked,
    };
    assert_eq!(real.gateway.state, gate, "{id}");
    let state = |n: usize| {
        let node = &model.nodes[n];
        let state = node.state.map(|s| match s {
            State::Issued => SubPacState::Issued,
            State::Dispatched => SubPacState::Dispatched,
            State::Executing => SubPacState::Executing,
            State::BerPending => SubPacState::BerPending,
            State::PdoPending => SubPacState::PdoPending,
            State::Complete => SubPacState::Complete,
            State::Failed => SubPacState::Failed,
        });
        let agent = SHAPES[model.shape.unwrap()].agents[n].is_some();
        match state {
            _ if node.waived => Some(SubPacState::Waived),
            Some(SubPacState::Issued) | None if model.blocked(n) => Some(SubPacState::Blocked),
            None if !agent && model.done(n) => Some(SubPacState::Complete),
            state => state,
        }
    };
    if let Some(graph) = &real.graph {
        let real: Vec<_> = graph.places().map(|p| (p.state(), p.is_done())).collect();
        let model: Vec<_> = (0..4).map(|n| (state(n), model.done(n))).collect();
        assert_eq!(real, model, "{id}");
    }
    assert_eq!(real.graph.is_some(), model.shape.is_some(), "{id}");
    let opdos = model.opdos.iter().map(|o| match o {
        Opdo::Draft => CompositeState::Draft,
        Opdo::Sealed => CompositeState::Sealed,
        Opdo::Final => CompositeState::Final,
        Opdo::Void => CompositeState::Void,
    });
    assert!(real.composites.iter().map(Composite::state).eq(opdos), "{id}");
    let closed = real.closure.as_ref().map(|c| matches!(c, Closure::Wrapped { .. }));
    assert_eq!(closed, model.closed, "{id}");
    for (n, reviewer) in &model.reviewers {
        assert_eq!(real.reviews.failures_of(HUMANS[*n]), reviewer.failures, "{id}");
    }
}

struct Lives;

impl StateMachineTest for Lives {
    type SystemUnderTest = Sut;
    type Reference = Reference;

    fn init_test(_: &Model) -> Sut {
        Sut::new()
    }

    fn apply(mut sut: Sut, model: &Model, act: Act) -> Sut {
        let ops = match act {
            Act::One(op) => vec![op],
            Act::Race(a, b) | Act::Batch(a, b) => vec![a, b],
            Act::Reopen => {
                sut.world.reopen();
                sut.world.clock.pass(10);
                return sut;
            }
        };
        if let Deed::Answer(_, ms) = ops[0].deed {
            sut.world.clock.pass(ms);
        }
        let before: Vec<Option<Pac>> = PACS.iter().map(|id| sut.world.pac(id)).collect();
        let intents: Vec<Intent> = ops.iter().map(|op| sut.write(*op)).collect();
        let requests: Vec<Request> = match act {
            Act::Batch(..) => vec![Request::new(intents)],
            _ => intents.into_iter().map(|i| Request::new(vec![i])).collect(),
        };
        let answers = sut.world.submit(&requests);
        let codes: Vec<_> = answers.iter().map(|a| a.as_ref().err().map(|e| e.code)).collect();
        assert_eq!(codes, model.answers, "{act:?}: {answers:?}");
        let receipts = answers.into_iter().flatten().flatten();
        if codes.iter().all(Option::is_none) {
            ops.iter().zip(receipts.collect::<Vec<_>>()).for_each(|(op, receipt)| sut.learn(*op, &receipt));
        } else if let (Act::Race(a, b), [first, second]) = (act, &codes[..]) {
            let taken =
                [a, b].into_iter().zip([first, second]).filter(|(_, c)| c.is_none()).map(|(op, _)| op);
            taken.zip(receipts.collect::<Vec<_>>()).for_each(|(op, receipt)| sut.learn(op, &receipt));
        }
        if codes.iter().all(Option::is_some) {
            for (id, before) in PACS.iter().zip(&before) {
                let after = sut.world.pac(id);
                assert_eq!(
                    but_for_violations(after.as_ref(), before.as_ref()),
                    but_for_violations(before.as_ref(), before.as_ref()),
                    "{act:?}"
                );
            }
        }
        for (pac, id) in PACS.iter().enumerate() {
            if ops.iter().all(|op| op.pac != pac) {
                assert_eq!(
                    format!("{:?}", sut.world.pac(id)),
                    format!("{:?}", before[pac]),
                    "{act:?} is about the other"
                );
            }
        }
        for (pac, id) in PACS.iter().enumerate() {
            sut.world.assert_replays(id);
            match (sut.world.pac(id), &model.pacs[pac]) {
                (Some(real), Some(model)) => {
                    same(id, &real, model);
                    sut.settle(&real);
                }
                (None, None) => {}
                (real, _) => panic!("{id} is there, or not: {:?}", real.is_some()),
            }
        }
        sut
    }

    fn teardown(mut sut: Sut, _: Model) {
        sut.world.assert_clean();
        for id in PACS {
            let Some(pac) = sut.world.pac(id) else { continue };
            finish(&mut sut.world, id);
            sut.world.assert_replays(id);
            let after = sut.world.pac(id).unwrap();
            assert!(pac.closure.is_none() || format!("{pac:?}") == format!("{after:?}"));
        }
        let wraps = |id: &str| {
            let of = |e: &ledger_core::entry::Entry| {
                e.parse().is_ok_and(|l| l.event_type == "wrap.emitted" && l.subject.ends_with(id))
            };
            sut.world.entries().iter().filter(|e| of(e)).count()
        };
        assert!(PACS.iter().all(|id| wraps(id) <= 1));
        sut.world.assert_clean();
    }
}

/// As many lives as `PROPTEST_CASES` says; else as many as take a quarter of a minute.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 96 };
    ProptestConfig { cases, max_shrink_iters: 3_000, ..asked }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_ledger_lives_as_the_model_does(sequential 1..140 => Lives);
}
