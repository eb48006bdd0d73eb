//! `ledger pac list`: all PACs, a row each.

use super::read::size_at;
use crate::commands::DONE;
use crate::context::Context;
use crate::output::{DIM, WARN, printable, say, say_json, say_table, state_cell, styled, table};
use ledger_core::rules::pac::Phase;
use ledger_core::view::{MomentView, PacList, PacSummary, Wanted};
use std::ops::ControlFlow;

/// Arguments of `pac list`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger pac list\n  ledger pac list --open\n  \
    ledger pac list --phase SEALED --phase FINAL --json\n  ledger pac list --at 5")]
pub struct ListArgs {
    /// As of this entry, what it did included [default: the last one]
    #[arg(long, value_name = "N")]
    pub at: Option<u64>,
    /// Only those in this phase (may be repeated)
    #[arg(long = "phase", value_name = "PHASE", ignore_case = true, value_parser = Phase::ALL.map(Phase::as_str))]
    pub phases: Vec<String>,
    /// Only those that have not ended
    #[arg(long)]
    pub open: bool,
}

/// Lists them.
pub fn run(args: &ListArgs, ctx: &Context) -> anyhow::Result<u8> {
    let reader = ctx.reader()?;
    let size = size_at(reader.size(), args.at)?;
    let mut list = PacList::default();
    reader.each(&Wanted::default(), 0, |sequence, record| {
        if sequence >= size {
            return Ok(ControlFlow::Break(()));
        }
        list.take(sequence, record)?;
        Ok(ControlFlow::Continue(()))
    })?;
    let wanted = |row: &PacSummary| {
        let phase = row.phase.as_str();
        (!args.open || !row.closed)
            && (args.phases.is_empty() || args.phases.iter().any(|p| p.eq_ignore_ascii_case(phase)))
    };
    let mut rows: Vec<PacSummary> = list.rows(..).collect();
    let all = rows.len();
    rows.retain(wanted);
    if ctx.json {
        say_json(&serde_json::json!({ "at": size.saturating_sub(1), "pacs": rows }))?;
        return Ok(DONE);
    }
    match (rows.is_empty(), all) {
        (false, _) => say_rows(&rows)?,
        (true, 0) => say(styled(DIM, "no PACs yet; `ledger pac issue --help` shows how one begins"))?,
        (true, _) => say(styled(DIM, format!("none of {all} PACs")))?,
    }
    Ok(DONE)
}

/// An entry and when it was, to the second: in words that a narrow table can break between.
fn moment(at: &MomentView) -> String {
    let time: String = at.time.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect();
    format!("{} {time}", at.sequence)
}

fn say_rows(rows: &[PacSummary]) -> std::io::Result<()> {
    let mut table = table(&["pac", "phase", "gateway", "nodes", "requester", "since", "last", "title"]);
    for row in rows {
        let gateway = match row.open_violations {
            0 => state_cell(row.gateway.as_str()),
            n => format!("{} by {n}", state_cell(row.gateway.as_str())),
        };
        table.add_row([
            row.pac_id.clone(),
            state_cell(row.phase.as_str()),
            gateway,
            format!("{}/{}", row.nodes_done, row.nodes_total),
            row.requester.clone(),
            moment(&row.issued),
            moment(&row.last),
            printable(row.title.as_deref().unwrap_or_default(), false).into_owned(),
        ]);
    }
    say_table(&table)?;
    for row in rows.iter().filter(|r| r.not_understood.is_some()) {
        let entry = row.not_understood.unwrap_or_default();
        let why = format!("{}: entry {entry} is a step that this program does not know", row.pac_id);
        say(styled(WARN, why))?;
    }
    Ok(())
}
