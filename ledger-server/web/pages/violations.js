// Recorded attempts to break a rule: those that block a gateway first, with their resolution.

import { newest } from '../core/api.js';
import { h } from '../core/dom.js';
import { count, plainWord, plural } from '../core/format.js';
import { note } from '../core/router.js';
import { watch } from '../core/watch.js';
import { actor, choices, command, empty, entryLink, head, pacLink, section, table, when } from '../parts/parts.js';
import { resolveDialog } from '../parts/resolve.js';
import { state } from '../parts/state.js';

/** Rows that are kept at most. */
const MOST = 2_000;
/** Rows that are shown before somebody asks for more. */
const STEP = 100;

const rowsOf = (open, signal) => newest('/v1/violations', { open }, 'violations', { signal, most: MOST });

export async function page({ main, query: given, signal, title }) {
  title('Violations');
  let which = given.get('show') ?? 'all';
  let shown = STEP;
  let view;
  const load = async () => {
    const [open, all] = await Promise.all([rowsOf('true', signal), which === 'open' ? [] : rowsOf(undefined, signal)]);
    return { open, all };
  };
  const choose = (value) => {
    which = value;
    shown = STEP;
    note({ show: value === 'all' ? undefined : value });
    view.refresh();
  };
  const draw = ({ open, all }) => {
    const rows = which === 'open' ? open : all;
    return [
      head('Violations', { lead: 'An attempt that breaks a rule changes nothing, and is recorded. A grave one, by somebody who takes part, blocks the gateway of its PAC until it is resolved.' }),
      open.length > 0 && blocked(open, view),
      section('Recorded', {
        key: 'recorded', note: plural(rows.length, 'violation'),
        actions: choices('Which violations', [['all', 'All'], ['open', 'Open']], which, choose),
      },
      rows.length === 0
        ? empty(which === 'open' ? 'Nothing is blocked' : 'No rule was broken', which === 'open' ? 'Every gateway that was opened is open.' : 'Attempts that the rules refuse will stand here, with their code and who made them. To see what a code means:', ...(which === 'open' ? [] : ['ledger explain GS_207']))
        : list(rows.slice(0, shown)),
      rows.length > shown && h('p', {}, h('button', { type: 'button', onclick: () => {
        shown += STEP;
        view.redraw();
      } }, `Show more of ${count(rows.length)}`))),
    ];
  };
  view = await watch({ main, signal, load, draw, concerns: (e) => ['violation.recorded', 'gateway.resolved', 'pac.abandoned', 'wrap.emitted'].includes(e.type) });
}

/** By PAC, because a resolution names all that are open. */
function blocked(open, view) {
  const groups = Map.groupBy ? Map.groupBy(open, (v) => v.pac_id) : new Map([...new Set(open.map((v) => v.pac_id))].map((id) => [id, open.filter((v) => v.pac_id === id)]));
  return section('Blocked gateways', { key: 'blocked', note: plural(groups.size, 'PAC') },
    h('ol', { class: 'due' }, [...groups].map(([id, rows]) => h('li', { 'data-key': id ?? '-' },
      h('div', {},
        h('div', { class: 'due-what' }, state('BLOCKED'), id ? pacLink(id) : 'no PAC'),
        h('ul', { class: 'plain' }, rows.map((v) => h('li', {}, entryLink(v.sequence), ' ', h('code', {}, v.code), ' of ', actor(v.actor), h('span', { class: 'soft' }, `: ${v.message}`))))),
      id && command(`ledger pac resolve ${id} --reason "how it was dealt with"`),
      id && h('button', { class: 'primary', type: 'button', onclick: () => resolveDialog(id, rows, () => view.refresh()) }, 'Resolve')))));
}

const list = (rows) => table('Violations', [
  { name: 'Code', first: true, cell: (v) => [h('code', { class: 'nowrap' }, v.code), v.name && h('div', { class: 'soft small' }, plainWord(v.name))] },
  { name: 'State', cell: (v) => (v.open ? state('BLOCKED', { label: 'Blocks' }) : v.resolved_by !== undefined ? [state('RESOLVED'), ' ', entryLink(v.resolved_by)] : state('REFUSED')) },
  { name: 'Severity', cell: (v) => h('span', { class: v.severity === 'CRITICAL' ? 'strong' : 'soft' }, plainWord(v.severity)) },
  { name: 'Actor', cell: (v) => actor(v.actor) },
  { name: 'Tried', cell: (v) => h('code', {}, v.kind) },
  { name: 'What was wrong', wide: true, cell: (v) => [v.message, v.pac_id && h('div', {}, pacLink(v.pac_id))] },
  { name: 'Entry', number: true, cell: (v) => entryLink(v.sequence) },
  { name: 'When', cell: (v) => when(v.time) },
], rows, (v) => v.sequence);
