// Steps of a check, each with what went in and what came out; and the notices that belong to signing in a browser.

import { h } from '../core/dom.js';
import { command, notice } from './parts.js';
import { shape } from './icons.js';

const WORDS = { good: 'holds', bad: 'does not hold', waiting: 'checking', skipped: 'not checked' };

/** Runs `work`, which gives `{says, inputs}`; what it throws is the verdict. */
export async function check(name, work) {
  try {
    return { name, tone: 'good', ...(await work()) };
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    const unsure = error.name === 'Unavailable' || error.status !== undefined;
    return { name, tone: unsure ? 'skipped' : 'bad', says: error.message, inputs: [] };
  }
}

export const unchecked = (name, says, inputs = []) => ({ name, tone: 'skipped', says, inputs });
export const pending = (name) => ({ name, tone: 'waiting', says: '', inputs: [] });

/** The list of steps. */
export function checks(label, steps) {
  return h('ol', { class: 'checks', 'aria-label': label }, steps.map(({ name, tone, says, inputs = [] }) =>
    h('li', { 'data-key': name, 'data-tone': tone },
      h('details', { open: tone === 'bad' },
        h('summary', {}, h('span', { class: 'state', 'data-tone': tone }, shape(tone), WORDS[tone]), h('span', { class: 'check-name' }, name), h('span', { class: 'soft says' }, says)),
        inputs.length > 0 && h('dl', { class: 'pairs' }, inputs.map(([term, value]) => [h('dt', {}, term), h('dd', {}, value)]))))));
}

/** What signing in a page protects against, and what only a terminal does. */
export function terminalNotice(...commands) {
  return notice('idle', 'In a terminal instead',
    h('p', { class: 'soft' }, 'Your key never leaves this browser, but this page comes from the server: one that was changed could show you one thing and have you sign another. Only signing in a terminal protects against the server that serves the page.'),
    commands.map(command));
}
