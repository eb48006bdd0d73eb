// Small pictures, drawn on a field of 16 by 16: those of the navigation, and the shapes of states.

import { s } from '../core/dom.js';

const PATHS = {
  ledger: 'M3 2.5h10v11H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3',
  overview: 'M2.5 13.5v-4M6.2 13.5v-8M9.8 13.5v-5M13.5 13.5v-11',
  pacs: 'M3.5 1.5h3v3h-3zM9.5 6.5h3v3h-3zM3.5 11.5h3v3h-3zM6.5 3h2.5v5M6.5 13H9V8',
  reviews: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  violations: 'M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1',
  agents: 'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 7.3a2.2 2.2 0 0 0 0-4.3M12 9.7c1.6.5 2.5 1.8 2.5 3.8',
  trust: 'M8 1.8a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM8 5.8v2.4M3.8 10.2V8.2h8.4v2M3.8 10.2a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM12.2 10.2a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  log: 'M2.5 3.5h.1M2.5 8h.1M2.5 12.5h.1M5.5 3.5h8M5.5 8h8M5.5 12.5h8',
  verify: 'M8 1.5 13.5 4v4c0 3-2.3 5.4-5.5 6.5C4.8 13.4 2.5 11 2.5 8V4zM5.5 8l1.8 1.8 3.2-3.4',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.2 3.2',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  done: 'M3 8.5l3.2 3.2L13 4.8',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  keys: 'M6.2 6.2a1.9 1.9 0 1 1 2.6 1.8c-.5.2-.8.6-.8 1.2M8 11.3v.1M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z',
  left: 'M10 3 5 8l5 5',
  right: 'M6 3l5 5-5 5',
  close: 'M4 4l8 8M12 4l-8 8',
};

export function icon(name) {
  return s('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d: PATHS[name] }));
}

// Each tone has a shape of its own, so that colour only repeats it.
const SHAPES = {
  idle: () => [ring()],
  active: () => [ring(), s('path', { d: 'M6.3 5.2 11 8l-4.7 2.8z', fill: 'currentColor' })],
  waiting: () => [line('M8 2.2 13.8 8 8 13.8 2.2 8z'), s('circle', { cx: 8, cy: 8, r: 1.6, fill: 'currentColor' })],
  good: () => [s('circle', { cx: 8, cy: 8, r: 6.2, fill: 'currentColor' }), cut('M5 8.2l2.1 2.1L11.2 6')],
  bad: () => [s('path', { d: 'M5.2 1.8h5.6l3.4 3.4v5.6l-3.4 3.4H5.2l-3.4-3.4V5.2z', fill: 'currentColor' }), cut('M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6')],
  stopped: () => [s('rect', { x: 2, y: 2, width: 12, height: 12, rx: 1.5, fill: 'currentColor' }), cut('M6.2 5.5v5M9.8 5.5v5')],
  skipped: () => [s('circle', { cx: 8, cy: 8, r: 5.7, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5, 'stroke-dasharray': '2.5 2' }), line('M5.5 8h5')],
};

const ring = () => s('circle', { cx: 8, cy: 8, r: 5.7, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6 });
const line = (d) => s('path', { d, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linejoin': 'round', 'stroke-linecap': 'round' });
const cut = (d) => s('path', { d, fill: 'none', class: 'cut', 'stroke-width': 1.7, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' });

export function shape(tone) {
  return s('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, (SHAPES[tone] ?? SHAPES.idle)());
}
