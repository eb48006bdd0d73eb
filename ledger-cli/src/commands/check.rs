//! `ledger check`: a proof file, offline, without any ledger.

use super::{DONE, NO};
use crate::context::{Context, read_input};
use crate::output::{BAD, GOOD, WARN, say, say_json, say_pairs, styled};
use ledger_core::entry::Leaf;
use ledger_core::ledger::evidence::CONSISTENCY;
use ledger_core::{Code, Error, Result};
use ledger_proofs::{Checkpoint, ConsistencyProof, Hash, TlogProof, VerifierKey, leaf_hash};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger check entry-3.tlog-proof --vkey ledger.example/acme+1234abcd+AQ...\n  \
    ledger check since-5.json\n\nWithout --vkey the key that came with the proof is used: then compare it with the one you know."
)]
pub struct CheckArgs {
    /// Proof file; - for standard input
    pub file: PathBuf,
    /// Verifier key of the log, from a source that you trust
    #[arg(long, value_name = "VKEY")]
    pub vkey: Option<String>,
    /// File with the leaf, when the proof does not bring it along
    #[arg(long, value_name = "FILE")]
    pub leaf: Option<PathBuf>,
}

/// What `extra` of a proof file holds.
#[derive(Deserialize, Default)]
struct Extra {
    leaf: Option<String>,
    vkey: Option<String>,
}

/// A consistency proof file (docs/format.md §9).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consistency {
    checkpoint: Option<String>,
    from: u64,
    from_root: String,
    hashes: Vec<String>,
    to: u64,
    to_root: String,
    #[serde(rename = "type")]
    file_type: String,
    vkey: String,
}

/// The answer.
#[derive(Serialize, Default)]
struct Checked {
    ok: bool,
    kind: &'static str,
    /// Whether the key was given by the reader, not by the proof.
    trusted_key: bool,
    vkey: Option<String>,
    origin: Option<String>,
    size: Option<u64>,
    root: Option<String>,
    sequence: Option<u64>,
    leaf_hash: Option<String>,
    leaf: Option<serde_json::Value>,
    from: Option<u64>,
    from_root: Option<String>,
    message: Option<String>,
}

fn malformed(what: impl std::fmt::Display) -> Error {
    Error::new(Code::ProofMalformed, what.to_string())
}

/// Checks a proof.
pub fn run(args: &CheckArgs, ctx: &Context) -> anyhow::Result<u8> {
    let bytes = read_input(&args.file, 4 << 20)?;
    let given = args.vkey.as_deref().map(parse_key).transpose()?;
    let checked =
        if bytes.starts_with(b"{") { consistency(&bytes, given)? } else { inclusion(args, &bytes, given)? };
    if ctx.json {
        say_json(&strip(&checked)?)?;
    } else {
        say_checked(&checked)?;
    }
    Ok(if checked.ok { DONE } else { NO })
}

fn parse_key(text: &str) -> Result<VerifierKey> {
    text.parse().map_err(|e: ledger_proofs::NoteError| Error::new(Code::KeyUnusable, e.to_string()))
}

fn inclusion(args: &CheckArgs, bytes: &[u8], given: Option<VerifierKey>) -> Result<Checked> {
    let proof = TlogProof::parse(bytes).map_err(malformed)?;
    let extra: Extra =
        proof.extra().map_or_else(Extra::default, |e| serde_json::from_slice(e).unwrap_or_default());
    let leaf = match (&args.leaf, extra.leaf) {
        (Some(path), _) => read_input(path, 65_535)?,
        (None, Some(leaf)) => leaf.into_bytes(),
        (None, None) => {
            return Err(malformed("the proof does not bring the leaf along; name it with --leaf"));
        }
    };
    let trusted_key = given.is_some();
    let key = match (given, extra.vkey) {
        (Some(key), _) => key,
        (None, Some(text)) => parse_key(&text)?,
        (None, None) => {
            return Err(malformed("the proof does not bring a verifier key along; name it with --vkey"));
        }
    };
    let hash = leaf_hash(&leaf);
    let mut checked = Checked {
        kind: "inclusion",
        trusted_key,
        vkey: Some(key.to_string()),
        sequence: Some(proof.index()),
        leaf_hash: Some(hash.to_hex()),
        leaf: serde_json::from_slice(&leaf).ok(),
        ..Checked::default()
    };
    match proof.verify(&hash, &key) {
        Ok(checkpoint) => {
            describe(&mut checked, &checkpoint);
            // A leaf of this ledger's kind says where it stands; one of another log need not.
            let elsewhere = Leaf::parse(&leaf)
                .is_ok_and(|l| l.sequence != proof.index() || l.source != checkpoint.origin());
            checked.ok = !elsewhere;
            checked.message = elsewhere.then(|| "the leaf says that it stands elsewhere".to_owned());
        }
        Err(e) => checked.message = Some(e.to_string()),
    }
    Ok(checked)
}

