// The check modules of the pages agree with the format document, with published vectors, and with the real program; and refuse all else.
//
// Run by `node --test tests/browser/check.test.mjs`; needs the program, and the vectors beside the repository.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Place, ROOT, SHARED } from './binary.mjs';

const CHECK = join(ROOT, 'ledger-server/web/check');
const load = (name) => import(join(CHECK, `${name}.js`));
const json = await load('json');
const bytes = await load('bytes');
const tree = await load('tree');
const note = await load('note');
const entry = await load('entry');
const proof = await load('proof');
const intent = await load('intent');
const opdo = await load('opdo');
const { blake3 } = await load('blake3');
const { hex, unhex, utf8, sha256, concat } = bytes;

/** The worked example of docs/format.md §13, by name; the n-th of that name. */
const DOCUMENT = readFileSync(join(ROOT, 'docs/format.md'), 'utf8').split('<!-- example:begin -->')[1].split('<!-- example:end -->')[0];
function worked(name, n = 0) {
  const lines = DOCUMENT.split('\n').filter((line) => line.startsWith(name.padEnd(19)));
  return lines[n].slice(19);
}
function block(after) {
  return DOCUMENT.split(`${after}:\n\n\`\`\`\n`)[1].split('```')[0];
}
const VKEY = block('The verifier key, and the checkpoint').split('\n')[0];
const CHECKPOINT = block('The verifier key, and the checkpoint').split('\n').slice(2).join('\n');

const refused = (promise, what) => assert.rejects(promise, (error) => error instanceof json.Wrong, what);

