//! The server: appends over HTTP beside a PostgreSQL table, what subscribers and readers wait for, its start and its memory.

use super::append_many::callers;
use crate::context::Context;
use crate::harness::{Durability, Race, Sample, Spread};
use crate::machine::{peak_memory, syncs_per_second};
use crate::peers::postgres;
use crate::program::{Program, Serving};
use crate::report::{Row, Target};
use crate::scene::Scene;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// What is appended.
const NOTE: &str = r#"{"kind":"note","actor":"GID-H01","data":{"text":"the nightly build was green; artifacts are in the store"}}"#;
/// Connections of the load.
const CONNECTIONS: &str = "64";
/// Connections of the peer.
const CLIENTS: usize = 32;

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    let Some(program) = Program::new(context.program.as_deref()) else {
        let why = "not measured: the binary `ledger` is not there; build it, or name it with --ledger";
        return vec![Row::new("served", "the server", "", Vec::new()).note(why)];
    };
    vec![appends(context, &program), reading(context, &program), start(context, &program)]
}

/// The load: wrk, with full receipts asked for on every connection as fast as they come.
fn wrk(serving: &Serving, script: &Path, seconds: u64) -> Sample {
    let begun = Instant::now();
    let output = Command::new("wrk")
        .args(["-t", "2", "-c", CONNECTIONS, "-d", &format!("{seconds}s"), "--timeout", "60s", "-s"])
        .arg(script)
        .arg(format!("{}/v1/append", serving.url))
        .output()
        .expect("wrk");
    let elapsed = begun.elapsed();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && !text.contains("Non-2xx"), "wrk: {text}");
    let count = text.lines().find_map(|l| l.trim().split_once(" requests in ")?.0.parse().ok());
    Sample { operations: count.unwrap_or_else(|| panic!("wrk: {text}")), elapsed, bytes: 0 }
}

fn appends(context: &Context, program: &Program) -> Row {
    let name = "append over HTTP, 64 connections, full receipts";
    if Command::new("wrk").arg("-v").output().is_err() {
        return Row::new("served", name, "", Vec::new()).note("not measured: wrk is not installed");
    }
    let dir = context.fresh("served");
    let scene = Scene::create(&dir.join("scene")).0;
    let serving = program.serve(&scene);
    let script = dir.join("append.lua");
    let lua = format!(
        "wrk.method = 'POST'\nwrk.headers['Authorization'] = 'Bearer {}'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = '{NOTE}'\n",
        serving.token
    );
    std::fs::write(&script, lua).expect("script");
    let (seconds, syncs) = (context.size(3, 1), syncs_per_second(&dir));
    let race = Race::new().enter(
        "ledger",
        Durability::Synced("group commit: fdatasync before the answer, checkpoint signed, inclusion proof in the receipt; TCP, token"),
        || wrk(&serving, &script, seconds),
    );
    let Some(server) = postgres::Server::start(&context.fresh("postgres")) else {
        let note = "PostgreSQL is not installed: nothing to compare with";
        return Row::new("served", name, "entries", race.run(context.rounds)).note(note).syncs(syncs);
    };
    let chains: Vec<Mutex<postgres::Chain>> = (0..CLIENTS).map(|_| Mutex::new(server.connect())).collect();
    let body = NOTE.as_bytes();
    let lanes = race
        .enter(
            "PostgreSQL chain",
            Durability::Synced("fsync, synchronous_commit, 32 clients on a Unix socket"),
            || {
                callers(CLIENTS, Duration::from_secs(seconds), body.len(), |caller| {
                    chains[caller].lock().expect("a connection").append(body);
                })
            },
        )
        .run(context.rounds);
    Row::new("served", name, "entries", lanes)
        .rate("ledger", "PostgreSQL chain", Target::AtLeast(6.0))
        .syncs(syncs)
}

fn bounded(row: Row, what: &str, seconds: &[f64], bound: f64) -> Row {
    let ratios: Vec<f64> = seconds.iter().map(|s| s / bound).collect();
    let spread = Spread::of(seconds);
    row.figure(format!("{what} / {:.0} ms", bound * 1e3), Spread::of(&ratios), Target::AtMost(1.0)).note(
        format!(
            "{what}: median {:.1} ms, {:.1} to {:.1}",
            spread.median * 1e3,
            spread.low * 1e3,
            spread.high * 1e3
        ),
    )
}

/// Ten subscribers; from the moment that an append is sent to the moment that each of them has it.
fn reading(context: &Context, program: &Program) -> Row {
    let scene = Scene::create(&context.fresh("reading").join("scene")).0;
    let serving = program.serve(&scene);
    let appends = context.size(300, 20);
    let (seen, arrivals) = channel();
    let size = serving.size();
    for _ in 0..10 {
        let (events, seen) = (serving.subscribe(size), seen.clone());
        std::thread::spawn(move || {
            for sequence in events {
                let _ = seen.send((sequence, Instant::now()));
            }
        });
    }
    let mut waits = Vec::new();
    for n in 0..appends {
        let sent = Instant::now();
        let _ = serving.post("/v1/append", NOTE);
        for _ in 0..10 {
            let (sequence, at) = arrivals.recv_timeout(Duration::from_secs(60)).expect("an event");
            assert_eq!(sequence, size + n, "events come in order");
            waits.push(at.duration_since(sent).as_secs_f64());
        }
    }
    let row = Row::new("served", "what readers of the server wait for", "", Vec::new());
    let row = bounded(row, "an append until each of 10 subscribers has it", &waits, 0.020);
    let many = 10_000_u64.div_ceil(400);
    let batch = format!("{{\"intents\":[{}]}}", vec![NOTE; 400].join(","));
    (0..many).for_each(|_| drop(serving.post("/v1/append/batch", &batch)));
    let pages: Vec<f64> = (0..context.rounds)
        .map(|_| {
            let begun = Instant::now();
            for page in 0..10 {
                let body = serving.get(&format!("/v1/entries?from={}&limit=1000", page * 1_000));
                assert!(body.contains("\"next\""), "a page of a thousand");
            }
            begun.elapsed().as_secs_f64()
        })
        .collect();
    bounded(row, "10,000 entries in pages", &pages, 1.0)
}

/// A large ledger: from the start of the process to its first answer, and the memory that it has then.
fn start(context: &Context, program: &Program) -> Row {
    let scene = context.large();
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for round in 0..=context.rounds {
        let begun = Instant::now();
        let serving = program.serve_unnamed(scene);
        let _ = serving.get("/healthz");
        let elapsed = begun.elapsed().as_secs_f64();
        std::thread::sleep(Duration::from_secs(1));
        // The first opens what a killed process left.
        if round > 0 {
            times.push(elapsed);
            memory.extend(peak_memory(serving.id()).map(|bytes| bytes as f64 / (40.0 * 1e6)));
        }
    }
    let row = Row::new("served", format!("the server on {} entries", context.entries), "", Vec::new());
    let row = bounded(row, "start to first answer", &times, 0.200);
    if memory.is_empty() {
        return row.note("memory: the system does not tell");
    }
    row.figure("most memory, idle / 40 MB", Spread::of(&memory), Target::AtMost(1.0))
}
