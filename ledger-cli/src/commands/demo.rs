//! `ledger demo`: what this is good for, in under a minute, on a ledger of its own.
//!
//! Nothing is staged: every line comes from the same calls as the other commands. Invariant: it works in a fresh temporary directory
//! and never touches a real ledger; it fails (exit 2) when any of the tampering is not found.

use super::{DONE, NO, prove, verify};
use crate::context::Context;
use crate::output::{BAD, DIM, GOOD, HEAD, say, say_json, styled};
use ledger_core::entry::{Entry, Leaf};
use ledger_core::intent::Intent;
use ledger_core::key::SecretKey;
use ledger_core::ledger::{InitOptions, Ledger, Location, init};
use ledger_core::names::{Gid, Origin};
use ledger_core::sequencer::Sources;
use ledger_core::store::disk::RealDisk;
use ledger_core::store::local::frame::{
    COMMIT_HEADER, CommitHeader, Position, SEGMENT_HEADER, encode_commit,
};
use ledger_core::time::{SystemClock, SystemRandom};
use ledger_core::verify::{Options, Report};
use ledger_core::{Code, Error, Result};
use ledger_proofs::{Checkpoint, Frontier, Note, SignerKey, TlogProof, leaf_hash};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `demo`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  ledger demo")]
pub struct DemoArgs {
    /// Keep the ledgers in this directory, which must not exist, instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// A piece of governed work: who recorded what.
const HISTORY: &[(&str, &str, &str)] = &[
    (
        "GID-08",
        "note",
        r#"{"text":"request 17: rotate the signing keys of the payment service before March"}"#,
    ),
    ("GID-00", "note", r#"{"text":"plan: CODY proposes, SONNY executes, TINA checks","about":"request 17"}"#),
    (
        "GID-03",
        "note",
        r#"{"text":"proposal: new keys beside the old for a day, then switch","about":"request 17"}"#,
    ),
    (
        "GID-01",
        "artifact",
        r#"{"name":"rotation.sh","digest":"sha256:1f0c5a3fd9a1cf2ea9a2a9f1f29a43b0b8d5a9a3a1c36ee3b5a3f9a6c8f0b7d2","size":2114}"#,
    ),
    ("GID-01", "note", r#"{"text":"keys rotated on 14 hosts, none failed","about":"request 17"}"#),
    ("GID-09", "note", r#"{"text":"checked: old keys refused on all 14 hosts","about":"request 17"}"#),
];

/// What one act of tampering led to, as JSON.
#[derive(Serialize)]
struct Found {
    tampering: &'static str,
    found: bool,
    code: Option<String>,
    sequence: Option<u64>,
    message: Option<String>,
}

/// Runs the demonstration.
pub fn run(args: &DemoArgs, ctx: &Context) -> anyhow::Result<u8> {
    let root = directory(args)?;
    let told = Told { json: ctx.json };
    let result = tell(&root, &told);
    if args.keep.is_none() {
        std::fs::remove_dir_all(&root)?;
    }
    let (found, proof, report) = result?;
    let all = report.ok && found.iter().all(|f| f.found);
    if ctx.json {
        say_json(
            &serde_json::json!({ "ok": all, "size": report.size, "root": report.root, "proof": proof, "tampering": found }),
        )?;
    } else {
        told.step("what you can do now")?;
        told.line("ledger init && ledger append note --data '{\"text\":\"hello\"}' && ledger verify")?;
    }
    Ok(if all { DONE } else { NO })
}

/// Speaks to people; in JSON the answer comes at the end, in one piece.
struct Told {
    json: bool,
}

impl Told {
    fn step(&self, title: &str) -> std::io::Result<()> {
        if self.json { Ok(()) } else { say(format!("\n{}", styled(HEAD, title))) }
    }
    fn line(&self, line: impl std::fmt::Display) -> std::io::Result<()> {
        if self.json { Ok(()) } else { say(format!("  {line}")) }
    }
}

fn directory(args: &DemoArgs) -> Result<PathBuf> {
    let path = args
        .keep
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("ledger-demo-{}", std::process::id())));
    std::fs::create_dir(&path)
        .map_err(|e| Error::new(Code::AlreadyALedger, format!("{}: {e}", path.display())))?;
    Ok(path)
}

fn tell(root: &Path, told: &Told) -> anyhow::Result<(Vec<Found>, String, Report)> {
    let mut location = Location::new(&root.join("ledger"));
    location.state = Some(root.join("state"));
    told.step("1. a fresh ledger with a history")?;
    let remembered = make_history(&location, told)?;
    told.step("2. a proof that one entry is in it, checked without the ledger")?;
    let proof = prove_one(&location, told)?;
    told.step("3. everything verified from the stored bytes")?;
    let report = verify::verify(&location.dir, Options::default())?;
    told.line(styled(
        GOOD,
        format!(
            "{} entries, {} findings, root {}",
            report.size,
            report.findings.len(),
            short(report.root.as_deref().unwrap_or_default())
        ),
    ))?;
    told.step("4. three ways of tampering with a copy, each found")?;
    let changed = tamper(&location, root, "changed", |dir| change_a_byte(dir, 15))?;
    let cut = tamper(&location, root, "cut", |dir| rewrite(dir, 16, false))?;
    let forged = tamper(&location, root, "forged", |dir| rewrite(dir, 17, true))?;
    let remembered = Options { checkpoints: remembered, ..Options::default() };
    let found = vec![
        judge(
            "one byte of entry 15 changed",
            &verify::verify(&changed, Options::default())?,
            Some(15),
            told,
        )?,
        judge("entry 16 cut out", &verify::verify(&cut, Options::default())?, Some(16), told)?,
        judge(
            "everything from entry 17 on rewritten, chain and tree computed anew, signed with the log's own key",
            &verify::verify(&forged, remembered)?,
            None,
            told,
        )?,
    ];
    let blind = verify::verify(&forged, Options::default())?;
    told.line(styled(
        DIM,
        format!(
            "(that forgery is perfect in itself: without the remembered checkpoint verification says {})",
            if blind.ok { "ok" } else { "no" }
        ),
    ))?;
    Ok((found, proof, report))
}

/// Makes the ledger and appends the history; gives the two checkpoints that an auditor came by: the one in the receipt of entry 16,
/// and the last.
fn make_history(location: &Location, told: &Told) -> Result<Vec<String>> {
    let sources = Sources { clock: Box::new(SystemClock), random: Box::new(SystemRandom) };
    let options = InitOptions {
        origin: Some(Origin::new("ledger.demo/payments")?),
        human: "demo".to_owned(),
        profile: "default".to_owned(),
    };
    let ledger = init(location, &options, sources)?.ledger;
    let mut remembered = Vec::new();
    for (actor, kind, data) in HISTORY {
        let receipt = ledger.append(Intent::new(kind, data.as_bytes(), None, Gid::new(*actor)?, None)?)?;
        say_entry(told, &receipt, actor, data).map_err(output_failed)?;
        if receipt.sequence == 16 {
            remembered.push(receipt.checkpoint);
        }
    }
    remembered.push(approve(&ledger, told)?);
    Ok(remembered)
}

/// The human's signed word, last.
fn approve(ledger: &Ledger, told: &Told) -> Result<String> {
    let data = r#"{"text":"approved: request 17 is done","about":"request 17"}"#;
    let human = ledger.default_actor()?;
    let secret = SecretKey::read(&ledger.location().key_file(human.as_str()))?;
    let mut intent = Intent::new("note", data.as_bytes(), None, human, None)?;
    ledger.sign(&mut intent, &secret)?;
    let receipt = ledger.append(intent)?;
    say_entry(told, &receipt, "GID-H01", data).map_err(output_failed)?;
    Ok(receipt.checkpoint)
}

fn say_entry(
    told: &Told,
    receipt: &ledger_core::sequencer::Receipt,
    actor: &str,
    data: &str,
) -> std::io::Result<()> {
    let value: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    let what = ["text", "name"].iter().find_map(|m| value.get(m)?.as_str()).unwrap_or_default();
    told.line(format!(
        "{:>3}  {actor:8} {what:76} {}",
        receipt.sequence,
        styled(DIM, short(&receipt.leaf_hash))
    ))
}

fn output_failed(e: std::io::Error) -> Error {
    Error::new(Code::OutputFailed, e.to_string())
}

fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

/// A proof file, and its check with nothing but the log's public key.
fn prove_one(location: &Location, told: &Told) -> anyhow::Result<String> {
    let store = ledger_core::ledger::open_for_reading(location)?;
    let file = prove::inclusion(&store, 17)?;
    let key = prove::verifier_key(&store)?;
    let entry = ledger_core::ledger::read::entry(&store, 17)?;
    let checked = TlogProof::parse(file.as_bytes())?.verify(&leaf_hash(&entry.leaf), &key)?;
    told.line(format!(
        "entry 17 is in the log of {} entries: {} hashes lead to the signed root",
        checked.size(),
        TlogProof::parse(file.as_bytes())?.hashes().len()
    ))?;
    told.line(styled(DIM, format!("verifier key {key}")))?;
    Ok(file)
}

/// A copy of the ledger, tampered with.
fn tamper(
    location: &Location,
    root: &Path,
    name: &str,
    act: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let copy = root.join(name);
    let failed = |e: std::io::Error| Error::new(Code::OutputFailed, e.to_string());
    for dir in ["journal", "keys"] {
        std::fs::create_dir_all(copy.join(dir)).map_err(failed)?;
        for file in std::fs::read_dir(location.dir.join(dir)).map_err(failed)? {
            let file = file.map_err(failed)?;
            std::fs::copy(file.path(), copy.join(dir).join(file.file_name())).map_err(failed)?;
        }
    }
    std::fs::copy(location.dir.join("head"), copy.join("head")).map_err(failed)?;
    act(&copy)?;
    Ok(copy)
}

/// The first segment, where the whole demonstration is.
fn segment(dir: &Path) -> PathBuf {
    dir.join("journal/00000000.seg")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::new(Code::ReadFailed, e.to_string()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(output_failed)
}

/// Changes one letter of an entry's data, and nothing else.
fn change_a_byte(dir: &Path, sequence: u64) -> Result<()> {
    let mut bytes = read(&segment(dir))?;
    let (_, entry) = entries(dir)?.into_iter().find(|(s, _)| *s == sequence).ok_or_else(lost)?;
    let at = bytes.windows(entry.data.bytes.len()).position(|w| w == entry.data.bytes).ok_or_else(lost)?;
    if let Some(byte) = bytes.get_mut(at.saturating_add(12)) {
        *byte ^= 0x20;
    }
    write(&segment(dir), &bytes)
}

fn lost() -> Error {
    Error::new(Code::NoSuchEntry, "the demonstration lost its own entry")
}

/// All entries of a ledger, read from its journal.
fn entries(dir: &Path) -> Result<Vec<(u64, Entry)>> {
    let reader =
        ledger_core::store::local::JournalReader::open(std::sync::Arc::new(RealDisk::new(dir, false)))?;
    let mut all = Vec::new();
    reader.each(0, |sequence, record| {
        all.push((sequence, Entry::from_record(record)));
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    Ok(all)
}

/// Writes the journal anew: without the entry of this sequence, or (`forge`) with another text in it and everything after it made to
/// fit: positions, chain, commits, tree, and the head signed with the log's own key.
fn rewrite(dir: &Path, sequence: u64, forge: bool) -> Result<()> {
    let mut segment_bytes = read(&segment(dir))?;
    segment_bytes.truncate(SEGMENT_HEADER);
    let mut tree = Frontier::new();
    let mut chain = [0; 32];
    for (old, mut entry) in entries(dir)? {
        if old == sequence && !forge {
            continue;
        }
        if forge && old >= sequence {
            reforge(&mut entry, old == sequence, &chain)?;
        }
        chain = entry.chain_hash();
        tree.push(entry.leaf_hash()).map_err(|e| Error::new(Code::TooLarge, e.to_string()))?;
        let mut body = Vec::new();
        entry.write_record(&mut body)?;
        let at = Position { segment: 0, offset: segment_bytes.len() as u64 };
        segment_bytes.extend(encode_commit(at, old, 1, &body));
    }
    let end = segment_bytes.len() as u64;
    write(&segment(dir), &segment_bytes)?;
    if forge { sign_head(dir, &tree, chain, end) } else { Ok(()) }
}

/// Gives an entry another text, its place in the new chain, and new commitments.
fn reforge(entry: &mut Entry, change: bool, chain: &[u8; 32]) -> Result<()> {
    if change {
        entry.data.bytes = br#"{"about":"request 17","text":"keys rotated on 2 hosts, 12 skipped"}"#.to_vec();
    }
    let old = entry.leaf.clone();
    let mut leaf = Leaf::parse(&old).map_err(|why| Error::new(Code::FindShape, why))?;
    leaf.prev_hash = *chain;
    leaf.data_hash = ledger_core::entry::data_hash(&entry.data.salt, &entry.data.bytes);
    entry.leaf.clear();
    leaf.write(&mut entry.leaf);
    Ok(())
}

/// The forger holds the log's key: the head is as good as the real one.
fn sign_head(dir: &Path, tree: &Frontier, chain: [u8; 32], end: u64) -> Result<()> {
    let mut head = ledger_core::store::local::frame::HeadFile::decode(&read(&dir.join("head"))?)
        .map_err(|_| Error::new(Code::Damaged, "the head is malformed"))?;
    let note =
        Note::parse(head.checkpoint.as_bytes()).ok().and_then(|n| Checkpoint::parse_text(n.text()).ok());
    let origin = note.map(|c| c.origin().to_owned()).ok_or_else(lost)?;
    let secret = SecretKey::read(&dir.join("keys/log.key"))?;
    let failed = |e: &dyn std::fmt::Display| Error::new(Code::WrongLogKey, e.to_string());
    let key = SignerKey::from_seed(&origin, &secret.seed()).map_err(|e| failed(&e))?;
    let checkpoint = Checkpoint::new(&origin, tree.size(), tree.root())
        .and_then(|c| c.sign(&key))
        .map_err(|e| failed(&e))?;
    head.chain = chain;
    head.end.offset = end;
    head.last_commit = last_commit(dir, end)?;
    head.checkpoint = checkpoint.to_string();
    write(&dir.join("head"), &head.encode().ok_or_else(lost)?)
}

/// Offset of the commit that ends at `end`.
fn last_commit(dir: &Path, end: u64) -> Result<u64> {
    let bytes = read(&segment(dir))?;
    let mut at = Position { segment: 0, offset: SEGMENT_HEADER as u64 };
    loop {
        let start = usize::try_from(at.offset).unwrap_or(usize::MAX);
        let header = bytes.get(start..start.saturating_add(COMMIT_HEADER)).ok_or_else(lost)?;
        let header = CommitHeader::decode(header, at).map_err(|_| lost())?;
        if header.end().offset >= end {
            return Ok(at.offset);
        }
        at = header.end();
    }
}

/// Says what verification found, and whether it is what should be found.
fn judge(tampering: &'static str, report: &Report, at: Option<u64>, told: &Told) -> std::io::Result<Found> {
    let hit =
        report.findings.iter().find(|f| at.is_none() || f.sequence == at).or_else(|| report.findings.first());
    let found = !report.ok && hit.is_some_and(|f| at.is_none_or(|n| f.sequence == Some(n)));
    told.line(format!(
        "{} {tampering}",
        styled(if found { GOOD } else { BAD }, if found { "found:" } else { "NOT FOUND:" })
    ))?;
    if let Some(finding) = hit {
        let row = finding.code.row();
        told.line(format!("       {} {}: {}", row.code, row.name, finding.message))?;
    }
    Ok(Found {
        tampering,
        found,
        code: hit.map(|f| f.code.to_string()),
        sequence: hit.and_then(|f| f.sequence),
        message: hit.map(|f| f.message.clone()),
    })
}
