//! kill -9 at any moment.

use super::{Acknowledged, lines, note, verifies};
use ledger_tests::binary::Place;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Pseudo-random delays; another sequence in every run, as the moments of a kill are anyway.
struct Delays(u64);

impl Delays {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Self(u64::from(now.subsec_nanos()) | 1)
    }

    /// Somewhere between nothing and `most`.
    fn next(&mut self, most: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        most.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// Runs a command and kills it after a while; gives what it had written by then.
fn killed(mut command: Command, after: Duration) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait_with_output().unwrap()
}

/// How long a command takes when it is left alone.
fn duration(mut command: Command) -> (Duration, Output) {
    let start = Instant::now();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (start.elapsed(), output)
}

#[test]
fn nothing_acknowledged_is_lost_when_append_is_killed() {
    let place = Place::on_disk().initialized();
    let (mut acknowledged, mut delays) = (Acknowledged::default(), Delays::new());
    let data = r#"{"text":"a note"}"#;
    let (usual, output) = duration(place.command(note("first", data)));
    acknowledged.read(&output.stdout);
    let mut interrupted = 0;
    for n in 0..30 {
        let id = format!("killed-{n}");
        let after = delays.next(usual + usual / 2);
        let output = killed(place.command(note(&id, data)), after);
        interrupted += i32::from(!output.status.success());
        acknowledged.read(&output.stdout);
        // Whoever got no answer asks again, and gets one entry, not two.
        let again = place.run(note(&id, data));
        assert_eq!(again.code(), 0, "killed after {after:?}: {again:?}");
        acknowledged.read(again.out.as_bytes());
        acknowledged.survives(&place, &format!("killed after {after:?}"));
    }
    assert_eq!((place.size(), acknowledged.0.len()), (13 + 31, 31), "each note once");
    assert!(interrupted > 5, "only {interrupted} were killed in time");
}

#[test]
fn nothing_acknowledged_is_lost_when_a_batch_is_killed() {
    let place = Place::on_disk().initialized();
    let (mut acknowledged, mut delays) = (Acknowledged::default(), Delays::new());
    let batch = |place: &Place, n: usize| {
        let file = place.file("batch.jsonl", lines(&format!("b{n}"), 2500));
        place.command(["append", "--json", "--batch", file.to_str().unwrap()])
    };
    let (usual, output) = duration(batch(&place, 0));
    acknowledged.read(&output.stdout);
    let mut halfway = 0;
    for n in 1..=10 {
        let after = delays.next(usual + usual / 5);
        let output = killed(batch(&place, n), after);
        let before = acknowledged.0.len();
        acknowledged.read(&output.stdout);
        halfway += i32::from(!output.status.success() && acknowledged.0.len() > before);
        acknowledged.survives(&place, &format!("killed after {after:?}"));
        let again = place.run(note(&format!("after-{n}"), r#"{"text":"a"}"#));
        assert_eq!(again.code(), 0, "{again:?}");
        acknowledged.read(again.out.as_bytes());
    }
    // The same batch again completes it: what is there is not appended twice.
    let again = batch(&place, 10).output().unwrap();
    assert!(again.status.success(), "{again:?}");
    acknowledged.read(&again.stdout);
    assert!((0..2500).all(|n| acknowledged.0.contains_key(&format!("notes/b10-{n}"))));
    acknowledged.survives(&place, "the batch again");
    println!("{halfway} of 10 batches were killed between two commits");
}

#[test]
fn an_import_that_is_killed_leaves_a_beginning_and_the_next_one_completes_it() {
    const EVENTS: usize = 20_000;
    let place = Place::on_disk().initialized();
    let event = |n| {
        format!(
            "{{\"specversion\":\"1.0\",\"id\":\"{n}\",\"source\":\"test\",\"type\":\"x.y\",\"data\":{n}}}\n"
        )
    };
    let file = place.file("events.jsonl", (0..EVENTS).map(event).collect::<String>());
    let import = |name: &str| place.command(["import", file.to_str().unwrap(), "--json", "--name", name]);
    let (usual, _) = duration(import("whole"));
    let (mut delays, mut halfway) = (Delays::new(), 0);
    for n in 0..10 {
        let name = format!("killed-{n}");
        let after = delays.next(usual + usual / 5);
        let output = killed(import(&name), after);
        let stream = |when: &str| {
            let there = place.lines(["log", "--stream", &format!("import/{name}")]);
            for (index, entry) in there.iter().enumerate() {
                assert_eq!(entry["data"]["index"], index, "{when}: killed after {after:?}");
                assert_eq!(entry["data"]["original"].as_str().unwrap(), event(index).trim_end(), "{when}");
            }
            there.len()
        };
        let there = stream("before");
        assert!(there == EVENTS || !output.status.success(), "killed after {after:?}: {output:?}");
        halfway += i32::from(there > 0 && there < EVENTS);
        let (_, again) = duration(import(&name));
        let report: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
        let imported = report["imported"].as_u64().unwrap() as usize;
        // A commit that nobody was told of yet counts from the next opening on.
        assert!(imported <= EVENTS - there, "killed after {after:?}: {there} were there, {imported} came");
        assert_eq!((stream("after"), place.size() as usize), (EVENTS, 13 + (n + 2) * EVENTS));
    }
    verifies(&place, "imports were killed");
    println!("{halfway} of 10 imports were killed between two commits");
}

#[test]
fn a_killed_init_leaves_a_ledger_or_none() {
    let mut delays = Delays::new();
    let (usual, _) = duration(Place::on_disk().command(["init"]));
    for _ in 0..10 {
        let place = Place::on_disk();
        let after = delays.next(usual);
        killed(place.command(["init"]), after);
        let said = place.run(["status"]);
        if said.code() == 0 {
            place.note("made");
            verifies(&place, "a killed init");
            continue;
        }
        assert_eq!(said.error(), "LG_200", "killed after {after:?}: {said:?}");
        if place.data.exists() {
            assert_eq!(place.run(["append", "note", "--data", "{}"]).code(), 1);
            std::fs::remove_dir_all(&place.data).unwrap();
        }
        place.ok(["init"]);
        place.note("made again");
    }
}
