//! Every state and step, in a table that can be read: `tables.txt`, made anew with `UPDATE_DOCS=1 cargo test`.

use crate::atomic::{PAC, ber_data, dispatch, planned, start_data, sub_pac};
use crate::finish::{answers, finish, step};
use crate::world::{ADMIN, ORCHESTRATOR, REVIEWER, SERVICE, World, code, digest, order};
use ledger_core::event::{EventKind, StreamRule};
use ledger_core::rules::pac::gateway::{GatewayState, GatewayStep};
use ledger_core::rules::pac::sub_pac::{Step, SubPacState};
use ledger_core::rules::pac::{Pac, Phase, review};
use serde_json::{Value, json};
use std::fmt::Write as _;

fn with(mut data: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    data
}

fn named() -> Value {
    json!({"pac_id": PAC})
}

fn until(phase: Phase) -> World {
    let mut world = World::new();
    planned(&mut world, PAC);
    while world.pac(PAC).unwrap().phase() != phase {
        step(&mut world, PAC);
    }
    world
}

/// A PAC with A1 working, as far as `state`.
fn working(state: SubPacState) -> World {
    let mut world = World::new();
    planned(&mut world, PAC);
    let token = dispatch(&mut world, PAC, 1);
    if state == SubPacState::Dispatched {
        return world;
    }
    world.act_with("start", "GID-01", start_data(PAC, 1), &token).unwrap();
    if state == SubPacState::Executing {
        return world;
    }
    world.act_with("ber", "GID-01", with(ber_data(PAC, 1), json!({"ber_id": "BER-1"})), &token).unwrap();
    match state {
        SubPacState::PdoPending => {
            drop(world.ok("accept_ber", ORCHESTRATOR, with(named(), json!({"ber_id": "BER-1"}))))
        }
        SubPacState::Failed => {
            drop(world.ok(
                "reject_ber",
                ORCHESTRATOR,
                with(named(), json!({"ber_id": "BER-1", "reason": "no test"})),
            ));
        }
        _ => {}
    }
    world
}

/// Where a PAC can be.
fn places() -> Vec<(&'static str, World)> {
    let issued = |by: &str, mode: &str, open: bool| {
        let mut world = World::new();
        world.ok("issue_pac", by, with(order(PAC), json!({"mode": mode})));
        if open {
            world.ok("open_gateway", ORCHESTRATOR, named());
        }
        world
    };
    let mut draft = until(Phase::Aggregating);
    step(&mut draft, PAC);
    let mut void = draft.fork();
    void.ok("void_opdo", ORCHESTRATOR, with(named(), json!({"reason": "wrong"})));
    let mut blocked = working(SubPacState::Executing);
    assert_eq!(
        blocked.code("message", "GID-02", with(named(), json!({"to": ["GID-01"], "digest": digest(1)}))),
        "GS_207"
    );
    let mut complete = until(Phase::Final);
    let last = complete.fork();
    finish(&mut complete, PAC);
    let mut abandoned = World::new();
    planned(&mut abandoned, PAC);
    abandoned.ok("abandon", ORCHESTRATOR, with(named(), json!({"reason": "withdrawn"})));
    vec![
        ("none", World::new()),
        ("unasked", issued("GID-08", "EXECUTABLE", false)),
        ("closed", issued(SERVICE, "EXECUTABLE", false)),
        ("advice", issued(SERVICE, "ADVISORY", true)),
        ("open", issued(SERVICE, "EXECUTABLE", true)),
        ("planned", until(Phase::Planned)),
        ("given", working(SubPacState::Dispatched)),
        ("works", working(SubPacState::Executing)),
        ("ber", working(SubPacState::BerPending)),
        ("pdo", working(SubPacState::PdoPending)),
        ("failed", working(SubPacState::Failed)),
        ("blocked", blocked),
        ("done", until(Phase::Aggregating)),
        ("draft", draft),
        ("void", void),
        ("sealed", until(Phase::Sealed)),
        ("final", last),
        ("wrapped", complete),
        ("left", abandoned),
    ]
}

