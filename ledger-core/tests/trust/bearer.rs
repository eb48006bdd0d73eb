//! Grants as tokens: what is narrowed offline binds as what is passed on in the log, held against the one model of chains.

use crate::grove::{Grove, code};
use crate::model::{ACTIONS, CAPABILITIES, Given, Model, PLACES, json_of, limits};
use ledger_core::event::body::grant_token::GrantNarrowing;
use ledger_core::intent::Bearer;
use ledger_core::names::Gid;
use ledger_core::sequencer::Receipt;
use ledger_core::token::{Narrowing, inspect, narrow};
use ledger_core::verify::Report;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Who brings the token.
const BRINGER: &str = "GID-05";

fn token(grove: &mut Grove, root: &str, grant: &str) -> String {
    let body = json!({"root": root, "grant_id": grant});
    let receipt = grove.world.ok("issue_grant_token", crate::grove::ORCHESTRATOR, body);
    receipt.yields["token"].as_str().unwrap().to_owned()
}

fn less(token: &str, to: GrantNarrowing, seed: u8) -> String {
    narrow(token, &Narrowing { grant: Some(to), ..Narrowing::default() }, &[seed; 32]).unwrap()
}

fn bring(
    grove: &mut Grove,
    (root, grant): (&str, &str),
    action: &str,
    more: Value,
    token: &str,
) -> ledger_core::Result<Receipt> {
    let mut body = json!({"root": root, "grant_id": grant, "action": action, "bearer": true});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let intent = grove.world.intent_as("exercise", BRINGER, &body, false);
    grove.world.send(intent.with_token(Some(Bearer::new(token))).unwrap())
}

fn clean(report: &Report) -> bool {
    report.ok && report.findings.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A chain of narrowings and a chain of delegations that say the same allow the same, use by use, as the model does.
    #[test]
    fn narrowing_offline_is_passing_on(
        root in limits(),
        steps in prop::collection::vec((0..CAPABILITIES.len(), limits()), 1..4),
        uses in prop::collection::vec((0..ACTIONS.len(), 0..PLACES.len(), 0..4_u64), 1..12),
    ) {
        let mut grove = Grove::new();
        grove.establish("G0", "GID-12", json!(["*"]), json_of(&root)).unwrap();
        grove.establish("H0", "GID-12", json!(["*"]), json_of(&root)).unwrap();
        let mut carried = token(&mut grove, "H0", "H0");
        let given = |parent, holder, capability, limits| Given { parent, holder, capability, limits, revoked: false, suspended: false };
        let mut model = Model { grants: vec![given(None, 12, 3, root)], uses: Vec::new() };
        for (capability, limits) in steps {
            let (last, holder) = (model.grants.len() - 1, model.grants.len() + 5);
            let (from, id) = (format!("G{last}"), format!("G{}", last + 1));
            let to = format!("GID-{holder:02}");
            let passed = grove.delegate(("G0", &from, &id), &to, json!([CAPABILITIES[capability]]), json_of(&limits));
            prop_assert_eq!(passed.is_ok(), model.delegates(last, holder, capability, &limits));
            if passed.is_err() {
                continue;
            }
            let to = GrantNarrowing {
                capabilities: Some(vec![CAPABILITIES[capability].parse().unwrap()]),
                constraints: serde_json::from_value(json_of(&limits)).unwrap(),
                ..GrantNarrowing::default()
            };
            carried = less(&carried, to, u8::try_from(last).unwrap() + 1);
            model.grants.push(given(Some(last), holder, capability, limits));
        }
        let last = model.grants.len() - 1;
        for (action, place, cost) in uses {
            let expected = model.allows(last, action, place, cost);
            let about = json!({"resource": PLACES[place], "cost": cost});
            let recorded = grove.exercise("G0", &format!("G{last}"), ACTIONS[action], about.clone());
            let offline = bring(&mut grove, ("H0", "H0"), ACTIONS[action], about, &carried);
            prop_assert_eq!(recorded.is_ok(), expected, "recorded: {}", code(&recorded));
            prop_assert_eq!(offline.is_ok(), expected, "offline: {}", code(&offline));
            if expected {
                model.uses.push((last, cost));
            }
        }
        let replayed = format!("{:#?}", grove.tree("H0"));
        prop_assert_eq!(format!("{:#?}", grove.world.seq.tree("trust/H0").unwrap()), replayed);
        prop_assert!(clean(&grove.world.verify()));
    }
}

