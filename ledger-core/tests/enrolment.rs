//! Enrolment of a human's key by a code, from the offer to the key's retirement, with a scripted clock.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scripted;

use ledger_core::Code;
use ledger_core::event::body::enrolment::EnrolmentCode;
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Ledger, Location, init};
use ledger_core::names::{Gid, Origin};
use ledger_core::sequencer::Sources;
use ledger_core::time::{Clock as _, Timestamp};
use ledger_core::view::OfferView;
use scripted::{Script, Seeded};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

struct Bench {
    _dir: tempfile::TempDir,
    clock: Script,
    ledger: Ledger,
    admin: SecretKey,
}

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

fn public(n: u8) -> String {
    key(n).public().unwrap().to_hex()
}

fn code(n: u64) -> EnrolmentCode {
    EnrolmentCode::new(&mut Seeded(n)).unwrap()
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Script::new();
        let mut location = Location::new(&dir.path().join("ledger"));
        location.state = Some(dir.path().join("state"));
        let options = InitOptions {
            origin: Some(Origin::new("ledger.test/enrolment").unwrap()),
            human: "Ada".to_owned(),
            profile: "default".to_owned(),
        };
        let sources = Sources { clock: Box::new(clock.clone()), random: Box::new(Seeded(0)) };
        let ledger = init(&location, &options, sources).unwrap().ledger;
        let admin = SecretKey::read(&location.key_file("GID-H01")).unwrap();
        let bench = Self { _dir: dir, clock, ledger, admin };
        for (gid, n) in [("GID-H02", 2), ("GID-H03", 3)] {
            bench.done("register_human", "GID-H01", &bench.admin, &json!({ "gid": gid, "key": public(n) }));
        }
        bench
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.clone().read().wall).unwrap()
    }

    fn intent(&self, kind: &str, actor: &str, secret: &SecretKey, data: &Value) -> Intent {
        let data = data.to_string();
        let mut intent = Intent::new(kind, data.as_bytes(), None, Gid::new(actor).unwrap(), None).unwrap();
        self.ledger.sign(&mut intent, secret).unwrap();
        intent
    }

    /// Exactly what is refused changes nothing but the record of the attempt.
    fn answer(&self, intent: Intent) -> Option<Code> {
        self.clock.pass(1);
        let before = format!("{:?}", self.ledger.sequencer().registry());
        let answer = self.ledger.append(intent);
        let after = format!("{:?}", self.ledger.sequencer().registry());
        assert_eq!(before == after, answer.is_err(), "{answer:?}");
        answer.err().map(|e| e.code)
    }

    fn ask(&self, kind: &str, actor: &str, secret: &SecretKey, data: &Value) -> Option<Code> {
        self.answer(self.intent(kind, actor, secret, data))
    }

    fn done(&self, kind: &str, actor: &str, secret: &SecretKey, data: &Value) {
        assert_eq!(self.ask(kind, actor, secret, data), None, "{kind} {data}");
    }

    fn offer(&self, gid: &str, code: &EnrolmentCode, ahead: i64) -> Value {
        // The entry's time is one later: the clock passes before it is appended.
        json!({ "gid": gid, "code_digest": code.digest(), "expires_at": self.now().millis() + 1 + ahead })
    }
}

fn used(gid: &str, n: u8, code: &EnrolmentCode) -> Value {
    json!({ "gid": gid, "key": public(n), "code": code })
}

#[test]
fn a_code_is_written_in_one_way_and_read_as_people_write() {
    let code = code(7);
    assert_eq!(code.as_str().len(), 28);
    assert_eq!(EnrolmentCode::from_hand(&code.grouped()), Some(code.clone()));
    let sloppy = code.grouped().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    assert_eq!(EnrolmentCode::from_hand(&sloppy), Some(code.clone()));
    for wrong in [
        code.as_str().get(1..).unwrap(),
        &format!("{}0", code.as_str()),
        &code.as_str().replacen(|_| true, "U", 1),
    ] {
        assert_eq!(EnrolmentCode::from_hand(wrong), None, "{wrong}");
    }
    let strict = |text: String| serde_json::from_value::<EnrolmentCode>(json!(text)).is_ok();
    assert!(strict(code.as_str().to_owned()) && !strict(code.grouped()));
    assert!(!strict(code.as_str().to_lowercase()) || !code.as_str().bytes().any(|b| b.is_ascii_uppercase()));
    assert!(!format!("{code:?}").contains(code.as_str()));
}

#[test]
fn an_offer_is_an_admins_for_a_human_and_for_seven_days_at_most() {
    let bench = Bench::new();
    let code = code(1);
    let ask =
        |actor: &str, secret: &SecretKey, data: &Value| bench.ask("offer_enrolment", actor, secret, data);
    let good = bench.offer("GID-H02", &code, DAY);
    assert_eq!(ask("GID-H02", &key(2), &good), Some(Code::NotAuthorized));
    let unsigned =
        Intent::new("offer_enrolment", good.to_string().as_bytes(), None, Gid::new("GID-H01").unwrap(), None);
    assert_eq!(bench.answer(unsigned.unwrap()), Some(Code::SignatureRequired));
    let admin = |data: &Value| ask("GID-H01", &bench.admin, data);
    for gid in ["GID-01", "GID-00", "GID-H09"] {
        assert_eq!(admin(&bench.offer(gid, &code, DAY)), Some(Code::NotRegistered), "{gid}");
    }
    assert_eq!(admin(&bench.offer("GID-H02", &code, 0)), Some(Code::InvalidIntent));
    assert_eq!(admin(&bench.offer("GID-H02", &code, 7 * DAY + 1)), Some(Code::InvalidIntent));
    assert_eq!(admin(&bench.offer("GID-H02", &code, 7 * DAY)), None);
    assert_eq!(admin(&bench.offer("GID-H03", &code, DAY)), Some(Code::AlreadyRegistered));
    for n in 2..17 {
        assert_eq!(admin(&bench.offer("GID-H02", &self::code(n), DAY)), None, "{n}");
    }
    assert_eq!(admin(&bench.offer("GID-H02", &self::code(17), DAY)), Some(Code::EnrolmentRefused), "17 open");
    bench.clock.pass(DAY);
    assert_eq!(admin(&bench.offer("GID-H02", &self::code(17), DAY)), None, "expired ones are open no more");
    assert_eq!(OfferView::open(bench.ledger.sequencer().registry(), bench.now()).len(), 2);
}

