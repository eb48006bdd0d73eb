//! Honest logs are clean, however they are cut into commits, segments and threads.

use crate::log::{Draft, Log, alone, export_report, found, note, remembering};
use ledger_core::verify::{Options, verify_directory};
use proptest::prelude::*;
use serde_json::json;
use std::io::BufReader;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[test]
fn the_report_says_what_the_log_is() {
    let log = Log::sample();
    let checkpoints: Vec<String> = (0..=log.size()).map(|n| log.checkpoint(n)).collect();
    let vkey = Some(log.signer().verifier().to_string());
    let options = Options { vkey: vkey.clone(), ..remembering(&checkpoints) };
    let report = log.files(&[3], 2).verify(&options);
    assert_eq!(report.findings, []);
    assert!(report.ok);
    assert_eq!((report.size, report.signed_entries, report.checkpoints), (8, 5, 10));
    assert_eq!(report.root, Some(log.root(8).to_hex()));
    assert_eq!(report.head, Some(hex::encode(log.entries[7].chain_hash())));
    assert_eq!(report.logid, Some(log.entries[0].leaf_hash().to_hex()));
    assert_eq!((report.origin.as_deref(), &report.vkey), (Some("ledger.example/acme"), &vkey));
    let exported = export_report(&log.export(), &options);
    assert_eq!((exported.checkpoints, exported.findings.len()), (9, 0));
    assert_eq!((exported.root, exported.head, exported.vkey), (report.root, report.head, report.vkey));
    let shown =
        serde_json::to_value(log.files(&[3], 2).edit("head", |h| h[9] ^= 1).verify(&alone())).unwrap();
    assert_eq!(shown["findings"][0]["code"], "LG_310");
    assert_eq!(shown["findings"][0]["sequence"], json!(null));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_honest_log_is_clean(
        kinds in proptest::collection::vec((0..5_u8, 0..3_usize, 0..2000_usize), 0..40),
        commits in proptest::collection::vec(1..6_usize, 1..5),
        per_segment in 1..5_usize,
        threads in 1..4_usize,
    ) {
        let mut log = Log::new("ledger.example/acme");
        for (n, (kind, stream, length)) in kinds.into_iter().enumerate() {
            let text = format!("{n}{}", "é".repeat(length));
            let draft = Draft { subject: ["notes", "notes/a", "notes/b/c"][stream], key: format!("k{n}"), ..note(&text) };
            log.add(&match kind {
                0 => draft,
                1 => draft.signed(7),
                2 => draft.private(json!({"secret": text})),
                3 => draft.signed(7).private(json!({"secret": text})),
                _ => Draft {
                    kind: "artifact.recorded",
                    data: json!({"name": text, "digest": format!("sha256:{}", "0a".repeat(32)), "size": n}),
                    subject: "artifacts",
                    ..draft
                },
            });
        }
        let middle = log.checkpoint(log.size() / 2);
        let options = Options { threads, ..remembering(&[middle, log.checkpoint(log.size())]) };
        let report = log.files(&commits, per_segment).verify(&options);
        prop_assert_eq!(found(&report), Vec::<String>::new());
        prop_assert_eq!((report.ok, report.checkpoints), (true, 3));
        let exported = export_report(&log.export(), &options);
        prop_assert_eq!((found(&exported), exported.checkpoints, exported.root), (vec![], 2, report.root));
    }
}

/// Some megabytes: many batches, commits longer than a batch, a record longer than a batch.
fn long() -> Log {
    let mut log = Log::new("ledger.example/acme");
    for n in 0..1500_usize {
        let length = if n % 700 == 3 { 600_000 } else { 100 + n % 900 };
        let draft = Draft { key: format!("k{n}"), ..note(&"x".repeat(length)) };
        log.add(&if n % 97 == 0 { draft.signed(7) } else { draft });
    }
    log
}

