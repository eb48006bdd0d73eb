//! `ledger import`: existing history, each entry with a verdict.

use super::{DONE, NO};
use crate::context::{ActorArgs, Context};
use crate::output::{BAD, DIM, GOOD, printable, say, styled, table};
use crate::progress;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use ledger_core::Result;
use ledger_core::import::{Finding, Format, ImportOptions, Outcome, Source, import};
use std::io::Write as _;
use std::path::PathBuf;

/// Arguments of `import`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  ledger import governance-ledger.json\n  ledger import events.jsonl --name billing\n  \
    ledger --data other log --json | ledger import -\n  ledger import history.json --strict --json\n\n\
    Each old entry becomes one entry in stream import/NAME that holds its exact bytes and a verdict:\n  \
    intact     its hash is that of its content\n  unhashed   it has none\n  altered    its hash is that of other content\n  \
    malformed  its hash is none\n\n\
    Everything is checked before anything is written. Importing a longer version of the same\n\
    history later appends what is new; if an entry that was imported before is different, nothing\n\
    is appended (exit code 2)."
)]
pub struct ImportArgs {
    /// File to import; - for standard input
    pub file: PathBuf,
    /// Format of the file [default: found out from its content]
    #[arg(long, value_parser = formats())]
    pub format: Option<Format>,
    /// Name of the history: its entries stand in stream import/NAME [default: from the content]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Import nothing, and exit with 2, unless every entry is intact
    #[arg(long)]
    pub strict: bool,
    /// Who imports [default: $LEDGER_ACTOR, else the ledger's only human]
    #[arg(long, value_name = "GID")]
    pub actor: Option<String>,
}

fn formats() -> impl clap::builder::TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str)).try_map(|text| text.parse::<Format>())
}

/// Findings that a person is shown.
const SHOWN: usize = 50;

/// Imports.
pub fn run(args: &ImportArgs, ctx: &Context) -> anyhow::Result<u8> {
    let ledger = ctx.ledger()?;
    let actor = ActorArgs { actor: args.actor.clone(), ..ActorArgs::default() };
    let options = ImportOptions {
        format: args.format,
        name: args.name.clone(),
        actor: actor.resolve(ledger.sequencer().registry())?,
        strict: args.strict,
    };
    let mut stdin = std::io::stdin().lock();
    let source = match args.file.as_os_str() == "-" {
        true => Source::Reader("standard input", &mut stdin),
        false => Source::File(&args.file),
    };
    let bar = progress::shared();
    let mut progress = |what: &str, done, total| -> Result<()> {
        bar(what, done, total);
        Ok(())
    };
    let outcome = import(&ledger, source, &options, &mut progress)?;
    if ctx.json {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        outcome.write_json(&mut out)?;
        out.flush()?;
    } else {
        say_outcome(&outcome)?;
    }
    Ok(if outcome.refused { NO } else { DONE })
}

/// Says to a person what came of it.
fn say_outcome(outcome: &Outcome) -> std::io::Result<()> {
    let Outcome { entries, imported, format, stream, verdicts, .. } = outcome;
    let held = entries.saturating_sub(*imported);
    say(match (outcome.refused, imported, held) {
        (true, ..) => {
            styled(BAD, format!("refused: not all of {entries} entries are intact; nothing was imported"))
        }
        (_, 0, _) => format!("{} all {entries} entries were there already", styled(GOOD, "nothing new:")),
        (_, _, 0) => format!("{} {imported} entries", styled(GOOD, "imported")),
        _ => format!("{} {imported} new entries; {held} were there already", styled(GOOD, "imported")),
    })?;
    say(styled(DIM, format!("format {format}, stream {stream}")))?;
    let mut counts = table(&["verdict", "entries"]);
    for (name, count) in [
        ("intact", verdicts.intact),
        ("unhashed", verdicts.unhashed),
        ("altered", verdicts.altered),
        ("malformed", verdicts.malformed),
    ] {
        counts.add_row([name.to_owned(), count.to_string()]);
    }
    say(counts.trim_fmt())?;
    say_findings(outcome.findings())
}

fn say_findings(mut findings: impl Iterator<Item = Finding>) -> std::io::Result<()> {
    let shown: Vec<Finding> = findings.by_ref().take(SHOWN).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let number = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
    let mut table = table(&["index", "entry", "code", "name", "finding"]);
    for finding in shown {
        table.add_row([
            number(finding.index),
            number(finding.sequence),
            finding.code.to_owned(),
            finding.name.to_owned(),
            printable(&finding.message, false).into_owned(),
        ]);
    }
    say(table.trim_fmt())?;
    match findings.count() {
        0 => Ok(()),
        more => say(format!("... and {more} more: --json lists them all")),
    }
}
