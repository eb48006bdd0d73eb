//! The first reading: every entry is judged, and compared with what was imported before, so that nothing is written for a history that
//! cannot be imported whole.
//!
//! Writes nothing. Invariant: what the second reading finds under the same digest was judged here. Source: DESIGN.md §9.

use super::blocks::{Block, Blocks, text};
use super::history::History;
use super::prior::Prior;
use super::{Format, Judgement, Progress, body, cloudevents};
use crate::codes::Code;
use crate::entry::MAX_PART;
use crate::error::Result;
use std::panic::resume_unwind;
use std::thread;

/// What the first reading yields.
#[derive(Default)]
pub(super) struct Checked {
    /// Of every entry.
    pub(super) judgements: Vec<Judgement>,
    /// Of every block.
    pub(super) digests: Vec<[u8; 32]>,
}

/// Most threads that judge: beyond that the reading is the slower part.
const MOST_THREADS: usize = 4;
/// Bytes of an entry's data beside its original.
const MEMBERS: usize = 128;

/// Reads all of it once.
///
/// # Errors
/// `LG_100`, `LG_101`, `LG_103`, `LG_105` with the line or entry; `LG_112` when an entry was imported before and is different.
pub(super) fn check(history: &History, prior: &Prior<'_>, progress: &mut Progress<'_>) -> Result<Checked> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let mut blocks = history.blocks()?;
    let mut checked = Checked::default();
    loop {
        let group = take(&mut *blocks, threads)?;
        let Some(last) = group.last() else { return Ok(checked) };
        for (block, judged) in group.iter().zip(judge_all(history, &group)) {
            let judgements = judged?;
            prior.compare(history.format, block, &judgements)?;
            checked.judgements.extend(judgements);
            checked.digests.push(block.digest());
        }
        progress("checking", last.read, history.total())?;
    }
}

fn take(blocks: &mut dyn Blocks, most: usize) -> Result<Vec<Block>> {
    let mut group = Vec::with_capacity(most);
    while group.len() < most
        && let Some(block) = blocks.next_block()?
    {
        group.push(block);
    }
    Ok(group)
}

/// Judges blocks beside one another; the answers are in the order of the blocks.
fn judge_all(history: &History, group: &[Block]) -> Vec<Result<Vec<Judgement>>> {
    let Some((first, others)) = group.split_first() else { return Vec::new() };
    thread::scope(|scope| {
        let others: Vec<_> = others.iter().map(|block| scope.spawn(|| judge(history, block))).collect();
        let mut answers = vec![judge(history, first)];
        answers.extend(
            others.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))),
        );
        answers
    })
}

fn judge(history: &History, block: &Block) -> Result<Vec<Judgement>> {
    let format = history.format;
    block
        .originals()
        .map(|(index, bytes)| {
            let refuse = |code, what: &str| history.error(code, format!("{}: {what}", block.place(index)));
            let judgement = match format {
                Format::CloudEvents => {
                    let verdict = cloudevents::examine(bytes).map_err(|e| refuse(e.code, &e.message))?;
                    Judgement { verdict, dialect: None }
                }
                Format::Chainbridge => format.judge(text(bytes)),
            };
            // A character takes two bytes of data at most.
            if bytes.len().saturating_mul(2).saturating_add(MEMBERS) > MAX_PART {
                let length = body(format, index, text(bytes), judgement).len();
                if length > MAX_PART {
                    let what = format!("as the data of an entry it would have {length} bytes; at most 1 MiB (1,048,576) is allowed");
                    return Err(refuse(Code::TooLarge, &what));
                }
            }
            Ok(judgement)
        })
        .collect()
}
