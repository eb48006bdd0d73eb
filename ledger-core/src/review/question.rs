//! Questions: which there are, which are drawn, and whether an answer is right.

use super::{Content, PLAUSIBLE, Part};
use crate::event::body::closing::QuestionType;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Hex digits of a hash that are asked for.
const PREFIX: usize = 6;

/// A question with what answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What it asks for.
    pub question_type: QuestionType,
    /// The question.
    pub text: String,
    /// The form that the answer has.
    pub form: &'static str,
    expected: Expected,
    /// How many answers someone who has not read might try.
    plausible: u64,
}

#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Number(u64),
    Score(f64),
    /// One of these, compared without case and with spaces as one.
    Text(Vec<String>),
    Hex(String),
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Right.
    Correct,
    /// Of its form, and wrong.
    Wrong,
    /// Not of its form.
    Unreadable,
}

impl Question {
    /// The expected answer as a person would write it. Only for those who test; no front end shows it.
    #[must_use]
    pub fn expected(&self) -> String {
        match &self.expected {
            Expected::Number(n) => n.to_string(),
            Expected::Score(s) => score(*s),
            Expected::Text(texts) => texts.first().cloned().unwrap_or_default(),
            Expected::Hex(hex) => hex.clone(),
        }
    }

    /// Judges an answer.
    #[must_use]
    pub fn judge(&self, answer: &str) -> Judgement {
        let answer = answer.trim();
        let told = |right: bool| if right { Judgement::Correct } else { Judgement::Wrong };
        if answer.is_empty() {
            return Judgement::Wrong;
        }
        if answer.len() > 4_096 || answer.chars().any(char::is_control) {
            return Judgement::Unreadable;
        }
        match &self.expected {
            Expected::Number(n) => {
                answer.parse::<u64>().map_or(Judgement::Unreadable, |said| told(said == *n))
            }
            Expected::Score(s) => match answer.parse::<f64>() {
                Ok(said) if said.is_finite() => told((said - s).abs() < 1e-9),
                _ => Judgement::Unreadable,
            },
            Expected::Text(texts) => told(texts.iter().any(|t| plain(t) == plain(answer))),
            Expected::Hex(hex) => {
                let said = answer.to_ascii_lowercase();
                if said.bytes().all(|b| b.is_ascii_hexdigit()) && said.len() == hex.len() {
                    told(said == *hex)
                } else {
                    Judgement::Unreadable
                }
            }
        }
    }
}

/// Judges all answers together: the first that is not right decides.
#[must_use]
pub fn judge(questions: &[Question], answers: &[String]) -> Judgement {
    if questions.len() != answers.len() {
        return Judgement::Unreadable;
    }
    let judged = questions.iter().zip(answers).map(|(q, a)| q.judge(a));
    judged.into_iter().find(|j| *j != Judgement::Correct).unwrap_or(Judgement::Correct)
}

fn plain(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn score(value: f64) -> String {
    let text = value.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// Draws the questions of a challenge: one, or two where one alone could be guessed. Empty when the content yields none.
#[must_use]
pub fn draw(content: &Content, challenge_id: &[u8; 32]) -> Vec<Question> {
    let mut by_type: BTreeMap<QuestionType, Vec<Question>> = BTreeMap::new();
    for question in all(content) {
        by_type.entry(question.question_type).or_default().push(question);
    }
    let mut drawn = Vec::new();
    let mut enough: u64 = 1;
    for round in 0_u8..2 {
        if enough >= PLAUSIBLE {
            break;
        }
        if round > 0 {
            only_enough(&mut by_type, enough);
        }
        let types: Vec<QuestionType> = by_type.keys().copied().collect();
        let Some(chosen) = pick(&types, challenge_id, round, b"type") else { break };
        let candidates = by_type.remove(chosen).unwrap_or_default();
        let Some(question) = pick(&candidates, challenge_id, round, b"part") else { break };
        enough = enough.saturating_mul(question.plausible);
        drawn.push(question.clone());
    }
    drawn
}

/// Leaves of the questions those that together with the first cannot be guessed, if there are such.
fn only_enough(by_type: &mut BTreeMap<QuestionType, Vec<Question>>, first: u64) {
    let enough = |q: &Question| first.saturating_mul(q.plausible) >= PLAUSIBLE;
    if by_type.values().flatten().any(enough) {
        for questions in by_type.values_mut() {
            questions.retain(enough);
        }
        by_type.retain(|_, questions| !questions.is_empty());
    }
}

/// One of the items, decided by the challenge.
fn pick<'a, T>(items: &'a [T], challenge_id: &[u8; 32], round: u8, what: &[u8]) -> Option<&'a T> {
    let hash = Sha256::new()
        .chain_update(b"ledger/challenge/v1\0")
        .chain_update(challenge_id)
        .chain_update([round])
        .chain_update(what)
        .finalize();
    let bytes: [u8; 8] = hash.get(..8)?.try_into().ok()?;
    let count = u64::try_from(items.len()).ok()?;
    let index = u64::from_be_bytes(bytes).checked_rem(count)?;
    items.get(usize::try_from(index).ok()?)
}

/// Every question that the content yields.
fn all(content: &Content) -> Vec<Question> {
    let parts = u64::try_from(content.parts.len()).unwrap_or(u64::MAX);
    content.parts.iter().flat_map(|part| of_part(part, parts)).collect()
}

