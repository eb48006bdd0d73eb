//! Records with a bit changed: in every field of what was signed, at every level that looks at signatures.

use crate::grove::{Grove, question};
use ledger_core::entry::{Entry, Part};
use ledger_core::error::Result;
use ledger_core::store::memory::MemoryStore;
use ledger_core::store::{Batch, Head, Store};
use ledger_core::time::Reading;
use ledger_core::trust::{Level, Records, verify};
use ledger_proofs::{Hash, NodeId};
use serde_json::{Value, json};

/// A store that gives one entry otherwise than it was stored, or not at all: what a tampered disk gives whose checksums were mended.
pub struct Tampered<'a> {
    pub store: &'a dyn Store,
    pub sequence: u64,
    pub entry: Option<Entry>,
}

impl Store for Tampered<'_> {
    fn head(&self) -> Head {
        self.store.head()
    }
    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let mut entries = self.store.entries(from, limit)?;
        let at = self.sequence.checked_sub(from).map(|at| at as usize).filter(|at| *at < entries.len());
        match (at, &self.entry) {
            (Some(at), Some(entry)) => entries[at] = entry.clone(),
            (Some(at), None) => entries.truncate(at),
            (None, _) => {}
        }
        Ok(entries)
    }
    fn stream_len(&self, name: &str) -> Result<u64> {
        self.store.stream_len(name)
    }
    fn stream(&self, name: &str, from: u64, limit: usize) -> Result<Vec<u64>> {
        self.store.stream(name, from, limit)
    }
    fn find(&self, id: &str) -> Result<Option<u64>> {
        self.store.find(id)
    }
    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>> {
        self.store.nodes(ids)
    }
    fn append_batch(&mut self, expected: &Head, batch: &Batch) -> Result<Head> {
        MemoryStore::new().append_batch(expected, batch)
    }
    fn publish(&mut self, _: &str, _: Reading) -> Result<()> {
        Ok(())
    }
    fn checkpoint(&self) -> Option<String> {
        self.store.checkpoint()
    }
    fn last_reading(&self) -> Option<Reading> {
        None
    }
}

/// The leaf with one member changed by a character.
fn altered(leaf: &[u8], member: &str) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(leaf).unwrap();
    let changed = match value.get(member)? {
        Value::String(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            let last = chars.pop()?;
            chars.push(if last == '1' { '2' } else { '1' });
            Value::String(chars.into_iter().collect())
        }
        Value::Number(_) => json!(2),
        _ => return None,
    };
    value[member] = changed;
    ledger_core::json::canonicalize(value.to_string().as_bytes()).ok()
}

#[test]
fn a_changed_record_is_seen_from_standard_on() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!([{"capability": "x"}, {"capability": "y"}]), json!({})).unwrap();
    let records = [
        grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({"budget_limit": 9})).unwrap().sequence,
        grove.delegate(("R", "A", "B"), "GID-03", json!(["x"]), json!({})).unwrap().sequence,
        grove.tree("R").unwrap().root().since.sequence,
        {
            let body =
                json!({"root": "R", "grant_id": "A", "constraints": {"budget_limit": 5}, "reason": "r"});
            grove.world.ok("constrain", "GID-01", body).sequence
        },
    ];
    let forest = grove.forest(grove.world.size());
    let store = grove.world.seq.store();
    let ask = |store: &dyn Store, level| {
        let mut asked = question("GID-03", "x", level, grove.now());
        asked.cost = Some("1".parse().unwrap());
        verify(&forest, &Records::new(store), &asked, false).unwrap()
    };
    assert!(ask(store, Level::Full).valid);
    let mut seen = 0;
    for sequence in records {
        let honest = store.entries(sequence, 1).unwrap().pop().unwrap();
        let mut forged: Vec<(String, Entry)> = Vec::new();
        for member in [
            "actor",
            "datahash",
            "dataversion",
            "id",
            "keyid",
            "logid",
            "source",
            "subject",
            "type",
            "signature",
            "sequence",
        ] {
            if let Some(leaf) = altered(&honest.leaf, member) {
                forged.push((member.to_owned(), Entry { leaf, ..honest.clone() }));
            }
        }
        // Every member of the data, and its salt.
        let data: Value = serde_json::from_slice(&honest.data.bytes).unwrap();
        for name in data.as_object().unwrap().keys() {
            let mut changed = data.clone();
            changed[name] = json!("Z");
            let bytes = ledger_core::json::canonicalize(changed.to_string().as_bytes()).unwrap();
            let part = Part { bytes, ..honest.data.clone() };
            forged.push((format!("data.{name}"), Entry { data: part, ..honest.clone() }));
        }
        let mut salt = honest.data.salt;
        salt[0] ^= 1;
        forged.push((
            "salt".to_owned(),
            Entry { data: Part { salt, ..honest.data.clone() }, ..honest.clone() },
        ));
        // Another agent's record in its place.
        let other = store.entries(records[0] + records[1] - sequence.min(records[1]), 1).unwrap().pop();
        forged.extend(other.filter(|o| o.leaf != honest.leaf).map(|o| ("transplanted".to_owned(), o)));
        for (what, entry) in forged {
            let store = Tampered { store, sequence, entry: Some(entry) };
            assert!(ask(&store, Level::Quick).valid, "quick does not look at {what}");
            for level in [Level::Standard, Level::Full] {
                let verdict = ask(&store, level);
                assert!(!verdict.valid, "{what} of entry {sequence} passes at {level:?}");
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn a_key_signs_from_its_registration_to_its_retirement() {
    let mut grove = Grove::new();
    grove.establish("R", "GID-01", json!(["x"]), json!({})).unwrap();
    grove.delegate(("R", "R", "A"), "GID-02", json!(["x"]), json!({})).unwrap();
    let id = *crate::grove::birth().keys["GID-01"].public().unwrap().id();
    grove.world.ok(
        "retire_key",
        crate::grove::ADMIN,
        json!({"gid": "GID-01", "keyid": hex::encode(id), "reason": "lost"}),
    );
    // What it signed stays signed; it signs no more.
    grove.all_levels("GID-02", "x", true);
    let refused = grove.delegate(("R", "R", "B"), "GID-03", json!(["x"]), json!({}));
    assert_eq!(crate::grove::code(&refused), "LG_123");
    grove.world.assert_clean();
}
