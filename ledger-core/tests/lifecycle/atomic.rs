//! What must hold of every commit: all of an intent or nothing of it, the same in every run, whatever else is in the batch.

use crate::finish::{answers, finish, step, verdict};
use crate::world::{
    ADMIN, ORCHESTRATOR, OTHER_REVIEWER, REVIEWER, SERVICE, Script, World, birth, code, digest, order,
};
use ledger_core::rules::pac::sub_pac::SubPacState;
use ledger_core::sequencer::Request;
use ledger_core::store::Store as _;
use ledger_core::store::fault::FaultDisk;
use ledger_core::store::local::{self, LocalOptions};
use serde_json::{Value, json};

pub const PAC: &str = "PAC-ATLAS-P1";

/// A PAC with an open gateway and A1 to A2 over a DATA_FLOW edge, both issued and activated.
pub fn planned(world: &mut World, pac_id: &str) {
    world.ok("issue_pac", SERVICE, order(pac_id));
    world.ok("open_gateway", ORCHESTRATOR, json!({"pac_id": pac_id}));
    let node =
        |n: u8| json!({"node_id": format!("A{n}"), "agent_gid": format!("GID-0{n}"), "lane": "EXECUTION"});
    let edges = json!([{"from": "A1", "to": "A2", "type": "DATA_FLOW"}]);
    world.ok("graph", ORCHESTRATOR, json!({"pac_id": pac_id, "nodes": [node(1), node(2)], "edges": edges}));
    for n in 1..=2 {
        world.ok("sub_pac", ORCHESTRATOR, json!({"pac_id": pac_id, "node_id": format!("A{n}")}));
        let data = json!({"pac_id": pac_id, "agent_gid": format!("GID-0{n}"), "activated_by": ORCHESTRATOR});
        world.ok("activate", ORCHESTRATOR, data);
    }
}

pub fn sub_pac(pac_id: &str, n: u8) -> String {
    format!("Sub-{pac_id}-A{n}")
}

pub fn dispatch(world: &mut World, pac_id: &str, n: u8) -> String {
    let data = json!({"pac_id": pac_id, "sub_pac_id": sub_pac(pac_id, n), "session": "s"});
    world.ok("dispatch", ORCHESTRATOR, data).yields["token"].as_str().unwrap().to_owned()
}

pub fn start_data(pac_id: &str, n: u8) -> Value {
    json!({"pac_id": pac_id, "sub_pac_id": sub_pac(pac_id, n), "session": "s"})
}

pub fn ber_data(pac_id: &str, n: u8) -> Value {
    json!({
        "pac_id": pac_id, "sub_pac_id": sub_pac(pac_id, n), "session": "s", "status": "PASS", "quality_score": 0.9,
        "tasks": [{"task": "build", "result": "PASS"}],
        "outputs": [{"path": format!("src/{n}.rs"), "digest": digest(u64::from(n))}],
    })
}

#[test]
fn an_orchestration_goes_from_pac_to_wrap_and_every_run_gives_the_same_bytes() {
    let run = || {
        let mut world = World::new();
        planned(&mut world, PAC);
        finish(&mut world, PAC);
        world.assert_replays(PAC);
        world.assert_clean();
        world.export()
    };
    assert_eq!(run(), run());
}

#[test]
fn a_challenge_is_good_for_one_verdict() {
    let mut world = World::new();
    planned(&mut world, PAC);
    while world.pac(PAC).unwrap().phase().as_str() != "SEALED" {
        step(&mut world, PAC);
    }
    verdict(&mut world, PAC, REVIEWER, "APPROVE", &json!({}));
    let last = world.entries().pop().unwrap();
    let again: Value = serde_json::from_slice(&last.data.bytes).unwrap();
    assert_eq!(world.code("give_verdict", REVIEWER, again.clone()), "GS_312");
    world.ok("open_review", REVIEWER, json!({"pac_id": PAC}));
    assert_eq!(world.code("give_verdict", REVIEWER, again), "GS_312");
}

