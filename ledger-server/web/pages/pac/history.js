// The history of a PAC: as a picture, and step by step in words.

import { h } from '../../core/dom.js';
import { plainWord, plural } from '../../core/format.js';
import { actor, choices, entryLink, section, when } from '../../parts/parts.js';
import { state } from '../../parts/state.js';
import { timelinePicture } from '../../parts/timeline.js';

/** Steps that are listed before somebody asks for all. */
const LISTED = 40;
/** Changes of a step that are shown one by one. */
const CHANGES = 4;

/** `at` is the step that is looked at; `back(n)` goes to a step by its place in the history. */
export function asOf(events, at, back) {
  const n = Math.max(0, events.findIndex((e) => e.sequence === at));
  const latest = n === events.length - 1;
  const event = events[n];
  return h('div', { class: `asof card${latest ? '' : ' past'}`, 'data-key': 'asof' },
    h('div', { class: 'asof-controls' },
      h('label', { for: 'asof' }, 'As of'),
      h('button', { type: 'button', onclick: () => back(n - 1), disabled: n === 0, 'aria-label': 'One step back', title: 'One step back ([)' }, '‹'),
      h('input', { id: 'asof', type: 'range', min: 0, max: events.length - 1, step: 1, value: String(n), 'aria-valuetext': `step ${n + 1} of ${events.length}, entry ${event.sequence}`, oninput: (e) => back(Number(e.currentTarget.value)) }),
      h('button', { type: 'button', onclick: () => back(n + 1), disabled: latest, 'aria-label': 'One step forward', title: 'One step forward (])' }, '›'),
      h('button', { type: 'button', onclick: () => back(events.length - 1), disabled: latest }, 'Now')),
    h('p', { class: 'soft' }, latest ? 'As it is now. ' : h('strong', {}, 'As it was then. '), `Step ${n + 1} of ${events.length}, `, entryLink(event.sequence), ': ', event.actor, ' ', event.does));
}

export function timeline(history, { at, by, setBy, choose, room, all, showAll }) {
  const { events } = history;
  const listed = all ? events : events.slice(-LISTED);
  return section('Timeline', {
    key: 'timeline', note: plural(events.length, 'step'),
    actions: choices('Across', [['order', 'by order'], ['time', 'by time']], by, setBy),
  },
  timelinePicture(history, { by, at, choose, room }),
  h('ol', { class: 'steps', reversed: true, 'aria-label': 'Steps, the newest first' }, [...listed].reverse().map((e) => step(e, e.sequence === at, choose))),
  events.length > listed.length && h('p', {}, h('button', { type: 'button', onclick: showAll }, `Show all ${events.length} steps`)));
}

function step(event, present, choose) {
  const changes = event.changes.filter((c) => c.of !== 'attempt');
  return h('li', { class: `step${present ? ' present' : ''}`, 'data-key': String(event.sequence), 'aria-current': present ? 'step' : null },
    h('span', { class: 'number' }, entryLink(event.sequence)),
    h('span', { class: 'says' }, actor(event.actor), ' ', event.does),
    h('span', { class: 'changes' }, changes.slice(0, CHANGES).map((c) => h('span', {}, h('span', { class: 'faint small' }, `${c.of === 'node' || c.of === 'review' ? c.subject : plainWord(c.of === 'opdo' ? 'OPDO' : c.of)} `), c.after ? state(c.after) : 'gone')),
      changes.length > CHANGES && h('span', { class: 'faint small' }, `and ${changes.length - CHANGES} more`)),
    h('span', { class: 'when faint small' }, when(event.time)),
    h('button', { class: 'quiet small', type: 'button', onclick: () => choose(event.sequence), 'aria-label': `As of entry ${event.sequence}` }, 'as of'));
}