/** Pseudo-random numbers that are the same in every run. */
function seeded(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

test('canonical JSON is that of RFC 8785, and nothing passes that is not strict', () => {
  const texts = [
    ['{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}', '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}'],
    [' [ 1E0 , -0.0 , 1e-7, 0.000001 ,333333333.33333329,5e-324 , 1e15 ] ', '[1,0,1e-7,0.000001,333333333.3333333,5e-324,1000000000000000]'],
    ['{"__proto__":{"b":1,"a":2},"constructor":0}', '{"__proto__":{"a":2,"b":1},"constructor":0}'],
    ['"\\u0007\\b\\/\\u007f\\\\\\""', '"\\u0007\\b/\u007f\\\\\\""'],
  ];
  for (const [text, expected] of texts) assert.equal(json.canonical(json.parse(text)), expected);
  for (const text of ['{"a":1,"a":1}', '"\\ud800"', '"\ud800"', '9007199254740992', '1e400', '01', '1.', '.5', '+1', '[1,]', '{"a":1,}', '{a:1}',
    'nul', '"\t"', '"\\x41"', '', '1 2', '\ufeff1', 'NaN', `${'['.repeat(129)}${']'.repeat(129)}`, '"a', '[', '{"a"}', '1e', '- 1']) {
    assert.throws(() => json.parse(text), json.Wrong, text);
  }
  assert.throws(() => json.parse(Uint8Array.of(0x22, 0xff, 0x22)), json.Wrong);
  assert.throws(() => json.parseCanonical('{"b":1,"a":1}', 'it'), json.Wrong);
});

test('BLAKE3 gives its published hashes', () => {
  const counting = Uint8Array.from({ length: 5121 }, (_, i) => i % 251);
  const starts = { 0: 'af1349b9f5f9a1a6', 1: '2d3adedff11b61f1', 1024: '42214739f095a406', 1025: 'd00278ae47eb27b3', 5121: '628bd2cb2004694a' };
  for (const [length, start] of Object.entries(starts)) {
    assert.equal(hex(blake3(counting.subarray(0, Number(length)))).slice(0, 16), start, length);
  }
});

test('the worked example of the format document', async () => {
  const hashes = [];
  for (const n of [0, 1, 2]) {
    const text = worked('leaf', n);
    const leaf = entry.parseLeaf(text);
    const salt = unhex(worked('data salt', n), 32, 'salt');
    assert.equal(hex(await entry.commitment('data', salt, utf8(worked('data', n)))), leaf.datahash);
    hashes.push(await tree.leafHash(utf8(text)));
    assert.equal(hex(hashes[n]), worked('leaf hash', n));
    assert.equal(hex(blake3(utf8(text))), worked('BLAKE3', n));
  }
  const admin = unhex(worked('GID-H01 key'), 32, 'key');
  assert.equal(hex(await sha256(admin)), worked('GID-H01 keyid'));
  for (const n of [0, 1]) {
    const leaf = entry.parseLeaf(worked('leaf', n));
    assert.equal(new TextDecoder().decode(entry.signatureInput(leaf)).replace('\n', ' 0A '), worked('signed', n));
    await entry.checkSignature(leaf, admin);
    await refused(entry.checkSignature({ ...leaf, actor: 'GID-H02' }, admin));
    await refused(entry.checkSignature(leaf, unhex(worked('GID-00 key'), 32, 'key')));
  }
  assert.equal(await note.vkeyOf('ledger.example/worked', unhex(worked('log key'), 32, 'key')), VKEY);
  const checkpoint = await note.openCheckpoint(CHECKPOINT, VKEY);
  assert.deepEqual([checkpoint.size, hex(checkpoint.root)], [3, worked('root')]);
  const inclusion = block('`ledger prove inclusion 1`');
  assert.equal((await proof.checkInclusion(inclusion, VKEY)).index, 1);
  const consistency = proof.parseConsistency(block('`ledger prove consistency 1`'));
  await tree.checkConsistency(1, 3, hashes[0], checkpoint.root, consistency.path);
  const event = entry.parseEvent(block('`ledger log --json`, its last line').trimEnd());
  assert.equal(event.text, worked('leaf', 2));
  await entry.checkPart(event, 'data');
});

test('every byte of checkpoint and proof counts', async () => {
  const inclusion = block('`ledger prove inclusion 1`');
  const random = seeded(7);
  for (let at = 0; at < CHECKPOINT.length; at += 1) {
    const other = CHECKPOINT[at] === 'A' ? 'B' : 'A';
    await refused(note.openCheckpoint(CHECKPOINT.slice(0, at) + other + CHECKPOINT.slice(at + 1), VKEY), `checkpoint, ${at}`);
    await refused(note.openCheckpoint(CHECKPOINT.slice(0, at) + CHECKPOINT.slice(at + 1), VKEY), `checkpoint without ${at}`);
  }
  for (let n = 0; n < 300; n += 1) {
    const at = random(inclusion.length);
    const other = inclusion[at] === 'A' ? 'B' : 'A';
    await refused(proof.checkInclusion(inclusion.slice(0, at) + other + inclusion.slice(at + 1), VKEY), `proof, ${at}`);
  }
  const lines = inclusion.split('\n');
  const other = VKEY.replace('worked', 'other');
  for (const [what, text, vkey] of [
    ['a surplus hash', [...lines.slice(0, 4), lines[3], ...lines.slice(4)].join('\n'), VKEY],
    ['a hash too few', [...lines.slice(0, 3), ...lines.slice(4)].join('\n'), VKEY],
    ['hashes swapped', [...lines.slice(0, 3), lines[4], lines[3], ...lines.slice(5)].join('\n'), VKEY],
    ['another position', inclusion.replace('index 1', 'index 0'), VKEY],
    ['a position beyond', inclusion.replace('index 1', 'index 9007199254740993'), VKEY],
    ['base64 with other unused bits', inclusion.replace(lines[3], lines[3].replace('DQ=', 'DR=')), VKEY],
    ['base64 without padding', inclusion.replace(lines[3], lines[3].slice(0, -1)), VKEY],
    ['something behind', `${inclusion}x\n`, VKEY],
    ['carriage returns', inclusion.replaceAll('\n', '\r\n'), VKEY],
    ['another log\'s key', inclusion, other],
  ]) {
    await refused(proof.checkInclusion(text, vkey), what);
  }
  // A signature that anybody can make, for a key of small order, and one that is S + L.
  const weak = await note.vkeyOf('ledger.example/worked', unhex(`01${'00'.repeat(31)}`, 32, 'key'));
  const line = (id, signature) => `\u2014 ledger.example/worked ${bytes.base64(concat(id, signature))}\n`;
  const text = CHECKPOINT.split('\n\n')[0];
  const forged = concat(unhex(`01${'00'.repeat(31)}`, 32, 'r'), new Uint8Array(32));
  await refused(note.openCheckpoint(`${text}\n\n${line((await note.parseVkey(weak)).id, forged)}`, weak), 'small order');
  const signed = note.parseCheckpoint(CHECKPOINT).signatures[0];
  const order = unhex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 32, 'order');
  const twin = Uint8Array.from(signed.signature);
  let carry = 0;
  for (let at = 0; at < 32; at += 1) {
    carry += twin[32 + at] + order[at];
    twin[32 + at] = carry & 255;
    carry >>= 8;
  }
  await refused(note.openCheckpoint(`${text}\n\n${line(signed.id, twin)}`, VKEY), 'S + L');
  // Somebody else's signature beside it is passed over; a second one of the log's key is not.
  assert.equal((await note.openCheckpoint(CHECKPOINT + line(Uint8Array.of(1, 2, 3, 4), twin), VKEY)).size, 3);
  await refused(note.openCheckpoint(CHECKPOINT + line(signed.id, signed.signature), VKEY), 'twice');
});

