//! Tokens as a library: whatever is added to a token only forbids; what is read of it offline is what the ledger reads.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use ledger_core::event::body::pac::Scope;
use ledger_core::key::SecretKey;
use ledger_core::names::ScopePath;
use ledger_core::rules::pac::Terms;
use ledger_core::token::{Deed, Narrowing, TokenKey, inspect, narrow};
use proptest::prelude::*;

const LOG: &str = "9a41";
const BORN: i64 = 1_767_225_600_000;
const PATHS: &[&str] = &["src", "src/a", "src/a/b", "src/ab", "doc", "src/a/b/c.rs"];
const ACTIONS: &[&str] = &["read", "write", "deploy"];

fn key(seed: u8) -> TokenKey {
    TokenKey::of_log(&SecretKey::from_seed(&[seed; 32])).unwrap()
}

fn terms() -> Terms {
    Terms {
        pac_id: "PAC-T-1".to_owned(),
        sub_pac_id: "Sub-PAC-T-1-A1".to_owned(),
        agent: "GID-01".to_owned(),
        lane: "EXECUTION".to_owned(),
        scope: Scope { paths: Some(vec![ScopePath::new("src").unwrap()]), ..Scope::default() },
        session: Some("s".to_owned()),
        expires_at: BORN + 3_600_000,
    }
}

fn given() -> String {
    key(1).give(&terms(), "s", LOG, BORN + 3_600_000, &[9; 32]).unwrap().token
}

/// One narrowing; never an empty one.
fn narrowing() -> impl Strategy<Value = Narrowing> {
    let some = |of: &'static [&'static str]| proptest::sample::subsequence(of, 0..=of.len());
    (proptest::option::of(0..7_200_i64), some(&["start", "submit_ber"]), some(PATHS), some(ACTIONS))
        .prop_map(|(seconds, operations, paths, actions)| Narrowing {
            expires_at: seconds.map(|s| BORN + s * 1000),
            operations: operations.into_iter().map(str::to_owned).collect(),
            paths: paths.into_iter().map(|p| ScopePath::new(p).unwrap()).collect(),
            actions: actions.into_iter().map(str::to_owned).collect(),
            kinds: Vec::new(),
            streams: Vec::new(),
            grant: None,
        })
        .prop_filter("something is narrowed", |n| {
            n.expires_at.is_some() || !n.operations.is_empty() || !n.paths.is_empty() || !n.actions.is_empty()
        })
}

fn deed() -> impl Strategy<Value = Deed<'static>> {
    (
        proptest::sample::select(&["start", "submit_ber"][..]),
        0..7_200_i64,
        proptest::sample::subsequence(PATHS, 0..3),
        proptest::sample::subsequence(ACTIONS, 0..3),
    )
        .prop_map(|(operation, seconds, paths, actions)| Deed {
            operation,
            time: BORN + seconds * 1000,
            paths,
            actions,
            ..Deed::default()
        })
}

/// What a narrowing says, computed without any Datalog.
fn permits(n: &Narrowing, deed: &Deed<'_>) -> bool {
    let inside =
        |path: &str| n.paths.iter().any(|p| path == p.as_str() || path.starts_with(&format!("{p}/")));
    n.expires_at.is_none_or(|at| deed.time < at)
        && (n.operations.is_empty() || n.operations.iter().any(|o| o == deed.operation))
        && (n.paths.is_empty() || deed.paths.iter().all(|p| inside(p)))
        && (n.actions.is_empty() || deed.actions.iter().all(|a| n.actions.iter().any(|b| a == b)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A token permits exactly what all its narrowings permit: never more than its parent, and what it is bound to never changes.
    #[test]
    fn a_narrowed_token_never_permits_what_its_parent_refuses(
        steps in proptest::collection::vec(narrowing(), 1..5),
        deeds in proptest::collection::vec(deed(), 1..6),
    ) {
        let (key, mut token, mut allowed) = (key(1), given(), vec![true; deeds.len()]);
        let first = inspect(&token).unwrap();
        for (n, to) in steps.iter().enumerate() {
            let before = token.clone();
            token = narrow(&token, to, &[u8::try_from(n).unwrap(); 32]).unwrap();
            for (deed, allowed) in deeds.iter().zip(&mut allowed) {
                let parent = key.show(&before, LOG, deed).unwrap();
                let child = key.show(&token, LOG, deed).unwrap();
                *allowed = *allowed && permits(to, deed);
                prop_assert!(child.refusal.is_some() || parent.refusal.is_none());
                prop_assert_eq!(child.refusal.is_none(), *allowed, "{:?} {:?}", steps, deed);
                prop_assert_eq!((&child.pac_id, &child.agent, &child.session), (&parent.pac_id, &parent.agent, &parent.session));
                prop_assert_eq!(&child.ids[..parent.ids.len()], &parent.ids[..]);
                prop_assert_eq!(child.ids.len(), parent.ids.len() + 1);
            }
        }
        // Offline it says the same of itself as the ledger reads.
        let said = inspect(&token).unwrap();
        prop_assert_eq!(&said.claims, &first.claims);
        prop_assert_eq!(said.narrowings.len(), steps.len());
        prop_assert_eq!(said.token_ids, key.show(&token, LOG, &deeds[0]).unwrap().ids);
    }

    /// Whatever bit is changed, the token is none; and text that is no token never panics.
    #[test]
    fn a_changed_token_is_none(at in any::<prop::sample::Index>(), with in any::<u8>(), noise in ".{0,200}") {
        let token = given();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = alphabet[usize::from(with) % alphabet.len()];
        let changed = String::from_utf8(bytes).unwrap();
        if changed != token {
            prop_assert!(key(1).show(&changed, LOG, &Deed::default()).is_err());
        }
        prop_assert!(inspect(&noise).is_err());
        let to = Narrowing { expires_at: Some(0), ..Narrowing::default() };
        prop_assert!(narrow(&noise, &to, &[0; 32]).is_err());
    }
}

#[test]
fn another_key_another_ledger_and_too_many_blocks_are_refused() {
    let (deed, token) = (Deed { operation: "start", time: BORN, ..Deed::default() }, given());
    assert!(key(1).show(&token, LOG, &deed).is_ok());
    assert!(key(2).show(&token, LOG, &deed).is_err(), "signed with another ledger's key");
    assert!(key(1).show(&token, "0000", &deed).is_err(), "given by another log");
    let forged = key(2).give(&terms(), "s", LOG, BORN + 3_600_000, &[9; 32]).unwrap().token;
    assert!(key(1).show(&forged, LOG, &deed).is_err(), "the same claims, signed anew");
    let to = Narrowing { operations: vec!["start".to_owned()], ..Narrowing::default() };
    let mut many = token;
    let refused = loop {
        match narrow(&many, &to, &[3; 32]) {
            Ok(next) => many = next,
            Err(e) => break e,
        }
    };
    assert_eq!(refused.code.row().code, "LG_103");
    assert!(key(1).show(&many, LOG, &deed).unwrap().refusal.is_none(), "what can be made can be used");
    assert_eq!(narrow(&many, &Narrowing::default(), &[0; 32]).unwrap_err().code.row().code, "LG_103");
    assert_eq!(narrow(&given(), &Narrowing::default(), &[0; 32]).unwrap_err().code.row().code, "LG_101");
}
