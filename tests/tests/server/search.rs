//! Entries by what they are: filters against a model that has read everything, and pages while the log grows.

use super::{note, served};
use ledger_tests::http::Served;
use ledger_tests::orchestra::{ADA, BENSON, Orchestra, node};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

fn sequence(line: &Value) -> u64 {
    line["sequence"].as_str().unwrap().parse().unwrap()
}

/// All entries of a listing, page by page.
fn walk(server: &Served, query: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut from) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/v1/entries?limit={limit}&{query}{from}")).json();
        let entries = page["entries"].as_array().unwrap_or_else(|| panic!("{page}"));
        assert!(entries.len() <= limit);
        all.extend(entries.iter().cloned());
        match page["next"].as_u64() {
            Some(next) => from = format!("&from={next}"),
            None => return all,
        }
    }
}

fn fits(pattern: &str, text: &Value) -> bool {
    let text = text.as_str().unwrap();
    pattern.strip_suffix('*').map_or(pattern == text, |prefix| text.starts_with(prefix))
}

#[test]
fn every_combination_of_filters_gives_what_a_model_picks_from_everything() {
    let o = Orchestra::new();
    o.sealed("PAC-S1");
    o.open("PAC-S2", &json!([node("A1", "GID-01")]), &json!([]));
    o.act("note", ADA, &json!({ "text": "EXECUTION in a note" }));
    o.refused("open_gateway", "GID-01", &json!({ "pac_id": "PAC-S2" }), None);
    let server = Served::start(&o.place);
    let lines = o.place.lines(["log"]);
    let time = |nth: usize| lines[nth]["time"].as_str().unwrap().to_owned();
    let (early, late) = (time(lines.len() / 3), time(2 * lines.len() / 3));
    type Test<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let any: fn(&Value) -> bool = |_| true;
    let mut axes: Vec<Vec<(String, Test<'_>)>> = Vec::new();
    let mut axis = |options: Vec<(String, Test<'static>)>| axes.push(options);
    let of = |name: &'static str, member: &'static str, values: &[&'static str]| {
        let mut options: Vec<(String, Test<'static>)> = vec![(String::new(), Box::new(any))];
        for value in values {
            let value = *value;
            options.push((format!("{name}={value}&"), Box::new(move |l| fits(value, &l[member]))));
        }
        options
    };
    axis(of("type", "type", &["note.recorded", "agent.*", "violation.recorded"]));
    axis(of("actor", "actor", &[BENSON, "GID-01"]));
    axis(of("stream", "subject", &["pac/*", "notes", "pac/PAC-S2"]));
    axis(vec![
        (String::new(), Box::new(any)),
        ("pac=PAC-S1&".to_owned(), Box::new(|l| l["subject"] == "pac/PAC-S1")),
    ]);
    axis(vec![
        (String::new(), Box::new(any)),
        ("text=EXECUTION&".to_owned(), Box::new(|l| l["data"].to_string().contains("EXECUTION"))),
    ]);
    let (since, until) = (early.clone(), late.clone());
    axis(vec![
        (String::new(), Box::new(any)),
        (format!("since={early}&"), Box::new(move |l| l["time"].as_str().unwrap() >= since.as_str())),
        (format!("until={late}&"), Box::new(move |l| l["time"].as_str().unwrap() < until.as_str())),
    ]);
    let combinations = axes.iter().map(Vec::len).product::<usize>();
    let (mut taken, mut matching) = (0, 0);
    for n in 0..combinations {
        let (mut rest, mut query, mut tests) = (n, String::new(), Vec::new());
        for axis in &axes {
            let (text, test) = &axis[rest % axis.len()];
            rest /= axis.len();
            query += text;
            tests.push(test);
        }
        let mut expected: Vec<&Value> = lines.iter().filter(|l| tests.iter().all(|t| t(l))).collect();
        // Both directions, and pages of a size that does not divide anything.
        for order in ["asc", "desc"] {
            let found = walk(&server, &format!("{query}order={order}"), 7 + n % 5);
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}order={order}");
            expected.reverse();
        }
        taken += 1;
        matching += usize::from(!expected.is_empty());
    }
    assert!(
        taken == combinations && matching > combinations / 10,
        "{matching} of {combinations} match anything"
    );
    let last = server.get("/v1/entries?order=desc&limit=1").json();
    assert_eq!(sequence(&last["entries"][0]) + 1, last["size"].as_u64().unwrap());
    let middle = server.get("/v1/entries?order=desc&from=5&limit=3").json();
    let found: Vec<u64> = middle["entries"].as_array().unwrap().iter().map(sequence).collect();
    assert_eq!((found, &middle["next"]), (vec![5, 4, 3], &json!(2)));
}

#[test]
fn pages_give_each_entry_once_while_others_append() {
    let (place, server) = served();
    let stop = AtomicBool::new(false);
    let some: Vec<Value> = (0..60).map(|n| note(&format!("s{n}"), "there")).collect();
    assert_eq!(server.post("/v1/append/batch", &json!({ "intents": some })).status, 200);
    let (up, down, before) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut n = 0;
            while !stop.load(Ordering::SeqCst) {
                assert_eq!(server.post("/v1/append", &note(&format!("w{n}"), "meanwhile")).status, 201);
                n += 1;
            }
            n
        });
        let before = server.get("/v1/status").json()["size"].as_u64().unwrap();
        let down = walk(&server, "type=note.recorded&order=desc", 3);
        // Upwards it is walked as long as there is more, which a writer can make long.
        let (mut up, mut from) = (Vec::new(), 0);
        for _ in 0..60 {
            let page = server.get(&format!("/v1/entries?type=note.recorded&limit=3&from={from}")).json();
            up.extend(page["entries"].as_array().unwrap().iter().map(sequence));
            let Some(next) = page["next"].as_u64() else { break };
            from = next;
        }
        stop.store(true, Ordering::SeqCst);
        assert!(writer.join().unwrap() > 0);
        (up, down, before)
    });
    let notes: Vec<u64> = place.lines(["log", "--type", "note.recorded"]).iter().map(sequence).collect();
    assert!(up.len() >= 60);
    assert_eq!(up, notes[..up.len()]);
    let down: Vec<u64> = down.iter().map(sequence).collect();
    assert!(down.windows(2).all(|w| w[0] > w[1]));
    let there = |all: &[u64]| all.iter().copied().filter(|s| *s < before).collect::<Vec<_>>();
    assert_eq!(there(&down).into_iter().rev().collect::<Vec<_>>(), there(&notes));
}