#[test]
fn a_change_of_the_registry_in_the_same_commit_judges_nothing_that_was_before() {
    for batch in [false, true] {
        let mut world = World::new();
        planned(&mut world, PAC);
        world.reopen();
        let change = world.intent("change_agent", ORCHESTRATOR, &json!({"gid": "GID-01", "lanes": []}));
        let channel =
            json!({"pac_id": PAC, "channel_id": "c", "members": ["GID-02", "GID-04"], "purpose": "x"});
        let channel = world.intent("declare_channel", ORCHESTRATOR, &channel);
        let requests = if batch {
            vec![Request::new(vec![change, channel])]
        } else {
            vec![Request::new(vec![change]), Request::new(vec![channel])]
        };
        let answers = world.submit(&requests);
        assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().map(code).collect::<Vec<_>>());
        world.assert_replays(PAC);
        world.assert_clean();
    }
}

#[test]
fn what_is_undone_in_a_commit_is_loaded_again_as_it_was_judged() {
    let mut world = World::new();
    planned(&mut world, PAC);
    let of = |world: &mut World, kind: &str, id: &str| {
        let data = json!({"pac_id": PAC, "channel_id": id, "members": ["GID-02", "GID-12"], "purpose": "x"});
        world.intent(kind, ORCHESTRATOR, &data)
    };
    let first = of(&mut world, "declare_channel", "one");
    let retire = world.intent("retire_agent", ORCHESTRATOR, &json!({"gid": "GID-12", "reason": "done"}));
    let abandon = world.intent("abandon", ORCHESTRATOR, &json!({"pac_id": PAC, "reason": "x"}));
    let bad = of(&mut world, "declare_channel", "two");
    let last = world.intent(
        "activate",
        ORCHESTRATOR,
        &json!({"pac_id": PAC, "agent_gid": "GID-04", "activated_by": "GID-00"}),
    );
    let requests = [vec![first], vec![retire], vec![abandon, bad], vec![last]].map(Request::new);
    let codes: Vec<String> = world.submit(&requests).iter().map(code).collect();
    // The channel is refused because the PAC is closed then.
    assert_eq!(codes, ["ok", "ok", "LG_152", "ok"]);
    world.assert_replays(PAC);
    world.assert_clean();
}

#[test]
fn the_policy_can_raise_a_limit_and_not_lift_it() {
    let mut world = World::new();
    let mut set = |more: Value| {
        let mut policy = json!({"version": 2, "require": {}});
        policy.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        world.code("set_policy", ADMIN, policy)
    };
    for bad in [
        json!({"review_latency_ms": 0}),
        json!({"review_latency_ms": 4_999}),
        json!({"review_latency_ms": 300_001}),
        json!({"dispatch_seconds": 0}),
        json!({"dispatch_seconds": 604_801}),
    ] {
        assert_eq!(set(bad.clone()), "LG_101", "{bad}");
    }
    assert_eq!(set(json!({"review_latency_ms": 300_000, "dispatch_seconds": 604_800})), "ok");
}

#[test]
fn the_longest_ids_lead_to_a_wrap_as_well() {
    let mut world = World::new();
    let id = format!("PAC-{}", "A".repeat(120));
    world.ok("issue_pac", SERVICE, order(&id));
    world.ok("open_gateway", ORCHESTRATOR, json!({"pac_id": id}));
    let node =
        |name: String, n: u8| json!({"node_id": name, "agent_gid": format!("GID-0{n}"), "lane": "EXECUTION"});
    let nodes = json!([node("N".repeat(64), 1), node(format!("{}M", "N".repeat(63)), 2)]);
    world.ok("graph", ORCHESTRATOR, json!({"pac_id": id, "nodes": nodes}));
    finish(&mut world, &id);
    world.assert_clean();
}

