//! The shell as a whole, with a scripted clock and seeded randomness: determinism, replay, rules, time, idempotency, group commit.

#![allow(
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    missing_docs
)]

mod scripted;

use ledger_core::entry::Auth;
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Ledger, Location, init, read};
use ledger_core::names::{Gid, Key, Origin, Stream};
use ledger_core::sequencer::queue::{Bounds, deliver};
use ledger_core::sequencer::{Request, Sources};
use ledger_core::{Code, Error};
use scripted::{Script, Seeded};
use std::path::Path;
use std::sync::Mutex;

struct Bench {
    dir: tempfile::TempDir,
    clock: Script,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), clock: Script::new() }
    }
    fn location(&self) -> Location {
        let mut location = Location::new(&self.dir.path().join("ledger"));
        location.state = Some(self.dir.path().join("state"));
        location
    }
    fn sources(&self, seed: u64) -> Sources {
        Sources { clock: Box::new(self.clock.clone()), random: Box::new(Seeded(seed)) }
    }
    fn init(&self) -> Ledger {
        let options = InitOptions {
            origin: Some(Origin::new("ledger.test/one").unwrap()),
            human: "Ada".to_owned(),
            profile: "default".to_owned(),
        };
        init(&self.location(), &options, self.sources(0)).unwrap().ledger
    }
    fn open(&self) -> Ledger {
        Ledger::open_with(&self.location(), self.sources(1 << 32)).unwrap()
    }
    fn key(&self, gid: &str) -> SecretKey {
        SecretKey::read(&self.location().key_file(gid)).unwrap()
    }
}

fn intent(kind: &str, actor: &str, data: &str) -> Intent {
    Intent::new(kind, data.as_bytes(), None, Gid::new(actor).unwrap(), None).unwrap()
}

fn note(actor: &str, text: &str) -> Intent {
    intent("note", actor, &format!("{{\"text\":{}}}", serde_json::to_string(text).unwrap()))
}

fn signed(ledger: &Ledger, key: &SecretKey, mut intent: Intent) -> Intent {
    ledger.sign(&mut intent, key).unwrap();
    intent
}

fn refusal(result: ledger_core::Result<ledger_core::sequencer::Receipt>) -> Error {
    result.expect_err("must be refused")
}

fn journal_bytes(dir: &Path) -> Vec<u8> {
    std::fs::read(dir.join("ledger/journal/00000000.seg")).unwrap()
}

