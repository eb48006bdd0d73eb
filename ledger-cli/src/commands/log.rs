//! `ledger log`: entries in the order of the log, filtered, followed.

use super::DONE;
use crate::context::Context;
use crate::output::{printable, say, table};
use ledger_core::entry::{Leaf, Record, event_json};
use ledger_core::view::wanted::{Wanted, read_time};
use ledger_core::{Code, Error, Result};
use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;

/// Arguments of `log`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger log --last 20\n  ledger log --stream 'import/*' --type history.imported\n  \
    ledger log --since 2026-01-01 --actor GID-01 --json\n  ledger log --follow"
)]
pub struct LogArgs {
    /// Only this stream; `name/*` for all below
    #[arg(long, value_name = "NAME")]
    pub stream: Option<String>,
    /// Only this event type; `agent.*` for all of a family
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// Only this actor
    #[arg(long, value_name = "GID")]
    pub actor: Option<String>,
    /// Only at or after this time (RFC 3339, or a date)
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// From this entry on
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub from: u64,
    /// Up to and without this entry
    #[arg(long, value_name = "N")]
    pub to: Option<u64>,
    /// The last so many entries of the log (before other filters)
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub last: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Go on showing what is appended
    #[arg(long, short)]
    pub follow: bool,
}

fn wanted(args: &LogArgs) -> Result<Wanted> {
    let time = |t: &Option<String>| t.as_deref().map(read_time).transpose();
    Ok(Wanted {
        stream: args.stream.clone(),
        event_type: args.event_type.clone(),
        actor: args.actor.clone(),
        since: time(&args.since)?,
        until: time(&args.until)?,
        ..Wanted::default()
    })
}

/// Lists entries.
pub fn run(args: &LogArgs, ctx: &Context) -> anyhow::Result<u8> {
    let wanted = wanted(args)?;
    let mut reader = ctx.reader()?;
    let size = reader.size();
    let mut from = args.last.map_or(args.from, |n| size.saturating_sub(n));
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut printed = false;
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    loop {
        let mut rows = Vec::new();
        reader.each(&wanted, from, |sequence, record| {
            from = sequence.saturating_add(1);
            if left == 0 || args.to.is_some_and(|to| sequence >= to) {
                return Ok(ControlFlow::Break(()));
            }
            let leaf = Leaf::parse(record.leaf).map_err(|why| {
                Error::new(Code::FindShape, format!("the leaf is malformed: {why}")).at(sequence)
            })?;
            if wanted.takes(&leaf, record.data) {
                left = left.saturating_sub(1);
                if ctx.json { print_json(record, &mut out)? } else { rows.push(row(&leaf, record)) }
            }
            if rows.len() >= PAGE {
                printed = true;
                print_rows(&std::mem::take(&mut rows), false).map_err(|e| output_failed(&e))?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        out.flush().map_err(|e| output_failed(&e))?;
        if !ctx.json {
            print_rows(&rows, !args.follow && !printed)?;
        }
        let ended = left == 0 || args.to.is_some_and(|to| from >= to);
        if !args.follow || ended {
            return Ok(DONE);
        }
        std::thread::sleep(std::time::Duration::from_millis(150));
        reader.refresh()?;
    }
}

/// Rows of one table; a longer list is several, so that memory stays bounded.
const PAGE: usize = 1000;

/// The error of output that cannot be written. Whoever closed it has seen enough: the program ends there.
fn output_failed(e: &std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    Error::new(Code::OutputFailed, e.to_string())
}

fn print_json(record: &Record<'_>, out: &mut impl std::io::Write) -> Result<()> {
    let mut line = Vec::with_capacity(2048);
    event_json::write(record, &mut line)?;
    line.push(b'\n');
    out.write_all(&line).map_err(|e| output_failed(&e))
}

fn row(leaf: &Leaf<'_>, record: &Record<'_>) -> [String; 7] {
    [
        leaf.sequence.to_string(),
        leaf.time.to_string(),
        leaf.event_type.to_owned(),
        leaf.subject.to_owned(),
        leaf.actor.to_owned(),
        leaf.auth.as_str().to_owned(),
        summary(record.data),
    ]
}

/// The beginning of the data, on one line.
fn summary(data: &[u8]) -> String {
    let text = String::from_utf8_lossy(data);
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    printable(&short, false).into_owned()
}

fn print_rows(rows: &[[String; 7]], even_if_empty: bool) -> std::io::Result<()> {
    if rows.is_empty() {
        return if even_if_empty { say("no entries") } else { Ok(()) };
    }
    let mut table = table(&["seq", "time", "type", "stream", "actor", "auth", "data"]);
    for row in rows {
        table.add_row(row);
    }
    say(table.trim_fmt())
}
