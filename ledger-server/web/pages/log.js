// The log, newest first: searched, filtered, paged without an end, as it grows or as of any entry.
//
// Invariant: at most `MOST` rows are on the page; the cursor is the server's own, and stays good while the log grows.

import { get, newest, query } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { count, plural, sequenceOf } from '../core/format.js';
import { gently, onLive } from '../core/live.js';
import { note } from '../core/router.js';
import { entryList } from '../parts/entry.js';
import { empty, failure, head, section } from '../parts/parts.js';
import { FILTERS, asked, controls, fits } from './log/filters.js';
import { pastState, travelBar } from './log/past.js';

/** Pixels below the window in which the end of the list counts as near. */
const AHEAD = 600;
/** Entries of a page. */
const PAGE = 60;
/** Rows at a time. */
const MOST = 2_000;

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
    const { size, events } = await get('/v1/overview', { signal: this.signal });
    this.types = Object.keys(events).sort();
    // An entry that is not there yet, or none at all, means the newest.
    if (!(this.at < size - 1)) this.at = undefined;
    onLive((news) => this.take(news), this.signal);
    await Promise.all([this.search(), this.lookBack()]);
    for (const event of ['scroll', 'resize']) addEventListener(event, () => this.fill(), { passive: true, signal: this.signal });
    this.fill();
  }

  /** Asks for older entries when the end of those on the page is near. */
  fill() {
    const { top } = this.foot()?.getBoundingClientRect() ?? { top: Infinity };
    if (this.problem === undefined && top < innerHeight + AHEAD) this.more();
  }

  async search() {
    const asking = (this.asking += 1);
    this.meanwhile = [];
    try {
      const answer = await get(query('/v1/entries', { ...asked(this.filters), limit: PAGE, from: this.at }), { signal: this.signal });
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
    this.fill();
  }

  async more() {
    if (this.busy || this.next === undefined || this.rows.length >= MOST) return;
    this.busy = true;
    const asking = this.asking;
    try {
      const answer = await get(query('/v1/entries', { ...asked(this.filters), limit: PAGE, from: this.next }), { signal: this.signal });
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
    this.fill();
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
      const fresh = entries.filter((e) => sequenceOf(e) > newest && fits(e, this.filters)).reverse();
      this.rows = [...fresh, ...this.rows];
      if (this.rows.length > MOST) {
        this.rows = this.rows.slice(0, MOST);
        this.next = sequenceOf(this.rows.at(-1)) - 1;
      }
    }
    this.drawSoon();
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
      travelBar(this, (n) => this.travel(n)),
      past && pastState(this.state, this.at),
      controls(this.filters, this.types, { filter: (name, value) => this.filter(name, value), clear: () => this.clear() }),
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
