// What stays while pages change: the top with its search, the way to every page, and what both say of the ledger as it is.

import { get } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { showKeys } from '../core/keys.js';
import { gently, liveState, onLive } from '../core/live.js';
import { go } from '../core/router.js';
import { leave, session } from '../core/session.js';
import { nextTheme, theme } from '../core/theme.js';
import { icon } from './icons.js';

const PLACES = [
  ['/', 'overview', 'Overview'],
  ['/pacs', 'pacs', 'PACs'],
  ['/reviews', 'reviews', 'Reviews'],
  ['/violations', 'violations', 'Violations'],
  ['/agents', 'agents', 'Agents'],
  ['/trust', 'trust', 'Trust'],
  ['/log', 'log', 'Log'],
  ['/verify', 'verify', 'Verify'],
];
const LIVE = { live: 'live', lost: 'no connection', paused: 'paused', off: 'not live' };
const THEMES = { auto: ['auto', 'as the system'], light: ['sun', 'light'], dark: ['moon', 'dark'] };

const told = { origin: undefined, overview: undefined, place: undefined };
let top, side, main;

/** Puts the frame on the page; gives where pages go. */
export function build() {
  top = h('header', { class: 'top' });
  side = h('nav', { class: 'side', 'aria-label': 'Pages' });
  main = h('main', { id: 'main', tabindex: -1 });
  document.body.append(
    h('a', { class: 'skip', href: '#main', onclick: skip }, 'Skip to the page'),
    h('div', { class: 'frame' }, top, side, main),
    h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' }));
  draw();
  return main;
}

function skip(event) {
  event.preventDefault();
  (main.querySelector('h1') ?? main).focus();
}

/** Which page this is. */
export function at(place) {
  told.place = place;
  draw();
}

/** Keeps the figures of the frame true while the log grows. */
export async function keepTrue() {
  const load = async () => {
    try {
      told.overview = await get('/v1/overview');
    } catch {
      // The pages say what is wrong; the frame keeps what it had.
    }
    draw();
  };
  const ask = gently(load, undefined, 400, 2_000);
  onLive((news) => {
    if (news.state) draw();
    else ask();
  });
  const status = await get('/v1/status');
  told.origin = status.origin;
  await load();
  return status;
}

function draw() {
  const mode = theme();
  const [picture, means] = THEMES[mode];
  render(top,
    h('a', { class: 'brand', href: '/', 'aria-label': 'ledger, overview' }, icon('ledger'), h('span', {}, 'ledger')),
    session() ? h('form', { class: 'search', role: 'search', onsubmit: find },
      h('input', { id: 'search', type: 'search', name: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: 'Search: text, entry, PAC, GID', 'aria-label': 'Search the log', 'aria-keyshortcuts': '/' }),
      icon('search'), h('kbd', { 'aria-hidden': 'true' }, '/')) : h('span', {}),
    h('div', { class: 'about' },
      session() && told.origin && h('span', { class: 'origin', title: told.origin }, told.origin),
      session() && h('span', { class: 'pulse', 'data-state': liveState(), role: 'status', title: LIVE[liveState()] }, h('span', {}, LIVE[liveState()])),
      h('button', { class: 'quiet', type: 'button', onclick: help, 'aria-label': 'Keys and session', title: 'Keys (?)' }, icon('keys')),
      h('button', { class: 'quiet', type: 'button', id: 'theme', onclick: changeTheme, 'aria-label': `Colours: ${means}`, title: `Colours: ${means}` }, icon(picture))));
  render(side,
    session() && h('ul', {}, PLACES.map(([path, name, label]) => h('li', {},
      h('a', { href: path, 'aria-current': told.place === name ? 'page' : null }, icon(name), h('span', {}, label), tally(name))))),
    session() && h('div', { class: 'whoami' }, whoami()));
}

const whoami = () => [h('span', {}, [session().gid, 'as', session().role].filter(Boolean).join(' ')), h('button', { type: 'button', onclick: logOut }, 'Log out')];

/** The keys, and where the page is too narrow for the session beside the places, the session. */
export const help = () => showKeys(session() && h('div', { class: 'whoami-small' }, whoami()));

function tally(name) {
  const n = { reviews: told.overview?.reviews_waiting, violations: told.overview?.violations_open }[name];
  if (!n) return null;
  return h('span', { class: 'tally', 'data-tone': name === 'violations' ? 'bad' : 'waiting' }, n > 99 ? '99+' : n, h('span', { class: 'out-of-sight' }, name === 'violations' ? ' open' : ' waiting'));
}

function changeTheme() {
  nextTheme();
  draw();
}

async function logOut() {
  await leave();
  location.assign('/');
}

/** Where the words of the search lead. */
function find(event) {
  event.preventDefault();
  const field = event.currentTarget.elements.text;
  const text = field.value.trim();
  field.value = '';
  field.blur();
  if (text === '') return;
  const path = encodeURIComponent(text);
  if (/^#?\d{1,16}$/.test(text)) go(`/entries/${Number(text.replace('#', ''))}`);
  else if (/^PAC-\S+$/.test(text)) go(`/pacs/${path}`);
  else if (/^GID-\S+$/.test(text)) go(`/agents/${path}`);
  else go(`/log?text=${path}`);
}
