//! A ledger in memory with a scripted clock and seeded randomness, and short ways to act in it.

pub use crate::scripted::{Script, Seeded};
use ledger_core::Result;
use ledger_core::entry::{Auth, Entry, event_json};
use ledger_core::event::EventKind;
use ledger_core::intent::{Bearer, Intent};
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Location, init};
use ledger_core::names::{Gid, Key, Origin};
use ledger_core::replay::{pac_at, registry_at};
use ledger_core::rules::pac::Pac;
use ledger_core::sequencer::{Answer, Receipt, Request, Sequencer, Sources};
use ledger_core::store::Store;
use ledger_core::store::memory::MemoryStore;
use ledger_core::verify::{Options, Report, verify_export};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub const ORCHESTRATOR: &str = "GID-00";
pub const ADMIN: &str = "GID-H01";
pub const REVIEWER: &str = "GID-H02";
pub const OTHER_REVIEWER: &str = "GID-H03";
pub const SERVICE: &str = "GID-S01";

/// Agents of the default profile; their keys sign where a kind needs it, once they are registered.
pub const AGENTS: [&str; 12] = [
    "GID-01", "GID-02", "GID-03", "GID-04", "GID-05", "GID-06", "GID-07", "GID-08", "GID-09", "GID-10",
    "GID-11", "GID-12",
];

/// A new ledger's first entries, and its keys: made once, on a real disk.
pub struct Birth {
    pub entries: Vec<Entry>,
    pub log_key: SecretKey,
    pub keys: BTreeMap<&'static str, SecretKey>,
}

pub fn birth() -> &'static Birth {
    static BIRTH: OnceLock<Birth> = OnceLock::new();
    BIRTH.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let mut location = Location::new(&dir.path().join("ledger"));
        location.state = Some(dir.path().join("state"));
        let options = InitOptions {
            origin: Some(Origin::new("ledger.test/life").unwrap()),
            human: "Ada".to_owned(),
            profile: "default".to_owned(),
        };
        let sources = Sources { clock: Box::new(Script::new()), random: Box::new(Seeded(0)) };
        let ledger = init(&location, &options, sources).unwrap().ledger;
        let entries = ledger.sequencer().store().entries(0, 1_000).unwrap();
        let read = |path: std::path::PathBuf| SecretKey::read(&path).unwrap();
        let seed = |n| SecretKey::from_seed(&[n; 32]);
        let mut keys = BTreeMap::from([
            (ORCHESTRATOR, read(location.key_file(ORCHESTRATOR))),
            (ADMIN, read(location.key_file(ADMIN))),
            (REVIEWER, seed(72)),
            (OTHER_REVIEWER, seed(73)),
        ]);
        keys.extend((1..).zip(AGENTS).map(|(n, gid)| (gid, seed(n))));
        Birth { entries, log_key: read(location.dir.join("keys/log.key")), keys }
    })
}

pub struct World {
    pub seq: Sequencer,
    pub clock: Script,
    /// What makes keys of intents its own: which opening of the log this is, and how many it made.
    born: u64,
    count: u64,
}

impl World {
    /// A ledger with a service and two humans more than every new one has.
    pub fn new() -> Self {
        let mut store = MemoryStore::new();
        store.append(&store.head(), &birth().entries).unwrap();
        Self::over(Box::new(store), Script::new(), 1 << 32).populate()
    }

    /// The same over another store, which holds the first entries already.
    pub fn populate(mut self) -> Self {
        self.clock.pass(1_000);
        for gid in [REVIEWER, OTHER_REVIEWER] {
            let key = birth().keys[gid].public().unwrap().to_hex();
            self.ok("register_human", ADMIN, json!({"gid": gid, "key": key}));
        }
        let service = json!({"gid": SERVICE, "name": "CRON", "kind": "service", "lanes": []});
        self.ok("register_agent", ORCHESTRATOR, service);
        self
    }

    pub fn over(store: Box<dyn Store + Send>, clock: Script, seed: u64) -> Self {
        let log_id = birth().entries[0].leaf_hash();
        let registry = registry_at(&*store, None).unwrap();
        let sources = Sources { clock: Box::new(clock.clone()), random: Box::new(Seeded(seed)) };
        let seq = Sequencer::new(store, registry, log_id, &birth().log_key, sources).unwrap();
        Self { seq, clock, born: seed, count: 0 }
    }

    /// A copy of its own: what happens there does not happen here.
    pub fn fork(&self) -> Self {
        self.over_copy(self.clock.copy())
    }

    fn over_copy(&self, clock: Script) -> Self {
        let mut store = MemoryStore::new();
        store.append(&store.head(), &self.entries()).unwrap();
        Self::over(Box::new(store), clock, (2 << 32) + self.size() * 1_000)
    }

    /// The ledger is closed and opened again: nothing is left but its entries.
    pub fn reopen(&mut self) {
        *self = self.over_copy(self.clock.clone());
    }

