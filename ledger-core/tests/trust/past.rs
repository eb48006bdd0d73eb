//! The past, and two ways to the same state: answers as of any entry, and replay.

use crate::grove::{Grove, question};
use ledger_core::trust::{Level, Records, verify};
use serde_json::json;

#[test]
fn the_past_answers_as_it_was() {
    let mut grove = Grove::new();
    let established = grove.establish("R", "GID-01", json!(["x"]), json!({})).unwrap().sequence;
    let delegated = grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({})).unwrap().sequence;
    let suspended = {
        let body = json!({"root": "R", "grant_id": "A", "reason": "r", "mode": "suspend"});
        grove.world.ok("revoke_grant", "GID-01", body).sequence
    };
    let resumed = {
        let body = json!({"root": "R", "grant_id": "A", "reason": "r"});
        grove.world.ok("resume_grant", "GID-01", body).sequence
    };
    let revoked = grove.revoke("R", "R").unwrap().sequence;
    let valid: Vec<bool> = (established..=revoked)
        .map(|at| {
            let forest = grove.forest(at + 1);
            let time = forest.time().unwrap().millis();
            let asked = question("GID-02", "x", Level::Full, time);
            verify(&forest, &Records::new(grove.world.seq.store()), &asked, true).unwrap().valid
        })
        .collect();
    let expected: Vec<bool> = (established..=revoked)
        .map(|at| (at >= delegated && at < suspended) || (at >= resumed && at < revoked))
        .collect();
    assert_eq!(valid, expected);
}

#[test]
fn what_the_writer_holds_is_what_a_replay_gives() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!(["x"]), json!({"budget_limit": 3, "rate_limit": 2})).unwrap();
    grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({})).unwrap();
    for n in 0..4 {
        let _ = grove.exercise("R", if n % 2 == 0 { "R" } else { "A" }, "x", json!({"cost": 1}));
    }
    let body = json!({"root": "R", "grant_id": "A", "constraints": {"budget_limit": 1}, "reason": "r"});
    grove.world.ok("constrain", "GID-01", body);
    let replayed = format!("{:#?}", grove.tree("R"));
    let live = format!("{:#?}", grove.world.seq.tree("trust/R").unwrap());
    assert_eq!(live, replayed);
    grove.world.reopen();
    assert_eq!(format!("{:#?}", grove.world.seq.tree("trust/R").unwrap()), replayed);
    grove.world.assert_clean();
}
