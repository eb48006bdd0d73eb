//! The whole review in one sitting, in a terminal: read, answer, judge, sign.
//!
//! Every step is committed when it is made and the ledger is closed between them, so that whoever stops, by Ctrl-C or otherwise, loses
//! nothing, and the next sitting goes on where this one was. Invariant: what is signed is what was shown, and it is shown before.

use super::desk::{Desk, Given, Passed, Step, View, passed, used_up};
use super::practice::say_question;
use super::steps::after;
use super::{packet, terminal};
use crate::commands::{DONE, NO};
use crate::context::{ActorArgs, Context};
use crate::output::{BAD, DIM, GOOD, HEAD, WARN, json_for_people, printable, say, styled};
use ledger_core::event::body::Digest;
use ledger_core::event::body::closing::Verdict;
use ledger_core::names::{Gid, PacId};
use ledger_core::review::{CHALLENGE_EXPIRY_MS, MAX_FAILURES};
use ledger_core::{Code, Error};
use serde_json::{Map, Value, json};
use std::io::IsTerminal as _;
use terminal::{agrees, ask, pages};

/// What a part of the sitting came to; `None` when the reader stops here.
type Heard<T> = anyhow::Result<Option<T>>;

/// Reviews.
pub fn run(pac: &PacId, actor: &ActorArgs, ctx: &Context) -> anyhow::Result<u8> {
    if ctx.json || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Error::new(
            Code::Usage,
            "a review in one sitting needs a terminal to read and to answer in",
        )
        .hint(format!("elsewhere, take the steps: ledger review open|challenge|answer|verdict {pac}"))
        .into());
    }
    let sitting = Sitting { desk: Desk { ctx, pac, actor } };
    if let Some(step) = sitting.go()? {
        say(format!("{} entry {} review.verdict_given", styled(GOOD, "committed"), step.receipt.sequence))?;
        say(after(&step))?;
        return Ok(DONE);
    }
    say(styled(WARN, format!("no verdict was given; nothing is lost: ledger review {pac} goes on here")))?;
    Ok(NO)
}

struct Sitting<'a> {
    desk: Desk<'a>,
}

