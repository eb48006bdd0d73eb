// Proof of one child of an O-PDO, in both profiles: docs/format.md §14.
//
// Not a judgement of the statement: whoever checks knows the final hash, or root and leaf count, from a source that they trust. Invariant: the
// number of leaves comes from there, never from the proof.

import { canonical, demand, Numeral, parse } from './json.js';
import { equal, hex, sha256, unhex, utf8 } from './bytes.js';
import { leafHash, nodeHash, rootByInclusion } from './tree.js';

const CHILD = ['agent_gid', 'agent_name', 'ber_id', 'created_at', 'dependencies', 'pdo_hash', 'pdo_id', 'quality_score', 'status',
  'sub_pac_id', 'task_count'];
const P69_CHILD = ['agent_gid', 'ber_id', 'pdo_id', 'quality_score', 'sub_pac_id', 'task_count'];
const P69_FINAL = ['human_review_ber_id', 'merkle_root', 'opdo_id', 'pac_orch_id', 'sealed_at'];
const MAX_CHILDREN = 10_000;

/** Python's `json.dumps` of a string: ASCII alone. */
function pythonString(text) {
  const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, escaped);
}

/** Python's text of a number by its spelling: an integer as its digits, all else as a float. */
function pythonNumber({ text, value }) {
  if (!/[.eE]/.test(text)) return text === '-0' ? '0' : text;
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    const digits = mantissa.replace(/[-.]/g, '');
    const fixed = power >= 0 ? value.toString() : `${value < 0 ? '-' : ''}0.${'0'.repeat(-power - 1)}${digits}`;
    return fixed.includes('.') ? fixed : `${fixed}.0`;
  }
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Python's `json.dumps(x, sort_keys=True)` of an object of strings and numbers. */
export function pythonJson(object) {
  const item = (value) => (value instanceof Numeral ? pythonNumber(value) : pythonString(value));
  const members = Object.keys(object).sort((a, b) => (a < b ? -1 : 1));
  return `{${members.map((name) => `${pythonString(name)}: ${item(object[name])}`).join(', ')}}`;
}

/** Leaf hash of a child whose numbers keep their spelling. */
export async function childHash(child, profile) {
  if (profile === 'p69') {
    const bound = Object.fromEntries(P69_CHILD.map((name) => [name, child[name]]));
    return sha256(utf8(pythonJson(bound)));
  }
  const bound = Object.fromEntries(CHILD.map((name) => [name, name === 'dependencies' ? child[name] ?? [] : child[name]]));
  return leafHash(utf8(canonical({ ...bound, type: 'ledger/opdo-child/v1' })));
}

const hexPair = (left, right) => sha256(utf8(hex(left) + hex(right)));

/** The root that a child's proof leads to. */
export async function childRoot(profile, index, leafCount, leaf, path) {
  if (profile === 'rfc6962') return rootByInclusion(index, leafCount, leaf, path, nodeHash);
  let width = 1;
  while (width < leafCount) width *= 2;
  demand(index < leafCount, 'the proof is of a child behind the end');
  // Padded to a full tree, in which every leaf is as deep as the tree is high.
  return rootByInclusion(index, width, leaf, path, hexPair);
}

async function finalHash(statement, profile, leafCount) {
  if (profile === 'p69') {
    const bound = Object.fromEntries(P69_FINAL.map((name) => [name, statement[name]]));
    return sha256(utf8(pythonJson({ ...bound, child_count: new Numeral(String(leafCount)) })));
  }
  return sha256(utf8(canonical({ ...statement, type: 'ledger/opdo-final/v1' })));
}

/** Checks what `ledger opdo prove` and the API give; gives leaf, root, and the hashes at each level of the way up. */
export async function checkChild(text) {
  const proof = parse(text, { numerals: true });
  demand(proof !== null && typeof proof === 'object' && proof.type === 'ledger/opdo-child-proof/v1', 'this is no proof of a child');
  const known = ['type', 'profile', 'child', 'index', 'leaf_count', 'hashes', 'merkle_root', 'statement', 'final_hash'];
  demand(Object.keys(proof).every((name) => known.includes(name)), 'the proof has other members');
  demand(['rfc6962', 'p69'].includes(proof.profile), 'the profile is not known');
  demand(proof.child !== null && typeof proof.child === 'object', 'the proof names no child');
  demand(Object.keys(proof.child).every((name) => CHILD.includes(name)), 'the child has other members');
  const [index, count] = [proof.index?.value, proof.leaf_count?.value];
  demand(Number.isInteger(count) && count >= 1 && count <= MAX_CHILDREN, 'the number of children has another form');
  demand(Number.isInteger(index) && index >= 0 && index < count, 'the proof is of a child behind the end');
  demand(Array.isArray(proof.hashes) && proof.hashes.length < 15, 'the proof has another form');
  const path = proof.hashes.map((hash) => unhex(hash, 32, 'a hash'));
  const root = unhex(proof.merkle_root, 32, 'merkle_root');
  const leaf = await childHash(proof.child, proof.profile);
  demand(equal(await childRoot(proof.profile, index, count, leaf, path), root), 'the hashes do not lead to the root');
  demand((proof.statement === undefined) === (proof.final_hash === undefined), 'statement and final hash go together');
  if (proof.statement !== undefined) {
    const { statement } = proof;
    demand(statement.merkle_root === proof.merkle_root && statement.leaf_count?.value === count, 'the statement is of another tree');
    demand(hex(await finalHash(statement, proof.profile, count)) === proof.final_hash, 'the final hash is not the statement\'s');
  }
  return { profile: proof.profile, index, leafCount: count, leaf, path, root, finalHash: proof.final_hash ?? null };
}
