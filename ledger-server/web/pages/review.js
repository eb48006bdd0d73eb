// The review of one PAC: read, answer, decide; each step signed by a key of this browser.
//
// No rule here: the ledger draws, measures and judges. Invariant: what is signed is the digest of the packet as it was read, recomputed here; what
// the state is, the log says, before and after every step and every reload.

import { get, send, seg } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { duration, plainWord } from '../core/format.js';
import { gently, onLive } from '../core/live.js';
import { elapsedOnServer, step } from '../core/act.js';
import * as vault from '../core/vault.js';
import { canonical, parse } from '../check/json.js';
import { hex, sha256, utf8 } from '../check/bytes.js';
import { draw } from '../check/question.js';
import { choices, command, empty, entryLink, failure, hash, head, notice, pacLink, section } from '../parts/parts.js';
import { terminalNotice } from '../parts/checks.js';
import { packet } from '../parts/packet.js';
import { answerForm, verdictForm } from '../parts/review.js';
import { state } from '../parts/state.js';

/** Failed challenges that lock a reviewer out, as the ledger counts them. */
const MAX_FAILURES = 3;
const STEPS = ['Read', 'Question', 'Verdict'];

export async function page({ main, params, signal, title }) {
  title(`Review of ${params.pac}`);
  const [status, missing] = await Promise.all([get('/v1/status', { signal }), vault.missing()]);
  const seen = { pac: params.pac, status, missing, keys: missing ? [] : await vault.keys(status.logid), problem: null, busy: false, clock: {}, told: {}, questions: {}, signal };
  seen.key = preferred(seen);
  const show = () => !signal.aborted && render(main, ...view(seen, act));
  const refresh = async () => {
    try {
      await load(seen, signal);
    } catch (problem) {
      if (signal.aborted || problem.name === 'AbortError' || problem.status === 401) return;
      if (!seen.reviews) throw problem;
      seen.problem = problem;
    }
    show();
  };
  const act = {
    choose: (keyid) => { seen.key = seen.keys.find((key) => key.keyid === keyid); show(); },
    step: (kind, data) => take(seen, kind, data, show, refresh),
  };
  const ask = gently(refresh, signal);
  onLive(({ entries, gap }) => {
    if (gap || entries?.some((entry) => entry.subject === `pac/${params.pac}`)) ask();
  }, signal);
  await refresh();
}

function preferred({ keys }) {
  return keys.find((key) => key.state === 'enrolled') ?? keys[0];
}

/** The state of the reviews, and the packet with its digest as this browser computes it. */
async function load(seen, signal) {
  const path = `/v1/pacs/${seg(seen.pac)}`;
  seen.reviews = await get(`${path}/reviews`, { signal });
  if (seen.reviews.state !== 'SEALED') {
    seen.packet = null;
    return;
  }
  if (seen.packet?.digest !== seen.reviews.packet) {
    // Read strictly: the digest is of the JSON that is shown.
    const shown = parse(await (await send(`${path}/packet`, { signal })).text());
    seen.packet = { ...shown, digest: `sha256:${hex(await sha256(utf8(canonical(shown.content))))}` };
  }
  const open = challenge(seen);
  // Which questions they are follows from what was committed; the page asks those, whatever the server says.
  if (open && !seen.questions[open.id]) seen.questions[open.id] = await draw(seen.packet.content, open.id);
  if (open?.outcome === 'OUTSTANDING' && !seen.clock[open.id]) {
    // After a reload: how long ago it was drawn, by the server's own clock; its answer tells whole seconds.
    const response = await send(`/v1/entries/${open.sequence}`, { signal });
    const elapsed = elapsedOnServer(response, (await response.json()).time) ?? 0;
    seen.clock[open.id] = performance.now() - Math.max(0, elapsed - 1_000);
  }
}

const mine = (seen) => seen.reviews?.reviewers.find((one) => one.gid === seen.key?.gid);
/** The last challenge of this reviewer about what is sealed. */
const challenge = (seen) => mine(seen)?.challenges.filter((one) => one.opdo_id === seen.reviews.opdo_id).at(-1);
const verdict = (seen) => mine(seen)?.verdicts.filter((one) => one.opdo_id === seen.reviews.opdo_id).at(-1);

async function take(seen, kind, data, show, refresh) {
  if (seen.busy) return false;
  Object.assign(seen, { busy: true, problem: null });
  show();
  try {
    const { receipt, at } = await step(kind, seen.pac, data, seen.key, seen.status);
    if (receipt.challenge_id) {
      seen.clock[receipt.challenge_id] = at;
      seen.told[receipt.challenge_id] = receipt.questions;
    }
    return true;
  } catch (problem) {
    if (problem.status === undefined) console.error(problem);
    seen.problem = problem;
    return false;
  } finally {
    seen.busy = false;
    await refresh();
  }
}

