//! `ledger review status`: how far the reviews of one PAC are.

use super::desk::View;
use crate::commands::DONE;
use crate::context::Context;
use crate::output::{BAD, HEAD, WARN, printable, say, say_json, say_pairs, styled, table};
use ledger_core::names::PacId;
use ledger_core::review::{CHALLENGE_EXPIRY_MS, MAX_FAILURES};
use ledger_core::rules::pac::review::{Ending, Review};
use ledger_core::view::ReviewStatusView;
use ledger_core::view::reviews::ReviewerView;
use serde::Serialize;
use serde_json::json;

/// Says it.
pub fn run(pac: &PacId, ctx: &Context) -> anyhow::Result<u8> {
    let view = View::of(&*ctx.store()?, pac)?;
    let status = ReviewStatusView::of(&view.pac, &view.registry);
    if ctx.json {
        say_json(&status)?;
        return Ok(DONE);
    }
    let composite = view.pac.composite().or(view.pac.composites.last());
    let Some(composite) = composite else {
        say(format!("{pac} has no O-PDO yet: there is nothing to review"))?;
        return Ok(DONE);
    };
    say_pairs(&[
        ("O-PDO", format!("{} {}", composite.id(), composite.state().as_str())),
        ("root", composite.root().unwrap_or("not sealed").to_owned()),
        ("packet", status.packet.as_ref().map_or_else(|| "none".to_owned(), |p| p.as_str().to_owned())),
        ("answers", format!("{} ms to {CHALLENGE_EXPIRY_MS} ms after the question", view.least_ms())),
    ])?;
    if status.reviewers.is_empty() {
        say(format!("nobody has begun: ledger review {pac}"))?;
    }
    for reviewer in &status.reviewers {
        say_reviewer(reviewer)?;
    }
    Ok(DONE)
}

fn say_reviewer(reviewer: &ReviewerView<'_>) -> std::io::Result<()> {
    let opened = reviewer.opened.map_or_else(String::new, |at| format!(", reads since entry {at}"));
    let failures = match (reviewer.failures, reviewer.locked_out) {
        (0, _) => String::new(),
        (n, false) => styled(WARN, format!(", {n} of {MAX_FAILURES} challenges failed")),
        (n, true) => styled(BAD, format!(", {n} challenges failed: locked out")),
    };
    say(format!("{}{opened}{failures}", styled(HEAD, reviewer.gid)))?;
    let mut rows = table(&["entry", "what", "came to", "latency", "of"]);
    for challenge in &reviewer.challenges {
        let (ending, latency) = match &challenge.ending {
            Ending::Outstanding => ("waits for its answer".to_owned(), String::new()),
            Ending::Passed { latency_ms } => ("answered rightly".to_owned(), format!("{latency_ms} ms")),
            Ending::Failed { code } => (format!("failed, {code}"), String::new()),
            Ending::Abandoned => ("given up".to_owned(), String::new()),
            Ending::Void => ("void with its O-PDO".to_owned(), String::new()),
        };
        let what = format!("question {}", types(&challenge.question_types));
        rows.add_row([challenge.sequence.to_string(), what, ending, latency, challenge.opdo_id.clone()]);
    }
    for review in &reviewer.verdicts {
        let remarks = review.remarks.as_deref().map_or_else(String::new, |r| format!(": {r}"));
        let verdict = format!("{}{}", verdict(review), printable(&remarks, false));
        let latency = format!("{} ms", review.latency_ms);
        rows.add_row([
            review.sequence.to_string(),
            "verdict".to_owned(),
            verdict,
            latency,
            review.opdo_id.clone(),
        ]);
    }
    if !reviewer.challenges.is_empty() || !reviewer.verdicts.is_empty() {
        say(rows.trim_fmt())?;
    }
    Ok(())
}

/// Types of questions as they are written.
pub fn types<T: Serialize>(types: &[T]) -> String {
    let word = |t: &T| json!(t).as_str().unwrap_or_default().to_owned();
    types.iter().map(word).collect::<Vec<_>>().join(" + ")
}

fn verdict(review: &Review) -> String {
    json!(review.verdict).as_str().unwrap_or_default().to_owned()
}
