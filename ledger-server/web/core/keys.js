// Keys that work everywhere, and the page that lists them.

import { dialog } from '../parts/parts.js';
import { h } from './dom.js';
import { go } from './router.js';

const PLACES = { o: '/', p: '/pacs', r: '/reviews', v: '/violations', a: '/agents', l: '/log', y: '/verify' };
const HELP = [
  ['/', 'search the log'],
  ['?', 'these keys'],
  ['g o', 'overview'],
  ['g p', 'PACs'],
  ['g r', 'reviews'],
  ['g v', 'violations'],
  ['g a', 'agents'],
  ['g l', 'log'],
  ['g y', 'verify'],
  ['← ↑ → ↓', 'between the nodes of a graph'],
  ['[ ]', 'a step back or forward in a PAC'],
  ['Esc', 'leave a dialog or the search'],
];

/** `foot` is what stands under the list. */
export function showKeys(foot) {
  dialog('Keys', (close) => [
    h('dl', { class: 'pairs' }, HELP.map(([key, does]) => [h('dt', {}, key.split(' ').map((k, n) => [n > 0 && ' ', h('kbd', {}, k)])), h('dd', {}, does)])),
    foot,
    h('div', { class: 'row' }, h('button', { type: 'button', autofocus: true, onclick: close }, 'Close')),
  ]);
}

const typing = (target) => target.matches?.('input:not([type="range"], [type="checkbox"]), textarea, select, [contenteditable]');

/** `help` shows the keys. */
export function listen(help) {
  let going = 0;
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const search = document.querySelector('#search');
    if (typing(event.target)) {
      if (event.key === 'Escape' && event.target === search) search.blur();
      return;
    }
    if (document.querySelector('dialog[open]')) return;
    if (event.key === '/') search?.focus();
    else if (event.key === '?') help();
    else if (performance.now() - going < 1_200 && PLACES[event.key]) go(PLACES[event.key]);
    else if (event.key === 'g') {
      going = performance.now();
      return;
    } else {
      return;
    }
    going = 0;
    event.preventDefault();
  });
}
