// Who is trusted with what, by whom, and a question: may somebody do something?

import { get, query, seg } from '../core/api.js';
import { h } from '../core/dom.js';
import { count, plainWord, plural } from '../core/format.js';
import { note } from '../core/router.js';
import { watch } from '../core/watch.js';
import { actor, choices, empty, entryLink, failure, hash, head, jump, pairs, section, table, when } from '../parts/parts.js';
import { state } from '../parts/state.js';

/** Rows of a table that are shown before somebody asks for more. */
const STEP = 100;
/** What a question consists of, in the address as in the API. */
const ASKED = ['agent', 'action', 'level', 'resource', 'cost'];
const LEVELS = ['quick', 'standard', 'full'];
const DECLARE = 'ledger trust authority declare GID-H01 --purpose "the house itself"';
const ESTABLISH = 'ledger trust establish GID-01 --capability "read_*" --constraint budget_limit=100';

export async function page({ main, query: given, signal, title }) {
  title('Trust');
  const from = (params) => Object.fromEntries(ASKED.map((name) => [name, params.get(name) ?? '']));
  // What is being typed, and what was asked.
  const typed = from(given);
  typed.level ||= 'standard';
  let asked = typed.agent && typed.action ? { ...typed } : undefined;
  const looks = { which: given.get('show') ?? 'all', agents: STEP, trees: STEP, authorities: STEP };
  let view;
  const load = async () => {
    const [{ agents }, { trees }, { authorities }, answer] = await Promise.all([
      get('/v1/trust/status', { signal }), get('/v1/trust/trees', { signal }), get('/v1/trust/authorities', { signal }), asked && verify(asked, signal),
    ]);
    return { agents, trees, authorities, answer };
  };
  const more = (name) => () => {
    looks[name] += STEP;
    view.redraw();
  };
  const choose = (value) => {
    looks.which = value;
    note({ show: value === 'all' ? undefined : value });
    view.redraw();
  };
  const ask = (event) => {
    event.preventDefault();
    asked = Object.fromEntries(ASKED.map((name) => [name, typed[name].trim()]));
    note({ ...asked, level: asked.level === 'standard' ? undefined : asked.level });
    view.refresh();
  };
  const draw = ({ agents, trees, authorities, answer }) => {
    const names = new Map(agents.map((a) => [a.gid, a.name]));
    const declared = authorities.some((a) => a.until === undefined);
    return [
      head('Trust', { lead: 'An authority vouches for an agent, and the agent passes some of it on. A grant is good while everything that it rests on is.' }),
      jump([['agents', 'Who is trusted'], ['trees', 'Grant trees'], ['authorities', 'Authorities'], ['ask', 'May somebody do something?']]),
      trusted(agents, declared, looks, choose, more('agents')),
      forest(trees, declared, names, looks.trees, more('trees')),
      vouching(authorities, names, looks.authorities, more('authorities')),
      section('May somebody do something?', { key: 'ask', note: 'an answer of the ledger as it is now; nothing is recorded' },
        form(typed, agents, ask),
        asked && answer && result(answer, names)),
    ];
  };
  view = await watch({ main, signal, load, draw, concerns: (e) => e.subject === 'registry' || e.subject.startsWith('trust/') || e.subject.startsWith('heartbeat/') });
}

/** The answer; a question that is refused does not take the page away. */
async function verify(question, signal) {
  try {
    return await get(query('/v1/trust/verify', question), { signal });
  } catch (problem) {
    if (signal.aborted || problem.status === 401 || problem.status === undefined) throw problem;
    return { problem };
  }
}

const codes = (words) => words.map((word, n) => [n > 0 && ', ', h('code', {}, word)]);
const moreOf = (all, shown, more) => all > shown && h('p', {}, h('button', { type: 'button', onclick: more }, `Show more of ${count(all)}`));
/** A grant, where its tree is shown. */
const grantLink = (root, grant) => h('a', { href: query(`/trust/${seg(root)}`, { grant: grant === root ? undefined : grant }) }, grant);

