// The log, newest first: searched, filtered, paged without an end, as it grows or as of any entry.
//
// Invariant: at most `MOST` rows are on the page; the cursor is the server's own, and stays good while the log grows.

import { get, newest, query } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { count, plainWord, plural, sequenceOf } from '../core/format.js';
import { gently, onLive } from '../core/live.js';
import { note } from '../core/router.js';
import { entryList } from '../parts/entry.js';
import { pacTable } from '../parts/pacs.js';
import { empty, failure, head, pairs, section } from '../parts/parts.js';

/** Entries of a page. */
const PAGE = 60;
/** Longest text that the server looks for, bytes. */
const LONGEST = 200;
/** Rows at a time. */
const MOST = 2_000;
const FILTERS = ['text', 'type', 'actor', 'pac', 'stream', 'since', 'until'];

export async function page({ main, query: given, signal, title }) {
  title('Log');
  const view = new LogView(main, signal);
  for (const name of FILTERS) if (given.get(name)) view.filters[name] = given.get(name);
  if (given.has('at')) view.at = Number(given.get('at'));
  await view.begin();
}

class LogView {
  filters = {};
  at; // the entry as of which everything is shown; the newest when undefined
  live = true;
  rows = [];
  next; // where the following page begins; undefined at the end
  size = 0;
  types = [];
  state; // what the ledger was as of `at`
  problem;
  arrived = Infinity;
  meanwhile; // entries that came while a search is on its way
  asking = 0;

  constructor(main, signal) {
    Object.assign(this, { main, signal });
  }

  async begin() {
    this.drawSoon = gently(async () => this.draw(), this.signal, 80, 500);
    this.searchSoon = gently(() => this.search(), this.signal, 250, 250);
    this.stateSoon = gently(() => this.lookBack(), this.signal, 120, 400);
    await Promise.all([this.search(), get('/v1/overview', { signal: this.signal }).then((o) => (this.types = Object.keys(o.events).sort())), this.at !== undefined && this.lookBack()]);
    this.draw();
    onLive((news) => this.take(news), this.signal);
    const seen = new IntersectionObserver(([foot]) => foot.isIntersecting && this.more(), { rootMargin: '600px' });
    seen.observe(this.foot());
    this.signal.addEventListener('abort', () => seen.disconnect());
  }

  asked() {
    const { since, until, ...rest } = this.filters;
    const utc = (text) => (text && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : undefined);
    return { ...rest, since: utc(since), until: utc(until), order: 'desc', limit: PAGE };
  }

  async search() {
    const asking = (this.asking += 1);
    this.meanwhile = [];
    try {
      const answer = await get(query('/v1/entries', { ...this.asked(), from: this.at }), { signal: this.signal });
      if (asking !== this.asking) return;
      Object.assign(this, { rows: answer.entries, next: answer.next, size: answer.size, problem: undefined, arrived: answer.size });
      // What came while the question was on its way may be newer than its answer.
      const { meanwhile } = this;
      this.meanwhile = undefined;
      if (meanwhile.length > 0) this.take({ entries: meanwhile });
    } catch (problem) {
      if (this.signal.aborted || asking !== this.asking) return;
      Object.assign(this, { rows: [], next: undefined, problem });
    }
    this.draw();
    // A search looks at a bounded part of the log at a time, and may have found little so far.
    if (this.rows.length < PAGE / 2) this.more();
  }

  async more() {
    if (this.busy || this.next === undefined || this.rows.length >= MOST) return;
    this.busy = true;
    const asking = this.asking;
    try {
      const answer = await get(query('/v1/entries', { ...this.asked(), from: this.next }), { signal: this.signal });
      if (asking !== this.asking) return;
      this.rows = [...this.rows, ...answer.entries].slice(0, MOST);
      this.next = answer.next;
      this.problem = undefined;
    } catch (problem) {
      if (this.signal.aborted) return;
      this.problem = problem;
    } finally {
      this.busy = false;
    }
    this.draw();
    const { top } = this.foot().getBoundingClientRect();
    if (this.problem === undefined && top < innerHeight + 600) this.more();
  }

