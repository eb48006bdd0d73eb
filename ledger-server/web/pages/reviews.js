// What waits for a human, and how far those who have begun are.

import { get, seg } from '../core/api.js';
import { h } from '../core/dom.js';
import { plural } from '../core/format.js';
import { watch } from '../core/watch.js';
import * as vault from '../core/vault.js';
import { actor, command, empty, entryLink, hash, head, notice, pacLink, section, table, when } from '../parts/parts.js';
import { state } from '../parts/state.js';

const CONCERNS = /^(?:opdo|review|challenge|finality|wrap|pac)\./;

export async function page({ main, signal, title }) {
  title('Reviews');
  const { logid } = await get('/v1/status', { signal });
  const mine = (await vault.missing()) ? [] : await vault.keys(logid);
  await watch({
    main, signal,
    load: () => get('/v1/reviews', { signal }),
    draw: ({ reviews = [] }) => {
      const [waiting, approved] = [reviews.filter((row) => row.waiting !== false), reviews.filter((row) => row.waiting === false)];
      return [
        head('Reviews', { lead: 'What is sealed becomes final by a human who took no part, read it, answered a question about it, and signed a verdict.' }),
        section('Waiting', { key: 'waiting', note: waiting.length > 0 && plural(waiting.length, 'PAC') },
          waiting.length === 0 ? empty('Nothing waits', 'A PAC comes here when its O-PDO is sealed.', 'ledger pac seal PAC') : rows('Sealed, waiting for a review', waiting)),
        approved.length > 0 && section('Approved, not final yet', { key: 'approved' }, rows('Approved, not final yet', approved), h('p', { class: 'soft' }, 'The orchestrator makes it final:'), command(`ledger pac finalize ${approved[0].pac_id}`)),
        mine.length > 0
          ? notice('idle', 'You can sign here', h('p', {}, 'This browser has a key of ', [...new Set(mine.map((key) => key.gid))].map((gid, n) => [n > 0 && ', ', actor(gid)]), '. ', h('a', { href: '/enrol' }, 'Its keys')))
          : notice('idle', 'This browser has no key yet', h('p', {}, 'To sign a review here, ', h('a', { href: '/enrol' }, 'enrol a key'), '. In a terminal, one command does the whole review:'), command(`ledger review ${waiting[0]?.pac_id ?? 'PAC'}`)),
      ];
    },
    concerns: (entry) => CONCERNS.test(entry.type),
  });
}

const rows = (caption, list) => table(caption, [
  { name: 'PAC', wide: true, first: true, cell: (row) => h('div', {}, h('a', { href: `/reviews/${seg(row.pac_id)}` }, row.title ?? row.pac_id), row.title && h('div', { class: 'small' }, pacLink(row.pac_id))) },
  { name: 'Sealed', cell: (row) => row.sealed && h('span', {}, when(row.sealed.time), ' ', entryLink(row.sealed.sequence)) },
  { name: 'Ordered by', cell: (row) => actor(row.requester) },
  { name: 'Root', cell: (row) => hash(row.merkle_root, { label: 'the root' }) },
  { name: 'Reviewers', wide: true, cell: (row) => (row.reviewers?.length ? h('ul', { class: 'plain' }, row.reviewers.map((one) => h('li', {}, actor(one.gid), ' ', state(one.locked_out ? 'BLOCKED' : one.step, one.locked_out ? { label: 'Locked out' } : {})))) : h('span', { class: 'soft' }, 'nobody yet')) },
  { name: '', number: true, cell: (row) => h('a', { class: 'button', href: `/reviews/${seg(row.pac_id)}` }, row.waiting === false ? 'Look' : 'Review') },
], list, (row) => row.pac_id);
