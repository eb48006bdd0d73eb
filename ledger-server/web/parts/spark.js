// A row of bars, one a second, the present one at the right.

import { s } from '../core/dom.js';
import { plural } from '../core/format.js';

export function spark(values, { width = 180, height = 34 } = {}) {
  const most = Math.max(1, ...values);
  const step = width / values.length;
  const total = values.reduce((a, b) => a + b, 0);
  return s('svg', { class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${plural(total, 'entry', 'entries')} in the last ${values.length} seconds, at most ${most} in one` },
    s('line', { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }),
    values.map((v, n) => v > 0 && s('rect', { x: n * step + 0.4, width: step - 0.8, y: height - 1 - (v / most) * (height - 3), height: (v / most) * (height - 3) })));
}
