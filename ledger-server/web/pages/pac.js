// One PAC whole: how far it is and what is next, its graph, its history, its composite; as it is, or as it was after any of its steps.

import { get, query, seg } from '../core/api.js';
import { h } from '../core/dom.js';
import { note } from '../core/router.js';
import { watch } from '../core/watch.js';
import { gateway } from '../parts/pacs.js';
import { bringIntoView } from '../parts/graph.js';
import { copyButton, head, jump } from '../parts/parts.js';
import { resolveDialog } from '../parts/resolve.js';
import { state } from '../parts/state.js';
import { composites } from './pac/composite.js';
import { asOf, timeline } from './pac/history.js';
import { due } from './pac/next.js';
import { orderOf, reviews, talk, violations } from './pac/talk.js';
import { graph, reports, tokens } from './pac/work.js';

export async function page({ main, params, query: given, signal, title }) {
  const { id } = params;
  title(id);
  let at = given.has('at') ? Number(given.get('at')) : undefined;
  let chosen = given.get('node') ?? undefined;
  let by = 'order';
  let all = false;
  let view;

  const load = async () => {
    const path = `/v1/pacs/${seg(id)}`;
    const history = await get(`${path}/timeline`, { signal });
    // An entry of another stream in the address means the last own step before it.
    if (at !== undefined) at = history.events.findLast((e) => e.sequence <= at)?.sequence ?? history.events[0].sequence;
    if (at === history.events.at(-1).sequence) at = undefined;
    return { history, pac: await get(query(path, { at }), { signal }) };
  };
  const go = (sequence) => {
    at = sequence;
    note({ at });
    view.refresh();
  };
  const redraw = () => view?.redraw();
  const composite = composites({ signal, redraw });
  const choose = (node) => {
    chosen = node;
    note({ node });
    redraw();
  };

  let steps = [];
  let present;
  const back = (n) => {
    const event = steps[Math.max(0, Math.min(steps.length - 1, n))];
    go(event === steps.at(-1) ? undefined : event.sequence);
  };
  const draw = ({ history, pac }) => {
    steps = history.events;
    present = at ?? steps.at(-1).sequence;
    const room = Math.floor(main.clientWidth);
    const blocked = pac.gateway.open_violations;
    const resolve = at === undefined && blocked.length > 0 ? () => resolveDialog(pac.pac_id, blocked) : undefined;
    const parts = [
      ['next', 'What is next', due(pac, { resolve: at === undefined ? resolve ?? (() => {}) : undefined })],
      ['graph', 'Graph', graph(pac, { chosen, choose, room })],
      ['timeline', 'Timeline', timeline(history, {
        at: present, by, room, all,
        choose: (sequence) => go(sequence === steps.at(-1).sequence ? undefined : sequence),
        setBy: (value) => {
          by = value;
          redraw();
        },
        showAll: () => {
          all = true;
          redraw();
        },
      })],
      ['reports', 'Reports', reports(pac)],
      ['opdo', 'Composite', composite(pac)],
      ['reviews', 'Reviews', reviews(pac)],
      ['violations', 'Violations', violations(pac, { resolve })],
      ['talk', 'Messages', talk(pac)],
      ['tokens', 'Tokens', tokens(pac)],
      ['order', 'The order', orderOf(pac)],
    ].filter(([, , node]) => node);
    return [
      head(pac.title ?? pac.pac_id, {
        over: [h('code', {}, pac.pac_id), copyButton(pac.pac_id, 'Copy the id')],
        states: [state(pac.phase), gateway({ gateway: pac.gateway.state, open_violations: blocked.length }, 'Gateway '), pac.mode === 'ADVISORY' && state('ADVISORY')].filter(Boolean),
        lead: pac.objective,
      }),
      jump(parts.map(([key, text]) => [key, text])),
      asOf(steps, present, back),
      parts.map(([, , node]) => node),
    ];
  };

  const size = new ResizeObserver(() => redraw());
  size.observe(main);
  const key = (event) => {
    if (event.target.matches?.('input:not([type="range"]), textarea, select') || document.querySelector('dialog[open]')) return;
    const way = { '[': -1, ']': 1 }[event.key];
    if (way === undefined || steps.length === 0) return;
    event.preventDefault();
    back(steps.findIndex((e) => e.sequence === present) + way);
  };
  addEventListener('keydown', key, { signal });
  signal.addEventListener('abort', () => size.disconnect());
  view = await watch({ main, signal, load, draw, concerns: (e) => e.subject === `pac/${id}` });
  bringIntoView(main);
}
