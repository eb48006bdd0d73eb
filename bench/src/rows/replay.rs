//! Replay of state machines: registry events through `rules::next`, against decoding the same data and doing nothing with it.

use crate::context::Context;
use crate::harness::{Durability, Race, Sample};
use crate::report::{Row, Target};
use crate::scene::Scene;
use ledger_core::entry::{Entry, Leaf};
use ledger_core::event::EventKind;
use ledger_core::intent::Intent;
use ledger_core::ledger::read;
use ledger_core::names::Gid;
use ledger_core::rules::{self, Occurrence, Registry};
use ledger_core::sequencer::Request;
use std::hint::black_box;

/// Registrations, changes and retirements, as the orchestrator makes them.
fn change(n: u64) -> (&'static str, String) {
    let gid = |n: u64| format!("GID-{:05}", 1000 + n);
    match n % 4 {
        0 | 1 => (
            "register_agent",
            format!(
                "{{\"gid\":\"{}\",\"lanes\":[\"EXECUTION\",\"STRATEGY\"],\"name\":\"AGENT {n}\",\"primary_lane\":\"EXECUTION\"}}",
                gid(n)
            ),
        ),
        2 => ("change_agent", format!("{{\"gid\":\"{}\",\"lanes\":[\"GOVERNANCE\"]}}", gid(n - 2))),
        _ => {
            ("retire_agent", format!("{{\"gid\":\"{}\",\"reason\":\"replaced by another one\"}}", gid(n - 2)))
        }
    }
}

fn replay(entries: &[Entry]) -> Registry {
    let mut registry = Registry::default();
    for entry in entries {
        let leaf = Leaf::parse(&entry.leaf).expect("leaf");
        let kind = EventKind::of_type(leaf.event_type).expect("type");
        let event = kind.read(&entry.data.bytes).expect("data");
        rules::next(&mut registry, &Occurrence::new(&leaf, &event)).expect("legal");
    }
    registry
}

/// A leaf as serde reads it: every member where it belongs, nothing checked or converted.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "decoded, and nothing more")]
struct Leaves<'a> {
    actor: &'a str,
    auth: &'a str,
    cause: Option<&'a str>,
    datahash: &'a str,
    dataversion: u16,
    id: &'a str,
    keyid: Option<&'a str>,
    logid: Option<&'a str>,
    prevhash: &'a str,
    sequence: &'a str,
    signature: Option<&'a str>,
    source: &'a str,
    specversion: &'a str,
    subject: &'a str,
    subjectsequence: &'a str,
    time: &'a str,
    r#type: &'a str,
}

pub fn decode(entries: &[Entry], kinds: &[EventKind], leaves: bool) {
    for (entry, kind) in entries.iter().zip(kinds) {
        if leaves {
            black_box(serde_json::from_slice::<Leaves<'_>>(&entry.leaf).expect("leaf"));
        }
        black_box(kind.read(&entry.data.bytes).expect("data"));
    }
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let count = context.size(5_000, 400);
    let (scene, ledger) = Scene::create(&context.fresh("replay").join("scene"));
    let requests: Vec<Request> = (0..count)
        .map(|n| {
            let (kind, data) = change(n);
            let actor = Gid::new("GID-00").expect("actor");
            let intent = Intent::new(kind, data.as_bytes(), None, actor, None).expect("intent");
            Request::new(vec![intent]).without_proofs()
        })
        .collect();
    ledger.submit_all(&requests).into_iter().for_each(|answer| drop(answer.expect("appended")));
    drop(ledger);
    let store = scene.store();
    let entries = ledger_core::store::Store::entries(&store, 0, usize::MAX).expect("entries");
    let size = entries.len() as u64;
    let kind = |e: &Entry| EventKind::of_type(e.parse().expect("leaf").event_type).expect("type");
    let kinds: Vec<EventKind> = entries.iter().map(kind).collect();
    let lanes = Race::new()
        .enter("replay", Durability::None, || Sample::timed(size, || drop(black_box(replay(&entries)))))
        .enter("replay from the store", Durability::None, || {
            Sample::timed(size, || drop(black_box(read::registry_at(&store, None).expect("registry"))))
        })
        .enter("decode", Durability::None, || Sample::timed(size, || decode(&entries, &kinds, true)))
        .enter("decode of the data alone", Durability::None, || {
            Sample::timed(size, || decode(&entries, &kinds, false))
        })
        .run(context.rounds);
    vec![
        Row::new("replay", format!("replay of {size} registry events"), "events", lanes)
            .rate("replay", "decode", Target::AtLeast(0.6))
            .rate("replay from the store", "decode", Target::None)
            .rate("replay", "decode of the data alone", Target::None)
            .note("replay: leaf read and checked, data decoded, rules::next; from the store: each entry read from the journal too")
            .note("decode: serde_json of leaf and data into their types, nothing checked or kept"),
    ]
}
