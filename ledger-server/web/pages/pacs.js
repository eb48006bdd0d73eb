// All PACs, a row each; the newest on top.

import { newest } from '../core/api.js';
import { h } from '../core/dom.js';
import { count, plural } from '../core/format.js';
import { note } from '../core/router.js';
import { watch } from '../core/watch.js';
import { pacTable } from '../parts/pacs.js';
import { choices, empty, head, section } from '../parts/parts.js';

/** Rows that are shown at first; "more" adds as many. */
const STEP = 200;

export async function page({ main, query: given, signal, title }) {
  title('PACs');
  let which = given.get('show') ?? 'open';
  let shown = STEP;

  const load = () => newest('/v1/pacs', { open: { open: 'true', closed: 'false' }[which] }, 'pacs', { signal });
  let view;
  const choose = (value) => {
    which = value;
    shown = STEP;
    note({ show: value === 'open' ? undefined : value });
    view.refresh();
  };
  const draw = (rows) => [
    head('PACs', { lead: 'A PAC is the order for a piece of work: its gateway, its graph, its reports, and the proof that closes it.' }),
    listing(rows, which, choose, shown, () => {
      shown += STEP;
      view.redraw();
    }),
  ];
  view = await watch({ main, signal, load, draw, concerns: (e) => e.subject.startsWith('pac/') });
}

function listing(rows, which, choose, shown, more) {
  const named = { open: 'Open', closed: 'Closed', all: 'All' };
  return section(`${named[which] ?? 'All'} PACs`, {
    key: 'pacs', note: plural(rows.length, 'PAC'),
    actions: choices('Which PACs', Object.entries(named), which, choose),
  },
  rows.length === 0 ? nothing(which) : pacTable('PACs', rows.slice(0, shown)),
  rows.length > shown && h('p', {}, h('button', { type: 'button', onclick: more }, `Show more of ${count(rows.length)}`)));
}

function nothing(which) {
  if (which === 'closed') return empty('No PAC was closed yet', 'A PAC is closed by its WRAP, or given up with a reason.', 'ledger pac wrap PAC-1', 'ledger pac abandon PAC-1 --reason "the product was withdrawn"');
  return empty(which === 'open' ? 'No PAC is open' : 'There is no PAC', 'Work begins with an order: what is to be reached, in which lanes, and where.', 'ledger pac issue PAC-1 --objective "a faster search" --lane EXECUTION --path src', 'ledger pac open PAC-1');
}
