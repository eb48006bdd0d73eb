//! What is known of requests: ids that reach the entries, lines on standard error, figures, and a dashboard that asks for nothing else.

use super::{note, served};
use ledger_tests::binary::Place;
use ledger_tests::http::Served;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Serves with these arguments, standard error in a file.
pub(super) fn logging(place: &Place, more: &[&str]) -> (Served, PathBuf) {
    let (socket, file) = (place.data.join("serve.sock"), place.root().join("stderr"));
    let mut command = place.command(["serve", "--listen", "none"].iter().chain(more));
    command.stderr(std::fs::File::create(&file).unwrap());
    (Served::start_as(command, &socket), file)
}

#[test]
fn a_request_its_line_and_its_entries_have_one_id() {
    let place = Place::with_ledger();
    let (server, file) = logging(&place, &["--log", "json"]);
    let unnamed = |text: &str| json!({ "kind": "note", "actor": "GID-H01", "data": { "text": text } });
    let body = unnamed("a secret of ours").to_string();
    let one = server.send("POST", "/v1/append", &[("x-request-id", "their-own.7")], body.as_bytes());
    let id = one.header("x-request-id").unwrap().to_owned();
    assert_eq!(
        (id.len(), id.as_bytes()[14], one.json()["id"].as_str()),
        (36, b'7', Some(&*format!("notes/{id}")))
    );
    // In a batch each has its place behind it; a name of its own stays.
    let batch = server
        .post("/v1/append/batch", &json!({ "intents": [unnamed("1"), note("mine", "2"), unnamed("3")] }));
    let request = batch.header("x-request-id").unwrap().to_owned();
    let ids: Vec<Value> =
        batch.json()["results"].as_array().unwrap().iter().map(|r| r["id"].clone()).collect();
    assert_eq!(ids, [format!("notes/{request}-0"), "notes/mine".to_owned(), format!("notes/{request}-2")]);
    // Refusals have one too, whatever is wrong; a client's own is never taken for ours.
    let nowhere = server.send("GET", "/nowhere?token=hush", &[("x-request-id", "not an id")], b"");
    assert!(nowhere.header("x-request-id").is_some_and(|id| id.len() == 36) && nowhere.status == 404);
    assert_eq!(server.get("/healthz").status, 200);
    server.signal("TERM");
    assert!(server.end().success());

    let text = std::fs::read_to_string(&file).unwrap();
    for secret in ["a secret", "hush", "not an id"] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    let lines: Vec<Value> =
        text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
    let of = |id: &str| lines.iter().filter(|l| l["span"]["request_id"] == *id).collect::<Vec<_>>();
    let lines_of_one = of(&id);
    assert_eq!(lines_of_one.len(), 1, "{lines:#?}");
    let answered = lines_of_one[0];
    assert_eq!((&answered["message"], &answered["status"]), (&json!("appended"), &json!(201)));
    assert_eq!((&answered["first"], &answered["taken"]), (&json!(13), &json!(1)));
    assert!(answered["latency_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&answered["span"]["route"], &answered["span"]["method"], &answered["span"]["client_request_id"]),
        (&json!("/v1/append"), &json!("POST"), &json!("their-own.7"))
    );
    assert_eq!((&of(&request)[0]["first"], &of(&request)[0]["last"]), (&json!(14), &json!(16)));
    let last = of(nowhere.header("x-request-id").unwrap());
    assert_eq!((&last[0]["span"]["route"], &last[0]["code"]), (&json!("none"), &json!("LG_601")));
    assert!(lines.iter().all(|l| l["span"]["route"] != "/healthz"), "probes are for whoever looks closely");
}

#[test]
fn how_much_is_said_is_the_operators_choice() {
    let place = Place::with_ledger();
    for (args, lines) in [
        (&["--log", "off"][..], 0),
        (&["--log-level", "warn"], 0),
        (&["--log-level", "off"], 0),
        (&[], 1),
        (&["--log-level", "debug"], 2),
    ] {
        let (server, file) = logging(&place, args);
        assert_eq!((server.get("/v1/status").status, server.get("/healthz").status), (200, 200));
        server.signal("TERM");
        assert!(server.end().success());
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().filter(|l| l.contains("answered")).count(), lines, "{args:?}: {text}");
        assert!(!text.contains('\u{1b}'), "no colour in a file");
    }
    let mut command = place.command(["serve", "--listen", "none"]);
    command.env("LEDGER_LOG", "loud");
    assert_eq!(ledger_tests::binary::Said::of(command).error(), "LG_106");
}

