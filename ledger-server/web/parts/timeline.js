// What happened when: rows of states and events, by order or by time, with the step that is looked at.
//
// The picture is for the eye; the same events stand in the list below it, for everybody.

import { h, s } from '../core/dom.js';
import { exactTime, plainWord, plural } from '../core/format.js';
import { toneOf } from './state.js';

const ROW = 24;
const TOP = 8;

/** `by` is "order" or "time"; `at` the sequence that is looked at; `choose(sequence)` goes there. */
export function timelinePicture({ rows, spans, events }, { by, at, choose, room }) {
  const label = room < 560 ? 92 : 168;
  const width = Math.max(room, 300);
  const height = rows.length * ROW + TOP * 2;
  const first = Date.parse(events[0].time);
  const range = Math.max(1, Date.parse(events.at(-1).time) - first);
  const index = new Map(events.map((e, n) => [e.sequence, n]));
  const field = width - label - 16;
  const share = ({ sequence, time }) => (by === 'time' ? (Date.parse(time) - first) / range : (index.get(sequence) ?? 0) / Math.max(1, events.length - 1));
  const x = (moment) => label + 8 + share(moment) * field;
  const y = new Map(rows.map((row, n) => [row.id, TOP + n * ROW + ROW / 2]));
  const present = events.find((e) => e.sequence === at) ?? events.at(-1);

  const name = (row) => {
    const text = row.label + (row.detail && !row.label.includes(row.detail) && room >= 560 ? ` ${row.detail}` : '');
    const most = Math.floor((label - 6) / 6.6);
    return text.length > most ? `${text.slice(0, most - 1)}…` : text;
  };
  const pick = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * width;
    choose(events.reduce((best, e) => (Math.abs(x(e) - px) < Math.abs(x(best) - px) ? e : best)).sequence);
  };
  return h('figure', { class: 'timeline', 'data-key': 'timeline' },
    s('svg', { viewBox: `0 0 ${width} ${height}`, width: '100%', height, role: 'img', 'aria-label': `${plural(events.length, 'event')} in ${plural(rows.length, 'row')}; the list below says the same in words`, onclick: pick },
      rows.map((row) => [
        s('line', { class: 'rule', x1: label, x2: width, y1: y.get(row.id), y2: y.get(row.id) }),
        s('text', { x: 0, y: y.get(row.id) + 4 }, name(row)),
      ]),
      spans.map((span) => {
        const [a, b] = [x(span.from), span.to ? x(span.to) : width - 8];
        return s('rect', { class: 'span', 'data-tone': toneOf(span.state), x: a, y: y.get(span.row) - 7, width: Math.max(1.5, b - a - 1), height: 14, rx: 2 }, s('title', {}, `${plainWord(span.state)} since ${exactTime(span.from.time)}`));
      }),
      events.map((e) => s('circle', { class: `event${e.type === 'violation.recorded' ? ' violation' : ''}`, cx: x(e), cy: y.get(e.row) ?? TOP, r: e.type === 'violation.recorded' ? 4.5 : 3 }, s('title', {}, `#${e.sequence} ${e.actor} ${e.does}`))),
      s('line', { class: 'present', x1: x(present), x2: x(present), y1: 0, y2: height })));
}
