//! The log as it grows, over WebSockets: the same as by server-sent events, and the manners of the protocol.

use super::{note, served};
use ledger_server::Limits;
use ledger_tests::binary::Place;
use ledger_tests::http::{Answer, Served, request};
use ledger_tests::inside::Inside;
use ledger_tests::websocket::{Frame, Socket};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn sequence(event: &Value) -> u64 {
    event["sequence"].as_str().unwrap().parse().unwrap()
}

/// Ends the appenders also when an assertion fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn append_until(server: &Served, stop: &AtomicBool, name: &str) {
    for n in 0.. {
        let body = note(&format!("{name}-{n}"), "live").to_string();
        let Ok(mut stream) = server.try_connect() else { break };
        if stream.write_all(&request("POST", "/v1/append", &[], body.as_bytes())).is_err()
            || Answer::try_read(stream).is_none()
            || stop.load(Ordering::SeqCst)
        {
            break;
        }
    }
}

#[test]
fn a_socket_that_comes_back_misses_nothing_over_kills_under_load() {
    let (place, mut server) = served();
    let mut seen: Vec<Value> = Vec::new();
    for round in 0..3 {
        let from = seen.last().map_or(0, |e| sequence(e) + 1);
        let mut socket = Socket::open(&server, &format!("/v1/subscribe?from={from}"));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for caller in 0..8 {
                let (server, stop) = (&server, &stop);
                scope.spawn(move || append_until(server, stop, &format!("r{round}-c{caller}")));
            }
            let ending = Ending(&stop);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(400) {
                seen.push(socket.next().expect("an event"));
            }
            server.signal("KILL");
            drop(ending);
            seen.extend(socket);
        });
        drop(server);
        server = Served::start(&place);
    }
    let size = server.get("/v1/status").json()["size"].as_u64().unwrap();
    let mut socket =
        Socket::open(&server, &format!("/v1/subscribe?from={}", sequence(seen.last().unwrap()) + 1));
    while (seen.len() as u64) < size {
        seen.push(socket.next().expect("an event"));
    }
    drop(server);
    assert_eq!(seen, place.lines(["log"]));
    assert!(seen.len() > 13 + 24, "something was appended in each round: {}", seen.len());
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn both_transports_take_the_same_question_and_refuse_alike() {
    let (_place, server) = served();
    let mut notes = Socket::open(&server, "/v1/subscribe?type=note.recorded&actor=GID-H01");
    let mut all = Socket::open(&server, "/v1/subscribe?from=12");
    assert_eq!(sequence(&all.next().unwrap()), 12);
    let stranger = serde_json::json!({ "kind": "note", "actor": "GID-77", "data": { "text": "refused" } });
    assert_eq!(server.post("/v1/append", &stranger).problem(), "LG_120");
    assert_eq!(server.post("/v1/append", &note("n1", "hello")).status, 201);
    assert_eq!(notes.next().unwrap()["id"], "notes/n1");
    let kinds: Vec<Value> = (0..2).map(|_| all.next().unwrap()["type"].clone()).collect();
    assert_eq!(kinds, ["violation.recorded", "note.recorded"]);

    // As CloudEvents, either way: what the entry is as one.
    let mut private = note("pv", "hello");
    private["private"] = serde_json::json!({ "phone": "nobody's business" });
    assert_eq!(server.post("/v1/append", &private).status, 201);
    assert_eq!(all.next().unwrap()["private"], private["private"]);
    assert_eq!(notes.next().unwrap()["id"], "notes/pv");
    let event = server.get("/v1/entries/15?format=cloudevents").json();
    let mut socket = Socket::open(&server, "/v1/subscribe?from=15&format=cloudevents");
    assert_eq!((socket.next().unwrap(), event.get("private")), (event.clone(), None));
    let mut stream = server.connect();
    let asked = [("accept", "application/cloudevents+json")];
    stream.write_all(&request("GET", "/v1/subscribe?from=15", &asked, b"")).unwrap();
    let line = format!("data: {event}");
    let mut lines = BufReader::new(stream).lines();
    assert!(lines.any(|l| l.unwrap() == line), "{line}");

    let refused = |path: &str| {
        let head = Socket::over(server.connect(), path).err().unwrap();
        head.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(refused("/v1/subscribe?from=99"), "404");
    assert_eq!(
        (refused("/v1/subscribe?from=x"), refused("/v1/subscribe?since=1")),
        ("400".into(), "400".into())
    );
    // An upgrade to something else, or in an older way, is refused; a request for events is not kept from them.
    for headers in [
        [("upgrade", "chat"), ("connection", "upgrade"), ("sec-websocket-version", "13")],
        [("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-version", "8")],
    ] {
        assert_eq!(server.send("GET", "/v1/subscribe", &headers, b"").problem(), "LG_106");
    }

    // There is nothing to say to the server but hello and goodbye.
    notes.send(9, b"here?").unwrap();
    assert_eq!(notes.frame(), Some(Frame::Pong(b"here?".to_vec())));
    notes.send(8, &1000_u16.to_be_bytes()).unwrap();
    assert_eq!((notes.frame(), notes.frame()), (Some(Frame::Close(1000)), None));
    all.send(1, b"append this").unwrap();
    assert_eq!(all.frame(), Some(Frame::Close(1008)));

    // Who listens when the server stops is told, and does not keep it.
    let mut last = Socket::open(&server, "/v1/subscribe");
    let mut mute = Socket::open(&server, "/v1/subscribe");
    server.signal("TERM");
    assert_eq!(last.frame(), Some(Frame::Close(1001)));
    last.send(8, &1001_u16.to_be_bytes()).unwrap();
    assert!(server.end().success());
    assert_eq!(
        (mute.frame(), mute.frame()),
        (Some(Frame::Close(1001)), None),
        "one that does not answer is left"
    );
}

/// Waits until this many subscribers were dropped.
fn wait_for_dropped(server: &Inside, count: f64) {
    let begun = Instant::now();
    while server.figure("ledger_subscribers_dropped_total") < count {
        assert!(begun.elapsed() < Duration::from_secs(60), "{count} are not dropped");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_answers_pings_stays_and_who_does_not_is_dropped() {
    let place = Place::with_ledger();
    let limits = Limits { heartbeat: Duration::from_millis(300), ..Limits::default() };
    let server = Inside::start(&place, limits);
    let mut alive = Socket::over(server.connect(), "/v1/subscribe").unwrap();
    let mut silent = Socket::over(server.connect(), "/v1/subscribe").unwrap();
    std::thread::scope(|scope| {
        let hearing = scope.spawn(|| alive.next().expect("an event")["id"].clone());
        wait_for_dropped(&server, 1.0);
        assert_eq!(server.figure("ledger_subscribers"), 1.0);
        let body = note("n1", "for whoever is there").to_string();
        assert_eq!(server.send("POST", "/v1/append", body.as_bytes()).status, 201);
        assert_eq!(hearing.join().unwrap(), "notes/n1");
    });
    assert_eq!(silent.frame(), Some(Frame::Ping(Vec::new())));
    assert_eq!(silent.frame(), None, "the line is cut");
}

#[test]
fn who_does_not_read_is_dropped_and_not_an_event() {
    let place = Place::with_ledger();
    let limits = Limits { patience: Duration::from_millis(500), ..Limits::default() };
    let server = Inside::start(&place, limits);
    let mut deaf = server.connect();
    deaf.write_all(&request("GET", "/v1/subscribe?from=0", &[], b"")).unwrap();
    let mut deaf_socket = Socket::over(server.connect(), "/v1/subscribe?from=0").unwrap();
    let mut hearing = Socket::over(server.connect(), "/v1/subscribe?from=0").unwrap();
    let big = "x".repeat(900_000);
    std::thread::scope(|scope| {
        let heard =
            scope.spawn(|| (0..13 + 8).map(|_| sequence(&hearing.next().unwrap())).collect::<Vec<_>>());
        for n in 0..8 {
            let body = note(&format!("big{n}"), &big).to_string();
            assert_eq!(server.send("POST", "/v1/append", body.as_bytes()).status, 201);
        }
        wait_for_dropped(&server, 2.0);
        assert_eq!(
            heard.join().unwrap(),
            (0..21).collect::<Vec<_>>(),
            "who reads misses nothing because of them"
        );
    });
    assert_eq!(server.figure("ledger_subscribers"), 1.0);
    // What reached them is the beginning, cut off.
    let mut rest = Vec::new();
    deaf.read_to_end(&mut rest).unwrap();
    assert!((5000..8 * 900_000).contains(&rest.len()), "{}", rest.len());
    assert!(deaf_socket.by_ref().count() < 21);
}
