//! A log built by hand, entry by entry, and the files and exports that it would leave.

use ledger_core::entry::{Auth, Entry, Leaf, Part, data_hash, event_json, private_hash, signature};
use ledger_core::key::SecretKey;
use ledger_core::store::disk::{Disk, DiskFile};
use ledger_core::store::local::frame::{HeadFile, Position, SegmentHeader, encode_commit};
use ledger_core::time::Timestamp;
use ledger_core::verify::{Options, Report, verify_disk, verify_export};
use ledger_proofs::{Checkpoint, Frontier, Hash, SignerKey};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

pub const ADMIN: &str = "GID-H01";
pub const AGENT: &str = "GID-07";

/// The key that everybody here derives from one number.
pub fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// An entry to be.
#[derive(Clone)]
pub struct Draft<'a> {
    pub kind: &'a str,
    pub version: u16,
    pub data: Value,
    pub private: Option<Value>,
    pub actor: &'a str,
    pub signer: Option<u8>,
    pub auth: Option<Auth>,
    pub subject: &'a str,
    pub key: String,
    pub cause: Option<u64>,
}

pub fn note(text: &str) -> Draft<'static> {
    Draft {
        kind: "note.recorded",
        version: 1,
        data: json!({ "text": text }),
        private: None,
        actor: AGENT,
        signer: None,
        auth: None,
        subject: "notes",
        key: format!("k-{}", text.replace(|c: char| !c.is_ascii_alphanumeric(), "-")),
        cause: None,
    }
}

pub fn registry(kind: &'static str, key: &str, data: Value) -> Draft<'static> {
    Draft { kind, data, actor: ADMIN, signer: Some(1), subject: "registry", key: key.to_owned(), ..note(key) }
}

impl Draft<'_> {
    pub fn signed(self, by: u8) -> Self {
        Self { signer: Some(by), ..self }
    }
    pub fn private(self, private: Value) -> Self {
        Self { private: Some(private), ..self }
    }
}

/// Entries, and what follows from those before.
#[derive(Clone)]
pub struct Log {
    pub origin: String,
    pub entries: Vec<Entry>,
    pub now: i64,
    streams: BTreeMap<String, u64>,
    log_key: u8,
}

impl Log {
    /// Genesis, and one agent with a key.
    pub fn new(origin: &str) -> Self {
        let mut log = Self::empty(origin);
        log.add(&genesis(origin));
        let agent = json!({"gid": AGENT, "name": "NOVA", "lanes": ["EXECUTION"], "key": key(7).public().unwrap().to_hex()});
        log.add(&registry("agent.registered", "agent-7", agent));
        log
    }

    pub fn empty(origin: &str) -> Self {
        let streams = BTreeMap::new();
        Self { origin: origin.to_owned(), entries: Vec::new(), now: 1_750_000_000_000, streams, log_key: 9 }
    }

    /// A short log with everything in it: 8 entries.
    pub fn sample() -> Self {
        let mut log = Self::new("ledger.example/acme");
        log.add(&note("one"));
        log.add(&note("two").signed(7).private(json!({"who": "Ada Lovelace"})));
        log.add(&registry(
            "key.registered",
            "key-8",
            json!({"gid": AGENT, "key": key(8).public().unwrap().to_hex()}),
        ));
        log.add(&Draft { subject: "notes/more", ..note("three").private(json!({"n": 1})) });
        log.add(&note("four").signed(8));
        log.add(&note("five"));
        log
    }

    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub fn add(&mut self, draft: &Draft<'_>) {
        self.add_as(draft, |_| ());
    }

