//! The laws of the order, the meet and the judgement of whole constraints, on made-up ones.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use super::{Amount, Constraints, Effect, Name, Request, Usage};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

const NAMES: [&str; 8] = ["read", "read.all", "read.x", "rd", "write", "Delete", "xd", "reread"];
const PATTERNS: [&str; 11] =
    ["read", "READ.*", "*.all", "read*", "*", "r*d", "*d", "write", "delete", "re*", "*read"];
const PLACES: [&str; 9] =
    ["a/b", "a/b/c", "/a/b", "ab/b", "a", "b/b", "blackboard/x", "db:a/b", "https://h/a/b"];
const RESOURCES: [&str; 14] = [
    "a/**",
    "a/*",
    "a/b",
    "*/b",
    "**",
    "/a/**",
    "a*/b",
    "*b/*",
    "a/../b/b",
    "blackboard/**",
    "x/../blackboard/x",
    "db:**",
    "HTTPS://H:443/a/*",
    "https://h/**",
];
const WINDOWS: [&str; 9] = [
    "09:00-17:00",
    "10:00-12:00",
    "22:00-06:00",
    "04:00-23:00",
    "00:00-24:00",
    "09:00-17:00 +02:00",
    "08:00-16:00 Europe/Berlin",
    "15:00-10:00 Europe/Berlin",
    "09:00-17:00 America/New_York",
];

fn some<T: Clone + serde::Serialize + std::fmt::Debug + 'static>(
    all: &'static [T],
) -> impl Strategy<Value = Value> {
    subsequence(all, 0..=3).prop_map(|list| json!(list))
}

/// Every member, each limited somehow.
fn full() -> impl Strategy<Value = Map<String, Value>> {
    let few = || 0_u64..4;
    let endpoints = prop::collection::btree_map(select(&["e", "f", "g"][..]), few(), 0..3);
    let api = (prop::option::of(few()), endpoints).prop_map(|(calls, endpoints)| match calls {
        Some(calls) => json!({ "max_calls": calls, "per_endpoint": endpoints }),
        None => json!({ "per_endpoint": endpoints }),
    });
    let windows = subsequence(&WINDOWS, 1..=2).prop_map(|list| json!(list));
    let lists =
        [some(&PATTERNS).boxed(), some(&PATTERNS).boxed(), some(&PATTERNS).boxed(), some(&PATTERNS).boxed()];
    let regions = some(&["US", "us-ca", "SG", "DE"]);
    let numbers = prop::collection::vec(few(), 5);
    let flags = prop::collection::vec(any::<bool>(), 6);
    (lists, regions, some(&RESOURCES), windows, api, numbers, flags).prop_map(
        |(lists, regions, resources, windows, api, numbers, flags)| {
            let mut all = Map::new();
            let [allowed, forbidden, scopes, targets] = lists;
            all.insert("allowed_actions".into(), allowed);
            all.insert("forbidden_actions".into(), forbidden);
            all.insert("data_scopes".into(), scopes);
            all.insert("communication_targets".into(), targets);
            all.insert("geo_restrictions".into(), regions);
            all.insert("resources".into(), resources);
            all.insert("time_window".into(), windows);
            all.insert("api_limits".into(), api);
            let counted =
                ["budget_limit", "cost_limit", "max_api_calls", "max_delegation_depth", "rate_limit"];
            for (name, number) in counted.into_iter().zip(numbers) {
                all.insert(name.into(), json!(number));
            }
            for ((name, _), flag) in Constraints::default().flags().into_iter().zip(flags) {
                all.insert(name.into(), json!(flag));
            }
            all
        },
    )
}

const MEMBERS: usize = 19;

/// Several constraints that limit the same few members, so that they can often be compared.
fn several<const N: usize>() -> impl Strategy<Value = [Constraints; N]> {
    let focus = prop_oneof![
        subsequence((0..MEMBERS).collect::<Vec<_>>(), 1..=2),
        subsequence((0..MEMBERS).collect::<Vec<_>>(), 1..=MEMBERS),
    ];
    let dropped = prop::collection::vec(prop::collection::vec(prop::bool::weighted(0.1), MEMBERS), N);
    (prop::collection::vec(full(), N), focus, dropped).prop_map(|(all, focus, dropped)| {
        let masked = all.into_iter().zip(dropped).map(|(members, dropped)| {
            assert_eq!(members.len(), MEMBERS);
            let kept = members
                .into_iter()
                .enumerate()
                .filter(|(i, _)| focus.contains(i) && !dropped[*i])
                .map(|(_, m)| m);
            serde_json::from_value(Value::Object(kept.collect())).unwrap()
        });
        masked.collect::<Vec<Constraints>>().try_into().unwrap()
    })
}

fn request() -> impl Strategy<Value = Request> {
    let name = || select(&NAMES[..]).prop_map(|n| Name::new(n).unwrap());
    let maybe = |some: BoxedStrategy<Name>| prop::option::weighted(0.9, some);
    let named = (
        name(),
        maybe(name().boxed()),
        maybe(name().boxed()),
        maybe(select(&["e", "f", "h"][..]).prop_map(|n| Name::new(n).unwrap()).boxed()),
    );
    let place = prop::option::weighted(0.9, select(&PLACES[..]).prop_map(|p| p.parse().unwrap()));
    let region = prop::option::weighted(
        0.9,
        select(&["US", "US-CA", "SG", "FR"][..]).prop_map(|r| r.parse().unwrap()),
    );
    let cost = prop::option::weighted(0.9, (0_u64..4).prop_map(|c| Amount::try_from(c).unwrap()));
    let time = 1_700_000_000_000_i64..1_700_100_000_000;
    (named, place, region, cost, (prop::option::of(any::<bool>()), any::<bool>(), any::<bool>()), time)
        .prop_map(
            |(
                (action, data_scope, target, endpoint),
                resource,
                region,
                cost,
                (pii, reasoning, reads),
                time,
            )| Request {
                cost,
                data_scope,
                effect: if reads { Effect::Read } else { Effect::Write },
                endpoint,
                pii,
                reasoning,
                region,
                resource,
                target,
                ..Request::new(action, time)
            },
        )
}

