//! A ledger with a scripted clock and seeded randomness, and a PAC in it that is SEALED.

use crate::scripted::{Script, Seeded};
use ledger_core::event::pac_stream;
use ledger_core::intent::{Bearer, Intent};
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Ledger, Location, init, read};
use ledger_core::names::{Gid, Origin, PacId};
use ledger_core::review::{Question, draw};
use ledger_core::rules::pac::Pac;
use ledger_core::rules::pac::review::Challenge;
use ledger_core::sequencer::{Receipt, Sources};
use ledger_core::{Error, Result};
use serde_json::{Map, Value, json};
use std::sync::{Arc, OnceLock};

pub const PAC: &str = "PAC-VECTOR-1";
pub const ADA: &str = "GID-H01";
pub const GRACE: &str = "GID-H02";
const BENSON: &str = "GID-00";

/// A SEALED PAC, and who may review it.
pub struct Stage {
    pub clock: Script,
    pub ledger: Ledger,
    grace: SecretKey,
    ada: SecretKey,
    pub dir: tempfile::TempDir,
}

impl Stage {
    /// The report says 7 tasks, 3 files and a score of 1.0, like that of the vectors.
    pub fn sealed(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut location = Location::new(&dir.path().join("ledger"));
        location.state = Some(dir.path().join("state"));
        let clock = Script::new();
        let options = InitOptions {
            origin: Some(Origin::new("ledger.test/one").unwrap()),
            human: "Ada".to_owned(),
            profile: "default".to_owned(),
        };
        let sources = Sources { clock: Box::new(clock.clone()), random: Box::new(Seeded(seed << 32)) };
        let ledger = init(&location, &options, sources).unwrap().ledger;
        let ada = SecretKey::read(&location.key_file(ADA)).unwrap();
        let stage = Self { clock, ledger, grace: SecretKey::from_seed(&[7; 32]), ada, dir };
        stage.work();
        stage
    }

    fn work(&self) {
        let key = self.grace.public().unwrap().to_hex();
        self.ok("register_human", ADA, json!({ "gid": GRACE, "key": key }));
        self.ok(
            "register_agent",
            BENSON,
            json!({ "gid": "GID-S01", "name": "SCHEDULER", "lanes": [], "kind": "service" }),
        );
        let checks = json!({ "governance": ["FAIL_CLOSED"], "authority": BENSON });
        let node = json!({ "node_id": "A1", "agent_gid": "GID-01", "lane": "EXECUTION" });
        let order = json!({ "pac_id": PAC, "objective": "a faster search", "lanes": ["EXECUTION"], "mode": "EXECUTABLE",
            "scope": { "paths": ["src"] }, "gateway_checks": checks });
        self.ok("issue_pac", "GID-S01", order);
        self.ok("open_gateway", BENSON, json!({ "pac_id": PAC }));
        self.ok("declare_graph", BENSON, json!({ "pac_id": PAC, "nodes": [node] }));
        let issued = self.ok(
            "issue_sub_pac",
            BENSON,
            json!({ "pac_id": PAC, "node_id": "A1", "scope": { "paths": ["src/a"] } }),
        );
        let sub = issued.yields["sub_pac_id"].clone();
        self.ok("activate", BENSON, json!({ "pac_id": PAC, "agent_gid": "GID-01", "activated_by": BENSON }));
        let given = self.ok("dispatch", BENSON, json!({ "pac_id": PAC, "sub_pac_id": sub, "session": "s" }));
        let token = given.yields["token"].as_str().unwrap();
        let start = json!({ "pac_id": PAC, "sub_pac_id": sub, "session": "s" });
        self.append("start", "GID-01", start, Some(token)).unwrap();
        let tasks: Vec<Value> =
            (1..=7).map(|n| json!({ "task": format!("task {n}"), "result": "PASS" })).collect();
        let file = |n: &str| json!({ "path": format!("src/a/{n}"), "digest": format!("sha256:{}", "5a".repeat(32)) });
        let outputs = ["a", "b", "c"].map(file);
        let ber = json!({ "pac_id": PAC, "sub_pac_id": sub, "session": "s", "status": "PASS", "quality_score": 1.0,
            "tasks": tasks, "outputs": outputs });
        let filed = self.append("submit_ber", "GID-01", ber, Some(token)).unwrap();
        self.ok("accept_ber", BENSON, json!({ "pac_id": PAC, "ber_id": filed.yields["ber_id"] }));
        self.ok(
            "record_pdo",
            "GID-01",
            json!({ "pac_id": PAC, "sub_pac_id": sub, "pdo_hash": "7f".repeat(32) }),
        );
        self.ok("compose_opdo", BENSON, json!({ "pac_id": PAC }));
        self.ok("seal", BENSON, json!({ "pac_id": PAC }));
    }

