// One PAC whole: how far it is and what is next, its graph, its history, its composite; as it is, or as it was after any of its steps.

import { get, query, seg } from '../core/api.js';
import { h } from '../core/dom.js';
import { gently, onLive } from '../core/live.js';
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
  const looks = { at: given.has('at') ? Number(given.get('at')) : undefined, chosen: given.get('node') ?? undefined, by: 'order', all: false };
  let view;
  let steps = [];

  // The history is asked for again only when there was news since it was asked for.
  let history, news = 0;
  const mine = (entry) => entry.subject === `pac/${id}`;
  onLive(({ entries, gap }) => {
    if (gap || entries?.some(mine)) news += 1;
  }, signal);

  const load = async () => {
    const path = `/v1/pacs/${seg(id)}`;
    if (history?.news !== news) history = { news, ...(await get(`${path}/timeline`, { signal })) };
    const known = history;
    steps = known.events;
    // An entry of another stream in the address means the last own step before it.
    if (looks.at !== undefined) looks.at = (steps.findLast((e) => e.sequence <= looks.at) ?? steps[0]).sequence;
    if (looks.at === steps.at(-1).sequence) looks.at = undefined;
    const shown = looks.at;
    return { history: known, shown, pac: await get(query(path, { at: shown }), { signal }) };
  };
  const redraw = (changed) => {
    Object.assign(looks, changed);
    view?.redraw();
  };
  /** To a step by its place in the history; to the last one, and it stays the last one. */
  const goTo = (n) => {
    const event = steps[Math.max(0, Math.min(steps.length - 1, n))];
    looks.at = event === steps.at(-1) ? undefined : event.sequence;
    note({ at: looks.at });
    soon();
  };
  // Someone who drags the slider asks for where they stop, and for a few steps on the way.
  const soon = gently(() => view.refresh(), signal, 60, 200);
  // From where one wants to be, which may not be on the page yet.
  const here = () => (looks.at === undefined ? steps.length - 1 : steps.findIndex((e) => e.sequence === looks.at));
  const composite = composites({ signal, redraw });
  const acts = {
    goTo, redraw, composite,
    choose: (chosen) => {
      note({ node: chosen });
      redraw({ chosen });
    },
  };

  const size = new ResizeObserver(() => redraw());
  size.observe(main);
  signal.addEventListener('abort', () => size.disconnect());
  addEventListener('keydown', (event) => {
    const way = { '[': -1, ']': 1 }[event.key];
    if (way === undefined || steps.length === 0 || event.target.matches?.('input:not([type="range"]), textarea, select') || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    goTo(here() + way);
  }, { signal });
  const draw = (data) => content(data, looks, Math.floor(main.clientWidth), acts);
  view = await watch({ main, signal, load, draw, concerns: mine });
  bringIntoView(main);
}

function content({ history, pac, shown }, looks, room, { goTo, redraw, choose, composite }) {
  const steps = history.events;
  const present = shown ?? steps.at(-1).sequence;
  const now = shown === undefined;
  const blocked = pac.gateway.open_violations;
  const resolve = now && blocked.length > 0 ? () => resolveDialog(pac.pac_id, blocked) : undefined;
  const parts = [
    ['next', 'What is next', due(pac, { now, resolve })],
    ['graph', 'Graph', graph(pac, { chosen: looks.chosen, choose, room })],
    ['timeline', 'Timeline', timeline(history, {
      at: present, by: looks.by, all: looks.all, room,
      choose: (sequence) => goTo(steps.findIndex((e) => e.sequence === sequence)),
      setBy: (by) => redraw({ by }),
      showAll: () => redraw({ all: true }),
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
    jump(parts),
    asOf(steps, present, goTo),
    parts.map(([, , node]) => node),
  ];
}
