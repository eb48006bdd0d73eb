//! Histories that cannot be imported, and logs that cannot be verified because they are none.

use super::{Case, case, refused};
use ledger_core::Code;
use ledger_tests::binary::Place;

fn event(id: &str, more: &str) -> String {
    format!("{{\"specversion\":\"1.0\",\"id\":\"{id}\",\"source\":\"test\",\"type\":\"x.y\"{more}}}\n")
}

#[test]
fn what_is_no_history_is_refused_whole() {
    let place = Place::with_ledger();
    std::fs::create_dir(place.root().join("directory")).unwrap();
    let bridge = |entries: &str| format!("{{\"entries\":[{entries}],\"metadata\":{{}}}}");
    let good = event("1", "");
    let deep = format!(",\"data\":{}0{}", "[".repeat(10_000), "]".repeat(10_000));
    let texts: Vec<(&str, String, Code)> = vec![
        ("nothing", String::new(), Code::InputUnreadable),
        ("empty lines", "\n\n".to_owned(), Code::InputUnreadable),
        ("nonsense", "nonsense\n".to_owned(), Code::MalformedJson),
        ("a number", "7\n".to_owned(), Code::InvalidIntent),
        ("an object of no known kind", "{}\n".to_owned(), Code::InvalidIntent),
        ("an event without a type", good.replace("\"type\"", "\"typ\""), Code::InvalidIntent),
        ("a good event and half a one", format!("{good}{}", &good[..40]), Code::MalformedJson),
        ("a good event and another thing", format!("{good}{{}}\n"), Code::InvalidIntent),
        ("a duplicate key", event("1", ",\"a\":1,\"a\":1"), Code::MalformedJson),
        ("a lone surrogate", event("1", ",\"a\":\"\\ud800\""), Code::MalformedJson),
        ("10,000 deep", event("1", &deep), Code::MalformedJson),
        ("half a chainbridge ledger", bridge("{}")[..14].to_owned(), Code::MalformedJson),
        (
            "a chainbridge ledger cut off behind its entries",
            bridge("{}").trim_end_matches('}').to_owned(),
            Code::MalformedJson,
        ),
    ];
    let mut cases: Vec<Case> = texts
        .iter()
        .map(|(what, text, code)| case(*what, ["import", "-"], *code).on(text.as_str()))
        .collect();
    cases.extend([
        case("a missing file", ["import", "missing"], Code::InputUnreadable),
        case("a directory", ["import", "directory"], Code::InputUnreadable),
        case("an unknown format", ["import", "-", "--format", "xml"], Code::Usage).on(good.as_str()),
        case("events as chainbridge", ["import", "-", "--format", "chainbridge"], Code::InvalidIntent)
            .on(good.as_str()),
        case("a name with ..", ["import", "-", "--name", ".."], Code::InvalidName).on(good.as_str()),
        case("a name with a slash", ["import", "-", "--name", "a/../b"], Code::InvalidName).on(good.as_str()),
        case("a name with a newline", ["import", "-", "--name", "a\nb"], Code::InvalidName).on(good.as_str()),
        case("no name", ["import", "-", "--name", ""], Code::InvalidName).on(good.as_str()),
        case("2 MiB in an event", ["import", "-"], Code::TooLarge)
            .on(event("1", &format!(",\"data\":\"{}\"", "x".repeat(2 << 20)))),
    ]);
    for case in &cases {
        refused(&place, case);
    }
    let stranger = ["import", "-", "--actor", "GID-99"];
    super::recorded(&place, &case("a stranger", stranger, Code::ActorUnknown).on(good));
}

#[test]
fn a_history_that_changed_is_refused_and_the_first_difference_named() {
    let place = Place::with_ledger();
    let events: Vec<String> = (0..5).map(|n| event(&n.to_string(), ",\"data\":{\"v\":1}")).collect();
    let first = place.file("first", events.concat());
    assert_eq!(place.json(["import", first.to_str().unwrap(), "--name", "h"])["imported"], 5);
    assert_eq!(place.json(["import", first.to_str().unwrap(), "--name", "h"])["imported"], 0);
    let changed =
        events.concat().replacen("\"id\":\"3\",\"source\":\"test\"", "\"id\":\"3\",\"source\":\"best\"", 1);
    let swapped = [&events[0], &events[2], &events[1]].map(String::as_str).concat();
    for (what, text) in [("one changed", changed + &event("6", "")), ("two exchanged", swapped)] {
        let case = case(what, ["import", "-", "--name", "h"], Code::ImportConflict).on(text);
        refused(&place, &case);
        let said = place.run_on(&case.input, &case.args);
        let index = if what == "one changed" { "3" } else { "1" };
        assert!(said.err.contains(&format!("entry {index}")), "{what}: {said:?}");
    }
}

#[test]
fn what_is_no_log_cannot_be_verified() {
    let place = Place::with_ledger();
    std::fs::create_dir(place.root().join("directory")).unwrap();
    place.file("nonsense", "nonsense\n");
    place.file("empty", "");
    for case in [
        case("a missing file", ["verify", "missing"], Code::NotALedger),
        case("an empty directory", ["verify", "directory"], Code::NotALedger),
        case("a missing checkpoint", ["verify", "--checkpoint", "missing"], Code::InputUnreadable),
        case("an empty checkpoint", ["verify", "--checkpoint", "empty"], Code::InputUnreadable),
        case("a directory for a checkpoint", ["verify", "--checkpoint", "directory"], Code::InputUnreadable),
        case("threads that are none", ["verify", "--threads", "x"], Code::Usage),
    ] {
        refused(&place, &case);
    }
    // These are answers, not errors: what was given does not verify.
    for args in
        [["verify", "nonsense"].as_slice(), &["verify", "--checkpoint", "nonsense"], &["verify", "empty"]]
    {
        let said = place.run(args);
        assert!([1, 2].contains(&said.code()) && !said.err.contains("panicked"), "{args:?} {said:?}");
    }
}
