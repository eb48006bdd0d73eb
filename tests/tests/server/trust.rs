//! Trust over HTTP: what the command line says of it, now and as of any entry.

use super::served;
use ledger_tests::binary::Place;
use ledger_tests::grants::grow;
use ledger_tests::http::Served;
use serde_json::{Value, json};

/// A time that no clock here has come to.
const LATER: &str = "2090-01-01T00:00:00Z";

#[test]
fn every_route_gives_what_its_command_says() {
    let place = Place::with_ledger();
    grow(&place);
    let server = Served::start(&place);
    let last = place.size() - 1;
    for at in [20, last / 2 + 6, last - 3, last] {
        let n = at.to_string();
        for (path, args) in [
            ("/v1/trust/status?", vec!["trust", "status"]),
            ("/v1/trust/trees/GRANT-ANALYST?", vec!["trust", "graph", "GRANT-ANALYST"]),
            (
                "/v1/trust/trees/GRANT-ANALYST/grants/GRANT-READER?",
                vec!["trust", "show", "GRANT-ANALYST/GRANT-READER"],
            ),
            (
                "/v1/trust/verify?agent=GID-03&action=read_invoices&resource=invoices/1&cost=1&level=full&proofs=true&",
                vec![
                    "trust",
                    "verify",
                    "GID-03",
                    "read_invoices",
                    "--resource",
                    "invoices/1",
                    "--cost",
                    "1",
                    "--level",
                    "full",
                    "--proofs",
                ],
            ),
            ("/v1/trust/verify?agent=GID-09&action=deploy&", vec!["trust", "verify", "GID-09", "deploy"]),
            (
                "/v1/trust/candidates?capability=read_invoices&resource=invoices/1&cost=1&",
                vec![
                    "agents",
                    "find",
                    "--capability",
                    "read_invoices",
                    "--resource",
                    "invoices/1",
                    "--cost",
                    "1",
                ],
            ),
        ] {
            let said = |over: &str, by: &[&str]| {
                let args: Vec<&str> = ["--json"].iter().chain(&args).chain(by).copied().collect();
                let (here, there) = (place.run(&args), server.get(&format!("{path}{over}")));
                match there.status {
                    200 => assert_eq!(
                        there.json(),
                        serde_json::from_str::<Value>(&here.out).unwrap(),
                        "{path}{over}"
                    ),
                    _ => assert_eq!(there.problem(), here.error(), "{path}{over}"),
                }
            };
            said(&format!("at={n}"), &["--at", &n]);
            if at == last {
                said(&format!("time={LATER}"), &["--time", LATER]);
            }
        }
    }
    let verdict = server
        .get("/v1/trust/verify?agent=GID-03&action=read_invoices&resource=invoices/1&cost=1&level=full")
        .json();
    assert_eq!((&verdict["valid"], &verdict["anchors"]), (&json!(true), &json!(1)), "{verdict}");
    let roots = server.get("/v1/trust/trees").json();
    let ids: Vec<&str> =
        roots["trees"].as_array().unwrap().iter().map(|t| t["grant_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["GRANT-ANALYST", "GRANT-OPERATOR"]);
    assert_eq!(server.get("/v1/trust/authorities").json(), place.json(["trust", "authority", "list"]));
    let status = server.get("/v1/trust/status/GID-03").json();
    assert_eq!((&status["gid"], &status["is_trusted"]), (&json!("GID-03"), &json!(true)));
    for (format, kind, args) in [
        ("svg", "image/svg+xml", vec!["--svg", "-"]),
        ("text", "text/plain; charset=utf-8", vec![]),
        ("mermaid", "text/vnd.mermaid; charset=utf-8", vec!["--mermaid"]),
        ("dot", "text/vnd.graphviz; charset=utf-8", vec!["--dot"]),
    ] {
        let answer = server.get(&format!("/v1/trust/trees/GRANT-ANALYST?format={format}"));
        assert_eq!(answer.header("content-type"), Some(kind));
        let args: Vec<&str> = ["trust", "graph", "GRANT-ANALYST"].into_iter().chain(args).collect();
        assert_eq!(answer.text(), place.ok(args).out, "{format}");
    }
    for (path, code) in [
        ("/v1/trust/trees/GRANT-NONE", "LG_172"),
        ("/v1/trust/trees/GRANT-ANALYST/grants/GRANT-NONE", "LG_172"),
        ("/v1/trust/status/GID-77", "LG_141"),
        ("/v1/trust/verify?agent=GID-01&action=x&level=deep", "LG_106"),
        ("/v1/trust/verify?agent=GID-01&action=x&resource=../x", "LG_104"),
        ("/v1/trust/verify?agent=GID-01&action=X%20Y", "LG_104"),
        ("/v1/trust/verify?agent=GID-01&action=x&at=999999", "LG_209"),
    ] {
        assert_eq!(server.get(path).problem(), code, "{path}");
    }
}

#[test]
fn trust_is_given_and_taken_back_through_a_server() {
    let (place, server) = served();
    grow(&place);
    assert_eq!(server.get("/v1/trust/verify?agent=GID-04&action=summarize&cost=1").json()["valid"], false);
    place.json(["trust", "resume", "GRANT-WRITER", "--reason", "they are better now"]);
    assert_eq!(server.get("/v1/trust/verify?agent=GID-04&action=summarize&cost=1").json()["valid"], true);
    let revoked = place.json(["trust", "revoke", "GRANT-ANALYST", "--reason", "the year is over"]);
    assert_eq!(revoked["withdrawn_count"], 4, "{revoked}");
    for (agent, action) in [
        ("GID-01", "read_x"),
        ("GID-02", "read_invoices"),
        ("GID-03", "read_invoices"),
        ("GID-04", "summarize"),
    ] {
        for level in ["quick", "standard", "full"] {
            let path = format!(
                "/v1/trust/verify?agent={agent}&action={action}&cost=1&resource=invoices/1&level={level}"
            );
            assert_eq!(server.get(&path).json()["valid"], false, "{path}");
        }
    }
    drop(server);
    assert_eq!(place.json(["verify"])["ok"], true);
}
