// The packet as a person reads it: everything that is signed for, and nothing that is not.
//
// Invariant: what is shown comes from the very JSON whose digest is recomputed and signed. Lists say their length and number their items, because
// there are questions about both.

import { h } from '../core/dom.js';
import { plainWord } from '../core/format.js';
import { actor, entryLink, hash, pairs, section } from './parts.js';
import { state } from './state.js';

const words = (list) => (list?.length ? list.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ') : undefined);
const scope = (given) => [['Paths', words(given?.paths)], ['Actions allowed', words(given?.allowed_actions)], ['Forbidden', words(given?.forbidden_actions)]];
const prose = (text) => text && h('p', { class: 'prose' }, text);

/** A score with its decimals, as questions about it expect it. */
const score = (value) => (typeof value === 'number' ? (Number.isInteger(value) ? value.toFixed(1) : String(value)) : undefined);

function numbered(name, items = [], line) {
  return h('div', {}, h('h4', {}, `${name}: ${items.length}`), items.length > 0 && h('ol', {}, items.map((item) => h('li', {}, line(item)))));
}
const some = (name, items, line) => (items?.length ? numbered(name, items, line) : null);

export function packet({ pac = {}, opdo = {}, graph = {}, children = [], messages = [], violations = [] }, digest) {
  return h('div', { class: 'packet', 'data-key': 'packet' },
    section('The order', { key: 'order' }, pairs([
      ['PAC', h('code', {}, pac.pac_id)], ['Title', pac.title], ['Objective', prose(pac.objective)], ['Requested by', actor(pac.requester)], ['Lanes', words(pac.lanes)], ...scope(pac.scope),
      ['O-PDO', h('code', {}, opdo.opdo_id)], ['Sealed', opdo.sealed_at], ['Proof', opdo.profile], ['Merkle root', hash(opdo.merkle_root, { whole: true })], ['Packet', hash(digest, { whole: true })],
    ])),
    section('Who did what, after whom', { key: 'graph' },
      pairs([['Graph', h('code', {}, graph.graph_id)]]),
      h('ul', { class: 'plain' }, (graph.nodes ?? []).map((node) => h('li', {}, h('code', {}, node.node_id), node.type !== 'AGENT_NODE' && ` ${plainWord(node.type)}`, node.optional && ' optional', ' ', node.agent_gid && actor(node.agent_gid), ' ', node.state && state(node.state), node.waived && h('span', {}, ` waived: ${typeof node.waived === 'string' ? node.waived : JSON.stringify(node.waived)}`)))),
      h('ul', { class: 'plain soft' }, (graph.edges ?? []).map((edge) => h('li', {}, `${edge.from} before ${edge.to} (${edge.type})`)))),
    section(`Reports: ${children.length}`, { key: 'reports' }, children.map(report)),
    section(`Violations: ${violations.length}`, { key: 'broken' }, violations.length > 0 && h('ol', { class: 'plain' }, violations.map((one) => h('li', {}, entryLink(one.sequence), ` ${one.code} by ${one.actor}: ${one.message}`)))),
    section(`Messages: ${messages.length}`, { key: 'messages' }, messages.length > 0 && h('ol', { class: 'plain' }, messages.map((one) => h('li', {}, entryLink(one.sequence), ` ${one.from} to ${words(one.to)}: `, h('code', {}, one.digest))))));
}

function report(child) {
  return h('article', { class: 'report', 'data-key': child.sub_pac_id },
    h('h3', {}, child.sub_pac_id),
    pairs([
      ['Agent', h('span', {}, actor(child.agent_gid, child.agent_name), `, ${child.lane}`)], ['Attempt', child.attempt], ['Report', h('code', {}, child.ber_id)], ['PDO', h('code', {}, child.pdo_id)],
      ['Content hash', h('code', {}, child.pdo_hash)], ['Quality score', score(child.quality_score)], ...scope(child.scope), ['Summary', prose(child.summary)], ['Actions taken', words(child.actions)],
    ]),
    numbered('Tasks', child.tasks, (one) => [one.task, ' ', one.result && state(one.result)]),
    numbered('Files', child.outputs, (one) => [h('code', {}, one.path), ' ', h('code', { class: 'soft' }, one.digest)]),
    some('Inputs', child.inputs, line), some('Evidence', child.evidence, line),
    some('Violations', child.violations, (one) => `${one.severity} ${one.code}: ${one.message}`),
    some('Past attempts', child.past_attempts, (one) => `attempt ${one.attempt} ${one.ber_id ?? ''}: ${one.reason ?? ''}`));
}

const line = (one) => (typeof one === 'string' ? one : Object.values(one).filter((v) => v !== null).map((v) => (typeof v === 'string' ? v : JSON.stringify(v))).join('  '));
