//! `ledger show`: one entry whole.

use super::DONE;
use crate::context::Context;
use crate::output::{DIM, HEAD, printable, say, say_pairs, styled};
use ledger_core::entry::{Auth, Entry, event_json};
use ledger_core::view::Wanted;
use ledger_core::{Code, Error, Result};
use std::io::Write as _;
use std::ops::ControlFlow;

/// Arguments of `show`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger show 0\n  ledger show notes/build-7")]
pub struct ShowArgs {
    /// Position in the log, or an entry's id
    #[arg(value_name = "SEQUENCE|ID")]
    pub entry: String,
}

/// Shows an entry.
pub fn run(args: &ShowArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (sequence, entry) = find(&args.entry, ctx)?;
    if ctx.json {
        let mut line = Vec::new();
        event_json::write(&entry.as_record(), &mut line)?;
        line.push(b'\n');
        std::io::stdout().lock().write_all(&line)?;
        return Ok(DONE);
    }
    let leaf = entry.parse()?;
    let how = match leaf.auth {
        Auth::Asserted => "asserted (nobody signed)",
        Auth::Token => "by token",
        Auth::Signed => "signed",
    };
    say(styled(HEAD, format!("entry {sequence}: {}", leaf.event_type)))?;
    let mut pairs = vec![
        ("id", leaf.id.to_owned()),
        ("time", leaf.time.to_string()),
        ("actor", format!("{} {how}", leaf.actor)),
        ("stream", format!("{} #{}", leaf.subject, leaf.subject_sequence)),
    ];
    if let Some(cause) = leaf.cause {
        pairs.push(("cause", format!("entry {cause}")));
    }
    if let Some(key_id) = leaf.key_id {
        pairs.push(("key", hex::encode(key_id)));
    }
    pairs.push(("leaf hash", entry.leaf_hash().to_hex()));
    pairs.push((
        "chain",
        format!("{} after {}", hex::encode(entry.chain_hash()), hex::encode(leaf.prev_hash)),
    ));
    pairs.push(("data hash", hex::encode(leaf.data_hash)));
    say_pairs(&pairs)?;
    say(styled(DIM, "data"))?;
    say(pretty(&entry.data.bytes))?;
    if let Some(private) = &entry.private {
        say(styled(DIM, "private"))?;
        say(if private.is_erased() { "erased".to_owned() } else { pretty(&private.bytes) })?;
    }
    Ok(DONE)
}

/// The entry of a position or id.
pub fn find(text: &str, ctx: &Context) -> Result<(u64, Entry)> {
    let missing = |what: String| Error::new(Code::NoSuchEntry, what);
    if let Ok(sequence) = text.parse::<u64>() {
        let reader = ctx.reader()?;
        let mut found = None;
        reader.each(&Wanted::default(), sequence, |_, record| {
            found = Some(Entry::from_record(record));
            Ok(ControlFlow::Break(()))
        })?;
        let size = reader.size();
        let entry = found
            .ok_or_else(|| missing(format!("the log holds {size} entries; there is no entry {sequence}")))?;
        return Ok((sequence, entry));
    }
    let store = ctx.store()?;
    let sequence = store.find(text)?.ok_or_else(|| missing(format!("no entry has the id {text:?}")))?;
    Ok((sequence, ledger_core::ledger::read::entry(&*store, sequence)?))
}

/// Indented JSON, as it is when it is none.
fn pretty(bytes: &[u8]) -> String {
    let text = serde_json::from_slice::<serde_json::Value>(bytes)
        .and_then(|v| serde_json::to_string_pretty(&v))
        .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned());
    printable(&text, true).into_owned()
}