function trusted(agents, declared, looks, choose, more) {
  const held = agents.filter((a) => a.grants.length > 0);
  const rows = looks.which === 'grants' ? held : [...held, ...agents.filter((a) => a.grants.length === 0)];
  return section('Who is trusted', {
    key: 'agents', note: `${count(agents.filter((a) => a.is_trusted).length)} of ${plural(agents.length, 'agent')}`,
    actions: choices('Which agents', [['all', 'All'], ['grants', 'With grants']], looks.which, choose),
  },
  held.length === 0 && empty('Nobody is trusted with anything', 'An agent is trusted once an authority has established it.', ...(declared ? [] : [DECLARE]), ESTABLISH),
  rows.length > 0 && table('Agents and what they are trusted with', [
    { name: 'Agent', first: true, cell: (a) => actor(a.gid, a.name) },
    { name: 'State', cell: (a) => (a.is_trusted ? state('ACTIVE', { label: 'Trusted' }) : state('NONE', { label: 'Not trusted' })) },
    { name: 'Posture', cell: (a) => plainWord(a.posture) },
    { name: 'Capabilities', wide: true, cell: (a) => codes(a.capabilities) },
    { name: 'Constraints', wide: true, cell: (a) => codes(a.constraints) },
    { name: 'Good grants', number: true, cell: (a) => a.grants.length > 0 && `${count(a.grants.filter((g) => g.state === 'ACTIVE').length)} of ${count(a.grants.length)}` },
    { name: 'Heartbeat', cell: (a) => when(a.heartbeat) },
  ], rows.slice(0, looks.agents), (a) => a.gid),
  moreOf(rows.length, looks.agents, more));
}

function forest(trees, declared, names, shown, more) {
  return section('Grant trees', { key: 'trees', note: plural(trees.length, 'tree') },
    trees.length === 0
      ? empty('There is no grant tree', declared ? 'An authority plants one when it vouches for an agent.' : 'Only an authority can plant one. An admin declares who is one.', ...(declared ? [] : [DECLARE]), ESTABLISH)
      : table('Grant trees', [
        { name: 'Root grant', first: true, cell: (g) => grantLink(g.root, g.grant_id) },
        { name: 'State', cell: (g) => state(g.state) },
        { name: 'Holder', cell: (g) => actor(g.holder, names.get(g.holder)) },
        { name: 'Authority', cell: (g) => actor(g.author, names.get(g.author)) },
        { name: 'Capabilities', wide: true, cell: (g) => codes(g.capabilities.map((c) => c.capability)) },
        { name: 'Grants below', number: true, cell: (g) => count(g.below) },
        { name: 'Entry', number: true, cell: (g) => entryLink(g.entry) },
      ], trees.slice(0, shown), (g) => g.root),
    moreOf(trees.length, shown, more));
}

function vouching(authorities, names, shown, more) {
  return section('Authorities', { key: 'authorities', note: 'who may vouch for agents' },
    authorities.length === 0
      ? empty('There is no authority', 'An admin declares an actor that has a key to be one; then it may vouch for agents.', DECLARE)
      : table('Authorities', [
        { name: 'Authority', first: true, cell: (a) => actor(a.gid, names.get(a.gid)) },
        { name: 'State', cell: (a) => (a.until === undefined ? state('ACTIVE', { tone: 'idle' }) : state('WITHDRAWN')) },
        { name: 'Purpose', wide: true, cell: (a) => a.purpose },
        { name: 'Permissions', wide: true, cell: (a) => codes(a.permissions) },
        { name: 'Declared in', number: true, cell: (a) => entryLink(a.since) },
        { name: 'Withdrawn in', number: true, cell: (a) => a.until !== undefined && entryLink(a.until) },
      ], authorities.slice(0, shown), (a) => a.gid),
    moreOf(authorities.length, shown, more));
}

