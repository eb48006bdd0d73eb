//! Many at a time, and some of them rude: a thousand that listen while fifty append, more than may wait, and clients that dribble.

use super::{note, served};
use ledger_core::sequencer::queue::Bounds;
use ledger_server::Limits;
use ledger_tests::binary::Place;
use ledger_tests::http::{Served, request};
use ledger_tests::inside::Inside;
use ledger_tests::websocket::Socket;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Subscribers.
const LISTENERS: usize = 1_000;
/// Callers that append.
const CALLERS: usize = 50;
/// Appends of each.
const APPENDS: usize = 20;
/// Memory that the server may take for all of them: some tens of KiB for a subscriber, and what it has anyway.
const MEMORY: f64 = 128e6;

/// Lets this process have so many files open; gives whether it may.
fn may_open(files: u64) -> bool {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|now| now < files) {
        limit.current = Some(files);
        return setrlimit(Resource::Nofile, limit).is_ok();
    }
    true
}

/// Reads server-sent events until this many came; gives their sequences.
fn read_events(stream: &mut UnixStream, count: usize) -> Vec<u64> {
    let (mut text, mut part) = (Vec::new(), [0; 16 << 10]);
    loop {
        let whole = String::from_utf8_lossy(&text);
        // Chunks may be cut anywhere but are written after whole events: what has an empty line behind it is whole.
        let ids: Vec<u64> = whole.lines().filter_map(|l| l.strip_prefix("id: ")?.parse().ok()).collect();
        if ids.len() >= count {
            return ids;
        }
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the line was cut after {} events", ids.len());
        text.extend_from_slice(&part[..read]);
    }
}

fn figure(server: &Served, name: &str) -> f64 {
    server.get("/metrics").figure(name)
}

