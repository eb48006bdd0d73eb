//! The log as it grows, as its subscribers see it.

use super::{note, served};
use ledger_tests::http::{Served, request};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// An event as it came.
#[derive(Debug)]
struct Event {
    id: u64,
    kind: String,
    data: Value,
}

/// A body in chunks, which may be cut anywhere.
struct Chunks {
    line: BufReader<UnixStream>,
    left: usize,
}

impl Read for Chunks {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.left == 0 {
            let mut size = String::new();
            if self.line.read_line(&mut size)? == 0 {
                return Ok(0);
            }
            // A line end stands behind each chunk.
            if let Ok(size) = usize::from_str_radix(size.trim_end(), 16) {
                if size == 0 {
                    return Ok(0);
                }
                self.left = size;
            }
        }
        let most = self.left.min(out.len());
        let count = self.line.read(&mut out[..most])?;
        self.left -= count;
        Ok(count)
    }
}

/// A subscriber's end of the line.
struct Feed(BufReader<Chunks>);

impl Feed {
    fn open(server: &Served, path: &str, last: Option<u64>) -> Self {
        let mut stream = server.connect();
        let last = last.map(|id| id.to_string());
        let headers: Vec<(&str, &str)> = last.iter().map(|id| ("last-event-id", id.as_str())).collect();
        stream.write_all(&request("GET", path, &headers, b"")).unwrap();
        let mut line = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(line.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        Self(BufReader::new(Chunks { line, left: 0 }))
    }

    /// The next event; `None` when the line is cut.
    fn next(&mut self) -> Option<Event> {
        let mut members = BTreeMap::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 || !line.ends_with('\n') {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => drop(members.insert(name.to_owned(), value.to_owned())),
                None if members.contains_key("data") => break,
                None => members.clear(),
            }
        }
        let data = serde_json::from_str(&members["data"]).unwrap();
        Some(Event { id: members["id"].parse().unwrap(), kind: members["event"].clone(), data })
    }
}

/// Ends the appenders also when an assertion fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_subscriber_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let (place, server) = served();
    let mut seen: Vec<Event> = Vec::new();
    let mut server = server;
    for round in 0..3 {
        let last = seen.last().map(|e| e.id);
        // The first time from the beginning, into what is being appended.
        let mut feed = Feed::open(&server, "/v1/subscribe?from=0", last);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for caller in 0..8 {
                let (server, stop) = (&server, &stop);
                scope.spawn(move || {
                    for n in 0.. {
                        let body = note(&format!("r{round}-c{caller}-{n}"), "live").to_string();
                        let Ok(mut stream) = server.try_connect() else { break };
                        if stream.write_all(&request("POST", "/v1/append", &[], body.as_bytes())).is_err()
                            || ledger_tests::http::Answer::try_read(stream).is_none()
                            || stop.load(Ordering::SeqCst)
                        {
                            break;
                        }
                    }
                });
            }
            let ending = Ending(&stop);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(400) {
                seen.push(feed.next().expect("an event"));
            }
            server.signal("KILL");
            drop(ending);
            while let Some(event) = feed.next() {
                seen.push(event);
            }
        });
        drop(server);
        server = Served::start(&place);
    }
    let rest = server.get("/v1/status").json()["size"].as_u64().unwrap();
    let mut feed = Feed::open(&server, "/v1/subscribe", seen.last().map(|e| e.id));
    while (seen.len() as u64) < rest {
        seen.push(feed.next().expect("an event"));
    }
    drop(server);
    let lines = place.lines(["log"]);
    assert_eq!(seen.len(), lines.len());
    for (n, (event, line)) in seen.iter().zip(&lines).enumerate() {
        assert_eq!(
            (event.id, &event.kind, &event.data),
            (n as u64, &line["type"].as_str().unwrap().to_owned(), line)
        );
    }
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn many_listen_and_each_hears_what_it_asked_for_at_once() {
    let (_place, server) = served();
    let mut idle: Vec<Feed> =
        (0..300).map(|_| Feed::open(&server, "/v1/subscribe?stream=pac/PAC-NEVER", None)).collect();
    let mut notes = Feed::open(&server, "/v1/subscribe?type=note.recorded&actor=GID-H01", None);
    let mut all = Feed::open(&server, "/v1/subscribe", None);
    let stranger = serde_json::json!({ "kind": "note", "actor": "GID-77", "data": { "text": "refused" } });
    assert_eq!(server.post("/v1/append", &stranger).problem(), "LG_120");
    let begun = Instant::now();
    assert_eq!(server.post("/v1/append", &note("n1", "hello")).status, 201);
    let heard = notes.next().unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "the commit woke it, not the heartbeat: {:?}",
        begun.elapsed()
    );
    assert_eq!((heard.data["id"].as_str(), heard.id), (Some("notes/n1"), 14));
    let both: Vec<String> = (0..2).map(|_| all.next().unwrap().kind).collect();
    assert_eq!(both, ["violation.recorded", "note.recorded"], "what is recorded of a refusal is heard too");

    for (path, code) in [("from=99", "LG_209"), ("from=x", "LG_106"), ("since=1", "LG_106")] {
        assert_eq!(server.get(&format!("/v1/subscribe?{path}")).problem(), code, "{path}");
    }
    let back = server.send("GET", "/v1/subscribe", &[("last-event-id", "yesterday")], b"");
    assert_eq!(back.problem(), "LG_106");

    // Streams do not keep a server that is told to end.
    let begun = Instant::now();
    server.signal("TERM");
    assert!(server.end().success());
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "they ended, and were not given up: {:?}",
        begun.elapsed()
    );
    assert!(idle.iter_mut().all(|feed| feed.next().is_none()));
}