/// What whoever may would send.
fn intent(world: &World, kind: &str) -> (&'static str, Value) {
    let pac = world.pac(PAC);
    let of = |more: Value| with(json!({"pac_id": PAC, "sub_pac_id": sub_pac(PAC, 1)}), more);
    let more = |more: Value| with(named(), more);
    match kind {
        "issue_pac" => (SERVICE, order(PAC)),
        "request_execution" => (SERVICE, named()),
        "resolve_gateway" => {
            let open: Vec<u64> = pac.iter().flat_map(|p| p.gateway.open.iter().map(|(s, _)| *s)).collect();
            (ORCHESTRATOR, more(json!({"violations": open, "reason": "understood"})))
        }
        "declare_graph" => {
            let nodes = json!([{"node_id": "A1", "agent_gid": "GID-01", "lane": "EXECUTION"}]);
            (ORCHESTRATOR, more(json!({"nodes": nodes})))
        }
        "declare_channel" => {
            (ORCHESTRATOR, more(json!({"channel_id": "c", "members": ["GID-01", "GID-02"], "purpose": "x"})))
        }
        "issue_sub_pac" => (ORCHESTRATOR, more(json!({"node_id": "A1", "lane": "EXECUTION"}))),
        "activate" => (ORCHESTRATOR, more(json!({"agent_gid": "GID-04", "activated_by": ORCHESTRATOR}))),
        "dispatch" => (ORCHESTRATOR, of(json!({"session": "s"}))),
        "reissue" => (ORCHESTRATOR, of(json!({"session": "s", "reason": "lost"}))),
        "revoke_token" => (ORCHESTRATOR, more(json!({"token_id": "ab".repeat(64), "reason": "seen"}))),
        "retry" => (ORCHESTRATOR, of(json!({}))),
        "waive" => (ADMIN, more(json!({"node_id": "A1", "reason": "enough"}))),
        "start" => ("GID-01", start_data(PAC, 1)),
        "message" => ("GID-01", more(json!({"to": ["GID-02"], "digest": digest(1)}))),
        "submit_ber" => ("GID-01", ber_data(PAC, 1)),
        "accept_ber" => (ORCHESTRATOR, more(json!({"ber_id": ber_of(pac.as_ref())}))),
        "reject_ber" => (ORCHESTRATOR, more(json!({"ber_id": ber_of(pac.as_ref()), "reason": "no test"}))),
        "record_pdo" => ("GID-01", of(json!({"pdo_hash": "ab".repeat(32)}))),
        "fail" => ("GID-01", of(json!({"reason": "gone"}))),
        "void_opdo" => (ORCHESTRATOR, more(json!({"reason": "wrong"}))),
        "open_review" | "draw_challenge" => (REVIEWER, named()),
        "answer_challenge" => {
            let last = pac.as_ref().and_then(|p| p.reviews.challenges.last());
            let id = last.map_or_else(|| "00".repeat(32), |c| hex::encode(c.id));
            let answers = if pac.is_some() { answers(world, PAC, &id) } else { vec![] };
            (REVIEWER, more(json!({"challenge_id": id, "answers": answers})))
        }
        "give_verdict" => (REVIEWER, verdict(pac.as_ref())),
        "unlock_review" => (ADMIN, more(json!({"reviewer": REVIEWER, "reason": "misread"}))),
        "finalize" => {
            let ber = pac.as_ref().and_then(|p| p.reviews.given.iter().rev().find_map(|r| r.ber_id.clone()));
            (
                ORCHESTRATOR,
                more(json!({"human_review_ber_id": ber.unwrap_or_else(|| "BER-HUMAN-X".to_owned())})),
            )
        }
        "abandon" => (ORCHESTRATOR, more(json!({"reason": "withdrawn"}))),
        "open_gateway" | "compose_opdo" | "seal" | "emit_wrap" => (ORCHESTRATOR, named()),
        other => panic!("{other} is new: say what it looks like"),
    }
}

fn ber_of(pac: Option<&Pac>) -> String {
    let ber = pac.and_then(|p| p.sub_pac(&sub_pac(PAC, 1))).and_then(|s| s.ber.as_ref());
    ber.map_or_else(|| "BER-X".to_owned(), |b| b.id.clone())
}

fn verdict(pac: Option<&Pac>) -> Value {
    let composite = pac.and_then(Pac::composite);
    let last = pac.and_then(|p| p.reviews.challenges.last());
    let latency = last.and_then(|c| {
        if let review::Ending::Passed { latency_ms } = c.ending { Some(latency_ms) } else { None }
    });
    let packet =
        pac.and_then(|p| p.packet_digest().ok()).map_or_else(|| digest(0), |d| d.as_str().to_owned());
    json!({
        "pac_id": PAC, "opdo_id": composite.map_or("OPDO-NONE", |c| c.id()), "packet": packet,
        "merkle_root": composite.and_then(|c| c.root().map(str::to_owned)).unwrap_or_else(|| "00".repeat(32)),
        "challenge_id": last.map(|c| hex::encode(c.id)), "latency_ms": latency, "question_types": last.map(|c| c.question_types.clone()).unwrap_or_default(),
        "verdict": "APPROVE",
    })
}