#[test]
fn long_logs_are_read_in_pieces_and_progress_is_told() {
    let log = long();
    let told = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let teller = Arc::clone(&told);
    let options = Options {
        complete: None,
        threads: 2,
        checkpoints: [1, 255, 256, 257, 1000, 1502].map(|n| log.checkpoint(n)).to_vec(),
        vkey: None,
        progress: Some(Arc::new(move |step| {
            let (done, total) = (step.bytes, step.total);
            assert!(teller.0.swap(done, Ordering::Relaxed) <= done && (total == 0 || done <= total));
            assert!(step.entries <= 1502 && [0, 1502].contains(&step.size), "{step:?}");
            teller.1.store(total, Ordering::Relaxed);
            true
        })),
    };
    for commits in [&[2000][..], &[400], &[1]] {
        let report = log.files(commits, 400).verify(&options);
        assert_eq!((report.findings, report.checkpoints, report.size), (vec![], 7, 1502));
        assert_eq!(told.0.swap(0, Ordering::Relaxed), told.1.load(Ordering::Relaxed));
    }
    let report = export_report(&log.export(), &options);
    assert_eq!((report.findings, report.checkpoints), (vec![], 6));
    // Who is told may end it.
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let impatient = Options {
        progress: Some(Arc::new(move |step| {
            count.fetch_add(1, Ordering::Relaxed);
            step.entries == 0
        })),
        ..alone()
    };
    let ended = ledger_core::verify::verify_export(&log.export()[..], &impatient);
    assert_eq!(ended.unwrap_err().code, ledger_core::Code::Cancelled);
    assert!(asked.load(Ordering::Relaxed) < 3);
    // One changed byte in the middle of a commit that spans batches.
    for at in [1_000_000, 2_000_000] {
        let changed = log.files(&[2000], 1).edit("journal/00000000.seg", |bytes| bytes[at] ^= 4);
        let (one, two) = (changed.verify(&alone()), changed.verify(&Options { threads: 3, ..alone() }));
        assert_eq!(one, two);
        assert!((1..5).contains(&one.findings.len()), "{:?}", one.findings);
        assert!(found(&one)[0].starts_with("LG_312@0"), "{:?}", one.findings);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_report_however_much_is_wrong() {
    let mut log = Log::new("ledger.example/acme");
    for n in 0..700 {
        // A foreign log's name, a wrong stream position, a stranger, data that is not committed to: four findings each.
        let draft = Draft { actor: "GID-66", key: format!("k{n}"), ..note("x") };
        log.add_as(&draft, |leaf| {
            leaf.subject_sequence += 5 * (n % 2);
            leaf.log_id = Some(ledger_proofs::empty_root());
            leaf.data_hash = [3; 32];
        });
    }
    let files = log.files(&[1], 100);
    let reports: Vec<_> = [1, 2, 4].map(|threads| files.verify(&Options { threads, ..alone() })).into();
    assert!(reports[0].findings.len() > 1000 && !reports[0].ok);
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    let garbage = "nonsense\n".repeat(25_000);
    let report = export_report(garbage.as_bytes(), &alone());
    assert_eq!((report.findings.len(), report.findings_omitted), (10_000, 15_000));
    assert!(report.findings[0].message.starts_with("line 1 "), "{:?}", report.findings[0]);
}

#[test]
fn what_no_head_covers_is_not_looked_at() {
    let log = Log::sample();
    let mut longer = log.clone();
    longer.add(&note("not yet acknowledged"));
    let files = log.files(&[1], 100);
    let segment = "journal/00000000.seg";
    let end = files.0[segment].len() - 500;
    let mut behind = longer.files(&[1], 100);
    behind.0.insert("head".to_owned(), Arc::clone(&files.0["head"]));
    assert_eq!(behind.verify(&alone()).findings, [], "a whole commit behind the head");
    for garbage in [&b"\xffLGC"[..], b"\0\0\0torn", &[0xee; 400]] {
        let torn = files.edit(segment, |bytes| bytes[end..end + garbage.len()].copy_from_slice(garbage));
        assert_eq!(torn.verify(&alone()).findings, []);
    }
    // The next segment has been begun already.
    let mut begun = files.clone();
    begun.0.insert("journal/00000001.seg".to_owned(), Arc::new(vec![1, 2, 3]));
    assert_eq!(begun.verify(&alone()).findings, []);
}

#[test]
fn real_directories_and_what_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let error = |path: &std::path::Path| verify_directory(path, &alone()).unwrap_err().to_string();
    assert!(error(dir.path()).starts_with("LG_200"));
    assert!(error(&dir.path().join("none")).starts_with("LG_200"));
    let log = Log::sample();
    std::fs::create_dir(dir.path().join("journal")).unwrap();
    assert!(error(dir.path()).starts_with("LG_200"));
    for (name, bytes) in &log.files(&[2], 2).0 {
        std::fs::write(dir.path().join(name), &**bytes).unwrap();
    }
    assert_eq!(verify_directory(dir.path(), &Options::default()).unwrap().findings, []);
    assert!(!dir.path().join("lock").exists(), "nothing is written");
    let text = |bytes: &[u8]| {
        ledger_core::verify::verify_export(bytes, &alone()).map(|r| found(&r)).map_err(|e| e.code.to_string())
    };
    assert_eq!(text(b""), Err("LG_105".to_owned()));
    assert_eq!(text(b"\n\n"), Err("LG_105".to_owned()));
    assert_eq!(text(b"{}\n"), Ok(vec!["LG_300@0".to_owned()]));
    assert_eq!(text(b"\xff\xfe"), Ok(vec!["LG_300@0".to_owned()]));
    let bad_key = Options { vkey: Some("x+y+z".to_owned()), ..alone() };
    assert_eq!(
        ledger_core::verify::verify_export(&b"{}"[..], &bad_key).unwrap_err().code.to_string(),
        "LG_106"
    );
}

#[test]
fn exports_may_be_spelt_in_any_way_and_read_in_any_portions() {
    let log = Log::sample();
    let pretty: Vec<u8> = String::from_utf8(log.export())
        .unwrap()
        .lines()
        .flat_map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("  {}\r\n\n", value.to_string().replace(":\"", " : \"")).into_bytes()
        })
        .collect();
    let reader = BufReader::with_capacity(7, &pretty[..]);
    let report = ledger_core::verify::verify_export(reader, &remembering(&[log.checkpoint(8)])).unwrap();
    assert_eq!((report.findings, report.checkpoints), (vec![], 1));
    // A line without end is passed over, in bounded memory.
    let seen = Mutex::new(0_usize);
    let endless = std::io::Read::take(std::io::repeat(b'x'), 40 << 20);
    let report = ledger_core::verify::verify_export(BufReader::new(endless), &alone()).unwrap();
    *seen.lock().unwrap() = report.findings.len();
    assert_eq!(found(&report), ["LG_311"]);
}
