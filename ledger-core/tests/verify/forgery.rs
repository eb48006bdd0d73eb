//! Entries that were dropped, added, moved, rewritten, transplanted or replayed by someone who makes all checksums right.

use crate::log::{
    ADMIN, AGENT, Draft, Log, alone, export_report, findings, found, key, note, registry, remembering,
    rewritten,
};
use ledger_core::entry::Leaf;
use ledger_core::verify::Options;
use serde_json::json;

/// The sample with something done to its entries.
fn sample(edit: impl FnOnce(&mut Log)) -> Log {
    let mut log = Log::sample();
    edit(&mut log);
    log
}

#[test]
fn dropped_added_and_moved_entries_are_located() {
    let other = sample(|log| log.change(3, |leaf| leaf.time = ledger_core::time::Timestamp::EPOCH));
    for (what, log, expected) in [
        (
            "dropped",
            sample(|l| {
                l.entries.remove(3);
            }),
            &["LG_301@3"][..],
        ),
        (
            "two dropped",
            sample(|l| {
                l.entries.drain(3..5);
            }),
            &["LG_301@3", "LG_306@6"],
        ),
        (
            "the first",
            sample(|l| {
                l.entries.remove(0);
            }),
            &["LG_301@0", "LG_310"],
        ),
        ("repeated", sample(|l| l.entries.insert(4, l.entries[3].clone())), &["LG_301@3"]),
        ("repeated later", sample(|l| l.entries.insert(6, l.entries[3].clone())), &["LG_301@3"]),
        ("exchanged", sample(|l| l.entries.swap(5, 6)), &["LG_301@5", "LG_301@5"]),
        ("replaced", sample(|l| l.entries[3] = other.entries[3].clone()), &["LG_302@3", "LG_303@3"]),
        (
            "reversed",
            sample(|l| l.entries[2..].reverse()),
            &["LG_301@2", "LG_301@2", "LG_301@3", "LG_301@4", "LG_301@5", "LG_301@6"],
        ),
    ] {
        // The head is signed for what is there: only the entries themselves speak.
        let report = log.files(&[2, 1, 3], 3).verify(&alone());
        let seen: Vec<String> = found(&report).into_iter().filter(|f| !f.starts_with("LG_312")).collect();
        let exported = found(&export_report(&log.export(), &alone()));
        let exported_expected: Vec<_> = expected.iter().filter(|f| **f != "LG_310").collect();
        assert_eq!(
            exported,
            exported_expected.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "{what}, exported"
        );
        for finding in expected {
            assert!(seen.iter().any(|f| f == finding), "{what}: {seen:?}\n{:#?}", report.findings);
        }
        assert!(report.findings.len() <= expected.len() + 4, "{what}: {:#?}", report.findings);
    }
}

#[test]
fn a_rewritten_tail_is_found_by_whoever_remembers_a_checkpoint() {
    let honest = Log::sample();
    let remembered: Vec<String> = (1..=8).map(|n| honest.checkpoint(n)).collect();
    let mut forged = honest.clone();
    forged.entries[5].data.bytes = br#"{"text":"it never happened"}"#.to_vec();
    let (salt, bytes) = (forged.entries[5].data.salt, forged.entries[5].data.bytes.clone());
    forged.change(5, |leaf| leaf.data_hash = ledger_core::entry::data_hash(&salt, &bytes));
    forged.rechain(6);
    // With the log's own key everything fits together; only memory helps.
    assert_eq!(findings(&forged), Vec::<String>::new());
    let located = |sizes: &[usize]| {
        let notes: Vec<String> = sizes.iter().map(|n| remembered[n - 1].clone()).collect();
        let in_files = forged.files(&[1], 3).verify(&remembering(&notes));
        assert_eq!(found(&in_files), found(&export_report(&forged.export(), &remembering(&notes))));
        in_files.findings
    };
    assert_eq!(located(&[1, 3, 5]), []);
    for (sizes, sequence, between) in [
        (&[8][..], None, "entries 0 to 7"),
        (&[8, 3], Some(3), "entries 3 to 7"),
        (&[5, 6, 7, 8], Some(5), "entries 5 to 5"),
    ] {
        let found = located(sizes);
        assert_eq!(
            (found.len(), found[0].code.to_string(), found[0].sequence),
            (1, "LG_309".to_owned(), sequence)
        );
        assert!(found[0].message.contains(between), "{}", found[0].message);
    }
    // Without it the old checkpoint does not fit, and no new one can be made.
    let mut files = forged.files(&[1], 3);
    let head = |checkpoint: String| {
        let mut head = ledger_core::store::local::frame::HeadFile::decode(&files.0["head"]).unwrap();
        head.checkpoint = checkpoint;
        std::sync::Arc::new(head.encode().unwrap())
    };
    let (old, own) = (head(honest.checkpoint(8)), {
        let mut thief = forged.clone();
        thief.set_log_key(66);
        head(thief.checkpoint(8))
    });
    files.0.insert("head".to_owned(), old);
    assert_eq!(found(&files.verify(&alone())), ["LG_309"]);
    files.0.insert("head".to_owned(), own);
    assert_eq!(found(&files.verify(&alone())), ["LG_310"]);
}