  take({ entries, gap }) {
    if (gap) {
      this.searchSoon();
      return;
    }
    if (!entries) return;
    this.meanwhile?.push(...entries);
    this.size = Math.max(this.size, sequenceOf(entries.at(-1)) + 1);
    if (this.live && this.at === undefined) {
      const newest = this.rows.length > 0 ? sequenceOf(this.rows[0]) : -1;
      const fresh = entries.filter((e) => sequenceOf(e) > newest && this.fits(e)).reverse();
      this.rows = [...fresh, ...this.rows];
      if (this.rows.length > MOST) {
        this.rows = this.rows.slice(0, MOST);
        this.next = sequenceOf(this.rows.at(-1)) - 1;
      }
    }
    this.drawSoon();
  }

  /** Whether an entry that came is one of those that are looked for. */
  fits(entry) {
    const { text, type, actor, pac, stream, since, until } = this.filters;
    const like = (pattern, value) => !pattern || (pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern);
    return like(type, entry.type) && like(stream, entry.subject) && (!actor || entry.actor === actor) && (!pac || entry.subject === `pac/${pac}`)
      && (!since || Date.parse(entry.time) >= Date.parse(since)) && (!until || Date.parse(entry.time) < Date.parse(until)) && (!text || JSON.stringify(entry.data ?? '').includes(text));
  }

  filter(name, value) {
    this.filters[name] = value.trim();
    note({ [name]: this.filters[name] });
    this.searchSoon();
  }

  clear() {
    for (const name of FILTERS) {
      this.filters[name] = '';
      note({ [name]: undefined });
      const field = this.main.querySelector(`#f-${name}`);
      if (field) field.value = '';
    }
    this.search();
  }

  travel(n) {
    this.at = n >= this.size - 1 ? undefined : Math.max(0, n);
    note({ at: this.at });
    this.draw();
    this.searchSoon();
    if (this.at !== undefined) this.stateSoon();
  }

  async lookBack() {
    const { at } = this;
    if (at === undefined) return;
    try {
      const [state, pacs] = await Promise.all([get(query('/v1/state', { at }), { signal: this.signal }), newest('/v1/pacs', { at }, 'pacs', { signal: this.signal, most: 50 })]);
      if (at !== this.at) return;
      this.state = { at, ...state, pacs };
    } catch (problem) {
      if (this.signal.aborted) return;
      this.state = { at, problem };
    }
    this.draw();
  }

  draw() {
    if (this.signal.aborted) return;
    const past = this.at !== undefined;
    render(this.main,
      head('Log', { lead: 'Every entry, newest first. Nothing here was ever changed or taken away.' }),
      this.travelBar(past),
      past && this.pastState(),
      this.controls(),
      section('Entries', { key: 'entries', note: past ? `up to #${count(this.at)}` : `${plural(this.size, 'entry', 'entries')} in the log`, actions: this.tailButton(past) },
        this.problem && failure(this.problem, () => (this.rows.length > 0 ? this.more() : this.search())),
        this.rows.length > 0 && entryList('Entries', this.rows, this.arrived),
        this.rows.length === 0 && !this.problem && this.next === undefined && this.nothing()),
      h('div', { class: 'foot', 'data-key': 'foot' }, this.footWords()));
  }

  foot() {
    return this.main.querySelector('.foot');
  }

  tailButton(past) {
    const on = this.live && !past;
    return h('button', { type: 'button', id: 'tail', 'aria-pressed': String(on), disabled: past, title: past ? 'Only where the newest entries are' : 'New entries appear as they are appended', onclick: () => {
      this.live = !this.live;
      if (this.live) this.search();
      else this.draw();
    } }, on ? 'Following' : 'Follow');
  }

