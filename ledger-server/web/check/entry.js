// Entries: event JSON, the leaf in it, and what the leaf commits to: docs/format.md §§1-5, 12.
//
// Not the rules of the ledger, and not who may sign. Invariant: the leaf that comes out is, byte for byte, the one that was hashed.

import { canonical, demand, parseCanonical, PART_DEPTH } from './json.js';
import { equal, hex, sha256, unhex, utf8 } from './bytes.js';
import { publicKey, verifies } from './ed25519.js';
import { blake3 } from './blake3.js';
import { leafHash } from './tree.js';

const MAX_LEAF = 65_535;
const HASH = /^[0-9a-f]{64}$/;
const NUMBER = /^[0-9]{16}$/;
const SEGMENT = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._:@+-]{1,128}';
const STREAM = `${SEGMENT}(?:/${SEGMENT}){0,3}`;
/** Members of a leaf in their order, and the form of each. */
const MEMBERS = new Map(Object.entries({
  actor: /^GID-[A-Z0-9-]{1,60}$/,
  auth: /^(?:asserted|token|signed)$/,
  cause: NUMBER,
  datahash: HASH,
  dataversion: null,
  id: new RegExp(`^${STREAM}/(?![0-9]+(?:/|$))${SEGMENT}(?:/[1-9][0-9]{0,8})?$`),
  keyid: HASH,
  logid: HASH,
  prevhash: HASH,
  privatehash: HASH,
  sequence: NUMBER,
  signature: /^[0-9a-f]{128}$/,
  source: /^[\x21\x23-\x2a\x2c-\x5b\x5d-\x7e]{1,200}$/,
  specversion: /^1\.0$/,
  subject: new RegExp(`^${STREAM}$`),
  subjectsequence: NUMBER,
  time: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/,
  type: /^[a-z0-9_]{1,32}(?:\.[a-z0-9_]{1,32}){1,3}$/,
}));
const OPTIONAL = new Set(['cause', 'keyid', 'logid', 'privatehash', 'signature']);
const SIGNED = ['actor', 'datahash', 'dataversion', 'id', 'keyid', 'logid', 'privatehash', 'source', 'subject', 'type'];

/** Checks the members of a leaf, and gives its text. */
function leafText(leaf) {
  for (const name of Object.keys(leaf)) demand(MEMBERS.has(name), `the leaf has a member ${JSON.stringify(name).slice(0, 40)}`);
  for (const [name, form] of MEMBERS) {
    const value = leaf[name];
    if (value === undefined) {
      demand(OPTIONAL.has(name), `the leaf lacks ${name}`);
    } else if (form) {
      demand(typeof value === 'string' && form.test(value), `${name} has another form`);
    } else {
      demand(Number.isInteger(value) && value >= 1 && value <= 65_535, `${name} has another form`);
    }
  }
  const instant = new Date(leaf.time);
  demand(!Number.isNaN(instant.getTime()) && instant.toISOString().endsWith(leaf.time), `time ${leaf.time} does not exist`);
  demand(leaf.subject.length <= 256, 'subject is too long');
  demand((leaf.keyid === undefined) === (leaf.signature === undefined), 'keyid and signature go together');
  const text = canonical(leaf);
  demand(text.length <= MAX_LEAF, 'the leaf is too long');
  return text;
}

/** Reads a leaf by itself, as proof files hold it. */
export function parseLeaf(text) {
  const leaf = parseCanonical(text, 'the leaf');
  demand(leaf !== null && typeof leaf === 'object' && !Array.isArray(leaf), 'the leaf is no object');
  demand(leafText(leaf) === text, 'the leaf has another form');
  return leaf;
}

function part(event, name) {
  const [value, salt] = [event[name], event[`${name}salt`]];
  if (value === undefined && salt === undefined) return null;
  if (value === null && salt === null) return { erased: true };
  demand(value !== null && typeof value === 'object' && !Array.isArray(value), `${name} is no object`);
  return { value, text: canonical(value, PART_DEPTH), salt: unhex(salt, 32, `${name}salt`) };
}

/** Reads a line of event JSON, which must be canonical: the leaf, its bytes, data and private part. */
export function parseEvent(input) {
  const event = parseCanonical(input, 'the entry');
  demand(event !== null && typeof event === 'object' && !Array.isArray(event), 'the entry is no object');
  const [data, secret] = [part(event, 'data'), part(event, 'private')];
  demand(data, 'the entry has no data');
  const leaf = Object.create(null);
  for (const name of Object.keys(event)) {
    if (!['data', 'datasalt', 'private', 'privatesalt'].includes(name)) leaf[name] = event[name];
  }
  const text = leafText(leaf);
  return { leaf, text, bytes: utf8(text), data, private: secret };
}

/** H256(domain || 0 || salt || part). */
export function commitment(name, salt, bytes) {
  return sha256(utf8(`ledger/${name}/v1\0`), salt, bytes);
}

/** What the leaf says of a part must be what the part yields. Gives the hash, or null where nothing is shown. */
export async function checkPart(entry, name) {
  const said = entry.leaf[`${name}hash`];
  const shown = entry[name];
  demand((said === undefined) === (shown === null), `${name}hash without its part, or a part without its hash`);
  if (shown === null || shown.erased) return null;
  const made = hex(await commitment(name, shown.salt, utf8(shown.text)));
  demand(made === said, `${name} is not what ${name}hash commits to`);
  return made;
}

/** What the actor signs: docs/format.md §4. */
export function signatureInput(leaf) {
  const signed = Object.create(null);
  for (const name of SIGNED) {
    if (leaf[name] !== undefined) signed[name] = leaf[name];
  }
  return utf8(`ledger-intent/v1\n${canonical(signed)}`);
}

/** Whether this key signed the entry. That the actor held it then is not in the entry. */
export async function checkSignature(leaf, key) {
  demand(leaf.signature !== undefined, 'the entry carries no signature');
  demand(hex(await sha256(key)) === leaf.keyid, 'the key is not that of keyid');
  const signature = unhex(leaf.signature, 64, 'signature');
  demand(await verifies(await publicKey(key), signatureInput(leaf), signature), 'the signature is not of this key');
}

/** The hash that the next entry's `prevhash` must be. */
export const chainHash = (bytes) => blake3(bytes);

/** Whether `next` is linked to `before`. */
export function checkLink(before, next) {
  demand(equal(blake3(before.bytes), unhex(next.leaf.prevhash, 32, 'prevhash')), 'prevhash is not the BLAKE3 of the leaf before');
}

export { leafHash };