    /// Adds an entry whose leaf `change` has touched before it was signed.
    pub fn add_as(&mut self, draft: &Draft<'_>, change: impl FnOnce(&mut Leaf<'_>)) {
        let sequence = self.size();
        self.now += 7;
        let place = self.streams.entry(draft.subject.to_owned()).or_insert(0);
        let salt = |n: u8| *blake3::hash(&[&sequence.to_le_bytes()[..], &[n]].concat()).as_bytes();
        let part = |value: &Value, n| {
            let bytes = ledger_core::json::canonicalize(value.to_string().as_bytes()).unwrap();
            Part { salt: salt(n), bytes }
        };
        let (data, private) = (part(&draft.data, 0), draft.private.as_ref().map(|p| part(p, 1)));
        let secret = draft.signer.map(key);
        let key_id = secret.as_ref().map(|s| *s.public().unwrap().id());
        let id = format!("{}/{}", draft.subject, draft.key);
        let mut leaf = Leaf {
            actor: draft.actor,
            auth: draft.auth.unwrap_or(if secret.is_some() { Auth::Signed } else { Auth::Asserted }),
            cause: draft.cause,
            data_hash: data_hash(&data.salt, &data.bytes),
            data_version: draft.version,
            id: &id,
            key_id,
            log_id: self.entries.first().map(Entry::leaf_hash),
            prev_hash: self.entries.last().map_or([0; 32], Entry::chain_hash),
            private_hash: private.as_ref().map(|p| private_hash(&p.salt, &p.bytes)),
            sequence,
            signature: None,
            source: &self.origin,
            subject: draft.subject,
            subject_sequence: *place,
            time: Timestamp::from_millis(self.now).unwrap(),
            event_type: draft.kind,
        };
        *place += 1;
        change(&mut leaf);
        if let (Some(secret), Some(id)) = (&secret, &leaf.key_id) {
            let bytes = signature::signed_bytes(&leaf, id);
            leaf.signature = Some(secret.sign(&bytes));
        }
        let mut bytes = Vec::new();
        leaf.write(&mut bytes);
        self.entries.push(Entry { leaf: bytes, data, private });
    }

    /// Writes one leaf anew, changed; nothing else.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut Leaf<'_>)) {
        self.entries[index].leaf = rewritten(&self.entries[index].leaf, change);
    }

    /// Makes sequences, chain and streams right again from here on, as a forger would.
    pub fn rechain(&mut self, from: usize) {
        let mut streams: BTreeMap<String, u64> = BTreeMap::new();
        for index in 0..self.entries.len() {
            let subject = Leaf::parse(&self.entries[index].leaf).unwrap().subject.to_owned();
            let place = streams.entry(subject).or_insert(0);
            if index >= from {
                let prev_hash =
                    index.checked_sub(1).map_or([0; 32], |before| self.entries[before].chain_hash());
                let subject_sequence = *place;
                self.change(index, |leaf| {
                    (leaf.sequence, leaf.prev_hash, leaf.subject_sequence) =
                        (index as u64, prev_hash, subject_sequence);
                });
            }
            *place += 1;
        }
    }

    pub fn root(&self, size: u64) -> Hash {
        let mut tree = Frontier::new();
        self.entries.iter().take(size as usize).for_each(|e| tree.push(e.leaf_hash()).unwrap());
        tree.root()
    }

    pub fn signer(&self) -> SignerKey {
        SignerKey::from_seed(&self.origin, &[self.log_key; 32]).unwrap()
    }

    /// The checkpoint that the log would have signed for its first `size` entries.
    pub fn checkpoint(&self, size: u64) -> String {
        Checkpoint::new(&self.origin, size, self.root(size))
            .unwrap()
            .sign(&self.signer())
            .unwrap()
            .to_string()
    }

    pub fn set_log_key(&mut self, key: u8) {
        self.log_key = key;
    }

    /// Counts the streams again, after entries were taken away.
    pub fn recount(&mut self) {
        self.streams.clear();
        for entry in &self.entries {
            *self.streams.entry(entry.parse().unwrap().subject.to_owned()).or_insert(0) += 1;
        }
    }

    pub fn export(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            event_json::write(&entry.as_record(), &mut out).unwrap();
            out.push(b'\n');
        }
        out
    }

    /// The files of this log: commits of these many entries (the last size repeats), a new segment after so many commits.
    pub fn files(&self, commits: &[usize], per_segment: usize) -> Files {
        let log_id = self.entries.first().map_or(ledger_proofs::empty_root(), Entry::leaf_hash);
        let mut files = Files::default();
        let (mut first, mut number, mut last_commit) = (0, 0, 0);
        let mut segment = (0, SegmentHeader { id: 0, first: 0, log_id }.encode());
        while first < self.entries.len() {
            if number > 0 && number % per_segment == 0 {
                files.0.insert(name(segment.0), segment.1.into());
                let id = segment.0 + 1;
                segment = (id, SegmentHeader { id, first: first as u64, log_id }.encode());
            }
            let count =
                commits.get(number).or(commits.last()).copied().unwrap_or(1).min(self.entries.len() - first);
            let mut body = Vec::new();
            self.entries[first..first + count].iter().for_each(|e| e.write_record(&mut body).unwrap());
            last_commit = segment.1.len() as u64;
            let at = Position { segment: segment.0, offset: last_commit };
            segment.1.extend(encode_commit(at, first as u64, count as u32, &body));
            first += count;
            number += 1;
        }
        let end = Position { segment: segment.0, offset: segment.1.len() as u64 };
        // Preallocated space.
        segment.1.resize(segment.1.len() + 500, 0);
        files.0.insert(name(segment.0), segment.1.into());
        let head = HeadFile {
            size: self.size(),
            end,
            last_commit,
            chain: self.entries.last().map_or([0; 32], Entry::chain_hash),
            boot_id: [0; 16],
            uptime: 1,
            wall: self.now,
            checkpoint: self.checkpoint(self.size()),
        };
        files.0.insert("head".to_owned(), head.encode().unwrap().into());
        files
    }
}

