// The composite of an O-PDO as a tree, and the way of one child to its root.
//
// Invariant: inner hashes are computed here from the leaves, and the way from the proof that the ledger gave: two sources that must meet.
// Source: docs/format.md, "Composite proofs".

import { h, s } from '../core/dom.js';
import { shortHash } from '../core/format.js';

/** Leaves up to which the whole tree is drawn. */
export const DRAWN = 24;

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16));
const hexOf = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, '0')).join('');

/** The node over two hashes, in the profile's way. */
async function over(profile, left, right) {
  const input = profile === 'p69' ? new TextEncoder().encode(left + right) : Uint8Array.of(1, ...bytes(left), ...bytes(right));
  return hexOf(await crypto.subtle.digest('SHA-256', input));
}

/** The tree over these leaves: `{hash, first, count, left?, right?}`. The original profile fills up with copies of the last one. */
export function treeOf(profile, leaves) {
  const full = profile === 'p69' ? 2 ** Math.ceil(Math.log2(leaves.length)) : leaves.length;
  return build(profile, [...leaves, ...Array(full - leaves.length).fill(leaves.at(-1))], 0);
}

async function build(profile, leaves, first) {
  if (leaves.length === 1) return { hash: leaves[0], first, count: 1 };
  const half = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  const [left, right] = await Promise.all([build(profile, leaves.slice(0, half), first), build(profile, leaves.slice(half), first + half)]);
  return { hash: await over(profile, left.hash, right.hash), first, count: leaves.length, left, right };
}

/** The way up: `[{side, sibling, hash}]`, a step a level, and whether it leads to the root. */
export async function wayUp({ profile, index, leaf_count: count, hashes, merkle_root: root }, leaf) {
  const steps = [];
  let hash = leaf;
  let [n, last] = [index, profile === 'p69' ? 2 ** Math.ceil(Math.log2(count)) - 1 : count - 1];
  for (const sibling of hashes) {
    const left = n % 2 === 1 || n === last;
    hash = left ? await over(profile, sibling, hash) : await over(profile, hash, sibling);
    while (left && n % 2 === 0 && n > 0) [n, last] = [n >> 1, last >> 1];
    [n, last] = [n >> 1, last >> 1];
    steps.push({ side: left ? 'left' : 'right', sibling, hash });
  }
  return { steps, leads: hash === root && last === 0 };
}

const LEAF = 104;
const LEVEL = 58;

/** The tree as a picture; `index` is the chosen leaf, `names` what leaves are called. */
export function treePicture(tree, { index, names }) {
  const deep = (t) => (t.left ? 1 + Math.max(deep(t.left), deep(t.right)) : 0);
  const depth = deep(tree);
  const [width, height] = [tree.count * LEAF, depth * LEVEL + 62];
  const onWay = (t) => index !== undefined && index >= t.first && index < t.first + t.count;
  const marks = [];
  const draw = (t, level, parent, sibling) => {
    const x = t.left ? (draw(t.left, level + 1, t, t.right) + draw(t.right, level + 1, t, t.left)) / 2 : (t.first + 0.5) * LEAF;
    t.x = x;
    t.y = t.left ? level * LEVEL + 18 : depth * LEVEL + 18;
    t.kind = onWay(t) ? 'way' : sibling && onWay(sibling) && index !== undefined ? 'sibling' : '';
    return x;
  };
  draw(tree, 0);
  const wires = (t) => (t.left ? [t.left, t.right].flatMap((c) => [s('path', { class: `limb ${c.kind}`, d: `M${t.x} ${t.y + 11}C${t.x} ${(t.y + c.y) / 2} ${c.x} ${(t.y + c.y) / 2} ${c.x} ${c.y - 11}` }), ...wires(c)]) : []);
  const boxes = (t) => {
    marks.push(s('g', { class: `hashbox ${t.kind}` },
      s('title', {}, t.hash), s('rect', { x: t.x - 44, y: t.y - 11, width: 88, height: 22, rx: 3 }),
      s('text', { x: t.x, y: t.y + 4 }, shortHash(t.hash, 8)),
      !t.left && names[t.first] && s('text', { class: 'leafname', x: t.x, y: t.y + 26 }, names[t.first])));
    if (t.left) [t.left, t.right].forEach(boxes);
  };
  boxes(tree);
  return h('div', { class: 'graph-room tree', role: 'group', tabindex: 0, 'aria-label': 'Tree of the composite; the way of the chosen child stands below in words' },
    s('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, wires(tree), marks));
}
