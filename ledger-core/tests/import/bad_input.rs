//! Input that cannot be imported: one clear error each, and nothing written.

use super::Home;
use ledger_core::Code::{self, InputUnreadable, InvalidIntent, InvalidName, MalformedJson, TooLarge};
use ledger_core::import::{Format, ImportOptions};
use ledger_core::names::Gid;

const EVENT: &str = r#"{"specversion":"1.0","id":"1","source":"s","type":"t"}"#;

fn lines(good: usize, bad: &str) -> Vec<u8> {
    let mut text = format!("{EVENT}\n").repeat(good);
    text.push_str(bad);
    text.push('\n');
    text.push_str(EVENT);
    text.into_bytes()
}

/// What the file holds, the code, and what the message must say.
fn cases() -> Vec<(Vec<u8>, Code, &'static str)> {
    let long = format!(
        r#"{{"specversion":"1.0","id":"1","source":"s","type":"t","data":"{}"}}"#,
        "x".repeat(1 << 20)
    );
    let quotes = format!(
        r#"{{"specversion":"1.0","id":"1","source":"s","type":"t","data":"{}"}}"#,
        "\\\"".repeat(400_000)
    );
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let old = |entry: &str| format!(r#"{{"ledger_metadata":{{}},"entries":[{entry}]}}"#).into_bytes();
    vec![
        (vec![], InputUnreadable, "is empty"),
        (b" \n\t\r\n".to_vec(), InputUnreadable, "white space"),
        (b"\x00\xff\x13garbage\n\xfe".to_vec(), MalformedJson, "UTF-8"),
        (b"not json".to_vec(), MalformedJson, "line 1"),
        (format!("\u{feff}{EVENT}").into_bytes(), MalformedJson, "byte order mark"),
        (b"{\"ledger_metadata\":{},\n\"entries\":[{\"sequence\":1},{\"seq".to_vec(), MalformedJson, "line 2"),
        (br#"{"a":1,"a":2}"#.to_vec(), MalformedJson, "duplicate"),
        (deep.clone().into_bytes(), MalformedJson, "nested"),
        (br#"{"users":[]}"#.to_vec(), InvalidIntent, "\"users\""),
        (b"[1,2]".to_vec(), InvalidIntent, "an array"),
        (b"17".to_vec(), InvalidIntent, "a single value"),
        (b"{\"a\":1}\n{\"a\":2}\n".to_vec(), InvalidIntent, "first line"),
        (lines(3, "{\"specversion\":"), MalformedJson, "line 4: the text ends too early, at column 16"),
        (lines(9_000, "{}"), InvalidIntent, "line 9001: no CloudEvents 1.0 event"),
        (lines(1, &EVENT.replace("1.0", "0.3")), InvalidIntent, "line 2: an event of another version"),
        (lines(1, &EVENT.replace("\"s\"", "\"\\ud800\"")), MalformedJson, "line 2: lone surrogate"),
        (lines(1, "[]"), InvalidIntent, "line 2: no event but a JSON array"),
        (lines(1, &deep), MalformedJson, "line 2: nested"),
        (lines(2, &long), TooLarge, "line 3 is longer than 1 MiB"),
        (lines(2, &quotes), TooLarge, "line 3: as the data of an entry"),
        (old(&format!("\"{}\"", "x".repeat(1 << 20))), TooLarge, "entry 0: as the data"),
    ]
}

#[test]
fn each_gets_one_clear_error_and_nothing_is_written() {
    let home = Home::new();
    for (n, (bytes, code, says)) in cases().into_iter().enumerate() {
        let path = home.file(&format!("case-{n}"), bytes);
        let error = home.refuse(&path, &home.options());
        assert_eq!(error.code, code, "case {n}: {error}");
        assert!(error.message.contains(says), "case {n}: {says:?} is not in {error}");
        assert!(error.message.starts_with(&path.display().to_string()), "case {n}: {error}");
        assert!(error.message.len() < 500, "case {n}: {error}");
    }
}

#[test]
fn what_is_no_file_or_not_what_it_was_called() {
    let home = Home::new();
    let events = home.file("events", lines(0, EVENT));
    let old = home.file("old", r#"{"sequence_state":{},"entries":[]}"#);
    let as_format = |format| ImportOptions { format: Some(format), ..home.options() };
    let as_name = |name: &str| ImportOptions { name: Some(name.into()), ..home.options() };
    for (path, options, code, says) in [
        (home.root.path().join("missing"), home.options(), InputUnreadable, "missing: "),
        (home.dir(), home.options(), InputUnreadable, "is a directory"),
        (events.clone(), as_format(Format::Chainbridge), MalformedJson, "line 2"),
        (old.clone(), as_format(Format::CloudEvents), InvalidIntent, "line 1: no CloudEvents"),
        (
            home.file("object", "{}"),
            as_format(Format::Chainbridge),
            InvalidIntent,
            "no array named `entries`",
        ),
        (events.clone(), as_name(".."), InvalidName, "import/.."),
        (events.clone(), as_name(""), InvalidName, "import/"),
        (events.clone(), as_name("a b\0"), InvalidName, "import/a b"),
    ] {
        let error = home.refuse(&path, &options);
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(says), "{says:?} is not in {error}");
    }
    // An old ledger without entries is one, and so far nothing.
    assert_eq!(home.import(&old).unwrap().entries, 0);
}

#[test]
fn a_stranger_is_refused_and_recorded() {
    let home = Home::new();
    let size = home.size();
    let options = ImportOptions { actor: Gid::new("GID-99").unwrap(), ..home.options() };
    let error = home.import_with(&home.file("events", lines(5, EVENT)), &options).unwrap_err();
    assert_eq!((error.code, error.sequence), (Code::ActorUnknown, Some(size)));
    assert_eq!(home.size(), size + 1);
    let violations = home.ledger.sequencer().store().stream("violations", 0, 10).unwrap();
    assert_eq!(violations, [size]);
    home.verify();
}