    fn append(&self, kind: &str, actor: &str, data: Value, token: Option<&str>) -> Result<Receipt> {
        let gid = Gid::new(actor).unwrap();
        let intent = Intent::new(kind, data.to_string().as_bytes(), None, gid, None)?;
        let mut intent = intent.with_token(token.map(Bearer::new))?;
        match actor {
            ADA => self.ledger.sign(&mut intent, &self.ada)?,
            GRACE => self.ledger.sign(&mut intent, &self.grace)?,
            _ => {}
        }
        self.ledger.append(intent)
    }

    #[track_caller]
    pub fn ok(&self, kind: &str, actor: &str, data: Value) -> Receipt {
        self.append(kind, actor, data, None).unwrap_or_else(|e| panic!("{kind} by {actor}: {e}"))
    }

    /// A step of the review, with what follows from the PAC filled in.
    pub fn step(&self, kind: &str, actor: &str, data: Value) -> Result<Receipt> {
        let mut members: Map<String, Value> = data.as_object().unwrap().clone();
        members.insert("pac_id".to_owned(), json!(PAC));
        self.append(kind, actor, Value::Object(members), None)
    }

    pub fn pac(&self) -> Pac {
        let sequencer = self.ledger.sequencer();
        let registry = Arc::new(sequencer.registry().clone());
        let stream = pac_stream(&PacId::new(PAC).unwrap()).unwrap();
        read::pac_at(sequencer.store(), stream.as_str(), None, &registry).unwrap().unwrap()
    }

    /// Opens and draws.
    pub fn challenged(&self, reviewer: &str) -> Challenge {
        self.step("open_review", reviewer, json!({})).unwrap();
        self.step("draw_challenge", reviewer, json!({})).unwrap();
        self.last(reviewer)
    }

    pub fn last(&self, reviewer: &str) -> Challenge {
        self.pac().reviews.challenges.iter().rev().find(|c| c.reviewer == reviewer).unwrap().clone()
    }

    pub fn questions(&self, challenge: &Challenge) -> Vec<Question> {
        draw(&self.pac().content(), &challenge.id)
    }

    pub fn answer(&self, reviewer: &str, challenge: &Challenge, answers: &[String]) -> Result<Receipt> {
        let id = hex::encode(challenge.id);
        self.step("answer_challenge", reviewer, json!({ "challenge_id": id, "answers": answers }))
    }

    pub fn right(&self, challenge: &Challenge) -> Vec<String> {
        self.questions(challenge).iter().map(Question::expected).collect()
    }

    /// A verdict on what is sealed, resting on this challenge; `change` makes it another.
    pub fn verdict(
        &self,
        reviewer: &str,
        challenge: &Challenge,
        latency: u64,
        change: Value,
    ) -> Result<Receipt> {
        let pac = self.pac();
        let composite = pac.composite().unwrap();
        let mut data = json!({
            "opdo_id": composite.id(), "merkle_root": composite.root(), "packet": pac.packet_digest().unwrap(),
            "challenge_id": hex::encode(challenge.id), "latency_ms": latency, "question_types": challenge.question_types,
            "verdict": "APPROVE",
        });
        data.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.step("give_verdict", reviewer, data)
    }
}

/// The code of a refusal; `None` when it was accepted.
pub fn code(answer: &Result<Receipt>) -> Option<&'static str> {
    answer.as_ref().err().map(|e: &Error| e.code.row().code)
}

/// Where the shared files are.
pub fn vectors() -> &'static Value {
    static READ: OnceLock<Value> = OnceLock::new();
    READ.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/ber_challenge.json");
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("this test reads {path}: {e}"));
        serde_json::from_str(&text).unwrap()
    })
}
