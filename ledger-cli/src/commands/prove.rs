//! `ledger prove`: proofs for others to check offline.

use super::DONE;
use crate::context::Context;
use crate::output::{GOOD, say, styled};
use ledger_core::ledger::read;
use ledger_core::store::Store;
use ledger_core::{Code, Error, Result};
use ledger_proofs::{TlogProof, VerifierKey};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What to prove.
#[derive(clap::Subcommand, Debug)]
pub enum ProveCommand {
    /// That an entry is in the log (a c2sp.org/tlog-proof@v1 file)
    #[command(
        after_help = "Example:\n  ledger prove inclusion 3 > entry-3.tlog-proof\n  ledger check entry-3.tlog-proof"
    )]
    Inclusion {
        /// Position of the entry, or its id
        #[arg(value_name = "SEQUENCE|ID")]
        entry: String,
        /// File to write [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// That the log of one size is the beginning of the log of another (JSON)
    #[command(
        after_help = "Example:\n  ledger prove consistency 5 > since-5.json\n  ledger check since-5.json"
    )]
    Consistency {
        /// The smaller size
        from: u64,
        /// The larger size [default: the present one]
        to: Option<u64>,
        /// File to write [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Verifier key of the log.
pub fn verifier_key(store: &dyn Store) -> Result<VerifierKey> {
    let entry = read::entry(store, 0)?;
    let genesis: ledger_core::event::body::Genesis = ledger_core::event::body::read(&entry.data.bytes)?;
    VerifierKey::new(genesis.origin.as_str(), &genesis.log_key.0)
        .map_err(|e| Error::new(Code::WrongLogKey, e.to_string()))
}

/// Makes a proof.
pub fn run(command: &ProveCommand, ctx: &Context) -> anyhow::Result<u8> {
    let store = ctx.store()?;
    match command {
        ProveCommand::Inclusion { entry, out } => {
            let sequence = match entry.parse() {
                Ok(sequence) => sequence,
                Err(_) => store
                    .find(entry)?
                    .ok_or_else(|| Error::new(Code::NoSuchEntry, format!("no entry has the id {entry:?}")))?,
            };
            write(out.as_deref(), &inclusion(&store, sequence)?)
        }
        ProveCommand::Consistency { from, to, out } => {
            write(out.as_deref(), &consistency(&store, *from, *to)?)
        }
    }
}

/// The proof file of one entry.
pub fn inclusion(store: &dyn Store, sequence: u64) -> Result<String> {
    let (entry, proof, note) = read::prove_inclusion(store, sequence)?;
    let leaf = String::from_utf8_lossy(&entry.leaf).into_owned();
    let extra = serde_json::json!({ "leaf": leaf, "vkey": verifier_key(store)?.to_string() });
    let malformed = |e: ledger_proofs::TlogProofError| Error::new(Code::Damaged, e.to_string());
    let file = TlogProof::new(proof, note)
        .and_then(|p| p.with_extra(extra.to_string().into_bytes()))
        .map_err(malformed)?;
    Ok(file.to_string())
}

fn consistency(store: &dyn Store, from: u64, to: Option<u64>) -> Result<String> {
    let (note, checkpoint) = read::signed_head(store)?;
    let to = to.unwrap_or(checkpoint.size());
    let (proof, from_root, to_root) = read::prove_consistency(store, from, to)?;
    let hashes: Vec<String> = proof.hashes.iter().map(ledger_proofs::Hash::to_hex).collect();
    let mut file = serde_json::json!({
        "from": from, "from_root": from_root.to_hex(), "hashes": hashes, "to": to, "to_root": to_root.to_hex(),
        "type": super::check::CONSISTENCY, "vkey": verifier_key(store)?.to_string(),
    });
    if let Some(members) = file.as_object_mut().filter(|_| to == checkpoint.size()) {
        members.insert("checkpoint".to_owned(), note.to_string().into());
    }
    Ok(format!("{file}\n"))
}

fn write(out: Option<&Path>, text: &str) -> anyhow::Result<u8> {
    match out {
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
        Some(path) => {
            let failed = |e| Error::new(Code::OutputFailed, format!("{}: {e}", path.display()));
            std::fs::write(path, text).map_err(failed)?;
            say(format!("{} {}", styled(GOOD, "wrote"), path.display()))?;
        }
    }
    Ok(DONE)
}