#[test]
fn a_thousand_listen_while_fifty_append() {
    if !may_open(4_096) {
        eprintln!("not tested: this system lets a process have fewer than 4,096 files open");
        return;
    }
    let (place, server) = served();
    // Half of them wait for something that comes once at the end; they hold a place and nothing else.
    let mut streams: Vec<UnixStream> = (0..LISTENERS / 2)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&request("GET", "/v1/subscribe?stream=notes/last", &[], b"")).unwrap();
            stream
        })
        .collect();
    let mut sockets: Vec<Socket> =
        (0..LISTENERS / 2 - 1).map(|_| Socket::open(&server, "/v1/subscribe?stream=notes/last")).collect();
    let mut all = Socket::open(&server, "/v1/subscribe?from=0");
    while figure(&server, "ledger_subscribers") < LISTENERS as f64 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let before = figure(&server, "process_resident_memory_bytes");
    let taken = AtomicUsize::new(0);
    let heard = std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (server, taken) = (&server, &taken);
            scope.spawn(move || {
                for n in 0..APPENDS {
                    let answer = server.post("/v1/append", &note(&format!("c{caller}-{n}"), "in a crowd"));
                    assert_eq!(answer.status, 201, "{answer:?}");
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let all = &mut all;
        let total = 13 + CALLERS * APPENDS;
        scope
            .spawn(move || (0..total).map(|_| all.next().expect("an event")).collect::<Vec<_>>())
            .join()
            .unwrap()
    });
    assert_eq!(taken.load(Ordering::Relaxed), CALLERS * APPENDS);
    assert_eq!(heard, place.lines(["log"]));
    let mut last = note("the-end", "for all");
    last["stream"] = "notes/last".into();
    assert_eq!(server.post("/v1/append", &last).status, 201);
    let sequence = 13 + (CALLERS * APPENDS) as u64;
    for stream in &mut streams {
        assert_eq!(read_events(stream, 1), [sequence]);
    }
    for socket in &mut sockets {
        assert_eq!(socket.next().unwrap()["id"], "notes/last/the-end");
    }
    let after = figure(&server, "process_resident_memory_bytes");
    assert!(after < MEMORY, "{before} bytes, then {after}");
    assert_eq!(figure(&server, "ledger_subscribers_dropped_total"), 0.0);
    drop((streams, sockets, all));
    // Who leaves holds nothing, and not only from the next heartbeat on.
    let begun = Instant::now();
    while figure(&server, "ledger_connections") > 1.0 || figure(&server, "ledger_subscribers") > 0.0 {
        assert!(begun.elapsed() < Duration::from_secs(9), "they are still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends bytes one by one, until the server has had enough; gives how many it took, and what it said.
fn dribble(mut stream: UnixStream, bytes: &[u8]) -> (usize, Vec<u8>) {
    let mut heard = stream.try_clone().unwrap();
    let answer = std::thread::spawn(move || {
        let mut answer = Vec::new();
        let _ = heard.read_to_end(&mut answer);
        answer
    });
    let mut sent = 0;
    while sent < bytes.len() && !answer.is_finished() && stream.write_all(&bytes[sent..=sent]).is_ok() {
        sent += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    (sent, answer.join().unwrap())
}

#[test]
fn clients_that_dribble_are_given_up() {
    let place = Place::with_ledger();
    let limits = Limits {
        connections: 2,
        header_time: Duration::from_millis(300),
        request_time: Duration::from_millis(500),
        ..Limits::default()
    };
    let server = Inside::start(&place, limits);
    // Half a minute of headers, and of a body.
    let headers = request("GET", "/v1/status", &[("x-filler", &"x".repeat(3_000))], b"");
    let body =
        request("POST", "/v1/append", &[], note("dribbled", &"x".repeat(3_000)).to_string().as_bytes());
    let (begin, rest) = body.split_at(body.len() - 3_000);
    let mut stream = server.connect();
    stream.write_all(begin).unwrap();
    let ((sent, said), (sent_body, said_body)) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| dribble(server.connect(), &headers));
        let slow_body = scope.spawn(|| dribble(stream, rest));
        (slow.join().unwrap(), slow_body.join().unwrap())
    });
    assert!(
        sent < headers.len() && !said.starts_with(b"HTTP/1.1 2"),
        "{sent}: {:?}",
        String::from_utf8_lossy(&said)
    );
    let said_body = String::from_utf8_lossy(&said_body).into_owned();
    assert!(
        sent_body < rest.len() && said_body.starts_with("HTTP/1.1 408") && said_body.contains("LG_603"),
        "{sent_body}: {said_body}"
    );
    // Both places are free for whoever speaks up; half an intent is none.
    assert_eq!(server.send("GET", "/v1/status", b"").json()["size"], 13);
    // One that is connected and says nothing at all is given up as well.
    let mut mute = server.connect();
    let mut nothing = Vec::new();
    mute.read_to_end(&mut nothing).unwrap();
    assert!(!nothing.starts_with(b"HTTP/1.1 2"));
    assert!(server.end());
}

#[test]
fn what_does_not_fit_into_the_queue_is_told_when_to_come_back_and_was_never_taken() {
    let place = Place::with_ledger();
    let bounds = Bounds { requests: 2, bytes: 1 << 20 };
    let server = Inside::start_with(&place, Limits::default(), bounds);
    let append = |id: &str| server.send("POST", "/v1/append", note(id, "x").to_string().as_bytes());
    let waiting = |n: usize| {
        let begun = Instant::now();
        while server.service.waiting().0 != n {
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", server.service.waiting());
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    std::thread::scope(|scope| {
        // Whoever has the writer keeps everyone else waiting; the first is with the sequencer already, and waits for it there.
        let writer = server.service.ledger().sequencer();
        let mut taken = vec![scope.spawn(|| append("q0"))];
        // It is in nobody's hands for a moment; then the sequencer has it.
        std::thread::sleep(Duration::from_millis(200));
        waiting(0);
        for (n, id) in ["q1", "q2"].into_iter().enumerate() {
            taken.push(scope.spawn(move || append(id)));
            waiting(n + 1);
        }
        let refused = append("q3");
        assert_eq!(
            (refused.status, refused.problem().as_str(), refused.header("retry-after")),
            (503, "LG_204", Some("1"))
        );
        drop(writer);
        for answer in taken {
            assert_eq!(answer.join().unwrap().status, 201);
        }
    });
    assert_eq!(append("q3").status, 201, "it was never taken, and there is room again");
    assert_eq!(server.send("GET", "/v1/status", b"").json()["size"], 13 + 4);
    assert!(server.end());
}
