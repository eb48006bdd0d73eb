//! Histories that no honest ledger would write, chained, and signed with the log's key: each is found at its entry, and nothing else is.

use crate::atomic::{PAC, ber_data, dispatch, start_data, sub_pac};
use crate::finish::{answers, finish, step, verdict};
use crate::forge::{Draft, Forge, at, expect, last, named, of, plain, signed, with};
use crate::world::{ADMIN, ORCHESTRATOR, OTHER_REVIEWER, REVIEWER, SERVICE, World, digest, order as orders};
use ledger_core::entry::Auth;
use ledger_core::rules::pac::Phase;
use serde_json::{Value, json};

/// A token id that was never given.
fn foreign() -> String {
    "ab".repeat(64)
}

fn issued(n: u8, session: &str, expires_at: i64) -> Value {
    with(of(n), json!({"session": session, "expires_at": expires_at, "token_id": foreign()}))
}

#[test]
fn dispatches_and_their_tokens() {
    let world = at(Phase::Planned);
    let now = world.entries().last().unwrap().parse().unwrap().time.millis();
    let good = now.div_euclid(1000) * 1000 + 3_600_000;
    let base = world.size();
    let order = |n| plain("dispatch.authorized", ORCHESTRATOR, with(of(n), json!({"session": "s"})));
    let token = |n, session, expires| plain("token.issued", ORCHESTRATOR, issued(n, session, expires));
    let pair = |token: Draft<'static>| [order(1), token];
    expect("as it should be", &world, &pair(token(1, "s", good).after(base)), &[]);
    expect("before its predecessor", &world, &[order(2), token(2, "s", good).after(base)], &["LG_308@+0"]);
    expect("by an agent", &world, &[Draft { actor: "GID-01", ..order(1) }], &["LG_308@+0"]);
    for (what, token) in [
        ("good for years", token(1, "s", good * 2).after(base)),
        ("good for a second less", token(1, "s", good - 1_000).after(base)),
        ("of another session", token(1, "t", good).after(base)),
        ("of another Sub-PAC", token(2, "s", good).after(base)),
        ("without its cause", token(1, "s", good)),
        ("with another cause", token(1, "s", good).after(base - 1)),
        ("in another's name", Draft { actor: "GID-66", ..token(1, "s", good).after(base) }),
        ("said to be signed", Draft { auth: Auth::Token, ..token(1, "s", good).after(base) }),
    ] {
        expect(what, &world, &pair(token), &["LG_308@+1"]);
    }
    let note = Draft { stream: "notes", ..plain("note.recorded", "GID-05", json!({"text": "between"})) };
    expect("not at once", &world, &[order(1), note, token(1, "s", good).after(base)], &["LG_308@+2"]);
    expect("that nobody owes", &world, &[token(1, "s", good).after(base - 1)], &["LG_308@+0"]);
    // At the end of the log it is the dispatch that lacks its token; else what comes in the token's place.
    let mut forge = Forge::new(&world);
    forge.add(&order(1));
    assert_eq!(forge.findings(base), ["LG_308@+0"]);
    forge.add(&order(1));
    assert_eq!(forge.findings(base), ["LG_308@+1"]);
}

#[test]
fn tokens_that_were_shown() {
    let mut world = at(Phase::Planned);
    dispatch(&mut world, PAC, 1);
    let token = last(&world, "token.issued")["token_id"].clone();
    let old = token.clone();
    let used = |ids: Value| plain("token.used", "GID-01", with(of(1), json!({"token_ids": ids})));
    let as_token = |draft: Draft<'static>| Draft { auth: Auth::Token, ..draft };
    let start = as_token(plain("execution.started", "GID-01", start_data(PAC, 1)));
    let base = world.size();
    let follow = |draft: Draft<'static>| as_token(draft).after(base);
    expect("as it should be", &world, &[start.clone(), follow(used(json!([token.clone()])))], &[]);
    expect("narrowed", &world, &[start.clone(), follow(used(json!([token.clone(), foreign()])))], &[]);
    expect("foreign", &world, &[start.clone(), follow(used(json!([foreign()])))], &["LG_308@+1"]);
    expect("none", &world, &[start.clone(), follow(used(json!([])))], &["LG_308@+1"]);
    expect(
        "without a token, it says",
        &world,
        &[Draft { auth: Auth::Asserted, ..start.clone() }],
        &["LG_308@+0"],
    );
    let graph = plain(
        "channel.declared",
        ORCHESTRATOR,
        with(named(), json!({"channel_id": "c", "members": ["GID-01", "GID-02"], "purpose": "x"})),
    );
    expect("by nobody who holds a token for access", &world, &[as_token(graph)], &["LG_308@+0"]);
    expect("by another agent", &world, &[Draft { actor: "GID-02", ..start.clone() }], &["LG_308@+0"]);
    let elsewhere = Draft { data: with(start.data.clone(), json!({"session": "t"})), ..start.clone() };
    expect("of another session", &world, &[elsewhere], &["LG_308@+0"]);
    // Reissued: the old one is good no more.
    world.ok("reissue", ORCHESTRATOR, with(of(1), json!({"session": "s", "reason": "lost"})));
    let base = world.size();
    let follow = |draft: Draft<'static>| as_token(draft).after(base);
    expect("revoked", &world, &[start.clone(), follow(used(json!([old])))], &["LG_308@+1"]);
    let token = last(&world, "token.issued")["token_id"].clone();
    expect("the new one", &world, &[start, follow(used(json!([token])))], &[]);
}

