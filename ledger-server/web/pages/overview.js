// How the ledger is, at a glance: what moves, what waits for somebody, how far the signed head goes.

import { get, newest } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { count, plural, sequenceOf } from '../core/format.js';
import { onLive } from '../core/live.js';
import { watch } from '../core/watch.js';
import { entryList } from '../parts/entry.js';
import { pacTable } from '../parts/pacs.js';
import { copyButton, command, empty, hash, head, pairs, section, when } from '../parts/parts.js';
import { spark } from '../parts/spark.js';

/** Entries that are shown. */
const NEWEST = 14;
/** Open PACs that are shown. */
const OPEN = 8;
/** Event types that are shown. */
const TYPES = 10;

export async function page({ main, signal, title }) {
  title('Overview');
  let seconds = Array(60).fill(0);
  let latest = [];
  let seen = Infinity;

  const load = async () => {
    const [overview, pacs, entries] = await Promise.all([
      get('/v1/overview', { signal }),
      newest('/v1/pacs', { open: 'true' }, 'pacs', { signal }),
      get(`/v1/entries?order=desc&limit=${NEWEST}`, { signal }),
    ]);
    seconds = overview.throughput.per_second.slice(-60);
    if (latest.length > 0) seen = Math.min(seen, sequenceOf(latest[0]) + 1);
    latest = entries.entries;
    return { overview, pacs };
  };

  const draw = ({ overview, pacs }) => [
    head('Overview'),
    figures(overview, seconds),
    pacs.length === 0 && nothing(overview),
    h('div', { class: 'columns main-and-side', 'data-key': 'columns' },
      h('div', { class: 'stack' },
        pacs.length > 0 && section('Open PACs', { note: pacs.length > OPEN ? `the last ${OPEN} of ${pacs.length}` : undefined, actions: h('a', { href: '/pacs' }, 'All PACs') },
          pacTable('Open PACs', pacs.slice(0, OPEN), { without: ['Requester', 'Issued', 'O-PDO'] })),
        section('Newest entries', { actions: h('a', { href: '/log' }, 'The log') }, entryList('Newest entries', latest, seen))),
      h('div', { class: 'stack' }, signedHead(overview), types(overview.events))),
  ];

  const page = await watch({ main, signal, load, draw });

  // Between two answers the bars move by themselves.
  onLive(({ entries }) => {
    if (entries) seconds[59] += entries.length;
  }, signal);
  const tick = setInterval(() => {
    if (document.hidden) return;
    seconds = [...seconds.slice(1), 0];
    const at = main.querySelector('.throughput');
    if (at) render(at, throughput(seconds));
  }, 1_000);
  signal.addEventListener('abort', () => clearInterval(tick));
  return page;
}

function throughput(seconds) {
  const total = seconds.reduce((a, b) => a + b, 0);
  return [
    h('span', { class: 'name' }, 'Entries in the last minute'),
    h('span', { class: 'with-spark' }, h('span', { class: 'value' }, count(total)), spark(seconds)),
  ];
}

function figures(o, seconds) {
  const figure = (href, name, value, note, tone) =>
    h('a', { class: 'figure', href, 'data-tone': tone, 'data-key': name }, h('span', { class: 'name' }, name), h('span', { class: 'value' }, count(value)), note && h('span', { class: 'note' }, note));
  return h('div', { class: 'figures', 'data-key': 'figures' },
    h('div', { class: 'figure wide throughput', 'data-key': 'throughput' }, throughput(seconds)),
    figure('/log', 'Entries', o.size, 'in the log'),
    figure('/pacs', 'Open PACs', o.pacs.open, `${count(o.pacs.closed)} closed`),
    figure('/violations', 'Blocked gateways', o.pacs.blocked, o.pacs.blocked > 0 ? 'work stands still' : 'all may go on', o.pacs.blocked > 0 ? 'bad' : null),
    figure('/violations', 'Open violations', o.violations_open, o.violations_open > 0 ? 'to be resolved' : 'nothing to resolve', o.violations_open > 0 ? 'bad' : null),
    figure('/reviews', 'Waiting reviews', o.reviews_waiting, o.reviews_waiting > 0 ? 'for a human' : 'nobody waits', o.reviews_waiting > 0 ? 'waiting' : null),
    figure('/agents', 'Actors', typeof o.actors === 'number' ? o.actors : o.actors.agents + o.actors.humans + o.actors.services, 'agents, services, humans'));
}

function signedHead(o) {
  return section('Signed head', {},
    pairs([
      ['Entries', count(o.size)],
      ['Last entry', when(o.time)],
      ['Root', hash(o.root, { label: 'the root', length: 16 })],
      ['Checkpoint', h('span', { class: 'hash' }, h('a', { href: '/v1/checkpoint', target: '_blank', rel: 'noopener' }, 'as text'), copyButton(o.checkpoint, 'Copy the checkpoint'))],
    ]),
    h('p', { class: 'soft small' }, 'Whoever keeps a checkpoint can later prove that the log was not rewritten:'),
    command('ledger verify --checkpoint remembered.txt'));
}

function types(events) {
  const rows = Object.entries(events).sort((a, b) => b[1] - a[1]);
  const most = rows[0]?.[1] ?? 1;
  return section('What happened', { note: plural(rows.length, 'type of event', 'types of event') },
    h('ul', { class: 'bars' }, rows.slice(0, TYPES).map(([type, n]) => h('li', { 'data-key': type },
      h('a', { href: `/log?type=${type}`, class: 'mono' }, type),
      h('span', { class: 'bar', 'aria-hidden': 'true' }, h('span', { css: { width: `${(100 * n) / most}%` } })),
      h('span', { class: 'number' }, count(n))))));
}

function nothing(o) {
  return o.pacs.closed > 0
    ? empty('No PAC is open', 'All work is closed. The next PAC begins with its order:', 'ledger pac issue PAC-2 --objective "what is to be reached" --lane EXECUTION --path src')
    : empty('No work yet', 'The ledger is ready. Work begins with a PAC, the order for it; its gateway is then opened, and its graph says which agent does what.',
      'ledger pac issue PAC-1 --objective "a faster search" --lane EXECUTION --path src', 'ledger pac open PAC-1');
}
