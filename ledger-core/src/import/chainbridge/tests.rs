//! The four historical files, and what happens when somebody edits one.
#![allow(clippy::arithmetic_side_effects)]

use crate::json::{Value, parse};

use super::verdict::content_hash;
use super::{
    Analysis, AnalysisError, Dialect, FindingKind, Verdict, analyze, describe_difference, is_chainbridge,
    same_entry, verdict_of,
};

const FIRST: &str = "2025-12-24T142006_217e543be9.json";
const SECOND: &str = "2025-12-24T194902_e00a62460f.json";
const THIRD: &str = "2025-12-26T001604_72c4e77a90.json";
const FOURTH: &str = "2025-12-31T010708_c7f460beef.json";

fn read(name: &str) -> String {
    let path = format!("{}/../../shared/data/governance-ledger/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("this test needs the shared history at {path}: {e}"))
}

fn count(analysis: &Analysis<'_>, verdict: Verdict, dialect: Option<Dialect>) -> usize {
    analysis.entries.iter().filter(|e| (e.verdict, e.dialect) == (verdict, dialect)).count()
}

fn places(analysis: &Analysis<'_>) -> Vec<(FindingKind, Option<usize>)> {
    analysis.findings.iter().map(|f| (f.kind, f.index)).collect()
}

/// A file in pieces, to be edited and put together again.
struct Edited {
    state: String,
    entries: Vec<String>,
}

impl Edited {
    /// The first file, without findings of its own; `count` entries of it with a head that fits.
    fn new(count: usize) -> Self {
        let file = read(FIRST);
        let mut entries: Vec<String> =
            analyze(file.as_bytes()).unwrap().entries.iter().map(|e| e.original.into()).collect();
        entries.truncate(count);
        Self { state: "{}".into(), entries }
    }

    /// Replaces text in one entry; it must occur.
    fn replace(&mut self, index: usize, from: &str, to: &str) {
        assert!(self.entries[index].contains(from), "{from} is not in {}", self.entries[index]);
        self.entries[index] = self.entries[index].replacen(from, to, 1);
    }

    fn field(&self, index: usize, name: &str) -> String {
        let entry = parse(self.entries[index].as_bytes()).unwrap();
        entry.get(name).and_then(Value::as_str).unwrap().to_owned()
    }

    /// Gives an entry the hash of its content.
    fn rehash(&mut self, index: usize) {
        let new = content_hash(&parse(self.entries[index].as_bytes()).unwrap(), Dialect::Compact).unwrap();
        let old = self.field(index, "entry_hash");
        self.replace(index, &old, &new);
    }

    /// As somebody would who rewrites history: new hashes and links up to the end.
    fn rewrite_from(&mut self, index: usize) {
        let mut old = self.field(index, "entry_hash");
        self.rehash(index);
        for next in index + 1..self.entries.len() {
            let new = self.field(next - 1, "entry_hash");
            self.replace(next, &old, &new);
            old = self.field(next, "entry_hash");
            self.rehash(next);
        }
    }

    /// Verdicts that are not intact or unhashed, and findings.
    fn check(&self, altered: &[(usize, Verdict)], findings: &[(FindingKind, Option<usize>)]) {
        let text =
            format!("{{\"sequence_state\":{},\"entries\":[{}]}}", self.state, self.entries.join(" ,\n"));
        let analysis = analyze(text.as_bytes()).unwrap();
        let bad: Vec<_> = analysis.entries.iter().map(|e| (e.index, e.verdict)).collect();
        let bad: Vec<_> =
            bad.into_iter().filter(|(_, v)| matches!(v, Verdict::Altered | Verdict::Malformed)).collect();
        assert_eq!(
            (bad.as_slice(), places(&analysis).as_slice()),
            (altered, findings),
            "{:#?}",
            analysis.findings
        );
        for (entry, original) in analysis.entries.iter().zip(&self.entries) {
            assert_eq!(entry.original, original);
            assert_eq!(verdict_of(original), (entry.verdict, entry.dialect));
        }
        assert!(analysis.findings.iter().all(|f| f.message.is_ascii()));
    }
}

#[test]
fn the_historical_files_are_judged_entry_by_entry() {
    use FindingKind::{SequenceDuplicate, StateMismatch};
    let later = [
        (SequenceDuplicate, Some(202)),
        (StateMismatch, None),
        (StateMismatch, None),
        (StateMismatch, None),
        (StateMismatch, None),
    ];
    let table = [
        (FIRST, 157, 148, 0, &later[..0]),
        (SECOND, 174, 165, 0, &later[..0]),
        (THIRD, 205, 183, 13, &later[..]),
        (FOURTH, 205, 183, 13, &later[..]),
    ];
    for (name, total, compact, spaced, findings) in table {
        let file = read(name);
        assert!(is_chainbridge(&parse(file.as_bytes()).unwrap()));
        let analysis = analyze(file.as_bytes()).unwrap();
        assert_eq!(analysis.entries.len(), total, "{name}");
        assert_eq!(count(&analysis, Verdict::Intact, Some(Dialect::Compact)), compact, "{name}");
        assert_eq!(count(&analysis, Verdict::Intact, Some(Dialect::Spaced)), spaced, "{name}");
        assert_eq!(count(&analysis, Verdict::Unhashed, None), 9, "{name}");
        assert!(analysis.entries.iter().take(9).all(|e| e.verdict == Verdict::Unhashed), "{name}");
        assert_eq!(places(&analysis), findings, "{name}: {:#?}", analysis.findings);
        for entry in &analysis.entries {
            assert_eq!(verdict_of(entry.original), (entry.verdict, entry.dialect));
        }
    }
    let fourth = read(FOURTH);
    let messages: Vec<_> =
        analyze(fourth.as_bytes()).unwrap().findings.into_iter().map(|f| f.message).collect();
    assert_eq!(messages[0], "sequence 202 was used before, at index 201");
    assert_eq!(messages[1], "sequence_state.next_sequence is 203; by the entries it is 205");
    assert_eq!(messages[2], "sequence_state.total_entries is 203; by the entries it is 205");
}

#[test]
fn each_file_begins_with_the_entries_of_the_one_before() {
    let files = [FIRST, SECOND, THIRD, FOURTH].map(read);
    for pair in files.windows(2) {
        let (earlier, later) = (analyze(pair[0].as_bytes()).unwrap(), analyze(pair[1].as_bytes()).unwrap());
        for (a, b) in earlier.entries.iter().zip(&later.entries) {
            assert!(same_entry(a.original, b.original), "{:?}", describe_difference(a.original, b.original));
        }
    }
}

#[test]
fn an_edit_is_found_where_it_was_made() {
    use FindingKind::{LinkBroken, SequenceDisordered, SequenceDuplicate, SequenceMissing};

    Edited::new(30).check(&[], &[]);

    let mut field = Edited::new(30);
    field.replace(20, "\"artifact_status\": \"", "\"artifact_status\": \"NOT_");
    field.check(&[(20, Verdict::Altered)], &[]);

    // Hashing it anew moves the fault to the link behind it.
    field.rehash(20);
    field.check(&[], &[(LinkBroken, Some(21))]);

    // Rewriting all that follows leaves no fault among the entries; only what was declared, or remembered elsewhere, shows it.
    let mut rewritten = Edited::new(30);
    rewritten.state = format!("{{\"last_entry_hash\":\"{}\"}}", rewritten.field(29, "entry_hash"));
    rewritten.replace(20, "\"artifact_status\": \"", "\"artifact_status\": \"NOT_");
    rewritten.rewrite_from(20);
    rewritten.check(&[], &[(FindingKind::StateMismatch, None)]);

    // A tail that links perfectly, with hashes of nothing: only recomputing shows it.
    let mut tail = Edited::new(30);
    for index in 27..30 {
        let (old, forged) = (tail.field(index, "entry_hash"), format!("{index:064x}"));
        tail.replace(index, &old, &forged);
        if index < 29 {
            tail.replace(index + 1, &old, &forged);
        }
    }
    tail.check(&[(27, Verdict::Altered), (28, Verdict::Altered), (29, Verdict::Altered)], &[]);

    let mut dropped = Edited::new(30);
    dropped.entries.remove(15);
    dropped.check(&[], &[(SequenceMissing, Some(15)), (LinkBroken, Some(15))]);

    let mut beheaded = Edited::new(9);
    beheaded.entries.remove(0);
    beheaded.check(&[], &[(SequenceMissing, Some(0))]);

    let mut twice = Edited::new(30);
    twice.entries.insert(16, twice.entries[15].clone());
    twice.check(&[], &[(SequenceDuplicate, Some(16)), (LinkBroken, Some(16))]);

    let mut swapped = Edited::new(30);
    swapped.entries.swap(15, 16);
    let time = (FindingKind::TimestampBackwards, Some(16));
    swapped.check(
        &[],
        &[
            (LinkBroken, Some(15)),
            (SequenceDisordered, Some(16)),
            (LinkBroken, Some(16)),
            time,
            (LinkBroken, Some(17)),
        ],
    );
}

#[test]
fn links_and_hashes_that_are_missing_or_odd_are_found() {
    use FindingKind::{HashMissing, LinkBroken, LinkMissing, NotAnObject};
    let hash = Edited::new(30).field(20, "entry_hash");
    let quoted = format!("\"{hash}\"");
    let short = hash.get(1..).unwrap();
    for (odd, verdict) in [
        (format!("\"{short}\""), Verdict::Malformed),
        (format!("\"{hash}0\""), Verdict::Malformed),
        (format!("\"g{short}\""), Verdict::Malformed),
        ("\"\"".into(), Verdict::Malformed),
        ("17".into(), Verdict::Malformed),
        (format!("[{quoted}]"), Verdict::Malformed),
        (quoted.to_uppercase(), Verdict::Altered),
    ] {
        let mut edited = Edited::new(30);
        edited.replace(20, &quoted, &odd);
        edited.check(&[(20, verdict)], &[(LinkBroken, Some(21))]);
    }

    let mut stripped = Edited::new(30);
    stripped.replace(20, &quoted, "null");
    stripped.check(&[], &[(HashMissing, Some(20)), (LinkBroken, Some(21))]);

    let mut unlinked = Edited::new(30);
    unlinked.replace(21, "\"prev_hash\"", "\"former_link\"");
    unlinked.rewrite_from(21);
    unlinked.check(&[], &[(LinkMissing, Some(21))]);

    let mut nulled = Edited::new(30);
    nulled.replace(21, &quoted, "null");
    nulled.rewrite_from(21);
    nulled.check(&[], &[(LinkBroken, Some(21))]);

    // Two links, of which one is wrong.
    let mut both = Edited::new(30);
    both.replace(21, "\"prev_hash\"", "\"prior_hash\": null, \"prev_hash\"");
    both.rewrite_from(21);
    both.check(&[], &[(LinkBroken, Some(21))]);

    let mut scalar = Edited::new(12);
    scalar.entries[9] = "\"nothing\"".into();
    scalar.check(
        &[(9, Verdict::Malformed)],
        &[(NotAnObject, Some(9)), (FindingKind::SequenceMissing, Some(10)), (LinkBroken, Some(10))],
    );
}

#[test]
fn numbers_and_times_that_cannot_be_read_are_found() {
    use FindingKind::{SequenceMissing, SequenceUnreadable, TimestampBackwards, TimestampUnreadable};
    for odd in ["\"5\"", "5.0", "-5", "null", "99999999999999999999"] {
        let mut edited = Edited::new(9);
        edited.replace(4, "\"sequence\": 5", &format!("\"sequence\": {odd}"));
        edited.check(&[], &[(SequenceUnreadable, Some(4)), (SequenceMissing, Some(5))]);
    }
    let time = Edited::new(9).field(4, "timestamp");
    let (date, _) = time.split_once('T').unwrap();
    let (unzoned, _) = time.split_once('+').unwrap();
    for odd in [unzoned, date, "yesterday", "2025-02-30T00:00:00Z", ""] {
        let mut edited = Edited::new(9);
        edited.replace(4, &time, odd);
        edited.check(&[], &[(TimestampUnreadable, Some(4))]);
    }
    // The same instant in other forms, and instants that text would order wrongly.
    for (first, second, backwards) in [
        ("2025-12-23T22:00:00.5Z", "2025-12-23T22:00:00.500000000+00:00", false),
        ("2025-12-23T23:30:00+02:00", "2025-12-23T22:00:00Z", false),
        ("2025-12-23T22:00:00Z", "2025-12-23T23:30:00+02:00", true),
        ("2025-12-23T22:00:00.000000001Z", "2025-12-23T22:00:00Z", true),
        ("2025-12-23T22:00:00.9Z", "2025-12-23T22:00:00.10Z", true),
    ] {
        let mut edited = Edited::new(2);
        for (index, time) in [first, second].into_iter().enumerate() {
            let old = edited.field(index, "timestamp");
            edited.replace(index, &old, time);
        }
        let findings = [(TimestampBackwards, Some(1))];
        edited.check(&[], if backwards { &findings } else { &[] });
    }
}

#[test]
fn every_declared_field_is_held_against_the_entries() {
    let hash = Edited::new(12).field(11, "entry_hash");
    let time = Edited::new(12).field(11, "timestamp");
    let zulu = time.replace("+00:00", "Z");
    let state = |next: &str, total: &str, hash: &str, time: &str| {
        format!(
            "{{\"next_sequence\":{next},\"total_entries\":{total},\"last_entry_hash\":{hash},\"last_entry_timestamp\":\"{time}\"}}"
        )
    };
    let quoted = format!("\"{hash}\"");
    for (state, mismatches) in [
        (state("13", "12", &quoted, &time), 0),
        (state("13", "12", &quoted, &zulu), 0),
        (state("12", "12", &quoted, &time), 1),
        (state("13", "\"12\"", &quoted, &time), 1),
        (state("13", "12", "null", &time), 1),
        (state("13", "12", &quoted, "2025-12-24T00:00:00Z"), 1),
        (state("14", "11", "\"\"", "never"), 4),
        ("[]".into(), 1),
        ("null".into(), 0),
    ] {
        let findings = vec![(FindingKind::StateMismatch, None); mismatches];
        Edited { state, ..Edited::new(12) }.check(&[], &findings);
    }
    let empty =
        "{\"next_sequence\":1,\"total_entries\":0,\"last_entry_hash\":null,\"last_entry_timestamp\":null}";
    Edited { state: empty.into(), entries: vec![] }.check(&[], &[]);
}

#[test]
fn two_originals_are_compared_by_content() {
    let base = r#"{"a": 1, "b": [1.0, {"c/d": "é"}], "n": null}"#;
    for same in [base, "{\"n\":null,\n\"b\":[1.00,{\"c\\/d\":\"\\u00E9\"}],\"a\":1}"] {
        assert!(same_entry(base, same) && same_entry(same, base), "{same}");
    }
    let table = [
        (r#"{"a": 1.0, "b": [1.0, {"c/d": "é"}], "n": null}"#, "/a was 1 and is 1.0"),
        (r#"{"a": 1, "b": [1.0, {"c/d": "è"}], "n": null}"#, r#"/b/1/c~1d was "\u00e9" and is "\u00e8""#),
        (r#"{"a": 1, "b": [1.0], "n": null}"#, "/b had 2 elements and has 1"),
        (r#"{"a": 1, "b": [1.0, {"c/d": "é"}]}"#, "/n was null and is gone"),
        (r#"{"a": 1, "b": [1.0, {"c/d": "é", "x": 2}], "n": null}"#, "/b/1/x is new: 2"),
        ("[]", "the entry was {\"a\": 1, \"b\": [1.0, {\"c/d\": \"\\u00e9\"}], \"n\": null} and is []"),
        ("nope", "the later text is no JSON: unexpected character; expected a value, at byte 0"),
    ];
    for (other, message) in table {
        assert_eq!(describe_difference(base, other).as_deref(), Some(message));
        assert!(!same_entry(base, other));
    }
    // Numbers that Python does not read are no reason to call different things the same.
    assert!(!same_entry("[1e999]", "{\"a\":1e999}"));
    assert!(!same_entry("[1e999]", "[2e999]"));
    assert!(same_entry("[1e999]", " [1e999]"));
}

#[test]
fn what_is_no_such_ledger_is_refused() {
    for (input, expected) in [
        ("{}", Some(AnalysisError::NoEntries)),
        ("[]", Some(AnalysisError::NoEntries)),
        ("{\"entries\":{}}", Some(AnalysisError::NoEntries)),
        ("{\"entries\":[", None),
        ("{\"entries\":[{\"a\":1,\"a\":2}]}", None),
        ("", None),
    ] {
        let error = analyze(input.as_bytes()).unwrap_err();
        assert!(expected.map_or(matches!(error, AnalysisError::Json(_)), |e| e == error), "{input}: {error}");
    }
    for (input, is) in [
        ("{\"entries\":[],\"ledger_metadata\":{}}", true),
        ("{\"entries\":[],\"sequence_state\":{}}", true),
        ("{\"entries\":[]}", false),
        ("{\"entries\":[{\"sequence\":1},{\"entry_hash\":\"x\"}]}", true),
        ("{\"entries\":[{\"sequence\":1},{}]}", false),
        ("{\"entries\":[1]}", false),
        ("{\"entries\":{},\"ledger_metadata\":{}}", false),
        ("[]", false),
    ] {
        assert_eq!(is_chainbridge(&parse(input.as_bytes()).unwrap()), is, "{input}");
    }
}
