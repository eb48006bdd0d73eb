// The questions of a challenge, derived again from what was committed and what is sealed: docs/format.md §§15.2, 15.3.
//
// No answer is here, and none is judged. Invariant: the same questions, in the same order and words, as the ledger drew.

import { sha256, unhex, utf8, concat } from './bytes.js';

/** Types in the order that counts, each with its form, and how many answers somebody might try who has not read. */
const FORMS = {
  TASK_COUNT: 'a number',
  FILE_COUNT: 'a number',
  QUALITY_SCORE: 'a decimal, such as 0.95',
  AGENT_IDENTITY: 'a name',
  AGENT_GID: 'a GID, such as GID-01',
  TASK_RECALL: 'the task as it is written',
  FILE_RECALL: 'the path as it is written',
  SCOPE_COMPLIANCE: 'a path as it is written',
  CONTENT_HASH_PREFIX: 'its first 6 hex digits',
};
const ENOUGH = 20;
const RECALLED = 50;

/** Everything that one report can be asked about: `[type, question, plausible answers]`. */
function ofPart(child, parts) {
  const here = `in ${child.sub_pac_id}`;
  const counted = (list) => Math.max(2 * list.length, 5);
  const found = [
    ['TASK_COUNT', `How many tasks were reported ${here}?`, counted(child.tasks)],
    ['FILE_COUNT', `How many files were made ${here}?`, counted(child.outputs)],
    ['QUALITY_SCORE', `What quality score was reported ${here}?`, 10],
    ['AGENT_GID', `Which GID has the agent that did the work ${here}?`, Math.max(parts, 2)],
    ['CONTENT_HASH_PREFIX', `How does the content hash begin that was recorded ${here}?`, 2 ** 24],
  ];
  if (child.agent_name) found.push(['AGENT_IDENTITY', `Which agent, by name, did the work ${here}?`, Math.max(parts, 2)]);
  if (child.scope?.paths?.length) found.push(['SCOPE_COMPLIANCE', `Name one of the paths that the work ${here} was limited to.`, 20]);
  child.tasks.slice(0, RECALLED).forEach((_, n) => found.push(['TASK_RECALL', `What does task ${n + 1} say that was reported ${here}?`, 100]));
  child.outputs.slice(0, RECALLED).forEach((_, n) => found.push(['FILE_RECALL', `Which file is number ${n + 1} of those that were made ${here}?`, 100]));
  return found;
}

/** One of the items, decided by the challenge. */
async function pick(items, id, round, what) {
  const hash = await sha256(utf8('ledger/challenge/v1\0'), id, concat(Uint8Array.of(round), utf8(what)));
  return items[Number(new DataView(hash.buffer).getBigUint64(0) % BigInt(items.length))];
}

/** The questions of this challenge about the content of a packet: `[{question_type, text, form}]`. */
export async function draw(content, challengeId) {
  const id = unhex(challengeId, 32, 'challenge_id');
  const { children } = content;
  const all = children.flatMap((child) => ofPart(child, children.length));
  let left = Object.keys(FORMS).map((type) => [type, all.filter((one) => one[0] === type)]).filter(([, questions]) => questions.length > 0);
  const drawn = [];
  let guesses = 1;
  for (let round = 0; round < 2 && guesses < ENOUGH && left.length > 0; round += 1) {
    if (round > 0) left = enough(left, guesses);
    const [type, questions] = await pick(left, id, round, 'type');
    const [, text, plausible] = await pick(questions, id, round, 'part');
    left = left.filter(([other]) => other !== type);
    guesses *= plausible;
    drawn.push({ question_type: type, text, form: FORMS[type] });
  }
  return drawn;
}

/** Those that together with the first cannot be guessed, if there are such. */
function enough(left, first) {
  const hard = left.map(([type, questions]) => [type, questions.filter((one) => first * one[2] >= ENOUGH)]).filter(([, questions]) => questions.length > 0);
  return hard.length > 0 ? hard : left;
}
