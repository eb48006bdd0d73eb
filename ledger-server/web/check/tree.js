// The tree of RFC 6962 with SHA-256: leaves, nodes, and what the two proofs lead to.
//
// Not a judgement of sizes and roots: those are of a checkpoint whose signature somebody checked. Invariant: position and size fix the number
// of hashes, and a proof with another number is refused.

import { demand } from './json.js';
import { equal, sha256 } from './bytes.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (leaf) => sha256(LEAF, leaf);
export const nodeHash = (left, right) => sha256(NODE, left, right);
export const emptyRoot = () => sha256();

/** The largest power of two below `size`, which is at least 2. */
function split(size) {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}

/** The root that an inclusion proof leads to; `join` is how the tree joins two nodes. */
export async function rootByInclusion(index, size, leaf, path, join = nodeHash) {
  demand(Number.isSafeInteger(index) && index >= 0 && index < size, 'the proof is of an entry behind the end');
  if (size === 1) {
    demand(path.length === 0, 'the proof is too long');
    return leaf;
  }
  demand(path.length > 0, 'the proof is too short');
  const [k, rest, last] = [split(size), path.slice(0, -1), path[path.length - 1]];
  return index < k
    ? join(await rootByInclusion(index, k, leaf, rest, join), last)
    : join(last, await rootByInclusion(index - k, size - k, leaf, rest, join));
}

/** Both roots that a consistency proof leads to; `oldRoot` is null where a subtree is not the whole old tree. */
export async function rootsByConsistency(from, to, oldRoot, path) {
  demand(Number.isSafeInteger(from) && from > 0 && from <= to, 'the proof is between other sizes');
  if (from === to) {
    demand(path.length === (oldRoot ? 0 : 1), 'the proof has a wrong length');
    return [oldRoot ?? path[0], oldRoot ?? path[0]];
  }
  demand(path.length > 0, 'the proof is too short');
  const [k, rest, last] = [split(to), path.slice(0, -1), path[path.length - 1]];
  if (from <= k) {
    const [before, after] = await rootsByConsistency(from, k, oldRoot, rest);
    return [before, await nodeHash(after, last)];
  }
  const [before, after] = await rootsByConsistency(from - k, to - k, null, rest);
  return [await nodeHash(last, before), await nodeHash(last, after)];
}

/** That the log of `from` entries with root `old` is the beginning of that of `to` entries with root `present`. */
export async function checkConsistency(from, to, old, present, path) {
  if (from === 0) {
    demand(path.length === 0 && equal(old, await emptyRoot()), 'the empty log is the beginning of any, without hashes');
    return;
  }
  const [before, after] = await rootsByConsistency(from, to, old, path);
  demand(equal(before, old) && equal(after, present), 'the hashes do not lead from one root to the other');
}