function view(seen, act) {
  const { reviews, pac } = seen;
  const sealed = reviews.state === 'SEALED';
  return [
    head(`Review: ${seen.packet?.content.pac?.title ?? pac}`, { over: pacLink(pac), states: [reviews.state && state(reviews.state)], actions: seen.packet ? [h('a', { class: 'button', href: '#h-act' }, 'What is to be done')] : [] }),
    !sealed && notSealed(seen),
    sealed && !seen.missing && seen.keys.length > 1 && choices('Sign as', seen.keys.map((key) => [key.keyid, `${key.gid}, ${key.keyid.slice(0, 8)}`]), seen.key?.keyid, act.choose),
    sealed && wayOf(seen),
    sealed && packet(seen.packet.content, seen.packet.digest),
    sealed && section('What is signed for', { key: 'digest' }, digestCheck(seen),
      h('details', {}, h('summary', {}, 'The whole packet, as it is hashed'), h('pre', { class: 'json', tabindex: 0 }, canonical(seen.packet.content)))),
    sealed && section('What is to be done', { key: 'act' }, ...action(seen, act)),
    section('All reviewers', { key: 'all' }, everyone(reviews)),
    sealed && section('What this protects', { key: 'why' }, terminalNotice(`ledger review ${pac}`)),
  ];
}

function digestCheck({ packet: { digest, packet: told }, reviews }) {
  const same = digest === told && digest === reviews.packet;
  return notice(same ? 'good' : 'bad', same ? 'The digest is that of what you read' : 'The server names another digest than that of what it shows',
    h('p', {}, 'Recomputed here: ', hash(digest, { whole: true, label: 'the digest' })),
    !same && h('p', {}, 'The server says: ', hash(told, { whole: true, label: 'the digest' }), '. Nothing can be signed here. Review in a terminal, and tell the operator.'));
}

function stepOf(seen) {
  const last = challenge(seen);
  if (verdict(seen) && !(last && last.sequence > verdict(seen).sequence)) return 3;
  if (!mine(seen) || mine(seen).opened === undefined) return 0;
  return last?.outcome === 'PASSED' ? 2 : 1;
}

function wayOf(seen) {
  const now = stepOf(seen);
  return h('ol', { class: 'way-of-review', 'aria-label': 'The way of a review', 'data-key': 'way' }, STEPS.map((name, n) =>
    h('li', { 'aria-current': n === now ? 'step' : null }, state(n < now ? 'DONE' : n === now ? 'READING' : 'PENDING', { label: n < now ? 'done' : n === now ? 'now' : 'later', tone: n < now ? 'good' : n === now ? 'active' : 'idle' }), name)));
}

/** What the reviewer can do now. */
function action(seen, act) {
  const { pac, packet: read, reviews, busy } = seen;
  const told = seen.problem && failure(seen.problem);
  if (read.digest !== read.packet || read.digest !== reviews.packet) return [told];
  if (seen.missing) return [notice('stopped', 'Nothing can be signed here', h('p', {}, `That is because ${seen.missing}. In a terminal, one command does it all:`), command(`ledger review ${pac}`)), told];
  if (!seen.key) return [notice('waiting', 'This browser has no key', h('p', {}, 'Reading needs none. To sign, ', h('a', { href: '/enrol' }, 'enrol a key'), ', or review in a terminal:'), command(`ledger review ${pac}`)), told];
  const me = mine(seen);
  const given = verdict(seen);
  const now = stepOf(seen);
  if (now === 3) return [told, done(seen, given)];
  if (me?.locked_out) {
    return [told, notice('stopped', `${seen.key.gid} is locked out of this PAC`, h('p', {}, `${me.failures} challenges failed. Another human may review it, or an admin lets you try again:`), command(`ledger review unlock ${pac} ${seen.key.gid} --reason "..."`))];
  }
  if (now === 0) {
    return [told, h('div', { class: 'act', 'data-key': 'open' },
      h('p', {}, `You act as ${seen.key.gid}. Begin, and read everything above: what was ordered, who did what, and what came of it. There is no time limit for reading; that you read it is recorded.`),
      h('div', { class: 'row' }, button('Begin to read', busy, () => act.step('open_review', {}))))];
  }
  const last = challenge(seen);
  if (now === 2) {
    return [told, verdictForm({ id: last.id, children: read.content.children ?? [], latency: last.latency_ms, give: (words) => act.step('give_verdict', {
      opdo_id: reviews.opdo_id, merkle_root: reviews.merkle_root, packet: read.digest, challenge_id: last.id, latency_ms: last.latency_ms, question_types: last.question_types, ...words,
    }) })];
  }
  if (last?.outcome === 'OUTSTANDING') {
    const questions = seen.questions[last.id];
    const said = seen.told[last.id];
    const other = said && JSON.stringify(said.map((one) => one.text)) !== JSON.stringify(questions.map((one) => one.text));
    return [told, other && notice('bad', 'The server asked something else than what was committed', h('p', {}, 'It said: ', said.map((one) => one.text).join(' / '), '. The questions below follow from the committed number; an answer to them counts.')),
      answerForm({ id: last.id, questions, began: seen.clock[last.id], least: reviews.minimum_latency_ms, most: reviews.challenge_expiry_ms, left: MAX_FAILURES - (me.failures ?? 0), signal: seen.signal,
        give: (answers) => act.step('answer_challenge', { challenge_id: last.id, answers }) })];
  }
  return [told, drawing(seen, act, 'Draw the question')];
}