#[test]
fn a_token_is_good_for_its_grant_and_while_nothing_of_it_was_revoked() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!(["x", "y"]), json!({})).unwrap();
    grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({})).unwrap();
    let first = token(&mut grove, "R", "A");
    let second = less(
        &first,
        GrantNarrowing { actor: Some(Gid::new(BRINGER).unwrap()), ..GrantNarrowing::default() },
        1,
    );
    let soon = less(
        &second,
        GrantNarrowing { expires_at: Some(grove.now() + 5_000), ..GrantNarrowing::default() },
        2,
    );
    let use_it = |grove: &mut Grove, grant: &str, token: &str| {
        code(&bring(grove, ("R", grant), "x", json!({}), token))
    };
    for token in [&first, &second, &soon] {
        assert_eq!(use_it(&mut grove, "A", token), "ok");
        assert_eq!(use_it(&mut grove, "R", token), "LG_186");
    }
    // The bearer is who acted, and the anchor says so.
    let used = bring(&mut grove, ("R", "A"), "x", json!({}), &second).unwrap().sequence;
    let anchor = |grove: &mut Grove, gid: &str| {
        let body = json!({"root": "R", "grant_id": "A", "agent_gid": gid, "action": "x", "anchor_id": "N", "result": "SUCCESS", "exercise": used});
        code(&grove.world.act("record_anchor", crate::grove::ORCHESTRATOR, body))
    };
    assert_eq!(anchor(&mut grove, "GID-02"), "LG_184");
    assert_eq!(anchor(&mut grove, BRINGER), "ok");
    // For somebody else, for another actor, altered, none at all, too late.
    let other = less(
        &first,
        GrantNarrowing { actor: Some(Gid::new("GID-06").unwrap()), ..GrantNarrowing::default() },
        3,
    );
    assert_eq!(use_it(&mut grove, "A", &other), "LG_186");
    let mut altered = first.clone();
    altered.replace_range(60..61, if altered.as_bytes()[60] == b'A' { "B" } else { "A" });
    assert_eq!(use_it(&mut grove, "A", &altered), "LG_160");
    let body = json!({"root": "R", "grant_id": "A", "action": "x", "bearer": true});
    assert_eq!(grove.world.code("exercise", "GID-02", body), "LG_186");
    grove.world.clock.pass(6_000);
    assert_eq!(use_it(&mut grove, "A", &soon), "LG_186");
    // Revoking a narrowing ends what was narrowed from it, and not what it was narrowed from.
    let revoke = |grove: &mut Grove, by: &str, token: &str| {
        let id = inspect(token).unwrap().token_ids.pop().unwrap();
        code(&grove.world.act(
            "revoke_grant_token",
            by,
            json!({"root": "R", "grant_id": "A", "token_id": id, "reason": "r"}),
        ))
    };
    assert_eq!(revoke(&mut grove, "GID-09", &second), "LG_175");
    assert_eq!(revoke(&mut grove, "GID-02", &second), "ok");
    assert_eq!(use_it(&mut grove, "A", &second), "LG_186");
    assert_eq!(use_it(&mut grove, "A", &first), "ok");
    grove.revoke("R", "R").unwrap();
    assert_eq!(use_it(&mut grove, "A", &first), "LG_174");
    grove.world.assert_clean();
}

#[test]
fn a_check_that_nobody_judges_is_refused() {
    use biscuit_auth::builder::BlockBuilder;
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!(["x"]), json!({})).unwrap();
    let whole = token(&mut grove, "R", "R");
    let hex = |text: &str| hex::encode(text);
    let (none, sudo, past) = (hex("{}"), hex(r#"{"sudo":true}"#), hex(r#"{"expires_at":1}"#));
    for (source, expected) in [
        (format!(r#"check if narrowing_holds("{none}")"#), "LG_186"),
        (format!(r#"narrowing("{sudo}"); check if true"#), "LG_160"),
        (format!(r#"narrowing("{none}"); narrowing("{past}")"#), "LG_160"),
        (format!(r#"narrowing("{}")"#, hex("{ }")), "LG_160"),
        (r#"narrowing("{}")"#.to_owned(), "LG_160"),
        // What a block says is judged, whether it demands that or not.
        (format!(r#"narrowing("{past}")"#), "LG_186"),
        (format!(r#"narrowing_holds("{none}"); check if narrowing_holds("{none}")"#), "ok"),
        (r#"bound_grant("A"); bound_holder("GID-05")"#.to_owned(), "ok"),
        (r#"check if actor("GID-06")"#.to_owned(), "LG_186"),
        (r#"check if actor("GID-05"), action("x")"#.to_owned(), "ok"),
    ] {
        let block = BlockBuilder::new().code(&source).unwrap();
        let biscuit = biscuit_auth::UnverifiedBiscuit::from_base64(&whole).unwrap().append(block).unwrap();
        let answer = bring(&mut grove, ("R", "R"), "x", json!({}), &biscuit.to_base64().unwrap());
        assert_eq!(code(&answer), expected, "{source}: {answer:?}");
    }
    grove.world.assert_clean();
}