    pub fn size(&self) -> u64 {
        self.seq.store().head().size
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.seq.store().entries(0, usize::MAX).unwrap()
    }

    /// An intent, signed where its kind needs it, or where `signed` says so.
    pub fn intent_as(&mut self, kind: &str, actor: &str, data: &Value, signed: bool) -> Intent {
        let data = serde_json::to_vec(data).unwrap();
        let mut intent = Intent::new(kind, &data, None, Gid::new(actor).unwrap(), None).unwrap();
        let has_key = |gid| self.seq.registry().actor(gid).is_some_and(|a| !a.keys.is_empty());
        let signs = signed && (!AGENTS.contains(&actor) || has_key(actor));
        if let Some(key) = birth().keys.get(actor).filter(|_| signs) {
            self.count += 1;
            let salt = |n: u8| {
                *blake3::hash(&[&self.born.to_le_bytes()[..], &self.count.to_le_bytes(), &[n]].concat())
                    .as_bytes()
            };
            intent.key = Some(Key::new(format!("k{:x}-{}", self.born, self.count)).unwrap());
            intent.sign(key, self.seq.log(), salt(0), salt(1)).unwrap();
        }
        intent
    }

    pub fn intent(&mut self, kind: &str, actor: &str, data: &Value) -> Intent {
        let row = EventKind::of_intent(kind).unwrap().row();
        let human = actor.starts_with("GID-H");
        self.intent_as(kind, actor, data, row.auth != Auth::Asserted || human)
    }

    pub fn submit(&mut self, requests: &[Request]) -> Vec<Answer> {
        self.clock.pass(10);
        self.seq.submit(requests)
    }

    pub fn send(&mut self, intent: Intent) -> Result<Receipt> {
        let mut answers = self.submit(&[Request::new(vec![intent]).without_proofs()]);
        answers.pop().unwrap().map(|mut receipts| receipts.pop().unwrap())
    }

    pub fn act(&mut self, kind: &str, actor: &str, data: Value) -> Result<Receipt> {
        let intent = self.intent(kind, actor, &data);
        self.send(intent)
    }

    pub fn act_with(&mut self, kind: &str, actor: &str, data: Value, token: &str) -> Result<Receipt> {
        let intent = self.intent(kind, actor, &data).with_token(Some(Bearer::new(token))).unwrap();
        self.send(intent)
    }

    #[track_caller]
    pub fn ok(&mut self, kind: &str, actor: &str, data: Value) -> Receipt {
        let shown = data.to_string();
        self.act(kind, actor, data).unwrap_or_else(|e| panic!("{kind} by {actor} {shown}: {} {e}", e.code))
    }

    /// The code of the answer; `ok` when it is accepted.
    pub fn code(&mut self, kind: &str, actor: &str, data: Value) -> String {
        code(&self.act(kind, actor, data))
    }

    /// A PAC as a replay of its stream gives it.
    pub fn pac(&self, pac_id: &str) -> Option<Pac> {
        let registry = Arc::new(self.seq.registry().clone());
        pac_at(self.seq.store(), &format!("pac/{pac_id}"), None, &registry).unwrap()
    }

    /// What the writer holds is what a replay gives.
    #[track_caller]
    pub fn assert_replays(&mut self, pac_id: &str) {
        let replayed = format!("{:#?}", self.pac(pac_id));
        let live = self.seq.pac(&format!("pac/{pac_id}")).unwrap();
        assert_eq!(format!("{live:#?}"), replayed, "the live PAC is not the replayed one");
    }

    pub fn export(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in self.entries() {
            event_json::write(&entry.as_record(), &mut out).unwrap();
            out.push(b'\n');
        }
        out
    }

    pub fn verify(&self) -> Report {
        let checkpoints = self.seq.store().checkpoint().into_iter().collect();
        let options = Options { threads: 1, checkpoints, ..Options::default() };
        verify_export(&self.export()[..], &options).unwrap()
    }

    #[track_caller]
    pub fn assert_clean(&self) {
        let report = self.verify();
        assert!(report.ok && report.findings.is_empty(), "{:#?}", report.findings);
    }
}

pub fn code<T>(result: &Result<T>) -> String {
    result.as_ref().map_or_else(|e| e.code.to_string(), |_| "ok".to_owned())
}

/// The order of a PAC, as a service or a human gives it.
pub fn order(pac_id: &str) -> Value {
    json!({
        "pac_id": pac_id, "objective": "build the search", "lanes": ["EXECUTION", "STRATEGY"], "mode": "EXECUTABLE",
        "scope": {"paths": ["src"], "forbidden_actions": ["deploy"]},
        "gateway_checks": {"governance": ["FAIL_CLOSED"], "authority": ORCHESTRATOR},
    })
}

pub fn digest(n: u64) -> String {
    format!("sha256:{n:064x}")
}