#[test]
fn a_search_that_finds_nothing_says_where_to_go_on() {
    let (_place, server) = served();
    let many: Vec<Value> = (0..4_096).map(|n| note(&format!("m{n}"), "x")).collect();
    for batch in 0..6 {
        let named: Vec<Value> = many
            .iter()
            .map(|intent| {
                let mut intent = intent.clone();
                intent["id"] = json!(format!("b{batch}-{}", intent["id"].as_str().unwrap()));
                intent
            })
            .collect();
        assert_eq!(server.post("/v1/append/batch", &json!({ "intents": named, "atomic": true })).status, 200);
    }
    assert_eq!(server.post("/v1/append", &note("needle", "in a haystack")).status, 201);
    let first = server.get("/v1/entries?text=haystack").json();
    assert_eq!((&first["entries"], &first["next"]), (&json!([]), &json!(20_000)));
    let second = server.get("/v1/entries?text=haystack&from=20000").json();
    assert_eq!(second["entries"][0]["data"]["text"], "in a haystack");
    assert!(second["next"].is_null());
    let last = server.get("/v1/entries?text=haystack&order=desc&limit=1").json();
    assert_eq!(last["entries"], second["entries"]);
    // A time is found without reading what is before it.
    let since = second["entries"][0]["time"].as_str().unwrap();
    let found = server.get(&format!("/v1/entries?since={since}&text=haystack")).json();
    assert_eq!((&found["entries"], found["next"].is_null()), (&second["entries"], true));
    let overview = server.get("/v1/overview").json();
    assert_eq!(overview["events"]["note.recorded"], 6 * 4_096 + 1);
}
