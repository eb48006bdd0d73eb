// PACs in rows, as `ledger pac list` has them.

import { h } from '../core/dom.js';
import { plainWord, plural } from '../core/format.js';
import { actor, pacLink, table, when } from './parts.js';
import { state } from './state.js';

/** How much of the work is done: a bar and its numbers. */
export function progress(done, total) {
  if (total === 0) return h('span', { class: 'faint' }, 'no graph');
  return h('span', { class: 'done' },
    h('progress', { max: total, value: done, 'aria-label': `${done} of ${plural(total, 'node')} done` }), h('span', { class: 'nowrap' }, `${done} of ${total}`));
}

export function gateway(row, before = '') {
  const word = row.open_violations > 0 ? `Blocked by ${row.open_violations}` : plainWord(row.gateway);
  // An open gateway is how it should be, and needs no colour.
  return state(row.gateway, { label: before ? before + word.toLowerCase() : word, tone: row.gateway === 'OPEN' ? 'idle' : undefined });
}

const columns = (at) => [
  { name: 'PAC', first: true, wide: true, cell: (r) => [pacLink(r.pac_id, at), r.title && h('div', { class: 'soft' }, r.title)] },
  { name: 'Phase', cell: (r) => [state(r.phase), r.not_understood !== undefined && h('div', { class: 'faint' }, `entry ${r.not_understood} is not understood`)] },
  { name: 'Gateway', cell: (r) => gateway(r) },
  { name: 'Nodes done', cell: (r) => progress(r.nodes_done, r.nodes_total) },
  { name: 'O-PDO', cell: (r) => r.opdo && state(r.opdo) },
  { name: 'Requester', cell: (r) => actor(r.requester) },
  { name: 'Issued', cell: (r) => when(r.issued.time) },
  { name: 'Last step', cell: (r) => when(r.last.time) },
];

export const pacTable = (caption, rows, { without = [], at } = {}) => table(caption, columns(at).filter((c) => !without.includes(c.name)), rows, (r) => r.pac_id);
