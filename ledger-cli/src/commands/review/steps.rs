//! The steps of a review one by one: open, challenge, answer, verdict; and unlock, show.

use super::desk::{Desk, Given, Step, View};
use super::{StepArgs, VerdictArgs, digest, packet};
use crate::commands::DONE;
use crate::commands::append::say_receipt;
use crate::context::{ActorArgs, Context};
use crate::output::{DIM, GOOD, WARN, say, say_json, styled};
use ledger_core::event::body::closing::Verdict;
use ledger_core::names::{Gid, PacId};
use ledger_core::review::{CHALLENGE_EXPIRY_MS, MAX_FAILURES, VERDICT_EXPIRY_MS};
use ledger_core::view::PacketView;
use ledger_core::{Code, Error};
use serde_json::{Map, Value, json};

fn desk<'a>(args: &'a StepArgs, ctx: &'a Context) -> Desk<'a> {
    Desk { ctx, pac: &args.pac, actor: &args.actor }
}

/// The receipt as JSON, with what else the step gives.
fn say_step(step: &Step, more: impl IntoIterator<Item = (&'static str, Value)>) -> anyhow::Result<u8> {
    let mut receipt = serde_json::to_value(&step.receipt)?;
    if let Some(members) = receipt.as_object_mut() {
        members.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    say_json(&receipt)?;
    Ok(DONE)
}

/// Begins: the packet, and the record that it is being read.
pub fn open(args: &StepArgs, ctx: &Context) -> anyhow::Result<u8> {
    let step = desk(args, ctx).step("open_review", |_, _| Ok(Map::new()))?;
    let bytes = step.view.pac.packet()?;
    if ctx.json {
        return say_step(&step, [("content", serde_json::from_slice(&bytes)?)]);
    }
    for line in packet::lines(&bytes)? {
        say(line)?;
    }
    say_receipt(&step.receipt, ctx)?;
    say(styled(DIM, format!("read it; then: ledger review challenge {}", args.pac)))?;
    Ok(DONE)
}

/// Draws the question.
pub fn challenge(args: &StepArgs, ctx: &Context) -> anyhow::Result<u8> {
    let step = desk(args, ctx).step("draw_challenge", |_, _| Ok(Map::new()))?;
    let (least, failures) = (step.view.least_ms(), step.view.failures(&step.reviewer));
    if ctx.json {
        return say_step(
            &step,
            [
                ("minimum_latency_ms", json!(least)),
                ("failures", json!(failures)),
                ("failures_allowed", json!(MAX_FAILURES.saturating_sub(1))),
            ],
        );
    }
    say_receipt(&step.receipt, ctx)?;
    say(styled(
        DIM,
        format!(
            "answer once, after {} s and before {} s: ledger review answer {} --answer ...",
            least.div_ceil(1000),
            CHALLENGE_EXPIRY_MS / 1000,
            args.pac
        ),
    ))?;
    if failures > 0 {
        say(styled(
            WARN,
            format!("{failures} of {MAX_FAILURES} challenges have failed; the third locks out"),
        ))?;
    }
    Ok(DONE)
}

/// Answers.
pub fn answer(
    args: &StepArgs,
    challenge: Option<&str>,
    answers: &[String],
    ctx: &Context,
) -> anyhow::Result<u8> {
    let mut asked = None;
    let answered = desk(args, ctx).step("answer_challenge", |view, reviewer| {
        let mut data = Map::new();
        asked = view.outstanding(reviewer).map(|c| c.question_types.len());
        // The last one that was drawn: when it is used up already, the rule says so.
        let last = || view.challenge(reviewer).map(|c| hex::encode(c.id));
        let none = || {
            Error::new(
                Code::ReviewNoChallenge,
                format!("{reviewer} has drawn no challenge of what is sealed in {}", args.pac),
            )
            .hint(format!("draw one: ledger review challenge {}", args.pac))
        };
        let id = challenge.map(str::to_owned).or_else(last).ok_or_else(none)?;
        data.insert("challenge_id".to_owned(), json!(id));
        data.insert("answers".to_owned(), json!(answers));
        Ok(data)
    });
    let step = answered.map_err(|mut e| {
        if let Some(asked) = asked.filter(|n| e.code == Code::ReviewUnreadable && *n != answers.len()) {
            e.message = format!("{}: {asked} answers were asked for, {} came", e.message, answers.len());
        }
        e
    })?;
    if ctx.json {
        return say_step(&step, []);
    }
    say_receipt(&step.receipt, ctx)?;
    say(format!(
        "{} within {} minutes: ledger review verdict {} --approve | --approve-with-remarks TEXT | --reject TEXT",
        styled(GOOD, "right; give the verdict"),
        VERDICT_EXPIRY_MS / 60_000,
        args.pac
    ))?;
    Ok(DONE)
}

/// Gives the verdict.
pub fn verdict(args: &VerdictArgs, ctx: &Context) -> anyhow::Result<u8> {
    let (verdict, remarks) = match (&args.approve_with_remarks, &args.reject) {
        (Some(remarks), _) => (Verdict::ApproveWithRemarks, Some(remarks.clone())),
        (None, Some(reason)) => (Verdict::Reject, Some(reason.clone())),
        (None, None) => (Verdict::Approve, None),
    };
    let given = Given {
        verdict,
        remarks,
        reopen: args.reopen.iter().map(|s| s.as_str().to_owned()).collect(),
        packet: args.packet.as_deref().map(digest).transpose()?.map(str::to_owned),
    };
    let step = desk(&args.step, ctx).step("give_verdict", |view, reviewer| given.data(view, reviewer))?;
    if ctx.json {
        return say_step(&step, []);
    }
    say_receipt(&step.receipt, ctx)?;
    say(after(&step))?;
    Ok(DONE)
}

/// What comes after a verdict.
pub fn after(step: &Step) -> String {
    let id = &step.view.pac.id;
    let ber = step.view.pac.reviews.given.last().and_then(|r| r.ber_id.clone());
    match ber {
        Some(ber) => format!(
            "{} the orchestrator can finalize: ledger append finalize --actor GID --data \
             '{{\"pac_id\":\"{id}\",\"human_review_ber_id\":\"{ber}\"}}'",
            styled(GOOD, "approved;")
        ),
        None => {
            format!(
                "{} the O-PDO is VOID, and what was reopened is to be done again",
                styled(WARN, "rejected;")
            )
        }
    }
}

/// Lets a reviewer try again.
pub fn unlock(
    pac: &PacId,
    reviewer: &Gid,
    reason: &str,
    actor: &ActorArgs,
    ctx: &Context,
) -> anyhow::Result<u8> {
    let desk = Desk { ctx, pac, actor };
    let step = desk.step("unlock_review", |_, _| {
        let data = [("reviewer", json!(reviewer)), ("reason", json!(reason))];
        Ok(data.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    })?;
    if ctx.json {
        return say_step(&step, []);
    }
    say_receipt(&step.receipt, ctx)?;
    Ok(DONE)
}

/// Shows the packet.
pub fn show(pac: &PacId, ctx: &Context) -> anyhow::Result<u8> {
    let view = View::of(&*ctx.store()?, pac)?;
    let packet = PacketView::of(&view.pac)?;
    if ctx.json {
        say_json(&packet)?;
        return Ok(DONE);
    }
    for line in packet::lines(&packet.bytes)? {
        say(line)?;
    }
    Ok(DONE)
}