/// The same leaf with another content.
pub fn rewritten(leaf: &[u8], change: impl FnOnce(&mut Leaf<'_>)) -> Vec<u8> {
    let mut parsed = Leaf::parse(leaf).unwrap();
    change(&mut parsed);
    let mut out = Vec::new();
    parsed.write(&mut out);
    out
}

pub fn genesis(origin: &str) -> Draft<'static> {
    let hex = |n| key(n).public().unwrap().to_hex();
    let data = json!({
        "admin": {"gid": ADMIN, "key": hex(1)}, "format": 1, "log_key": hex(9), "nonce": "00".repeat(32),
        "orchestrator": {"gid": "GID-00", "key": hex(2), "lanes": ["ORCHESTRATION"], "name": "BENSON"},
        "origin": origin, "policy": {"require": {}, "version": 1}, "profile": "empty",
    });
    Draft { private: Some(json!({"name": "Grace"})), ..registry("log.created", "genesis", data) }
}

pub fn name(segment: u32) -> String {
    format!("journal/{segment:08}.seg")
}

/// A directory in memory.
#[derive(Clone, Default)]
pub struct Files(pub BTreeMap<String, Arc<Vec<u8>>>);

impl Files {
    pub fn edit(&self, file: &str, edit: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut files = self.clone();
        edit(Arc::make_mut(files.0.get_mut(file).unwrap()));
        files
    }

    pub fn without(&self, file: &str) -> Self {
        let mut files = self.clone();
        files.0.remove(file).unwrap();
        files
    }

    pub fn verify(&self, options: &Options) -> Report {
        verify_disk(Arc::new(self.clone()), options).unwrap()
    }
}

struct Bytes(Arc<Vec<u8>>);

impl Disk for Files {
    fn open(&self, name: &str, _: bool) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(Bytes(Arc::clone(file))))
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let names: Vec<String> =
            self.0.keys().filter_map(|n| n.strip_prefix(dir)?.strip_prefix('/')).map(str::to_owned).collect();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }
    fn sync_dir(&self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

impl DiskFile for Bytes {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
    fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
    fn sync(&self) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

/// One thread, and these remembered checkpoints.
pub fn remembering(checkpoints: &[String]) -> Options {
    Options { threads: 1, checkpoints: checkpoints.to_vec(), ..Options::default() }
}

pub fn alone() -> Options {
    remembering(&[])
}

pub fn export_report(bytes: &[u8], options: &Options) -> Report {
    verify_export(bytes, options).unwrap()
}

/// The findings as `LG_302@5`, `LG_311` when about no entry.
pub fn found(report: &Report) -> Vec<String> {
    let show = |f: &ledger_core::verify::Finding| match f.sequence {
        Some(n) => format!("{}@{n}", f.code),
        None => f.code.to_string(),
    };
    report.findings.iter().map(show).collect()
}

/// What verification of a log says: in its files with a head signed for exactly this, which an export can at most confirm.
pub fn findings(log: &Log) -> Vec<String> {
    let in_files = log.files(&[2, 1, 3], 3).verify(&alone());
    let exported = export_report(&log.export(), &remembering(&[log.checkpoint(log.size())]));
    assert_eq!(found(&in_files), found(&exported), "{:#?}\n{:#?}", in_files.findings, exported.findings);
    found(&in_files)
}
