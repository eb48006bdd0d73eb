//! `ledger plan`: TOML and JSON are one plan, everything that is wrong is said at once, and a plan is seen before it runs.

use ledger_tests::binary::Place;
use ledger_tests::grants::with_key;
use serde_json::{Value, json};

const PLAN: &str = r#"
name = "close the quarter"
objective = "read the invoices, then say what they come to"
pattern = "sequential"
paths = ["reports"]

[initiator]
gid = "GID-00"
grant = "GRANT-HOUSE"

[constraints]
budget_limit = 10

[agents.reader]
gid = "GID-01"
command = ["python3", "reader.py"]
env = ["LANG"]

[agents.writer]
gid = "GID-02"
url = "http://127.0.0.1:9000/agent"
timeout_seconds = 30

[[steps]]
id = "READ"
agent = "reader"
capability = "read_invoices"
cost = 0.5
resource = "invoices/2026"
task = "read the invoices"

[[steps]]
id = "WRITE"
agent = "writer"
capability = "summarize"
cost = 2.5
resource = "invoices/2026"
task = "say what they come to"
"#;

fn planned() -> (Place, std::path::PathBuf) {
    let place = Place::with_ledger();
    let file = place.file("plan.toml", PLAN);
    (place, file)
}

#[test]
fn a_plan_is_checked_against_the_trust_that_there_is() {
    let (place, file) = planned();
    let file = file.to_str().unwrap();
    let check = |more: &[&str]| -> (i32, Value) {
        let args: Vec<&str> = ["--json", "plan", "check", file].iter().chain(more).copied().collect();
        let said = place.run(args);
        (said.code(), serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}")))
    };
    let rules = |answer: &Value| -> Vec<String> {
        answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["rule"].as_str().unwrap().to_owned())
            .collect()
    };
    let (code, formed) = check(&["--form"]);
    assert_eq!((code, &formed["ok"], &formed["ledger"]), (0, &json!(true), &json!(false)), "{formed}");
    // Nobody is trusted, and there is no such grant.
    let (code, answer) = check(&[]);
    assert_eq!((code, rules(&answer)), (2, ["trust"; 3].map(str::to_owned).to_vec()), "{answer}");
    with_key(&place, "GID-01");
    place.json(["trust", "authority", "declare", "GID-H01"]);
    place.json([
        "trust",
        "establish",
        "GID-00",
        "--grant",
        "GRANT-HOUSE",
        "--capability",
        "read_*",
        "--constraint",
        "resources=invoices/*",
    ]);
    for gid in ["GID-01", "GID-02"] {
        place.json(["trust", "establish", gid, "--capability", "nothing_yet"]);
    }
    let (code, answer) = check(&[]);
    assert_eq!((code, rules(&answer)), (2, vec!["capability".to_owned()]), "{answer}");
    place.json(["trust", "attest", "GRANT-HOUSE", "--capability", "summarize=read"]);
    let (code, answer) = check(&[]);
    assert_eq!((code, &answer["ok"]), (0, &json!(true)), "{answer}");
    assert_eq!(answer["digest"], formed["digest"]);
    assert!(place.ok(["plan", "check", file]).out.starts_with("can run: close the quarter"));
    place.json(["trust", "revoke", "GRANT-HOUSE", "--reason", "the year is over"]);
    assert_eq!(rules(&check(&[]).1), ["trust"]);
}

#[test]
fn toml_and_json_are_one_plan_and_what_is_neither_is_refused() {
    let (place, file) = planned();
    let shown = place.json(["plan", "show", file.to_str().unwrap()]);
    let json = place.file("plan.json", shown["plan"].to_string());
    assert_eq!(place.json(["plan", "show", json.to_str().unwrap()]), shown);
    let graph = place.ok(["plan", "graph", file.to_str().unwrap()]).out;
    assert!(graph.contains("read the invoices") && graph.contains("DATA_FLOW"), "{graph}");
    assert!(place.ok(["plan", "graph", file.to_str().unwrap(), "--svg", "-"]).out.starts_with("<svg"));
    for (name, text, code) in [
        ("syntax", "name = ".to_owned(), "LG_190"),
        ("twice", format!("name = \"x\"\n{PLAN}"), "LG_190"),
        ("unknown", format!("sudo = true\n{PLAN}"), "LG_101"),
        ("constraint", PLAN.replace("budget_limit", "sudo_limit"), "LG_101"),
        ("nan", PLAN.replace("budget_limit = 10", "budget_limit = nan"), "LG_101"),
        ("absent", PLAN.replace("pattern = \"sequential\"", ""), "LG_101"),
        ("path", PLAN.replace("reports", "../reports"), "LG_101"),
        ("json", "{\"name\":".to_owned(), "LG_100"),
        ("bytes", "\u{feff}{}".to_owned(), "LG_190"),
    ] {
        let file = place.file(name, text);
        let said = place.run(["--json", "plan", "check", "--form", file.to_str().unwrap()]);
        assert_eq!(said.error(), code, "{name}: {said:?}");
    }
    let unknown = place.file("pattern", PLAN.replace("sequential", "waterfall"));
    assert_eq!(place.run(["plan", "check", "--form", unknown.to_str().unwrap()]).code(), 2);
}
