//! The lifecycle: what a step of a PAC costs beside its commit, a large dense PAC, replay, and memory in front of many closed ones.

use crate::context::Context;
use crate::harness::{Durability, Race, Sample, Spread};
use crate::program::Program;
use crate::report::{Row, Target};
use crate::scene::Scene;
use ledger_core::entry::Entry;
use ledger_core::event::{Event, EventKind};
use ledger_core::intent::{Bearer, Intent};
use ledger_core::ledger::Ledger;
use ledger_core::names::Gid;
use ledger_core::opdo;
use ledger_core::replay::Replay;
use ledger_core::rules::pac::{self, Pac};
use ledger_core::rules::{Occurrence, Registry};
use ledger_core::sequencer::{Receipt, Request};
use ledger_core::store::Store as _;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

const PAC: &str = "PAC-BENCH-1";
const BENSON: &str = "GID-00";

/// Sends intents of one PAC, unsigned but where they must be.
struct Driver<'a> {
    ledger: &'a Ledger,
}

impl Driver<'_> {
    fn intent(&self, kind: &str, actor: &str, data: &Value, token: Option<&str>) -> Intent {
        let actor = Gid::new(actor).expect("actor");
        let intent = Intent::new(kind, data.to_string().as_bytes(), None, actor, None).expect("intent");
        intent.with_token(token.map(Bearer::new)).expect("token")
    }

    fn all(&self, intents: Vec<Intent>) -> Vec<Receipt> {
        let requests: Vec<Request> =
            intents.into_iter().map(|i| Request::new(vec![i]).without_proofs()).collect();
        let answers = self.ledger.submit_all(&requests);
        answers.into_iter().map(|a| a.expect("taken").pop().expect("receipt")).collect()
    }

    fn one(&self, kind: &str, actor: &str, data: &Value) -> Receipt {
        self.all(vec![self.intent(kind, actor, data, None)]).pop().expect("receipt")
    }
}

fn agent(n: usize) -> String {
    format!("GID-W{n:04}")
}

/// A ledger whose PAC of this many nodes has done everything up to the composite; each node waits for `fan` before it.
fn worked(ledger: &Ledger, nodes: usize, fan: usize) {
    let d = Driver { ledger };
    let register = |n| json!({ "gid": agent(n), "name": format!("WORKER {n}"), "lanes": ["EXECUTION"] });
    d.all((0..nodes).map(|n| d.intent("register_agent", BENSON, &register(n), None)).collect());
    let order = json!({
        "pac_id": PAC, "objective": "a benchmark", "lanes": ["EXECUTION"], "mode": "EXECUTABLE", "scope": { "paths": ["src"] },
        "gateway_checks": { "governance": ["FAIL_CLOSED"], "authority": BENSON },
    });
    d.one("issue_pac", "GID-H01", &order);
    d.one("open_gateway", BENSON, &json!({ "pac_id": PAC }));
    let node = |n: usize| json!({ "node_id": format!("N{n}"), "agent_gid": agent(n), "lane": "EXECUTION" });
    let edges: Vec<Value> = (0..nodes)
        .flat_map(|to| {
            (to.saturating_sub(fan)..to)
                .map(move |from| json!({ "from": format!("N{from}"), "to": format!("N{to}") }))
        })
        .collect();
    let graph = json!({ "pac_id": PAC, "nodes": (0..nodes).map(node).collect::<Vec<_>>(), "edges": edges });
    d.one("declare_graph", BENSON, &graph);
    let sub = |n: usize| format!("Sub-{PAC}-N{n}");
    let prepare = (0..nodes).flat_map(|n| {
        let issue = json!({ "pac_id": PAC, "node_id": format!("N{n}"), "scope": { "paths": [format!("src/{n}")] }, "tasks": ["t"] });
        let activate = json!({ "pac_id": PAC, "agent_gid": agent(n), "activated_by": BENSON });
        [d.intent("issue_sub_pac", BENSON, &issue, None), d.intent("activate", BENSON, &activate, None)]
    });
    d.all(prepare.collect());
    for n in 0..nodes {
        let of = |more: Value| {
            let mut data = json!({ "pac_id": PAC, "sub_pac_id": sub(n) });
            data.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            data
        };
        let dispatched = d.one("dispatch", BENSON, &of(json!({ "session": "s" })));
        let token = dispatched.yields["token"].as_str().expect("token").to_owned();
        let ber = json!({
            "session": "s", "status": "PASS", "quality_score": 0.9, "tasks": [{ "task": "t", "result": "PASS" }],
            "ber_id": format!("BER-{n}"), "outputs": [{ "path": format!("src/{n}/a"), "digest": format!("sha256:{n:064x}") }],
        });
        d.all(vec![
            d.intent("start", &agent(n), &of(json!({ "session": "s" })), Some(&token)),
            d.intent("submit_ber", &agent(n), &of(ber), Some(&token)),
            d.intent("accept_ber", BENSON, &json!({ "pac_id": PAC, "ber_id": format!("BER-{n}") }), None),
            d.intent("record_pdo", &agent(n), &of(json!({ "pdo_hash": format!("{n:064x}") })), None),
        ]);
    }
}

