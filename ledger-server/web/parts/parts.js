// The parts that every page is made of: heads, sections, tables, hashes, times, commands, and what stands where nothing is.

import { h } from '../core/dom.js';
import { query, seg } from '../core/api.js';
import { count, exactTime, relativeTime, shortHash } from '../core/format.js';
import { icon } from './icons.js';

/** The head of a page. */
export function head(title, { over, lead, states = [], actions = [] } = {}) {
  return h('header', { class: 'head' },
    h('div', { class: 'words' },
      over && h('p', { class: 'over' }, over),
      h('h1', { tabindex: -1 }, title),
      states.length > 0 && h('p', { class: 'states' }, states.map((one, n) => [n > 0 && ' ', one])),
      lead && h('p', { class: 'lead' }, lead)),
    actions.length > 0 && h('div', { class: 'actions' }, actions));
}

let names = 0;

/** Links to the sections of a long page: `[key, text]`, those that are there. */
export const jump = (sections) => h('nav', { class: 'jump', 'aria-label': 'On this page', 'data-key': 'jump' }, sections.map(([key, text]) => h('a', { href: `#h-${key}` }, text)));

/** A named part of a page. `key` keeps it the same over updates. */
export function section(title, { key = title, note, actions } = {}, ...children) {
  const id = `h-${String(key).replaceAll(/\W+/g, '-')}`;
  return h('section', { class: 'section', 'data-key': key, 'aria-labelledby': id },
    h('header', {}, h('h2', { id }, title), note && h('span', { class: 'small' }, note), actions),
    children);
}

/** A moment, relative to now; the exact one is its title. */
export function when(time) {
  return time ? h('time', { datetime: time, title: exactTime(time) }, relativeTime(time)) : null;
}

// One clock for all times on the page.
setInterval(() => {
  if (document.hidden) return;
  for (const node of document.querySelectorAll('time[datetime]')) {
    const text = relativeTime(node.dateTime);
    if (node.textContent !== text) node.textContent = text;
  }
}, 5_000);

/** Copies text, and says so. */
export function copyButton(text, what = 'Copy') {
  const button = h('button', { class: 'copy', type: 'button', 'aria-label': what, title: what }, icon('copy'));
  button.onclick = async (event) => {
    event.stopPropagation();
    const done = event.currentTarget;
    try {
      await navigator.clipboard.writeText(text);
      done.dataset.done = '';
      done.replaceChildren(icon('done'));
      say('Copied');
      setTimeout(() => {
        delete done.dataset.done;
        done.replaceChildren(icon('copy'));
      }, 1_200);
    } catch {
      say('The browser does not allow copying here');
    }
  };
  (button.handlers ??= new Map()).set('onclick', button.onclick);
  return button;
}

/** A hash, shortened; whole in its title and in what is copied. */
export function hash(value, { length, label = 'hash', whole = false } = {}) {
  if (!value) return null;
  return h('span', { class: 'hash' }, h('code', { title: value }, whole ? value : shortHash(value, length)), copyButton(value, `Copy ${label}`));
}

/** A command to type. */
export function command(text) {
  const words = text.split(' ').map((word, n) => [n > 0 && ' ', h('span', {}, word)]);
  return h('div', { class: 'command' }, h('code', {}, words), copyButton(text, 'Copy the command'));
}

export const entryLink = (n) => h('a', { href: `/entries/${Number(n)}`, class: 'mono nowrap' }, `#${count(Number(n))}`);
/** A PAC, as of an entry where one looks at the past. */
export const pacLink = (id, at) => h('a', { href: query(`/pacs/${seg(id)}`, { at }) }, id);

/** An actor by GID, with the name where it is known. */
export const actor = (gid, name) => (gid ? h('a', { href: `/agents/${seg(gid)}`, class: 'nowrap' }, gid, name && h('span', { class: 'soft' }, ` ${name}`)) : null);

/** Pairs of name and value; those without a value are left out. */
export function pairs(rows) {
  const given = rows.filter(([, value]) => value !== undefined && value !== null && value !== false && value !== '');
  return h('dl', { class: 'pairs' }, given.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

/** A table. A column is `{name, cell(row), number?, wide?, first?}`. */
export function table(caption, columns, rows, key) {
  const shown = (row) => columns.map(({ name, cell, number, wide, first }) => {
    const kind = [number && 'number', wide && 'wide', first && 'first'].filter(Boolean).join(' ');
    return h('td', { role: 'cell', 'data-name': name, class: kind || null }, cell(row));
  });
  return h('table', { class: 'table', role: 'table' },
    h('caption', { class: 'out-of-sight' }, caption),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map((c) => h('th', { role: 'columnheader', scope: 'col', class: c.number ? 'number' : null }, c.name)))),
    h('tbody', { role: 'rowgroup' }, rows.map((row) => h('tr', { role: 'row', 'data-key': key?.(row) }, shown(row)))));
}

/** Where nothing is: why, and what to type to change that. */
export function empty(title, text, ...commands) {
  return h('div', { class: 'empty' }, h('h3', {}, title), h('p', {}, text), commands.map(command));
}

/** Words of the ledger in which commands stand between backticks. */
const quoted = (text) => String(text).split('`').map((piece, n) => (n % 2 === 1 ? h('code', {}, piece) : piece));

/** What was refused: its code, what was wrong, what to do. */
export function failure(problem, retry) {
  const { code = 'ERROR', message, remedy, sequence } = problem;
  // What was thrown has its title, what an answer contained its name.
  const title = problem.title ?? (problem instanceof Error ? undefined : problem.name);
  return h('div', { class: 'failure', role: 'alert' },
    h('p', { class: 'code' }, `${code} ${title ?? ''}`.trim()),
    h('p', {}, quoted(message)),
    remedy && h('p', { class: 'soft' }, quoted(remedy)),
    sequence !== undefined && h('p', { class: 'soft' }, 'The attempt is recorded in entry ', entryLink(sequence), '.'),
    retry && h('p', {}, h('button', { type: 'button', onclick: retry }, 'Try again')));
}

/** A page of which nothing can be shown: its title, and why. */
export const unshown = (problem, retry) => [head(document.title.replace(/ · ledger$/, '')), failure(problem, retry)];

/** Something to know, with a tone. */
export function notice(tone, title, ...children) {
  return h('div', { class: 'notice', 'data-tone': tone }, title && h('h3', {}, title), children);
}

export const loading = () => h('p', { class: 'loading', role: 'status' }, 'Loading…');

/** A few choices of which one holds. */
export function choices(label, options, chosen, choose) {
  return h('div', { class: 'choices', role: 'group', 'aria-label': label },
    options.map(([value, text]) => h('button', { type: 'button', 'aria-pressed': String(value === chosen), onclick: () => choose(value) }, text)));
}

let toasts;

/** Says something in passing, to eyes and to screen readers. */
export function say(text) {
  toasts ??= document.querySelector('.toasts');
  if (!toasts) return;
  const toast = h('p', { class: 'toast' }, text);
  toasts.append(toast);
  setTimeout(() => toast.remove(), 3_500);
}

/** A dialog that goes away with Escape; gives its element. `content` gets the function that closes it. */
export function dialog(title, content) {
  const id = `d-${++names}`;
  const box = h('dialog', { 'aria-labelledby': id });
  const close = () => box.close();
  box.append(h('div', { class: 'form' }, h('h2', { id }, title), content(close)));
  box.addEventListener('close', () => box.remove());
  box.addEventListener('click', (event) => {
    if (event.target === box) close();
  });
  document.body.append(box);
  box.showModal();
  return box;
}
