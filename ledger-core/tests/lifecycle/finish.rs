//! A driver that brings a PAC to its end from wherever it is: nobody is ever stuck.
//!
//! It knows of the PAC only what anyone can read of it, and of tokens nothing: what it needs is reissued.

use crate::world::{ADMIN, ORCHESTRATOR, OTHER_REVIEWER, REVIEWER, SERVICE, World, code, digest};
use ledger_core::event::body::pac::{Mode, NodeType};
use ledger_core::review;
use ledger_core::rules::pac::gateway::GatewayState;
use ledger_core::rules::pac::sub_pac::SubPacState;
use ledger_core::rules::pac::{CompositeState, Pac};
use serde_json::json;

/// Finishes the PAC with a WRAP, or, where it is only advice, by abandoning it; panics when it cannot. Gives the number of steps.
pub fn finish(world: &mut World, pac_id: &str) -> u32 {
    for steps in 0..400 {
        let pac = world.pac(pac_id).unwrap();
        if pac.closure.is_some() {
            return steps;
        }
        advance(world, &pac);
    }
    panic!("400 steps did not finish {pac_id}: {:#?}", world.pac(pac_id).unwrap().open_items());
}

/// One step towards the end.
pub fn step(world: &mut World, pac_id: &str) {
    let pac = world.pac(pac_id).unwrap();
    advance(world, &pac);
}

fn advance(world: &mut World, pac: &Pac) {
    let id = pac.id.as_str();
    if pac.order.mode == Mode::Advisory {
        world.ok("abandon", ORCHESTRATOR, json!({"pac_id": id, "reason": "advice was given"}));
        return;
    }
    if pac.gateway.request.is_none() {
        world.ok("request_execution", SERVICE, json!({"pac_id": id}));
        return;
    }
    match pac.gateway.state {
        GatewayState::Closed => {
            world.ok("open_gateway", ORCHESTRATOR, json!({"pac_id": id}));
        }
        GatewayState::Blocked => {
            let by_orchestrator = pac.gateway.open.iter().any(|(_, by)| by == ORCHESTRATOR);
            let violations: Vec<u64> = pac.gateway.open.iter().map(|(sequence, _)| *sequence).collect();
            let actor = if by_orchestrator { ADMIN } else { ORCHESTRATOR };
            let data = json!({"pac_id": id, "violations": violations, "reason": "understood"});
            world.ok("resolve_gateway", actor, data);
        }
        GatewayState::Open => work(world, pac),
    }
}

fn work(world: &mut World, pac: &Pac) {
    let id = pac.id.as_str();
    let Some(graph) = &pac.graph else {
        let nodes = json!([{"node_id": "A1", "agent_gid": "GID-01", "lane": "EXECUTION"}]);
        world.ok("declare_graph", ORCHESTRATOR, json!({"pac_id": id, "nodes": nodes}));
        return;
    };
    for place in graph.places().filter(|p| p.node.node_type == NodeType::AgentNode && !p.is_done()) {
        let agent = place.node.agent_gid.as_ref().unwrap().as_str().to_owned();
        let Some(sub) = &place.sub_pac else {
            let data = json!({"pac_id": id, "node_id": place.node.node_id, "lane": "EXECUTION"});
            world.ok("issue_sub_pac", ORCHESTRATOR, data);
            return;
        };
        if !pac.activations.contains_key(&agent) {
            let data = json!({"pac_id": id, "agent_gid": agent, "activated_by": ORCHESTRATOR});
            world.ok("activate", ORCHESTRATOR, data);
            return;
        }
        if !place.is_ready() && place.state() != Some(SubPacState::Failed) {
            continue;
        }
        go_on(world, id, sub.id.as_str(), &agent);
        return;
    }
    close(world, pac);
}

