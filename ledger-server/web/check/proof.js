// Proof files: docs/format.md §9.
//
// Not a source of trust: the file brings a verifier key for convenience, and the caller says which one counts. Invariant: what comes out was
// checked against a checkpoint that this key signed; a file with anything more or less in it is refused.

import { demand, parseCanonical } from './json.js';
import { equal, hex, unbase64, unhex, utf8 } from './bytes.js';
import { openCheckpoint, parseSize } from './note.js';
import { checkConsistency, emptyRoot, leafHash, rootByInclusion } from './tree.js';
import { parseLeaf } from './entry.js';

/** Hashes of the longest path: a tree of 2^63 entries. */
const MAX_HASHES = 63;

/** Reads a `c2sp.org/tlog-proof@v1` file; nothing is verified yet. */
export function parseInclusion(text) {
  const end = text.indexOf('\n\n');
  demand(end > 0, 'the proof file has no checkpoint');
  const [head, note] = [text.slice(0, end), text.slice(end + 2)];
  const [version, extra, index, ...hashes] = head.split('\n');
  demand(version === 'c2sp.org/tlog-proof@v1', 'the proof file is of another kind');
  demand(extra?.startsWith('extra ') && index?.startsWith('index '), 'the proof file has another form');
  demand(hashes.length <= MAX_HASHES, 'the proof file has too many hashes');
  const said = parseCanonical(unbase64(extra.slice(6), 'extra'), 'extra');
  const members = said !== null && typeof said === 'object' ? Object.keys(said).sort().join() : '';
  demand(members === 'leaf,vkey' && typeof said.leaf === 'string' && typeof said.vkey === 'string', 'extra has other members');
  const path = hashes.map((line) => {
    const hash = unbase64(line, 'a hash');
    demand(hash.length === 32, 'a hash has not 32 bytes');
    return hash;
  });
  return { index: parseSize(index.slice(6)), leafText: said.leaf, leaf: parseLeaf(said.leaf), vkey: said.vkey, path, note };
}

/** Checks a proof file with a verifier key that is known from elsewhere. */
export async function checkInclusion(text, vkey) {
  const proof = parseInclusion(text);
  demand(proof.vkey === vkey, 'the proof is for another verifier key');
  const checkpoint = await openCheckpoint(proof.note, vkey);
  demand(Number(proof.leaf.sequence) === proof.index, 'the leaf says another position');
  const leaf = await leafHash(utf8(proof.leafText));
  const root = await rootByInclusion(proof.index, checkpoint.size, leaf, proof.path);
  demand(equal(root, checkpoint.root), "the hashes do not lead to the checkpoint's root");
  return { ...proof, leafHash: leaf, checkpoint };
}

const MEMBERS = ['from', 'from_root', 'hashes', 'to', 'to_root', 'type', 'vkey'];

/** Reads what `/v1/proofs/consistency` gives. */
export function parseConsistency(text) {
  const proof = parseCanonical(text.replace(/\n$/, ''), 'the proof');
  demand(proof !== null && typeof proof === 'object', 'the proof is no object');
  const members = Object.keys(proof).filter((name) => name !== 'checkpoint').sort();
  demand(members.join() === MEMBERS.join(), 'the proof has other members');
  demand(proof.type === 'ledger/consistency-proof/v1', 'the proof is of another kind');
  demand(Array.isArray(proof.hashes) && proof.hashes.length <= MAX_HASHES, 'the proof has another form');
  demand(Number.isSafeInteger(proof.from) && proof.from >= 0 && Number.isSafeInteger(proof.to), 'the sizes have another form');
  const root = (name) => unhex(proof[name], 32, name);
  const path = proof.hashes.map((hash) => unhex(hash, 32, 'a hash'));
  return { from: proof.from, to: proof.to, fromRoot: root('from_root'), toRoot: root('to_root'), path, vkey: proof.vkey };
}

/** That the log under `older` is the beginning of the log under `newer`: two checkpoints that were opened. */
export async function checkContinuation(text, older, newer) {
  if (older.size === newer.size) {
    demand(equal(older.root, newer.root), `two logs of ${older.size} entries were signed, with different roots`);
    return;
  }
  demand(older.size < newer.size, `the log was cut back from ${older.size} to ${newer.size} entries`);
  const proof = parseConsistency(text);
  demand(proof.from === older.size && proof.to === newer.size, 'the proof is between other sizes');
  const same = equal(proof.fromRoot, older.root) && equal(proof.toRoot, newer.root);
  demand(same, `the log of ${older.size} entries had root ${hex(older.root)}, and the server proves another`);
  await checkConsistency(older.size, newer.size, older.root, newer.root, proof.path);
}

export { emptyRoot };