#[test]
fn reports_and_proof_artifacts() {
    let mut world = at(Phase::Planned);
    let token = dispatch(&mut world, PAC, 1);
    world.act_with("start", "GID-01", start_data(PAC, 1), &token).unwrap();
    let id = last(&world, "token.issued")["token_id"].clone();
    let base = world.size();
    let report = with(ber_data(PAC, 1), json!({"ber_id": "BER-FORGED"}));
    let ber = |data: &Value| Draft { auth: Auth::Token, ..plain("ber.submitted", "GID-01", data.clone()) };
    let used =
        Draft { auth: Auth::Token, ..plain("token.used", "GID-01", with(of(1), json!({"token_ids": [id]}))) };
    let filed = [ber(&report), used.clone().after(base)];
    let accept = |actor| plain("ber.accepted", actor, with(named(), json!({"ber_id": "BER-FORGED"})));
    let pdo = plain("pdo.recorded", "GID-01", with(of(1), json!({"pdo_hash": "cd".repeat(32)})));
    let and = |more: &[Draft<'static>]| [&filed[..], more].concat();
    expect("as it should be", &world, &and(&[accept(ORCHESTRATOR), pdo.clone()]), &[]);
    expect("without token.used", &world, &[ber(&report), accept(ORCHESTRATOR)], &["LG_308@+1"]);
    expect(
        "outside its scope",
        &world,
        &[ber(&with(report.clone(), json!({"outputs": [{"path": "etc/x", "digest": digest(1)}]})))],
        &["LG_308@+0"],
    );
    expect(
        "with an input from nowhere",
        &world,
        &[ber(&with(report.clone(), json!({"inputs": [{"digest": digest(9)}]})))],
        &["LG_308@+0"],
    );
    expect(
        "a score beyond one",
        &world,
        &[ber(&with(report.clone(), json!({"quality_score": 1.5})))],
        &["LG_308@+0"],
    );
    expect("accepted by an agent", &world, &and(&[accept("GID-01")]), &["LG_308@+2"]);
    expect(
        "accepted by a human",
        &world,
        &and(&[Draft { auth: Auth::Signed, signs: true, ..accept(ADMIN) }]),
        &["LG_308@+2"],
    );
    expect("a PDO without acceptance", &world, &and(std::slice::from_ref(&pdo)), &["LG_308@+2"]);
    expect(
        "a PDO of another",
        &world,
        &and(&[accept(ORCHESTRATOR), Draft { actor: "GID-02", ..pdo.clone() }]),
        &["LG_308@+3"],
    );
    expect("a PDO twice", &world, &and(&[accept(ORCHESTRATOR), pdo.clone(), pdo]), &["LG_308@+4"]);
    expect("a token spent twice", &world, &and(&[ber(&report)]), &["LG_308@+2"]);
    let grave = with(report, json!({"violations": [{"code": "X", "message": "y", "severity": "BLOCKING"}]}));
    expect(
        "a grave one accepted",
        &world,
        &[ber(&grave), used.after(base), accept(ORCHESTRATOR)],
        &["LG_308@+2"],
    );
}

#[test]
fn reviews() {
    let mut world = at(Phase::Sealed);
    let opened = |actor| signed("review.opened", actor, named());
    expect(
        "opened by an agent",
        &world,
        &[Draft { signs: false, ..opened("GID-01") }],
        &["LG_306@+0", "LG_308@+0"],
    );
    expect(
        "opened without a signature",
        &world,
        &[Draft { signs: false, ..opened(REVIEWER) }],
        &["LG_306@+0"],
    );
    expect("opened, asserted", &world, &[plain("review.opened", REVIEWER, named())], &["LG_306@+0"]);
    let finalized = |ber: &str| {
        signed("opdo.finalized", ORCHESTRATOR, with(named(), json!({"human_review_ber_id": ber})))
    };
    expect("finalized without approval", &world, &[finalized("BER-HUMAN-X")], &["LG_308@+0"]);
    expect(
        "a wrap without finality",
        &world,
        &[plain("wrap.emitted", ORCHESTRATOR, named())],
        &["LG_308@+0"],
    );
    // A challenge, as it was drawn and as it was not.
    world.ok("open_review", REVIEWER, named());
    let before = World::over(store(&world), world.clock.clone(), 7);
    let drawn = world.ok("draw_challenge", REVIEWER, named()).yields;
    let challenge = last(&world, "challenge.drawn");
    let base = before.size();
    let follow =
        |data: Value| Draft { auth: Auth::Signed, ..plain("challenge.drawn", REVIEWER, data) }.after(base);
    let draw = signed("review.challenged", REVIEWER, named());
    expect("a challenge", &before, &[draw.clone(), follow(challenge.clone())], &[]);
    for (name, value) in [
        ("question_types", json!([])),
        ("question_types", json!(["AGENT_GID"])),
        ("opdo_id", json!("OPDO-X")),
        ("packet", json!(digest(1))),
    ] {
        let data = with(challenge.clone(), json!({name: value}));
        expect(name, &before, &[draw.clone(), follow(data)], &["LG_308@+1"]);
    }
    // Its answer.
    let answer = |answers: Value| {
        signed(
            "review.answered",
            REVIEWER,
            with(named(), json!({"challenge_id": drawn["challenge_id"], "answers": answers})),
        )
    };
    let right = json!(answers(&world, PAC, drawn["challenge_id"].as_str().unwrap()));
    let base = world.size();
    let passed = |after: u64, said: u64| {
        let start = challenge["monotonic_ms"].as_u64().unwrap();
        let data = json!({"boot": challenge["boot"], "challenge_id": drawn["challenge_id"], "latency_ms": said, "monotonic_ms": start + after});
        Draft { auth: Auth::Signed, ..plain("challenge.passed", REVIEWER, with(named(), data)) }.after(base)
    };
    expect("in time", &world, &[answer(right.clone()), passed(5_000, 5_000)], &[]);
    expect("too early", &world, &[answer(right.clone()), passed(4_999, 4_999)], &["LG_308@+1"]);
    expect(
        "too early, and said otherwise",
        &world,
        &[answer(right.clone()), passed(4_999, 5_000)],
        &["LG_308@+1"],
    );
    expect("too late", &world, &[answer(right.clone()), passed(300_001, 300_001)], &["LG_308@+1"]);
    expect("another latency", &world, &[answer(right.clone()), passed(6_000, 60_000)], &["LG_308@+1"]);
    expect("a wrong answer", &world, &[answer(json!(["no", "no"])), passed(5_000, 5_000)], &["LG_308@+0"]);
    expect(
        "another's answer",
        &world,
        &[Draft { actor: OTHER_REVIEWER, ..answer(right.clone()) }],
        &["LG_308@+0"],
    );
    // Its verdict.
    world.clock.pass(5_000);
    let passed = world
        .ok(
            "answer_challenge",
            REVIEWER,
            with(named(), json!({"challenge_id": drawn["challenge_id"], "answers": right})),
        )
        .yields;
    let root = json!(world.pac(PAC).unwrap().composite().unwrap().root());
    let given = json!({
        "pac_id": PAC, "opdo_id": drawn["opdo_id"], "merkle_root": root, "packet": drawn["packet"], "challenge_id": drawn["challenge_id"],
        "latency_ms": passed["latency_ms"], "question_types": challenge["question_types"], "verdict": "APPROVE",
    });
    let verdict = |actor, data: &Value| signed("review.verdict_given", actor, data.clone());
    let opened =
        world.entries().iter().rposition(|e| e.parse().unwrap().event_type == "review.opened").unwrap()
            as u64;
    expect("a verdict", &world, &[verdict(REVIEWER, &given)], &[]);
    expect("a verdict of another", &world, &[verdict(OTHER_REVIEWER, &given)], &["LG_308@+0"]);
    expect("a verdict of the orchestrator", &world, &[verdict(ORCHESTRATOR, &given)], &["LG_308@+0"]);
    // The reviewer signed something once; that is no signature of this.
    let rests = Draft { signs: false, ..verdict(REVIEWER, &given) };
    expect("a verdict that nobody signed", &world, std::slice::from_ref(&rests), &["LG_306@+0"]);
    expect(
        "a verdict that rests on another entry",
        &world,
        &[rests.after(opened)],
        &["LG_306@+0", "LG_308@+0"],
    );
    for (name, value) in [
        ("merkle_root", json!("ab".repeat(32))),
        ("packet", json!(digest(1))),
        ("latency_ms", json!(60_000)),
        ("question_types", json!([])),
        ("challenge_id", json!("ab".repeat(32))),
        ("opdo_id", json!("OPDO-X")),
        ("verdict", json!("APPROVE_WITH_REMARKS")),
        ("reopen", json!([sub_pac(PAC, 1)])),
    ] {
        expect(
            name,
            &world,
            &[verdict(REVIEWER, &with(given.clone(), json!({name: value})))],
            &["LG_308@+0"],
        );
    }
}

/// The same entries in a store of their own.
fn store(world: &World) -> Box<dyn ledger_core::store::Store + Send> {
    use ledger_core::store::Store as _;
    let mut store = ledger_core::store::memory::MemoryStore::new();
    store.append(&store.head(), &world.entries()).unwrap();
    Box::new(store)
}

#[test]
fn the_requester_reviews_nothing() {
    let mut world = World::new();
    world.ok("issue_pac", ADMIN, orders(PAC));
    while world.pac(PAC).unwrap().phase() != Phase::Sealed {
        step(&mut world, PAC);
    }
    let mut forge = Forge::new(&world);
    let from = forge.size();
    forge.add(&signed("review.opened", ADMIN, named()));
    assert_eq!(forge.findings(from), ["LG_308@+0"]);
}

#[test]
fn seals_finality_and_the_end() {
    let proven = at(Phase::Sealed);
    let proof = last(&proven, "proof.recorded");
    let mut world = at(Phase::Aggregating);
    step(&mut world, PAC);
    let base = world.size();
    let seal = plain("opdo.sealed", ORCHESTRATOR, named());
    let follow = |kind: &'static str, data: Value| plain(kind, ORCHESTRATOR, data).after(base);
    for (name, value) in [
        ("merkle_root", json!("ab".repeat(32))),
        ("nonce", json!("ab".repeat(16))),
        ("leaf_hashes", json!([])),
        ("tree_height", json!(9)),
    ] {
        let data = with(proof.clone(), json!({name: value}));
        expect(name, &world, &[seal.clone(), follow("proof.recorded", data)], &["LG_308@+1"]);
    }
    let mut world = at(Phase::Sealed);
    let ber = verdict(&mut world, PAC, REVIEWER, "APPROVE", &json!({}))["human_review_ber_id"].clone();
    let finalize = signed("opdo.finalized", ORCHESTRATOR, with(named(), json!({"human_review_ber_id": ber})));
    let opdo = world.pac(PAC).unwrap().composite().unwrap().id().to_owned();
    let base = world.size();
    let data =
        with(named(), json!({"human_review_ber_id": ber, "opdo_id": opdo, "final_hash": "ab".repeat(32)}));
    let follow = Draft { auth: Auth::Signed, ..plain("finality.recorded", ORCHESTRATOR, data) }.after(base);
    expect("another final hash", &world, &[finalize.clone(), follow], &["LG_308@+1"]);
    expect(
        "finalized, asserted",
        &world,
        &[Draft { auth: Auth::Asserted, signs: false, ..finalize.clone() }],
        &["LG_306@+0"],
    );
    let mut forge = Forge::new(&world);
    forge.add(&Draft { signs: false, ..finalize });
    assert_eq!(
        forge.findings(base),
        ["LG_306@+0", "LG_308@+0"],
        "unsigned, and what follows from it is missing"
    );
    // Behind finality.
    let mut world = at(Phase::Final);
    let emit = plain("wrap.emitted", ORCHESTRATOR, named());
    let wrapped = {
        let mut other = at(Phase::Final);
        finish(&mut other, PAC);
        last(&other, "wrap.bound")
    };
    let base = world.size();
    let follow = |data: Value| plain("wrap.bound", ORCHESTRATOR, data).after(base);
    expect("a wrap", &world, &[emit.clone(), follow(wrapped.clone())], &[]);
    for (name, value) in [
        ("merkle_root", json!("ab".repeat(32))),
        ("opdo_final_hash", json!("ab".repeat(32))),
        ("child_pdo_count", json!(3)),
        ("waived", json!(["A1"])),
        ("wrap_id", json!("WRAP-X")),
        ("human_review_ber", json!("BER-HUMAN-X")),
    ] {
        expect(
            name,
            &world,
            &[emit.clone(), follow(with(wrapped.clone(), json!({name: value})))],
            &["LG_308@+1"],
        );
    }
    expect(
        "voided when FINAL",
        &world,
        &[plain("opdo.voided", ORCHESTRATOR, with(named(), json!({"reason": "x"})))],
        &["LG_308@+0"],
    );
    expect("a wrap by an agent", &world, &[Draft { actor: "GID-01", ..emit.clone() }], &["LG_308@+0"]);
    finish(&mut world, PAC);
    let mut forge = Forge::new(&world);
    let from = forge.size();
    forge.add(&emit);
    forge.add(&plain("pac.issued", SERVICE, orders(PAC)));
    forge.add(&plain(
        "channel.declared",
        ORCHESTRATOR,
        with(named(), json!({"channel_id": "c", "members": ["GID-01", "GID-02"], "purpose": "x"})),
    ));
    // Each entry behind the WRAP is one too many.
    assert_eq!(forge.findings(from), ["LG_308@+0", "LG_308@+1", "LG_308@+2"]);
}

#[test]
fn discipline() {
    let mut world = at(Phase::Planned);
    let order = |change: Value| plain("pac.issued", SERVICE, with(orders(PAC), change));
    expect("issued twice", &world, &[order(json!({}))], &["LG_308@+0"]);
    let elsewhere = |draft: Draft<'static>| Draft { stream: "pac/PAC-NEW-P1", ..draft };
    for change in [
        json!({"gateway_checks": null}),
        json!({"gateway_checks": {"governance": [], "authority": "GID-00"}}),
    ] {
        let mut new = elsewhere(order(json!({"pac_id": "PAC-NEW-P1"})));
        new.data = with(new.data, change);
        let mut forge = Forge::new(&world);
        let from = forge.size();
        forge.add(&new);
        assert_eq!(forge.findings(from), ["LG_308@+0"]);
    }
    expect(
        "a PAC of another stream",
        &world,
        &[elsewhere(plain("gateway.opened", ORCHESTRATOR, named()))],
        &["LG_308@+0"],
    );
    let new = json!({"pac_id": "PAC-NEW-P1"});
    expect(
        "a step of no PAC",
        &world,
        &[elsewhere(plain("gateway.opened", ORCHESTRATOR, new))],
        &["LG_308@+0"],
    );
    expect("opened twice", &world, &[plain("gateway.opened", ORCHESTRATOR, named())], &["LG_308@+0"]);
    // A violation, and what becomes of it.
    let message = with(named(), json!({"to": ["GID-01"], "digest": digest(5)}));
    assert_eq!(world.code("message", "GID-02", message), "GS_207");
    let violation = last(&world, "violation.recorded");
    let base = world.size() - 1;
    let before = {
        let mut forge = Forge::new(&world);
        forge.entries.pop();
        forge
    };
    for (change, expected) in [
        (json!({}), vec![]),
        (json!({"severity": "WARNING"}), vec!["LG_308@+0"]),
        (json!({"code": "GS_999"}), vec!["LG_308@+0"]),
        (json!({"actor": "GID-01"}), vec!["LG_308@+0"]),
    ] {
        let mut forge = Forge { entries: before.entries.clone() };
        forge.add(&plain("violation.recorded", "GID-02", with(violation.clone(), change.clone())));
        assert_eq!(forge.findings(base), expected, "{change}");
    }
    let resolve = |actor, entries: Value| {
        plain("gateway.resolved", actor, with(named(), json!({"violations": entries, "reason": "x"})))
    };
    expect("resolved", &world, &[resolve(ORCHESTRATOR, json!([base]))], &[]);
    expect("resolved by an agent", &world, &[resolve("GID-02", json!([base]))], &["LG_308@+0"]);
    expect(
        "resolved by a human",
        &world,
        &[Draft { auth: Auth::Signed, signs: true, ..resolve(ADMIN, json!([base])) }],
        &["LG_308@+0"],
    );
    expect("resolved without naming it", &world, &[resolve(ORCHESTRATOR, json!([]))], &["LG_308@+0"]);
    expect(
        "work while BLOCKED",
        &world,
        &[plain("dispatch.authorized", ORCHESTRATOR, of(1))],
        &["LG_308@+0"],
    );
}
