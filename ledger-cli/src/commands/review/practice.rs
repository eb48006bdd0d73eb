//! `ledger review practice`: a question from a BER document, judged by the code that judges real answers. No ledger.

use super::terminal::ask;
use crate::commands::DONE;
use crate::context::{Context, read_input};
use crate::output::{DIM, GOOD, HEAD, printable, say, say_json, styled};
use ledger_core::key::decode_hex;
use ledger_core::review::{self, Judgement, Question};
use ledger_core::time::{Random as _, SystemRandom};
use ledger_core::{Code, Error, Result, json};
use serde_json::Value;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// Examples, and what is read.
pub const HELP: &str = "Examples:\n  ledger review practice BER-CODY-P1.json\n  \
    ledger review practice ber.json --challenge 0000000000000000000000000000000000000000000000000000000000000007 --answer 7\n\n\
    Reads tasks, files, quality score, agent and GID as the seeds' reports tell them, from JSON of at most 1 MiB. Needs no ledger and\n\
    measures nothing. The same --challenge draws the same questions; exit code 2 when an answer is not right.";

/// Most bytes of a document.
const MOST: u64 = 1 << 20;

/// Arguments of `review practice`.
#[derive(clap::Args, Debug)]
pub struct PracticeArgs {
    /// The document; - for standard input
    pub file: PathBuf,
    /// The answer; of two questions, both in their order [default: asked for in a terminal, else only the questions are shown]
    #[arg(long = "answer", value_name = "TEXT", num_args = 1..)]
    pub answers: Vec<String>,
    /// The challenge, 64 hex digits [default: random]
    #[arg(long, value_name = "HEX")]
    pub challenge: Option<String>,
}

fn challenge(args: &PracticeArgs) -> Result<[u8; 32]> {
    let Some(text) = &args.challenge else {
        let mut id = [0; 32];
        SystemRandom.fill(&mut id)?;
        return Ok(id);
    };
    let none = || {
        Error::new(Code::Usage, format!("--challenge {text:?} is no challenge"))
            .hint("write 64 lower-case hex digits")
    };
    decode_hex(text).ok_or_else(none)
}

/// Draws, asks, judges.
pub fn run(args: &PracticeArgs, ctx: &Context) -> anyhow::Result<u8> {
    let id = challenge(args)?;
    let bytes = read_input(&args.file, MOST)?;
    json::parse(&bytes).map_err(|e| Error::new(Code::MalformedJson, e.describe(&bytes)))?;
    let document: Value = serde_json::from_slice(&bytes)
        .map_err(|e| Error::new(Code::MalformedJson, format!("{}: {e}", args.file.display())))?;
    let questions = review::draw(&review::document::content(&document), &id);
    if questions.is_empty() {
        return Err(Error::new(
            Code::ReviewNoQuestion,
            format!("{} tells nothing that could be asked about", args.file.display()),
        )
        .hint("a report tells tasks, files, quality_score, agent, gid or content_hash")
        .into());
    }
    let mut answers = args.answers.clone();
    if ctx.json && answers.is_empty() {
        say_json(
            &serde_json::json!({ "challenge_id": hex::encode(id), "questions": shown(&questions), "correct": Value::Null }),
        )?;
        return Ok(DONE);
    }
    if !ctx.json {
        say(styled(DIM, format!("challenge {}", hex::encode(id))))?;
        for question in &questions {
            say_question(question)?;
        }
        if answers.is_empty() && std::io::stdin().is_terminal() && args.file.as_os_str() != "-" {
            for _ in &questions {
                answers.extend(ask("answer")?);
            }
        }
        if answers.is_empty() {
            return Ok(DONE);
        }
    }
    let wrong = |code, why: &str| {
        Error::new(code, why).hint("read the document again; the question is the same with --challenge")
    };
    match review::judge(&questions, &answers) {
        Judgement::Correct => {}
        Judgement::Wrong => return Err(wrong(Code::ReviewIncorrect, "the answer is not right").into()),
        Judgement::Unreadable => {
            let why = "the answer is not of the form that was asked for";
            return Err(wrong(Code::ReviewUnreadable, why).into());
        }
    }
    if ctx.json {
        say_json(
            &serde_json::json!({ "challenge_id": hex::encode(id), "questions": shown(&questions), "correct": true }),
        )?;
    } else {
        say(styled(GOOD, "right"))?;
    }
    Ok(DONE)
}

fn shown(questions: &[Question]) -> Vec<Value> {
    let one = |q: &Question| serde_json::json!({ "question_type": q.question_type, "text": q.text, "form": q.form });
    questions.iter().map(one).collect()
}

/// Says a question.
pub fn say_question(question: &Question) -> std::io::Result<()> {
    say(format!(
        "{} {}",
        styled(HEAD, printable(&question.text, false)),
        styled(DIM, format!("({})", question.form))
    ))
}
