//! Intents that are no JSON, no intents, or too large, on every way in.

use super::{Case, case, refused, words};
use ledger_core::Code;
use ledger_tests::binary::Place;

/// JSON that is none, or not strictly.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let text = |t: &str| t.as_bytes().to_vec();
    let nested = |open: &str, close: &str| {
        text(&format!("{{\"text\":{}0{}}}", open.repeat(10_000), close.repeat(10_000)))
    };
    vec![
        ("white space only", text(" \t ")),
        ("cut off in a string", text(r#"{"text":"a"#)),
        ("cut off behind a comma", text(r#"{"text":"a","#)),
        ("cut off behind a colon", text(r#"{"text":"#)),
        ("two documents", text(r#"{"text":"a"} {"text":"a"}"#)),
        ("a comma too many", text(r#"{"text":"a",}"#)),
        ("single quotes", text("{'text':'a'}")),
        ("a comment", text(r#"{"text":"a"/* */}"#)),
        ("a duplicate key", text(r#"{"text":"a","text":"a"}"#)),
        ("a duplicate key in disguise", text(r#"{"text":"a","\u0074ext":"b"}"#)),
        ("a lone high surrogate", text(r#"{"text":"\ud800"}"#)),
        ("a lone low surrogate", text(r#"{"text":"\udc00x"}"#)),
        ("surrogates the wrong way round", text(r#"{"text":"\udc00\ud800"}"#)),
        ("2^53", text(r#"{"text":"a","n":9007199254740992}"#)),
        ("-2^53", text(r#"{"text":"a","n":-9007199254740992}"#)),
        ("2^53 + 1 with a fraction", text(r#"{"text":"a","n":9007199254740993.0}"#)),
        ("1e16", text(r#"{"text":"a","n":1e16}"#)),
        ("1E400", text(r#"{"text":"a","n":1E400}"#)),
        ("-1e999999999999", text(r#"{"text":"a","n":-1e999999999999}"#)),
        ("NaN", text(r#"{"text":"a","n":NaN}"#)),
        ("-Infinity", text(r#"{"text":"a","n":-Infinity}"#)),
        ("a leading zero", text(r#"{"text":"a","n":01}"#)),
        ("a leading plus", text(r#"{"text":"a","n":+1}"#)),
        ("10,000 arrays", nested("[", "]")),
        ("10,000 objects", nested("{\"a\":", "}")),
        ("one level too many", text(&format!("{}0{}", "{\"a\":".repeat(128), "}".repeat(128)))),
        ("10,000 brackets that never close", text(&"[".repeat(10_000))),
        ("a byte order mark", text("\u{feff}{\"text\":\"a\"}")),
        ("a raw control character", text("{\"text\":\"a\u{1}\"}")),
        ("a raw NUL", text("{\"text\":\"a\0\"}")),
        ("an unknown escape", text(r#"{"text":"\x41"}"#)),
        ("a byte that is no UTF-8", b"{\"text\":\"\xff\"}".to_vec()),
        ("an overlong NUL", b"{\"text\":\"\xc0\x80\"}".to_vec()),
        ("a surrogate in UTF-8", b"{\"text\":\"\xed\xa0\x80\"}".to_vec()),
        ("UTF-16", "{\"text\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ]
}

/// Strict JSON that is no note.
const NO_NOTE: &[(&str, &str)] = &[
    ("nothing in it", "{}"),
    ("a number for a text", r#"{"text":1}"#),
    ("null for a text", r#"{"text":null}"#),
    ("a list for a text", r#"{"text":["a"]}"#),
    ("an empty text", r#"{"text":""}"#),
    ("an unknown member", r#"{"text":"a","colour":"red"}"#),
    ("an unknown member with an escape sequence for terminals", r#"{"text":"a","\u001b[31m":1}"#),
    ("an array", "[]"),
    ("a string", r#""text""#),
    ("a number", "7"),
    ("null", "null"),
];

#[test]
fn malformed_json_is_refused_on_every_way_in() {
    let place = Place::with_ledger();
    for (n, (what, bytes)) in malformed().into_iter().enumerate() {
        let file = place.file("data.json", &bytes);
        let at_file = format!("@{}", file.display());
        let line = [b"{\"kind\":\"note\",\"data\":".as_slice(), &bytes, b"}"].concat();
        let ways = [
            case(what, ["append", "note", "--data", &at_file], Code::MalformedJson),
            case(what, ["append", "note", "--data", "-"], Code::MalformedJson).on(bytes.clone()),
            case(
                what,
                ["append", "note", "--data", r#"{"text":"a"}"#, "--private", "-"],
                Code::MalformedJson,
            )
            .on(bytes),
            case(what, ["append", "--batch", "-"], Code::MalformedJson).on(line),
        ];
        // All ways meet in one parser; each case goes two of them, and its neighbour the others.
        for way in [&ways[n % 4], &ways[(n + 1) % 4]] {
            refused(&place, way);
        }
    }
}

#[test]
fn what_is_no_intent_is_refused() {
    let place = Place::with_ledger();
    let data = |d: &str| ["append", "note", "--data", d].map(str::to_owned);
    let mut cases: Vec<Case> =
        NO_NOTE.iter().map(|(what, d)| case(*what, data(d), Code::InvalidIntent)).collect();
    let artifact = |size: &str, digest: &str| {
        format!(r#"{{"kind":"artifact","data":{{"name":"a","digest":"sha256:{digest}","size":{size}}}}}"#)
    };
    let digest = "0".repeat(64);
    let line = r#"{"kind":"note","data":{"text":"a"}"#;
    let lines = [
        ("a negative size", artifact("-1", &digest), Code::InvalidIntent),
        ("a broken size", artifact("1.5", &digest), Code::InvalidIntent),
        ("a size beyond 2^53", artifact("18446744073709551615", &digest), Code::MalformedJson),
        ("a short digest", artifact("1", &digest[1..]), Code::InvalidIntent),
        ("an upper-case digest", artifact("1", &"A".repeat(64)), Code::InvalidIntent),
        ("no kind", r#"{"data":{"text":"a"}}"#.to_owned(), Code::InvalidIntent),
        ("no data", r#"{"kind":"note"}"#.to_owned(), Code::InvalidIntent),
        ("a kind that is a number", r#"{"kind":1,"data":{"text":"a"}}"#.to_owned(), Code::InvalidIntent),
        ("an unknown member", format!("{line},\"sequence\":7}}"), Code::InvalidIntent),
        ("the same member twice", format!("{line},\"kind\":\"note\"}}"), Code::MalformedJson),
        ("a private part that is a string", format!("{line},\"private\":\"Ada\"}}"), Code::InvalidIntent),
        ("an array", "[]".to_owned(), Code::InvalidIntent),
        ("an unknown kind", r#"{"kind":"notes","data":{"text":"a"}}"#.to_owned(), Code::UnknownKind),
        ("a verdict that the old bytes do not yield", history("intact"), Code::InvalidIntent),
        (
            "an unknown format of history",
            history("unhashed").replace("chainbridge", "other"),
            Code::InvalidIntent,
        ),
    ];
    let batch = ["append", "--batch", "-"];
    cases.extend(lines.into_iter().map(|(what, line, code)| case(what, batch, code).on(line)));
    for kind in ["notes", "", "note.recorded", "violation.recorded", "record_violation", "../note", "note\n"]
    {
        cases.push(case(format!("kind {kind:?}"), ["append", kind, "--data", "{}"], Code::UnknownKind));
    }
    for case in &cases {
        refused(&place, case);
    }
}

fn history(verdict: &str) -> String {
    format!(
        r#"{{"kind":"import_history","stream":"import/x","data":{{"format":"chainbridge","index":0,"original":"{{}}","verdict":"{verdict}"}}}}"#
    )
}

#[test]
fn too_much_is_refused() {
    let place = Place::with_ledger();
    let note = |bytes: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes));
    let file = format!("@{}", place.file("large.json", note(2 << 20)).display());
    let huge = format!("@{}", place.file("huge.json", note(10 << 20)).display());
    let line = |bytes| format!(r#"{{"kind":"note","data":{}}}"#, note(bytes));
    let small = r#"{"text":"a"}"#;
    let many = format!("{}\n", line((1 << 20) - 100)).repeat(17);
    let batch = place.file("batch.jsonl", format!("{}\n{}\n", line(1), line(2 << 20)));
    let escaped = format!(r#"{{"text":"{}"}}"#, "\\u0001".repeat((2 << 20) / 6));
    for case in [
        case("2 MiB in a file", ["append", "note", "--data", &file], Code::TooLarge),
        case("10 MiB in a file", ["append", "note", "--data", &huge], Code::TooLarge),
        case("2 MiB on standard input", ["append", "note", "--data", "-"], Code::TooLarge).on(note(2 << 20)),
        case("2 MiB of escapes", ["append", "note", "--data", "-"], Code::TooLarge).on(escaped),
        case(
            "2 MiB of private part",
            ["append", "note", "--data", small, "--private", &file],
            Code::TooLarge,
        ),
        case("2 MiB in a line", words(&["append", "--batch"], [batch]), Code::TooLarge),
        case("64 MiB in a line", ["append", "--batch", "-"], Code::TooLarge).on(line(64 << 20)),
        case("17 MiB in one commit", ["append", "--batch", "-", "--atomic"], Code::TooLarge).on(many),
    ] {
        refused(&place, &case);
    }
}

#[test]
fn a_bad_line_anywhere_stops_a_batch_before_its_first() {
    let place = Place::with_ledger();
    let good = "{\"kind\":\"note\",\"data\":{\"text\":\"a\"}}\n";
    for (bad, code) in [
        ("{\"kind\":\"note\"", Code::MalformedJson),
        ("{\"kind\":\"note\",\"data\":{}}", Code::InvalidIntent),
        ("{\"kind\":\"note\",\"data\":{\"text\":\"a\"},\"stream\":\"notes/..\"}", Code::InvalidName),
        ("nonsense", Code::MalformedJson),
    ] {
        let text = format!("{}\n{bad}\n{good}", good.repeat(1500));
        let case = case(bad, ["append", "--batch", "-"], code).on(text);
        refused(&place, &case);
        let said = place.run_on(&case.input, &case.args);
        assert!(said.err.contains("line 1502: "), "{said:?}");
    }
}