let place;
before(() => {
  place = new Place();
  place.ok(['init', '--origin', 'ledger.test/browser']);
});
after(() => place.remove());

function randomValue(random, levels) {
  const kind = random(levels > 0 ? 8 : 6);
  const string = () => Array.from({ length: random(6) }, () => String.fromCodePoint([random(128), random(0xd800), 0xe000 + random(0x2000), 0x10000 + random(0x100000)][random(4)])).join('');
  switch (kind) {
    case 0: return String(random(2 ** 32) - 2 ** 31);
    case 1: return `${random(1000)}.${random(1_000_000)}e${random(40) - 30}`;
    case 2: return `-0.${'0'.repeat(random(9))}${random(999_999)}E-${random(300)}`;
    case 3: return ['true', 'false', 'null', '-0.0', '1e15', '0e9'][random(6)];
    case 6: return `[ ${Array.from({ length: random(4) }, () => randomValue(random, levels - 1)).join(' , ')} ]`;
    case 7: {
      const names = new Set(Array.from({ length: random(5) }, string));
      return `{${[...names].map((name) => `${JSON.stringify(name)} : ${randomValue(random, levels - 1)}`).join(' ,\n')}}`.replaceAll('\n', ' ');
    }
    default: return JSON.stringify(string());
  }
}

test('random JSON: the program and the modules write the same canonical text, and refuse the same', () => {
  const random = seeded(42);
  const texts = Array.from({ length: 400 }, (_, n) => `{"n${n}": ${randomValue(random, 4)}}`).filter((text) => {
    try {
      json.parse(text);
      return true;
    } catch {
      // A number beyond what a double tells apart: both must refuse it.
      const { status, stderr } = place.run(['append', 'note', '--data', '{"text":"t"}', '--private', text]);
      assert.notEqual(status, 0, text);
      assert.match(stderr, /LG_100/, text);
      return false;
    }
  });
  assert.ok(texts.length > 300, `${texts.length} texts`);
  const batch = place.file('batch.jsonl', texts.map((text) => `{"kind":"note","data":{"text":"t"},"private":${text}}\n`).join(''));
  place.ok(['append', '--unsigned', '--batch', batch]);
  const lines = place.ok(['log', '--json', '--last', String(texts.length)]).trimEnd().split('\n');
  lines.forEach((line, n) => assert.equal(entry.parseEvent(line).private.text, json.canonical(json.parse(texts[n])), texts[n]));
  for (const text of ['{"a":1,"a":1}', '{"a":"\\ud800"}', '{"a":9007199254740992}', '{"a":1e400}', '{"a":01}', '{"a":1,}', '{"a":"\\x41"}']) {
    assert.match(place.run(['append', 'note', '--data', '{"text":"t"}', '--private', text]).stderr, /LG_100/, text);
    assert.throws(() => json.parse(text), json.Wrong, text);
  }
});