#[test]
fn work_that_failed_claims_no_path() {
    let mut world = World::new();
    world.ok("issue_pac", SERVICE, order(PAC));
    world.ok("open_gateway", ORCHESTRATOR, json!({"pac_id": PAC}));
    let node = |n: u8| json!({"node_id": format!("A{n}"), "agent_gid": format!("GID-0{n}"), "lane": "EXECUTION", "optional": true});
    world.ok("graph", ORCHESTRATOR, json!({"pac_id": PAC, "nodes": [node(1), node(2)]}));
    for n in 1..=2 {
        world.ok("sub_pac", ORCHESTRATOR, json!({"pac_id": PAC, "node_id": format!("A{n}")}));
        let data = json!({"pac_id": PAC, "agent_gid": format!("GID-0{n}"), "activated_by": ORCHESTRATOR});
        world.ok("activate", ORCHESTRATOR, data);
    }
    let mut file = |n: u8, status: &str, expected: &str| {
        let token = dispatch(&mut world, PAC, n);
        world.act_with("start", &format!("GID-0{n}"), start_data(PAC, n), &token).unwrap();
        let mut ber = ber_data(PAC, n);
        (ber["status"], ber["outputs"][0]["path"]) = (json!(status), json!("src/same.rs"));
        assert_eq!(code(&world.act_with("submit_ber", &format!("GID-0{n}"), ber, &token)), expected);
    };
    file(1, "FAIL", "ok");
    file(2, "PASS", "ok");
    // The same for one that is waived.
    world.ok("retry", ORCHESTRATOR, json!({"pac_id": PAC, "sub_pac_id": sub_pac(PAC, 1)}));
    world.ok("waive", ADMIN, json!({"pac_id": PAC, "node_id": "A2", "reason": "enough"}));
    let token = dispatch(&mut world, PAC, 1);
    world.act_with("start", "GID-01", start_data(PAC, 1), &token).unwrap();
    let mut ber = ber_data(PAC, 1);
    ber["outputs"][0]["path"] = json!("src/same.rs");
    assert_eq!(code(&world.act_with("submit_ber", "GID-01", ber, &token)), "ok");
}

#[test]
fn a_forbidden_action_is_forbidden_however_it_is_spaced() {
    let mut world = World::new();
    planned(&mut world, PAC);
    let token = dispatch(&mut world, PAC, 1);
    world.act_with("start", "GID-01", start_data(PAC, 1), &token).unwrap();
    for action in ["deploy", "DEPLOY", " deploy", "deploy ", "de\u{200b}ploy"] {
        let mut ber = ber_data(PAC, 1);
        ber["actions"] = json!([action]);
        let got = code(&world.act_with("submit_ber", "GID-01", ber, &token));
        assert!(["GS_201", "GS_116"].contains(&got.as_str()), "{action:?}: {got}");
        let pac = world.pac(PAC).unwrap();
        let open: Vec<u64> = pac.gateway.open.iter().map(|(s, _)| *s).collect();
        if !open.is_empty() {
            world.ok(
                "resolve_gateway",
                ORCHESTRATOR,
                json!({"pac_id": PAC, "violations": open, "reason": "x"}),
            );
        }
    }
}

/// A ledger on a disk that fails on demand.
fn on(disk: &FaultDisk) -> World {
    let options = LocalOptions::default();
    let mut store = local::create(&disk.backing(), birth().entries[0].leaf_hash(), &options).unwrap();
    store.append(&store.head(), &birth().entries).unwrap();
    World::over(Box::new(store), Script::new(), 1 << 32).populate()
}

/// The same after a power cut, opened again.
fn after(disk: &FaultDisk, seed: u64, clock: &Script) -> World {
    let after = disk.power_cut(seed);
    let store = local::open(&after.backing(), &LocalOptions::default()).unwrap();
    World::over(Box::new(store), clock.clone(), 3 << 32)
}

fn count(world: &World, kind: &str) -> usize {
    world.entries().iter().filter(|e| e.parse().unwrap().event_type == kind).count()
}

