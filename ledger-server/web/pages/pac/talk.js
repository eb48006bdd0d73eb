// What a PAC consists of beside its work: reviews, channels and messages, violations, and the order itself.

import { seg } from '../../core/api.js';
import { h } from '../../core/dom.js';
import { count, duration, plainWord, plural } from '../../core/format.js';
import { actor, empty, entryLink, hash, pairs, section, table, when } from '../../parts/parts.js';
import { state } from '../../parts/state.js';

export function reviews(pac) {
  const { open, challenges, given, failures } = pac.reviews;
  const readers = Object.entries(open);
  const sealed = pac.opdos.at(-1)?.state === 'SEALED';
  if (!sealed && readers.length + challenges.length + given.length === 0) return null;
  return section('Reviews', { key: 'reviews', actions: sealed && h('a', { href: `/reviews/${seg(pac.pac_id)}` }, 'Review') },
    readers.length > 0 && h('p', {}, readers.map(([gid, since], n) => [n > 0 && ', ', actor(gid), ' reads since ', entryLink(since)])),
    given.length === 0 && challenges.length === 0
      ? empty('Nobody has reviewed it yet', 'A human who took no part reads what is sealed, answers a question drawn from it, and signs a verdict.', `ledger review ${pac.pac_id}`)
      : table('Verdicts', [
        { name: 'Verdict', first: true, cell: (r) => state(r.verdict) },
        { name: 'Reviewer', cell: (r) => actor(r.reviewer) },
        { name: 'Remarks', wide: true, cell: (r) => r.remarks },
        { name: 'Answered after', number: true, cell: (r) => duration(r.latency_ms) },
        { name: 'Packet', cell: (r) => hash(r.digest, { label: 'the digest of the packet' }) },
        { name: 'Entry', number: true, cell: (r) => entryLink(r.sequence) },
      ], given, (r) => r.sequence),
    challenges.length > 0 && h('details', { 'data-key': 'challenges' }, h('summary', {}, plural(challenges.length, 'challenge')),
      table('Challenges', [
        { name: 'Outcome', first: true, cell: (c) => state(c.outcome) },
        { name: 'Reviewer', cell: (c) => actor(c.reviewer) },
        { name: 'Questions', wide: true, cell: (c) => c.question_types.map(plainWord).join(', ') },
        { name: 'Answered after', number: true, cell: (c) => c.latency_ms !== undefined && duration(c.latency_ms) },
        { name: 'Entry', number: true, cell: (c) => entryLink(c.sequence) },
      ], challenges, (c) => c.id)),
    Object.keys(failures).length > 0 && h('p', { class: 'soft' }, 'Challenges failed since the last unlocking: ', Object.entries(failures).map(([gid, n], i) => [i > 0 && ', ', actor(gid), `: ${n}`]), '. Three lock out.'));
}

export function talk(pac) {
  if (pac.channels.length + pac.messages.length === 0) return null;
  return section('Channels and messages', { key: 'talk', note: `${plural(pac.channels.length, 'channel')}, ${plural(pac.messages.length, 'message')}` },
    pac.channels.length > 0 && table('Channels', [
      { name: 'Channel', first: true, cell: (c) => h('code', {}, c.channel_id) },
      { name: 'Members', cell: (c) => c.members.map((m, n) => [n > 0 && ', ', actor(m)]) },
      { name: 'About', wide: true, cell: (c) => c.purpose },
      { name: 'Declared in', cell: (c) => entryLink(c.sequence) },
    ], pac.channels, (c) => c.channel_id),
    pac.messages.length > 0 && table('Messages', [
      { name: 'From', cell: (m) => actor(m.from) },
      { name: 'To', cell: (m) => m.to.map((g, n) => [n > 0 && ', ', actor(g)]) },
      { name: 'By', cell: (m) => (m.channel_id ? h('code', {}, m.channel_id) : 'a data edge') },
      { name: 'About', wide: true, cell: (m) => m.about },
      { name: 'Digest', cell: (m) => hash(m.digest, { label: 'the digest' }) },
      { name: 'Entry', cell: (m) => entryLink(m.sequence) },
    ], pac.messages, (m) => m.sequence));
}

export function violations(pac, { resolve }) {
  if (pac.violations.length === 0) return null;
  const open = new Set(pac.gateway.open_violations.map((v) => v.sequence));
  return section('Violations', {
    key: 'violations', note: open.size > 0 ? `${count(open.size)} open` : 'none open',
    actions: open.size > 0 && resolve && h('button', { type: 'button', onclick: resolve }, 'Resolve'),
  },
  table('Violations', [
    { name: 'Code', first: true, cell: (v) => h('code', { class: 'nowrap' }, v.code) },
    { name: 'State', cell: (v) => state(open.has(v.sequence) ? 'BLOCKING' : v.blocked ? 'RESOLVED' : 'RECORDED', { label: open.has(v.sequence) ? 'Blocks' : v.blocked ? 'Resolved' : 'Refused' }) },
    { name: 'Actor', cell: (v) => actor(v.actor) },
    { name: 'What was wrong', wide: true, cell: (v) => v.message },
    { name: 'Entry', number: true, cell: (v) => entryLink(v.sequence) },
  ], pac.violations, (v) => v.sequence));
}

export function orderOf(pac) {
  const checks = pac.gateway_checks;
  const list = (items, empty = undefined) => (items?.length ? items.map((i, n) => [n > 0 && ', ', h('code', {}, i)]) : empty);
  return section('The order', { key: 'order' },
    h('div', { class: 'columns' },
      pairs([
        ['Requester', actor(pac.requester)],
        ['Mode', plainWord(pac.mode)],
        ['Lanes', list(pac.lanes)],
        ['Paths', list(pac.scope.paths, 'no limit')],
        ['May', list(pac.scope.allowed_actions)],
        ['May not', list(pac.scope.forbidden_actions)],
        ['Inputs', pac.inputs.length > 0 && pac.inputs.map((i) => h('div', {}, i.name ?? i.path, ' ', hash(i.digest, { label: 'the digest' })))],
      ]),
      pairs([
        ['Issued', [entryLink(pac.issued.sequence), ' ', when(pac.issued.time)]],
        ['Requested', pac.gateway.request && [actor(pac.gateway.request.by), ' in ', entryLink(pac.gateway.request.sequence)]],
        ['Authority', checks?.authority && actor(checks.authority)],
        ['Governance', list(checks?.governance)],
        ['Assumptions', checks?.assumptions?.length > 0 && h('ul', {}, checks.assumptions.map((a) => h('li', {}, a)))],
        ['Activated', pac.activations.length > 0 && pac.activations.map((a, n) => [n > 0 && ', ', actor(a.agent_gid)])],
      ])));
}