#[test]
fn a_supervisor_is_told_when_it_is_ready_and_when_it_stops() {
    let place = Place::with_ledger();
    let path = place.root().join("notify.sock");
    let told = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    told.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let mut command = place.command(["serve", "--listen", "none", "--log", "off"]);
    command.env("NOTIFY_SOCKET", &path);
    let server = Served::start_as(command, &place.data.join("serve.sock"));
    let next = || {
        let mut text = [0; 64];
        let length = told.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    assert_eq!(next(), "READY=1");
    assert_eq!(server.get("/readyz").status, 200);
    server.signal("TERM");
    assert_eq!(next(), "STOPPING=1");
    assert!(server.end().success());
}

#[test]
fn figures_are_true() {
    let (_place, server) = served();
    let first = server.get("/metrics");
    let kind = first.header("content-type").unwrap();
    assert!(
        kind.starts_with("application/openmetrics-text; version=1.0.0") && first.text().ends_with("# EOF\n")
    );
    let intents: Vec<Value> = (0..300).map(|n| note(&format!("n{n}"), "x")).collect();
    assert_eq!(server.post("/v1/append/batch", &json!({ "intents": intents, "atomic": true })).status, 200);
    assert_eq!(server.post("/v1/append", &note("n0", "x")).status, 200);
    let stranger = json!({ "kind": "note", "actor": "GID-77", "data": { "text": "x" } });
    assert_eq!(server.post("/v1/append", &stranger).status, 403);
    for path in ["/nowhere", "/elsewhere", "/v1/entries/1", "/v1/entries/2"] {
        let _ = server.get(path);
    }
    assert_eq!(server.send("BREW", "/v1/status", &[], b"").status, 405);
    let now = server.get("/metrics");
    for (name, value) in [
        ("ledger_appends_total{result=\"accepted\"}", 300.0),
        ("ledger_appends_total{result=\"repeated\"}", 1.0),
        ("ledger_rejections_total{code=\"LG_120\"}", 1.0),
        ("ledger_commits_total", 2.0),
        ("ledger_commit_entries_sum", 301.0),
        ("ledger_commit_entries_count", 2.0),
        ("ledger_commit_entries_bucket{le=\"1.0\"}", 1.0),
        ("ledger_commit_seconds_count", 2.0),
        ("ledger_append_seconds_count", 3.0),
        ("ledger_queue_requests", 0.0),
        ("ledger_log_entries", 314.0),
        ("ledger_database_lag_entries", 58.0),
        ("ledger_subscribers", 0.0),
        ("ledger_http_requests_total{route=\"/v1/entries/{sequence}\",method=\"GET\",status=\"200\"}", 2.0),
        ("ledger_http_requests_total{route=\"none\",method=\"GET\",status=\"404\"}", 2.0),
        ("ledger_http_requests_total{route=\"/v1/status\",method=\"other\",status=\"405\"}", 1.0),
        ("ledger_http_request_seconds_count{route=\"/v1/append\",method=\"POST\"}", 2.0),
        ("ledger_http_problems_total{code=\"LG_601\"}", 2.0),
    ] {
        assert_eq!(now.figure(name), value, "{name}\n{}", now.text());
    }
    assert!(now.figure("ledger_commit_seconds_sum") > 0.0);
    // Its own connection, and perhaps one that is about to be closed.
    assert!((1.0..4.0).contains(&now.figure("ledger_connections")));
    assert!(now.figure("process_resident_memory_bytes") > 1e6);
    assert!(now.figure("process_start_time_seconds") > 1.7e9);
}

/// Names of metrics in PromQL: what begins as ours do.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|w| w.starts_with("ledger_") || w.starts_with("process_"))
}

#[test]
fn the_dashboard_asks_for_what_there_is() {
    let (_place, server) = served();
    assert_eq!(server.post("/v1/append", &note("n1", "x")).status, 201);
    assert_eq!(server.post("/v1/append", &json!({})).status, 422);
    let stranger = json!({ "kind": "note", "actor": "GID-77", "data": { "text": "x" } });
    assert_eq!(server.post("/v1/append", &stranger).status, 403);
    let metrics = server.get("/metrics");
    let given: BTreeSet<&str> =
        metrics.text().lines().filter(|l| !l.starts_with('#')).flat_map(names).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/grafana/ledger.json");
    let dashboard: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let targets = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(!targets.is_empty() || panel["type"] == "row", "{}", panel["title"]);
        for target in targets {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
            asked.extend(names(target["expr"].as_str().unwrap()));
        }
    }
    let unknown: Vec<_> = asked.difference(&given).collect();
    assert!(unknown.is_empty(), "{unknown:?} are not in /metrics");
    // And nothing that is counted is left out of it.
    let family = |name: &str| {
        ["_bucket", "_sum", "_count"].iter().find_map(|s| name.strip_suffix(s)).unwrap_or(name).to_owned()
    };
    let [asked, given] = [asked, given].map(|names| names.into_iter().map(family).collect::<BTreeSet<_>>());
    assert_eq!(asked, given);
}
