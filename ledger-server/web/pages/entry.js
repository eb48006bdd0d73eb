// One entry: what it says, and that it stands in the log: checked here, in the browser, by what the browser remembers.
//
// Invariant: no verdict of the server is repeated; each step shows what went in.

import { get, send, seg } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { count } from '../core/format.js';
import { onLive } from '../core/live.js';
import { again } from '../core/router.js';
import { compare, follow, remembered, trust } from '../core/trust.js';
import { hex, unhex, utf8 } from '../check/bytes.js';
import { checkLink, checkPart, checkSignature, leafHash, parseEvent, signatureInput } from '../check/entry.js';
import { blake3 } from '../check/blake3.js';
import { demand } from '../check/json.js';
import { isAvailable } from '../check/ed25519.js';
import { checkInclusion } from '../check/proof.js';
import { check, checks, pending, unchecked } from '../parts/checks.js';
import { actor, command, copyButton, entryLink, hash, head, notice, pairs, section, when } from '../parts/parts.js';

const textOf = async (path, signal) => (await send(path, { signal })).text();

export async function page({ main, params, signal, title }) {
  const n = Number(params.n);
  title(`Entry ${params.n}`);
  const [text, status] = await Promise.all([textOf(`/v1/entries/${seg(params.n)}`, signal), get('/v1/status', { signal })]);
  const shown = JSON.parse(text);
  const seen = { n, text, shown, status, ...compare(status), last: status.size - 1, steps: [] };
  const draw = () => !signal.aborted && render(main, ...view(seen));
  draw();
  onLive(({ entries, gap }) => {
    if (entries) seen.last = Math.max(seen.last, Number(entries.at(-1).sequence));
    if (gap) get('/v1/status', { signal }).then(({ size }) => { seen.last = size - 1; draw(); }, () => {});
    // The link to the next entry, once there is one.
    if (seen.n === seen.last - (entries?.length ?? 0)) run(seen, signal, draw);
    draw();
  }, signal);
  await run(seen, signal, draw);
}

/** All steps in their order; each is drawn as soon as it is done. */
async function run(seen, signal, draw) {
  const steps = [];
  const put = (name, work) => {
    const at = steps.push(pending(name)) - 1;
    return check(name, work).then((done) => {
      steps[at] = done;
      seen.steps = [...steps];
      draw();
      return done;
    });
  };
  let entry;
  await put('Form', async () => {
    entry = parseEvent(seen.text);
    demand(Number(entry.leaf.sequence) === seen.n, `this is entry ${Number(entry.leaf.sequence)}`);
    return { says: 'the leaf is the canonical JSON that was hashed', inputs: [['Leaf', h('code', { class: 'block' }, entry.text)], ['Bytes', count(entry.bytes.length)], ['Leaf hash', hash(hex(await leafHash(entry.bytes)), { whole: true })]] };
  });
  if (entry) {
    await put('Data', () => part(entry, 'data', 'Data'));
    if (entry.private) await put('Private part', () => part(entry, 'private', 'Private part'));
    await put('Chain', () => chain(entry, seen, signal));
    await put('Signature', () => signed(entry, signal));
    await inclusion(entry, seen, put, signal);
  }
}

async function part(entry, name, term) {
  const made = await checkPart(entry, name);
  if (made === null) return unchecked(term, 'it was erased; the leaf still says what it committed to');
  const { text, salt } = entry[name];
  return {
    says: `it is what ${name}hash commits to`,
    inputs: [['H256 of', h('code', { class: 'block' }, `ledger/${name}/v1 00 ${hex(salt)} ${text}`)], ['Gives', hash(made, { whole: true })], ['Leaf says', hash(entry.leaf[`${name}hash`], { whole: true })]],
  };
}

async function chain(entry, seen, signal) {
  const inputs = [];
  if (seen.n === 0) {
    demand(entry.leaf.prevhash === '0'.repeat(64), 'the first entry names one before it');
  } else {
    const before = parseEvent(await textOf(`/v1/entries/${seen.n - 1}`, signal));
    inputs.push(['BLAKE3 of the leaf before', hash(hex(blake3(before.bytes)), { whole: true })], ['This one says', hash(entry.leaf.prevhash, { whole: true })]);
    checkLink(before, entry);
  }
  if (seen.n < seen.last) {
    const next = parseEvent(await textOf(`/v1/entries/${seen.n + 1}`, signal));
    inputs.push(['BLAKE3 of this leaf', hash(hex(blake3(entry.bytes)), { whole: true })], ['The next one says', hash(next.leaf.prevhash, { whole: true })]);
    checkLink(entry, next);
    return { says: seen.n === 0 ? 'the next entry is linked to this first one' : 'linked to the entries before and after', inputs };
  }
  return { says: seen.n === 0 ? 'the first entry; nothing follows yet' : 'linked to the entry before; nothing follows yet', inputs };
}

