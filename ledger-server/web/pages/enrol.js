// A key of this browser for a reviewer: made here, enrolled by the code that an admin gave.

import { get, seg } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { onLive } from '../core/live.js';
import { session } from '../core/session.js';
import { post, sign } from '../core/act.js';
import * as vault from '../core/vault.js';
import { enrolmentCode } from '../check/intent.js';
import { command, dialog, empty, failure, hash, head, notice, say, section, table, when } from '../parts/parts.js';
import { state } from '../parts/state.js';
import { terminalNotice } from '../parts/checks.js';

export async function page({ main, query, signal, title }) {
  title('Enrol a key');
  const [status, missing] = await Promise.all([get('/v1/status', { signal }), vault.missing()]);
  const seen = { status, missing, keys: [], problem: null, busy: false, gid: query.get('gid') ?? session()?.gid ?? '', persisted: await navigator.storage?.persisted?.().catch(() => false) };
  const draw = () => !signal.aborted && render(main, ...view(seen, act));
  const refresh = async () => {
    if (!missing) seen.keys = await withStates(await vault.keys(status.logid), signal);
    draw();
  };
  const act = { enrol: (form) => enrol(seen, form, draw, refresh), again: (key) => sendAgain(seen, key, draw, refresh), forget: (key) => forget(key, refresh) };
  onLive(({ entries, gap }) => {
    if (gap || entries?.some((entry) => entry.subject === 'registry')) refresh();
  }, signal);
  await refresh();
}

/** What the registry says of each key; where it cannot be asked, what is known here. */
async function withStates(keys, signal) {
  const gids = [...new Set(keys.map((key) => key.gid))];
  const known = new Map(await Promise.all(gids.map(async (gid) => {
    try {
      const one = await get(`/v1/agents/${seg(gid)}`, { signal });
      return [gid, one.keys ?? one.actor?.keys ?? []];
    } catch (problem) {
      if (problem.name === 'AbortError') throw problem;
      return [gid, null];
    }
  })));
  return keys.map((key) => {
    const row = known.get(key.gid)?.find((one) => one.keyid === key.keyid);
    const standing = row ? (row.until === undefined ? 'active' : 'retired') : key.state;
    return { ...key, standing, since: row?.since };
  });
}

async function enrol(seen, form, draw, refresh) {
  const gid = form.elements.gid.value.trim().toUpperCase();
  const code = enrolmentCode(form.elements.code.value);
  const wrong = form.querySelector('.wrong');
  wrong.textContent = '';
  if (!/^GID-[A-Z0-9-]{1,60}$/.test(gid)) wrong.textContent = 'A GID is like GID-H02.';
  else if (!code) wrong.textContent = 'A code has 28 letters and digits, in groups of four; U is never one of them.';
  if (wrong.textContent) return;
  Object.assign(seen, { problem: null, busy: true, gid });
  draw();
  seen.persisted = await vault.persist();
  let key;
  try {
    key = await vault.make(gid, seen.status.logid);
    key.pending = await sign('enrol_key', 'registry', { gid, key: key.key, code }, key, seen.status);
    await vault.keep(key);
  } catch (error) {
    Object.assign(seen, { busy: false, problem: { code: 'BROWSER', message: error.message, remedy: 'try another browser, or enrol in a terminal' } });
    draw();
    return;
  }
  if (await sendAgain(seen, key, draw, refresh)) form.elements.code.value = '';
}

/** Sends an enrolment, or sends it again when no answer came: it is the same intent, and enrols once. */
async function sendAgain(seen, key, draw, refresh) {
  Object.assign(seen, { problem: null, busy: true });
  draw();
  try {
    const { receipt } = await post(key.pending);
    const { pending, standing, since, ...kept } = key;
    await vault.keep({ ...kept, state: 'enrolled', entry: receipt.sequence });
    say(`Enrolled, in entry ${receipt.sequence}`);
    return true;
  } catch (problem) {
    // A refusal is final: this key will never be anybody's. Without an answer it may be enrolled already.
    if (problem.status >= 400 && problem.status < 500 && problem.status !== 401 && problem.status !== 429) await vault.forget(key.keyid);
    seen.problem = problem;
    return false;
  } finally {
    seen.busy = false;
    await refresh();
  }
}