fn history(bench: &Bench) -> Ledger {
    let ledger = bench.init();
    let admin = bench.key("GID-H01");
    for i in 0..40 {
        bench.clock.pass(137);
        let plain = note(if i % 3 == 0 { "GID-H01" } else { "GID-05" }, &format!("note {i}"));
        ledger.append(if i % 3 == 0 { signed(&ledger, &admin, plain) } else { plain }).unwrap();
    }
    ledger
        .append(intent("register_agent", "GID-00", r#"{"gid":"GID-13","name":"NOVA","lanes":["EXECUTION"]}"#))
        .unwrap();
    ledger.append(intent("change_agent", "GID-00", r#"{"gid":"GID-13","lanes":[]}"#)).unwrap();
    ledger.append(intent("retire_agent", "GID-00", r#"{"gid":"GID-12","reason":"done"}"#)).unwrap();
    ledger
}

#[test]
fn one_history_gives_identical_bytes_and_replay_equals_the_live_state() {
    let (a, b) = (Bench::new(), Bench::new());
    let (live, other) = (history(&a), history(&b));
    assert_eq!(journal_bytes(a.dir.path()), journal_bytes(b.dir.path()));
    assert_eq!(live.sequencer().store().head(), other.sequencer().store().head());
    let before = format!("{:?}", live.sequencer().registry());
    drop(live);
    let again = a.open();
    assert_eq!(format!("{:?}", again.sequencer().registry()), before);
    // As of any entry, the registry is what it was then: 13 is registered by entry 53 and active until retired.
    let sequencer = again.sequencer();
    let at = |n| read::registry_at(sequencer.store(), Some(n)).unwrap();
    assert!(!at(53).is_active("GID-13") && at(54).is_active("GID-13"));
    assert!(at(55).is_active("GID-12") && !at(56).is_active("GID-12"));
    assert_eq!(read::registry_at(sequencer.store(), Some(1000)).unwrap_err().code, Code::NoSuchEntry);
}

/// Who, signed with whose key, wants what: and the code that answers (none: it is accepted).
#[test]
fn who_may_do_what() {
    let bench = Bench::new();
    let ledger = bench.init();
    let (admin, orchestrator) = (bench.key("GID-H01"), bench.key("GID-00"));
    let fresh = |n: u8| SecretKey::from_seed(&[n; 32]).public().unwrap().to_hex();
    let human =
        |gid: &str, n: u8, admin: bool| format!(r#"{{"gid":"{gid}","key":"{}","admin":{admin}}}"#, fresh(n));
    let key_of = |gid: &str, n: u8| format!(r#"{{"gid":"{gid}","key":"{}"}}"#, fresh(n));
    let retire = |gid: &str, k: &SecretKey| {
        format!(r#"{{"gid":"{gid}","keyid":"{}","reason":"r"}}"#, hex::encode(k.public().unwrap().id()))
    };
    let cases: Vec<(&str, &str, Option<&SecretKey>, String, Option<Code>)> = vec![
        ("register_agent", "GID-00", None, r#"{"gid":"GID-20","name":"X","lanes":[]}"#.into(), None),
        (
            "register_agent",
            "GID-00",
            None,
            r#"{"gid":"GID-20","name":"X","lanes":[]}"#.into(),
            Some(Code::AlreadyRegistered),
        ),
        (
            "register_agent",
            "GID-01",
            None,
            r#"{"gid":"GID-21","name":"X","lanes":[]}"#.into(),
            Some(Code::NotAuthorized),
        ),
        (
            "register_agent",
            "GID-99",
            None,
            r#"{"gid":"GID-21","name":"X","lanes":[]}"#.into(),
            Some(Code::ActorUnknown),
        ),
        (
            "register_agent",
            "GID-H01",
            Some(&admin),
            r#"{"gid":"GID-21","name":"X","lanes":["A","A"]}"#.into(),
            Some(Code::InvalidIntent),
        ),
        (
            "register_agent",
            "GID-H01",
            Some(&admin),
            r#"{"gid":"GID-21","name":"","lanes":[]}"#.into(),
            Some(Code::InvalidIntent),
        ),
        (
            "retire_agent",
            "GID-00",
            None,
            r#"{"gid":"GID-00","reason":"r"}"#.into(),
            Some(Code::NotAuthorized),
        ),
        (
            "retire_agent",
            "GID-00",
            None,
            r#"{"gid":"GID-H01","reason":"r"}"#.into(),
            Some(Code::NotRegistered),
        ),
        ("retire_agent", "GID-00", None, r#"{"gid":"GID-20","reason":"r"}"#.into(), None),
        ("retire_agent", "GID-00", None, r#"{"gid":"GID-20","reason":"r"}"#.into(), Some(Code::Retired)),
        (
            "register_agent",
            "GID-00",
            None,
            r#"{"gid":"GID-20","name":"X","lanes":[]}"#.into(),
            Some(Code::Retired),
        ),
        ("note", "GID-20", None, r#"{"text":"t"}"#.into(), Some(Code::ActorUnknown)),
        (
            "change_agent",
            "GID-00",
            None,
            r#"{"gid":"GID-00","lanes":["EXECUTION"]}"#.into(),
            Some(Code::InvalidIntent),
        ),
        // Nobody mints their own reviewer.
        (
            "register_human",
            "GID-00",
            Some(&orchestrator),
            human("GID-H02", 2, false),
            Some(Code::NotAuthorized),
        ),
        ("register_human", "GID-H01", None, human("GID-H02", 2, false), Some(Code::SignatureRequired)),
        (
            "register_human",
            "GID-H01",
            Some(&orchestrator),
            human("GID-H02", 2, false),
            Some(Code::SignatureInvalid),
        ),
        ("register_human", "GID-H01", Some(&admin), human("GID-H02", 2, false), None),
        (
            "register_human",
            "GID-H01",
            Some(&admin),
            human("GID-H03", 2, false),
            Some(Code::AlreadyRegistered),
        ),
        ("register_key", "GID-00", Some(&orchestrator), key_of("GID-H02", 3), Some(Code::NotAuthorized)),
        ("register_key", "GID-00", Some(&orchestrator), key_of("GID-00", 4), None),
        ("register_key", "GID-H01", Some(&admin), key_of("GID-01", 5), None),
        ("retire_key", "GID-H01", Some(&admin), retire("GID-H01", &admin), Some(Code::LastAdmin)),
        ("retire_key", "GID-H01", Some(&admin), retire("GID-00", &orchestrator), None),
        ("retire_key", "GID-H01", Some(&admin), retire("GID-00", &orchestrator), Some(Code::Retired)),
        ("note", "GID-00", Some(&orchestrator), r#"{"text":"t"}"#.into(), Some(Code::SignatureInvalid)),
        (
            "set_policy",
            "GID-H01",
            Some(&admin),
            r#"{"version":3,"require":{}}"#.into(),
            Some(Code::InvalidIntent),
        ),
        (
            "set_policy",
            "GID-H01",
            Some(&admin),
            r#"{"version":2,"require":{"note":"signed"}}"#.into(),
            Some(Code::UnknownKind),
        ),
        (
            "set_policy",
            "GID-H01",
            Some(&admin),
            r#"{"version":2,"require":{"record_note":"signed"}}"#.into(),
            None,
        ),
        ("note", "GID-05", None, r#"{"text":"t"}"#.into(), Some(Code::SignatureRequired)),
        ("note", "GID-H01", Some(&admin), r#"{"text":""}"#.into(), Some(Code::InvalidIntent)),
        ("correct_clock", "GID-00", None, r#"{"reason":"r"}"#.into(), Some(Code::SignatureRequired)),
    ];
    for (i, (kind, actor, key, data, expected)) in cases.into_iter().enumerate() {
        bench.clock.pass(10);
        let mut wanted = intent(kind, actor, &data);
        if let Some(key) = key {
            wanted = signed(&ledger, key, wanted);
        }
        let size = ledger.sequencer().store().head().size;
        let registry = format!("{:?}", ledger.sequencer().registry());
        let result = ledger.append(wanted);
        assert_eq!(
            result.as_ref().err().map(|e| e.code),
            expected,
            "case {i}: {actor} {kind} {data}: {result:?}"
        );
        let Err(error) = result else { continue };
        assert_eq!(
            format!("{:?}", ledger.sequencer().registry()),
            registry,
            "case {i}: a refusal changed the registry"
        );
        let recorded = ledger.sequencer().store().head().size - size;
        match error.sequence {
            Some(_) => assert!(recorded <= 1, "case {i}"),
            None => assert_eq!(recorded, 0, "case {i}"),
        }
    }
}

#[test]
fn a_violation_is_recorded_once_a_minute() {
    let bench = Bench::new();
    let ledger = bench.init();
    let attempt = || {
        refusal(ledger.append(intent(
            "register_agent",
            "GID-01",
            r#"{"gid":"GID-21","name":"X","lanes":[]}"#,
        )))
    };
    let first = attempt().sequence;
    assert!(first.is_some());
    bench.clock.pass(59_000);
    assert_eq!(attempt().sequence, first);
    bench.clock.pass(2_000);
    assert_ne!(attempt().sequence, first);
    assert_eq!(ledger.sequencer().store().stream_len("violations").unwrap(), 2);
}

#[test]
fn time_never_runs_backwards_and_a_jump_is_refused_until_an_admin_says_so() {
    let bench = Bench::new();
    let ledger = bench.init();
    let code = |r: ledger_core::Result<_>| refusal(r).code;
    bench.clock.jump(-3_000);
    ledger.append(note("GID-05", "a little behind")).unwrap();
    bench.clock.jump(-3_000);
    assert_eq!(code(ledger.append(note("GID-05", "too far behind"))), Code::ClockBackwards);
    bench.clock.jump(86_400_000);
    assert_eq!(code(ledger.append(note("GID-05", "a day ahead"))), Code::ClockStep);
    drop(ledger);
    // Another process of the same boot notices as well: the head remembers both clocks.
    let ledger = bench.open();
    assert_eq!(code(ledger.append(note("GID-05", "a day ahead"))), Code::ClockStep);
    assert_eq!(ledger.sequencer().store().head().size, 14);
    let admin = bench.key("GID-H01");
    ledger
        .append(signed(&ledger, &admin, intent("correct_clock", "GID-H01", r#"{"reason":"test"}"#)))
        .unwrap();
    ledger.append(note("GID-05", "a day later")).unwrap();
    bench.clock.jump(-86_400_000);
    ledger
        .append(signed(&ledger, &admin, intent("correct_clock", "GID-H01", r#"{"reason":"back"}"#)))
        .unwrap();
    ledger.append(note("GID-05", "today again")).unwrap();
}

#[test]
fn the_same_id_gives_the_same_entry_and_other_content_is_a_conflict() {
    let bench = Bench::new();
    let ledger = bench.init();
    let keyed = |text: &str, key: &str| {
        let mut n = note("GID-05", text);
        n.key = Some(Key::new(key).unwrap());
        n
    };
    let first = ledger.append(keyed("x", "k")).unwrap();
    for i in 0..300 {
        ledger.append(keyed("filler", &format!("f{i}"))).unwrap();
    }
    let again = ledger.append(keyed("x", "k")).unwrap();
    assert_eq!((again.sequence, &again.leaf_hash, again.repeated), (first.sequence, &first.leaf_hash, true));
    assert_eq!(refusal(ledger.append(keyed("y", "k"))).code, Code::IdConflict);
    // Within one batch, and atomically: the second half of a refused batch leaves nothing of the first.
    let size = ledger.sequencer().store().head().size;
    let both = Request::new(vec![keyed("new", "n"), keyed("other", "n")]);
    assert_eq!(ledger.submit(both).unwrap_err().code, Code::IdConflict);
    let expecting = |expect| Request::new(vec![keyed("new", "n")]).expecting(Some(expect));
    assert_eq!(ledger.submit(expecting(size + 1)).unwrap_err().code, Code::HeadConflict);
    assert_eq!(ledger.sequencer().store().head().size, size);
    assert_eq!(ledger.submit(expecting(size)).unwrap()[0].sequence, size);
}

#[test]
fn a_signature_is_good_for_one_id_in_one_log() {
    let (one, two) = (Bench::new(), Bench::new());
    let (a, b) = (one.init(), two.init());
    let admin = one.key("GID-H01");
    // The same seeds gave both logs the same keys; another nonce would not. So transplanting needs no stolen key here.
    let good = signed(&a, &admin, note("GID-H01", "mine"));
    assert_eq!(a.append(good.clone()).unwrap().sequence, 13);
    assert!(a.append(good.clone()).unwrap().repeated, "a replay is the same entry");
    let mut other_id = good.clone();
    other_id.key = Some(Key::new("another").unwrap());
    let mut other_stream = good.clone();
    other_stream.stream = Stream::new("notes/elsewhere").unwrap();
    let mut other_data = signed(&a, &admin, note("GID-H01", "mine"));
    other_data.data = br#"{"text":"yours"}"#.to_vec();
    let mut other_actor = signed(&a, &admin, note("GID-H01", "mine"));
    other_actor.actor = Gid::new("GID-00").unwrap();
    for forged in [other_id, other_stream, other_data, other_actor] {
        assert_eq!(refusal(a.append(forged)).code, Code::SignatureInvalid);
    }
    assert_eq!(a.sequencer().log().log_id, b.sequencer().log().log_id);
    b.append(good).unwrap();
}

#[test]
fn many_callers_share_commits_and_each_gets_its_own_proof() {
    let bench = Bench::new();
    let mut ledger = bench.init();
    let turns = std::sync::Arc::new(Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&turns);
    ledger
        .start_queue(
            Bounds::default(),
            Box::new(move |turn| seen.lock().unwrap().push(turn.clone())),
            Box::new(deliver),
        )
        .unwrap();
    let receipts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for t in 0..16 {
            let (ledger, receipts) = (&ledger, &receipts);
            scope.spawn(move || {
                for i in 0..40 {
                    let mut n = note("GID-05", &format!("{t}/{i}"));
                    n.stream = Stream::new(format!("notes/{t}")).unwrap();
                    receipts.lock().unwrap().push(ledger.append(n).unwrap());
                }
            });
        }
    });
    let mut sequences: Vec<u64> = Vec::new();
    let vkey = ledger.sequencer().vkey().parse().unwrap();
    for r in receipts.into_inner().unwrap() {
        let checkpoint = ledger_proofs::Checkpoint::open(r.checkpoint.as_bytes(), &vkey).unwrap();
        let (size, root) = (checkpoint.size(), checkpoint.root());
        ledger_proofs::verify_inclusion(&r.leaf_hash, r.sequence, size, &r.inclusion_proof, &root).unwrap();
        sequences.push(r.sequence);
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (13..13 + 640).collect::<Vec<_>>());
    // A request that is refused, and one that is there already, are in the figures as what they are.
    let mut named = note("GID-05", "again");
    named.key = Some("k1".parse().unwrap());
    ledger.append(named.clone()).unwrap();
    assert!(ledger.append(named).unwrap().repeated);
    refusal(ledger.append(note("GID-77", "a stranger's")));
    assert_eq!(ledger.waiting(), (0, 0));
    drop(ledger);
    let turns = turns.lock().unwrap();
    let sum = |of: fn(&ledger_core::sequencer::queue::Turn) -> usize| turns.iter().map(of).sum::<usize>();
    assert_eq!((sum(|t| t.accepted), sum(|t| t.repeated)), (641, 1));
    assert_eq!(turns.iter().flat_map(|t| t.refused.clone()).collect::<Vec<_>>(), [Code::ActorUnknown]);
    assert_eq!(
        sum(|t| t.commits.iter().map(|c| c.entries).sum()),
        642,
        "the record of the stranger's attempt too"
    );
    assert!(turns.windows(2).all(|w| w[0].size <= w[1].size) && turns.last().unwrap().size == 13 + 642);
    let ledger = bench.open();
    let sequencer = ledger.sequencer();
    for t in 0..16 {
        assert_eq!(sequencer.store().stream_len(&format!("notes/{t}")).unwrap(), 40);
    }
    let auth = sequencer.store().entries(100, 1).unwrap()[0].parse().unwrap().auth;
    assert_eq!(auth, Auth::Asserted);
}

#[test]
fn another_log_key_is_refused() {
    let bench = Bench::new();
    drop(bench.init());
    let path = bench.location().dir.join("keys/log.key");
    std::fs::remove_file(&path).unwrap();
    SecretKey::from_seed(&[9; 32]).write(&path, "nobody").unwrap();
    let error = Ledger::open_with(&bench.location(), bench.sources(5)).err().unwrap();
    assert_eq!(error.code, Code::WrongLogKey);
}