/** The key of the signer: the data of genesis and of an enrolment bring it; else the registry says it. */
async function keyOf(entry, signal) {
  const { type, actor: gid, keyid } = entry.leaf;
  const data = entry.data.value;
  if (type === 'log.created') return data.admin.key;
  if (type === 'enrolment.used') return data.key;
  const { keys = [], actor: one } = await get(`/v1/agents/${seg(gid)}`, { signal });
  return (one?.keys ?? keys).find((key) => key.keyid === keyid)?.key;
}

async function signed(entry, signal) {
  if (entry.leaf.signature === undefined) return unchecked('Signature', entry.leaf.cause === undefined ? `nobody signed it: its actor is ${entry.leaf.auth === 'token' ? 'vouched for by a token' : entry.leaf.auth}` : `it has none of its own: it follows from entry ${count(Number(entry.leaf.cause))}`);
  if (!(await isAvailable())) return unchecked('Signature', 'this browser has no Ed25519; check it offline');
  const key = await keyOf(entry, signal);
  demand(key, 'the registry does not name the key');
  await checkSignature(entry.leaf, unhex(key, 32, 'key'));
  return {
    says: `signed by a key that the registry gives to ${entry.leaf.actor}`,
    inputs: [['Signed', h('code', { class: 'block' }, new TextDecoder().decode(signatureInput(entry.leaf)))], ['Key', hash(key, { whole: true })], ['Key id', hash(entry.leaf.keyid, { whole: true })], ['Signature', hash(entry.leaf.signature, { whole: true })]],
  };
}

async function inclusion(entry, seen, put, signal) {
  if (!(await isAvailable())) {
    await put('Checkpoint', async () => unchecked('Checkpoint', 'this browser has no Ed25519, so it cannot tell who signed; check it offline, by the command below'));
    return;
  }
  let proof;
  const { vkey } = seen.trust;
  await put('Inclusion', async () => {
    const file = await textOf(`/v1/proofs/inclusion/${seen.n}`, signal);
    proof = await checkInclusion(file, vkey);
    demand(proof.leafText === entry.text, 'the proof is of another leaf');
    const { checkpoint } = proof;
    return {
      says: `entry ${count(seen.n)} is in the log of ${count(checkpoint.size)} that the log's key signed`,
      inputs: [
        ['Leaf hash', hash(hex(proof.leafHash), { whole: true })], ['Position', count(seen.n)],
        ['Hashes on the way up', h('ol', { class: 'plain' }, proof.path.map((one) => h('li', {}, h('code', {}, hex(one)))))],
        ['Root', hash(hex(checkpoint.root), { whole: true })], ['Checkpoint', h('pre', { class: 'json', tabindex: 0 }, checkpoint.note)],
        ['Verifier key', h('code', { class: 'block' }, vkey)],
      ],
    };
  });
  await put('Same history', async () => {
    if (!proof) return unchecked('Same history', 'without a checkpoint there is nothing to compare');
    const { older, newer, proof: consistency } = await follow(proof.note, vkey, signal);
    if (!older) return { says: `the first checkpoint that this browser sees: ${count(newer.size)} entries; it is remembered from now on`, inputs: [['Root', hash(hex(newer.root), { whole: true })]] };
    return {
      says: `the log continues the one of ${count(older.size)} entries that this browser saw before`,
      inputs: [['Seen before', `${count(older.size)} entries`], ['Its root', hash(hex(older.root), { whole: true })], ['Now', `${count(newer.size)} entries`], ['Root now', hash(hex(newer.root), { whole: true })],
        consistency && ['Proof', h('code', { class: 'block' }, consistency.trim())]].filter(Boolean),
    };
  });
}