  travelBar(past) {
    const now = Math.max(0, this.size - 1);
    const at = this.at ?? now;
    return h('div', { class: `asof card${past ? ' past' : ''}`, 'data-key': 'asof' },
      h('div', { class: 'asof-controls' },
        h('label', { for: 'asof' }, 'As of'),
        h('button', { type: 'button', disabled: at === 0, onclick: () => this.travel(at - 1), 'aria-label': 'One entry back' }, '‹'),
        h('input', { id: 'asof', type: 'range', min: 0, max: now, step: 1, value: String(at), 'aria-valuetext': `entry ${at} of ${now}`, oninput: (e) => this.travel(Number(e.currentTarget.value)) }),
        h('button', { type: 'button', disabled: !past, onclick: () => this.travel(at + 1), 'aria-label': 'One entry forward' }, '›'),
        h('button', { type: 'button', disabled: !past, onclick: () => this.travel(now) }, 'Now')),
      h('p', { class: 'soft' }, past ? [h('strong', {}, `As it was after entry ${count(at)}.`), ` ${count(now - at)} came later.`] : `As it is now, after entry ${count(now)}.`));
  }

  pastState() {
    const { state } = this;
    if (!state || state.at !== this.at) return h('p', { class: 'loading', 'data-key': 'state' }, 'Replaying…');
    if (state.problem) return failure(state.problem);
    const kinds = (kind) => state.actors.filter((a) => a.kind === kind && !a.retired).length;
    return section(`State as of entry ${count(state.at)}`, { key: 'state', note: 'rebuilt by replay' },
      pairs([
        ['Actors', `${plural(kinds('agent'), 'agent')}, ${plural(kinds('service'), 'service')}, ${plural(kinds('human'), 'human')}`],
        ['Orchestrator', state.orchestrator],
        ['Policy', `version ${state.policy.version}${Object.keys(state.policy.require ?? {}).length ? `: ${Object.entries(state.policy.require).map(([kind, auth]) => `${kind} ${plainWord(auth).toLowerCase()}`).join(', ')}` : ''}`],
      ]),
      state.pacs.length === 0 ? h('p', { class: 'soft' }, 'There was no PAC yet.') : pacTable('PACs as they were', state.pacs, { without: ['Requester', 'Issued'], at: state.at }));
  }

  controls() {
    const f = this.filters;
    // A name counts when it is whole: half of one is no name.
    const field = (name, label, props, when = 'onchange') => h('label', { for: `f-${name}` }, label,
      h('input', { id: `f-${name}`, value: f[name] ?? '', autocomplete: 'off', spellcheck: 'false', maxlength: LONGEST, [when]: (e) => this.filter(name, e.currentTarget.value), ...props }));
    const set = FILTERS.some((name) => f[name]);
    const kinds = [...new Set([f.type, ...this.types].filter(Boolean))].sort();
    return h('form', { class: 'controls', 'data-key': 'controls', 'aria-label': 'Filters', onsubmit: (e) => e.preventDefault() },
      field('text', 'Text', { type: 'search', placeholder: 'anywhere in the data' }, 'oninput'),
      h('label', { for: 'f-type' }, 'Type', h('select', { id: 'f-type', onchange: (e) => this.filter('type', e.currentTarget.value) },
        h('option', { value: '', selected: !f.type }, 'any'), kinds.map((type) => h('option', { value: type, selected: f.type === type, 'data-key': type }, type)))),
      field('actor', 'Actor', { placeholder: 'GID-00' }),
      field('pac', 'PAC', { placeholder: 'PAC-…' }),
      field('stream', 'Stream', { placeholder: 'registry' }),
      field('since', 'Since', { type: 'datetime-local' }),
      field('until', 'Until', { type: 'datetime-local' }),
      h('button', { type: 'button', disabled: !set, onclick: () => this.clear() }, 'Clear'));
  }

  nothing() {
    return FILTERS.some((name) => this.filters[name])
      ? empty('No entry fits', 'Nothing in the log has all of this. Take a filter away, or look at what kinds of entries there are:', 'ledger schema')
      : empty('Nothing yet', 'The first entries come with the ledger itself.', `ledger append note --data '{"text":"hello"}'`);
  }

  footWords() {
    if (this.rows.length >= MOST) return h('p', { class: 'soft' }, `The newest ${count(MOST)} that fit. To see older ones, narrow the filters, or go back in time above.`);
    if (this.next !== undefined) return h('p', {}, h('button', { type: 'button', onclick: () => this.more() }, 'Older entries'));
    return this.rows.length > 0 && h('p', { class: 'faint' }, 'That is all: the beginning of the log is reached.');
  }
}