function forget(key, refresh) {
  dialog('Forget this key?', (close) => [
    h('p', {}, 'It is removed from this browser for good. What it signed stays signed. If it is still active, have it retired as well:'),
    command(`ledger key retire ${key.gid} ${key.keyid} --reason "forgotten by its browser"`),
    h('p', { class: 'row' }, h('button', { type: 'button', onclick: close }, 'Keep it'),
      h('button', { type: 'button', onclick: async () => { await vault.forget(key.keyid); close(); await refresh(); } }, 'Forget it')),
  ]);
}

function view(seen, act) {
  const { missing } = seen;
  const gid = seen.gid || 'GID-H02';
  return [
    head('Enrol a key', { lead: 'A reviewer signs with a key that never leaves this browser. An admin offers a code for it; it is good once.' }),
    missing ? unable(missing, gid) : section('Your code', { key: 'code' },
      h('form', { class: 'act', 'data-key': 'enrol', autocomplete: 'off', onsubmit: (event) => { event.preventDefault(); act.enrol(event.currentTarget); } },
        h('label', {}, 'Your GID', h('input', { type: 'text', name: 'gid', class: 'code', required: true, spellcheck: 'false', placeholder: 'GID-H02', value: seen.gid })),
        h('label', {}, 'Code', h('input', { type: 'text', name: 'code', class: 'code', required: true, spellcheck: 'false', placeholder: 'XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX' })),
        h('p', { class: 'soft' }, 'Hyphens, spaces and small letters do not matter. You have no code? An admin makes one, and tells it to you and nobody else:'),
        command(`ledger key offer ${gid}`),
        h('p', { class: 'wrong', role: 'alert' }),
        h('div', { class: 'row' }, h('button', { class: 'primary', type: 'submit', disabled: seen.busy }, seen.busy ? 'Enrolling…' : 'Make a key and enrol it'))),
      seen.problem && failure(seen.problem)),
    !missing && section('Keys of this browser', { key: 'keys', note: seen.persisted ? 'the browser keeps them until you clear its data' : 'the browser may clear them by itself when it needs room' },
      seen.keys.length === 0 ? empty('No key yet', 'The first one appears here when it is enrolled.') : list(seen.keys, act)),
    section('What this protects', { key: 'why' }, terminalNotice(`ledger key enrol --gid ${gid} --code CODE`)),
  ];
}

function list(keys, act) {
  const words = { active: ['ACTIVE', 'Active', 'good'], enrolled: ['ACTIVE', 'Enrolled', 'good'], retired: ['RETIRED', 'Retired', 'skipped'], new: ['PENDING', 'No answer yet', 'waiting'] };
  return table('Keys of this browser', [
    { name: 'Whose', first: true, cell: (key) => h('a', { href: `/agents/${seg(key.gid)}` }, key.gid) },
    { name: 'Key id', wide: true, cell: (key) => hash(key.keyid, { length: 16, label: 'the key id' }) },
    { name: 'State', cell: (key) => { const [word, label, tone] = words[key.standing] ?? words.new; return state(word, { label, tone }); } },
    { name: 'Made', cell: (key) => when(key.made) },
    { name: '', number: true, cell: (key) => h('span', { class: 'row' }, key.pending && key.standing === 'new' && h('button', { type: 'button', onclick: () => act.again(key) }, 'Send it again'), h('button', { type: 'button', onclick: () => act.forget(key) }, 'Forget')) },
  ], keys, (key) => key.keyid);
}

function unable(why, gid) {
  return notice('stopped', 'No key can be made here', h('p', {}, `That is because ${why}. In a terminal it works without a browser:`), command(`ledger key enrol --gid ${gid} --code CODE`));
}
