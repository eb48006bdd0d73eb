// What the list is narrowed to.

import { h } from '../../core/dom.js';

/** What entries can be looked for by; the names are those of the API. */
export const FILTERS = ['text', 'type', 'actor', 'pac', 'stream', 'since', 'until'];
/** Longest text that the server looks for, bytes. */
const LONGEST = 200;

/** A field for a time: what is typed is the time of this place, a day alone begins in UTC. */
const moment = (text) => ({ placeholder: '2026-01-31 14:00', 'aria-invalid': text && Number.isNaN(Date.parse(text)) ? 'true' : null });

/** As the API wants them. */
export function asked({ since, until, ...rest }) {
  const utc = (text) => (text && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : undefined);
  return { ...rest, since: utc(since), until: utc(until), order: 'desc' };
}

/** Whether an entry that came is one of those that are looked for. */
export function fits(entry, { text, type, actor, pac, stream, since, until }) {
  const like = (pattern, value) => !pattern || (pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern);
  return like(type, entry.type) && like(stream, entry.subject) && (!actor || entry.actor === actor) && (!pac || entry.subject === `pac/${pac}`)
    && (!since || !(Date.parse(entry.time) < Date.parse(since))) && (!until || !(Date.parse(entry.time) >= Date.parse(until))) && (!text || JSON.stringify(entry.data ?? '').includes(text));
}

/** The fields; `types` are those that the log has, `filter(name, value)` narrows, `clear()` widens. */
export function controls(f, types, { filter, clear }) {
  // A name counts when it is whole: half of one is no name.
  const field = (name, label, props, when = 'onchange') => h('label', { for: `f-${name}` }, label,
    h('input', { id: `f-${name}`, value: f[name] ?? '', autocomplete: 'off', spellcheck: 'false', maxlength: LONGEST, [when]: (e) => filter(name, e.currentTarget.value), ...props }));
  const set = FILTERS.some((name) => f[name]);
  const kinds = [...new Set([f.type, ...types].filter(Boolean))].sort();
  return h('form', { class: 'controls', 'data-key': 'controls', 'aria-label': 'Filters', onsubmit: (e) => e.preventDefault() },
    field('text', 'Text', { type: 'search', placeholder: 'in the data' }, 'oninput'),
    h('label', { for: 'f-type' }, 'Type', h('select', { id: 'f-type', onchange: (e) => filter('type', e.currentTarget.value) },
      h('option', { value: '', selected: !f.type }, 'any'), kinds.map((type) => h('option', { value: type, selected: f.type === type, 'data-key': type }, type)))),
    field('actor', 'Actor', { placeholder: 'GID-00' }),
    field('pac', 'PAC', { placeholder: 'PAC-…' }),
    field('stream', 'Stream', { placeholder: 'registry' }),
    field('since', 'Since', moment(f.since)),
    field('until', 'Before', moment(f.until)),
    h('button', { type: 'button', disabled: !set, onclick: () => clear() }, 'Clear'));
}