/// What is asked, after what was done.
fn asked() -> impl Strategy<Value = (Vec<Request>, Vec<Request>)> {
    (prop::collection::vec(request(), 24), prop::collection::vec(request(), 0..4))
}

fn admits(limits: &Constraints, done: &[Request], request: &Request) -> bool {
    let mut usage = Usage::default();
    for past in done {
        usage.count(limits, past);
    }
    limits.evaluate(request).is_empty() && usage.breaches(limits, request).is_empty()
}

fn equivalent(a: &Constraints, b: &Constraints) -> bool {
    a.tighter_than(b) && b.tighter_than(a)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// The order is reflexive and transitive, and nothing is wider than no limit.
    #[test]
    fn it_is_an_order([a, b, c] in several::<3>()) {
        prop_assert!(a.tighter_than(&a));
        prop_assert!(a.tighter_than(&Constraints::default()));
        prop_assert_eq!(Constraints::default().tighter_than(&a), a.is_unlimited());
        for (x, y, z) in [(&a, &b, &c), (&c, &b, &a), (&a, &a.meet(&b).unwrap(), &c), (&a.meet(&b).unwrap(), &b, &c)] {
            if x.tighter_than(y) && y.tighter_than(z) {
                prop_assert!(x.tighter_than(z));
            }
        }
    }

    /// What is tighter admits nothing that the other refuses; what is equivalent is judged alike.
    #[test]
    fn tighter_admits_less([a, b] in several::<2>(), (asked, done) in asked()) {
        for (tight, wide) in [(&a, &b), (&b, &a), (&a.meet(&b).unwrap(), &a), (&a, &a.meet(&a).unwrap())] {
            if tight.tighter_than(wide) {
                for request in &asked {
                    prop_assert!(!admits(tight, &done, request) || admits(wide, &done, request), "{:?}", request);
                }
            }
        }
    }

    /// The meet knows no order, no grouping and no repetition.
    #[test]
    fn the_meet_is_one([a, b, c] in several::<3>()) {
        let meet = |x: &Constraints, y: &Constraints| x.meet(y).unwrap();
        prop_assert!(equivalent(&meet(&a, &b), &meet(&b, &a)));
        prop_assert!(equivalent(&meet(&meet(&a, &b), &c), &meet(&a, &meet(&b, &c))));
        prop_assert!(equivalent(&meet(&a, &a), &a));
        prop_assert!(equivalent(&meet(&a, &Constraints::default()), &a));
    }

    /// The meet is tighter than both, and whatever is tighter than both is tighter than it.
    #[test]
    fn the_meet_is_the_widest_of_the_tighter([a, b, c] in several::<3>()) {
        let meet = a.meet(&b).unwrap();
        prop_assert!(meet.tighter_than(&a) && meet.tighter_than(&b));
        for lower in [&c, &c.meet(&a).unwrap(), &a, &b] {
            prop_assert_eq!(lower.tighter_than(&meet), lower.tighter_than(&a) && lower.tighter_than(&b));
        }
    }

    /// The meet admits what both admit, and survives being written.
    #[test]
    fn the_meet_admits_what_both_admit([a, b] in several::<2>(), (asked, done) in asked()) {
        let meet = a.meet(&b).unwrap();
        for request in &asked {
            let both = admits(&a, &done, request) && admits(&b, &done, request);
            prop_assert_eq!(admits(&meet, &done, request), both, "{:?} {:?}", meet, request);
        }
        let read: Constraints = serde_json::from_value(serde_json::to_value(&meet).unwrap()).unwrap();
        prop_assert_eq!(read, meet);
    }

    /// A declaration that widens nothing makes of its parent's constraints what keeping both makes; one that widens, makes wider ones.
    #[test]
    fn declarations_narrow([parent, child, other] in several::<3>()) {
        for child in [&child, &child.meet(&parent).unwrap(), &other.narrowed_by(&child)] {
            let narrowed = parent.narrowed_by(child);
            let widenings = child.widenings(&parent);
            prop_assert_eq!(widenings.is_empty(), narrowed.tighter_than(&parent), "{:?}", widenings);
            if widenings.is_empty() {
                prop_assert!(equivalent(&narrowed, &child.meet(&parent).unwrap()));
            }
            prop_assert!(widenings.iter().all(|w| parent.kinds().contains(&w.constraint)));
        }
    }
}

/// What is written here is read again as it was, and what is made up here can be compared often enough to mean something.
#[test]
fn the_made_up_ones_are_not_trivial() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut tighter, mut admitted) = (0, 0);
    for _ in 0..500 {
        let ([a, b], (asked, done)) = (several::<2>(), asked()).new_tree(&mut runner).unwrap().current();
        tighter += u32::from(a.tighter_than(&b));
        admitted += u32::from(asked.iter().any(|r| admits(&a, &done, r)));
        let text = serde_json::to_string(&a).unwrap();
        assert_eq!(serde_json::from_str::<Constraints>(&text).unwrap(), a);
    }
    assert!(tighter > 50 && tighter < 450, "{tighter}");
    assert!(admitted > 100 && admitted < 450, "{admitted}");
}
