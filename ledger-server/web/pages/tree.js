// One grant tree: who gave what to whom, as a picture and grant by grant.

import { get, seg } from '../core/api.js';
import { h } from '../core/dom.js';
import { count, plainWord, plural } from '../core/format.js';
import { note } from '../core/router.js';
import { watch } from '../core/watch.js';
import { bringIntoView, graphPicture } from '../parts/graph.js';
import { actor, entryLink, head, pairs, section, table, when } from '../parts/parts.js';
import { state } from '../parts/state.js';

/** Grants that are drawn at most. */
const DRAWN = 60;
/** Rows of a table that are shown before somebody asks for more. */
const STEP = 100;
/** Longest id that is kept on one line. */
const SHORT = 24;
/** Steps by which a row stands further right at most. */
const DEEPEST = 6;

export async function page({ main, params, query: given, signal, title }) {
  const { root } = params;
  title(root);
  const looks = { chosen: given.get('grant') ?? root, shown: STEP, wrong: STEP };
  let view;
  const load = async () => {
    const [{ grants }, { actors }, { authorities }] = await Promise.all([
      get(`/v1/trust/trees/${seg(root)}`, { signal }), get('/v1/agents', { signal }), get('/v1/trust/authorities', { signal }),
    ]);
    return { grants: downwards(grants), given: grants, names: new Map(actors.map((a) => [a.gid, a.name])), authorities };
  };
  const choose = (id) => {
    looks.chosen = id;
    note({ grant: id === root ? undefined : id });
    view.redraw();
  };
  const more = (name) => () => {
    looks[name] += STEP;
    view.redraw();
  };
  const draw = ({ grants, given: inOrder, names, authorities }) => {
    const first = grants[0];
    return [
      head(root, {
        over: [h('a', { href: '/trust' }, 'Trust'), ', grant tree'],
        states: [state(first.state)],
        lead: ['Authority ', actor(first.author, names.get(first.author)), ' vouches for ', actor(first.holder, names.get(first.holder)), '. Whatever rests on a grant ends with it.'],
      }),
      picture(inOrder, names, authorities.find((a) => a.gid === first.author), looks.chosen, choose, main.clientWidth),
      all(grants, names, looks.shown, more('shown')),
      wrong(grants.filter((g) => g.reasons.length > 0), looks.wrong, more('wrong')),
    ];
  };
  view = await watch({ main, signal, load, draw, concerns: (e) => e.subject === 'registry' || e.subject === `trust/${root}` });
  bringIntoView(main);
  // A broad tree is higher than the room for it.
  const room = main.querySelector('.graph-room');
  const node = room?.querySelector('.node[aria-pressed="true"]');
  if (node) room.scrollTop = node.offsetTop + node.offsetHeight / 2 - room.clientHeight / 2;
  addEventListener('resize', () => view.redraw(), { signal });
}

/** Each grant before what rests on it, and that before the next one beside it. */
function downwards(grants) {
  const below = new Map();
  for (const grant of grants) {
    if (!below.has(grant.parent)) below.set(grant.parent, []);
    below.get(grant.parent).push(grant);
  }
  const rows = [];
  const due = [...(below.get(undefined) ?? [])];
  while (due.length > 0) {
    const grant = due.pop();
    rows.push(grant);
    due.push(...(below.get(grant.grant_id) ?? []).toReversed());
  }
  return rows;
}

const codes = (words) => words.map((word, n) => [n > 0 && ', ', h('code', {}, word)]);
const moreOf = (all, shown, more) => all > shown && h('p', {}, h('button', { type: 'button', onclick: more }, `Show more of ${count(all)}`));
const used = ({ usage }) => [h('span', { class: 'nowrap' }, plural(usage.actions, 'action'), usage.spent !== '0' && ','), ' ', usage.spent !== '0' && h('span', { class: 'nowrap' }, `cost ${usage.spent}`)];

/** Names of what limits a grant, from the root down; whole by opening it. */
function constraints(grant) {
  const names = [...new Set(grant.capabilities.flatMap((c) => Object.keys(c.constraints)))].sort();
  if (names.length === 0) return 'none';
  // Where every capability is limited alike, once is enough.
  const whole = new Map(grant.capabilities.map((c) => [c.capability, JSON.stringify(c.constraints, null, 2)]));
  const alike = new Set(whole.values()).size === 1;
  return h('details', { 'data-key': 'constraints' }, h('summary', {}, codes(names)),
    alike ? json([...whole.values()][0]) : [...whole].map(([capability, text]) => [h('p', {}, h('code', {}, capability)), json(text)]));
}

const json = (text) => h('pre', { class: 'json', tabindex: 0 }, text);

