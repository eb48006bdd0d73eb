//! `ledger prove`: proofs for others to check offline.

use super::DONE;
use crate::context::Context;
use crate::output::{GOOD, say, styled};
use ledger_core::event::pac_stream;
use ledger_core::ledger::{evidence, read};
use ledger_core::names::{PacId, PdoId};
use ledger_core::opdo;
use ledger_core::store::Store;
use ledger_core::{Code, Error, Result};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// The O-PDO of a PAC as a document of its own, or that one child is in it (JSON)
    #[command(
        after_help = "Examples:\n  ledger prove opdo PAC-ATLAS-P1-SEARCH-01 > opdo.json\n  ledger opdo verify opdo.json\n  \
            ledger prove opdo PAC-ATLAS-P1-SEARCH-01 --child PDO-SONNY-P1 > child.json\n  ledger opdo check child.json"
    )]
    Opdo {
        /// Which PAC
        pac: PacId,
        /// The child that is to be proven
        #[arg(long, value_name = "PDO")]
        child: Option<PdoId>,
        /// File to write [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
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
            write(out.as_deref(), &evidence::inclusion(&*store, sequence)?)
        }
        ProveCommand::Consistency { from, to, out } => {
            write(out.as_deref(), &format!("{}\n", evidence::consistency(&*store, *from, *to)?))
        }
        ProveCommand::Opdo { pac, child, out } => {
            write(out.as_deref(), &composite(&*store, pac, child.as_ref())?)
        }
    }
}

/// The document of a PAC's last O-PDO, or the proof of one of its children.
fn composite(store: &dyn Store, pac_id: &PacId, child: Option<&PdoId>) -> Result<String> {
    let registry = Arc::new(read::registry_at(store, None)?);
    let pac = read::pac_at(store, pac_stream(pac_id)?.as_str(), None, &registry)?;
    let pac = pac.ok_or_else(|| Error::new(Code::PacUnknown, format!("there is no {pac_id}")))?;
    let Some(composite) = pac.composites.last() else {
        return Err(Error::new(Code::NotInPac, format!("{pac_id} has no O-PDO yet")));
    };
    let context = opdo::Context { orchestrator_gid: registry.orchestrator(), has_node: None };
    let text = match child {
        Some(child) => {
            serde_json::to_string_pretty(&opdo::prove(&composite.document, child.as_str(), &context)?)
        }
        None => serde_json::to_string_pretty(&composite.document),
    };
    text.map(|text| text + "\n").map_err(|e| Error::new(Code::OutputFailed, e.to_string()))
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
