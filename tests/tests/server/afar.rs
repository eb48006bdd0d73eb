//! The command line with `--server`: what it reads from afar is what it reads at hand.

use super::reads::lively;
use ledger_tests::binary::{Place, Said};
use ledger_tests::http::Served;
use serde_json::json;

#[test]
fn what_is_read_from_afar_is_what_is_read_at_hand() {
    let (o, _) = lively();
    ledger_tests::grants::grow(&o.place);
    // Two tiles of the tree, and two pages.
    let many: String = (0..1_100)
        .map(|n| json!({ "kind": "note", "actor": "GID-01", "id": format!("m{n}"), "data": { "text": n.to_string() } }))
        .map(|intent| intent.to_string() + "\n")
        .collect();
    let batch = o.place.file("many.jsonl", many);
    o.place.ok(["append", "--batch", batch.to_str().unwrap()]);
    let token = o.place.ok(["token", "new", "GID-01", "--role", "reader"]).out.trim().to_owned();
    let server = Served::on_network(&o.place, &[]);
    let (url, away) = (server.url.clone().unwrap(), Place::new());
    let afar = |token: &str, args: &[&str]| {
        let mut command = away.command(["--server", &url].iter().chain(args));
        command.env("LEDGER_ACCESS_TOKEN", token);
        Said::of(command)
    };
    let size = o.place.size();
    let (last, half) = ((size - 1).to_string(), (size / 2).to_string());
    for args in [
        &["status"][..],
        &["log"],
        &["log", "--last", "7"],
        &["log", "--from", "40", "--limit", "3"],
        &["log", "--from", "999999"],
        &["log", "--to", "20", "--stream", "pac/*"],
        &["log", "--type", "agent.*"],
        &["log", "--actor", "GID-01", "--since", "2020-01-01T00:00:00Z", "--until", "2100-01-01"],
        &["log", "--stream", "notes", "--limit", "1"],
        &["show", "0"],
        &["show", "notes/m700"],
        &["show", &last],
        &["show", "999999"],
        &["show", "notes/none"],
        &["agents"],
        &["replay"],
        &["replay", "--at", &half],
        &["replay", "PAC-READ-A", "--step"],
        &["pac", "list"],
        &["pac", "list", "--open", "--at", "60"],
        &["pac", "show", "PAC-READ-B"],
        &["pac", "graph", "PAC-READ-A"],
        &["pac", "timeline", "PAC-READ-A", "--at", "50"],
        &["pac", "show", "PAC-NONE"],
        &["review", "status", "PAC-READ-A"],
        &["review", "report"],
        &["token", "list"],
        &["trust", "authority", "list"],
        &["trust", "status", "--at", &last],
        &["trust", "show", "GRANT-READER", "--at", &last],
        &["trust", "graph", "GRANT-ANALYST", "--at", &last],
        &["trust", "verify", "GID-09", "deploy", "--level", "full", "--at", &last],
        &["trust", "verify", "GID-77", "deploy", "--at", &half],
        &["agents", "find", "--capability", "deploy", "--at", &last],
        &["prove", "inclusion", "3"],
        &["prove", "inclusion", "notes/m255"],
        &["prove", "inclusion", &last],
        &["prove", "inclusion", "999999"],
        &["prove", "consistency", "5"],
        &["prove", "consistency", "256", &half],
        &["prove", "opdo", "PAC-READ-A"],
    ] {
        for json in [&["--json"][..], &[]] {
            let args: Vec<&str> = json.iter().chain(args).copied().collect();
            let (there, here) = (afar(&token, &args), o.place.run(&args));
            assert_eq!(
                (there.code(), &there.out, &there.err),
                (here.code(), &here.out, &here.err),
                "{args:?}"
            );
        }
    }
    // A proof that came from afar is checked without any server.
    let proof = away.file("proof", afar(&token, &["prove", "inclusion", "notes/m256"]).out);
    assert_eq!(away.run(["check", proof.to_str().unwrap()]).code(), 0);

    assert_eq!(afar("nonsense", &["--json", "log"]).error(), "LG_610");
    let import = away.file("x.jsonl", "{}\n");
    let import = afar(&token, &["--json", "import", import.to_str().unwrap()]);
    assert_eq!(import.error(), "LG_106", "what needs the directory says so");
}