#[test]
fn remembered_checkpoints_must_be_the_logs_own() {
    let log = Log::sample();
    let longer = sample(|l| l.add(&note("six")));
    let said = |note: String| found(&log.files(&[1], 3).verify(&remembering(&[note])));
    assert_eq!(said(longer.checkpoint(9)), ["LG_311"]);
    assert_eq!(said(log.checkpoint(8).replace("acme", "evil")), ["LG_310"]);
    assert_eq!(said(Log::new("ledger.example/other").checkpoint(2)), ["LG_310"]);
    assert_eq!(said("no note".to_owned()), ["LG_310"]);
    let other =
        Options { vkey: Some(Log::new("ledger.example/other").signer().verifier().to_string()), ..alone() };
    assert_eq!(found(&log.files(&[1], 3).verify(&other)), ["LG_313@0", "LG_310"]);
}

#[test]
fn a_genesis_that_was_exchanged_gives_few_findings() {
    let twisted = sample(|l| l.change(0, |leaf| leaf.time = ledger_core::time::Timestamp::EPOCH));
    assert_eq!(found(&export_report(&twisted.export(), &alone())), ["LG_302@0", "LG_313@0"]);
    // Another genesis under a chain that was made to fit: every entry still names the first one.
    let foreign = sample(|l| {
        let other = Log::new("ledger.example/other");
        l.entries[0] = other.entries[0].clone();
        l.rechain(1);
    });
    let report = export_report(&foreign.export(), &alone());
    assert_eq!(
        report.findings.iter().filter(|f| f.code.to_string() == "LG_313").count(),
        7,
        "{:#?}",
        report.findings
    );
}

#[test]
fn signatures_hold_for_one_entry_of_one_log() {
    // Each adds one entry to the sample, well chained, whose signature is not good.
    let mut elsewhere = Log::new("ledger.example/other");
    elsewhere.add(&note("abroad").signed(7));
    let stolen = |log: &Log, index: usize| {
        let leaf = Leaf::parse(&log.entries[index].leaf).unwrap();
        (leaf.signature, leaf.key_id)
    };
    let with_signature_of = |from: (Option<[u8; 64]>, Option<[u8; 32]>), text: &str| {
        sample(|log| {
            log.add(&note(text).signed(7));
            log.change(8, |leaf| (leaf.signature, leaf.key_id) = from);
        })
    };
    let honest = Log::sample();
    assert_eq!(findings(&with_signature_of(stolen(&honest, 3), "x")), ["LG_306@8"], "of another entry");
    assert_eq!(findings(&with_signature_of(stolen(&elsewhere, 2), "abroad")), ["LG_306@8"], "of another log");
    assert_eq!(findings(&with_signature_of(stolen(&honest, 0), "x")), ["LG_306@8"], "of another actor");
    assert_eq!(findings(&sample(|l| l.add(&note("x").signed(66)))), ["LG_306@8"], "of a key that nobody has");
    assert_eq!(
        findings(&sample(|l| l.add(&Draft { actor: ADMIN, ..note("x").signed(7) }))),
        ["LG_306@8"],
        "of the wrong actor"
    );
    // The whole entry again, under its own id.
    let replayed = sample(|l| {
        l.entries.push(l.entries[3].clone());
        l.rechain(8);
        l.change(8, |leaf| leaf.time = ledger_core::time::Timestamp::from_millis(1_760_000_000_000).unwrap());
    });
    assert_eq!(findings(&replayed), ["LG_308@8"], "replayed");
    // Too early, and too late.
    let early = sample(|l| {
        l.entries.truncate(4);
        l.recount();
        l.add(&note("early").signed(8));
    });
    assert_eq!(findings(&early), ["LG_306@4"]);
    let retired = sample(|l| {
        let keyid = hex::encode(key(7).public().unwrap().id());
        l.add(&registry("key.retired", "retire-7", json!({"gid": AGENT, "keyid": keyid, "reason": "lost"})));
        l.add(&note("late").signed(7));
        l.add(&note("new key").signed(8));
    });
    assert_eq!(findings(&retired), ["LG_306@9"]);
}

#[test]
fn a_chain_made_right_again_does_not_hide_a_changed_signed_entry() {
    let mut log = Log::sample();
    log.entries[3].leaf = rewritten(&log.entries[3].leaf, |leaf| leaf.id = "notes/k-zwei");
    log.rechain(4);
    assert_eq!(findings(&log), ["LG_306@3"]);
}