function view(seen) {
  const { n, shown, last } = seen;
  const bad = seen.steps.some((step) => step.tone === 'bad');
  return [
    head(`Entry ${count(n)}`, {
      over: shown.type, actions: [
        n > 0 ? h('a', { class: 'button', href: `/entries/${n - 1}`, rel: 'prev' }, `Entry ${count(n - 1)}`) : null,
        n < last ? h('a', { class: 'button', href: `/entries/${n + 1}`, rel: 'next' }, `Entry ${count(n + 1)}`) : null,
      ].filter(Boolean),
    }),
    bad && notice('bad', 'Something does not hold', h('p', {}, 'See below which step, and what went in. Keep a copy of this page, and verify the whole log with a checkpoint that somebody else remembers.')),
    seen.verdict === 'changed' && changed(seen),
    section('What it says', { key: 'says' }, pairs([
      ['Actor', actor(shown.actor)], ['Identified', shown.auth], ['Time', when(shown.time)], ['Stream', h('code', {}, shown.subject)],
      ['Place in it', count(Number(shown.subjectsequence))], ['Id', h('code', {}, shown.id)], ['Follows from', shown.cause !== undefined && entryLink(shown.cause)],
    ]), h('pre', { class: 'json', tabindex: 0, 'aria-label': 'Data' }, shown.data === null ? 'erased' : JSON.stringify(shown.data, null, 2))),
    shown.private !== undefined && section('Private part', { key: 'private', note: 'no rule reads it; put it nowhere else' },
      h('pre', { class: 'json', tabindex: 0, 'aria-label': 'Private part' }, shown.private === null ? 'erased' : JSON.stringify(shown.private, null, 2))),
    section('Checked in this browser', { key: 'checks', note: 'open a step to see what went in' }, seen.steps.length ? checks('Checks of this entry', seen.steps) : h('p', { class: 'loading', role: 'status' }, 'Checking…')),
    section('Whom it trusts', { key: 'trust' }, trusted(seen)),
    section('Check it offline', { key: 'offline' }, h('p', { class: 'soft' }, 'These pages come from the server as well. A proof file is checked by a program of your own, with a verifier key from elsewhere.'),
      command(`ledger prove inclusion ${n} > entry-${n}.tlog-proof`), command(`ledger check entry-${n}.tlog-proof --vkey '${seen.trust.vkey}'`)),
  ];
}

function trusted({ trust: known, status, kept }) {
  const checkpoint = remembered()?.checkpoint;
  return [
    pairs([
      ['Log', h('span', {}, status.origin)], ['Log id', hash(known.logid)],
      ['Verifier key', h('span', { class: 'hash' }, h('code', {}, known.vkey), copyButton(known.vkey, 'Copy the verifier key'))],
      ['Trusted', h('span', {}, `by ${known.source}, `, when(known.since))],
      ['Last checkpoint', checkpoint && `${count(Number(checkpoint.split('\n')[1]))} entries`],
    ]),
    known.source === 'first sight' && h('p', { class: 'soft' }, 'The server itself said which key is the log\'s when this browser first came. Compare it with one from elsewhere (a colleague, a ticket, ', h('code', {}, 'ledger status'), ' on another machine), or paste it:'),
    !kept && h('p', { class: 'soft' }, 'This browser keeps nothing for this page: the next visit is a first sight again.'),
    h('form', { class: 'inline', onsubmit: paste, 'data-key': 'paste' },
      h('label', {}, 'Verifier key from elsewhere', h('input', { name: 'vkey', autocomplete: 'off', spellcheck: 'false', required: true })),
      h('button', { type: 'submit' }, 'Check by this key'),
      h('p', { class: 'wrong', role: 'alert' })),
  ];

  async function paste(event) {
    event.preventDefault();
    const form = event.currentTarget;
    const vkey = form.elements.vkey.value.trim();
    try {
      await trust(vkey, status.logid, 'your own hand');
      form.reset();
      again();
    } catch (error) {
      form.querySelector('.wrong').textContent = error.message;
    }
  }
}

function changed({ trust: known, status }) {
  const accept = async () => {
    await trust(status.vkey, status.logid, 'your word, after a change');
    again();
  };
  return notice('bad', 'This is another log than before, or its key was changed',
    pairs([
      ['Key before', h('code', {}, known.vkey)], ['Key now', h('code', {}, status.vkey)],
      ['Log before', h('code', {}, known.logid)], ['Log now', h('code', {}, status.logid)],
    ]),
    h('p', {}, 'A ledger never changes its key. Either somebody put another ledger at this address, or somebody wants you to take a rewritten history for it. Ask whoever runs it, by another way than this page. Until you say otherwise, everything is checked by the key from before.'),
    h('p', {}, h('button', { type: 'button', onclick: accept }, 'I have asked: trust the new one')));
}