/// The entries of a ledger, and where the PAC's begin.
fn entries(scene: &Scene) -> Vec<Entry> {
    scene.store().entries(0, usize::MAX).expect("entries")
}

/// Steps of the PAC as they are decided and applied: already parsed, signed and committed.
fn apply(registry: &Registry, steps: &[(Entry, Event)]) -> Option<Pac> {
    let mut state = None;
    for (entry, event) in steps {
        let leaf = entry.parse().expect("leaf");
        let occurrence = Occurrence::new(&leaf, event);
        ledger_core::rules::permit(registry, &occurrence).expect("permitted");
        pac::next(&mut state, registry, &occurrence).expect("legal");
    }
    state
}

fn replay(entries: &[Entry]) -> Replay {
    let mut replay = Replay::default();
    for (sequence, entry) in (0..).zip(entries) {
        replay.take(sequence, entry).expect("legal");
    }
    replay
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let nodes = usize::try_from(context.size(200, 20)).expect("size");
    let (scene, ledger) = Scene::create(&context.fresh("lifecycle").join("scene"));
    worked(&ledger, nodes, 3);
    drop(ledger);
    let all = entries(&scene);
    let size = all.len() as u64;
    let of_pac = |e: &&Entry| e.parse().expect("leaf").subject.starts_with("pac/");
    let kind = |e: &Entry| EventKind::of_type(e.parse().expect("leaf").event_type).expect("type");
    let read = |e: &Entry| kind(e).read(&e.data.bytes).expect("data");
    let steps: Vec<(Entry, Event)> = all.iter().filter(of_pac).map(|e| (e.clone(), read(e))).collect();
    let kinds: Vec<EventKind> = all.iter().map(kind).collect();
    let count = steps.len() as u64;
    let after = replay(&all);
    let registry = after.registry().clone();
    // One pass takes a few milliseconds only.
    let passes = context.size(20, 1);
    let lanes = Race::new()
        .enter("decide and apply", Durability::None, || {
            Sample::timed(count * passes, || {
                (0..passes).for_each(|_| drop(black_box(apply(&registry, &steps))));
            })
        })
        .enter("replay", Durability::None, || {
            Sample::timed(size * passes, || (0..passes).for_each(|_| drop(black_box(replay(&all)))))
        })
        .enter("decode", Durability::None, || {
            Sample::timed(size * passes, || {
                (0..passes).for_each(|_| super::replay::decode(&all, &kinds, true));
            })
        })
        .run(context.rounds);
    // Of 20 microseconds, what a step takes.
    let spent: Vec<f64> = lanes[0].rates.iter().map(|rate| 1e6 / rate / 20.0).collect();
    let row = Row::new("lifecycle", format!("{count} steps of a PAC of {nodes} Sub-PACs"), "steps", lanes)
        .figure("decide and apply / 20 us", Spread::of(&spent), Target::AtMost(1.0))
        .rate("replay", "decode", Target::AtLeast(0.6))
        .note("decide and apply: leaf read, rules::permit, pac::next; no commit, signature or token");
    vec![row, dense(context), memory(context)]
}

