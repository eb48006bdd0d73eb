// What is due in a PAC, who does it, and the command that does.

import { seg } from '../../core/api.js';
import { h } from '../../core/dom.js';
import { command, empty, entryLink, section } from '../../parts/parts.js';
import { state } from '../../parts/state.js';

/** What is due that is shown before somebody asks for all. */
const FIRST = 6;

/** The command for what is due, where the one who is to act can type it. */
function commandFor(pac, { subject, state: now, due }) {
  const id = pac.pac_id;
  const node = subject.startsWith('node ') ? subject.slice(5) : undefined;
  if (subject === 'gateway') {
    if (now === 'BLOCKED') return `ledger pac resolve ${id} --reason "how it was dealt with"`;
    return due.includes('requests') ? `ledger pac request ${id}` : `ledger pac open ${id}`;
  }
  if (subject === 'graph') return `ledger pac graph new --pattern linear --agent GID-01,GID-02 | ledger pac graph ${id} --file -`;
  if (node !== undefined) {
    if (due.includes('issues its Sub-PAC')) return `ledger pac sub ${id} ${node}`;
    return {
      ISSUED: due.includes('dispatches') ? `ledger pac dispatch ${id} ${node}` : undefined,
      DISPATCHED: `ledger pac start ${id} ${node} --token @${node}.token`,
      EXECUTING: `ledger pac ber ${id} ${node} --token @${node}.token --status PASS --score 0.9 --task "what was done"`,
      BER_PENDING: `ledger pac accept ${id} ${node}`,
      PDO_PENDING: `ledger pac pdo ${id} ${node} --file result`,
      FAILED: `ledger pac retry ${id} ${node}`,
    }[now];
  }
  if (due.includes('composes')) return `ledger pac compose ${id}`;
  if (due.includes('seals')) return `ledger pac seal ${id}`;
  if (due.includes('reviews')) return `ledger review ${id}`;
  if (due.includes('finalizes')) return `ledger pac finalize ${id}`;
  if (due.includes('WRAP')) return `ledger pac wrap ${id}`;
  return undefined;
}

/** `resolve` opens the dialog that resolves what blocks the gateway; what is past (`now` is false) is shown without anything to do. */
export function due(pac, { now, resolve }) {
  const items = pac.open_items;
  const reads = (item) => item.due === 'a human reviews it';
  // The ledger names what is to come first; alone it would read as if it had come.
  const waits = (item) => item.state === 'ISSUED' && !commandFor(pac, item);
  const row = (item) => h('li', { 'data-key': `${item.subject} ${item.since ?? ''}` },
    h('div', { class: 'due-what' }, state(item.state), h('strong', {}, item.subject),
      h('span', {}, waits(item) && 'waits until ', item.due), item.since !== undefined && h('span', { class: 'faint nowrap' }, 'since ', entryLink(item.since))),
    now && commandFor(pac, item) && command(commandFor(pac, item)),
    now && item.state === 'BLOCKED' && item.subject === 'gateway' && h('button', { class: 'primary', type: 'button', onclick: resolve }, 'Resolve'),
    now && reads(item) && h('a', { class: 'button', href: `/reviews/${seg(pac.pac_id)}` }, 'Review it'));
  const list = (rows) => h('ol', { class: 'due' }, rows.map(row));
  return section('What is next', { key: 'next', note: items.length > 1 ? `${items.length} things` : undefined },
    items.length === 0 && (pac.closure ? closed(pac) : empty('Nothing is due', 'The ledger knows of no step that is missing.')),
    items.length > 0 && list(items.slice(0, FIRST)),
    items.length > FIRST && h('details', { 'data-key': 'more' }, h('summary', {}, `${items.length - FIRST} more`), list(items.slice(FIRST))));
}

function closed({ closure }) {
  return h('p', {}, state(closure.how), ' ',
    closure.wrap_id ? ['by ', h('code', {}, closure.wrap_id), '. Nothing is due any more; entry ', entryLink(closure.sequence), '.'] : [`because ${closure.reason}; entry `, entryLink(closure.sequence), '.']);
}