fn of_part(part: &Part, parts: u64) -> Vec<Question> {
    let mut found = Vec::new();
    let mut ask = |question_type, text: String, form, expected, plausible| {
        found.push(Question { question_type, text, form, expected, plausible });
    };
    let here = if part.name.is_empty() { "here".to_owned() } else { format!("in {}", part.name) };
    if let Some(count) = part.task_count {
        let text = format!("How many tasks were reported {here}?");
        ask(
            QuestionType::TaskCount,
            text,
            "a number",
            Expected::Number(count),
            count.saturating_mul(2).max(5),
        );
    }
    if let Some(count) = part.file_count {
        let text = format!("How many files were made {here}?");
        ask(
            QuestionType::FileCount,
            text,
            "a number",
            Expected::Number(count),
            count.saturating_mul(2).max(5),
        );
    }
    if let Some(value) = part.quality_score {
        let text = format!("What quality score was reported {here}?");
        // Most scores are one of few: 1.0, 0.9, 0.95 and the like.
        ask(QuestionType::QualityScore, text, "a decimal, such as 0.95", Expected::Score(value), 10);
    }
    if let Some(name) = &part.agent_name {
        let text = format!("Which agent, by name, did the work {here}?");
        ask(QuestionType::AgentIdentity, text, "a name", Expected::Text(vec![name.clone()]), parts.max(2));
    }
    if let Some(gid) = &part.agent_gid {
        let text = format!("Which GID has the agent that did the work {here}?");
        ask(
            QuestionType::AgentGid,
            text,
            "a GID, such as GID-01",
            Expected::Text(vec![gid.clone()]),
            parts.max(2),
        );
    }
    if !part.scope.is_empty() {
        let text = format!("Name one of the paths that the work {here} was limited to.");
        ask(
            QuestionType::ScopeCompliance,
            text,
            "a path as it is written",
            Expected::Text(part.scope.clone()),
            20,
        );
    }
    if let Some(prefix) = part.hash.as_ref().and_then(|h| h.get(..PREFIX)) {
        let text = format!("How does the content hash begin that was recorded {here}?");
        let hex = Expected::Hex(prefix.to_ascii_lowercase());
        ask(QuestionType::ContentHashPrefix, text, "its first 6 hex digits", hex, 1 << 24);
    }
    found.extend(recall(part, &here));
    found
}

/// What is to be remembered word by word.
fn recall(part: &Part, here: &str) -> Vec<Question> {
    let question = |question_type, text, form, expected: &String| Question {
        question_type,
        text,
        form,
        expected: Expected::Text(vec![expected.clone()]),
        plausible: 100,
    };
    let tasks = (1_u64..).zip(part.tasks.iter().take(50)).map(|(number, task)| {
        let text = format!("What does task {number} say that was reported {here}?");
        question(QuestionType::TaskRecall, text, "the task as it is written", task)
    });
    let files = (1_u64..).zip(part.files.iter().take(50)).map(|(number, file)| {
        let text = format!("Which file is number {number} of those that were made {here}?");
        question(QuestionType::FileRecall, text, "the path as it is written", file)
    });
    tasks.chain(files).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn content(parts: usize) -> Content {
        let part = |n: usize| Part {
            name: format!("Sub-PAC-{n}"),
            agent_gid: Some(format!("GID-{n:02}")),
            agent_name: Some(format!("AGENT {n}")),
            task_count: Some(3),
            tasks: vec![format!("index  shard {n}")],
            file_count: Some(2),
            files: vec![format!("src/{n}.rs")],
            quality_score: Some(0.95),
            scope: vec!["src".to_owned()],
            hash: Some(format!("{n:064x}")),
        };
        Content { parts: (1..=parts).map(part).collect() }
    }

    proptest! {
        /// Whatever is drawn, its own answer is right, in any case and spacing; nothing else is; and it cannot be guessed in a few tries.
        #[test]
        fn drawn_questions_can_be_answered_and_not_guessed(id in any::<[u8; 32]>(), parts in 1_usize..6, wrong in "[a-z]{1,12}") {
            let questions = draw(&content(parts), &id);
            prop_assert!(!questions.is_empty());
            prop_assert_eq!(&questions, &draw(&content(parts), &id));
            let plausible: u64 = questions.iter().map(|q| q.plausible).product();
            prop_assert!(plausible >= PLAUSIBLE, "{:?}", questions);
            let mut types: Vec<QuestionType> = questions.iter().map(|q| q.question_type).collect();
            types.dedup();
            prop_assert_eq!(types.len(), questions.len());
            let right: Vec<String> = questions.iter().map(|q| format!("  {} ", q.expected().to_lowercase())).collect();
            prop_assert_eq!(judge(&questions, &right), Judgement::Correct);
            let answers = vec![wrong; questions.len()];
            prop_assert_ne!(judge(&questions, &answers), Judgement::Correct);
            prop_assert_eq!(judge(&questions, &[]), Judgement::Unreadable);
        }
    }

    #[test]
    fn all_nine_types_are_drawn() {
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..=255_u8 {
            seen.extend(draw(&content(3), &[n; 32]).iter().map(|q| q.question_type));
        }
        assert_eq!(seen.len(), 9, "{seen:?}");
        assert!(draw(&Content::default(), &[0; 32]).is_empty());
    }
}
