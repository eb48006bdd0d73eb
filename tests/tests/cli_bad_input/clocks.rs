//! Clocks that jump, between two processes and against the clock that nobody can set.
//!
//! The program's own clock cannot be set here, so the other side moves: the library writes an entry under a scripted clock, and the
//! program appends next, by the real one. In a time namespace the boot clock moves too.

use super::{case, refused};
use ledger_core::Code;
use ledger_core::intent::Intent;
use ledger_core::ledger::{Ledger, Location};
use ledger_core::names::Gid;
use ledger_core::sequencer::Sources;
use ledger_core::time::{Clock, Reading, SystemClock, SystemRandom};
use ledger_tests::binary::{Place, Said};

const NOTE: &[&str] = &["append", "note", "--data", r#"{"text":"a"}"#];
const HOUR: i64 = 3_600_000;

/// The system's clocks, moved.
struct Moved {
    wall: i64,
    boot: i64,
}

impl Clock for Moved {
    fn read(&mut self) -> Reading {
        let now = SystemClock.read();
        let monotonic = now.monotonic.saturating_add_signed(self.boot);
        Reading { wall: now.wall + self.wall, monotonic }
    }
}

/// As if the machine had been started again since: its boot clock tells nothing any more.
fn rebooted(place: Place) -> Place {
    let path = place.data.join("head");
    let mut head = std::fs::read(&path).unwrap();
    head[72..88].fill(0xb0);
    let crc = crc32c::crc32c(&head[..1020]);
    head[1020..].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(path, head).unwrap();
    place
}

/// A ledger whose last entry was written while the clocks stood elsewhere, by so many milliseconds.
fn written_at(wall: i64, boot: i64) -> Place {
    let place = Place::new();
    let mut location = Location::new(&place.data);
    location.state = Some(place.state.clone());
    let sources = Sources { clock: Box::new(Moved { wall, boot }), random: Box::new(SystemRandom) };
    let options = ledger_core::ledger::InitOptions {
        origin: None,
        human: "Ada".to_owned(),
        profile: "empty".to_owned(),
    };
    let made = ledger_core::ledger::init(&location, &options, sources).unwrap();
    append(&made.ledger);
    place
}

fn append(ledger: &Ledger) {
    let actor = Gid::new("GID-H01").unwrap();
    ledger.append(Intent::new("note", br#"{"text":"a"}"#, None, actor, None).unwrap()).unwrap();
}

/// What the program answers to an append now, and after an admin corrected the clock.
fn answers(place: &Place, code: Option<Code>) {
    match code {
        None => drop(place.json(NOTE.iter().copied())),
        Some(code) => {
            refused(place, &case(format!("{code}"), NOTE.iter().copied(), code));
            let before = place.size();
            let correct = ["append", "correct_clock", "--data", r#"{"reason":"the clock was wrong"}"#];
            assert_eq!(place.json(correct)["sequence"], before);
            place.json(NOTE.iter().copied());
        }
    }
}

#[test]
fn a_clock_that_stands_before_the_last_entry_is_refused() {
    // After another boot, so that only the log's own times can tell.
    for (behind, code) in [
        (0, None),
        (3_000, None),
        (9_000, Some(Code::ClockBackwards)),
        (24 * 365 * HOUR, Some(Code::ClockBackwards)),
    ] {
        answers(&rebooted(written_at(behind, 0)), code);
    }
    // Written a while ago, with nothing odd since. The machine may have been started only just now.
    let while_ago = -i64::try_from(SystemClock.read().monotonic / 2).unwrap();
    answers(&written_at(while_ago, while_ago), None);
    answers(&rebooted(written_at(-HOUR, 0)), None);
}

#[test]
fn a_clock_that_jumped_since_the_last_commit_of_this_boot_is_refused() {
    for (wall, boot, code) in [
        (-3_000, 0, None),
        (-9_000, 0, Some(Code::ClockStep)),
        (-24 * 365 * HOUR, 0, Some(Code::ClockStep)),
        // The wall clock by as much as the boot clock cannot have gone.
        (-24 * HOUR, -HOUR, Some(Code::ClockStep)),
        (HOUR, 0, Some(Code::ClockStep)),
    ] {
        answers(&written_at(wall, boot), code);
    }
}

#[test]
fn a_step_within_one_process_is_refused() {
    struct Script(Vec<Reading>);
    impl Clock for Script {
        fn read(&mut self) -> Reading {
            if self.0.len() > 1 { self.0.remove(0) } else { self.0[0] }
        }
    }
    let start = SystemClock.read();
    for (wall, expected) in [(1_000, None), (60_000, Some(Code::ClockStep)), (-60_000, Some(Code::ClockStep))]
    {
        let place = written_at(0, 0);
        let mut location = Location::new(&place.data);
        location.state = Some(place.state.clone());
        let later = Reading { wall: start.wall + 10_000 + wall, monotonic: start.monotonic + 10_000 };
        let steady = Reading { wall: start.wall + 10_000, monotonic: start.monotonic + 10_000 };
        // One reading for each append.
        let clock = Script(vec![steady, steady, later]);
        let ledger =
            Ledger::open_with(&location, Sources { clock: Box::new(clock), random: Box::new(SystemRandom) })
                .unwrap();
        let actor = Gid::new("GID-H01").unwrap();
        let intent = Intent::new("note", br#"{"text":"a"}"#, None, actor, None).unwrap();
        let answers = [ledger.append(intent.clone()), ledger.append(intent.clone()), ledger.append(intent)];
        let code = answers.into_iter().find_map(|a| a.err().map(|e| e.code));
        assert_eq!(code, expected, "{wall}");
    }
}

#[test]
fn a_boot_clock_that_moves_is_noticed() {
    let place = Place::with_ledger();
    let unshare = ["unshare", "--time", "--boottime", "1000", "--"];
    if !Said::of(place.wrapped(unshare, ["--version"])).status.success() {
        assert!(std::env::var_os("CI").is_none(), "CI must allow time namespaces");
        println!("skipped: this system gives no time namespace (unshare --time)");
        return;
    }
    let said = Said::of(place.wrapped(unshare, NOTE));
    assert_eq!(said.error(), Code::ClockStep.row().code, "{said:?}");
    assert_eq!(place.size(), 13);
}
