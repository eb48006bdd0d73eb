//! Verification as a job: what it reports, how it is watched, ended, and bounded; and of a ledger that was damaged.

use super::observed::logging;
use super::{note, served};
use ledger_tests::binary::{Place, Said};
use ledger_tests::http::Served;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn fill(server: &Served, batches: usize) {
    for batch in 0..batches {
        let intents: Vec<Value> = (0..4096).map(|n| note(&format!("b{batch}-{n}"), "x")).collect();
        assert_eq!(server.post("/v1/append/batch", &json!({ "intents": intents })).status, 200);
    }
}

/// Watches a job to its end; gives all that it was seen as.
fn watch(server: &Served, place: &str) -> Vec<Value> {
    let (mut seen, begun) = (Vec::new(), Instant::now());
    loop {
        let job = server.get(place).json();
        let ended = job["state"] != "running";
        seen.push(job);
        if ended {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{seen:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What `ledger verify --json` says, whatever its exit code.
fn verify(place: &Place, more: &[&str]) -> Value {
    let said = Said::of(place.command(["verify", "--json"].iter().chain(more)));
    said.values().pop().unwrap()
}

#[test]
fn a_job_reports_what_the_command_line_reports_and_says_how_far_it_is() {
    let (place, server) = served();
    let early = server.get("/v1/checkpoint").text().to_owned();
    fill(&server, 4);
    let begun = server.send("POST", "/v1/verifications", &[], b"");
    let job = begun.json();
    let location = begun.header("location").unwrap().to_owned();
    assert_eq!(
        (begun.status, location.as_str()),
        (202, &*format!("/v1/verifications/{}", job["id"].as_str().unwrap()))
    );
    let seen = watch(&server, &location);
    let entries = |job: &Value| job["progress"]["entries"].as_u64().unwrap();
    assert!(seen.windows(2).all(|w| entries(&w[0]) <= entries(&w[1])), "{seen:?}");
    let done = seen.last().unwrap();
    assert_eq!(
        (&done["state"], &done["progress"]),
        (&json!("done"), &json!({ "entries": 16_397, "size": 16_397 }))
    );
    assert_eq!(done["report"], verify(&place, &[]));

    // A remembered checkpoint is held against the log; one of another log does not hold.
    let with = |checkpoint: &str| {
        let begun = server.post("/v1/verifications", &json!({ "checkpoint": checkpoint }));
        watch(&server, begun.header("location").unwrap()).pop().unwrap()["report"].clone()
    };
    let report = with(&early);
    assert_eq!((&report["ok"], &report["checkpoints"]), (&json!(true), &json!(2)));
    let file = place.file("other", Place::with_ledger().json(["status"])["checkpoint"].as_str().unwrap());
    let report = with(&std::fs::read_to_string(&file).unwrap());
    assert_eq!(
        (&report["ok"], &report),
        (&json!(false), &verify(&place, &["--checkpoint", file.to_str().unwrap()]))
    );

    for (body, code) in [("[]", "LG_100"), ("{", "LG_100"), (r#"{"checkpoints":""}"#, "LG_100")] {
        assert_eq!(server.send("POST", "/v1/verifications", &[], body.as_bytes()).problem(), code, "{body}");
    }
    assert_eq!(server.get("/v1/verifications/none").problem(), "LG_621");
    assert_eq!(server.send("DELETE", "/v1/verifications/none", &[], b"").problem(), "LG_621");
    assert_eq!(server.send("PUT", &location, &[], b"{}").problem(), "LG_602");
    // The last sixteen are kept, in their order, without their reports.
    for _ in 0..15 {
        watch(&server, server.send("POST", "/v1/verifications", &[], b"").header("location").unwrap());
    }
    let list = server.get("/v1/verifications").json();
    let list = list["verifications"].as_array().unwrap();
    assert!(list.len() == 16 && list.iter().all(|j| j["state"] == "done" && j.get("report").is_none()));
    assert_eq!(server.get(&location).problem(), "LG_621", "the oldest is forgotten");
}

/// The line that says how a job ended.
fn ended(lines: &std::path::Path, job: &str) -> Value {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(lines).unwrap();
        // The last line may be half written.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let mut all = whole.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        if let Some(line) = all.find(|l| l["message"] == "a verification ended" && l["job"] == job) {
            return line;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{job} does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn jobs_are_few_end_when_told_and_do_not_keep_the_server() {
    let place = Place::with_ledger();
    let (server, lines) = logging(&place, &["--log", "json"]);
    fill(&server, 8);
    let start = || server.send("POST", "/v1/verifications", &[], b"");
    let running = [start(), start()].map(|a| a.header("location").unwrap().to_owned());
    let third = start();
    assert_eq!(
        (third.status, third.problem().as_str(), third.header("retry-after")),
        (503, "LG_204", Some("1"))
    );
    assert_eq!(server.get(&running[0]).json()["state"], "running");
    for place in &running {
        assert_eq!(server.send("DELETE", place, &[], b"").status, 204);
        assert_eq!(server.get(place).problem(), "LG_621");
    }
    // They end in the middle of the log, and their places are free.
    for place in &running {
        let end = ended(&lines, place.rsplit('/').next().unwrap());
        assert_eq!(end["code"], "LG_620", "{end}");
        assert!(end["entries"].as_u64().unwrap() < 13 + 8 * 4096, "{end}");
    }
    let begun = Instant::now();
    let next = loop {
        let next = start();
        if next.status == 202 {
            break next;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "they do not end");
        std::thread::sleep(Duration::from_millis(1));
    };
    let (mut appended, location) = (0, next.header("location").unwrap());
    while server.get(location).json()["state"] == "running" && appended < 5 {
        assert_eq!(server.post("/v1/append", &note(&format!("beside{appended}"), "x")).status, 201);
        appended += 1;
    }
    assert!(appended > 0, "the writer goes on beside it");
    watch(&server, location);
    // One that runs is ended with the server.
    let last = start().json()["id"].as_str().unwrap().to_owned();
    server.signal("TERM");
    assert!(server.end().success());
    assert_eq!(ended(&lines, &last)["code"], "LG_620");
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn damage_is_found_while_the_ledger_is_served() {
    let (place, server) = served();
    let precious = note("precious", "every word of this counts");
    assert_eq!(server.post("/v1/append", &precious).status, 201);
    let journal = place.data.join("journal/00000000.seg");
    let mut bytes = std::fs::read(&journal).unwrap();
    let at = bytes.windows(10).position(|w| w == b"every word").unwrap();
    bytes[at] = b'E';
    // Written in place: the server has the file open.
    std::os::unix::fs::FileExt::write_all_at(
        &std::fs::File::options().write(true).open(&journal).unwrap(),
        &bytes[at..=at],
        at as u64,
    )
    .unwrap();
    let begun = server.send("POST", "/v1/verifications", &[], b"");
    let done = watch(&server, begun.header("location").unwrap()).pop().unwrap();
    assert_eq!((&done["state"], &done["report"]["ok"]), (&json!("done"), &json!(false)));
    assert!(done["report"]["findings"].as_array().unwrap().iter().any(|f| f["sequence"] == 13), "{done:#}");
    assert_eq!(done["report"], verify(&place, &[]));
}