#[test]
fn a_key_is_enrolled_once_by_whoever_holds_it_and_knows_the_code() {
    let bench = Bench::new();
    let (good, other, late) = (code(1), code(2), code(3));
    for (gid, code, ahead) in [("GID-H02", &good, DAY), ("GID-H03", &other, DAY), ("GID-H02", &late, 5)] {
        bench.done("offer_enrolment", "GID-H01", &bench.admin, &bench.offer(gid, code, ahead));
    }
    bench.clock.pass(10);
    let enrol = |actor: &str, secret: &SecretKey, data: &Value| bench.ask("enrol_key", actor, secret, data);
    let refused = Some(Code::EnrolmentRefused);
    for (what, actor, signer, data, expected) in [
        ("a code that nobody offered", "GID-H02", 12, used("GID-H02", 12, &code(9)), refused),
        ("another's code", "GID-H02", 12, used("GID-H02", 12, &other), refused),
        ("an expired code", "GID-H02", 12, used("GID-H02", 12, &late), refused),
        ("for somebody else", "GID-H03", 12, used("GID-H02", 12, &good), refused),
        ("by a stranger", "GID-H09", 12, used("GID-H09", 12, &good), Some(Code::ActorUnknown)),
        ("their own old key", "GID-H02", 2, used("GID-H02", 2, &good), Some(Code::AlreadyRegistered)),
        ("another's key", "GID-H02", 3, used("GID-H02", 3, &good), Some(Code::AlreadyRegistered)),
        ("signed by an old key", "GID-H02", 2, used("GID-H02", 12, &good), Some(Code::SignatureInvalid)),
        ("signed by a third key", "GID-H02", 13, used("GID-H02", 12, &good), Some(Code::SignatureInvalid)),
    ] {
        assert_eq!(enrol(actor, &key(signer), &data), expected, "{what}");
    }
    // The key that is named, and the signature of another.
    let mut borrowed = bench.intent("enrol_key", "GID-H02", &key(13), &used("GID-H02", 12, &good));
    borrowed.signed.as_mut().unwrap().key_id = *key(12).public().unwrap().id();
    assert_eq!(bench.answer(borrowed), Some(Code::SignatureInvalid));
    // None of these identified anybody, nor told the code.
    let sequencer = bench.ledger.sequencer();
    let violations = sequencer.store().stream("violations", 0, 100).unwrap();
    assert_eq!(violations.len(), 6, "the last three are one attempt, by three signatures");
    for at in violations {
        let entry = sequencer.store().entries(at, 1).unwrap().pop().unwrap();
        let text = String::from_utf8(entry.data.bytes).unwrap();
        assert!(!text.contains("\"auth\"") && !text.contains(good.as_str()), "{text}");
    }
    drop(sequencer);

    let enrolment = bench.intent("enrol_key", "GID-H02", &key(12), &used("GID-H02", 12, &good));
    assert_eq!(bench.answer(enrolment.clone()), None);
    assert!(bench.ledger.append(enrolment).unwrap().repeated, "sent again it is the same entry");
    assert_eq!(enrol("GID-H02", &key(13), &used("GID-H02", 13, &good)), refused, "a code is good once");
    assert_eq!(
        bench.ask("offer_enrolment", "GID-H01", &bench.admin, &bench.offer("GID-H02", &good, DAY)),
        Some(Code::AlreadyRegistered),
        "its code is known to everybody now"
    );
    // Both keys sign, until one is retired; the other goes on.
    bench.done(
        "set_policy",
        "GID-H01",
        &bench.admin,
        &json!({ "version": 2, "require": { "record_note": "signed" } }),
    );
    let note = |n: u8| bench.ledger.append(bench.intent("note", "GID-H02", &key(n), &json!({ "text": "t" })));
    assert!(note(2).is_ok() && note(12).is_ok());
    let keyid = hex::encode(key(12).public().unwrap().id());
    let retirement = json!({ "gid": "GID-H02", "keyid": keyid, "reason": "the machine was sold" });
    bench.done("retire_key", "GID-H02", &key(2), &retirement);
    assert!(note(2).is_ok());
    assert_eq!(note(12).unwrap_err().code, Code::SignatureInvalid);
}

#[test]
fn a_withdrawn_code_enrols_nothing() {
    let bench = Bench::new();
    let good = code(1);
    bench.done("offer_enrolment", "GID-H01", &bench.admin, &bench.offer("GID-H02", &good, DAY));
    let withdrawal = json!({ "code_digest": good.digest(), "reason": "read by a stranger" });
    let withdraw =
        |actor: &str, secret: &SecretKey| bench.ask("withdraw_enrolment", actor, secret, &withdrawal);
    assert_eq!(withdraw("GID-H02", &key(2)), Some(Code::NotAuthorized));
    assert_eq!(withdraw("GID-H01", &bench.admin), None);
    assert_eq!(withdraw("GID-H01", &bench.admin), Some(Code::Retired));
    let late = bench.ask("enrol_key", "GID-H02", &key(12), &used("GID-H02", 12, &good));
    assert_eq!(late, Some(Code::EnrolmentRefused));
}