fn describe(checked: &mut Checked, checkpoint: &Checkpoint) {
    checked.origin = Some(checkpoint.origin().to_owned());
    checked.size = Some(checkpoint.size());
    checked.root = Some(checkpoint.root().to_hex());
}

fn consistency(bytes: &[u8], given: Option<VerifierKey>) -> Result<Checked> {
    let file: Consistency = serde_json::from_slice(bytes).map_err(malformed)?;
    if file.file_type != CONSISTENCY {
        return Err(malformed(format!("type {:?} is not known", file.file_type)));
    }
    let hash = |text: &String| Hash::from_hex(text).map_err(malformed);
    let hashes = file.hashes.iter().map(hash).collect::<Result<Vec<_>>>()?;
    let (from_root, to_root) = (hash(&file.from_root)?, hash(&file.to_root)?);
    let trusted_key = given.is_some();
    let key = given.map_or_else(|| parse_key(&file.vkey), Ok)?;
    let proof = ConsistencyProof { from: file.from, to: file.to, hashes };
    let mut checked = Checked {
        kind: "consistency",
        trusted_key,
        vkey: Some(key.to_string()),
        from: Some(file.from),
        from_root: Some(file.from_root),
        size: Some(file.to),
        root: Some(file.to_root),
        ..Checked::default()
    };
    let signed = file.checkpoint.as_deref().map(|note| Checkpoint::open(note.as_bytes(), &key));
    checked.message = match (proof.verify(&from_root, &to_root), signed) {
        (Err(e), _) => Some(e.to_string()),
        (Ok(()), Some(Err(e))) => Some(e.to_string()),
        (Ok(()), Some(Ok(c))) if (c.size(), c.root()) != (file.to, to_root) => {
            Some("the checkpoint is of another size or root".to_owned())
        }
        (Ok(()), Some(Ok(checkpoint))) => {
            describe(&mut checked, &checkpoint);
            None
        }
        (Ok(()), None) => None,
    };
    checked.ok = checked.message.is_none();
    Ok(checked)
}

/// JSON without the members that do not apply.
fn strip(checked: &Checked) -> anyhow::Result<serde_json::Value> {
    let mut value = serde_json::to_value(checked)?;
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, v| !v.is_null());
    }
    Ok(value)
}

fn say_checked(checked: &Checked) -> std::io::Result<()> {
    let verdict = match (&checked.message, checked.kind) {
        (Some(why), kind) => styled(BAD, format!("the {kind} proof does not hold: {why}")),
        (None, "inclusion") => styled(GOOD, "the entry is in the log"),
        (None, _) => styled(GOOD, "the smaller log is the beginning of the larger"),
    };
    say(verdict)?;
    let number = |n: Option<u64>| n.map(|n| n.to_string());
    let pairs = [
        ("entry", number(checked.sequence)),
        ("leaf hash", checked.leaf_hash.clone()),
        ("type", checked.leaf.as_ref().and_then(|l| Some(l.get("type")?.as_str()?.to_owned()))),
        ("from", number(checked.from)),
        ("log", checked.origin.clone()),
        ("size", number(checked.size)),
        ("root", checked.root.clone()),
        ("signed by", checked.vkey.clone().filter(|_| checked.origin.is_some())),
    ];
    let pairs: Vec<(&str, String)> = pairs.into_iter().filter_map(|(name, v)| Some((name, v?))).collect();
    say_pairs(&pairs)?;
    if !checked.trusted_key {
        say(styled(
            WARN,
            "the key came with the proof: compare it with the one that you know, or give it with --vkey",
        ))?;
    }
    Ok(())
}
