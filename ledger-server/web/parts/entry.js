// An entry in a list: its number, type, actor, and the gist of what it says.

import { h, lazy } from '../core/dom.js';
import { count, plural, sequenceOf, shortHash } from '../core/format.js';
import { actor, entryLink, when } from './parts.js';

const TONES = {
  'violation.recorded': 'bad', 'ber.rejected': 'bad', 'sub_pac.failed': 'bad', 'pac.abandoned': 'skipped', 'opdo.voided': 'skipped',
  'gateway.resolved': 'good', 'opdo.finalized': 'good', 'wrap.emitted': 'good', 'ber.accepted': 'good', 'opdo.sealed': 'waiting',
};

/** The id of a Sub-PAC without that of its PAC, which stands before it. */
const part = (d) => (d.sub_pac_id?.startsWith(`Sub-${d.pac_id}-`) ? d.sub_pac_id.slice(`Sub-${d.pac_id}-`.length) : d.sub_pac_id);

// What each type says in a few words, from its data; others show their stream.
const GISTS = {
  'log.created': (d) => d.origin,
  'access_token.issued': (d) => [`${d.gid} as ${d.role}`, d.label].filter(Boolean).join(', '),
  'note.recorded': (d) => d.text,
  'artifact.recorded': (d) => d.name,
  'pac.issued': (d) => d.title ?? d.objective,
  'violation.recorded': (d) => `${d.code}: ${d.message}${d.count > 1 ? ` (${d.count} times)` : ''}`,
  'gateway.resolved': (d) => d.reason,
  'agent.registered': (d) => [d.gid, d.name].filter(Boolean).join(' '),
  'human.registered': (d) => [d.gid, d.name].filter(Boolean).join(' '),
  'enrolment.offered': (d) => [d.gid, d.label].filter(Boolean).join(', '),
  'enrolment.withdrawn': (d) => d.reason,
  'enrolment.used': (d) => d.gid,
  'sub_pac.issued': (d) => [d.node_id, d.agent_gid].filter(Boolean).join(' for '),
  'sub_pac.failed': (d) => d.reason,
  'sub_pac.waived': (d) => d.reason,
  'agent.activated': (d) => d.agent_gid,
  'sub_pac.retried': part,
  'graph.declared': (d) => plural(d.nodes.length, 'node'),
  'channel.declared': (d) => d.purpose ?? d.channel_id,
  'dispatch.authorized': part,
  'token.issued': part,
  'token.used': part,
  'execution.started': part,
  'ber.submitted': (d) => [part(d), d.status, d.quality_score].filter((x) => x !== undefined).join(', '),
  'ber.accepted': (d) => d.ber_id,
  'ber.rejected': (d) => d.reason,
  'message.sent': (d) => d.about ?? d.channel_id,
  'pdo.recorded': part,
  'opdo.voided': (d) => d.reason,
  'proof.recorded': (d) => `root ${shortHash(d.merkle_root)}`,
  'review.verdict_given': (d) => [d.verdict, d.remarks].filter(Boolean).join(': '),
  'wrap.bound': (d) => d.wrap_id,
  'pac.abandoned': (d) => d.reason,
  'history.imported': (d) => `${d.format} ${d.index}, ${d.verdict}`,
};

const toneOfType = (type) => TONES[type] ?? 'idle';

/** A few words, of any entry; its data may be missing after an erasure. */
function gist(entry) {
  let text;
  try {
    text = entry.data && GISTS[entry.type]?.(entry.data);
  } catch {
    text = undefined;
  }
  const pac = entry.subject?.startsWith('pac/') ? entry.subject.slice(4) : undefined;
  return [pac, text].filter(Boolean).join(' · ') || entry.subject || '';
}

/** A row; an entry never changes, and neither does its row. */
function entryRow(entry, arrived) {
  const n = sequenceOf(entry);
  return lazy('li', { class: `entry${arrived ? ' arrived' : ''}`, 'data-key': `e${n}` }, n, () => [
    h('span', { class: 'number' }, entryLink(n)),
    h('span', { class: 'type', 'data-tone': toneOfType(entry.type), title: entry.type }, entry.type),
    h('span', { class: 'by' }, actor(entry.actor)),
    h('span', { class: 'says', title: gist(entry) }, gist(entry)),
    h('span', { class: 'when' }, when(entry.time)),
  ]);
}

/** A list of entries as they come; their numbers stand under each other. */
export function entryList(label, entries, arrivedFrom = Infinity) {
  const widest = Math.max(0, ...entries.slice(0, 1).concat(entries.slice(-1)).map((e) => count(sequenceOf(e)).length));
  return h('ol', { class: 'entries', 'aria-label': label, css: { '--digits': String(widest + 1) } }, entries.map((e) => entryRow(e, sequenceOf(e) >= arrivedFrom)));
}
