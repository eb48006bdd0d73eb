//! Bytes that were changed, cut or lost: found, located, and few findings for one cause.

use crate::log::{Files, Log, alone, export_report, found, name, remembering};
use ledger_core::Code;
use ledger_core::entry::event_json;
use ledger_core::verify::Report;

/// Findings for one changed byte: in the worst case it hides a registration on which the entries of one actor rest.
const MOST: usize = 9;

/// A summary for messages.
fn show(report: &Report) -> String {
    report.findings.iter().map(|f| format!("{} {:?} {}\n", f.code, f.sequence, f.message)).collect()
}

/// Where each entry's record stands in the only segment: commits of 3 entries.
fn spans(log: &Log) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut spans) = (64, Vec::new());
    for (n, entry) in log.entries.iter().enumerate() {
        at += if n % 3 == 0 { 40 } else { 0 };
        spans.push(at..at + entry.record_len());
        at += entry.record_len();
    }
    spans
}

#[test]
fn every_changed_byte_of_a_segment_is_found_at_its_entry() {
    let log = Log::sample();
    let files = log.files(&[3], 100);
    let segment = name(0);
    let spans = spans(&log);
    let end = spans.last().unwrap().end;
    for at in 0..end {
        let report = files.edit(&segment, |bytes| bytes[at] ^= 1 << (at % 8)).verify(&alone());
        assert!(!report.ok, "byte {at}");
        assert!(report.findings.len() <= MOST, "byte {at}:\n{}", show(&report));
        let Some(entry) = spans.iter().position(|s| s.contains(&at)) else {
            // A header: the commit is named, and all its entries are read and found good.
            assert_eq!(report.size, 8, "byte {at}:\n{}", show(&report));
            assert!(found(&report).iter().all(|f| f.starts_with("LG_312")), "byte {at}:\n{}", show(&report));
            continue;
        };
        let located = report.findings.iter().any(|f| {
            f.sequence == Some(entry as u64)
                && (f.code.to_string() != "LG_312" || f.message.contains("lengths"))
        });
        assert!(located, "byte {at}, entry {entry}:\n{}", show(&report));
    }
}

#[test]
fn every_changed_byte_of_an_export_is_found_at_its_line() {
    let log = Log::sample();
    let export = log.export();
    // Nothing but a checkpoint covers the last leaf of an export; the one before it tells where.
    let options = remembering(&[log.checkpoint(8), log.checkpoint(7)]);
    let mut neutral = 0;
    for at in 0..export.len() {
        let mut changed = export.clone();
        changed[at] ^= 1 << (at % 7);
        let report = export_report(&changed, &options);
        let line = export[..at].iter().filter(|b| **b == b'\n').count() as u64;
        if report.ok {
            // Another spelling of the same event.
            let read = |bytes: &[u8]| {
                bytes.split(|b| *b == b'\n').map(|l| event_json::read(l).ok()).collect::<Vec<_>>()
            };
            assert_eq!(read(&changed), read(&export), "byte {at}");
            neutral += 1;
            continue;
        }
        assert!(report.findings.len() <= MOST, "byte {at}:\n{}", show(&report));
        // A last link that is broken speaks against both of its entries, and its finding says so.
        let located = report.findings.iter().any(|f| {
            let link = f.code == Code::FindChain && f.message.contains("one of the two was changed");
            f.sequence == Some(line) || (link && f.sequence == Some(line + 1))
        });
        assert!(located, "byte {at}, line {line}:\n{}", show(&report));
    }
    assert!(neutral <= 2, "{neutral}");
}

#[test]
fn every_changed_byte_of_the_head_is_found() {
    let files = Log::sample().files(&[3], 100);
    for at in (0..1024).step_by(3) {
        let report = files.edit("head", |bytes| bytes[at] ^= 1 << (at % 8)).verify(&alone());
        assert_eq!((found(&report), report.size), (vec!["LG_310".to_owned()], 8), "byte {at}");
    }
    for lost in [files.without("head"), files.edit("head", |h| h.fill(0)), files.edit("head", |h| h.push(0))]
    {
        let report = lost.verify(&alone());
        assert_eq!((found(&report), report.size), (vec!["LG_310".to_owned()], 8));
    }
}