#[test]
fn a_dispatch_is_there_with_its_token_or_not_at_all_wherever_the_power_is_cut() {
    let (mut with, mut without) = (0, 0);
    for k in 0.. {
        let disk = FaultDisk::new(k);
        let mut world = on(&disk);
        planned(&mut world, PAC);
        disk.freeze_after(k);
        let answer = world.act("dispatch", ORCHESTRATOR, start_data(PAC, 1));
        let (frozen, clock) = (answer.is_err(), world.clock.clone());
        drop(world);
        for seed in 0..4 {
            let mut world = after(&disk, seed, &clock);
            let dispatched = count(&world, "dispatch.authorized");
            assert_eq!(dispatched, count(&world, "token.issued"), "write {k}");
            assert!(frozen || dispatched == 1, "write {k}: what was acknowledged is gone");
            let state = world.pac(PAC).unwrap().sub_pac(&sub_pac(PAC, 1)).unwrap().state;
            assert_eq!(state == SubPacState::Dispatched, dispatched == 1);
            *(if dispatched == 1 { &mut with } else { &mut without }) += 1;
            world.assert_clean();
            finish(&mut world, PAC);
            world.assert_clean();
        }
        if !frozen {
            break;
        }
    }
    assert!(with > 0 && without > 0, "{with} {without}");
}

#[test]
fn a_life_goes_on_wherever_the_power_is_cut() {
    let operations = {
        let disk = FaultDisk::new(0);
        let mut world = on(&disk);
        let before = disk.operations();
        planned(&mut world, PAC);
        finish(&mut world, PAC);
        disk.operations() - before
    };
    assert!(operations > 60, "{operations}");
    for k in (0..operations).step_by(5) {
        let disk = FaultDisk::new(k);
        let mut world = on(&disk);
        disk.freeze_after(k);
        let clock = world.clock.clone();
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            planned(&mut world, PAC);
            finish(&mut world, PAC);
        }));
        assert!(lived.is_err(), "nothing failed at {k}");
        let mut world = after(&disk, k, &clock);
        world.assert_clean();
        if world.pac(PAC).is_none() {
            planned(&mut world, PAC);
        }
        finish(&mut world, PAC);
        world.assert_clean();
        assert_eq!(count(&world, "wrap.emitted"), 1);
    }
}

#[test]
fn more_pacs_than_are_kept_go_on_all_the_same() {
    let mut world = World::new();
    planned(&mut world, PAC);
    let issue = |world: &mut World, n: u32| {
        Request::new(vec![world.intent("issue_pac", SERVICE, &order(&format!("PAC-X-{n}")))]).without_proofs()
    };
    for round in 0..3 {
        let requests: Vec<Request> = (0..700).map(|n| issue(&mut world, round * 700 + n)).collect();
        assert!(world.submit(&requests).iter().all(Result::is_ok));
        for _ in 0..4 {
            step(&mut world, PAC);
        }
        world.assert_replays(PAC);
        finish(&mut world, &format!("PAC-X-{round}"));
        world.assert_replays(&format!("PAC-X-{round}"));
    }
    finish(&mut world, PAC);
    world.assert_clean();
}

