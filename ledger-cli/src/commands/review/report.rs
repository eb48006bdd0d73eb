//! `ledger review report`: all reviews, read from the log once and in order.

use crate::commands::DONE;
use crate::context::Context;
use crate::output::{BAD, DIM, GOOD, HEAD, WARN, say, say_json, styled, table};
use ledger_core::Result;
use ledger_core::entry::{Entry, Part};
use ledger_core::names::{Gid, PacId};
use ledger_core::review::report::{self, Indicator, Report, Reviewer, Row, Spread};
use ledger_core::review::{MINIMUM_LATENCY_MS, report::ENOUGH};
use ledger_core::view::{ReviewReport, Wanted};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Arguments of `review report`.
#[derive(clap::Args, Debug)]
pub struct ReportArgs {
    /// Of this PAC only
    #[arg(long, value_name = "PAC")]
    pub pac: Option<PacId>,
    /// Of this reviewer only
    #[arg(long, value_name = "GID")]
    pub reviewer: Option<Gid>,
}

/// Examples, and what the indicator is.
pub fn help() -> String {
    format!(
        "Examples:\n  ledger review report\n  ledger review report --reviewer GID-H01 --json\n\n{}",
        report::about(MINIMUM_LATENCY_MS)
    )
}

/// Reports.
pub fn run(args: &ReportArgs, ctx: &Context) -> anyhow::Result<u8> {
    let report = read(args, ctx)?;
    if ctx.json {
        say_json(&report)?;
    } else {
        say_report(&report)?;
    }
    Ok(DONE)
}

/// Reads the whole log once; of a closed PAC nothing is kept but its rows.
fn read(args: &ReportArgs, ctx: &Context) -> Result<Report> {
    let mut report = ReviewReport::default();
    ctx.reader()?.each(&Wanted::default(), 0, |sequence, record| {
        let entry = Entry {
            leaf: record.leaf.to_vec(),
            data: Part { salt: [0; 32], bytes: record.data.to_vec() },
            private: None,
        };
        report.take(sequence, &entry)?;
        Ok(ControlFlow::Continue(()))
    })?;
    report.finish(args.pac.as_ref().map(PacId::as_str), args.reviewer.as_ref().map(Gid::as_str))
}

fn say_report(report: &Report) -> std::io::Result<()> {
    if report.reviews.is_empty() {
        return say("no reviews");
    }
    say(styled(HEAD, "by reviewer and PAC"))?;
    let mut rows = table(&[
        "reviewer",
        "pac",
        "opened",
        "asked",
        "passed",
        "failed",
        "given up",
        "latency ms",
        "questions",
        "verdicts",
        "took no part",
    ]);
    for row in &report.reviews {
        rows.add_row([
            row.reviewer.clone(),
            row.pac_id.clone(),
            row.opened.to_string(),
            row.challenges.to_string(),
            row.passed.to_string(),
            tally(&row.failed),
            row.abandoned.to_string(),
            spread(row.latency_ms),
            tally(&row.question_types),
            verdicts(row),
            if row.separated { "yes" } else { "no" }.to_owned(),
        ]);
    }
    say(rows.trim_fmt())?;
    for row in &report.reviews {
        let signers: Vec<&str> = row.ber_signers.iter().map(String::as_str).collect();
        let duties = format!(
            "{} of {}: ordered by {}, coordinated by {}, reported by {}; reviewer {}",
            row.pac_id,
            row.reviewer,
            row.requester,
            row.orchestrator,
            if signers.is_empty() { "nobody".to_owned() } else { signers.join(", ") },
            if row.separated { "took no part" } else { "took part" }
        );
        say(styled(DIM, duties))?;
    }
    for reviewer in &report.reviewers {
        say_reviewer(reviewer)?;
    }
    say(styled(DIM, &report.about))
}

fn say_reviewer(reviewer: &Reviewer) -> std::io::Result<()> {
    let word = match reviewer.indicator {
        Indicator::TooFew => styled(DIM, format!("TOO_FEW (fewer than {ENOUGH} verdicts)")),
        Indicator::Low => styled(GOOD, "LOW"),
        Indicator::Raised => styled(WARN, "RAISED"),
        Indicator::High => styled(BAD, "HIGH"),
    };
    say(format!(
        "{} {} verdicts on {} PACs; rubber-stamp indicator {word}",
        styled(HEAD, &reviewer.reviewer),
        reviewer.verdicts.all(),
        reviewer.pacs
    ))?;
    for sign in &reviewer.signs {
        let value = sign.value.map_or_else(|| "not measured".to_owned(), |v| v.to_string());
        let holds = if sign.holds { styled(WARN, "yes") } else { "no ".to_owned() };
        say(format!("  {holds}  {:<16}  {value} ({} {})", sign.sign, sign.unit, sign.threshold))?;
    }
    Ok(())
}

fn spread(of: Option<Spread>) -> String {
    of.map_or_else(String::new, |s| format!("{} / {} / {}", s.min, s.median, s.max))
}

fn tally(of: &BTreeMap<String, u64>) -> String {
    if of.is_empty() {
        return "0".to_owned();
    }
    of.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
}

fn verdicts(row: &Row) -> String {
    let v = &row.verdicts;
    let parts =
        [(v.approve, "APPROVE"), (v.approve_with_remarks, "APPROVE_WITH_REMARKS"), (v.reject, "REJECT")];
    let some: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    some.join(", ")
}
