//! A log in the hands of whoever holds its key: entries are added that chain and are signed, and the verifier is asked what it finds.

use crate::atomic::{PAC, planned, sub_pac};
use crate::finish::step;
use crate::world::{ORCHESTRATOR, World, birth};
use ledger_core::entry::{Auth, Entry, Leaf, Part, data_hash, event_json, signature};
use ledger_core::rules::pac::Phase;
use ledger_core::verify::{Options, verify_export};
use ledger_proofs::{Checkpoint, Frontier, SignerKey};
use serde_json::{Value, json};

/// A log in the hands of whoever holds its key.
pub struct Forge {
    pub entries: Vec<Entry>,
}

/// What an added entry is to look like.
#[derive(Clone)]
pub struct Draft<'a> {
    pub kind: &'a str,
    pub actor: &'a str,
    pub data: Value,
    pub stream: &'a str,
    pub cause: Option<u64>,
    pub auth: Auth,
    pub signs: bool,
}

/// An entry of the PAC as its actor would make it, unsigned.
pub fn plain<'a>(kind: &'a str, actor: &'a str, data: Value) -> Draft<'a> {
    Draft { kind, actor, data, stream: "pac/PAC-ATLAS-P1", cause: None, auth: Auth::Asserted, signs: false }
}

/// The same, with the actor's signature.
pub fn signed<'a>(kind: &'a str, actor: &'a str, data: Value) -> Draft<'a> {
    Draft { auth: Auth::Signed, signs: true, ..plain(kind, actor, data) }
}

impl Draft<'_> {
    pub fn after(self, cause: u64) -> Self {
        Self { cause: Some(cause), ..self }
    }
}

impl Forge {
    pub fn new(world: &World) -> Self {
        Self { entries: world.entries() }
    }

    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub fn add(&mut self, draft: &Draft<'_>) {
        let sequence = self.size();
        let salt = *blake3::hash(&sequence.to_le_bytes()).as_bytes();
        let bytes = ledger_core::json::canonicalize(draft.data.to_string().as_bytes()).unwrap();
        let last = self.entries.last().unwrap();
        let (before, prev_hash) = (last.clone(), last.chain_hash());
        let before = before.parse().unwrap();
        let place = self.entries.iter().filter(|e| e.parse().unwrap().subject == draft.stream).count();
        let key = birth().keys.get(draft.actor).filter(|_| draft.signs);
        let key_id = key.map(|k| *k.public().unwrap().id());
        let id = format!("{}/forged-{sequence}", draft.stream);
        let mut leaf = Leaf {
            actor: draft.actor,
            auth: draft.auth,
            cause: draft.cause,
            data_hash: data_hash(&salt, &bytes),
            data_version: 1,
            id: &id,
            key_id,
            log_id: Some(self.entries[0].leaf_hash()),
            prev_hash,
            private_hash: None,
            sequence,
            signature: None,
            source: before.source,
            subject: draft.stream,
            subject_sequence: place as u64,
            time: before.time,
            event_type: draft.kind,
        };
        if let (Some(key), Some(id)) = (key, &leaf.key_id) {
            leaf.signature = Some(key.sign(&signature::signed_bytes(&leaf, id)));
        }
        let mut out = Vec::new();
        leaf.write(&mut out);
        self.entries.push(Entry { leaf: out, data: Part { salt, bytes }, private: None });
    }

    /// The findings as `LG_308@+0`, counted from `from`.
    pub fn findings(&self, from: u64) -> Vec<String> {
        let mut tree = Frontier::new();
        let mut export = Vec::new();
        for entry in &self.entries {
            tree.push(entry.leaf_hash()).unwrap();
            event_json::write(&entry.as_record(), &mut export).unwrap();
            export.push(b'\n');
        }
        let signer = SignerKey::from_seed("ledger.test/life", &birth().log_key.seed()).unwrap();
        let checkpoint =
            Checkpoint::new("ledger.test/life", self.size(), tree.root()).unwrap().sign(&signer).unwrap();
        let options = Options { threads: 1, checkpoints: vec![checkpoint.to_string()], ..Options::default() };
        let report = verify_export(&export[..], &options).unwrap();
        assert_eq!(report.checkpoints, 1);
        let at = |s: Option<u64>| s.map_or(String::new(), |s| format!("@{:+}", s as i64 - from as i64));
        report.findings.iter().map(|f| format!("{}{}", f.code, at(f.sequence))).collect()
    }
}

/// A world in which the PAC is where `phase` says, with another PAC beside it.
pub fn at(phase: Phase) -> World {
    let mut world = World::new();
    planned(&mut world, "PAC-OTHER-P1");
    planned(&mut world, PAC);
    while world.pac(PAC).unwrap().phase() != phase {
        step(&mut world, PAC);
    }
    world
}

pub fn named() -> Value {
    json!({"pac_id": PAC})
}

pub fn of(n: u8) -> Value {
    json!({"pac_id": PAC, "sub_pac_id": sub_pac(PAC, n)})
}

pub fn with(mut data: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    data
}

/// The data of the last entry of this type.
pub fn last(world: &World, kind: &str) -> Value {
    let entries = world.entries();
    let entry = entries.iter().rev().find(|e| e.parse().unwrap().event_type == kind).unwrap();
    serde_json::from_slice(&entry.data.bytes).unwrap()
}

/// Adds the entries to the log, then what goes on honestly beside them, and demands exactly these findings.
#[track_caller]
pub fn expect(what: &str, world: &World, drafts: &[Draft<'_>], expected: &[&str]) {
    let mut forge = Forge::new(world);
    let from = forge.size();
    drafts.iter().for_each(|draft| forge.add(draft));
    assert_eq!(forge.findings(from), expected, "{what}");
    // What comes behind is not accused, of this PAC or of another.
    forge.add(&Draft { stream: "notes", ..plain("note.recorded", "GID-05", json!({"text": "goes on"})) });
    let other =
        json!({"pac_id": "PAC-OTHER-P1", "channel_id": "c", "members": ["GID-01", "GID-02"], "purpose": "x"});
    forge.add(&Draft { stream: "pac/PAC-OTHER-P1", ..plain("channel.declared", ORCHESTRATOR, other) });
    if !expected.is_empty() {
        forge.add(&plain("pac.abandoned", ORCHESTRATOR, with(named(), json!({"reason": "x"}))));
    }
    assert_eq!(forge.findings(from), expected, "{what}, and what comes behind");
}
