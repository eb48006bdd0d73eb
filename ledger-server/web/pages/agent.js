// One actor: who it is, what it holds, what it did last.

import { get, query, seg } from '../core/api.js';
import { h } from '../core/dom.js';
import { count, plainWord } from '../core/format.js';
import { watch } from '../core/watch.js';
import { entryList } from '../parts/entry.js';
import { empty, entryLink, hash, head, pacLink, pairs, section, table } from '../parts/parts.js';
import { state } from '../parts/state.js';
import { lanes } from './agents.js';

/** Entries that are shown. */
const NEWEST = 25;

export async function page({ main, params, signal, title }) {
  const { gid } = params;
  title(gid);
  const load = async () => {
    const [actor, entries] = await Promise.all([
      get(`/v1/agents/${seg(gid)}`, { signal }),
      get(query('/v1/entries', { actor: gid, order: 'desc', limit: NEWEST }), { signal }),
    ]);
    return { actor, entries: entries.entries };
  };
  const draw = ({ actor, entries }) => [
    head(actor.name ? `${actor.gid} ${actor.name}` : actor.gid, {
      over: [plainWord(actor.kind), actor.admin && ', admin'],
      states: [actor.retired ? state('RETIRED') : state('ACTIVE', { tone: 'idle' })],
    }),
    h('div', { class: 'columns', 'data-key': 'who' },
      section('Registered as', { key: 'as' }, pairs([
        ['Lanes', actor.lanes.length > 0 ? lanes(actor) : 'none'],
        ['Since', entryLink(actor.since)],
        ['Entries', actor.entries !== undefined && h('a', { href: query('/log', { actor: gid }) }, count(actor.entries))],
      ])),
      section('Keys', { key: 'keys' }, actor.keys.length === 0
        ? h('p', { class: 'soft' }, 'None: what it appends is asserted, or vouched for by a token.')
        : table('Keys', [
          { name: 'Key id', first: true, cell: (k) => hash(k.keyid, { label: 'the key id' }) },
          { name: 'Public key', cell: (k) => hash(k.key, { label: 'the public key' }) },
          { name: 'Since', cell: (k) => entryLink(k.since) },
          { name: 'State', cell: (k) => (k.until === undefined ? state('ACTIVE', { tone: 'idle' }) : [state('RETIRED'), ' in ', entryLink(k.until)]) },
        ], actor.keys, (k) => k.keyid))),
    actor.nodes !== undefined && actor.kind === 'agent' && section('Holds', { key: 'holds', note: 'nodes of PACs that are open' }, actor.nodes.length === 0
      ? h('p', { class: 'soft' }, 'No node of an open PAC.')
      : table('Nodes', [
        { name: 'Node', first: true, cell: (n) => n.node_id },
        { name: 'State', cell: (n) => state(n.state) },
        { name: 'PAC', wide: true, cell: (n) => pacLink(n.pac_id) },
        { name: 'Sub-PAC', wide: true, cell: (n) => n.sub_pac_id && h('code', {}, n.sub_pac_id) },
      ], actor.nodes, (n) => `${n.pac_id} ${n.node_id}`)),
    section('What it did last', { key: 'entries', actions: entries.length > 0 && h('a', { href: query('/log', { actor: gid }) }, 'All of it') },
      entries.length === 0 ? empty('Nothing yet', 'It is registered, and has appended nothing.', `ledger append note --actor ${gid} --data '{"text":"ready"}'`) : entryList('Newest entries', entries)),
  ];
  await watch({ main, signal, load, draw, concerns: (e) => e.actor === gid || e.subject === 'registry' || e.subject.startsWith('pac/') });
}