/// The answer to this kind in a copy of the world; a token is fetched where one can be.
fn answer(world: &World, kind: &str, actor: Option<&str>) -> String {
    let mut world = world.fork();
    let (usual, data) = intent(&world, kind);
    let mut token = None;
    // A copy of the token is not kept: it is reissued, which changes nothing else.
    let granted =
        world.pac(PAC).is_some_and(|p| p.sub_pac(&sub_pac(PAC, 1)).is_some_and(|s| s.grant.is_some()));
    if matches!(kind, "start" | "submit_ber") && granted {
        let (by, lost) = intent(&world, "reissue");
        token = world.act("reissue", by, lost).ok().map(|r| r.yields["token"].as_str().unwrap().to_owned());
    }
    let actor = actor.unwrap_or(usual);
    match token {
        Some(token) => code(&world.act_with(kind, actor, data, &token)),
        None => world.code(kind, actor, data),
    }
}

fn kinds() -> Vec<&'static str> {
    let of_pac = |k: &&EventKind| k.row().stream == StreamRule::Pac;
    EventKind::ALL.iter().filter(of_pac).filter_map(|k| k.row().kind).collect()
}

/// A table of these rows and columns; `ok` is a dot, so that what is refused stands out.
fn table(out: &mut String, title: &str, columns: &[&str], rows: &[(String, Vec<String>)]) {
    let first = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let width =
        |n: usize| rows.iter().map(|(_, cells)| cells[n].len()).chain([columns[n].len()]).max().unwrap_or(0);
    let line = |name: &str, cells: &mut dyn Iterator<Item = &str>| {
        let cells: String = cells.enumerate().map(|(n, cell)| format!("  {cell:w$}", w = width(n))).collect();
        format!("{name:first$}{cells}").trim_end().to_owned()
    };
    let _ = write!(out, "{title}\n\n{}\n", line("", &mut columns.iter().copied()));
    for (name, cells) in rows {
        let _ = writeln!(out, "{}", line(name, &mut cells.iter().map(String::as_str)));
    }
    out.push_str("\n\n");
}

fn short(code: &str) -> String {
    if code == "ok" { ".".to_owned() } else { code.replace("GS_", "").replace("LG_", "L") }
}

fn machines(out: &mut String) {
    let to = |state: Option<&str>| state.unwrap_or("-").to_owned();
    let steps: Vec<String> = Step::ALL.iter().map(|s| format!("{s:?}")).collect();
    let rows: Vec<(String, Vec<String>)> = SubPacState::ALL
        .iter()
        .map(|s| {
            (
                s.as_str().to_owned(),
                Step::ALL.iter().map(|step| to(s.after(*step).map(SubPacState::as_str))).collect(),
            )
        })
        .collect();
    let columns: Vec<&str> = steps.iter().map(String::as_str).collect();
    table(out, "Sub-PAC: the state after each step", &columns, &rows);
    let steps: Vec<String> = GatewayStep::ALL.iter().map(|s| format!("{s:?}")).collect();
    let rows: Vec<(String, Vec<String>)> = GatewayState::ALL
        .iter()
        .map(|s| {
            (
                s.as_str().to_owned(),
                GatewayStep::ALL.iter().map(|step| to(s.after(*step).map(GatewayState::as_str))).collect(),
            )
        })
        .collect();
    let columns: Vec<&str> = steps.iter().map(String::as_str).collect();
    table(out, "Gateway: the state after each step", &columns, &rows);
}

