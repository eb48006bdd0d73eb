// The graph of a PAC as a picture to go through: nodes are buttons, arrow keys go from one to the next.
//
// Invariant: at any moment exactly one node can be reached by Tab; what is chosen survives every update.

import { h, s } from '../core/dom.js';
import { plainWord } from '../core/format.js';
import { place } from './layout.js';
import { shape } from './icons.js';
import { toneOf } from './state.js';

const BOX = { width: 172, height: 62 };
const EDGES = { DEPENDENCY: 'order', DATA_FLOW: 'order and data', BARRIER: 'waits at a barrier' };

/** `chosen` is a node's id; `choose(id)` is called when another one is. `room` is the width that there is. */
export function graphPicture(graph, { chosen, choose, room }) {
  const ids = graph.nodes.map((n) => n.node_id);
  const wide = place(ids, graph.edges, BOX, { along: 52, across: 18 }, false);
  const tall = place(ids, graph.edges, BOX, { along: 40, across: 14 }, true);
  const down = wide.width > room && (tall.width <= room || tall.width < wide.width);
  const { width, height, nodes, edges } = down ? tall : wide;
  const states = new Map(graph.nodes.map((n) => [n.node_id, n.state]));
  const reach = nodes.has(chosen) ? chosen : ids[0];

  const keys = (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const here = event.target.closest('button')?.dataset.node;
    if (!way || !here) return;
    event.preventDefault();
    const next = nearest(nodes, here, way);
    if (!next) return;
    choose(next);
    event.currentTarget.querySelector(`[data-node="${CSS.escape(next)}"]`)?.focus();
  };

  return h('figure', { class: 'graph', 'data-key': 'graph' },
    h('div', { class: 'graph-room', role: 'group', 'aria-label': `Graph of ${graph.nodes.length} nodes; arrow keys go from one to the next` , onkeydown: keys },
      h('div', { class: 'graph-field', css: { width: `${width}px`, height: `${height}px` } },
        s('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, edges.map((e) => wire(e, states, down, chosen))),
        graph.nodes.map((node) => box(node, nodes.get(node.node_id), node.node_id === chosen, node.node_id === reach, choose)))),
    h('figcaption', { class: 'legend' }, Object.entries(EDGES).filter(([type]) => graph.edges.some((e) => e.type === type)).map(([type, means]) =>
      h('span', {}, s('svg', { width: 30, height: 10, viewBox: '0 0 30 10', 'aria-hidden': 'true' }, s('path', { class: `wire ${type}`, d: 'M1 5h22' }), tip({ x: 29, y: 5 }, { x: 1, y: 0 }, type)), means))));
}

function box(node, at, chosen, reach, choose) {
  const agent = node.type === 'AGENT_NODE';
  const who = [node.agent_name ?? node.agent_gid, node.attempt > 1 && `attempt ${node.attempt}`].filter(Boolean).join(', ');
  const kind = plainWord(node.type);
  return h('button', {
    type: 'button', class: `node${agent ? '' : ' joint'}${node.optional ? ' optional' : ''}`, 'data-node': node.node_id, 'data-key': node.node_id, 'data-tone': toneOf(node.state), tabindex: reach ? 0 : -1, 'aria-pressed': String(chosen),
    'aria-label': [node.node_id, agent ? who : kind, node.optional && 'optional', plainWord(node.state)].filter(Boolean).join(', '),
    css: { left: `${at.x - BOX.width / 2}px`, top: `${at.y - BOX.height / 2}px`, width: `${BOX.width}px`, height: `${BOX.height}px` },
    onclick: () => choose(node.node_id),
  },
  h('span', { class: 'node-name' }, node.node_id),
  h('span', { class: 'node-who' }, agent ? who : kind, node.optional && ' (optional)'),
  h('span', { class: 'node-state' }, shape(toneOf(node.state)), plainWord(node.state)));
}

// The line begins and ends at the edge of a box; passing points are gone through in a curve.
function wire({ edge, points }, states, down, chosen) {
  const half = down ? BOX.height / 2 : BOX.width / 2;
  const shift = (p, by) => (down ? { x: p.x, y: p.y + by } : { x: p.x + by, y: p.y });
  const way = [shift(points[0], half), ...points.slice(1, -1), shift(points.at(-1), -half - 7)];
  let d = `M${way[0].x} ${way[0].y}`;
  for (let n = 1; n < way.length; n += 1) {
    const [a, b] = [way[n - 1], way[n]];
    const mid = down ? (a.y + b.y) / 2 : (a.x + b.x) / 2;
    d += down ? `C${a.x} ${mid} ${b.x} ${mid} ${b.x} ${b.y}` : `C${mid} ${a.y} ${mid} ${b.y} ${b.x} ${b.y}`;
  }
  const done = ['COMPLETE', 'WAIVED'].includes(states.get(edge.from));
  const near = edge.from === chosen || edge.to === chosen;
  const kind = `${edge.type}${done ? ' passed' : ''}${near ? ' near' : ''}`;
  return s('g', { 'data-key': `${edge.from} ${edge.to} ${edge.type}` }, s('path', { class: `wire ${kind}`, d }), tip(shift(points.at(-1), -half - 1), down ? { x: 0, y: 1 } : { x: 1, y: 0 }, kind));
}

function tip(at, way, kind) {
  const [x, y] = [at.x - way.x * 7, at.y - way.y * 7];
  return s('path', { class: `tip ${kind}`, d: `M${at.x} ${at.y}L${x - way.y * 4} ${y - way.x * 4}L${x + way.y * 4} ${y + way.x * 4}z` });
}

/** Brings the chosen node of the graph on the page into its field of view, once it is drawn. */
export function bringIntoView(main) {
  const room = main.querySelector('.graph-room');
  const node = room?.querySelector('.node[aria-pressed="true"]');
  if (!node) return;
  room.scrollLeft = node.offsetLeft + node.offsetWidth / 2 - room.clientWidth / 2;
}

/** The nearest node in that direction; those straight ahead count as nearer. */
function nearest(nodes, from, [dx, dy]) {
  const here = nodes.get(from);
  let best, least = Infinity;
  for (const [id, at] of nodes) {
    const ahead = (at.x - here.x) * dx + (at.y - here.y) * dy;
    if (id === from || ahead <= 1) continue;
    const aside = Math.abs((at.x - here.x) * dy) + Math.abs((at.y - here.y) * dx);
    if (ahead + aside * 2 < least) {
      least = ahead + aside * 2;
      best = id;
    }
  }
  return best;
}
