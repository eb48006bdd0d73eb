// One entry: what it says, and its place in the log.

import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { render } from '../core/dom.js';
import { actor, command, hash, head, pairs, section, when } from '../parts/parts.js';

export async function page({ main, params, signal, title }) {
  const n = Number(params.n);
  title(`Entry ${params.n}`);
  const entry = await get(`/v1/entries/${encodeURIComponent(params.n)}`, { signal });
  render(main,
    head(`Entry ${n}`, { over: entry.type }),
    section('Leaf', {}, pairs([
      ['Actor', actor(entry.actor)], ['Time', when(entry.time)], ['Stream', entry.subject], ['Id', entry.id],
      ['Previous leaf', hash(entry.prevhash)], ['Data', hash(entry.datahash)],
    ])),
    section('Data', {}, h('pre', { class: 'json', tabindex: 0 }, JSON.stringify(entry.data, null, 2))),
    section('Check it offline', {}, command(`ledger prove inclusion ${n} > entry-${n}.tlog-proof && ledger check entry-${n}.tlog-proof`)));
}