test('a log of the program: entries, chain, inclusion and consistency; and what was altered', async () => {
  const { vkey, checkpoint, size } = place.json(['status']);
  const head = await note.openCheckpoint(checkpoint, vkey);
  assert.equal(head.size, size);
  const lines = place.ok(['log', '--json']).trimEnd().split('\n');
  const entries = lines.map((line) => entry.parseEvent(line));
  for (const [n, one] of entries.entries()) {
    await entry.checkPart(one, 'data');
    await entry.checkPart(one, 'private');
    if (n > 0) entry.checkLink(entries[n - 1], one);
  }
  for (const n of [0, 1, 255, 256, size - 1]) {
    const file = place.ok(['prove', 'inclusion', String(n)]);
    const checked = await proof.checkInclusion(file, vkey);
    assert.equal(checked.leafText, entries[n].text);
  }
  const root = async (n) => {
    const level = await Promise.all(entries.slice(0, n).map((one) => tree.leafHash(one.bytes)));
    const fold = async (hashes) => {
      if (hashes.length <= 1) return hashes[0];
      let k = 1;
      while (2 * k < hashes.length) k *= 2;
      return tree.nodeHash(await fold(hashes.slice(0, k)), await fold(hashes.slice(k)));
    };
    return level.length ? fold(level) : tree.emptyRoot();
  };
  for (const from of [0, 1, 5, 128, 255, 256, 257, size - 1]) {
    const text = place.ok(['prove', 'consistency', String(from), String(size)]);
    const older = { size: from, root: await root(from) };
    await proof.checkContinuation(text, older, head);
    // A history that was rewritten: the remembered root is another, or the proof is bent to it.
    const other = { size: from, root: await sha256(older.root) };
    await refused(proof.checkContinuation(text, other, head), `from ${from}, another root`);
    const bent = text.replace(hex(older.root), hex(other.root));
    await refused(proof.checkContinuation(bent, other, head), `from ${from}, bent`);
  }
  await refused(proof.checkContinuation('', { size: size + 1, root: head.root }, head), 'cut back');
  await refused(proof.checkContinuation('', { size, root: await sha256() }, head), 'the same size, another root');
  await proof.checkContinuation('', head, head);

  const [line, before] = [lines.at(-1), entries.at(-2)];
  const patch = (change) => {
    const value = json.parse(line);
    change(value);
    return json.canonical(value);
  };
  const altered = entry.parseEvent(patch((v) => { v.data.text = 'other'; }));
  await refused(entry.checkPart(altered, 'data'), 'altered data');
  const salted = entry.parseEvent(patch((v) => { v.datasalt = 'ab'.repeat(32); }));
  await refused(entry.checkPart(salted, 'data'), 'another salt');
  const bare = entry.parseEvent(patch((v) => { delete v.private; delete v.privatesalt; }));
  await refused(entry.checkPart(bare, 'private'), 'a part that is not shown');
  const relinked = entry.parseEvent(patch((v) => { v.prevhash = 'ab'.repeat(32); }));
  assert.throws(() => entry.checkLink(before, relinked), json.Wrong);
  for (const change of [
    (v) => { v.traceparent = 'x'; }, (v) => { delete v.actor; }, (v) => { v.time = '2026-02-30T00:00:00.000Z'; }, (v) => { v.sequence = '7'; },
    (v) => { v.dataversion = 1.5; }, (v) => { v.keyid = 'ab'.repeat(32); }, (v) => { v.subject = 'notes/..'; }, (v) => { v.type = 'note'; },
    (v) => { v.source = 'a"b'; }, (v) => { v.actor = 'gid-1'; }, (v) => { v.specversion = '1.1'; }, (v) => { v.id = 'notes/12'; },
  ]) {
    assert.throws(() => entry.parseEvent(patch(change)), json.Wrong, String(change));
  }
  assert.throws(() => entry.parseEvent(` ${line}`), json.Wrong);
});

