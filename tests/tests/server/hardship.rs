//! What the server survives: clients that hang, kills in the middle of everything, and being stopped.

use super::{note, served};
use ledger_tests::binary::{Place, Said};
use ledger_tests::http::{Answer, Served, request};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn what_was_acknowledged_under_load_survives_kill_9() {
    let (place, server) = served();
    let stop = AtomicBool::new(false);
    let acknowledged: Vec<(String, u64)> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|caller| {
                let (server, stop) = (&server, &stop);
                scope.spawn(move || {
                    let mut taken = Vec::new();
                    while !stop.load(Ordering::SeqCst) {
                        let id = format!("c{caller}-{}", taken.len());
                        let Ok(mut stream) = server.try_connect() else { break };
                        let body = note(&id, "under load").to_string();
                        if stream.write_all(&request("POST", "/v1/append", &[], body.as_bytes())).is_err() {
                            break;
                        }
                        let Some(answer) = Answer::try_read(stream) else { break };
                        assert_eq!(answer.status, 201, "{answer:?}");
                        taken.push((id, answer.json()["sequence"].as_u64().unwrap()));
                    }
                    taken
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(700));
        server.signal("KILL");
        stop.store(true, Ordering::SeqCst);
        callers.into_iter().flat_map(|c| c.join().unwrap()).collect()
    });
    assert!(acknowledged.len() > 16, "{}", acknowledged.len());
    assert!(!server.end().success());

    // The socket that it left is in nobody's way, and everything is there once.
    let server = Served::start(&place);
    for (id, sequence) in acknowledged.iter().step_by(7) {
        let entry = server.get(&format!("/v1/entries/{sequence}")).json();
        assert_eq!(entry["id"], format!("notes/{id}"));
        let again = server.post("/v1/append", &note(id, "under load"));
        assert_eq!((again.status, again.json()["sequence"].as_u64()), (200, Some(*sequence)));
    }
    drop(server);
    let report = place.json(["verify"]);
    assert_eq!(report["ok"], true, "{report:#}");
}

#[test]
fn clients_that_hang_stop_nobody_and_the_server_ends_in_order() {
    let (place, server) = served();
    let mut half_a_header = server.connect();
    half_a_header.write_all(b"GET /v1/status HTT").unwrap();
    let mut half_a_body = server.connect();
    let whole = request("POST", "/v1/append", &[], note("half", "never whole").to_string().as_bytes());
    half_a_body.write_all(&whole[..whole.len() - 9]).unwrap();
    let _idle: Vec<_> = (0..200).map(|_| server.connect()).collect();
    let begun = Instant::now();
    assert_eq!(server.post("/v1/append", &note("n1", "beside them")).status, 201);
    assert!(begun.elapsed() < Duration::from_secs(5));

    let (socket, begun) = (server.socket.clone(), Instant::now());
    server.signal("TERM");
    assert!(server.end().success());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(!socket.exists());
    // Half an intent is none, and the ledger was closed in order.
    assert!(place.lines(["log"]).iter().all(|l| l["id"] != "notes/half"));
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn the_socket_is_its_owners_and_a_ledger_has_one_server() {
    let (place, server) = served();
    let mode = std::fs::metadata(&server.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let said = |args: &[&str]| place.run(args).error();
    assert_eq!(said(&["serve"]), "LG_204", "the ledger is taken");
    // Another ledger cannot take the socket of this one, nor a place where something else is.
    let other = Place::with_ledger();
    let at = |path: &str| Said::of(other.command(["serve", "--socket", path])).error();
    assert_eq!(at(server.socket.to_str().unwrap()), "LG_600");
    let file = other.file("a-file", "precious");
    assert_eq!(at(file.to_str().unwrap()), "LG_600");
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    assert_eq!(at(&format!("/tmp/{}", "x".repeat(200))), "LG_600");
    assert_eq!(server.get("/healthz").status, 200, "still");

    // A socket elsewhere is found by the command line all the same, and nothing of it stays.
    let socket = other.root().join("elsewhere.sock");
    let elsewhere = Served::start_at(&other, &socket);
    let before = elsewhere.get("/v1/status").json()["size"].clone();
    other.note("through the link");
    assert_eq!(elsewhere.get("/v1/status").json()["size"].as_u64(), Some(before.as_u64().unwrap() + 1));
    elsewhere.signal("TERM");
    assert!(elsewhere.end().success());
    assert!(!socket.exists() && std::fs::symlink_metadata(other.data.join("serve.sock")).is_err());

    // Nor does what a killed one leaves stand in the way, whichever way the next one is started.
    for next in [other.data.join("serve.sock"), socket.clone(), other.data.join("serve.sock")] {
        let killed = Served::start_at(&other, &socket);
        killed.signal("KILL");
        assert!(!killed.end().success());
        let again = Served::start_at(&other, &next);
        other.note("and again");
        again.signal("KILL");
        assert!(!again.end().success());
    }
}