#[test]
fn a_reviewer_who_fails_three_times_is_out_and_another_goes_on() {
    let mut world = World::new();
    planned(&mut world, PAC);
    while world.pac(PAC).unwrap().phase().as_str() != "SEALED" {
        step(&mut world, PAC);
    }
    world.ok("open_review", REVIEWER, json!({"pac_id": PAC}));
    let draw = |world: &mut World| {
        world.ok("draw_challenge", REVIEWER, json!({"pac_id": PAC})).yields["challenge_id"].clone()
    };
    let answer = |world: &mut World, challenge: &Value, expected: &str| {
        let answers = answers(world, PAC, challenge.as_str().unwrap());
        let data = json!({"pac_id": PAC, "challenge_id": challenge, "answers": answers});
        assert_eq!(world.code("answer_challenge", REVIEWER, data), expected);
    };
    let first = draw(&mut world);
    answer(&mut world, &first, "GS_315");
    world.clock.pass(10_000);
    answer(&mut world, &first, "GS_312");
    // A machine that was started anew has lost its clock: the answer counts as late.
    let second = draw(&mut world);
    world.clock.reboot();
    world.reopen();
    world.clock.pass(10_000);
    answer(&mut world, &second, "GS_314");
    // Someone else's challenge is not theirs, and what is outstanding is not given up a third time.
    let third = draw(&mut world);
    world.ok("open_review", OTHER_REVIEWER, json!({"pac_id": PAC}));
    assert_eq!(world.code("draw_challenge", REVIEWER, json!({"pac_id": PAC})), "GS_332");
    let data = json!({"pac_id": PAC, "challenge_id": third, "answers": ["0"]});
    assert_eq!(world.code("answer_challenge", OTHER_REVIEWER, data), "GS_320");
    answer(&mut world, &third, "GS_315");
    assert_eq!(world.code("draw_challenge", REVIEWER, json!({"pac_id": PAC})), "GS_332");
    world.assert_replays(PAC);
    verdict(&mut world, PAC, OTHER_REVIEWER, "APPROVE", &json!({}));
    world.assert_clean();
}

#[test]
fn of_two_dispatches_at_once_one_wins() {
    let mut world = World::new();
    planned(&mut world, PAC);
    let dispatches: Vec<Request> = (0..3)
        .map(|_| Request::new(vec![world.intent("dispatch", ORCHESTRATOR, &start_data(PAC, 1))]))
        .collect();
    let codes: Vec<String> = world.submit(&dispatches).iter().map(code).collect();
    assert_eq!(codes, ["ok", "GS_203", "GS_203"]);
    world.assert_replays(PAC);
    world.assert_clean();
}

#[test]
fn a_rejection_that_comes_before_its_seal_leaves_nothing_behind() {
    let mut world = World::new();
    planned(&mut world, PAC);
    while world.pac(PAC).unwrap().phase().as_str() != "SEALED" {
        step(&mut world, PAC);
    }
    world.ok("open_review", REVIEWER, json!({"pac_id": PAC}));
    let drawn = world.ok("draw_challenge", REVIEWER, json!({"pac_id": PAC})).yields;
    let answers = answers(&world, PAC, drawn["challenge_id"].as_str().unwrap());
    world.clock.pass(5_000);
    let data = json!({"pac_id": PAC, "challenge_id": drawn["challenge_id"], "answers": answers});
    let passed = world.ok("answer_challenge", REVIEWER, data).yields;
    // The clock was an hour ahead, and an admin says so.
    world.clock.jump(-3_600_000);
    world.ok("correct_clock", ADMIN, json!({"reason": "it was ahead"}));
    let pac = world.pac(PAC).unwrap();
    let types: Vec<Value> =
        drawn["questions"].as_array().unwrap().iter().map(|q| q["question_type"].clone()).collect();
    let given = json!({
        "pac_id": PAC, "opdo_id": drawn["opdo_id"], "merkle_root": pac.composite().unwrap().root(), "packet": drawn["packet"],
        "challenge_id": drawn["challenge_id"], "latency_ms": passed["latency_ms"], "question_types": types, "verdict": "REJECT",
        "remarks": "no", "reopen": [sub_pac(PAC, 1)],
    });
    assert_eq!(world.code("give_verdict", REVIEWER, given.clone()), "GS_442");
    world.assert_replays(PAC);
    world.clock.pass(3_600_000);
    world.ok("give_verdict", REVIEWER, given);
    world.assert_replays(PAC);
    finish(&mut world, PAC);
    world.assert_clean();
}

