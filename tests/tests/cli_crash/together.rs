//! Several processes on one ledger.

use super::{Acknowledged, lines, note};
use ledger_tests::binary::{Place, Said};
use serde_json::Value;
use std::process::Stdio;
use std::thread;

#[test]
fn two_writers_get_all_their_entries_in_and_leave_no_gap() {
    let place = Place::with_ledger();
    let write = |who: &str| -> Vec<Said> {
        (0..100).map(|n| place.run(note(&format!("{who}-{n}"), r#"{"text":"a"}"#))).collect()
    };
    let (left, right) = thread::scope(|scope| {
        let other = scope.spawn(|| write("right"));
        (write("left"), other.join().unwrap())
    });
    let mut acknowledged = Acknowledged::default();
    for answers in [&left, &right] {
        let mut last = 0;
        for said in answers {
            assert_eq!((said.code(), said.err.as_str()), (0, ""), "{said:?}");
            acknowledged.read(said.out.as_bytes());
            let sequence = said.values()[0]["sequence"].as_u64().unwrap();
            assert!(sequence > last, "in the order of asking");
            last = sequence;
        }
    }
    let mut sequences: Vec<u64> = acknowledged.0.values().map(|(sequence, _)| *sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (13..213).collect::<Vec<_>>());
    acknowledged.survives(&place, "two writers");
}

#[test]
fn of_two_that_expect_the_same_head_one_wins() {
    let place = Place::with_ledger();
    for round in 0..5 {
        let head = place.size().to_string();
        let append = |who: &str| {
            place.run(["append", "note", "--data", r#"{"text":"a"}"#, "--id", who, "--expect", &head])
        };
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        let (left, right) = thread::scope(|scope| {
            let other = scope.spawn(|| append(&b));
            (append(&a), other.join().unwrap())
        });
        let (won, lost) = if left.code() == 0 { (left, right) } else { (right, left) };
        assert_eq!((won.code(), lost.error().as_str()), (0, "LG_111"), "{won:?} {lost:?}");
    }
    assert_eq!(place.size(), 18);
}

#[test]
fn readers_beside_a_busy_writer_are_never_told_anything_false() {
    let place = Place::with_ledger();
    let file = place.file("batch.jsonl", lines("busy", 12_000));
    let vkey = place.json(["status"])["vkey"].as_str().unwrap().to_owned();
    let mut writer = place.command(["append", "--json", "--batch", file.to_str().unwrap()]);
    let mut writer = writer.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut size, mut rounds) = (13, 0);
    let mut reached = Vec::new();
    while writer.try_wait().unwrap().is_none() {
        let log = place.lines(["log", "--last", "3"]);
        let positions: Vec<u64> =
            log.iter().map(|e| e["sequence"].as_str().unwrap().parse().unwrap()).collect();
        assert!(positions.len() == 3 && positions.windows(2).all(|w| w[1] == w[0] + 1), "{positions:?}");
        assert!(positions[2] + 1 >= size, "the log shrank");
        size = positions[2] + 1;
        let status = place.json(["status"]);
        let now = status["size"].as_u64().unwrap();
        assert!(now >= size, "the log shrank from {size} to {now}");
        // What was said before is the beginning of what is said now.
        let proof = place.ok(["prove", "consistency", &size.to_string()]).out;
        believed(&place, &proof, &vkey);
        let parsed: Value = serde_json::from_str(&proof).unwrap();
        size = parsed["to"].as_u64().unwrap();
        assert!(size >= now);
        believed(&place, &place.ok(["prove", "inclusion", &(size - 1).to_string()]).out, &vkey);
        let report = place.json(["verify"]);
        assert_eq!(report["ok"], true, "{report}");
        reached.push(size);
        rounds += 1;
    }
    let output = writer.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(place.size(), 12_013);
    println!("{rounds} rounds beside the writer: {reached:?}");
}

fn believed(place: &Place, proof: &str, vkey: &str) {
    let said = place.run_on(proof.as_bytes(), ["check", "-", "--vkey", vkey]);
    assert_eq!(said.code(), 0, "{said:?}");
}