function picture(grants, names, authority, chosen, choose, room) {
  const drawn = grants.slice(0, DRAWN);
  const top = drawn[0].author;
  const graph = {
    nodes: [
      { node_id: top, type: 'AUTHORITY', state: authority?.until === undefined ? 'DECLARED' : 'WITHDRAWN' },
      ...drawn.map((g) => ({ node_id: g.grant_id, type: 'AGENT_NODE', agent_gid: g.holder, agent_name: [g.holder, names.get(g.holder)].filter(Boolean).join(' '), state: g.state })),
    ],
    edges: drawn.map((g) => ({ from: g.parent ?? top, to: g.grant_id, type: 'GRANT' })),
  };
  const grant = grants.find((g) => g.grant_id === chosen) ?? (chosen === top ? undefined : grants[0]);
  return section('Who gave what to whom', { key: 'graph', note: grants.length > DRAWN ? `the first ${count(DRAWN)} of ${plural(grants.length, 'grant')}; the table has them all` : plural(grants.length, 'grant') },
    graphPicture(graph, { chosen: grant?.grant_id ?? top, choose, room }),
    grant ? detail(grant, names) : vouching(authority, top));
}

function vouching(authority, gid) {
  return h('div', { class: 'card', 'data-key': 'detail', 'aria-live': 'polite' },
    h('header', { class: 'detail-head' }, h('h3', {}, gid), state(authority?.until === undefined ? 'DECLARED' : 'WITHDRAWN')),
    authority && pairs([
      ['Authority', actor(gid)],
      ['Purpose', authority.purpose],
      ['Permissions', codes(authority.permissions)],
      ['Declared in', entryLink(authority.since)],
      ['Withdrawn in', authority.until !== undefined && entryLink(authority.until)],
    ]));
}

function detail(g, names) {
  return h('div', { class: 'card', 'data-key': 'detail', 'aria-live': 'polite' },
    h('header', { class: 'detail-head' }, h('h3', {}, g.grant_id), state(g.state)),
    h('div', { class: 'columns' },
      pairs([
        ['Holder', actor(g.holder, names.get(g.holder))],
        ['Given by', [actor(g.author, names.get(g.author)), ' in ', entryLink(g.entry)]],
        ['Rests on', g.parent ?? 'the word of the authority'],
        ['Task', g.task_id],
        ['Grants below', count(g.below)],
        ['Used', used(g)],
        ['Expires', when(g.expires_at)],
        [Date.parse(g.ends_at) > Date.now() ? 'Ends' : 'Ended', when(g.ends_at)],
        ['Changed in', g.amended.length > 0 && g.amended.map((n, i) => [i > 0 && ', ', entryLink(n)])],
      ]),
      pairs([
        ['Capabilities', g.capabilities.map((c) => h('div', {}, h('code', {}, c.capability), c.effect && ` (${plainWord(c.effect).toLowerCase()})`))],
        ['Constraints', constraints(g)],
        ['Own constraints', Object.keys(g.own_constraints).length > 0 ? codes(Object.keys(g.own_constraints)) : 'none'],
        ['Not good', g.reasons.length > 0 && h('ul', {}, g.reasons.map((r) => h('li', {}, h('code', {}, r.code), ` ${r.message}`)))],
      ])));
}

/** A grant as far right as it is below the root. */
function place({ grant_id: id, depth, task_id: task }) {
  return h('div', { css: { 'padding-left': `calc(${Math.min(depth, DEEPEST)} * var(--s4))` } },
    h('span', { class: id.length <= SHORT ? 'nowrap' : null }, depth > 0 && h('span', { class: 'faint', 'aria-hidden': 'true' }, '└ '), id),
    depth > 0 && h('span', { class: 'out-of-sight' }, `, ${depth} below the root`),
    task && h('div', { class: 'soft small' }, task));
}

function all(grants, names, shown, more) {
  return section('Grants', { key: 'grants', note: plural(grants.length, 'grant') },
    table('Grants, each above what rests on it', [
      { name: 'Grant', first: true, cell: (g) => place(g) },
      { name: 'State', cell: (g) => state(g.state) },
      { name: 'Holder', cell: (g) => actor(g.holder, names.get(g.holder)) },
      { name: 'Given by', cell: (g) => actor(g.author, names.get(g.author)) },
      { name: 'Capabilities', cell: (g) => codes(g.capabilities.map((c) => c.capability)) },
      { name: 'Constraints', wide: true, cell: (g) => constraints(g) },
      { name: 'Used', cell: (g) => used(g) },
      { name: 'Expires', cell: (g) => when(g.expires_at) },
      { name: 'Entry', number: true, cell: (g) => entryLink(g.entry) },
    ], grants.slice(0, shown), (g) => g.grant_id),
    moreOf(grants.length, shown, more));
}

function wrong(grants, shown, more) {
  if (grants.length === 0) return null;
  const rows = grants.flatMap((g) => g.reasons.map((r, n) => ({ ...r, of: g, n })));
  return section('Not good, and why', { key: 'wrong', note: plural(grants.length, 'grant') },
    table('Reasons', [
      { name: 'Grant', first: true, cell: (r) => r.of.grant_id },
      { name: 'State', cell: (r) => state(r.of.state) },
      { name: 'Code', cell: (r) => [h('code', { class: 'nowrap' }, r.code), h('div', { class: 'soft small' }, plainWord(r.name))] },
      { name: 'What is wrong', wide: true, cell: (r) => r.message },
    ], rows.slice(0, shown), (r) => `${r.of.grant_id} ${r.n}`),
    moreOf(rows.length, shown, more));
}