/// One attempt from where it is to its PDO.
pub fn go_on(world: &mut World, id: &str, sub_pac: &str, agent: &str) {
    let named = json!({"pac_id": id, "sub_pac_id": sub_pac});
    let pac = world.pac(id).unwrap();
    let sub = pac.sub_pac(sub_pac).unwrap();
    match sub.state {
        SubPacState::Issued => {
            world.ok("dispatch", ORCHESTRATOR, named);
        }
        SubPacState::Dispatched | SubPacState::Executing => {
            let data = json!({"pac_id": id, "sub_pac_id": sub_pac, "reason": "lost", "session": "s"});
            let token = world.ok("reissue", ORCHESTRATOR, data).yields["token"].as_str().unwrap().to_owned();
            let data = json!({"pac_id": id, "sub_pac_id": sub_pac, "session": "s"});
            if sub.state == SubPacState::Dispatched {
                world.act_with("start", agent, data, &token).unwrap();
            }
            let path = format!("src/finish/{agent}-{}", sub.attempt);
            let allowed = sub.scope.paths.as_ref().and_then(|paths| paths.first());
            let path = allowed.map_or(path.clone(), |a| format!("{}/finish-{agent}", a.place()));
            let ber = json!({
                "pac_id": id, "sub_pac_id": sub_pac, "session": "s", "status": "PASS", "quality_score": 0.875,
                "tasks": [{"task": format!("the work of {agent}"), "result": "PASS"}],
                "outputs": [{"path": path, "digest": digest(u64::from(sub.attempt))}],
            });
            world.act_with("submit_ber", agent, ber, &token).unwrap_or_else(|e| panic!("{} {e}", e.code));
        }
        SubPacState::BerPending => {
            let ber = sub.ber.as_ref().unwrap();
            let data = json!({"pac_id": id, "ber_id": ber.id});
            if let Err(e) = world.act("accept_ber", ORCHESTRATOR, data) {
                assert_eq!(code::<()>(&Err(e)), "LG_157", "a pending BER is refused for its violation alone");
                let data = json!({"pac_id": id, "ber_id": ber.id, "reason": "it reports a violation"});
                world.ok("reject_ber", ORCHESTRATOR, data);
            }
        }
        SubPacState::PdoPending => {
            world.ok(
                "record_pdo",
                agent,
                json!({"pac_id": id, "sub_pac_id": sub_pac, "pdo_hash": "ab".repeat(32)}),
            );
        }
        SubPacState::Failed => {
            world.ok("retry", ORCHESTRATOR, named);
        }
        state => panic!("{sub_pac} is {state:?}, and not done"),
    }
}

fn close(world: &mut World, pac: &Pac) {
    let id = pac.id.as_str();
    let named = json!({"pac_id": id});
    let Some(composite) = pac.composite() else {
        world.ok("compose_opdo", ORCHESTRATOR, named);
        return;
    };
    match composite.state() {
        CompositeState::Draft => {
            world.ok("seal", ORCHESTRATOR, named);
        }
        CompositeState::Sealed => {
            let ber = review_it(world, id, pac.requester.as_str());
            world.ok("finalize", ORCHESTRATOR, json!({"pac_id": id, "human_review_ber_id": ber}));
        }
        CompositeState::Final => {
            world.ok("emit_wrap", ORCHESTRATOR, named);
        }
        CompositeState::Void => unreachable!("a VOID composite is none"),
    }
}

/// A review by whoever may; an admin unlocks when nobody can. Gives the id of the approval.
pub fn review_it(world: &mut World, id: &str, requester: &str) -> String {
    let reviewer = [REVIEWER, OTHER_REVIEWER, ADMIN]
        .into_iter()
        .find(|gid| *gid != requester && world.pac(id).unwrap().reviews.failures_of(gid) < 2);
    let reviewer = reviewer.unwrap_or_else(|| {
        let data = json!({"pac_id": id, "reviewer": REVIEWER, "reason": "they are the last"});
        world.ok("unlock_review", ADMIN, data);
        REVIEWER
    });
    let receipt = verdict(world, id, reviewer, "APPROVE", &json!({}));
    receipt["human_review_ber_id"].as_str().unwrap().to_owned()
}

/// A whole review by one person; gives what the verdict yields.
pub fn verdict(
    world: &mut World,
    id: &str,
    reviewer: &str,
    verdict: &str,
    more: &serde_json::Value,
) -> ledger_core::sequencer::Yields {
    world.ok("open_review", reviewer, json!({"pac_id": id}));
    let drawn = world.ok("draw_challenge", reviewer, json!({"pac_id": id})).yields;
    let answers = answers(world, id, drawn["challenge_id"].as_str().unwrap());
    world.clock.pass(5_000);
    let passed = world.ok(
        "answer_challenge",
        reviewer,
        json!({"pac_id": id, "challenge_id": drawn["challenge_id"], "answers": answers}),
    );
    let pac = world.pac(id).unwrap();
    let types: Vec<_> =
        drawn["questions"].as_array().unwrap().iter().map(|q| q["question_type"].clone()).collect();
    let mut data = json!({
        "pac_id": id, "opdo_id": drawn["opdo_id"], "merkle_root": pac.composite().unwrap().root(), "packet": drawn["packet"],
        "challenge_id": drawn["challenge_id"], "latency_ms": passed.yields["latency_ms"], "question_types": types,
        "verdict": verdict,
    });
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    world.ok("give_verdict", reviewer, data).yields
}

/// The right answers to a challenge: those of someone who has read.
pub fn answers(world: &World, id: &str, challenge: &str) -> Vec<String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(challenge, &mut bytes).unwrap();
    let content = world.pac(id).unwrap().content();
    review::draw(&content, &bytes).iter().map(review::Question::expected).collect()
}