const button = (text, busy, onclick) => h('button', { class: 'primary', type: 'button', disabled: busy, onclick }, busy ? 'Signing…' : text);

function drawing(seen, act, text) {
  const { minimum_latency_ms: least, challenge_expiry_ms: most } = seen.reviews;
  const left = MAX_FAILURES - (mine(seen)?.failures ?? 0);
  return h('div', { class: 'act', 'data-key': 'draw' },
    h('p', {}, `When you have read it, draw the question. The clock runs from there: an answer counts after ${least / 1000} s at the earliest and ${most / 1000} s at the latest. Each question can be answered once.`),
    h('p', { class: 'soft' }, left === MAX_FAILURES ? `${MAX_FAILURES} attempts; the third that fails locks you out.` : `${left} of ${MAX_FAILURES} attempts left; the last that fails locks you out.`),
    h('div', { class: 'row' }, button(text, seen.busy, () => act.step('draw_challenge', {}))));
}

function done(seen, given) {
  const approved = given.verdict !== 'REJECT';
  return notice(approved ? 'good' : 'bad', approved ? 'You approved it' : 'You rejected it',
    h('p', {}, state(given.verdict), ' in entry ', entryLink(given.sequence), given.remarks && `: ${given.remarks}`),
    approved && h('p', {}, 'The orchestrator can make it final:'), approved && command(`ledger pac finalize ${seen.pac}`));
}

function notSealed({ reviews, pac }) {
  const last = reviews.reviewers.flatMap((one) => one.verdicts).sort((a, b) => a.sequence - b.sequence).at(-1);
  if (last && reviews.state === 'FINAL') return notice('good', 'It is final', h('p', {}, 'Approved by ', last.reviewer, ' in entry ', entryLink(last.sequence), last.remarks && `: ${last.remarks}`));
  if (last?.verdict === 'REJECT') return notice('bad', 'It was rejected', h('p', {}, 'By ', last.reviewer, ' in entry ', entryLink(last.sequence), ': ', last.remarks ?? '', '. What was reopened is to be done again; the next composite comes here when it is sealed.'));
  return empty('There is nothing to review', 'An O-PDO is reviewed while it is sealed.', `ledger pac show ${pac}`);
}

function everyone({ reviewers }) {
  if (reviewers.length === 0) return h('p', { class: 'soft' }, 'Nobody has begun.');
  const rows = reviewers.flatMap((one) => [
    ...one.challenges.map((c) => ({ sequence: c.sequence, gid: one.gid, what: `question: ${c.question_types.map((type) => plainWord(type).toLowerCase()).join(', ')}`, came: state(c.outcome, c.outcome === 'OUTSTANDING' ? { label: 'Waits', tone: 'active' } : {}), more: c.latency_ms !== undefined ? duration(c.latency_ms) : c.code })),
    ...one.verdicts.map((v) => ({ sequence: v.sequence, gid: one.gid, what: 'verdict', came: [state(v.verdict), v.remarks && ` ${v.remarks}`] })),
  ]).sort((a, b) => a.sequence - b.sequence);
  return [
    h('ul', { class: 'plain' }, reviewers.map((one) => h('li', {}, h('a', { href: `/agents/${seg(one.gid)}` }, one.gid), one.opened !== undefined && [', reads since entry ', entryLink(one.opened)], one.failures > 0 && `, ${one.failures} of ${MAX_FAILURES} challenges failed`, one.locked_out && ', locked out'))),
    rows.length > 0 && h('ol', { class: 'entries reviewed' }, rows.map((row) => h('li', { class: 'entry', 'data-key': `e${row.sequence}` }, h('span', { class: 'number' }, entryLink(row.sequence)), h('span', { class: 'type' }, row.what), h('span', { class: 'by' }, row.gid), h('span', { class: 'says' }, row.came), h('span', { class: 'when' }, row.more)))),
  ];
}

