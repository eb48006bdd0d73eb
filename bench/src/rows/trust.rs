//! Trust: chains of five grants among a hundred thousand are verified, ten thousand are revoked at once, and uses are counted.

use crate::context::Context;
use crate::harness::{Durability, Race, Sample, Spread};
use crate::report::{Row, Target};
use crate::scene::Scene;
use crate::workload::scattered;
use ledger_core::constraint::Name;
use ledger_core::entry::signature;
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::Ledger;
use ledger_core::names::{Gid, GrantId, Key};
use ledger_core::sequencer::{Receipt, Request};
use ledger_core::store::Store;
use ledger_core::trust::{Forest, Good, Question, Records, TrustVerification, verify};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Grants below the root, of a chain.
const DEPTH: usize = 5;
/// Requests that are handed over together.
const CHUNK: usize = 4_096;

/// Sends intents that their actors sign.
struct Signer<'a> {
    ledger: &'a Ledger,
    admin: SecretKey,
    count: u64,
}

fn holder(depth: usize) -> String {
    format!("GID-W{depth}")
}

fn key(depth: usize) -> SecretKey {
    SecretKey::from_seed(&[u8::try_from(depth + 1).expect("few"); 32])
}

impl Signer<'_> {
    fn intent(&mut self, kind: &str, (actor, key): (&str, Option<&SecretKey>), data: &Value) -> Intent {
        self.count += 1;
        let actor = Gid::new(actor).expect("actor");
        let mut intent = Intent::new(kind, data.to_string().as_bytes(), None, actor, None).expect("intent");
        intent.key = Some(Key::new(format!("k-{}", self.count)).expect("key"));
        let salt = *blake3::hash(&self.count.to_le_bytes()).as_bytes();
        let log = self.ledger.sequencer().log().clone();
        intent.sign(key.unwrap_or(&self.admin), &log, salt, salt).expect("signed");
        intent
    }

    fn all(&self, intents: Vec<Intent>) -> Vec<Receipt> {
        let requests: Vec<Request> =
            intents.into_iter().map(|i| Request::new(vec![i]).without_proofs()).collect();
        let answers = self.ledger.submit_all(&requests);
        answers.into_iter().map(|a| a.expect("taken").pop().expect("receipt")).collect()
    }

    fn one(&mut self, kind: &str, data: &Value) -> Receipt {
        let intent = self.intent(kind, ("GID-H01", None), data);
        self.all(vec![intent]).pop().expect("receipt")
    }

    /// A tree of so many chains below one root.
    fn plant(&mut self, root: &str, chains: usize, constraints: &Value) {
        let capabilities = json!([{ "capability": "read_*" }]);
        let body = json!({ "agent_gid": holder(0), "grant_id": root, "capabilities": capabilities, "constraints": constraints });
        self.one("establish", &body);
        let keys: Vec<SecretKey> = (0..DEPTH).map(key).collect();
        let mut intents = Vec::with_capacity(CHUNK);
        for chain in 0..chains {
            for depth in 1..=DEPTH {
                let parent = if depth == 1 { root.to_owned() } else { format!("C{chain}-{}", depth - 1) };
                let body = json!({
                    "root": root, "parent": parent, "grant_id": format!("C{chain}-{depth}"), "agent_gid": holder(depth),
                    "capabilities": ["read_invoices"], "depth": depth, "constraints": { "resources": ["invoices/**"] },
                });
                let author = holder(depth - 1);
                intents.push(self.intent("delegate", (&author, Some(&keys[depth - 1])), &body));
            }
            if intents.len() >= CHUNK {
                self.all(std::mem::take(&mut intents));
            }
        }
        self.all(intents);
    }
}

/// A ledger with an authority and the holders of chains.
fn prepared(ledger: &Ledger, admin: SecretKey) -> Signer<'_> {
    let mut signer = Signer { ledger, admin, count: 0 };
    for depth in 0..=DEPTH {
        let public = key(depth).public().expect("public").to_hex();
        let agent =
            json!({ "gid": holder(depth), "name": format!("WORKER {depth}"), "lanes": [], "key": public });
        signer.one("register_agent", &agent);
    }
    signer.one("declare_authority", &json!({ "gid": "GID-H01" }));
    signer
}

fn question(chain: u64, time: i64) -> Question {
    let agent = Gid::new(holder(DEPTH)).expect("agent");
    let mut question = Question::new(agent, Name::new("read_invoices").expect("action"), time);
    question.root = Some(GrantId::new("R").expect("root"));
    question.grant_id = Some(GrantId::new(format!("C{chain}-{DEPTH}")).expect("grant"));
    question.resource = Some(ledger_core::constraint::Resource::new("invoices/2026/11").expect("resource"));
    question
}

fn answered(forest: &Forest, records: &Records<'_>, question: &Question) -> TrustVerification {
    let answer = verify(forest, records, question, false).expect("answer");
    assert!(answer.valid, "{:?}", answer.reasons);
    answer
}

/// Measures.
pub fn run(context: &Context) -> Vec<Row> {
    vec![verified(context), revoked(context), counted(context)]
}