function form(typed, agents, ask) {
  const type = (name) => (event) => (typed[name] = event.currentTarget.value);
  const field = (name, label, props) => h('label', { for: `t-${name}` }, label,
    h('input', { id: `t-${name}`, name, value: typed[name], autocomplete: 'off', spellcheck: 'false', maxlength: 1_000, oninput: type(name), ...props }));
  return h('form', { class: 'controls', 'data-key': 'question', 'aria-label': 'Question', onsubmit: ask },
    field('agent', 'Agent', { list: 't-agents', required: true, placeholder: 'GID-01' }),
    h('datalist', { id: 't-agents' }, agents.map((a) => h('option', { value: a.gid, 'data-key': a.gid }, a.name))),
    field('action', 'Action', { required: true, placeholder: 'read_invoices' }),
    h('label', { for: 't-level' }, 'Level', h('select', { id: 't-level', name: 'level', onchange: type('level') },
      LEVELS.map((level) => h('option', { value: level, selected: typed.level === level }, level)))),
    field('resource', 'Resource', { placeholder: 'a path or a URI, if any' }),
    field('cost', 'Cost', { inputmode: 'decimal', placeholder: 'if any' }),
    h('button', { type: 'submit', class: 'primary' }, 'Ask'));
}

const reasons = (caption, root, rows) => table(caption, [
  { name: 'Code', first: true, cell: (r) => [h('code', { class: 'nowrap' }, r.code), h('div', { class: 'soft small' }, plainWord(r.name))] },
  { name: 'Grant', cell: (r) => r.grant_id && (root ? grantLink(root, r.grant_id) : r.grant_id) },
  { name: 'What is wrong', wide: true, cell: (r) => r.message },
], rows);

function result(a, names) {
  if (a.problem) return failure(a.problem);
  const limits = Object.keys(a.constraints).length > 0;
  return h('div', { class: 'card stack', 'data-key': 'answer', 'aria-live': 'polite' },
    h('header', { class: 'due-what' }, a.valid ? state('PASSED', { label: 'May' }) : state('REJECTED', { label: 'May not' }),
      h('span', {}, actor(a.agent, names.get(a.agent)), a.valid ? ' may ' : ' may not ', h('code', {}, a.action), a.grant_id && [a.valid ? ' by ' : '; judged by ', grantLink(a.root, a.grant_id)], '.')),
    pairs([
      ['Level', plainWord(a.level)],
      ['Posture', plainWord(a.posture)],
      ['Effective constraints', limits ? [codes(a.effective_constraints), h('details', { 'data-key': 'constraints' }, h('summary', {}, 'Whole'), h('pre', { class: 'json', tabindex: 0 }, JSON.stringify(a.constraints, null, 2)))] : a.valid && 'none'],
      ['Chain hash', hash(a.chain_hash, { label: 'the chain hash' })],
      ['Anchors', a.anchors !== undefined && count(a.anchors)],
      ['As of', a.size > 0 && ['entry ', entryLink(a.size - 1)]],
    ]),
    a.reasons.length > 0 && h('div', { 'data-key': 'reasons' }, h('h3', {}, 'Reasons'), reasons('Reasons', a.root, a.reasons)),
    a.chain.length > 0 && h('div', { 'data-key': 'chain' }, h('h3', {}, 'Chain, up to the root'), table('Chain', [
      { name: 'Grant', first: true, cell: (g) => grantLink(a.root, g.grant_id) },
      { name: 'Holder', cell: (g) => actor(g.holder, names.get(g.holder)) },
      { name: 'Given by', cell: (g) => actor(g.author, names.get(g.author)) },
      { name: 'Depth', number: true, cell: (g) => g.depth },
      { name: 'Entry', number: true, cell: (g) => entryLink(g.entry) },
    ], a.chain, (g) => g.grant_id)),
    a.considered?.length > 0 && h('details', { 'data-key': 'considered' }, h('summary', {}, `${plural(a.considered.length, 'other grant')} considered`),
      a.considered.map((c) => h('div', { 'data-key': c.grant_id }, h('h3', {}, grantLink(c.root, c.grant_id)), reasons(`Reasons of ${c.grant_id}`, c.root, c.reasons)))));
}