#[test]
fn lost_segments_are_missed_and_the_rest_is_verified() {
    let log = Log::sample();
    let files = log.files(&[1], 2);
    let without = |segments: &[u32]| segments.iter().fold(files.clone(), |f, s| f.without(&name(*s)));
    let verified = |files: &Files| {
        let report = files.verify(&alone());
        assert!(report.findings.iter().any(|f| f.message.contains(".seg")), "{}", show(&report));
        (found(&report), report.size, report.root)
    };
    assert_eq!(verified(&without(&[0])), (vec!["LG_311@0".to_owned(), "LG_310".to_owned()], 8, None));
    assert_eq!(verified(&without(&[1])), (vec!["LG_311@2".to_owned()], 8, None));
    assert_eq!(
        verified(&without(&[2])),
        (vec!["LG_311@4".to_owned(), "LG_306@6".to_owned()], 8, None),
        "a key is lost with it"
    );
    assert_eq!(verified(&without(&[1, 2])).0, ["LG_311@2", "LG_306@6"]);
    assert_eq!(verified(&without(&[3])), (vec!["LG_311@6".to_owned()], 6, Some(log.root(6).to_hex())));
    let all = without(&[0, 1, 2, 3]).verify(&alone());
    assert_eq!(found(&all), ["LG_311@0", "LG_310"]);
    // Damage behind a lost segment is still told apart.
    let both = without(&[1]).edit(&name(2), |bytes| bytes[700] ^= 1).verify(&alone());
    assert!(both.findings.iter().any(|f| f.sequence.is_some_and(|s| s == 4 || s == 5)), "{}", show(&both));
}

#[test]
fn a_journal_that_was_cut_anywhere_is_short() {
    let log = Log::sample();
    let files = log.files(&[3, 1], 100);
    let segment = name(0);
    let length = files.0[&segment].len();
    for cut in (0..length - 500).step_by(37) {
        let report = files.edit(&segment, |bytes| bytes.truncate(cut)).verify(&alone());
        assert!(found(&report).iter().any(|f| f.starts_with("LG_311")), "cut at {cut}:\n{}", show(&report));
        assert!(report.findings.len() <= 5, "cut at {cut}:\n{}", show(&report));
    }
}

#[test]
fn reading_goes_on_behind_destroyed_bytes() {
    let log = Log::sample();
    let files = log.files(&[1], 100);
    let segment = name(0);
    let starts: Vec<usize> = spans_of_single_commits(&log);
    // Whole commits overwritten, with zeros and with noise.
    for fill in [0_u8, 0xA5] {
        let report = files.edit(&segment, |bytes| bytes[starts[2]..starts[4]].fill(fill)).verify(&alone());
        assert_eq!(found(&report), ["LG_311@2", "LG_312@2"], "{}", show(&report));
        assert_eq!((report.size, report.root.clone()), (8, None));
    }
    // Bytes that were inserted: no commit stands where it says any more, but its records can be read.
    let report = files
        .edit(&segment, |bytes| {
            bytes.splice(starts[1]..starts[1], [7; 13]);
        })
        .verify(&alone());
    assert!(found(&report).iter().any(|f| f == "LG_312@1"), "{}", show(&report));
    assert!(report.size >= 7 && report.findings.len() <= 5, "{}", show(&report));
    // The last entry's lengths: its commit is cut off from them on.
    let report = files.edit(&segment, |bytes| bytes[starts[7] + 40] ^= 1).verify(&alone());
    assert!(found(&report).contains(&"LG_312@7".to_owned()), "{}", show(&report));
}

fn spans_of_single_commits(log: &Log) -> Vec<usize> {
    let mut at = 64;
    let mut starts = Vec::new();
    for entry in &log.entries {
        starts.push(at);
        at += 40 + entry.record_len();
    }
    starts
}
