//! Counting against a model that remembers everything and counts anew each time.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use super::{Amount, ApiLimits, Constraints, MAX_ENDPOINTS, Name, Request, Usage};
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// The members that would be exceeded, by the whole list.
fn model(done: &[Request], limits: &Constraints, request: &Request) -> Vec<&'static str> {
    let mut found = Vec::new();
    let api = limits.api_limits.clone().unwrap_or_default();
    if let Some(endpoint) = &request.endpoint {
        let calls = done.iter().filter(|r| r.endpoint.is_some()).count() as u64;
        let own = done.iter().filter(|r| r.endpoint.as_ref() == Some(endpoint)).count() as u64;
        found.extend(api.max_calls.filter(|most| calls + 1 > *most).map(|_| "api_limits"));
        found.extend(api.of(endpoint).filter(|most| own + 1 > *most).map(|_| "api_limits"));
    }
    let cost = |r: &Request| u128::from(r.cost.unwrap_or_default().micros());
    let spent: u128 = done.iter().map(cost).sum();
    found.extend(
        limits.budget_limit.filter(|b| spent + cost(request) > b.micros().into()).map(|_| "budget_limit"),
    );
    found.extend(limits.max_api_calls.filter(|most| done.len() as u64 + 1 > *most).map(|_| "max_api_calls"));
    // Times that go back count as the latest before.
    let mut latest = i64::MIN;
    let times: Vec<i64> = done
        .iter()
        .map(|r| {
            latest = latest.max(r.time);
            latest
        })
        .collect();
    let now = latest.max(request.time);
    let recent = times.iter().filter(|t| now - **t < 60_000).count() as u64;
    found.extend(limits.rate_limit.filter(|most| recent + 1 > u64::from(*most)).map(|_| "rate_limit"));
    found
}

fn limits() -> impl Strategy<Value = Constraints> {
    let few = || prop::option::of(0_u64..12);
    (few(), few(), few(), few(), few(), few()).prop_map(|(rate, calls, budget, api, e, f)| Constraints {
        rate_limit: rate.map(|r| u32::try_from(r).unwrap()),
        max_api_calls: calls,
        budget_limit: budget.map(|b| Amount::from_micros(b * 500_000).unwrap()),
        api_limits: Some(ApiLimits {
            max_calls: api,
            per_endpoint: Some(
                [("e", e), ("f", f)].into_iter().filter_map(|(n, l)| Some((name(n), l?))).collect(),
            ),
        }),
        ..Constraints::default()
    })
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let step = prop_oneof![
        Just(0_i64),
        1_i64..3,
        1_i64..40_000,
        Just(59_999),
        Just(60_000),
        Just(60_001),
        -5_000_i64..0
    ];
    let one = (
        step,
        prop::option::of(0_u64..3_000_000),
        prop::option::of(prop::sample::select(vec!["e", "f", "g"])),
    );
    prop::collection::vec(one, 0..40).prop_map(|all| {
        let mut time = 1_000_000;
        all.into_iter()
            .map(|(step, cost, endpoint)| {
                time += step;
                let mut request = Request::new(name("x"), time);
                request.cost = cost.and_then(Amount::from_micros);
                request.endpoint = endpoint.map(name);
                request
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever limits are asked about, then or later, they are answered as by the whole list.
    #[test]
    fn counting_is_recounting(requests in requests(), then in limits(), later in limits()) {
        let mut usage = Usage::default();
        for (i, request) in requests.iter().enumerate() {
            for limits in [&then, &later] {
                let found: Vec<_> = usage.breaches(limits, request).into_iter().map(|b| b.constraint).collect();
                prop_assert_eq!(found, model(&requests[..i], limits, request));
            }
            usage.count(&then, request);
        }
        prop_assert_eq!(usage.actions(), requests.len() as u64);
    }
}

/// However many endpoints are called, those that are limited are counted exactly, and the others never too low.
#[test]
fn endpoints_have_bounded_room() {
    let per_endpoint = [("known", 3), ("late", 1)].map(|(n, most)| (name(n), most)).into();
    let limits = Constraints {
        api_limits: Some(ApiLimits { max_calls: None, per_endpoint: Some(per_endpoint) }),
        ..Constraints::default()
    };
    let mut usage = Usage::default();
    let call = |endpoint: &str| Request { endpoint: Some(name(endpoint)), ..Request::new(name("x"), 0) };
    for i in 0..5_000 {
        usage.count(&limits, &call(&format!("e{i}")));
    }
    assert_eq!(usage.endpoint_calls(), 5_000);
    assert!(usage.breaches(&limits, &call("late")).is_empty());
    for calls in 0..3 {
        assert_eq!(usage.calls(&name("known")), calls);
        assert!(usage.breaches(&limits, &call("known")).is_empty());
        usage.count(&limits, &call("known"));
    }
    assert_eq!(usage.breaches(&limits, &call("known")).len(), 1);
    assert_eq!(usage.calls(&name("e7")), 1);
    assert!(usage.calls(&name("e4999")) >= 1);
    // Limited only now: it was called once, and is never taken for called less often.
    let only = Some([(name("e4999"), 5)].into());
    let later = Constraints {
        api_limits: Some(ApiLimits { max_calls: None, per_endpoint: only }),
        ..Constraints::default()
    };
    usage.count(&later, &call("e4999"));
    assert!(usage.calls(&name("e4999")) >= 2);
    assert!(usage.tracked() <= 2 * MAX_ENDPOINTS);
}

/// A million actions in as many milliseconds, and more in one, take no more room than a minute does.
#[test]
fn rates_have_bounded_room() {
    let (mut usage, none) = (Usage::default(), Constraints::default());
    let mut request = Request::new(name("x"), 0);
    for time in 0..200_000 {
        request.time = time;
        usage.count(&none, &request);
        usage.count(&none, &request);
    }
    assert_eq!(usage.recent_actions(199_999), 120_000);
    assert_eq!(usage.recent_actions(199_999 + 59_999), 2);
    assert_eq!(usage.recent_actions(i64::MAX), 0);
    assert_eq!(usage.recent_actions(i64::MIN), 120_000);
    assert!(usage.moments() <= 60_000);
}