#[test]
fn the_original_profile_goes_the_same_way() {
    let mut world = World::new();
    planned(&mut world, PAC);
    while world.pac(PAC).unwrap().phase().as_str() != "AGGREGATING" {
        step(&mut world, PAC);
    }
    world.ok("compose_opdo", ORCHESTRATOR, json!({"pac_id": PAC, "profile": "p69"}));
    finish(&mut world, PAC);
    assert_eq!(world.pac(PAC).unwrap().composite().unwrap().profile(), "p69");
    world.assert_replays(PAC);
    world.assert_clean();
}

#[test]
fn a_token_is_good_until_it_expires() {
    let mut world = World::new();
    planned(&mut world, PAC);
    let mut data = start_data(PAC, 1);
    data["expires_in"] = json!(60);
    let token = world.ok("dispatch", ORCHESTRATOR, data).yields["token"].as_str().unwrap().to_owned();
    world.clock.pass(58_000);
    world.act_with("start", "GID-01", start_data(PAC, 1), &token).unwrap();
    world.clock.pass(2_000);
    assert_eq!(code(&world.act_with("submit_ber", "GID-01", ber_data(PAC, 1), &token)), "GS_162");
    world.assert_replays(PAC);
    finish(&mut world, PAC);
    world.assert_clean();
}

#[test]
fn the_registry_changes_under_a_pac() {
    let mut world = World::new();
    planned(&mut world, PAC);
    finish_first(&mut world);
    world.ok("change_agent", ORCHESTRATOR, json!({"gid": "GID-02", "lanes": ["STRATEGY"], "name": "NOVA"}));
    assert_eq!(world.code("dispatch", ORCHESTRATOR, start_data(PAC, 2)), "GS_118");
    world.reopen();
    let open: Vec<u64> = world.pac(PAC).unwrap().gateway.open.iter().map(|(s, _)| *s).collect();
    // The orchestrator caused it: a human resolves.
    let resolve = json!({"pac_id": PAC, "violations": open, "reason": "the lane is given back"});
    assert_eq!(world.code("resolve_gateway", ORCHESTRATOR, resolve.clone()), "LG_125");
    world.ok("resolve_gateway", ADMIN, resolve);
    world.ok("change_agent", ORCHESTRATOR, json!({"gid": "GID-02", "lanes": ["EXECUTION"]}));
    let policy = json!({"version": 2, "require": {"issue_pac": "signed"}, "human_accepts_bers": true, "dispatch_seconds": 5});
    world.ok("set_policy", ADMIN, policy);
    let token = dispatch(&mut world, PAC, 2);
    world.act_with("start", "GID-02", start_data(PAC, 2), &token).unwrap();
    world.act_with("submit_ber", "GID-02", ber_data(PAC, 2), &token).unwrap();
    let ber = world.pac(PAC).unwrap().sub_pac(&sub_pac(PAC, 2)).unwrap().ber.clone().unwrap().id;
    assert_eq!(world.code("accept_ber", ORCHESTRATOR, json!({"pac_id": PAC, "ber_id": ber})), "LG_125");
    world.ok("accept_ber", ADMIN, json!({"pac_id": PAC, "ber_id": ber}));
    world.ok(
        "record_pdo",
        "GID-02",
        json!({"pac_id": PAC, "sub_pac_id": sub_pac(PAC, 2), "pdo_hash": "ab".repeat(32)}),
    );
    world.ok("retire_agent", ORCHESTRATOR, json!({"gid": "GID-01", "reason": "done"}));
    world.ok("retire_agent", ORCHESTRATOR, json!({"gid": SERVICE, "reason": "done"}));
    world.reopen();
    finish(&mut world, PAC);
    world.assert_replays(PAC);
    world.assert_clean();
}

/// A1 to its end.
fn finish_first(world: &mut World) {
    while world.pac(PAC).unwrap().sub_pac(&sub_pac(PAC, 1)).unwrap().state != SubPacState::Complete {
        step(world, PAC);
    }
}