impl Sitting<'_> {
    fn go(&self) -> Heard<Step> {
        let (view, reviewer) = self.begin()?;
        let bytes = view.pac.packet()?;
        let shown = Digest::of(&bytes);
        if !pages(&packet::lines(&bytes)?)? {
            return Ok(None);
        }
        let mut answered = passed(&view, &reviewer);
        loop {
            let passed = match answered.take() {
                Some(passed) => passed,
                None => match self.question(&reviewer)? {
                    Some(passed) => passed,
                    None => return Ok(None),
                },
            };
            let Passed { latency_ms, .. } = passed;
            say(format!(
                "{} after {latency_ms} ms, by the ledger's clock",
                styled(GOOD, "answered rightly")
            ))?;
            match self.verdict(&reviewer, &shown) {
                Err(e) if code_of(&e) == Some(Code::ReviewExpired) => {
                    explain(&e)?;
                    say("another question has to be answered first")?;
                }
                other => return other,
            }
        }
    }

    /// Opens the packet, unless the reviewer has.
    fn begin(&self) -> anyhow::Result<(View, Gid)> {
        let view = self.desk.look()?;
        let reviewer = self.desk.reviewer(&view)?;
        if let Some(entry) = view.pac.reviews.open.get(reviewer.as_str()) {
            say(styled(DIM, format!("{reviewer} goes on with the review that entry {entry} opened")))?;
            return Ok((view, reviewer));
        }
        let step = self.desk.step("open_review", |_, _| Ok(Map::new()))?;
        let entry = step.receipt.sequence;
        say(styled(
            DIM,
            format!("{reviewer} begins: entry {entry} review.opened; there is no time limit for reading"),
        ))?;
        Ok((step.view, reviewer))
    }

    /// Draws questions until one is answered rightly.
    fn question(&self, reviewer: &Gid) -> Heard<Passed> {
        loop {
            let mut view = self.desk.look()?;
            match view.outstanding(reviewer) {
                Some(drawn) => {
                    say(styled(
                        WARN,
                        format!("this question waits for your answer since entry {}", drawn.sequence),
                    ))?;
                }
                None => {
                    let left = MAX_FAILURES.saturating_sub(view.failures(reviewer));
                    say(format!(
                        "A question will be drawn from what you read. Answer it once, after {} s at the earliest and {} s at the latest.\n\
                         {left} more failed question{} and {reviewer} may not review {} any more.",
                        view.least_ms().div_ceil(1000),
                        CHALLENGE_EXPIRY_MS / 1000,
                        if left == 1 { "" } else { "s" },
                        self.desk.pac
                    ))?;
                    if !agrees("draw it now?")? {
                        return Ok(None);
                    }
                    view = self.desk.step("draw_challenge", |_, _| Ok(Map::new()))?.view;
                }
            }
            let Some(answers) = self.answers(&view, reviewer)? else { return Ok(None) };
            match self.desk.step("answer_challenge", |_, _| Ok(answers)) {
                Ok(step) => return Ok(passed(&step.view, reviewer)),
                Err(e) if used_up(e.code) => {
                    let view = self.desk.look()?;
                    if view.failures(reviewer) >= MAX_FAILURES {
                        return Err(e.into());
                    }
                    explain(&e.into())?;
                }
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Asks the outstanding questions; gives the data of the answer.
    fn answers(&self, view: &View, reviewer: &Gid) -> Heard<Map<String, Value>> {
        let Some(challenge) = view.outstanding(reviewer) else { return Ok(None) };
        let mut answers = Vec::new();
        for question in view.questions(challenge) {
            say_question(&question)?;
            // An empty line is a slip of the finger, and answers nothing.
            let answer = loop {
                match ask("answer")? {
                    None => return Ok(None),
                    Some(text) if text.is_empty() => {}
                    Some(text) => break text,
                }
            };
            answers.push(answer);
        }
        let id = hex::encode(challenge.id);
        Ok(Some(
            [("challenge_id", json!(id)), ("answers", json!(answers))]
                .map(|(n, v)| (n.to_owned(), v))
                .into_iter()
                .collect(),
        ))
    }

    /// Takes the verdict, shows what will be signed, signs.
    fn verdict(&self, reviewer: &Gid, shown: &Digest) -> Heard<Step> {
        loop {
            let view = self.desk.look()?;
            let Some(given) = choose(&view, shown)? else { return Ok(None) };
            let data = given.data(&view, reviewer)?;
            say(styled(HEAD, "this will be signed:"))?;
            say(json_for_people(&data)?)?;
            say(styled(DIM, self.signer(reviewer)?))?;
            if !agrees("sign it and give this verdict?")? {
                continue;
            }
            let writer = self.desk.ctx.writer()?;
            return Ok(Some(self.desk.submit(&writer, "give_verdict", &data, reviewer)?));
        }
    }

    /// With which key, for which log.
    fn signer(&self, reviewer: &Gid) -> anyhow::Result<String> {
        let writer = self.desk.ctx.writer()?;
        let origin = writer.log()?.origin;
        let Some(secret) = self.desk.actor.secret(&writer, reviewer)? else {
            return Err(Error::new(Code::SignatureRequired, format!("there is no key of {reviewer} here"))
                .hint("name your own key file with --key FILE")
                .into());
        };
        let key = hex::encode(secret.public()?.id());
        Ok(format!("as review.verdict_given by {reviewer}, for {origin} alone, with the key of id {key}"))
    }
}

/// Asks for the verdict; `None` when the reader stops here.
fn choose(view: &View, shown: &Digest) -> Heard<Given> {
    let packet = Some(shown.as_str().to_owned());
    let given =
        |verdict, remarks, reopen| Ok(Some(Given { verdict, remarks, reopen, packet: packet.clone() }));
    loop {
        let Some(word) = ask("verdict: approve, remarks (approve with remarks) or reject")? else {
            return Ok(None);
        };
        match word.to_ascii_lowercase().as_str() {
            "a" | "approve" => return given(Verdict::Approve, None, Vec::new()),
            "m" | "remarks" | "approve with remarks" => {
                let Some(remarks) = ask("remarks")? else { return Ok(None) };
                if !remarks.is_empty() {
                    return given(Verdict::ApproveWithRemarks, Some(remarks), Vec::new());
                }
            }
            "r" | "reject" => {
                let Some(reason) = ask("why")? else { return Ok(None) };
                if reason.is_empty() {
                    say("a rejection says why")?;
                    continue;
                }
                let Some(reopen) = reopen(view)? else { return Ok(None) };
                return given(Verdict::Reject, Some(reason), reopen);
            }
            _ => say("write approve, remarks or reject")?,
        }
    }
}

/// Asks which Sub-PACs are to be done again.
fn reopen(view: &View) -> Heard<Vec<String>> {
    let places = view.pac.graph.iter().flat_map(ledger_core::rules::pac::graph::Graph::places);
    let ids: Vec<&str> = places.filter_map(|p| p.sub_pac.as_ref()).map(|s| s.id.as_str()).collect();
    for (number, id) in (1_u64..).zip(&ids) {
        say(format!("  {number:>3}. {id}"))?;
    }
    loop {
        let Some(text) =
            ask("numbers of those to be done again, with what depends on them; none when empty")?
        else {
            return Ok(None);
        };
        let named = |word: &str| {
            let number = word.parse::<usize>().ok().and_then(|n| ids.get(n.checked_sub(1)?));
            number.or_else(|| ids.iter().find(|id| id.eq_ignore_ascii_case(word))).map(|id| (*id).to_owned())
        };
        let words: Vec<&str> = text.split([' ', ',']).filter(|w| !w.is_empty()).collect();
        match words.iter().map(|w| named(w).ok_or(w)).collect::<Result<Vec<_>, _>>() {
            Ok(found) => return Ok(Some(found)),
            Err(word) => say(format!("there is no {}", printable(word, false)))?,
        }
    }
}

fn code_of(e: &anyhow::Error) -> Option<Code> {
    e.downcast_ref::<Error>().map(|e| e.code)
}

/// Says a refusal after which the sitting goes on.
fn explain(e: &anyhow::Error) -> std::io::Result<()> {
    let Some(error) = e.downcast_ref::<Error>() else { return say(format!("{e:#}")) };
    let row = error.code.row();
    say(format!(
        "{} {}",
        styled(BAD, format!("{} {}:", row.code, row.name)),
        printable(&error.message, false)
    ))?;
    say(format!("  {} {}", styled(WARN, "what to do:"), printable(error.remedy(), false)))
}
