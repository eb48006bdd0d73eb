// Everyone who may act: agents, services, humans; as they are now.

import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { plainWord, plural } from '../core/format.js';
import { note } from '../core/router.js';
import { watch } from '../core/watch.js';
import { actor, choices, command, entryLink, head, section, table } from '../parts/parts.js';
import { state } from '../parts/state.js';

const KINDS = { all: 'All', agent: 'Agents', service: 'Services', human: 'Humans' };

export async function page({ main, query: given, signal, title }) {
  title('Agents');
  let kind = given.get('kind') ?? 'all';
  let view;
  const choose = (value) => {
    kind = value;
    note({ kind: value === 'all' ? undefined : value });
    view.redraw();
  };
  const draw = ({ actors }) => {
    const rows = actors.filter((a) => kind === 'all' || a.kind === kind);
    return [
      head('Agents', { lead: 'The registry is data in the log: who may act, in which lanes, and with which keys.' }),
      section(KINDS[kind] ?? 'All', { key: 'actors', note: plural(rows.length, 'actor'), actions: choices('Which', Object.entries(KINDS), kind, choose) },
        rows.length === 0 ? nothing(kind) : table('Actors', [
          { name: 'GID', first: true, cell: (a) => actor(a.gid, a.name) },
          { name: 'Kind', cell: (a) => [plainWord(a.kind), a.admin && h('span', { class: 'faint' }, ', admin')] },
          { name: 'State', cell: (a) => (a.retired ? state('RETIRED') : state('ACTIVE', { tone: 'idle' })) },
          { name: 'Lanes', wide: true, cell: (a) => lanes(a) },
          { name: 'Keys', number: true, cell: (a) => a.keys.filter((k) => k.until === undefined).length || 'none' },
          { name: 'Since', number: true, cell: (a) => entryLink(a.since) },
        ], rows, (a) => a.gid)),
      section('Register another', { key: 'more' }, command('ledger agents register GID-13 --name NOVA --lane EXECUTION')),
    ];
  };
  view = await watch({ main, signal, load: () => get('/v1/agents', { signal }), draw, concerns: (e) => e.subject === 'registry' });
}

export const lanes = (a) => a.lanes.map((lane, n) => [n > 0 && ', ', lane === a.primary_lane ? h('strong', { title: 'primary lane' }, plainWord(lane)) : plainWord(lane)]);

function nothing(kind) {
  const how = { service: 'ledger agents register GID-S01 --service --name SCHEDULER', human: 'ledger agents register GID-H02 --human --name Grace', agent: 'ledger agents register GID-13 --name NOVA --lane EXECUTION' }[kind];
  return h('div', { class: 'empty' }, h('h3', {}, 'Nobody of this kind'), h('p', {}, 'Agents and services are registered by the orchestrator or an admin, humans by an admin alone.'), how && command(how));
}