fn verified(context: &Context) -> Row {
    let chains = context.size(20_000, 40);
    let (scene, ledger) = Scene::create(&context.fresh("trust").join("scene"));
    let mut signer = prepared(&ledger, scene.human_key());
    signer.plant("R", usize::try_from(chains).expect("size"), &json!({}));
    drop(ledger);
    let store = scene.store();
    let mut forest = Forest::default();
    let begun = Instant::now();
    for (sequence, entry) in (0..).zip(store.entries(0, usize::MAX).expect("entries")) {
        forest.take_entry(sequence, &entry).expect("legal");
    }
    let grown = begun.elapsed();
    let time = forest.time().expect("entries").millis();
    let count = context.size(5_000, 20);
    let questions: Vec<Question> = (0..count).map(|i| question(scattered(i) % chains, time)).collect();
    let good = Good::default();
    let remembering = Records::remembering(&store, &good);
    questions.iter().for_each(|q| drop(answered(&forest, &remembering, q)));
    // The chain's signatures in a tight loop: what nothing can be faster than.
    let chain = answered(&forest, &remembering, &questions[0]).chain;
    let entries: Vec<_> =
        chain.iter().map(|l| store.entries(l.entry, 1).expect("entry").pop().expect("entry")).collect();
    let registry = forest.registry();
    let keys: Vec<_> = entries
        .iter()
        .map(|e| {
            let leaf = e.parse().expect("leaf");
            registry.key(leaf.actor, &leaf.key_id.expect("signed")).expect("key").clone()
        })
        .collect();
    let lanes = Race::new()
        .enter("cold", Durability::None, || {
            let records = Records::new(&store);
            Sample::timed(count, || {
                questions.iter().for_each(|q| drop(black_box(answered(&forest, &records, q))));
            })
        })
        .enter("records remembered", Durability::None, || {
            Sample::timed(count, || {
                questions.iter().for_each(|q| drop(black_box(answered(&forest, &remembering, q))));
            })
        })
        .enter("their signatures alone", Durability::None, || {
            Sample::timed(count, || {
                for _ in 0..count {
                    for (entry, key) in entries.iter().zip(&keys) {
                        let leaf = entry.parse().expect("leaf");
                        assert!(black_box(signature::verifies(&leaf, key)));
                    }
                }
            })
        })
        .run(context.rounds);
    let of = |lane: usize, target: f64| {
        Spread::of(&lanes[lane].rates.iter().map(|r| r / target).collect::<Vec<_>>())
    };
    let (cold, warm) = (of(0, 5_000.0), of(1, 20_000.0));
    Row::new("trust", format!("STANDARD verification of chains of {DEPTH} among {} grants", forest_len(&forest)), "chains", lanes)
        .figure("cold / 5,000 a second", cold, Target::AtLeast(1.0))
        .figure("records remembered / 20,000 a second", warm, Target::AtLeast(1.0))
        .rate("cold", "their signatures alone", Target::None)
        .note(format!("one thread; a chain has {} records, each read again and its signature checked; all trees were replayed in {grown:.1?}", DEPTH + 1))
}

fn forest_len(forest: &Forest) -> usize {
    forest.trees().map(ledger_core::rules::trust::Tree::len).sum()
}

fn revoked(context: &Context) -> Row {
    let descendants = context.size(10_000, 50);
    let took = |round: u64| {
        let (scene, ledger) = Scene::create(&context.fresh(&format!("trust-revoked-{round}")).join("scene"));
        let mut signer = prepared(&ledger, scene.human_key());
        signer.plant("R", usize::try_from(descendants).expect("size") / DEPTH, &json!({}));
        let body = json!({ "root": "R", "grant_id": "R", "reason": "enough" });
        let intent = signer.intent("revoke_grant", ("GID-H01", None), &body);
        let begun = Instant::now();
        let receipt = signer.all(vec![intent]).pop().expect("receipt");
        let took = begun.elapsed();
        assert_eq!(receipt.yields["withdrawn_count"], descendants + 1);
        took
    };
    let rounds: Vec<Duration> = (0..context.rounds.min(5) as u64).map(took).collect();
    let share: Vec<f64> = rounds.iter().map(|t| t.as_secs_f64() / 0.1).collect();
    Row::new(
        "trust",
        format!("a grant with {descendants} descendants is revoked, in one commit"),
        "",
        Vec::new(),
    )
    .figure("revoked / 100 ms", Spread::of(&share), Target::AtMost(1.0))
    .note(format!("with its commit and the list of what it withdraws: {:.1?}", rounds[0]))
}

fn counted(context: &Context) -> Row {
    let before = context.size(100_000, 500);
    let count = context.size(4_096, 64);
    let (scene, ledger) = Scene::create(&context.fresh("trust-counted").join("scene"));
    let mut signer = prepared(&ledger, scene.human_key());
    for (root, chains) in [("R", 1), ("S", 0)] {
        signer.plant(root, chains, &json!({ "budget_limit": 1_000_000_000, "max_api_calls": 1_000_000_000 }));
    }
    let uses = |signer: &mut Signer<'_>, root: &str, count: u64| -> Vec<Intent> {
        let body = json!({ "root": root, "grant_id": root, "action": "read_invoices", "cost": 0.000_001 });
        (0..count).map(|_| signer.intent("exercise", ("GID-H01", None), &body)).collect()
    };
    for _ in 0..before / CHUNK as u64 {
        let some = uses(&mut signer, "R", CHUNK as u64);
        let requests: Vec<Request> =
            some.into_iter().map(|i| Request::new(vec![i]).without_proofs()).collect();
        ledger.submit_all(&requests);
    }
    let signer = std::cell::RefCell::new(signer);
    let turn = |root: &'static str| {
        let signer = &signer;
        move || {
            let mut signer = signer.borrow_mut();
            let some = uses(&mut signer, root, count);
            Sample::timed(count, || drop(signer.all(some)))
        }
    };
    let lanes = Race::new()
        .enter("after many uses", Durability::Synced("fdatasync of the batch"), turn("R"))
        .enter("after few", Durability::Synced("fdatasync of the batch"), turn("S"))
        .run(context.rounds);
    Row::new("trust", format!("uses that are counted, behind {before} others and behind none"), "uses", lanes)
        .rate("after many uses", "after few", Target::AtLeast(0.85))
        .note("signed, checked against budget and calls, appended in one commit")
}