test('a key made here enrols itself by a code, and signs intents that the program takes', async () => {
  const { origin, logid } = place.json(['status']);
  place.ok(['agents', 'register', 'GID-H02', '--human', '--name', 'Grace Hopper']);
  const { code } = place.json(['key', 'offer', 'GID-H02', '--label', 'a browser']);
  const open = place.json(['key', 'list']).offers;
  assert.deepEqual(open.map((offer) => offer.code_digest), [await intent.enrolmentDigest(intent.enrolmentCode(` ${code.toLowerCase()}`))]);
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const signer = await intent.signerOf(pair.privateKey, key);
  const stream = 'registry';
  const event = { type: 'enrolment.used', version: 1 };
  const wanted = (data) => ({ kind: 'enrol_key', event, stream, actor: 'GID-H02', data });
  const send = (body) => place.run(['append', '--batch', place.file('intent.jsonl', `${JSON.stringify(body)}\n`), '--json']);
  const data = { gid: 'GID-H02', key: hex(key), code: intent.enrolmentCode(code) };
  const signed = await intent.signIntent(wanted(data), { origin, logid }, signer);
  const forged = { ...signed, data: { ...data, key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a' } };
  assert.match(send(forged).stderr + send(forged).stdout, /LG_123/);
  assert.match(send({ ...signed, id: 'another' }).stdout + send({ ...signed, id: 'another' }).stderr, /LG_123/);
  const done = send(signed);
  assert.equal(done.status, 0, done.stderr);
  assert.equal(JSON.parse(done.stdout).events[0].type, 'enrolment.used');
  const text = { about: '\u20ac', text: 'signed by a key that never leaves the browser: \u{1f511}' };
  const by = { kind: 'note', event: { type: 'note.recorded', version: 1 }, stream: 'notes', actor: 'GID-H02', data: text };
  assert.equal(send(await intent.signIntent(by, { origin, logid }, signer)).status, 0);
  assert.equal(place.run(['verify']).status, 0);
  const last = entry.parseEvent(place.ok(['log', '--json', '--last', '1']).trimEnd());
  await entry.checkSignature(last.leaf, key);
  for (const wrong of ['', code.slice(1), `${code}0`, code.replace(/^./, 'U')]) assert.equal(intent.enrolmentCode(wrong), null, wrong);
});

test('children of an O-PDO, in both profiles, as the program proves them', async () => {
  const child = (n) => `{"pdo_id":"PDO-CODY-${n}","agent_name":"C\u00f6dy \u{1f511}\u007f${n}","agent_gid":"GID-0${n}","sub_pac_id":"Sub-PAC-CODY-P${n}",`
    + `"ber_id":"BER-CODY-P${n}","status":"VALIDATED","pdo_hash":"${String(n).padStart(16, '0')}","task_count":${n + 1},`
    + `"quality_score":${['0.95', '1', '1.0', '0.00001', '1e-3'][n % 5]},"created_at":"2025-12-26T06:00:00Z"}`;
  for (const profile of ['rfc6962', 'p69']) {
    for (const count of [1, 2, 3, 5, 8]) {
      const children = place.file('children.json', `{"pac_orch_id":"PAC-BENSON-P1","children":[${Array.from({ length: count }, (_, n) => child(n)).join(',')}]}`);
      const composed = place.ok(['opdo', 'compose', '--profile', profile, children]);
      const sealed = place.ok(['opdo', 'seal', '-'], composed);
      const final = place.ok(['opdo', 'finalize', '-', '--review', 'BER-HUMAN-1'], sealed);
      for (const document of [sealed, final]) {
        for (let n = 0; n < count; n += 1) {
          const text = place.ok(['opdo', 'prove', '-', '--child', `PDO-CODY-${n}`], document);
          const checked = await opdo.checkChild(text);
          assert.equal(checked.leafCount, count);
          await refused(opdo.checkChild(text.replace(`PDO-CODY-${n}`, 'PDO-CODY-9')), 'another child');
          await refused(opdo.checkChild(text.replace(/"merkle_root"( ?: ?)"./, '"merkle_root"$1"z')), 'no root');
          if (document === final) await refused(opdo.checkChild(text.replace(/"final_hash"( ?: ?)"[^"]*"/, `"final_hash"$1"${'ab'.repeat(32)}"`)), 'another final hash');
        }
      }
    }
  }
});

test('what Python wrote, byte for byte', async () => {
  const vectors = (name) => json.parse(readFileSync(join(SHARED, 'vectors', name)), { numerals: true });
  let compared = 0;
  for (const one of JSON.parse(readFileSync(join(SHARED, 'vectors/opdo_p69_canonical.json'), 'utf8')).cases) {
    // Numbers by their spelling; those that no ledger takes are left out.
    const spelled = (name) => new RegExp(`"${name}": ([-+.0-9e]+)[,}]`).exec(one.canonical)?.[1];
    const numbers = ['quality_score', 'task_count'].map(spelled);
    if (!numbers.every((text) => text !== undefined && !(Number.isInteger(Number(text)) && !Number.isSafeInteger(Number(text))))) continue;
    const [quality_score, task_count] = numbers.map((text) => new json.Numeral(text));
    const { agent_gid, ber_id, pdo_id, sub_pac_id } = one.child;
    assert.equal(opdo.pythonJson({ agent_gid, ber_id, pdo_id, quality_score, sub_pac_id, task_count }), one.canonical, one.name);
    compared += 1;
  }
  assert.ok(compared >= 8, `${compared} cases`);
  for (const one of vectors('opdo_p69_merkle.json').cases.filter((c) => c.children?.length > 0)) {
    const hashes = await Promise.all(one.children.map((child) => opdo.childHash(child, 'p69')));
    assert.deepEqual(hashes.map(hex).sort(), one.leaf_hashes_sorted, one.name);
  }
});
