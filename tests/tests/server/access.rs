//! Who is let in over the network, what they may do there, and what browsers are kept from.

use super::note;
use ledger_tests::binary::Place;
use ledger_tests::http::{Answer, Served};
use serde_json::{Value, json};

/// A token of this actor, with these options.
#[track_caller]
fn token(place: &Place, gid: &str, options: &[&str]) -> String {
    let made = place.json(["token", "new", gid].iter().chain(options));
    made["token"].as_str().unwrap().to_owned()
}

fn narrowed(place: &Place, token: &str, options: &[&str]) -> String {
    let file = place.file("token", token);
    let file = format!("@{}", file.display());
    let made = place.json(["token", "narrow", &file].iter().chain(options));
    made["token"].as_str().unwrap().to_owned()
}

/// Status and code of a refusal.
#[track_caller]
fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, answer.problem())
}

fn by(actor: &str, id: &str) -> Value {
    json!({ "kind": "note", "actor": actor, "id": id, "data": { "text": "x" } })
}

fn last_violation(place: &Place) -> Option<Value> {
    place.lines(["log"]).into_iter().rfind(|e| e["type"] == "violation.recorded")
}

#[test]
fn a_link_opens_one_session_and_the_session_is_of_these_pages_only() {
    let place = Place::with_ledger();
    let server = Served::on_network(&place, &[]);
    let link = server.link.clone().unwrap();
    let (page, code) = link.split_once("/#code=").unwrap();
    assert_eq!(page, server.url.as_deref().unwrap());
    let exchange =
        |code: &str| server.ask("POST", "/v1/session", &[], json!({ "code": code }).to_string().as_bytes());
    let opened = exchange(code);
    assert_eq!((opened.status, opened.body.len()), (204, 0), "{opened:?}");
    let cookie = opened.header("set-cookie").unwrap();
    for attribute in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();
    assert!(cookie.starts_with(&format!("ledger-{}=", server.address().rsplit(':').next().unwrap())));
    assert_eq!(refused(&exchange(code)), (401, "LG_616".to_owned()), "a code is good once");
    assert_eq!(refused(&exchange("x")), (401, "LG_616".to_owned()));

    let with = |method: &str, path: &str, more: &[(&str, &str)], body: &[u8]| {
        server.ask(method, path, &[&[("cookie", cookie)], more].concat(), body)
    };
    let me = with("GET", "/v1/session", &[], b"").json();
    assert_eq!((&me["gid"], &me["role"]), (&json!("GID-H01"), &json!("admin")), "{me}");
    assert_eq!(with("GET", "/v1/status", &[("sec-fetch-site", "same-origin")], b"").status, 200);

    // A browser sends the cookie for whoever asks; only the server's own pages get an answer.
    let (own, note) = (format!("http://{}", server.address()), note("a", "x").to_string());
    let append = |more: &[(&str, &str)]| with("POST", "/v1/append", more, note.as_bytes());
    for foreign in [
        &[("origin", "http://evil.example")][..],
        &[("origin", "null")],
        &[("origin", own.as_str()), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[],
    ] {
        assert_eq!(refused(&append(foreign)), (403, "LG_614".to_owned()), "{foreign:?}");
    }
    assert_eq!(
        refused(&with("GET", "/v1/entries", &[("sec-fetch-site", "cross-site")], b"")),
        (403, "LG_614".to_owned())
    );
    // A name of somebody else that was made to point here.
    for host in ["evil.example", "evil.example:7420", "localhost"] {
        assert_eq!(
            refused(&with("GET", "/v1/status", &[("host", host)], b"")),
            (421, "LG_613".to_owned()),
            "{host}"
        );
    }
    assert_eq!(append(&[("origin", &own), ("sec-fetch-site", "same-origin")]).status, 201);
    let preflight = with("OPTIONS", "/v1/append", &[("origin", "http://evil.example")], b"");
    assert!(
        preflight.header("access-control-allow-origin").is_none() && preflight.status >= 400,
        "{preflight:?}"
    );

    let closed = with("DELETE", "/v1/session", &[("origin", &own)], b"");
    assert!(closed.header("set-cookie").unwrap().contains("Max-Age=0"), "{closed:?}");
    // Shown once: the second start gives none; whoever owns the ledger makes another.
    drop(server);
    let server = Served::on_network(&place, &[]);
    assert_eq!(server.link, None);
    let made = place.json(["token", "new", "GID-H01", "--role", "reader", "--url"]);
    assert!(
        made["url"].as_str().unwrap().starts_with(&format!("http://{}/#code=", server.address())),
        "{made}"
    );
    assert!(made.get("token").is_none());
    assert_eq!(place.json(["token", "list"])["tokens"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_is_given_without_a_token_that_is_good_at_that_moment() {
    let (place, elsewhere) = (Place::with_ledger(), Place::with_ledger());
    let server = Served::on_network(&place, &[]);
    let status = |token: &str| server.ask_with(token, "GET", "/v1/status", &Value::Null);
    let bare = server.ask("GET", "/v1/status", &[], b"");
    assert_eq!(refused(&bare), (401, "LG_610".to_owned()));
    assert!(bare.header("www-authenticate").unwrap().starts_with("Bearer"));
    for path in
        ["/v1/entries", "/v1/append", "/v1/subscribe", "/v1/checkpoint", "/v1/session", "/v1/pacs/PAC-X"]
    {
        let method = if path == "/v1/append" { "POST" } else { "GET" };
        assert_eq!(refused(&server.ask(method, path, &[], b"")), (401, "LG_610".to_owned()), "{path}");
    }
    assert_eq!(server.ask("GET", "/healthz", &[], b"").status, 200);
    let good = token(&place, "GID-01", &[]);
    assert_eq!(status(&good).status, 200);
    let mut altered = good.clone();
    altered.replace_range(60..61, if altered.as_bytes()[60] == b'A' { "B" } else { "A" });
    for wrong in ["", "x", &altered, &token(&elsewhere, "GID-01", &[])] {
        assert_eq!(refused(&status(wrong)), (401, "LG_610".to_owned()), "{wrong}");
    }
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    assert_eq!(refused(&server.ask("GET", "/v1/status", &twice, b"")), (401, "LG_610".to_owned()));
    assert_eq!(
        refused(&server.ask("GET", "/v1/status", &[("authorization", "Basic eDp5")], b"")),
        (401, "LG_610".to_owned())
    );

    let short = token(&place, "GID-01", &["--expires-in", "1"]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(refused(&status(&short)), (401, "LG_611".to_owned()));
    let soon = narrowed(&place, &good, &["--expires", "2026-01-01T00:00:00Z"]);
    assert_eq!(refused(&status(&soon)), (401, "LG_611".to_owned()));

    // Revoking a narrowed one ends it; revoking the first ends everything that came from it, at once.
    let (one, other) = (
        narrowed(&place, &good, &["--operation", "read"]),
        narrowed(&place, &good, &["--operation", "read"]),
    );
    assert_eq!((status(&one).status, status(&other).status), (200, 200));
    let file = format!("@{}", place.file("one", &one).display());
    place.ok(["token", "revoke", &file, "--reason", "seen in a log"]);
    assert_eq!(
        (refused(&status(&one)).1.as_str(), status(&other).status, status(&good).status),
        ("LG_611", 200, 200)
    );
    let id = place.json(["token", "list"])["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["gid"] == "GID-01")
        .unwrap()["token_id"]
        .clone();
    place.ok(["token", "revoke", &id.as_str().unwrap()[..16], "--reason", "the machine was lost"]);
    assert_eq!(
        (refused(&status(&good)).1.as_str(), refused(&status(&other)).1.as_str()),
        ("LG_611", "LG_611")
    );
    let states: Vec<Value> = place.json(["token", "list", "--all"])["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["state"].clone())
        .collect();
    assert_eq!(states, ["GOOD", "REVOKED", "EXPIRED"]);
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn a_role_and_a_narrowing_say_what_may_be_done_and_an_agent_is_nobody_else() {
    let place = Place::with_ledger();
    let server = Served::on_network(&place, &[]);
    let append = |token: &str, intent: &Value| server.ask_with(token, "POST", "/v1/append", intent);
    let agent = token(&place, "GID-01", &[]);
    let entry = append(&agent, &by("GID-01", "mine")).json()["sequence"].as_u64().unwrap();
    assert_eq!(server.get(&format!("/v1/entries/{entry}")).json()["auth"], "token");
    let before = place.size();
    assert_eq!(refused(&append(&agent, &by("GID-02", "theirs"))), (403, "LG_612".to_owned()));
    assert_eq!(refused(&append(&agent, &by("GID-H01", "boss"))), (403, "LG_612".to_owned()));
    let reader = token(&place, "GID-01", &["--role", "reader"]);
    assert_eq!(refused(&append(&reader, &by("GID-01", "no"))), (403, "LG_612".to_owned()));
    let reviewer = token(&place, "GID-H01", &["--role", "reviewer"]);
    assert_eq!(refused(&append(&reviewer, &by("GID-H01", "no"))), (403, "LG_612".to_owned()));
    assert_eq!(server.ask_with(&reviewer, "GET", "/v1/entries", &Value::Null).status, 200);
    assert_eq!(place.size(), before + 2, "two tokens and nothing else");

    // A batch is judged intent by intent, or as a whole.
    let batch = json!({ "intents": [by("GID-01", "b1"), by("GID-02", "b2")] });
    let results = server.ask_with(&agent, "POST", "/v1/append/batch", &batch).json()["results"].clone();
    assert_eq!(
        (results[0]["level"].as_str(), results[1]["error"]["code"].as_str()),
        (Some("committed"), Some("LG_612"))
    );
    let whole = json!({ "intents": [by("GID-01", "b3"), by("GID-02", "b4")], "atomic": true });
    assert_eq!(
        refused(&server.ask_with(&agent, "POST", "/v1/append/batch", &whole)),
        (403, "LG_612".to_owned())
    );

    // Narrowed offline: to a kind and a stream; nothing else is permitted, reading everything included.
    let less =
        narrowed(&place, &agent, &["--operation", "append", "--kind", "note", "--stream", "notes/build"]);
    let at = |stream: &str, id: &str| json!({ "kind": "note", "actor": "GID-01", "id": id, "stream": stream, "data": { "text": "x" } });
    assert_eq!(append(&less, &at("notes/build", "n1")).status, 201);
    assert_eq!(refused(&append(&less, &at("notes", "n2"))), (403, "LG_612".to_owned()));
    let file = json!({ "kind": "artifact", "actor": "GID-01", "data": { "name": "a", "digest": format!("sha256:{}", "0".repeat(64)) } });
    assert_eq!(refused(&append(&less, &file)), (403, "LG_612".to_owned()));
    assert_eq!(
        refused(&server.ask_with(&less, "GET", "/v1/status", &Value::Null)),
        (403, "LG_612".to_owned())
    );
    let of_stream = narrowed(&place, &agent, &["--stream", "notes"]);
    assert_eq!(server.ask_with(&of_stream, "GET", "/v1/streams/notes/build", &Value::Null).status, 200);
    assert_eq!(
        refused(&server.ask_with(&of_stream, "GET", "/v1/streams/registry", &Value::Null)),
        (403, "LG_612".to_owned())
    );
    assert_eq!(
        refused(&server.ask_with(&of_stream, "GET", "/v1/entries", &Value::Null)),
        (403, "LG_612".to_owned())
    );

    // Links are for whoever owns the ledger, not for a holder.
    let codes = server.ask_with(&agent, "POST", "/v1/session/codes", &json!({ "token": agent }));
    assert_eq!(refused(&codes), (403, "LG_612".to_owned()));
    assert_eq!(last_violation(&place), None, "who is let in nowhere has broken no rule of the ledger");
}

#[test]
fn tokens_are_given_and_taken_back_by_whoever_may() {
    let place = Place::with_ledger();
    let server = Served::on_network(&place, &[]);
    let new = |gid: &str, options: &[&str]| place.run(["token", "new", gid].iter().chain(options)).error();
    // The orchestrator for agents, to read and append; everything else is an admin's.
    token(&place, "GID-01", &["--actor", "GID-00"]);
    assert_eq!(new("GID-H01", &["--role", "reader", "--actor", "GID-00"]), "LG_125");
    assert_eq!(new("GID-00", &["--role", "orchestrator", "--actor", "GID-00"]), "LG_125");
    assert_eq!(new("GID-01", &["--actor", "GID-00", "--unsigned"]), "LG_122");
    for (gid, role) in
        [("GID-01", "admin"), ("GID-01", "reviewer"), ("GID-01", "orchestrator"), ("GID-00", "admin")]
    {
        assert_eq!(new(gid, &["--role", role]), "LG_101", "{gid} {role}");
    }
    assert_eq!(new("GID-99", &[]), "LG_141");
    assert_eq!(place.run(["token", "new", "GID-01", "--role", "king"]).code(), 64);
    assert_eq!(place.run(["token", "revoke", "ffff", "--reason", "x"]).error(), "LG_141");
    let orchestrator = token(&place, "GID-00", &[]);
    assert_eq!(
        server.ask_with(&orchestrator, "GET", "/v1/session", &Value::Null).json()["role"],
        "orchestrator"
    );
    // An admin's token hands over what others have signed, and acts as nobody else itself.
    let admin = token(&place, "GID-H01", &[]);
    place.ok(["agents", "register", "GID-H02", "--human", "--name", "Ada"]);
    assert_eq!(
        refused(&server.ask_with(&admin, "POST", "/v1/append", &by("GID-01", "x"))),
        (403, "LG_612".to_owned())
    );
    // Through the command line over the network, signed by the other one's own key.
    let url = server.url.clone().unwrap();
    let mut signed = place.command([
        "--server",
        &url,
        "append",
        "note",
        "--actor",
        "GID-H02",
        "--data",
        r#"{"text":"signed"}"#,
        "--json",
    ]);
    let said = ledger_tests::binary::Said::of({
        signed.env("LEDGER_ACCESS_TOKEN", &admin);
        signed
    });
    assert_eq!(said.code(), 0, "{said:?}");
    let entry = said.values()[0]["sequence"].as_u64().unwrap();
    let entry = server.get(&format!("/v1/entries/{entry}")).json();
    assert_eq!((&entry["auth"], &entry["actor"]), (&json!("signed"), &json!("GID-H02")));
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn the_command_line_goes_to_a_server_of_the_network_as_to_its_own() {
    let place = Place::with_ledger();
    let server = Served::on_network(&place, &[]);
    let (url, agent) = (server.url.clone().unwrap(), token(&place, "GID-01", &[]));
    let away = Place::new();
    let run = |url: &str, token: &str, args: &[&str]| {
        let mut command = away.command(["--server", url, "--json"].iter().chain(args));
        command.env("LEDGER_ACCESS_TOKEN", token);
        ledger_tests::binary::Said::of(command)
    };
    let append = ["append", "note", "--actor", "GID-01", "--id", "n", "--data", r#"{"text":"from afar"}"#];
    let said = run(&url, &agent, &append);
    assert_eq!(said.code(), 0, "{said:?}");
    assert_eq!(said.values()[0]["sequence"], place.size() - 1);
    assert_eq!(
        run(&url, &agent, &["append", "note", "--actor", "GID-02", "--data", r#"{"text":"x"}"#]).error(),
        "LG_612"
    );
    assert_eq!(run(&url, "nonsense", &append).error(), "LG_610");
    for (wrong, code) in [
        ("http://192.0.2.1:7420", "LG_106"),
        ("ftp://127.0.0.1", "LG_106"),
        ("127.0.0.1:7420", "LG_106"),
        ("http://user@127.0.0.1:7420", "LG_106"),
        ("http://127.0.0.1:1", "LG_210"),
    ] {
        assert_eq!(run(wrong, &agent, &append).error(), code, "{wrong}");
    }

    // Everything is verified where the command runs, from what the server gives.
    for args in [&["verify"][..], &["verify", &url]] {
        let report = run(&url, &agent, args).values().remove(0);
        assert_eq!((&report["ok"], &report["size"]), (&json!(true), &json!(place.size())), "{report}");
    }
    let other = Place::with_ledger();
    let remembered = place.file("other", other.json(["status"])["checkpoint"].as_str().unwrap());
    let doubted = run(&url, &agent, &["verify", "--checkpoint", remembered.to_str().unwrap()]);
    assert_eq!((doubted.code(), &doubted.values()[0]["ok"]), (2, &json!(false)), "{doubted:?}");
}

#[test]
fn one_token_is_good_for_so_many_requests_and_no_narrowing_gets_around_it() {
    let place = Place::with_ledger();
    let server = Served::on_network(&place, &["--rate", "5"]);
    let agent = token(&place, "GID-01", &[]);
    let others = narrowed(&place, &agent, &["--operation", "read"]);
    let mut seen = Vec::new();
    for n in 0..40 {
        let token = if n % 2 == 0 { &agent } else { &others };
        let answer = server.ask_with(token, "GET", "/v1/status", &Value::Null);
        if answer.status == 429 {
            assert_eq!((answer.problem().as_str(), answer.header("retry-after")), ("LG_615", Some("1")));
        }
        seen.push(answer.status);
    }
    assert!(seen.starts_with(&[200; 5]) && seen.contains(&429), "{seen:?}");
    assert_eq!(server.get("/v1/status").status, 200, "the owner is not counted");
}

#[test]
fn the_policy_has_readings_and_refusals_recorded_before_anything_is_given() {
    let place = Place::with_ledger();
    let server = Served::on_network(&place, &[]);
    let agent = token(&place, "GID-01", &[]);
    let read = || server.ask_with(&agent, "GET", "/v1/entries/3", &Value::Null);
    assert_eq!(read().status, 200);
    let policy = json!({ "version": 2, "require": {}, "audit_reads": true, "audit_refusals": true });
    place.ok(["append", "set_policy", "--data", &policy.to_string()]);
    let before = place.size();
    assert_eq!(read().status, 200);
    let records = |from: u64| -> Vec<Value> {
        let all = place.lines(["log"]).into_iter().skip(usize::try_from(from).unwrap());
        all.filter(|e| e["type"] == "access.recorded").map(|e| e["data"].clone()).collect()
    };
    let found = records(before);
    assert_eq!(found.len(), 1, "{found:?}");
    let first = &found[0];
    assert_eq!(
        (&first["outcome"], &first["gid"], &first["route"]),
        (&json!("read"), &json!("GID-01"), &json!("/v1/entries/{sequence}"))
    );
    assert_eq!((&first["count"], &first["method"]), (&json!(1), &json!("GET")));

    let before = place.size();
    for _ in 0..3 {
        assert_eq!(server.ask("GET", "/v1/status", &[], b"").status, 401);
    }
    assert_eq!(server.ask_with(&agent, "POST", "/v1/append", &by("GID-02", "x")).status, 403);
    let begun = std::time::Instant::now();
    let found = loop {
        let found = records(before);
        if found.iter().map(|r| r["count"].as_u64().unwrap()).sum::<u64>() == 4 {
            break found;
        }
        assert!(begun.elapsed().as_secs() < 30, "{found:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let of = |gid: &str| found.iter().find(|r| r["gid"] == gid).unwrap();
    assert_eq!((&of("GID-NOBODY")["code"], &of("GID-01")["code"]), (&json!("LG_610"), &json!("LG_612")));
    assert!(of("GID-NOBODY").get("token_id").is_none() && of("GID-01")["token_id"].is_string());
    assert_eq!(place.run(["agents", "register", "GID-NOBODY", "--name", "X"]).error(), "LG_104");
    drop(server);
    assert_eq!(place.json(["verify"])["ok"], true);
}

#[test]
fn whoever_can_be_reached_by_others_speaks_tls() {
    let place = Place::with_ledger();
    let serve = |args: &[&str]| place.run(["serve"].iter().chain(args)).error();
    assert_eq!(serve(&["--listen", "0.0.0.0:0"]), "LG_600");
    assert_eq!(serve(&["--listen", "[::]:0"]), "LG_600");
    assert_eq!(serve(&["--listen", "somewhere"]), "LG_106");
    let issued =
        rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (
        place.file("cert.pem", issued.cert.pem()),
        place.file("key.pem", issued.signing_key.serialize_pem()),
    );
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let files = ["--tls-cert", cert, "--tls-key", key];
    let mode = |mode: u32| {
        std::fs::set_permissions(key, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    mode(0o644);
    assert_eq!(serve(&[&["--listen", "127.0.0.1:0"][..], &files].concat()), "LG_126");
    mode(0o600);
    assert_eq!(serve(&["--listen", "127.0.0.1:0", "--tls-cert", key, "--tls-key", key]), "LG_600");
    let server = Served::on_network(&place, &files);
    let url = server.url.clone().unwrap();
    assert!(url.starts_with("https://") && server.link.as_ref().unwrap().starts_with(&url));
    // What is no handshake is given up, and disturbs nobody.
    let mut plain = std::net::TcpStream::connect(server.address()).unwrap();
    std::io::Write::write_all(&mut plain, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let agent = token(&place, "GID-01", &[]);
    let away = Place::new();
    let append = |url: &str, ca: Option<&str>| {
        let data = r#"{"text":"encrypted"}"#;
        let mut command =
            away.command(["--server", url, "append", "note", "--actor", "GID-01", "--data", data]);
        command.env("LEDGER_ACCESS_TOKEN", &agent);
        if let Some(ca) = ca {
            command.env("LEDGER_CA", ca);
        }
        ledger_tests::binary::Said::of(command)
    };
    let said = append(&url, Some(cert));
    assert_eq!(said.code(), 0, "{said:?}");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = place.file("other.pem", other.cert.pem());
    assert_eq!(append(&url, other.to_str()).error(), "LG_210", "a certificate that nobody vouches for");
}