/// A PAC of a thousand Sub-PACs and thirty thousand edges: compose, seal, prove every child.
fn dense(context: &Context) -> Row {
    let (nodes, fan) = if context.quick { (50, 10) } else { (1_000, 30) };
    let (scene, ledger) = Scene::create(&context.fresh("lifecycle-dense").join("scene"));
    worked(&ledger, nodes, fan);
    let d = Driver { ledger: &ledger };
    let begun = Instant::now();
    d.one("compose_opdo", BENSON, &json!({ "pac_id": PAC }));
    d.one("seal", BENSON, &json!({ "pac_id": PAC }));
    let sealed = begun.elapsed();
    drop(ledger);
    let replayed = replay(&entries(&scene));
    let pac = replayed.pacs().values().next().expect("the PAC");
    let document = &pac.composites.last().expect("the composite").document;
    let begun = Instant::now();
    let context_of = opdo::Context::default();
    let proof = opdo::prove(document, &document.child_pdos[nodes / 2].pdo_id, &context_of).expect("proof");
    proof.check().expect("true");
    let proven = begun.elapsed();
    let took = (sealed + proven).as_secs_f64();
    let figure = Spread { median: took, low: took, high: took };
    Row::new("lifecycle", format!("{nodes} Sub-PACs, {} edges", fan * nodes), "", Vec::new())
        .figure("compose, seal and prove / 1 s", figure, Target::AtMost(1.0))
        .note(format!(
            "compose and seal with their commits {sealed:.1?}, one child proven and checked {proven:.1?}"
        ))
}

/// Closed PACs cost a ledger nothing.
fn memory(context: &Context) -> Row {
    let many = context.size(100_000, 2_000);
    let row = Row::new("lifecycle", format!("most memory with {many} closed PACs"), "", Vec::new());
    let Some(program) = Program::new(context.program.as_deref()) else {
        return row
            .note("not measured: the binary `ledger` is not there; build it, or name it with --ledger");
    };
    let dir = context.fresh("lifecycle-memory");
    let peak = |name: &str, pacs: u64, args: &[&str]| {
        let path = dir.join(name);
        let scene = if path.exists() { Scene::at(&path) } else { closed(&path, pacs) };
        program.run_watched(&scene, args).1.unwrap_or_default() as f64
    };
    let order = "{\"pac_id\":\"PAC-NEXT\",\"objective\":\"x\",\"lanes\":[\"EXECUTION\"],\"mode\":\"EXECUTABLE\",\
        \"gateway_checks\":{\"governance\":[\"FAIL_CLOSED\"],\"authority\":\"GID-00\"}}";
    let append = ["append", "issue_pac", "--unsigned", "--data", order];
    let (few, more) = (peak("few", 100, &append), peak("many", many, &append));
    let ratio = more / few;
    let verified = peak("many", many, &["verify"]) / 1_048_576.0;
    row.figure(
        format!("append with {many} / with 100"),
        Spread { median: ratio, low: ratio, high: ratio },
        Target::AtMost(1.5),
    )
    .note(format!(
        "append: {:.0} MiB and {:.0} MiB; verify of all: {verified:.0} MiB",
        few / 1_048_576.0,
        more / 1_048_576.0
    ))
}

/// A ledger with this many PACs that were abandoned.
fn closed(path: &std::path::Path, pacs: u64) -> Scene {
    let (scene, ledger) = Scene::create(path);
    let d = Driver { ledger: &ledger };
    let numbers: Vec<u64> = (0..pacs).collect();
    for chunk in numbers.chunks(1_000) {
        let both = chunk.iter().flat_map(|n| {
            let id = format!("PAC-{n}");
            let order = json!({
                "pac_id": id, "objective": "x", "lanes": ["EXECUTION"], "mode": "EXECUTABLE",
                "gateway_checks": { "governance": ["FAIL_CLOSED"], "authority": BENSON },
            });
            let end = json!({ "pac_id": id, "reason": "done" });
            [d.intent("issue_pac", "GID-H01", &order, None), d.intent("abandon", "GID-H01", &end, None)]
        });
        d.all(both.collect());
    }
    drop(ledger);
    scene
}