/// Where the review of one person can be.
fn reviews(out: &mut String) {
    let sealed = until(Phase::Sealed);
    let then = |world: &World, steps: &[&str]| {
        let mut world = world.fork();
        for kind in steps {
            let (kind, wait, wrong) = match *kind {
                "answer" => ("answer_challenge", 5_000, false),
                "early" => ("answer_challenge", 4_000, false),
                "late" => ("answer_challenge", 300_001, false),
                "wrong" => ("answer_challenge", 5_000, true),
                "hour" => {
                    world.clock.pass(3_600_001);
                    continue;
                }
                kind => (kind, 0, false),
            };
            world.clock.pass(wait);
            let (actor, mut data) = intent(&world, kind);
            if wrong {
                data["answers"] = json!(vec!["0"; data["answers"].as_array().unwrap().len()]);
            }
            let _ = world.act(kind, actor, data);
        }
        world
    };
    const OPENED: &[&str] = &["open_review"];
    const DRAWN: &[&str] = &["open_review", "draw_challenge"];
    const PASSED: &[&str] = &["open_review", "draw_challenge", "answer"];
    let given = [PASSED, &["give_verdict"]].concat();
    let states: Vec<(&str, Vec<&str>)> = vec![
        ("sealed", vec![]),
        ("opened", OPENED.to_vec()),
        ("drawn", DRAWN.to_vec()),
        ("given up and drawn", [DRAWN, &["draw_challenge"]].concat()),
        ("wrong", [DRAWN, &["wrong"]].concat()),
        ("early", [DRAWN, &["early"]].concat()),
        ("late", [DRAWN, &["late"]].concat()),
        ("passed", PASSED.to_vec()),
        ("passed, an hour ago", [PASSED, &["hour"]].concat()),
        ("passed and drawn", [PASSED, &["draw_challenge"]].concat()),
        ("approved", given.clone()),
        ("approved and opened", [&given[..], OPENED].concat()),
        ("twice wrong and drawn", [DRAWN, &["wrong", "draw_challenge", "wrong", "draw_challenge"]].concat()),
        ("locked", [DRAWN, &["wrong", "draw_challenge", "wrong", "draw_challenge", "wrong"]].concat()),
        (
            "locked, unlocked",
            [DRAWN, &["wrong", "draw_challenge", "wrong", "draw_challenge", "wrong", "unlock_review"]]
                .concat(),
        ),
        ("passed, then VOID", [PASSED, &["void_opdo"]].concat()),
        ("drawn, then VOID and sealed", [DRAWN, &["void_opdo", "compose_opdo", "seal"]].concat()),
        ("passed, then VOID and sealed", [PASSED, &["void_opdo", "compose_opdo", "seal"]].concat()),
        ("approved, then VOID and sealed", [&given[..], &["void_opdo", "compose_opdo", "seal"]].concat()),
        ("approved, then FINAL", [&given[..], &["finalize"]].concat()),
    ];
    let columns = ["open", "draw", "answer", "early", "late", "wrong", "verdict", "unlock", "finalize"];
    let rows: Vec<(String, Vec<String>)> = states
        .iter()
        .map(|(name, steps)| {
            let world = then(&sealed, steps);
            let said = |column: &&str| {
                let (kind, wait) = match *column {
                    "open" => ("open_review", 0),
                    "draw" => ("draw_challenge", 0),
                    "early" => ("answer_challenge", 4_000),
                    "late" => ("answer_challenge", 300_001),
                    "answer" | "wrong" => ("answer_challenge", 5_000),
                    "verdict" => ("give_verdict", 0),
                    "unlock" => ("unlock_review", 0),
                    kind => (kind, 0),
                };
                let mut world = world.fork();
                world.clock.pass(wait);
                let (actor, mut data) = intent(&world, kind);
                if *column == "wrong" {
                    data["answers"] = json!(vec!["0"; data["answers"].as_array().unwrap().len()]);
                }
                short(&world.code(kind, actor, data))
            };
            ((*name).to_owned(), columns.iter().map(said).collect())
        })
        .collect();
    table(out, "Review: the answer to each step of one reviewer", &columns, &rows);
}

#[test]
fn every_state_and_step_is_as_the_table_says() {
    let mut out = String::from(
        "Made by ledger-core/tests/lifecycle/tables.rs: UPDATE_DOCS=1 cargo test -p ledger-core --test lifecycle tables\n\
         A dot is yes. 203 is GS_203, L156 is LG_156: `ledger explain` tells what each means.\n\n\n",
    );
    machines(&mut out);
    reviews(&mut out);
    let places = places();
    let columns: Vec<&str> = places.iter().map(|(name, _)| *name).collect();
    let rows: Vec<(String, Vec<String>)> = kinds()
        .into_iter()
        .map(|kind| {
            (kind.to_owned(), places.iter().map(|(_, world)| short(&answer(world, kind, None))).collect())
        })
        .collect();
    table(
        &mut out,
        "PAC: the answer to each kind of intent, by whoever may, about node A1 (A2 waits for it)",
        &columns,
        &rows,
    );
    let actors = ["GID-00", "GID-01", "GID-02", "GID-12", "GID-S01", "GID-H01", "GID-H02", "GID-99"];
    let columns = ["BENSON", "A1", "A2", "idle", "service", "admin", "human", "stranger"];
    for (name, which) in [("working", "works"), ("sealed", "sealed")] {
        let world = &places.iter().find(|(n, _)| *n == which).unwrap().1;
        let rows: Vec<(String, Vec<String>)> = kinds()
            .into_iter()
            .map(|kind| {
                (kind.to_owned(), actors.iter().map(|a| short(&answer(world, kind, Some(a)))).collect())
            })
            .collect();
        table(&mut out, &format!("Who: the answer to each of them, where A1 is {name}"), &columns, &rows);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lifecycle/tables.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &out).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), out, "run UPDATE_DOCS=1 cargo test");
}
